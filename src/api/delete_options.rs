//! What a deletion asks for, from the body of the request or its parameters.
//!
//! Receives what clients send; hands on options that make sense. Invariant: a body that is not understood whole deletes nothing.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::decode;
use super::query::{dry_run, options_refused};
use super::write::Live;
use crate::object::{CauseKind, GroupResource, Object, Refusal};
use crate::protobuf;

/// The finalizers that stand for a propagation policy.
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// What a deletion asks for.
///
/// See <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/>.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DeleteOptions {
    pub(super) grace_period_seconds: Option<i64>,
    pub(super) propagation: Option<Propagation>,
    pub(super) uid: Option<String>,
    pub(super) resource_version: Option<String>,
}

/// What happens to the objects that the deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Propagation {
    /// They go afterwards.
    Background,
    /// They go before.
    Foreground,
    /// They stay.
    Orphan,
}

/// The body as clients write it. Members of later versions are left alone; members of the wrong type are not.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    kind: Option<String>,
    grace_period_seconds: Option<i64>,
    preconditions: Option<Preconditions>,
    propagation_policy: Option<String>,
    orphan_dependents: Option<bool>,
    dry_run: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

impl Propagation {
    fn parse(word: &str) -> Result<Self, Refusal> {
        match word {
            "Background" => Ok(Self::Background),
            "Foreground" => Ok(Self::Foreground),
            "Orphan" => Ok(Self::Orphan),
            other => {
                let known = "\"Foreground\", \"Background\", \"Orphan\", \"nil\"";
                let message = format!("Unsupported value: {other:?}: supported values: {known}");
                Err(options_refused("DeleteOptions", "propagationPolicy", CauseKind::NotSupported, &message))
            }
        }
    }

    /// Leaves the finalizer of this policy, and of no other, on the object, behind those there are.
    pub(super) fn mark(self, object: &mut Object) {
        let wanted = match self {
            Self::Background => None,
            Self::Foreground => Some(FOREGROUND),
            Self::Orphan => Some(ORPHAN),
        };
        let own = object.clone();
        let mut finalizers: Vec<&str> =
            own.finalizers().into_iter().filter(|name| ![ORPHAN, FOREGROUND].contains(name) || Some(*name) == wanted).collect();
        if let Some(wanted) = wanted.filter(|wanted| !finalizers.contains(wanted)) {
            finalizers.push(wanted);
        }
        object.set_finalizers(&finalizers);
    }
}

impl DeleteOptions {
    /// The options of a request: those in the body count where there is one, those in the query otherwise.
    pub(super) fn of(call: &mut Call) -> Result<Self, Refusal> {
        let mut body = Body::of(call)?;
        call.query.dry_run |= body.is_dry_run()?;
        // One says the other, so that only both or neither of the query's are wanted.
        if body.propagation_policy.is_none() && body.orphan_dependents.is_none() {
            body.propagation_policy.clone_from(&call.query.propagation_policy);
            body.orphan_dependents = call.query.orphan_dependents;
        }
        body.grace_period_seconds = body.grace_period_seconds.or(call.query.grace_period_seconds);
        body.options()
    }

    /// The options that are a part of another document, and whether they ask for a dry run. Those in the query are not meant then.
    pub(super) fn within(document: &Value) -> Result<(Self, bool), Refusal> {
        let unreadable = |error: serde_json::Error| Refusal::bad_request(format!("deleteOptions cannot be read: {error}"));
        let body = if document.is_null() { Body::default() } else { Body::deserialize(document).map_err(unreadable)? };
        let dry_run = body.is_dry_run()?;
        Ok((body.options()?, dry_run))
    }

    /// The options as webhooks see them.
    pub(super) fn to_json(&self, dry_run: bool) -> Value {
        let mut options = json!({"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"});
        if let Some(seconds) = self.grace_period_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        if let Some(propagation) = self.propagation {
            options["propagationPolicy"] = format!("{propagation:?}").into();
        }
        if let Some(uid) = &self.uid {
            options["preconditions"]["uid"] = uid.as_str().into();
        }
        if let Some(version) = &self.resource_version {
            options["preconditions"]["resourceVersion"] = version.as_str().into();
        }
        if dry_run {
            options["dryRun"] = json!(["All"]);
        }
        options
    }

    /// Refuses with 409 where the object is not the one that the deletion means.
    pub(super) fn check_preconditions(&self, call: &Call, live: &Live) -> Result<(), Refusal> {
        let (object, gvk) = (&live.object, &call.resource.gvk);
        // Upstream names the kind here, where other conflicts name the resource.
        let kind = GroupResource::new(&gvk.group, &gvk.kind);
        let failed = |why: String| Err(Refusal::conflict(&kind, object.name(), &why));
        if let Some(uid) = self.uid.as_deref().filter(|uid| *uid != object.uid()) {
            return failed(format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                object.uid()
            ));
        }
        let revision = live.cached.revision.to_string();
        if let Some(version) = self.resource_version.as_deref().filter(|version| *version != revision) {
            let why =
                format!("the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({revision})");
            return failed(format!("{why}. The object might have been modified"));
        }
        Ok(())
    }
}

impl Body {
    fn of(call: &Call) -> Result<Self, Refusal> {
        if call.body.is_empty() {
            return Ok(Self::default());
        }
        let parsed = decode::document(call.content_type(), &call.body, "DeleteOptions", protobuf::message(protobuf::DELETE_OPTIONS))?;
        let unreadable = |why: &str| Refusal::bad_request(format!("the body of a deletion must be DeleteOptions: {why}"));
        if !parsed.value.is_object() {
            return Err(unreadable("it is no object"));
        }
        let body = Self::deserialize(&parsed.value).map_err(|error| unreadable(&error.to_string()))?;
        match body.kind.as_deref() {
            None | Some("" | "DeleteOptions") => Ok(body),
            Some(other) => Err(unreadable(&format!("its kind is {other:?}"))),
        }
    }

    fn options(self) -> Result<DeleteOptions, Refusal> {
        if let (Some(policy), Some(_)) = (&self.propagation_policy, self.orphan_dependents) {
            let message = format!("Invalid value: {policy:?}: orphanDependents and deletionPropagation cannot be both set");
            return Err(options_refused("DeleteOptions", "propagationPolicy", CauseKind::Invalid, &message));
        }
        let propagation = self.propagation_policy.clone().or_else(|| self.older_policy());
        let preconditions = self.preconditions.unwrap_or_default();
        Ok(DeleteOptions {
            // Upstream takes a negative time for the shortest there is.
            grace_period_seconds: self.grace_period_seconds.map(|seconds| if seconds < 0 { 1 } else { seconds }),
            propagation: propagation.as_deref().map(Propagation::parse).transpose()?,
            uid: preconditions.uid,
            resource_version: preconditions.resource_version,
        })
    }

    fn is_dry_run(&self) -> Result<bool, Refusal> {
        let words = self.dry_run.as_deref().unwrap_or_default();
        for word in words {
            dry_run(word, "DeleteOptions")?;
        }
        Ok(!words.is_empty())
    }

    /// The older way to say what becomes of dependents.
    fn older_policy(&self) -> Option<String> {
        self.orphan_dependents.map(|orphan| if orphan { "Orphan" } else { "Background" }.to_owned())
    }
}
