//! The client of the cluster, and what its errors mean.
//!
//! Receives options and hands on clients. Invariant: no call waits longer than the request timeout, whatever the channel does.

use std::time::Duration;

use etcd_client::{Client, ConnectOptions, Error, KvClient, ResponseHeader, WatchClient};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::super::StoreError;
use super::super::follow::closed;
use super::EtcdOptions;
use super::channel::{self, NeverSent};
use super::endpoint;
use crate::object::Revision;

/// gRPC refuses answers over 4 MB by default; lists and watches of 3 MiB objects are larger. This is etcd's own client's limit.
const LARGEST_ANSWER: usize = i32::MAX as usize;

/// How long one of several members may take to answer a read.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// The waits between tries: the first, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What all parts of the store share.
pub(super) struct Connection {
    client: Client,
    kv: KvClient,
    options: EtcdOptions,
    /// Whether the cluster tells progress only after everything up to it; see [`tells_progress_in_order`].
    pub(super) progress_in_order: bool,
    /// The newest revision that a reader has asked for: watches that are behind it ask for progress.
    wanted: watch::Sender<Revision>,
    closed: watch::Sender<bool>,
}

impl Connection {
    pub(super) async fn open(options: EtcdOptions) -> Result<Self, StoreError> {
        let unreachable = |reason: String| {
            let (endpoints, patience) = (options.endpoints.join(", "), options.connect_timeout);
            StoreError::Unavailable(format!("no etcd answers at {endpoints} within {patience:?}: {reason}"))
        };
        let deadline = Instant::now() + options.connect_timeout;
        let channel = channel::open(endpoint::endpoints(&options)?, options.connect_timeout);
        let several = options.endpoints.len() > 1;
        // Where there is a user, this signs in; else it does nothing yet, and the request after it is the first.
        let opening = async {
            let open = || Client::from_channel(channel.clone(), Some(connect_options(&options)));
            let client = retry_until(deadline, several, open).await?;
            let status = retry_until(deadline, several, || async { client.maintenance_client().status().await }).await?;
            Ok((client, status))
        };
        let (client, status) = match timeout_at(deadline, opening).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return Err(opening_failure(&error, unreachable)),
            Err(_) => return Err(unreachable("no answer in time".to_owned())),
        };
        let progress_in_order = tells_progress_in_order(status.version());
        if !progress_in_order {
            tracing::warn!(
                version = status.version(),
                "this etcd is old; each watch follows the whole cluster's writes to learn of progress"
            );
        }
        let kv = client.kv_client().max_decoding_message_size(LARGEST_ANSWER).max_encoding_message_size(LARGEST_ANSWER);
        Ok(Self { client, kv, options, progress_in_order, wanted: watch::Sender::new(Revision::ZERO), closed: watch::Sender::new(false) })
    }

    pub(super) fn kv(&self) -> KvClient {
        self.kv.clone()
    }

    pub(super) fn watch_client(&self) -> WatchClient {
        self.client.watch_client().max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The key as etcd holds it.
    pub(super) fn stored(&self, key: &str) -> String {
        format!("{}{key}", self.options.prefix)
    }

    /// The caller's key. Nothing is read but keys with the prefix, so that this is no more than a cut.
    pub(super) fn asked(&self, stored: &[u8]) -> Result<String, StoreError> {
        let key = stored.get(self.options.prefix.len()..).unwrap_or_default();
        let key = std::str::from_utf8(key).map_err(|_| StoreError::Failed(format!("a key in etcd is not UTF-8: {stored:?}")))?;
        Ok(key.to_owned())
    }

    /// Reads, and tries again for as long as the options say where the cluster cannot be reached.
    pub(super) async fn read<T, F>(&self, request: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let deadline = self.deadline()?;
        let several = self.options.endpoints.len() > 1;
        self.answer(timeout_at(deadline, retry_until(self.patience(deadline), several, request)).await)
    }

    /// Reads what may take its time, so that nobody else is asked meanwhile.
    pub(super) async fn read_patiently<T, F>(&self, request: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let deadline = self.deadline()?;
        self.answer(timeout_at(deadline, retry_until(self.patience(deadline), false, request)).await)
    }

    /// Writes once. Only what never left this machine is tried again; what left it and was not answered is [`StoreError::Unclear`].
    pub(super) async fn write<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let deadline = self.deadline()?;
        let answered = timeout_at(deadline, retry_while(never_sent, self.patience(deadline), &mut request)).await;
        let has_left = !matches!(&answered, Ok(Err(error)) if never_sent(error));
        self.answer(answered).map_err(|error| match error {
            StoreError::Unavailable(why) if has_left => StoreError::Unclear(why),
            other => other,
        })
    }

    /// Until when a request that begins now is tried again.
    fn patience(&self, deadline: Instant) -> Instant {
        deadline.min(Instant::now() + self.options.retry_for)
    }

    fn deadline(&self) -> Result<Instant, StoreError> {
        if *self.closed.borrow() { Err(closed()) } else { Ok(Instant::now() + self.options.request_timeout) }
    }

    fn answer<T>(&self, answered: Result<Result<T, Error>, tokio::time::error::Elapsed>) -> Result<T, StoreError> {
        match answered {
            Ok(answer) => answer.map_err(|error| failure(&error)),
            Err(_) => Err(StoreError::Unavailable(format!(
                "etcd at {} gave no answer in {:?}",
                self.options.endpoints.join(", "),
                self.options.request_timeout
            ))),
        }
    }

    /// Says that readers wait for this revision.
    pub(super) fn want(&self, revision: Revision) {
        self.wanted.send_if_modified(|wanted| {
            let newer = revision > *wanted;
            *wanted = revision.max(*wanted);
            newer
        });
    }

    pub(super) fn wanted(&self) -> watch::Receiver<Revision> {
        self.wanted.subscribe()
    }

    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Comes back when the store is closed.
    pub(super) fn until_closed(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut closed = self.closed.subscribe();
        async move {
            let _ = closed.wait_for(|closed| *closed).await;
        }
    }
}

fn connect_options(options: &EtcdOptions) -> ConnectOptions {
    let connect = ConnectOptions::new().with_require_leader(true);
    match &options.user {
        // Tokens expire after some minutes.
        Some((name, password)) => connect.with_user(name, password).with_auto_token_refresh(true),
        None => connect,
    }
}

fn opening_failure(error: &Error, unreachable: impl Fn(String) -> StoreError) -> StoreError {
    match failure(error) {
        StoreError::Unavailable(reason) => unreachable(reason),
        other => other,
    }
}

/// Where there are `several` endpoints, one that does not answer in [`ANSWERS_WITHIN`] leaves the turn to the next.
async fn retry_until<T, F>(deadline: Instant, several: bool, mut request: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let within = if several { ANSWERS_WITHIN } else { Duration::MAX };
    let mut request = || {
        let answer = timeout(within, request());
        async move { answer.await.unwrap_or_else(|_| Err(no_answer())) }
    };
    retry_while(|error| matches!(failure(error), StoreError::Unavailable(_)), deadline, &mut request).await
}

fn no_answer() -> Error {
    Error::GRpcStatus(tonic::Status::deadline_exceeded(format!("no answer in {ANSWERS_WITHIN:?}")))
}

async fn retry_while<T, F>(passing: fn(&Error) -> bool, deadline: Instant, request: &mut impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut backoff = Backoff::default();
    loop {
        match request().await {
            // The last error says more than that time is up.
            Err(error) if passing(&error) && Instant::now() + backoff.next < deadline => backoff.wait().await,
            other => return other,
        }
    }
}

/// Waits that double.
pub(super) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST_WAIT }
    }
}

impl Backoff {
    pub(super) async fn wait(&mut self) {
        sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_WAIT);
    }
}

/// gRPC's status codes, as numbers.
mod code {
    /// The channel's own word for a request whose connection ended under it, as when the server refuses the client's certificate.
    pub(super) const CANCELLED: i32 = 1;
    pub(super) const INVALID_ARGUMENT: i32 = 3;
    pub(super) const DEADLINE_EXCEEDED: i32 = 4;
    pub(super) const RESOURCE_EXHAUSTED: i32 = 8;
    pub(super) const UNAVAILABLE: i32 = 14;
}

/// Whether the request never left, so that a write cannot have been done.
fn never_sent(error: &Error) -> bool {
    let Error::GRpcStatus(status) = error else { return false };
    let first = std::error::Error::source(status);
    std::iter::successors(first, |error| error.source()).any(<dyn std::error::Error>::is::<NeverSent>)
}

/// Whether the error says that the revision is compacted, or in the future.
pub(super) enum RevisionError {
    Compacted,
    Future,
}

/// etcd names these in words alone (`api/v3rpc/rpctypes/error.go`).
pub(super) fn revision_error(error: &StoreError) -> Option<RevisionError> {
    let StoreError::Failed(text) = error else { return None };
    if text.contains("required revision has been compacted") {
        Some(RevisionError::Compacted)
    } else if text.contains("required revision is a future revision") {
        Some(RevisionError::Future)
    } else {
        None
    }
}

/// The revision that an answer names.
pub(super) fn header_revision(header: Option<&ResponseHeader>) -> Result<Revision, StoreError> {
    let header = header.ok_or_else(|| StoreError::Failed("etcd answered without a revision".to_owned()))?;
    revision(header.revision())
}

/// Says what an error of etcd means for the store.
pub(super) fn failure(error: &Error) -> StoreError {
    match error {
        Error::GRpcStatus(status) => {
            let text = status.message().to_owned();
            match i32::from(status.code()) {
                code::RESOURCE_EXHAUSTED if text.contains("space exceeded") => StoreError::Full(text),
                // etcd's own bound, and gRPC's behind it, which etcd sets half a megabyte higher.
                code::INVALID_ARGUMENT if text.contains("request is too large") => too_large(&text),
                code::RESOURCE_EXHAUSTED if text.contains("message larger than max") => too_large(&text),
                code::CANCELLED | code::DEADLINE_EXCEEDED | code::RESOURCE_EXHAUSTED | code::UNAVAILABLE => {
                    StoreError::Unavailable(with_cause(text, status))
                }
                // The channel says so when a connection breaks under a request: no etcd answers with these words.
                _ if text.contains("transport error") || text.contains("h2 protocol error") => {
                    StoreError::Unavailable(with_cause(text, status))
                }
                _ => StoreError::Failed(text),
            }
        }
        Error::TransportError(_) | Error::IoError(_) | Error::WatchError(_) => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Failed(error.to_string()),
    }
}

/// Adds what is at the bottom of an error, such as that a connection was refused, where the text does not say it.
fn with_cause(text: String, error: &dyn std::error::Error) -> String {
    let Some(mut cause) = error.source() else { return text };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.to_string();
    if text.contains(&cause) { text } else { format!("{text}: {cause}") }
}

fn too_large(text: &str) -> StoreError {
    StoreError::TooLarge(format!("etcd takes requests of 1.5 MiB where its --max-request-bytes does not say otherwise: {text}"))
}

/// etcd's numbers have a sign; none of its revisions is negative.
pub(super) fn revision(number: i64) -> Result<Revision, StoreError> {
    u64::try_from(number).map(Revision).map_err(|_| StoreError::Failed(format!("etcd answered with revision {number}")))
}

/// The revision to ask for. One that a client makes up may be greater than etcd can say; it is in the future as is the greatest.
pub(super) fn number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// Whether a progress answer that was asked for comes after all events up to its revision. etcd before 3.4.31 and 3.5.13 sends it past
/// the queue of events (etcd issue 15220), which is why kube-apiserver asks for these versions, too.
fn tells_progress_in_order(version: &str) -> bool {
    let mut numbers = version.split(['.', '-', '+']).map_while(|part| part.parse::<u64>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (3, 5, 13) || ((3, 4, 31)..(3, 5, 0)).contains(&version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_finds_nobody_was_never_sent() {
        let options = EtcdOptions::new(["127.0.0.1:1"]);
        let channel = channel::open(endpoint::endpoints(&options).unwrap(), options.connect_timeout);
        let client = Client::from_channel(channel, Some(connect_options(&options))).await.unwrap();
        let error = client.kv_client().get("a", None).await.expect_err("nobody listens there");
        assert!(never_sent(&error), "{error:?}");
        assert!(matches!(failure(&error), StoreError::Unavailable(text) if text.contains("127.0.0.1:1")), "{error:?}");
    }

    #[test]
    fn progress_is_trusted_from_the_versions_that_fixed_it() {
        for version in ["3.4.31", "3.4.40", "3.5.13", "3.5.21", "3.6.0", "3.6.0-rc.1", "4.0.0"] {
            assert!(tells_progress_in_order(version), "{version}");
        }
        for version in ["3.4.23", "3.4.30", "3.5.0", "3.5.12", "3.3.99", ""] {
            assert!(!tells_progress_in_order(version), "{version}");
        }
    }
}
