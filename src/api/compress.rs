//! Gzip for large answers, at the fastest level: what it saves is the network, and it must not cost the server.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{Stream, StreamExt as _, stream};

use super::answer::Answer;
use super::body::Body;

/// Smaller answers are sent as they are; kube-apiserver draws the same line.
const WORTHWHILE: usize = 128 << 10;

/// Compresses an answer whose body is whole, where the client takes it and it is large enough.
pub(super) fn whole(answer: Answer, accepted: bool) -> Answer {
    match answer.body.as_whole().filter(|_| accepted).and_then(packed) {
        Some(packed) => Answer { body: Body::whole(packed), gzipped: true, ..answer },
        None => answer,
    }
}

/// The compressed form of a document that is large enough to have one.
pub(super) fn packed(document: &Bytes) -> Option<Bytes> {
    if document.len() <= WORTHWHILE {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(document.len() / 4), Compression::fast());
    // Writing to memory does not fail; were it to, the plain form is as good.
    encoder.write_all(document).and_then(|()| encoder.finish()).ok().map(Bytes::from)
}

/// Compresses a stream piece by piece.
pub(super) fn stream(chunks: impl Stream<Item = Bytes> + Send + 'static) -> impl Stream<Item = Bytes> + Send + 'static {
    let encoder = Some(GzEncoder::new(Vec::new(), Compression::fast()));
    stream::unfold((Box::pin(chunks), encoder), |(mut chunks, encoder)| async move {
        let mut encoder = encoder?;
        loop {
            match chunks.next().await {
                Some(chunk) => encoder.write_all(&chunk).ok()?,
                None => return Some((Bytes::from(encoder.finish().ok()?), (chunks, None))),
            }
            if encoder.get_ref().len() >= WORTHWHILE / 4 {
                let packed = std::mem::take(encoder.get_mut());
                return Some((Bytes::from(packed), (chunks, Some(encoder))));
            }
        }
    })
}
