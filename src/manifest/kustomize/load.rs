//! A kustomization, and everything that it names, read into memory.
//!
//! Receives a folder, hands on a tree of [`Layer`]s. Invariants: what is read lies in or below the folder of the kustomization that names
//! it; no folder is built inside itself; and how much is read is bounded, whatever the tree.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::config::Config;
use super::decode::{decode, decode_config, decode_replacements};
use super::error::KustomizeProblem;
use super::generate::files_of;
use super::kustomization::{Kustomization, Replacement, ReplacementEntry, Spot};
use super::limits::{DEPTH_MOST, FILES_MOST};
use crate::manifest::source::SIZE_MOST;
use crate::manifest::{FetchError, ManifestError, Problem, Source};
use crate::shown_url::shown_url;
use crate::yaml::Mark;

/// The names of a kustomization's file.
pub(in crate::manifest) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// One kustomization with all that it names.
pub(super) struct Layer {
    /// The file.
    pub(super) file: Arc<Source>,
    pub(super) kustomization: Kustomization,
    /// Manifests and kustomizations in their order.
    pub(super) resources: Vec<Part>,
    pub(super) components: Vec<Layer>,
    pub(super) configurations: Vec<(Spot<String>, Config)>,
    pub(super) replacements: Vec<(Arc<Source>, Spot<Replacement>)>,
    /// What other files hold, by the path by which they are named.
    files: HashMap<String, File>,
}

/// A file that is no kustomization.
struct File {
    /// By which it is known in messages.
    name: String,
    bytes: Vec<u8>,
}

/// What a resource is.
pub(super) enum Part {
    Manifests(Arc<Source>),
    Layer(Box<Layer>),
}

impl Layer {
    /// A kustomization's file, and nothing yet that it names.
    pub(super) fn new(file: Arc<Source>) -> Self {
        Self {
            file,
            kustomization: Kustomization::default(),
            resources: Vec::new(),
            components: Vec::new(),
            configurations: Vec::new(),
            replacements: Vec::new(),
            files: HashMap::new(),
        }
    }

    /// Adds a file: the path by which it is named, and the name by which it is known in messages.
    pub(super) fn add_file(&mut self, path: String, name: String, bytes: Vec<u8>) {
        self.files.insert(path, File { name, bytes });
    }

    /// A problem at a place of the kustomization's file.
    pub(super) fn fails(&self, mark: Mark, problem: KustomizeProblem) -> ManifestError {
        ManifestError::at(&self.file, mark, problem.into())
    }

    fn file_at(&self, path: &Spot<String>) -> Result<&File, ManifestError> {
        let missing = || self.fails(path.mark, KustomizeProblem::NotFound { path: path.value.clone() });
        self.files.get(&path.value).ok_or_else(missing)
    }

    /// What a file holds.
    pub(super) fn bytes(&self, path: &Spot<String>) -> Result<Vec<u8>, ManifestError> {
        self.file_at(path).map(|file| file.bytes.clone())
    }

    /// A file's text.
    pub(super) fn source(&self, path: &Spot<String>) -> Result<Arc<Source>, ManifestError> {
        let file = self.file_at(path)?;
        let source = Source::from_bytes(&file.name, file.bytes.clone());
        source.map(Arc::new).map_err(|error| ManifestError::not_text(&file.name, error))
    }

    /// Whether a file of that path was read.
    pub(super) fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}

/// Reads a folder's kustomization. Errors with all that is wrong with the files, as far as they could be read.
pub(super) async fn load<Fetch, Answer>(folder: &Path, fetch: &Fetch) -> Result<Layer, Vec<ManifestError>>
where
    Fetch: Fn(String) -> Answer,
    Answer: Future<Output = Result<Vec<u8>, FetchError>>,
{
    let mut loader = Loader { fetch, files: 0, bytes: 0, errors: Vec::new() };
    let whole = |problem: Problem| vec![ManifestError::whole(&folder.to_string_lossy(), problem)];
    let root = fs::canonicalize(folder).map_err(|error| whole(super::super::gather::cannot_read(error)))?;
    let at = Folder { shown: folder.to_owned(), root };
    let layer = loader.layer(&at, &[], None, Wanted::Any).await;
    match (layer, loader.errors.is_empty()) {
        (Some(layer), true) => Ok(layer),
        _ => Err(loader.errors),
    }
}

/// A folder: as it is shown, and where it really is.
struct Folder {
    shown: PathBuf,
    root: PathBuf,
}

/// Where a folder is named, which decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Any,
    Kustomization,
    Component,
}

struct Loader<'a, Fetch> {
    fetch: &'a Fetch,
    files: usize,
    bytes: usize,
    errors: Vec<ManifestError>,
}

/// How many problems are told; whoever has that many has one cause for most of them, and nothing more is read.
const ERRORS_MOST: usize = 100;

/// Where something is named, for messages.
type Named<'a> = (&'a Arc<Source>, &'a Spot<String>);

impl<Fetch, Answer> Loader<'_, Fetch>
where
    Fetch: Fn(String) -> Answer,
    Answer: Future<Output = Result<Vec<u8>, FetchError>>,
{
    /// Reads the kustomization of a folder. `above` are the folders that are being read.
    async fn layer(&mut self, at: &Folder, above: &[PathBuf], named: Option<Named<'_>>, wanted: Wanted) -> Option<Layer> {
        let fails = |problem: KustomizeProblem| match named {
            Some((source, spot)) => ManifestError::at(source, spot.mark, problem.into()),
            None => ManifestError::whole(&at.shown.to_string_lossy(), problem.into()),
        };
        let file = match find_file(&at.root).and_then(|name| Ok((name, self.read_path(&at.root.join(name), name)?))) {
            Ok((name, bytes)) => {
                let shown = joined(&at.shown, name);
                let shown = shown.to_string_lossy();
                Source::from_bytes(&shown, bytes).map_err(|error| ManifestError::not_text(&shown, error))
            }
            Err(problem) => Err(fails(problem)),
        };
        let file = match file {
            Ok(file) => Arc::new(file),
            Err(error) => {
                self.errors.push(error);
                return None;
            }
        };
        let mut kustomization = match decode(&file) {
            Ok(kustomization) => kustomization,
            Err(errors) => {
                self.errors.extend(errors);
                return None;
            }
        };
        if let Some(problem) = wrong_kind(wanted, kustomization.component, named) {
            self.errors.push(fails(problem));
            return None;
        }
        let here: Vec<PathBuf> = above.iter().cloned().chain([at.root.clone()]).collect();
        let mut layer = Layer::new(Arc::clone(&file));
        for resource in &kustomization.resources {
            layer.resources.extend(self.resource(at, &here, (&file, resource)).await);
        }
        for component in &kustomization.components {
            layer.components.extend(Box::pin(self.folder(at, &here, (&file, component), Wanted::Component)).await);
        }
        self.plain_files(at, &file, &mut kustomization, &mut layer).await;
        layer.kustomization = kustomization;
        Some(layer)
    }

    /// Whether it is no use to read on.
    fn has_enough(&self) -> bool {
        self.errors.len() >= ERRORS_MOST || self.files > FILES_MOST
    }

    /// A manifest, or a folder with a kustomization.
    async fn resource(&mut self, at: &Folder, above: &[PathBuf], named: Named<'_>) -> Option<Part> {
        let path = &named.1.value;
        if !is_url(path) && at.root.join(path).is_dir() {
            return Box::pin(self.folder(at, above, named, Wanted::Kustomization)).await.map(|layer| Part::Layer(Box::new(layer)));
        }
        let file = self.file(at, named).await?;
        match Source::from_bytes(&file.name, file.bytes) {
            Ok(source) => Some(Part::Manifests(Arc::new(source))),
            Err(error) => {
                self.errors.push(ManifestError::not_text(&file.name, error));
                None
            }
        }
    }

    async fn folder(&mut self, at: &Folder, above: &[PathBuf], named: Named<'_>, wanted: Wanted) -> Option<Layer> {
        if self.has_enough() {
            return None;
        }
        match self.enter(at, above, &named.1.value) {
            Ok(folder) => self.layer(&folder, above, Some(named), wanted).await,
            Err(problem) => {
                self.errors.push(ManifestError::at(named.0, named.1.mark, problem.into()));
                None
            }
        }
    }

    fn enter(&self, at: &Folder, above: &[PathBuf], path: &str) -> Result<Folder, KustomizeProblem> {
        if is_repository(path) || is_url(path) {
            return Err(KustomizeProblem::Repository { path: shown(path) });
        }
        if Path::new(path).is_absolute() {
            return Err(KustomizeProblem::Absolute { path: path.to_owned() });
        }
        if above.len() >= DEPTH_MOST {
            return Err(KustomizeProblem::TooDeep);
        }
        let root = fs::canonicalize(at.root.join(path)).map_err(|error| cannot_read(path, &error))?;
        if !root.is_dir() {
            return Err(KustomizeProblem::CannotRead { path: path.to_owned(), why: "it is no folder".to_owned() });
        }
        // A folder above one that is being built would be built inside itself sooner or later.
        if let Some(around) = above.iter().find(|folder| folder.starts_with(&root)) {
            let to = around.file_name().map_or_else(|| around.to_string_lossy(), |name| name.to_string_lossy()).into_owned();
            return Err(KustomizeProblem::Cycle { path: path.to_owned(), to });
        }
        Ok(Folder { shown: joined(&at.shown, path), root })
    }

    /// Everything else that a kustomization names.
    async fn plain_files(&mut self, at: &Folder, file: &Arc<Source>, kustomization: &mut Kustomization, layer: &mut Layer) {
        let patches = kustomization.patches.iter().chain(&kustomization.json_patches);
        let mut paths: Vec<Spot<String>> = patches.filter_map(|patch| patch.value.path.clone()).collect();
        let inline = |text: &str| text.contains('\n') || text.contains(": ");
        paths.extend(kustomization.strategic_patches.iter().filter(|patch| !inline(&patch.value)).cloned());
        paths.extend(kustomization.config_maps.iter().chain(&kustomization.secrets).flat_map(|generator| files_of(&generator.value)));
        paths.extend(kustomization.configurations.iter().cloned());
        paths.extend(kustomization.replacements.iter().filter_map(|entry| match &entry.value {
            ReplacementEntry::Path(path) => Some(path.clone()),
            ReplacementEntry::Inline(_) => None,
        }));
        for path in paths {
            if !layer.files.contains_key(&path.value)
                && let Some(read) = self.file(at, (file, &path)).await
            {
                layer.add_file(path.value, read.name, read.bytes);
            }
        }
        for path in &kustomization.configurations {
            // What could not be read was told already.
            if !layer.has_file(&path.value) {
                continue;
            }
            match layer.source(path).map_err(|error| vec![error]).and_then(|source| decode_config(&source)) {
                Ok(config) => layer.configurations.push((path.clone(), config)),
                Err(errors) => self.errors.extend(errors),
            }
        }
        for entry in std::mem::take(&mut kustomization.replacements) {
            match entry.value {
                ReplacementEntry::Inline(value) => layer.replacements.push((Arc::clone(file), Spot { mark: entry.mark, value: *value })),
                ReplacementEntry::Path(path) if !layer.has_file(&path.value) => {}
                ReplacementEntry::Path(path) => match layer.source(&path).map_err(|error| vec![error]) {
                    Ok(source) => match decode_replacements(&source) {
                        Ok(read) => layer.replacements.extend(read.into_iter().map(|read| (Arc::clone(&source), read))),
                        Err(errors) => self.errors.extend(errors),
                    },
                    Err(errors) => self.errors.extend(errors),
                },
            }
        }
    }

    async fn file(&mut self, at: &Folder, named: Named<'_>) -> Option<File> {
        if self.has_enough() {
            return None;
        }
        let path = &named.1.value;
        let read = if is_repository(path) {
            Err(KustomizeProblem::Repository { path: shown(path) })
        } else if is_url(path) {
            let fetched = (self.fetch)(path.clone()).await.map_err(|error| cannot_fetch(path, &error));
            fetched.and_then(|bytes| self.count(bytes)).map(|bytes| File { name: shown(path), bytes })
        } else {
            let found = resolve(&at.root, path);
            let bytes = found.and_then(|found| self.read_path(&found, path));
            bytes.map(|bytes| File { name: joined(&at.shown, path).to_string_lossy().into_owned(), bytes })
        };
        read.map_err(|problem| self.errors.push(ManifestError::at(named.0, named.1.mark, problem.into()))).ok()
    }

    fn read_path(&mut self, path: &Path, named: &str) -> Result<Vec<u8>, KustomizeProblem> {
        use std::io::Read as _;
        let fails = |error: std::io::Error| cannot_read(named, &error);
        if !fs::metadata(path).map_err(fails)?.is_file() {
            return Err(KustomizeProblem::CannotRead { path: named.to_owned(), why: "it is no file".to_owned() });
        }
        let most = (SIZE_MOST - self.bytes) as u64 + 1;
        let mut bytes = Vec::new();
        fs::File::open(path).map_err(fails)?.take(most).read_to_end(&mut bytes).map_err(fails)?;
        self.count(bytes)
    }

    fn count(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, KustomizeProblem> {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > SIZE_MOST {
            self.bytes = SIZE_MOST;
            return Err(KustomizeProblem::TooLarge);
        }
        if self.files > FILES_MOST { Err(KustomizeProblem::TooManyFiles) } else { Ok(bytes) }
    }
}

/// The kustomization file of a folder.
pub(in crate::manifest) fn find_file(folder: &Path) -> Result<&'static str, KustomizeProblem> {
    let found: Vec<&str> = FILE_NAMES.into_iter().filter(|name| is_there(folder, name)).collect();
    match found[..] {
        [] => Err(KustomizeProblem::NoFile),
        [name] => Ok(name),
        [first, second, ..] => Err(KustomizeProblem::TwoFiles(first, second)),
    }
}

fn is_there(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}

fn wrong_kind(wanted: Wanted, is_component: bool, named: Option<Named<'_>>) -> Option<KustomizeProblem> {
    let path = named.map(|(_, spot)| spot.value.clone()).unwrap_or_default();
    match (wanted, is_component) {
        (Wanted::Kustomization, true) => {
            Some(KustomizeProblem::WrongKind { path, found: "Component", place: "resources", wanted: "Kustomization" })
        }
        (Wanted::Component, false) => {
            Some(KustomizeProblem::WrongKind { path, found: "Kustomization", place: "components", wanted: "Component" })
        }
        _ => None,
    }
}

/// Where a file really is. Errors where that is not in or below the folder, also by way of a link.
fn resolve(root: &Path, path: &str) -> Result<PathBuf, KustomizeProblem> {
    let found = fs::canonicalize(root.join(path)).map_err(|error| cannot_read(path, &error))?;
    if found.starts_with(root) { Ok(found) } else { Err(KustomizeProblem::Outside { path: path.to_owned() }) }
}

/// A path as it is shown: `overlay/../base` is `base`, and `./base` too.
fn joined(folder: &Path, path: &str) -> PathBuf {
    let mut shown: PathBuf = folder.components().skip_while(|part| *part == Component::CurDir).collect();
    for part in Path::new(path).components() {
        let can_go_up = matches!(shown.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if can_go_up => drop(shown.pop()),
            other => shown.push(other),
        }
    }
    shown
}

fn cannot_read(path: &str, error: &std::io::Error) -> KustomizeProblem {
    if error.kind() == std::io::ErrorKind::NotFound {
        return KustomizeProblem::NotFound { path: path.to_owned() };
    }
    KustomizeProblem::CannotRead { path: path.to_owned(), why: error.to_string() }
}

fn cannot_fetch(path: &str, error: &FetchError) -> KustomizeProblem {
    KustomizeProblem::CannotRead { path: shown(path), why: error.to_string() }
}

/// What may be shown of a path or a URL.
pub(in crate::manifest) fn shown(path: &str) -> String {
    if path.contains("://") { shown_url(path) } else { path.to_owned() }
}

fn is_url(path: &str) -> bool {
    let scheme = path.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// Whether kustomize would clone it: another scheme than http's, an address of ssh, or a URL that says git.
pub(in crate::manifest) fn is_repository(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let rest = match lower.split_once("://") {
        Some(("http" | "https", rest)) => rest,
        Some(_) => return true,
        None => {
            return lower.starts_with("git::") || lower.starts_with("gh:") || lower.starts_with("git@") || lower.starts_with("github.com/");
        }
    };
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let says_git = address.contains(".git/") || address.ends_with(".git") || address.contains("/_git/") || address.contains("//");
    let names_revision = query.split('&').any(|part| part.starts_with("ref=") || part.starts_with("version="));
    let is_whole_repository = address.starts_with("github.com/") && address.trim_end_matches('/').split('/').count() <= 3;
    says_git || names_revision || is_whole_repository
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_told_from_files() {
        for repository in [
            "https://github.com/a/b",
            "https://github.com/a/b?ref=v1",
            "https://github.com/a/b//deploy?timeout=90s&ref=v1",
            "https://example.com/a/b.git",
            "https://example.com/a/b.git/deploy",
            "ssh://git@example.com/a",
            "git@github.com:a/b",
            "git::https://example.com/a",
            "github.com/a/b/c",
            "file:///tmp/a",
        ] {
            assert!(is_repository(repository), "{repository}");
        }
        for file in ["https://example.com/a.yaml", "https://raw.githubusercontent.com/a/b/main/c.yaml", "base", "../base", "a.yaml"] {
            assert!(!is_repository(file), "{file}");
        }
    }

    #[test]
    fn a_path_is_shown_without_detours() {
        for (folder, path, shown) in
            [("a/b", "../c", "a/c"), (".", "x", "x"), ("a", "./b/../c", "a/c"), ("..", "../b", "../../b"), ("a", "../../b", "../b")]
        {
            assert_eq!(joined(Path::new(folder), path), Path::new(shown), "{folder} {path}");
        }
    }
}
