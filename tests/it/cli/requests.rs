//! How many requests commands make: what is read is read once per kind, and what is as it should be is not written.

use super::{SHOP, config_map};
use crate::harness::cli::TestEnv;
use crate::harness::recorder::Recorder;

const DISCOVERY: [&str; 2] = ["GET /api", "GET /apis"];

#[test]
fn a_thousand_unchanged_objects_take_one_list_per_kind() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    let maps = (0..500).map(|number| config_map(&format!("m-{number:03}"), "1"));
    let secrets = (0..500).map(|number| config_map(&format!("s-{number:03}"), "aGk=").replace("ConfigMap", "Secret"));
    env.write("set.yaml", maps.chain(secrets).collect::<Vec<_>>().join("---\n"));
    env.prepare("apply -f set.yaml");
    let mut first = server.asked();
    first.retain(|line| !line.starts_with("PATCH"));
    assert_eq!(first, reads());
    for command in ["diff", "drift", "apply"] {
        env.prepare(&format!("{command} -f set.yaml"));
        assert_eq!(server.asked(), reads(), "{command}");
    }
}

/// What is read to compare a set of ConfigMaps and Secrets in the default namespace.
fn reads() -> Vec<String> {
    let lists = ["configmaps", "secrets"].map(|plural| format!("GET /api/v1/namespaces/default/{plural}?limit=500"));
    let mut reads: Vec<String> = lists.into_iter().chain(DISCOVERY.map(str::to_owned)).collect();
    reads.sort();
    reads
}

#[test]
fn one_changed_object_takes_one_more_request() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.write("shop.yaml", SHOP.replace("info", "debug"));
    server.asked();
    assert_eq!(env.run("diff -f shop.yaml").code(), Some(1));
    let mut asked = server.asked();
    asked.retain(|line| line.starts_with("PATCH"));
    assert_eq!(asked, ["PATCH /api/v1/namespaces/shop/configmaps/settings?fieldManager=trueup&fieldValidation=Strict&dryRun=All"]);
}

#[test]
fn get_asks_for_the_table_alone() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.prepare("get configmaps");
    assert_eq!(server.asked(), ["GET /api", "GET /api/v1/namespaces/default/configmaps?limit=500", "GET /apis"]);
}

#[test]
fn reading_a_local_store_writes_nothing() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    let files = || ["store/trueup.db", "store/trueup.db-wal"].map(|name| std::fs::read(env.path(name)).unwrap_or_default());
    env.prepare("get all -A");
    let before = files();
    env.prepare("get all -A");
    env.prepare("diff -f shop.yaml");
    assert!(files() == before);
}
