//! HTTPS with HTTP/1.1 and HTTP/2 in front of the API.
//!
//! Receives connections and finds out who is at their other end; hands requests to the API. Invariant: the identity of a request is that
//! of its bearer token where it carries one, else that of the connection's client certificate, else anonymous; a bad token is refused
//! and never treated as none.

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
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::pki::Pki;
use super::request_body::RequestBody;
use crate::api::{Api, Body};
use crate::auth::{Identity, TokenFile};

/// How long a client may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long requests under way get to finish at a stop.
const DRAIN: Duration = Duration::from_millis(1500);

/// How many connections are served at once; more wait to be accepted. Each takes some 50 KiB for TLS and HTTP, so that strangers, who
/// need no credentials to connect, take half a gigabyte at most. Clients share few connections among many requests.
const CONNECTIONS_MOST: usize = 10_000;

/// A bound socket that does not answer yet.
pub struct Listener {
    tcp: TcpListener,
    tls: TlsAcceptor,
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
        let config = tls_config(pki).map_err(ListenError::Tls)?;
        let tcp = TcpListener::bind(address).await.map_err(|source| ListenError::Bind { address, source })?;
        Ok(Self { tcp, tls: TlsAcceptor::from(Arc::new(config)), tokens })
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
        if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
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
        let (tls, tokens, api) = (self.tls.clone(), Arc::clone(&self.tokens), api.clone());
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            let _slot = slot;
            // Answers are small and complete; waiting to fill packets would only delay them.
            let _ = stream.set_nodelay(true);
            let handshake = tokio::time::timeout(HANDSHAKE, tls.accept(stream));
            let shaken = tokio::select! {
                shaken = handshake => shaken,
                // Who has not asked for anything yet is not waited for.
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            let stream = match shaken {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => return tracing::debug!("a TLS handshake took too long"),
            };
            let holder = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).and_then(certificate_identity);
            let service = service_fn(move |request| answer(api.clone(), Arc::clone(&tokens), holder.clone(), request));
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new());
            builder.http2().timer(TokioTimer::new()).max_concurrent_streams(1000).keep_alive_interval(Some(Duration::from_secs(30)));
            let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(error, "a connection ended with an error");
            }
        });
    }
}

async fn answer(
    api: Api,
    tokens: Arc<TokenFile>,
    holder: Option<Identity>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let identity = match bearer(&request) {
        Some(token) => match tokens.identity(token) {
            Some(holder) => Some(holder.clone()),
            None => api.token_holder(token).await,
        },
        None => Some(holder.unwrap_or_else(Identity::anonymous)),
    };
    let (parts, body) = request.into_parts();
    let mut body = RequestBody::new(body);
    let response = match identity {
        Some(identity) => api.handle(&identity, Request::from_parts(parts, &mut body)).await,
        None => api.refuse_credentials(),
    };
    body.drain().await;
    Ok(response)
}

fn bearer<B>(request: &Request<B>) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The user is the certificate's common name, the groups are its organisations.
fn certificate_identity(certificate: &CertificateDer<'_>) -> Option<Identity> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let user = parsed.subject().iter_common_name().next()?.as_str().ok()?.to_owned();
    let groups: Vec<String> = parsed.subject().iter_organization().filter_map(|group| group.as_str().ok().map(str::to_owned)).collect();
    Some(Identity::new(&user, groups))
}

fn tls_config(pki: &Pki) -> Result<ServerConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pki.ca.as_bytes()) {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).allow_unauthenticated().build();
    let verifier = verifier.map_err(|error| error.to_string())?;
    let chain = CertificateDer::pem_slice_iter(pki.serving.certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| error.to_string())?;
    let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(pki.serving.key.as_bytes()).map_err(|error| error.to_string())?;
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let mut config = config.with_client_cert_verifier(verifier).with_single_cert(chain, key).map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
