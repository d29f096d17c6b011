//! The rules that names, labels and annotations follow.
//!
//! See <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>. Each check answers `Err` with a sentence that names
//! the rule and the regular expression, in the words scripts look for.

const LABEL_PATTERN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/// What a check answers: the rule that was broken, as a sentence.
pub type Verdict = Result<(), String>;

/// An RFC 1123 subdomain of at most 253 characters: what most objects are named.
pub fn dns_subdomain(name: &str) -> Verdict {
    let well_formed = !name.is_empty() && name.split('.').all(is_dns_label);
    if name.len() > 253 {
        return Err("must be no more than 253 characters".to_owned());
    }
    rule(well_formed, || {
        format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end \
             with an alphanumeric character (e.g. 'example.com', regex used for validation is '{LABEL_PATTERN}(\\.{LABEL_PATTERN})*')"
        )
    })
}

/// An RFC 1123 label of at most 63 characters: what namespaces are named.
pub fn dns_label(name: &str) -> Verdict {
    if name.len() > 63 {
        return Err("must be no more than 63 characters".to_owned());
    }
    rule(is_dns_label(name), || {
        format!(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
             alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL_PATTERN}')"
        )
    })
}

/// An RFC 1035 label of at most 63 characters: what services are named.
pub fn dns_1035_label(name: &str) -> Verdict {
    if name.len() > 63 {
        return Err("must be no more than 63 characters".to_owned());
    }
    rule(is_dns_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase()), || {
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an \
         alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
            .to_owned()
    })
}

/// A name that can stand as one segment of a path: what RBAC objects are named.
pub fn path_segment(name: &str) -> Verdict {
    if matches!(name, "." | "..") {
        return Err(format!("may not be '{name}'"));
    }
    let bad = ["/", "%"].into_iter().find(|bad| name.contains(*bad));
    bad.map_or(Ok(()), |bad| Err(format!("may not contain '{bad}'")))
}

/// `[prefix/]name`: what label and annotation keys and finalizers are.
pub fn qualified_name(name: &str) -> Verdict {
    let (prefix, local) = name.split_once('/').map_or((None, name), |(prefix, local)| (Some(prefix), local));
    if let Some(prefix) = prefix {
        dns_subdomain(prefix).map_err(|reason| format!("prefix part {reason}"))?;
    }
    if local.is_empty() {
        return Err("name part must be non-empty".to_owned());
    }
    if local.len() > 63 {
        return Err("name part must be no more than 63 characters".to_owned());
    }
    rule(is_loose_label(local), || {
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
         'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            .to_owned()
    })
}

/// The value of a label: empty, or at most 63 characters of a loose alphabet.
pub fn label_value(value: &str) -> Verdict {
    if value.len() > 63 {
        return Err("must be no more than 63 characters".to_owned());
    }
    rule(value.is_empty() || is_loose_label(value), || {
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
         alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
         '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            .to_owned()
    })
}

/// The key of an entry in a ConfigMap or Secret, which becomes the name of a file.
pub fn config_key(key: &str) -> Verdict {
    let well_formed = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let why = match key {
        _ if key.len() > 253 => "must be no more than 253 characters",
        _ if !well_formed => {
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', \
             regex used for validation is '[-._a-zA-Z0-9]+')"
        }
        "." => "must not be '.'",
        ".." => "must not be '..'",
        _ if key.starts_with("..") => "must not start with '..'",
        _ => return Ok(()),
    };
    Err(why.to_owned())
}

fn rule(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn is_dns_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_loose_label(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let inner = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let bytes = text.as_bytes();
    edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_accepts_and_refuses_its_edge_cases() {
        let long = "a".repeat(64);
        for (check, good, bad) in [
            (dns_subdomain as fn(&str) -> Verdict, vec!["a", "a.b-c.9", "0"], vec!["", "A_b", "a..b", "-a", "a.", "a.-b"]),
            (dns_label, vec!["a", "0-9"], vec!["", "a.b", "A", "a-", long.as_str()]),
            (dns_1035_label, vec!["a", "a-9"], vec!["9a", "a.b", ""]),
            (path_segment, vec!["system:node", "A b"], vec![".", "..", "a/b", "a%b"]),
            (qualified_name, vec!["a", "A_b", "example.com/a.b"], vec!["", "/a", "a/", "a/b/c", "_a", "EX/a", long.as_str()]),
            (label_value, vec!["", "a", "A_b.c"], vec!["_a", "a b", "a-", long.as_str()]),
            (config_key, vec!["a", "A_b.c", ".a", "-"], vec!["", ".", "..", "..a", "a b", "a/b"]),
        ] {
            for name in good {
                assert_eq!(check(name), Ok(()), "{name:?}");
            }
            for name in bad {
                assert!(check(name).is_err(), "{name:?}");
            }
        }
    }
}
