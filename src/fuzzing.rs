//! What the fuzz targets check, a function for each.
//!
//! Receives bytes as a fuzzer makes them up; hands on nothing. Invariant: a function ends in bounded time and returns, whatever the bytes
//! are; a panic in it is a bug of the module that it calls. The targets in `fuzz/` call these functions, and so does the test that
//! replays `fuzz/corpus`. A program has no use for them.

mod requests;
mod texts;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

pub use self::requests::{accept, continue_tokens, selectors};
pub use self::texts::{json_path, patterns};

use crate::admission;
use crate::admission::policy::mutation;
use crate::ambient::Ambient;
use crate::api::{fuzzed_delete_options, fuzzed_json};
use crate::cel::{AdmissionExpression, Asked, Budget, CALL_BUDGET, Evaluation, Input, Made, Program, Returns, Scope, Variables, Wanted};
use crate::manifest::{Desired, kustomize_in_memory};
use crate::merge::{self, ApplyRequest, FieldSet, Managers};
use crate::object::{Gvk, Object, Time};
use crate::protobuf;
use crate::schema::{Catalog, Schema, SchemaNode, builtin, check, crd};
use crate::yaml;

/// A target: its name, which is also that of its corpus, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 16] = [
    ("yaml", yaml),
    ("json", json),
    ("protobuf", protobuf),
    ("protobuf_kinds", protobuf_kinds),
    ("selectors", selectors),
    ("continue_tokens", continue_tokens),
    ("accept", accept),
    ("json_path", json_path),
    ("patterns", patterns),
    ("json_patch", json_patch),
    ("merge_patch", merge_patch),
    ("field_sets", field_sets),
    ("apply", apply),
    ("schemas", schemas),
    ("cel", cel),
    ("kustomize", kustomize),
];

/// The deepest that a value may be which the API reads.
const DEEPEST: usize = 128;

/// YAML: what was read is written and read back as the same value.
///
/// # Panics
/// Where it is not.
pub fn yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for node in yaml::read(text, false).nodes {
        let value = node.into_value();
        let written = yaml::emit(&value);
        let mut again = yaml::read(&written, false);
        assert_eq!(again.errors, [], "{written}");
        let again: Vec<Value> = again.nodes.drain(..).map(yaml::Node::into_value).collect();
        assert_eq!(again, [value], "{written}");
    }
}

/// JSON as the bodies of requests: what is read is what plain parsing reads, and an object of a built-in kind goes all the way to what
/// would be written, after which pruning and defaulting find nothing to do.
///
/// # Panics
/// Where any of that does not hold.
pub fn json(bytes: &[u8]) {
    let Some(value) = fuzzed_json(bytes) else { return };
    assert_eq!(serde_json::from_slice::<Value>(bytes).ok().as_ref(), Some(&value));
    assert!(depth(&value) <= DEEPEST);
    admit(value);
}

/// Protobuf: what can be read can be written, and is read back as the same.
///
/// # Panics
/// Where it is not.
pub fn protobuf(bytes: &[u8]) {
    let Ok(envelope) = protobuf::open(bytes) else { return };
    let Some(message) = protobuf::message_of(envelope.api_version, envelope.kind) else { return };
    let Ok(value) = envelope.decode(message) else { return };
    let Some(written) = protobuf::document(&value) else { return };
    let envelope = protobuf::open(&written).map(|envelope| envelope.decode(message));
    let Ok(Ok(again)) = envelope else { panic!("what was written cannot be read: {value}") };
    assert_eq!(again, value);
    admit(value);
}

/// What requests carry in protobuf beside the kinds that are stored.
const CARRIED: [(&str, &str); 6] = [
    ("v1", "DeleteOptions"),
    ("v1", "Status"),
    ("autoscaling/v1", "Scale"),
    ("policy/v1", "Eviction"),
    ("authentication.k8s.io/v1", "TokenRequest"),
    ("meta.k8s.io/v1", "PartialObjectMetadata"),
];

/// Every version and kind with a message, in their order.
static KINDS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let catalog = Catalog::builtin();
    let stored = catalog.resources().map(|resource| (resource.gvk.api_version(), resource.gvk.kind.clone()));
    let carried = CARRIED.map(|(api_version, kind)| (api_version.to_owned(), kind.to_owned()));
    let kinds: std::collections::BTreeSet<_> = stored.chain(carried).collect();
    kinds.into_iter().filter(|(api_version, kind)| protobuf::message_of(api_version, kind).is_some()).collect()
});

/// The input of [`protobuf_kinds`] that has a message of a kind; `None` where the kind has no message.
#[must_use]
pub fn as_protobuf_kind(document: &Value) -> Option<Vec<u8>> {
    let object = Object::from_value(document.clone()).ok()?;
    let at = KINDS.iter().position(|(api_version, kind)| *api_version == object.api_version() && *kind == object.kind())?;
    let written = protobuf::document(document)?;
    Some([&u16::try_from(at).ok()?.to_be_bytes(), protobuf::open(&written).ok()?.raw].concat())
}

/// The messages of kinds, without their envelope: two bytes say which kind, so that a fuzzer finds all of them. What can be read is
/// written, and read back as the same, and so is what admission makes of it.
///
/// # Panics
/// Where it is not.
pub fn protobuf_kinds(bytes: &[u8]) {
    let Some((number, raw)) = bytes.split_first_chunk() else { return };
    let (api_version, kind) = &KINDS[usize::from(u16::from_be_bytes(*number)) % KINDS.len()];
    let envelope = protobuf::Envelope { api_version, kind, raw };
    let Some(message) = protobuf::message_of(api_version, kind) else { return };
    let Ok(value) = envelope.decode(message) else { return };
    let Some(written) = protobuf::document(&value) else { panic!("what was read cannot be written: {value}") };
    protobuf(&written);
    fuzzed_delete_options(&value);
    admit(value);
}

/// JSON patch, over two JSON texts one after the other, document and patch: the result can be sent and read.
///
/// # Panics
/// Where it cannot.
pub fn json_patch(bytes: &[u8]) {
    let Some([document, patch]) = values(bytes) else { return };
    if let Ok(patched) = merge::json_patch(document, &patch) {
        assert!(depth(&patched) <= DEEPEST);
    }
}

/// Merge patch and strategic merge patch, over document and patch: merging once more changes nothing, and no directive stays.
///
/// # Panics
/// Where one does.
pub fn merge_patch(bytes: &[u8]) {
    let Some([document, patch]) = values(bytes) else { return };
    let merged = merge::merge_patch(document.clone(), patch.clone());
    assert_eq!(merge::merge_patch(merged.clone(), patch.clone()), merged);
    let Some(schema) = kind_of(&document).or_else(|| builtin(&Gvk::new("apps", "v1", "Deployment"))) else { return };
    let had_directives = has_directive(schema.root(), &document);
    if let Ok(merged) = merge::strategic_merge_patch(schema.root(), document, patch) {
        assert!(depth(&merged) <= 2 * DEEPEST);
        assert!(had_directives || !has_directive(schema.root(), &merged), "{merged}");
    }
}

/// Field sets on the wire: what is read is written, and read back as the same; the algebra agrees with itself.
///
/// # Panics
/// Where it does not.
pub fn field_sets(bytes: &[u8]) {
    let Some([left, right]) = values(bytes) else { return };
    let (Ok(left), Ok(right)) = (merge::from_fields_v1(&left), merge::from_fields_v1(&right)) else { return };
    for set in [&left, &right] {
        assert_eq!(merge::from_fields_v1(&merge::to_fields_v1(set)).as_ref(), Ok(set));
        assert_eq!(set.paths().into_iter().collect::<FieldSet>(), *set);
        assert_eq!(set.paths().len(), set.len());
    }
    let common = left.intersection(&right);
    assert!(common.is_subset(&left) && common.is_subset(&right));
    let mut all = left.clone();
    all.union_with(right.clone());
    assert!(left.is_subset(&all) && right.is_subset(&all));
    all.subtract(&right);
    all.union_with(common);
    assert_eq!(all, left);
}

/// Server-side apply, over a live object and what is applied: a forced apply succeeds again, and then changes nothing.
///
/// # Panics
/// Where it does not.
pub fn apply(bytes: &[u8]) {
    let Some([live, applied]) = values(bytes) else { return };
    let Some(schema) = kind_of(&applied) else { return };
    let (Some(live), Some(applied)) = (as_received(&schema, live), as_received(&schema, applied)) else { return };
    let managed = live.metadata().and_then(|metadata| metadata.get("managedFields"));
    if let Ok(managers) = Managers::from_json(managed) {
        let again = managers.to_json();
        assert_eq!(Managers::from_json(again.as_ref()).map(|managers| managers.to_json()), Ok(again));
    }
    let nothing = FieldSet::new();
    let api_version = applied.api_version().to_owned();
    let attempt = |live: &Object, force| {
        merge::apply(ApplyRequest {
            schema: schema.root(),
            live: Some(live),
            applied: applied.clone(),
            manager: "fuzzer",
            api_version: &api_version,
            versions: &merge::OneVersion,
            subresource: "",
            force,
            now: Time::new(jiff::Timestamp::UNIX_EPOCH),
            ignored: &nothing,
        })
    };
    // Where nobody owns anything, the next apply starts anew and takes what is there for that of `before-first-apply`, as upstream does.
    let is_tracked = |object: &Object| object.metadata().is_some_and(|metadata| metadata.contains_key("managedFields"));
    if let Some(after) = attempt(&live, true).ok().filter(is_tracked) {
        assert_eq!(attempt(&after, false).as_ref(), Ok(&after));
    }
}

/// Schemas of custom resources, over a schema and a value: what compiles compiles again, and pruning, defaulting and validating come to
/// the same each time.
///
/// # Panics
/// Where they do not.
pub fn schemas(bytes: &[u8]) {
    let Some([declared, value]) = values(bytes) else { return };
    let Ok(schema) = crd::compile(&declared, "schema") else { return };
    let root = schema.root();
    let _untyped_faults = (check::decode_error(root, &value), check::unknown_fields(root, &value));
    let mut once = value.clone();
    settle(root, &mut once);
    let mut twice = once.clone();
    settle(root, &mut twice);
    assert_eq!(twice, once);
    assert_eq!(check::validate(root, &once), check::validate(root, &twice));
    let _ratcheted = check::validate_update(root, &once, &value);
}

/// CEL, over an expression, a line `---` and a value for `self`: what compiles is evaluated within its budget, and comes to the same each
/// time.
///
/// # Panics
/// Where it does not.
pub fn cel(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (expression, value) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let Some(value) = fuzzed_json(value.as_bytes()) else { return };
    let schema = cel_schema();
    let place = schema.root();
    if !check::validate(place, &value).is_empty() {
        return;
    }
    for optional_old in [false, true] {
        let input = Input { place, new: &value, old: Some(&value), optional_old };
        if let Ok(rule) = Program::compile(expression, place, optional_old, Wanted::Truth) {
            let outcome = rule.holds(input, &mut Budget::new(CALL_BUDGET));
            assert_eq!(rule.holds(input, &mut Budget::new(CALL_BUDGET)), outcome);
        }
        if let Ok(message) = Program::compile(expression, place, optional_old, Wanted::Text) {
            let outcome = message.text(input, &mut Budget::new(CALL_BUDGET));
            assert_eq!(message.text(input, &mut Budget::new(CALL_BUDGET)), outcome);
        }
    }
    for made in [Made::Configuration, Made::Patch] {
        mutate(expression, made, &value);
    }
}

/// What a mutation makes of an object of a built-in kind and of one without a schema is plain JSON, the same each time.
fn mutate(expression: &str, made: Made, object: &Value) {
    let scope = Scope { params: true, ..Scope::default() };
    let mut variables = Variables::default();
    if variables.add("v", "object", scope).is_err() {
        return;
    }
    let mutation = AdmissionExpression::new(expression, scope, &variables, Returns::Change(made));
    let nothing = &Value::Null;
    let asked = Asked { object, old: nothing, request: nothing, namespace: nothing, params: object, authorizer: None };
    let change = || mutation.change(made, &mut Evaluation::new(asked, &variables, Budget::new(2 * CALL_BUDGET)));
    let made = change();
    assert_eq!(change(), made);
    let gvk = Gvk::new("", "v1", "Pod");
    let Some(pod) = builtin(&gvk) else { return };
    for schema in [&*pod, &Schema::any()] {
        let place = mutation::Place { gvk: &gvk, schema: schema.root() };
        let object = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "n"}, "spec": {"containers": []}});
        let Some(after) = made.clone().ok().and_then(|change| mutation::changed(place, &object, change).ok()) else { continue };
        assert_eq!(check::decode_error(place.schema, &after), None);
        assert_eq!((&after["apiVersion"], &after["kind"]), (&object["apiVersion"], &object["kind"]));
    }
}

/// Kustomizations: what is built has what every object has, is told apart, and is built again the same.
///
/// The bytes are files with a line `-- PATH --` before each.
///
/// # Panics
/// Where any of that does not hold.
pub fn kustomize(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut path = None;
    for line in text.split_inclusive('\n') {
        match line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            Some(name) => path = Some(name),
            None => files.entry(path.unwrap_or_default().to_owned()).or_default().extend(line.as_bytes()),
        }
    }
    let Some(Ok(built)) = kustomize_in_memory(&files) else { return };
    let objects = |built: Vec<Desired>| -> Vec<Object> { built.into_iter().map(|desired| desired.object).collect() };
    for desired in &built {
        assert!(!desired.object.kind().is_empty() && !desired.object.name().is_empty(), "{:?}", desired.object);
        let _place = desired.locate("spec.template.spec.containers[0].image").file_line();
    }
    let Some(Ok(again)) = kustomize_in_memory(&files) else { panic!("it was built before") };
    assert_eq!(objects(again), objects(built));
}

/// The schema over which expressions are compiled: something of every type.
fn cel_schema() -> Schema {
    let text = serde_json::json!({"type": "string", "maxLength": 64});
    let item = serde_json::json!({"type": "object", "properties": {"name": text, "port": {"type": "integer"}}});
    let declared = serde_json::json!({"type": "object", "properties": {
        "text": text, "number": {"type": "integer"}, "float": {"type": "number"}, "flag": {"type": "boolean"},
        "either": {"x-kubernetes-int-or-string": true}, "maybe": {"type": "string", "nullable": true},
        "list": {"type": "array", "items": {"type": "integer"}},
        "words": {"type": "array", "maxItems": 10, "items": text, "x-kubernetes-list-type": "set"},
        "items": {"type": "array", "maxItems": 10, "items": item},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "when": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"},
        "long": {"type": "string", "format": "duration"}, "raw": {"type": "string", "format": "byte"},
    }});
    crd::compile(&declared, "schema").unwrap_or_else(|causes| panic!("the schema is good: {causes:?}"))
}

/// Reads so many JSON texts that stand one after the other, as the API reads each.
fn values<const COUNT: usize>(bytes: &[u8]) -> Option<[Value; COUNT]> {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let read: Option<Vec<Value>> = (0..COUNT).map(|_| stream.next()?.ok()).collect();
    read?.try_into().ok()
}

/// The schema of the built-in kind that a document says it is of.
fn kind_of(document: &Value) -> Option<std::sync::Arc<Schema>> {
    builtin(&Object::from_value(document.clone()).ok()?.gvk()?)
}

/// A document as it is after decoding; `None` where it would have been refused.
fn as_received(schema: &Schema, mut value: Value) -> Option<Object> {
    if check::decode_error(schema.root(), &value).is_some() {
        return None;
    }
    check::prune(schema.root(), &mut value);
    Object::from_value(value).ok()
}

/// Takes a document of a built-in kind through admission.
fn admit(value: Value) {
    let gvk = Object::from_value(value.clone()).ok().and_then(|object| object.gvk());
    let catalog = Catalog::builtin();
    let Some(resource) = gvk.and_then(|gvk| catalog.by_gvk(&gvk)) else { return };
    let schema = resource.schema();
    let _unknown = check::unknown_fields(schema.root(), &value);
    let Some(mut object) = as_received(&schema, value) else { return };
    let ambient = Ambient::pinned(jiff::Timestamp::UNIX_EPOCH);
    if admission::create(resource, &mut object, &ambient).is_err() {
        return;
    }
    let mut again = object.clone().into_value();
    assert_eq!(check::decode_error(schema.root(), &again), None);
    settle(schema.root(), &mut again);
    assert_eq!(again, object.clone().into_value());
    let before = object.clone();
    let updated = admission::update(resource, &before, &mut object, "", &ambient);
    assert_eq!((updated, &object), (Ok(()), &before), "what was admitted is admitted again, unchanged");
}

fn settle(place: SchemaNode<'_>, value: &mut Value) {
    check::prune(place, value);
    check::apply_defaults(place, value);
}

/// Whether a member that only a strategic merge patch may have stands where the schema speaks.
fn has_directive(place: SchemaNode<'_>, value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            name == "$patch" || name == "$retainKeys" || place.member(name).is_some_and(|member| has_directive(member, value))
        }),
        Value::Array(items) => items.iter().any(|item| place.item().is_some_and(|place| has_directive(place, item))),
        _ => false,
    }
}

/// How many containers lie in each other.
fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
