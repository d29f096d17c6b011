//! An answer that comes line by line.

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use kube::client::Body;

/// The lines of an answer as they arrive; dropping it ends the request.
pub struct Lines {
    body: Body,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end, so that a long line is not searched again with every frame.
    searched: usize,
}

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self { body, buffer: BytesMut::new(), searched: 0 }
    }

    /// The next line without its end; `None` when the answer is over.
    ///
    /// A last line without a line end is handed out too: the reader finds out whether it is whole. Cancel safe: a line that was
    /// not handed out stays in the buffer.
    pub async fn next(&mut self) -> Result<Option<Bytes>, kube::Error> {
        loop {
            if let Some(line) = self.buffered() {
                return Ok(Some(line));
            }
            match self.body.frame().await {
                Some(frame) => self.buffer.extend_from_slice(frame?.data_ref().map_or(&[], |data| data.as_ref())),
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    self.searched = 0;
                    return Ok(Some(self.buffer.split().freeze()));
                }
            }
        }
    }

    fn buffered(&mut self) -> Option<Bytes> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(offset) = found else {
            self.searched = self.buffer.len();
            return None;
        };
        let line = self.buffer.split_to(self.searched + offset);
        self.buffer.advance(1);
        self.searched = 0;
        Some(line.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_come_whole_and_the_last_one_may_lack_its_end() {
        let mut lines = Lines::new(Body::from(b"one\n\ntwo\nthr".to_vec()));
        let mut read = Vec::new();
        while let Some(line) = lines.next().await.expect("a readable body") {
            read.push(String::from_utf8_lossy(&line).into_owned());
        }
        assert_eq!(read, ["one", "", "two", "thr"]);
    }
}
