//! Files that may hold Secrets: their owner alone can read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a file that is not there yet.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that is not there yet.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    create(path)?.write_all(text.as_bytes())
}

/// Writes a file in the place of another. Whoever reads it meanwhile finds the one or the other whole.
pub(super) fn write_over(path: &Path, text: &str) -> io::Result<()> {
    // A pipe or a device is written to; renaming would put a file in its place.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text);
    }
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
}
