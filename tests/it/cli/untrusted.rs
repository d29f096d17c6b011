//! What nobody should have to trust: inputs without an end, names that are paths, text that steers a terminal.

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows, until};
use crate::harness::recorder::Recorder;

#[test]
fn no_input_is_read_without_an_end() {
    let env = TestEnv::new();
    assert_shows!(env.run("apply -f /dev/zero"), @"
    [stderr]
    error: /dev/zero: this is a device or a socket, not a file
    hint: give a file, a folder or a pipe; standard input is written -f -
    [exit 1]
    ");
    assert_shows!(env.shell("trueup diff -f - < /dev/zero"), @"
    [stderr]
    error: standard input: this is larger than 64 MiB, the most that is read of one file, pipe or URL
    hint: split it into several files, and give each with -f, or the folder they are in
    [exit 2]
    ");
    assert_shows!(env.shell("mkfifo pipe; { cat /dev/zero > pipe & }; trueup delete -f pipe"), @"
    [stderr]
    error: pipe: this is larger than 64 MiB, the most that is read of one file, pipe or URL
    hint: split it into several files, and give each with -f, or the folder they are in
    [exit 1]
    ");
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.shell("mkfifo short; { cat a.yaml > short & }; trueup apply -f short"), @"
    configmap/a created
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
}

#[test]
fn who_waits_for_standard_input_can_be_interrupted() {
    let env = TestEnv::new();
    // The pipe is said to be open, once it can be written to.
    let apply = env.start_shell(&format!("mkfifo pipe; exec '{}' apply -f pipe", env!("CARGO_BIN_EXE_trueup")));
    until("the pipe is there", || env.path("pipe").exists());
    let pipe = std::fs::OpenOptions::new().write(true).open(env.path("pipe")).unwrap();
    apply.signal("INT");
    assert_shows!(apply.end(), @"
    [stderr]
    interrupted
    [exit 130]
    ");
    drop(pipe);
}

#[test]
fn a_file_given_twice_is_told_once() {
    let env = TestEnv::new();
    env.write("deploy/a.yaml", config_map("a", "1") + "---\n" + &config_map("b", "1"));
    assert_shows!(env.run("apply -f deploy/a.yaml -f deploy/a.yaml"), @"
    [stderr]
    error: deploy/a.yaml: this is given twice
    hint: give it once; a folder stands for every manifest in it
    [exit 1]
    ");
    assert_shows!(env.run("apply -f deploy -f ./deploy/a.yaml"), @"
    [stderr]
    error: ./deploy/a.yaml: this is given twice, first as deploy/a.yaml
    hint: give it once; a folder stands for every manifest in it
    [exit 1]
    ");
}

#[test]
fn urls_are_refused_by_their_kind() {
    let env = TestEnv::new();
    assert_shows!(env.run("apply -f ftp://127.0.0.1/a.yaml"), @"
    [stderr]
    error: ftp://127.0.0.1/a.yaml: URLs that begin with ftp:// cannot be fetched
    hint: give an http:// or https:// URL, or download it and give the file
    [exit 1]
    ");
    assert_shows!(env.run("get cm --server nonsense"), @r#"
    [stderr]
    error: "nonsense" is not a server's URL: it must begin with http:// or https:// and name a host, or be HOST:PORT
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    assert_shows!(env.run("get cm --server ftp://127.0.0.1:1"), @r#"
    [stderr]
    error: "ftp://127.0.0.1:1" is not a server's URL: it must begin with http:// or https:// and name a host, or be HOST:PORT
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    let env = TestEnv::without_target();
    assert_shows!(env.run("get cm --server nonsense"), @r#"
    [stderr]
    error: "nonsense" is not a server's URL: it must begin with http:// or https:// and name a host, or be HOST:PORT
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    assert_shows!(env.run("get cm --server ftp://127.0.0.1:1"), @r#"
    [stderr]
    error: "ftp://127.0.0.1:1" is not a server's URL: it must begin with http:// or https:// and name a host, or be HOST:PORT
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    assert_shows!(env.run("get cm --server 127.0.0.1:1"), @r#"
    [stderr]
    "127.0.0.1:1" is taken as http://127.0.0.1:1: it says neither http:// nor https://
    error: cannot reach http://127.0.0.1:1: connection refused (while asking GET /api)
    hint: is the server running, and is this its address?
    [exit 1]
    "#);
}

#[test]
fn names_that_are_paths_are_refused_before_anything_is_asked() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    assert_shows!(env.run("get cm -n a/b"), @r#"
    [stderr]
    error: --namespace "a/b" names no namespace: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    [exit 2]
    "#);
    assert_shows!(env.run("delete cm a -n ../x"), @r#"
    [stderr]
    error: --namespace "../x" names no namespace: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    [exit 2]
    "#);
    assert_shows!(env.run("get cm ../x"), @r#"
    [stderr]
    error: "../x" names no object: a name may not be '..'
    [exit 2]
    "#);
    assert_shows!(env.run("get cm .."), @r#"
    [stderr]
    error: ".." names no object: a name may not be '..'
    [exit 2]
    "#);
    assert_shows!(env.run("get cm a/b/c"), @r#"
    [stderr]
    error: arguments in TYPE/NAME form must have a single type and a single name: "a/b/c"
    [exit 2]
    "#);
    assert_shows!(env.run("delete cm/a%2Fb"), @r#"
    [stderr]
    error: "cm/a%2Fb" names no object: a name may not contain '%'
    [exit 2]
    "#);
    assert_shows!(env.run("watch cm/.."), @r#"
    [stderr]
    error: "cm/.." names no object: a name may not be '..'
    [exit 2]
    "#);
    assert_shows!(env.run("get cm a --subresource .."), @r#"
    [stderr]
    error: --subresource ".." may not be '..'
    [exit 2]
    "#);
    assert_eq!(server.asked(), [""; 0]);
    env.write("a.yaml", config_map("..", "1") + "---\n" + &config_map("a", "1").replace("name: a", "name: a\n  namespace: ../x"));
    assert_shows!(env.run("apply -f a.yaml").replacing(&server.url, "http://[SERVER]"), @r#"
    [stderr]
    applying to http://[SERVER]
    error: a.yaml:1:1: configmap/..: metadata.name ".." may not be '..'
    hint: give it a name that can stand in a path of the API
    error: a.yaml:8:1: configmap/a in namespace ../x: metadata.namespace "../x" may not contain '/'
    hint: give it a name that can stand in a path of the API
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 2 failed.
    [exit 1]
    "#);
    assert!(server.asked().iter().all(|line| !line.starts_with("PATCH")));
}

#[test]
fn an_empty_namespace_is_none() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml --namespace=");
    assert_shows!(env.shell("trueup get cm -n ''"), @"
    NAME   DATA   AGE
    a      1      0s
    ");
}

#[test]
fn settings_that_say_nothing_are_named() {
    let env = TestEnv::new().with("TRUEUP_LOG", "foo");
    assert_shows!(env.run("get cm"), @r#"
    [stderr]
    error: TRUEUP_LOG="foo": expected error, warn, info, debug or trace
    [exit 2]
    "#);
    let env = TestEnv::without_target();
    assert_shows!(env.run("version --server https://127.0.0.1:1"), @"
    Client Version: v0.1.0
    [stderr]
    error: cannot reach https://127.0.0.1:1: connection refused (while asking GET /version)
    hint: is the server running, and is this its address?
    [exit 1]
    ");
    env.write("file", "not a folder");
    assert_shows!(env.run("get cm --local file"), @"
    [stderr]
    error: cannot open the local store file: the store failed: file is a file; the store takes a folder, or a path where it can make one
    [exit 1]
    ");
}

#[test]
fn a_kubeconfig_without_credentials_is_told() {
    let server = Recorder::to_anybody();
    let env = TestEnv::without_target();
    env.write(
        "config",
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {{server: \"{}\"}}\ncontexts:\n- name: a\n  \
             context: {{cluster: c, user: \"\"}}\ncurrent-context: a\n",
            server.url
        ),
    );
    assert_shows!(env.run("get cm --kubeconfig config"), @"
    [stderr]
    error: from server (Unauthorized): Unauthorized
    hint: no credentials were sent; name a kubeconfig that has some with --kubeconfig or --context
    [exit 1]
    ");
}

#[test]
fn what_steers_a_terminal_is_spelled_out() {
    let env = TestEnv::new();
    env.write(
        "role.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: \"red\\e[31m\"\n  annotations: {a: \"x\\e[2J\"}\n",
    );
    env.write("unknown.yaml", "apiVersion: \"v1\\e[1m\"\nkind: \"A\\e[2J\"\nmetadata: {name: \"b\\e[2J\\nerror: c\\u202e\"}\n");
    let pipe = env.run("apply -f role.yaml -f unknown.yaml");
    assert!(!pipe.shown().contains('\u{1b}'), "{pipe}");
    assert_shows!(pipe, @r#"
    clusterrole.rbac.authorization.k8s.io/red^[[31m created
    [stderr]
    applying to local store store
    error: unknown.yaml:1:1: a^[[2j/b^[[2J^Jerror: c\u202e: no matches for kind "A\u{1b}[2J" in version "v1\u{1b}[1m"
    hint: apply the CustomResourceDefinition of the kind first, or together with it
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
    assert_shows!(env.run("get clusterroles"), @"
    NAME        CREATED AT
    red^[[31m   2026-11-22T10:00:00Z
    ");
    let columns = "get clusterroles -o custom-columns=A:.metadata.annotations.a";
    let value = "get clusterroles -o jsonpath={.items[0].metadata.annotations.a}";
    for command in [columns, value] {
        assert!(env.run(command).stdout.contains("x\u{1b}[2J"), "a program gets every byte: {command}");
        let shown = &env.shell(&format!("script -qec '{} {command}' /dev/null", env!("CARGO_BIN_EXE_trueup"))).stdout;
        assert!(shown.contains("x^[[2J") && !shown.contains('\u{1b}'), "{shown:?}");
    }
}

#[test]
fn a_refusal_of_the_server_shows_the_lines_it_is_about() {
    let env = TestEnv::new();
    env.write(
        "web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: Balancer\n  ports:\n  - port: 0\n  - port: 70000\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {tier: \"not a label\"}\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  \"bad key\": aGlkZGVu\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\ndatta: {}\n",
    );
    assert_shows!(env.run("apply -f web.yaml"), @r#"
    [stderr]
    applying to local store store
    error: web.yaml:15:3: configmap/a in namespace default: from server (Invalid): ConfigMap "a" is invalid: metadata.labels: Invalid value: "not a label": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
     15 |   labels: {tier: "not a label"}
        |   ^
    error: web.yaml:21:3: secret/s in namespace default: from server (Invalid): Secret "s" is invalid: data[bad key]: Invalid value: "bad key": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
     21 |   ***
        |   ^
    error: web.yaml:26:1: configmap/t in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"
     26 | datta: {}
        | ^
    hint: did you mean "data"?
    error: web.yaml:6:3: service/web in namespace default: from server (Invalid):
      spec.type: Unsupported value: "Balancer": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"
       6 |   type: Balancer
         |   ^
      spec.ports[0].name: Required value
       8 |   - port: 0
         |     ^
      spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
      spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive
      spec.ports[1].name: Required value
       9 |   - port: 70000
         |     ^
      spec.ports[1].port: Invalid value: 70000: must be between 1 and 65535, inclusive
      spec.ports[1].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 4 failed.
    [exit 1]
    "#);
}
