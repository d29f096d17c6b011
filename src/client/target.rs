//! What a client talks to, in the words that messages use.

use std::fmt;
use std::path::PathBuf;

/// The control plane a client talks to; displays as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A server reached over HTTP.
    Remote {
        /// The server's base URL.
        url: String,
        /// The kubeconfig context it came from, where one was used.
        context: Option<String>,
    },
    /// The embedded store in a directory, served in this process.
    Local {
        /// The data directory.
        directory: PathBuf,
    },
    /// An etcd cluster, served in this process.
    Etcd {
        /// The cluster's endpoints.
        endpoints: Vec<String>,
    },
}

impl Target {
    /// Whether requests cross a network.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Remote { .. })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remote { url, context: Some(context) } => write!(f, "{} (context {context})", url.trim_end_matches('/')),
            Self::Remote { url, context: None } => f.write_str(url.trim_end_matches('/')),
            Self::Local { directory } => write!(f, "local store {}", directory.display()),
            Self::Etcd { endpoints } => write!(f, "etcd {}", endpoints.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_name_for_messages() {
        let remote =
            |context: Option<&str>| Target::Remote { url: "https://127.0.0.1:6443/".to_owned(), context: context.map(str::to_owned) };
        assert_eq!(remote(Some("x")).to_string(), "https://127.0.0.1:6443 (context x)");
        assert_eq!(remote(None).to_string(), "https://127.0.0.1:6443");
        assert_eq!(Target::Local { directory: "/data/a".into() }.to_string(), "local store /data/a");
        let etcd = Target::Etcd { endpoints: vec!["http://a:2379".to_owned(), "http://b:2379".to_owned()] };
        assert_eq!(etcd.to_string(), "etcd http://a:2379,http://b:2379");
    }
}
