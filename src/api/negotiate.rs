//! Which form an answer takes, by the request's `Accept` header, and whether it is indented.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources>.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT};

use crate::object::{Reason, Refusal};
use crate::protobuf;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The object itself.
    Object(Encoding),
    /// Rows and columns; the text is the version of `meta.k8s.io`.
    Table(&'static str, Encoding),
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
            Self::Object(encoding) | Self::Table(_, encoding) | Self::Partial(_, encoding) | Self::PartialList(_, encoding) => encoding,
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

/// Picks the first form, by weight, then by how closely it is named, then by order, that both sides know. No `Accept` header, or an empty
/// one, means JSON.
///
/// Refuses with 406 and the list of what there is where nothing matches.
pub fn form(headers: &HeaderMap, offer: Offer) -> Result<Form, Refusal> {
    if headers.get_all(ACCEPT).iter().all(http::HeaderValue::is_empty) {
        return Ok(Form::Object(Encoding::Json));
    }
    let mut entries: Vec<(f32, &str)> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(entries).collect();
    entries.sort_by(|(weight, entry), (other_weight, other)| other_weight.total_cmp(weight).then(stars(entry).cmp(&stars(other))));
    entries.iter().find_map(|(_, entry)| accepted(entry, offer)).ok_or_else(|| not_acceptable(offer))
}

/// Whether an answer in JSON is indented: as the parameter `pretty` or the media type says, and otherwise for programs that people read
/// answers with, as kube-apiserver takes them.
#[must_use]
pub fn pretty(headers: &HeaderMap, asked: Option<bool>) -> bool {
    let named = || headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(entries);
    let agent = || headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let read_by_people = || ["curl", "Wget", "Mozilla/5.0"].iter().any(|known| agent().starts_with(known));
    asked.unwrap_or_else(read_by_people) || named().any(|(_, entry)| parameters(entry).any(|parameter| parameter == ("pretty", "1")))
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
        let weight = parameters(entry).find_map(|(name, value)| (name == "q").then_some(value));
        (weight.and_then(|weight| weight.parse().ok()).unwrap_or(1.0), entry.trim())
    });
    weighted.filter(|(weight, entry)| *weight > 0.0 && !entry.is_empty())
}

/// The parameters of an entry; those without a value count for nothing.
fn parameters(entry: &str) -> impl Iterator<Item = (&str, &str)> {
    let named = entry.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    named.map(|(name, value)| (name.trim(), value.trim())).filter(|(_, value)| !value.is_empty())
}

fn media_type(entry: &str) -> &str {
    entry.split(';').next().unwrap_or_default().trim()
}

/// How much of a media type is left open.
fn stars(entry: &str) -> usize {
    match media_type(entry) {
        "*" | "*/*" => 2,
        other => usize::from(other.ends_with("/*")),
    }
}

fn accepted(entry: &str, offer: Offer) -> Option<Form> {
    let encoding = match (media_type(entry), offer) {
        ("application/json" | "*" | "*/*" | "application/*", _) => Encoding::Json,
        ("application/yaml", Offer::Any | Offer::Custom | Offer::Documents) => Encoding::Yaml,
        (protobuf::MEDIA_TYPE, _) => Encoding::Protobuf,
        _ => return None,
    };
    let mut converted: [Option<&str>; 3] = [None; 3];
    for (name, value) in parameters(entry) {
        match name {
            "as" => converted[0] = Some(value),
            "v" => converted[1] = Some(value),
            "g" => converted[2] = Some(value),
            "stream" if value != "watch" || encoding == Encoding::Yaml => return None,
            // A version of the server's own group, which nothing is served in.
            "sv" => return None,
            _ => {}
        }
    }
    let version = |version: &str| ["v1", "v1beta1"].into_iter().find(|known| *known == version);
    match (converted, encoding, offer) {
        ([None, None, None], Encoding::Protobuf, Offer::Custom | Offer::CustomFrames) => None,
        ([None, None, None], ..) => Some(Form::Object(encoding)),
        (_, _, Offer::Documents) => None,
        // A Table has no protobuf form.
        ([Some("Table"), ..], Encoding::Protobuf, _) => None,
        ([Some("Table"), Some(v), Some("meta.k8s.io")], ..) => version(v).map(|version| Form::Table(version, encoding)),
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
        assert_eq!(picked(table, Offer::Any), Some(Form::Table("v1", Encoding::Json)));
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
        for bad in ["application/json;stream=zork", "application/yaml;stream=watch", "application/json;sv=1", "text/*", "application"] {
            assert_eq!(picked(bad, Offer::Any), None, "{bad}");
        }
        for partly in ["as=Table", "as=Table;v=v1", "g=meta.k8s.io;v=v1", "as=Zork;v=v1;g=meta.k8s.io"] {
            assert_eq!(picked(&format!("application/json;{partly}"), Offer::Any), None, "{partly}");
        }
    }

    #[test]
    fn what_is_named_closely_goes_before_what_is_left_open() {
        for (accept, form) in [
            ("*/*, application/yaml", Form::Object(Encoding::Yaml)),
            ("application/*, application/yaml", Form::Object(Encoding::Yaml)),
            ("*/*, application/yaml;q=0.9", Form::Object(Encoding::Json)),
            ("*", Form::Object(Encoding::Json)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form::Object(Encoding::Json)),
            ("application/json; charset=utf-8", Form::Object(Encoding::Json)),
            ("application/json;as=", Form::Object(Encoding::Json)),
            ("application/yaml; as=Table; g=meta.k8s.io; v=v1", Form::Table("v1", Encoding::Yaml)),
            ("application/yaml;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1", Form::Partial("v1beta1", Encoding::Yaml)),
            ("*/*;as=Table;g=meta.k8s.io;v=v1", Form::Table("v1", Encoding::Json)),
        ] {
            assert_eq!(picked(accept, Offer::Any), Some(form), "{accept}");
        }
        assert_eq!(picked("application/yaml;as=Table;g=meta.k8s.io;v=v1", Offer::Frames), None);
    }

    #[test]
    fn answers_are_indented_for_people() {
        let headers = |agent: &'static str, accept: &'static str| {
            HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent)), (ACCEPT, HeaderValue::from_static(accept))])
        };
        for agent in ["curl/8.5.0", "Wget/1.21", "Mozilla/5.0 (X11; Linux x86_64)"] {
            assert!(pretty(&headers(agent, "*/*"), None), "{agent}");
            assert!(!pretty(&headers(agent, "*/*"), Some(false)), "{agent}");
        }
        assert!(!pretty(&headers("kubectl/v1.36.4", "application/json"), None));
        assert!(pretty(&headers("kubectl/v1.36.4", "application/json"), Some(true)));
        assert!(pretty(&headers("kubectl/v1.36.4", "application/yaml, application/json;pretty=1"), None));
    }

    #[test]
    fn gzip_is_used_only_where_it_is_asked_for() {
        let gzip = |value: &str| accepts_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(value).expect("valid"))]));
        assert!(gzip("br, gzip;q=0.5"));
        assert!(!gzip("gzip;q=0"));
        assert!(!gzip("identity"));
    }
}
