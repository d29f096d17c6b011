//! What was applied to a set before: its revisions.
//!
//! Receives the manifests of an apply, hands on Secrets that keep them, and reads them again. The Secrets stand beside the set's parent,
//! which owns them, and are no members of the set. Invariant: a revision is written once and never changed; its number is claimed by the
//! creation of its first Secret, so that two who apply at the same time get different ones.

mod compare;
mod pack;
mod revision;
mod secrets;
mod shelf;

pub use compare::compare;
pub use pack::PART_BYTES;
pub use revision::{About, Changes, Declared, Revision, as_manifests, digest_of};
pub use shelf::{Found, Shelf};

use crate::client::ClientError;

/// The type of the Secrets.
pub const SECRET_TYPE: &str = "trueup.dev/history";
/// The label whose value is the id of the set.
pub const HISTORY_OF: &str = "trueup.dev/history-of";
/// The label whose value is the revision's number.
pub const REVISION: &str = "trueup.dev/revision";
/// The label whose value is the number of the part, from 1 on.
pub const PART: &str = "trueup.dev/part";
/// The annotation of the first part that tells of the revision.
pub const ABOUT: &str = "trueup.dev/revision";

/// Why a revision cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is nothing that could hold it.
    #[error("no history of {parent} is kept, since the server has no Secrets, which would hold it")]
    NoSecrets {
        /// The set's parent.
        parent: String,
    },
    /// There is none of this number.
    #[error("{parent} has no revision {number}: {}", known_in_words(.known))]
    NoSuchRevision {
        /// The set's parent.
        parent: String,
        /// The number asked for.
        number: u64,
        /// The numbers that there are.
        known: Vec<u64>,
    },
    /// There is none before the newest.
    #[error("{parent} has no revision before its newest: {}", known_in_words(.known))]
    NoneBefore {
        /// The set's parent.
        parent: String,
        /// The numbers that there are.
        known: Vec<u64>,
    },
    /// It is there, and cannot be read.
    #[error("revision {number} cannot be read: {problem}")]
    Unreadable {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// It is too large to be kept.
    #[error("its manifests have {bytes} bytes when compressed, and {most} is the most")]
    TooLarge {
        /// What it takes.
        bytes: usize,
        /// What it may take.
        most: usize,
    },
    /// Others took each number that was tried.
    #[error("others are applying the same set: {0} is taken by now, and so were the numbers before it")]
    NumbersTaken(u64),
    /// It is kept, and older ones that are beyond the limit could not be removed.
    #[error("older revisions stay beyond the limit: {0}")]
    OlderStay(#[source] ClientError),
    /// The server refused, or could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// `there are 1, 2 and 5`.
fn known_in_words(known: &[u64]) -> String {
    match known {
        [] => "none is kept".to_owned(),
        [one] => format!("there is {one}"),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(u64::to_string).collect();
            format!("there are {} and {last}", rest.join(", "))
        }
    }
}
