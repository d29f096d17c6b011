//! Being asked to stop, and what is said of work that was interrupted.
//!
//! Receives signals of the process, hands on that one came. Invariant: from the moment that somebody listens, no signal ends the process
//! by itself, and none that comes is lost: neither before it is waited for, nor between two waits.

use std::io;

use super::CommandError;

/// The signals that ask a process to end: SIGINT, as a terminal makes it of Ctrl-C, and SIGTERM.
pub(super) struct StopSignals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl StopSignals {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self, CommandError> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let cannot = |error: io::Error| CommandError::failed(format!("cannot listen for signals: {error}"));
            let interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
            Ok(Self { interrupt, terminate: signal(SignalKind::terminate()).map_err(cannot)? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Done when the next one comes, or came since the last.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

/// More names than this are counted.
const NAMED_MOST: usize = 5;

/// The first names, and how many more there are: `configmap/a, configmap/b and 7 more`.
pub(super) fn some_of(names: &[String]) -> String {
    first_of(names, NAMED_MOST)
}

/// The same with as many names as somebody wants.
pub(super) fn first_of(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let named = names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// `; not begun: configmap/a, configmap/b`, and nothing where all was begun.
pub(super) fn not_begun_in_words(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; not begun: {}", some_of(names)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_begun_is_named_and_where_it_is_much_counted() {
        let names = |count: usize| (1..=count).map(|number| format!("x/{number}")).collect::<Vec<_>>();
        assert_eq!(not_begun_in_words(&names(0)), "");
        assert_eq!(not_begun_in_words(&names(2)), "; not begun: x/1, x/2");
        assert_eq!(not_begun_in_words(&names(5)), "; not begun: x/1, x/2, x/3, x/4, x/5");
        assert_eq!(not_begun_in_words(&names(1_000)), "; not begun: x/1, x/2, x/3, x/4, x/5 and 995 more");
    }
}
