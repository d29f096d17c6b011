//! Calls to webhooks: HTTPS requests to servers that others run, and what is said in them about admission.
//!
//! Receives a [`ClientConfig`] and a JSON document; hands on the document that the webhook answers with. Reads [`Hook`]s out of webhook
//! configurations, and what an AdmissionReview answers. Invariant: what answers has
//! proved that it holds a certificate which the configuration trusts, and is the host that the configuration names.

mod caller;
mod config;
mod hook;
mod review;
mod trust;

pub use caller::{CallError, Webhooks};
pub use config::{Address, ClientConfig, bundle, url_faults};
pub use hook::{Hook, ReviewVersion};
pub use review::{Said, answer, denial, question};
pub use trust::check_bundle;
