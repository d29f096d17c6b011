//! The live state of a set of objects.
//!
//! Receives placed objects, hands on those of them that exist. One LIST for each resource and namespace, in parallel; only who may not
//! list is served by single GETs. Invariant: an object that is not in [`Live`] and not in its failures did not exist.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::parallel::{REQUESTS_AT_ONCE, each};
use super::place::Placed;
use super::set::{SetId, is_member};
use crate::client::{ApiRequest, Client, ClientError, Form, ListParameters, Page, ServedResource, list_pages};
use crate::object::{GroupResource, Object, ObjectKey, Reason};

/// Objects in one page of a list; larger pages save little and hold up the first answer.
const PAGE_SIZE: u32 = 500;

/// What exists of a set of objects.
#[derive(Debug, Clone, Default)]
pub struct Live {
    objects: HashMap<(GroupResource, ObjectKey), Object>,
    unknown: HashMap<(GroupResource, ObjectKey), Arc<ClientError>>,
    members: MembersSeen,
}

/// What the lists told of the members of a set.
#[derive(Debug, Clone, Default)]
pub(super) struct MembersSeen {
    /// The members that were not asked for.
    pub(super) unasked: Vec<(Arc<ServedResource>, Object)>,
    /// How many members were asked for.
    pub(super) asked: usize,
    /// The resources and namespaces that were listed as a whole.
    pub(super) listed: HashSet<(GroupResource, Option<String>)>,
}

/// The wanted objects of one resource in one namespace: what one LIST answers.
struct Batch {
    resource: Arc<ServedResource>,
    namespace: Option<String>,
    names: HashSet<String>,
}

/// Names found or not readable; everything else asked for does not exist.
type Found = Vec<(String, Result<Object, Arc<ClientError>>)>;

/// What one LIST, or the GETs in its place, told.
#[derive(Default)]
struct Reading {
    found: Found,
    /// Members of the set that were not asked for; `None` where nothing was listed.
    members: Option<Vec<Object>>,
}

impl Live {
    /// Reads the live state. An error is one that would meet every request: the server cannot be reached, or knows nobody like us.
    pub async fn fetch(client: &Client, placed: &[Placed]) -> Result<Self, ClientError> {
        Self::fetch_with_members(client, placed, None).await
    }

    /// The same; remembers of the same lists what else they hold of a set's members.
    pub async fn fetch_with_members(client: &Client, placed: &[Placed], set: Option<&SetId>) -> Result<Self, ClientError> {
        let mut live = Self::default();
        let mut fatal = None;
        let work = |batch: Batch| {
            let (client, set) = (client.clone(), set.cloned());
            async move { (read(&client, &batch, set.as_ref()).await, batch) }
        };
        each(batches(placed), REQUESTS_AT_ONCE, work, |(reading, batch)| match reading {
            Ok(reading) => live.take(&batch, reading, set),
            Err(error) => fatal = Some(error),
        })
        .await;
        fatal.map_or(Ok(live), Err)
    }

    /// The live object at a place; `None` where it does not exist. The error says why that is not known.
    pub fn take_object(&mut self, placed: &Placed) -> Result<Option<Object>, Arc<ClientError>> {
        let key = (placed.resource.group_resource(), placed.key.clone());
        self.unknown.remove(&key).map_or_else(|| Ok(self.objects.remove(&key)), Err)
    }

    /// The live object at a place, as far as it is known.
    #[must_use]
    pub fn object(&self, placed: &Placed) -> Option<&Object> {
        self.objects.get(&(placed.resource.group_resource(), placed.key.clone()))
    }

    /// Why the state at a place is not known.
    #[must_use]
    pub fn problem(&self, placed: &Placed) -> Option<&ClientError> {
        self.unknown.get(&(placed.resource.group_resource(), placed.key.clone())).map(Arc::as_ref)
    }

    /// A live state already known.
    #[must_use]
    pub fn of(objects: impl IntoIterator<Item = (GroupResource, Object)>) -> Self {
        let objects = objects.into_iter().map(|(resource, object)| ((resource, object.key()), object)).collect();
        Self { objects, ..Self::default() }
    }

    /// What the lists told of the members of the set that was asked for.
    pub(super) fn members(&self) -> &MembersSeen {
        &self.members
    }

    /// Whether an object of the core group's `resource` exists, as far as it was asked for.
    #[must_use]
    pub fn has(&self, resource: &str, name: &str) -> bool {
        self.objects.contains_key(&(GroupResource::new("", resource), ObjectKey::new(None, name)))
    }

    fn take(&mut self, batch: &Batch, reading: Reading, set: Option<&SetId>) {
        for (name, object) in reading.found {
            let key = (batch.resource.group_resource(), ObjectKey { namespace: batch.namespace.clone(), name });
            match object {
                Ok(object) => {
                    self.members.asked += usize::from(set.is_some_and(|set| is_member(&object, set)));
                    self.objects.insert(key, object);
                }
                Err(error) => drop(self.unknown.insert(key, error)),
            }
        }
        if let Some(members) = reading.members {
            self.members.listed.insert((batch.resource.group_resource(), batch.namespace.clone()));
            self.members.unasked.extend(members.into_iter().map(|object| (Arc::clone(&batch.resource), object)));
        }
    }
}

fn batches(placed: &[Placed]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut places: HashMap<(*const ServedResource, Option<&str>), usize> = HashMap::new();
    for placed in placed.iter().filter(|placed| !placed.kind_is_pending) {
        let place = (Arc::as_ptr(&placed.resource), placed.key.namespace.as_deref());
        let index = *places.entry(place).or_insert_with(|| {
            batches.push(Batch { resource: Arc::clone(&placed.resource), namespace: placed.key.namespace.clone(), names: HashSet::new() });
            batches.len() - 1
        });
        batches[index].names.insert(placed.key.name.clone());
    }
    batches
}

async fn read(client: &Client, batch: &Batch, set: Option<&SetId>) -> Result<Reading, ClientError> {
    let parameters = ListParameters { limit: PAGE_SIZE, ..ListParameters::default() };
    match list_pages(client, &batch.resource, batch.namespace.as_deref(), &parameters, Form::Objects).await {
        Ok(pages) => pages.iter().try_fold(Reading { members: Some(Vec::new()), ..Reading::default() }, |mut reading, page| {
            pick(client, batch, page, set, &mut reading)?;
            Ok(reading)
        }),
        Err(error) if error.is(Reason::NotFound) => Ok(Reading { members: Some(Vec::new()), ..Reading::default() }),
        Err(error) if error.is(Reason::Forbidden) || error.is(Reason::MethodNotAllowed) => {
            Ok(Reading { found: one_by_one(client, batch).await?, members: None })
        }
        Err(error @ ClientError::Refused { .. }) if !error.is(Reason::Unauthorized) => {
            let error = Arc::new(error);
            let found = batch.names.iter().map(|name| (name.clone(), Err(Arc::clone(&error)))).collect();
            Ok(Reading { found, members: None })
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
struct Items<'a> {
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// Parses only the wanted items of a page, and the members of the set: a namespace may hold far more.
fn pick(client: &Client, batch: &Batch, page: &Page, set: Option<&SetId>, into: &mut Reading) -> Result<(), ClientError> {
    let request = ApiRequest::list(&batch.resource, batch.namespace.as_deref(), &ListParameters::default(), "", Form::Objects);
    let text = std::str::from_utf8(page).map_err(|_| client.unreadable(&request, "it is not UTF-8"))?;
    let items: Items<'_> = serde_json::from_str(text).map_err(|error| client.unreadable(&request, error.to_string()))?;
    for item in items.items {
        let name = client.parse::<Named>(&request, item.get().as_bytes())?.metadata.name;
        let wanted = batch.names.contains(&name);
        // The id is nowhere else but in a label, or in a text that speaks of the set: few items are parsed in vain.
        let possible = || set.is_some_and(|set| item.get().contains(set.as_str()));
        if wanted || possible() {
            let value = client.parse(&request, item.get().as_bytes())?;
            let mut object = Object::from_value(value).map_err(|error| client.unreadable(&request, error.to_string()))?;
            // The items of a list of built-in kinds leave their kind to the list.
            object.set_gvk(&batch.resource.gvk());
            if wanted {
                into.found.push((name, Ok(object)));
            } else if set.is_some_and(|set| is_member(&object, set)) {
                into.members.get_or_insert_default().push(object);
            }
        }
    }
    Ok(())
}

async fn one_by_one(client: &Client, batch: &Batch) -> Result<Found, ClientError> {
    let mut found = Vec::new();
    for name in &batch.names {
        let request = ApiRequest::get(&batch.resource, batch.namespace.as_deref(), name, Form::Objects);
        match client.object(&request).await {
            Ok(object) => found.push((name.clone(), Ok(object))),
            Err(error) if error.is(Reason::NotFound) => {}
            Err(error @ ClientError::Refused { .. }) => found.push((name.clone(), Err(Arc::new(error)))),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::client::testing::{answer, scripted};
    use crate::object::Refusal;

    fn placed(resource: &Arc<ServedResource>, namespace: &str, name: &str) -> Placed {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}});
        Placed {
            object: Object::from_value(object).expect("an object"),
            source: None,
            resource: Arc::clone(resource),
            key: ObjectKey::new(Some(namespace), name),
            kind_is_pending: false,
        }
    }

    fn config_maps() -> Arc<ServedResource> {
        Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true))
    }

    fn list(names: &[&str], more: &str) -> Value {
        let items: Vec<_> = names.iter().map(|name| json!({"metadata": {"name": name, "namespace": "a"}})).collect();
        json!({"kind": "ConfigMapList", "metadata": {"continue": more}, "items": items})
    }

    #[tokio::test]
    async fn one_list_per_resource_and_namespace_finds_what_is_wanted() {
        let (client, asked) = scripted(|request| match request.uri().query().unwrap_or_default() {
            query if query.contains("continue=next") => answer(200, list(&["c"], "")),
            _ => answer(200, list(&["a", "x"], "next")),
        });
        let resource = config_maps();
        let wanted = ["a", "b", "c"].map(|name| placed(&resource, "a", name));
        let mut live = Live::fetch(&client, &wanted).await.expect("a live state");
        let kinds = wanted.each_ref().map(|p| live.take_object(p).expect("known").map(|object| object.kind().to_owned()));
        assert_eq!(kinds, [Some("ConfigMap".to_owned()), None, Some("ConfigMap".to_owned())]);
        assert_eq!(
            asked.lines(),
            ["GET /api/v1/namespaces/a/configmaps?limit=500", "GET /api/v1/namespaces/a/configmaps?limit=500&continue=next"]
        );
    }

    #[tokio::test]
    async fn who_may_not_list_still_learns_what_he_may_get() {
        let (client, _) = scripted(|request| match request.uri().path() {
            "/api/v1/namespaces/a/configmaps/a" => answer(200, json!({"kind": "ConfigMap", "metadata": {"name": "a"}})),
            "/api/v1/namespaces/a/configmaps/b" => answer(404, Refusal::new(Reason::NotFound, "no").to_json()),
            _ => answer(403, Refusal::new(Reason::Forbidden, "may not").to_json()),
        });
        let resource = config_maps();
        let wanted = ["a", "b", "c"].map(|name| placed(&resource, "a", name));
        let mut live = Live::fetch(&client, &wanted).await.expect("a live state");
        let known = wanted.each_ref().map(|p| live.take_object(p).map(|object| object.is_some()).map_err(|error| error.to_string()));
        assert_eq!(known, [Ok(true), Ok(false), Err("may not".to_owned())]);
    }

    #[tokio::test]
    async fn an_unknown_caller_learns_it_at_once() {
        let (client, _) = scripted(|_| answer(401, Refusal::new(Reason::Unauthorized, "who?").to_json()));
        assert!(Live::fetch(&client, &[placed(&config_maps(), "a", "a")]).await.is_err());
    }
}
