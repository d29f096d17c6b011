//! One address of the cluster: how it is written, and how a connection to it is made.
//!
//! Receives URLs and the files for TLS, hands on byte streams. Invariant: where TLS is asked for nothing is sent without it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use http::uri::{Authority, Scheme, Uri};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::super::StoreError;
use super::{EtcdOptions, EtcdTls};

/// What goes over the network, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One address, with all that is needed to connect to it.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// The addresses of the options, in their order.
pub(super) fn endpoints(options: &EtcdOptions) -> Result<Vec<Endpoint>, StoreError> {
    let connector = match &options.tls {
        Some(tls) => Some(TlsConnector::from(Arc::new(client_config(tls)?))),
        None => None,
    };
    let endpoints: Vec<Endpoint> = options.endpoints.iter().map(|url| endpoint(url, connector.as_ref())).collect::<Result<_, _>>()?;
    if endpoints.is_empty() { Err(StoreError::Failed("no endpoint of the etcd is given".to_owned())) } else { Ok(endpoints) }
}

/// A URL, or a host and port alone, which mean TLS exactly where its files are given.
fn endpoint(url: &str, connector: Option<&TlsConnector>) -> Result<Endpoint, StoreError> {
    // Not repeated: what stands before the sign may be a password.
    if url.contains('@') {
        return Err(StoreError::Failed("an endpoint of the etcd names a user: give the user with --etcd-user".to_owned()));
    }
    let unusable = |why: String| StoreError::Failed(format!("{url:?} is no endpoint of an etcd: {why}"));
    let written = if url.contains("://") { url.to_owned() } else { format!("{}://{url}", connector.map_or("http", |_| "https")) };
    let parts = written.parse::<Uri>().map_err(|error| unusable(error.to_string()))?.into_parts();
    let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else { return Err(unusable("it names no host".to_owned())) };
    if parts.path_and_query.is_some_and(|path| path != "/") {
        return Err(unusable("it has a path, and an etcd has none".to_owned()));
    }
    let tls = match (scheme.as_str(), connector) {
        ("http", None) => None,
        ("http", Some(_)) => return Err(unusable("the files for TLS are of use with https alone".to_owned())),
        ("https", Some(connector)) => {
            let name = ServerName::try_from(host(&authority).to_owned()).map_err(|error| unusable(error.to_string()))?;
            Some((connector.clone(), name))
        }
        ("https", None) => {
            return Err(StoreError::Failed(format!("{url} needs the file with the certificate authority of the etcd servers")));
        }
        (other, _) => return Err(unusable(format!("its scheme is {other}, not http or https"))),
    };
    Ok(Endpoint { scheme, authority, tls })
}

/// The host without the brackets of an IPv6 address.
fn host(authority: &Authority) -> &str {
    authority.host().trim_start_matches('[').trim_end_matches(']')
}

impl Endpoint {
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let port = self.authority.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let tcp = TcpStream::connect((host(&self.authority), port)).await?;
        // Whole requests are written at once; waiting to fill packets would only delay them.
        tcp.set_nodelay(true)?;
        Ok(match &self.tls {
            Some((connector, name)) => Box::new(connector.connect(name.clone(), tcp).await?),
            None => Box::new(tcp),
        })
    }
}

fn client_config(tls: &EtcdTls) -> Result<ClientConfig, StoreError> {
    let unusable = |path: &Path, why: String| StoreError::Failed(format!("{} cannot be used: {why}", path.display()));
    let mut roots = RootCertStore::empty();
    if let Some(ca) = &tls.ca {
        for certificate in certificates(ca)? {
            roots.add(certificate).map_err(|error| unusable(ca, error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| StoreError::Failed(error.to_string()))?.with_root_certificates(roots);
    let mut config = match &tls.identity {
        Some((certificate, key)) => {
            let read = PrivateKeyDer::from_pem_slice(&read_file(key)?).map_err(|error| unusable(key, error.to_string()))?;
            let config = builder.with_client_auth_cert(certificates(certificate)?, read);
            config.map_err(|error| unusable(certificate, error.to_string()))?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let text = read_file(path)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    read.map_err(|error| StoreError::Failed(format!("{} cannot be used: {error}", path.display())))
}

fn read_file(path: &Path) -> Result<Vec<u8>, StoreError> {
    std::fs::read(path).map_err(|error| StoreError::Failed(format!("cannot read {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(urls: &[&str]) -> Result<Vec<String>, String> {
        let shown = |endpoint: &Endpoint| format!("{} {} {}", endpoint.scheme, host(&endpoint.authority), endpoint.authority);
        let endpoints = endpoints(&EtcdOptions::new(urls.iter().copied())).map_err(|error| error.to_string())?;
        Ok(endpoints.iter().map(shown).collect())
    }

    #[test]
    fn a_host_and_port_alone_are_an_endpoint() {
        let expected = ["http a a:2379", "http b b:1", "http ::1 [::1]:2379"].map(str::to_owned).to_vec();
        assert_eq!(of(&["a:2379", "http://b:1/", "http://[::1]:2379"]), Ok(expected));
    }

    #[test]
    fn what_is_no_endpoint_is_named() {
        for (urls, why) in [
            (&["ftp://a"][..], "its scheme is ftp"),
            (&["http://a b"][..], "is no endpoint"),
            (&["https://a:1"][..], "needs the file with the certificate authority"),
            (&["http://a:1/registry"][..], "it has a path"),
            (&["http://a:1/?x"][..], "it has a path"),
            (&[][..], "no endpoint"),
        ] {
            let refused = of(urls).expect_err("refused");
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_user_in_an_endpoint_is_refused_and_not_repeated() {
        for url in ["http://ann:hunter2@a:2379", "ann:hunter2@a:2379", "http://hunter2@a b", "ftp://ann:hunter2@a"] {
            let refused = of(&[url]).expect_err("refused");
            assert!(refused.contains("--etcd-user") && !refused.contains("hunter2"), "{refused}");
        }
    }
}
