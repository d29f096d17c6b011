//! `-o custom-columns`: headers of the caller's choice, each with a JSONPath.

use serde_json::Value;

use super::align::Widths;
use super::go::go_text;
use super::misspelled::similar_path;
use crate::object::json_path::JsonPath;

/// Headers and what stands below them.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomColumns {
    columns: Vec<(String, JsonPath)>,
}

impl CustomColumns {
    /// Reads `NAME:.metadata.name,IMAGE:.spec.image`. A comma within brackets belongs to its path.
    ///
    /// Errors name the column that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let columns: Vec<_> = parts(text).iter().map(|part| column(part)).collect::<Result<_, _>>()?;
        Ok(Self { columns })
    }

    /// Reads the two lines of a `custom-columns-file`: headers, and paths below them, parted by blanks.
    ///
    /// Errors where the lines do not fit together or a path is not understood.
    pub fn parse_file(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let mut words = || lines.next().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
        let (headers, paths) = (words(), words());
        if headers.is_empty() || headers.len() != paths.len() {
            return Err(format!("{} headers stand above {} paths; each column takes one of both", headers.len(), paths.len()));
        }
        let columns = headers.iter().zip(&paths).map(|(header, path)| column(&format!("{header}:{path}")));
        Ok(Self { columns: columns.collect::<Result<_, _>>()? })
    }

    /// What to say of columns that no object has a value for, where the path is likely misspelled.
    #[must_use]
    pub fn misspelled(&self, objects: &[Value]) -> Vec<String> {
        let guesses = self.columns.iter().filter_map(|(header, path)| Some((header, similar_path(objects.iter(), path)?)));
        guesses.map(|(header, similar)| format!("no object has the field of column {header}; did you mean {similar}?")).collect()
    }

    fn cells(&self, object: &Value) -> Vec<String> {
        self.columns.iter().map(|(_, path)| cell(path, object)).collect()
    }
}

/// Splits at commas outside of brackets.
fn parts(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut parts = vec![String::new()];
    for c in text.chars() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn column(text: &str) -> Result<(String, JsonPath), String> {
    let Some((header, path)) = text.split_once(':').filter(|(header, path)| !header.is_empty() && !path.is_empty()) else {
        return Err(format!("{text:?} is no column; write HEADER:JSONPATH, such as NAME:.metadata.name"));
    };
    let path = JsonPath::parse(path).map_err(|error| format!("column {header}: {error}"))?;
    Ok((header.to_owned(), path))
}

/// What is missing, and what a path does not fit, is `<none>`.
fn cell(path: &JsonPath, object: &Value) -> String {
    let found = path.all(object).unwrap_or_default();
    let texts: Vec<String> = found.into_iter().map(go_text).collect();
    if texts.is_empty() { "<none>".to_owned() } else { texts.join(",") }
}

/// Prints objects below each other, the headers first.
#[derive(Debug, Clone)]
pub struct CustomColumnsPrinter {
    columns: CustomColumns,
    widths: Widths,
    headers_due: bool,
}

impl CustomColumnsPrinter {
    /// A printer that has printed nothing yet.
    #[must_use]
    pub fn new(columns: CustomColumns, no_headers: bool) -> Self {
        Self { columns, widths: Widths::default(), headers_due: !no_headers }
    }

    /// The lines of some objects.
    pub fn print(&mut self, objects: &[Value]) -> String {
        let headers =
            std::mem::take(&mut self.headers_due).then(|| self.columns.columns.iter().map(|(header, _)| header.clone()).collect());
        let rows = objects.iter().map(|object| self.columns.cells(object));
        let lines: Vec<Vec<String>> = headers.into_iter().chain(rows).collect();
        self.widths.align(&lines)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn print(columns: CustomColumns) -> String {
        let objects = [
            json!({"metadata": {"name": "web", "labels": {"app": "x"}}, "spec": {"ports": [{"port": 80}, {"port": 443}]}}),
            json!({"metadata": {"name": "cache"}}),
        ];
        CustomColumnsPrinter::new(columns, false).print(&objects)
    }

    #[test]
    fn columns_show_what_their_paths_lead_to() {
        let columns = CustomColumns::parse("NAME:.metadata.name,PORTS:.spec.ports[*].port,LABELS:metadata.labels").expect("three columns");
        assert_eq!(print(columns), "NAME    PORTS    LABELS\nweb     80,443   map[app:x]\ncache   <none>   <none>\n");
    }

    #[test]
    fn a_column_whose_path_is_misspelled_is_told() {
        let columns = CustomColumns::parse("NAME:.metadata.nam,X:.spec.none,PORTS:.spec.ports").expect("three columns");
        let objects = [json!({"metadata": {"name": "web"}, "spec": {"ports": []}})];
        assert_eq!(columns.misspelled(&objects), ["no object has the field of column NAME; did you mean .metadata.name?"]);
    }

    #[test]
    fn a_comma_within_brackets_belongs_to_the_path() {
        let columns = CustomColumns::parse("PORTS:.spec.ports[0,1].port").expect("one column");
        assert_eq!(print(columns), "PORTS\n80,443\n<none>\n");
    }

    #[test]
    fn a_file_has_headers_above_paths() {
        let columns = CustomColumns::parse_file("NAME            APP\nmetadata.name   .metadata.labels.app\n").expect("two columns");
        assert_eq!(print(columns), "NAME    APP\nweb     x\ncache   <none>\n");
        assert!(CustomColumns::parse_file("NAME APP\n.a\n").expect_err("one is missing").starts_with("2 headers stand above 1 paths"));
    }

    #[test]
    fn what_is_no_column_is_refused_by_name() {
        for (text, expected) in [
            ("NAME", "\"NAME\" is no column; write HEADER:JSONPATH, such as NAME:.metadata.name"),
            ("A:.a,", "\"\" is no column; write HEADER:JSONPATH, such as NAME:.metadata.name"),
            ("A:.a[", "column A: an index, '*', a quoted name or a filter is expected at character 3 of \".a[\""),
        ] {
            assert_eq!(CustomColumns::parse(text).expect_err(text), expected);
        }
    }
}
