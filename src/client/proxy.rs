//! The proxy between a client and its server, for when it is the one that fails.
//!
//! Receives a configuration, hands on which proxy its requests take and, for a failed one, whether the proxy is to blame. Invariant: who logs in at the
//! proxy is not told.

use hyper_util::client::proxy::matcher::Matcher;
use tower::BoxError;

use super::error::{Unreachable, classify};
use super::remote::is_loopback;

/// A proxy, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    address: String,
    named_by: &'static str,
}

/// A request that came no further than its proxy.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub(super) struct ProxyError {
    /// What became of it.
    pub(super) why: Unreachable,
    #[source]
    source: reqwest::Error,
}

impl Proxy {
    /// The proxy that requests take: the configuration's, or that of the environment.
    pub(super) fn of(config: &kube::Config) -> Option<Self> {
        if let Some(url) = &config.proxy_url {
            return Some(Self { address: without_login(url), named_by: "proxy-url in the kubeconfig" });
        }
        if is_loopback(&config.cluster_url) {
            return None;
        }
        let found = Matcher::from_system().intercept(&config.cluster_url)?;
        Some(Self { address: without_login(found.uri()), named_by: "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY" })
    }

    /// Blames the proxy, if there is one and no connection went through it.
    pub(super) fn blame(proxy: Option<&Self>, error: reqwest::Error) -> BoxError {
        let Some(proxy) = proxy.filter(|_| error.is_connect()) else { return error.into() };
        let problem = match classify(&error) {
            // With whom TLS is spoken, that is the server.
            Unreachable::Tls(_) => return error.into(),
            Unreachable::Other(text) if text.ends_with(NO_CONNECTION) => "cannot be reached".to_owned(),
            Unreachable::Other(text) => format!("does not lead there: {text}"),
            why => format!("cannot be reached: {why}"),
        };
        let why = Unreachable::Proxy { address: proxy.address.clone(), named_by: proxy.named_by, problem };
        ProxyError { why, source: error }.into()
    }
}

/// How hyper-util words that a proxy of SOCKS cannot be connected to; why, it keeps to itself.
const NO_CONNECTION: &str = "failed to create underlying connection";

fn without_login(url: &http::Uri) -> String {
    let (scheme, host) = (url.scheme_str().unwrap_or("http"), url.host().unwrap_or_default());
    let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{host}{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logs_in_at_the_proxy_is_not_told() {
        let mut config = kube::Config::new("https://kube.test:6443".parse().expect("a URL"));
        config.proxy_url = Some("http://ann:secret@[fd00::1]:3128/".parse().expect("a URL"));
        let proxy = Proxy::of(&config).expect("a proxy");
        assert_eq!((proxy.address.as_str(), proxy.named_by), ("http://[fd00::1]:3128", "proxy-url in the kubeconfig"));
    }
}
