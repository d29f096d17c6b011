//! The API layer: Kubernetes paths, verbs and documents over the store, and the only part of trueup that touches the store.
//!
//! Receives HTTP requests with the identity of who asks, from the network or from the same process; hands on HTTP responses. Invariant:
//! whatever a client sends is answered with a document or a `Status` that says what was wrong with it; nothing panics.
//!
//! The way of a request: [`route`] reads the path, [`query`] the parameters, [`negotiate`] the form of the answer; then the file named
//! after the verb acts, writes through [`write`] and shows objects through [`view`].

mod allocations;
mod answer;
mod api_services;
mod binding;
mod body;
mod bootstrap;
mod call;
mod catalogs;
mod components;
mod compress;
mod convert;
mod create;
mod decode;
mod definitions;
mod delete;
mod delete_options;
mod delete_rules;
pub mod discovery;
mod dispatch;
mod elsewhere;
mod eviction;
mod expiry;
mod get;
mod health;
mod hooks;
mod json;
mod known_tokens;
mod kubernetes_service;
mod limit_ranges;
mod list;
mod managers;
mod metrics;
mod namespaces;
pub mod negotiate;
mod patch;
mod pod_plugins;
mod priority_classes;
mod protobuf_list;
mod public;
pub mod query;
mod quotas;
mod requesters;
mod review;
mod reviews;
pub mod route;
mod scale;
mod selection;
mod service_families;
mod service_ranges;
mod service_resolver;
mod tokens;
mod update;
mod view;
mod watch;
mod write;

use std::fmt::Display;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::watch as watch_channel;

pub use body::Body;
pub use kubernetes_service::Advertised;
pub use service_ranges::{Network, NodePorts, RangeError, ServiceNetworks, ServiceRanges};

use self::api_services::Registered;
use self::catalogs::Catalogs;
use self::hooks::Configurations;
use self::known_tokens::KnownTokens;
use self::metrics::Metrics;
use self::public::Documents;
use crate::admission::Plugins;
use crate::ambient::Ambient;
use crate::auth::{Identity, TokenFile, TokenKey};
use crate::object::Refusal;
use crate::store::Store;
use crate::store::cache::{Cache, Follower};
use crate::webhook::Webhooks;

/// The largest request body, in bytes; kube-apiserver has the same bound.
pub const BODY_MOST: usize = 3 << 20;

/// The API over one store. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

pub(crate) struct Shared {
    cache: Cache,
    catalogs: Catalogs,
    ambient: Ambient,
    metrics: Metrics,
    documents: Documents,
    service_ranges: ServiceRanges,
    plugins: Plugins,
    webhooks: Webhooks,
    configurations: Configurations,
    stopping: watch_channel::Sender<bool>,
    tokens: OnceLock<Arc<TokenFile>>,
    token_key: OnceLock<Arc<TokenKey>>,
    known_tokens: KnownTokens,
    registered: Registered,
    lookups: namespaces::Lookups,
    ledgers: quotas::Ledgers,
    _follower: Follower,
}

impl Api {
    /// Opens the API over a store and makes sure that the namespaces exist which every cluster has.
    ///
    /// Errors where the store does not answer.
    pub async fn open(store: Arc<dyn Store>, ambient: Ambient) -> Result<Self, Refusal> {
        Self::with_services(store, ambient, ServiceRanges::default()).await
    }

    /// Like [`Api::open`], with addresses and node ports for services of one's own. All servers of a store should have the same.
    pub async fn with_services(store: Arc<dyn Store>, ambient: Ambient, service_ranges: ServiceRanges) -> Result<Self, Refusal> {
        Self::with_plugins(store, ambient, service_ranges, Plugins::default()).await
    }

    /// Like [`Api::with_services`], with admission plugins of one's own choice.
    pub async fn with_plugins(
        store: Arc<dyn Store>,
        ambient: Ambient,
        service_ranges: ServiceRanges,
        plugins: Plugins,
    ) -> Result<Self, Refusal> {
        let (cache, follower) = Cache::open(store).await?;
        let catalogs = Catalogs::open(&cache).await?;
        let api = Self(Arc::new(Shared {
            cache,
            catalogs,
            ambient,
            metrics: Metrics::new(),
            documents: Documents::default(),
            service_ranges,
            plugins,
            webhooks: Webhooks::default(),
            configurations: Configurations::default(),
            stopping: watch_channel::Sender::new(false),
            tokens: OnceLock::new(),
            token_key: OnceLock::new(),
            known_tokens: KnownTokens::default(),
            registered: Registered::default(),
            lookups: namespaces::Lookups::default(),
            ledgers: quotas::Ledgers::default(),
            _follower: follower,
        }));
        bootstrap::namespaces(&api).await?;
        // What was under way when the last server on this store ended.
        definitions::settle_others(&api.0).await?;
        Ok(api)
    }

    /// Makes the priority classes that every cluster has, where they are missing.
    pub async fn make_priority_classes(&self) -> Result<(), Refusal> {
        bootstrap::priority_classes(self).await
    }

    /// Answers one request on behalf of an identity.
    pub async fn handle<B>(&self, identity: &Identity, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Display,
    {
        dispatch::dispatch(&self.0, identity, request).await
    }

    /// Says which tokens there are, for those who ask whose one is (TokenReview). Without it no token is anybody's. The first call counts.
    pub fn know_tokens(&self, tokens: Arc<TokenFile>) {
        let _ = self.0.tokens.set(tokens);
    }

    /// Says with which key tokens of service accounts are signed. Without it there are none. The first call counts.
    pub fn sign_tokens_with(&self, key: Arc<TokenKey>) {
        let _ = self.0.token_key.set(key);
    }

    /// Whose bearer token this is; `None` where it is nobody's, is not meant for this server, or is good no longer.
    ///
    /// Refuses as the store does where that does not tell, so that nobody throws a good token away.
    pub async fn token_holder(&self, token: &str) -> Result<Option<Identity>, Refusal> {
        Ok(tokens::holder(&self.0, token, &[]).await?.map(|holder| holder.identity))
    }

    /// The engine of the store below: `memory`, `sqlite` or `etcd`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.0.cache.store().engine()
    }

    /// Answers a request whose credentials are not good: 401, whatever it asks for.
    #[must_use]
    pub fn refuse_credentials(&self) -> Response<Body> {
        self.refuse(&crate::auth::unauthorized())
    }

    /// Answers a request of which nothing but the refusal is known.
    #[must_use]
    pub fn refuse(&self, refusal: &Refusal) -> Response<Body> {
        answer::Answer::refusal(refusal, negotiate::Encoding::Json, false).into_response(&[])
    }

    /// Ends every watch after what is queued, and answers `/readyz` with a refusal from now on; requests under way go on.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
        self.0.cache.close();
    }
}

/// A JSON body as requests are read; `None` for what is refused.
pub(crate) fn fuzzed_json(bytes: &[u8]) -> Option<serde_json::Value> {
    json::parse(bytes).ok().map(|parsed| parsed.value)
}

/// A document as the options of a deletion.
pub(crate) fn fuzzed_delete_options(document: &serde_json::Value) {
    let _either = delete_options::DeleteOptions::within(document);
}

/// A continue token written anew, with its revision and its place; `None` for what is refused.
pub(crate) fn fuzzed_token(text: &str) -> Option<(String, i64, String)> {
    list::fuzzed_token(text)
}

impl Shared {
    fn stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}
