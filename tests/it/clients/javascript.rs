//! The official JavaScript client, by the scripts in `tests/clients/javascript`.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use super::tool;
use crate::harness::server::{Engine, TestServer, on_every_engine};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/javascript");

/// How a script asks for what only the test can do.
const REQUEST: &str = "ask ";

fn passes(script: &str, engine: Engine) {
    let node = tool("TRUEUP_TEST_NODE");
    let tokens = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(tokens.path(), "good-token,ann,1,\"system:masters\"\nweak-token,bob,2\n").unwrap();
    let mut server = TestServer::start_with(engine, &["--token-auth-file", &tokens.path().display().to_string()]);
    let complaints = server.folder().join("complaints");
    let mut command = Command::new(&node);
    command.arg(format!("{SCRIPTS}/{script}.mjs")).env("KUBECONFIG", server.kubeconfig()).env("HOME", server.folder());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(std::fs::File::create(&complaints).unwrap());
    let mut running = command.spawn().unwrap_or_else(|error| panic!("{node}: {error}: `make test` installs it"));
    let mut answers = running.stdin.take().unwrap();
    let mut told = String::new();
    for line in BufReader::new(running.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let _ = writeln!(told, "{line}");
        if let Some(what) = line.strip_prefix(REQUEST) {
            serve(&mut server, what);
            // A script that has failed meanwhile does not read.
            let _ = answers.write_all(b"done\n");
        }
    }
    let ended = running.wait().unwrap();
    let complained = std::fs::read_to_string(complaints).unwrap();
    assert!(ended.success(), "{script} failed with {ended}:\n{told}{complained}");
    assert!(told.ends_with("all steps passed\n"), "{script} ended early:\n{told}{complained}");
}

fn serve(server: &mut TestServer, what: &str) {
    match what {
        "restart" => server.restart(),
        "stop" => assert_eq!(server.stop(), Some(0), "{}", server.log()),
        "kill" => server.kill(),
        "launch" => server.launch(),
        "compact" => tokio::runtime::Runtime::new().unwrap().block_on(server.compact()),
        _ => panic!("a script asks for {what}"),
    }
}

fn typed_objects_live_from_create_to_delete(engine: Engine) {
    passes("objects", engine);
}

fn patches_of_each_type_are_taken(engine: Engine) {
    passes("patches", engine);
}

fn watches_and_informers_miss_nothing(engine: Engine) {
    passes("watches", engine);
}

fn workloads_have_their_subresources(engine: Engine) {
    passes("workloads", engine);
}

fn watches_go_over_web_sockets(engine: Engine) {
    passes("websockets", engine);
}

fn custom_resources_are_served_to_generic_clients(engine: Engine) {
    passes("custom", engine);
}

on_every_engine!(run
    typed_objects_live_from_create_to_delete,
    patches_of_each_type_are_taken,
    watches_and_informers_miss_nothing,
    watches_go_over_web_sockets,
    workloads_have_their_subresources,
    custom_resources_are_served_to_generic_clients,
);
