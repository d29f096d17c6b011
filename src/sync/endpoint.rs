//! The port on which probes and Prometheus ask how it is going.
//!
//! Receives connections, hands on what [`Status`] says. Invariant: nothing can be changed through it, and a client that says nothing holds
//! no more than a connection, of which there are only so many.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::status::Status;

/// How many connections are served at once; more wait.
const CONNECTIONS_MOST: usize = 64;
/// How long a client may take to say what it wants.
const ASKED_WITHIN: Duration = Duration::from_secs(10);
/// What the metrics are written in.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers `/healthz`, `/readyz` and `/metrics` until it is dropped.
pub async fn answer_on(listener: TcpListener, status: Arc<Status>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MOST));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, as a rule: trying again at once would only burn time.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let status = Arc::clone(&status);
        tokio::spawn(async move {
            let service = service_fn(|request: Request<hyper::body::Incoming>| {
                let answer = answer(request.method(), request.uri().path(), &status);
                async { Ok::<_, Infallible>(answer) }
            });
            let mut protocol = http1::Builder::new();
            protocol.timer(TokioTimer::new()).header_read_timeout(ASKED_WITHIN);
            // A client that goes away early is nobody's concern.
            let _ = protocol.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}

fn answer(method: &Method, path: &str, status: &Status) -> Response<Full<Bytes>> {
    const PLAIN: &str = "text/plain; charset=utf-8";
    let (code, kind, body) = match path {
        "/healthz" | "/readyz" | "/metrics" if ![Method::GET, Method::HEAD].contains(method) => {
            (StatusCode::METHOD_NOT_ALLOWED, PLAIN, "only GET and HEAD\n".to_owned())
        }
        "/healthz" => (StatusCode::OK, PLAIN, "ok\n".to_owned()),
        "/readyz" => match status.unready() {
            None => (StatusCode::OK, PLAIN, "ok\n".to_owned()),
            Some(why) => (StatusCode::SERVICE_UNAVAILABLE, PLAIN, why + "\n"),
        },
        "/metrics" => (StatusCode::OK, OPEN_METRICS, status.metrics()),
        _ => (StatusCode::NOT_FOUND, PLAIN, "there are /healthz, /readyz and /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = code;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Reading;

    #[test]
    fn probes_are_answered_and_nothing_else_is() {
        let status = Status::default();
        let code = |method: Method, path: &str| answer(&method, path, &status).status().as_u16();
        assert_eq!([code(Method::GET, "/healthz"), code(Method::GET, "/readyz"), code(Method::GET, "/metrics")], [200, 503, 200]);
        status.ran(&Reading::default());
        assert_eq!([code(Method::GET, "/readyz"), code(Method::POST, "/readyz"), code(Method::GET, "/")], [200, 405, 404]);
    }
}
