//! One manifest from a URL.

use std::sync::Arc;
use std::time::Duration;

use super::source::SIZE_MOST;

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
    /// The answer is larger than any manifest should be; the rest of it was not read.
    #[error("cannot be fetched: the answer is too large")]
    TooLarge,
}

impl From<reqwest::Error> for FetchError {
    /// Leaves the URL out, which may let somebody in.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut innermost: &dyn std::error::Error = &error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let reason = if error.is_timeout() { format!("no answer within {} s", PATIENCE.as_secs()) } else { innermost.to_string() };
        Self::Failed { reason, cause: Arc::new(error) }
    }
}

/// Gets what a URL answers, following redirects, within 30 seconds and up to 64 MiB.
pub async fn fetch(url: String) -> Result<Vec<u8>, FetchError> {
    // Fails where a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION"))).build()?;
    let response = client.get(url).send().await?;
    if !response.status().is_success() {
        return Err(FetchError::Refused(response.status()));
    }
    read(response, SIZE_MOST).await
}

/// What was announced is not relied on, as an answer need not say its size and may be compressed.
async fn read(mut response: reqwest::Response, most: usize) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_bound() {
        let answer = || reqwest::Response::from(http::Response::new("0123456789"));
        assert_eq!(read(answer(), 10).await.expect("not larger"), b"0123456789");
        assert_eq!(read(answer(), 9).await.expect_err("larger").to_string(), "cannot be fetched: the answer is too large");
    }
}
