//! How objects of one version become objects of another: not at all but for their `apiVersion`, or by a webhook.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::faults::Faults;
use crate::object::{Cause, CauseKind, Object, names};
use crate::webhook::{self, ClientConfig};

/// The versions of ConversionReview that this server speaks.
const REVIEW_VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// A webhook that converts the objects of one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookConversion {
    /// Where it is.
    pub client: ClientConfig,
    /// The version of ConversionReview that it is asked in: the first it names that this server speaks.
    pub review_version: &'static str,
    /// Differs where anything about the conversion differs.
    pub fingerprint: u64,
}

impl WebhookConversion {
    /// The webhook of a definition that was found to be valid; `None` where versions differ in their name alone.
    pub(super) fn of(definition: &Object) -> Option<Self> {
        let conversion = definition.get(&["spec", "conversion"]).filter(|conversion| conversion["strategy"] == "Webhook")?;
        let webhook = conversion.get("webhook")?;
        let offered: Vec<String> = super::texts(webhook.get("conversionReviewVersions"));
        let spoken = |version: &String| REVIEW_VERSIONS.into_iter().find(|known| known == version);
        let mut hasher = DefaultHasher::new();
        conversion.to_string().hash(&mut hasher);
        Some(Self {
            client: ClientConfig::read(webhook.get("clientConfig")?)?,
            review_version: offered.iter().find_map(spoken)?,
            fingerprint: hasher.finish(),
        })
    }
}

/// Whether the certificates that a definition trusts its webhook by can be read; true where there are none.
pub(super) fn has_sound_bundle(definition: &Object) -> bool {
    let config = definition.get(&["spec", "conversion", "webhook", "clientConfig"]);
    config.and_then(webhook::bundle).is_none_or(|bundle| webhook::check_bundle(&bundle).is_ok())
}

/// Checks the conversion of a definition. Causes name the members as kube-apiserver does, by its internal form.
pub(super) fn check(definition: &Object, faults: &mut Faults) {
    const WEBHOOK: &str = "spec.conversion.webhookClientConfig";
    const VERSIONS: &str = "spec.conversion.conversionReviewVersions";
    let Some(conversion) = definition.get(&["spec", "conversion"]).filter(|conversion| !conversion.is_null()) else { return };
    let strategy = conversion["strategy"].as_str().unwrap_or_default();
    faults.one_of("spec.conversion.strategy", strategy, &["None", "Webhook"]);
    let webhook = conversion.get("webhook").filter(|webhook| !webhook.is_null());
    let config = webhook.and_then(|webhook| webhook.get("clientConfig")).filter(|config| !config.is_null());
    let versions = super::texts(webhook.and_then(|webhook| webhook.get("conversionReviewVersions")));
    if strategy != "Webhook" {
        let why = "Forbidden: should not be set when strategy is not set to Webhook";
        let mut forbid = |field: &str, given: bool| faults.0.extend(given.then(|| Cause::new(CauseKind::Forbidden, field, why)));
        forbid(WEBHOOK, config.is_some());
        forbid(VERSIONS, !versions.is_empty());
        return;
    }
    match config {
        Some(config) => client(config, WEBHOOK, definition, faults),
        None => faults.0.push(Cause::required(WEBHOOK, "required when strategy is set to Webhook")),
    }
    review_versions(&versions, VERSIONS, faults);
}

fn client(config: &Value, at: &str, definition: &Object, faults: &mut Faults) {
    let url = config.get("url").and_then(Value::as_str);
    let service = config.get("service").filter(|service| service.is_object());
    match (url, service) {
        (Some(url), None) => {
            for fault in webhook::url_faults(url) {
                faults.invalid(&format!("{at}.url"), url, fault);
            }
        }
        (None, Some(service)) => self::service(service, &format!("{at}.service"), faults),
        _ => faults.0.push(Cause::required(at, "exactly one of url or service is required")),
    }
    // Before a definition is established, a condition tells of certificates that cannot be read.
    if super::naming::is_true(definition, "Established")
        && let Some(Err(why)) = webhook::bundle(config).map(|bundle| webhook::check_bundle(&bundle))
    {
        faults.0.push(Cause::invalid(format!("{at}.caBundle"), &config["caBundle"], &format!("unable to load root certificates: {why}")));
    }
}

fn service(service: &Value, at: &str, faults: &mut Faults) {
    for member in ["name", "namespace"] {
        faults.required(&format!("{at}.{member}"), service[member].as_str().unwrap_or_default());
    }
    if let Some(port) = service.get("port").and_then(Value::as_i64)
        && !(1..=65535).contains(&port)
    {
        faults.0.push(Cause::invalid(format!("{at}.port"), &port.into(), "port is not valid: must be between 1 and 65535, inclusive"));
    }
    if let Some(path) = service.get("path").and_then(Value::as_str)
        && !path.starts_with('/')
    {
        faults.invalid(&format!("{at}.path"), path, "must start with a '/'");
    }
}

fn review_versions(versions: &[String], at: &str, faults: &mut Faults) {
    if versions.is_empty() {
        faults.0.push(Cause::required(at, ""));
        return;
    }
    for (index, version) in versions.iter().enumerate() {
        let at = format!("{at}[{index}]");
        if versions[..index].contains(version) {
            faults.invalid(&at, version, "duplicate version");
        } else if let Err(why) = names::dns_1035_label(version) {
            faults.invalid(&at, version, &why);
        }
    }
    if !versions.iter().any(|version| REVIEW_VERSIONS.contains(&version.as_str())) {
        let why = format!("must include at least one of {}", REVIEW_VERSIONS.join(", "));
        faults.0.push(Cause::invalid(at, &Value::from(versions), &why));
    }
}
