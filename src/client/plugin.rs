//! What a kubeconfig's user shows a server, where kubectl reads it otherwise than kube does.
//!
//! Receives what kube has read, hands on the same put right. Invariant: nothing that a plugin prints on its standard output is told.

use std::path::Path;

use kube::client::AuthError;
use kube::config::{AuthInfo, Kubeconfig};
use tower::BoxError;

/// More of what a plugin says is no message.
const MOST_SAID: usize = 500;

/// Why a plugin gave no credentials.
#[derive(Debug, thiserror::Error)]
enum PluginError {
    /// It could not be run.
    #[error("cannot run the kubeconfig's plugin {command:?}: {source}")]
    NotRun {
        /// Its path or name.
        command: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It said that it failed.
    #[error("the kubeconfig's plugin {command:?} failed with {status}{said}")]
    Failed {
        /// Its path or name.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said on standard error, behind a colon; empty where that went to the terminal.
        said: String,
    },
}

/// Has plugins that are named by a relative path looked for beside the file.
pub(super) fn beside(file: &Path, mut config: Kubeconfig) -> Kubeconfig {
    let folder = file.parent().unwrap_or(Path::new(""));
    let plugins = config.auth_infos.iter_mut().filter_map(|user| user.auth_info.as_mut()?.exec.as_mut()?.command.as_mut());
    for command in plugins.filter(|command| command.contains(std::path::MAIN_SEPARATOR) && Path::new(command).is_relative()) {
        // A path without a separator would be looked for on PATH.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        *command = folder.join(&*command).to_string_lossy().into_owned();
    }
    config
}

/// What is wrong with credentials, with the plugin that was to bring them.
pub(super) fn in_words(user: &AuthInfo, error: kube::Error) -> BoxError {
    let command = user.exec.as_ref().and_then(|exec| exec.command.clone()).unwrap_or_default();
    match error {
        kube::Error::Auth(AuthError::AuthExecStart(source)) => PluginError::NotRun { command, source }.into(),
        kube::Error::Auth(AuthError::AuthExecRun { out, .. }) => {
            let said: String = String::from_utf8_lossy(&out.stderr).trim().chars().take(MOST_SAID).collect();
            let said = if said.is_empty() { said } else { format!(": {said}") };
            PluginError::Failed { command, status: out.status, said }.into()
        }
        other => other.into(),
    }
}
