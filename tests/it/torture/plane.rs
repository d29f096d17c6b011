//! The way to the servers: kinds and their paths, and doors through which clients go, which stay when a server is replaced.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use http::StatusCode;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::clients::wire::administrator;
use crate::harness::server::TestServer;

pub(super) const NAMESPACES: [&str; 4] = ["east", "north", "south", "west"];

/// What is written and watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ConfigMap,
    Secret,
    /// A custom resource with a selectable field.
    Gear,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::ConfigMap, Self::Secret, Self::Gear];

    /// The path of the collection, of one namespace or of all.
    pub(super) fn path(self, namespace: Option<&str>) -> String {
        let (root, plural) = match self {
            Self::ConfigMap => ("/api/v1", "configmaps"),
            Self::Secret => ("/api/v1", "secrets"),
            Self::Gear => ("/apis/example.com/v1", "gears"),
        };
        match namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}"),
            None => format!("{root}/{plural}"),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::Gear => "Gear",
        }
    }
}

/// Makes the namespaces and the custom kind.
pub(super) async fn prepare(door: &Door) {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gears.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "gears", "singular": "gear", "kind": "Gear"},
            "versions": [{"name": "v1", "served": true, "storage": true, "selectableFields": [{"jsonPath": ".spec.color"}],
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"color": {"type": "string"}}},
                }}},
            }]},
    });
    let namespaces = NAMESPACES.map(|name| ("/api/v1/namespaces", json!({"metadata": {"name": name}})));
    let definition = ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    for (path, body) in namespaces.into_iter().chain([definition]) {
        let made = door.client.post(door.url(path)).json(&body).send().await.unwrap();
        assert_eq!(made.status(), StatusCode::CREATED, "{path}");
    }
}

/// A connection to a server, shared by some clients.
pub(super) struct Door {
    pub(super) client: Client,
    address: String,
}

impl Door {
    pub(super) fn to(server: &TestServer) -> Self {
        Self { client: administrator(server).build().unwrap(), address: server.address().to_owned() }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// The document at a path, and nothing else.
    pub(super) async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(self.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }
}

/// Every door, and word of each time that one of the servers has come up again.
pub(super) struct Doors {
    doors: RwLock<Vec<Arc<Door>>>,
    turn: watch::Sender<u64>,
}

impl Doors {
    pub(super) fn new(doors: Vec<Door>) -> Arc<Self> {
        Arc::new(Self { doors: RwLock::new(doors.into_iter().map(Arc::new).collect()), turn: watch::Sender::new(0) })
    }

    /// The door of a client; those of one number modulo the count of doors share it.
    pub(super) fn of(&self, client: usize) -> Arc<Door> {
        let doors = self.doors.read().unwrap();
        Arc::clone(&doors[client % doors.len()])
    }

    /// How often a server has come up.
    pub(super) fn turn(&self) -> u64 {
        *self.turn.borrow()
    }

    /// A server is up again behind its doors.
    pub(super) fn reopened(&self) {
        self.turn.send_modify(|turn| *turn += 1);
    }

    /// A server was replaced by another.
    pub(super) fn replace(&self, number: usize, door: Door) {
        self.doors.write().unwrap()[number] = Arc::new(door);
        self.reopened();
    }

    /// What a client does before it tries again: it goes on as soon as a server has come up, and otherwise now and then.
    pub(super) async fn pause(&self) {
        let mut turn = self.turn.subscribe();
        let _either = tokio::time::timeout(Duration::from_millis(100), turn.changed()).await;
    }
}
