//! Where files are within a repository.

use std::path::{Component, Path, PathBuf};

/// The folder of the repository, and the one that the command runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The working directory; absolute.
    pub working: PathBuf,
    /// The repository's folder under each of its names, links included; absolute.
    pub repository: Vec<PathBuf>,
}

impl Root {
    /// A manifest's path within the repository, with `/` between its parts; `None` for URLs, standard input, and files elsewhere.
    ///
    /// Looks at no disk: a link inside of the repository keeps its name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<String> {
        if name.contains("://") || name == "standard input" {
            return None;
        }
        let path = flattened(&self.working.join(name));
        let within = self.repository.iter().find_map(|root| path.strip_prefix(root).ok())?;
        let parts: Vec<&str> = within.components().map(|part| part.as_os_str().to_str()).collect::<Option<_>>()?;
        (!parts.is_empty()).then(|| parts.join("/"))
    }
}

/// A path without `.` and `..`.
fn flattened(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(flat.pop()),
            other => flat.push(other),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
        let root = Root { working: "/w/repo/deploy".into(), repository: vec!["/link".into(), "/w/repo".into()] };
        let file = |name: &str| root.file(name);
        assert_eq!(file("web.yaml").as_deref(), Some("deploy/web.yaml"));
        assert_eq!(file("./x/../web.yaml").as_deref(), Some("deploy/web.yaml"));
        assert_eq!(file("../README.md").as_deref(), Some("README.md"));
        assert_eq!(file("/link/a.yaml").as_deref(), Some("a.yaml"));
        for elsewhere in ["../../other.yaml", "/etc/x.yaml", "https://example.com/a.yaml", "standard input", "..", "/dev/fd/63"] {
            assert_eq!(file(elsewhere), None, "{elsewhere}");
        }
    }
}
