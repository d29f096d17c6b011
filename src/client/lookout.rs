//! Objects by name, followed by watches.
//!
//! Receives where objects are, hands on each one's state: first as it is, then after each change. A few objects of a collection are
//! followed one by one, many by a watch of the whole collection. Invariant: nothing is asked twice that a watch tells by itself.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{LocalBoxStream, SelectAll, unfold};
use serde_json::Value;

use super::{ChangeKind, Client, ClientError, Form, ListParameters, ServedResource, WatchStep, Watcher};
use crate::object::{Object, Reason};

/// So many objects of one collection are watched one by one; a server has to look through the whole collection for each.
const SINGLE_WATCHES: usize = 4;

/// Where an object is, or may come to be.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its resource.
    pub resource: Arc<ServedResource>,
    /// Its namespace, where its resource is namespaced.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// What a lookout tells; objects are known by their number in the order in which their places were given.
#[derive(Debug)]
pub enum Sighting {
    /// The object as it is now; `None` where it does not exist.
    Seen(usize, Option<Box<Object>>),
    /// A connection was lost and is taken up again after this long; nothing is missed.
    Lost(ClientError, Duration),
    /// These objects cannot be followed (any longer).
    Blind(Vec<usize>, Arc<ClientError>),
}

/// Follows objects.
pub struct Lookout {
    streams: SelectAll<LocalBoxStream<'static, Vec<Sighting>>>,
    told: VecDeque<Sighting>,
}

/// The objects that one watch follows.
struct Post {
    watcher: Watcher,
    /// By name; a place may have been given more than once.
    numbers: HashMap<String, Vec<usize>>,
    over: bool,
}

impl Lookout {
    /// A lookout that has asked nothing yet.
    #[must_use]
    pub fn new(client: &Client, places: &[Place]) -> Self {
        let mut collections: HashMap<(&ServedResource, Option<&str>), Vec<usize>> = HashMap::new();
        for (number, place) in places.iter().enumerate() {
            collections.entry((place.resource.as_ref(), place.namespace.as_deref())).or_default().push(number);
        }
        let posts = collections.into_values().flat_map(|numbers| {
            let single = numbers.len() <= SINGLE_WATCHES;
            let groups: Vec<Vec<usize>> = if single { numbers.into_iter().map(|number| vec![number]).collect() } else { vec![numbers] };
            groups.into_iter().map(|numbers| Post::new(client, places, &numbers, single)).collect::<Vec<_>>()
        });
        let streams = posts.map(|post| unfold(post, Post::step).boxed_local()).collect();
        Self { streams, told: VecDeque::new() }
    }

    /// The next thing to know; waits for it. `None` where nothing more can come. Cancel safe.
    pub async fn next(&mut self) -> Option<Sighting> {
        loop {
            if let Some(sighting) = self.told.pop_front() {
                return Some(sighting);
            }
            self.told.extend(self.streams.next().await?);
        }
    }
}

impl Post {
    /// `numbers` is not empty, and all its places are in one collection.
    fn new(client: &Client, places: &[Place], numbers: &[usize], single: bool) -> Self {
        let first = &places[numbers[0]];
        let field_selector = if single { format!("metadata.name={}", first.name) } else { String::new() };
        let parameters = ListParameters { field_selector, limit: 500, ..ListParameters::default() };
        let resource = first.resource.as_ref().clone();
        let watcher = Watcher::new(client.clone(), resource, first.namespace.clone(), parameters, Form::Objects);
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for number in numbers {
            by_name.entry(places[*number].name.clone()).or_default().push(*number);
        }
        Self { watcher, numbers: by_name, over: false }
    }

    async fn step(mut self) -> Option<(Vec<Sighting>, Self)> {
        if self.over {
            return None;
        }
        let sightings = match self.watcher.next().await {
            Ok(WatchStep::State(pages)) => self.state(pages),
            Ok(WatchStep::Change(change)) => match change.kind {
                ChangeKind::Deleted => self.numbers_of(&change.object).iter().map(|number| Sighting::Seen(*number, None)).collect(),
                ChangeKind::Added | ChangeKind::Modified => self.seen(change.object),
            },
            Ok(WatchStep::Lost(error, pause)) => vec![Sighting::Lost(error, pause)],
            Ok(WatchStep::Back) => Vec::new(),
            // The kind is gone, as when its definition was deleted, and all its objects with it.
            Err(error) if error.is(Reason::NotFound) => {
                self.over = true;
                self.all_numbers().map(|number| Sighting::Seen(number, None)).collect()
            }
            Err(error) => {
                self.over = true;
                vec![Sighting::Blind(self.all_numbers().collect(), Arc::new(error))]
            }
        };
        Some((sightings, self))
    }

    /// A whole state: who is not in it does not exist.
    fn state(&self, pages: Vec<Value>) -> Vec<Sighting> {
        let items = pages.into_iter().filter_map(|mut page| match page.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Some(items),
            _ => None,
        });
        let there: Vec<Sighting> = items.flatten().flat_map(|item| self.seen(item)).collect();
        let found = |number: &usize| there.iter().any(|sighting| matches!(sighting, Sighting::Seen(seen, _) if seen == number));
        let mut absent: Vec<usize> = self.all_numbers().filter(|number| !found(number)).collect();
        absent.sort_unstable();
        there.into_iter().chain(absent.into_iter().map(|number| Sighting::Seen(number, None))).collect()
    }

    fn all_numbers(&self) -> impl Iterator<Item = usize> {
        self.numbers.values().flatten().copied()
    }

    fn numbers_of(&self, object: &Value) -> &[usize] {
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        name.and_then(|name| self.numbers.get(name)).map_or(&[], Vec::as_slice)
    }

    fn seen(&self, object: Value) -> Vec<Sighting> {
        let numbers = self.numbers_of(&object);
        if numbers.is_empty() {
            return Vec::new();
        }
        let Ok(mut object) = Object::from_value(object) else { return Vec::new() };
        if object.kind().is_empty() {
            // The items of a list of built-in kinds leave their kind to the list.
            object.set_gvk(&self.watcher.resource().gvk());
        }
        let copies = std::iter::repeat_n(Box::new(object), numbers.len());
        numbers.iter().zip(copies).map(|(number, object)| Sighting::Seen(*number, Some(object))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::testing::{Asked, answer, scripted, text_answer};
    use crate::object::Refusal;

    fn lookout(names: &[&str]) -> (Lookout, Asked) {
        let (client, asked) = scripted(|request| match request.uri().query().unwrap_or_default() {
            query if !query.contains("watch=true") => {
                answer(200, json!({"metadata": {"resourceVersion": "5"}, "items": [{"metadata": {"name": "a", "uid": "1"}}]}))
            }
            query if query.contains("resourceVersion=5") => {
                let event = |kind: &str, name: &str| json!({"type": kind, "object": {"kind": "ConfigMap", "metadata": {"name": name, "resourceVersion": "6"}}});
                text_answer(200, format!("{}\n{}\n{}\n", event("ADDED", "b"), event("ADDED", "other"), event("DELETED", "a")))
            }
            _ => answer(403, Refusal::new(Reason::Forbidden, "no").to_json()),
        });
        let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        let place = |name: &&str| Place { resource: Arc::clone(&resource), namespace: Some("x".to_owned()), name: (*name).to_owned() };
        (Lookout::new(&client, &names.iter().map(place).collect::<Vec<_>>()), asked)
    }

    async fn told(mut lookout: Lookout) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(sighting) = lookout.next().await {
            told.push(match sighting {
                Sighting::Seen(number, object) => format!("{number} {}", object.map_or("absent".to_owned(), |o| o.kind().to_owned())),
                Sighting::Lost(..) => "lost".to_owned(),
                Sighting::Blind(mut numbers, error) => {
                    numbers.sort_unstable();
                    format!("{numbers:?} {error}")
                }
            });
        }
        told
    }

    #[tokio::test]
    async fn many_objects_of_a_collection_share_a_watch() {
        let (lookout, asked) = lookout(&["a", "b", "c", "d", "e"]);
        let told = told(lookout).await;
        let state = ["0 ConfigMap", "1 absent", "2 absent", "3 absent", "4 absent"];
        assert_eq!(told, [state.as_slice(), &["1 ConfigMap", "0 absent", "[0, 1, 2, 3, 4] no"]].concat());
        assert_eq!(asked.lines()[0], "GET /api/v1/namespaces/x/configmaps?limit=500");
    }

    #[tokio::test]
    async fn a_place_that_is_given_twice_is_told_twice() {
        let (lookout, _) = lookout(&["a", "b", "c", "d", "a"]);
        let told = told(lookout).await;
        let state = ["0 ConfigMap", "4 ConfigMap", "1 absent", "2 absent", "3 absent"];
        assert_eq!(told, [state.as_slice(), &["1 ConfigMap", "0 absent", "4 absent", "[0, 1, 2, 3, 4] no"]].concat());
    }

    #[tokio::test]
    async fn few_objects_are_watched_one_by_one() {
        let (lookout, asked) = lookout(&["a", "c"]);
        let mut told = told(lookout).await;
        told.sort();
        assert_eq!(told, ["0 ConfigMap", "0 absent", "1 absent", "[0] no", "[1] no"]);
        assert!(asked.lines().iter().all(|line| line.contains("fieldSelector=metadata.name%3D")));
    }
}
