use std::io::{Read as _, Write as _};

use base64::Engine as _;

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::recorder::Recorder;

#[test]
fn targets_that_contradict_each_other_are_refused() {
    let env = TestEnv::without_target();
    assert_shows!(env.run("get pods --local a --etcd http://127.0.0.1:2379"), @r"
    [stderr]
    error: --local and --etcd name different targets; give one of them
    [exit 2]
    ");
    assert_shows!(env.run("get pods --local a --context b"), @r"
    [stderr]
    error: --local and --context name different targets; give one of them
    [exit 2]
    ");
    assert_shows!(env.run("get pods --local a --etcd-user root:x"), @r"
    [stderr]
    error: --etcd-user says how to reach etcd, but the target is not etcd; add --etcd
    [exit 2]
    ");
    assert_shows!(env.run("get pods --etcd 127.0.0.1:2379"), @r#"
    [stderr]
    error: etcd endpoint "127.0.0.1:2379" must begin with http:// or https://
    [exit 2]
    "#);
    assert_shows!(env.run("serve --server https://127.0.0.1:1"), @r"
    [stderr]
    error: --server names another server, but a store is to be served here
    [exit 2]
    ");
    let env = TestEnv::new().with("TRUEUP_SERVER", "https://127.0.0.1:1");
    assert_shows!(env.run("get pods"), @r"
    [stderr]
    error: TRUEUP_LOCAL and TRUEUP_SERVER name different targets; give one of them
    [exit 2]
    ");
}

#[test]
fn the_user_s_own_store_is_the_last_resort_and_is_named() {
    let env = TestEnv::without_target();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply -f a.yaml"), @r"
    configmap/a created
    [stderr]
    applying to local store [DIR]/home/data/trueup
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("get cm"), @r"
    NAME   DATA   AGE
    a      1      0s
    ");
}

#[test]
fn what_lets_somebody_in_at_a_url_is_not_shown() {
    let env = TestEnv::without_target();
    assert_shows!(env.run("get cm --server https://me:hunter2@127.0.0.1:1"), @r#"
    [stderr]
    error: "https://REDACTED@127.0.0.1:1/" is not a server's URL: it names a user; credentials belong to a user of the kubeconfig
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    assert_shows!(env.run("get cm --server me:hunter2@127.0.0.1:1"), @r#"
    [stderr]
    "REDACTED@127.0.0.1:1" is taken as http://REDACTED@127.0.0.1:1: it says neither http:// nor https://
    error: "http://REDACTED@127.0.0.1:1/" is not a server's URL: it names a user; credentials belong to a user of the kubeconfig
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    assert_shows!(env.run("get cm --server ftp://me:hunter2@127.0.0.1:1"), @r#"
    [stderr]
    error: "ftp://REDACTED@127.0.0.1:1" is not a server's URL: it must begin with http:// or https:// and name a host, or be HOST:PORT
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    env.write(
        "config",
        "current-context: x\ncontexts:\n- {name: x, context: {cluster: c}}\nclusters:\n\
         - {name: c, cluster: {server: 'https://me:hunter2@127.0.0.1:1', proxy-url: 'http://me:hunter2@127.0.0.1:2'}}\n",
    );
    assert_shows!(env.run("get cm --kubeconfig config"), @r#"
    [stderr]
    error: "https://REDACTED@127.0.0.1:1/" is not a server's URL: it names a user; credentials belong to a user of the kubeconfig
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
    assert_shows!(env.run("config view --kubeconfig config"), @"
    apiVersion: v1
    clusters:
    - cluster:
        proxy-url: http://REDACTED@127.0.0.1:2
        server: https://REDACTED@127.0.0.1:1
      name: c
    contexts:
    - context:
        cluster: c
      name: x
    current-context: x
    kind: Config
    users: null
    ");
    assert_shows!(env.run("config view --kubeconfig config --raw -o jsonpath={.clusters[0].cluster.server}"), @"https://me:hunter2@127.0.0.1:1");
}

#[test]
fn a_url_of_manifests_is_kept_without_what_lets_somebody_in() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let asked = std::thread::spawn(move || {
        // One request for each of the commands below.
        let answer = |stream: std::io::Result<std::net::TcpStream>| {
            let mut stream = stream.expect("a client");
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("a request") > 0 {
                head.push(byte[0]);
            }
            let body = config_map("a", "1");
            write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                .expect("a client that reads");
            String::from_utf8(head).expect("text")
        };
        listener.incoming().take(3).map(answer).collect::<Vec<_>>()
    });
    let env = TestEnv::new();
    let url = format!("http://me:hunter2@{host}/a.yaml?key=hunter2");
    let diff = env.run(&format!("diff -f {url}"));
    assert!(diff.stdout.contains(&format!("(http://REDACTED@{host}/a.yaml?key=REDACTED:1)")), "{diff}");
    env.prepare(&format!("plan -f {url} -o a.plan"));
    env.prepare(&format!("apply -f {url} -n default --applyset web"));
    let kept = env.run("history show 1 --applyset web -n default").shown();
    assert!(kept.contains(&format!("http://REDACTED@{host}/a.yaml?key=REDACTED")), "{kept}");
    assert!(!kept.contains("hunter2") && !diff.shown().contains("hunter2"), "{kept}{diff}");
    let plan = std::fs::read_to_string(env.path("a.plan")).expect("a plan");
    assert!(plan.contains("REDACTED") && !plan.contains("hunter2"), "{plan}");
    for head in asked.join().expect("three requests") {
        assert!(head.starts_with("GET /a.yaml?key=hunter2 ") && head.contains("uthorization: Basic bWU6aHVudGVyMg=="), "{head}");
    }
}

#[test]
fn a_kubeconfig_that_does_not_fit_is_named() {
    let env = TestEnv::without_target();
    env.write("broken", "clusters: [");
    env.write("config", "apiVersion: v1\nkind: Config\ncontexts:\n- name: a\n  context: {cluster: gone, user: u}\ncurrent-context: a\n");
    assert_shows!(env.run("get pods --kubeconfig missing"), @r"
    [stderr]
    error: cannot use the kubeconfig missing: No such file or directory (os error 2)
    hint: choose another target: --context, --kubeconfig, --server, --local or --etcd
    [exit 1]
    ");
    assert_shows!(env.run("get pods --kubeconfig broken"), @r"
    [stderr]
    error: cannot use the kubeconfig broken: failed to parse kubeconfig YAML: error: line 1 column 11: unclosed bracket '['
     --> <input>:1:11
      |
    1 | clusters: [
      |           ^ unclosed bracket '['
    hint: choose another target: --context, --kubeconfig, --server, --local or --etcd
    [exit 1]
    ");
    assert_shows!(env.run("get pods --kubeconfig config"), @r#"
    [stderr]
    error: cannot use the kubeconfig config: it has no cluster "gone", which the context names
    hint: choose another target: --context, --kubeconfig, --server, --local or --etcd
    [exit 1]
    "#);
    assert_shows!(env.run("get pods --kubeconfig config --context b"), @r#"
    [stderr]
    error: cannot use the kubeconfig config: it has no context "b"
    hint: choose another target: --context, --kubeconfig, --server, --local or --etcd
    [exit 1]
    "#);
    assert_shows!(env.run("get pods --server nonsense"), @r#"
    [stderr]
    error: "nonsense" is not a server's URL: it must begin with http:// or https:// and name a host, or be HOST:PORT
    hint: give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS
    [exit 1]
    "#);
}

#[test]
fn a_server_is_a_target_like_any_other() {
    let server = Recorder::start();
    let env = TestEnv::without_target();
    env.write("a.yaml", config_map("a", "1"));
    env.write(
        "home/.kube/config",
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {{server: \"{}\"}}\nusers:\n- name: u\n  user: {{}}\n\
             contexts:\n- name: test\n  context: {{cluster: c, user: u, namespace: kube-public}}\ncurrent-context: test\n",
            server.url
        ),
    );
    let shown = |arguments: &str| env.run(arguments).replacing(&server.url, "http://[SERVER]");
    assert_shows!(shown("apply -f a.yaml"), @r"
    configmap/a created
    [stderr]
    applying to http://[SERVER] (context test)
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(shown("get cm -A"), @r"
    NAMESPACE     NAME   DATA   AGE
    kube-public   a      1      0s
    ");
    assert_shows!(shown("diff -f a.yaml --context test -n default"), @r#"
    === create configmap/a in namespace default (a.yaml:1)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: a
    +  namespace: default

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    "#);
    assert_shows!(shown("delete -f a.yaml"), @r#"
    configmap "a" deleted from kube-public namespace
    [stderr]
    deleting from http://[SERVER] (context test)
    "#);
}

#[test]
fn a_proxy_that_is_not_there_is_named_with_where_it_comes_from() {
    let env = TestEnv::without_target();
    env.write(
        "config",
        "clusters: [{name: c, cluster: {server: \"https://kube.test:6443\", proxy-url: \"http://127.0.0.1:1\"}}]\n\
         contexts: [{name: here, context: {cluster: c}}]\ncurrent-context: here\n",
    );
    assert_shows!(env.run("get pods --kubeconfig config"), @"
    [stderr]
    error: cannot reach https://kube.test:6443 (context here): the proxy http://127.0.0.1:1 cannot be reached: connection refused (while asking GET /api)
    hint: the proxy is named by proxy-url in the kubeconfig; is it running, and does it lead to the server?
    [exit 1]
    ");
    let env = TestEnv::without_target().with("HTTPS_PROXY", "http://ann:secret@127.0.0.1:1").with("NO_PROXY", "other.test");
    assert_shows!(env.run("get pods --server https://kube.test:6443"), @"
    [stderr]
    error: cannot reach https://kube.test:6443: the proxy http://127.0.0.1:1 cannot be reached: connection refused (while asking GET /api)
    hint: the proxy is named by HTTPS_PROXY, HTTP_PROXY or ALL_PROXY; is it running, and does it lead to the server?
    [exit 1]
    ");
}

/// A kubeconfig whose user logs in at an identity provider.
fn of_provider(env: &TestEnv, settings: &str) {
    env.write(
        "config",
        format!(
            "clusters: [{{name: c, cluster: {{server: \"https://127.0.0.1:1\"}}}}]\ncurrent-context: here\n\
             users: [{{name: ann, user: {{auth-provider: {{name: oidc, config: {{{settings}}}}}}}}}]\n\
             contexts: [{{name: here, context: {{cluster: c, user: ann}}}}]\n"
        ),
    );
}

#[test]
fn who_cannot_log_in_is_told_what_to_do() {
    let env = TestEnv::without_target();
    // Its end is the first second of 1970.
    let expired = "id-token: e30.eyJleHAiOjB9.c2ln";
    of_provider(&env, &format!("idp-issuer-url: \"http://127.0.0.1:1\", client-id: c, {expired}"));
    assert_shows!(env.run("get pods --kubeconfig config"), @r#"
    [stderr]
    error: cannot prepare the connection to https://127.0.0.1:1/: auth-provider "oidc" of the kubeconfig's user "ann": the id-token expired on 1970-01-01T00:00:00Z, and there is no refresh-token to renew it with
    hint: log in again with the tool that wrote the kubeconfig
    [exit 1]
    "#);
    of_provider(&env, &format!("idp-issuer-url: \"http://127.0.0.1:1\", client-id: c, refresh-token: r, {expired}"));
    assert_shows!(env.run("get pods --kubeconfig config"), @r#"
    [stderr]
    error: cannot prepare the connection to https://127.0.0.1:1/: auth-provider "oidc" of the kubeconfig's user "ann": cannot ask the identity provider at http://127.0.0.1:1/.well-known/openid-configuration: connection refused
    hint: check the network between here and the identity provider, idp-issuer-url and idp-certificate-authority
    [exit 1]
    "#);
    of_provider(&env, expired);
    assert_shows!(env.run("get pods --kubeconfig config"), @r#"
    [stderr]
    error: cannot prepare the connection to https://127.0.0.1:1/: auth-provider "oidc" of the kubeconfig's user "ann": idp-issuer-url is missing
    hint: kubectl config set-credentials NAME --auth-provider oidc --auth-provider-arg idp-issuer-url=VALUE
    [exit 1]
    "#);
}

/// The file of a service account is where it is for every program, so that a place of its own is made for one; whether the kernel lets it.
#[cfg(target_os = "linux")]
fn runs_as_a_pod(env: &TestEnv) -> bool {
    let made = env.shell("unshare -Urm sh -c 'mount -t tmpfs none /var/run && mkdir -p /var/run/secrets/kubernetes.io/serviceaccount'");
    if made.code() != Some(0) {
        eprintln!("not tried: no mounts can be made here without being root: {made}");
    }
    made.code() == Some(0)
}

#[cfg(target_os = "linux")]
#[test]
fn a_pod_works_on_its_cluster_with_its_service_account() {
    const AS_POD: &str = "unshare -Urm sh -c 'mount -t tmpfs none /var/run && mkdir -p /var/run/secrets/kubernetes.io/serviceaccount && \
                          cp pod/* /var/run/secrets/kubernetes.io/serviceaccount && exec \"$0\" \"$@\"'";
    let env = TestEnv::without_target();
    if !runs_as_a_pod(&env) {
        return;
    }
    env.at_present();
    env.write("tokens.csv", "of-pod,system:serviceaccount:shop:robot,1,system:masters\n");
    let mut server =
        env.start("serve --local data --listen 127.0.0.1:0 --write-kubeconfig kubeconfig --controllers none --token-auth-file tokens.csv");
    let line = server.wait_for("serving local store data on https://");
    let address = line.trim_end().rsplit('/').next().unwrap().to_owned();
    server.wait_for("kubeconfig: ");
    let (host, port) = address.rsplit_once(':').unwrap();
    let kubeconfig = std::fs::read_to_string(env.path("kubeconfig")).unwrap();
    let authority = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("certificate-authority-data: ")).unwrap();
    env.write("pod/ca.crt", base64::engine::general_purpose::STANDARD.decode(authority.trim_matches('"')).unwrap());
    env.write("pod/namespace", "shop");
    let run = |line: &str| {
        let line =
            format!("KUBERNETES_SERVICE_HOST={host} KUBERNETES_SERVICE_PORT={port} {AS_POD} '{}' {line}", env!("CARGO_BIN_EXE_trueup"));
        env.shell(&line).replacing(&address, "[ADDRESS]")
    };
    assert_shows!(run("get configmaps"), @"
    [stderr]
    error: cannot use the service account of this pod: cannot read a token from /var/run/secrets/kubernetes.io/serviceaccount/token: No such file or directory (os error 2)
    hint: give the pod a service account with a token (automountServiceAccountToken), or name a target: --kubeconfig, --server, --local or --etcd
    [exit 1]
    ");
    env.write("pod/token", "of-pod\n");
    assert_shows!(run("auth whoami"), @"
    ATTRIBUTE   VALUE
    Username    system:serviceaccount:shop:robot
    UID         1
    Groups      [system:masters system:authenticated]
    ");
    assert_shows!(run("get configmaps"), @"
    [stderr]
    No resources found in shop namespace.
    ");
    server.signal("INT");
    assert_eq!(server.end().code(), Some(0));
}
