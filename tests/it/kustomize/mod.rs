//! Kustomizations, built here and by kubectl.
//!
//! Each file in `cases/` is a tree of files with a few words before it: `build:` names the folder to build (else it is the top), and
//! `refused:` is part of what is said where both must refuse. `built/` has what kubectl 1.36 printed for the others: the same objects in
//! the same order. Where the kubectl at hand (`TRUEUP_KUBECTL_BIN`) is new enough to have kustomize 5, it is asked again.

mod differences;
mod use_of_built;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use trueup::yaml;

use crate::clients::tool;
use crate::harness::cli::TestEnv;

/// One file of `cases/`.
struct Case {
    name: String,
    folder: String,
    refused: Option<String>,
    files: Vec<(String, Vec<u8>)>,
}

impl Case {
    fn parse(name: &str, text: &str) -> Self {
        let mut case = Self { name: name.to_owned(), folder: ".".to_owned(), refused: None, files: Vec::new() };
        for line in text.split_inclusive('\n') {
            let file = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"));
            match (file, case.files.last_mut()) {
                (Some(path), _) => case.files.push((path.to_owned(), Vec::new())),
                (None, Some((path, content))) if path.ends_with(LATIN1) => {
                    content.extend(line.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()));
                }
                (None, Some((_, content))) => content.extend(line.as_bytes()),
                (None, None) => case.read_head(line.trim_end()),
            }
        }
        case
    }

    fn read_head(&mut self, line: &str) {
        match line.split_once(": ") {
            Some(("build", folder)) => self.folder = folder.to_owned(),
            Some(("refused", text)) => self.refused = Some(text.to_owned()),
            _ => {}
        }
    }

    /// Builds it in both ways; answers what is wrong.
    fn fault(&self) -> Option<String> {
        let env = TestEnv::new();
        self.files.iter().for_each(|(path, content)| env.write(path.trim_end_matches(LATIN1), content));
        let ours = env.run(&format!("kustomize {}", self.folder));
        match (&self.refused, kubectl(&env.path(""), &self.folder)) {
            (Some(_), Some(Ok(_))) => Some("kubectl does not refuse it".to_owned()),
            (Some(said), _) if ours.code() == Some(1) && ours.stderr.contains(said) => None,
            (Some(said), _) => Some(format!("{said:?} is not said:\n{ours}")),
            (None, Some(Err(error))) => Some(format!("kubectl refuses it: {error}")),
            (None, _) if ours.code() != Some(0) => Some(ours.to_string()),
            (None, theirs) => {
                let kept = std::fs::read_to_string(folder("built").join(format!("{}.yaml", self.name))).unwrap();
                let (ours, kept) = (documents(&ours.stdout), documents(&kept));
                let theirs = theirs.map(|theirs| documents(&theirs.unwrap_or_default()));
                let others = [Some(kept), theirs].into_iter().flatten();
                let differing = others.into_iter().find(|other| *other != ours);
                differing.map(|other| format!("ours:\n{}\nkubectl's:\n{}", written(&ours), written(&other)))
            }
        }
    }
}

/// Marks a file whose letters stand for bytes.
const LATIN1: &str = " (latin1)";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/kustomize").join(name)
}

/// What kubectl builds; `None` where it is too old to tell.
fn kubectl(folder: &Path, of: &str) -> Option<Result<String, String>> {
    static HAS_KUSTOMIZE_5: LazyLock<bool> =
        LazyLock::new(|| run_kubectl(Path::new("."), &["version", "--client"]).is_ok_and(|told| told.contains("Kustomize Version: v5.")));
    HAS_KUSTOMIZE_5.then(|| run_kubectl(folder, &["kustomize", of]))
}

fn run_kubectl(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(tool("TRUEUP_KUBECTL_BIN"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn documents(text: &str) -> Vec<Value> {
    let read = yaml::read(text, false);
    assert_eq!(read.errors, [], "{text}");
    read.nodes.into_iter().map(yaml::Node::into_value).collect()
}

fn written(documents: &[Value]) -> String {
    documents.iter().map(yaml::emit).collect::<Vec<_>>().join("---\n")
}

#[test]
fn every_case_builds_what_kubectl_builds() {
    let mut faults = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder("cases")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case = Case::parse(&name, &std::fs::read_to_string(&path).unwrap());
        faults.extend(case.fault().map(|fault| format!("=== {}\n{fault}", case.name)));
        count += 1;
    }
    assert!(count > 60, "only {count} cases");
    assert!(faults.is_empty(), "{} of {count} cases:\n{}", faults.len(), faults.join("\n"));
}
