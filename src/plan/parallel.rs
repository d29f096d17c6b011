//! Doing many things at once, but not too many.

use std::future::Future;

use tokio::task::JoinSet;

/// Requests under way at once. One HTTP/2 connection carries them; more do not make a server faster, only fuller.
pub(super) const REQUESTS_AT_ONCE: usize = 16;

/// Runs `work` for every item, at most `limit` at once and on all of the runtime's threads, and hands each result on as it comes.
///
/// Dropping the future ends all work under way. A panic in `work` goes on in the caller.
pub(super) async fn each<I, F, T>(items: impl IntoIterator<Item = I>, limit: usize, work: impl Fn(I) -> F, mut finished: impl FnMut(T))
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut waiting = items.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < limit
            && let Some(item) = waiting.next()
        {
            running.spawn(work(item));
        }
        match running.join_next().await {
            None => return,
            Some(Ok(result)) => finished(result),
            Some(Err(error)) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn everything_is_done_and_never_more_at_once_than_allowed() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |item: usize| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                item
            }
        };
        let mut done = Vec::new();
        each(0..20, 3, work, |item| done.push(item)).await;
        done.sort_unstable();
        assert_eq!(done, (0..20).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }
}
