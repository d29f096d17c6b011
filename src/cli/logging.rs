//! What is logged, on stderr: warnings of long-running commands, nothing of others, and in both what `TRUEUP_LOG` asks for.

use std::io;

use tracing::Level;

use super::UsageError;

/// The environment variable that says how much is logged.
const VARIABLE: &str = "TRUEUP_LOG";

/// Starts logging for a command that runs until it is stopped. Errors where the variable holds no level.
pub(super) fn start(environment: &dyn Fn(&str) -> Option<String>) -> Result<(), UsageError> {
    log_from(level(environment)?.unwrap_or(Level::WARN));
    Ok(())
}

/// The same for a command whose log tells what it does.
pub(super) fn start_telling(environment: &dyn Fn(&str) -> Option<String>, quiet: bool) -> Result<(), UsageError> {
    log_from(level(environment)?.unwrap_or(if quiet { Level::WARN } else { Level::INFO }));
    Ok(())
}

/// Starts logging for any other command, where the variable asks for it: what it has to say, it says itself. Errors where the variable
/// holds no level.
pub(super) fn start_if_asked(environment: &dyn Fn(&str) -> Option<String>) -> Result<(), UsageError> {
    if let Some(level) = level(environment)? {
        log_from(level);
    }
    Ok(())
}

fn level(environment: &dyn Fn(&str) -> Option<String>) -> Result<Option<Level>, UsageError> {
    let Some(text) = environment(VARIABLE).filter(|text| !text.is_empty()) else { return Ok(None) };
    // The parser of levels also takes numbers, of which nothing is promised.
    let known = ["error", "warn", "info", "debug", "trace"].contains(&text.to_ascii_lowercase().as_str());
    let level = known.then(|| text.parse().ok()).flatten();
    level.map(Some).ok_or_else(|| UsageError(format!("{VARIABLE}={text:?}: expected error, warn, info, debug or trace")))
}

fn log_from(level: Level) {
    // A second start, as tests make it, leaves the first in place.
    let _ = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).with_max_level(level).try_init();
}
