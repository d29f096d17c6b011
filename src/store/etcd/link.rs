//! One HTTP/2 connection to a member of the cluster, and the task that moves its bytes.
//!
//! Receives a byte stream and hands on the side that requests are sent through. Invariant: whatever was sent since the task ran last
//! leaves in one write, where the network takes it: a hundred requests at once are a few packets, for us and for the member, and not the
//! three for each (head, body, end) that an HTTP/2 connection writes by itself.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use h2::client::{Connection, SendRequest};
use h2::{Ping, PingPong};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use super::endpoint::Stream;

/// A dead connection is noticed after these: a ping, and how long to wait for its answer. etcd refuses pings more often than every 5 s.
const PING_EVERY: Duration = Duration::from_secs(10);
const PING_ANSWER: Duration = Duration::from_secs(5);

/// How much a stream, and all of a connection, may bring before it is read: a page of a list at once.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// So much may wait to be written; the connection holds back what is more.
const OUTBOX: usize = 256 << 10;

/// Where requests are sent.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) requests: SendRequest<Bytes>,
    /// A clone lives as long as a request does.
    pub(super) open: Arc<()>,
    /// Told when the member takes no more requests on this connection, though it may still answer those under way.
    pub(super) refused: Arc<Notify>,
}

/// Begins HTTP/2 on a stream. The future moves its bytes, and ends with the connection and the reason for its end.
pub(super) async fn begin(stream: Box<dyn Stream>) -> Result<(Link, impl Future<Output = io::Result<()>> + Send), h2::Error> {
    let (reading, writing) = tokio::io::split(stream);
    let outbox = Arc::default();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW).enable_push(false);
    let (requests, mut connection) = builder.handshake(Corked { reading, outbox: Arc::clone(&outbox) }).await?;
    let open = Arc::new(());
    let pings = connection.ping_pong().map(|pings| Pings::new(pings, Arc::clone(&open)));
    let mut driver = Driver { connection, outbox, writing, pings, waited: false };
    Ok((Link { requests, open, refused: Arc::default() }, std::future::poll_fn(move |cx| driver.poll(cx))))
}

/// What is to be written. Both who fills and who empties it belong to the same task.
#[derive(Default)]
struct Outbox {
    bytes: BytesMut,
    /// Somebody had more than there was room for.
    full: bool,
}

fn lock(outbox: &Mutex<Outbox>) -> MutexGuard<'_, Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stream as the connection sees it: it takes everything at once, and a flush does nothing.
struct Corked {
    reading: ReadHalf<Box<dyn Stream>>,
    outbox: Arc<Mutex<Outbox>>,
}

impl AsyncRead for Corked {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reading).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Corked {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut outbox = lock(&self.outbox);
        if outbox.bytes.len() >= OUTBOX {
            // The driver looks at this, which is what wakes the connection in the place of a waker.
            outbox.full = true;
            return Poll::Pending;
        }
        outbox.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The task of a connection.
struct Driver {
    connection: Connection<Corked, Bytes>,
    outbox: Arc<Mutex<Outbox>>,
    writing: WriteHalf<Box<dyn Stream>>,
    pings: Option<Pings>,
    /// Whether the others had their turn since this task was woken.
    waited: bool,
}

impl Driver {
    /// Each time it is woken it lets all tasks that are ready go first: they have more requests to send.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.waited = !self.waited;
        if self.waited {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(pings) = &mut self.pings
            && pings.poll_lost(cx).is_ready()
        {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer to a ping in {PING_ANSWER:?}"))));
        }
        loop {
            let ended = Pin::new(&mut self.connection).poll(cx);
            let written = self.write(cx);
            match (ended, written) {
                (_, Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
                // What is left of the last words says nothing that matters.
                (Poll::Ready(ended), _) => return Poll::Ready(ended.map_err(io::Error::other)),
                (Poll::Pending, Poll::Ready(Ok(true))) => {}
                (Poll::Pending, _) => return Poll::Pending,
            }
        }
    }

    /// Writes what is in the outbox; answers whether the connection has more for it.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut outbox = lock(&self.outbox);
        while outbox.bytes.has_remaining() {
            let written = ready!(Pin::new(&mut self.writing).poll_write(cx, &outbox.bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            outbox.bytes.advance(written);
        }
        ready!(Pin::new(&mut self.writing).poll_flush(cx))?;
        Poll::Ready(Ok(std::mem::take(&mut outbox.full)))
    }
}

/// Asks a member that has requests to answer whether it is still there.
struct Pings {
    pings: PingPong,
    open: Arc<()>,
    timer: Pin<Box<Sleep>>,
    asked: bool,
}

impl Pings {
    fn new(pings: PingPong, open: Arc<()>) -> Self {
        Self { pings, open, timer: Box::pin(tokio::time::sleep(PING_EVERY)), asked: false }
    }

    /// Ready when there was no answer in time.
    fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.asked && self.pings.poll_pong(cx).is_ready() {
            self.asked = false;
            self.timer.as_mut().reset(Instant::now() + PING_EVERY);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if self.asked {
                return Poll::Ready(());
            }
            // One is held by this task and one by whoever hands out the link.
            self.asked = Arc::strong_count(&self.open) > 2 && self.pings.send_ping(Ping::opaque()).is_ok();
            let next = if self.asked { PING_ANSWER } else { PING_EVERY };
            self.timer.as_mut().reset(Instant::now() + next);
        }
        if self.asked && self.pings.poll_pong(cx).is_ready() {
            self.asked = false;
            self.timer.as_mut().reset(Instant::now() + PING_EVERY);
        }
        Poll::Pending
    }
}
