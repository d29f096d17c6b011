//! The query parameters of API requests.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/>. Parameters that the API does not
//! know are left alone, as kube-apiserver does.

use http::Method;

use crate::object::{Cause, CauseKind, FieldSelector, LabelSelector, Refusal, Revision};

/// The parameters of one request; what is absent is `None`, false or empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// `labelSelector`.
    pub label_selector: LabelSelector,
    /// `fieldSelector`.
    pub field_selector: FieldSelector,
    /// `resourceVersion`; the empty text counts as absent.
    pub resource_version: Option<Revision>,
    /// `resourceVersionMatch`.
    pub version_match: Option<VersionMatch>,
    /// `limit`; none where absent, zero or negative.
    pub limit: Option<usize>,
    /// `continue`.
    pub continue_token: Option<String>,
    /// `watch`.
    pub watch: bool,
    /// `allowWatchBookmarks`.
    pub bookmarks: bool,
    /// `sendInitialEvents`.
    pub send_initial_events: Option<bool>,
    /// `timeoutSeconds`.
    pub timeout_seconds: Option<u64>,
    /// `dryRun=All`.
    pub dry_run: bool,
    /// `fieldManager`.
    pub field_manager: Option<String>,
    /// `fieldValidation`.
    pub field_validation: FieldValidation,
    /// `force`.
    pub force: Option<bool>,
    /// `pretty`; without it the client decides, see [`super::negotiate::pretty`].
    pub pretty: Option<bool>,
    /// `includeObject`: how much of the object a Table row carries.
    pub include_object: IncludeObject,
    /// `gracePeriodSeconds`.
    pub grace_period_seconds: Option<i64>,
    /// `orphanDependents`.
    pub orphan_dependents: Option<bool>,
    /// `propagationPolicy`.
    pub propagation_policy: Option<String>,
    /// `verbose`, of the health checks.
    pub verbose: bool,
}

/// How `resourceVersion` is meant for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionMatch {
    /// Exactly this revision.
    Exact,
    /// This revision or a newer one.
    NotOlderThan,
}

/// What happens to fields that the schema does not know, and to duplicate ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// They are dropped silently.
    Ignore,
    /// They are dropped and named in `Warning` headers.
    #[default]
    Warn,
    /// The request is refused.
    Strict,
}

/// How much of the object a Table row carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

impl Query {
    /// Reads the raw query string of a request. Refuses values that a parameter does not take, naming the parameter: with 422 those
    /// that the method's options have rules for, with 400 those that cannot be read at all.
    pub fn parse(raw: &str, method: &Method) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            query.take(&name, &value, options_kind(method))?;
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str, options: Option<&str>) -> Result<(), Refusal> {
        if let Some(options) = options {
            match name {
                "dryRun" => self.dry_run = dry_run(value, options)?,
                "fieldManager" => self.field_manager = field_manager(value, options)?,
                "fieldValidation" => self.field_validation = field_validation(value, options)?,
                _ => {}
            }
        }
        let bad = |why: String| Refusal::bad_request(format!("invalid query parameter {name}={value:?}: {why}"));
        match name {
            "labelSelector" => {
                self.label_selector = LabelSelector::parse(value).map_err(|error| Refusal::bad_request(error.to_string()))?;
            }
            "fieldSelector" => {
                self.field_selector = FieldSelector::parse(value).map_err(|error| Refusal::bad_request(error.to_string()))?;
            }
            "resourceVersion" => self.resource_version = revision(value)?,
            "resourceVersionMatch" => self.version_match = version_match(value)?,
            "limit" => {
                self.limit = number::<i64>(value).map_err(bad)?.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
            }
            "continue" => self.continue_token = (!value.is_empty()).then(|| value.to_owned()),
            "watch" => self.watch = truth(value),
            "allowWatchBookmarks" => self.bookmarks = truth(value),
            "sendInitialEvents" => self.send_initial_events = Some(truth(value)),
            "timeoutSeconds" => self.timeout_seconds = number(value).map_err(bad)?,
            "force" => self.force = Some(truth(value)),
            "pretty" if !value.is_empty() => self.pretty = Some(plain_truth(value)),
            "includeObject" => self.include_object = include_object(value).map_err(bad)?,
            "gracePeriodSeconds" => self.grace_period_seconds = number(value).map_err(bad)?,
            "orphanDependents" => self.orphan_dependents = Some(truth(value)),
            "propagationPolicy" => self.propagation_policy = (!value.is_empty()).then(|| value.to_owned()),
            "verbose" => self.verbose = truth(value),
            _ => {}
        }
        Ok(())
    }
}

/// The kind of options that a method's parameters make up; reading has none with rules about writes.
fn options_kind(method: &Method) -> Option<&'static str> {
    match method.as_str() {
        "POST" => Some("CreateOptions"),
        "PUT" => Some("UpdateOptions"),
        "PATCH" => Some("PatchOptions"),
        "DELETE" => Some("DeleteOptions"),
        _ => None,
    }
}

/// A parameter that stands there is true unless it says `false` or `0`, as `Convert_Slice_string_To_bool` of apimachinery reads it.
fn truth(value: &str) -> bool {
    !(value == "0" || value.eq_ignore_ascii_case("false"))
}

/// `pretty` alone, of a query string that may be refused otherwise.
pub(super) fn pretty(raw: &str) -> Option<bool> {
    // Nearly no request names it.
    let named = raw.contains("pretty").then(|| form_urlencoded::parse(raw.as_bytes()).find(|(name, _)| name == "pretty"));
    named.flatten().filter(|(_, value)| !value.is_empty()).map(|(_, value)| plain_truth(&value))
}

/// What Go's `strconv.ParseBool` takes for true.
fn plain_truth(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

fn number<N: std::str::FromStr>(value: &str) -> Result<Option<N>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    value.parse().map(Some).map_err(|_| "expected a whole number".to_owned())
}

fn revision(value: &str) -> Result<Option<Revision>, Refusal> {
    if value.is_empty() {
        return Ok(None);
    }
    let parsed = Revision::parse(value).map(Some);
    parsed.ok_or_else(|| Refusal::bad_request(format!("resourceVersion: Invalid value: {value:?}: must be a decimal number")))
}

fn version_match(value: &str) -> Result<Option<VersionMatch>, Refusal> {
    match value {
        "" => Ok(None),
        "Exact" => Ok(Some(VersionMatch::Exact)),
        "NotOlderThan" => Ok(Some(VersionMatch::NotOlderThan)),
        _ => {
            let message = unsupported(value, "\"Exact\", \"NotOlderThan\", \"\"");
            Err(options_refused("ListOptions", "resourceVersionMatch", CauseKind::NotSupported, &message))
        }
    }
}

/// `All` is the one stage there is; a client that names another, or none, does not get what it asked for.
pub(super) fn dry_run(value: &str, options: &str) -> Result<bool, Refusal> {
    match value {
        "All" => Ok(true),
        _ => {
            let message = format!("Unsupported value: [{value:?}]: supported values: \"All\"");
            Err(options_refused(options, "dryRun", CauseKind::NotSupported, &message))
        }
    }
}

fn field_validation(value: &str, options: &str) -> Result<FieldValidation, Refusal> {
    match value {
        "Ignore" => Ok(FieldValidation::Ignore),
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Strict" => Ok(FieldValidation::Strict),
        _ => {
            let message = unsupported(value, "\"\", \"Ignore\", \"Strict\", \"Warn\"");
            Err(options_refused(options, "fieldValidation", CauseKind::NotSupported, &message))
        }
    }
}

fn include_object(value: &str) -> Result<IncludeObject, String> {
    match value {
        "None" => Ok(IncludeObject::None),
        "" | "Metadata" => Ok(IncludeObject::Metadata),
        "Object" => Ok(IncludeObject::Object),
        _ => Err("expected None, Metadata or Object".to_owned()),
    }
}

fn field_manager(value: &str, options: &str) -> Result<Option<String>, Refusal> {
    if value.len() > 128 {
        return Err(options_refused(options, "fieldManager", CauseKind::TooLong, "Too long: may not be more than 128 bytes"));
    }
    if value.chars().any(|character| character.is_control() || (character.is_whitespace() && character != ' ')) {
        let message = "Invalid value: should only contain printable characters";
        return Err(options_refused(options, "fieldManager", CauseKind::Invalid, message));
    }
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

fn unsupported(value: &str, known: &str) -> String {
    format!("Unsupported value: {value:?}: supported values: {known}")
}

/// 422 about the parameters of a list or watch where there is something against them.
pub(super) fn list_options_checked(causes: Vec<Cause>) -> Result<(), Refusal> {
    if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", causes)) }
}

/// 422 about the parameters of a request, as `meta.k8s.io` options kinds.
pub(super) fn options_refused(options: &str, field: &str, kind: CauseKind, message: &str) -> Refusal {
    Refusal::invalid("meta.k8s.io", options, "", vec![Cause::new(kind, field, message)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Reason;

    #[test]
    fn parameters_are_read_as_go_reads_them() {
        let query = Query::parse(
            "watch&limit=-1&allowWatchBookmarks=zork&resourceVersion=&continue=&timeoutSeconds=5&x=y&pretty=False",
            &Method::GET,
        );
        let expected = Query { watch: true, bookmarks: true, timeout_seconds: Some(5), pretty: Some(false), ..Query::default() };
        assert_eq!(query.expect("valid"), expected);
    }

    #[test]
    fn options_are_refused_as_the_kind_that_the_method_has() {
        let refused =
            |method: Method, raw: &str| Query::parse(raw, &method).map_err(|refusal| refusal.to_json()["details"]["kind"].clone());
        for raw in ["dryRun=", "dryRun=Some", "fieldValidation=Loose", "fieldManager=%0A"] {
            for (method, kind) in [
                (Method::POST, "CreateOptions"),
                (Method::PUT, "UpdateOptions"),
                (Method::PATCH, "PatchOptions"),
                (Method::DELETE, "DeleteOptions"),
            ] {
                assert_eq!(refused(method, raw).expect_err(raw), kind, "{raw}");
            }
            assert_eq!(refused(Method::GET, raw), Ok(Query::default()), "{raw}");
        }
    }

    #[test]
    fn values_that_a_parameter_does_not_take_are_refused_by_name() {
        for (raw, reason, named) in [
            ("limit=x", Reason::BadRequest, "limit"),
            ("resourceVersion=abc", Reason::BadRequest, "resourceVersion"),
            ("resourceVersionMatch=Newest", Reason::Invalid, "resourceVersionMatch"),
            ("dryRun=Some", Reason::Invalid, "dryRun"),
            ("fieldValidation=Loose", Reason::Invalid, "fieldValidation"),
            ("labelSelector=a%20b", Reason::BadRequest, "requirement"),
            ("fieldSelector=a", Reason::BadRequest, "selector"),
        ] {
            let refusal = Query::parse(raw, &Method::POST).expect_err(raw);
            assert_eq!(refusal.reason, reason, "{raw}");
            assert!(refusal.message.contains(named), "{raw}: {}", refusal.message);
        }
    }
}
