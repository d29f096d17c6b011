//! The current revision for many askers at once.
//!
//! Receives askers and hands each the answer to a request that began after it asked. Invariant: at most one such request is under way, and
//! no asker is answered by one that began earlier, for that could miss a write the asker knows of.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::super::StoreError;
use super::connection::Connection;
use super::request;
use crate::object::Revision;

type Answer = Result<Revision, StoreError>;

/// The askers that wait.
pub(super) struct Revisions {
    connection: Arc<Connection>,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<oneshot::Sender<Answer>>,
    /// A task is at work and will look at the queue again before it ends.
    served: bool,
}

impl Revisions {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, queue: Arc::default() }
    }

    pub(super) async fn current(&self) -> Answer {
        let (reply, answer) = oneshot::channel();
        if self.enqueue(reply) {
            // A task of its own: the asker that happens to be the first may be dropped while others wait.
            tokio::spawn(serve(Arc::clone(&self.connection), Arc::clone(&self.queue)));
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the runtime is shutting down".to_owned())))
    }

    /// Answers whether nobody serves the queue yet.
    fn enqueue(&self, reply: oneshot::Sender<Answer>) -> bool {
        let mut queue = lock(&self.queue);
        queue.waiting.push(reply);
        !mem::replace(&mut queue.served, true)
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Those who wait now, or nobody, in which case the task must end.
fn next_askers(queue: &Mutex<Queue>) -> Vec<oneshot::Sender<Answer>> {
    let mut queue = lock(queue);
    queue.served = !queue.waiting.is_empty();
    mem::take(&mut queue.waiting)
}

async fn serve(connection: Arc<Connection>, queue: Arc<Mutex<Queue>>) {
    loop {
        let askers = next_askers(&queue);
        if askers.is_empty() {
            return;
        }
        let answer = request::current(&connection).await;
        for asker in askers {
            let _ = asker.send(answer.clone());
        }
    }
}
