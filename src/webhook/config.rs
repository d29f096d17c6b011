//! Where a webhook is and whom it is trusted as: the `clientConfig` that definitions and webhook configurations carry.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The port of a Service where none is named.
const SERVICE_PORT: u16 = 443;

/// The address of a webhook and the certificates by which it is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientConfig {
    /// Where it is.
    pub address: Address,
    /// PEM certificates that it may present or be signed by; `None` asks for what the system trusts.
    pub ca_bundle: Option<String>,
}

/// Where a webhook is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// At a URL.
    Url(String),
    /// Behind a Service, which says where it is at the moment of a call.
    Service {
        /// The namespace of the Service.
        namespace: String,
        /// Its name.
        name: String,
        /// Its port.
        port: u16,
        /// The path of the URL, with its slash or empty.
        path: String,
    },
}

impl ClientConfig {
    /// The URL that is asked where the webhook has so long to answer.
    #[must_use]
    pub fn url(&self, timeout: Duration) -> String {
        super::caller::url(&self.address, timeout)
    }

    /// Reads a `clientConfig` that was found to be valid; `None` where it names no place.
    #[must_use]
    pub fn read(config: &Value) -> Option<Self> {
        let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        let address = match (text(config, "url"), config.get("service").filter(|service| service.is_object())) {
            (Some(url), _) => Address::Url(url),
            (None, Some(service)) => Address::Service {
                namespace: text(service, "namespace").unwrap_or_default(),
                name: text(service, "name").unwrap_or_default(),
                port: service.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok()).unwrap_or(SERVICE_PORT),
                path: text(service, "path").unwrap_or_default(),
            },
            (None, None) => return None,
        };
        Some(Self { address, ca_bundle: bundle(config) })
    }
}

/// The PEM text of `caBundle`; one with nothing but white space is as good as none.
#[must_use]
pub fn bundle(config: &Value) -> Option<String> {
    let encoded = config.get("caBundle").and_then(Value::as_str)?;
    let decoded = STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8_lossy(&decoded).into_owned();
    (!text.trim().is_empty()).then_some(text)
}

impl Address {
    /// The name that the webhook's certificate must have, where it lies behind a Service.
    pub(super) fn service_host(&self) -> Option<String> {
        match self {
            Self::Url(_) => None,
            Self::Service { namespace, name, .. } => Some(format!("{name}.{namespace}.svc")),
        }
    }
}

/// As a URL; that of a Service is the one that pods would use.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Service { namespace, name, port, path } => {
                let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
                write!(f, "https://{name}.{namespace}.svc:{port}{slash}{path}")
            }
        }
    }
}

/// What is wrong with the URL of a webhook, in the words of kube-apiserver; empty where nothing is.
#[must_use]
pub fn url_faults(url: &str) -> Vec<&'static str> {
    const SCHEME: &str = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
    const HOST: &str = "host must be specified; desired format: https://host[/path]";
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let mut faults = Vec::new();
    let mut find = |found: bool, fault| faults.extend(found.then_some(fault));
    find(scheme != "https", SCHEME);
    find(scheme == "https" && (authority.is_empty() || url.parse::<http::Uri>().is_err()), HOST);
    find(authority.contains('@'), "user information is not permitted in the URL");
    find(rest.contains('#'), "fragments are not permitted in the URL");
    find(rest.split('#').next().unwrap_or_default().contains('?'), "query parameters are not permitted in the URL");
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_url_wins_nothing_but_https() {
        assert!(url_faults("https://example.com:8443/convert").is_empty());
        assert!(url_faults("https://[::1]:8443").is_empty());
        for bad in ["http://example.com", "example.com", "https://", "https://u:p@example.com", "https://a/?b=c", "https://a/#b"] {
            assert_eq!(url_faults(bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_bundle_of_white_space_is_none() {
        let of = |text: &str| bundle(&json!({"caBundle": STANDARD.encode(text)}));
        assert_eq!((of(" \n"), of("x").as_deref()), (None, Some("x")));
        assert_eq!(ClientConfig::read(&json!({})), None);
        let service = ClientConfig::read(&json!({"service": {"name": "hook", "namespace": "ops"}})).expect("a place");
        assert_eq!(service.address.to_string(), "https://hook.ops.svc:443");
        let service = json!({"service": {"name": "hook", "namespace": "ops", "port": 8443, "path": "/mutate"}});
        assert_eq!(ClientConfig::read(&service).expect("a place").address.to_string(), "https://hook.ops.svc:8443/mutate");
    }
}
