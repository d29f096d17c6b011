//! What completion scripts ask of the program: `trueup __complete WORD…`, or `trueup __complete --line LINE`.
//!
//! Receives a half-typed command line, hands on one candidate a line for its last word: kinds, names, namespaces, contexts and sets, which
//! only the target knows. Flags and commands are in the scripts themselves. Invariant: whoever presses a key gets candidates or
//! nothing, within a second, never a message; nothing is changed, and no store is made.

mod candidates;
mod line;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::CommandFactory as _;

use super::ui::{ColorChoice, Ui};
use super::{Cli, Openers};

/// The word that scripts begin with. It stands in no help, since nobody types it.
const COMMAND: &str = "__complete";

/// How long a server may take; whoever waits for a key does not wait longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The words typed so far, the one at the cursor last, where a script asks; `arguments` begin with the program's name.
pub(super) fn asked(arguments: &[OsString]) -> Option<Vec<String>> {
    let [_, command, words @ ..] = arguments else { return None };
    if command != COMMAND {
        return None;
    }
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    Some(match &words[..] {
        [flag, line] if flag == "--line" => line::split(line).into_iter().skip(1).collect(),
        [flag, words @ ..] if flag == "--" => words.to_vec(),
        _ => words,
    })
}

/// Prints the candidates, if there are any.
pub(super) fn answer(words: Vec<String>, openers: Openers) -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        let found = runtime.block_on(found(words, &environment, openers)).unwrap_or_default();
        let text: String = found.into_iter().map(|candidate| candidate + "\n").collect();
        let ui = Ui::new(ColorChoice::Never, true, environment);
        // A shell that no longer listens has no use for candidates.
        let _ = ui.data(&text).and_then(|()| ui.flush());
        runtime.shutdown_background();
    }
    ExitCode::SUCCESS
}

async fn found(mut words: Vec<String>, environment: &dyn Fn(&str) -> Option<String>, openers: Openers) -> Option<Vec<String>> {
    if let Some(home) = environment("HOME") {
        line::expand_home(&mut words, &home);
    }
    let mut root = Cli::command();
    root.build();
    let line = line::parse(&root, &words)?;
    tokio::time::timeout(PATIENCE, candidates::of(&line, environment, openers)).await.ok()?
}
