//! Who owns what: the entries of `metadata.managedFields`.
//!
//! Receives the entries as an object holds them, hands on managers with their field sets and, back again, entries. Invariant: no two
//! managers have the same identity, and none without fields is written.
//!
//! See <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field_set::FieldSet;
use super::fields_v1::{FieldsV1Error, from_fields_v1, to_fields_v1};
use super::ownership::follow_schema;
use crate::object::Time;
use crate::schema::SchemaNode;

/// How many managers by Update an object remembers; the oldest are united beyond that.
const MAX_UPDATE_MANAGERS: usize = 10;
/// The manager in whose name the oldest updates are united.
const ANCIENT_CHANGES: &str = "ancient-changes";

/// Managed fields that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagedFieldsError {
    /// They are no list of objects.
    #[error("metadata.managedFields must be a list of objects")]
    NotEntries,
    /// The operation is none of the two.
    #[error("metadata.managedFields[{index}].operation: must be `Apply` or `Update`")]
    Operation {
        /// The position of the entry.
        index: usize,
    },
    /// The entry does not say which version its paths are of.
    #[error("metadata.managedFields[{index}].apiVersion: must not be empty")]
    ApiVersion {
        /// The position of the entry.
        index: usize,
    },
    /// The entry's fields are of a type unknown here.
    #[error("metadata.managedFields[{index}].fieldsType: must be `FieldsV1`")]
    FieldsType {
        /// The position of the entry.
        index: usize,
    },
    /// The entry's time is no time.
    #[error("metadata.managedFields[{index}].time: must be an RFC 3339 time")]
    Time {
        /// The position of the entry.
        index: usize,
    },
    /// The entry's fields cannot be read.
    #[error("metadata.managedFields[{index}].fieldsV1: {source}")]
    Fields {
        /// The position of the entry.
        index: usize,
        /// What is wrong with them.
        source: FieldsV1Error,
    },
}

/// How a manager came by its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// By server-side apply: it states what it wants and gives up what it no longer states.
    Apply,
    /// By any other write.
    Update,
}

/// One manager and what it owns.
#[derive(Debug, Clone, PartialEq)]
pub struct ManagerEntry {
    /// The manager's name.
    pub manager: String,
    /// How it came by its fields.
    pub operation: Operation,
    /// The version of the API that the paths are of.
    pub api_version: String,
    /// The subresource it wrote through; empty for the object itself.
    pub subresource: String,
    /// When it last changed what it owns.
    pub time: Option<Time>,
    /// What it owns.
    pub fields: FieldSet,
}

/// All managers of one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Managers {
    /// In no particular order.
    pub entries: Vec<ManagerEntry>,
}

impl Operation {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

impl ManagerEntry {
    /// Whether both are the same manager: name, operation and subresource agree, for updates the version too. An applier stays the
    /// same when it moves on to another version.
    #[must_use]
    pub fn is_same_manager(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    pub(super) fn identity(&self) -> (&str, Operation, &str, &str) {
        let version = if self.operation == Operation::Apply { "" } else { self.api_version.as_str() };
        (&self.manager, self.operation, version, &self.subresource)
    }

    fn seconds(&self) -> i64 {
        self.time.map_or(0, |time| time.timestamp().as_second())
    }

    fn to_json(&self) -> Value {
        let mut entry = Map::new();
        let mut put = |member: &str, value: Value| entry.insert(member.to_owned(), value);
        put("manager", self.manager.as_str().into());
        put("operation", self.operation.as_str().into());
        put("apiVersion", self.api_version.as_str().into());
        if let Some(time) = self.time {
            put("time", time.to_string().into());
        }
        put("fieldsType", "FieldsV1".into());
        put("fieldsV1", to_fields_v1(&self.fields));
        if !self.subresource.is_empty() {
            put("subresource", self.subresource.as_str().into());
        }
        Value::Object(entry)
    }

    /// Reads all but the fields.
    fn from_json(index: usize, entry: &Value) -> Result<Self, ManagedFieldsError> {
        let entry = entry.as_object().ok_or(ManagedFieldsError::NotEntries)?;
        let text = |member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default();
        let operation = match text("operation") {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err(ManagedFieldsError::Operation { index }),
        };
        if text("apiVersion").is_empty() {
            return Err(ManagedFieldsError::ApiVersion { index });
        }
        if text("fieldsType") != "FieldsV1" {
            return Err(ManagedFieldsError::FieldsType { index });
        }
        let time = match text("time") {
            "" => None,
            time => Some(Time::parse(time).ok_or(ManagedFieldsError::Time { index })?),
        };
        Ok(Self {
            manager: text("manager").to_owned(),
            operation,
            api_version: text("apiVersion").to_owned(),
            subresource: text("subresource").to_owned(),
            time,
            fields: FieldSet::new(),
        })
    }

    fn read_fields(&mut self, index: usize, entry: &Value) -> Result<(), ManagedFieldsError> {
        let fields = from_fields_v1(entry.get("fieldsV1").unwrap_or(&Value::Null));
        self.fields = fields.map_err(|source| ManagedFieldsError::Fields { index, source })?;
        Ok(())
    }
}

impl Managers {
    /// Reads the value of `metadata.managedFields`; absent and `null` are no managers. Of two entries with one identity the later
    /// counts.
    pub fn from_json(entries: Option<&Value>) -> Result<Self, ManagedFieldsError> {
        Self::from_json_where(entries, |_| true)
    }

    /// Reads one manager's entry alone: reading field sets is most of the work.
    pub(super) fn find_in_json(entries: Option<&Value>, like: &ManagerEntry) -> Result<Option<ManagerEntry>, ManagedFieldsError> {
        Ok(Self::from_json_where(entries, |entry| entry.is_same_manager(like))?.entries.pop())
    }

    /// Reads the entries of all other managers.
    pub(super) fn others_in_json(entries: Option<&Value>, like: &ManagerEntry) -> Result<Self, ManagedFieldsError> {
        Self::from_json_where(entries, |entry| !entry.is_same_manager(like))
    }

    fn from_json_where(entries: Option<&Value>, wanted: impl Fn(&ManagerEntry) -> bool) -> Result<Self, ManagedFieldsError> {
        let entries = match entries {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(entries) => entries.as_array().ok_or(ManagedFieldsError::NotEntries)?,
        };
        let mut managers = Self { entries: Vec::with_capacity(entries.len() + 1) };
        for (index, json) in entries.iter().enumerate() {
            let mut entry = ManagerEntry::from_json(index, json)?;
            if wanted(&entry) {
                entry.read_fields(index, json)?;
                managers.take(&entry);
                managers.entries.push(entry);
            }
        }
        Ok(managers)
    }

    /// The value of `metadata.managedFields`: appliers first, then by time, name, version and subresource. `None` where nobody owns
    /// anything.
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        let mut entries: Vec<&ManagerEntry> = self.entries.iter().filter(|entry| !entry.fields.is_empty()).collect();
        entries.sort_by(|left, right| {
            let key = |entry: &ManagerEntry| (entry.operation, entry.seconds());
            let names = |entry: &ManagerEntry| [entry.manager.clone(), entry.api_version.clone(), entry.subresource.clone()];
            key(left).cmp(&key(right)).then_with(|| names(left).cmp(&names(right)))
        });
        (!entries.is_empty()).then(|| entries.into_iter().map(ManagerEntry::to_json).collect())
    }

    /// Brings all sets up to a schema that may be newer than they are.
    pub(super) fn follow_schema(&mut self, schema: SchemaNode<'_>) {
        for entry in &mut self.entries {
            follow_schema(schema, &mut entry.fields);
        }
    }

    /// Removes the entry of the same manager and hands it out.
    pub(super) fn take(&mut self, like: &ManagerEntry) -> Option<ManagerEntry> {
        let index = self.entries.iter().position(|entry| entry.is_same_manager(like))?;
        Some(self.entries.swap_remove(index))
    }

    /// Unites the oldest managers by Update, version by version, until no more than ten are left.
    pub(super) fn cap_updates(&mut self) {
        let mut updates: Vec<ManagerEntry> = Vec::new();
        let mut index = 0;
        while index < self.entries.len() {
            if self.entries[index].operation == Operation::Update {
                updates.push(self.entries.swap_remove(index));
            } else {
                index += 1;
            }
        }
        updates.sort_by(|left, right| (left.seconds(), left.identity()).cmp(&(right.seconds(), right.identity())));
        let mut surplus = updates.len().saturating_sub(MAX_UPDATE_MANAGERS);
        let mut oldest: BTreeMap<String, ManagerEntry> = BTreeMap::new();
        for entry in updates {
            match oldest.get_mut(&entry.api_version) {
                // The first of a version gives up its name only when a second joins it.
                Some(bucket) if surplus > 0 => {
                    ANCIENT_CHANGES.clone_into(&mut bucket.manager);
                    bucket.subresource.clear();
                    bucket.time = entry.time;
                    bucket.fields.union_with(entry.fields);
                    surplus -= 1;
                }
                None if surplus > 0 => drop(oldest.insert(entry.api_version.clone(), entry)),
                _ => self.entries.push(entry),
            }
        }
        for mut bucket in oldest.into_values() {
            if let Some(known) = self.take(&bucket) {
                bucket.fields.union_with(known.fields);
            }
            self.entries.push(bucket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::FieldPath;

    fn mk_entry(manager: &str, operation: Operation, second: i64, field: &str) -> ManagerEntry {
        let time = Time::new(jiff::Timestamp::from_second(second).unwrap());
        let fields = [FieldPath::of_fields(&["data", field])].into_iter().collect();
        let (manager, api_version) = (manager.to_owned(), "v1".to_owned());
        ManagerEntry { manager, operation, api_version, subresource: String::new(), time: Some(time), fields }
    }

    #[test]
    fn appliers_come_first_then_the_older() {
        let entries = vec![
            mk_entry("b", Operation::Update, 1, "x"),
            mk_entry("z", Operation::Apply, 9, "x"),
            mk_entry("y", Operation::Apply, 3, "x"),
            mk_entry("a", Operation::Update, 1, "x"),
        ];
        let json = Managers { entries }.to_json().unwrap();
        let names: Vec<_> = json.as_array().unwrap().iter().map(|entry| entry["manager"].as_str().unwrap()).collect();
        assert_eq!(names, ["y", "z", "a", "b"]);
        assert_eq!(Managers::from_json(Some(&json)).unwrap().to_json().unwrap(), json);
    }

    #[test]
    fn managers_without_fields_are_not_written() {
        let mut managers = Managers { entries: vec![mk_entry("a", Operation::Apply, 1, "x")] };
        managers.entries[0].fields = FieldSet::new();
        assert_eq!(managers.to_json(), None);
    }

    #[test]
    fn the_oldest_updates_are_united_beyond_ten() {
        let name = |number: i64| format!("m{number:02}");
        let entries = (0..13).map(|number| mk_entry(&name(number), Operation::Update, number, &name(number))).collect();
        let mut managers = Managers { entries };
        managers.cap_updates();
        assert_eq!(managers.entries.len(), 10);
        let ancient = managers.entries.iter().find(|entry| entry.manager == ANCIENT_CHANGES).unwrap();
        assert_eq!(ancient.fields.len(), 4);
        assert_eq!(ancient.seconds(), 3);
        managers.entries.push(mk_entry("m13", Operation::Update, 13, "m13"));
        managers.cap_updates();
        assert_eq!(managers.entries.len(), 10);
        assert_eq!(managers.entries.iter().filter(|entry| entry.manager == ANCIENT_CHANGES).count(), 1);
    }

    #[test]
    fn entries_that_say_nothing_useful_are_refused() {
        for entries in [
            serde_json::json!({}),
            serde_json::json!([1]),
            serde_json::json!([{}]),
            serde_json::json!([{"operation": "Apply"}]),
            serde_json::json!([{"operation": "Apply", "apiVersion": "v1"}]),
            serde_json::json!([{"operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": 1}]),
            serde_json::json!([{"operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "time": "x"}]),
        ] {
            assert!(Managers::from_json(Some(&entries)).is_err(), "{entries}");
        }
    }
}
