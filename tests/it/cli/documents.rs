//! What README.md and the pages in docs/ show is what the program prints.

use super::SHOP;
use crate::harness::cli::TestEnv;

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
    // What serves until it is stopped, and needs kubectl, is tested elsewhere.
    assert!(serve.0[0].starts_with("trueup serve ") && kubectl.0[0].starts_with("kubectl "));
}

#[test]
fn the_page_about_the_command_line_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/cli.md"));
    let env = TestEnv::without_target();
    env.write("bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n name: x\n");
    env.write("web.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: Balancer\n  ports:\n  - port: 0\n");
    let [broken, refused, tree] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    [broken, refused].into_iter().for_each(|console| check(&env, console));
    // What needs objects of some age is tested elsewhere.
    assert!(tree.0[0].starts_with("trueup tree "));
}

#[test]
fn the_page_about_drift_shows_what_happens() {
    let consoles = consoles(include_str!("../../../docs/drift.md"));
    let [drift, watch, dump] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    let env = TestEnv::new();
    env.write("deploy/shop.yaml", SHOP);
    env.prepare("apply -f deploy");
    env.at("2026-11-22T10:05:00Z");
    env.write("other.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {LOG_LEVEL: debug}}");
    env.prepare("apply -f other.yaml --field-manager ops --force-conflicts");
    [drift, dump].into_iter().for_each(|console| check(&env, console));
    // What goes on until it is stopped is tested elsewhere.
    assert!(watch.0[0].starts_with("trueup watch "));
}
