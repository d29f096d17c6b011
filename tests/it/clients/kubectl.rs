//! kubectl as people use it: Debian's, and a newer one where there is one.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::json;

use super::tool;
use crate::harness::server::{Engine, TestServer, on_every_engine};
use crate::harness::webhook::Webhook;

/// Longer than any command takes; ends those that would wait for ever.
const PATIENCE: &str = "--request-timeout=60s";

/// kubectl on one server, with a home of its own for its caches.
struct Kubectl {
    binary: String,
    server: TestServer,
}

/// Which kubectl speaks to a server over which store.
struct Setting {
    binary: String,
    engine: Engine,
}

/// Debian's kubectl.
impl From<Engine> for Setting {
    fn from(engine: Engine) -> Self {
        Self { binary: tool("TRUEUP_KUBECTL_BIN"), engine }
    }
}

impl Setting {
    /// A kubectl that is years younger than Debian's, over each store; none where the machine has none.
    fn newer() -> Vec<Self> {
        let binary = std::env::var("TRUEUP_SETS_KUBECTL_BIN").ok().filter(|path| Path::new(path).exists());
        let Some(binary) = binary else {
            eprintln!("no newer kubectl: TRUEUP_SETS_KUBECTL_BIN names none");
            return Vec::new();
        };
        [Engine::Sqlite, Engine::Etcd].map(|engine| Self { binary: binary.clone(), engine }).into()
    }
}

/// What a command printed and how it ended.
#[derive(Debug)]
struct Told {
    code: Option<i32>,
    out: String,
    complaints: String,
}

impl Kubectl {
    fn on(setting: impl Into<Setting>) -> Self {
        let Setting { binary, engine } = setting.into();
        Self { binary, server: TestServer::start(engine) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.server.folder());
        command.env("KUBECONFIG", self.server.kubeconfig()).env("EDITOR", "sed -i s/size:/length:/").stdin(Stdio::null());
        command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/manifests"));
        command.arg(PATIENCE).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Told {
        let output = self.command(arguments).output().unwrap_or_else(|error| panic!("{}: {error}: `make test` installs it", self.binary));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Told { code: output.status.code(), out: text(output.stdout), complaints: text(output.stderr) }
    }

    /// What a command prints that must go well.
    #[track_caller]
    fn ok(&self, arguments: &[&str]) -> String {
        let told = self.run(arguments);
        assert_eq!(told.code, Some(0), "kubectl {}: {told:#?}", arguments.join(" "));
        told.out
    }

    /// What a command complains of that must be refused.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let told = self.run(arguments);
        assert_eq!(told.code, Some(1), "kubectl {}: {told:#?}", arguments.join(" "));
        told.complaints
    }

    #[track_caller]
    fn says(&self, arguments: &[&str], expected: &str) {
        assert_eq!(self.ok(arguments), expected, "kubectl {}", arguments.join(" "));
    }

    #[track_caller]
    fn mentions(&self, arguments: &[&str], expected: &[&str]) {
        let told = self.ok(arguments);
        for part in expected {
            assert!(told.contains(part), "kubectl {} does not say {part:?}:\n{told}", arguments.join(" "));
        }
    }

    /// The words of each line, in which ages and widths are out of the way.
    #[track_caller]
    fn table(&self, arguments: &[&str]) -> Vec<Vec<String>> {
        self.ok(arguments).lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    }

    /// Writes a file that is a manifest with one text in the place of another.
    fn variant(&self, manifest: &str, text: &str, other: &str) -> String {
        let source = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/manifests")).join(manifest);
        let path = self.server.folder().join(format!("variant-{manifest}"));
        std::fs::write(&path, std::fs::read_to_string(source).unwrap().replace(text, other)).unwrap();
        path.display().to_string()
    }
}

fn discovery_is_read(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.mentions(&["version"], &["Server Version", "v1.36"]);
    let versions = kubectl.ok(&["api-versions"]);
    for version in ["v1", "apps/v1", "batch/v1", "autoscaling/v2", "apiextensions.k8s.io/v1", "rbac.authorization.k8s.io/v1"] {
        assert!(versions.lines().any(|line| line == version), "{version} is missing:\n{versions}");
    }
    let resources = kubectl.ok(&["api-resources", "--verbs=list", "-o", "wide"]);
    let deployments = resources.lines().find(|line| line.starts_with("deployments ")).unwrap();
    assert!(["deploy", "apps/v1", "true", "Deployment", "deletecollection", "watch"].iter().all(|word| deployments.contains(word)));
    let namespaced = kubectl.ok(&["api-resources", "--namespaced=false", "-o", "name"]);
    assert!(namespaced.contains("namespaces\n") && !namespaced.contains("configmaps"), "{namespaced}");
    kubectl.mentions(&["explain", "deploy.spec.replicas"], &["Deployment", "replicas", "<integer>", "Number of desired pods"]);
    kubectl.mentions(&["explain", "pod.spec.containers"], &["containers", "imagePullPolicy", "List of containers belonging to the pod"]);
    let refusal = kubectl.refused(&["explain", "deploy.spec.nosuch"]);
    assert!(refusal.contains("nosuch"), "{refusal}");
    kubectl.mentions(&["get", "--raw", "/readyz?verbose"], &["[+]ping ok", "readyz check passed"]);
    kubectl.mentions(&["cluster-info"], &[&kubectl.server.url("")]);
}

/// What `explain` says but for its layout, which differs between versions of kubectl: words, with types of objects by no name.
fn facts(explained: &str) -> Vec<String> {
    let (_, body) = explained.split_once("DESCRIPTION:").unwrap_or_else(|| panic!("no description: {explained}"));
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("enum: ") && line.trim() != "<no description>");
    let simple = ["string", "integer", "boolean"];
    let word = |word: &str| match word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
        Some(name) if !simple.contains(&name.trim_start_matches("[]").trim_start_matches("map[string]")) => "<Object>".to_owned(),
        _ => word.to_owned(),
    };
    lines.flat_map(str::split_whitespace).map(word).collect()
}

fn explain_says_what_kubectl_says(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.ok(&["apply", "-f", "gadgets.yaml"]);
    kubectl.ok(&["wait", "--for=condition=Established", "crd", "--all"]);
    // Since 1.27 kubectl reads version 3 of OpenAPI, and lays out what it finds as `trueup explain` does.
    let alike = kubectl.ok(&["explain", "--help"]).contains("--output");
    for subject in ["deploy", "deploy.spec", "pods.spec.containers", "svc.spec", "deploy.spec.strategy.type", "gadgets", "gadgets.spec"] {
        let expected = kubectl.ok(&["explain", subject]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command.env_clear().env("KUBECONFIG", kubectl.server.kubeconfig()).args(["explain", subject]);
        let output = command.output().unwrap();
        let found = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{subject}: {}", String::from_utf8_lossy(&output.stderr));
        if alike {
            assert_eq!(found, expected, "{subject}");
        }
        assert_eq!(facts(&found), facts(&expected), "{subject}");
    }
}

fn manifests_are_created_diffed_applied_and_deleted(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    let shop = ["-f", "shop.yaml"];
    let each = |word: &str| {
        ["configmap/settings", "secret/login", "deployment.apps/web", "service/web"].map(|name| format!("{name} {word}\n")).concat()
    };
    kubectl.says(&["create", "-f", "shop.yaml"], &each("created"));
    let refusal = kubectl.refused(&["create", "-f", "shop.yaml"]);
    assert!(refusal.contains(r#"(AlreadyExists): error when creating "shop.yaml": configmaps "settings" already exists"#), "{refusal}");
    kubectl.mentions(&["delete", "-f", "shop.yaml"], &[r#"configmap "settings" deleted"#, r#"deployment.apps "web" deleted"#]);

    kubectl.says(&["apply", "--dry-run=server", shop[0], shop[1]], &each("created (server dry run)"));
    let refusal = kubectl.refused(&["get", "cm", "settings"]);
    assert_eq!(refusal, "Error from server (NotFound): configmaps \"settings\" not found\n");
    kubectl.says(&["apply", shop[0], shop[1]], &each("created"));
    kubectl.says(&["apply", shop[0], shop[1]], &each("unchanged"));
    assert_eq!(kubectl.run(&["diff", shop[0], shop[1]]).code, Some(0), "nothing differs");
    let changed = kubectl.variant("shop.yaml", "nginx:1.27", "nginx:1.28");
    let diff = kubectl.run(&["diff", "-f", &changed]);
    assert_eq!(diff.code, Some(1), "{diff:?}");
    assert!(diff.out.contains("\n-      - image: nginx:1.27\n") && diff.out.contains("\n+      - image: nginx:1.28\n"), "{}", diff.out);
    kubectl.says(
        &["apply", "-f", &changed],
        "configmap/settings unchanged\nsecret/login unchanged\ndeployment.apps/web configured\nservice/web unchanged\n",
    );
    // A list that is merged by key keeps what the manifest does not name, and a field taken from the manifest goes.
    kubectl.ok(&["patch", "deploy", "web", "-p", r#"{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}"#]);
    let without = kubectl.variant("shop.yaml", "resources: {requests: {cpu: 100m}}", "");
    kubectl.ok(&["apply", "-f", &without]);
    let containers = r#"jsonpath={range .spec.template.spec.containers[*]}{.name}:{.resources.requests.cpu};{end}"#;
    let mut left: Vec<String> = kubectl.ok(&["get", "deploy", "web", "-o", containers]).split(';').map(str::to_owned).collect();
    left.sort();
    assert_eq!(left, ["", "side:", "web:"]);
    let unknown = kubectl.variant("shop.yaml", "replicas: 2", "replicaz: 2");
    let refusal = kubectl.refused(&["apply", "-f", &unknown]);
    assert!(refusal.contains("replicaz"), "{refusal}");
    kubectl.mentions(&["delete", "-f", "shop.yaml", "--wait"], &[r#"service "web" deleted"#]);
    kubectl.says(&["get", "cm,secret,deploy,svc", "-o", "name"], "");
}

fn server_side_apply_tells_conflicts_and_the_ways_out(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    let first = ["apply", "--server-side", "--field-manager=first", "-f", "shop.yaml"];
    let other = kubectl.variant("shop.yaml", "color: red", "color: blue");
    kubectl.mentions(&first, &["configmap/settings serverside-applied", "deployment.apps/web serverside-applied"]);
    let version = ["get", "cm,deploy", "-o", "jsonpath={.items[*].metadata.resourceVersion}"];
    let before = kubectl.ok(&version);
    kubectl.ok(&first);
    assert_eq!(kubectl.ok(&version), before, "an apply that changes nothing writes nothing");
    let second = ["apply", "--server-side", "--field-manager=second", "-f", &other];
    let refusal = kubectl.refused(&second);
    assert!(refusal.contains(r#"conflict with "first": .data.color"#) && refusal.contains("--force-conflicts"), "{refusal}");
    assert!(!refusal.contains(".data.size"), "equal values are shared: {refusal}");
    kubectl.says(&["get", "cm", "settings", "-o", "jsonpath={.data.color}"], "red");
    kubectl.ok(&[&second[..], &["--force-conflicts"]].concat());
    kubectl.says(&["get", "cm", "settings", "-o", "jsonpath={.data.color}"], "blue");
    let refusal = kubectl.refused(&first);
    assert!(refusal.contains(r#"conflict with "second": .data.color"#), "{refusal}");
}

fn objects_are_shown_and_watched(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.ok(&["create", "-f", "shop.yaml"]);
    let rows = kubectl.table(&["get", "deploy"]);
    assert_eq!(rows[0], ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    assert_eq!(rows[1][..4], ["web", "0/2", "0", "0"]);
    let rows = kubectl.table(&["get", "deploy", "-o", "wide", "--show-labels"]);
    assert_eq!(rows[0][5..], ["CONTAINERS", "IMAGES", "SELECTOR", "LABELS"]);
    assert_eq!(rows[1][5..], ["web", "nginx:1.27", "app=web", "app=shop"]);
    kubectl.says(&["get", "cm,secret,svc", "-o", "name"], "configmap/settings\nsecret/login\nservice/web\n");
    kubectl.mentions(&["get", "all"], &["service/web", "deployment.apps/web"]);
    assert_eq!(kubectl.table(&["get", "cm", "-A"])[1][..3], ["default", "settings", "2"]);
    kubectl.says(&["get", "cm", "-l", "app=shop,tier!=front", "-o", "name"], "configmap/settings\n");
    kubectl.says(&["get", "cm", "-l", "app in (none)", "-o", "name"], "");
    kubectl.says(&["get", "cm", "--field-selector", "metadata.name=settings", "-o", "name"], "configmap/settings\n");
    let refusal = kubectl.refused(&["get", "cm", "--field-selector", "data.a=b"]);
    assert!(refusal.contains("(BadRequest)") && refusal.contains("data.a"), "{refusal}");
    kubectl.mentions(
        &["get", "cm", "settings", "-o", "yaml"],
        &["apiVersion: v1\n", "  color: red\n", "  size: \"3\"\n", "kind: ConfigMap\n"],
    );
    kubectl.mentions(&["get", "cm", "settings", "-o", "json"], &["\"color\": \"red\""]);
    kubectl.says(&["get", "deploy", "web", "-o", "custom-columns=N:.metadata.name,R:.spec.replicas", "--no-headers"], "web   2\n");
    kubectl.says(
        &["get", "ns", "--sort-by=.metadata.name", "-o", "name", "--chunk-size=1"],
        "namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n",
    );
    kubectl.mentions(&["describe", "cm", "settings"], &["Name:         settings", "color:\n----\nred"]);
    kubectl.mentions(&["describe", "deploy", "web"], &["nginx:1.27", "2 desired"]);
    let refusal = kubectl.refused(&["get", "nosuch"]);
    assert!(refusal.contains(r#"doesn't have a resource type "nosuch""#), "{refusal}");

    // A watch shows what is there, then each change.
    let mut watch = kubectl.command(&["get", "cm", "-w", "-o", "jsonpath={.metadata.name}={.data.color}{\"\\n\"}"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert_eq!(lines.next().as_deref(), Some("settings=red"));
    kubectl.ok(&["patch", "cm", "settings", "--type=merge", "-p", r#"{"data":{"color":"blue"}}"#]);
    assert_eq!(lines.next().as_deref(), Some("settings=blue"));
    kubectl.ok(&["delete", "cm", "settings"]);
    assert_eq!(lines.next().as_deref(), Some("settings=blue"));
    watch.kill().unwrap();
    watch.wait().unwrap();
}

fn objects_are_changed_in_place(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.ok(&["create", "-f", "shop.yaml"]);
    let strategic = r#"{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:1.29"}]}}}}"#;
    kubectl.says(&["patch", "deploy", "web", "-p", strategic], "deployment.apps/web patched\n");
    let merged = "jsonpath={.spec.template.spec.containers[*].image} {.spec.template.spec.containers[*].ports[*].containerPort}";
    kubectl.says(&["get", "deploy", "web", "-o", merged], "nginx:1.29 80");
    kubectl.ok(&["patch", "cm", "settings", "--type=merge", "-p", r#"{"data":{"color":null,"a":"b"}}"#]);
    kubectl.ok(&[
        "patch",
        "cm",
        "settings",
        "--type=json",
        "-p",
        r#"[{"op":"test","path":"/data/a","value":"b"},{"op":"replace","path":"/data/a","value":"c"}]"#,
    ]);
    kubectl.says(&["get", "cm", "settings", "-o", "jsonpath={.data.a}{.data.color}"], "c");
    let refusal = kubectl.refused(&["patch", "cm", "settings", "--type=json", "-p", r#"[{"op":"test","path":"/data/a","value":"z"}]"#]);
    assert!(refusal.starts_with("The request is invalid"), "{refusal}");
    kubectl.ok(&["label", "cm", "settings", "tier=front"]);
    let refusal = kubectl.refused(&["label", "cm", "settings", "tier=back"]);
    assert!(refusal.contains("--overwrite"), "{refusal}");
    kubectl.ok(&["label", "cm", "settings", "tier-"]);
    kubectl.ok(&["annotate", "cm", "settings", "note=hello"]);
    kubectl.says(&["get", "cm", "settings", "-o", "jsonpath={.metadata.labels.tier}{.metadata.annotations.note}"], "hello");
    kubectl.says(&["scale", "deploy", "web", "--replicas=5"], "deployment.apps/web scaled\n");
    let refusal = kubectl.refused(&["scale", "deploy", "web", "--replicas=6", "--current-replicas=1"]);
    assert!(refusal.contains("Expected replicas to be 1, was 5"), "{refusal}");
    kubectl.says(&["set", "image", "deploy/web", "web=nginx:9"], "deployment.apps/web image updated\n");
    kubectl.says(&["get", "deploy", "web", "-o", "jsonpath={.spec.replicas} {.metadata.generation}"], "5 4");
    kubectl.says(&["edit", "cm", "settings"], "configmap/settings edited\n");
    kubectl.says(&["get", "cm", "settings", "-o", "jsonpath={.data.length}{.data.size}"], "3");
    kubectl.mentions(&["replace", "-f", "shop.yaml"], &["configmap/settings replaced"]);
    kubectl.says(&["get", "cm", "settings", "-o", "jsonpath={.data}"], r#"{"color":"red","size":"3"}"#);
    // No controller of deployments is there to observe it, which kubectl tells and then gives up.
    let refusal = kubectl.refused(&["rollout", "status", "deploy", "web", "--timeout=3s"]);
    assert!(refusal.contains("timed out waiting for the condition"), "{refusal}");

    kubectl.says(&["create", "configmap", "made", "--from-literal=a=b"], "configmap/made created\n");
    kubectl.says(&["create", "secret", "generic", "made", "--from-literal=a=b"], "secret/made created\n");
    kubectl.says(&["create", "deployment", "made", "--image=nginx"], "deployment.apps/made created\n");
    kubectl.says(&["create", "namespace", "made"], "namespace/made created\n");
    kubectl.says(&["-n", "made", "create", "serviceaccount", "made"], "serviceaccount/made created\n");
    let refusal = kubectl.refused(&["-n", "nosuch", "create", "configmap", "lost"]);
    assert!(refusal.contains(r#"namespaces "nosuch" not found"#), "{refusal}");
    kubectl.says(&["run", "made", "--image=nginx"], "pod/made created\n");
    kubectl.mentions(&["delete", "pod", "made", "--wait"], &["pod \"made\" deleted"]);
    kubectl.says(&["expose", "deploy", "made", "--port=80"], "service/made exposed\n");
    kubectl.mentions(&["delete", "service", "made", "--wait"], &["service \"made\" deleted"]);
    kubectl.says(&["rollout", "restart", "deploy", "made"], "deployment.apps/made restarted\n");
    kubectl.says(&["get", "secret", "made", "-o", "jsonpath={.data.a}"], "Yg==");
    kubectl.mentions(
        &["delete", "cm,deploy,svc,secret", "-l", "app=shop"],
        &[r#"deployment.apps "web" deleted"#, r#"secret "login" deleted"#],
    );
    kubectl.says(&["get", "cm,deploy,svc,secret", "-o", "name"], "configmap/made\ndeployment.apps/made\nsecret/made\n");
}

fn custom_resources_are_kinds_like_any_other(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    let refusal = kubectl.refused(&["create", "-f", "gadget.yaml"]);
    assert!(refusal.contains(r#"no matches for kind "Gadget" in version "example.com/v1""#), "{refusal}");
    kubectl.says(&["apply", "-f", "gadgets.yaml"], "customresourcedefinition.apiextensions.k8s.io/gadgets.example.com created\n");
    kubectl.mentions(&["wait", "--for=condition=Established", "crd/gadgets.example.com", "--timeout=60s"], &["condition met"]);
    kubectl.says(&["apply", "-f", "gadget.yaml"], "gadget.example.com/one created\n");
    kubectl.says(&["apply", "-f", "gadget.yaml"], "gadget.example.com/one unchanged\n");
    kubectl.says(&["apply", "-f", "gadgets.yaml"], "customresourcedefinition.apiextensions.k8s.io/gadgets.example.com unchanged\n");
    assert_eq!(kubectl.table(&["get", "gd"]), [["NAME", "SIZE"], ["one", "1"]]);
    assert_eq!(kubectl.table(&["get", "gadget", "one", "-o", "wide"]), [["NAME", "SIZE", "COLOR"], ["one", "1", "red"]]);
    kubectl.mentions(&["get", "all"], &["gadget.example.com/one"]);
    kubectl.mentions(&["explain", "gadget.spec"], &["What the gadget should be.", "size", "<integer>", "How large the gadget is."]);
    kubectl.ok(&["patch", "gd", "one", "--type=merge", "-p", r#"{"spec":{"color":"blue"}}"#]);
    let refusal = kubectl.refused(&["patch", "gd", "one", "-p", r#"{"spec":{"color":"blue"}}"#]);
    assert!(refusal.contains("application/strategic-merge-patch+json"), "{refusal}");
    let wrong = kubectl.variant("gadget.yaml", "size: 1", "size: large");
    let refusal = kubectl.refused(&["apply", "--validate=false", "-f", &wrong]);
    assert!(refusal.contains("spec.size") && refusal.contains("integer"), "{refusal}");
    kubectl.says(&["scale", "gd", "one", "--replicas=3"], "gadget.example.com/one scaled\n");
    kubectl.says(&["get", "gd", "one", "-o", "jsonpath={.spec.size}{.spec.color}"], "3blue");
    kubectl.mentions(&["apply", "--server-side", "--force-conflicts", "-f", "gadget.yaml"], &["serverside-applied"]);
    kubectl.says(&["get", "gd", "one", "-o", "jsonpath={.spec.size}{.spec.color}"], "1red");
    kubectl.mentions(&["describe", "gd", "one"], &["Kind:         Gadget", "Color:  red"]);
    kubectl.mentions(&["delete", "-f", "gadget.yaml"], &[r#"gadget.example.com "one" deleted"#]);
    kubectl.mentions(&["delete", "-f", "gadgets.yaml"], &["deleted"]);
    let refusal = kubectl.refused(&["get", "gd"]);
    assert!(
        refusal.contains("the server could not find the requested resource") || refusal.contains("doesn't have a resource type"),
        "{refusal}"
    );
}

fn permissions_are_told(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.says(&["auth", "can-i", "create", "deployments"], "yes\n");
    kubectl.says(&["auth", "can-i", "get", "/metrics"], "yes\n");
    kubectl.mentions(&["auth", "can-i", "--list"], &["*.*", "selfsubjectaccessreviews.authorization.k8s.io", "[/healthz]"]);
    assert_eq!(kubectl.table(&["get", "componentstatuses"])[1], ["etcd-0", "Healthy", "ok"]);
}

fn autoscalers_are_kinds_of_two_versions(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.ok(&["create", "deployment", "web", "--image=nginx"]);
    let told = kubectl.ok(&["autoscale", "deployment", "web", "--min=2", "--max=5", "--cpu-percent=60"]);
    assert_eq!(told, "horizontalpodautoscaler.autoscaling/web autoscaled\n");
    assert_eq!(kubectl.table(&["get", "hpa", "web", "--no-headers"])[0][..2], ["web", "Deployment/web"]);
    kubectl.says(&["get", "horizontalpodautoscalers.v1.autoscaling", "web", "-o", "jsonpath={.spec.targetCPUUtilizationPercentage}"], "60");
    let metric = "jsonpath={.spec.metrics[0].resource.name}={.spec.metrics[0].resource.target.averageUtilization}";
    kubectl.says(&["get", "horizontalpodautoscalers.v2.autoscaling", "web", "-o", metric], "cpu=60");
    let available = kubectl.table(&["get", "apiservices", "v1.autoscaling", "v2.autoscaling", "--no-headers"]);
    assert!(available.iter().all(|row| row[1..3] == ["Local", "True"]), "{available:?}");
}

fn nodes_are_drained_by_evictions(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    let manifest = |name: &str, text: &str| {
        let path = kubectl.server.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let node = manifest("node.json", r#"{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}"#);
    let pod = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}}"#;
    let pod = manifest("pod.json", pod);
    kubectl.says(&["create", "-f", &node], "node/n created\n");
    kubectl.says(&["create", "-f", &pod], "pod/p created\n");
    kubectl.mentions(&["drain", "n", "--force", "--grace-period=0", "--timeout=60s"], &["pod/p evicted", "node/n"]);
    assert_eq!(kubectl.ok(&["get", "pods", "-o", "name"]), "");
}

/// The scenarios with each kubectl over each store.
macro_rules! with_every_kubectl {
    ($($scenario:ident),+ $(,)?) => {
        on_every_engine!(run $($scenario),+);

        mod newer {
            $(#[test] fn $scenario() { super::Setting::newer().into_iter().for_each(super::$scenario); })+
        }
    };
}

with_every_kubectl!(
    discovery_is_read,
    explain_says_what_kubectl_says,
    manifests_are_created_diffed_applied_and_deleted,
    server_side_apply_tells_conflicts_and_the_ways_out,
    objects_are_shown_and_watched,
    objects_are_changed_in_place,
    custom_resources_are_kinds_like_any_other,
    permissions_are_told,
    webhooks_admit_and_change_what_is_written,
    policies_deny_and_warn,
    policies_change_what_is_written,
    autoscalers_are_kinds_of_two_versions,
    nodes_are_drained_by_evictions,
);

fn policies_deny_and_warn(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.ok(&["apply", "-f", "policies.yaml"]);
    let denied = kubectl.refused(&["create", "configmap", "m", "--from-literal=size=many"]);
    let why = "ValidatingAdmissionPolicy 'sizes.example.com' with binding 'denies' denied request: size must be small, not many";
    assert!(denied.contains(why), "{denied}");
    let warned = kubectl.run(&["create", "configmap", "m", "--from-literal=size=small"]);
    let warning = "Warning: Validation failed for ValidatingAdmissionPolicy 'owners.example.com' with binding 'warns': say whose it is";
    assert!(warned.code == Some(0) && warned.complaints.contains(warning), "{warned:?}");
    kubectl.ok(&["label", "configmap", "m", "owner=me"]);
    let denied = kubectl.refused(&["patch", "configmap", "m", "-p", "{\"data\":{\"size\":\"large\"}}"]);
    assert!(denied.contains("The configmaps \"m\" is invalid") && denied.contains("size must be small, not large"), "{denied}");
    let broken = kubectl.refused(&["patch", "validatingadmissionpolicy", "sizes.example.com", "--type=json", "-p", BROKEN]);
    assert!(broken.contains("spec.validations[0].expression") && broken.contains("undeclared reference to 'objekt'"), "{broken}");
    kubectl.ok(&["delete", "-f", "policies.yaml"]);
    kubectl.ok(&["patch", "configmap", "m", "-p", "{\"data\":{\"size\":\"large\"}}"]);
}

fn policies_change_what_is_written(setting: impl Into<Setting>) {
    let kubectl = Kubectl::on(setting);
    kubectl.ok(&["apply", "-f", "mutations.yaml"]);
    let both = "jsonpath={.metadata.labels.team} {.metadata.labels.made/by}";
    let literal = "--from-literal=a=b";
    kubectl.says(&["create", "configmap", "dry", literal, "--dry-run=server", "-o", both], "shop.default shop.default");
    kubectl.ok(&["create", "configmap", "m", literal]);
    kubectl.says(&["get", "configmap", "m", "-o", both], "shop.default shop.default");
    let found = kubectl.ok(&["get", "configmaps", "-o", "name"]);
    assert!(found.contains("configmap/m\n") && !found.contains("dry"), "{found}");
    kubectl.ok(&["create", "configmap", "other", literal, "-n", "kube-public"]);
    kubectl.says(&["get", "configmap", "other", "-n", "kube-public", "-o", both], " ");
    kubectl.ok(&["patch", "configmap", "teams", "-n", "kube-public", "-p", "{\"data\":{\"team\":\"stock\"}}"]);
    kubectl.ok(&["label", "configmap", "m", "touched=yes"]);
    kubectl.says(&["get", "configmap", "m", "-o", both], "stock.default stock.default");
    kubectl.ok(&["delete", "configmap", "teams", "-n", "kube-public"]);
    let denied = kubectl.refused(&["create", "configmap", "n", literal]);
    let why = "policy 'teams.example.com' with binding 'teams' denied request: failed to configure binding: no params found";
    assert!(denied.contains(why), "{denied}");
    kubectl.ok(&["delete", "-f", "mutations.yaml", "--ignore-not-found"]);
    kubectl.ok(&["create", "configmap", "n", literal]);
    kubectl.says(&["get", "configmap", "n", "-o", both], " ");
}

/// A change by which a policy's expression speaks of what is not there.
const BROKEN: &str = r#"[{"op": "replace", "path": "/spec/validations/0/expression", "value": "objekt.x"}]"#;

fn webhooks_admit_and_change_what_is_written(setting: impl Into<Setting>) {
    let runtime = tokio::runtime::Runtime::new().unwrap_or_else(|error| panic!("{error}"));
    let webhook = runtime.block_on(Webhook::start(|review| {
        let request = &review["request"];
        let denied = request["object"]["data"]["bad"] == "yes";
        let mut response = json!({"uid": request["uid"], "allowed": !denied, "warnings": ["be careful"], "status": {"code": 403, "reason": "Forbidden", "message": "bad"}});
        if !denied && request["operation"] == "CREATE" {
            let patch = json!([{"op": "add", "path": "/metadata/labels", "value": {"admitted": "yes"}}]).to_string();
            response["patchType"] = "JSONPatch".into();
            response["patch"] = STANDARD.encode(patch).into();
        }
        (StatusCode::OK, json!({"kind": "AdmissionReview", "apiVersion": review["apiVersion"], "response": response}))
    }));
    let kubectl = Kubectl::on(setting);
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "m"},
        "webhooks": [{
            "name": "hook.example.com", "clientConfig": {"url": webhook.url, "caBundle": webhook.ca_bundle},
            "rules": [{"operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
            "sideEffects": "None", "admissionReviewVersions": ["v1"],
        }],
    });
    let file = kubectl.server.folder().join("webhook.json");
    std::fs::write(&file, configuration.to_string()).unwrap_or_else(|error| panic!("{error}"));
    kubectl.ok(&["apply", "-f", &file.to_string_lossy()]);
    let denied = kubectl.refused(&["create", "configmap", "m", "--from-literal=bad=yes"]);
    assert!(denied.contains("admission webhook \"hook.example.com\" denied the request: bad"), "{denied}");
    let made = kubectl.run(&["create", "configmap", "m", "--from-literal=bad=no"]);
    assert!(made.code == Some(0) && made.complaints.contains("Warning: be careful"), "{made:?}");
    kubectl.says(&["get", "configmap", "m", "-o", "jsonpath={.metadata.labels.admitted}"], "yes");
    drop(webhook);
    runtime.shutdown_background();
    let gone = kubectl.refused(&["annotate", "configmap", "m", "a=b"]);
    assert!(gone.contains("failed calling webhook \"hook.example.com\": failed to call webhook: Post"), "{gone}");
    kubectl.ok(&["delete", "mutatingwebhookconfiguration", "m"]);
    kubectl.ok(&["annotate", "configmap", "m", "a=b"]);
}
