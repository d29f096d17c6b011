//! The one write path: read, transform, commit with a compare on the revision, and again after a lost race.
//!
//! Receives a transformation of the object that the path names; hands on what was written. Invariant: a verdict other than a write is
//! only taken on a state that was read from the store itself, never on the cache's, which may be a moment old.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;

use super::allocations;
use super::answer::Answer;
use super::call::Call;
use super::convert;
use super::definitions;
use super::get;
use super::priority_classes;
use super::quotas::Charges;
use super::view;
use crate::object::{Object, Reason, Refusal, Revision};
use crate::store::cache::Cached;
use crate::store::{Change, Entry, Outcome, Write};

/// How often a write is tried against others before it gives up. Each lost race means that another write went through.
const ATTEMPTS: usize = 200;

/// An object as it stands in the store.
pub(super) struct Live {
    /// The document as the resource serves it, with its `resourceVersion`.
    pub(super) object: Object,
    pub(super) cached: Arc<Cached>,
}

/// What a transformation decides.
pub(super) enum Verdict {
    /// Write this in its place.
    Put(Object),
    /// Remove it. The document is its last state.
    Delete(Object),
    /// Leave it as it is.
    Unchanged,
}

/// What came of a write.
pub(super) enum Written {
    /// It was made; it was not there before.
    Created(Arc<Cached>),
    /// It was changed.
    Changed(Arc<Cached>),
    /// It stands as it stood.
    Unchanged(Arc<Cached>),
    /// It is gone; this is its last state with the revision of its going.
    Deleted(Arc<Cached>),
}

impl Written {
    /// The object in the version that the call is for.
    pub(super) async fn shown(&self, call: &Call) -> Result<Arc<Cached>, Refusal> {
        let (Self::Created(cached) | Self::Changed(cached) | Self::Deleted(cached) | Self::Unchanged(cached)) = self;
        convert::served_one(&call.api, &call.resource, Arc::clone(cached)).await
    }

    /// The answer that shows the object.
    pub(super) async fn answer(&self, call: &Call) -> Result<Answer, Refusal> {
        let code = if matches!(self, Self::Created(_)) { StatusCode::CREATED } else { StatusCode::OK };
        get::one(call, code, &*self.shown(call).await?)
    }
}

/// The version in which a transformation sees an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The one that the call is for.
    Served,
    /// The one in which it is stored, which no webhook is asked for.
    Stored,
}

/// Changes the object under a key until the change holds. With `dryRun` everything happens but the commit.
///
/// The transformation is called for each attempt, with `None` where there is no object, and again as long as it asks for the object in
/// versions that only a webhook knows.
pub(super) async fn change(
    call: &Call,
    key: &str,
    transform: impl Fn(Option<&Live>) -> Result<Verdict, Refusal>,
) -> Result<Written, Refusal> {
    change_as(call, key, Seen::Served, transform).await
}

/// As [`change`], for a transformation that looks at nothing but what all versions have in common: the metadata.
pub(super) async fn change_stored(
    call: &Call,
    key: &str,
    transform: impl Fn(Option<&Live>) -> Result<Verdict, Refusal>,
) -> Result<Written, Refusal> {
    change_as(call, key, Seen::Stored, transform).await
}

/// How often a write is begun again because of what it has to find out first.
const ROUNDS: u32 = 50;

async fn change_as(
    call: &Call,
    key: &str,
    seen: Seen,
    transform: impl Fn(Option<&Live>) -> Result<Verdict, Refusal>,
) -> Result<Written, Refusal> {
    // What a webhook says of a state that is no more would have to be asked again.
    let mut found = if call.hooks.any() { None } else { call.api.cache.peek(&call.resource.storage_prefix, key) };
    let mut fresh = found.is_none();
    if fresh {
        found = stored(call, key).await?;
    }
    for _ in 0..ATTEMPTS {
        let live = match found.take() {
            Some(cached) => Some(live(call, cached, seen).await?),
            None => None,
        };
        let mut rounds = 0;
        let verdict = loop {
            let verdict = transform(live.as_ref());
            if call.elsewhere.find_out(call).await? {
                call.hooks.forget();
            } else if !call.hooks.find_out(call).await? {
                break verdict;
            }
            // Each round knows more than the one before; one that never knows enough must not ask for ever.
            rounds += 1;
            if rounds == ROUNDS {
                return Err(Refusal::internal("what the write depends on was found out again and again".to_owned()));
            }
        };
        if let Ok(verdict) = &verdict {
            call.hooks.check(call, live.as_ref(), verdict).await?;
        }
        match verdict {
            Err(_) | Ok(Verdict::Unchanged) if !fresh => (found, fresh) = (stored(call, key).await?, true),
            Err(refusal) => return Err(refusal),
            Ok(Verdict::Unchanged) => return live.map(|live| Written::Unchanged(live.cached)).ok_or_else(|| call.not_found()),
            Ok(verdict) => match commit(call, key, live.as_ref(), verdict, seen).await? {
                Committed::Done(written) => return Ok(written),
                Committed::Lost(winner) => (found, fresh) = (winner, true),
            },
        }
    }
    let message = "the object is being changed by others too often to get a turn; try again";
    Err(Refusal { retry_after_seconds: 1, ..Refusal::new(Reason::ServerTimeout, message) })
}

/// Writes a new object. A name that is taken is refused with 409.
pub(super) async fn insert(call: &Call, key: &str, object: Object) -> Result<Written, Refusal> {
    let name = object.name().to_owned();
    let taken = || Refusal::already_exists(&call.group_resource(), &name);
    let place = Place { key, expected: Revision::ZERO, before: None, seen: Seen::Served };
    match put(call, &place, object).await? {
        (value, Outcome::Done(revision)) => {
            if call.query.dry_run && stored(call, key).await?.is_some() {
                return Err(taken());
            }
            Ok(Written::Created(Arc::new(Cached::new(key, value, revision))))
        }
        (_, Outcome::Lost(_)) => Err(taken()),
    }
}

/// The newest state of a key, from the store itself.
pub(super) async fn stored(call: &Call, key: &str) -> Result<Option<Arc<Cached>>, Refusal> {
    let entry = call.api.cache.store().get(key).await?;
    Ok(entry.map(|entry| Arc::new(cached(entry))))
}

/// An entry of the store as the cache would hold it.
pub(super) fn cached(entry: Entry) -> Cached {
    Cached::new(&entry.key, entry.value, entry.revision)
}

async fn live(call: &Call, cached: Arc<Cached>, seen: Seen) -> Result<Live, Refusal> {
    if seen == Seen::Served {
        let cached = convert::served_one(&call.api, &call.resource, cached).await?;
        return Ok(Live { object: view::parse(&call.resource, &cached)?, cached });
    }
    let mut object = view::document(&cached)?;
    object.set_meta("resourceVersion", cached.revision.to_string());
    Ok(Live { object, cached })
}

enum Committed {
    Done(Written),
    Lost(Option<Arc<Cached>>),
}

async fn commit(call: &Call, key: &str, live: Option<&Live>, verdict: Verdict, seen: Seen) -> Result<Committed, Refusal> {
    let expected = live.map_or(Revision::ZERO, |live| live.cached.revision);
    let place = Place { key, expected, before: live.map(|live| &live.object), seen };
    let deletes = matches!(verdict, Verdict::Delete(_));
    let (value, outcome) = match verdict {
        Verdict::Put(object) => put(call, &place, object).await?,
        Verdict::Delete(object) => remove(call, &place, &object).await?,
        Verdict::Unchanged => return Ok(Committed::Lost(None)),
    };
    Ok(match outcome {
        Outcome::Done(revision) => {
            let cached = Arc::new(Cached::new(key, value, revision));
            Committed::Done(match (deletes, live) {
                (true, _) => Written::Deleted(cached),
                (false, Some(_)) => Written::Changed(cached),
                (false, None) => Written::Created(cached),
            })
        }
        Outcome::Lost(winner) => Committed::Lost(winner.map(|entry| Arc::new(cached(entry)))),
    })
}

/// Where something is written, and what must stand there.
struct Place<'a> {
    key: &'a str,
    expected: Revision,
    before: Option<&'a Object>,
    seen: Seen,
}

/// Writes an object with what it holds and takes of others.
async fn put(call: &Call, place: &Place<'_>, mut object: Object) -> Result<(Bytes, Outcome), Refusal> {
    priority_classes::check_default(call, place.before, &object).await?;
    let charges = match place.seen {
        Seen::Served => Charges::ask(call, place.before, &object).await?,
        Seen::Stored => Charges::default(),
    };
    let held = allocations::take(call, place.key, place.before, &mut object).await?;
    let kept = keep(call, place, charges, &mut object).await;
    match &kept {
        Ok(Ok((_, Outcome::Done(_)))) => allocations::released(call, place.before, Some(&object)).await,
        Ok(_) => allocations::undo(call, &object, held).await,
        // Whether the store has it nobody knows, so that what it holds stays held.
        Err(_) => {}
    }
    kept?
}

/// The inner refusal says that nothing was written.
async fn keep(call: &Call, place: &Place<'_>, charges: Charges, object: &mut Object) -> Result<Result<(Bytes, Outcome), Refusal>, Refusal> {
    // Definitions are asked of no webhook in their stored form, so the turn is never held while one is waited for.
    let turn = definitions::turn(&call.api, &call.resource).await;
    if place.seen == Seen::Served {
        definitions::settle(call, object);
    }
    let value = match stored_form(call, object, place.seen).await {
        Ok(value) => value,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if call.query.dry_run {
        return Ok(Ok((value, Outcome::Done(place.expected))));
    }
    let write = Write { key: place.key.to_owned(), expected: place.expected, change: Change::Put(value.clone()) };
    let outcome = match turn {
        Some(turn) => Ok(definitions::commit(&call.api, turn, write).await?),
        None => charges.commit(call, place.before, object, write).await?,
    };
    Ok(outcome.map(|outcome| (value, outcome)))
}

/// Removes an object, with what it holds.
async fn remove(call: &Call, place: &Place<'_>, object: &Object) -> Result<(Bytes, Outcome), Refusal> {
    let value = stored_form(call, object, place.seen).await?;
    let turn = definitions::turn(&call.api, &call.resource).await;
    let outcome = match turn {
        _ if call.query.dry_run => Outcome::Done(place.expected),
        Some(turn) => {
            let write = Write { key: place.key.to_owned(), expected: place.expected, change: Change::Delete };
            definitions::commit(&call.api, turn, write).await?
        }
        None => call.api.cache.store().commit(place.key, place.expected, Change::Delete).await?,
    };
    if let Outcome::Done(_) = outcome {
        allocations::released(call, place.before, None).await;
    }
    Ok((value, outcome))
}

/// The bytes that the store keeps of an object.
async fn stored_form(call: &Call, object: &Object, seen: Seen) -> Result<Bytes, Refusal> {
    match seen {
        Seen::Served => convert::stored(&call.api, &call.resource, object).await,
        Seen::Stored => Ok(view::encode(object).into()),
    }
}
