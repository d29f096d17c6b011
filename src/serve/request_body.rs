//! The body of a request as it comes from the network.
//!
//! Receives the connection's body and hands on the same frames. Invariant: nobody waits for ever for a client that has fallen silent,
//! and a client is never cut off from its answer because its body was of no interest.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::api::BODY_MOST;

/// How long a client may send nothing in the middle of a body.
const SILENCE_MOST: Duration = Duration::from_secs(30);

/// How long a body is read that nobody wants.
const DRAIN_MOST: Duration = Duration::from_secs(1);

/// A body that fails where nothing of it comes for too long.
pub(super) struct RequestBody<B> {
    body: B,
    patience: Duration,
    /// Set while a frame is waited for: most bodies are there at once and need no timer.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError<E> {
    /// The client fell silent.
    #[error("nothing of it came for {0:?}")]
    Silence(Duration),
    /// The connection failed.
    #[error(transparent)]
    Connection(E),
}

impl<B: Body<Data = Bytes> + Unpin> RequestBody<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, patience: SILENCE_MOST, deadline: None }
    }

    /// Reads what is left, within bounds. An answer to a request whose body is still under way closes the connection, and data that
    /// arrives at a closed connection resets it: the client would lose the answer.
    pub(super) async fn drain(mut self) {
        let mut left = BODY_MOST;
        let reading = async {
            while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await {
                let read = frame.data_ref().map_or(0, Bytes::len);
                match left.checked_sub(read) {
                    Some(rest) => left = rest,
                    None => return,
                }
            }
        };
        // A client that takes longer than this has to read while it writes.
        let _ = tokio::time::timeout(DRAIN_MOST, reading).await;
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = BodyError<B::Error>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.deadline = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Connection)));
        }
        let patience = this.patience;
        let deadline = this.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + patience)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Some(Err(BodyError::Silence(patience))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::{StreamExt as _, stream};
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    #[tokio::test]
    async fn a_body_that_falls_silent_ends_with_an_error() {
        let frames = stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a")))]).chain(stream::pending());
        let mut body = RequestBody { patience: Duration::from_millis(1), ..RequestBody::new(StreamBody::new(frames)) };
        assert!(body.frame().await.expect("a frame").is_ok());
        let error = body.frame().await.expect("an error").expect_err("silence");
        assert_eq!(error.to_string(), "nothing of it came for 1ms");
    }

    #[tokio::test]
    async fn a_body_without_end_is_drained_to_a_bound() {
        const FRAME: usize = 1 << 16;
        let read = AtomicUsize::new(0);
        let frames = stream::repeat_with(|| {
            read.fetch_add(FRAME, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0; FRAME])))
        });
        RequestBody::new(StreamBody::new(frames)).drain().await;
        assert_eq!(read.into_inner() / FRAME, BODY_MOST / FRAME + 1, "up to the frame that exceeds it");
    }
}
