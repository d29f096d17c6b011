//! HTTPS with HTTP/1.1 and HTTP/2 in front of the API.
//!
//! Receives connections and finds out who is at their other end; hands requests to the API. Invariant: the identity of a request is that
//! of the connection's client certificate if that is good, else that of its bearer token, else anonymous; who shows nothing but bad
//! credentials is refused and never taken for somebody who shows none.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::client_certificate::{ClientAuthority, Holder};
use super::patience::Patience;
use super::pki::Pki;
use super::plain_http;
use super::renewal::Serving;
use super::request_body::RequestBody;
use super::websocket;
use crate::api::{Api, Body};
use crate::auth::TokenFile;

/// How long a client may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long requests under way get to finish at a stop.
const DRAIN: Duration = Duration::from_millis(1500);

/// How many connections are served at once; more wait to be accepted. Each takes some 50 KiB for TLS and HTTP, and more while a request
/// with large headers comes in. Clients share few connections among many requests.
const CONNECTIONS_MOST: usize = 10_000;

/// How large a request's line and headers may be together; kube-apiserver has the same bound (`MaxHeaderBytes`).
const HEADERS_MOST: u32 = 1 << 20;

/// What Go reads beyond that bound before it refuses a request of HTTP/1.
const SLOP: usize = 4096;

/// A bound socket that does not answer yet.
pub struct Listener {
    tcp: TcpListener,
    tls: TlsAcceptor,
    serving: Arc<Serving>,
    clients: ClientAuthority,
    tokens: Arc<TokenFile>,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, not this machine's, or not allowed.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The reason.
        source: io::Error,
    },
    /// The certificates do not make a TLS server.
    #[error("the server's certificates cannot be used: {0}")]
    Tls(String),
}

impl Listener {
    /// Binds an address; port 0 takes a free one.
    pub async fn bind(address: SocketAddr, pki: &Pki, tokens: Arc<TokenFile>) -> Result<Self, ListenError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients = ClientAuthority::new(&pki.ca, &provider).map_err(ListenError::Tls)?;
        let serving = Arc::new(Serving::new(&pki.serving).map_err(ListenError::Tls)?);
        let config = tls_config(Arc::clone(&serving), &clients, provider).map_err(ListenError::Tls)?;
        let tcp = TcpListener::bind(address).await.map_err(|source| ListenError::Bind { address, source })?;
        Ok(Self { tcp, tls: TlsAcceptor::from(Arc::new(config)), serving, clients, tokens })
    }

    /// The certificate that clients are shown.
    pub(super) fn serving(&self) -> Arc<Serving> {
        Arc::clone(&self.serving)
    }

    /// The address bound.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers connections until `stop` is done, then lets requests under way finish for at most 1.5 s.
    pub async fn serve(self, api: Api, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let stopping = watch::Sender::new(false);
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MOST));
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                accepted = self.accept(&slots) => match accepted {
                    Ok((stream, slot)) => self.begin(stream, slot, &api, &graceful, stopping.subscribe()),
                    // Out of file descriptors, or a client that went at once: neither is a reason to stop.
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                },
                () = &mut stop => break,
            }
        }
        drop(self.tcp);
        stopping.send_replace(true);
        api.stop();
        let finished = async {
            graceful.shutdown().await;
            stopping.closed().await;
        };
        if tokio::time::timeout(DRAIN, finished).await.is_err() {
            tracing::warn!("some requests did not finish in time and were cut off");
        }
    }

    async fn accept(&self, slots: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = self.tcp.accept().await?;
        Ok((stream, slot))
    }

    fn begin(
        &self,
        stream: TcpStream,
        slot: OwnedSemaphorePermit,
        api: &Api,
        graceful: &GracefulShutdown,
        mut stopping: watch::Receiver<bool>,
    ) {
        let (tls, clients, tokens, api) = (self.tls.clone(), self.clients.clone(), Arc::clone(&self.tokens), api.clone());
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            // Answers are small and complete; waiting to fill packets would only delay them.
            let _ = stream.set_nodelay(true);
            let handshake = tokio::time::timeout(HANDSHAKE, shake_hands(stream, &tls));
            let shaken = tokio::select! {
                shaken = handshake => shaken,
                // Who has not asked for anything yet is not waited for.
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            let stream = match shaken {
                Ok(Ok(Some(stream))) => stream,
                Ok(Ok(None)) => return tracing::debug!("a client does not speak TLS"),
                Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => return tracing::debug!("a TLS handshake took too long"),
            };
            let place = Arc::new(Place { _slot: slot, _stopping: stopping });
            let holder = Arc::new(clients.holder(stream.get_ref().1.peer_certificates().unwrap_or_default()));
            let patience = Arc::new(Patience::new());
            let told = Arc::clone(&patience);
            let service = service_fn(move |request| {
                told.asked();
                answer(api.clone(), Arc::clone(&tokens), Arc::clone(&holder), Arc::clone(&told), request, Arc::clone(&place))
            });
            let connection = protocols().serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
            tokio::select! {
                ended = watcher.watch(connection) => {
                    if let Err(error) = ended {
                        tracing::debug!(error, "a connection ended with an error");
                    }
                }
                () = patience.is_over() => tracing::debug!("a client whom nobody knows asked for nothing for too long"),
            }
        });
    }
}

/// What a connection takes as long as it is there, also after it became a WebSocket: one of the slots, and a stop's attention.
struct Place {
    _slot: OwnedSemaphorePermit,
    _stopping: watch::Receiver<bool>,
}

/// The TLS stream; `None` for a client that spoke plain HTTP and was told so.
async fn shake_hands(mut stream: TcpStream, tls: &TlsAcceptor) -> io::Result<Option<TlsStream<TcpStream>>> {
    if plain_http::answer(&mut stream).await? { Ok(None) } else { tls.accept(stream).await.map(Some) }
}

fn protocols() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).max_buf_size(HEADERS_MOST as usize + SLOP);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_header_list_size(HEADERS_MOST).max_concurrent_streams(1000);
    http2.keep_alive_interval(Some(Duration::from_secs(30)));
    builder
}

/// A request that goes on as a WebSocket keeps its connection's place.
async fn answer(
    api: Api,
    tokens: Arc<TokenFile>,
    holder: Arc<Holder>,
    patience: Arc<Patience>,
    mut request: Request<Incoming>,
    place: Arc<Place>,
) -> Result<Response<Body>, Infallible> {
    let now = jiff::Timestamp::now().as_second();
    // A token is not looked at where a certificate has told already.
    let shown = bearer(&request).map(Cow::Borrowed).or_else(|| websocket::bearer(request.headers()).map(Cow::Owned));
    let token = match shown.filter(|_| !holder.is_known(now)) {
        Some(token) => Some(match tokens.identity(&token) {
            Some(user) => Some(user.clone()),
            None => match api.token_holder(&token).await {
                Ok(user) => user,
                Err(refusal) => return Ok(api.refuse(&refusal)),
            },
        }),
        None => None,
    };
    let identity = holder.asks(now, token);
    if identity.as_ref().is_some_and(|identity| !identity.is_anonymous()) {
        patience.known();
    }
    let handshake = websocket::Handshake::of(&mut request);
    let (parts, body) = request.into_parts();
    let mut body = RequestBody::new(body);
    let response = match identity {
        Some(identity) => api.handle(&identity, Request::from_parts(parts, &mut body)).await,
        None => api.refuse_credentials(),
    };
    body.drain().await;
    Ok(match handshake {
        Some(handshake) => handshake.answer(response, place),
        None => response,
    })
}

fn bearer<B>(request: &Request<B>) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(super) fn tls_config(serving: Arc<Serving>, clients: &ClientAuthority, provider: Arc<CryptoProvider>) -> Result<ServerConfig, String> {
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let mut config = config.with_client_cert_verifier(clients.handshake()).with_cert_resolver(serving);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
