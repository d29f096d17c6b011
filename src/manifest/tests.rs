use std::fs;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;

use super::*;

fn parse_texts(texts: &[(&str, &str)]) -> Result<Vec<Desired>, ManifestErrors> {
    parse(texts.iter().map(|(name, text)| Ok(Arc::new(Source::new(*name, *text)))))
}

fn told(texts: &[(&str, &str)]) -> String {
    parse_texts(texts).unwrap_err().to_string()
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

#[test]
fn objects_know_where_each_field_was_written() {
    let text = "# web\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    example.com/a: b\nspec:\n  containers:\n  - name: c\n    image: x\n";
    let desired = parse_texts(&[("web.yaml", text)]).unwrap();
    let place = |path: &[&str]| desired[0].position(path).map(|mark| (mark.line, mark.column));
    assert_eq!(desired[0].origin.to_string(), "web.yaml:2:1");
    assert_eq!(desired[0].origin.file_line(), "web.yaml:2");
    assert_eq!(place(&["spec", "containers", "0", "image"]), Some((11, 5)));
    assert_eq!(place(&["spec", "replicas"]), None);
    let near = |field: &str| desired[0].locate(field).to_string();
    assert_eq!(near("spec.containers[0].image"), "web.yaml:11:5");
    assert_eq!(near(".spec.containers[0].ports[0].containerPort"), "web.yaml:10:5");
    assert_eq!(near("metadata.labels[example.com/a]"), "web.yaml:7:5");
    assert_eq!(near(r#"metadata.labels["example.com/a"]"#), "web.yaml:7:5");
    assert_eq!(near("metadata.labels.example.com/a"), "web.yaml:7:5");
    assert_eq!(near(r#".spec.containers[name="c"].image"#), "web.yaml:11:5");
    assert_eq!(near(r#".spec.containers[name="d"].image"#), "web.yaml:9:3");
    assert_eq!(near("status"), "web.yaml:2:1");
}

#[test]
fn lists_are_opened_and_items_keep_their_places() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {k: v}\n- apiVersion: v1\n  kind: SecretList\n  items:\n  - metadata:\n      name: s\n";
    let desired = parse_texts(&[("list.yaml", text)]).unwrap();
    let shown: Vec<_> = desired.iter().map(|d| (d.object.kind(), d.object.name(), d.origin.to_string())).collect();
    assert_eq!(shown, [("ConfigMap", "a", "list.yaml:4:3".to_owned()), ("Secret", "s", "list.yaml:11:5".to_owned())]);
    assert_eq!(desired[0].position(&["data", "k"]).map(|mark| (mark.line, mark.column)), Some((7, 10)));
    assert_eq!(desired[1].position(&["metadata", "name"]).map(|mark| (mark.line, mark.column)), Some((12, 7)));
    assert_eq!(desired[1].object.api_version(), "v1");
}

#[test]
fn a_kind_that_ends_in_list_without_items_is_an_object() {
    let desired = parse_texts(&[("a.yaml", "apiVersion: x.io/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n")]).unwrap();
    assert_eq!(desired[0].object.kind(), "AllowList");
}

#[test]
fn json_files_are_read_with_places() {
    let text =
        "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"ConfigMap\",\n  \"metadata\": {\"name\": \"a\"},\n  \"data\": {\"k\": \"v\"}\n}\n";
    let desired = parse_texts(&[("a.json", text)]).unwrap();
    assert_eq!(desired[0].object.get(&["data"]), Some(&json!({"k": "v"})));
    assert_eq!(desired[0].locate("data.k").to_string(), "a.json:5:12");
}

#[test]
fn generate_name_stands_in_for_a_name_and_never_clashes() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n";
    assert_eq!(parse_texts(&[("a.yaml", text), ("b.yaml", text)]).unwrap().len(), 2);
}

#[test]
fn what_every_object_needs_is_asked_for() {
    let text = "metadata:\n  name: a\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {a: b}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 123\n---\n- a\n";
    let expected = "\
a.yaml:1:1: `apiVersion` is missing
 1 | metadata:
   | ^
hint: add the API the object belongs to, such as `apiVersion: v1` or `apiVersion: apps/v1`

a.yaml:1:1: `kind` is missing
 1 | metadata:
   | ^
hint: add the object's kind, such as `kind: ConfigMap`; files that are no manifests do not belong to the set

a.yaml:6:1: `metadata.name` is missing
 6 | metadata:
   | ^
hint: add `name:` below `metadata:`

a.yaml:12:3: `metadata.name` must be text, but this is not read as text
 12 |   name: 123
    |   ^
hint: put quotes around the value; without them YAML reads 123, 1e3, yes, on and null as something else

a.yaml:14:1: an object must be a mapping with `apiVersion`, `kind` and `metadata`
 14 | - a
    | ^
hint: files that are no manifests do not belong to the set";
    assert_eq!(told(&[("a.yaml", text)]), expected);
}

#[test]
fn every_broken_file_is_told_at_once() {
    let first = format!("{}data:\n  a: 1\n  b: 2\n  a: 3\n", config_map("a"));
    let second = format!("{}data: [1, 2\n", config_map("b"));
    let expected = "\
one.yaml:8:3: the key `a` stands twice in this mapping, first at one.yaml:6:3
 8 |   a: 3
   |   ^
hint: keep one of the two; kubectl would take the last without a word

two.yaml:5:7: this is not YAML: unclosed bracket '['
 5 | data: [1, 2
   |       ^";
    assert_eq!(told(&[("one.yaml", &first), ("two.yaml", &second)]), expected);
}

#[test]
fn two_documents_for_one_object_are_an_error_that_names_both() {
    let expected = "\
b.yaml:1:1: ConfigMap a is already described at a.yaml:1:1
 1 | apiVersion: v1
   | ^
hint: remove one of the two, or give it another name or namespace";
    assert_eq!(told(&[("a.yaml", &config_map("a")), ("b.yaml", &config_map("a"))]), expected);
}

#[test]
fn versions_do_not_part_objects_but_groups_and_namespaces_do() {
    let mk = |version: &str, namespace: &str| format!("apiVersion: {version}\nkind: A\nmetadata: {{name: a, namespace: {namespace}}}\n");
    assert!(parse_texts(&[("a.yaml", &mk("x.io/v1", "one")), ("b.yaml", &mk("x.io/v2", "one"))]).is_err());
    assert!(parse_texts(&[("a.yaml", &mk("x.io/v1", "one")), ("b.yaml", &mk("y.io/v1", "one"))]).is_ok());
    assert!(parse_texts(&[("a.yaml", &mk("x.io/v1", "one")), ("b.yaml", &mk("x.io/v1", "two"))]).is_ok());
}

#[test]
fn tabs_and_templates_get_a_hint() {
    let tab = told(&[("a.yaml", "a:\n\tb: 1\n")]);
    assert!(tab.ends_with("\nhint: YAML is indented with spaces; this line begins with a tab"), "{tab}");
    let template = told(&[("a.yaml", "kind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}-x\n")]);
    assert!(template.ends_with("\nhint: this looks like a template; render it first"), "{template}");
}

#[test]
fn lines_of_secrets_are_shown_without_their_values() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: hunter2\n  password: hunter3\n  k: \"hunter4\n";
    let broken = told(&[("s.yaml", text)]);
    assert!(!broken.contains("hunter"), "{broken}");
    let twice = told_twice();
    assert!(twice.contains(" 6 |   ***\n   |   ^"), "{twice}");
    assert!(!twice.contains("hunter"), "{twice}");
    let misplaced = told(&[("s.yaml", "kind: Secret\napiVersion: v1\nmetadata: {name: s}\nmetadata: {name: hunter5}\n")]);
    assert!(misplaced.contains(" 4 | metadata: ***\n   | ^"), "{misplaced}");
}

#[test]
fn a_colon_inside_of_a_secret_value_ends_no_key() {
    let minified = r#"{"apiVersion":"v1","kind":"Secret","stringData":{"url":"postgres://admin:hunter2@db note: x"},"kind":"Secret"}"#;
    let continued = "kind: Secret\napiVersion: v1\nstringData:\n  a: \"hunter2\n    second hunter3 part: x\" oops\n";
    for text in [minified, continued] {
        let told = told(&[("s.yaml", text)]);
        assert!(!told.contains("hunter"), "{told}");
    }
}

fn told_twice() -> String {
    told(&[("s.yaml", "kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData:\n  password: hunter2\n  password: hunter3\n")])
}

#[test]
fn a_secret_on_one_line_of_json_is_not_shown() {
    let told = told(&[("s.json", r#"{"apiVersion": "v1", "kind": "Secret", "stringData": {"p": "hunter2", "p": "hunter3"}}"#)]);
    assert!(!told.contains("hunter"), "{told}");
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {{\"name\": \"a\"}}, \"data\": {{\"a\": \"{}\", \"a\": 1}}}}",
        "x".repeat(500)
    );
    let told = told(&[("a.json", &text)]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[1].starts_with(" 1 | …xxx") && lines[1].ends_with("\"a\": 1}}"), "{told}");
    assert_eq!(lines[1].chars().nth(lines[2].chars().count() - 1), Some('"'), "{told}");
}

#[test]
fn an_empty_set_is_an_error() {
    let hint = "\nhint: check the path given with -f; documents without content do not count";
    assert_eq!(told(&[("a.yaml", "")]), format!("no objects found in a.yaml{hint}"));
    assert_eq!(told(&[("a.yaml", "---\n# nothing\n"), ("b.json", "")]), format!("no objects found in a.yaml, b.json{hint}"));
}

#[test]
fn a_source_keeps_its_text_out_of_debug_output() {
    assert_eq!(format!("{:?}", Source::new("a.yaml", "secret")), "Source { name: \"a.yaml\", .. }");
}

async fn gather_all(inputs: &[Input], recursive: bool, stdin: &'static str) -> Vec<Result<Gathered, ManifestError>> {
    gather(inputs, recursive, stdin.as_bytes(), |url| async move { Ok(format!("# {url}\n").into_bytes()) }).await
}

async fn gather_from(inputs: &[Input], recursive: bool, stdin: &'static str) -> Vec<Arc<Source>> {
    let source = |gathered| match gathered {
        Gathered::Source(source) => source,
        Gathered::Built(objects) => panic!("{objects:?}"),
    };
    gather_all(inputs, recursive, stdin).await.into_iter().map(|gathered| source(gathered.unwrap())).collect()
}

fn mk_tree(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn names(folder: &TempDir, sources: &[Arc<Source>]) -> Vec<String> {
    let root = format!("{}/", folder.path().display());
    sources.iter().map(|source| source.name().replace(&root, "")).collect()
}

#[tokio::test]
async fn a_folder_stands_for_its_manifests_in_order() {
    let folder = mk_tree(&[("b.yml", b""), ("a.yaml", b""), ("c.json", b""), ("d.txt", b""), ("aa/x.yaml", b""), ("b/y.yaml", b"")]);
    let input = [Input::Path(folder.path().to_owned())];
    assert_eq!(names(&folder, &gather_from(&input, false, "").await), ["a.yaml", "b.yml", "c.json"]);
    assert_eq!(names(&folder, &gather_from(&input, true, "").await), ["a.yaml", "aa/x.yaml", "b/y.yaml", "b.yml", "c.json"]);
}

#[tokio::test]
async fn inputs_keep_the_users_order() {
    let folder = mk_tree(&[("b.txt", b"b: 1")]);
    let path = folder.path().join("b.txt");
    let inputs = [Input::parse("https://example.com/a.yaml"), Input::parse(path.to_str().unwrap()), Input::parse("-")];
    let sources = gather_from(&inputs, false, "c: 1").await;
    assert_eq!(names(&folder, &sources), ["https://example.com/a.yaml", "b.txt", "standard input"]);
    assert_eq!(sources.iter().map(|source| source.text()).collect::<Vec<_>>(), ["# https://example.com/a.yaml\n", "b: 1", "c: 1"]);
}

#[tokio::test]
async fn a_url_is_fetched_as_it_is_and_shown_without_what_lets_somebody_in() {
    let asked = std::sync::Mutex::new(Vec::new());
    let fetch = |url: String| {
        asked.lock().unwrap().push(url);
        std::future::ready(Ok(b"a: [".to_vec()))
    };
    let url = "https://me:hunter2@example.com/a.yaml?key=hunter2";
    let told = gather(&[Input::parse(url), Input::parse(url)], false, std::io::empty(), fetch).await;
    assert_eq!(*asked.lock().unwrap(), [url]);
    let told = parse(told).unwrap_err().to_string();
    assert!(told.contains("https://REDACTED@example.com/a.yaml?key=REDACTED:1:4: ") && !told.contains("hunter2"), "{told}");

    let file = b"resources:\n- https://me:hunter2@example.com/a.yaml?key=hunter2\n- https://hunter2@example.com/a.git\n";
    let folder = mk_tree(&[("kustomization.yaml", file)]);
    let refuse = |_| std::future::ready(Err(FetchError::Refused(reqwest::StatusCode::NOT_FOUND)));
    let told = gather(&[Input::Path(folder.path().to_owned())], false, std::io::empty(), refuse).await;
    let told = parse(told).unwrap_err().to_string();
    assert!(told.contains("\"https://REDACTED@example.com/a.git\" is a git repository") && !told.contains("hunter2"), "{told}");
}

#[tokio::test]
async fn everything_that_cannot_be_read_is_told_at_once() {
    let folder = mk_tree(&[
        ("empty/sub/x.yaml", b""),
        ("latin.yaml", b"a: 1\nb: caf\xe9\n"),
        ("wide.yaml", b"\xff\xfea\0"),
        ("broken.yaml", b"a: [\n"),
    ]);
    let inputs: Vec<Input> =
        ["broken.yaml", "nope.yaml", "empty", "latin.yaml", "wide.yaml"].map(|name| Input::Path(folder.path().join(name))).into();
    let told = parse(gather_all(&inputs, false, "").await).unwrap_err().to_string().replace(&format!("{}/", folder.path().display()), "");
    let expected = "\
broken.yaml:1:4: this is not YAML: unclosed bracket '['
 1 | a: [
   |    ^

nope.yaml: there is no such file or folder
hint: check the path given with -f

empty: there is no file that ends in .yaml, .yml or .json in this folder
hint: add -R to look into the folders below it

latin.yaml:2:7: this is not UTF-8 text
 2 | b: caf
   |       ^
hint: save the file as UTF-8

wide.yaml:1:1: this is not UTF-8 text
hint: this looks like UTF-16; save the file as UTF-8";
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_is_given_twice_is_told_once_and_by_both_names() {
    let folder = mk_tree(&[("deploy/a.yaml", config_map("a").as_bytes()), ("deploy/b.yaml", config_map("b").as_bytes())]);
    let path = |name: &str| Input::Path(folder.path().join(name));
    let inputs = [path("deploy"), path("deploy/../deploy/a.yaml"), path("deploy/b.yaml"), Input::Stdin, Input::Stdin];
    let told = parse(gather_all(&inputs, false, "").await).unwrap_err().to_string().replace(&format!("{}/", folder.path().display()), "");
    let expected = "\
deploy/../deploy/a.yaml: this is given twice, first as deploy/a.yaml
hint: give it once; a folder stands for every manifest in it

deploy/b.yaml: this is given twice
hint: give it once; a folder stands for every manifest in it

standard input: this is given twice
hint: give it once; a folder stands for every manifest in it";
    assert_eq!(told, expected);
}

#[tokio::test]
async fn of_no_input_more_than_the_bound_is_read() {
    let folder = mk_tree(&[]);
    // A file of holes takes no room on the disk.
    let path = folder.path().join("large.yaml");
    fs::File::create(&path).unwrap().set_len(super::source::SIZE_MOST as u64 + 1).unwrap();
    let refused = |error: &ManifestError| matches!(error.problem, Problem::TooLarge);
    let gathered = gather(&[Input::Path(path), Input::Stdin], false, std::io::repeat(b'#'), fetch).await;
    assert!(gathered.iter().all(|input| input.as_ref().is_err_and(refused)), "{gathered:?}");
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused_by_its_name() {
    let told = parse(gather_all(&[Input::parse("FTP://host/a.yaml")], false, "").await).unwrap_err().to_string();
    let hint = "hint: give an http:// or https:// URL, or download it and give the file";
    assert_eq!(told, format!("FTP://host/a.yaml: URLs that begin with ftp:// cannot be fetched\n{hint}"));
    assert_eq!(Input::parse("a://b"), Input::Url("a://b".to_owned()));
    assert_eq!(Input::parse("a b://c"), Input::Path("a b://c".into()));
}

#[test]
fn errors_come_in_the_order_of_the_files() {
    let twice = format!("{}---\nkind: ConfigMap\nmetadata: {{name: 1}}\n---\n{}", config_map("a"), config_map("a"));
    let told = told(&[("a.yaml", &twice), ("b.yaml", &config_map("a"))]);
    let places: Vec<&str> =
        told.lines().filter_map(|line| line.split_once(": ").map(|(place, _)| place)).filter(|place| place.contains(".yaml:")).collect();
    assert_eq!(places, ["a.yaml:6:1", "a.yaml:7:12", "a.yaml:9:1", "b.yaml:1:1"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_device_is_refused_and_a_pipe_is_read() {
    let gathered = gather_all(&[Input::Path("/dev/zero".into())], false, "").await;
    assert!(matches!(&gathered[..], [Err(error)] if matches!(error.problem, Problem::NotAFile)), "{gathered:?}");
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"a: 1").unwrap();
    drop(writer);
    let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
    assert_eq!(gather_from(&[Input::Path(path.into())], false, "").await[0].text(), "a: 1");
}

#[tokio::test]
async fn the_versions_of_a_mounted_config_map_are_passed_over() {
    let folder = mk_tree(&[("..2026/a.yaml", b""), ("a.yaml", b""), ("below/b.yaml", b"")]);
    let input = [Input::Path(folder.path().to_owned())];
    assert_eq!(names(&folder, &gather_from(&input, true, "").await), ["a.yaml", "below/b.yaml"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_loop_of_links_ends() {
    let folder = mk_tree(&[("a.yaml", b"")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    let input = [Input::Path(folder.path().to_owned())];
    assert_eq!(names(&folder, &gather_from(&input, true, "").await), ["a.yaml"]);
}

/// Answers one request with the given head and body, and hands out the URL.
async fn serve_once(answer: &'static str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a.yaml", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    url
}

#[tokio::test]
async fn urls_are_fetched() {
    let url = serve_once("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na: 1").await;
    assert_eq!(fetch(url).await.unwrap(), b"a: 1");
}

#[tokio::test]
async fn a_url_that_gives_no_manifest_says_why() {
    let url = serve_once("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let told = gather(&[Input::Url(url.clone())], false, std::io::empty(), fetch).await;
    assert_eq!(parse(told).unwrap_err().to_string(), format!("{url}: cannot be fetched: the server answered 404 Not Found"));
}

#[test]
fn a_thousand_documents_are_read_whole() {
    let text: String = (0..1000).map(|number| format!("---\n{}data:\n  k: \"{number}\"\n", config_map(&format!("c{number}")))).collect();
    let desired = parse_texts(&[("many.yaml", &text)]).unwrap();
    assert_eq!(desired.len(), 1000);
    assert_eq!(desired[999].origin.to_string(), "many.yaml:6995:1");
}

#[test]
fn nonsense_is_told_and_never_a_panic() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: &m {name: 'a'}\ndata:\n  a: |\n    x\n  <<: *m\n  ? \"é\"\n  : [1, {b: 日}]\n---\n{\"a\": 1}\n";
    let pieces = [
        "\n", " ", "\t", ":", "- ", "{", "}", "[", "]", "&m ", "*m", "!!int ", "\"", "'", "|", "<<: ", "---\n", "é", "%", "#", "\u{0}",
        "\r",
    ];
    let mut state = 1_u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let mut refused = 0;
    for round in 0..3000 {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..=roll(4) {
            let at = roll(characters.len());
            if roll(3) == 0 {
                characters.remove(at);
            } else {
                characters.splice(at..at, pieces[roll(pieces.len())].chars());
            }
        }
        let name = if round % 2 == 0 { "a.yaml" } else { "a.json" };
        if let Err(errors) = parse_texts(&[(name, &characters.into_iter().collect::<String>())]) {
            refused += 1;
            assert!(errors.to_string().lines().all(|line| !line.chars().any(char::is_control)));
        }
    }
    assert!(refused > 2000);
}

#[test]
fn what_is_no_list_and_no_metadata_is_told() {
    let list = "apiVersion: v1\nkind: List\nitems: {a: b}\n";
    insta::assert_snapshot!(told(&[("list.yaml", list)]), @"
    list.yaml:3:1: `items` must be a list of objects
     3 | items: {a: b}
       | ^
    ");
    let metadata = "apiVersion: v1\nkind: ConfigMap\nmetadata: [a]\n";
    insta::assert_snapshot!(told(&[("a.yaml", metadata)]), @"
    a.yaml:3:1: `metadata` must be a mapping
     3 | metadata: [a]
       | ^
    ");
}
