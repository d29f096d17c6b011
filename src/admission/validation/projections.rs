//! Volumes that show parts of many sources as files of one folder.
//!
//! See <https://kubernetes.io/docs/concepts/storage/projected-volumes/>.

use super::field::{Faults, Field};
use super::kept::{Kept, Rule, finds};
use super::labels;
use super::mounts::descends_unreserved;
use super::seen::Seen;
use super::volumes::{downward_file, file, mode};
use crate::object::names::{dns_subdomain, qualified_name};

const SOURCES: [&str; 6] = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];

const KEY_TYPES: [&str; 6] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];

/// The shortest life of a certificate, and the longest by signers of others and of Kubernetes itself, in seconds.
const SHORTEST: i64 = 3600;
const LONGEST: i64 = 91 * 24 * 3600;
const LONGEST_OWN: i64 = 24 * 3600;

/// All sources of a volume. No two of them have a file at one path.
pub(super) fn projected(volume: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    mode(&volume.at("defaultMode"), faults);
    let mut paths = Seen::default();
    for source in volume.at("sources").items() {
        for kind in ["secret", "configMap"] {
            entries(volume, &source.at(kind), &mut paths, faults);
        }
        let pod = source.at("downwardAPI");
        for item in pod.at("items").items() {
            downward_file(&pod, &item, faults);
            let path = item.at("path").text();
            free(volume, path, path, &mut paths, faults);
        }
        token(volume, &source.at("serviceAccountToken"), kept, faults);
        bundle(volume, &source.at("clusterTrustBundle"), &mut paths, faults);
        certificate(volume, &source.at("podCertificate"), &mut paths, faults);
        if source.count(&SOURCES) > 1 {
            faults.forbidden(&source, "may not specify more than 1 volume type per source");
        }
    }
}

/// A path that is free; `shown` is what a fault names.
fn free<'v>(volume: &Field<'_, '_>, path: &'v str, shown: &str, paths: &mut Seen<'v>, faults: &mut Faults) {
    if !path.is_empty() && !paths.insert(path) {
        faults.invalid_as(volume, shown, "conflicting duplicate paths");
    }
}

fn entries<'v>(volume: &Field<'_, '_>, source: &Field<'_, 'v>, paths: &mut Seen<'v>, faults: &mut Faults) {
    if source.is_absent() {
        return;
    }
    faults.present(&source.at("name"));
    for item in source.at("items").items() {
        file(&item, faults);
        free(volume, item.at("path").text(), source.at("name").text(), paths, faults);
    }
}

fn token(volume: &Field<'_, '_>, token: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    if token.is_absent() {
        return;
    }
    let seconds = token.at("expirationSeconds");
    match seconds.number() {
        Some(number) if number < 600 => faults.invalid(&seconds, "may not specify a duration less than 10 minutes"),
        Some(number) if number > 1 << 32 => faults.invalid(&seconds, "may not specify a duration larger than 2^32 seconds"),
        _ => {}
    }
    // Upstream tells this path by the place of the volume.
    let shown = volume.at("path");
    let path = Field::root_like(&shown, token.at("path").value);
    if faults.present(&path) && kept.asks(Rule::TokenPaths) {
        descends_unreserved(&path, faults);
    }
}

/// Whether tokens are put outside of their volume.
pub(super) fn has_broken_token_paths(spec: &Field<'_, '_>) -> bool {
    finds(|faults| {
        for volume in spec.at("volumes").items() {
            for source in volume.deep(&["projected", "sources"]).items() {
                let path = source.deep(&["serviceAccountToken", "path"]);
                if !path.is_absent() {
                    descends_unreserved(&path, faults);
                }
            }
        }
    })
}

fn bundle<'v>(volume: &Field<'_, '_>, bundle: &Field<'_, 'v>, paths: &mut Seen<'v>, faults: &mut Faults) {
    if bundle.is_absent() {
        return;
    }
    let (name, signer, selector) = (bundle.at("name"), bundle.at("signerName"), bundle.at("labelSelector"));
    match (name.is_absent(), signer.is_absent()) {
        (false, false) => faults.invalid(bundle, "only one of name and signerName may be used"),
        (false, true) => {
            if name.is_empty() {
                faults.required(&name, "must be a valid object name");
            }
            if let Err(why) = dns_subdomain(&name.text().replace(':', ".")) {
                faults.invalid_as(&name, name.text(), &format!("not a valid clustertrustbundlename: {why}"));
            }
            if !selector.is_absent() {
                faults.invalid(&selector, "labelSelector must be unset if name is specified");
            }
        }
        (true, false) => {
            if signer.is_empty() {
                faults.required(&signer, "must be a valid signer name");
            }
            signer_name(&signer, faults);
            labels::selector(&selector, faults);
        }
        (true, true) => faults.required(bundle, "either name or signerName must be specified"),
    }
    let path = bundle.at("path");
    faults.present(&path);
    descends_unreserved(&path, faults);
    free(volume, path.text(), path.text(), paths, faults);
}

fn certificate<'v>(volume: &Field<'_, '_>, certificate: &Field<'_, 'v>, paths: &mut Seen<'v>, faults: &mut Faults) {
    if certificate.is_absent() {
        return;
    }
    let (signer, kind, life) = (certificate.at("signerName"), certificate.at("keyType"), certificate.at("maxExpirationSeconds"));
    signer_name(&signer, faults);
    for (key, note) in certificate.at("userAnnotations").entries() {
        if let Err(why) = qualified_name(&key.to_lowercase()) {
            faults.invalid_as(&note, key, &why);
        }
    }
    if !KEY_TYPES.contains(&kind.text()) {
        faults.not_supported(&kind, &KEY_TYPES);
    }
    let own = signer.text().split_once('/').is_some_and(|(domain, _)| domain == "kubernetes.io" || domain.ends_with(".kubernetes.io"));
    let longest = if own { LONGEST_OWN } else { LONGEST };
    match life.number() {
        Some(seconds) if seconds < SHORTEST => {
            faults.invalid(&life, &format!("if provided, maxExpirationSeconds must be >= {SHORTEST}"));
        }
        Some(seconds) if seconds > longest => {
            faults.invalid(&life, &format!("if provided, maxExpirationSeconds must be <= {longest}"));
        }
        _ => {}
    }
    let places = ["credentialBundlePath", "keyPath", "certificateChainPath"];
    for name in places {
        let path = certificate.at(name);
        descends_unreserved(&path, faults);
        free(volume, path.text(), path.text(), paths, faults);
    }
    if places.iter().all(|name| certificate.at(name).is_empty()) {
        faults.required(certificate, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath");
    }
}

/// A domain and a path in it.
fn signer_name(signer: &Field<'_, '_>, faults: &mut Faults) {
    if signer.is_empty() {
        return faults.required(signer, "");
    }
    let parts = signer.text().split_once('/').filter(|(_, path)| !path.contains('/'));
    let Some((domain, path)) = parts else {
        return faults.invalid(signer, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    };
    for (part, rule) in [(domain, "domain"), (path, "path")] {
        if let Err(why) = dns_subdomain(part) {
            faults.invalid(signer, &format!("validating {rule} {part:?}: {why}"));
        }
    }
    if !domain.contains('.') {
        faults.invalid(signer, "should be a domain with at least two segments separated by dots");
    }
}
