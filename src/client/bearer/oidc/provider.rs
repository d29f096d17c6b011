//! Asking an identity provider for new tokens: OpenID Connect's discovery, then OAuth 2.0's refresh (RFC 6749, section 6).
//!
//! Receives the provider's settings and a refresh-token, hands on new tokens. Invariant: errors hold what the provider said and nothing that was
//! sent to it.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use reqwest::{RequestBuilder, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;

use super::{LoginProblem, Tokens, setting};
use crate::client::error::classify;
use crate::client::proxy::Proxy;
use crate::client::remote::http_client;

const ISSUER: &str = "idp-issuer-url";
const CLIENT_ID: &str = "client-id";
const CLIENT_SECRET: &str = "client-secret";
const AUTHORITY: &str = "idp-certificate-authority";
const AUTHORITY_DATA: &str = "idp-certificate-authority-data";

/// Longer answers are cut off: nothing that is needed is so long.
const MOST_READ: usize = 1 << 20;
/// More of what a provider says is no message.
const MOST_SAID: usize = 200;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An identity provider and who one is to it.
pub(super) struct IdentityProvider {
    issuer: String,
    client_id: String,
    /// Empty where there is none.
    client_secret: String,
    client: reqwest::Client,
    proxy: Option<Proxy>,
}

/// How a client says who it is: providers want the one or the other, and do not say which.
#[derive(Clone, Copy)]
enum Manner {
    Header,
    Form,
}

/// What a refresh brings.
#[derive(Deserialize)]
struct Renewed {
    id_token: Option<String>,
    refresh_token: Option<String>,
}

/// What a provider says that refuses.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

impl IdentityProvider {
    /// Reads the settings.
    pub(super) fn new(settings: &HashMap<String, String>) -> Result<Self, LoginProblem> {
        let needed = |name| Some(setting(settings, name)).filter(|value| !value.is_empty()).ok_or(LoginProblem::Missing(name));
        let (issuer, client_id) = (needed(ISSUER)?, needed(CLIENT_ID)?);
        let bad_issuer = |problem: String| LoginProblem::Setting { setting: ISSUER, problem };
        let url: http::Uri = issuer.parse().map_err(|error| bad_issuer(format!("{issuer:?} is no URL: {error}")))?;
        if !matches!(url.scheme_str(), Some("http" | "https")) {
            return Err(bad_issuer(format!("{issuer:?} does not begin with https://")));
        }
        let mut config = kube::Config::new(url);
        config.root_cert = authority(settings)?;
        let client = http_client(&config, |builder| builder.timeout(PATIENCE)).map_err(|error| bad_issuer(error.to_string()))?;
        let proxy = Proxy::of(&config);
        Ok(Self { issuer, client_id, client_secret: setting(settings, CLIENT_SECRET), client, proxy })
    }

    /// New tokens for an old refresh-token, which may stay good or not.
    pub(super) async fn renew(&self, refresh_token: &str) -> Result<Tokens, LoginProblem> {
        let url = self.token_endpoint().await?;
        let renewed = match self.ask(&url, refresh_token, Manner::Header).await? {
            Ok(renewed) => renewed,
            Err(first) => match self.ask(&url, refresh_token, Manner::Form).await? {
                Ok(renewed) => renewed,
                // A provider that knew the client the first time has more to say of the token then.
                Err(second) => {
                    let said = if first.starts_with(GRANT) { first } else { second };
                    return Err(LoginProblem::Refused { url, said });
                }
            },
        };
        let id = renewed.id_token.filter(|token| !token.is_empty()).ok_or(LoginProblem::NoIdToken(url))?;
        let refresh = renewed.refresh_token.filter(|token| !token.is_empty()).unwrap_or_else(|| refresh_token.to_owned());
        Ok(Tokens { id, refresh })
    }

    /// Where tokens are given (OpenID Connect Discovery 1.0, section 4).
    async fn token_endpoint(&self) -> Result<String, LoginProblem> {
        #[derive(Deserialize)]
        struct Metadata {
            #[serde(default)]
            token_endpoint: String,
        }
        let url = format!("{}/.well-known/openid-configuration", self.issuer.strip_suffix('/').unwrap_or(&self.issuer));
        let (status, body) = self.answer(&url, self.client.get(&url)).await?;
        let useless = |problem: String| LoginProblem::NoDiscovery { url: url.clone(), problem };
        if status != StatusCode::OK {
            return Err(useless(with_first_line(status, &body)));
        }
        let metadata: Metadata = serde_json::from_slice(&body).map_err(|error| useless(format!("it is no JSON of that kind: {error}")))?;
        Some(metadata.token_endpoint).filter(|url| !url.is_empty()).ok_or_else(|| useless("it names no token_endpoint".to_owned()))
    }

    /// Asks for new tokens once; the inner error is what the provider said against it.
    async fn ask(&self, url: &str, refresh_token: &str, manner: Manner) -> Result<Result<Renewed, String>, LoginProblem> {
        let form = self.form(refresh_token, manner);
        let mut request = self.client.post(url).header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        if matches!(manner, Manner::Header) {
            // RFC 6749, section 2.3.1: both are encoded as in a form first.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(encoded(&self.client_id), Some(encoded(&self.client_secret)));
        }
        let (status, body) = self.answer(url, request).await?;
        Ok(match serde_json::from_slice(&body) {
            Ok(renewed) if status.is_success() => Ok(renewed),
            _ => Err(said(status, &body)),
        })
    }

    async fn answer(&self, url: &str, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), LoginProblem> {
        let unreachable = |error: reqwest::Error| {
            let why = classify(&*Proxy::blame(self.proxy.as_ref(), error.without_url())).to_string();
            LoginProblem::Unreachable { url: url.to_owned(), why }
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let (status, mut body) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_READ {
                body.truncate(MOST_READ);
                break;
            }
        }
        Ok((status, body))
    }

    fn form(&self, refresh_token: &str, manner: Manner) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", refresh_token);
        if matches!(manner, Manner::Form) {
            form.append_pair("client_id", &self.client_id);
            if !self.client_secret.is_empty() {
                form.append_pair("client_secret", &self.client_secret);
            }
        }
        form.finish()
    }
}

/// The error of RFC 6749 that is about the refresh-token and not about the client.
const GRANT: &str = "invalid_grant";

/// The authorities that the provider's certificate is checked against; `None` for the system's.
fn authority(settings: &HashMap<String, String>) -> Result<Option<Vec<Vec<u8>>>, LoginProblem> {
    let bad = |setting, problem: String| LoginProblem::Setting { setting, problem };
    let (path, data) = (setting(settings, AUTHORITY), setting(settings, AUTHORITY_DATA));
    let (name, pem) = if !data.is_empty() {
        (AUTHORITY_DATA, STANDARD.decode(data).map_err(|error| bad(AUTHORITY_DATA, format!("it is not base64: {error}")))?)
    } else if !path.is_empty() {
        (AUTHORITY, std::fs::read(&path).map_err(|error| bad(AUTHORITY, format!("cannot read {path}: {error}")))?)
    } else {
        return Ok(None);
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).map(|one| one.map(|one| one.to_vec())).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(Some(certificates)),
        _ => Err(bad(name, "it holds no certificate in PEM".to_owned())),
    }
}

/// What a provider said against giving a token.
fn said(status: StatusCode, body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Ok(Refusal { error, error_description: Some(description) }) => shortened(&format!("{error}: {description}")),
        Ok(Refusal { error, error_description: None }) => shortened(&error),
        // What was given instead of tokens may hold some.
        Err(_) if status.is_success() => format!("{status}, without tokens that can be read"),
        Err(_) => with_first_line(status, body),
    }
}

fn with_first_line(status: StatusCode, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match text.trim().lines().next() {
        None => status.to_string(),
        Some(line) => format!("{status}: {}", shortened(line)),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MOST_SAID).collect()
}
