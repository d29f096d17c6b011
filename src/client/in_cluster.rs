//! The server that a pod belongs to, and the service account that it has there.
//!
//! Receives what the kubelet tells a pod by variables and files, hands on a configuration (client-go's `rest.InClusterConfig`). Invariant: nothing of
//! the environment is read here but the files of one folder.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::bearer::{Bearer, BearerError};
use crate::ambient::Ambient;

/// What a pod is told of its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCluster {
    /// The server's host, as in `KUBERNETES_SERVICE_HOST`; addresses of IPv6 have no brackets there.
    pub host: String,
    /// The server's port, as in `KUBERNETES_SERVICE_PORT`; empty where that is not set.
    pub port: String,
    /// The namespace by `POD_NAMESPACE`, which counts before that of the folder.
    pub namespace: Option<String>,
    /// Where `token`, `ca.crt` and `namespace` are.
    pub folder: PathBuf,
}

impl InCluster {
    /// Where the kubelet puts the files of a service account.
    pub const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
}

/// Why a pod's service account cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InClusterError {
    /// The port is not told.
    #[error("KUBERNETES_SERVICE_HOST is set, but KUBERNETES_SERVICE_PORT is not")]
    NoPort,
    /// The server's address makes no URL.
    #[error("KUBERNETES_SERVICE_HOST {host:?} and KUBERNETES_SERVICE_PORT {port:?} are not a server's address")]
    Address {
        /// The host.
        host: String,
        /// The port.
        port: String,
    },
    /// There is no token.
    #[error(transparent)]
    Token(BearerError),
    /// The authorities of the cluster cannot be read.
    #[error("cannot read certificates from {}: {source}", .path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The pod's server and what is shown there. The token and the authorities are read again as they change.
pub(super) fn configuration(pod: &InCluster, ambient: Ambient) -> Result<(kube::Config, Bearer), InClusterError> {
    let mut config = kube::Config::new(url(&pod.host, &pod.port)?);
    let bearer = Bearer::file(pod.folder.join("token"), ambient).map_err(InClusterError::Token)?;
    let path = pod.folder.join("ca.crt");
    config.root_cert = match certificates(&path) {
        Ok(certificates) => Some(certificates),
        Err(source) => return Err(InClusterError::Authority { path, source }),
    };
    config.root_cert_file = Some(path);
    config.default_namespace = namespace(pod);
    Ok((config, bearer))
}

fn url(host: &str, port: &str) -> Result<http::Uri, InClusterError> {
    if port.is_empty() {
        return Err(InClusterError::NoPort);
    }
    let fail = || InClusterError::Address { host: host.to_owned(), port: port.to_owned() };
    let port: u16 = port.parse().map_err(|_| fail())?;
    let authority = match host.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    };
    http::Uri::builder().scheme("https").authority(authority).path_and_query("/").build().map_err(|_| fail())
}

fn certificates(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let nothing = || io::Error::new(io::ErrorKind::InvalidData, "it holds no certificate in PEM");
    let pem = std::fs::read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).map(|one| one.map(|one| one.to_vec())).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(nothing)
}

/// The pod's namespace; as in client-go, one that nobody tells is `default`.
fn namespace(pod: &InCluster) -> String {
    let told = pod.namespace.clone().or_else(|| std::fs::read_to_string(pod.folder.join("namespace")).ok());
    told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(folder: &Path) -> InCluster {
        InCluster { host: "10.0.0.1".to_owned(), port: "443".to_owned(), namespace: None, folder: folder.to_owned() }
    }

    #[test]
    fn the_server_s_address_may_be_of_ipv6() {
        let of = |host: &str, port: &str| url(host, port).map(|url| url.to_string()).map_err(|error| error.to_string());
        assert_eq!(of("10.0.0.1", "443"), Ok("https://10.0.0.1:443/".to_owned()));
        assert_eq!(of("fd00:10:96::1", "6443"), Ok("https://[fd00:10:96::1]:6443/".to_owned()));
        assert_eq!(of("kubernetes.default.svc", "443"), Ok("https://kubernetes.default.svc:443/".to_owned()));
        assert_eq!(of("10.0.0.1", ""), Err("KUBERNETES_SERVICE_HOST is set, but KUBERNETES_SERVICE_PORT is not".to_owned()));
        let no_address = |host: &str, port: &str| {
            Err(format!("KUBERNETES_SERVICE_HOST {host:?} and KUBERNETES_SERVICE_PORT {port:?} are not a server's address"))
        };
        assert_eq!(of("10.0.0.1", "tcp://10.0.0.1:443"), no_address("10.0.0.1", "tcp://10.0.0.1:443"));
        assert_eq!(of("a b", "443"), no_address("a b", "443"));
        assert_eq!(of("10.0.0.1", "65536"), no_address("10.0.0.1", "65536"));
    }

    #[test]
    fn the_namespace_is_the_pod_s_by_variable_then_by_file() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(namespace(&pod(folder.path())), "default");
        std::fs::write(folder.path().join("namespace"), "shop\n").expect("written");
        assert_eq!(namespace(&pod(folder.path())), "shop");
        assert_eq!(namespace(&InCluster { namespace: Some("web".to_owned()), ..pod(folder.path()) }), "web");
        std::fs::write(folder.path().join("namespace"), "\n").expect("written");
        assert_eq!(namespace(&pod(folder.path())), "default");
    }

    #[test]
    fn a_file_that_is_missing_or_holds_nothing_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = || {
            let error = configuration(&pod(folder.path()), Ambient::system()).map(drop).expect_err("something is missing");
            error.to_string().replace(folder.path().to_str().expect("text"), "FOLDER")
        };
        assert_eq!(told(), "cannot read a token from FOLDER/token: No such file or directory (os error 2)");
        std::fs::write(folder.path().join("token"), "\n").expect("written");
        assert_eq!(told(), "cannot read a token from FOLDER/token: it is empty");
        std::fs::write(folder.path().join("token"), "t").expect("written");
        assert_eq!(told(), "cannot read certificates from FOLDER/ca.crt: No such file or directory (os error 2)");
        std::fs::write(folder.path().join("ca.crt"), "none").expect("written");
        assert_eq!(told(), "cannot read certificates from FOLDER/ca.crt: it holds no certificate in PEM");
    }
}
