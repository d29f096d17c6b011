//! The body of an answer: whole, or a stream that is made as it is read.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use http_body::{Frame, SizeHint};

/// The body of an answer.
pub struct Body(Content);

enum Content {
    Whole(Option<Bytes>),
    Stream(BoxStream<'static, Bytes>),
    Watch(BoxStream<'static, Bytes>),
}

impl Body {
    /// A body that is all there.
    #[must_use]
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Content::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty())))
    }

    /// A body that is made as it is read; dropping the body drops the stream.
    #[must_use]
    pub fn stream(stream: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(Content::Stream(Box::pin(stream)))
    }

    /// The events of a watch, made as they are read.
    #[must_use]
    pub fn watch(stream: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(Content::Watch(Box::pin(stream)))
    }

    /// Whether these are the events of a watch.
    #[must_use]
    pub fn is_watch(&self) -> bool {
        matches!(self.0, Content::Watch(_))
    }

    /// The bytes, where the body is whole.
    #[must_use]
    pub fn as_whole(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Whole(bytes) => bytes.as_ref(),
            Content::Stream(_) | Content::Watch(_) => None,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Content::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Stream(stream) | Content::Watch(stream) => {
                stream.as_mut().poll_next(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Content::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Content::Stream(_) | Content::Watch(_) => SizeHint::default(),
        }
    }
}
