//! The official Python client, by the script in `tests/clients`.

use std::process::Command;

use super::tool;
use crate::harness::server::{Engine, TestServer, on_every_engine};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/python_client.py");

fn the_python_client_works(engine: Engine) {
    let python = tool("TRUEUP_TEST_PYTHON");
    let tokens = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(tokens.path(), "good-token,ann,1,\"system:masters\"\nweak-token,bob,2\n").unwrap();
    let server = TestServer::start_with(engine, &["--token-auth-file", &tokens.path().display().to_string()]);
    let mut command = Command::new(&python);
    command.arg(SCRIPT).env("KUBECONFIG", server.kubeconfig()).env("HOME", server.folder()).env("PYTHONUNBUFFERED", "1");
    let output = command.output().unwrap_or_else(|error| panic!("{python}: {error}: `make test` installs it"));
    let (told, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{SCRIPT} failed:\n{told}{complained}");
    assert!(told.ends_with("all steps passed\n"), "{SCRIPT} ended early:\n{told}{complained}");
}

on_every_engine!(run the_python_client_works);
