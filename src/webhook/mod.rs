//! Calls to webhooks: HTTPS requests to servers that others run.
//!
//! Receives a [`ClientConfig`] and a JSON document; hands on the document that the webhook answers with. Invariant: what answers has
//! proved that it holds a certificate which the configuration trusts, and is the host that the configuration names.

mod caller;
mod config;
mod trust;

pub use caller::{CallError, Webhooks};
pub use config::{Address, ClientConfig, bundle, url_faults};
pub use trust::check_bundle;
