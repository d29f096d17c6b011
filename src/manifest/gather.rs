//! What `-f` names, read into memory.
//!
//! Receives paths, URLs and `-`, hands on sources. Invariant: the order is the user's, and inside a folder the byte order of names, so
//! that the same tree gives the same set on every machine.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{ManifestError, Problem};
use super::{FetchError, Source};

/// One value of `-f`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or a folder.
    Path(PathBuf),
    /// Standard input, written `-`.
    Stdin,
    /// An http or https URL.
    Url(String),
}

impl Input {
    /// Reads a value of `-f`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "-" => Self::Stdin,
            _ if text.starts_with("http://") || text.starts_with("https://") => Self::Url(text.to_owned()),
            _ => Self::Path(text.into()),
        }
    }
}

/// Reads everything the inputs name. A folder stands for its files that end in `.yaml`, `.yml` or `.json`, and with `recursive` for
/// those of the folders below it, symbolic links to folders excepted; a file named outright is read whatever its name is.
///
/// What cannot be read is among the errors; the rest is read all the same, so that everything that is wrong can be told at once.
/// Standard input is read where it blocks, since nothing else can go on without it.
pub async fn gather<Fetch, Answer>(inputs: &[Input], recursive: bool, stdin: &mut (dyn Read + Send), fetch: Fetch) -> Gathered
where
    Fetch: Fn(String) -> Answer,
    Answer: Future<Output = Result<Vec<u8>, FetchError>>,
{
    let mut gathered = Gathered::default();
    for input in inputs {
        match input {
            Input::Stdin => {
                let mut bytes = Vec::new();
                let read = stdin.read_to_end(&mut bytes).map(|_| bytes).map_err(Problem::CannotRead);
                gathered.take("standard input", read);
            }
            Input::Url(url) => gathered.take(url, fetch(url.clone()).await.map_err(Problem::Fetch)),
            Input::Path(path) => gathered.path(path, recursive),
        }
    }
    gathered
}

/// What could be read of the inputs, and what could not.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The texts, in order.
    pub sources: Vec<Arc<Source>>,
    /// What could not be read.
    pub errors: Vec<ManifestError>,
}

impl Gathered {
    fn take(&mut self, name: &str, bytes: Result<Vec<u8>, Problem>) {
        let source = bytes.map_err(|problem| ManifestError::whole(name, problem));
        match source.and_then(|bytes| Source::from_bytes(name, bytes).map_err(|error| ManifestError::not_text(name, error))) {
            Ok(source) => self.sources.push(Arc::new(source)),
            Err(error) => self.errors.push(error),
        }
    }

    fn path(&mut self, path: &Path, recursive: bool) {
        if !path.is_dir() {
            return self.take(&path.to_string_lossy(), fs::read(path).map_err(cannot_read));
        }
        let before = self.sources.len() + self.errors.len();
        match self.folder(path, recursive) {
            Ok(has_folders) if self.sources.len() + self.errors.len() == before => {
                self.errors.push(ManifestError::whole(&path.to_string_lossy(), Problem::NoManifestFiles { has_folders }));
            }
            Ok(_) => {}
            Err(error) => self.errors.push(ManifestError::whole(&path.to_string_lossy(), cannot_read(error))),
        }
    }

    /// Reads a folder's manifests; answers whether it holds folders that were passed over.
    fn folder(&mut self, folder: &Path, recursive: bool) -> io::Result<bool> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut passed_over = false;
        for entry in entries {
            let path = entry.path();
            // The entry's own type: a link to a folder is not followed, so that a loop of links ends.
            if entry.file_type()?.is_dir() {
                passed_over |= !recursive;
                if recursive && let Err(error) = self.folder(&path, true) {
                    self.errors.push(ManifestError::whole(&path.to_string_lossy(), cannot_read(error)));
                }
            } else if is_manifest(&path) && !path.is_dir() {
                self.take(&path.to_string_lossy(), fs::read(&path).map_err(cannot_read));
            }
        }
        Ok(passed_over)
    }
}

fn cannot_read(error: io::Error) -> Problem {
    if error.kind() == io::ErrorKind::NotFound { Problem::NotFound } else { Problem::CannotRead(error) }
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}
