//! Names inside specs that are made of several parts.

use super::field::{Faults, Field};
use crate::object::names::{Verdict, dns_label, dns_subdomain};

/// A DNS subdomain, where there is a value, be it empty.
pub(super) fn optional_subdomain(field: &Field<'_, '_>, faults: &mut Faults) {
    if let (false, Err(why)) = (field.is_absent(), dns_subdomain(field.text())) {
        faults.invalid(field, &why);
    }
}

/// A domain and a path in it, such as `example.com/ingress-controller`.
pub(super) fn domain_prefixed_path(field: &Field<'_, '_>, faults: &mut Faults) {
    let Some((domain, path)) = field.text().split_once('/').filter(|(domain, path)| !domain.is_empty() && !path.is_empty()) else {
        return faults.invalid(field, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    };
    if let Err(why) = dns_subdomain(domain) {
        faults.invalid_hidden(field, domain, &why);
    }
    if !path.bytes().all(is_path_byte) {
        faults.invalid_hidden(field, path, "Invalid path");
    }
}

/// The characters that a path in a URL may have as they are.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/%._~!$&'()*+,;=:@-".contains(&byte)
}

/// A domain of at least so many segments.
pub(super) fn full_domain(field: &Field<'_, '_>, least: usize, words: &str, faults: &mut Faults) {
    if field.is_empty() {
        faults.required(field, "");
    } else if let Err(why) = dns_subdomain(field.text()) {
        faults.invalid(field, &why);
    } else if field.text().split('.').count() < least {
        faults.invalid(field, &format!("should be a domain with at least {words} segments separated by dots"));
    }
}

/// What signs certificates: a domain and one name in it.
pub(super) fn signer(field: &Field<'_, '_>, faults: &mut Faults) {
    const LONGEST_DOMAIN: usize = 253;
    const LONGEST: usize = LONGEST_DOMAIN + 1 + 253 + 63 + 1;
    let name = field.text();
    let (Some((domain, path)), 1) = (name.split_once('/'), name.matches('/').count()) else {
        return faults.invalid(field, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    };
    if domain.len() > LONGEST_DOMAIN {
        faults.too_long(field, LONGEST_DOMAIN);
    }
    signer_labels(field, domain, dns_label, faults);
    if !domain.contains('.') {
        faults.invalid_hidden(field, domain, "should be a domain with at least two segments separated by dots");
    }
    signer_labels(field, path, dns_subdomain, faults);
    if name.len() > LONGEST {
        faults.too_long(field, LONGEST);
    }
}

fn signer_labels(field: &Field<'_, '_>, part: &str, rule: fn(&str) -> Verdict, faults: &mut Faults) {
    if let Some((label, why)) = part.split('.').find_map(|label| Some((label, rule(label).err()?))) {
        faults.invalid_hidden(field, part, &format!("validating label {label:?}: {why}"));
    }
}

/// The name of a CSI driver: at most 63 letters, digits, dashes and dots, beginning and ending in a letter or digit.
pub(super) fn csi_driver(field: &Field<'_, '_>, faults: &mut Faults) {
    const LONGEST: usize = 63;
    let name = field.text();
    if name.is_empty() {
        return faults.required(field, "");
    }
    if name.len() > LONGEST {
        faults.too_long(field, LONGEST);
    }
    if let Err(why) = dns_subdomain(&name.to_lowercase()) {
        faults.invalid(field, &why);
    }
}

/// A name in C: a letter or underscore, then letters, digits and underscores.
pub(super) fn is_identifier(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.bytes().all(inner) && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn accepts(check: impl Fn(&Field<'_, '_>, &mut Faults), text: &str) -> bool {
        let (value, mut faults) = (Value::from(text), Faults::default());
        check(&Field::root("f", Some(&value)), &mut faults);
        faults.0.is_empty()
    }

    #[test]
    fn names_of_several_parts_are_told_from_others() {
        for (name, path, sign, driver) in [
            ("example.com/a", true, true, false),
            ("example.com/a/b", true, false, false),
            ("example/a.b", true, false, false),
            ("example.com", false, false, true),
            ("/a", false, false, false),
            ("Example.com", false, false, true),
            ("a_b.c/d", false, false, false),
        ] {
            let found = (accepts(domain_prefixed_path, name), accepts(signer, name), accepts(csi_driver, name));
            assert_eq!(found, (path, sign, driver), "{name}");
        }
    }

    #[test]
    fn domains_have_enough_segments() {
        let three = |field: &Field<'_, '_>, faults: &mut Faults| full_domain(field, 3, "three", faults);
        assert!(accepts(three, "a.b.c") && !accepts(three, "a.b") && !accepts(three, ""));
        assert!(is_identifier("_a1") && !is_identifier("1a") && !is_identifier("a-b") && !is_identifier(""));
    }
}
