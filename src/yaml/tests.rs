use serde_json::{Value, json};

use super::kubectl_cases::CASES;
use super::*;

/// What kubectl answered; integers beyond 64 signed bits are floats to it, and printed without an exponent.
fn expectation(json: &str) -> Value {
    let mut value: Value = serde_json::from_str(json).unwrap();
    for member in value.as_object_mut().unwrap().values_mut() {
        if member.is_u64() && !member.is_i64() {
            *member = member.as_f64().into();
        }
    }
    value
}

fn read_one(text: &str) -> Result<Value, Vec<YamlError>> {
    let documents = read(text, false);
    if !documents.errors.is_empty() {
        return Err(documents.errors);
    }
    assert_eq!(documents.nodes.len(), 1, "{text}");
    Ok(documents.nodes.into_iter().next().unwrap().into_value())
}

fn problem(text: &str) -> (String, u32, u32) {
    let error = read_one(text).unwrap_err().remove(0);
    (error.problem.to_string(), error.mark.line, error.mark.column)
}

#[test]
fn everything_is_read_as_kubectl_reads_it() {
    // Here we take more than kubectl, whose reader refuses JSON's surrogate pairs in YAML.
    let we_accept = ["v: \"\\ud83d\\ude00\""];
    let mut wrong = Vec::new();
    for (text, expected) in CASES.iter().filter(|(text, _)| !we_accept.contains(text)) {
        let read = read(&format!("x0: 0\n{text}"), false);
        let value = read.errors.is_empty().then(|| read.nodes.into_iter().next().unwrap().into_value());
        let value = value.map(|mut value| {
            value.as_object_mut().unwrap().remove("x0");
            value
        });
        let expected: Option<Value> = expected.map(expectation);
        if value != expected {
            wrong.push(format!("{text:?}: {value:?} where kubectl has {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn documents_are_parted_and_empty_ones_skipped() {
    let values: Vec<Value> =
        read("---\na: 1\n---\n# nothing\n---\n~\n---\nb: 2\n...\n---\nc: 3\n", false).nodes.into_iter().map(Node::into_value).collect();
    assert_eq!(values, [json!({"a": 1}), json!({"b": 2}), json!({"c": 3})]);
    assert_eq!(read("", false), Documents::default());
    assert_eq!(read("# only a comment\n", false), Documents::default());
}

#[test]
fn carriage_returns_and_a_byte_order_mark_make_no_difference() {
    assert_eq!(read_one("\u{feff}a: 1\r\nb:\r\n- x\r\n"), Ok(json!({"a": 1, "b": ["x"]})));
    assert_eq!(read_one("a: |\r\n  x\r\n  y\r\n"), Ok(json!({"a": "x\ny\n"})));
}

#[test]
fn directives_are_refused() {
    assert_eq!(read("%YAML 1.1\n---\na: 1\n", false).errors[0].problem, YamlProblem::Directive);
}

#[test]
fn a_mapping_does_not_begin_behind_the_document_marker() {
    assert!(read_one("--- v: 1\n").is_err());
}

#[test]
fn a_key_written_twice_is_reported_with_both_places() {
    let errors = read_one("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n").unwrap_err();
    let found: Vec<_> = errors.into_iter().map(|error| (error.problem, error.mark)).collect();
    let duplicate = |key: &str, line, column| YamlProblem::DuplicateKey { key: key.to_owned(), first: Mark { line, column } };
    assert_eq!(found, [(duplicate("c", 3, 3), Mark { line: 5, column: 3 }), (duplicate("a", 1, 1), Mark { line: 6, column: 1 })]);
}

#[test]
fn keys_that_are_read_alike_are_duplicates() {
    assert!(read_one("yes: 1\n'true': 2\n").is_err());
    assert!(read_one("1: 1\n0x1: 2\n").is_err());
}

#[test]
fn problems_carry_their_places() {
    assert_eq!(problem("a: .inf"), ("infinity and not-a-number have no place in an API object".to_owned(), 1, 4));
    assert_eq!(problem("a: 1\n~: 2"), ("a key is null".to_owned(), 2, 1));
    assert_eq!(problem("a: !!int x").0, "this value is not what its tag `!!int` says");
    assert_eq!(problem("a: !!binary /w==").0, "this `!!binary` value is not UTF-8 text once decoded");
    assert_eq!(problem("a: &a [*a]"), ("this alias stands inside the value it refers to".to_owned(), 1, 8));
}

#[test]
fn a_broken_document_does_not_hide_those_around_it() {
    let documents = read("a: 1\n---\nb: [1\n---\nc: .nan\n---\nd: 4\n", false);
    let values: Vec<Value> = documents.nodes.into_iter().map(Node::into_value).collect();
    assert_eq!(values, [json!({"a": 1}), json!({"c": null}), json!({"d": 4})]);
    assert_eq!(documents.errors.iter().map(|error| error.mark.line).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn an_alias_to_a_key_has_the_keys_type() {
    assert_eq!(read_one("&a 1: x\nv: *a\n"), Ok(json!({"1": "x", "v": 1})));
}

#[test]
fn errors_are_told_up_to_a_hundred() {
    assert_eq!(read(&"---\n@\n".repeat(1000), false).errors.len(), 100);
}

#[test]
fn an_integer_beyond_64_bits_is_no_key() {
    assert_eq!(problem("18446744073709551615: a"), ("a key must be text, a number or a boolean".to_owned(), 1, 1));
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert_eq!(problem(&bomb).0, "the anchors and aliases of this document stand for more than 16 MiB");
}

#[test]
fn nested_anchors_are_paid_for() {
    let mut text = format!("a: &a {}\nb: ", "x".repeat(1 << 20));
    for level in 0..60 {
        text.push_str(&format!("&b{level} ["));
    }
    text.push_str("*a");
    text.push_str(&"]".repeat(60));
    assert_eq!(read_one(&text).unwrap_err()[0].problem, YamlProblem::AliasBudget);
}

#[test]
fn nesting_is_bounded_through_aliases_too() {
    assert!(read_one(&format!("a: {}{}", "[".repeat(126), "]".repeat(126))).is_ok());
    assert_eq!(problem(&format!("a: {}{}", "[".repeat(127), "]".repeat(127))).0, "this is nested more than 127 levels deep");
    assert_eq!(problem(&"[".repeat(100_000)).0, "this is nested more than 127 levels deep");
    assert_eq!(problem(&"- ".repeat(100_000)).0, "this is nested more than 127 levels deep");
    let half = format!("a: &a {}{}\nb: {}*a{}", "[".repeat(70), "]".repeat(70), "[".repeat(70), "]".repeat(70));
    assert_eq!(problem(&half).0, "this is nested more than 127 levels deep");
}

#[test]
fn json_is_read_with_places() {
    let text = "{\"a\": {\n\t\"b\": [1.0, \"x\\/y\", \"\\ud83d\\ude00\"]}}\n\n  {\"c\": 1e3}";
    let documents = read(text, true);
    assert_eq!(documents.errors, []);
    let mut parts = documents.nodes.into_iter().map(Node::into_parts);
    let (value, places) = parts.next().unwrap();
    assert_eq!(value, json!({"a": {"b": [1, "x/y", "😀"]}}));
    let (index, _) = places.descend(ROOT, &["a", "b", "1"]);
    assert_eq!(places.mark(index), Some(Mark { line: 2, column: 13 }));
    let (value, places) = parts.next().unwrap();
    assert_eq!(value, json!({"c": 1000}));
    let (index, _) = places.descend(ROOT, &["c"]);
    assert_eq!(places.mark(index), Some(Mark { line: 4, column: 4 }));
}

#[test]
fn broken_json_is_refused_where_only_json_will_do() {
    let error = read("{\"a\": 1,\n}", true).errors.remove(0);
    assert_eq!(error.to_string(), "line 2, column 1: this is not JSON: key must be a string");
    assert_eq!(read_one("{\"a\": 1,\n}"), Ok(json!({"a": 1})));
    assert_eq!(read_one("{a: 1}"), Ok(json!({"a": 1})));
}

#[test]
fn json_inside_a_stream_of_yaml_is_read() {
    let values: Vec<Value> =
        read("a: 1\n---\n{\n\t\"b\": {\n\t\t\"c\": []\n\t}\n}\n", false).nodes.into_iter().map(Node::into_value).collect();
    assert_eq!(values, [json!({"a": 1}), json!({"b": {"c": []}})]);
}

#[test]
fn places_are_found_by_path() {
    let documents = read("b:\n  - x: 1\n    w: {z: 2}\n  - 3\na: &a\n  k: v\nc: *a\nd: {<<: *a}\n", false);
    let (_, places) = documents.nodes.into_iter().next().unwrap().into_parts();
    let find = |path: &[&str]| {
        let (index, taken) = places.descend(ROOT, path);
        (taken == path.len()).then(|| places.mark(index).map(|mark| (mark.line, mark.column))).flatten()
    };
    assert_eq!(find(&[]), Some((1, 1)));
    assert_eq!(find(&["b"]), Some((1, 1)));
    assert_eq!(find(&["b", "0"]), Some((2, 5)));
    assert_eq!(find(&["b", "0", "w", "z"]), Some((3, 9)));
    assert_eq!(find(&["b", "1"]), Some((4, 5)));
    assert_eq!(find(&["a", "k"]), Some((6, 3)));
    assert_eq!(find(&["c"]), Some((7, 1)));
    assert_eq!(find(&["c", "k"]), Some((6, 3)));
    assert_eq!(find(&["d", "k"]), Some((6, 3)));
    assert_eq!(find(&["b", "2"]), None);
    assert_eq!(find(&["b", "x"]), None);
    assert_eq!(find(&["nope"]), None);
}

#[test]
fn the_layout_is_kubectls() {
    let value = json!({
        "apiVersion": "apps/v1",
        "metadata": {"labels": {}, "name": "web", "finalizers": []},
        "spec": {
            "containers": [
                {"args": ["-c", "sleep 1\nexit 0\n"], "image": "nginx:1.2", "ports": [{"containerPort": 80}]},
                {"image": "x"},
            ],
            "matrix": [[1, 2], [[3.5]], []],
            "nothing": null,
            "on": true,
        },
    });
    let expected = "\
apiVersion: apps/v1
metadata:
  finalizers: []
  labels: {}
  name: web
spec:
  containers:
  - args:
    - -c
    - |
      sleep 1
      exit 0
    image: nginx:1.2
    ports:
    - containerPort: 80
  - image: x
  matrix:
  - - 1
    - 2
  - - - 3.5
  - []
  nothing: null
  \"on\": true
";
    assert_eq!(emit(&value), expected);
}

#[test]
fn text_is_quoted_only_where_a_reader_would_go_wrong() {
    let cases = [
        ("plain text", "plain text"),
        ("", "\"\""),
        ("yes", "\"yes\""),
        ("y", "\"y\""),
        ("null", "\"null\""),
        ("~", "\"~\""),
        ("0644", "\"0644\""),
        ("0o644", "\"0o644\""),
        ("1e3", "\"1e3\""),
        ("1_000", "\"1_000\""),
        ("1:30", "\"1:30\""),
        ("2001-01-01", "\"2001-01-01\""),
        (".inf", "\".inf\""),
        ("=", "\"=\""),
        ("<<", "\"<<\""),
        ("1.2.3", "1.2.3"),
        ("10Gi", "10Gi"),
        ("nginx:1.2", "nginx:1.2"),
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("a: b", "'a: b'"),
        ("a:", "'a:'"),
        ("a #b", "'a #b'"),
        ("a#b", "a#b"),
        (" a", "' a'"),
        ("a ", "'a '"),
        ("- a", "'- a'"),
        ("-a", "-a"),
        ("*", "'*'"),
        ("{{ x }}", "'{{ x }}'"),
        ("it's", "it's"),
        ("'", "''''"),
        ("\"", "'\"'"),
        ("@x", "'@x'"),
        ("---", "'---'"),
        ("a\tb", "\"a\\tb\""),
        ("\u{1b}[0m", "\"\\e[0m\""),
        ("\u{202e}x", "\"\\u202Ex\""),
        ("日本 😀", "日本 😀"),
    ];
    for (text, expected) in cases {
        assert_eq!(emit(&json!(text)), format!("{expected}\n"), "{text:?}");
        assert_eq!(emit(&json!({ text: 1 })), format!("{expected}: 1\n"), "{text:?}");
    }
}

#[test]
fn blocks_keep_every_line_as_it_is() {
    let cases = [
        ("a\nb", "v: |-\n  a\n  b\n"),
        ("a\nb\n", "v: |\n  a\n  b\n"),
        ("a\n\n\n", "v: |+\n  a\n\n\n"),
        ("  a\nb\n", "v: |2\n    a\n  b\n"),
        ("\na", "v: |2-\n\n  a\n"),
        ("a\tb\n\tc\n", "v: |\n  a\tb\n  \tc\n"),
        ("a  \n  \nb\n", "v: |\n  a  \n    \n  b\n"),
        ("\n", "v: \"\\n\"\n"),
        ("a\r\nb", "v: \"a\\r\\nb\"\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(emit(&json!({ "v": text })), expected, "{text:?}");
    }
}

/// A small generator of numbers: the cases differ from each other and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn text(&mut self) -> String {
        const PARTS: &[&str] = &[
            " ",
            "\n",
            "\t",
            ":",
            "#",
            "-",
            "?",
            "'",
            "\"",
            "\\",
            "a",
            "yes",
            "0",
            "1",
            ".",
            "e",
            "_",
            "~",
            "{",
            "}",
            "[",
            "]",
            ",",
            "&",
            "*",
            "!",
            "|",
            ">",
            "%",
            "@",
            "`",
            "\r",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{7f}",
            "\u{0}",
            "é",
            "日",
            "😀",
            "null",
            "---",
            "...",
            "<<",
            "=",
            "+",
            "x",
            "o",
            "\u{a0}",
            "\u{1b}",
            "\n\n",
            "  ",
            ": ",
            " #",
            "- ",
            "\u{fffd}",
            "\u{e000}",
            "\u{10ffff}",
        ];
        (0..self.roll(7)).map(|_| PARTS[self.roll(PARTS.len())]).collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.roll(if depth == 0 { 6 } else { 10 }) {
            0 => Value::Null,
            1 => (self.roll(2) == 0).into(),
            2 => ((self.roll(1 << 30) as i64) - (1 << 29)).into(),
            3 => (self.roll(1000) as f64 + 0.25).into(),
            4 | 5 => self.text().into(),
            6 | 7 => (0..self.roll(4)).map(|_| self.value(depth - 1)).collect::<Vec<_>>().into(),
            _ => Value::Object((0..self.roll(4)).map(|_| (self.text(), self.value(depth - 1))).collect()),
        }
    }
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let mut dice = Dice(1);
    for round in 0..20_000 {
        let value = json!({ "v": dice.value(4) });
        let text = emit(&value);
        assert_eq!(read_one(&text), Ok(value), "round {round}:\n{text}");
    }
}

#[test]
fn bare_values_are_read_back_the_same() {
    for value in [json!("a\nb"), json!("x"), json!(1), json!([]), json!({}), json!(["a\nb", ["  c\n"]]), json!(i64::MIN), json!(1e300)] {
        assert_eq!(read_one(&emit(&value)), Ok(value));
    }
}

#[test]
fn the_meaning_of_kubectls_cases_survives_writing() {
    for value in CASES.iter().filter_map(|(_, expected)| *expected) {
        let value = expectation(value);
        assert_eq!(read_one(&emit(&value)), Ok(value));
    }
}

#[test]
fn keys_of_any_length_are_written() {
    let value = json!({ "k".repeat(5000): { "y".repeat(2000): ["a"] } });
    assert_eq!(read_one(&emit(&value)), Ok(value));
}
