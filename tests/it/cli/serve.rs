use super::config_map;
use crate::harness::cli::{Running, TestEnv, assert_shows};

/// Starts a server; answers it and its address.
fn serve(env: &TestEnv, listen: &str) -> (Running, String) {
    let mut server = env.start(&format!("serve --local data --listen {listen} --write-kubeconfig kubeconfig"));
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

#[test]
fn a_watch_goes_on_after_the_server_was_started_anew() {
    let env = TestEnv::without_target();
    env.at_present();
    let (server, address) = serve(&env, "127.0.0.1:0");
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
