//! What `-f` and `-k` name, read into memory.
//!
//! Receives paths, URLs and `-`, hands on sources, and the objects of kustomizations. Invariants: the order is the user's, and inside a folder the byte order of names, so
//! that the same tree gives the same set on every machine; of no input more than a bounded number of bytes is read.

use std::collections::HashMap;
use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{ManifestError, Problem};
use super::kustomize::{self, FILE_NAMES, KustomizeProblem};
use super::source::SIZE_MOST;
use super::{Desired, FetchError, Source};
use crate::shown_url::shown_url;

/// What one input gave, or one file of a folder.
#[derive(Debug)]
pub enum Gathered {
    /// A text with manifests.
    Source(Arc<Source>),
    /// The objects of a kustomization.
    Built(Vec<Desired>),
}

impl From<Arc<Source>> for Gathered {
    fn from(source: Arc<Source>) -> Self {
        Self::Source(source)
    }
}

/// One value of `-f` or `-k`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or a folder.
    Path(PathBuf),
    /// Standard input, written `-`.
    Stdin,
    /// A URL; those of http and https are fetched.
    Url(String),
    /// A folder with a kustomization, whatever else it holds.
    Kustomization(PathBuf),
}

impl Input {
    /// Reads a value of `-f`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "-" => Self::Stdin,
            _ if scheme(text).is_some() => Self::Url(text.to_owned()),
            _ => Self::Path(text.into()),
        }
    }
}

/// What stands before `://`, in lower case, where it has the form of a scheme (RFC 3986).
fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once("://")?;
    let formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(formed)).then(|| scheme.to_ascii_lowercase())
}

/// Reads everything the inputs name. A folder that holds a kustomization stands for what that builds. Any other folder stands for its
/// files that end in `.yaml`, `.yml` or `.json`, and with `recursive` for those of the folders below it, symbolic links to folders
/// excepted; a kustomization found there is an error, since the folders of its bases may lie there as well. A file named outright is read
/// whatever its name is. What is no file but a pipe, as a shell makes it for `<(…)`, is read; a device is not, since it need not end.
///
/// What cannot be read is among the results, in its place; the rest is read all the same, so that everything that is wrong can be told
/// at once. Reading blocks no task of the runtime, so that who waits for a pipe or for standard input can be interrupted.
pub async fn gather<Fetch, Answer>(
    inputs: &[Input],
    recursive: bool,
    stdin: impl Read + Send + 'static,
    fetch: Fetch,
) -> Vec<Result<Gathered, ManifestError>>
where
    Fetch: Fn(String) -> Answer,
    Answer: Future<Output = Result<Vec<u8>, FetchError>>,
{
    let mut stdin = Some(stdin);
    let mut gathering = Gathering::default();
    for input in inputs {
        match input {
            Input::Stdin => {
                let read = match stdin.take() {
                    Some(stdin) => blocking(|| bounded(stdin)).await,
                    None => Err(Problem::GivenTwice { first: None }),
                };
                gathering.take("standard input", read);
            }
            Input::Url(url) => gathering.url(url, &fetch).await,
            Input::Kustomization(folder) => gathering.kustomization(folder, &fetch).await,
            Input::Path(path) if has_kustomization(path) => gathering.kustomization(path, &fetch).await,
            Input::Path(path) if path.is_dir() => gathering.folder(path, recursive).await,
            Input::Path(path) => gathering.file(path).await,
        }
    }
    gathering.gathered
}

/// What was read so far, and what it was read from.
#[derive(Default)]
struct Gathering {
    gathered: Vec<Result<Gathered, ManifestError>>,
    /// The files and URLs that were read: what they are, and the name that they are shown by.
    seen: HashMap<PathBuf, String>,
}

impl Gathering {
    fn take(&mut self, name: &str, bytes: Result<Vec<u8>, Problem>) {
        let source = bytes.map_err(|problem| ManifestError::whole(name, problem));
        let source = source.and_then(|bytes| Source::from_bytes(name, bytes).map_err(|error| ManifestError::not_text(name, error)));
        self.gathered.push(source.map(|source| Gathered::Source(Arc::new(source))));
    }

    /// Refuses what was read before.
    fn only_once(&mut self, what: PathBuf, name: &str) -> Result<(), Problem> {
        match self.seen.insert(what, name.to_owned()) {
            Some(first) => Err(Problem::GivenTwice { first: Some(first).filter(|first| first != name) }),
            None => Ok(()),
        }
    }

    async fn url<Fetch, Answer>(&mut self, url: &str, fetch: &Fetch)
    where
        Fetch: Fn(String) -> Answer,
        Answer: Future<Output = Result<Vec<u8>, FetchError>>,
    {
        let shown = shown_url(url);
        let read = match scheme(url).filter(|scheme| !["http", "https"].contains(&scheme.as_str())) {
            Some(scheme) => Err(Problem::Scheme(scheme)),
            None => match self.only_once(url.into(), &shown) {
                Ok(()) => fetch(url.to_owned()).await.map_err(cannot_fetch),
                Err(problem) => Err(problem),
            },
        };
        self.take(&shown, read);
    }

    async fn kustomization<Fetch, Answer>(&mut self, folder: &Path, fetch: &Fetch)
    where
        Fetch: Fn(String) -> Answer,
        Answer: Future<Output = Result<Vec<u8>, FetchError>>,
    {
        let name = folder.to_string_lossy();
        if kustomize::is_repository(&name) || scheme(&name).is_some() {
            let path = kustomize::shown(&name);
            return self.take(&path.clone(), Err(KustomizeProblem::Repository { path }.into()));
        }
        if let Err(problem) = fs::canonicalize(folder).map_or(Ok(()), |whole| self.only_once(whole, &name)) {
            return self.take(&name, Err(problem));
        }
        match kustomize::kustomize(folder, fetch).await {
            Ok(objects) => self.gathered.push(Ok(Gathered::Built(objects))),
            Err(errors) => self.gathered.extend(errors.into_iter().map(Err)),
        }
    }

    async fn file(&mut self, path: &Path) {
        let name = path.to_string_lossy();
        if is_kustomization(path) {
            return self.take(&name, Err(KustomizeProblem::NotAManifest.into()));
        }
        // A pipe has no path of its own, and is read as often as it is given.
        let read = match fs::canonicalize(path).map_or(Ok(()), |whole| self.only_once(whole, &name)) {
            Ok(()) => {
                let path = path.to_owned();
                blocking(move || read_file(&path)).await
            }
            Err(problem) => Err(problem),
        };
        self.take(&name, read);
    }

    async fn folder(&mut self, path: &Path, recursive: bool) {
        let mut found = Found::default();
        match found.look_into(path, recursive) {
            Ok(()) if found.files.is_empty() => {
                found.files.push(Err((path.to_owned(), Problem::NoManifestFiles { has_folders: found.passed_over })));
            }
            Ok(()) => {}
            Err(error) => found.files.push(Err((path.to_owned(), cannot_read(error)))),
        }
        for file in found.files {
            match file {
                Ok(path) => self.file(&path).await,
                Err((path, problem)) => self.take(&path.to_string_lossy(), Err(problem)),
            }
        }
    }
}

/// The manifests of a folder.
#[derive(Default)]
struct Found {
    /// Their paths, and the folders that cannot be looked into.
    files: Vec<Result<PathBuf, (PathBuf, Problem)>>,
    /// Whether there are folders that were not looked into.
    passed_over: bool,
}

impl Found {
    fn look_into(&mut self, folder: &Path, recursive: bool) -> io::Result<()> {
        if has_kustomization(folder) {
            self.files.push(Err((folder.to_owned(), KustomizeProblem::MetOnTheWay.into())));
            return Ok(());
        }
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            // The entry's own type: a link to a folder is not followed, so that a loop of links ends.
            if entry.file_type()?.is_dir() {
                // Kubernetes keeps the versions of a mounted ConfigMap in such folders, and links to the files of the one that counts.
                if entry.file_name().as_encoded_bytes().starts_with(b"..") {
                    continue;
                }
                self.passed_over |= !recursive;
                if recursive && let Err(error) = self.look_into(&path, true) {
                    self.files.push(Err((path, cannot_read(error))));
                }
            } else if is_manifest(&path) && !path.is_dir() {
                self.files.push(Ok(path));
            }
        }
        Ok(())
    }
}

/// Runs what may block beside the runtime's tasks.
async fn blocking(read: impl FnOnce() -> Result<Vec<u8>, Problem> + Send + 'static) -> Result<Vec<u8>, Problem> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(Problem::CannotRead(io::Error::other(error))))
}

/// Reads a file or a pipe that holds no manifests, with the same care: no device, and no more than [`SIZE_MOST`].
pub async fn read_whole(path: &Path) -> Result<Vec<u8>, Problem> {
    let path = path.to_owned();
    blocking(move || read_file(&path)).await
}

fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    // Asked before it is opened, since opening alone has effects on some devices.
    let kind = fs::metadata(path).map_err(cannot_read)?.file_type();
    if !kind.is_file() && !is_pipe(kind) {
        return Err(Problem::NotAFile);
    }
    bounded(File::open(path).map_err(cannot_read)?)
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}

/// Reads to the end where that comes soon enough. A file's size is not relied on, as it may grow, and some have none.
fn bounded(from: impl Read) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    from.take(SIZE_MOST as u64 + 1).read_to_end(&mut bytes).map_err(Problem::CannotRead)?;
    if bytes.len() > SIZE_MOST { Err(Problem::TooLarge) } else { Ok(bytes) }
}

fn cannot_fetch(error: FetchError) -> Problem {
    match error {
        FetchError::TooLarge => Problem::TooLarge,
        other => Problem::Fetch(other),
    }
}

pub(super) fn cannot_read(error: io::Error) -> Problem {
    if error.kind() == io::ErrorKind::NotFound { Problem::NotFound } else { Problem::CannotRead(error) }
}

/// Whether a folder holds the file of a kustomization, or several, which is for [`kustomize`] to refuse.
fn has_kustomization(folder: &Path) -> bool {
    folder.is_dir() && !matches!(kustomize::find_file(folder), Err(KustomizeProblem::NoFile))
}

fn is_kustomization(path: &Path) -> bool {
    FILE_NAMES.iter().any(|name| path.file_name().is_some_and(|found| found == *name))
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}
