//! Paths and what may be asked of them.

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, list_type_name, type_name};
use super::{Dialect, root_path};
use crate::object::Gvk;
use crate::protobuf;
use crate::schema::{Behaviour, Resource, Subresource, Verbs};

/// The media types of patches; the last is not for custom resources, whose schemas know no merge keys.
const PATCH_TYPES: &[&str] = &[
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

/// A query parameter: name, type, what it is for.
type Query = (&'static str, &'static str, &'static str);

const DRY_RUN: Query = ("dryRun", "string", "`All` goes through every step but the last: nothing is stored.");
const WRITE: [Query; 3] = [
    DRY_RUN,
    ("fieldManager", "string", "Who is remembered as the owner of the fields that are written."),
    ("fieldValidation", "string", "What happens to unknown and duplicate fields: `Ignore`, `Warn` or `Strict`."),
];
const FORCE: Query = ("force", "boolean", "Whether an apply takes fields over that others own.");
const SELECT: [Query; 10] = [
    ("allowWatchBookmarks", "boolean", "Whether a watch may send bookmarks."),
    ("continue", "string", "The token that the page before ended with."),
    ("fieldSelector", "string", "Only objects whose fields have these values."),
    ("labelSelector", "string", "Only objects with these labels."),
    ("limit", "integer", "How many items a page has at most."),
    ("resourceVersion", "string", "The revision that the answer must show or begin at."),
    ("resourceVersionMatch", "string", "Whether the answer shows exactly that revision or one that is not older."),
    ("sendInitialEvents", "boolean", "Whether a watch begins with what there is."),
    ("timeoutSeconds", "integer", "After how many seconds the answer ends."),
    ("watch", "boolean", "Whether changes are told as they happen."),
];
const DELETE: [Query; 4] = [
    DRY_RUN,
    ("gracePeriodSeconds", "integer", "How many seconds the object has to end by itself."),
    ("orphanDependents", "boolean", "Deprecated: say propagationPolicy."),
    ("propagationPolicy", "string", "What becomes of dependents: `Orphan`, `Background` or `Foreground`."),
];

/// One operation, before it is written in a dialect.
struct Operation<'a> {
    /// The word that begins its id.
    id: &'static str,
    /// `x-kubernetes-action`.
    action: &'static str,
    query: Vec<Query>,
    body: Option<Value>,
    answer: Value,
    codes: &'static [&'static str],
    gvk: &'a Gvk,
    consumes: &'static [&'static str],
}

/// Adds the paths of a resource and of its subresources that are built.
pub(super) fn add(resource: &Resource, definitions: &mut Definitions, paths: &mut Map<String, Value>) {
    let root = root_path(&resource.gvk.group_version());
    let scope = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
    let collection = format!("{root}{scope}/{}", resource.plural);
    let item = format!("{collection}/{{name}}");
    let scoped: &[&str] = if resource.namespaced { &["namespace"] } else { &[] };
    let named: Vec<&str> = [&["name"], scoped].concat();
    let name = if resource.namespaced { format!("Namespaced{}", resource.gvk.kind) } else { resource.gvk.kind.clone() };

    let mut writer = Writer { resource, definitions };
    let (of_collection, of_item) = (writer.collection(), writer.item());
    paths.insert(collection, writer.path(of_collection, scoped, &name));
    if !of_item.is_empty() {
        paths.insert(item.clone(), writer.path(of_item, &named, &name));
    }
    for part in resource.subresources.iter().filter(|part| part.behaviour != Behaviour::NotBuilt) {
        let name = format!("{name}{}", capitalised(&part.name));
        let operations = writer.part(part);
        paths.insert(format!("{item}/{}", part.name), writer.path(operations, &named, &name));
    }
    if resource.namespaced && resource.verbs.contains(Verbs::LIST) {
        let name = format!("{}ForAllNamespaces", resource.gvk.kind);
        let list = writer.list();
        paths.insert(format!("{root}/{}", resource.plural), writer.path(vec![("get", list)], &[], &name));
    }
}

struct Writer<'a> {
    resource: &'a Resource,
    definitions: &'a mut Definitions,
}

impl<'a> Writer<'a> {
    fn collection(&mut self) -> Vec<(&'static str, Operation<'a>)> {
        let (this, verbs) = (self.this(), self.resource.verbs);
        let mut operations = Vec::new();
        if verbs.contains(Verbs::LIST) {
            operations.push(("get", self.list()));
        }
        if verbs.contains(Verbs::CREATE) {
            let create = Operation { codes: &["200", "201", "202"], ..self.operation("create", "post", &this, WRITE.to_vec()) };
            operations.push(("post", Operation { body: Some(this), ..create }));
        }
        if verbs.contains(Verbs::DELETE_COLLECTION) {
            let query = SELECT.into_iter().filter(|(name, ..)| !matches!(*name, "allowWatchBookmarks" | "watch")).chain(DELETE).collect();
            operations.push(("delete", self.deletion("deleteCollection", "deletecollection", query)));
        }
        operations
    }

    fn item(&mut self) -> Vec<(&'static str, Operation<'a>)> {
        let (this, verbs) = (self.this(), self.resource.verbs);
        let mut operations = Vec::new();
        if verbs.contains(Verbs::GET) {
            operations.push(("get", self.operation("read", "get", &this, Vec::new())));
        }
        operations.extend(self.writes(&this, &self.resource.gvk, verbs));
        if verbs.contains(Verbs::DELETE) {
            operations.push(("delete", self.deletion("delete", "delete", DELETE.to_vec())));
        }
        operations
    }

    fn part(&mut self, part: &'a Subresource) -> Vec<(&'static str, Operation<'a>)> {
        let other = (part.gvk != self.resource.gvk).then(|| self.definitions.built_in(&part.gvk)).flatten();
        let this = other.unwrap_or_else(|| self.this());
        let mut operations = Vec::new();
        if part.verbs.contains(Verbs::GET) {
            operations.push(("get", Operation { gvk: &part.gvk, ..self.operation("read", "get", &this, Vec::new()) }));
        }
        if part.verbs.contains(Verbs::CREATE) {
            let create = self.operation("create", "post", &this, WRITE.to_vec());
            operations.push(("post", Operation { body: Some(this.clone()), codes: &["200", "201", "202"], gvk: &part.gvk, ..create }));
        }
        operations.extend(self.writes(&this, &part.gvk, part.verbs));
        operations
    }

    fn list(&self) -> Operation<'a> {
        let list = self.definitions.to(&list_type_name(self.resource));
        self.operation("list", "list", &list, SELECT.to_vec())
    }

    fn writes(&mut self, this: &Value, gvk: &'a Gvk, verbs: Verbs) -> Vec<(&'static str, Operation<'a>)> {
        let mut operations = Vec::new();
        if verbs.contains(Verbs::UPDATE) {
            let replace = Operation { codes: &["200", "201"], gvk, ..self.operation("replace", "put", this, WRITE.to_vec()) };
            operations.push(("put", Operation { body: Some(this.clone()), ..replace }));
        }
        if verbs.contains(Verbs::PATCH) {
            let query = WRITE.into_iter().chain([FORCE]).collect();
            let patch = Operation { codes: &["200", "201"], gvk, ..self.operation("patch", "patch", this, query) };
            let consumes = &PATCH_TYPES[..PATCH_TYPES.len() - usize::from(self.resource.custom)];
            operations.push(("patch", Operation { body: Some(self.definitions.patch()), consumes, ..patch }));
        }
        operations
    }

    fn deletion(&mut self, id: &'static str, action: &'static str, query: Vec<Query>) -> Operation<'a> {
        let mut built_in = |kind| self.definitions.built_in(&Gvk::new("", "v1", kind)).unwrap_or_else(|| json!({"type": "object"}));
        let (body, answer) = (built_in("DeleteOptions"), built_in("Status"));
        Operation { body: Some(body), codes: &["200", "202"], ..self.operation(id, action, &answer, query) }
    }

    fn operation(&self, id: &'static str, action: &'static str, answer: &Value, query: Vec<Query>) -> Operation<'a> {
        let gvk = &self.resource.gvk;
        Operation { id, action, query, body: None, answer: answer.clone(), codes: &["200"], gvk, consumes: &["*/*"] }
    }

    fn this(&self) -> Value {
        self.definitions.to(&type_name(self.resource))
    }

    /// A path with its operations; `places` are the parts of the path that vary.
    fn path(&self, operations: Vec<(&'static str, Operation<'a>)>, places: &[&str], name: &str) -> Value {
        let dialect = self.definitions.dialect;
        let mut path = Map::new();
        for (method, operation) in operations {
            path.insert(method.to_owned(), self.written(operation, name));
        }
        let places = places.iter().map(|place| {
            let what = if *place == "name" { "The name of the object." } else { "The namespace of the object." };
            parameter(dialect, "path", (place, "string", what))
        });
        let pretty = ("pretty", "string", "Whether the answer is indented.");
        path.insert("parameters".to_owned(), places.chain([parameter(dialect, "query", pretty)]).collect());
        path.into()
    }

    fn written(&self, operation: Operation<'_>, name: &str) -> Value {
        let dialect = self.definitions.dialect;
        let gvk = operation.gvk;
        let group = group_id(&self.resource.gvk);
        let mut parameters: Vec<Value> = operation.query.iter().map(|query| parameter(dialect, "query", *query)).collect();
        let mut written = json!({
            "operationId": format!("{}{group}{name}", operation.id),
            "tags": [tag(&self.resource.gvk)],
            "x-kubernetes-action": operation.action,
            "x-kubernetes-group-version-kind": {"group": gvk.group, "version": gvk.version, "kind": gvk.kind},
        });
        let mut answer = json!({"description": "OK"});
        let all = ["application/json", "application/yaml", protobuf::MEDIA_TYPE];
        let answered_in = &all[..all.len() - usize::from(self.resource.custom)];
        match dialect {
            Dialect::V2 => {
                written["consumes"] = json!(operation.consumes);
                written["produces"] = json!(answered_in);
                written["schemes"] = json!(["https"]);
                answer["schema"] = operation.answer;
                if let Some(body) = operation.body {
                    parameters.push(json!({"name": "body", "in": "body", "required": operation.action != "delete", "schema": body}));
                }
            }
            Dialect::V3 => {
                let content = |types: &[&str], schema: &Value| -> Map<String, Value> {
                    types.iter().map(|media_type| ((*media_type).to_owned(), json!({"schema": schema}))).collect()
                };
                answer["content"] = content(answered_in, &operation.answer).into();
                if let Some(body) = operation.body {
                    written["requestBody"] = json!({"content": content(operation.consumes, &body)});
                }
            }
        }
        let answers: Map<String, Value> = operation.codes.iter().map(|code| ((*code).to_owned(), answer.clone())).collect();
        written["responses"] = answers.into();
        if !parameters.is_empty() {
            written["parameters"] = parameters.into();
        }
        written
    }
}

fn parameter(dialect: Dialect, place: &str, (name, data_type, description): (&str, &str, &str)) -> Value {
    let mut parameter = json!({"name": name, "in": place, "description": description});
    if place == "path" {
        parameter["required"] = true.into();
    }
    match dialect {
        Dialect::V2 => {
            parameter["type"] = data_type.into();
            parameter["uniqueItems"] = true.into();
        }
        Dialect::V3 => parameter["schema"] = json!({"type": data_type, "uniqueItems": true}),
    }
    parameter
}

/// Group and version as operation ids write them: `CoreV1`, `RbacAuthorizationV1`, `ExampleComV1`.
fn group_id(gvk: &Gvk) -> String {
    let group = if gvk.group.is_empty() { "core" } else { gvk.group.strip_suffix(".k8s.io").unwrap_or(&gvk.group) };
    group.split(['.', '-']).chain([gvk.version.as_str()]).map(capitalised).collect()
}

fn tag(gvk: &Gvk) -> String {
    let id = group_id(gvk);
    let version = capitalised(&gvk.version);
    let group = id.strip_suffix(&version).unwrap_or(&id);
    let mut group: Vec<char> = group.chars().collect();
    if let Some(first) = group.first_mut() {
        *first = first.to_ascii_lowercase();
    }
    format!("{}_{}", group.into_iter().collect::<String>(), gvk.version)
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
