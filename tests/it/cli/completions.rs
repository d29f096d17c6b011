//! Completion as shells ask for it: kinds, names, namespaces, contexts and sets, from the target that the line names.

use super::{SHOP, config_map};
use crate::harness::cli::{Output, TestEnv};
use crate::harness::recorder::Recorder;

/// What bash does when somebody presses the key at the end of a line: it parts the line into words, calls the function that the script has
/// registered and shows what that leaves in COMPREPLY.
const BASH: &str = r#"
source ./trueup.bash
[[ "$(complete -p trueup)" == *'-F _trueup_or_ask '* ]] || exit 3
COMP_LINE="$LINE" COMP_POINT="${#LINE}"
read -ra COMP_WORDS <<<"$LINE"
[[ "$LINE" == *' ' ]] && COMP_WORDS+=('')
COMP_WORDS[0]="$PROGRAM" COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_trueup_or_ask "$PROGRAM" "${LINE##*[[:space:]=:]}" "${COMP_WORDS[COMP_CWORD-1]}"
[[ "${#COMPREPLY[@]}" -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
"#;

/// The candidates that another shell's own script makes of a line, which `press` has in `LINE`.
fn completed_in(env: &TestEnv, shell: &str, script: (&str, &str), press: &str, line: &str) -> Vec<String> {
    env.write(script.0, script.1);
    if !env.path("bin/trueup").exists() {
        std::fs::create_dir_all(env.path("bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_trueup"), env.path("bin/trueup")).unwrap();
    }
    env.write("press", press);
    let program = std::env::var(format!("TRUEUP_{}_BIN", shell.to_uppercase())).unwrap_or_else(|_| shell.to_owned());
    let output = env.shell(&format!("LINE='{line}' PATH=\"$PWD/bin:$PATH\" '{program}' press"));
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""), "{output}");
    // What a shell tells of a candidate stands behind a tab.
    let words = output.stdout.lines().filter_map(|line| line.split('\t').next());
    words.map(str::to_owned).collect()
}

#[test]
#[ignore = "needs fish, on PATH or in TRUEUP_FISH_BIN"]
fn fish_is_told_what_the_target_has() {
    let env = world();
    let script = ("trueup.fish", include_str!("../../../completions/trueup.fish"));
    let completed = |line: &str| completed_in(&env, "fish", script, "source trueup.fish; complete -C $LINE", line);
    let cases: &[(&str, &[&str])] = &[
        ("trueup ge", &["get"]),
        ("trueup get deploym", &["deployments"]),
        ("trueup get cm ", &["a", "b", "front"]),
        ("trueup delete cm a ", &["b", "front"]),
        ("trueup describe cm/", &["cm/a", "cm/b", "cm/front"]),
        ("trueup get -n shop deploy ", &["web"]),
        ("trueup get --namespace=kube-p", &["--namespace=kube-public"]),
        ("trueup drift --applyset conf", &["configmap/front"]),
        ("trueup --context st", &["staging"]),
        ("trueup config use-context ", &["production", "staging"]),
        ("trueup events --for configm", &["configmaps/"]),
        ("trueup auth can-i wat", &["watch"]),
        ("trueup diff --color al", &["always"]),
        ("trueup completions f", &["fish"]),
        ("trueup apply -f sh", &["shop.yaml"]),
    ];
    for (line, expected) in cases {
        assert_eq!(completed(line), *expected, "{line}");
    }
}

/// What zsh's completion does before it calls the function, and one `compadd` that prints what it would offer.
const ZSH: &str = r#"
compdef() { [[ "$*" == '_trueup trueup' ]] || exit 3 }
compadd() { print -rl -- "${@[${@[(i)--]}+1,-1]}" }
source ./_trueup
words=("${(z)LINE}")
[[ $LINE == *' ' ]] && words+=('')
CURRENT=$#words
_trueup
"#;

#[test]
#[ignore = "needs zsh, on PATH or in TRUEUP_ZSH_BIN"]
fn zsh_is_told_what_the_target_has() {
    let env = world();
    let script = ("_trueup", include_str!("../../../completions/_trueup"));
    let cases: &[(&str, &[&str])] = &[
        ("trueup get deploym", &["deployments"]),
        ("trueup get cm ", &["a", "b", "front"]),
        ("trueup delete cm a ", &["b", "front"]),
        ("trueup describe cm/", &["cm/a", "cm/b", "cm/front"]),
        ("trueup get -n shop deploy ", &["web"]),
        ("trueup get --namespace=kube-p", &["--namespace=kube-public"]),
        ("trueup --context st", &["staging"]),
        ("trueup config use-context ", &["production", "staging"]),
    ];
    for (line, expected) in cases {
        assert_eq!(completed_in(&env, "zsh", script, ZSH, line), *expected, "{line}");
    }
}

/// The candidates for the last word of a line.
fn completed(env: &TestEnv, line: &str) -> Vec<String> {
    env.write("trueup.bash", include_str!("../../../completions/trueup.bash"));
    env.write("press.bash", format!("LINE='{line}' PROGRAM='{}'\n{BASH}", env!("CARGO_BIN_EXE_trueup")));
    let output = env.shell("bash --norc press.bash");
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""), "{output}");
    output.stdout.lines().map(str::to_owned).collect()
}

/// How often a target is asked that has not answered as it should: one that takes longer than a second is passed over, and on a busy machine any
/// may.
const ATTEMPTS: usize = 20;

/// Checks the candidates for the last word of a line.
fn completes(env: &TestEnv, line: &str, expected: &[&str]) {
    let found = (0..ATTEMPTS).map(|_| completed(env, line)).find(|found| found == expected);
    assert!(found.is_some(), "{line}: {:?} instead of {expected:?}", completed(env, line));
}

/// A world with a shop in its own namespace, and two ConfigMaps of a set in the default one.
fn world() -> TestEnv {
    let env = TestEnv::new();
    fill(&env, "");
    env
}

fn fill(env: &TestEnv, target: &str) {
    env.write("shop.yaml", SHOP);
    env.write("set.yaml", config_map("a", "1") + "---\n" + &config_map("b", "1"));
    env.prepare(&format!("apply -f shop.yaml {target}"));
    env.prepare(&format!("apply -f set.yaml -n default --applyset configmap/front {target}"));
    env.write(
        "home/.kube/config",
        "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"http://127.0.0.1:1\"}}]\nusers: [{name: u, user: {}}]\n\
         contexts: [{name: staging, context: {cluster: c, user: u}}, {name: production, context: {cluster: c, user: u}}]\n\
         current-context: staging\n",
    );
}

#[test]
fn bash_is_told_what_the_target_has() {
    let env = world();
    let cases: &[(&str, &[&str])] = &[
        ("trueup get deploym", &["deployments"]),
        ("trueup get cm,secr", &["cm,secrets"]),
        ("trueup get cm ", &["a", "b", "front"]),
        ("trueup get -o name cm f", &["front"]),
        ("trueup delete cm a ", &["b", "front"]),
        ("trueup describe cm/", &["cm/a", "cm/b", "cm/front"]),
        ("trueup describe cm/a configm", &["configmaps/"]),
        ("trueup get -n shop deploy ", &["web"]),
        ("trueup --namespace=shop get secret ", &["login"]),
        ("trueup wait --for=ready deploy/web -n shop secret/", &["secret/login"]),
        ("trueup get -n sh", &["shop"]),
        // bash parts the word at the equals sign, and is given the piece behind it.
        ("trueup get --namespace=kube-p", &["kube-public"]),
        ("trueup apply -f x --applyset ", &["configmap/front"]),
        ("trueup drift --applyset conf", &["configmap/front"]),
        ("trueup dump --applyset=", &["configmap/front"]),
        ("trueup tree -n nowhere --applyset-namespace default --applyset ", &["configmap/front"]),
        ("trueup sets hand-over conf", &["configmap/front"]),
        ("trueup --context st", &["staging"]),
        ("trueup config use-context ", &["production", "staging"]),
        ("trueup explain statefuls", &["statefulsets"]),
        ("trueup events --for configm", &["configmaps/"]),
        ("trueup auth can-i wat", &["watch"]),
        ("trueup auth can-i get lea", &["leases"]),
        ("trueup tree deploy -n shop w", &["web"]),
    ];
    for (line, expected) in cases {
        completes(&env, line, expected);
    }
}

#[test]
fn bash_still_knows_commands_flags_and_their_values() {
    let env = world();
    completes(&env, "trueup ge", &["get"]);
    completes(&env, "trueup get --no-h", &["--no-headers"]);
    completes(&env, "trueup diff --color alw", &["always"]);
    completes(&env, "trueup completions f", &["fish"]);
}

#[test]
fn every_target_that_the_line_names_is_asked() {
    let server = Recorder::start();
    let env = TestEnv::without_target();
    fill(&env, &format!("--server {}", server.url));
    completes(&env, &format!("trueup --server {} get cm ", server.url), &["a", "b", "front"]);
    completes(&env, &format!("trueup -s {} -n shop get svc w", server.url), &["web"]);
    env.prepare("apply -f shop.yaml --local other");
    completes(&env, "trueup --local other -n shop get cm ", &["settings"]);
}

/// What a shell is told; nothing else may come.
fn asked(env: &TestEnv, words: &str) -> Output {
    let output = env.shell(&format!("trueup __complete {words}"));
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""), "{output}");
    output
}

#[test]
fn whoever_cannot_be_asked_is_passed_over_in_silence() {
    let env = TestEnv::without_target();
    env.write("broken", "contexts: [");
    for words in [
        "--server http://127.0.0.1:1 get cm ''",
        "--etcd http://127.0.0.1:1 get ''",
        "--kubeconfig broken get ''",
        "--kubeconfig broken --context ''",
        "--local nowhere get ''",
        "get -n ../x cm ''",
        "get nothing-like-it ''",
        "''",
        "",
    ] {
        assert_eq!(asked(&env, &format!("-- {words}")).stdout, "", "{words}");
    }
    assert!(!env.path("nowhere").exists(), "no store is made for somebody who looks");
    let silent = Recorder::holding(|_| true);
    assert_eq!(asked(&env, &format!("-- --server {} get ''", silent.url)).stdout, "");
}

#[test]
fn other_shells_hand_over_words_or_a_line() {
    let env = world();
    let answers = |words: &str, expected: &str| {
        let found = (0..ATTEMPTS).map(|_| asked(&env, words)).find(|output| output.stdout == expected);
        assert!(found.is_some(), "{}", asked(&env, words));
    };
    answers("-- get --namespace=kube-p", "--namespace=kube-public\n");
    answers("-- get cm ''", "a\nb\nfront\n");
    answers(r#"--line 'trueup --local "st"ore get cm '"#, "a\nb\nfront\n");
    answers("--line 'trueup get cm f'", "front\n");
}

#[test]
fn a_name_that_a_shell_would_run_is_no_candidate() {
    let env = TestEnv::new();
    let role = |name: &str| format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: '{name}'}}\n");
    env.write("roles.yaml", role("my:reader") + "---\n" + &role("my$(touch x)") + "---\n" + &role("my two"));
    env.prepare("apply -f roles.yaml");
    completes(&env, "trueup get clusterroles my", &["my:reader"]);
    // bash parts words at colons, too.
    completes(&env, "trueup get clusterroles my:re", &["reader"]);
}
