//! How member names that are no CEL identifiers are written in expressions.
//!
//! See <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules>.

/// Words of the language that are escaped as a whole.
const RESERVED: [&str; 22] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
    "__proto__",
];

const ESCAPES: [(&str, &str); 4] = [("__underscores__", "__"), ("__dot__", "."), ("__dash__", "-"), ("__slash__", "/")];

/// The member name that an identifier stands for.
pub(super) fn unescape(identifier: &str) -> String {
    let whole = identifier.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    if let Some(word) = whole.filter(|word| RESERVED.contains(word)) {
        return word.to_owned();
    }
    let mut name = String::with_capacity(identifier.len());
    let mut rest = identifier;
    while let Some(first) = rest.chars().next() {
        let escape = ESCAPES.iter().find_map(|(escape, plain)| rest.strip_prefix(escape).map(|after| (*plain, after)));
        match escape {
            Some((plain, after)) => {
                name.push_str(plain);
                rest = after;
            }
            None => {
                name.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_stand_for_what_identifiers_cannot_hold() {
        for (identifier, name) in [
            ("plain", "plain"),
            ("a__dash__b", "a-b"),
            ("a__dot__b__slash__c", "a.b/c"),
            ("a__underscores__b", "a__b"),
            ("__namespace__", "namespace"),
            ("__int__", "__int__"),
            ("a__b", "a__b"),
        ] {
            assert_eq!(unescape(identifier), name);
        }
    }
}
