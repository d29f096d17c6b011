//! The kubeconfig that a server writes for its administrator.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::pki::{self, Pki, PkiError};
use crate::yaml;

/// The name of cluster, user and context in a file that a server writes.
const NAME: &str = "trueup";

/// Why no kubeconfig was written.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// The file cannot be written.
    #[error("the kubeconfig cannot be written: {0}")]
    Write(#[source] PkiError),
    /// The file holds other clusters, which must not be lost.
    #[error("{} holds other contexts and is left as it is; name another file with --write-kubeconfig", .0.display())]
    Foreign(PathBuf),
}

/// Writes a kubeconfig with one context that reaches `server` as its administrator.
///
/// A file that holds anything but an earlier kubeconfig of this kind is left as it is.
pub(super) fn write(path: &Path, server: &str, pki: &Pki) -> Result<(), KubeconfigError> {
    if let Ok(text) = std::fs::read_to_string(path)
        && !text.trim().is_empty()
        && !is_ours(&text)
    {
        return Err(KubeconfigError::Foreign(path.to_owned()));
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|source| KubeconfigError::Write(PkiError::File { path: parent.to_owned(), source }))?;
    }
    pki::write_private(path, &yaml::emit(&document(server, pki))).map_err(KubeconfigError::Write)
}

fn document(server: &str, pki: &Pki) -> Value {
    let data = |text: &str| Value::from(STANDARD.encode(text));
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {"server": server, "certificate-authority-data": data(&pki.ca)}}],
        "users": [{"name": NAME, "user": {
            "client-certificate-data": data(&pki.admin.certificate), "client-key-data": data(&pki.admin.key),
        }}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
        "preferences": {},
    })
}

/// Whether a file holds one cluster, of our name.
fn is_ours(text: &str) -> bool {
    let documents = yaml::read(text, false);
    let Some(config) = documents.nodes.into_iter().next().map(yaml::Node::into_value) else { return false };
    let names = |member: &str| -> Vec<String> {
        let list = config.get(member).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|entry| Some(entry.get("name")?.as_str()?.to_owned())).collect()
    };
    ["clusters", "contexts", "users"].iter().all(|member| names(member) == [NAME])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_other_contexts_is_left_as_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let pki = Pki::open(&directory.path().join("pki"), &[]).expect("made");
        let path = directory.path().join("config");
        write(&path, "https://127.0.0.1:6443", &pki).expect("a new file");
        write(&path, "https://127.0.0.1:6444", &pki).expect("our own file");
        std::fs::write(&path, "clusters: [{name: prod}]\n").expect("written");
        assert!(matches!(write(&path, "https://127.0.0.1:6443", &pki), Err(KubeconfigError::Foreign(_))));
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "clusters: [{name: prod}]\n");
    }
}
