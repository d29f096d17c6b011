//! Which certificates prove that a server is the webhook.
//!
//! A bundle holds what signed the webhook's certificate, or that certificate itself, whatever it says of being a CA: users paste both,
//! and kube-apiserver takes both. webpki alone refuses a certificate that vouches for itself.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Whether the PEM text of a bundle can be read. The error says why not.
pub fn check_bundle(bundle: &str) -> Result<(), String> {
    certificates(bundle).map(drop)
}

fn certificates(bundle: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bundle.as_bytes()).collect();
    let certificates = parsed.map_err(|error| format!("unable to parse bytes as PEM block: {error}"))?;
    if certificates.is_empty() {
        return Err("unable to parse bytes as PEM block".to_owned());
    }
    match certificates.iter().find_map(|der| X509Certificate::from_der(der).err()) {
        Some(error) => Err(error.to_string()),
        None => Ok(certificates),
    }
}

/// A TLS configuration that trusts the certificates of a bundle and no others.
pub(super) fn tls(bundle: &str) -> Result<rustls::ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let bundle = Bundle::read(bundle, &provider)?;
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?.dangerous().with_custom_certificate_verifier(Arc::new(bundle));
    Ok(config.with_no_client_auth())
}

#[derive(Debug)]
struct Bundle {
    certificates: Vec<CertificateDer<'static>>,
    chains: Arc<WebPkiServerVerifier>,
}

impl Bundle {
    fn read(bundle: &str, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let certificates = certificates(bundle)?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
        Ok(Self { certificates, chains: chains.map_err(|error| error.to_string())? })
    }

    /// A certificate of the bundle itself needs nobody to vouch for it, but must be valid now and name the host.
    fn verify_own(&self, certificate: &CertificateDer<'_>, host: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
        let unreadable = || Error::InvalidCertificate(CertificateError::BadEncoding);
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| unreadable())?;
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if parsed.validity().not_before.timestamp() > seconds {
            return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
        }
        if parsed.validity().not_after.timestamp() < seconds {
            return Err(Error::InvalidCertificate(CertificateError::Expired));
        }
        rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, host)
    }
}

impl ServerCertVerifier for Bundle {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.certificates.iter().any(|own| own == certificate) {
            return self.verify_own(certificate, host, now).map(|()| ServerCertVerified::assertion());
        }
        self.chains.verify_server_cert(certificate, between, host, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    use super::*;

    struct Made {
        pem: String,
        der: CertificateDer<'static>,
    }

    fn made(certificate: &rcgen::Certificate) -> Made {
        Made { pem: certificate.pem(), der: certificate.der().clone() }
    }

    fn params() -> CertificateParams {
        CertificateParams::new(vec!["hook.example.com".to_owned()]).expect("a name")
    }

    fn self_signed(is_ca: bool) -> Made {
        let mut params = params();
        params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        made(&params.self_signed(&KeyPair::generate().expect("a key")).expect("signed"))
    }

    /// A CA and what it signed.
    fn signed() -> (Made, Made) {
        let mut authority = CertificateParams::new(Vec::new()).expect("no names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = authority.self_signed(&key).expect("signed");
        let leaf = params().signed_by(&KeyPair::generate().expect("a key"), &Issuer::new(authority, key)).expect("signed");
        (made(&certificate), made(&leaf))
    }

    fn verdict(bundle: &str, presented: &Made, host: &str) -> Result<(), Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let bundle = Bundle::read(bundle, &provider).expect("a bundle");
        let host = ServerName::try_from(host.to_owned()).expect("a host");
        bundle.verify_server_cert(&presented.der, &[], &host, &[], UnixTime::now()).map(drop)
    }

    #[test]
    fn a_bundle_may_hold_the_signer_or_the_certificate_itself() {
        let (authority, leaf) = signed();
        for (bundle, presented) in [(&authority.pem, &leaf), (&leaf.pem, &leaf)] {
            verdict(bundle, presented, "hook.example.com").expect("trusted");
        }
        for is_ca in [true, false] {
            let own = self_signed(is_ca);
            verdict(&own.pem, &own, "hook.example.com").expect("trusted");
        }
    }

    #[test]
    fn another_host_or_another_certificate_is_not_trusted() {
        let (own, other) = (self_signed(true), self_signed(true));
        verdict(&own.pem, &own, "other.example.com").expect_err("another host");
        verdict(&own.pem, &other, "hook.example.com").expect_err("another certificate");
    }

    #[test]
    fn an_expired_certificate_is_not_trusted_even_by_itself() {
        let mut params = params();
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        let old = made(&params.self_signed(&KeyPair::generate().expect("a key")).expect("signed"));
        let error = verdict(&old.pem, &old, "hook.example.com").expect_err("expired");
        assert_eq!(error, Error::InvalidCertificate(CertificateError::Expired));
    }

    #[test]
    fn what_is_no_certificate_is_said_to_be_none() {
        assert_eq!(check_bundle("x"), Err("unable to parse bytes as PEM block".to_owned()));
        assert!(check_bundle(&self_signed(false).pem).is_ok());
    }
}
