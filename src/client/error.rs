//! What can go wrong between asking and reading the answer, and how a broken connection is told apart by its cause.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use super::proxy::ProxyError;
use super::{BearerError, Credentials};
use crate::object::{Reason, Refusal};

/// Why a request brought no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server answered and refused.
    #[error("{refusal}")]
    Refused {
        /// The method and path that were asked.
        attempted: String,
        /// What the server said.
        refusal: Box<Refusal>,
        /// What the client had shown, where the server does not know who asks.
        credentials: Option<Arc<Credentials>>,
    },
    /// No answer came.
    #[error("cannot reach {target}: {why}")]
    Unreachable {
        /// The method and path that were asked.
        attempted: String,
        /// The target, in words.
        target: String,
        /// What kept the request from being answered.
        why: Unreachable,
        /// The transport's own error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// An answer came, but it cannot be understood.
    #[error("{target} answered {attempted} with something that cannot be read: {problem}")]
    Unreadable {
        /// The method and path that were asked.
        attempted: String,
        /// The target, in words.
        target: String,
        /// What is wrong with the answer.
        problem: String,
    },
}

/// What kept a request from being answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreachable {
    /// Nothing listens at the address.
    Refused,
    /// The host's name is not known.
    UnknownHost,
    /// The certificates do not fit; the text says how.
    Tls(String),
    /// The credentials could not be made ready; the text says why.
    Credentials(String),
    /// Nothing came back in time.
    TimedOut,
    /// The connection broke before the whole answer was there.
    Broken,
    /// The proxy on the way to the server fails.
    Proxy {
        /// The proxy's URL.
        address: String,
        /// Where the proxy is named.
        named_by: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The etcd that this process serves does not answer; the text says why.
    Store(String),
    /// Anything else; the text is the innermost cause.
    Other(String),
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("connection refused"),
            Self::UnknownHost => f.write_str("the host name is not known"),
            Self::Tls(how) => write!(f, "TLS failed: {how}"),
            Self::Credentials(why) => write!(f, "no usable credentials: {why}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Broken => f.write_str("the connection broke"),
            Self::Proxy { address, problem, .. } => write!(f, "the proxy {address} {problem}"),
            Self::Store(why) | Self::Other(why) => f.write_str(why),
        }
    }
}

impl ClientError {
    /// The server's refusal, where there was one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// Whether the server refused for this reason.
    #[must_use]
    pub fn is(&self, reason: Reason) -> bool {
        self.refusal().is_some_and(|refusal| refusal.reason == reason)
    }

    /// Whether every other request would meet the same: the target is gone. One connection that broke says nothing of the next.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        matches!(self, Self::Unreachable { why, .. } if *why != Unreachable::Broken)
    }

    /// Whether a write with this answer may have been done all the same: nothing came back, or a server or a proxy gave up on it.
    #[must_use]
    pub fn may_have_been_done(&self) -> bool {
        self.refusal().is_none_or(|refusal| refusal.reason.code() >= 500)
    }

    /// Whether another client of the same target may be answered, which reads its address and credentials anew: the server does not know
    /// who asks any more, or is not there.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => refusal.reason == Reason::Unauthorized,
            Self::Unreachable { why, .. } => {
                matches!(why, Unreachable::Refused | Unreachable::UnknownHost | Unreachable::Tls(_) | Unreachable::Credentials(_))
            }
            Self::Unreadable { .. } => false,
        }
    }

    /// Whether asking again later may bring an answer: no connection, or a server that says it is busy.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { why, .. } => !matches!(why, Unreachable::Tls(_) | Unreachable::Credentials(_)),
            Self::Refused { refusal, .. } => matches!(
                refusal.reason,
                Reason::TooManyRequests | Reason::ServiceUnavailable | Reason::ServerTimeout | Reason::Timeout | Reason::InternalError
            ),
            Self::Unreadable { .. } => false,
        }
    }
}

/// Finds the cause of a transport failure in its chain of sources.
pub(super) fn classify(error: &(dyn StdError + 'static)) -> Unreachable {
    let mut innermost = error.to_string();
    let mut of_connection = false;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = known_cause(error) {
            return found;
        }
        of_connection |= error.downcast_ref::<hyper::Error>().is_some_and(|error| !error.is_parse() && !error.is_user());
        innermost = error.to_string();
        next = error.source();
    }
    // A connection ends in many ways, each of which HTTP/1, HTTP/2 and the system word in their own way: closed before the message was
    // complete, reset, shut down, told to go away. To whoever reads it they are one.
    if of_connection { Unreachable::Broken } else { Unreachable::Other(innermost) }
}

fn known_cause(error: &(dyn StdError + 'static)) -> Option<Unreachable> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(Unreachable::Tls(tls.to_string()));
    }
    if let Some(error) = error.downcast_ref::<kube::client::AuthError>() {
        return Some(Unreachable::Credentials(error.to_string()));
    }
    if let Some(error) = error.downcast_ref::<ProxyError>() {
        return Some(error.why.clone());
    }
    if let Some(error) = error.downcast_ref::<BearerError>() {
        let why = error.to_string();
        return Some(if error.is_passing() { Unreachable::Other(why) } else { Unreachable::Credentials(why) });
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>()
        && (error.is_incomplete_message() || error.is_closed() || error.is_canceled())
    {
        return Some(Unreachable::Broken);
    }
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return match () {
            () if error.is_dns() => Some(Unreachable::UnknownHost),
            () if error.is_timeout() => Some(Unreachable::TimedOut),
            () if error.is_body() || error.is_decode() => Some(Unreachable::Broken),
            () => None,
        };
    }
    io_cause(error.downcast_ref::<io::Error>()?)
}

/// An `io::Error` made around another error hides it from `source`, so it is looked into here.
fn io_cause(error: &io::Error) -> Option<Unreachable> {
    if let Some(inner) = error.get_ref()
        && let Some(found) = known_cause(inner)
    {
        return Some(found);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Unreachable::Refused),
        io::ErrorKind::TimedOut => Some(Unreachable::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::NotConnected
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::WriteZero
        | io::ErrorKind::UnexpectedEof => Some(Unreachable::Broken),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_known_any_more_reads_credentials_anew() {
        let refused = |reason| ClientError::Refused {
            attempted: "GET /api".to_owned(),
            refusal: Box::new(Refusal::new(reason, "no")),
            credentials: None,
        };
        assert!(refused(Reason::Unauthorized).is_outdated() && !refused(Reason::Forbidden).is_outdated());
        let unreachable =
            |why| ClientError::Unreachable { attempted: "GET /api".to_owned(), target: "x".to_owned(), why, source: "no".into() };
        assert!(unreachable(Unreachable::Tls("expired".to_owned())).is_outdated());
        assert!(unreachable(Unreachable::Refused).is_outdated() && !unreachable(Unreachable::Broken).is_outdated());
    }

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_refused_connection_is_found_below_other_errors() {
        let error = Outer(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(classify(&error), Unreachable::Refused);
    }

    #[test]
    fn a_tls_failure_inside_an_io_error_is_found() {
        let error = Outer(io::Error::other(rustls::Error::General("bad certificate".to_owned())));
        assert_eq!(classify(&error), Unreachable::Tls("unexpected error: bad certificate".to_owned()));
    }

    #[test]
    fn however_the_system_words_the_end_of_a_connection_it_broke() {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof, WriteZero};
        for kind in [BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof, WriteZero] {
            assert_eq!(classify(&Outer(io::Error::from(kind))), Unreachable::Broken, "{kind}");
        }
    }

    #[test]
    fn an_unknown_failure_is_told_by_its_innermost_cause() {
        assert_eq!(classify(&Outer(io::Error::other("the moon"))), Unreachable::Other("the moon".to_owned()));
    }
}
