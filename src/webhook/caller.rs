//! The calls themselves: one client for each webhook, which keeps its connections.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use kube::client::ConfigExt as _;
use tokio::time::Instant;

use super::config::{Address, ClientConfig};
use super::trust;
use crate::client::{install_ring, is_loopback};

/// The largest answer that is read, in bytes.
const ANSWER_MOST: usize = 64 << 20;

/// How many clients are kept. Definitions change and leave theirs behind.
const KEPT: usize = 64;

/// How much of an answer that is no success is told.
const TOLD: usize = 256;

/// Why a webhook gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It lies behind a Service that does not say where.
    #[error("Post {url:?}: {why}")]
    Unresolved {
        /// What was to be asked.
        url: String,
        /// What is missing.
        why: String,
    },
    /// The certificates that it is trusted by, or the address, cannot be used.
    #[error("cannot prepare a connection to {url}: {why}")]
    Prepare {
        /// The webhook.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The request did not get through, or its answer did not come back in time.
    #[error("Post {url:?}: {}", in_words(.source))]
    Send {
        /// What was asked.
        url: String,
        /// What went wrong.
        #[source]
        source: reqwest::Error,
    },
    /// It answered, but not with success.
    #[error("the server responded with the status code {}: {body}", .code.as_u16())]
    Refused {
        /// The status.
        code: StatusCode,
        /// The beginning of what it said.
        body: String,
    },
    /// It answered without end.
    #[error("the answer is larger than {ANSWER_MOST} bytes")]
    TooLarge,
}

impl CallError {
    /// Whether there was no connection, so that the webhook cannot have been asked.
    #[must_use]
    pub fn is_unconnected(&self) -> bool {
        matches!(self, Self::Send { source, .. } if source.is_connect())
    }
}

/// The webhooks that were called, the newest last.
#[derive(Debug, Default)]
pub struct Webhooks(Mutex<VecDeque<(Way, reqwest::Client)>>);

/// A webhook, and where it is at the moment if it lies behind a Service.
type Way = (ClientConfig, Option<SocketAddr>);

impl Webhooks {
    /// Sends a JSON document and answers with the one that comes back. The webhook is told how long it has. One behind a Service is
    /// asked `at` the address of one of the Service's endpoints, under the Service's name.
    ///
    /// Errors where there is no answer until `deadline`, the end of `timeout`, or one that is not 2xx.
    pub async fn post(
        &self,
        config: &ClientConfig,
        at: Option<SocketAddr>,
        document: Bytes,
        timeout: Duration,
        deadline: Instant,
    ) -> Result<Bytes, CallError> {
        let url = url(&config.address, timeout);
        let client = self.client(config, at).await?;
        let failed = |source: reqwest::Error| CallError::Send { url: url.clone(), source: source.without_url() };
        let json = "application/json";
        let mut request = client.post(dialled(&config.address, at, &url)).header(CONTENT_TYPE, json).header(ACCEPT, json);
        if let Address::Service { namespace, name, port, .. } = &config.address {
            request = request.header(HOST, format!("{name}.{namespace}.svc:{port}"));
        }
        let request = request.body(document).timeout(deadline.saturating_duration_since(Instant::now()));
        let mut response = request.send().await.map_err(failed)?;
        let code = response.status();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_MOST {
                return Err(CallError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        if code.is_success() {
            return Ok(body.freeze());
        }
        let told = String::from_utf8_lossy(&body[..body.len().min(TOLD)]).trim().to_owned();
        Err(CallError::Refused { code, body: told })
    }

    async fn client(&self, config: &ClientConfig, at: Option<SocketAddr>) -> Result<reqwest::Client, CallError> {
        let way = (config.clone(), at);
        if let Some(client) = find(&self.lock(), &way) {
            return Ok(client);
        }
        // Reads the system's certificates where the webhook brings none.
        let building = tokio::task::spawn_blocking(move || (build(&way.0, way.1), way));
        let prepare = |why: String| CallError::Prepare { url: config.address.to_string(), why };
        let (built, way) = building.await.map_err(|error| prepare(error.to_string()))?;
        let client = built.map_err(prepare)?;
        let mut clients = self.lock();
        // Who was faster has connections by now.
        if let Some(client) = find(&clients, &way) {
            return Ok(client);
        }
        if clients.len() >= KEPT {
            clients.pop_front();
        }
        clients.push_back((way, client.clone()));
        Ok(client)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Way, reqwest::Client)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(clients: &VecDeque<(Way, reqwest::Client)>, way: &Way) -> Option<reqwest::Client> {
    clients.iter().find(|(known, _)| known == way).map(|(_, client)| client.clone())
}

/// What is asked of a webhook that has so long to answer.
pub(super) fn url(address: &Address, timeout: Duration) -> String {
    let url = match address {
        Address::Url(url) => with_single_slashes(url),
        service @ Address::Service { .. } => service.to_string(),
    };
    format!("{url}?timeout={}s", timeout.as_secs())
}

/// The URL with the port of the endpoint in the place of the Service's.
fn dialled(address: &Address, at: Option<SocketAddr>, url: &str) -> String {
    match (address, at) {
        (Address::Service { namespace, name, port, .. }, Some(at)) => {
            let host = format!("{name}.{namespace}.svc:");
            url.replacen(&format!("{host}{port}"), &format!("{host}{}", at.port()), 1)
        }
        _ => url.to_owned(),
    }
}

/// The URL with one slash where its path has several in a row, as Go's client asks for it; the test servers of operators are told one
/// with two and answer such a path with a redirect.
fn with_single_slashes(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let mut path = String::with_capacity(url.len());
    for character in rest.chars() {
        if character != '/' || !path.ends_with('/') {
            path.push(character);
        }
    }
    format!("{scheme}://{path}")
}

fn build(config: &ClientConfig, at: Option<SocketAddr>) -> Result<reqwest::Client, String> {
    install_ring();
    let url: http::Uri = config.address.to_string().parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let mut tls = match &config.ca_bundle {
        Some(bundle) => trust::tls(bundle)?,
        None => kube::Config::new(url.clone()).rustls_client_config().map_err(|error| error.to_string())?,
    };
    tls.alpn_protocols = match at {
        None => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        // As kube-apiserver does: the host that is told is not the one that is dialled.
        Some(_) => vec![b"http/1.1".to_vec()],
    };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .https_only(true)
        .tls_backend_preconfigured(tls);
    match (config.address.service_host(), at) {
        (Some(host), Some(at)) => builder = builder.resolve(&host, at).no_proxy(),
        _ if is_loopback(&url) => builder = builder.no_proxy(),
        _ => {}
    }
    builder.build().map_err(|error| in_words(&error))
}

/// An error with what caused it, since the outermost says least.
fn in_words(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let told = inner.to_string();
        if !words.ends_with(&told) {
            words = format!("{words}: {told}");
        }
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_in_a_row_are_one() {
        assert_eq!(with_single_slashes("https://[::1]:9443//mutate///pods"), "https://[::1]:9443/mutate/pods");
        assert_eq!(with_single_slashes("https://example.com"), "https://example.com");
    }

    #[test]
    fn an_endpoint_is_dialled_at_its_own_port_under_the_name_of_the_service() {
        let service = Address::Service { namespace: "ops".to_owned(), name: "hook".to_owned(), port: 443, path: "/m".to_owned() };
        let asked = url(&service, Duration::from_secs(3));
        assert_eq!(asked, "https://hook.ops.svc:443/m?timeout=3s");
        let at = "10.0.0.7:9443".parse().ok();
        assert_eq!(dialled(&service, at, &asked), "https://hook.ops.svc:9443/m?timeout=3s");
    }

    #[tokio::test]
    async fn of_too_many_webhooks_the_oldest_is_forgotten() {
        let certificate = rcgen::generate_simple_self_signed(vec!["hook.example.com".to_owned()]).expect("a certificate").cert.pem();
        let config = |number: usize| ClientConfig {
            address: Address::Url(format!("https://hook.example.com/{number}")),
            ca_bundle: Some(certificate.clone()),
        };
        let webhooks = Webhooks::default();
        for number in 0..=KEPT {
            webhooks.client(&config(number), None).await.expect("a client");
            webhooks.client(&config(number), None).await.expect("the same client");
        }
        let known: Vec<ClientConfig> = webhooks.lock().iter().map(|((config, _), _)| config.clone()).collect();
        assert_eq!(known, (1..=KEPT).map(config).collect::<Vec<_>>());
    }
}
