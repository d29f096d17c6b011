//! How long a connection is kept for somebody whom the server does not know.
//!
//! Receives what happens on one connection; hands on the moment at which it is to end. Invariant: a connection on which somebody was known
//! once is never ended from here, so that watches and clients that keep their connections are left alone.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

/// How long a client may take to ask for something after the handshake; kube-apiserver gives the headers of a request 32 s.
const FIRST_REQUEST: Duration = Duration::from_secs(32);

/// How long a client that nobody knows may be silent after a request; kube-apiserver ends any idle connection after this time
/// (`IdleTimeout`). It counts from the request and not from the end of its answer: such requests are answered within seconds, and a client
/// can put off the end of an answer for as long as it likes by not reading it.
const NEXT_REQUEST: Duration = Duration::from_secs(90);

/// What is known of one connection.
pub(super) struct Patience(Mutex<State>);

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing was asked for since the handshake.
    Fresh(Instant),
    /// Somebody who is not known asked for something last at this moment.
    Stranger(Instant),
    /// Somebody who is known asked for something.
    Known,
}

impl State {
    fn asked(self, now: Instant) -> Self {
        match self {
            Self::Fresh(_) | Self::Stranger(_) => Self::Stranger(now),
            Self::Known => Self::Known,
        }
    }

    /// When the connection ends if nothing more happens.
    fn ends(self) -> Option<Instant> {
        match self {
            Self::Fresh(since) => Some(since + FIRST_REQUEST),
            Self::Stranger(since) => Some(since + NEXT_REQUEST),
            Self::Known => None,
        }
    }
}

impl Patience {
    /// For a connection whose handshake is done.
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Fresh(Instant::now())))
    }

    /// A request has begun.
    pub(super) fn asked(&self) {
        self.become_what(|state| state.asked(Instant::now()));
    }

    /// The one who asks has turned out to be known.
    pub(super) fn known(&self) {
        self.become_what(|_| State::Known);
    }

    fn become_what(&self, next: impl FnOnce(State) -> State) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = next(*state);
    }

    fn ends(&self) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ends()
    }

    /// Waits until the connection is to end.
    pub(super) async fn is_over(&self) {
        while let Some(end) = self.ends() {
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_waited_for_from_request_to_request_and_whoever_is_known_always() {
        let began = Instant::now();
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        let fresh = State::Fresh(began);
        assert_eq!(fresh.ends(), Some(at(32)));
        assert_eq!(fresh.asked(at(10)).ends(), Some(at(100)));
        assert_eq!(fresh.asked(at(10)).asked(at(80)).ends(), Some(at(170)));
        assert_eq!(State::Known.asked(at(10)).ends(), None);
    }

    #[tokio::test]
    async fn the_end_of_a_connection_is_told_once_it_has_come_and_not_of_one_that_is_known() {
        let long_ago = Instant::now().checked_sub(Duration::from_secs(100)).expect("a machine that has run for a while");
        for state in [State::Fresh(long_ago), State::Stranger(long_ago)] {
            Patience(Mutex::new(state)).is_over().await;
        }
        let patience = Patience(Mutex::new(State::Fresh(long_ago)));
        patience.asked();
        assert!(futures::poll!(std::pin::pin!(patience.is_over())).is_pending());
        patience.known();
        patience.asked();
        assert!(futures::poll!(std::pin::pin!(patience.is_over())).is_pending());
    }
}
