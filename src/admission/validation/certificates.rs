//! Requests for certificates: what is asked, and who may answer through which path.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/>.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use x509_parser::error::X509Error;
use x509_parser::oid_registry::{OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_RSAENCRYPTION};
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509CertificationRequest};

use super::field::{Faults, Field};
use super::names::signer;
use super::written::Written;

/// The shortest time a certificate may be asked for, in seconds: ten minutes.
const SHORTEST: i64 = 600;

const LEGACY_SIGNER: &str = "kubernetes.io/legacy-unknown";

/// The conditions that decide, once and for good.
const DECISIONS: [&str; 2] = ["Approved", "Denied"];
const FINAL: [&str; 3] = ["Approved", "Denied", "Failed"];

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// The spec never changes, so it is judged once.
pub(super) fn request(written: Written<'_>, faults: &mut Faults) {
    if written.before.is_some() {
        return;
    }
    let spec = written.at("spec");
    if let Err(why) = read_request(spec.at("request").text()) {
        faults.invalid(&spec.at("request"), &why);
    }
    let usages = spec.at("usages");
    if usages.is_empty() {
        faults.required(&usages, "");
    }
    let mut seen = HashSet::new();
    for usage in usages.items() {
        if !USAGES.contains(&usage.text()) {
            faults.not_supported(&usage, &USAGES);
        }
        faults.once(&usage, &mut seen);
    }
    let name = spec.at("signerName");
    match name.text() {
        "" => faults.required(&name, ""),
        LEGACY_SIGNER => faults.invalid(&name, "the legacy signerName is not allowed via this API version"),
        _ => signer(&name, faults),
    }
    if spec.at("expirationSeconds").number().is_some_and(|seconds| seconds < SHORTEST) {
        faults.invalid(&spec.at("expirationSeconds"), "may not specify a duration less than 600 seconds (10 minutes)");
    }
}

fn read_request(text: &str) -> Result<(), String> {
    let decoded = STANDARD.decode(text).unwrap_or_default();
    let block = Pem::iter_from_buffer(&decoded).find_map(Result::ok).filter(|block| block.label == "CERTIFICATE REQUEST");
    let block = block.ok_or("PEM block type must be CERTIFICATE REQUEST")?;
    let read = X509CertificationRequest::from_der(&block.contents);
    let (_, request) = read.map_err(|error| format!("malformed certificate request: {error}"))?;
    match request.verify_signature() {
        Ok(()) => Ok(()),
        Err(X509Error::SignatureUnsupportedAlgorithm) => match request.certification_request_info.subject_pki.algorithm.algorithm {
            // Rarer hashes, paddings and curves of keys that Kubernetes knows are for the signer to judge.
            ref key if *key == OID_PKCS1_RSAENCRYPTION || *key == OID_KEY_TYPE_EC_PUBLIC_KEY => Ok(()),
            _ => Err("x509: cannot verify signature: algorithm unimplemented".to_owned()),
        },
        Err(_) => Err("the request is not signed by its own key".to_owned()),
    }
}

/// Through `approval` decisions are made; through `status` certificates are issued, and other conditions set.
pub(super) fn status(written: Written<'_>, subresource: &str, faults: &mut Faults) {
    let (status, had) = (written.at("status"), written.had("status").unwrap_or(Field::root("status", None)));
    let list = status.at("conditions");
    conditions(&list, faults);
    for kind in FINAL {
        if of_type(&status, kind).count() < of_type(&had, kind).count() {
            faults.forbidden(&list, &format!("updates may not remove a condition of type {kind:?}"));
        }
    }
    if subresource == "approval" {
        return;
    }
    for kind in DECISIONS {
        let (now, then) = (of_type(&status, kind).count(), of_type(&had, kind).count());
        if now > then {
            faults.forbidden(&list, &format!("updates may not add a condition of type {kind:?}"));
        } else if now == then && !of_type(&status, kind).eq(of_type(&had, kind)) {
            faults.forbidden(&list, &format!("updates may not modify a condition of type {kind:?}"));
        }
    }
    issued(&status.at("certificate"), &had.at("certificate"), faults);
}

fn issued(certificate: &Field<'_, '_>, had: &Field<'_, '_>, faults: &mut Faults) {
    if certificate.is_empty() && had.is_empty() || certificate.value == had.value {
        return;
    }
    if !had.is_empty() {
        return faults.forbidden(certificate, "updates may not modify existing certificate content");
    }
    if let Err(why) = read_certificates(certificate.text()) {
        faults.invalid_hidden(certificate, "<certificate data>", &why);
    }
}

fn read_certificates(text: &str) -> Result<(), String> {
    let decoded = STANDARD.decode(text).unwrap_or_default();
    let mut blocks = 0;
    for block in Pem::iter_from_buffer(&decoded).map_while(Result::ok) {
        if block.label != "CERTIFICATE" {
            return Err(format!("only CERTIFICATE PEM blocks are allowed, found {:?}", block.label));
        }
        X509Certificate::from_der(&block.contents).map_err(|error| format!("malformed certificate: {error}"))?;
        blocks += 1;
    }
    if blocks == 0 { Err("must contain at least one CERTIFICATE PEM block".to_owned()) } else { Ok(()) }
}

fn conditions(list: &Field<'_, '_>, faults: &mut Faults) {
    let (mut seen, mut decided) = (HashSet::new(), HashSet::new());
    for condition in list.items() {
        let (kind, status) = (condition.at("type"), condition.at("status"));
        faults.present(&kind);
        let allowed: &[&str] = if FINAL.contains(&kind.text()) { &["True"] } else { &["False", "True", "Unknown"] };
        faults.required_one_of(&status, allowed);
        if DECISIONS.contains(&kind.text()) {
            decided.insert(kind.text());
            if decided.len() > 1 {
                faults.invalid(&kind, "Approved and Denied conditions are mutually exclusive");
            }
        }
        faults.once(&kind, &mut seen);
    }
}

fn of_type<'v>(status: &Field<'_, 'v>, kind: &'v str) -> impl Iterator<Item = &'v Value> {
    let list = status.value.get("conditions").and_then(Value::as_array);
    list.into_iter().flatten().filter(move |condition| condition.get("type").and_then(Value::as_str) == Some(kind))
}
