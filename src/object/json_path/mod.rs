//! JSONPath as Kubernetes knows it: printer columns, selectable fields, and `-o jsonpath`, `custom-columns` and `--sort-by` of the CLI.
//!
//! `.spec.a`, `.spec['x.y']`, `.list[0]`, `[-1]`, `[1:3]`, `[0,2]`, `[*]`, `.*`, `..name` and `[?(@.type=="Ready")]` with all six
//! comparisons. Receives texts, hands on paths that lead into JSON documents; a path never changes what it is led through.
//! See <https://kubernetes.io/docs/reference/kubectl/jsonpath/>.

mod parse;
mod select;
mod template;

use serde_json::{Map, Value};

use parse::Step;
use select::Search;
pub use select::SelectError;
pub use template::Template;

/// How many values are looked at to find the first one, each as often as it is come by. An object as large as a store takes has fewer
/// for each step of a path; to look at as many takes some ten milliseconds.
const LOOKED_AT_MOST: usize = 1_000_000;

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// The text is not a path, or not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at character {at} of {text:?}")]
pub struct JsonPathError {
    text: String,
    at: usize,
    reason: &'static str,
}

impl JsonPath {
    /// Reads a path, which may stand in braces and may leave its first dot out.
    ///
    /// Errors name the place of what is not understood.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        parse::whole_path(inner).map(|steps| Self { steps }).map_err(|(at, reason)| JsonPathError { text: text.to_owned(), at, reason })
    }

    /// The first value the path leads to, where it is found among the first [`LOOKED_AT_MOST`] values.
    ///
    /// Whoever declares a column writes the path, and a server follows it for each row that anybody asks for; `..[*]..[*]` and so on
    /// leads through a deep document in exponentially many ways.
    #[must_use]
    pub fn first<'a>(&self, root: &'a Map<String, Value>) -> Option<&'a Value> {
        Search::of(LOOKED_AT_MOST).first_of_members(root, &self.steps)
    }

    /// All values the path leads to, in the order of the document. What is missing leads nowhere and is no error.
    ///
    /// Errors where an index lies outside its list, or something else than a list is indexed.
    pub fn all<'a>(&self, root: &'a Value) -> Result<Vec<&'a Value>, SelectError> {
        Search::unbounded().all(vec![root], &self.steps)
    }

    /// The names along the path, where every step is a plain member.
    #[must_use]
    pub fn members(&self) -> Option<Vec<String>> {
        let names = self.steps.iter().map(|step| match step {
            Step::Member(name) => Some(name.clone()),
            _ => None,
        });
        names.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mk_document() -> Value {
        json!({
            "spec": {"a": 1, "x.y": "dotted", "list": ["p", "q", "r"], "ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Old", "status": "False"}], "flags": [{"on": true, "n": "f"}]},
        })
    }

    fn first(path: &str) -> Option<Value> {
        let document = mk_document();
        let root = document.as_object().expect("an object");
        JsonPath::parse(path).expect(path).first(root).cloned()
    }

    fn all(path: &str) -> Value {
        let document = mk_document();
        JsonPath::parse(path).expect(path).all(&document).expect(path).into_iter().cloned().collect()
    }

    #[test]
    fn paths_lead_to_their_first_value() {
        for (path, expected) in [
            (".spec.a", json!(1)),
            ("spec.a", json!(1)),
            ("{.spec.a}", json!(1)),
            ("$.spec.a", json!(1)),
            (".spec['x.y']", json!("dotted")),
            (r".spec.x\.y", json!("dotted")),
            (".spec.list[1]", json!("q")),
            (".spec.list[-1]", json!("r")),
            (".spec.ports[*].port", json!(80)),
            (r#".spec.ports[?(@.name=="dns")].port"#, json!(53)),
            (r#".status.conditions[?(@.type == 'Ready')].status"#, json!("True")),
            (r#".status.conditions[?(@.type!="Ready")].status"#, json!("False")),
            (r#".status.flags[?(@.on==true)].n"#, json!("f")),
            (r#".spec.list[?(@=="q")]"#, json!("q")),
            ("..port", json!(80)),
            ("..a", json!(1)),
            (
                "..[*]",
                json!({"a": 1, "x.y": "dotted", "list": ["p", "q", "r"], "ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53}]}),
            ),
        ] {
            assert_eq!(first(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_may_lead_to_many_values() {
        for (path, expected) in [
            (".spec.list", json!([["p", "q", "r"]])),
            (".spec.list[*]", json!(["p", "q", "r"])),
            (".spec.list[1:]", json!(["q", "r"])),
            (".spec.list[:2]", json!(["p", "q"])),
            (".spec.list[0:3:2]", json!(["p", "r"])),
            (".spec.list[-2:]", json!(["q", "r"])),
            (".spec.list[0:-1]", json!(["p", "q"])),
            (".spec.list[0,2]", json!(["p", "r"])),
            (".spec['a','x.y']", json!([1, "dotted"])),
            ("..port", json!([80, 53])),
            (".spec.ports[*]['name', 'port']", json!(["http", "dns", 80, 53])),
            (".spec.ports[?(@.port>=53)].name", json!(["http", "dns"])),
            (".spec.ports[?(@.port<80)].name", json!(["dns"])),
            (".spec.ports[?(@.port > 53.5)].name", json!(["http"])),
            (".status.*[?(@.n)].n", json!(["f"])),
            (".spec.nothing.here", json!([])),
        ] {
            assert_eq!(all(path), expected, "{path}");
        }
    }

    #[test]
    fn an_index_outside_of_its_list_is_an_error() {
        let document = mk_document();
        for (path, expected) in [
            (".spec.list[3]", "index 3 lies outside of a list of 3"),
            (".spec.list[-4]", "index -4 lies outside of a list of 3"),
            (".spec.a[0]", "only a list has items to choose from, this is a number"),
            (".spec[?(@.a)]", "only a list has items to choose from, this is an object"),
        ] {
            let error = JsonPath::parse(path).expect(path).all(&document).expect_err(path);
            assert_eq!(error.to_string(), expected, "{path}");
        }
    }

    #[test]
    fn a_path_may_lead_nowhere() {
        for path in [".spec.b", ".spec.a.c", ".spec.list[3]", ".spec.list[-4]", ".spec.list.a", r#".spec.ports[?(@.name=="x")].port"#] {
            assert_eq!(first(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for path in ["", ".", ".a[", ".a[?(.b=1)]", ".a['b", ".a[0,]", ".a]", ".a b", ".a[::0]", ".a[x]", "....a", ".a[?(@.b>1]"] {
            assert!(JsonPath::parse(path).is_err(), "{path:?}");
        }
        let refused = JsonPath::parse(".a[0;1]").expect_err("no such list");
        assert_eq!(refused.to_string(), "a square bracket is missing at character 4 of \".a[0;1]\"");
    }

    #[test]
    fn the_first_value_is_given_up_where_ways_are_too_many() {
        let deep = (0..100).fold(json!({"x": 1}), |inner, _| json!([inner]));
        let document = json!({"spec": deep});
        let root = document.as_object().expect("an object");
        let first = |path: &str| JsonPath::parse(path).expect(path).first(root);
        assert_eq!(first(".spec..x"), Some(&json!(1)));
        assert_eq!(first(".spec..[*]..x"), Some(&json!(1)));
        // Some 10^11 ways, none of which ends anywhere, also where they are those of a filter.
        let hopeless = format!("{}.y", "..[*]".repeat(8));
        assert_eq!(first(&format!(".spec{hopeless}")), None);
        assert_eq!(first(&format!(".spec[?(@{hopeless})]")), None);
        assert_eq!(first(&format!(".spec[?(@{hopeless}==@{hopeless})]..x")), None);
        let document = json!({"spec": vec![0; 10_000]});
        let root = document.as_object().expect("an object");
        let every = format!(".spec[{}].y", vec!["*"; 100_000].join(","));
        assert_eq!(JsonPath::parse(&every).expect("a path").first(root), None);
    }

    #[test]
    fn the_first_value_is_found_in_the_largest_objects() {
        let items: Vec<Value> = (0..60_000).map(|number| json!({"n": number})).collect();
        let document = json!({"spec": {"items": items}});
        let root = document.as_object().expect("an object");
        let path = JsonPath::parse(".spec.items[?(@.n==59999)].n").expect("a path");
        assert_eq!(path.first(root), Some(&json!(59_999)));
    }

    #[test]
    fn filters_lie_within_each_other_up_to_a_bound() {
        let nested = |levels: usize| format!("{}.b{}", ".a[?(@".repeat(levels), ")]".repeat(levels));
        assert!(JsonPath::parse(&nested(16)).is_ok(), "{}", nested(16));
        for levels in [17, 20_000] {
            let refused = JsonPath::parse(&nested(levels)).expect_err("too deep").to_string();
            assert!(refused.starts_with("filters or ranges are nested more than 16 deep at character "), "{refused}");
        }
    }

    #[test]
    fn only_plain_paths_have_members() {
        assert_eq!(JsonPath::parse(".spec.a").expect("plain").members(), Some(vec!["spec".to_owned(), "a".to_owned()]));
        assert_eq!(JsonPath::parse(".spec[0]").expect("indexed").members(), None);
    }
}
