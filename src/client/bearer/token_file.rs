//! A token in a file that somebody else renews, such as the kubelet.
//!
//! Receives a path, hands on the token. Invariant: what was read once stays good until something better is read, so that a file which is removed
//! after the start, or is being written, breaks nothing (<https://github.com/kubernetes/kubernetes/issues/68164>).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::BearerError;

/// How long a token is not read again; client-go's minute less its leeway.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(50);

/// A token and the file it is in.
pub(in crate::client) struct TokenFile {
    path: PathBuf,
    read: Mutex<(String, Timestamp)>,
}

impl TokenFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: PathBuf, now: Timestamp) -> Result<Self, BearerError> {
        match read(&path) {
            Ok(token) => Ok(Self { path, read: Mutex::new((token, now)) }),
            Err(source) => Err(BearerError::File { path, source }),
        }
    }

    /// The token as of about now.
    pub(super) fn token(&self, now: Timestamp) -> String {
        let mut read_before = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(read_before.1) >= GOOD_FOR {
            read_before.1 = now;
            if let Ok(token) = read(&self.path) {
                read_before.0 = token;
            }
        }
        read_before.0.clone()
    }
}

/// A token as people and programs write it: blanks and line breaks around it are none of it.
fn read(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    match text.trim() {
        "" => Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty")),
        token => Ok(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn a_token_is_read_again_after_a_while() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        fs::write(&path, "first\n").expect("written");
        let file = TokenFile::open(path.clone(), at(100)).expect("a token");
        fs::write(&path, "second").expect("written");
        assert_eq!((file.token(at(149)), file.token(at(150))), ("first".to_owned(), "second".to_owned()));
        fs::write(&path, "third").expect("written");
        assert_eq!((file.token(at(199)), file.token(at(200))), ("second".to_owned(), "third".to_owned()));
    }

    #[test]
    fn what_was_read_stays_good_while_the_file_is_gone_or_being_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        fs::write(&path, "first").expect("written");
        let file = TokenFile::open(path.clone(), at(0)).expect("a token");
        fs::write(&path, " \n").expect("written");
        assert_eq!(file.token(at(60)), "first");
        fs::remove_file(&path).expect("removed");
        assert_eq!(file.token(at(120)), "first");
        fs::write(&path, "second").expect("written");
        assert_eq!(file.token(at(180)), "second");
    }
}
