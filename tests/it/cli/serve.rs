use super::config_map;
use crate::harness::cli::{Running, TestEnv, assert_shows};
use crate::harness::port::Port;

/// Starts a server; answers it and its address.
fn serve(env: &TestEnv, listen: &str) -> (Running, String) {
    let flags = "--write-kubeconfig kubeconfig --controllers=-root-ca-cert-publisher";
    let mut server = env.start(&format!("serve --local data --listen {listen} {flags}"));
    let line = server.wait_for("serving local store data on https://");
    server.wait_for("kubeconfig: ");
    (server, line.trim_end().rsplit('/').next().unwrap().to_owned())
}

#[test]
fn a_server_is_used_through_its_kubeconfig_and_stops_when_asked() {
    let env = TestEnv::without_target();
    env.at_present();
    let (server, address) = serve(&env, "127.0.0.1:0");
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply -f a.yaml --kubeconfig kubeconfig -n default").replacing(&address, "[ADDRESS]"), @r"
    configmap/a created
    [stderr]
    applying to https://[ADDRESS] (context trueup)
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("get cm a -o name --kubeconfig kubeconfig"), @"configmap/a");
    server.signal("INT");
    assert_shows!(server.end().replacing(&address, "[ADDRESS]"), @r"
    [stderr]
    serving local store data on https://[ADDRESS]
    kubeconfig: kubeconfig
    stopped
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_has_not_begun_to_serve_stops_when_asked_too() {
    const TERM: u32 = 15;
    // It is connected to, and never answers.
    let etcd = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let env = TestEnv::without_target();
    env.at_present();
    let stopped = || {
        let server = env.start(&format!("serve --listen 127.0.0.1:0 --etcd http://{}", etcd.local_addr().unwrap()));
        server.wait_until_it_catches(TERM);
        server.signal("TERM");
        server.end()
    };
    let mut output = stopped();
    // It gives up after five seconds by itself, which a busy machine may take for the signal.
    for _ in 0..5 {
        if output.stderr.contains("no etcd answers") {
            output = stopped();
        }
    }
    assert_shows!(output, @"
    [stderr]
    stopped
    ");
}

/// The administrator's kubeconfig with other lines for the user's credentials.
fn kubeconfig_with(env: &TestEnv, credentials: &str) -> String {
    let text = std::fs::read_to_string(env.path("kubeconfig")).unwrap();
    let is_credential =
        |line: &str| line.trim_start().starts_with("client-certificate-data:") || line.trim_start().starts_with("client-key-data:");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("client-key-data:") {
            let indent = &line[..line.len() - line.trim_start().len()];
            lines.extend(credentials.lines().map(|credential| format!("{indent}{credential}")));
        }
        if !is_credential(line) {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

#[test]
fn credentials_that_the_server_does_not_know_are_named() {
    let env = TestEnv::without_target();
    env.at_present();
    let (_server, address) = serve(&env, "127.0.0.1:0");
    env.write("expired", kubeconfig_with(&env, &expired_certificate()));
    env.write("none", kubeconfig_with(&env, "as-user-extra: {}"));
    env.write("token", kubeconfig_with(&env, "token: wrong"));
    let shown = |arguments: &str| env.run(arguments).replacing(&address, "[ADDRESS]");
    assert_shows!(shown("get cm --kubeconfig expired"), @r#"
    [stderr]
    error: from server (Unauthorized): Unauthorized
    hint: the client certificate of the kubeconfig's user "trueup" expired on 2021-01-01T00:00:00Z; get a new kubeconfig, or choose another --context
    [exit 1]
    "#);
    assert_shows!(shown("get cm --kubeconfig none"), @r#"
    [stderr]
    error: from server (Unauthorized): Unauthorized
    hint: the kubeconfig's user "trueup" has no credentials; log in, or choose another --context
    [exit 1]
    "#);
    assert_shows!(shown("get cm --kubeconfig token"), @r#"
    [stderr]
    error: from server (Unauthorized): Unauthorized
    hint: the server does not know the credentials of the kubeconfig's user "trueup"; log in again or choose another --context
    [exit 1]
    "#);
    assert_shows!(shown(&format!("get cm --server http://{address}")), @"
    [stderr]
    error: from server (BadRequest): the server answered 400 Bad Request to GET /api: Client sent an HTTP request to an HTTPS server.
    hint: the server speaks HTTPS: give its address as https://HOST:PORT
    [exit 1]
    ");
}

/// A certificate that nobody knows and that has expired, with its key.
fn expired_certificate() -> String {
    use base64::Engine as _;
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let encode = |pem: String| base64::engine::general_purpose::STANDARD.encode(pem);
    let certificate = encode(params.self_signed(&key).unwrap().pem());
    format!("client-certificate-data: {certificate}\nclient-key-data: {}", encode(key.serialize_pem()))
}

#[test]
fn controllers_that_may_not_do_their_work_say_so_once() {
    let env = TestEnv::without_target();
    env.at_present();
    env.write("tokens", "weak,bob,2\n");
    let mut server = env.start("serve --local data --listen 127.0.0.1:0 --write-kubeconfig kubeconfig --token-auth-file tokens");
    server.wait_for("kubeconfig: ");
    env.write("bob", kubeconfig_with(&env, "token: weak"));
    let mut controllers = env.start("controllers --kubeconfig bob");
    let line = controllers.wait_for("WARN");
    assert!(
        line.contains("cannot stand for the lead over the controllers") && line.contains("User \"bob\" cannot get resource \"leases\""),
        "{line}"
    );
    controllers.signal("INT");
    let output = controllers.end();
    assert_eq!((output.code(), output.stderr.matches("WARN").count()), (Some(0), 1), "{output}");
}

#[test]
fn a_watch_goes_on_after_the_server_was_started_anew() {
    let env = TestEnv::without_target();
    env.at_present();
    let port = Port::claim();
    let (server, address) = serve(&env, &format!("127.0.0.1:{}", port.number));
    env.write("a.yaml", config_map("a", "1"));
    env.write("b.yaml", config_map("b", "1"));
    env.prepare("apply -f a.yaml --kubeconfig kubeconfig");
    let mut watch = env.start("watch cm --kubeconfig kubeconfig -o name");
    watch.wait_for("configmap/a");
    server.signal("INT");
    assert_eq!(server.end().code(), Some(0));
    watch.wait_for("the connection is lost");
    let (_server, _) = serve(&env, &address);
    env.prepare("apply -f b.yaml --kubeconfig kubeconfig");
    watch.wait_for("configmap/b");
    watch.signal("INT");
    let output = watch.end();
    assert_eq!((output.stdout.as_str(), output.code()), ("configmap/a\nconfigmap/b\n", Some(130)), "{output}");
}

#[test]
fn the_proxy_of_the_environment_is_not_asked_for_a_server_on_this_machine() {
    let env = TestEnv::without_target().with("HTTPS_PROXY", "http://127.0.0.1:1").with("ALL_PROXY", "http://127.0.0.1:1");
    env.at_present();
    let (server, _) = serve(&env, "127.0.0.1:0");
    assert_shows!(env.run("auth can-i create pods --kubeconfig kubeconfig"), @"yes");
    server.signal("INT");
    assert_eq!(server.end().code(), Some(0));
}
