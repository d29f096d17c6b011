//! Every command, tried where the world around it is not as it should be: with a wrong flag, with a broken file, without a server, and
//! with a server that dies at each point of the work.
//!
//! Invariant: no command of the program is left out, which is asserted on the tree of commands that the program itself has.

use std::collections::BTreeSet;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Parser as _};
use trueup::cli::Cli;

use super::config_map;
use crate::harness::cli::{Output, TestEnv, until};
use crate::harness::recorder::Recorder;

/// What a command has to do with a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Server {
    /// Asks one and ends.
    Asked,
    /// Follows one until it is stopped.
    Followed,
    /// Is one, on a store; or goes on whatever happens to it.
    Itself,
    /// Works without.
    Unneeded,
}

use Server::{Asked, Followed, Itself, Unneeded};

/// How to call a command so that it works, in the world that [`world`] makes.
struct Call {
    /// The command as it stands in the tree.
    command: &'static str,
    /// What follows it.
    arguments: &'static str,
    server: Server,
    /// Makes the world again as it was before the call.
    undo: &'static str,
}

const fn call(command: &'static str, arguments: &'static str, server: Server) -> Call {
    Call { command, arguments, server, undo: "" }
}

const CALLS: &[Call] = &[
    Call { undo: "delete -f set.yaml --ignore-not-found", ..call("apply", "-f set.yaml", Asked) },
    Call {
        undo: "delete cm/a cm/b secret/other -n default --ignore-not-found",
        ..call("apply", "-f set.yaml -n default --applyset other --prune --force-membership", Asked)
    },
    call("diff", "-f set.yaml -f new.yaml", Asked),
    call("plan", "-f set.yaml -f new.yaml", Asked),
    call("history", "--applyset shop -n default", Asked),
    call("history show", "1 --applyset shop -n default", Asked),
    Call { undo: "apply -f set.yaml", ..call("rollback", "--to 1 --applyset shop -n default", Asked) },
    call("sync", "-f set.yaml", Itself),
    call("drift", "-f set.yaml", Asked),
    call("drift", "--applyset shop -n default", Asked),
    call("dump", "configmap", Asked),
    call("dump", "-f set.yaml", Asked),
    call("dump", "--applyset shop -n default", Asked),
    call("kustomize", "built", Unneeded),
    call("get", "configmap", Asked),
    call("get", "configmap/a -o yaml", Asked),
    call("get", "--raw /version", Asked),
    call("get", "-f set.yaml", Asked),
    call("watch", "configmap", Followed),
    Call { undo: "apply -f set.yaml", ..call("delete", "-f set.yaml", Asked) },
    Call { undo: "apply -f set.yaml", ..call("delete", "configmap a b", Asked) },
    call("wait", "-f set.yaml --for=create --timeout=1s", Followed),
    call("describe", "configmap a", Asked),
    call("describe", "-f set.yaml", Asked),
    call("events", "", Asked),
    call("tree", "configmap/a", Asked),
    call("sets", "-A", Asked),
    Call { undo: "delete secret new -n default --ignore-not-found", ..call("sets create", "new -n default", Asked) },
    Call { undo: "sets hand-over shop -n default --to trueup", ..call("sets hand-over", "shop -n default --to kubectl/v1.36", Asked) },
    call("explain", "configmap.data", Asked),
    call("validate", "-f set.yaml", Unneeded),
    call("api-resources", "", Asked),
    call("api-versions", "", Asked),
    call("auth whoami", "", Asked),
    call("auth can-i", "get pods", Asked),
    call("config get-contexts", "", Unneeded),
    call("config current-context", "", Unneeded),
    call("config use-context", "staging", Unneeded),
    call("config set-context", "staging --user bob", Unneeded),
    call("config view", "", Unneeded),
    call("serve", "--listen 127.0.0.1:0", Itself),
    call("controllers", "", Followed),
    call("completions", "bash", Unneeded),
    call("man", "pages", Unneeded),
    call("version", "", Asked),
];

impl Call {
    fn line(&self) -> String {
        format!("{} {}", self.command, self.arguments)
    }

    /// The status of a failure; that of 1 is for differences where a command has them.
    fn failed(&self) -> Option<i32> {
        Some(if self.command == "diff" { 2 } else { 1 })
    }
}

/// The files that the calls name.
fn files(env: &TestEnv) {
    env.write("set.yaml", config_map("a", "1") + "---\n" + &config_map("b", "1"));
    env.write("new.yaml", config_map("c", "1"));
    env.write("broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n name: x\n");
    env.write("built/kustomization.yaml", "resources: [one.yaml]\n");
    env.write("built/one.yaml", config_map("a", "1"));
    env.write("broken/kustomization.yaml", "resources: [\n");
    env.write(
        "home/.kube/config",
        "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"http://127.0.0.1:1\"}}]\nusers: [{name: u, user: {}}]\n\
         contexts: [{name: staging, context: {cluster: c, user: u}}]\ncurrent-context: staging\n",
    );
}

/// Every command that does something, as a path of words, with what clap knows of it.
fn commands() -> Vec<(String, Command)> {
    fn walk(path: &str, command: &Command, found: &mut Vec<(String, Command)>) {
        let own = command.get_subcommands().filter(|below| below.get_name() != "help");
        let below: Vec<&Command> = own.collect();
        if !path.is_empty() && !command.is_subcommand_required_set() && !command.is_arg_required_else_help_set() {
            found.push((path.to_owned(), command.clone()));
        }
        below.into_iter().for_each(|command| walk(format!("{path} {}", command.get_name()).trim(), command, found));
    }
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    walk("", &root, &mut found);
    found
}

fn flags(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(clap::Arg::get_long).filter(|flag| !matches!(*flag, "help" | "version"))
}

#[test]
fn no_command_is_forgotten() {
    let commands = commands();
    let known: BTreeSet<&str> = commands.iter().map(|(path, _)| path.as_str()).collect();
    let called: BTreeSet<&str> = CALLS.iter().map(|call| call.command).collect();
    assert_eq!(called, known, "CALLS says how to call each command");
    for (path, command) in &commands {
        let takes_files = flags(command).any(|flag| flag == "filename");
        let given = CALLS.iter().any(|call| call.command == path && call.arguments.contains("-f set.yaml"));
        assert_eq!(given, takes_files, "CALLS has a call of {path} with -f set.yaml, where it takes -f");
    }
}

#[test]
fn a_wrong_flag_is_a_usage_error_that_names_it() {
    let env = TestEnv::without_target();
    for call in CALLS {
        let output = env.run(&format!("{} --no-such-flag", call.line()));
        assert_eq!((output.code(), output.stdout.as_str()), (Some(2), ""), "{output}");
        assert!(output.stderr.starts_with("error: unexpected argument '--no-such-flag' found\n"), "{output}");
        assert!(output.stderr.contains(&format!("Usage: trueup {}", call.command)), "{output}");
    }
}

#[test]
fn every_flag_that_is_nearly_right_is_guessed_at() {
    for (path, command) in commands() {
        for flag in flags(&command) {
            let mistyped = format!("--{flag}e");
            let words = ["trueup"].into_iter().chain(path.split(' ')).chain([mistyped.as_str()]);
            let error = Cli::try_parse_from(words).expect_err(&mistyped);
            let told = error.to_string();
            assert_eq!(error.kind(), ErrorKind::UnknownArgument, "{path} {mistyped}: {told}");
            assert!(told.contains("tip: ") && told.contains(&format!("'--{flag}'")), "{path} {mistyped}: {told}");
        }
    }
}

#[test]
fn every_command_that_is_nearly_right_is_guessed_at() {
    for (path, command) in commands() {
        // `sets` does something by itself, and takes its subcommands beside.
        let (above, own) = path.rsplit_once(' ').unwrap_or(("", path.as_str()));
        let words = ["trueup"].into_iter().chain(above.split_terminator(' ')).map(str::to_owned).chain([format!("{own}e")]);
        let error = Cli::try_parse_from(words).expect_err(&path);
        assert!(error.to_string().contains(&format!("'{}'", command.get_name())), "{error}");
    }
}

#[test]
fn a_broken_file_is_told_with_its_place_and_nothing_is_done() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    files(&env);
    for call in CALLS.iter().filter(|call| call.server != Itself && call.arguments.contains("-f set.yaml")) {
        let broken = call.line().replace("set.yaml", "broken.yaml");
        check_broken(call, &env.run(&broken), "broken.yaml:5:2: ");
        let built = call.line().replace("-f set.yaml", "-k broken").replace("-f new.yaml", "");
        check_broken(call, &env.run(&built), "broken/kustomization.yaml:1:12: ");
        let missing = env.run(&call.line().replace("set.yaml", "missing.yaml"));
        check_broken(call, &missing, "missing.yaml: ");
    }
    let output = env.run("kustomize broken");
    assert!(output.stderr.starts_with("error: broken/kustomization.yaml:1:12: ") && output.code() == Some(1), "{output}");
    let plan = env.run("apply broken.yaml");
    assert!(plan.stderr.starts_with("error: cannot apply broken.yaml: it is not JSON: ") && plan.code() == Some(1), "{plan}");
    assert_eq!(server.asked(), [""; 0], "a broken file is no reason to ask the server");
}

fn check_broken(call: &Call, output: &Output, place: &str) {
    assert_eq!(output.code(), call.failed(), "{output}");
    let faults = output.stdout.clone() + &output.stderr;
    assert_eq!(faults.matches(place).count(), 1, "{output}");
    assert!(call.command == "validate" || output.stdout.is_empty() && output.stderr.starts_with(&format!("error: {place}")), "{output}");
}

#[test]
fn a_broken_kubeconfig_is_told_by_every_command_that_reads_one() {
    let env = TestEnv::without_target();
    env.at_present();
    files(&env);
    let reads = |call: &&Call| matches!(call.server, Asked | Followed) || call.command.starts_with("config ");
    for call in CALLS.iter().filter(reads) {
        let output = env.run(&format!("{} --kubeconfig broken.yaml", call.line()));
        assert_eq!(output.code(), call.failed(), "{output}");
        let error = output.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(error.contains(" broken.yaml") && error.contains("kubeconfig"), "{output}");
    }
}

#[test]
fn without_a_server_there_is_one_error_that_names_it() {
    const NOWHERE: &str = "http://127.0.0.1:1";
    let env = TestEnv::without_target().with("TRUEUP_SERVER", NOWHERE);
    env.at_present();
    files(&env);
    for call in CALLS.iter().filter(|call| call.server != Itself) {
        let output = env.run(&call.line());
        if call.server == Unneeded {
            assert_eq!(output.code(), Some(0), "{output}");
        } else {
            check_told_once(call, &output, NOWHERE);
            assert!(call.command == "version" || output.stdout.is_empty(), "{output}");
        }
    }
    let env = TestEnv::without_target().with("TRUEUP_ETCD", NOWHERE);
    env.at_present();
    let output = env.run("serve --listen 127.0.0.1:0");
    assert!(output.code() == Some(1) && output.stdout.is_empty(), "{output}");
    assert!(output.stderr.contains("error: ") && output.stderr.contains(NOWHERE), "{output}");
}

/// That a command failed for want of a server, and said so in one line.
fn check_told_once(call: &Call, output: &Output, server: &str) {
    assert_eq!(output.code(), call.failed(), "{output}");
    let errors: Vec<&str> = output.stderr.lines().filter(|line| line.contains("cannot reach")).collect();
    assert_eq!(errors.len(), 1, "{output}");
    assert!(errors[0].starts_with("error: ") && errors[0].contains(server), "{output}");
    assert!(!output.stderr.contains("panicked"), "{output}");
}

#[test]
fn a_server_that_dies_at_any_point_is_told_once_and_nothing_is_claimed_that_was_not_done() {
    for call in CALLS.iter().filter(|call| call.server == Asked) {
        let server = Recorder::start();
        let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
        files(&env);
        env.prepare("apply -f set.yaml -n default --applyset shop");
        let undo = |call: &Call| {
            if !call.undo.is_empty() {
                env.prepare(call.undo);
            }
        };
        // The first time leaves behind what the others find, such as a set's history.
        let first = env.run(&call.line());
        assert!(!first.stderr.contains("error: "), "{first}");
        undo(call);
        server.asked();
        let whole = env.run(&call.line());
        assert!(matches!((call.command, whole.code()), ("diff", Some(1)) | (_, Some(0))), "{whole}");
        for answered in 0..server.asked().len() {
            undo(call);
            server.die_after(answered);
            let output = env.run(&call.line());
            server.revive();
            // Everything was applied, and only the note of it was not written.
            if output.stderr.contains("warning: all was applied, but the history of ") {
                assert_eq!((output.code(), output.stderr.matches("cannot reach").count()), (Some(0), 1), "{output}");
            } else {
                check_told_once(call, &output, &server.url);
            }
            check_claims(&env, &output);
        }
    }
}

#[test]
fn what_follows_a_server_that_dies_says_so_and_goes_on() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.at_present();
    files(&env);
    env.prepare("apply -f set.yaml");
    let follow = |line: &str| {
        server.asked();
        let running = env.start(line);
        until("it watches", || server.asked().iter().any(|asked| asked.contains("watch=")));
        running
    };
    let mut watch = follow("watch configmap");
    server.die();
    watch.wait_for("warning: the connection is lost, and tried again until it is back: cannot reach http://127.0.0.1");
    server.revive();
    watch.wait_for("the connection is back");
    watch.signal("INT");
    let output = watch.end();
    assert_eq!((output.code(), output.stderr.matches("is lost").count()), (Some(130), 1), "{output}");

    let mut wait = follow("wait configmap/a --for=delete --timeout=5m");
    server.die();
    wait.wait_for("trying again in");
    server.revive();
    env.prepare("delete configmap a");
    wait.wait_for("configmap/a condition met");
    assert_eq!(wait.end().code(), Some(0));

    let controllers = follow("controllers");
    server.die();
    controllers.signal("INT");
    let output = controllers.end();
    assert!(output.code() == Some(0) && !output.stderr.contains("panicked"), "{output}");
}

/// That everything the output tells of is so.
fn check_claims(env: &TestEnv, output: &Output) {
    for line in output.stdout.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let (name, is_there) = match words[..] {
            [name, "created" | "configured" | "unchanged"] => (name.to_owned(), true),
            [name, "pruned"] => (name.to_owned(), false),
            [kind, name, "deleted", "from", ..] => (format!("{kind}/{}", name.trim_matches('"')), false),
            _ => continue,
        };
        let found = env.run(&format!("get {name} -n default"));
        assert_eq!(found.code(), Some(if is_there { 0 } else { 1 }), "{line}\n{output}");
    }
}
