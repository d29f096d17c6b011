//! `trueup api-resources` and `trueup api-versions`: what the server serves.

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::output::align::Widths;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{Discovery, ServedResource};
use crate::object::GroupVersion;

const EXAMPLES: &str = "\
Examples:
  trueup api-resources                       all kinds, each in its preferred version
  trueup api-resources --api-group=apps -o wide
                                             those of a group, with their verbs
  trueup api-resources --verbs=list --namespaced -o name
                                             for a script that looks into a namespace";

/// Show the kinds that the server serves
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ApiResourcesArgs {
    /// Show only kinds that live in namespaces, or, with =false, only those that do not
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    namespaced: Option<bool>,
    /// Show only kinds of this group; the empty text is the core group
    #[arg(long, value_name = "GROUP")]
    api_group: Option<String>,
    /// Show only kinds that understand all of these verbs
    #[arg(long, value_name = "VERBS", value_delimiter = ',')]
    verbs: Vec<String>,
    /// Show only kinds that are in all of these categories
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    categories: Vec<String>,
    /// Sort by name or kind in place of group and name
    #[arg(long, value_enum, value_name = "COLUMN")]
    sort_by: Option<SortColumn>,
    /// Print more columns, or names alone
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<ResourcesForm>,
    /// Leave the headers out
    #[arg(long)]
    no_headers: bool,
    /// Accepted for kubectl's sake: the server is asked every time
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide = true)]
    cached: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum SortColumn {
    /// By the plural name
    Name,
    /// By the kind
    Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ResourcesForm {
    /// Verbs and categories too
    Wide,
    /// One PLURAL.GROUP a line
    Name,
}

/// Show the versions of the groups that the server serves
#[derive(Debug, Clone, Default, Args)]
pub struct ApiVersionsArgs {}

impl ApiResourcesArgs {
    fn shows(&self, resource: &ServedResource) -> bool {
        let all = |wanted: &[String], there: &[String]| wanted.iter().all(|word| there.contains(word));
        !resource.verbs.is_empty()
            && self.namespaced.is_none_or(|namespaced| resource.namespaced == namespaced)
            && self.api_group.as_ref().is_none_or(|group| resource.group == *group)
            && all(&self.verbs, &resource.verbs)
            && all(&self.categories, &resource.categories)
    }

    /// Each resource in the first of its versions that the server names, which is the one it prefers; pure.
    fn choose<'a>(&self, discovery: &'a Discovery) -> Vec<&'a ServedResource> {
        let mut seen = BTreeSet::new();
        let preferred = discovery.resources().iter().filter(|resource| seen.insert((&resource.group, &resource.plural)));
        let mut chosen: Vec<&ServedResource> = preferred.collect();
        chosen.retain(|resource| self.shows(resource));
        match self.sort_by {
            None => chosen.sort_by_key(|resource| (&resource.group, &resource.plural)),
            Some(SortColumn::Name) => chosen.sort_by_key(|resource| &resource.plural),
            Some(SortColumn::Kind) => chosen.sort_by_key(|resource| &resource.kind),
        }
        chosen
    }

    fn text(&self, chosen: &[&ServedResource]) -> String {
        if self.output == Some(ResourcesForm::Name) {
            return chosen.iter().map(|resource| format!("{}\n", resource.group_resource())).collect();
        }
        let wide = self.output == Some(ResourcesForm::Wide);
        let mut lines = Vec::with_capacity(chosen.len() + 1);
        if !self.no_headers {
            let more: &[&str] = if wide { &["VERBS", "CATEGORIES"] } else { &[] };
            let headers = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
            lines.push(headers.iter().chain(more).map(|header| (*header).to_owned()).collect());
        }
        lines.extend(chosen.iter().map(|resource| cells(resource, wide)));
        Widths::default().align(&lines)
    }
}

fn cells(resource: &ServedResource, wide: bool) -> Vec<String> {
    let version = resource.gvk().api_version();
    let namespaced = resource.namespaced.to_string();
    let mut cells = vec![resource.plural.clone(), resource.short_names.join(","), version, namespaced, resource.kind.clone()];
    if wide {
        cells.extend([resource.verbs.join(","), resource.categories.join(",")]);
    }
    cells
}

/// Shows kinds.
pub async fn cmd_api_resources(ui: &Ui, context: &CommandContext, args: &ApiResourcesArgs) -> Result<ExitStatus, CommandError> {
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    ui.foreign_data(&args.text(&args.choose(&discovery)))?;
    Ok(ExitStatus::Success)
}

/// Shows versions.
pub async fn cmd_api_versions(ui: &Ui, context: &CommandContext, _args: &ApiVersionsArgs) -> Result<ExitStatus, CommandError> {
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let version = |resource: &ServedResource| GroupVersion { group: resource.group.clone(), version: resource.version.clone() };
    let versions: BTreeSet<String> = discovery.resources().iter().map(|resource| version(resource).to_string()).collect();
    ui.foreign_data(&versions.iter().map(|version| format!("{version}\n")).collect::<String>())?;
    Ok(ExitStatus::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovery() -> Discovery {
        let resource = |group: &str, version: &str, kind: &str, plural: &str, namespaced: bool| ServedResource {
            verbs: vec!["get".to_owned(), "list".to_owned()],
            ..ServedResource::named(group, version, kind, plural, namespaced)
        };
        Discovery::of(vec![
            resource("x.io", "v2", "Thing", "things", true),
            resource("x.io", "v1", "Thing", "things", true),
            ServedResource {
                short_names: vec!["po".to_owned()],
                categories: vec!["all".to_owned()],
                ..resource("", "v1", "Pod", "pods", true)
            },
            resource("", "v1", "Node", "nodes", false),
        ])
    }

    fn names(args: &ApiResourcesArgs) -> String {
        args.text(&args.choose(&discovery())).replace('\n', " ")
    }

    #[test]
    fn each_filter_and_order_is_heeded() {
        let args = ApiResourcesArgs { output: Some(ResourcesForm::Name), ..ApiResourcesArgs::default() };
        assert_eq!(names(&args), "nodes pods things.x.io ");
        assert_eq!(names(&ApiResourcesArgs { sort_by: Some(SortColumn::Kind), ..args.clone() }), "nodes pods things.x.io ");
        assert_eq!(names(&ApiResourcesArgs { namespaced: Some(false), ..args.clone() }), "nodes ");
        assert_eq!(names(&ApiResourcesArgs { api_group: Some(String::new()), ..args.clone() }), "nodes pods ");
        assert_eq!(names(&ApiResourcesArgs { categories: vec!["all".to_owned()], ..args.clone() }), "pods ");
        assert_eq!(names(&ApiResourcesArgs { verbs: vec!["list".to_owned(), "watch".to_owned()], ..args }), "");
    }

    #[test]
    fn the_table_is_kubectl_s() {
        let text = ApiResourcesArgs { output: Some(ResourcesForm::Wide), ..ApiResourcesArgs::default() };
        assert_eq!(
            text.text(&text.choose(&discovery())),
            "NAME     SHORTNAMES   APIVERSION   NAMESPACED   KIND    VERBS      CATEGORIES\n\
             nodes                 v1           false        Node    get,list   \n\
             pods     po           v1           true         Pod     get,list   all\n\
             things                x.io/v2      true         Thing   get,list   \n"
        );
    }
}
