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
    /// How long a line may be.
    most: usize,
}

/// The longest line. An event has one object, of which a server takes some megabytes, or the rows of one.
const LINE_MOST: usize = 64 << 20;

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self { body, buffer: BytesMut::new(), searched: 0, most: LINE_MOST }
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
                Some(frame) => self.take(frame?.data_ref().map_or(&[], |data| data.as_ref()))?,
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    self.searched = 0;
                    return Ok(Some(self.buffer.split().freeze()));
                }
            }
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), kube::Error> {
        if self.buffer.len() + data.len() > self.most {
            return Err(kube::Error::Service(format!("an event has more than {} MiB", self.most >> 20).into()));
        }
        self.buffer.extend_from_slice(data);
        Ok(())
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

    #[tokio::test]
    async fn a_line_without_end_is_read_to_a_bound() {
        let mut lines = Lines { most: 2, ..Lines::new(Body::from(b"abc".to_vec())) };
        assert!(lines.next().await.is_err());
    }
}
