//! What a program takes from outside without being given it: the clock, unique ids, randomness.
//!
//! Everything that needs one of these gets an [`Ambient`], so that tests pin them and compare whole outputs. Invariant: no other
//! module asks the system for the time of day or for random bits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

use crate::object::Time;

/// The clock and the source of ids; cheap to clone and shared by all who work on one request.
#[derive(Clone)]
pub struct Ambient(Arc<dyn Source>);

/// Where time and randomness come from.
trait Source: Send + Sync {
    fn now(&self) -> Timestamp;
    fn uuid(&self) -> Uuid;
}

struct System;

impl Source for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// A clock that stands still and ids that count up.
struct Pinned {
    now: Timestamp,
    next: AtomicU64,
}

impl Source for Pinned {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn uuid(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(0, (1 << 63) | number)
    }
}

impl Ambient {
    /// The system's clock and random generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(System))
    }

    /// A clock that stands at `now`, and uuids `00000000-0000-0000-8000-000000000001` and up.
    #[must_use]
    pub fn pinned(now: Timestamp) -> Self {
        Self(Arc::new(Pinned { now, next: AtomicU64::new(1) }))
    }

    /// The system's, or a pinned one where the environment variable `TRUEUP_PINNED_TIME` holds an RFC 3339 time (for tests of
    /// whole outputs across processes). Text that is no time is refused with the reason.
    pub fn from_env() -> Result<Self, String> {
        match std::env::var("TRUEUP_PINNED_TIME") {
            Ok(text) => text.parse().map(Self::pinned).map_err(|error| format!("TRUEUP_PINNED_TIME={text}: {error}")),
            Err(_) => Ok(Self::system()),
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// The present moment in whole seconds, as object metadata holds it.
    #[must_use]
    pub fn now_seconds(&self) -> Time {
        Time::new(self.now())
    }

    /// A new object uid.
    #[must_use]
    pub fn uid(&self) -> String {
        self.0.uuid().to_string()
    }

    /// Five characters to append to a `generateName`, from the alphabet Kubernetes uses: no vowels, nothing easily confused.
    #[must_use]
    pub fn name_suffix(&self) -> String {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        let (_, mut bits) = self.0.uuid().as_u64_pair();
        let mut suffix = String::with_capacity(5);
        for _ in 0..5 {
            suffix.push(char::from(ALPHABET[(bits % 27) as usize]));
            bits /= 27;
        }
        suffix
    }
}
