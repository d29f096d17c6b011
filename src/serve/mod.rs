//! The composition root: builds store, API, listener and controllers in order, and takes them down in the reverse order.
//!
//! Receives options that are already resolved; runs until it is told to stop. Invariant: a stop ends watches cleanly and lets writes
//! under way finish, and takes less than two seconds.

mod client_certificate;
pub mod in_process;
mod kubeconfig;
mod listener;
mod patience;
mod pki;
mod plain_http;
mod renewal;
mod request_body;
mod websocket;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};

pub use kubeconfig::KubeconfigError;
pub use listener::{ListenError, Listener};
pub use pki::{Pair, Pki, PkiError};

use self::renewal::Renewal;
use crate::admission::Plugins;
use crate::ambient::Ambient;
use crate::api::{Advertised, Api, ServiceRanges};
use crate::auth::{TokenFile, TokenFileError, TokenKey, TokenKeyError};
use crate::object::Refusal;
use crate::store::{Compactor, DEFAULT_COMPACTION_INTERVAL, EtcdOptions, EtcdStore, SqliteOptions, SqliteStore};
use crate::store::{Store, StoreError};

/// Where objects are kept.
#[derive(Debug, Clone)]
pub enum StoreLocation {
    /// In a SQLite file in this directory.
    Local(PathBuf),
    /// In an etcd cluster.
    Etcd(EtcdOptions),
}

impl StoreLocation {
    /// Opens the store. Errors say which store and what stands against it.
    pub async fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Local(directory) => {
                let path = directory.join("trueup.db");
                let opened = tokio::task::spawn_blocking(move || SqliteStore::open(path, &SqliteOptions::default())).await;
                Ok(Arc::new(opened.map_err(|error| StoreError::Failed(error.to_string()))??))
            }
            Self::Etcd(options) => Ok(Arc::new(EtcdStore::connect(options.clone()).await?)),
        }
    }
}

/// What a server is to do.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where objects are kept.
    pub store: StoreLocation,
    /// Where the server's certificates and kubeconfig are kept.
    pub data_directory: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to write the administrator's kubeconfig; `None`: `kubeconfig` in the data directory.
    pub write_kubeconfig: Option<PathBuf>,
    /// A file of static tokens.
    pub token_auth_file: Option<PathBuf>,
    /// Where certificates are kept; `None`: `pki` in the data directory.
    pub certificates: Option<PathBuf>,
    /// How long events stay after they were last written; zero: for ever.
    pub events_live: Duration,
    /// The addresses and node ports that services are given.
    pub services: ServiceRanges,
    /// The admission plugins that act.
    pub plugins: Plugins,
    /// Whether the Service `kubernetes` is kept, with the servers that are alive as its endpoints.
    pub keeps_service: bool,
    /// The address at which others reach the server; `None`: the one listened on, or the machine's where that is every one.
    pub advertise_address: Option<IpAddr>,
}

/// A server that listens.
#[derive(Debug, Clone)]
pub struct Started {
    /// Its base URL.
    pub url: String,
    /// The kubeconfig it wrote.
    pub kubeconfig: PathBuf,
    /// The engine of its store.
    pub engine: &'static str,
    /// The certificate of its authority, as PEM.
    pub root_ca: String,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The API cannot be opened over the store.
    #[error("the API cannot be opened: {0}")]
    Api(#[from] Refusal),
    /// The certificates cannot be read or made.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The tokens cannot be read.
    #[error(transparent)]
    Tokens(#[from] TokenFileError),
    /// The key that signs tokens of service accounts cannot be used.
    #[error("{}: {source}", path.display())]
    TokenKey {
        /// The key's file.
        path: PathBuf,
        /// What is wrong with it.
        source: TokenKeyError,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The kubeconfig cannot be written.
    #[error(transparent)]
    Kubeconfig(#[from] KubeconfigError),
}

/// An API over a store, with the compaction of its history.
pub struct Served {
    /// The API.
    pub api: Api,
    store: Arc<dyn Store>,
    compactor: JoinHandle<()>,
}

impl Served {
    /// Finishes the writes under way and lets go of the store.
    pub async fn close(self) {
        self.compactor.abort();
        self.store.close().await;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.compactor.abort();
    }
}

/// Opens an API in this process, for a command that needs no server or for one that serves.
pub async fn open(location: &StoreLocation, ambient: Ambient, services: ServiceRanges, plugins: Plugins) -> Result<Served, ServeError> {
    let store = location.open().await?;
    let mut compactor = match location {
        StoreLocation::Local(_) => Compactor::with_marks(Arc::clone(&store), ambient.clone()),
        StoreLocation::Etcd(_) => Compactor::new(Arc::clone(&store)),
    };
    compactor.begin(DEFAULT_COMPACTION_INTERVAL).await?;
    let api = Api::with_plugins(Arc::clone(&store), ambient, services, plugins).await?;
    let compactor = tokio::spawn(compactor.run(DEFAULT_COMPACTION_INTERVAL));
    Ok(Served { api, store, compactor })
}

/// Serves until `stop` is done, be it before it has begun. `started` is told once the server answers, with the API for those that run
/// beside it in this process; what it hands back is dropped first at the stop.
pub async fn run<K>(
    options: &ServeOptions,
    ambient: Ambient,
    started: impl FnOnce(&Started, &Api) -> K,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let mut stop = pin!(stop);
    let Ready { listener, served, started_as, renewal } = tokio::select! {
        biased;
        ready = start(options, ambient) => ready?,
        () = &mut stop => return Ok(()),
    };
    let mut renewing = JoinSet::new();
    renewing.spawn(renewal.keep());
    let companions = started(&started_as, &served.api);
    let expiry = expire_events(&served.api, options.events_live);
    let advertised = Advertised { address: advertised_by(options), port: listener.address().map_or(0, |address| address.port()) };
    let mut service = keep_service(&served.api, options.keeps_service, advertised);
    let api = served.api.clone();
    listener
        .serve(served.api.clone(), async move {
            stop.await;
            leave_service(&api, &mut service, advertised).await;
            drop(companions);
        })
        .await;
    drop((expiry, renewing));
    served.close().await;
    Ok(())
}

/// The address under which others find the server, where there is one.
fn advertised_by(options: &ServeOptions) -> Option<IpAddr> {
    options.advertise_address.or_else(|| found_by_others(options.listen.ip()))
}

/// A listener that takes connections, what answers them, and what looks after its certificates.
struct Ready {
    listener: Listener,
    served: Served,
    started_as: Started,
    renewal: Renewal,
}

/// Makes everything ready to serve.
async fn start(options: &ServeOptions, ambient: Ambient) -> Result<Ready, ServeError> {
    let tokens = options.token_auth_file.as_deref().map(TokenFile::read).transpose()?.unwrap_or_default();
    let tokens = Arc::new(tokens);
    let certificates = options.certificates.clone().unwrap_or_else(|| options.data_directory.join("pki"));
    let mut reached_by = vec![options.listen.ip()];
    reached_by.extend(advertised_by(options));
    reached_by.extend(options.keeps_service.then(|| options.services.kubernetes_address()));
    let pki = Pki::open(&certificates, &reached_by)?;
    let token_key = TokenKey::from_pem(&pki.token_key.0);
    let token_key = Arc::new(token_key.map_err(|source| ServeError::TokenKey { path: certificates.join("sa.key"), source })?);
    let bound = async { Ok::<_, ServeError>(Listener::bind(options.listen, &pki, Arc::clone(&tokens)).await?) };
    let (listener, served) = tokio::try_join!(bound, open(&options.store, ambient, options.services.clone(), options.plugins.clone()))?;
    // A webhook that fails must not keep the server from starting, through which alone it can be taken away.
    if let Err(refusal) = served.api.make_priority_classes().await {
        tracing::warn!("the priority classes of the system were not made: {refusal}");
    }
    served.api.know_tokens(tokens);
    served.api.sign_tokens_with(token_key);
    let started_as = announce(options, &listener, &pki, &served)?;
    let (serving, kubeconfig, url) = (listener.serving(), started_as.kubeconfig.clone(), started_as.url.clone());
    let renewal = Renewal { directory: certificates, addresses: reached_by, pki, serving, kubeconfig, url };
    Ok(Ready { listener, served, started_as, renewal })
}

/// Removes old events until what it answers is dropped.
fn expire_events(api: &Api, time_to_live: Duration) -> JoinSet<()> {
    let mut task = JoinSet::new();
    if time_to_live > Duration::ZERO {
        let api = api.clone();
        task.spawn(async move { api.keep_expiring_events(time_to_live).await });
    }
    task
}

/// Keeps the Service `kubernetes` until what it answers is dropped.
fn keep_service(api: &Api, keeps: bool, advertised: Advertised) -> JoinSet<()> {
    let mut task = JoinSet::new();
    if keeps {
        let api = api.clone();
        task.spawn(async move { api.keep_kubernetes_service(advertised).await });
    }
    task
}

/// How long a server that ends tries to say so to the others. They find out by themselves, too.
const FAREWELL: Duration = Duration::from_millis(500);

async fn leave_service(api: &Api, service: &mut JoinSet<()>, advertised: Advertised) {
    if service.is_empty() {
        return;
    }
    service.shutdown().await;
    match tokio::time::timeout(FAREWELL, api.leave_kubernetes_service(advertised)).await {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) => tracing::warn!(%refusal, "the server stays in the endpoints of the service kubernetes for a while"),
        Err(_) => tracing::warn!("the server stays in the endpoints of the service kubernetes for a while: the store does not answer"),
    }
}

/// The address at which others reach a server that listens on this one, where they do.
fn found_by_others(listened: IpAddr) -> Option<IpAddr> {
    if !listened.is_unspecified() {
        return Some(listened).filter(|address| !address.is_loopback());
    }
    // Nothing is sent: the system only says from which address it would send to somebody far away.
    let far: SocketAddr = if listened.is_ipv4() { ([192, 0, 2, 1], 9).into() } else { ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into() };
    let socket = std::net::UdpSocket::bind((listened, 0)).ok()?;
    socket.connect(far).ok()?;
    let own = socket.local_addr().ok()?.ip();
    Some(own).filter(|address| !address.is_loopback() && !address.is_unspecified())
}

fn announce(options: &ServeOptions, listener: &Listener, pki: &Pki, served: &Served) -> Result<Started, ServeError> {
    let address = listener.address().map_err(|source| ListenError::Bind { address: options.listen, source })?;
    let url = format!("https://{}", SocketAddr::new(reachable(address.ip()), address.port()));
    let kubeconfig = options.write_kubeconfig.clone().unwrap_or_else(|| default_kubeconfig(&options.data_directory));
    kubeconfig::write(&kubeconfig, &url, pki)?;
    Ok(Started { url, kubeconfig, engine: served.api.engine(), root_ca: pki.ca.clone() })
}

/// Where a server writes its kubeconfig if it is not told otherwise.
#[must_use]
pub fn default_kubeconfig(data_directory: &Path) -> PathBuf {
    data_directory.join("kubeconfig")
}

/// A server that listens everywhere is reached on this machine.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        other => other,
    }
}
