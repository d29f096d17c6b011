//! What a command works with: the target's client, what it serves, the namespace, and what has been done so far.

use std::error::Error as StdError;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

use super::ui::Ui;
use super::{CommandError, Settings, StoreLocation, TargetSettings};
use crate::client::{Client, Discovery, connect};
use crate::plan::Namespaces;

/// Why a store could not be opened; displays as the reason.
pub type OpenStoreError = Box<dyn StdError + Send + Sync>;

/// Opens a store in this process and answers a client of the API layer on it, whose default namespace is the text given.
pub type OpenStore = fn(StoreLocation, String) -> BoxFuture<'static, Result<Client, OpenStoreError>>;

/// What a command works with. Opens nothing before it is asked to.
pub struct CommandContext {
    settings: Settings,
    open: OpenStore,
    so_far: Mutex<Option<String>>,
}

impl CommandContext {
    /// A context that has opened nothing.
    #[must_use]
    pub fn new(settings: Settings, open: OpenStore) -> Self {
        Self { settings, open, so_far: Mutex::new(None) }
    }

    /// What was decided from flags and environment.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A client of the target.
    pub async fn client(&self) -> Result<Client, CommandError> {
        match &self.settings.target {
            TargetSettings::Remote(options) => Ok(connect(options).await?),
            TargetSettings::Store(location) => {
                let namespace = self.settings.namespace.clone().unwrap_or_else(|| "default".to_owned());
                let opened = (self.open)(location.clone(), namespace).await;
                opened.map_err(|error| CommandError::failed(format!("cannot open the {}: {error}", location.target())))
            }
        }
    }

    /// A client of the target and what it serves, for a command that changes things: says where, before anything happens.
    pub async fn client_for_changes(&self, ui: &Ui, doing: &str) -> Result<(Client, Discovery), CommandError> {
        let client = self.client().await?;
        ui.say(&format!("{doing} {}", client.target()));
        let discovery = Discovery::fetch(&client).await?;
        Ok((client, discovery))
    }

    /// The namespaces that objects go to.
    #[must_use]
    pub fn namespaces(&self, client: &Client) -> Namespaces {
        Namespaces { default: client.default_namespace().to_owned(), enforced: self.settings.namespace.is_some() }
    }

    /// Remembers what has been done, for the sentence that an interruption ends with.
    pub fn note(&self, so_far: String) {
        *self.so_far.lock().unwrap_or_else(PoisonError::into_inner) = Some(so_far);
    }

    /// What has been done so far.
    #[must_use]
    pub fn so_far(&self) -> Option<String> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
