//! The query parameters of API requests.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/>. Parameters that the API does not
//! know are left alone, as kube-apiserver does.

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
    /// `pretty`.
    pub pretty: bool,
    /// `includeObject`: how much of the object a Table row carries.
    pub include_object: IncludeObject,
    /// `gracePeriodSeconds`.
    pub grace_period_seconds: Option<i64>,
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
    /// Reads a raw query string. Refuses values that a parameter does not take with 400, naming the parameter.
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            query.take(&name, &value)?;
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
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
            "watch" => self.watch = truth(value).map_err(bad)?,
            "allowWatchBookmarks" => self.bookmarks = truth(value).map_err(bad)?,
            "sendInitialEvents" => self.send_initial_events = Some(truth(value).map_err(bad)?),
            "timeoutSeconds" => self.timeout_seconds = number(value).map_err(bad)?,
            "dryRun" => self.dry_run = dry_run(value)?,
            "fieldManager" => self.field_manager = field_manager(value)?,
            "fieldValidation" => self.field_validation = field_validation(value)?,
            "force" => self.force = Some(truth(value).map_err(bad)?),
            "pretty" => self.pretty = truth(value).unwrap_or(true),
            "includeObject" => self.include_object = include_object(value).map_err(bad)?,
            "gracePeriodSeconds" => self.grace_period_seconds = number(value).map_err(bad)?,
            "propagationPolicy" => self.propagation_policy = (!value.is_empty()).then(|| value.to_owned()),
            "verbose" => self.verbose = truth(value).unwrap_or(true),
            _ => {}
        }
        Ok(())
    }
}

/// Empty and `true`, `t`, `1` are true for a parameter that stands there without a value, as Go reads them.
fn truth(value: &str) -> Result<bool, String> {
    match value {
        "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
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
        _ => Err(list_options_refused("resourceVersionMatch", CauseKind::NotSupported, &unsupported(value, "\"Exact\", \"NotOlderThan\""))),
    }
}

fn dry_run(value: &str) -> Result<bool, Refusal> {
    match value {
        "" => Ok(false),
        "All" => Ok(true),
        _ => Err(options_refused("CreateOptions", "dryRun", CauseKind::NotSupported, &unsupported(value, "\"All\""))),
    }
}

fn field_validation(value: &str) -> Result<FieldValidation, Refusal> {
    match value {
        "Ignore" => Ok(FieldValidation::Ignore),
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Strict" => Ok(FieldValidation::Strict),
        _ => {
            let message = unsupported(value, "\"Ignore\", \"Strict\", \"Warn\"");
            Err(options_refused("CreateOptions", "fieldValidation", CauseKind::NotSupported, &message))
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

fn field_manager(value: &str) -> Result<Option<String>, Refusal> {
    if value.len() > 128 {
        return Err(options_refused("PatchOptions", "fieldManager", CauseKind::TooLong, "Too long: may not be more than 128 bytes"));
    }
    if value.chars().any(|character| character.is_control() || (character.is_whitespace() && character != ' ')) {
        return Err(options_refused(
            "PatchOptions",
            "fieldManager",
            CauseKind::Invalid,
            "Invalid value: should only contain printable characters",
        ));
    }
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

fn unsupported(value: &str, known: &str) -> String {
    format!("Unsupported value: {value:?}: supported values: {known}")
}

/// 422 about the parameters of a list or watch.
pub(super) fn list_options_refused(field: &str, kind: CauseKind, message: &str) -> Refusal {
    options_refused("ListOptions", field, kind, message)
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
        let query = Query::parse("watch&limit=-1&allowWatchBookmarks=true&resourceVersion=&continue=&timeoutSeconds=5&x=y").expect("valid");
        assert_eq!(query, Query { watch: true, bookmarks: true, timeout_seconds: Some(5), ..Query::default() });
    }

    #[test]
    fn values_that_a_parameter_does_not_take_are_refused_by_name() {
        for (raw, reason, named) in [
            ("limit=x", Reason::BadRequest, "limit"),
            ("watch=maybe", Reason::BadRequest, "watch"),
            ("resourceVersion=abc", Reason::BadRequest, "resourceVersion"),
            ("resourceVersionMatch=Newest", Reason::Invalid, "resourceVersionMatch"),
            ("dryRun=Some", Reason::Invalid, "dryRun"),
            ("fieldValidation=Loose", Reason::Invalid, "fieldValidation"),
            ("labelSelector=a%20b", Reason::BadRequest, "requirement"),
            ("fieldSelector=a", Reason::BadRequest, "selector"),
        ] {
            let refusal = Query::parse(raw).expect_err(raw);
            assert_eq!(refusal.reason, reason, "{raw}");
            assert!(refusal.message.contains(named), "{raw}: {}", refusal.message);
        }
    }
}
