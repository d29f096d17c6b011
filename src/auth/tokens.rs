//! Static bearer tokens in kube-apiserver's format: CSV lines of token, user, uid and, optionally, groups.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file>.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use super::Identity;

/// The tokens of one file.
#[derive(Clone, Default)]
pub struct TokenFile {
    by_token: HashMap<String, Identity>,
}

/// Whose tokens they are, and no token.
impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_token.values()).finish()
    }
}

/// Why a token file cannot be used. No variant carries a token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// The file cannot be read, or is not CSV.
    #[error("token file {path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// The reason.
        why: String,
    },
    /// A line does not have what it must.
    #[error("token file {path}, line {line}: {why}")]
    BadLine {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// The reason.
        why: &'static str,
    },
}

impl TokenFile {
    /// Reads a file. Errors name the file and the line.
    pub fn read(path: &Path) -> Result<Self, TokenFileError> {
        let shown = path.display().to_string();
        let text = std::fs::read(path).map_err(|error| TokenFileError::Unreadable { path: shown.clone(), why: error.to_string() })?;
        Self::parse(&text, &shown)
    }

    fn parse(text: &[u8], path: &str) -> Result<Self, TokenFileError> {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).comment(Some(b'#')).trim(csv::Trim::All).from_reader(text);
        let mut by_token = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| TokenFileError::Unreadable { path: path.to_owned(), why: error.to_string() })?;
            let line = record.position().map_or(0, csv::Position::line);
            let bad = |why| TokenFileError::BadLine { path: path.to_owned(), line, why };
            let (token, user) = (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default());
            match (token.is_empty(), user.is_empty(), record.len()) {
                (_, _, ..3) => return Err(bad("it must have at least the columns token, user and uid")),
                (true, ..) => return Err(bad("the token is empty")),
                (_, true, _) => return Err(bad("the user is empty")),
                _ => {}
            }
            let groups = record.get(3).unwrap_or_default().split(',').map(str::trim).filter(|group| !group.is_empty());
            let identity = Identity::new(user, groups.map(str::to_owned)).with_uid(record.get(2).unwrap_or_default());
            by_token.insert(token.to_owned(), identity);
        }
        Ok(Self { by_token })
    }

    /// Whose token this is.
    #[must_use]
    pub fn identity(&self, token: &str) -> Option<&Identity> {
        self.by_token.get(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_user_and_groups() {
        let file = TokenFile::parse(b"# people\nsecret,alice,1,\"dev,system:masters\"\nother,bob,2\n", "t.csv").expect("valid");
        let alice = file.identity("secret").expect("known");
        assert_eq!(&*alice.user, "alice");
        assert_eq!(&*alice.groups, ["dev", "system:masters", "system:authenticated"]);
        assert_eq!(&*file.identity("other").expect("known").groups, ["system:authenticated"]);
        assert_eq!(file.identity("x"), None);
    }

    #[test]
    fn tokens_are_not_shown() {
        let file = TokenFile::parse(b"hunter2,alice,1\n", "t.csv").expect("valid");
        let shown = format!("{file:?}");
        assert!(shown.contains("alice") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_bad_line_is_named_without_its_token() {
        let error = TokenFile::parse(b"a,b,c\nhunter2,bob\n", "t.csv").expect_err("too short").to_string();
        assert_eq!(error, "token file t.csv, line 2: it must have at least the columns token, user and uid");
    }
}
