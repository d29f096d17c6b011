//! What long-running commands log, on stderr: warnings, or more where `TRUEUP_LOG` asks for it.

use std::io;

use tracing::Level;

use super::UsageError;

/// The environment variable that says how much is logged.
const VARIABLE: &str = "TRUEUP_LOG";

/// Starts logging. Errors where the variable holds no level.
pub(super) fn start(environment: &dyn Fn(&str) -> Option<String>) -> Result<(), UsageError> {
    let level = match environment(VARIABLE).filter(|text| !text.is_empty()) {
        None => Level::WARN,
        Some(text) => text.parse().map_err(|_| UsageError(format!("{VARIABLE}={text:?}: expected error, warn, info, debug or trace")))?,
    };
    // A second start, as tests make it, leaves the first in place.
    let _ = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).with_max_level(level).try_init();
    Ok(())
}
