//! `trueup sets`: which sets there are, and which tool works on them.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::read_list;
use crate::cli::output::align::Widths;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{Client, ClientError, Discovery, ListParameters, ServedResource};
use crate::object::{Object, Reason};
use crate::plan::set::{ID, OUR_TOOL, PARENT_TYPE, Parent, Scope, SetError, TOOLING, find_members, tool_of, tooling};
use crate::plan::{Live, REQUESTS_AT_ONCE, each};

const EXAMPLES: &str = "\
Examples:
  trueup sets -A                             all sets
  trueup sets create app.example.com/shop    an object of a custom type becomes a set's parent
  trueup sets hand-over shop -n shop --to kubectl/v1.36
                                             kubectl works on the set from now on
  trueup sets hand-over shop -n shop --to trueup
                                             and back";

/// Show sets, make them, and hand them over to other tools
///
/// A set is made by the first `trueup apply --applyset`, and goes with `trueup delete --applyset`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct SetsArgs {
    #[command(subcommand)]
    action: Option<SetsAction>,
    /// Show the sets of all namespaces
    #[arg(long, short = 'A')]
    all_namespaces: bool,
    /// Leave the headers out
    #[arg(long)]
    no_headers: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum SetsAction {
    /// Make an object the parent of an empty set; one of a custom type has to exist
    Create(CreateArgs),
    /// Say which tool works on a set; every other one refuses to from then on
    HandOver(HandOverArgs),
}

#[derive(Debug, Clone, Args)]
struct CreateArgs {
    /// The set's parent: a Secret's NAME, or TYPE/NAME
    #[arg(value_name = "SET")]
    set: String,
}

#[derive(Debug, Clone, Args)]
struct HandOverArgs {
    /// The set's parent: a Secret's NAME, or TYPE/NAME
    #[arg(value_name = "SET")]
    set: String,
    /// The tool: trueup, or another one with its version, such as kubectl/v1.36
    #[arg(long, value_name = "TOOL")]
    to: String,
}

/// Shows sets or hands one over.
pub async fn cmd_sets(ui: &Ui, context: &CommandContext, args: &SetsArgs) -> Result<ExitStatus, CommandError> {
    match &args.action {
        None => show(ui, context, args).await,
        Some(SetsAction::Create(args)) => create(ui, context, args).await,
        Some(SetsAction::HandOver(args)) => hand_over(ui, context, args).await,
    }
}

/// What the annotation says of a tool that the user names.
fn tooling_of(tool: &str) -> Result<String, CommandError> {
    match tool {
        OUR_TOOL => Ok(tooling()),
        other if other.split_once('/').is_some_and(|(name, version)| !name.is_empty() && !version.is_empty()) => Ok(other.to_owned()),
        other => {
            Err(CommandError::usage(format!("--to {other:?} names no version"))
                .hint("write the tool as NAME/VERSION, such as kubectl/v1.36"))
        }
    }
}

async fn create(ui: &Ui, context: &CommandContext, args: &CreateArgs) -> Result<ExitStatus, CommandError> {
    let (client, discovery) = context.client_for_changes(ui, "making a set on").await?;
    let parent = Parent::parse(&args.set, &discovery, context.settings().namespace.as_deref())?;
    parent.check_type(&client, &discovery).await?;
    match parent.fetch(&client, &discovery).await {
        Ok(Some(_)) => return Err(CommandError::failed(format!("{} is a set's parent already", parent.display_name()))),
        Ok(None) | Err(SetError::NotAParent { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    parent.write(&client, parent.manifest(&Scope::default(), &tooling()), None).await?;
    ui.foreign_data(&format!("{} is the parent of an empty set\n", parent.display_name()))?;
    Ok(ExitStatus::Success)
}

async fn hand_over(ui: &Ui, context: &CommandContext, args: &HandOverArgs) -> Result<ExitStatus, CommandError> {
    let new = tooling_of(&args.to)?;
    let (client, discovery) = context.client_for_changes(ui, "handing over on").await?;
    let parent = Parent::parse(&args.set, &discovery, context.settings().namespace.as_deref())?;
    parent.check_type(&client, &discovery).await?;
    let tracked = parent.fetch_existing(&client, &discovery).await?;
    if tool_of(&new) != OUR_TOOL {
        tracked.check_tool(&parent)?;
    }
    let (said, manifest) = (parent.manifest(&tracked.scope, &tracked.tooling), parent.manifest(&tracked.scope, &new));
    parent.rewrite(&client, &said, &manifest, tracked.object.resource_version()).await?;
    ui.foreign_data(&format!("{} handed over from {} to {new}\n", parent.display_name(), tracked.tooling))?;
    Ok(ExitStatus::Success)
}

/// One set as a line tells of it.
struct Line {
    namespace: String,
    parent: String,
    tool: String,
    /// How many members it has; `None` where nothing says where they are.
    members: Option<Result<usize, ClientError>>,
}

async fn show(ui: &Ui, context: &CommandContext, args: &SetsArgs) -> Result<ExitStatus, CommandError> {
    let client = context.client().await?;
    let discovery = Arc::new(Discovery::fetch(&client).await?);
    let namespace = (!args.all_namespaces).then(|| client.default_namespace().to_owned());
    let (parents, hidden) = parents(&client, &discovery, namespace.as_deref()).await?;
    for error in &hidden {
        ui.warning(&format!("sets of some types are not shown: {error}"));
    }
    if parents.is_empty() {
        let place = namespace.map(|namespace| format!(" in {namespace} namespace")).unwrap_or_default();
        ui.say(&format!("No sets found{place}."));
        return Ok(ExitStatus::Success);
    }
    let mut lines: Vec<Line> = Vec::new();
    let work = |(resource, object): (Arc<ServedResource>, Object)| {
        let (client, discovery) = (client.clone(), Arc::clone(&discovery));
        async move { line(&client, &discovery, resource, object).await }
    };
    each(parents, REQUESTS_AT_ONCE, work, |line| lines.push(line)).await;
    let is_lost = |line: &mut Line| line.members.take_if(|members| matches!(members, Err(ClientError::Unreachable { .. })));
    if let Some(Err(error)) = lines.iter_mut().find_map(is_lost) {
        return Err(error.into());
    }
    ui.foreign_data(&table(&lines, args.no_headers))?;
    for line in &lines {
        if let Some(Err(error)) = &line.members {
            ui.warning(&format!("the members of {} cannot be counted: {error}", line.parent));
        }
    }
    Ok(ExitStatus::Success)
}

fn table(lines: &[Line], no_headers: bool) -> String {
    let mut rows = Vec::new();
    if !no_headers {
        rows.push(["NAMESPACE", "SET", "TOOL", "MEMBERS"].map(str::to_owned).to_vec());
    }
    let row = |line: &Line| {
        let members = line.members.as_ref().and_then(|members| members.as_ref().ok());
        let members = members.map_or_else(|| "<unknown>".to_owned(), usize::to_string);
        vec![line.namespace.clone(), line.parent.clone(), line.tool.clone(), members]
    };
    rows.extend(lines.iter().map(row));
    Widths::default().align(&rows)
}

async fn line(client: &Client, discovery: &Discovery, resource: Arc<ServedResource>, object: Object) -> Line {
    let parent = Parent { resource, namespace: object.namespace().map(str::to_owned), name: object.name().to_owned() };
    let namespace = parent.namespace.clone().unwrap_or_default();
    let tool = object.annotation(TOOLING).unwrap_or("<none>").to_owned();
    let members = match parent.read(object, discovery) {
        Ok(tracked) => {
            let found = find_members(client, discovery, &parent.id(), &tracked.scope, &Live::default()).await;
            Some(found.map(|members| members.count))
        }
        Err(_) => None,
    };
    Line { namespace, parent: parent.display_name(), tool, members }
}

/// Objects that carry a set's id, with what they are.
type Parents = Vec<(Arc<ServedResource>, Object)>;

/// Everything that carries a set's id, by namespace and name, and why some of it may not be listed. An error where nothing may be.
pub(in crate::cli) async fn parents(
    client: &Client,
    discovery: &Discovery,
    namespace: Option<&str>,
) -> Result<(Parents, Vec<ClientError>), ClientError> {
    let labelled = |key: &str| ListParameters { label_selector: key.to_owned(), limit: 500, ..ListParameters::default() };
    let mut resources: Vec<&ServedResource> = ["secrets", "configmaps"].iter().filter_map(|word| discovery.resolve(word).ok()).collect();
    if let Ok(definitions) = discovery.resolve("customresourcedefinitions.apiextensions.k8s.io") {
        match read_list(client, definitions, None, &labelled(PARENT_TYPE)).await {
            Ok(definitions) => resources.extend(definitions.iter().filter_map(|one| discovery.resolve(one.name()).ok())),
            // Who may not see definitions has sets of other types all the same.
            Err(error) if error.is(Reason::Forbidden) => {}
            Err(error) => return Err(error),
        }
    }
    let (mut found, mut hidden) = (Parents::new(), Vec::new());
    let types = resources.len();
    for resource in resources {
        let resource = Arc::new(resource.clone());
        match read_list(client, &resource, namespace, &labelled(ID)).await {
            Ok(parents) => found.extend(parents.into_iter().map(|object| (Arc::clone(&resource), object))),
            Err(error) if error.is(Reason::Forbidden) && hidden.len() + 1 < types => hidden.push(error),
            Err(error) => return Err(error),
        }
    }
    found.sort_by(|(_, left), (_, right)| (left.namespace(), left.name()).cmp(&(right.namespace(), right.name())));
    Ok((found, hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_named_with_its_version() {
        assert_eq!(tooling_of("trueup").unwrap(), tooling());
        assert_eq!(tooling_of("kubectl/v1.36").unwrap(), "kubectl/v1.36");
        for wrong in ["", "kubectl", "kubectl/", "/v3"] {
            assert!(tooling_of(wrong).is_err(), "{wrong}");
        }
    }
}
