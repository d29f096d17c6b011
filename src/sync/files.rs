//! Whether files have changed, told without reading them.
//!
//! Receives the paths that manifests are read from, hands on a [`Fingerprint`] of what lies there: of each file its size, its times and
//! its place on the disk, through symbolic links. Links are how a mounted ConfigMap changes: a link to the folder of the old version
//! becomes one to that of the new. Invariant: a file that is replaced, or written to, has another mark.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::manifest::{Desired, Input};

/// The paths to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Each path, and whether what lies in the folders below it counts.
    roots: BTreeSet<(PathBuf, bool)>,
}

impl Watched {
    /// What inputs name on this machine. All that lies below a kustomization may be part of it.
    #[must_use]
    pub fn of(inputs: &[Input], recursive: bool) -> Self {
        let root = |input: &Input| match input {
            Input::Path(path) => Some((path.clone(), recursive || is_kustomization(path))),
            Input::Kustomization(path) => Some((path.clone(), true)),
            Input::Stdin | Input::Url(_) => None,
        };
        Self { roots: inputs.iter().filter_map(root).collect() }
    }

    /// The same with the folders of the files that objects were read from: a kustomization names files outside of its folder.
    #[must_use]
    pub fn with_sources_of(&self, desired: &[Desired]) -> Self {
        let mut roots = self.roots.clone();
        for desired in desired {
            let file = Path::new(desired.origin.source.name());
            let is_known = self.roots.iter().any(|(root, _)| file.starts_with(root));
            if let Some(folder) = file.parent().filter(|folder| !is_known && folder.is_dir()) {
                roots.insert((folder.to_owned(), false));
            }
        }
        Self { roots }
    }
}

fn is_kustomization(folder: &Path) -> bool {
    ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|name| folder.join(name).is_file())
}

/// What lies at some paths at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<PathBuf, Mark>);

/// What changes when a file does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    /// There is nothing, or nothing that may be looked at.
    Nothing,
    Folder,
    File {
        size: u64,
        modified: Option<SystemTime>,
        identity: [i128; 3],
    },
}

impl Mark {
    fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Self::Folder,
            Ok(metadata) => Self::File { size: metadata.len(), modified: metadata.modified().ok(), identity: identity(&metadata) },
            Err(_) => Self::Nothing,
        }
    }
}

/// Which file it is, and when anything about it changed; a program may set the other time back.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> [i128; 3] {
    use std::os::unix::fs::MetadataExt as _;
    let changed = i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec());
    [metadata.dev().into(), metadata.ino().into(), changed]
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> [i128; 3] {
    [0; 3]
}

impl Fingerprint {
    /// Looks at the paths.
    #[must_use]
    pub fn of(watched: &Watched) -> Self {
        let mut marks = BTreeMap::new();
        for (root, recursive) in &watched.roots {
            let mark = Mark::of(root);
            let is_folder = mark == Mark::Folder;
            marks.insert(root.clone(), mark);
            if is_folder {
                look_into(root, *recursive, &mut marks);
            }
        }
        Self(marks)
    }

    /// The paths whose marks differ, in order.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> Vec<PathBuf> {
        let paths: BTreeSet<&PathBuf> = self.0.keys().chain(newer.0.keys()).collect();
        paths.into_iter().filter(|path| self.0.get(*path) != newer.0.get(*path)).cloned().collect()
    }
}

fn look_into(folder: &Path, recursive: bool, marks: &mut BTreeMap<PathBuf, Mark>) {
    // A folder that cannot be read has no files; reading the manifests tells why.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && recursive && !is_hidden(&path) {
            look_into(&path, true, marks);
        } else if !is_folder && (!is_hidden(&path) || is_manifest(&path)) {
            marks.insert(path.clone(), Mark::of(&path));
        }
    }
}

/// Editors and version control keep their own files so.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(folder: &Path, recursive: bool) -> Watched {
        Watched::of(&[Input::Path(folder.to_owned())], recursive)
    }

    /// The names of the files that a step changes.
    fn changed_by(folder: &Path, recursive: bool, step: impl FnOnce()) -> Vec<String> {
        let watched = watched(folder, recursive);
        let before = Fingerprint::of(&watched);
        step();
        let changes = before.changes(&Fingerprint::of(&watched));
        changes.iter().map(|path| path.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn files_that_come_change_and_go_are_changes_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let file = folder.join("a.yaml");
        assert_eq!(changed_by(folder, false, || ()), [""; 0]);
        assert_eq!(changed_by(folder, false, || fs::write(&file, "a").unwrap()), ["a.yaml"]);
        assert_eq!(changed_by(folder, false, || ()), [""; 0]);
        assert_eq!(changed_by(folder, false, || fs::write(&file, "ab").unwrap()), ["a.yaml"]);
        assert_eq!(changed_by(folder, false, || fs::write(folder.join(".a.yaml.swp"), "x").unwrap()), [""; 0]);
        assert_eq!(changed_by(folder, false, || fs::remove_file(&file).unwrap()), ["a.yaml"]);
    }

    #[test]
    fn a_file_replaced_by_one_of_the_same_size_and_time_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("a.yaml"), folder.path().join(".new"));
        fs::write(&old, "a").unwrap();
        fs::write(&new, "b").unwrap();
        let time = fs::metadata(&old).unwrap().modified().unwrap();
        fs::File::options().write(true).open(&new).unwrap().set_modified(time).unwrap();
        assert_eq!(changed_by(folder.path(), false, || fs::rename(&new, &old).unwrap()), ["a.yaml"]);
    }

    #[test]
    fn folders_below_count_where_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("below")).unwrap();
        let write = |text: &str| fs::write(folder.join("below/a.yaml"), text).unwrap();
        assert_eq!(changed_by(folder, false, || write("a")), [""; 0]);
        assert_eq!(changed_by(folder, true, || write("ab")), ["below/a.yaml"]);
        fs::write(folder.join("kustomization.yaml"), "").unwrap();
        assert_eq!(changed_by(folder, false, || write("abc")), ["below/a.yaml"]);
    }

    #[test]
    fn a_folder_that_comes_later_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let later = folder.path().join("later");
        assert_eq!(changed_by(&later, false, || fs::create_dir(&later).unwrap()), [""]);
    }

    #[cfg(unix)]
    #[test]
    fn the_links_of_a_mounted_config_map_are_seen_through() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for version in ["..1", "..2"] {
            fs::create_dir(folder.join(version)).unwrap();
            fs::write(folder.join(version).join("a.yaml"), version).unwrap();
        }
        symlink("..1", folder.join("..data")).unwrap();
        symlink("..data/a.yaml", folder.join("a.yaml")).unwrap();
        let swap = || {
            symlink("..2", folder.join("..new")).unwrap();
            fs::rename(folder.join("..new"), folder.join("..data")).unwrap();
        };
        assert_eq!(changed_by(folder, true, swap), ["a.yaml"]);
    }
}
