//! Certificates that are renewed while they are served.
//!
//! Receives the certificates of a start; hands on to the TLS side which one to show, for each handshake anew. Invariant: what is shown was
//! signed by the authority of the start, which is the one that clients were given.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::kubeconfig;
use super::pki::{Pair, Pki};

/// How long between two looks at how long the certificates last. They are renewed two months before their end, so that many may fail.
const BETWEEN: Duration = Duration::from_secs(12 * 3600);

/// The certificate that is shown to clients.
#[derive(Debug)]
pub(super) struct Serving(RwLock<Arc<CertifiedKey>>);

impl Serving {
    /// Errors where the pair is none.
    pub(super) fn new(pair: &Pair) -> Result<Self, String> {
        Ok(Self(RwLock::new(certified(pair)?)))
    }

    /// Shows another one from the next handshake on. Errors where the pair is none, and goes on as before.
    fn show(&self, pair: &Pair) -> Result<(), String> {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = certified(pair)?;
        Ok(())
    }
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(pair: &Pair) -> Result<Arc<CertifiedKey>, String> {
    let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).map_err(|error| error.to_string())?;
    let certified = CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider());
    certified.map(Arc::new).map_err(|error| error.to_string())
}

/// What keeps the certificates of one server from coming to their end.
pub(super) struct Renewal {
    /// Where the certificates are kept.
    pub(super) directory: PathBuf,
    /// What the server is reached by.
    pub(super) addresses: Vec<IpAddr>,
    /// The certificates that count now.
    pub(super) pki: Pki,
    /// Where the one for clients is shown.
    pub(super) serving: Arc<Serving>,
    /// The administrator's kubeconfig.
    pub(super) kubeconfig: PathBuf,
    /// The server's URL in it.
    pub(super) url: String,
}

impl Renewal {
    /// Looks after the certificates for ever.
    pub(super) async fn keep(mut self) {
        loop {
            tokio::time::sleep(BETWEEN).await;
            // Keys are made and files are locked there.
            let looked = tokio::task::spawn_blocking(move || {
                self.look();
                self
            });
            match looked.await {
                Ok(renewal) => self = renewal,
                Err(error) => return tracing::error!(%error, "certificates are no longer renewed before a restart"),
            }
        }
    }

    /// Has what ends soon renewed, and shows it. What fails is logged, and tried again at the next look.
    pub(super) fn look(&mut self) {
        if self.pki.lasts() {
            return;
        }
        let directory = self.directory.display();
        let renewed = match Pki::open(&self.directory, &self.addresses) {
            Ok(renewed) if renewed.ca == self.pki.ca => renewed,
            Ok(_) => {
                return tracing::warn!(%directory, "the certificates are of another authority by now; restart the server to serve them");
            }
            Err(error) => return tracing::warn!(%error, "the certificates end soon and could not be renewed"),
        };
        if let Err(error) = self.serving.show(&renewed.serving) {
            return tracing::warn!(error, "the renewed certificate cannot be served");
        }
        if let Err(error) = kubeconfig::write(&self.kubeconfig, &self.url, &renewed) {
            tracing::warn!(%error, "the administrator's kubeconfig keeps a certificate that ends soon");
        }
        self.pki = renewed;
        tracing::info!(%directory, "the certificates were renewed");
    }
}
