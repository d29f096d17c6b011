//! Tasks at work, none of which fails unnoticed: where one does, the test fails at once and not when it has waited for it in vain.

use std::future::Future;
use std::pin::pin;

use tokio::task::{JoinError, JoinSet};

/// Tasks, and what those that have ended came to.
pub(super) struct Crew<T> {
    at_work: JoinSet<T>,
    ended: Vec<T>,
}

impl<T: Send + 'static> Crew<T> {
    pub(super) fn new() -> Self {
        Self { at_work: JoinSet::new(), ended: Vec::new() }
    }

    pub(super) fn spawn(&mut self, task: impl Future<Output = T> + Send + 'static) {
        self.at_work.spawn(task);
    }

    /// Waits for something while the tasks go on.
    pub(super) async fn during<R>(&mut self, wanted: impl Future<Output = R>) -> R {
        let mut wanted = pin!(wanted);
        loop {
            tokio::select! {
                biased;
                Some(ended) = self.at_work.join_next() => self.ended.push(unharmed(ended)),
                reached = &mut wanted => return reached,
            }
        }
    }

    /// What all of them come to, in no order.
    pub(super) async fn all(mut self) -> Vec<T> {
        while let Some(ended) = self.at_work.join_next().await {
            self.ended.push(unharmed(ended));
        }
        self.ended
    }
}

fn unharmed<T>(ended: Result<T, JoinError>) -> T {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
