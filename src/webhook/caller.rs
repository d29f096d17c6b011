//! The calls themselves: one client for each webhook, which keeps its connections.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE};
use kube::client::ConfigExt as _;

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
    /// It lies behind a Service.
    #[error("service {name:?} in namespace {namespace:?} cannot be reached: this server has no network of services; use clientConfig.url")]
    Service {
        /// The namespace of the Service.
        namespace: String,
        /// Its name.
        name: String,
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

/// The webhooks that were called so far.
#[derive(Debug, Default)]
pub struct Webhooks(Mutex<HashMap<ClientConfig, reqwest::Client>>);

impl Webhooks {
    /// Sends a JSON document and answers with the one that comes back. The webhook is told how long it has.
    ///
    /// Errors where there is no answer within `timeout`, or one that is not 2xx.
    pub async fn post(&self, config: &ClientConfig, document: Vec<u8>, timeout: Duration) -> Result<Bytes, CallError> {
        let url = match &config.address {
            Address::Url(url) => format!("{}?timeout={}s", with_single_slashes(url), timeout.as_secs()),
            Address::Service { namespace, name } => {
                return Err(CallError::Service { namespace: namespace.clone(), name: name.clone() });
            }
        };
        let client = self.client(config)?;
        let failed = |source: reqwest::Error| CallError::Send { url: url.clone(), source: source.without_url() };
        let json = "application/json";
        let request = client.post(&url).header(CONTENT_TYPE, json).header(ACCEPT, json).body(document).timeout(timeout);
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

    fn client(&self, config: &ClientConfig) -> Result<reqwest::Client, CallError> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(config) {
            return Ok(client.clone());
        }
        let prepare = |why: String| CallError::Prepare { url: config.address.to_string(), why };
        let client = build(config).map_err(prepare)?;
        if clients.len() >= KEPT {
            clients.clear();
        }
        clients.insert(config.clone(), client.clone());
        Ok(client)
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

fn build(config: &ClientConfig) -> Result<reqwest::Client, String> {
    install_ring();
    let url: http::Uri = config.address.to_string().parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let mut tls = match &config.ca_bundle {
        Some(bundle) => trust::tls(bundle)?,
        None => kube::Config::new(url.clone()).rustls_client_config().map_err(|error| error.to_string())?,
    };
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .https_only(true)
        .tls_backend_preconfigured(tls);
    if is_loopback(&url) {
        builder = builder.no_proxy();
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
}
