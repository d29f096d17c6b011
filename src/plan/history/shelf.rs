//! Where a set's revisions are kept.
//!
//! Receives what was declared, hands on the number under which it is kept, and reads it again. Lists ask for metadata alone, since the
//! Secrets may be large. Invariant: of two who keep a revision at the same time, each gets a number of its own.

use serde_json::Value;

use super::revision::{decode, encode};
use super::secrets::{Catalogue, bytes_of, namespace_of, secret, secret_name};
use super::{About, Declared, HISTORY_OF, HistoryError, Revision, digest_of, pack};
use crate::client::{ApiRequest, Client, ClientError, DeleteParameters, Form, ListParameters, ServedResource};
use crate::object::{Object, Reason};
use crate::plan::parallel::{REQUESTS_AT_ONCE, each};
use crate::plan::set::{OUR_TOOL, Parent};

/// How many numbers are tried where others take them first.
const ATTEMPTS: usize = 10;
/// The metadata of objects, without what the Secrets hold; a server that cannot answer so answers with all of it.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// The revisions of one set.
pub struct Shelf<'a> {
    client: &'a Client,
    parent: &'a Parent,
    secrets: ServedResource,
}

/// What a declaration is to the revisions that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Another one than the newest.
    New {
        /// Its digest.
        digest: String,
        /// The number that is free next.
        number: u64,
    },
    /// The newest revision, of this number, declares the same.
    Same(u64),
    /// No history is kept.
    NotKept,
    /// None can be kept, since the server has no Secrets.
    NoSecrets,
}

impl<'a> Shelf<'a> {
    /// The revisions of the set with this parent.
    #[must_use]
    pub fn new(client: &'a Client, parent: &'a Parent) -> Self {
        Self { client, parent, secrets: ServedResource::named("", "v1", "Secret", "secrets", true) }
    }

    /// The revisions that there are, oldest first.
    pub async fn revisions(&self) -> Result<Vec<Revision>, HistoryError> {
        Ok(self.catalogue().await?.revisions)
    }

    /// The revision of a number.
    pub async fn revision(&self, number: u64) -> Result<Revision, HistoryError> {
        let revisions = self.revisions().await?;
        let known = revisions.iter().map(|revision| revision.number).collect();
        let found = revisions.into_iter().find(|revision| revision.number == number);
        found.ok_or_else(|| HistoryError::NoSuchRevision { parent: self.parent.display_name(), number, known })
    }

    /// The revision before the newest.
    pub async fn revision_before_newest(&self) -> Result<Revision, HistoryError> {
        let mut revisions = self.revisions().await?;
        let known = revisions.iter().map(|revision| revision.number).collect();
        match revisions.len() {
            0 | 1 => Err(HistoryError::NoneBefore { parent: self.parent.display_name(), known }),
            count => Ok(revisions.swap_remove(count - 2)),
        }
    }

    /// What a revision declares.
    pub async fn declared(&self, revision: &Revision) -> Result<Vec<Declared>, HistoryError> {
        let number = revision.number;
        let unreadable = |problem: String| HistoryError::Unreadable { number, problem };
        let mut bytes = Vec::new();
        for part in 1..=revision.about.parts {
            let name = secret_name(self.parent, number, part);
            let secret = self.client.object(&ApiRequest::get(&self.secrets, Some(self.namespace()), &name, Form::Objects)).await?;
            bytes.extend(bytes_of(&secret).ok_or_else(|| unreadable(format!("secret/{name} holds no bytes of it")))?);
        }
        let declared = decode(&bytes).map_err(unreadable)?;
        if digest_of(&declared) != revision.about.digest {
            return Err(unreadable("its manifests do not have the digest that it states".to_owned()));
        }
        Ok(declared)
    }

    /// Whether what was declared is something new, which one request tells. The oldest revisions go that are beyond `limit`.
    pub async fn look(&self, declared: &[Declared], limit: usize) -> Result<Found, HistoryError> {
        let catalogue = match self.catalogue().await {
            Err(HistoryError::NoSecrets { .. }) => return Ok(if limit == 0 { Found::NotKept } else { Found::NoSecrets }),
            catalogue => catalogue?,
        };
        let digest = digest_of(declared);
        let found = match catalogue.revisions.last() {
            _ if limit == 0 => Found::NotKept,
            Some(newest) if newest.about.digest == digest => Found::Same(newest.number),
            _ => return Ok(Found::New { digest, number: catalogue.next_number() }),
        };
        self.remove(catalogue.beyond(limit)).await.map_err(HistoryError::OlderStay)?;
        Ok(found)
    }

    /// Keeps what was declared, under `number` or the first one after it that is free, and answers which; the oldest revisions go that are
    /// beyond `limit`. `owner` is the live parent. What tells of parts and objects is filled in here.
    pub async fn keep(&self, owner: &Object, number: u64, about: About, declared: &[Declared], limit: usize) -> Result<u64, HistoryError> {
        let bytes = encode(declared)?;
        let parts = pack::parts(&bytes);
        let about = About { objects: declared.len(), parts: parts.len(), ..about };
        let number = self.claim(owner, &about, parts[0], number).await?;
        self.write_rest(owner, number, &parts).await?;
        let catalogue = self.list().await.map_err(HistoryError::OlderStay)?;
        self.remove(catalogue.beyond(limit)).await.map_err(HistoryError::OlderStay)?;
        Ok(number)
    }

    /// Lets all revisions go, as before their owner does.
    pub async fn clear(&self) -> Result<(), HistoryError> {
        match self.catalogue().await {
            Err(HistoryError::NoSecrets { .. }) => Ok(()),
            catalogue => Ok(self.remove(catalogue?.beyond(0)).await?),
        }
    }

    /// Writes the first part under the first number that nobody has.
    async fn claim(&self, owner: &Object, about: &About, bytes: &[u8], first: u64) -> Result<u64, HistoryError> {
        let mut number = first;
        for _ in 0..ATTEMPTS {
            match self.create(&secret(self.parent, owner, number, 1, bytes, Some(about))).await {
                Ok(()) => return Ok(number),
                Err(error) if error.is(Reason::AlreadyExists) => number += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Err(HistoryError::NumbersTaken(number - 1))
    }

    /// Writes the parts after the first. Where one cannot be written, the others go again.
    async fn write_rest(&self, owner: &Object, number: u64, parts: &[&[u8]]) -> Result<(), HistoryError> {
        for (index, bytes) in parts.iter().enumerate().skip(1) {
            if let Err(error) = self.create(&secret(self.parent, owner, number, index + 1, bytes, None)).await {
                let names: Vec<String> = (1..=index).map(|part| secret_name(self.parent, number, part)).collect();
                // What is left of it is not whole, and so no revision; why it could not be written is the error to tell.
                let _ = self.remove(names.iter().map(String::as_str)).await;
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn create(&self, secret: &Value) -> Result<(), ClientError> {
        let body = secret.to_string().into_bytes();
        self.client.send(&ApiRequest::create(&self.secrets, Some(self.namespace()), body, OUR_TOOL, false)).await.map(drop)
    }

    async fn remove(&self, names: impl IntoIterator<Item = &str>) -> Result<(), ClientError> {
        let work = |name: &str| {
            let request = ApiRequest::delete(&self.secrets, Some(self.namespace()), name, &DeleteParameters::default());
            let client = self.client.clone();
            async move { client.send(&request).await }
        };
        let mut failed = None;
        each(names, REQUESTS_AT_ONCE, work, |result| match result {
            // Somebody else let it go.
            Err(error) if !error.is(Reason::NotFound) => failed = Some(error),
            _ => {}
        })
        .await;
        failed.map_or(Ok(()), Err)
    }

    /// The same as [`Shelf::list`]; a list of what is served is never not found, be its namespace there or not.
    async fn catalogue(&self) -> Result<Catalogue, HistoryError> {
        self.list().await.map_err(|error| match error.is(Reason::NotFound) {
            true => HistoryError::NoSecrets { parent: self.parent.display_name() },
            false => error.into(),
        })
    }

    async fn list(&self) -> Result<Catalogue, ClientError> {
        let selector = format!("{HISTORY_OF}={}", self.parent.id());
        let parameters = ListParameters { label_selector: selector, ..ListParameters::default() };
        let list = ApiRequest::list(&self.secrets, Some(self.namespace()), &parameters, "", Form::Objects);
        let list: Value = self.client.read(&ApiRequest { accept: METADATA_ONLY, ..list }).await?;
        Ok(Catalogue::of(list["items"].as_array().into_iter().flatten()))
    }

    fn namespace(&self) -> &str {
        namespace_of(self.parent)
    }
}

#[cfg(test)]
mod tests;
