//! Whether the certificate and the key of a secret belong together, in the words of Go's TLS library, which clients know.
//!
//! Receives secrets; hands on a text that tells nothing of what is in them. Invariant: keys that cannot be read here, as of rare
//! algorithms, are passed over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use x509_parser::der_parser::parse_der;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo, X509Certificate};

use crate::object::Object;

/// What is to be said of a secret for TLS.
pub(super) fn mismatch(secret: &Object) -> Option<String> {
    if secret.root().get("type").is_none_or(|kind| kind != "kubernetes.io/tls") {
        return None;
    }
    let data = |key: &str| {
        let text = secret.get(&["data", key]).and_then(serde_json::Value::as_str).unwrap_or_default();
        STANDARD.decode(text).unwrap_or_default()
    };
    pair(&data("tls.crt"), &data("tls.key")).err()
}

fn pair(certificates: &[u8], keys: &[u8]) -> Result<(), String> {
    let certificate = certificate(certificates)?;
    let key = key(keys)?;
    let (_, certificate) = X509Certificate::from_der(&certificate).map_err(|_| "x509: malformed certificate")?;
    let certified = certificate.public_key();
    let read = PrivateKeyDer::try_from(key.as_slice()).ok().and_then(|key| any_supported_type(&key).ok());
    let Some(signing) = read else {
        return if parse_der(&key).is_ok() { Ok(()) } else { Err("tls: failed to parse private key".to_owned()) };
    };
    let Some(own) = signing.public_key() else { return Ok(()) };
    let Ok((_, public)) = SubjectPublicKeyInfo::from_der(&own) else { return Ok(()) };
    if public.algorithm.algorithm != certified.algorithm.algorithm {
        Err("tls: private key type does not match public key type".to_owned())
    } else if public.subject_public_key != certified.subject_public_key {
        Err("tls: private key does not match public key".to_owned())
    } else {
        Ok(())
    }
}

fn certificate(text: &[u8]) -> Result<Vec<u8>, String> {
    let input = "certificate input";
    first(text, |label| label == "CERTIFICATE").map_err(|skipped| match &skipped[..] {
        [] => format!("tls: failed to find any PEM data in {input}"),
        [only] if only.ends_with("PRIVATE KEY") => {
            format!("tls: failed to find certificate PEM data in {input}, but did find a private key; PEM inputs may have been switched")
        }
        all => after_skipping("\"CERTIFICATE\" PEM block", input, all),
    })
}

fn key(text: &[u8]) -> Result<Vec<u8>, String> {
    let input = "key input";
    first(text, |label| label == "PRIVATE KEY" || label.ends_with(" PRIVATE KEY")).map_err(|skipped| match &skipped[..] {
        [] => format!("tls: failed to find any PEM data in {input}"),
        [only] if only == "CERTIFICATE" => "tls: found a certificate rather than a key in the PEM for the private key".to_owned(),
        all => after_skipping("PEM block with type ending in \"PRIVATE KEY\"", input, all),
    })
}

fn after_skipping(what: &str, input: &str, skipped: &[String]) -> String {
    format!("tls: failed to find {what} in {input} after skipping PEM blocks of the following types: [{}]", skipped.join(" "))
}

/// The first block of this kind, or the labels of all the others.
fn first(text: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<u8>, Vec<String>> {
    let mut skipped = Vec::new();
    for block in Pem::iter_from_buffer(text).map_while(Result::ok) {
        if wanted(&block.label) {
            return Ok(block.contents);
        }
        skipped.push(block.label);
    }
    Err(skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(algorithm: &'static rcgen::SignatureAlgorithm) -> (String, String) {
        let key = rcgen::KeyPair::generate_for(algorithm).expect("a key");
        let parameters = rcgen::CertificateParams::new(["a.b".to_owned()]).expect("parameters");
        (parameters.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
    }

    #[test]
    fn a_certificate_and_a_key_that_do_not_belong_together_are_told_apart() {
        let (certificate, key) = made(&rcgen::PKCS_ECDSA_P256_SHA256);
        let (other, of_other) = made(&rcgen::PKCS_ECDSA_P256_SHA256);
        let (_, edwards) = made(&rcgen::PKCS_ED25519);
        let both = format!("{of_other}{other}");
        for (certificate, key, expected) in [
            (&*certificate, &*key, Ok(())),
            (&certificate, &of_other, Err("tls: private key does not match public key")),
            (&certificate, &edwards, Err("tls: private key type does not match public key type")),
            ("", &key, Err("tls: failed to find any PEM data in certificate input")),
            (&certificate, "x", Err("tls: failed to find any PEM data in key input")),
            (&certificate, &certificate, Err("tls: found a certificate rather than a key in the PEM for the private key")),
            (
                &key,
                &certificate,
                Err("tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have \
                     been switched"),
            ),
            (&both, &both, Ok(())),
        ] {
            assert_eq!(pair(certificate.as_bytes(), key.as_bytes()), expected.map_err(str::to_owned));
        }
    }
}
