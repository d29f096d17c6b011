//! Which form an answer takes, by the request's `Accept` header.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources>.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING};

use crate::object::{Reason, Refusal};
use crate::protobuf;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The object itself.
    Object(Encoding),
    /// Rows and columns; the text is the version of `meta.k8s.io`.
    Table(&'static str),
    /// Metadata alone; the text is the version of `meta.k8s.io`.
    Partial(&'static str, Encoding),
    /// Metadata alone, asked for as the list that a collection is. What is no collection takes it for [`Form::Partial`].
    PartialList(&'static str, Encoding),
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/yaml`.
    Yaml,
    /// `application/vnd.kubernetes.protobuf`, for the API's own kinds.
    Protobuf,
}

impl Encoding {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Protobuf => protobuf::MEDIA_TYPE,
        }
    }
}

impl Form {
    /// The encoding of documents in this form.
    #[must_use]
    pub fn encoding(self) -> Encoding {
        match self {
            Self::Object(encoding) | Self::Partial(_, encoding) | Self::PartialList(_, encoding) => encoding,
            Self::Table(_) => Encoding::Json,
        }
    }
}

/// What a path can answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Every form.
    Any,
    /// Every form but the objects themselves in protobuf, which no custom resource has.
    Custom,
    /// Documents as they are, without Table and partial metadata. What has no protobuf form is answered in JSON then.
    Documents,
    /// Watch frames: every form, in JSON and protobuf.
    Frames,
    /// Watch frames of custom resources.
    CustomFrames,
}

/// Picks the first form, by weight and then by order, that both sides know. No `Accept` header, or an empty one, means JSON.
///
/// Refuses with 406 and the list of what there is where nothing matches.
pub fn form(headers: &HeaderMap, offer: Offer) -> Result<Form, Refusal> {
    let mut entries: Vec<(f32, &str)> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(entries).collect();
    if headers.get_all(ACCEPT).iter().all(http::HeaderValue::is_empty) {
        return Ok(Form::Object(Encoding::Json));
    }
    entries.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    entries.iter().find_map(|(_, entry)| accepted(entry, offer)).ok_or_else(|| not_acceptable(offer))
}

fn not_acceptable(offer: Offer) -> Refusal {
    let known = match offer {
        Offer::Any | Offer::Documents => "application/json, application/yaml, application/vnd.kubernetes.protobuf",
        Offer::Custom => "application/json, application/yaml",
        Offer::Frames => "application/json, application/vnd.kubernetes.protobuf",
        Offer::CustomFrames => "application/json",
    };
    Refusal::new(Reason::NotAcceptable, format!("only the following media types are accepted: {known}"))
}

/// The entries of one header value with their weights; weight 0 means "not this".
fn entries(value: &str) -> impl Iterator<Item = (f32, &str)> {
    let weighted = value.split(',').map(|entry| {
        let weight = entry.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        (weight.and_then(|weight| weight.trim().parse().ok()).unwrap_or(1.0), entry.trim())
    });
    weighted.filter(|(weight, entry)| *weight > 0.0 && !entry.is_empty())
}

fn accepted(entry: &str, offer: Offer) -> Option<Form> {
    let mut parts = entry.split(';').map(str::trim);
    let encoding = match (parts.next()?, offer) {
        ("application/json" | "*/*" | "application/*", _) => Encoding::Json,
        ("application/yaml", Offer::Any | Offer::Custom | Offer::Documents) => Encoding::Yaml,
        (protobuf::MEDIA_TYPE, _) => Encoding::Protobuf,
        _ => return None,
    };
    let mut parameters: [Option<&str>; 3] = [None; 3];
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        if let Some(at) = ["as", "v", "g"].iter().position(|known| *known == name) {
            parameters[at] = Some(value);
        }
    }
    let version = |version: &str| ["v1", "v1beta1"].into_iter().find(|known| *known == version);
    match (parameters, encoding, offer) {
        ([None, ..], Encoding::Protobuf, Offer::Custom | Offer::CustomFrames) => None,
        ([None, ..], ..) => Some(Form::Object(encoding)),
        (_, _, Offer::Documents) | (_, Encoding::Yaml, _) => None,
        // A Table has no protobuf form.
        ([Some("Table"), Some(v), Some("meta.k8s.io")], Encoding::Json, _) => version(v).map(Form::Table),
        ([Some("PartialObjectMetadata"), Some(v), Some("meta.k8s.io")], ..) => version(v).map(|version| Form::Partial(version, encoding)),
        ([Some("PartialObjectMetadataList"), Some(v), Some("meta.k8s.io")], ..) => {
            version(v).map(|version| Form::PartialList(version, encoding))
        }
        _ => None,
    }
}

/// Whether the client takes gzip.
#[must_use]
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(entries).any(|(_, entry)| entry.split(';').next().is_some_and(|name| name.trim() == "gzip"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn picked(accept: &str, offer: Offer) -> Option<Form> {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(accept).expect("a header value"))]);
        form(&headers, offer).ok()
    }

    #[test]
    fn the_first_form_that_both_sides_know_is_picked() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json";
        assert_eq!(picked(table, Offer::Any), Some(Form::Table("v1")));
        assert_eq!(picked(table, Offer::Documents), Some(Form::Object(Encoding::Json)));
        assert_eq!(picked("application/json;q=0.5, application/yaml", Offer::Any), Some(Form::Object(Encoding::Yaml)));
        assert_eq!(
            picked("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Offer::Any),
            Some(Form::Partial("v1", Encoding::Json))
        );
    }

    #[test]
    fn protobuf_is_for_the_apis_own_kinds_and_has_no_tables() {
        let protobuf = "application/vnd.kubernetes.protobuf";
        let or_json = "application/vnd.kubernetes.protobuf, */*";
        for (accept, offer, form) in [
            (protobuf, Offer::Any, Some(Form::Object(Encoding::Protobuf))),
            (or_json, Offer::Any, Some(Form::Object(Encoding::Protobuf))),
            ("application/vnd.kubernetes.protobuf;stream=watch", Offer::Frames, Some(Form::Object(Encoding::Protobuf))),
            (protobuf, Offer::Custom, None),
            (or_json, Offer::Custom, Some(Form::Object(Encoding::Json))),
            (or_json, Offer::CustomFrames, Some(Form::Object(Encoding::Json))),
            (or_json, Offer::Documents, Some(Form::Object(Encoding::Protobuf))),
        ] {
            assert_eq!(picked(accept, offer), form, "{accept} {offer:?}");
        }
        let partial = format!("{protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
        assert_eq!(picked(&partial, Offer::Custom), Some(Form::Partial("v1", Encoding::Protobuf)));
        assert_eq!(picked(&format!("{protobuf};as=Table;g=meta.k8s.io;v=v1"), Offer::Any), None);
    }

    #[test]
    fn an_empty_header_asks_for_json() {
        assert_eq!(picked("", Offer::Custom), Some(Form::Object(Encoding::Json)));
        assert_eq!(picked(" ,", Offer::Custom), None);
    }

    #[test]
    fn what_nobody_offers_is_not_acceptable() {
        assert_eq!(picked("application/cbor", Offer::Any), None);
        assert_eq!(picked("application/yaml", Offer::Frames), None);
        assert_eq!(picked("application/json;as=Table;v=v9;g=meta.k8s.io", Offer::Any), None);
        assert_eq!(picked("application/json;q=0", Offer::Any), None);
    }

    #[test]
    fn gzip_is_used_only_where_it_is_asked_for() {
        let gzip = |value: &str| accepts_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(value).expect("valid"))]));
        assert!(gzip("br, gzip;q=0.5"));
        assert!(!gzip("gzip;q=0"));
        assert!(!gzip("identity"));
    }
}
