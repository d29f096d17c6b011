//! Sets that kubectl and trueup take over from each other.
//!
//! Needs a kubectl that knows sets, 1.27 or newer. Where the machine has none, what kubectl 1.36 was seen to write stands in for it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::cli::TestEnv;
use crate::harness::server::{Engine, TestServer};

const SET: [&str; 7] = ["apply", "-f", "set.yaml", "-n", "default", "--applyset=shop", "--prune"];

/// A folder with manifests, a server, and both programs.
struct Both {
    kubectl: Option<String>,
    server: TestServer,
    env: TestEnv,
}

impl Both {
    fn new() -> Self {
        let server = TestServer::start(Engine::Sqlite);
        let env = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
        env.at_present();
        let kubectl = std::env::var("TRUEUP_SETS_KUBECTL_BIN").ok().filter(|path| Path::new(path).exists());
        Self { kubectl, server, env }
    }

    /// ConfigMaps by name and value, as the only manifest.
    fn write(&self, maps: &[(&str, &str)]) {
        let manifest = |(name, value): &(&str, &str)| super::super::cli::config_map(name, value);
        self.env.write("set.yaml", maps.iter().map(manifest).collect::<Vec<_>>().join("---\n"));
    }

    /// What kubectl prints on both streams, and whether it ended well.
    fn kubectl(&self, binary: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(binary);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.env.path("home"));
        command.env("KUBECONFIG", self.server.kubeconfig()).env("KUBECTL_APPLYSET", "true").stdin(Stdio::null());
        let output = command.current_dir(self.env.path("")).arg("--request-timeout=60s").args(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.success(), text.concat())
    }

    #[track_caller]
    fn names(&self, expected: &str) {
        assert_eq!(self.env.run("get cm -l applyset.kubernetes.io/part-of -o name -n default").stdout, expected);
    }

    fn parent(&self) -> Value {
        serde_json::from_str(&self.env.run("get secret shop -n default -o json").stdout).unwrap()
    }
}

/// As `kubectl apply --server-side --applyset=shop --prune` of version 1.36.4 left it.
fn parent_as_kubectl_writes_it() -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {
        "name": "shop",
        "namespace": "default",
        "labels": {"applyset.kubernetes.io/id": "applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1"},
        "annotations": {
            "applyset.kubernetes.io/additional-namespaces": "",
            "applyset.kubernetes.io/contains-group-kinds": "ConfigMap",
            "applyset.kubernetes.io/tooling": "kubectl/v1.36.4",
        },
    }})
}

#[test]
fn a_set_that_kubectl_made_is_taken_over() {
    let both = Both::new();
    both.write(&[("a", "1"), ("b", "1"), ("c", "1")]);
    if let Some(kubectl) = &both.kubectl {
        let (made, told) = both.kubectl(kubectl, &[&SET[..], &["--server-side"]].concat());
        assert!(made, "{told}");
    } else {
        let id = "applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1";
        both.env.write("parent.json", parent_as_kubectl_writes_it().to_string());
        both.env.prepare("apply -f parent.json --field-manager kubectl-applyset");
        let labels = format!("  labels: {{applyset.kubernetes.io/part-of: {id}}}\ndata:");
        let members = std::fs::read_to_string(both.env.path("set.yaml")).unwrap().replace("\ndata:", &format!("\n{labels}"));
        both.env.write("members.yaml", members);
        both.env.prepare("apply -f members.yaml --field-manager kubectl");
    }
    both.write(&[("a", "1"), ("b", "2")]);
    let trueup = |more: &str| both.env.run(&format!("{}{more}", SET.join(" ")));
    let refused = trueup("");
    assert!(refused.stderr.contains("error: the set secret/shop is worked on by kubectl, as its annotation"), "{refused}");
    both.names("configmap/a\nconfigmap/b\nconfigmap/c\n");
    both.env.prepare("sets hand-over shop -n default --to trueup");
    let taken = trueup(" --force-conflicts");
    assert_eq!(taken.stdout, "configmap/a unchanged\nconfigmap/b configured\nconfigmap/c pruned\n", "{taken}");
    both.names("configmap/a\nconfigmap/b\n");
    if let Some(kubectl) = &both.kubectl {
        let (applied, told) = both.kubectl(kubectl, &[&SET[..], &["--server-side"]].concat());
        assert!(!applied && told.contains(r#"is managed by tooling "trueup" instead of "kubectl""#), "{told}");
    }
}

#[test]
fn a_set_that_trueup_made_is_taken_over_by_kubectl() {
    let both = Both::new();
    both.write(&[("a", "1"), ("b", "1"), ("c", "1")]);
    both.env.prepare(&SET.join(" "));
    both.env.prepare("sets hand-over shop -n default --to kubectl/v1.36.4");
    let (told, expected) = (both.parent(), parent_as_kubectl_writes_it());
    for part in ["labels", "annotations"] {
        assert_eq!(told["metadata"][part], expected["metadata"][part]);
    }
    let Some(kubectl) = &both.kubectl else {
        eprintln!("no kubectl that knows sets: TRUEUP_SETS_KUBECTL_BIN names none");
        return;
    };
    both.write(&[("a", "1"), ("b", "2")]);
    let (applied, told) = both.kubectl(kubectl, &[&SET[..], &["--server-side", "--force-conflicts"]].concat());
    assert!(applied && told.contains("configmap/c pruned"), "{told}");
    both.names("configmap/a\nconfigmap/b\n");
    // And back, from client-side apply too.
    both.write(&[("b", "3")]);
    let (applied, told) = both.kubectl(kubectl, &SET);
    assert!(applied && told.contains("configmap/a pruned"), "{told}");
    both.env.prepare("sets hand-over shop -n default --to trueup");
    both.write(&[("d", "1")]);
    let back = both.env.run(&SET.join(" "));
    assert_eq!(back.stdout, "configmap/d created\nconfigmap/b pruned\n", "{back}");
}
