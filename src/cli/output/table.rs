//! A server-side Table as kubectl lays it out.
//!
//! Receives `meta.k8s.io/v1` Tables, hands on lines: upper-case headers, columns three blanks apart and at least six wide, as Go's
//! tabwriter makes them in kubectl. Invariant: column widths never shrink from one table to the next, so that the rows of a watch stay
//! below each other.

use serde_json::Value;

use super::align::Widths;
use crate::printable::one_line;

/// The answer is not a Table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server did not answer with a Table")]
pub struct NotATable;

/// What of a table is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableOptions {
    /// Show the columns of lower priority too (`-o wide`).
    pub wide: bool,
    /// Leave the line of headers out (`--no-headers`).
    pub no_headers: bool,
    /// Put what happened to each object first, which stands in the member `event` of its row.
    pub with_event: bool,
    /// Put each object's namespace first (`-A`).
    pub with_namespace: bool,
    /// Put `KIND.GROUP/` before each name, as where several kinds are shown; without the slash.
    pub name_prefix: Option<String>,
    /// Show the values of these labels after the columns of the server (`-L`).
    pub label_columns: Vec<String>,
    /// Put each object's labels last (`--show-labels`).
    pub show_labels: bool,
}

/// Lays out one table after the other below the same headers.
#[derive(Debug, Clone, Default)]
pub struct TablePrinter {
    options: TableOptions,
    widths: Widths,
    /// The headers printed last; a table that brings none of its own goes on below them.
    headers: Vec<Column>,
    started: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    is_name: bool,
    shown: bool,
}

impl TablePrinter {
    /// A printer that has printed nothing yet.
    #[must_use]
    pub fn new(options: TableOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// The lines of a table, preceded by headers where they are the first or others than before.
    ///
    /// Errors where the value is not a Table.
    pub fn print(&mut self, table: &Value) -> Result<String, NotATable> {
        let rows = table.get("rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if table["kind"] != "Table" {
            return Err(NotATable);
        }
        let columns = self.columns(table);
        let mut lines = Vec::with_capacity(rows.len() + 1);
        if !columns.is_empty() && (!self.started || columns != self.headers) {
            if !self.options.no_headers {
                lines.push(self.header_line(&columns));
            }
            self.headers = columns;
            self.started = true;
        }
        lines.extend(rows.iter().map(|row| self.row_line(row)));
        Ok(self.widths.align(&lines))
    }

    fn columns(&self, table: &Value) -> Vec<Column> {
        let definitions = table.get("columnDefinitions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let column = |definition: &Value| Column {
            name: one_line(&definition["name"].as_str().unwrap_or_default().to_uppercase()).into_owned(),
            is_name: definition["format"] == "name" && definition["type"] == "string",
            shown: self.options.wide || definition["priority"].as_i64().unwrap_or_default() == 0,
        };
        definitions.iter().map(column).collect()
    }

    fn header_line(&self, columns: &[Column]) -> Vec<String> {
        let mut cells = Vec::with_capacity(columns.len() + 3);
        if self.options.with_event {
            cells.push("EVENT".to_owned());
        }
        if self.options.with_namespace {
            cells.push("NAMESPACE".to_owned());
        }
        cells.extend(columns.iter().filter(|column| column.shown).map(|column| column.name.clone()));
        // The part before the slash is the same for most keys and would only take room.
        cells.extend(self.options.label_columns.iter().map(|key| key.rsplit('/').next().unwrap_or(key).to_uppercase()));
        if self.options.show_labels {
            cells.push("LABELS".to_owned());
        }
        cells
    }

    fn row_line(&self, row: &Value) -> Vec<String> {
        let metadata = &row["object"]["metadata"];
        let mut cells = Vec::new();
        if self.options.with_event {
            // As wide as the widest of them, so that the columns behind it stay below each other.
            cells.push(format!("{:<8}", cell_text(&row["event"])));
        }
        if self.options.with_namespace {
            cells.push(cell_text(&metadata["namespace"]));
        }
        let values = row["cells"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut named = false;
        for (column, value) in self.headers.iter().zip(values) {
            // The first column of that format is the name; kubectl looks no further either.
            let prefix = if column.is_name && !named { self.options.name_prefix.as_deref() } else { None };
            named |= column.is_name;
            if column.shown {
                cells.push(prefix.map_or_else(|| cell_text(value), |prefix| format!("{prefix}/{}", cell_text(value))));
            }
        }
        cells.extend(self.options.label_columns.iter().map(|key| cell_text(&metadata["labels"][key])));
        if self.options.show_labels {
            cells.push(labels_text(&metadata["labels"]));
        }
        cells
    }
}

/// A cell as text: its first line, with dots where there are more, and without anything that could steer a terminal.
fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => {
            let end = text.find(['\n', '\r', '\u{c}']);
            let line = text[..end.unwrap_or(text.len())].replace('\t', " ");
            let line = one_line(&line);
            if end.is_some() { format!("{line}...") } else { line.into_owned() }
        }
        other => one_line(&other.to_string()).into_owned(),
    }
}

fn labels_text(labels: &Value) -> String {
    let labels = labels.as_object().filter(|labels| !labels.is_empty());
    let pair = |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
    labels.map_or_else(|| "<none>".to_owned(), |labels| one_line(&labels.iter().map(pair).collect::<Vec<_>>().join(",")).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mk_table(rows: &[(&str, &str, &str)]) -> Value {
        let row = |(namespace, name, age): &(&str, &str, &str)| {
            json!({
                "cells": [name, 2, age, "10.0.0.1"],
                "object": {"metadata": {"name": name, "namespace": namespace, "labels": {"app": name, "tier": "front"}}},
            })
        };
        json!({
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "columnDefinitions": [
                {"name": "Name", "type": "string", "format": "name", "priority": 0},
                {"name": "Up", "type": "integer", "priority": 0},
                {"name": "Age", "type": "string", "priority": 0},
                {"name": "IP", "type": "string", "priority": 1},
            ],
            "rows": rows.iter().map(row).collect::<Vec<_>>(),
        })
    }

    fn print(options: TableOptions, table: &Value) -> String {
        TablePrinter::new(options).print(table).unwrap()
    }

    #[test]
    fn columns_are_three_blanks_apart_and_at_least_six_wide() {
        let expected = "NAME       UP    AGE\nweb        2     5m\nfrontend   2     10d\n";
        assert_eq!(print(TableOptions::default(), &mk_table(&[("a", "web", "5m"), ("b", "frontend", "10d")])), expected);
    }

    #[test]
    fn wide_shows_the_columns_of_lower_priority() {
        let options = TableOptions { wide: true, ..TableOptions::default() };
        assert_eq!(print(options, &mk_table(&[("a", "web", "5m")])), "NAME   UP    AGE   IP\nweb    2     5m    10.0.0.1\n");
    }

    #[test]
    fn namespace_comes_first_and_labels_last() {
        let options = TableOptions { with_namespace: true, show_labels: true, no_headers: true, ..TableOptions::default() };
        assert_eq!(print(options, &mk_table(&[("shop", "web", "5m")])), "shop   web   2     5m    app=web,tier=front\n");
    }

    #[test]
    fn labels_asked_for_are_columns_of_their_own() {
        let label_columns = vec!["app".to_owned(), "example.com/team".to_owned()];
        let options = TableOptions { label_columns, ..TableOptions::default() };
        assert_eq!(print(options, &mk_table(&[("a", "web", "5m")])), "NAME   UP    AGE   APP   TEAM\nweb    2     5m    web   \n");
    }

    #[test]
    fn names_take_the_prefix_of_their_kind() {
        let options = TableOptions { name_prefix: Some("deployment.apps".to_owned()), ..TableOptions::default() };
        assert_eq!(print(options, &mk_table(&[("a", "web", "5m")])), "NAME                  UP    AGE\ndeployment.apps/web   2     5m\n");
    }

    #[test]
    fn a_second_table_goes_on_below_the_first() {
        let mut printer = TablePrinter::new(TableOptions::default());
        assert_eq!(printer.print(&mk_table(&[("a", "frontend", "5m")])).unwrap(), "NAME       UP    AGE\nfrontend   2     5m\n");
        assert_eq!(printer.print(&mk_table(&[("a", "web", "6m")])).unwrap(), "web        2     6m\n");
        let bare = json!({"kind": "Table", "rows": [{"cells": ["x", 1, "7m", ""], "object": null}]});
        assert_eq!(printer.print(&bare).unwrap(), "x          1     7m\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let table = mk_table(&[("a", "日本", "1m"), ("a", "abcd", "2m")]);
        assert_eq!(print(TableOptions::default(), &table), "NAME   UP    AGE\n日本   2     1m\nabcd   2     2m\n");
    }

    #[test]
    fn only_the_first_line_of_a_cell_is_shown() {
        assert_eq!(cell_text(&json!("one\ntwo")), "one...");
        assert_eq!(cell_text(&json!("a\u{1b}[31mb\u{202e}\tc")), "a^[[31mb\\u202e c");
        assert_eq!(cell_text(&Value::Null), "");
        assert_eq!(cell_text(&json!(true)), "true");
    }

    #[test]
    fn a_row_with_more_cells_than_columns_loses_the_rest() {
        let table = json!({"kind": "Table", "columnDefinitions": [{"name": "A"}], "rows": [{"cells": ["x", "y"]}]});
        assert_eq!(print(TableOptions::default(), &table), "A\nx\n");
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(TablePrinter::default().print(&json!({"kind": "PodList", "rows": []})), Err(NotATable));
        assert_eq!(NotATable.to_string(), "the server did not answer with a Table");
    }
}
