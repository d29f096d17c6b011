//! `trueup delete --applyset`: the members of a set, then its parent.
//!
//! The parent goes last, so that a deletion that was cut off can be taken up again. Invariant: where a member stays for a reason of its
//! own, so does the parent.

use super::turns::Turns;
use super::{DeleteArgs, Doomed, ask, delete_all};
use crate::cli::sets::SeenSet;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, DryRun, ExitStatus, Reporter, failures};
use crate::client::{Client, Discovery};
use crate::object::Reason;
use crate::plan::history::Shelf;
use crate::plan::set::{Departed, Leaving, Parent, Scope, SetError, SetId, Tracked, all_leaving, depart, is_home, keeps_itself, tooling};
use crate::plan::{Live, Order, Placed};

pub(super) async fn delete(
    ui: &Ui,
    context: &CommandContext,
    args: &DeleteArgs,
    reporter: &mut Reporter,
) -> Result<ExitStatus, CommandError> {
    let for_real = args.dry_run == DryRun::None;
    let (client, discovery) = context.client_for_changes(ui, if for_real { "deleting from" } else { "comparing with" }).await?;
    reporter.target(&client.target().to_string(), args.tense());
    let Some(parent) = args.set.parent(context, &client, &discovery).await? else { return Ok(ExitStatus::Success) };
    let tracked = match parent.fetch_existing(&client, &discovery).await {
        Err(SetError::NoSuchSet(_)) if args.ignore_not_found => return Ok(ExitStatus::Success),
        tracked => tracked?,
    };
    tracked.check_tool(&parent)?;
    let seen = SeenSet { parent: parent.clone(), tracked: tracked.clone() };
    let going = leaving(&client, &discovery, &seen).await?;
    let (kept, doomed): (Vec<Leaving>, Vec<Leaving>) = going.into_iter().partition(|leaving| leaving.stays);
    // The parent would go with its namespace, and with it what is known of the rest.
    let (home, doomed): (Vec<Leaving>, Vec<Leaving>) = doomed.into_iter().partition(|leaving| is_home(&leaving.member, &parent));
    let losing = doomed.iter().chain(&home).map(|leaving| Doomed::of(leaving.member.clone()).loss());
    ask(ui, &client, losing.collect(), args).await?;
    let (doomed, turns) = in_turns(doomed, &parent.id());
    let mut failed = delete_all(ui, context, &client, doomed, &turns, args, reporter).await?;
    failed += release(ui, context, &client, &parent, kept, for_real, reporter).await;
    if context.stop().is_requested() {
        return Err(CommandError::interrupted(Some(format!("the set's parent {} stays", parent.display_name()))));
    }
    if failed > 0 {
        ui.warning(&format!("the set's parent {} stays, since not all members are gone", parent.display_name()));
        return Ok(ExitStatus::Failed);
    }
    if !parent.is_built_in() {
        // Whoever made it may have made it for more than the set.
        if for_real {
            empty(&client, &parent, &tracked).await?;
        }
        ui.say(&format!("{} stays as the parent of an empty set", parent.display_name()));
        return Ok(ExitStatus::Success);
    }
    let failed = delete_parent(ui, context, &client, seen, home, args, reporter).await?;
    let warnings = client.take_warnings();
    warnings.iter().for_each(|warning| ui.warning(warning));
    reporter.warnings(&warnings);
    Ok(if failed > 0 { ExitStatus::Failed } else { ExitStatus::Success })
}

/// All members, where the server serves their kinds.
async fn leaving(client: &Client, discovery: &Discovery, seen: &SeenSet) -> Result<Vec<Leaving>, CommandError> {
    let members = seen.members(client, discovery, &Live::default()).await?;
    if !members.unknown.is_empty() {
        let kinds: Vec<String> = members.unknown.iter().map(ToString::to_string).collect();
        let message = format!("nothing was deleted, since the server does not serve all kinds of the set: {}", kinds.join(", "));
        return Err(CommandError::failed(message));
    }
    Ok(all_leaving(&members, &seen.parent)?)
}

/// Deletes a parent that is nothing else, its history, and then the namespace that it is in where that is of the set. How many failed.
async fn delete_parent(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    seen: SeenSet,
    home: Vec<Leaving>,
    args: &DeleteArgs,
    reporter: &mut Reporter,
) -> Result<usize, CommandError> {
    let SeenSet { parent, tracked } = seen;
    let last = vec![Doomed::of_parent(parent.clone(), tracked.object)];
    let turns = Turns::of_kinds(&last);
    let failed = delete_all(ui, context, client, last, &turns, args, reporter).await?;
    // The garbage collector would take it along; without a server there is none.
    if args.dry_run == DryRun::None
        && failed == 0
        && let Err(error) = Shelf::new(client, &parent).clear().await
    {
        ui.warning(&format!("the history of {} stays until the garbage collector takes it: {error}", parent.display_name()));
    }
    // Where the parent stays, there may be more in its namespace than is known.
    let (home, turns) = in_turns(if failed > 0 { Vec::new() } else { home }, &parent.id());
    Ok(failed + delete_all(ui, context, client, home, &turns, args, reporter).await?)
}

/// Makes a parent stay as that of an empty set. Whoever wrote about the set meanwhile may have added members.
async fn empty(client: &Client, parent: &Parent, tracked: &Tracked) -> Result<(), CommandError> {
    let (said, manifest) = (parent.manifest(&tracked.scope, &tracked.tooling), parent.manifest(&Scope::default(), &tooling()));
    let written = parent.rewrite(client, &said, &manifest, tracked.object.resource_version()).await;
    written.map(drop).map_err(|error| match error.is(Reason::Conflict) {
        true => {
            let message = format!("the set's parent {} was changed by somebody else meanwhile", parent.display_name());
            CommandError::failed(message).hint("delete the set again, with what it holds by now")
        }
        false => error.into(),
    })
}

/// The members that go, and their turns.
fn in_turns(leaving: Vec<Leaving>, id: &SetId) -> (Vec<Doomed>, Turns) {
    let members: Vec<Placed> = leaving.into_iter().map(|leaving| leaving.member).collect();
    let turns = Turns::of_set(&Order::of_live(&members));
    (members.into_iter().map(|member| Doomed::of_member(member, id)).collect(), turns)
}

/// Lets those go free that say that they stay; answers how many could not.
async fn release(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    parent: &Parent,
    kept: Vec<Leaving>,
    for_real: bool,
    reporter: &mut Reporter,
) -> usize {
    for leaving in &kept {
        let why = keeps_itself(&leaving.member).ok().flatten().unwrap_or_default();
        ui.say(&format!("{} is kept, as its annotation {why} says", leaving.member.display_name()));
    }
    let mut failed = 0;
    if for_real {
        depart(client, kept, &parent.id(), context.stop(), |departed| match departed {
            Departed::Failed(failure) => {
                failures::tell(ui, &failure);
                reporter.failure(&failure);
                failed += 1;
            }
            Departed::Absent(member, absence) => ui.say(&format!("{} {absence}", member.display_name())),
            Departed::Deleted(_) | Departed::Kept(_) | Departed::NotBegun(_) => {}
        })
        .await;
    }
    failed
}
