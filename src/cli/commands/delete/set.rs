//! `trueup delete --applyset`: the members of a set, then its parent.
//!
//! The parent goes last, so that a deletion that was cut off can be taken up again. Invariant: where a member stays for a reason of its
//! own, so does the parent.

use super::turns::Turns;
use super::{DeleteArgs, Doomed, ask, delete_all};
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, DryRun, ExitStatus, Reporter, failures};
use crate::client::Client;
use crate::plan::history::Shelf;
use crate::plan::set::{Departed, Leaving, Parent, Scope, SetError, all_leaving, depart, find_members, is_home, keeps_itself, tooling};
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
    let tracked = match parent.fetch(&client, &discovery).await? {
        Some(tracked) => tracked,
        None if args.ignore_not_found => return Ok(ExitStatus::Success),
        None => return Err(SetError::NoSuchSet(parent.display_name()).into()),
    };
    tracked.check_tool(&parent)?;
    let members = find_members(&client, &discovery, &parent.id(), &tracked.scope, &Live::default()).await?;
    if !members.unknown.is_empty() {
        let kinds: Vec<String> = members.unknown.iter().map(ToString::to_string).collect();
        let message = format!("nothing was deleted, since the server does not serve all kinds of the set: {}", kinds.join(", "));
        return Err(CommandError::failed(message));
    }
    let going = all_leaving(&members, &parent)?;
    let (kept, doomed): (Vec<Leaving>, Vec<Leaving>) = going.into_iter().partition(|leaving| leaving.stays);
    // The parent would go with its namespace, and with it what is known of the rest.
    let (home, doomed): (Vec<Leaving>, Vec<Leaving>) = doomed.into_iter().partition(|leaving| is_home(&leaving.member, &parent));
    let losing = doomed.iter().chain(&home).map(|leaving| Doomed::of(leaving.member.clone()).loss());
    ask(ui, &client, losing.collect(), args).await?;
    let (doomed, turns) = in_turns(doomed);
    let mut failed = delete_all(ui, context, &client, doomed, &turns, args, reporter).await?;
    failed += release(ui, context, &client, &parent, kept, for_real, reporter).await;
    if failed > 0 {
        ui.warning(&format!("the set's parent {} stays, since not all members are gone", parent.display_name()));
        return Ok(ExitStatus::Failed);
    }
    if !parent.is_built_in() {
        // Whoever made it may have made it for more than the set.
        if for_real {
            parent.write(&client, parent.manifest(&Scope::default(), &tooling()), None).await?;
        }
        ui.say(&format!("{} stays as the parent of an empty set", parent.display_name()));
        return Ok(ExitStatus::Success);
    }
    // The garbage collector would take it along; without a server there is none.
    if for_real && let Err(error) = Shelf::new(&client, &parent).clear().await {
        ui.warning(&format!("the history of {} stays until the garbage collector takes it: {error}", parent.display_name()));
    }
    let origin = None;
    let last = vec![Doomed { resource: parent.resource, namespace: parent.namespace, name: parent.name, is_absent: false, origin }];
    let turns = Turns::of_kinds(&last);
    let mut failed = delete_all(ui, context, &client, last, &turns, args, reporter).await?;
    let (home, turns) = in_turns(home);
    failed += delete_all(ui, context, &client, home, &turns, args, reporter).await?;
    let warnings = client.take_warnings();
    warnings.iter().for_each(|warning| ui.warning(warning));
    reporter.warnings(&warnings);
    Ok(if failed > 0 { ExitStatus::Failed } else { ExitStatus::Success })
}

/// The members that go, and their turns.
fn in_turns(leaving: Vec<Leaving>) -> (Vec<Doomed>, Turns) {
    let members: Vec<Placed> = leaving.into_iter().map(|leaving| leaving.member).collect();
    let turns = Turns::of_set(&Order::of_live(&members));
    (members.into_iter().map(Doomed::of).collect(), turns)
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
        depart(client, kept, &parent.id(), context.stop(), |departed| {
            if let Departed::Failed(failure) = departed {
                failures::tell(ui, &failure);
                reporter.failure(&failure);
                failed += 1;
            }
        })
        .await;
    }
    failed
}
