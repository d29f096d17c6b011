//! Many watchers and writers against real servers that are killed under them; what was seen is compared with what was written.
//!
//! [`watches`] has watchers with every kind of selection over one server that comes and goes, [`histories`] several servers on one
//! store. [`plane`] is the way to the servers, [`interest`] what a watcher selects, [`watcher`] and [`writer`] are the clients, [`crew`]
//! sees to their ends, and [`model`] says what each watcher ought to have been told. Invariant: the expectation is computed from what a watch of a whole kind told,
//! which is checked itself against what the writers were answered.

mod crew;
mod histories;
mod interest;
mod model;
mod plane;
mod watcher;
mod watches;
mod writer;

use std::time::{Duration, Instant};

/// After this long something that should have happened has failed; no test waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(1800);

/// The same of one answer, of the next event of a watch, which ends before, and of a server that has gone.
const ANSWER: Duration = Duration::from_secs(120);

/// What keeps a client from going on, in words.
type Why = String;

/// A client's patience with servers that come and go.
#[derive(Default)]
struct Patience(Option<Instant>);

impl Patience {
    fn answered(&mut self) {
        self.0 = None;
    }

    /// Fails the test where nobody has answered for too long.
    fn unanswered(&mut self, why: &str) {
        let since = *self.0.get_or_insert_with(Instant::now);
        assert!(since.elapsed() < ANSWER, "nobody has answered for {ANSWER:?}; at last: {why}");
    }
}

/// Namespace and name.
type Key = (String, String);

/// Numbers that repeat from run to run (xorshift).
struct Random(u64);

impl Random {
    /// The numbers of one of several clients.
    fn of(client: usize) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ ((client as u64 + 1) << 20))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
