//! The set in the hands of the programs: apply, diff, apply again, as many objects a run as there are.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use trueup::object::Revision;
use trueup::store::{SqliteOptions, SqliteStore, Store as _};

use super::{built_in, custom};
use crate::clients::tool;
use crate::harness::cli::TestEnv;
use crate::harness::server::{Engine, TestServer};

/// Objects as one YAML text.
fn manifest(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{}", trueup::yaml::emit(object))).collect()
}

/// The whole set, a file for each part.
fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let large = [custom::large_definition()];
    assert!(large[0].to_string().len() >= custom::LARGE);
    for (name, objects) in [
        ("1-definitions.yaml", custom::definitions()),
        ("2-large.yaml", large.to_vec()),
        ("3-built-in.yaml", built_in()),
        ("4-resources.yaml", custom::resources()),
        ("5-deep.yaml", vec![custom::large_resource()]),
    ] {
        std::fs::write(folder.join(name), manifest(&objects)).unwrap();
    }
}

#[test]
fn trueup_applies_all_of_it_sees_no_difference_and_writes_nothing_the_second_time() {
    let env = TestEnv::new();
    write(&env.path("weight"));
    let total = custom::DEFINITIONS + custom::RESOURCES + 2 + built_in().len();
    let done =
        |created: usize, unchanged: usize| format!("Applied: {created} created, 0 updated, 0 replaced, 0 deleted, {unchanged} unchanged.");
    let applied = env.run("apply -f weight");
    assert_eq!((applied.code(), applied.stderr.lines().last()), (Some(0), Some(done(total, 0).as_str())));
    let before = revision(&env);
    let same = env.run("diff -f weight");
    let nothing = format!("Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, {total} unchanged.");
    assert_eq!((same.code(), same.stdout.lines().last()), (Some(0), Some(nothing.as_str())));
    let again = env.run("apply -f weight");
    assert_eq!((again.code(), again.stderr.lines().last()), (Some(0), Some(done(0, total).as_str())));
    assert_eq!(revision(&env), before, "nothing was written");
}

#[test]
fn validate_finds_no_fault_in_it_without_a_server() {
    let env = TestEnv::without_target();
    write(&env.path("weight"));
    let total = custom::DEFINITIONS + custom::RESOURCES + 2 + built_in().len();
    let checked = env.run("validate -f weight");
    let found: Vec<&str> = checked.stdout.lines().filter(|line| line.contains(": error: ")).collect();
    assert_eq!(found, [""; 0]);
    // A field that is deprecated is a field to fill, too.
    let advice = checked.stdout.lines().filter(|line| line.contains(": warning: ") && !line.contains("deprecated"));
    assert_eq!(advice.collect::<Vec<_>>(), [""; 0]);
    assert!(checked.stderr.starts_with(&format!("Checked {total} objects: {total} fine, 0 with faults (0 errors, ")), "{checked}");
    assert_eq!(checked.code(), Some(0));
}

/// Kinds whose objects a dump writes only where their types are named.
const RUNTIME: &str = "events,nodes,csr,leases,controllerrevisions,csinodes,csistoragecapacities,volumeattachments,ipaddresses,\
    resourceslices";

#[test]
fn a_dump_of_all_kinds_is_no_difference_to_its_store_and_to_an_empty_one() {
    let env = TestEnv::new();
    let some: Vec<Value> = custom::resources().into_iter().step_by(100).collect();
    let set = [custom::definitions(), some, built_in()].concat();
    env.write("set/1.yaml", manifest(&set));
    env.prepare("apply -f set");
    for defaults in ["keep", "drop"] {
        for (file, kinds) in [("sweep", ""), ("runtime", RUNTIME)] {
            let dump = env.run(&format!("dump {kinds} -A --include-secrets --defaults {defaults}"));
            assert_eq!(dump.code(), Some(0), "{}", dump.stderr);
            env.write(&format!("dump/{file}.yaml"), &dump.stdout);
            dump.tell();
        }
        let other = format!("--local other-{defaults}");
        env.prepare(&format!("apply -f dump -q {other}"));
        for target in ["", other.as_str()] {
            let same = env.run(&format!("diff -f dump {target}"));
            let nothing = format!("Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, {} unchanged.\n", set.len());
            assert_eq!((same.code(), same.stdout.as_str()), (Some(0), nothing.as_str()));
        }
    }
}

/// The revision of the last write to the local store.
fn revision(env: &TestEnv) -> Revision {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = SqliteStore::open(env.path("store/trueup.db"), &SqliteOptions::default()).unwrap();
    runtime.block_on(store.current_revision()).unwrap()
}

/// kubectl on a server.
struct Kubectl {
    server: TestServer,
}

impl Kubectl {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(tool("TRUEUP_KUBECTL_BIN"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.server.folder());
        command.env("KUBECONFIG", self.server.kubeconfig()).stdin(Stdio::null()).current_dir(self.server.folder());
        command.args(arguments).output().unwrap()
    }

    /// The lines that a run prints which must go well.
    #[track_caller]
    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.run(arguments);
        let (out, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kubectl {}:\n{out}\n{complaints}", arguments.join(" "));
        out.lines().map(str::to_owned).collect()
    }

    /// Kind, name and revision of everything in the manifests.
    fn revisions(&self, folder: &str) -> Vec<String> {
        let columns = "custom-columns=K:.kind,N:.metadata.name,R:.metadata.resourceVersion";
        self.lines(&["get", "-R", "-f", folder, "--no-headers", "-o", columns])
    }

    /// Applies a folder, sees no difference, applies again and finds that nothing was written.
    fn pass(&self, folder: &str, how: &[&str]) {
        let run = |verb: &'static str| [&[verb, "-f", folder], how].concat();
        self.lines(&run("apply"));
        let before = self.revisions(folder);
        assert_eq!(self.lines(&run("diff")), [""; 0]);
        self.lines(&run("apply"));
        assert_eq!(self.revisions(folder), before, "nothing was written");
    }
}

/// kubectl writes what was applied into an annotation, which has less room than the large definition takes, so that one goes by
/// server-side apply only. Of the custom resources there is one of each definition: kubectl sends a request or two for each object.
fn with_kubectl(how: &[&str]) {
    let kubectl = Kubectl { server: TestServer::start(Engine::Sqlite) };
    let server_side = !how.is_empty();
    let folder = kubectl.server.folder().join("definitions");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("small.yaml"), manifest(&custom::definitions())).unwrap();
    if server_side {
        std::fs::write(folder.join("large.yaml"), manifest(&[custom::large_definition()])).unwrap();
    }
    kubectl.pass("definitions", how);
    let folder = kubectl.server.folder().join("objects");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("built-in.yaml"), manifest(&built_in())).unwrap();
    std::fs::write(folder.join("custom.yaml"), manifest(&custom::resources()[..custom::DEFINITIONS])).unwrap();
    if server_side {
        std::fs::write(folder.join("deep.yaml"), manifest(&[custom::large_resource()])).unwrap();
    }
    kubectl.pass("objects", how);
}

#[test]
fn kubectl_applies_it_sees_no_difference_and_writes_nothing_the_second_time() {
    with_kubectl(&[]);
}

#[test]
fn kubectl_applies_it_server_side_sees_no_difference_and_writes_nothing_the_second_time() {
    with_kubectl(&["--server-side"]);
}
