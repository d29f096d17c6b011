//! URLs as they may be shown, saved and stored.
//!
//! Receives a URL as somebody wrote it, or a line with URLs in it, hands on a text in its place. Invariant: of what stands before an `@`, of the values of a query
//! and of a fragment nothing is in it, as tokens, passwords and signatures stand there.

/// What stands in place of what lets somebody in, as in kubectl's `config view`.
const REDACTED: &str = "REDACTED";

/// The URL without user, password, the values of its query and its fragment. The scheme may be missing.
#[must_use]
pub fn shown_url(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, _)| url.split_at(scheme.len() + 3));
    let (is_user_hidden, rest) = without_user(rest);
    let (rest, fragment) = rest.split_once('#').map_or((rest, ""), |(rest, _)| (rest, "#REDACTED"));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let user = if is_user_hidden { format!("{REDACTED}@") } else { String::new() };
    let query = query.map(|query| format!("?{}", query.split('&').map(without_value).collect::<Vec<_>>().join("&")));
    format!("{scheme}{user}{path}{}{fragment}", query.unwrap_or_default())
}

/// A text with the URLs in it as [`shown_url`] has them.
#[must_use]
pub fn shown_urls(text: &str) -> String {
    let between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
    let shown = |word: &str| if word.contains("://") { shown_url(word) } else { word.to_owned() };
    text.split_inclusive(between)
        .map(|piece| {
            let word = piece.trim_end_matches(between);
            format!("{}{}", shown(word), &piece[word.len()..])
        })
        .collect()
}

/// Whether somebody is named before the host, and what follows the `@`.
fn without_user(rest: &str) -> (bool, &str) {
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let port = authority.rsplit(']').next().and_then(|after| after.split_once(':')).map_or("", |(_, port)| port);
    let at = match authority.rfind('@') {
        // A password in which a slash or the like was not escaped: what looks like a port is its beginning.
        None if !port.bytes().all(|byte| byte.is_ascii_digit()) => rest.rfind('@'),
        found => found,
    };
    at.map_or((false, rest), |at| (true, &rest[at + 1..]))
}

fn without_value(part: &str) -> String {
    match part.split_once('=') {
        Some((name, _)) => format!("{name}={REDACTED}"),
        None if part.is_empty() => String::new(),
        None => REDACTED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_somebody_in_is_left_out() {
        for (url, shown) in [
            ("https://example.com/a@1.2/b.yaml", "https://example.com/a@1.2/b.yaml"),
            ("https://example.com:8443", "https://example.com:8443"),
            ("https://[::1]:8443/x@y", "https://[::1]:8443/x@y"),
            ("https://me:hunter2@example.com/b.yaml", "https://REDACTED@example.com/b.yaml"),
            ("https://hunter2@example.com", "https://REDACTED@example.com"),
            ("https://me:hun@ter2@example.com", "https://REDACTED@example.com"),
            ("https://me:hun/ter2@example.com/x", "https://REDACTED@example.com/x"),
            ("https://me:hun?ter2@example.com/x", "https://REDACTED@example.com/x"),
            ("https://me:hun#ter2@[::1]:1/x", "https://REDACTED@[::1]:1/x"),
            ("me:hunter2@example.com:6443", "REDACTED@example.com:6443"),
            ("example.com:6443", "example.com:6443"),
            ("https://a/b?private_token=x&hunter2&&c=d=e#f", "https://a/b?private_token=REDACTED&REDACTED&&c=REDACTED#REDACTED"),
            ("https://a?sig=x@y", "https://a?sig=REDACTED"),
            ("://", "://"),
            ("", ""),
        ] {
            assert_eq!(shown_url(url), shown, "{url}");
        }
    }

    #[test]
    fn a_text_keeps_what_is_no_url() {
        let line = "- \"https://me:hunter2@a/b\"  # me@a, see <http://a/?key=hunter2>";
        assert_eq!(shown_urls(line), "- \"https://REDACTED@a/b\"  # me@a, see <http://a/?key=REDACTED>");
    }
}
