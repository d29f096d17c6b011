//! The one table that turns errors into words, hints and exit codes.
//!
//! Receives the errors of all modules below, hands on a [`CommandError`] that can be told. Invariant: no other file knows an exit code.

use std::io;
use std::process::ExitCode;

use super::kubeconfig::KubeconfigFileError;
use super::settings::UsageError;
use super::ui::{Ui, is_broken_pipe};
use crate::client::{ClientError, RemoteError, ResourceArgumentError, UnknownResource, Unreachable};
use crate::manifest::ManifestErrors;
use crate::object::{Reason, Refusal};

/// How a command ended; a documented promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done; for `diff`: nothing differs.
    Success,
    /// 1: `diff` found differences.
    Differs,
    /// 1: something was refused or failed.
    Failed,
    /// 2: the command line makes no sense.
    Usage,
    /// 2: `diff` failed, so that 1 keeps its meaning.
    DiffFailed,
    /// 130: interrupted.
    Interrupted,
    /// 141: the reader of our output went away.
    BrokenPipe,
}

impl ExitStatus {
    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Differs | Self::Failed => 1,
            Self::Usage | Self::DiffFailed => 2,
            Self::Interrupted => 130,
            Self::BrokenPipe => 141,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

/// A command's failure, ready to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// How the process ends.
    pub status: ExitStatus,
    /// What went wrong; empty where it was told already.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}

impl CommandError {
    /// A failure of what was attempted.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::Failed, message: message.into(), hints: Vec::new() }
    }

    /// A command line that makes no sense.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::Usage, ..Self::failed(message) }
    }

    /// The user ended the command.
    #[must_use]
    pub fn interrupted(so_far: Option<String>) -> Self {
        let message = so_far.map_or_else(|| "interrupted".to_owned(), |so_far| format!("interrupted: {so_far}"));
        Self { status: ExitStatus::Interrupted, ..Self::failed(message) }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Tells the user and answers how the process ends; `of_diff` keeps 1 for differences.
    pub fn tell(self, ui: &Ui, of_diff: bool) -> ExitStatus {
        if self.status == ExitStatus::BrokenPipe {
            return self.status;
        }
        match self.status {
            // Whoever interrupts knows; what is worth telling is how far the work got.
            ExitStatus::Interrupted => ui.say(&self.message),
            _ if self.message.is_empty() => {}
            _ => ui.error(&self.message),
        }
        for hint in &self.hints {
            ui.hint(hint);
        }
        if of_diff && self.status == ExitStatus::Failed { ExitStatus::DiffFailed } else { self.status }
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        if is_broken_pipe(&error) {
            return Self { status: ExitStatus::BrokenPipe, message: String::new(), hints: Vec::new() };
        }
        Self::failed(format!("cannot write the output: {error}"))
    }
}

impl From<UsageError> for CommandError {
    fn from(error: UsageError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<KubeconfigFileError> for CommandError {
    fn from(error: KubeconfigFileError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<ManifestErrors> for CommandError {
    fn from(errors: ManifestErrors) -> Self {
        Self::failed(errors.to_string())
    }
}

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        let hint = match &error {
            RemoteError::Kubeconfig { .. } => "choose another target: --context, --kubeconfig, --server, --local or --etcd",
            RemoteError::Url { .. } => "give the server as https://HOST:PORT",
            RemoteError::Credentials { .. } => "check the certificates, keys and plugins that the kubeconfig names",
        };
        Self::failed(error.to_string()).hint(hint)
    }
}

impl From<UnknownResource> for CommandError {
    fn from(error: UnknownResource) -> Self {
        let hint = error.similar.as_ref().map(|similar| format!("did you mean {similar:?}?"));
        Self { hints: hint.into_iter().collect(), ..Self::failed(error.to_string()) }
    }
}

impl From<ResourceArgumentError> for CommandError {
    fn from(error: ResourceArgumentError) -> Self {
        match error {
            ResourceArgumentError::Unknown(unknown) => unknown.into(),
            other => Self::usage(other.to_string()),
        }
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        let message = client_error_in_words(&error);
        Self { hints: hint_for(&error).into_iter().collect(), ..Self::failed(message) }
    }
}

/// A client's error as a sentence; a refusal as kubectl writes it.
pub(super) fn client_error_in_words(error: &ClientError) -> String {
    match error {
        ClientError::Refused { refusal, .. } => refusal_in_words(refusal),
        ClientError::Unreachable { attempted, .. } => format!("{error} (while asking {attempted})"),
        ClientError::Unreadable { .. } => error.to_string(),
    }
}

/// `Error from server (NotFound): configmaps "x" not found`, without the heading.
pub(super) fn refusal_in_words(refusal: &Refusal) -> String {
    format!("from server ({}): {}", refusal.reason.as_str(), refusal.message)
}

fn hint_for(error: &ClientError) -> Option<String> {
    let hint = match error {
        ClientError::Unreachable { why: Unreachable::Refused, .. } => "is the server running, and is this its address?",
        ClientError::Unreachable { why: Unreachable::UnknownHost, .. } => "check the server's host name",
        ClientError::Unreachable { why: Unreachable::Tls(_), .. } => {
            "the kubeconfig's certificate-authority must be the one that signed the server's certificate"
        }
        ClientError::Unreachable { why: Unreachable::Credentials(_), .. } => "log in again with the tool that wrote the kubeconfig",
        ClientError::Unreachable { why: Unreachable::TimedOut, .. } => "check the network between here and the server",
        ClientError::Refused { refusal, .. } if refusal.reason == Reason::Unauthorized => {
            "the server does not know these credentials; log in again or choose another --context"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_a_promise() {
        use ExitStatus::{BrokenPipe, DiffFailed, Differs, Failed, Interrupted, Success, Usage};
        let table = [(Success, 0), (Differs, 1), (Failed, 1), (Usage, 2), (DiffFailed, 2), (Interrupted, 130), (BrokenPipe, 141)];
        for (status, code) in table {
            assert_eq!(status.code(), code, "{status:?}");
        }
    }

    #[test]
    fn a_failed_diff_is_told_apart_from_a_difference() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        let error = CommandError::failed("no").hint("try");
        assert_eq!(error.clone().tell(&ui, true), ExitStatus::DiffFailed);
        assert_eq!(error.tell(&ui, false), ExitStatus::Failed);
        assert_eq!(printed.stderr(), "error: no\nhint: try\nerror: no\nhint: try\n");
    }

    #[test]
    fn a_broken_pipe_ends_quietly() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        let error = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(error.tell(&ui, false), ExitStatus::BrokenPipe);
        assert_eq!(printed.stderr(), "");
    }

    #[test]
    fn an_interruption_says_what_was_done() {
        assert_eq!(
            CommandError::interrupted(Some("2 of 3 objects were applied".to_owned())).message,
            "interrupted: 2 of 3 objects were applied"
        );
        assert_eq!(CommandError::interrupted(None).status.code(), 130);
    }

    #[test]
    fn an_unknown_resource_comes_with_a_guess() {
        let error = CommandError::from(UnknownResource { word: "pdos".to_owned(), similar: Some("pods".to_owned()) });
        assert_eq!(
            (error.message.as_str(), error.hints.as_slice()),
            ("the server doesn't have a resource type \"pdos\"", &["did you mean \"pods\"?".to_owned()][..])
        );
    }
}
