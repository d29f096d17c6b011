//! What was deleted to make way, and does not go at once.
//!
//! Receives word of such objects from the work that waits for them, hands on a sentence for each. Invariant: what was sent before the work
//! was done is told before its outcome.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use crate::plan::{Lingering, Replacing};

/// Does work that replaces objects, and tells of those that are waited for.
pub(super) async fn told<F: Future>(replacing: Replacing, tell: impl Fn(&str), work: impl FnOnce(Replacing) -> F) -> F::Output {
    let (sender, mut waiting) = unbounded_channel();
    let tell = |Lingering { name, finalizers, timeout }: Lingering| tell(&not_gone_yet(&name, &finalizers, "made anew", timeout));
    let mut work = pin!(work(replacing.telling(sender)));
    let output = loop {
        tokio::select! {
            biased;
            Some(lingering) = waiting.recv() => tell(lingering),
            output = &mut work => break output,
        }
    };
    while let Ok(lingering) = waiting.try_recv() {
        tell(lingering);
    }
    output
}

/// `configmap/a in namespace default is not gone yet, since it waits for example.com/x; it is made anew once it is, within 60 s`.
pub(super) fn not_gone_yet(name: &str, finalizers: &[String], then: &str, timeout: Option<Duration>) -> String {
    let why = if finalizers.is_empty() { String::new() } else { format!(", since it waits for {}", finalizers.join(", ")) };
    let bound = timeout.map(|timeout| format!(", within {} s", timeout.as_secs())).unwrap_or_default();
    format!("{name} is not gone yet{why}; it is {then} once it is{bound}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_is_waited_for_and_how_long() {
        let waits = ["a/x".to_owned(), "b/y".to_owned()];
        let told = not_gone_yet("pod/a", &waits, "made anew", Some(Duration::from_secs(60)));
        assert_eq!(told, "pod/a is not gone yet, since it waits for a/x, b/y; it is made anew once it is, within 60 s");
        assert_eq!(not_gone_yet("pod/a", &[], "made again", None), "pod/a is not gone yet; it is made again once it is");
    }
}
