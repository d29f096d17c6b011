//! The Table of events, in the core group's form or that of `events.k8s.io`.

use serde_json::Value;

use super::row::{Row, cells, or, text_at};
use super::{Column, Table};

/// `events`.
pub(in crate::schema) const EVENTS: Table = Table {
    columns: &[
        Column::text("Last Seen", "The time since it happened last."),
        Column::text("Type", "Whether it is as it should be (Normal) or not (Warning)."),
        Column::text("Reason", "What happened, in one word."),
        Column::text("Object", "What it happened to."),
        Column::wide("Subobject", "The part that it happened to."),
        Column::wide("Source", "Who told of it."),
        Column::text("Message", "What happened, in a sentence."),
        Column::wide("First Seen", "The time since it happened first."),
        Column::wide("Count", "How often it happened."),
        Column::new("Name", "string", "name", 1, "The name of the event."),
    ],
    cells: |row| {
        let about = either(row, "involvedObject", "regarding");
        let part = |member: &str| about.map_or("", |about| text_at(about, member));
        let kind = part("kind").to_lowercase();
        cells![
            last_seen(row),
            row.text("type"),
            row.text("reason"),
            if part("name").is_empty() { kind } else { format!("{kind}/{}", part("name")) },
            part("fieldPath"),
            source(row),
            text(row, "message", "note").trim(),
            first_seen(row),
            count(row),
            row.name(),
        ]
    },
};

/// What stands at the core group's path, or else at that of `events.k8s.io`.
fn either<'a>(row: Row<'a>, core: &str, new: &str) -> Option<&'a Value> {
    row.at(core).or_else(|| row.at(new))
}

fn text<'a>(row: Row<'a>, core: &str, new: &str) -> &'a str {
    either(row, core, new).and_then(Value::as_str).unwrap_or_default()
}

fn first_seen(row: Row<'_>) -> String {
    row.since_text(or(text(row, "firstTimestamp", "deprecatedFirstTimestamp"), row.text("eventTime")))
}

fn last_seen(row: Row<'_>) -> String {
    if row.at("series").is_some_and(Value::is_object) {
        return row.since("series.lastObservedTime");
    }
    let last = text(row, "lastTimestamp", "deprecatedLastTimestamp");
    if last.is_empty() { first_seen(row) } else { row.since_text(last) }
}

fn count(row: Row<'_>) -> i64 {
    match row.at("series.count").or_else(|| either(row, "count", "deprecatedCount")).and_then(Value::as_i64) {
        None | Some(0) => 1,
        Some(count) => count,
    }
}

fn source(row: Row<'_>) -> String {
    let part = |member: &str| either(row, "source", "deprecatedSource").map_or("", |source| text_at(source, member));
    let component = or(part("component"), text(row, "reportingComponent", "reportingController"));
    match or(part("host"), row.text("reportingInstance")) {
        "" => component.to_owned(),
        instance => format!("{component}, {instance}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Object;

    #[test]
    fn both_forms_of_an_event_show_the_same() {
        let core = json!({
            "metadata": {"name": "e"}, "type": "Normal", "reason": "Started", "message": "hello\n", "count": 3,
            "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "spec"}, "source": {"component": "kubelet", "host": "n1"},
            "firstTimestamp": "2026-11-22T09:00:00Z", "lastTimestamp": "2026-11-22T09:58:00Z",
        });
        let new = json!({
            "metadata": {"name": "e"}, "type": "Normal", "reason": "Started", "note": "hello\n", "deprecatedCount": 3,
            "regarding": {"kind": "Pod", "name": "p", "fieldPath": "spec"}, "reportingController": "kubelet", "reportingInstance": "n1",
            "deprecatedFirstTimestamp": "2026-11-22T09:00:00Z", "deprecatedLastTimestamp": "2026-11-22T09:58:00Z",
        });
        let expected = cells!["2m", "Normal", "Started", "pod/p", "spec", "kubelet, n1", "hello", "60m", 3, "e"];
        for event in [core, new] {
            let object = Object::from_value(event).expect("an object");
            assert_eq!((EVENTS.cells)(Row { object: &object, now: "2026-11-22T10:00:00Z".parse().expect("a time") }), expected);
        }
    }

    #[test]
    fn a_series_tells_its_own_count_and_time() {
        let event =
            json!({"eventTime": "2026-11-22T09:00:00.000000Z", "series": {"count": 7, "lastObservedTime": "2026-11-22T09:59:30.000000Z"}});
        let object = Object::from_value(event).expect("an object");
        let cells = (EVENTS.cells)(Row { object: &object, now: "2026-11-22T10:00:00Z".parse().expect("a time") });
        assert_eq!((&cells[0], &cells[7], &cells[8]), (&json!("30s"), &json!("60m"), &json!(7)));
    }
}
