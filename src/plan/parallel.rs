//! Doing many things at once, but not too many.

use std::collections::BTreeMap;
use std::future::Future;

use tokio::task::JoinSet;

/// Requests under way at once. One HTTP/2 connection carries them; more do not make a server faster, only fuller.
pub(crate) const REQUESTS_AT_ONCE: usize = 16;

/// Runs `work` for every item, at most `limit` at once and on all of the runtime's threads, and hands each result on as soon as it and
/// all before it are there: what is printed from the results is the same in every run.
///
/// Dropping the future ends all work under way. A panic in `work` goes on in the caller.
pub(crate) async fn each<I, F, T>(items: impl IntoIterator<Item = I>, limit: usize, work: impl Fn(I) -> F, mut finished: impl FnMut(T))
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut waiting = items.into_iter().enumerate();
    let mut running = JoinSet::new();
    let mut early = BTreeMap::new();
    let mut next = 0;
    loop {
        while running.len() < limit
            && let Some((number, item)) = waiting.next()
        {
            let result = work(item);
            running.spawn(async move { (number, result.await) });
        }
        match running.join_next().await {
            None => return,
            Some(Ok((number, result))) => {
                early.insert(number, result);
                while let Some(result) = early.remove(&next) {
                    next += 1;
                    finished(result);
                }
            }
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
    async fn results_come_in_order_and_never_more_run_at_once_than_allowed() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |item: usize| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                if item.is_multiple_of(3) {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                item
            }
        };
        let mut done = Vec::new();
        each(0..20, 3, work, |item| done.push(item)).await;
        assert_eq!(done, (0..20).collect::<Vec<_>>());
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }
}
