//! What README.md and the pages in docs/ show is what the program prints.

use super::{SHOP, config_map};
use crate::clients::tool;
use crate::harness::cli::{TestEnv, until};
use crate::harness::recorder::Recorder;

/// The consoles of a document: the commands of each, and everything that they print, in one text.
fn consoles(document: &str) -> Vec<(Vec<&str>, String)> {
    let blocks = document.split("```console\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks
        .map(|(block, _)| {
            let commands = block.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
            let printed = block.lines().filter(|line| !line.starts_with("$ ")).map(|line| format!("{line}\n")).collect();
            (commands, printed)
        })
        .collect()
}

/// Runs a console in a shell and compares what it prints.
fn check(env: &TestEnv, (commands, printed): &(Vec<&str>, String)) {
    let output = env.shell(&format!("{{\n{}\n}} 2>&1", commands.join("\n")));
    assert_eq!(output.stdout, *printed, "{commands:?}");
}

#[test]
fn the_readme_shows_what_happens() {
    let consoles = consoles(include_str!("../../../README.md"));
    let [first, conflict, serve, kubectl] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::without_target();
    let (manifest, _) = first.1.split_once("applying to").unwrap();
    env.write("greeting.yaml", manifest);
    check(&env, first);
    env.prepare("apply -f greeting.yaml --local store");
    env.write("salut.yaml", manifest.replace("hello", "salut"));
    check(&env, conflict);
    check_server(&env, serve, kubectl);
}

/// A server on a free port instead of the usual one, and kubectl, which looks after ten seconds.
fn check_server(env: &TestEnv, serve: &(Vec<&str>, String), kubectl: &(Vec<&str>, String)) {
    env.at_present();
    let program = env!("CARGO_BIN_EXE_trueup");
    let line = serve.0[0].replacen("trueup", program, 1);
    let mut server = env.start_shell(&format!("exec {line} --listen 127.0.0.1:0 2>&1"));
    server.wait_for("kubeconfig: ");
    let line = kubectl.0[0].replacen("kubectl", &tool("TRUEUP_KUBECTL_BIN"), 1);
    // How old they are is the last column, below its header.
    let age = regex::Regex::new(r"(?m)^([a-z].*) \S+$").unwrap();
    let printed = |text: &str| age.replace_all(text, "$1 10s").into_owned();
    until("kubectl sees what the page shows", || printed(&env.shell(&line).stdout) == kubectl.1);
    server.signal("INT");
    let output = server.end();
    let port = regex::Regex::new("127.0.0.1:[0-9]+").unwrap();
    let told = port.replace(&output.stdout, "127.0.0.1:6443").into_owned();
    assert!(told.starts_with(&serve.1), "{output}");
}

#[test]
fn the_page_about_checking_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/validate.md"));
    let env = TestEnv::without_target();
    env.write(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replica: 2\n  selector:\n    matchLabels: {app: web}\n  \
         template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n      - name: web\n        imag: nginx\n---\n\
         apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: web\n",
    );
    assert_eq!(consoles.len(), 1);
    check(&env, &consoles[0]);
}

#[test]
fn the_page_about_pipelines_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/pipelines.md"));
    let [several, github] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::without_target();
    env.write("deploy/greeting.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: greeting\ndata:\n  text: hello\n");
    [several, github].into_iter().for_each(|console| check(&env, console));
}

#[test]
fn the_page_about_exit_statuses_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/exit-codes.md"));
    let [console] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::without_target();
    env.write("greeting.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: greeting\ndata:\n  text: hello\n");
    check(&env, console);
}

#[test]
fn the_page_about_the_command_line_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/cli.md"));
    let env = TestEnv::without_target();
    env.write("bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n name: x\n");
    env.write("web.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: Balancer\n  ports:\n  - port: 0\n");
    let [broken, refused, interrupted, held, tree] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    [broken, refused].into_iter().for_each(|console| check(&env, console));
    check_interruption(interrupted);
    check_tree(tree);
    let env = TestEnv::new();
    env.write("held.yaml", words("held", "x").replace("metadata:", "metadata:\n  finalizers: [example.com/hold]"));
    env.prepare("apply -f held.yaml");
    check(&env, held);
}

/// A Deployment with a pod that is ready and one that crashes, as controllers would make and tell of them.
fn check_tree(console: &(Vec<&str>, String)) {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    let pods = "{containers: [{name: web, image: nginx}]}";
    let template = format!("selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, spec: {pods}}}");
    let object = |api: &str, kind: &str, name: &str, owner: &str, spec: &str| {
        let metadata = format!("{{name: {name}, labels: {{app: web}}{owner}}}");
        env.write("one.yaml", format!("{{apiVersion: {api}, kind: {kind}, metadata: {metadata}, spec: {spec}}}"));
        env.prepare("apply -f one.yaml");
        let uid = env.run(&format!("get {kind} {name} -o jsonpath={{.metadata.uid}}")).stdout.clone();
        format!(", ownerReferences: [{{apiVersion: {api}, kind: {kind}, name: {name}, uid: {uid}, controller: true}}]")
    };
    let replicas = format!("{{replicas: 2, {template}}}");
    let deployment = object("apps/v1", "Deployment", "web", "", &replicas);
    let set = object("apps/v1", "ReplicaSet", "web-7d4b", &deployment, &replicas);
    let counts =
        r#"{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"fullyLabeledReplicas":2,"readyReplicas":1,"availableReplicas":1}"#;
    server.put_status("/apis/apps/v1/namespaces/default/deployments/web", counts);
    server.put_status("/apis/apps/v1/namespaces/default/replicasets/web-7d4b", &counts.replace(r#""updatedReplicas":2,"#, ""));
    let is_ready = |status: &str| format!(r#""phase":"Running","conditions":[{{"type":"Ready","status":"{status}"}}]"#);
    let crashing = r#""containerStatuses":[{"name":"web","image":"nginx","imageID":"","ready":false,"restartCount":7,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]"#;
    for (name, status) in [("web-7d4b-x2k", is_ready("True")), ("web-7d4b-zz9", is_ready("False") + "," + crashing)] {
        object("v1", "Pod", name, &set, pods);
        server.put_status(&format!("/api/v1/namespaces/default/pods/{name}"), &format!("{{{status}}}"));
    }
    env.at("2026-11-22T10:05:00Z");
    check(&env, console);
}

/// An apply that is interrupted while its Secret is under way.
fn check_interruption((commands, printed): &(Vec<&str>, String)) {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/login?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("shop.yaml", SHOP);
    let program = env!("CARGO_BIN_EXE_trueup");
    let mut apply = env.start_shell(&format!("exec {} 2>&1", commands[0].replacen("trueup", program, 1)));
    apply.wait_for("configmap/settings created");
    server.wait_until_holding();
    apply.signal("INT");
    apply.wait_for("stopping");
    server.release();
    let output = apply.end().replacing(&server.url, "https://shop.example:6443");
    assert_eq!(output.stdout, printed.replace("^C\n", ""));
}

#[test]
fn the_page_about_drift_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/drift.md"));
    let [drift, of_set, watch, dump] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::new();
    env.write("deploy/shop.yaml", SHOP);
    env.prepare("apply -f deploy");
    env.at("2026-11-22T10:05:00Z");
    env.write("other.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {LOG_LEVEL: debug}}");
    env.prepare("apply -f other.yaml --field-manager ops --force-conflicts");
    [drift, dump].into_iter().for_each(|console| check(&env, console));
    check_watch(watch);
    let env = TestEnv::new();
    env.write("deploy/shop.yaml", SHOP);
    env.prepare("apply -f deploy -n shop --applyset shop");
    env.at("2026-11-22T10:05:00Z");
    env.write("other.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {LOG_LEVEL: debug}}");
    env.prepare("apply -f other.yaml --field-manager ops --force-conflicts");
    check(&env, of_set);
}

/// A change that is made once all kinds are watched.
fn check_watch((commands, printed): &(Vec<&str>, String)) {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    server.asked();
    let mut watch = env.start(commands[0].strip_prefix("trueup ").unwrap());
    let mut watched = Vec::new();
    until("both kinds are watched", || {
        watched.extend(server.asked().into_iter().filter(|asked| asked.contains("watch=")));
        watched.len() >= 2
    });
    env.write("other.yaml", SHOP.split("---\n").nth(3).unwrap().replace("info", "debug"));
    env.prepare("apply -f other.yaml --field-manager ops --force-conflicts");
    watch.wait_for("data.LOG_LEVEL");
    watch.signal("INT");
    // The server's clock stands still at the time of its start.
    assert_eq!(watch.end().stdout.replace("10:00:00Z", "10:05:00Z"), *printed);
}

/// A ConfigMap with one text, as people write it.
fn words(name: &str, text: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  text: {text}\n")
}

/// What the command of SQLite does with the arguments that a page gives it, for machines that do not have it.
const SQLITE: &str = r#"import sqlite3, sys
options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
path, statement = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
assert options in ([], ["-readonly"]), options
database = sqlite3.connect(f"file:{path}?mode={'ro' if options else 'rw'}", uri=True)
if statement.startswith(".backup "):
    database.backup(sqlite3.connect(statement.removeprefix(".backup ")))
else:
    for row in database.execute(statement):
        print("|".join("" if value is None else str(value) for value in row))
"#;

#[test]
fn the_page_about_the_store_looks_into_it_and_saves_it() {
    let page = include_str!("../../../docs/store.md");
    let (_, block) = page.split_once("```sh\n").unwrap();
    let look = block.split_once("```").unwrap().0.trim_end();
    let backup = page.split('`').find(|words| words.contains(".backup")).unwrap();
    assert!(look.starts_with("sqlite3 -readonly store/trueup.db "), "{look}");
    let env = TestEnv::new();
    env.write("greeting.yaml", words("greeting", "hello"));
    env.write("farewell.yaml", words("farewell", "goodbye"));
    env.prepare("apply -f greeting.yaml -f farewell.yaml");
    env.prepare("delete -f farewell.yaml");
    env.write("sqlite.py", SQLITE);
    let python = tool("TRUEUP_TEST_PYTHON");
    let played = format!("sqlite3() {{ '{python}' sqlite.py \"$@\"; }}");
    let mut ways = vec![played.as_str()];
    if env.shell("command -v sqlite3").code() == Some(0) {
        ways.push(":");
    }
    for way in ways {
        let looked = env.shell(&format!("{way}\n{look}"));
        assert_eq!(looked.code(), Some(0), "{looked}");
        let rows: Vec<&str> = looked.stdout.lines().collect();
        assert!(rows.contains(&"/registry/core/configmaps/default/greeting|ConfigMap"), "{looked}");
        assert!(rows.contains(&"/registry/core/namespaces/default|Namespace") && !looked.stdout.contains("farewell"), "{looked}");
        let saved = env.shell(&format!("{way}\n{backup} && mkdir -p copy && mv copy.db copy/trueup.db"));
        assert_eq!(saved.code(), Some(0), "{saved}");
        assert_eq!(env.shell("TRUEUP_LOCAL=copy trueup get configmaps -o name").stdout, "configmap/greeting\n");
        std::fs::remove_dir_all(env.path("copy")).unwrap();
    }
}

#[test]
fn the_page_about_targets_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/targets.md"));
    let env = TestEnv::without_target();
    env.write("greeting.yaml", words("greeting", "hello").replace("  name: greeting\n", "  name: greeting\n  namespace: default\n"));
    env.write(
        "kubeconfig",
        "apiVersion: v1\nkind: Config\nclusters:\n- name: staging\n  cluster: {server: \"https://staging.example.com:6443\"}\nusers:\n\
         - name: me\n  user: {}\ncontexts:\n- name: staging\n  context: {cluster: staging, user: me, namespace: shop}\n\
         current-context: staging\n",
    );
    env.write(
        "of-testers",
        "clusters: [{name: testing, cluster: {server: \"https://127.0.0.1:1\"}}]\ncurrent-context: testing\n\
         users: [{name: tester, user: {auth-provider: {name: gcp, config: {}}}}]\n\
         contexts: [{name: testing, context: {cluster: testing, user: tester}}]\n",
    );
    assert_eq!(consoles.len(), 6);
    consoles.iter().for_each(|console| check(&env, console));
}

#[test]
fn the_page_about_plans_and_differences_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/plan-and-diff.md"));
    let [first, applied, forms, statuses, owners, replaced, saved] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::new();
    // The page prints the manifests that it begins with.
    let shop = first.1.split_once("=== create").unwrap().0;
    env.write("deploy/shop.yaml", shop);
    [first, applied, forms, statuses].into_iter().for_each(|console| check(&env, console));
    env.write("theirs.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {LOG_LEVEL: trace}}");
    env.prepare("apply -f theirs.yaml --field-manager ops --force-conflicts");
    check(&env, owners);
    let fixed = |text: &str| words("fixed", text).replace("\ndata:", "\nimmutable: true\ndata:");
    env.write("fixed.yaml", fixed("old"));
    env.prepare("apply -f fixed.yaml");
    env.write("fixed.yaml", fixed("new"));
    check(&env, replaced);
    env.write("next.yaml", words("greeting", "hello"));
    check(&env, saved);
}

#[test]
fn the_page_about_going_back_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/rollback.md"));
    let [kept, back, undone, waited] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::new();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: hunter2}\n";
    env.write("set.yaml", [config_map("a", "1").as_str(), secret].join("---\n"));
    env.prepare("apply -f set.yaml -n default --applyset shop");
    env.at("2026-11-22T11:00:00Z");
    env.write("set.yaml", [config_map("a", "2"), config_map("b", "1")].join("---\n"));
    [kept, back].into_iter().for_each(|console| check(&env, console));
    let env = TestEnv::new();
    env.write("set.yaml", config_map("a", "1"));
    env.prepare("apply -f set.yaml");
    let nowhere = config_map("c", "1").replace("name: c", "name: c\n  namespace: nowhere");
    env.write("set.yaml", [config_map("a", "2"), config_map("b", "1"), nowhere].join("---\n"));
    check(&env, undone);
    check_wait(&env, waited);
}

/// A replacement that is undone once the finalizer of the old object is done.
fn check_wait(env: &TestEnv, (commands, printed): &(Vec<&str>, String)) {
    let fixed = |value: &str, finalizers: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed{finalizers}}}\nimmutable: true\ndata: {{key: {value}}}\n")
    };
    let hold = ", finalizers: [example.com/hold]";
    env.write("fixed.yaml", fixed("old", hold));
    env.prepare("apply -f fixed.yaml");
    env.write("fixed.yaml", fixed("new", hold));
    let program = env!("CARGO_BIN_EXE_trueup");
    let mut apply = env.start_shell(&format!("exec {} 2>&1", commands[0].replacen("trueup", program, 1)));
    apply.wait_for("it is made again once it is");
    env.write("free.yaml", fixed("old", ""));
    env.prepare("apply -f free.yaml");
    assert_eq!(apply.end().stdout, *printed);
}

#[test]
fn the_page_for_those_who_come_from_elsewhere_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/coming-from.md"));
    let env = TestEnv::new();
    env.write("greeting.yaml", words("greeting", "hello"));
    env.write("parting.yaml", words("parting", "goodbye"));
    env.write("mistyped.yaml", words("greeting", "hello").replace("ConfigMap", "ConfigMpa"));
    assert_eq!(consoles.len(), 4);
    consoles.iter().for_each(|console| check(&env, console));
}

#[test]
fn the_page_about_sets_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/sets.md"));
    let [pruning, tree, handing_over] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP.split("---\n").next().unwrap());
    env.prepare("apply -f shop.yaml");
    let web = SHOP.split("---\n").nth(1).unwrap();
    env.write("deploy/shop.yaml", [web, &words("settings", "one")].join("---\n"));
    env.write("deploy/old.yaml", words("old-settings", "one"));
    env.prepare("apply -f deploy -n shop --applyset shop");
    env.write(
        "deploy/shop.yaml",
        [&web.replace("replicas: 2", "replicas: 3"), &words("settings", "one")].map(String::as_str).join("---\n"),
    );
    std::fs::remove_file(env.path("deploy/old.yaml")).unwrap();
    check(&env, pruning);
    env.at("2026-11-22T10:05:00Z");
    check(&env, tree);
    let env = TestEnv::new();
    env.write("set.yaml", ["a", "b", "c"].map(|name| config_map(name, "1")).join("---\n"));
    env.prepare("apply -f set.yaml -n default --applyset shop");
    env.prepare("sets hand-over shop -n default --to kubectl/v1.36.4");
    check(&env, handing_over);
}
