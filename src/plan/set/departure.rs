//! Members leave their set: they are deleted, or stay without its label.
//!
//! Receives those that leave, hands on what became of each. What others stand on goes after them. Invariant: only an object that is
//! still a member is deleted; one that was made anew, or was taken over meanwhile, is not.

use std::sync::{Arc, OnceLock};

use serde_json::json;

use super::membership::without_membership;
use super::{Absence, PART_OF, PruneError, Removal, SetId, is_member, keeps_itself, remove};
use crate::client::{ApiRequest, Client, ClientError, DeleteParameters, Form};
use crate::object::Reason;
use crate::plan::order::Order;
use crate::plan::parallel::{REQUESTS_AT_ONCE, each};
use crate::plan::place::{Failure, ObjectError, Placed};
use crate::plan::{Action, PlanEntry, Stop};

/// A member that leaves its set.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// The live member at its place.
    pub member: Placed,
    /// Whether it stays, and only leaves the set.
    pub stays: bool,
    /// Why it stays.
    reason: Option<String>,
}

/// What became of a member.
#[derive(Debug)]
pub enum Departed {
    /// It was deleted.
    Deleted(Box<PlanEntry>),
    /// It stays, and is no member any more.
    Kept(Box<PlanEntry>),
    /// Somebody else was first, so that nothing was done to it.
    Absent(Box<Placed>, Absence),
    /// It is a member as before.
    Failed(Failure),
    /// It was not begun, since a stop was asked for before its turn.
    NotBegun(Box<Placed>),
}

impl Leaving {
    /// How a live member leaves.
    pub fn of(member: &Placed) -> Result<Self, PruneError> {
        let annotation = keeps_itself(member)?;
        let reason = annotation.map(|annotation| format!("kept, as its annotation {annotation} says; it leaves the set"));
        Ok(Self { member: member.clone(), stays: reason.is_some(), reason })
    }

    /// The member as a plan that was saved names it: only its place and what happens to it are known.
    #[must_use]
    pub fn planned(member: Placed, stays: bool) -> Self {
        Self { member, stays, reason: None }
    }

    /// Its line in a plan.
    #[must_use]
    pub fn entry(&self) -> PlanEntry {
        PlanEntry {
            gvk: self.member.resource.gvk(),
            plural: self.member.resource.plural.clone(),
            key: self.member.key.clone(),
            action: if self.stays { Action::Update } else { Action::Delete },
            before: Some(self.member.object.clone()),
            after: self.stays.then(|| without_membership(&self.member.object)),
            origin: None,
            source: None,
            reason: self.reason.clone(),
        }
    }
}

/// Lets members leave, in the reverse of the order in which they would be applied, and tells of each. After a stop is asked for, and once
/// the target is gone, nothing more is asked of it.
pub async fn depart(client: &Client, leaving: Vec<Leaving>, id: &SetId, stop: &Stop, mut done: impl FnMut(Departed)) {
    let lost: Arc<OnceLock<Arc<ClientError>>> = Arc::default();
    let members: Vec<Placed> = leaving.iter().map(|leaving| leaving.member.clone()).collect();
    for step in Order::of_live(&members).steps().iter().rev() {
        let of_step = step.objects.iter().map(|number| leaving[*number].clone());
        let work = |leaving: Leaving| {
            let (client, id, stop, lost) = (client.clone(), id.clone(), stop.clone(), Arc::clone(&lost));
            async move {
                match lost.get() {
                    Some(error) => Departed::Failed(leaving.member.failure(ObjectError::NotReached(Arc::clone(error)))),
                    None if stop.is_requested() => Departed::NotBegun(Box::new(leaving.member)),
                    None => let_go(&client, leaving, &id, &lost).await,
                }
            }
        };
        each(of_step, REQUESTS_AT_ONCE, work, &mut done).await;
    }
}

async fn let_go(client: &Client, leaving: Leaving, id: &SetId, lost: &OnceLock<Arc<ClientError>>) -> Departed {
    let left = if leaving.stays { leave(client, leaving.clone(), id).await } else { delete(client, &leaving, id).await };
    left.unwrap_or_else(|error| {
        let error = Arc::new(error);
        if error.is_cut_off() {
            // Of several that were under way, the first will do.
            let _ = lost.set(Arc::clone(&error));
        }
        Departed::Failed(Failure::of(&leaving.member, error))
    })
}

async fn delete(client: &Client, leaving: &Leaving, id: &SetId) -> Result<Departed, ClientError> {
    let member = &leaving.member;
    Ok(match remove(client, member, id, &DeleteParameters::default()).await? {
        Removal::Done(_) => Departed::Deleted(Box::new(leaving.entry())),
        Removal::Needless(absence) => Departed::Absent(Box::new(member.clone()), absence),
        Removal::Refused(error) => Departed::Failed(member.failure(error)),
    })
}

/// Takes the set's label from a member, if it is still the same member.
async fn leave(client: &Client, leaving: Leaving, id: &SetId) -> Result<Departed, ClientError> {
    let member = &leaving.member;
    let label = format!("/metadata/labels/{}", PART_OF.replace('/', "~1"));
    let patch = json!([
        {"op": "test", "path": "/metadata/uid", "value": member.object.uid()},
        {"op": "test", "path": label, "value": id.as_str()},
        {"op": "remove", "path": label},
    ]);
    let (resource, namespace, name) = (&member.resource, member.key.namespace.as_deref(), member.key.name.as_str());
    let absent = |absence| Departed::Absent(Box::new(member.clone()), absence);
    let refused = match client.object(&ApiRequest::json_patch(resource, namespace, name, &patch, super::OUR_TOOL)).await {
        Ok(after) => return Ok(Departed::Kept(Box::new(PlanEntry { after: Some(after), ..leaving.entry() }))),
        Err(error) if error.is(Reason::NotFound) => return Ok(absent(Absence::Gone)),
        Err(error) if error.is(Reason::Invalid) => error,
        Err(error) => return Err(error),
    };
    // A test that fails is answered with 422; then it is a member no more, or another object.
    match client.object(&ApiRequest::get(resource, namespace, name, Form::Objects)).await {
        Ok(fresh) if fresh.uid() == member.object.uid() && is_member(&fresh, id) => Err(refused),
        Ok(fresh) if fresh.uid() == member.object.uid() => Ok(absent(Absence::Free)),
        Ok(fresh) if is_member(&fresh, id) => Ok(Departed::Failed(member.failure(ObjectError::MadeAnew))),
        Ok(_) => Ok(absent(Absence::Succeeded)),
        Err(error) if error.is(Reason::NotFound) => Ok(absent(Absence::Gone)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::client::ServedResource;
    use crate::client::testing::{answer, scripted};
    use crate::object::{Object, Refusal};
    use crate::plan::set::{PRUNE, Parent};

    fn id() -> SetId {
        let resource = Arc::new(ServedResource::named("", "v1", "Secret", "secrets", true));
        Parent { resource, namespace: Some("a".to_owned()), name: "shop".to_owned() }.id()
    }

    fn document(kind: &str, name: &str, version: &str, part_of: &str) -> Value {
        let namespace = (kind != "Namespace").then_some("a");
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace, "uid": "u", "resourceVersion": version,
            "labels": {PART_OF: part_of}}})
    }

    fn leaving(kind: &str, name: &str) -> Leaving {
        let object = Object::from_value(document(kind, name, "1", id().as_str())).unwrap();
        let resource = Arc::new(ServedResource::named("", "v1", kind, &format!("{}s", kind.to_lowercase()), kind != "Namespace"));
        Leaving::of(&Placed { key: object.key(), object, source: None, resource, kind_is_pending: false }).unwrap()
    }

    async fn told(client: &Client, leaving: Vec<Leaving>) -> Vec<String> {
        let mut told = Vec::new();
        depart(client, leaving, &id(), &Stop::default(), |departed| {
            told.push(match departed {
                Departed::Deleted(entry) => format!("{} {}", entry.display_name(), entry.action.past()),
                Departed::Kept(entry) => format!("{} kept", entry.display_name()),
                Departed::Absent(member, absence) => format!("{} {absence}", member.display_name()),
                Departed::Failed(failure) => format!("{}: {}", failure.name, failure.error),
                Departed::NotBegun(member) => format!("{} not begun", member.display_name()),
            });
        })
        .await;
        told
    }

    #[tokio::test]
    async fn what_others_stand_on_goes_after_them_and_only_as_it_was_read() {
        let (client, asked) = scripted(|_| answer(200, json!({"kind": "Status", "status": "Success"})));
        let told = told(&client, vec![leaving("Namespace", "b"), leaving("ConfigMap", "c")]).await;
        assert_eq!(told, ["configmap/c deleted", "namespace/b deleted"]);
        assert_eq!(asked.lines(), ["DELETE /api/v1/namespaces/a/configmaps/c", "DELETE /api/v1/namespaces/b"]);
        assert_eq!(asked.bodies()[0]["preconditions"], json!({"uid": "u", "resourceVersion": "1"}));
    }

    #[tokio::test]
    async fn a_member_that_was_written_meanwhile_is_deleted_only_if_it_is_a_member_still() {
        for (now, expected) in [
            (document("ConfigMap", "c", "2", id().as_str()), "configmap/c deleted"),
            (
                document("ConfigMap", "c", "2", "applyset-x-v1"),
                "configmap/c: it was changed by somebody else since it was read, so it was not deleted",
            ),
        ] {
            let (client, _) = scripted(move |request| match (request.method().as_str(), String::from_utf8_lossy(request.body())) {
                ("GET", _) => answer(200, now.clone()),
                (_, body) if body.contains("\"resourceVersion\":\"2\"") => answer(200, json!({"kind": "Status", "status": "Success"})),
                _ => answer(409, Refusal::new(Reason::Conflict, "written").to_json()),
            });
            assert_eq!(told(&client, vec![leaving("ConfigMap", "c")]).await, [expected]);
        }
    }

    #[tokio::test]
    async fn who_stays_loses_the_label_only() {
        let mut kept = leaving("ConfigMap", "c");
        kept.member.object.set_annotation(PRUNE, Some("keep"));
        let kept = Leaving::of(&kept.member).unwrap();
        let entry = kept.entry();
        assert_eq!(entry.reason.as_deref(), Some("kept, as its annotation trueup.dev/prune: keep says; it leaves the set"));
        assert_eq!((entry.action, entry.after.unwrap().label(PART_OF)), (Action::Update, None));
        let (client, asked) = scripted(|_| answer(200, json!({"kind": "ConfigMap", "metadata": {"name": "c"}})));
        assert_eq!(told(&client, vec![kept]).await, ["configmap/c kept"]);
        assert_eq!(asked.bodies()[0][2], json!({"op": "remove", "path": "/metadata/labels/applyset.kubernetes.io~1part-of"}));
    }

    #[tokio::test]
    async fn what_is_gone_was_deleted_by_somebody_else() {
        let (client, _) = scripted(|_| answer(404, Refusal::new(Reason::NotFound, "no").to_json()));
        let mut kept = leaving("ConfigMap", "k");
        kept.stays = true;
        let told = told(&client, vec![leaving("ConfigMap", "c"), kept]).await;
        assert_eq!(told, ["configmap/c is gone already", "configmap/k is gone already"]);
    }

    #[tokio::test]
    async fn who_stays_and_has_left_already_is_left_alone() {
        let mut other = document("ConfigMap", "c", "2", id().as_str());
        other["metadata"]["uid"] = "other".into();
        for (now, expected) in [
            (document("ConfigMap", "c", "2", "applyset-x-v1"), "configmap/c has left the set already"),
            (other, "configmap/c: another object has taken its place since it was read, which was not deleted"),
        ] {
            let (client, _) = scripted(move |request| match request.method().as_str() {
                "GET" => answer(200, now.clone()),
                _ => answer(422, Refusal::new(Reason::Invalid, "test failed").to_json()),
            });
            let mut kept = leaving("ConfigMap", "c");
            kept.stays = true;
            assert_eq!(told(&client, vec![kept]).await, [expected]);
        }
    }

    #[tokio::test]
    async fn who_stays_is_known_as_it_is_left() {
        let left = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "uid": "u", "resourceVersion": "2"}});
        let (client, _) = scripted(move |_| answer(200, left.clone()));
        let mut kept = leaving("ConfigMap", "c");
        kept.stays = true;
        let mut after = None;
        depart(&client, vec![kept], &id(), &Stop::default(), |departed| {
            if let Departed::Kept(entry) = departed {
                after = entry.after;
            }
        })
        .await;
        assert_eq!(after.unwrap().resource_version(), Some("2"));
    }
}
