//! The protobuf form of the Kubernetes API: `application/vnd.kubernetes.protobuf`.
//!
//! Receives the JSON of objects of built-in kinds and hands on their messages, and the other way round. Both ways are driven by one
//! table, `fields.tsv`, which says for each field of each message its number, its type and its JSON name; there is no generated
//! code. Invariants: a message that this module encoded decodes to the JSON it was made of, up to what the API's types cannot tell
//! apart (an empty optional text is an absent one); and no input, however broken, costs more than memory in proportion to it.
//!
//! What the store keeps was checked against the schemas when it was written, so encoding does not check again: a value of a JSON
//! type that its field cannot hold is left out, as is a member that the table does not know, and the rest of the answer stands.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#kubernetes-protobuf-encoding>.

mod decode;
mod encode;
mod envelope;
mod frame;
mod list;
mod table;
mod wire;

#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;
pub use envelope::{Envelope, document, object, open};
pub use frame::frame;
pub use list::{list, list_item};
pub use table::{Message, message, message_of};
pub use wire::DecodeError;

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// The media type of a watch.
pub const WATCH_MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf;stream=watch";

/// The message of the options that a deletion may carry.
pub const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
