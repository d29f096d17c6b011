//! `trueup auth`: who one is to the server, and what one may do there.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::output::align::Widths;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{ApiRequest, Client, Discovery, ServedResource};

const EXAMPLES: &str = "\
Examples:
  trueup auth whoami
  trueup auth can-i create deployments -n shop
  trueup auth can-i get secrets/login
  trueup auth can-i get /metrics
  trueup auth can-i --list

Exit status of can-i: 0 yes, 1 no.";

/// Show who one is, and what one may do
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct AuthArgs {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Clone, Subcommand)]
enum Question {
    /// Show as whom the server knows the caller
    Whoami(WhoamiArgs),
    /// Say whether the caller may do something
    CanI(CanIArgs),
}

#[derive(Debug, Clone, Args)]
struct WhoamiArgs {
    /// Print the review in this form
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<ReviewForm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ReviewForm {
    /// JSON
    Json,
    /// YAML
    Yaml,
}

#[derive(Debug, Clone, Args)]
struct CanIArgs {
    /// VERB, then TYPE, TYPE/NAME or a path of the API such as /metrics
    #[arg(value_name = "VERB TYPE[/NAME]", required_unless_present = "list")]
    words: Vec<String>,
    /// Ask about a subresource, such as log or scale
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    subresource: String,
    /// Ask about all namespaces
    #[arg(long, short = 'A')]
    all_namespaces: bool,
    /// Show all that is allowed in the namespace
    #[arg(long, conflicts_with_all = ["words", "all_namespaces", "subresource"])]
    list: bool,
    /// Leave the headers of the list out
    #[arg(long)]
    no_headers: bool,
}

/// Asks who one is, or what one may do.
pub async fn cmd_auth(ui: &Ui, context: &CommandContext, args: &AuthArgs) -> Result<ExitStatus, CommandError> {
    let client = context.client().await?;
    match &args.question {
        Question::Whoami(args) => whoami(ui, &client, args).await,
        Question::CanI(args) if args.list => list(ui, &client, args).await,
        Question::CanI(args) => can_i(ui, &client, args).await,
    }
}

async fn whoami(ui: &Ui, client: &Client, args: &WhoamiArgs) -> Result<ExitStatus, CommandError> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let answer: Value = client.read(&ApiRequest::review("authentication.k8s.io/v1", "selfsubjectreviews", &review)).await?;
    ui.foreign_data(&match args.output {
        Some(ReviewForm::Json) => crate::cli::output::form::pretty(&answer),
        Some(ReviewForm::Yaml) => crate::yaml::emit(&answer),
        None => attributes(answer.pointer("/status/userInfo").unwrap_or(&Value::Null)),
    })?;
    Ok(ExitStatus::Success)
}

/// What the server knows of a user, as kubectl lays it out.
fn attributes(user: &Value) -> String {
    let mut lines = vec![vec!["ATTRIBUTE".to_owned(), "VALUE".to_owned()]];
    let mut put = |name: &str, value: Option<String>| lines.extend(value.map(|value| vec![name.to_owned(), value]));
    let text = |member: &str| user.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    put("Username", text("username"));
    put("UID", text("uid"));
    put("Groups", user.get("groups").map(words));
    for (key, value) in user.get("extra").and_then(Value::as_object).into_iter().flatten() {
        put(&format!("Extra: {key}"), Some(words(value)));
    }
    Widths::default().align(&lines)
}

/// `[a b]`, as Go prints a list.
fn words(list: &Value) -> String {
    let texts: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!("[{}]", texts.join(" "))
}

async fn can_i(ui: &Ui, client: &Client, args: &CanIArgs) -> Result<ExitStatus, CommandError> {
    let [verb, what] = args.words.as_slice() else {
        return Err(CommandError::usage("say a verb and a resource: VERB TYPE, VERB TYPE/NAME or VERB /PATH"));
    };
    let spec = if what.starts_with('/') {
        if !args.subresource.is_empty() {
            return Err(CommandError::usage("a path of the API has no subresources"));
        }
        json!({"nonResourceAttributes": {"verb": verb, "path": what}})
    } else {
        json!({"resourceAttributes": resource_attributes(ui, client, verb, what, args).await?})
    };
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec});
    let answer: Value = client.read(&ApiRequest::review("authorization.k8s.io/v1", "selfsubjectaccessreviews", &review)).await?;
    let allowed = answer.pointer("/status/allowed") == Some(&Value::Bool(true));
    if !ui.is_quiet() {
        let detail = |member: &str, dash: &str| {
            let text = answer.pointer(&format!("/status/{member}")).and_then(Value::as_str).filter(|text| !text.is_empty())?;
            Some(format!("{dash}{text}"))
        };
        let details = [detail("reason", " - "), detail("evaluationError", " - ")].into_iter().flatten().filter(|_| !allowed);
        ui.foreign_data(&format!("{}{}\n", if allowed { "yes" } else { "no" }, details.collect::<String>()))?;
    }
    Ok(if allowed { ExitStatus::Success } else { ExitStatus::Failed })
}

async fn resource_attributes(ui: &Ui, client: &Client, verb: &str, what: &str, args: &CanIArgs) -> Result<Value, CommandError> {
    let (word, name) = what.split_once('/').unwrap_or((what, ""));
    let discovery = Discovery::fetch(client).await?;
    let known = if word == "*" { None } else { discovery.resolve(word).ok() };
    // A rule may be about what the server does not serve (yet).
    let (group, version, plural) = match known {
        Some(ServedResource { group, version, plural, .. }) => (group.clone(), version.clone(), plural.clone()),
        None => {
            let (plural, group) = word.split_once('.').unwrap_or((word, if word == "*" { "*" } else { "" }));
            (group.to_owned(), String::new(), plural.to_owned())
        }
    };
    if known.is_none() && word != "*" {
        ui.warning(&format!("the server doesn't have a resource type {word:?}"));
    }
    let namespaced = known.is_none_or(|resource| resource.namespaced);
    if !namespaced {
        ui.warning(&format!("resource {plural:?} is not namespace scoped"));
    }
    let namespace = if args.all_namespaces { "" } else { client.default_namespace() };
    Ok(json!({"verb": verb, "group": group, "version": version, "resource": plural, "subresource": args.subresource,
        "name": name, "namespace": namespace}))
}

async fn list(ui: &Ui, client: &Client, args: &CanIArgs) -> Result<ExitStatus, CommandError> {
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": client.default_namespace()}});
    let answer: Value = client.read(&ApiRequest::review("authorization.k8s.io/v1", "selfsubjectrulesreviews", &review)).await?;
    if answer.pointer("/status/incomplete") == Some(&Value::Bool(true)) {
        let why = answer.pointer("/status/evaluationError").and_then(Value::as_str).unwrap_or_default();
        ui.warning(&format!("the list may be incomplete: {why}"));
    }
    let mut lines = Vec::new();
    if !args.no_headers {
        lines.push(["Resources", "Non-Resource URLs", "Resource Names", "Verbs"].map(str::to_owned).to_vec());
    }
    lines.extend(rules(answer.get("status").unwrap_or(&Value::Null)));
    ui.foreign_data(&Widths::default().align(&lines))?;
    Ok(ExitStatus::Success)
}

/// One line for each resource or path that rules are about.
fn rules(status: &Value) -> Vec<Vec<String>> {
    let rules = |member: &str| status.get(member).and_then(Value::as_array).into_iter().flatten();
    let none = Value::Null;
    let of = |rule: &Value, member: &str| words(rule.get(member).unwrap_or(&none));
    let texts = |rule: &Value, member: &str| -> Vec<String> {
        let list = rule.get(member).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut lines = Vec::new();
    for rule in rules("resourceRules") {
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                let name = if group.is_empty() { resource } else { format!("{resource}.{group}") };
                lines.push(vec![name, "[]".to_owned(), of(rule, "resourceNames"), of(rule, "verbs")]);
            }
        }
    }
    for rule in rules("nonResourceRules") {
        let paths = texts(rule, "nonResourceURLs").into_iter();
        lines.extend(paths.map(|path| vec![String::new(), format!("[{path}]"), "[]".to_owned(), of(rule, "verbs")]));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_resource_by_resource() {
        let status = json!({
            "resourceRules": [{"verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods"], "resourceNames": ["a"]}],
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/version"]}],
        });
        let expected = [
            ["pods", "[]", "[a]", "[get list]"],
            ["pods.apps", "[]", "[a]", "[get list]"],
            ["", "[/healthz]", "[]", "[get]"],
            ["", "[/version]", "[]", "[get]"],
        ];
        assert_eq!(rules(&status), expected);
    }

    #[test]
    fn all_that_is_known_of_a_user_is_shown() {
        let user = json!({"username": "ann", "uid": "7", "groups": ["a", "b"], "extra": {"k": ["v"]}});
        assert_eq!(attributes(&user), "ATTRIBUTE   VALUE\nUsername    ann\nUID         7\nGroups      [a b]\nExtra: k    [v]\n");
    }
}
