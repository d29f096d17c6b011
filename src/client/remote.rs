//! The transport over the network: a kubeconfig (or a bare URL) becomes a client on reqwest.
//!
//! Receives [`RemoteOptions`], hands on a [`Client`]. Everything a kubeconfig can say is read by kube; TLS is rustls with ring.

use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body_util::BodyExt;
use kube::client::middleware::AuthLayer;
use kube::client::{Body, ConfigExt};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use tower::{BoxError, Service, ServiceBuilder};

use super::bearer::{Bearer, BearerError};
use super::in_cluster::{InCluster, InClusterError};
use super::proxy::Proxy;
use super::{Client, Credentials, Target, in_cluster, plugin};
use crate::ambient::Ambient;
use crate::shown_url::shown_url;
use crate::similar::nearest;

/// Where a remote server's address and credentials come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteOptions {
    /// Kubeconfig files in order of precedence; empty for the user's default file.
    pub kubeconfig: Vec<PathBuf>,
    /// The context to use in place of the current one.
    pub context: Option<String>,
    /// The server's URL in place of the kubeconfig's.
    pub server: Option<String>,
    /// Use the service account of the pod this process runs in; the other fields but `namespace` are left aside.
    pub in_cluster: Option<InCluster>,
    /// The default namespace in place of the context's.
    pub namespace: Option<String>,
}

/// Why no client could be made for a remote server; nothing was sent yet.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The kubeconfig could not be read or does not hold what was asked for.
    #[error("cannot use the kubeconfig {files}: {}", in_words(.source))]
    Kubeconfig {
        /// The files, as the user named them.
        files: String,
        /// What is wrong.
        #[source]
        source: Box<KubeconfigError>,
        /// A context of a similar name, where the one asked for does not exist.
        similar: Option<String>,
    },
    /// The server's URL is not one.
    #[error("{url:?} is not a server's URL: {problem}")]
    Url {
        /// The text given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Certificates, keys or credentials could not be made ready.
    #[error("cannot prepare the connection to {url}: {source}")]
    Credentials {
        /// The server.
        url: String,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no token to show.
    #[error("cannot prepare the connection to {url}: {source}")]
    Token {
        /// The server.
        url: String,
        /// Why.
        #[source]
        source: BearerError,
    },
    /// The pod has no service account that could be used.
    #[error("cannot use the service account of this pod: {0}")]
    InCluster(#[source] InClusterError),
}

/// Makes a client for a remote server. Nothing is sent to it, but an exec plugin of the kubeconfig may run, and an identity provider may be asked.
pub async fn connect(options: &RemoteOptions) -> Result<Client, RemoteError> {
    install_ring();
    let Configuration { mut config, context, credentials, bearer } = configuration(options).await?;
    let url = shown_url(&config.cluster_url.to_string());
    if config.cluster_url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(RemoteError::Url { url, problem: "it names a user; credentials belong to a user of the kubeconfig".to_owned() });
    }
    let fail = |source| RemoteError::Credentials { url: url.clone(), source };
    if let Some(bearer) = &bearer {
        // Whoever cannot log in is told so at once.
        bearer.header().await.map_err(|source| RemoteError::Token { url: url.clone(), source })?;
        config.auth_info.exec = None;
    }
    let authorization = config.auth_layer().map_err(|error| fail(plugin::in_words(&config.auth_info, error)))?;
    let mut without_plugin = config.clone();
    if authorization.is_some() {
        // It has brought a token; it would be run again to see whether it brings a certificate.
        without_plugin.auth_info.exec = None;
    }
    let client = prepare(&without_plugin).await.map_err(fail)?;
    let namespace = options.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let network = Network { client, bearer, proxy: Proxy::of(&config).map(Arc::new) };
    let client = wrap(&config, authorization, network, namespace, &url)?;
    Ok(Client::new(client, Target::Remote { url, context }).showing(credentials))
}

/// Whether the user's default kubeconfig exists and names a current context, so that it can be a target without being asked for.
///
/// One that exists and cannot be read counts: to use another target in its place would be a surprise.
#[must_use]
pub fn has_kubeconfig() -> bool {
    match merged(&[]) {
        Ok(config) => config.current_context.is_some_and(|context| !context.is_empty()),
        Err(_) => default_file().is_some_and(|file| file.exists()),
    }
}

/// rustls wants one provider for the process; a second call finds it there.
pub(crate) fn install_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says that another provider is installed, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// What a client is made of.
struct Configuration {
    config: kube::Config,
    /// The name of the context it came from.
    context: Option<String>,
    /// What it shows a server, in words.
    credentials: Credentials,
    /// What brings a token that changes, which `config` knows nothing of.
    bearer: Option<Bearer>,
}

async fn configuration(options: &RemoteOptions) -> Result<Configuration, RemoteError> {
    if let Some(pod) = &options.in_cluster {
        let (config, bearer) = in_cluster::configuration(pod, ambient()).map_err(RemoteError::InCluster)?;
        return Ok(Configuration { config, context: None, credentials: Credentials::of_pod(), bearer: Some(bearer) });
    }
    let bare = options.kubeconfig.is_empty() && options.context.is_none();
    match &options.server {
        Some(url) if bare && !has_kubeconfig() => {
            let config = kube::Config::new(server_url(url)?);
            let credentials = Credentials::of(None, &config.auth_info);
            Ok(Configuration { config, context: None, credentials, bearer: None })
        }
        _ => from_kubeconfig(options).await,
    }
}

fn ambient() -> Ambient {
    Ambient::from_env().unwrap_or_else(|_| Ambient::system())
}

async fn from_kubeconfig(options: &RemoteOptions) -> Result<Configuration, RemoteError> {
    let fail = |source, similar| RemoteError::Kubeconfig { files: files_in_words(&options.kubeconfig), source: Box::new(source), similar };
    let kubeconfig = merged(&options.kubeconfig).map_err(|source| fail(source, None))?;
    let context = options.context.clone().or_else(|| kubeconfig.current_context.clone());
    let named = kubeconfig.contexts.iter().find(|named| Some(&named.name) == context.as_ref());
    let user = named.and_then(|named| named.context.as_ref()?.user.clone());
    let similar = match (&context, named) {
        (Some(context), None) => nearest(context, kubeconfig.contexts.iter().map(|known| known.name.as_str())).map(str::to_owned),
        _ => None,
    };
    let cluster = named.and_then(|named| Some(named.context.as_ref()?.cluster.clone()));
    let cluster = kubeconfig.clusters.iter().find(|known| Some(&known.name) == cluster.as_ref());
    let has_proxy = cluster.and_then(|known| known.cluster.as_ref()?.proxy_url.as_ref()).is_some_and(|proxy| !proxy.is_empty());
    let chosen = KubeConfigOptions { context: options.context.clone(), ..KubeConfigOptions::default() };
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &chosen).await.map_err(|source| fail(source, similar))?;
    if let Some(url) = &options.server {
        config.cluster_url = server_url(url)?;
    }
    if !has_proxy {
        // That of the environment has exceptions, such as NO_PROXY, which reqwest knows.
        config.proxy_url = None;
    }
    let credentials = Credentials::of(user.clone(), &config.auth_info);
    let files = named_files(&options.kubeconfig);
    let bearer = Bearer::of(&user.unwrap_or_default(), &mut config.auth_info, &files, &ambient());
    let bearer = bearer.map_err(|source| RemoteError::Token { url: shown_url(&config.cluster_url.to_string()), source })?;
    Ok(Configuration { config, context, credentials, bearer })
}

/// The files asked for, or the user's own.
fn named_files(files: &[PathBuf]) -> Vec<PathBuf> {
    if files.is_empty() { default_file().into_iter().collect() } else { files.to_vec() }
}

/// Reads and merges kubeconfig files; those that do not exist are passed over, as kubectl does, unless none exists.
fn merged(files: &[PathBuf]) -> Result<Kubeconfig, KubeconfigError> {
    let files = named_files(files);
    let existing: Vec<_> = files.iter().filter(|file| file.exists()).collect();
    let chosen = if existing.is_empty() { files.iter().collect() } else { existing };
    chosen.into_iter().try_fold(Kubeconfig::default(), |whole, file| whole.merge(plugin::beside(file, Kubeconfig::read_from(file)?)))
}

/// What is wrong with a kubeconfig, in the words of who wrote it.
fn in_words(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        KubeconfigError::CurrentContextNotSet => "it has no current context".to_owned(),
        KubeconfigError::LoadContext(name) => format!("it has no context {name:?}"),
        KubeconfigError::LoadClusterOfContext(name) => format!("it has no cluster {name:?}, which the context names"),
        other => other.to_string(),
    }
}

fn default_file() -> Option<PathBuf> {
    etcetera::home_dir().ok().map(|home| home.join(".kube").join("config"))
}

fn files_in_words(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    if names.is_empty() { "~/.kube/config".to_owned() } else { names.join(", ") }
}

/// Reads a server's URL; a bare `host:port` means HTTP, as in kubectl. A bare host is refused: that nobody serves Kubernetes' API
/// without TLS on port 80 makes it a mistake.
fn server_url(text: &str) -> Result<http::Uri, RemoteError> {
    let fail = |problem: String| RemoteError::Url { url: shown_url(text), problem };
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let uri: http::Uri = whole.parse().map_err(|error: http::uri::InvalidUri| fail(error.to_string()))?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) && (whole == text || uri.port().is_some()) => Ok(uri),
        _ => Err(fail("it must begin with http:// or https:// and name a host, or be HOST:PORT".to_owned())),
    }
}

/// A reqwest client as a tower service.
#[derive(Clone)]
struct Network {
    client: reqwest::Client,
    bearer: Option<Bearer>,
    proxy: Option<Arc<Proxy>>,
}

/// A client of one HTTPS server, by the address and the authorities of a configuration, and by what else is asked for.
pub(super) fn http_client(
    config: &kube::Config,
    further: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, BoxError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .tls_backend_preconfigured(tls(config)?);
    if config.proxy_url.is_none() && is_loopback(&config.cluster_url) {
        // As client-go does: the proxy that the environment names cannot know what listens on this machine.
        builder = builder.no_proxy();
    }
    Ok(further(builder).build()?)
}

async fn prepare(config: &kube::Config) -> Result<reqwest::Client, BoxError> {
    // As in client-go, a proxy of SOCKS looks up the server's name by itself: it may be known there alone.
    let proxy = config.proxy_url.as_ref().map(|proxy| reqwest::Proxy::all(proxy.to_string().replacen("socks5://", "socks5h://", 1)));
    let proxy = proxy.transpose()?;
    let resolved = match &config.tls_server_name {
        Some(name) => Some((name, addresses(&config.cluster_url).await?)),
        None => None,
    };
    http_client(config, |mut builder| {
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy);
        }
        if let Some((name, addresses)) = resolved {
            builder = builder.resolve_to_addrs(name, &addresses);
        }
        builder
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .http2_adaptive_window(true)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .http2_keep_alive_while_idle(true)
    })
}

fn tls(config: &kube::Config) -> Result<rustls::ClientConfig, BoxError> {
    let mut tls = config.rustls_client_config()?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

pub(crate) fn is_loopback(url: &http::Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The addresses behind a URL, for a certificate that names another host (`tls-server-name`).
async fn addresses(url: &http::Uri) -> Result<Vec<std::net::SocketAddr>, BoxError> {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_u16().unwrap_or(443);
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

fn wrap(
    config: &kube::Config,
    authorization: Option<AuthLayer>,
    service: Network,
    namespace: String,
    url: &str,
) -> Result<kube::Client, RemoteError> {
    let fail = |source: kube::Error| RemoteError::Credentials { url: url.to_owned(), source: Box::new(source) };
    let mut config = config.clone();
    if let Some(name) = &config.tls_server_name {
        config.cluster_url = with_host(&config.cluster_url, name)
            .map_err(|problem| RemoteError::Url { url: url.to_owned(), problem: format!("tls-server-name {name:?}: {problem}") })?;
    }
    let stack = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(authorization)
        .layer(config.extra_headers_layer().map_err(fail)?)
        .map_err(BoxError::from)
        .service(service);
    Ok(kube::Client::new(stack, namespace))
}

fn with_host(url: &http::Uri, host: &str) -> Result<http::Uri, http::Error> {
    let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    http::Uri::builder().scheme(url.scheme_str().unwrap_or("https")).authority(format!("{host}{port}")).path_and_query(path).build()
}

impl Service<Request<Body>> for Network {
    type Response = Response<reqwest::Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { client, bearer, proxy } = self.clone();
        Box::pin(async move {
            let mut request = request;
            if let Some(bearer) = bearer {
                request.headers_mut().insert(AUTHORIZATION, bearer.header().await?);
            }
            // kube's body is not Sync, which reqwest's must be; request bodies are small and there as a whole.
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let request = reqwest::Request::try_from(Request::from_parts(parts, body))?;
            let answer = client.execute(request).await;
            Ok(answer.map_err(|error| Proxy::blame(proxy.as_deref(), error.without_url()))?.into())
        })
    }
}

#[cfg(test)]
mod tests;
