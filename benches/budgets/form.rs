//! What objects look like on a connection: JSON, or the protobuf of Kubernetes, which client-go's programs speak with built-in kinds.

use serde_json::{Value, json};
use trueup::protobuf;

/// The two forms of an object that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Protobuf,
}

impl Form {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }

    /// What a line of the table adds to its name.
    pub(crate) fn note(self) -> &'static str {
        match self {
            Self::Json => "",
            Self::Protobuf => ", protobuf",
        }
    }

    /// A ConfigMap with so many bytes of data.
    pub(crate) fn config_map(self, name: &str, size: usize) -> Vec<u8> {
        let data = json!({"config": "x".repeat(size)});
        self.document(
            &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"app": "bench"}}, "data": data}),
        )
    }

    fn document(self, document: &Value) -> Vec<u8> {
        match self {
            Self::Json => document.to_string().into_bytes(),
            Self::Protobuf => protobuf::document(document).expect("a built-in kind"),
        }
    }
}
