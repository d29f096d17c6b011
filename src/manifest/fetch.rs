//! One manifest from a URL.

use std::sync::Arc;
use std::time::Duration;

/// How long the whole answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a URL gave no manifest.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// No connection, no answer in time, or an answer that broke off.
    #[error("cannot be fetched: {reason}")]
    Failed {
        /// The innermost reason.
        reason: String,
        /// The client's error.
        #[source]
        cause: Arc<reqwest::Error>,
    },
    /// The server answered something else than success.
    #[error("cannot be fetched: the server answered {0}")]
    Refused(reqwest::StatusCode),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        let mut innermost: &dyn std::error::Error = &error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let reason = if error.is_timeout() { format!("no answer within {} s", PATIENCE.as_secs()) } else { innermost.to_string() };
        Self::Failed { reason, cause: Arc::new(error) }
    }
}

/// Gets what a URL answers, following redirects, within 30 seconds.
pub async fn fetch(url: String) -> Result<Vec<u8>, FetchError> {
    // Fails where a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION"))).build()?;
    let response = client.get(url).send().await?;
    if !response.status().is_success() {
        return Err(FetchError::Refused(response.status()));
    }
    Ok(response.bytes().await?.to_vec())
}
