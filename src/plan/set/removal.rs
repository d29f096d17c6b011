//! Deleting a member, if it still is what was read.
//!
//! Receives a live member, hands on what became of it. Invariant: what is deleted has the uid of the object that was read, carries the set's
//! label and does not ask to stay, all of it in the state that the deletion meets.

use std::fmt;

use super::{SetId, is_member, keeps_itself};
use crate::client::{ApiRequest, Client, ClientError, DeleteParameters, Form};
use crate::object::{Object, Reason};
use crate::plan::place::{ObjectError, Placed};

/// How often a deletion is tried anew because the object was written meanwhile, as controllers do.
const ATTEMPTS: u32 = 5;

/// What became of a member that was to be deleted.
#[derive(Debug)]
pub enum Removal {
    /// The server deleted it, or marked it to go; with its answer.
    Done(Box<Object>),
    /// Nothing was to be done.
    Needless(Absence),
    /// It stays, or what has taken its place does.
    Refused(ObjectError),
}

/// Why a member that was to leave is none any more; displays as what it `is`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// It does not exist.
    Gone,
    /// Somebody else has deleted it, and it is on its way.
    Going,
    /// It does not exist, and an object of the same name that is no member does.
    Succeeded,
    /// It exists, and belongs to the set no longer.
    Free,
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gone => "is gone already",
            Self::Going => "is being deleted already",
            Self::Succeeded => "is gone already; another object has its name by now, which is no member of the set, and stays",
            Self::Free => "has left the set already",
        })
    }
}

/// Deletes a member as it was read, or as it is by now if it is still the same member. An error is one that says nothing of the object.
pub async fn remove(client: &Client, member: &Placed, id: &SetId, parameters: &DeleteParameters) -> Result<Removal, ClientError> {
    let (resource, namespace, name) = (&member.resource, member.key.namespace.as_deref(), member.key.name.as_str());
    let mut known = member.object.clone();
    for _ in 0..ATTEMPTS {
        let (uid, version) = (Some(known.uid().to_owned()), known.resource_version().map(str::to_owned));
        let parameters = DeleteParameters { uid, resource_version: version, ..parameters.clone() };
        match client.object(&ApiRequest::delete(resource, namespace, name, &parameters)).await {
            Ok(answer) => return Ok(Removal::Done(Box::new(answer))),
            Err(error) if error.is(Reason::NotFound) => return Ok(Removal::Needless(Absence::Gone)),
            Err(error) if error.is(Reason::Conflict) => {}
            Err(error) => return Err(error),
        }
        known = match look(client, member, id).await? {
            Looked::Same(fresh) => *fresh,
            Looked::Other(removal) => return Ok(removal),
        };
    }
    Ok(Removal::Refused(ObjectError::Moved))
}

/// What is at a member's place.
pub enum Looked {
    /// The member, in the state of now.
    Same(Box<Object>),
    /// Something else, or a member that is not to be deleted.
    Other(Removal),
}

/// Reads a member anew. Whoever wrote it may have taken it over, or asked that it stay.
pub async fn look(client: &Client, member: &Placed, id: &SetId) -> Result<Looked, ClientError> {
    let request = ApiRequest::get(&member.resource, member.key.namespace.as_deref(), &member.key.name, Form::Objects);
    let object = match client.object(&request).await {
        Err(error) if error.is(Reason::NotFound) => return Ok(Looked::Other(Removal::Needless(Absence::Gone))),
        found => found?,
    };
    let fresh = Placed { object, ..member.clone() };
    Ok(match () {
        () if fresh.object.uid() != member.object.uid() => Looked::Other(match is_member(&fresh.object, id) {
            true => Removal::Refused(ObjectError::MadeAnew),
            false => Removal::Needless(Absence::Succeeded),
        }),
        () if fresh.object.deletion_timestamp().is_some() => Looked::Other(Removal::Needless(Absence::Going)),
        () if !is_member(&fresh.object, id) || !matches!(keeps_itself(&fresh), Ok(None)) => {
            Looked::Other(Removal::Refused(ObjectError::Moved))
        }
        () => Looked::Same(Box::new(fresh.object)),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::client::ServedResource;
    use crate::client::testing::{answer, scripted};
    use crate::object::Refusal;
    use crate::plan::set::{PART_OF, PRUNE, Parent};

    fn id() -> SetId {
        let resource = Arc::new(ServedResource::named("", "v1", "Secret", "secrets", true));
        Parent { resource, namespace: Some("a".to_owned()), name: "shop".to_owned() }.id()
    }

    fn document(uid: &str, version: &str, part_of: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "a", "uid": uid, "resourceVersion": version,
            "labels": {PART_OF: part_of}}})
    }

    fn member() -> Placed {
        let object = Object::from_value(document("u", "1", id().as_str())).unwrap();
        let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        Placed { key: object.key(), object, source: None, resource, kind_is_pending: false }
    }

    /// What becomes of the member where a server has this in its place, and takes it from there.
    async fn removed(now: Option<Value>) -> String {
        let version = now.as_ref().map(|now| now["metadata"]["resourceVersion"].clone()).unwrap_or_default();
        let (client, _) = scripted(move |request| match (request.method().as_str(), &now) {
            (_, None) => answer(404, Refusal::new(Reason::NotFound, "no").to_json()),
            ("GET", Some(now)) => answer(200, now.clone()),
            (_, Some(now)) => {
                let body: Value = serde_json::from_slice(request.body()).unwrap();
                let of = |member: &str| body["preconditions"][member].clone();
                match of("uid") == now["metadata"]["uid"] && of("resourceVersion") == version {
                    true => answer(200, json!({"kind": "Status", "status": "Success"})),
                    false => answer(409, Refusal::new(Reason::Conflict, "another one").to_json()),
                }
            }
        });
        match remove(&client, &member(), &id(), &DeleteParameters::default()).await.unwrap() {
            Removal::Done(answer) => format!("done: {}", answer.kind()),
            Removal::Needless(absence) => absence.to_string(),
            Removal::Refused(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn a_member_is_deleted_in_the_state_that_is_known() {
        assert_eq!(removed(Some(document("u", "1", id().as_str()))).await, "done: Status");
        assert_eq!(removed(Some(document("u", "2", id().as_str()))).await, "done: Status");
    }

    #[tokio::test]
    async fn what_is_gone_or_going_needs_no_deletion() {
        assert_eq!(removed(None).await, "is gone already");
        let mut going = document("u", "2", id().as_str());
        going["metadata"]["deletionTimestamp"] = "2026-11-22T10:00:00Z".into();
        assert_eq!(removed(Some(going)).await, "is being deleted already");
    }

    #[tokio::test]
    async fn what_was_made_anew_stays() {
        let anew = "another object has taken its place since it was read, which was not deleted";
        assert_eq!(removed(Some(document("other", "2", id().as_str()))).await, anew);
        let succeeded = "is gone already; another object has its name by now, which is no member of the set, and stays";
        assert_eq!(removed(Some(document("other", "2", "applyset-x-v1"))).await, succeeded);
    }

    #[tokio::test]
    async fn what_was_taken_over_or_asks_to_stay_stays() {
        let moved = "it was changed by somebody else since it was read, so it was not deleted";
        assert_eq!(removed(Some(document("u", "2", "applyset-x-v1"))).await, moved);
        let mut kept = document("u", "2", id().as_str());
        kept["metadata"]["annotations"] = json!({PRUNE: "keep"});
        assert_eq!(removed(Some(kept)).await, moved);
    }
}
