//! The one table that turns errors into words, hints and exit codes.
//!
//! Receives the errors of all modules below, hands on a [`CommandError`] that can be told. Invariant: no other file knows an exit code.

use std::io;
use std::process::ExitCode;

use jiff::Timestamp;

use super::settings::UsageError;
use super::ui::{Ui, is_broken_pipe};
use crate::ci::Problem;
use crate::client::{ClientError, RemoteError, ResourceArgumentError, UnknownResource, Unreachable};
use crate::kubeconfig::KubeconfigFileError;
use crate::manifest::ManifestErrors;
use crate::object::{Reason, Refusal};
use crate::plan::set::{OUR_TOOL, PruneError, SetError};
use crate::serve::{ListenError, ServeError};
use crate::similar::did_you_mean;
use crate::store::StoreError;

/// How a command ended; a documented promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done; for `diff`: nothing differs.
    Success,
    /// 1: `diff` found differences.
    Differs,
    /// 2: `diff --detailed-exitcode` found differences.
    DiffersInDetail,
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
            Self::Usage | Self::DiffFailed | Self::DiffersInDetail => 2,
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

/// What a command's exit statuses tell scripts beside failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Nothing.
    Plain,
    /// 1 is for differences.
    OneForDifferences,
    /// 2 is for differences.
    TwoForDifferences,
}

impl Promise {
    /// The status of a failure that says nothing about differences.
    #[must_use]
    pub fn kept(self, status: ExitStatus) -> ExitStatus {
        match (self, status) {
            (Self::OneForDifferences, ExitStatus::Failed) => ExitStatus::DiffFailed,
            (Self::TwoForDifferences, ExitStatus::Usage) => ExitStatus::Failed,
            _ => status,
        }
    }
}

/// A command's failure, ready to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// How the process ends.
    pub status: ExitStatus,
    /// What went wrong; empty where it was told already.
    pub message: String,
    /// What else went wrong, each told as an error of its own.
    pub further: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
    /// The same failure as a pipeline is told it, where there is more to say than the words above.
    pub problems: Vec<Problem>,
}

impl CommandError {
    /// A failure of what was attempted.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::Failed, message: message.into(), further: Vec::new(), hints: Vec::new(), problems: Vec::new() }
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

    /// Tells the user and answers how the process ends.
    pub fn tell(self, ui: &Ui, promise: Promise) -> ExitStatus {
        if self.status == ExitStatus::BrokenPipe {
            return self.status;
        }
        match self.status {
            // Whoever interrupts knows; what is worth telling is how far the work got.
            ExitStatus::Interrupted => ui.say(&self.message),
            _ if self.message.is_empty() => {}
            _ => ui.error(&self.message),
        }
        self.further.iter().for_each(|message| ui.error(message));
        for hint in &self.hints {
            ui.hint(hint);
        }
        promise.kept(self.status)
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        if is_broken_pipe(&error) {
            return Self { status: ExitStatus::BrokenPipe, ..Self::failed("") };
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
        let mut messages = errors.0.iter().map(ToString::to_string);
        let first = messages.next().unwrap_or_default();
        Self { further: messages.collect(), problems: errors.0.iter().map(super::ci::of_manifest).collect(), ..Self::failed(first) }
    }
}

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        let hint = match &error {
            RemoteError::Kubeconfig { similar: Some(similar), .. } => return Self::failed(error.to_string()).hint(did_you_mean(similar)),
            RemoteError::Kubeconfig { .. } => "choose another target: --context, --kubeconfig, --server, --local or --etcd",
            RemoteError::Url { .. } => "give the server as https://HOST:PORT, or as HOST:PORT where it speaks HTTP without TLS",
            RemoteError::Token { source, .. } => return Self::failed(error.to_string()).hint(source.advice()),
            RemoteError::InCluster(_) => {
                "give the pod a service account with a token (automountServiceAccountToken), or name a target: \
                 --kubeconfig, --server, --local or --etcd"
            }
            RemoteError::Credentials { .. } => "check the certificates, keys and plugins that the kubeconfig names",
        };
        Self::failed(error.to_string()).hint(hint)
    }
}

impl From<UnknownResource> for CommandError {
    fn from(error: UnknownResource) -> Self {
        let hint = error.similar.as_deref().map(did_you_mean);
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

impl From<SetError> for CommandError {
    fn from(error: SetError) -> Self {
        let hint = match &error {
            SetError::UnknownType(_) | SetError::Client(_) => String::new(),
            SetError::NoName(_) => "NAME is that of a Secret; other parents are written TYPE/NAME, such as configmap/shop".to_owned(),
            SetError::BadName { .. } => "give the set's parent a name that can stand in a path of the API".to_owned(),
            SetError::NoNamespace(_) => {
                "name it with -n; or, where the set's objects are in several namespaces, with --applyset-namespace".to_owned()
            }
            SetError::NotAParentType(_) => "name a Secret by NAME, or a ConfigMap by configmap/NAME".to_owned(),
            SetError::NotMadeAutomatically(parent) => format!("create it, then make it a parent: trueup sets create {parent}"),
            SetError::NoSuchSet(_) => "`trueup sets -A` lists the sets that there are".to_owned(),
            SetError::NotAParent { arguments, .. } => {
                format!("give the set's parent another name; or, if it is meant to be one: trueup sets create {arguments}")
            }
            SetError::OtherId { .. } => {
                "a parent that was copied or renamed is another set's; give the set's parent another name".to_owned()
            }
            SetError::OtherTool { arguments, .. } => {
                format!("`trueup sets hand-over {arguments} --to {OUR_TOOL}` takes it over; the other tool refuses it from then on")
            }
            SetError::NoKinds(_) => {
                "the tool that made the parent has to write the annotation; without it no members can be found".to_owned()
            }
            SetError::LabelWritten { .. } => "take the label out of the manifest".to_owned(),
        };
        let problem = super::ci::of_set_error(&error);
        let told = match error {
            SetError::UnknownType(unknown) => return Self::from(unknown),
            SetError::Client(error) => return Self::from(error),
            SetError::NoName(_) | SetError::BadName { .. } | SetError::NoNamespace(_) => Self::usage(error.to_string()),
            other => Self {
                problems: problem.into_iter().map(|problem| Problem { hint: Some(hint.clone()), ..problem }).collect(),
                ..Self::failed(other.to_string())
            },
        };
        told.hint(hint)
    }
}

impl From<PruneError> for CommandError {
    fn from(error: PruneError) -> Self {
        let hint = match &error {
            PruneError::TooMany { deletions, .. } => {
                format!("nothing was changed; look at them with diff, then allow them with --max-deletions={deletions}")
            }
            PruneError::UnknownWish { .. } => "nothing was changed; set the annotation to keep, or remove it".to_owned(),
            PruneError::OwnNamespace { .. } => {
                "nothing was changed; describe the namespace in the manifests, or annotate it with trueup.dev/prune=keep".to_owned()
            }
        };
        Self::failed(error.to_string()).hint(hint)
    }
}

impl From<ServeError> for CommandError {
    fn from(error: ServeError) -> Self {
        let hint = match &error {
            ServeError::Listen(ListenError::Bind { source, .. }) => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    "another process listens there, perhaps another `trueup serve`; choose another port with --listen ADDR:PORT, \
                     port 0 for a free one"
                }
                io::ErrorKind::AddrNotAvailable => "the address is not one of this machine's; choose another with --listen ADDR:PORT",
                io::ErrorKind::PermissionDenied => "ports below 1024 are for root; choose another with --listen ADDR:PORT",
                _ => return Self::failed(error.to_string()),
            },
            ServeError::Store(StoreError::Unavailable(_)) => "is etcd running, and are these the URLs of its clients' port?",
            _ => return Self::failed(error.to_string()),
        };
        Self::failed(error.to_string()).hint(hint)
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

/// What servers written in Go say, and `trueup serve` too, to who speaks HTTP on the port for HTTPS.
const HTTP_TO_HTTPS: &str = "HTTP request to an HTTPS server";

/// What to do next about a client's error.
pub(super) fn hint_for(error: &ClientError) -> Option<String> {
    let hint = match error {
        ClientError::Unreachable { why: Unreachable::Proxy { named_by, .. }, .. } => {
            return Some(format!("the proxy is named by {named_by}; is it running, and does it lead to the server?"));
        }
        ClientError::Unreachable { why: Unreachable::Refused, .. } => "is the server running, and is this its address?",
        ClientError::Unreachable { why: Unreachable::UnknownHost, .. } => "check the server's host name",
        ClientError::Unreachable { why: Unreachable::Tls(_), .. } => {
            "the kubeconfig's certificate-authority must be the one that signed the server's certificate"
        }
        ClientError::Unreachable { why: Unreachable::Credentials(_), .. } => "log in again with the tool that wrote the kubeconfig",
        ClientError::Unreachable { why: Unreachable::TimedOut, .. } => "check the network between here and the server",
        ClientError::Unreachable { why: Unreachable::Store(_), .. } => "is the store running, and is it reached from here?",
        ClientError::Refused { credentials: Some(credentials), .. } => return Some(credentials.advice(Timestamp::now())),
        ClientError::Refused { refusal, .. } if refusal.reason == Reason::Unauthorized => {
            "the server does not know these credentials, or none were sent; log in again, or choose a --context or --kubeconfig with a user"
        }
        ClientError::Refused { refusal, .. } if refusal.reason == Reason::Forbidden && refusal.message.contains("\"system:anonymous\"") => {
            "no credentials were sent: the kubeconfig's context names no user, or one without any; choose another --context or --kubeconfig"
        }
        ClientError::Refused { refusal, .. } if refusal.message.contains(HTTP_TO_HTTPS) => {
            "the server speaks HTTPS: give its address as https://HOST:PORT"
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
        use ExitStatus::{BrokenPipe, DiffFailed, Differs, DiffersInDetail, Failed, Interrupted, Success, Usage};
        let table = [
            (Success, 0),
            (Differs, 1),
            (DiffersInDetail, 2),
            (Failed, 1),
            (Usage, 2),
            (DiffFailed, 2),
            (Interrupted, 130),
            (BrokenPipe, 141),
        ];
        for (status, code) in table {
            assert_eq!(status.code(), code, "{status:?}");
        }
    }

    #[test]
    fn a_failed_diff_is_told_apart_from_a_difference() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        let error = CommandError::failed("no").hint("try");
        assert_eq!(error.clone().tell(&ui, Promise::OneForDifferences), ExitStatus::DiffFailed);
        assert_eq!(error.tell(&ui, Promise::Plain), ExitStatus::Failed);
        assert_eq!(printed.stderr(), "error: no\nhint: try\nerror: no\nhint: try\n");
        assert_eq!(Promise::TwoForDifferences.kept(ExitStatus::Usage).code(), 1);
        assert_eq!(Promise::TwoForDifferences.kept(ExitStatus::Interrupted).code(), 130);
    }

    #[test]
    fn a_broken_pipe_ends_quietly() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        let error = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(error.tell(&ui, Promise::Plain), ExitStatus::BrokenPipe);
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
    fn a_request_without_credentials_is_told_apart_from_one_that_is_not_allowed() {
        let hint = |user: &str| {
            let refusal = Refusal::new(Reason::Forbidden, format!("pods is forbidden: User \"{user}\" cannot list resource \"pods\""));
            hint_for(&ClientError::Refused { attempted: String::new(), refusal: Box::new(refusal), credentials: None })
        };
        assert!(hint("system:anonymous").is_some_and(|hint| hint.starts_with("no credentials were sent")));
        assert_eq!(hint("ann"), None);
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
