//! Events as a table, and in which order.
//!
//! Receives events of the core group as JSON documents, hands on cells. Pure.

use jiff::Timestamp;
use serde_json::Value;

use crate::printable::printable;
use crate::schema::columns::human_duration;

/// When an event was last seen; those that do not say come first.
#[must_use]
pub fn last_seen(event: &Value) -> Option<Timestamp> {
    let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/firstTimestamp", "/metadata/creationTimestamp"];
    times.iter().find_map(|path| time(event, path))
}

/// `5m`, or `5m (x3 over 10m)`, as `kubectl events` says it.
#[must_use]
pub fn seen(event: &Value, now: Timestamp) -> String {
    let since = |time: Option<Timestamp>| time.map_or_else(|| "<unknown>".to_owned(), |time| human_duration(time, now));
    let first = since(time(event, "/eventTime").or_else(|| time(event, "/firstTimestamp")));
    let count = |path: &str| event.pointer(path).and_then(Value::as_i64).unwrap_or_default();
    match (event.get("series").filter(|series| series.is_object()), count("/count")) {
        (Some(_), _) => format!("{} (x{} over {first})", since(time(event, "/series/lastObservedTime")), count("/series/count")),
        (None, count) if count > 1 => format!("{} (x{count} over {first})", since(time(event, "/lastTimestamp"))),
        (None, _) => first,
    }
}

/// The cells of `kubectl events`: last seen, type, reason, object, message.
#[must_use]
pub fn cells(event: &Value, now: Timestamp) -> Vec<String> {
    let object = format!("{}/{}", text(event, "/involvedObject/kind"), text(event, "/involvedObject/name"));
    vec![seen(event, now), text(event, "/type").to_owned(), text(event, "/reason").to_owned(), object, message(event)]
}

/// Who reported an event.
#[must_use]
pub fn reporter(event: &Value) -> &str {
    let component = text(event, "/source/component");
    if component.is_empty() { text(event, "/reportingComponent") } else { component }
}

/// The message without anything that could steer a terminal.
#[must_use]
pub fn message(event: &Value) -> String {
    printable(text(event, "/message").trim()).into_owned()
}

/// The text at a pointer; empty where there is none.
#[must_use]
pub fn text<'a>(event: &'a Value, path: &str) -> &'a str {
    event.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn time(event: &Value, path: &str) -> Option<Timestamp> {
    text(event, path).parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_says_how_often_it_was_seen_and_since_when() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a time");
        for (event, expected) in [
            (json!({"firstTimestamp": "2026-11-22T09:55:00Z", "count": 1}), "5m"),
            (json!({"firstTimestamp": "2026-11-22T09:00:00Z", "lastTimestamp": "2026-11-22T09:58:00Z", "count": 4}), "2m (x4 over 60m)"),
            (json!({"eventTime": "2026-11-22T09:50:00.000000Z"}), "10m"),
            (
                json!({"eventTime": "2026-11-22T09:50:00.000000Z",
                    "series": {"count": 7, "lastObservedTime": "2026-11-22T09:59:00.000000Z"}}),
                "60s (x7 over 10m)",
            ),
            (json!({}), "<unknown>"),
        ] {
            assert_eq!(seen(&event, now), expected, "{event}");
        }
    }
}
