//! Who is at the other end of a connection, by its client certificate.
//!
//! Receives the certificates that a client showed in the TLS handshake, hands on a [`Holder`]. The handshake asks that the client holds
//! the key of its certificate and no more, as kube-apiserver's does: whether the certificate is good is for the authentication of requests
//! to say, so that a client learns it by a 401 and not by a connection that breaks. Invariant: nobody is [`Holder::Known`] whose
//! certificate the server's authority has not signed for clients.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};

use crate::auth::Identity;

/// The authority whose client certificates are good.
#[derive(Debug, Clone)]
pub(super) struct ClientAuthority(Arc<dyn ClientCertVerifier>);

impl ClientAuthority {
    /// Reads the authority's certificates, in PEM.
    pub(super) fn new(pem: &str, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).allow_unauthenticated().build();
        Ok(Self(verifier.map_err(|error| error.to_string())?))
    }

    /// What the handshake asks of a client.
    pub(super) fn handshake(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::new(KeyHolder(Arc::clone(&self.0)))
    }

    /// Who has shown these certificates, the client's own first. To be asked once for each connection.
    pub(super) fn holder(&self, chain: &[CertificateDer<'_>]) -> Holder {
        let Some((own, intermediates)) = chain.split_first() else { return Holder::Nobody };
        match self.0.verify_client_cert(own, intermediates, UnixTime::now()) {
            Ok(_) => certified(own),
            Err(error) => {
                tracing::info!(%error, "a client certificate is not good");
                Holder::Stranger
            }
        }
    }
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder {
    /// Somebody without a certificate, or whose certificate names nobody.
    Nobody,
    /// A user, until a time in seconds since 1970.
    Known(Identity, i64),
    /// Somebody whose certificate is not good.
    Stranger,
}

impl Holder {
    /// Whether the certificate alone tells who asks.
    pub(super) fn is_known(&self, now: i64) -> bool {
        matches!(self, Self::Known(_, until) if now <= *until)
    }

    /// Who asks on a connection: the first that knows them counts, the certificate or the token, in the order of kube-apiserver. `None`
    /// where there are credentials and none is good. `token` is the token that came with the request and its user, where one did.
    ///
    /// See <https://github.com/kubernetes/apiserver/blob/master/pkg/authentication/request/union/union.go>.
    pub(super) fn asks(&self, now: i64, token: Option<Option<Identity>>) -> Option<Identity> {
        match (self, token) {
            // A connection may outlive the certificate that it began with.
            (Self::Known(identity, until), _) if now <= *until => Some(identity.clone()),
            (_, Some(user)) => user,
            (Self::Nobody, None) => Some(Identity::anonymous()),
            (Self::Known(..) | Self::Stranger, None) => None,
        }
    }
}

/// The user is the certificate's common name, the groups are its organisations.
fn certified(certificate: &CertificateDer<'_>) -> Holder {
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(certificate) else { return Holder::Stranger };
    let Some(user) = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).filter(|name| !name.is_empty()) else {
        return Holder::Nobody;
    };
    let groups: Vec<String> = parsed.subject().iter_organization().filter_map(|group| group.as_str().ok().map(str::to_owned)).collect();
    Holder::Known(Identity::new(user, groups), parsed.validity().not_after.timestamp())
}

/// Takes every certificate whose key the client holds.
#[derive(Debug)]
struct KeyHolder(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for KeyHolder {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Pki;

    fn authority(pki: &Pki) -> ClientAuthority {
        ClientAuthority::new(&pki.ca, &Arc::new(rustls::crypto::ring::default_provider())).expect("an authority")
    }

    fn pki() -> Pki {
        Pki::open(tempfile::tempdir().expect("a directory").path(), &[]).expect("made")
    }

    fn chain(pem: &str) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().expect("certificates")
    }

    #[test]
    fn only_client_certificates_of_the_authority_name_a_user() {
        let (own, other) = (pki(), pki());
        let holder = |pem: &str| authority(&own).holder(&chain(pem));
        let Holder::Known(admin, until) = holder(&own.admin.certificate) else { panic!("the administrator is known") };
        assert_eq!(&*admin.user, "trueup-admin");
        assert!(until > jiff::Timestamp::now().as_second());
        assert_eq!(holder(&other.admin.certificate), Holder::Stranger);
        assert_eq!(holder(&own.serving.certificate), Holder::Stranger, "a server's certificate is none for clients");
        assert_eq!(authority(&own).holder(&[]), Holder::Nobody);
    }

    #[test]
    fn the_first_credential_that_is_good_counts_and_a_bad_one_is_never_none() {
        let (ann, bob) = (Identity::new("ann", []), Identity::new("bob", []));
        let known = Holder::Known(ann.clone(), 100);
        let table = [
            (&known, 100, None, Some(&ann)),
            (&known, 100, Some(Some(&bob)), Some(&ann)),
            (&known, 100, Some(None), Some(&ann)),
            (&known, 101, None, None),
            (&known, 101, Some(Some(&bob)), Some(&bob)),
            (&Holder::Stranger, 0, None, None),
            (&Holder::Stranger, 0, Some(Some(&bob)), Some(&bob)),
            (&Holder::Stranger, 0, Some(None), None),
            (&Holder::Nobody, 0, None, Some(&Identity::anonymous())),
            (&Holder::Nobody, 0, Some(None), None),
        ];
        for (holder, now, token, expected) in table {
            assert_eq!(holder.asks(now, token.map(Option::<&Identity>::cloned)).as_ref(), expected, "{holder:?} at {now} with {token:?}");
        }
    }
}
