//! What holds for every structural schema and every document, checked on schemas and documents of a small deterministic generator.

use serde_json::{Map, Value, json};
use trueup::object::{Cause, CauseKind};
use trueup::schema::check::{apply_defaults, prune, unknown_fields, validate};
use trueup::schema::{Schema, crd};

const ROUNDS: u64 = 400;

/// The names that members have.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// A generator of numbers that repeat from run to run (xorshift).
struct Random(u64);

impl Random {
    fn of_round(round: u64) -> Self {
        Self(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// Whether something happens that happens once in `times`.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A schema of an object or, further down, of anything.
    fn schema(&mut self, depth: u64) -> Value {
        let shapes = if depth == 0 { 5 } else { 9 };
        let mut schema = match self.below(shapes) {
            0 => json!({"type": "string", "maxLength": 3 + self.below(3)}),
            1 => json!({"type": "integer", "minimum": self.below(3), "maximum": 5 + self.below(5)}),
            2 => json!({"type": "boolean"}),
            3 => json!({"type": "string", "enum": ["one", "two"]}),
            4 => json!({"x-kubernetes-int-or-string": true}),
            5 => json!({"type": "array", "maxItems": 3, "items": self.schema(depth - 1)}),
            6 => json!({"type": "object", "additionalProperties": self.schema(depth - 1)}),
            _ => self.object_schema(depth),
        };
        if self.once_in(4) {
            schema["nullable"] = true.into();
            // That `null` is of the type does not make it one of those listed.
            if let Some(listed) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                listed.push(Value::Null);
            }
        }
        schema
    }

    fn object_schema(&mut self, depth: u64) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for name in NAMES {
            if self.once_in(4) {
                continue;
            }
            let mut property = self.schema(depth.saturating_sub(1));
            if self.once_in(3) {
                property["default"] = self.valid(&property);
            } else if self.once_in(3) {
                required.push(name);
            }
            properties.insert(name.to_owned(), property);
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if self.once_in(5) {
            schema["x-kubernetes-preserve-unknown-fields"] = true.into();
        }
        schema
    }

    /// A value that fulfils a schema of the kinds above.
    fn valid(&mut self, schema: &Value) -> Value {
        if schema["nullable"] == true && self.once_in(4) {
            return Value::Null;
        }
        match schema["type"].as_str() {
            Some("string") if schema.get("enum").is_some() => schema["enum"][usize::from(self.once_in(2))].clone(),
            Some("string") => "xyz"[..usize::try_from(self.below(4)).unwrap()].into(),
            Some("integer") => (schema["minimum"].as_u64().unwrap() + self.below(3)).into(),
            Some("boolean") => self.once_in(2).into(),
            Some("array") => (0..self.below(4)).map(|_| self.valid(&schema["items"])).collect(),
            Some(_) if schema.get("additionalProperties").is_some() => {
                NAMES[..2].iter().map(|name| ((*name).to_owned(), self.valid(&schema["additionalProperties"]))).collect()
            }
            Some(_) => {
                let mut members = Map::new();
                for (name, property) in schema["properties"].as_object().unwrap() {
                    let is_required = schema["required"].as_array().is_some_and(|names| names.contains(&name.as_str().into()));
                    if is_required || self.once_in(2) {
                        members.insert(name.clone(), self.valid(property));
                    }
                }
                members.into()
            }
            None if self.once_in(2) => "50%".into(),
            None => self.below(9).into(),
        }
    }

    /// A value with members that no schema knows, and with other values than a schema allows where `wrong`.
    fn spoilt(&mut self, value: &Value, wrong: bool) -> Value {
        if wrong && self.once_in(8) {
            return [json!(1.5), json!("too long"), json!({"a": 1}), json!([[]]), json!(true)][usize::try_from(self.below(5)).unwrap()]
                .clone();
        }
        match value {
            Value::Object(members) => {
                let mut spoilt: Map<_, _> = members.iter().map(|(name, value)| (name.clone(), self.spoilt(value, wrong))).collect();
                if self.once_in(2) {
                    spoilt.insert("unknown".to_owned(), json!({"a": [null, {"b": self.below(3)}]}));
                }
                if wrong && self.once_in(3) {
                    spoilt.insert(NAMES[usize::try_from(self.below(4)).unwrap()].to_owned(), Value::Null);
                }
                spoilt.into()
            }
            Value::Array(items) => items.iter().map(|item| self.spoilt(item, wrong)).collect(),
            scalar => scalar.clone(),
        }
    }
}

/// A schema, a valid document of it, the same with unknown members (of which maps make entries that may be wrong), and one with faults.
struct Case {
    declared: Value,
    schema: Schema,
    valid: Value,
    with_unknown: Value,
    faulty: Value,
}

fn cases() -> impl Iterator<Item = Case> {
    (1..=ROUNDS).map(|round| {
        let mut random = Random::of_round(round);
        let declared = json!({"type": "object", "required": ["spec"], "properties": {"spec": random.object_schema(3)}});
        let schema = crd::compile(&declared, "schema").unwrap_or_else(|causes| panic!("round {round}: {declared}\n{causes:?}"));
        let spec = random.valid(&declared["properties"]["spec"]);
        let document = |spec: Value| json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "a"}, "spec": spec});
        let with_unknown = document(random.spoilt(&spec, false));
        let faulty = document(random.spoilt(&spec, true));
        Case { schema, valid: document(spec), with_unknown, faulty, declared }
    })
}

fn pruned(schema: &Schema, mut value: Value) -> Value {
    prune(schema.root(), &mut value);
    value
}

fn defaulted(schema: &Schema, mut value: Value) -> Value {
    apply_defaults(schema.root(), &mut value);
    value
}

#[test]
fn pruning_and_defaulting_again_change_nothing() {
    for Case { schema, declared, valid, with_unknown, faulty } in cases() {
        for value in [valid, with_unknown, faulty] {
            let once = pruned(&schema, value.clone());
            assert_eq!(pruned(&schema, once.clone()), once, "pruned twice: {value} of {declared}");
            let filled = defaulted(&schema, value.clone());
            assert_eq!(defaulted(&schema, filled.clone()), filled, "defaulted twice: {value} of {declared}");
            let ready = defaulted(&schema, once);
            assert_eq!(defaulted(&schema, pruned(&schema, ready.clone())), ready, "both twice: {value} of {declared}");
        }
    }
}

#[test]
fn a_valid_document_stays_valid() {
    let mut changed = 0;
    for Case { schema, declared, valid, .. } in cases() {
        assert_eq!(validate(schema.root(), &valid), [], "{valid} of {declared}");
        let ready = defaulted(&schema, pruned(&schema, valid.clone()));
        assert_eq!(validate(schema.root(), &ready), [], "{valid} became {ready} of {declared}");
        changed += u64::from(ready != valid);
    }
    assert!(changed > ROUNDS / 4, "defaults were filled in only {changed} documents");
}

fn is_null_member(fault: &Cause) -> bool {
    fault.kind == CauseKind::TypeInvalid && fault.message.ends_with("\"null\"") && !fault.field.ends_with(']')
}

#[test]
fn a_pruned_document_has_the_faults_that_it_had() {
    let (mut removed, mut wrong, mut dropped) = (0, 0, 0);
    for Case { schema, declared, with_unknown, faulty, .. } in cases() {
        // A null that stands for a default is a fault before it is pruned and none after, so defaults come first.
        for value in [defaulted(&schema, with_unknown), defaulted(&schema, faulty)] {
            let faults = validate(schema.root(), &value);
            let once = pruned(&schema, value.clone());
            // A `null` that its place does not allow goes, and with it its fault; where the member is required, its absence is one.
            let nulls: Vec<String> = faults.iter().filter(|fault| is_null_member(fault)).map(|fault| fault.field.clone()).collect();
            let is_of_null = |fault: &Cause| nulls.contains(&fault.field);
            let (before, mut after): (Vec<_>, _) =
                (faults.iter().filter(|fault| !is_of_null(fault)).cloned().collect(), validate(schema.root(), &once));
            after.retain(|fault| !(fault.kind == CauseKind::Required && is_of_null(fault)));
            assert_eq!(after, before, "{value} of {declared}");
            dropped += nulls.len();
            assert_eq!(unknown_fields(schema.root(), &once), [""; 0], "{value} of {declared}");
            removed += u64::from(once != value);
            wrong += u64::from(!faults.is_empty());
        }
    }
    assert!(removed > ROUNDS / 4 && wrong > ROUNDS / 4, "{removed} were pruned, {wrong} had faults");
    assert!(dropped > 0, "no null was dropped");
}
