//! `trueup history`: what was applied to a set before.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::cli::output::align::Widths;
use crate::cli::output::form::pretty;
use crate::cli::revisions::Recalled;
use crate::cli::sets::SetNameArgs;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{Client, Discovery};
use crate::object::Object;
use crate::plan::history::{About, Changes, Declared, Revision, Shelf, as_manifests};
use crate::plan::render::{API_VERSION, masked};
use crate::plan::set::{Parent, SetError};
use crate::printable::one_line;
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup history --applyset shop -n shop     which revisions there are
  trueup history show 3 --applyset shop -n shop
                                             the manifests of one, Secrets masked
  trueup diff --against 3 --applyset shop -n shop
                                             what going back to it would change
  trueup rollback --to 3 --applyset shop -n shop
                                             go back to it";

/// Show the revisions of a set
///
/// Each apply of a set that declares something else than the one before keeps a revision, beside the set's parent.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct HistoryArgs {
    #[command(subcommand)]
    action: Option<HistoryAction>,
    #[command(flatten)]
    set: SetNameArgs,
    /// Print the revisions in this form
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<HistoryForm>,
    /// Leave the headers out
    #[arg(long)]
    no_headers: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum HistoryAction {
    /// Show the manifests of a revision
    Show(ShowArgs),
}

#[derive(Debug, Clone, Args)]
struct ShowArgs {
    /// The revision's number
    #[arg(value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    number: u64,
    #[command(flatten)]
    set: SetNameArgs,
    /// Print the manifests in this form
    #[arg(long, short = 'o', value_enum, default_value_t, value_name = "FORM")]
    output: ShowForm,
    /// Show the values of Secrets
    #[arg(long)]
    show_secrets: bool,
}

/// How `history -o` prints revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HistoryForm {
    /// A document in JSON
    Json,
    /// The same document in YAML
    Yaml,
}

/// How `history show -o` prints manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ShowForm {
    /// YAML that can be applied, each manifest below where it was written
    #[default]
    Yaml,
    /// A List in JSON that can be applied
    Json,
    /// One TYPE/NAME a line
    Name,
}

/// Shows the revisions of a set, or one of them.
pub async fn cmd_history(ui: &Ui, context: &CommandContext, args: &HistoryArgs) -> Result<ExitStatus, CommandError> {
    let named = match &args.action {
        Some(HistoryAction::Show(show)) if show.set.applyset.is_some() => &show.set,
        _ => &args.set,
    };
    let client = context.client().await?;
    let parent = known_parent(context, &client, named).await?;
    match &args.action {
        Some(HistoryAction::Show(show)) => show_one(ui, &client, &parent, show).await,
        None => list(ui, &client, &parent, args).await,
    }
}

/// The parent of a set that there is.
async fn known_parent(context: &CommandContext, client: &Client, named: &SetNameArgs) -> Result<Parent, CommandError> {
    if named.applyset.is_none() {
        return Err(CommandError::usage("say which set: --applyset NAME").hint("`trueup sets -A` lists the sets that there are"));
    }
    let discovery = Discovery::fetch(client).await?;
    let unnamed = || CommandError::usage("say which set: --applyset NAME");
    let parent = named.parent(context, client, &discovery).await?.ok_or_else(unnamed)?;
    match parent.fetch(client, &discovery).await? {
        Some(_) => Ok(parent),
        None => Err(SetError::NoSuchSet(parent.display_name()).into()),
    }
}

async fn list(ui: &Ui, client: &Client, parent: &Parent, args: &HistoryArgs) -> Result<ExitStatus, CommandError> {
    let revisions = Shelf::new(client, parent).revisions().await?;
    let document = || {
        let revisions: Vec<Value> = revisions.iter().map(Revision::document).collect();
        let set = json!({"parent": parent.display_name(), "namespace": parent.namespace, "id": parent.id().as_str()});
        json!({"apiVersion": API_VERSION, "kind": "History", "set": set, "revisions": revisions})
    };
    match args.output {
        Some(HistoryForm::Json) => ui.foreign_data(&pretty(&document()))?,
        Some(HistoryForm::Yaml) => ui.foreign_data(&yaml::emit(&document()))?,
        None if revisions.is_empty() => ui.say(&format!("No revisions of {} are kept.", parent.display_name())),
        None => ui.foreign_data(&table(&revisions, args.no_headers))?,
    }
    Ok(ExitStatus::Success)
}

fn table(revisions: &[Revision], no_headers: bool) -> String {
    let mut lines = Vec::new();
    if !no_headers {
        lines.push(["REVISION", "APPLIED", "OBJECTS", "CHANGES", "BY", "MESSAGE"].map(str::to_owned).to_vec());
    }
    lines.extend(revisions.iter().map(|Revision { number, about }| {
        let by = if about.user.is_empty() { &about.tool } else { &about.user };
        let cells = [about.applied_at.as_str(), &about.objects.to_string(), &changes(about.changes), by, &message(about)];
        let cells = cells.map(|cell| one_line(cell).into_owned());
        std::iter::once(number.to_string()).chain(cells).collect()
    }));
    Widths::default().align(&lines)
}

/// `2 created, 1 deleted`, and `none` where nothing was changed.
fn changes(changes: Changes) -> String {
    let Changes { created, updated, replaced, deleted, .. } = changes;
    let counts = [(created, "created"), (updated, "updated"), (replaced, "replaced"), (deleted, "deleted")];
    let told: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

fn message(about: &About) -> String {
    let rollback = about.rollback_to.map(|number| format!("rollback to {number}"));
    let own = Some(about.message.clone()).filter(|message| !message.is_empty());
    let told: Vec<String> = rollback.into_iter().chain(own).collect();
    if told.is_empty() { "<none>".to_owned() } else { told.join(": ") }
}

async fn show_one(ui: &Ui, client: &Client, parent: &Parent, args: &ShowArgs) -> Result<ExitStatus, CommandError> {
    let recalled = Recalled::read(client, parent, Some(args.number)).await?;
    let shown = |object: &Object| if args.show_secrets { object.clone().into_value() } else { masked(&object.clone().into_value()) };
    let text = match args.output {
        ShowForm::Yaml => as_manifests(&recalled.declared, shown),
        ShowForm::Json => {
            let items: Vec<Value> = recalled.declared.iter().map(|declared| shown(&declared.manifest)).collect();
            pretty(&json!({"apiVersion": "v1", "kind": "List", "items": items}))
        }
        ShowForm::Name => recalled.declared.iter().map(name).collect(),
    };
    ui.foreign_data(&text)?;
    Ok(ExitStatus::Success)
}

fn name(declared: &Declared) -> String {
    let manifest = &declared.manifest;
    let group = manifest.gvk().map(|gvk| gvk.group).filter(|group| !group.is_empty());
    let dot = group.map(|group| format!(".{group}")).unwrap_or_default();
    format!("{}{dot}/{}\n", manifest.kind().to_lowercase(), manifest.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_done_by_whom_and_why() {
        let changed = Changes { created: 2, deleted: 1, unchanged: 3, ..Changes::default() };
        let about = About { applied_at: "T".to_owned(), tool: "trueup/1".to_owned(), objects: 5, changes: changed, ..About::default() };
        let rolled = About { user: "ann".to_owned(), message: "a\nb".to_owned(), rollback_to: Some(1), ..About::default() };
        let text = table(&[Revision { number: 9, about }, Revision { number: 10, about: rolled }], true);
        assert_eq!(
            text,
            "9     T     5     2 created, 1 deleted   trueup/1   <none>\n10          0     none                   ann        rollback to 1: a^Jb\n"
        );
    }
}
