//! What a program takes from outside without being given it: the clock, unique ids, randomness.
//!
//! Everything that needs one of these gets an [`Ambient`], so that tests pin them and compare whole outputs. Invariant: no other
//! module asks the system for the time of day or for random bits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
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

/// Random bits for so many ids are asked of the system at once: each time takes a call into the kernel.
const IDS_AT_ONCE: usize = 64;

#[derive(Default)]
struct System {
    /// Random bits that no id was made of yet.
    random: Mutex<Vec<[u8; 16]>>,
}

impl Source for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn uuid(&self) -> Uuid {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if random.is_empty() {
            let mut fresh = [[0; 16]; IDS_AT_ONCE];
            if SystemRandom::new().fill(fresh.as_flattened_mut()).is_ok() {
                random.extend(fresh);
            }
        }
        random.pop().map_or_else(Uuid::new_v4, |bits| uuid::Builder::from_random_bytes(bits).into_uuid())
    }
}

/// A clock that stands still and ids that count up within a series.
struct Pinned {
    now: Timestamp,
    series: u32,
    next: AtomicU64,
}

impl Source for Pinned {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn uuid(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(u64::from(self.series) << 32, (1 << 63) | number)
    }
}

impl Ambient {
    /// The system's clock and random generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(System::default()))
    }

    /// A clock that stands at `now`, and uuids `00000000-0000-0000-8000-000000000001` and up.
    #[must_use]
    pub fn pinned(now: Timestamp) -> Self {
        Self::pinned_series(now, 0)
    }

    /// As [`Ambient::pinned`], with uuids that begin with the number of their series: `00000007-0000-0000-8000-000000000001`.
    #[must_use]
    pub fn pinned_series(now: Timestamp, series: u32) -> Self {
        Self(Arc::new(Pinned { now, series, next: AtomicU64::new(1) }))
    }

    /// The system's, or a pinned one where the environment variable `TRUEUP_PINNED_TIME` holds `TIME` or `TIME#SERIES` (for tests of
    /// whole outputs across processes): an RFC 3339 time, and a number that keeps the ids of several processes on one store apart.
    /// Anything else is refused with the reason.
    pub fn from_env() -> Result<Self, String> {
        match std::env::var("TRUEUP_PINNED_TIME") {
            Ok(text) => Self::parse(&text).map_err(|error| format!("TRUEUP_PINNED_TIME: {error}")),
            Err(_) => Ok(Self::system()),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (time, series) = text.split_once('#').unwrap_or((text, "0"));
        let now = time.parse().map_err(|_| format!("{time:?} is no RFC 3339 time, such as 2026-01-31T12:00:00Z"))?;
        let series = series.parse().map_err(|_| format!("{series:?} is no number of a series"))?;
        Ok(Self::pinned_series(now, series))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_however_many_there_are() {
        let ambient = Ambient::system();
        let ids: std::collections::BTreeSet<String> = (0..3 * IDS_AT_ONCE).map(|_| ambient.uid()).collect();
        assert_eq!(ids.len(), 3 * IDS_AT_ONCE);
        assert!(ids.iter().all(|id| id.as_bytes()[14] == b'4'), "they are random ones by their version");
    }

    #[test]
    fn pinned_ids_count_up_within_their_series() {
        let ids = |text: &str| Ambient::parse(text).map(|ambient| [ambient.uid(), ambient.uid()]);
        assert_eq!(
            ids("2026-11-22T10:00:00Z#7"),
            Ok(["00000007-0000-0000-8000-000000000001".to_owned(), "00000007-0000-0000-8000-000000000002".to_owned()])
        );
        assert_eq!(ids("2026-11-22T10:00:00Z").map(|ids| ids[0].clone()), Ok("00000000-0000-0000-8000-000000000001".to_owned()));
        assert_eq!(ids("2026-11-22T10:00:00Z#x"), Err("\"x\" is no number of a series".to_owned()));
        assert!(ids("noon").is_err());
    }
}
