//! Ranges of keys.
//!
//! Receives prefixes and page positions and hands on half-open ranges in the order of bytes, which for UTF-8 is the order of code
//! points. Invariant: a range holds exactly the keys that start with the prefix and lie behind the position.

/// The least key of a page: the prefix itself, or the first key behind `after` where that is greater.
pub(super) fn start(prefix: &str, after: Option<&str>) -> String {
    match after {
        Some(after) if after >= prefix => format!("{after}\0"),
        _ => prefix.to_owned(),
    }
}

/// The least key that is greater than every key with this prefix; `None` where there is none.
pub(super) fn end(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        let next = match last {
            // The code points of surrogates are no characters.
            '\u{D7FF}' => Some('\u{E000}'),
            _ => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_follows_every_key_of_the_prefix_and_nothing_else() {
        assert_eq!(end("/a/").as_deref(), Some("/a0"));
        assert_eq!(end("x\u{D7FF}").as_deref(), Some("x\u{E000}"));
        assert_eq!(end("x\u{10FFFF}").as_deref(), Some("y"));
        assert_eq!(end(""), None);
    }

    #[test]
    fn a_page_starts_behind_the_key_that_ended_the_one_before() {
        assert_eq!(start("/a/", None), "/a/");
        assert_eq!(start("/a/", Some("/a/k")), "/a/k\0");
        assert_eq!(start("/b/", Some("/a/k")), "/b/");
    }
}
