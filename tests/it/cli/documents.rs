//! What README.md and docs/cli.md show is what the program prints.

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
    let [broken, refused, tree] = &consoles[..] else { panic!("{} consoles", consoles.len()) };
    [broken, refused].into_iter().for_each(|console| check(&env, console));
    // What needs objects of some age is tested elsewhere.
    assert!(tree.0[0].starts_with("trueup tree "));
}
