//! The table of messages and fields, `fields.tsv`, made ready for look-ups in both directions.
//!
//! Receives the embedded text, once per process and only when protobuf is spoken; hands on messages. Invariant: every message that a
//! row names is in the table, which the tests prove.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A message: the wire form of one type of the API.
#[derive(Debug)]
pub struct Message {
    /// The name of the type in the published schemas, such as `io.k8s.api.core.v1.PodSpec`.
    pub name: &'static str,
    /// By number.
    fields: Vec<Field>,
    /// By JSON name, the fields of inlined messages among them.
    members: Vec<Member>,
}

/// One field of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The JSON name; `.` for an inlined message.
    pub(super) name: &'static str,
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) shape: Shape,
    /// Whether the type's empty value means that the field is absent.
    pub(super) drops_zero: bool,
}

/// A field by its JSON name, and the inlined messages that it lies in, from the outermost on.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) within: Vec<u32>,
    pub(super) field: Field,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    List,
    Map,
}

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Bytes,
    Bool,
    Int32,
    Int64,
    Double,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    /// Any JSON.
    Raw,
    StringList,
    SchemaOrArray,
    SchemaOrBool,
    SchemaOrStrings,
    Message(MessageId),
}

/// The index of a message in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MessageId(u16);

/// The message of the schemas in custom resource definitions, which their unions refer to.
const SCHEMA: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

struct Table {
    messages: Vec<Message>,
    by_name: HashMap<&'static str, MessageId>,
    schema: MessageId,
}

/// The message of the schemas in custom resource definitions.
pub(super) fn schema_message() -> MessageId {
    TABLE.schema
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("fields.tsv")));

/// The message of a type by the type's name in the published schemas.
#[must_use]
pub fn message(type_name: &str) -> Option<&'static Message> {
    TABLE.by_name.get(type_name).map(|id| TABLE.at(*id))
}

/// The message of a kind; `None` for kinds that Kubernetes does not define, and for those that have no protobuf form.
#[must_use]
pub fn message_of(api_version: &str, kind: &str) -> Option<&'static Message> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    // The document of `/api` states a kind and no version.
    let version = if api_version.is_empty() { "v1" } else { version };
    let meta = "io.k8s.apimachinery.pkg.apis.meta";
    match group {
        "" => message(&format!("io.k8s.api.core.{version}.{kind}")).or_else(|| message(&format!("{meta}.{version}.{kind}"))),
        // The versions of partial metadata do not differ on the wire.
        "meta.k8s.io" if matches!(version, "v1" | "v1beta1") => message(&format!("{meta}.v1.{kind}")),
        "apiextensions.k8s.io" => message(&format!("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{version}.{kind}")),
        "apiregistration.k8s.io" => message(&format!("io.k8s.kube-aggregator.pkg.apis.apiregistration.{version}.{kind}")),
        group => message(&format!("io.k8s.api.{}.{version}.{kind}", package(group)?)),
    }
}

/// The package of one of Kubernetes' own groups, which is the first label of its name; `None` for groups of others, such as
/// `gateway.networking.k8s.io`.
fn package(group: &str) -> Option<&str> {
    match group {
        "flowcontrol.apiserver.k8s.io" => Some("flowcontrol"),
        "rbac.authorization.k8s.io" => Some("rbac"),
        group => Some(group.strip_suffix(".k8s.io").unwrap_or(group)).filter(|label| !label.contains('.')),
    }
}

impl Message {
    /// The field with this number.
    pub(super) fn field(&self, number: u32) -> Option<&Field> {
        // Numbers are dense, so the field mostly stands where its number says.
        let guess = self.fields.get((number as usize).wrapping_sub(1)).filter(|field| field.number == number);
        guess.or_else(|| self.fields.binary_search_by_key(&number, |field| field.number).ok().map(|index| &self.fields[index]))
    }

    /// The field with this JSON name, also where it lies in an inlined message.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members.binary_search_by(|member| member.field.name.cmp(name)).ok().map(|index| &self.members[index])
    }

    #[cfg(test)]
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }
}

impl MessageId {
    pub(super) fn message(self) -> &'static Message {
        TABLE.at(self)
    }
}

/// The rows of the table, without the comments before them.
fn rows(text: &'static str) -> impl Iterator<Item = [&'static str; 5]> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('\t');
        Some([columns.next()?, columns.next()?, columns.next()?, columns.next()?, columns.next()?])
    })
}

impl Table {
    fn read(text: &'static str) -> Self {
        let mut by_name = HashMap::with_capacity(600);
        // Messages without fields have no rows of their own, so the types that rows name are messages, too.
        for [message, _, _, kind, _] in rows(text) {
            for name in [message, element(kind).1] {
                if name.contains('.') {
                    let next = MessageId(by_name.len() as u16);
                    by_name.entry(name).or_insert(next);
                }
            }
        }
        let mut messages: Vec<Message> =
            (0..by_name.len()).map(|_| Message { name: "", fields: Vec::new(), members: Vec::new() }).collect();
        for (name, id) in &by_name {
            messages[id.0 as usize].name = name;
        }
        for row in rows(text) {
            if let (Some(id), Some(field)) = (by_name.get(row[0]), field(row, &by_name)) {
                messages[id.0 as usize].fields.push(field);
            }
        }
        let schema = by_name.get(SCHEMA).copied().unwrap_or(MessageId(0));
        let mut table = Self { messages, by_name, schema };
        for index in 0..table.messages.len() {
            let mut members = Vec::new();
            table.flatten(MessageId(index as u16), &[], &mut members);
            members.sort_by_key(|member| member.field.name);
            table.messages[index].members = members;
        }
        table
    }

    /// The table's ids are indexes that it gave out itself.
    fn at(&self, id: MessageId) -> &Message {
        &self.messages[id.0 as usize]
    }

    fn flatten(&self, id: MessageId, within: &[u32], members: &mut Vec<Member>) {
        for field in &self.at(id).fields {
            match field.kind {
                Kind::Message(inner) if field.name == "." => self.flatten(inner, &[within, &[field.number]].concat(), members),
                _ => members.push(Member { within: within.to_vec(), field: *field }),
            }
        }
    }
}

/// The shape and the type of the values, by the column `type`.
fn element(kind: &'static str) -> (Shape, &'static str) {
    match (kind.strip_prefix("[]"), kind.strip_prefix("map:")) {
        (Some(item), _) => (Shape::List, item),
        (_, Some(value)) => (Shape::Map, value),
        _ => (Shape::One, kind),
    }
}

/// Reads a row; `None` where a cell has no meaning. The tests prove that every row has one.
fn field([_, number, name, kind, zero]: [&'static str; 5], messages: &HashMap<&'static str, MessageId>) -> Option<Field> {
    let (shape, kind) = element(kind);
    let kind = match kind {
        "string" => Kind::String,
        "bytes" => Kind::Bytes,
        "bool" => Kind::Bool,
        "int32" => Kind::Int32,
        "int64" => Kind::Int64,
        "double" => Kind::Double,
        "Quantity" => Kind::Quantity,
        "IntOrString" => Kind::IntOrString,
        "Time" => Kind::Time,
        "MicroTime" => Kind::MicroTime,
        "RawExtension" | "JSON" | "FieldsV1" => Kind::Raw,
        "StringList" => Kind::StringList,
        "JSONSchemaPropsOrArray" => Kind::SchemaOrArray,
        "JSONSchemaPropsOrBool" => Kind::SchemaOrBool,
        "JSONSchemaPropsOrStringArray" => Kind::SchemaOrStrings,
        name => Kind::Message(*messages.get(name)?),
    };
    let drops_zero = match zero {
        "drop" => true,
        "-" => false,
        _ => return None,
    };
    Some(Field { name, number: number.parse().ok()?, kind, shape, drops_zero })
}

#[cfg(test)]
pub(super) fn messages() -> &'static [Message] {
    &TABLE.messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_is_no_comment_is_a_row_with_a_meaning_and_rows_are_sorted() {
        let text = include_str!("fields.tsv");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let read: usize = messages().iter().map(|message| message.fields.len()).sum();
        assert_eq!(lines.clone().count(), read);
        assert!(lines.clone().all(|line| line.split('\t').count() == 5));
        let keys = rows(text).map(|[message, number, ..]| (message, number.parse::<u32>().unwrap()));
        assert!(keys.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn json_names_are_unique_in_each_message() {
        for message in messages() {
            assert!(message.members.is_sorted_by(|a, b| a.field.name < b.field.name), "{}", message.name);
        }
    }

    #[test]
    fn inlined_members_say_what_they_lie_in() {
        let volume = message("io.k8s.api.core.v1.Volume").unwrap();
        let config_map = volume.member("configMap").unwrap();
        assert_eq!((config_map.within.as_slice(), config_map.field.number), (&[2][..], 19));
        let rule = message("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations").unwrap();
        assert_eq!(rule.member("apiGroups").unwrap().within, [2, 2]);
    }

    #[test]
    fn kinds_of_others_have_no_message() {
        assert!(message_of("apps.example.com/v1", "Deployment").is_none());
        assert!(message_of("policy.networking.k8s.io/v1", "PodDisruptionBudget").is_none());
        assert!(message_of("apps/v1", "Nonesuch").is_none());
        assert!(message_of("v1", "Status").is_some_and(|message| message.name.ends_with("meta.v1.Status")));
    }
}
