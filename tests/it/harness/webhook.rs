//! A webhook for tests: an HTTPS server on a free port with a certificate of its own.
#![allow(clippy::expect_used, reason = "a panic is how a test fails, in its helpers, too")]

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a webhook makes of a document, with the status that it answers with.
pub(crate) type Answer = dyn Fn(Value) -> (StatusCode, Value) + Send + Sync;

/// A webhook that runs until it is dropped.
pub(crate) struct Webhook {
    /// Where it is.
    pub(crate) url: String,
    /// The port of this machine on which it listens.
    pub(crate) port: u16,
    /// Its own certificate, as `caBundle` carries it. Nothing else has signed it.
    pub(crate) ca_bundle: String,
    asked: Arc<Mutex<Vec<Value>>>,
    task: JoinHandle<()>,
}

impl Webhook {
    pub(crate) async fn start(answer: impl Fn(Value) -> (StatusCode, Value) + Send + Sync + 'static) -> Self {
        Self::start_as("localhost", answer).await
    }

    /// A webhook whose certificate has another name than that of this machine.
    pub(crate) async fn start_as(name: &str, answer: impl Fn(Value) -> (StatusCode, Value) + Send + Sync + 'static) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec![name.to_owned()]).expect("a name").self_signed(&key).expect("signed");
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
            .expect("a certificate and its key");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let url = format!("https://localhost:{port}/convert");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), Arc::new(answer), Arc::clone(&asked)));
        Self { url, port, ca_bundle: STANDARD.encode(certificate.pem()), asked, task }
    }

    /// The documents that came in since the last time.
    pub(crate) fn asked(&self) -> Vec<Value> {
        std::mem::take(&mut *self.asked.lock().expect("no test panics in between"))
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, answer: Arc<Answer>, asked: Arc<Mutex<Vec<Value>>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let (tls, answer, asked) = (tls.clone(), Arc::clone(&answer), Arc::clone(&asked));
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(|request: Request<Incoming>| {
                let (answer, asked) = (Arc::clone(&answer), Arc::clone(&asked));
                async move {
                    let body = request.into_body().collect().await?.to_bytes();
                    let document: Value = serde_json::from_slice(&body).expect("JSON");
                    asked.lock().expect("no test panics in between").push(document.clone());
                    let (code, document) = answer(document);
                    let mut response = Response::new(Full::new(Bytes::from(document.to_string())));
                    *response.status_mut() = code;
                    Ok::<_, hyper::Error>(response)
                }
            });
            // A client that goes away is no failure of the test.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
