//! Files that may hold Secrets: their owner alone can read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Makes a file that is not there yet.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that is not there yet, whole or not at all.
pub(crate) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    fill_new(path, |file| file.write_all(text.as_bytes()))
}

fn fill_new(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = create(path)?;
    fill(&mut file).inspect_err(|_| {
        // On a full disk, say. Half of it would be taken for the whole; why the write failed is the error to tell.
        let _ = fs::remove_file(path);
    })
}

/// The most links that one path is followed through; Linux's own limit.
const LINKS_MOST: usize = 40;

/// Writes a file in the place of another, which a link to it goes on leading to. Whoever reads it meanwhile finds the one or the other whole.
pub(crate) fn write_over(path: &Path, text: &str) -> io::Result<()> {
    // A pipe or a device is written to; renaming would put a file in its place.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text);
    }
    let path = &behind_links(path);
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let unfinished = Path::new(&unfinished);
    let written = write_new(unfinished, text).and_then(|()| fs::rename(unfinished, path));
    if written.is_err() {
        // What is left of it helps nobody; why the write failed is the error to tell.
        let _ = fs::remove_file(unfinished);
    }
    written
}

/// The file that a path leads to, whether or not it is there.
fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MOST {
        let Ok(target) = fs::read_link(&path) else { break };
        // A target that is absolute stands for itself.
        path = path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    path
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn nobody_else_can_read_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        write_new(&file, "text").unwrap();
        assert_eq!(mode(), 0o600);
        assert!(write_new(&file, "other").is_err(), "nothing is written over");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        write_over(&file, "other").unwrap();
        assert_eq!((mode(), fs::read_to_string(&file).unwrap().as_str()), (0o600, "other"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_over(&folder.path().join("none/x"), "text").is_err());
    }

    #[test]
    fn what_could_not_be_written_whole_does_not_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let full = |file: &mut File| file.write_all(b"half").and_then(|()| Err(io::ErrorKind::StorageFull.into()));
        assert_eq!(fill_new(&file, full).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(!file.exists());
        write_new(&file, "of another").unwrap();
        assert_eq!(fill_new(&file, full).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&file).unwrap(), "of another");
    }

    #[test]
    fn a_link_stays_one_and_leads_to_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("below")).unwrap();
        std::os::unix::fs::symlink("below/second", path("first")).unwrap();
        std::os::unix::fs::symlink(path("file"), path("below/second")).unwrap();
        for text in ["where nothing was", "where a file was"] {
            write_over(&path("first"), text).unwrap();
            assert_eq!(fs::read_to_string(path("file")).unwrap(), text);
            assert!(path("first").is_symlink() && path("below/second").is_symlink());
        }
        std::os::unix::fs::symlink("round", path("round")).unwrap();
        // Nothing is behind it, so that the text takes its place.
        write_over(&path("round"), "text").unwrap();
        assert!(!path("round").is_symlink());
        assert_eq!(fs::read_to_string(path("round")).unwrap(), "text");
    }
}
