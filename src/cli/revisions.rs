//! Keeping what was applied to a set, and reading it again.
//!
//! Receives what an apply did and declared, hands on a revision; and the other way round, manifests that can be applied, each with its
//! place in what `trueup history show` prints. Invariant: that a revision cannot be kept is a warning, since the apply itself is done.

use std::sync::Arc;

use serde_json::{Value, json};

use super::ui::Ui;
use super::{CommandError, ExitStatus};
use crate::ambient::Ambient;
use crate::client::{ApiRequest, ApplyParameters, Client, Discovery};
use crate::manifest::{self, Desired, Source};
use crate::plan::Summary;
use crate::plan::history::{About, Declared, Found, HistoryError, Revision, Shelf, as_manifests};
use crate::plan::set::{Parent, SetError};

/// What is kept of an apply.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct KeepArgs {
    /// Keep so many revisions of the set; 0 keeps none, and removes those that there are
    #[arg(long, requires = "with_history", value_name = "N", default_value_t = 10, help_heading = "Sets")]
    pub(super) history_limit: usize,
    /// Say in the history what this apply is about, such as the revision of the manifests' source
    #[arg(long, requires = "with_history", value_name = "TEXT", default_value = "", hide_default_value = true, help_heading = "Sets")]
    pub(super) message: String,
}

/// A revision that is applied again.
#[derive(Debug, Clone)]
pub(super) struct Recalled {
    pub(super) revision: Revision,
    pub(super) declared: Vec<Declared>,
}

impl Recalled {
    /// Reads a revision; without a number the one before the newest.
    pub(super) async fn read(client: &Client, parent: &Parent, number: Option<u64>) -> Result<Self, CommandError> {
        let shelf = Shelf::new(client, parent);
        let revision = match number {
            Some(number) => shelf.revision(number).await?,
            None => shelf.revision_before_newest().await?,
        };
        let declared = shelf.declared(&revision).await?;
        Ok(Self { revision, declared })
    }

    /// The manifests as if they were read from what `trueup history show --show-secrets` prints.
    pub(super) fn desired(&self, parent: &Parent) -> Result<Vec<Desired>, CommandError> {
        if self.declared.is_empty() {
            return Ok(Vec::new());
        }
        let text = as_manifests(&self.declared, |object| object.clone().into_value());
        let name = format!("revision {} of {}", self.revision.number, parent.display_name());
        Ok(manifest::parse([Ok(Arc::new(Source::made(name, text)))])?)
    }
}

/// What an apply is about to keep once it is done.
pub(super) struct Keeping<'a> {
    pub(super) parent: &'a Parent,
    pub(super) declared: Vec<Declared>,
    pub(super) rollback_to: Option<u64>,
    pub(super) args: &'a KeepArgs,
}

impl Keeping<'_> {
    /// Keeps it, and says so.
    pub(super) async fn keep(self, ui: &Ui, client: &Client, discovery: &Discovery, summary: Summary, parameters: &ApplyParameters) {
        let parent = self.parent.display_name();
        match self.keep_if_new(ui, client, discovery, summary, parameters).await {
            Ok(Some(number)) => ui.say(&format!("kept as revision {number} of {parent}")),
            Ok(None) => {}
            Err(error) => {
                ui.warning(&format!("all was applied, but the history of {parent} is not up to date: {}", error.message));
                error.hints.iter().for_each(|hint| ui.hint(hint));
            }
        }
    }

    async fn keep_if_new(
        &self,
        ui: &Ui,
        client: &Client,
        discovery: &Discovery,
        summary: Summary,
        parameters: &ApplyParameters,
    ) -> Result<Option<u64>, CommandError> {
        let shelf = Shelf::new(client, self.parent);
        let limit = self.args.history_limit;
        let (digest, number) = match shelf.look(&self.declared, limit).await? {
            Found::New { digest, number } => (digest, number),
            Found::Same(_) | Found::NotKept => return Ok(None),
            Found::NoSecrets => {
                let error = HistoryError::NoSecrets { parent: self.parent.display_name() };
                // Whoever has something to say in it counts on it.
                if self.args.message.is_empty() {
                    ui.say(&error.to_string());
                } else {
                    ui.warning(&error.to_string());
                }
                return Ok(None);
            }
        };
        let gone = || SetError::NoSuchSet(self.parent.display_name());
        let owner = self.parent.fetch(client, discovery).await?.ok_or_else(gone)?.object;
        let about = About { digest, ..self.about(client, summary, parameters).await };
        Ok(Some(shelf.keep(&owner, number, about, &self.declared, limit).await?))
    }

    async fn about(&self, client: &Client, summary: Summary, parameters: &ApplyParameters) -> About {
        About {
            applied_at: Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now_seconds().to_string(),
            user: user(client).await,
            tool: concat!("trueup/", env!("CARGO_PKG_VERSION")).to_owned(),
            field_manager: parameters.field_manager.clone(),
            message: self.args.message.clone(),
            rollback_to: self.rollback_to,
            changes: summary.into(),
            ..About::default()
        }
    }
}

/// The user as the server knows them; empty where it does not say.
async fn user(client: &Client) -> String {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let answer: Result<Value, _> = client.read(&ApiRequest::review("authentication.k8s.io/v1", "selfsubjectreviews", &review)).await;
    let answer = answer.unwrap_or_default();
    answer.pointer("/status/userInfo/username").and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl From<HistoryError> for CommandError {
    fn from(error: HistoryError) -> Self {
        let hint = match error {
            HistoryError::Client(error) => return error.into(),
            HistoryError::NoSecrets { .. } => return Self::failed(error.to_string()),
            HistoryError::NoSuchRevision { .. } | HistoryError::NoneBefore { .. } => "`trueup history` lists the revisions of a set",
            HistoryError::Unreadable { .. } => "another revision may be whole: `trueup history` lists them",
            HistoryError::TooLarge { .. } => "part the set into several, or keep no history of it with --history-limit=0",
            HistoryError::NumbersTaken(_) => "the next apply keeps a revision again",
            HistoryError::OlderStay(_) => "the next apply tries again; deleting Secrets has to be allowed",
        };
        Self { status: ExitStatus::Failed, ..Self::failed(error.to_string()) }.hint(hint)
    }
}
