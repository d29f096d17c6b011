//! What the fuzz targets check about the parts of a request that are texts of their own: selectors, continue tokens and `Accept`.
//!
//! Receives and hands on what the targets do. Invariant: what a text makes of itself is checked first, and then what the API makes of it,
//! which is one over a few objects that no target changes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::ambient::Ambient;
use crate::api::negotiate::{Encoding, Form, Offer, form};
use crate::api::{Api, fuzzed_token};
use crate::auth::Identity;
use crate::object::{FieldSelector, LabelSelector, LabelTerm, Object};
use crate::protobuf;
use crate::store::MemoryStore;
use crate::yaml;

const MAPS: &str = "/api/v1/configmaps";

/// An API over a few objects.
struct World {
    runtime: Runtime,
    api: Api,
    /// The objects, in the order of lists.
    objects: Vec<Object>,
    revision: i64,
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// What the API answers.
struct Answered {
    code: StatusCode,
    content_type: String,
    bytes: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let built = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = built.unwrap_or_else(|error| panic!("a runtime: {error}"));
        let ambient = Ambient::pinned(jiff::Timestamp::UNIX_EPOCH);
        let opened = runtime.block_on(Api::open(std::sync::Arc::new(MemoryStore::new()), ambient));
        let api = opened.unwrap_or_else(|refusal| panic!("an empty store opens: {refusal}"));
        let mut world = Self { runtime, api, objects: Vec::new(), revision: 0 };
        for (namespace, name, labels) in [
            ("default", "a", r#"{"a":"b"}"#),
            ("default", "ab", r#"{"a":"","n":"5"}"#),
            ("default", "b", "{}"),
            ("kube-system", "a", r#"{"example.com/tier":"front","n":"1"}"#),
            ("kube-system", "z", r#"{"a":"c","n":"x"}"#),
        ] {
            let path = format!("/api/v1/namespaces/{namespace}/configmaps");
            let made = world.ask("POST", &path, &HeaderMap::new(), format!(r#"{{"metadata":{{"name":"{name}","labels":{labels}}}}}"#));
            assert_eq!(made.code, StatusCode::CREATED, "{}", String::from_utf8_lossy(&made.bytes));
        }
        let list = world.list("");
        world.objects = items(&list);
        world.revision = list["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
        world
    }

    fn ask(&self, method: &str, path: &str, headers: &HeaderMap, body: String) -> Answered {
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method.parse().unwrap_or_default();
        *request.uri_mut() = path.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        *request.headers_mut() = headers.clone();
        self.runtime.block_on(async {
            let (parts, body) = self.api.handle(&Identity::in_process(), request).await.into_parts();
            let Ok(body) = body.collect().await;
            let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            Answered { code: parts.status, content_type, bytes: body.to_bytes().to_vec() }
        })
    }

    /// A list that must be given.
    fn list(&self, query: &str) -> Value {
        let answer = self.ask("GET", &format!("{MAPS}?{query}"), &HeaderMap::new(), String::new());
        assert_eq!(answer.code, StatusCode::OK, "{query}: {}", String::from_utf8_lossy(&answer.bytes));
        serde_json::from_slice(&answer.bytes).unwrap_or_else(|error| panic!("{query}: {error}"))
    }
}

fn items(list: &Value) -> Vec<Object> {
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().map(|item| Object::from_value(item).unwrap_or_else(|error| panic!("{error}"))).collect()
}

/// Label and field selectors: what is read is written and read back as the same, holds of labels made for each of its terms, and a list
/// gives what it holds of.
///
/// # Panics
/// Where any of that does not hold.
pub fn selectors(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(labels) = LabelSelector::parse(text) {
        assert_eq!(LabelSelector::parse(&labels.to_string()).as_ref(), Ok(&labels));
        for term in labels.terms.clone() {
            let Some(made) = labels_for(&term) else { continue };
            let holds = LabelSelector { terms: vec![term] }.matches_with(|key| made.get(key).map(String::as_str));
            assert!(holds, "{labels} of {made:?}");
        }
        selects("labelSelector", text, |object| labels.matches(object));
    }
    if let Ok(fields) = FieldSelector::parse(text) {
        assert_eq!(FieldSelector::parse(&fields.to_string()).as_ref(), Ok(&fields));
        if fields.terms.iter().all(|term| matches!(term.path.as_str(), "metadata.name" | "metadata.namespace")) {
            selects("fieldSelector", text, |object| {
                fields.matches_with(|path| {
                    if path == "metadata.name" { object.name() } else { object.namespace().unwrap_or_default() }.to_owned()
                })
            });
        }
    }
}

/// Labels for which a term holds; `None` where no number is beyond the bound.
fn labels_for(term: &LabelTerm) -> Option<BTreeMap<String, String>> {
    let (key, value) = match term {
        LabelTerm::In(key, values) => (key, values.first().cloned()),
        LabelTerm::Exists(key) => (key, Some(String::new())),
        LabelTerm::NotIn(key, _) | LabelTerm::Absent(key) => (key, None),
        LabelTerm::Greater(key, bound) => (key, Some(bound.checked_add(1)?.to_string())),
        LabelTerm::Less(key, bound) => (key, Some(bound.checked_sub(1)?.to_string())),
    };
    Some(value.map(|value| (key.clone(), value)).into_iter().collect())
}

/// Checks that a list gives the objects that a selector holds of.
fn selects(parameter: &str, text: &str, holds: impl Fn(&Object) -> bool) {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair(parameter, text).finish();
    let expected: Vec<&Object> = WORLD.objects.iter().filter(|object| holds(object)).collect();
    assert_eq!(items(&WORLD.list(&query)).iter().collect::<Vec<_>>(), expected, "{query}");
}

/// Continue tokens, and what may lie in them: what is read is written and read back as the same; a list goes on behind the place that
/// the token names, or is refused as the client's mistake.
///
/// # Panics
/// Where any of that does not hold.
pub fn continue_tokens(bytes: &[u8]) {
    use base64::Engine as _;
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for token in [text.to_owned(), base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)] {
        let Some((again, revision, start)) = fuzzed_token(&token) else { continue };
        assert_eq!(fuzzed_token(&again), Some((again.clone(), revision, start.clone())));
        // For a revision to come a server waits some seconds.
        if revision > WORLD.revision {
            continue;
        }
        goes_on(&token, &start);
    }
}

fn goes_on(token: &str, start: &str) {
    let mut token = token.to_owned();
    let mut found = Vec::new();
    // Each page has one object more.
    for _ in 0..=WORLD.objects.len() {
        let query: String = form_urlencoded::Serializer::new("limit=1".to_owned()).append_pair("continue", &token).finish();
        let answer = WORLD.ask("GET", &format!("{MAPS}?{query}"), &HeaderMap::new(), String::new());
        if answer.code != StatusCode::OK {
            let refused = matches!(answer.code, StatusCode::BAD_REQUEST | StatusCode::GONE);
            assert!(refused && found.is_empty(), "{token}: {}", String::from_utf8_lossy(&answer.bytes));
            return;
        }
        let page: Value = serde_json::from_slice(&answer.bytes).unwrap_or_else(|error| panic!("{token}: {error}"));
        found.extend(items(&page));
        token = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            break;
        }
    }
    let place = |object: &Object| format!("{}/{}", object.namespace().unwrap_or_default(), object.name());
    assert_eq!(token, "", "a list ends");
    assert!(found.iter().map(place).is_sorted_by(|before, after| before < after), "{found:?}");
    assert!(found.iter().all(|object| *place(object) > *start), "{start}: {found:?}");
}

/// `Accept`, each line a header: a form is picked that the path has, one line says what several say, and an answer is in the form that
/// it says it is in.
///
/// # Panics
/// Where any of that does not hold.
pub fn accept(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').take(8);
    let Ok(values) = lines.map(HeaderValue::from_bytes).collect::<Result<Vec<_>, _>>() else { return };
    let headers = several(&values);
    for offer in [Offer::Any, Offer::Custom, Offer::Documents, Offer::Frames, Offer::CustomFrames] {
        let picked = form(&headers, offer).ok();
        if let Some(picked) = picked {
            assert!(has(offer, picked), "{picked:?} of {offer:?}");
        }
        let texts: Option<Vec<&str>> = values.iter().map(|value| value.to_str().ok().filter(|text| !text.trim().is_empty())).collect();
        if let Some(joined) = texts.and_then(|texts| HeaderValue::from_str(&texts.join(",")).ok()) {
            assert_eq!(form(&several(&[joined]), offer).ok(), picked, "joined in one line");
        }
        let and_json = [values.as_slice(), &[HeaderValue::from_static("application/json;q=0.0001")]].concat();
        assert!(form(&several(&and_json), offer).is_ok(), "JSON is always to be had");
    }
    for path in ["/api/v1/configmaps", "/api/v1/namespaces/default/configmaps/a", "/api/v1", "/version"] {
        let answer = WORLD.ask("GET", path, &headers, String::new());
        assert!(matches!(answer.code, StatusCode::OK | StatusCode::NOT_ACCEPTABLE), "{path}: {}", answer.code);
        assert!(is_in_its_form(&answer), "{path}: {} {}", answer.content_type, String::from_utf8_lossy(&answer.bytes));
    }
}

fn several(values: &[HeaderValue]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(ACCEPT, value.clone());
    }
    headers
}

fn has(offer: Offer, form: Form) -> bool {
    match offer {
        Offer::Any => true,
        Offer::Custom => form != Form::Object(Encoding::Protobuf),
        Offer::Documents => matches!(form, Form::Object(_)),
        Offer::Frames => form.encoding() != Encoding::Yaml,
        Offer::CustomFrames => form.encoding() != Encoding::Yaml && form != Form::Object(Encoding::Protobuf),
    }
}

fn is_in_its_form(answer: &Answered) -> bool {
    match answer.content_type.as_str() {
        "application/json" => serde_json::from_slice::<Value>(&answer.bytes).is_ok(),
        "application/yaml" => std::str::from_utf8(&answer.bytes).is_ok_and(|text| yaml::read(text, false).errors.is_empty()),
        protobuf::MEDIA_TYPE => protobuf::open(&answer.bytes).is_ok_and(|envelope| !envelope.kind.is_empty()),
        _ => false,
    }
}
