//! The way to the cluster for all requests: one connection to each endpoint, and the choice between them.
//!
//! Receives requests of gRPC as HTTP and hands on their answers. Invariant: a request is sent once, to an endpoint that is connected; one
//! that was certainly never sent fails with [`NeverSent`] among its causes, and no other does.
//!
//! The client library brings a channel of its own, which is the same with more hands: a queue, a balancer, two tasks for each request and
//! three writes. What those cost is more than everything else that happens to a write in this process.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::select_all;
use h2::{Reason, RecvStream, SendStream};
use http::header::{HeaderValue, USER_AGENT};
use http::{Request, Response, Uri};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tonic::Status;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;

use super::connection::Backoff;
use super::endpoint::Endpoint;
use super::link::{self, Link, UnderWay};

/// A connection that lasted so long was a good one: the next is tried at once.
const PROVEN: Duration = Duration::from_secs(5);

/// The request never left this process.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{endpoint}: {cause}")]
pub(super) struct NeverSent {
    endpoint: String,
    cause: Arc<str>,
}

/// How an endpoint is doing.
#[derive(Clone)]
enum State {
    /// The first connection is being made.
    Beginning,
    Connected(Link),
    /// The last try failed; there will be others.
    Away(NeverSent),
}

/// All endpoints, and whose turn it is.
struct Members {
    members: Vec<Member>,
    turn: AtomicUsize,
}

struct Member {
    endpoint: Endpoint,
    state: watch::Receiver<State>,
}

/// The channel as the client library takes it. The connections live as long as it or a clone does.
pub(super) fn open(endpoints: Vec<Endpoint>, connect_timeout: Duration) -> etcd_client::Channel {
    let members = endpoints.into_iter().map(|endpoint| {
        let (state_tx, state) = watch::channel(State::Beginning);
        tokio::spawn(keep(endpoint.clone(), connect_timeout, state_tx));
        Member { endpoint, state }
    });
    let members = Arc::new(Members { members: members.collect(), turn: AtomicUsize::new(0) });
    let service = tower::service_fn(move |request| {
        let members = Arc::clone(&members);
        async move { members.send(request).await.map_err(|status| -> tower::BoxError { Box::new(status) }) }
    });
    etcd_client::Channel::Custom(BoxCloneSyncService::new(service))
}

/// Keeps one endpoint connected for as long as somebody may ask for it.
async fn keep(endpoint: Endpoint, connect_timeout: Duration, state_tx: watch::Sender<State>) {
    let mut backoff = Backoff::default();
    loop {
        let connecting = async {
            let stream = endpoint.connect().await?;
            link::begin(stream).await
        };
        let began = Instant::now();
        let connected = tokio::select! {
            connected = timeout(connect_timeout, connecting) => connected,
            () = state_tx.closed() => return,
        };
        let cause = match connected {
            Ok(Ok((link, driver))) => {
                let refused = Arc::clone(&link.refused);
                // A task of its own: it goes on for the requests under way when no more can be sent.
                let driving = tokio::spawn(driver);
                state_tx.send_replace(State::Connected(link));
                tokio::select! {
                    ended = driving => ended.map_or_else(|error| error.to_string(), why_ended),
                    () = refused.notified() => "the member takes no more requests on this connection".to_owned(),
                    () = state_tx.closed() => return,
                }
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer in {connect_timeout:?}"),
        };
        let away = NeverSent { endpoint: endpoint.authority.to_string(), cause: cause.into() };
        state_tx.send_replace(State::Away(away));
        if began.elapsed() > PROVEN {
            backoff = Backoff::default();
        }
        tokio::select! {
            () = backoff.wait() => {}
            () = state_tx.closed() => return,
        }
    }
}

fn why_ended(ended: io::Result<()>) -> String {
    ended.map_or_else(|error| error.to_string(), |()| "the member closed the connection".to_owned())
}

impl Members {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (endpoint, mut link) = self.connected().await.map_err(not_sent)?;
        let counted = link.count();
        let (mut parts, mut body) = request.into_parts();
        parts.uri = absolute(endpoint, parts.uri)?;
        parts.headers.insert(USER_AGENT, HeaderValue::from_static(concat!("trueup/", env!("CARGO_PKG_VERSION"))));
        // Most requests are one message that is there already; only what is still being made needs a task.
        let first = body.frame().now_or_never();
        let second = if matches!(first, Some(Some(Ok(_)))) { body.frame().now_or_never() } else { None };
        let (answer, mut stream) = link.requests.send_request(Request::from_parts(parts, ()), false).map_err(|error| {
            link.refused.notify_one();
            not_sent(NeverSent { endpoint: endpoint.authority.to_string(), cause: error.to_string().into() })
        })?;
        match (first, second) {
            (Some(Some(Ok(message))), Some(None)) => {
                // A failure here is that of the connection, which the answer tells.
                let _ = stream.send_data(message.into_data().unwrap_or_default(), true);
            }
            (first, second) => drop(tokio::spawn(pass_on(stream, [first, second].into_iter().flatten().collect(), body))),
        }
        let broken = |error: h2::Error| Status::unavailable(format!("the connection to {} broke: {error}", endpoint.authority));
        let response = answer.await.map_err(broken)?;
        Ok(response.map(|stream| Body::new(Answer { stream, _counted: counted, read: false })))
    }

    /// An endpoint that is connected, each in its turn; waits while the first connections are being made.
    async fn connected(&self) -> Result<(&Endpoint, Link), NeverSent> {
        loop {
            // What changes from here on ends the wait below.
            let mut states: Vec<watch::Receiver<State>> = Vec::new();
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let mut away = None;
            for index in 0..self.members.len() {
                let member = &self.members[(turn + index) % self.members.len()];
                match &*member.state.borrow() {
                    State::Connected(link) => return Ok((&member.endpoint, link.clone())),
                    State::Away(never) => away = Some(never.clone()),
                    State::Beginning => states.push(member.state.clone()),
                }
            }
            match away {
                Some(never) if states.is_empty() => return Err(never),
                _ => first_settled(&mut states).await?,
            }
        }
    }
}

/// Waits until one endpoint is connected or away.
async fn first_settled(states: &mut [watch::Receiver<State>]) -> Result<(), NeverSent> {
    let settled = states.iter_mut().map(|state| Box::pin(state.wait_for(|state| !matches!(state, State::Beginning))));
    match select_all(settled).await.0 {
        Ok(_) => Ok(()),
        Err(_) => Err(NeverSent { endpoint: "etcd".to_owned(), cause: "the runtime is shutting down".into() }),
    }
}

fn not_sent(never: NeverSent) -> Status {
    let mut status = Status::unavailable(never.to_string());
    status.set_source(Arc::new(never));
    status
}

/// The URI with the endpoint's scheme and authority.
fn absolute(endpoint: &Endpoint, path: Uri) -> Result<Uri, Status> {
    let mut parts = path.into_parts();
    (parts.scheme, parts.authority) = (Some(endpoint.scheme.clone()), Some(endpoint.authority.clone()));
    Uri::from_parts(parts).map_err(|error| Status::internal(error.to_string()))
}

type Piece = Option<Result<Frame<Bytes>, Status>>;

/// Sends a body that is made as time goes by, until it or the stream ends.
async fn pass_on(mut stream: SendStream<Bytes>, early: Vec<Piece>, mut body: Body) {
    let mut early = early.into_iter();
    loop {
        let piece = match early.next() {
            Some(piece) => piece,
            None => tokio::select! {
                piece = body.frame() => piece,
                _ = std::future::poll_fn(|cx| stream.poll_reset(cx)) => return,
            },
        };
        match piece {
            Some(Ok(frame)) => {
                if stream.send_data(frame.into_data().unwrap_or_default(), false).is_err() {
                    return;
                }
            }
            Some(Err(_)) => return stream.send_reset(Reason::CANCEL),
            None => return drop(stream.send_data(Bytes::new(), true)),
        }
    }
}

/// The body of an answer.
struct Answer {
    stream: RecvStream,
    _counted: UnderWay,
    /// All of it but the trailers.
    read: bool,
}

impl Answer {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if !self.read {
            if let Some(data) = ready!(self.stream.poll_data(cx)) {
                let data = data?;
                self.stream.flow_control().release_capacity(data.len())?;
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            self.read = true;
        }
        Poll::Ready(ready!(self.stream.poll_trailers(cx))?.map(|trailers| Ok(Frame::trailers(trailers))))
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let broken = |error: h2::Error| Status::unavailable(format!("the connection broke: {error}"));
        self.poll_next(cx).map(|frame| frame.map(|frame| frame.map_err(broken)))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }
}
