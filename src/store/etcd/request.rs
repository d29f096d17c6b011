//! Single requests: get, list, commit, compact.
//!
//! Receives callers' keys and hands on answers. Invariant: the entries of one answer come from one revision, however many requests it took.

use bytes::Bytes;
use etcd_client::{CompactionOptions, Compare, CompareOp, GetOptions, GetResponse, KeyValue, Txn, TxnOp, TxnOpResponse};

use super::super::{Change, Claim, Entry, JointOutcome, ListRequest, Page, StoreError, Write, keys};
use super::connection::{Connection, RevisionError, header_revision, number, revision, revision_error};
use super::watch;
use crate::object::Revision;

/// How many entries one request asks for where the caller sets no limit: as fast as one large request, and no burden to the server.
const ENTRIES_PER_REQUEST: usize = 2000;

/// A page of so few entries is not made smaller.
const FEWEST_ENTRIES: usize = 8;

/// Looked for where only the answer's header matters. Callers' keys begin so, and users may read these and no others.
pub(super) const PROBED_KEY: &str = "/registry/";

/// kube-apiserver's key for the same purpose, and its protocol (`apiserver/pkg/storage/etcd3/compact.go`): the version of this key
/// counts the compactions, and who raises it by one may compact. It stands outside the prefix, as a compaction is the whole cluster's.
const COMPACTION_KEY: &str = "compact_rev_key";

/// The newest value of a key.
pub(super) async fn newest(connection: &Connection, key: &str) -> Result<Option<Entry>, StoreError> {
    let stored = connection.stored(key);
    let answer = connection.read(|| async { connection.kv().get(stored.clone(), None).await }).await?;
    first_entry(connection, answer)
}

fn first_entry(connection: &Connection, mut answer: GetResponse) -> Result<Option<Entry>, StoreError> {
    answer.take_kvs().into_iter().next().map(|kv| entry(connection, kv)).transpose()
}

fn entry(connection: &Connection, kv: KeyValue) -> Result<Entry, StoreError> {
    let revision = revision(kv.mod_revision())?;
    let (key, value) = kv.into_key_value();
    Ok(Entry { key: connection.asked(&key)?, value: Bytes::from(value), revision })
}

/// One page of the keys under a prefix.
pub(super) async fn list(connection: &Connection, request: &ListRequest) -> Result<Page, StoreError> {
    let prefix = connection.stored(&request.prefix);
    let end = range_end(&prefix);
    let after = request.after.as_deref().map(|after| connection.stored(after));
    let mut start = keys::start(&prefix, after.as_deref());
    let mut at = request.at;
    let mut page = Page { entries: Vec::new(), revision: Revision::ZERO, remaining: 0 };
    let mut size = PageSize::default();
    if start.as_bytes() >= end.as_slice() && end != [0] {
        // The position lies behind the prefix. etcd refuses such a range.
        page.revision = match request.at {
            Some(at) => check_readable(connection, at).await.map(|_| at)?,
            None => current(connection).await?,
        };
        return Ok(page);
    }
    loop {
        let left = if request.limit == 0 { usize::MAX } else { request.limit - page.entries.len() };
        let ask = |most| range(connection, &start, &end, most, at);
        let mut answer = size.fit(left, ask, || async { current(connection).await.is_ok() }).await?;
        page.revision = at.unwrap_or(header_revision(answer.header())?);
        let kvs = answer.take_kvs();
        let received = kvs.len() as u64;
        for kv in kvs {
            page.entries.push(entry(connection, kv)?);
        }
        page.remaining = u64::try_from(answer.count()).unwrap_or(0).saturating_sub(received);
        let full = request.limit > 0 && page.entries.len() >= request.limit;
        match page.entries.last() {
            Some(last) if page.remaining > 0 && received > 0 && !full => {
                start = format!("{}\0", connection.stored(&last.key));
                at = Some(page.revision);
            }
            _ => return Ok(page),
        }
    }
}

/// How many entries one request asks for: fewer, where so many do not come in the time that an answer may take.
struct PageSize(usize);

impl Default for PageSize {
    fn default() -> Self {
        Self(ENTRIES_PER_REQUEST)
    }
}

impl PageSize {
    /// Asks for entries, at most `left`. Where no answer comes in time although the cluster `answers` what is small, it is asked for fewer.
    async fn fit<T, F, A>(&mut self, left: usize, mut ask: impl FnMut(usize) -> F, answers: impl Fn() -> A) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
        A: Future<Output = bool>,
    {
        loop {
            let most = left.min(self.0);
            match ask(most).await {
                Err(StoreError::Unavailable(_)) if most > FEWEST_ENTRIES && answers().await => {
                    self.0 = (most / 4).max(FEWEST_ENTRIES);
                    tracing::debug!(entries = most, fewer = self.0, "a page of a list did not come in time");
                }
                answer => return answer,
            }
        }
    }
}

/// The end of a prefix as etcd wants it: a zero byte stands for no end.
pub(super) fn range_end(prefix: &str) -> Vec<u8> {
    keys::end(prefix).map_or(vec![0], String::into_bytes)
}

async fn range(connection: &Connection, start: &str, end: &[u8], limit: usize, at: Option<Revision>) -> Result<GetResponse, StoreError> {
    let mut options = GetOptions::new().with_range(end).with_limit(i64::try_from(limit).unwrap_or(0));
    if let Some(at) = at {
        options = options.with_revision(asked(at));
    }
    // etcd refuses an empty key; this is the least one.
    let start = if start.is_empty() { "\0" } else { start };
    let answer = connection.read(|| async { connection.kv().get(start, Some(options.clone())).await }).await;
    match (answer, at) {
        (Err(error), Some(at)) => Err(explain(connection, error, at).await),
        (answer, _) => answer,
    }
}

/// To etcd, revision 0 means the newest; what we mean by it, the time before all writes, it calls 1.
fn asked(at: Revision) -> i64 {
    number(at.max(Revision(1)))
}

/// Checks that the history after `at` can be read; answers the current revision.
pub(super) async fn check_readable(connection: &Connection, at: Revision) -> Result<Revision, StoreError> {
    let options = GetOptions::new().with_count_only().with_revision(asked(at));
    let key = connection.stored(PROBED_KEY);
    match connection.read(|| async { connection.kv().get(key.clone(), Some(options.clone())).await }).await {
        Ok(answer) => {
            let current = header_revision(answer.header())?;
            // So that a watch which begins asks how far it is, however quiet its prefix.
            connection.want(current);
            Ok(current)
        }
        Err(error) => Err(explain(connection, error, at).await),
    }
}

/// Turns etcd's words about a revision into what a reader needs to know.
async fn explain(connection: &Connection, error: StoreError, asked: Revision) -> StoreError {
    let explained = match revision_error(&error) {
        Some(RevisionError::Compacted) => watch::oldest(connection).await.map(|oldest| StoreError::Compacted { asked, oldest }),
        Some(RevisionError::Future) => current(connection).await.map(|current| StoreError::Future { asked, current }),
        None => return error,
    };
    explained.unwrap_or_else(|error| error)
}

/// The newest revision, by the cheapest read that etcd has: of one key, linearizable, without values.
pub(super) async fn current(connection: &Connection) -> Result<Revision, StoreError> {
    let key = connection.stored(PROBED_KEY);
    let options = GetOptions::new().with_count_only();
    let answer = connection.read(|| async { connection.kv().get(key.clone(), Some(options.clone())).await }).await?;
    let current = header_revision(answer.header())?;
    connection.want(current);
    Ok(current)
}

/// Writes keys under compares, all or none; the same request brings what they lost to.
pub(super) async fn commit(connection: &Connection, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
    let (mut compares, mut changes, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let mut expected = Vec::new();
    for write in writes {
        let stored = connection.stored(&write.key);
        reads.push(TxnOp::get(stored.clone(), None));
        let removes = write.change == Change::Delete;
        expected.push((write.expected, removes));
        // What is not there cannot be removed: no revision is less than zero, so that this compare fails and all that stands is read.
        let by = if removes && write.expected == Revision::ZERO { CompareOp::Less } else { CompareOp::Equal };
        compares.push(Compare::mod_revision(stored.clone(), by, number(write.expected)));
        changes.push(match write.change {
            Change::Put(value) => TxnOp::put(stored, value, None),
            Change::Delete => TxnOp::delete(stored, None),
        });
    }
    let many = changes.len();
    let transaction = Txn::new().when(compares).and_then(changes).or_else(reads);
    let answer = connection.write(|| async { connection.kv().txn(transaction.clone()).await }).await?;
    let revision = header_revision(answer.header())?;
    if answer.succeeded() {
        return Ok(JointOutcome::Done(vec![revision; many]));
    }
    let mut lost = Vec::new();
    for (index, (answer, (expected, removes))) in answer.op_responses().into_iter().zip(expected).enumerate() {
        let TxnOpResponse::Get(standing) = answer else { break };
        let standing = first_entry(connection, standing)?;
        let found = standing.as_ref().map_or(Revision::ZERO, |entry| entry.revision);
        if found != expected || (removes && standing.is_none()) {
            lost.push((index, standing));
        }
    }
    if lost.is_empty() {
        return Err(StoreError::Failed("etcd answered a lost compare with nothing that it lost to".to_owned()));
    }
    Ok(JointOutcome::Lost(lost))
}

/// Forgets the history of the whole cluster up to a revision.
pub(super) async fn compact(connection: &Connection, upto: Revision) -> Result<(), StoreError> {
    // Physical: the answer comes when the space is free.
    let options = CompactionOptions::new().with_physical();
    let answer = connection.read_patiently(|| async { connection.kv().compact(number(upto), Some(options.clone())).await }).await;
    match answer {
        Ok(_) => Ok(()),
        Err(error) => match explain(connection, error, upto).await {
            StoreError::Compacted { .. } => Ok(()),
            other => Err(other),
        },
    }
}

/// Raises the cluster's count of compactions from `turn`. Who does so compacts; the others learn the count and wait a full interval.
pub(super) async fn claim_compaction(connection: &Connection, turn: u64, upto: Revision) -> Result<Claim, StoreError> {
    let version = i64::try_from(turn).unwrap_or(i64::MAX);
    let transaction = Txn::new()
        .when([Compare::version(COMPACTION_KEY, CompareOp::Equal, version)])
        .and_then([TxnOp::put(COMPACTION_KEY, upto.to_string(), None)])
        .or_else([TxnOp::get(COMPACTION_KEY, None)]);
    let answer = connection.write(|| async { connection.kv().txn(transaction.clone()).await }).await?;
    let current = header_revision(answer.header())?;
    if answer.succeeded() {
        return Ok(Claim { granted: true, turn: turn + 1, current });
    }
    let standing = match answer.op_responses().into_iter().next() {
        Some(TxnOpResponse::Get(mut standing)) => standing.take_kvs().first().map_or(0, KeyValue::version),
        _ => 0,
    };
    Ok(Claim { granted: false, turn: u64::try_from(standing).unwrap_or(0), current })
}

/// The size of the database of the member that answers.
pub(super) async fn size_bytes(connection: &Connection) -> Result<u64, StoreError> {
    let status = connection.read(|| async { connection.client().maintenance_client().status().await }).await?;
    Ok(u64::try_from(status.db_size()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What was asked for of a cluster that brings at most `fits` entries in time, and how it ended.
    async fn asked(fits: usize, left: usize, answers: bool) -> (Vec<usize>, bool) {
        let asked = RefCell::new(Vec::new());
        let ask = |most| {
            asked.borrow_mut().push(most);
            async move { if most <= fits { Ok(()) } else { Err(StoreError::Unavailable("no answer in time".to_owned())) } }
        };
        let ended = PageSize::default().fit(left, ask, || async move { answers }).await.is_ok();
        (asked.into_inner(), ended)
    }

    #[tokio::test]
    async fn a_page_that_does_not_come_in_time_is_asked_for_in_parts() {
        assert_eq!(asked(2000, usize::MAX, true).await, (vec![2000], true));
        assert_eq!(asked(150, usize::MAX, true).await, (vec![2000, 500, 125], true));
        assert_eq!(asked(3, 10, true).await, (vec![10, 8], false), "there is an end to it");
    }

    #[tokio::test]
    async fn a_cluster_that_answers_nothing_is_not_asked_for_less() {
        assert_eq!(asked(0, usize::MAX, false).await, (vec![2000], false));
    }

    #[tokio::test]
    async fn what_came_in_time_is_asked_for_again() {
        let mut size = PageSize::default();
        let ask = |most| async move { if most <= 500 { Ok(most) } else { Err(StoreError::Unavailable(String::new())) } };
        for expected in [500, 500] {
            assert_eq!(size.fit(usize::MAX, ask, || async { true }).await.ok(), Some(expected));
        }
    }
}
