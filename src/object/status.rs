//! Refusals, as the `Status` object that Kubernetes clients test for.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>.

use serde_json::{Map, Value, json};

use super::GroupResource;

/// Why a request was refused: HTTP code, machine-readable reason, a sentence, and the causes.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The machine-readable reason, which fixes the HTTP code.
    pub reason: Reason,
    /// The sentence a person reads.
    pub message: String,
    /// The API group of what was refused; empty for the core group or where nothing is named.
    pub group: String,
    /// The resource (or kind, see [`Refusal::invalid`]) of what was refused; empty where nothing is named.
    pub kind: String,
    /// The name of what was refused; empty where nothing is named.
    pub name: String,
    /// The uid of what was refused; empty where none is named.
    pub uid: String,
    /// What exactly was wrong, field by field.
    pub causes: Vec<Cause>,
    /// After how many seconds a client may try again; 0 says nothing.
    pub retry_after_seconds: u32,
    /// The token with which an expired list may go on inconsistently; empty says nothing.
    pub continue_token: String,
    /// The whole `Status` where it is not of this server's making: what an admission webhook or policy denied a request with.
    pub status: Option<Box<Value>>,
}

/// One thing that was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The machine-readable kind of fault.
    pub kind: CauseKind,
    /// A sentence without the field.
    pub message: String,
    /// The field's path, such as `spec.containers[0].image`.
    pub field: String,
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident $(= $text:literal)?),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),* }

        impl $name {
            const ALL: &'static [(&'static str, Self)] = &[$((words!(@text $variant $($text)?), Self::$variant)),*];

            /// The word on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(text, _)| text)
            }

            /// The value for a word on the wire, where it is one of these.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == text).map(|(_, value)| *value)
            }
        }
    };
    (@text $variant:ident $text:literal) => { $text };
    (@text $variant:ident) => { stringify!($variant) };
}

words! {
    /// The machine-readable reason of a refusal.
    Reason {
        /// 401: no credentials, or bad ones.
        Unauthorized,
        /// 403: known, but not allowed; or the object's state forbids it.
        Forbidden,
        /// 404.
        NotFound,
        /// 409: an object of that name exists.
        AlreadyExists,
        /// 409: the object moved on, or a precondition or field manager stands against it.
        Conflict,
        /// 410: the revision or continue token is older than what the store keeps.
        Expired,
        /// 410: the resource has gone.
        Gone,
        /// 422: the object breaks the rules of its kind.
        Invalid,
        /// 504: it did not happen in time.
        Timeout,
        /// 500: it did not happen in time on the server's side.
        ServerTimeout,
        /// 429.
        TooManyRequests,
        /// 400.
        BadRequest,
        /// 405.
        MethodNotAllowed,
        /// 406.
        NotAcceptable,
        /// 413.
        RequestEntityTooLarge,
        /// 415.
        UnsupportedMediaType,
        /// 500.
        InternalError,
        /// 503.
        ServiceUnavailable,
    }
}

words! {
    /// The machine-readable kind of one fault.
    CauseKind {
        /// A value must be given.
        Required = "FieldValueRequired",
        /// A value stands twice where it may stand once.
        Duplicate = "FieldValueDuplicate",
        /// A value breaks a rule.
        Invalid = "FieldValueInvalid",
        /// A value is none of those allowed.
        NotSupported = "FieldValueNotSupported",
        /// A value may not be given here.
        Forbidden = "FieldValueForbidden",
        /// A value is longer than allowed.
        TooLong = "FieldValueTooLong",
        /// A value is shorter than allowed.
        TooShort = "FieldValueTooShort",
        /// There are more values than allowed.
        TooMany = "FieldValueTooMany",
        /// A value has the wrong JSON type.
        TypeInvalid = "FieldValueTypeInvalid",
        /// The server cannot tell.
        Internal = "InternalError",
        /// What the value names does not exist.
        NotFound = "FieldValueNotFound",
        /// Another field manager owns the field.
        ManagerConflict = "FieldManagerConflict",
        /// A disruption budget stands against it.
        DisruptionBudget,
        /// The namespace is being deleted.
        NamespaceTerminating,
        /// The revision asked for lies in the future.
        ResourceVersionTooLarge,
        /// The answer was not what the client expected.
        UnexpectedServerResponse,
    }
}

impl Reason {
    /// The HTTP status code that goes with the reason.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::Conflict => 409,
            Self::Expired | Self::Gone => 410,
            Self::Invalid => 422,
            Self::Timeout => 504,
            Self::TooManyRequests => 429,
            Self::BadRequest => 400,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::RequestEntityTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InternalError | Self::ServerTimeout => 500,
            Self::ServiceUnavailable => 503,
        }
    }
}

impl Cause {
    /// A cause from its three parts.
    #[must_use]
    pub fn new(kind: CauseKind, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, field: field.into(), message: message.into() }
    }

    /// A required value is missing: `Required value: <what>`.
    #[must_use]
    pub fn required(field: impl Into<String>, what: &str) -> Self {
        let message = if what.is_empty() { "Required value".to_owned() } else { format!("Required value: {what}") };
        Self::new(CauseKind::Required, field, message)
    }

    /// A value breaks a rule: `Invalid value: "<value>": <why>`.
    #[must_use]
    pub fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Self::new(CauseKind::Invalid, field, format!("Invalid value: {value}: {why}"))
    }
}

impl Refusal {
    /// A refusal that names no object.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            group: String::new(),
            kind: String::new(),
            name: String::new(),
            uid: String::new(),
            causes: Vec::new(),
            retry_after_seconds: 0,
            continue_token: String::new(),
            status: None,
        }
    }

    /// 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    /// 500. For what should not happen; the message must carry no secret.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Reason::InternalError, message)
    }

    /// 404 for an object: `configmaps "x" not found`.
    #[must_use]
    pub fn not_found(resource: &GroupResource, name: &str) -> Self {
        Self::new(Reason::NotFound, format!("{resource} {name:?} not found")).on(&resource.group, &resource.resource, name)
    }

    /// 409 for a create: `configmaps "x" already exists`.
    #[must_use]
    pub fn already_exists(resource: &GroupResource, name: &str) -> Self {
        Self::new(Reason::AlreadyExists, format!("{resource} {name:?} already exists")).on(&resource.group, &resource.resource, name)
    }

    /// 409 for a stale or contradicted write: `Operation cannot be fulfilled on configmaps "x": <why>`.
    #[must_use]
    pub fn conflict(resource: &GroupResource, name: &str, why: &str) -> Self {
        Self::new(Reason::Conflict, format!("Operation cannot be fulfilled on {resource} {name:?}: {why}")).on(
            &resource.group,
            &resource.resource,
            name,
        )
    }

    /// 403 for an object: `configmaps "x" is forbidden: <why>`.
    #[must_use]
    pub fn forbidden(resource: &GroupResource, name: &str, why: &str) -> Self {
        let subject = if name.is_empty() { resource.to_string() } else { format!("{resource} {name:?}") };
        Self::new(Reason::Forbidden, format!("{subject} is forbidden: {why}")).on(&resource.group, &resource.resource, name)
    }

    /// 422 with its causes: `ConfigMap "x" is invalid: metadata.name: Required value: …`. Unlike the others it names the Kind.
    #[must_use]
    pub fn invalid(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        let subject = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut refusal = Self::new(Reason::Invalid, format!("{subject} {name:?} is invalid: {}", in_words(&causes)));
        refusal.causes = causes;
        refusal.on(group, kind, name)
    }

    /// Names what was refused.
    #[must_use]
    pub fn on(mut self, group: &str, kind: &str, name: &str) -> Self {
        group.clone_into(&mut self.group);
        kind.clone_into(&mut self.kind);
        name.clone_into(&mut self.name);
        self
    }

    /// Adds one cause.
    #[must_use]
    pub fn with_cause(mut self, cause: Cause) -> Self {
        self.causes.push(cause);
        self
    }

    /// The HTTP status code: that of the reason, unless the `Status` is somebody else's.
    #[must_use]
    pub fn code(&self) -> u16 {
        let foreign = self.status.as_ref().and_then(|status| status["code"].as_u64());
        foreign.and_then(|code| u16::try_from(code).ok()).unwrap_or_else(|| self.reason.code())
    }

    /// The `Status` object on the wire.
    #[must_use]
    pub fn to_json(&self) -> Value {
        if let Some(status) = &self.status {
            return Value::clone(status);
        }
        let mut metadata = Map::new();
        put(&mut metadata, "continue", &self.continue_token);
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure",
            "message": self.message, "reason": self.reason.as_str(), "code": self.reason.code(),
        });
        let details = self.details();
        if !details.is_empty() {
            status["details"] = Value::Object(details);
        }
        status
    }

    fn details(&self) -> Map<String, Value> {
        let mut details = Map::new();
        put(&mut details, "name", &self.name);
        put(&mut details, "group", &self.group);
        put(&mut details, "kind", &self.kind);
        put(&mut details, "uid", &self.uid);
        if !self.causes.is_empty() {
            details.insert("causes".to_owned(), self.causes.iter().map(Cause::to_json).collect());
        }
        if self.retry_after_seconds > 0 {
            details.insert("retryAfterSeconds".to_owned(), self.retry_after_seconds.into());
        }
        details
    }

    /// Reads a `Status` object that a server answered. `None` where the value is no failure `Status`.
    #[must_use]
    pub fn from_json(status: &Value) -> Option<Self> {
        let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        (status.get("kind")? == "Status" && status.get("status")? == "Failure").then_some(())?;
        let code = status.get("code").and_then(Value::as_u64).unwrap_or(500);
        let mut refusal = Self::new(Reason::parse(&text(status, "reason")).unwrap_or_else(|| reason_for(code)), text(status, "message"));
        refusal.continue_token = text(status.get("metadata").unwrap_or(&Value::Null), "continue");
        if let Some(details) = status.get("details") {
            refusal = refusal.on(&text(details, "group"), &text(details, "kind"), &text(details, "name"));
            refusal.uid = text(details, "uid");
            let causes = details.get("causes").and_then(Value::as_array);
            refusal.causes = causes.into_iter().flatten().map(Cause::from_json).collect();
            let retry = details.get("retryAfterSeconds").and_then(Value::as_u64);
            refusal.retry_after_seconds = retry.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or_default();
        }
        Some(refusal)
    }
}

impl Cause {
    fn to_json(&self) -> Value {
        let mut cause = Map::new();
        put(&mut cause, "reason", self.kind.as_str());
        put(&mut cause, "message", &self.message);
        put(&mut cause, "field", &self.field);
        Value::Object(cause)
    }

    fn from_json(cause: &Value) -> Self {
        let text = |member: &str| cause.get(member).and_then(Value::as_str).unwrap_or_default();
        Self::new(CauseKind::parse(text("reason")).unwrap_or(CauseKind::Invalid), text("field"), text("message"))
    }
}

/// The reason that fits a bare HTTP code, for servers that answer without a `Status`.
fn reason_for(code: u64) -> Reason {
    let all = [
        Reason::BadRequest,
        Reason::Unauthorized,
        Reason::Forbidden,
        Reason::NotFound,
        Reason::MethodNotAllowed,
        Reason::NotAcceptable,
        Reason::Conflict,
        Reason::Gone,
        Reason::RequestEntityTooLarge,
        Reason::UnsupportedMediaType,
        Reason::Invalid,
        Reason::TooManyRequests,
        Reason::ServiceUnavailable,
        Reason::Timeout,
    ];
    all.into_iter().find(|reason| u64::from(reason.code()) == code).unwrap_or(Reason::InternalError)
}

fn put(map: &mut Map<String, Value>, member: &str, text: &str) {
    if !text.is_empty() {
        map.insert(member.to_owned(), text.into());
    }
}

fn in_words(causes: &[Cause]) -> String {
    let sentences: Vec<_> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    match sentences.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_object_names_its_kind_and_causes() {
        let cause = Cause::required("metadata.name", "name or generateName is required");
        let refusal = Refusal::invalid("apps", "Deployment", "", vec![cause]);
        assert_eq!(
            refusal.to_json(),
            json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Invalid", "code": 422,
                "message": "Deployment.apps \"\" is invalid: metadata.name: Required value: name or generateName is required",
                "details": {"group": "apps", "kind": "Deployment", "causes": [{
                    "reason": "FieldValueRequired", "field": "metadata.name",
                    "message": "Required value: name or generateName is required",
                }]},
            })
        );
    }

    #[test]
    fn a_status_reads_back_as_it_was_written() {
        let mut refusal = Refusal::conflict(&GroupResource::new("", "configmaps"), "zz", "the object has been modified")
            .with_cause(Cause::new(CauseKind::ManagerConflict, ".data.a", "conflict with \"a\""));
        refusal.retry_after_seconds = 2;
        refusal.continue_token = "abc".to_owned();
        assert_eq!(Refusal::from_json(&refusal.to_json()), Some(refusal));
    }
}
