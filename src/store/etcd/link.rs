//! One HTTP/2 connection to a member of the cluster, and the task that moves its bytes.
//!
//! Receives a byte stream and hands on the side that requests are sent through. Invariant: whatever was sent since the task ran last
//! leaves in one write, where the network takes it: a hundred requests at once are a few packets, for us and for the member, and not the
//! three for each (head, body, end) that an HTTP/2 connection writes by itself.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Of so many requests that were given up at a time it is remembered that they were, so that their late answers are told from nonsense.
const FORGOTTEN: usize = 1000;

/// So much may wait to be written; the connection holds back what is more.
const OUTBOX: usize = 256 << 10;

/// Where requests are sent.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) requests: SendRequest<Bytes>,
    /// How many requests are under way.
    open: Arc<AtomicUsize>,
    /// Told when the member takes no more requests on this connection, though it may still answer those under way.
    pub(super) refused: Arc<Notify>,
}

impl Link {
    /// Counts a request as one under way for as long as the answer lives.
    pub(super) fn count(&self) -> UnderWay {
        self.open.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(&self.open))
    }
}

/// A request under way.
pub(super) struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Begins HTTP/2 on a stream, and waits until somebody answers there: a member that hangs, or whatever else has the port, takes connections,
/// too. The future moves the bytes, and ends with the connection and the reason for its end.
pub(super) async fn begin(stream: Box<dyn Stream>) -> io::Result<(Link, impl Future<Output = io::Result<()>> + Send)> {
    let (reading, writing) = tokio::io::split(stream);
    let outbox = Arc::default();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW).enable_push(false);
    // By default a connection ends once a thousand answers in its life came for requests that it no longer remembers. Members are trusted.
    builder.max_concurrent_reset_streams(FORGOTTEN).max_local_error_reset_streams(None);
    let handshake = builder.handshake(Corked { reading, outbox: Arc::clone(&outbox) });
    let (requests, mut connection) = handshake.await.map_err(io::Error::other)?;
    let open = Arc::default();
    let pings = connection.ping_pong();
    let mut driver = Driver { connection, outbox, writing, pings: None, waited: false };
    if let Some(mut pings) = pings {
        driver.answered(&mut pings).await?;
        driver.pings = Some(Pings::new(pings, Arc::clone(&open)));
    }
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
    /// Waits for the answer to a first ping.
    async fn answered(&mut self, pings: &mut PingPong) -> io::Result<()> {
        pings.send_ping(Ping::opaque()).map_err(io::Error::other)?;
        std::future::poll_fn(|cx| {
            if let Poll::Ready(ended) = self.poll(cx) {
                let closed = || io::Error::new(io::ErrorKind::UnexpectedEof, "the member closed the connection");
                return Poll::Ready(ended.and_then(|()| Err(closed())));
            }
            pings.poll_pong(cx).map(|answered| answered.map(drop).map_err(io::Error::other))
        })
        .await
    }

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
    open: Arc<AtomicUsize>,
    timer: Pin<Box<Sleep>>,
    asked: bool,
}

impl Pings {
    fn new(pings: PingPong, open: Arc<AtomicUsize>) -> Self {
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
            // etcd takes pings on an idle connection for an attack.
            self.asked = self.open.load(Ordering::Relaxed) > 0 && self.pings.send_ping(Ping::opaque()).is_ok();
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

#[cfg(test)]
mod tests {
    use http::{Request, Response};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    /// A stream that counts the writes to it.
    struct Counted {
        stream: DuplexStream,
        writes: Arc<AtomicUsize>,
    }

    impl AsyncRead for Counted {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_read(cx, buffer)
        }
    }

    impl AsyncWrite for Counted {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.writes.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut self.stream).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(cx)
        }
    }

    /// A server that answers every request with nothing.
    async fn serve(stream: DuplexStream) {
        let mut connection = h2::server::handshake(stream).await.expect("a client");
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_response(Response::new(()), true).expect("a client");
        }
    }

    fn ask(link: &Link, size: usize) -> impl Future<Output = Result<Response<h2::RecvStream>, h2::Error>> + use<> {
        let request = Request::post("http://etcd/etcdserverpb.KV/Txn").body(()).expect("a request");
        let (answer, mut body) = link.requests.clone().send_request(request, false).expect("a connection");
        body.send_data(Bytes::from(vec![b'x'; size]), true).expect("a connection");
        answer
    }

    #[tokio::test]
    async fn requests_made_at_once_leave_together() {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(serve(theirs));
        let writes = Arc::new(AtomicUsize::new(0));
        let (link, driver) = begin(Box::new(Counted { stream: ours, writes: Arc::clone(&writes) })).await.expect("a connection");
        tokio::spawn(driver);
        ask(&link, 1).await.expect("an answer");
        let before = writes.load(Ordering::Relaxed);
        let answers: Vec<_> = (0..20).map(|_| ask(&link, 1500)).collect();
        for answer in answers {
            answer.await.expect("an answer");
        }
        let after = writes.load(Ordering::Relaxed);
        assert!(after - before < 10, "20 requests took {} writes", after - before);
    }

    #[tokio::test]
    async fn more_than_fits_at_once_is_sent_all_the_same() {
        let (ours, theirs) = tokio::io::duplex(1000);
        tokio::spawn(async move {
            let mut builder = h2::server::Builder::new();
            builder.initial_window_size(8 << 20).initial_connection_window_size(8 << 20);
            let mut connection = builder.handshake::<_, Bytes>(theirs).await.expect("a client");
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                tokio::spawn(async move {
                    let mut body = request.into_body();
                    let mut length = 0;
                    while let Some(Ok(data)) = body.data().await {
                        length += data.len();
                    }
                    let answer = Response::builder().header("length", length).body(()).expect("an answer");
                    respond.send_response(answer, true).expect("a client");
                });
            }
        });
        let (link, driver) = begin(Box::new(ours)).await.expect("a connection");
        tokio::spawn(driver);
        let size = 4 * OUTBOX;
        let answer = ask(&link, size).await.expect("an answer");
        assert_eq!(answer.headers()["length"], size.to_string());
    }

    /// A frame's type, flags and stream.
    async fn frame(stream: &mut DuplexStream) -> Option<(u8, u8, u32)> {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.ok()?;
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if (head[3], head[4]) == (PING, 0) {
            stream.write_all(&[&[0, 0, 8, PING, 1, 0, 0, 0, 0], payload.as_slice()].concat()).await.ok()?;
        }
        Some((head[3], head[4], id))
    }

    const HEADERS: u8 = 1;
    const RESET: u8 = 3;
    const PING: u8 = 6;

    /// A server that answers so many requests that were given up together with the one after them.
    async fn answer_what_is_given_up(mut stream: DuplexStream, many: usize) -> Option<()> {
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.ok()?;
        stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.ok()?;
        let answer = |id: u32| [&[0, 0, 1, HEADERS, 5][..], &id.to_be_bytes(), &[0x88]].concat();
        let mut given_up = Vec::new();
        loop {
            match frame(&mut stream).await? {
                (RESET, _, id) => given_up.push(id),
                (HEADERS, _, id) if id as usize > 2 * many => {
                    assert!(given_up.len() > 2 * FORGOTTEN, "{} were sent before they were given up", given_up.len());
                    for id in given_up.drain(..).chain([id]) {
                        stream.write_all(&answer(id)).await.ok()?;
                    }
                }
                _ => {}
            }
        }
    }

    #[tokio::test]
    async fn requests_that_are_given_up_do_not_end_the_connection_in_the_long_run() {
        const MANY: usize = 3 * FORGOTTEN;
        let (ours, theirs) = tokio::io::duplex(8 << 20);
        tokio::spawn(answer_what_is_given_up(theirs, MANY));
        let (link, driver) = begin(Box::new(ours)).await.expect("a connection");
        tokio::spawn(driver);
        for _ in 0..MANY {
            let mut requests = link.requests.clone().ready().await.expect("a connection");
            let request = Request::post("http://etcd/etcdserverpb.KV/Range").body(()).expect("a request");
            let (answer, mut body) = requests.send_request(request, false).expect("a connection");
            // So that it leaves before it is given up.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            body.send_reset(h2::Reason::CANCEL);
            drop(answer);
        }
        ask(&link, 1).await.expect("an answer");
    }

    #[tokio::test]
    async fn whoever_only_listens_is_no_member() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 10);
        let began = tokio::spawn(async move { begin(Box::new(ours)).await.map(drop) });
        let mut preface = [0; 24];
        theirs.read_exact(&mut preface).await.expect("a preface");
        assert!(!began.is_finished(), "nothing has answered");
        drop(theirs);
        assert!(began.await.expect("no panic").is_err());
    }
}
