//! Finding a set's members.
//!
//! Receives the scope of a set and what other lists have told already, hands on the live members that nobody asked for. One LIST for each
//! kind and namespace that was not listed yet, in parallel, of labelled objects only. Invariant: a list that fails fails the whole: half a
//! set is no ground for pruning.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::{GroupKind, Scope, SetId, is_member};
use crate::client::{ApiRequest, Client, ClientError, Discovery, Form, ListParameters, ServedResource, list_pages};
use crate::object::{Object, Reason};
use crate::plan::live::Live;
use crate::plan::parallel::{REQUESTS_AT_ONCE, each};
use crate::plan::place::Placed;

/// Objects in one page of a list.
const PAGE_SIZE: u32 = 500;

/// What was found of a set.
#[derive(Debug, Clone, Default)]
pub struct Members {
    /// The live members that the state of the desired objects does not hold, each at its place.
    pub others: Vec<Placed>,
    /// How many members there are in all.
    pub count: usize,
    /// The kinds of the set that are not served, so that nothing can be said of them.
    pub unknown: Vec<GroupKind>,
}

/// Finds the members of a set in a scope. `live` is what [`Live::fetch_with_members`] read for the same set.
pub async fn find_members(client: &Client, discovery: &Discovery, id: &SetId, scope: &Scope, live: &Live) -> Result<Members, ClientError> {
    let seen = live.members();
    let mut members = Members::default();
    let mut lists = Vec::new();
    for kind in &scope.kinds {
        let Some(resource) = discovery.resources().iter().find(|r| r.kind == kind.kind && r.group == kind.group && r.understands("list"))
        else {
            members.unknown.push(kind.clone());
            continue;
        };
        let resource = Arc::new(resource.clone());
        let namespaces: Vec<Option<String>> =
            if resource.namespaced { scope.namespaces.iter().cloned().map(Some).collect() } else { vec![None] };
        let unread = namespaces.into_iter().filter(|namespace| !seen.listed.contains(&(resource.group_resource(), namespace.clone())));
        lists.extend(unread.map(|namespace| (Arc::clone(&resource), namespace)));
    }
    let mut found = seen.unasked.clone();
    let mut failed = None;
    let work = |(resource, namespace): (Arc<ServedResource>, Option<String>)| {
        let (client, id) = (client.clone(), id.clone());
        async move { list(&client, &resource, namespace.as_deref(), &id).await.map(|objects| (resource, objects)) }
    };
    each(lists, REQUESTS_AT_ONCE, work, |answer| match answer {
        Ok((resource, objects)) => found.extend(objects.into_iter().map(|object| (Arc::clone(&resource), object))),
        Err(error) => drop(failed.get_or_insert(error)),
    })
    .await;
    if let Some(error) = failed {
        return Err(error);
    }
    // Objects that are served by two groups, such as events, are found twice.
    let mut uids = HashSet::new();
    found.retain(|(_, object)| uids.insert(object.uid().to_owned()));
    members.count = seen.asked + found.len();
    members.others = found.into_iter().map(|(resource, object)| placed(resource, object)).collect();
    Ok(members)
}

async fn list(client: &Client, resource: &ServedResource, namespace: Option<&str>, id: &SetId) -> Result<Vec<Object>, ClientError> {
    let parameters = ListParameters { label_selector: id.selector(), limit: PAGE_SIZE, ..ListParameters::default() };
    let request = ApiRequest::list(resource, namespace, &parameters, "", Form::Objects);
    let pages = match list_pages(client, resource, namespace, &parameters, Form::Objects).await {
        Err(error) if error.is(Reason::NotFound) => return Ok(Vec::new()),
        pages => pages?,
    };
    let mut objects = Vec::new();
    for page in pages {
        let mut page: Value = client.parse(&request, &page)?;
        let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else { continue };
        for item in items {
            let mut object = Object::from_value(item).map_err(|error| client.unreadable(&request, error.to_string()))?;
            object.set_gvk(&resource.gvk());
            // A server that does not know selectors must not have everything pruned.
            if is_member(&object, id) {
                objects.push(object);
            }
        }
    }
    Ok(objects)
}

fn placed(resource: Arc<ServedResource>, object: Object) -> Placed {
    Placed { key: object.key(), object, source: None, resource, kind_is_pending: false }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::testing::{answer, scripted};
    use crate::object::{ObjectKey, Refusal};
    use crate::plan::set::{PART_OF, Parent};

    fn parent() -> Parent {
        let resource = Arc::new(ServedResource::named("", "v1", "Secret", "secrets", true));
        Parent { resource, namespace: Some("a".to_owned()), name: "shop".to_owned() }
    }

    fn discovery() -> Discovery {
        Discovery::of(vec![
            ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
            ServedResource::named("", "v1", "Namespace", "namespaces", false),
        ])
    }

    fn list_of(names: &[&str], id: &str) -> Value {
        let item = |name: &&str| json!({"metadata": {"name": name, "namespace": "a", "uid": name, "labels": {PART_OF: id}}});
        json!({"kind": "List", "metadata": {}, "items": names.iter().map(item).collect::<Vec<_>>()})
    }

    fn scope(kinds: &[&str]) -> Scope {
        let namespaces = ["a", "b"].map(str::to_owned);
        Scope { kinds: kinds.iter().map(|kind| GroupKind::parse(kind)).collect(), namespaces: namespaces.into() }
    }

    #[tokio::test]
    async fn what_the_desired_objects_lists_hold_is_not_listed_again() {
        let id = parent().id();
        let of_set = id.to_string();
        let (client, asked) = scripted(move |request| match (request.uri().path(), request.uri().query().unwrap_or_default()) {
            ("/api/v1/namespaces/a/configmaps", _) => answer(200, list_of(&["wanted", "old"], &of_set)),
            ("/api/v1/namespaces/b/configmaps", _) => answer(200, list_of(&["stray"], "applyset-x-v1")),
            _ => answer(200, list_of(&["shop"], &of_set)),
        });
        let wanted = Placed {
            object: Object::default(),
            source: None,
            resource: Arc::new(discovery().resources()[0].clone()),
            key: ObjectKey::new(Some("a"), "wanted"),
            kind_is_pending: false,
        };
        let live = Live::fetch_with_members(&client, &[wanted], Some(&id)).await.unwrap();
        let members = find_members(&client, &discovery(), &id, &scope(&["ConfigMap", "Namespace", "Gone.x.io"]), &live).await.unwrap();
        let names: Vec<_> = members.others.iter().map(Placed::display_name).collect();
        assert_eq!((names.as_slice(), members.count), (&["configmap/old".to_owned(), "namespace/shop".to_owned()][..], 3));
        assert_eq!(members.unknown, [GroupKind::parse("Gone.x.io")]);
        let selector = format!("labelSelector=applyset.kubernetes.io%2Fpart-of%3D{id}&limit=500");
        let mut lines = asked.lines();
        lines.sort();
        assert_eq!(
            lines,
            [
                "GET /api/v1/namespaces/a/configmaps?limit=500".to_owned(),
                format!("GET /api/v1/namespaces/b/configmaps?{selector}"),
                format!("GET /api/v1/namespaces?{selector}"),
            ]
        );
    }

    #[tokio::test]
    async fn a_list_that_is_refused_refuses_the_whole() {
        let (client, _) = scripted(|_| answer(403, Refusal::new(Reason::Forbidden, "may not").to_json()));
        let found = find_members(&client, &discovery(), &parent().id(), &scope(&["ConfigMap"]), &Live::default()).await;
        assert_eq!(found.unwrap_err().to_string(), "may not");
    }
}
