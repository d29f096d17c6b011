//! What holds for every document: checked on documents of a small deterministic generator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use trueup::merge::{
    ApplyRequest, FieldPath, FieldSet, Managers, OneVersion, UpdateRequest, Versions, apply, compare, from_fields_v1, json_patch, merge,
    merge_patch, remove_items, strategic_merge_patch, to_field_set, to_fields_v1, track_update,
};
use trueup::object::{Object, Time};
use trueup::schema::Schema;

use super::schema::{of_object, parse};

const ROUNDS: u64 = 300;

/// A generator of numbers that repeat from run to run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Some of these words, each once, in any order.
    fn some<'a>(&mut self, words: &[&'a str]) -> Vec<&'a str> {
        let mut chosen: Vec<&str> = words.iter().copied().filter(|_| self.chance()).collect();
        for index in (1..chosen.len()).rev() {
            chosen.swap(index, usize::try_from(self.below(index as u64 + 1)).expect("small"));
        }
        chosen
    }
}

fn schema() -> Schema {
    of_object(
        &[
            ("data", "map: string"),
            ("tags", "{list: string, type: set, merge: true}"),
            (
                "ports",
                "{list: {struct: {port: int, protocol: string, name: string, options: {map: string}}}, type: map,
                  keys: [port, {name: protocol, default: TCP}], merge_key: port}",
            ),
            ("args", "{list: string}"),
            ("nested", "struct: {size: int, whole: {map: int, atomic: true}, deep: {map: {struct: {a: int, b: int}}}}"),
            ("free", "any"),
        ]
        .into_iter()
        .map(|(name, notation)| (name.to_owned(), parse(notation)))
        .collect(),
    )
}

/// A document; all that tells parts of it apart ends in `mark`, so that documents with two marks have nothing in common.
fn document(random: &mut Random, mark: &str) -> Object {
    let words = ["a", "b", "c", "d"].map(|word| format!("{word}{mark}"));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut root = Map::new();
    let values = |random: &mut Random, bound| -> Map<String, Value> {
        let names = random.some(&words);
        names.into_iter().map(|name| (name.to_owned(), Value::from(random.below(bound).to_string()))).collect()
    };
    root.insert("data".to_owned(), values(random, 3).into());
    if random.chance() {
        root.insert("tags".to_owned(), random.some(&words).into());
    }
    let offset = if mark.is_empty() { 0 } else { u64::from(mark.as_bytes()[0]) * 100 };
    let ports: Vec<Value> = random
        .some(&["1", "2", "3", "4"])
        .into_iter()
        .map(|port| {
            let mut item = json!({"port": port.parse::<u64>().expect("a number") + offset, "options": values(random, 3)});
            if random.chance() {
                item["name"] = random.below(3).to_string().into();
            }
            item
        })
        .collect();
    root.insert("ports".to_owned(), ports.into());
    if mark.is_empty() {
        root.insert("args".to_owned(), random.some(&words).into());
        root.insert("nested".to_owned(), json!({"size": random.below(3), "whole": {"x": random.below(2)}}));
        root.insert("free".to_owned(), json!({"x": {"y": random.below(3), "l": [random.below(2)]}, "z": values(random, 2)}));
    }
    if random.chance() {
        let deep = random.some(&words).into_iter().map(|name| (name.to_owned(), json!({"a": random.below(3)})));
        root.insert("nested".to_owned(), json!({"deep": deep.collect::<Map<_, _>>()}));
    }
    let mut object = Object::from_value(Value::Object(root)).expect("an object");
    object.root_mut().insert("apiVersion".to_owned(), "v1".into());
    object.set_meta("name", "x");
    object
}

fn at(second: u64) -> Time {
    Time::new(Timestamp::from_second(i64::try_from(second).expect("small")).expect("a valid second"))
}

fn force_apply(schema: &Schema, live: Option<&Object>, applied: &Object, manager: &str, second: u64) -> Object {
    let ignored = FieldSet::new();
    let applied = applied.clone();
    let (schema, now) = (schema.root(), at(second));
    apply(ApplyRequest {
        schema,
        live,
        applied,
        manager,
        api_version: "v1",
        versions: &OneVersion,
        subresource: "",
        force: true,
        now,
        ignored: &ignored,
    })
    .expect("a forced apply of a valid object")
}

fn update(schema: &Schema, before: Option<&Object>, after: Object, manager: &str, second: u64) -> Object {
    let ignored = FieldSet::new();
    let (schema, now) = (schema.root(), at(second));
    track_update(UpdateRequest {
        schema,
        before,
        after,
        manager,
        api_version: "v1",
        versions: &OneVersion,
        subresource: "",
        now,
        ignored: &ignored,
    })
}

/// An object that several managers have written.
fn history(schema: &Schema, random: &mut Random) -> Object {
    let mut live = force_apply(schema, None, &document(random, ""), "first", 1);
    for second in 2..2 + random.below(5) {
        let next = document(random, "");
        live = match random.below(3) {
            0 => force_apply(schema, Some(&live), &next, "first", second),
            1 => force_apply(schema, Some(&live), &next, "second", second),
            _ => update(schema, Some(&live), next, "updater", second),
        };
    }
    live
}

fn managers(object: &Object) -> Managers {
    Managers::from_json(object.metadata().and_then(|metadata| metadata.get("managedFields"))).expect("readable managers")
}

fn for_each_round(mut check: impl FnMut(&Schema, &mut Random)) {
    let schema = schema();
    for round in 1..=ROUNDS {
        check(&schema, &mut Random(round.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    }
}

#[test]
fn applying_the_same_again_changes_nothing() {
    for_each_round(|schema, random| {
        let live = history(schema, random);
        let applied = document(random, "");
        let once = force_apply(schema, Some(&live), &applied, "first", 100);
        assert_eq!(force_apply(schema, Some(&once), &applied, "first", 200), once, "applied {:?} to {live:?}", applied.root());
    });
}

#[test]
fn a_forced_apply_gets_all_it_states() {
    for_each_round(|schema, random| {
        let live = history(schema, random);
        let applied = document(random, "");
        let result = force_apply(schema, Some(&live), &applied, "first", 100);
        let again = merge(schema.root(), result.clone().into_value(), applied.clone().into_value()).expect("mergeable");
        assert_eq!(again, result.clone().into_value());
        let own = managers(&result).entries.into_iter().find(|entry| entry.manager == "first").map(|entry| entry.fields);
        let mut stated = to_field_set(schema.root(), &applied.into_value()).expect("a valid object");
        stated.subtract(&[&["apiVersion"][..], &["metadata", "name"]].iter().map(|path| FieldPath::of_fields(path)).collect());
        assert_eq!(own.unwrap_or_default(), stated);
    });
}

#[test]
fn managers_with_nothing_in_common_may_come_in_any_order() {
    for_each_round(|schema, random| {
        let (one, two) = (document(random, "x"), document(random, "y"));
        let first = force_apply(schema, None, &one, "one", 1);
        let one_two = force_apply(schema, Some(&first), &two, "two", 2);
        let second = force_apply(schema, None, &two, "two", 2);
        let two_one = force_apply(schema, Some(&second), &one, "one", 1);
        // Whose apply comes second may find its fields there, and then has no time.
        let timeless = |object: &Object| {
            let mut managers = managers(object).entries;
            managers.iter_mut().for_each(|entry| entry.time = None);
            managers.sort_by(|left, right| left.manager.cmp(&right.manager));
            managers
        };
        assert_eq!(timeless(&one_two), timeless(&two_one));
        let unmanaged = |mut object: Object| {
            object.remove_meta("managedFields");
            object
        };
        let (one_two, two_one) = (unmanaged(one_two), unmanaged(two_one));
        let difference = compare(schema.root(), one_two.root(), two_one.root()).expect("comparable");
        assert!(difference.is_same(), "{difference:?}");
    });
}

/// An empty list has no items to own, so it stays when whoever stated it drops it; for once such lists are in the way.
fn without_empty_lists(mut object: Object) -> Object {
    object.root_mut().retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
    object
}

#[test]
fn what_one_applier_drops_is_gone_as_if_it_had_never_been() {
    for_each_round(|schema, random| {
        let (one, two) = (without_empty_lists(document(random, "x")), without_empty_lists(document(random, "y")));
        let mut nothing = Object::default();
        nothing.root_mut().insert("apiVersion".to_owned(), "v1".into());
        nothing.set_meta("name", "x");
        let alone = force_apply(schema, None, &two, "two", 2);
        let both = force_apply(schema, Some(&alone), &one, "one", 1);
        let after = force_apply(schema, Some(&both), &nothing, "one", 3);
        assert_eq!(after, alone);
    });
}

#[test]
fn an_owner_loses_only_what_changed() {
    for_each_round(|schema, random| {
        let before = history(schema, random);
        let after = document(random, "");
        let mut changed = compare(schema.root(), before.root(), after.root()).expect("comparable");
        let result = update(schema, Some(&before), after, "somebody", 100);
        changed.added.union_with(changed.modified);
        changed.added.union_with(changed.removed);
        for entry in managers(&before).entries {
            let now = managers(&result).entries.into_iter().find(|other| other.is_same_manager(&entry));
            let mut lost = entry.fields.clone();
            lost.subtract(&now.as_ref().map(|now| now.fields.clone()).unwrap_or_default());
            assert!(lost.is_subset(&changed.added), "{} lost {:?}", entry.manager, lost.paths());
            if lost.is_empty() && entry.manager != "somebody" {
                assert_eq!(now.and_then(|now| now.time), entry.time);
            }
        }
        assert!(managers(&result).entries.iter().all(|entry| !entry.fields.is_empty()));
    });
}

#[test]
fn an_update_that_changes_nothing_leaves_every_owner_and_time() {
    for_each_round(|schema, random| {
        let before = history(schema, random);
        assert_eq!(update(schema, Some(&before), before.clone(), "somebody", 100), before);
        let mut bare = before.clone();
        bare.remove_meta("managedFields");
        assert_eq!(update(schema, Some(&before), bare, "somebody", 100), before);
    });
}

#[test]
fn field_sets_read_back_as_they_were_written() {
    for_each_round(|schema, random| {
        let set = to_field_set(schema.root(), &document(random, "").into_value()).expect("a valid object");
        assert_eq!(from_fields_v1(&to_fields_v1(&set)), Ok(set.clone()));
        assert_eq!(set.paths().into_iter().collect::<FieldSet>(), set);
        assert_eq!(set.paths().len(), set.len());
    });
}

#[test]
fn removing_all_that_is_stated_leaves_nothing_stated() {
    for_each_round(|schema, random| {
        let document = document(random, "");
        let set = to_field_set(schema.root(), &document.clone().into_value()).expect("a valid object");
        let left = remove_items(schema.root(), document.root().clone(), &set, &FieldSet::new());
        let left = to_field_set(schema.root(), &Value::Object(left)).expect("a valid object");
        assert!(left.is_empty(), "{:?}", left.paths());
    });
}

#[test]
fn a_json_patch_that_adds_is_undone_by_one_that_removes() {
    for_each_round(|_, random| {
        let document = document(random, "").into_value();
        let places: BTreeSet<String> = ["/data/new", "/ports/0", "/free/z/~0~1", "/new"].into_iter().map(str::to_owned).collect();
        for path in places {
            let added =
                json_patch(document.clone(), &json!([{"op": "add", "path": path, "value": {"v": random.below(9)}}])).expect("a place");
            assert_ne!(added, document);
            assert_eq!(json_patch(added, &json!([{"op": "remove", "path": path}])).expect("it is there"), document);
        }
    });
}

#[test]
fn a_strategic_patch_with_the_document_itself_changes_nothing() {
    for_each_round(|schema, random| {
        let document = document(random, "").into_value();
        assert_eq!(strategic_merge_patch(schema.root(), document.clone(), document.clone()), Ok(document));
    });
}

/// The patch that turns one object into another, as kubectl would compute it. Lists are told apart by the names that `document` uses.
fn strategic_difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, after) in after {
        match (before.get(name), after) {
            (Some(before), after) if before == after => {}
            (Some(Value::Object(before)), Value::Object(after)) => {
                drop(patch.insert(name.clone(), strategic_difference(before, after).into()));
            }
            (Some(Value::Array(before)), Value::Array(after)) if name == "tags" => {
                let not_in =
                    |list: &[Value], other: &[Value]| list.iter().filter(|item| !other.contains(item)).cloned().collect::<Vec<_>>();
                patch.insert(format!("$deleteFromPrimitiveList/{name}"), not_in(before, after).into());
                patch.insert(format!("$setElementOrder/{name}"), after.clone().into());
                patch.insert(name.clone(), not_in(after, before).into());
            }
            (Some(Value::Array(before)), Value::Array(after)) if name == "ports" => {
                patch.insert(format!("$setElementOrder/{name}"), after.iter().map(|item| json!({"port": item["port"]})).collect());
                patch.insert(name.clone(), difference_of_ports(before, after).into());
            }
            (_, after) => drop(patch.insert(name.clone(), after.clone())),
        }
    }
    patch
}

fn difference_of_ports(before: &[Value], after: &[Value]) -> Vec<Value> {
    let with_key = |items: &[Value], port: &Value| items.iter().find(|item| item["port"] == *port).and_then(Value::as_object).cloned();
    let changed = after.iter().filter_map(|item| match (with_key(before, &item["port"]), item.as_object()) {
        (Some(before), Some(after)) if before != *after => {
            let mut patch = strategic_difference(&before, after);
            patch.insert("port".to_owned(), item["port"].clone());
            Some(Value::Object(patch))
        }
        (Some(_), _) => None,
        (None, _) => Some(item.clone()),
    });
    let gone = before.iter().filter(|item| with_key(after, &item["port"]).is_none());
    changed.chain(gone.map(|item| json!({"port": item["port"], "$patch": "delete"}))).collect()
}

#[test]
fn a_strategic_patch_of_the_difference_gives_the_target() {
    for_each_round(|schema, random| {
        let (before, after) = (document(random, ""), document(random, ""));
        let patch = Value::Object(strategic_difference(before.root(), after.root()));
        let patched = strategic_merge_patch(schema.root(), before.clone().into_value(), patch.clone());
        assert_eq!(patched, Ok(after.into_value()), "{patch} of {:?}", before.root());
    });
}

/// The merge patch that turns one object into another.
fn merge_difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, value)| {
        let value = match (before.get(name), value) {
            (Some(Value::Object(before)), Value::Object(after)) => merge_difference(before, after).into(),
            (_, value) => value.clone(),
        };
        (name.clone(), value)
    });
    gone.chain(changed).collect()
}

#[test]
fn a_merge_patch_of_the_difference_gives_the_target() {
    for_each_round(|_, random| {
        let (before, after) = (document(random, ""), document(random, ""));
        let patch = Value::Object(merge_difference(before.root(), after.root()));
        assert_eq!(merge_patch(before.into_value(), patch), after.into_value());
    });
}

#[test]
fn an_apply_takes_from_others_only_what_it_changes() {
    for_each_round(|schema, random| {
        let before = history(schema, random);
        let result = force_apply(schema, Some(&before), &document(random, ""), "another", 100);
        let mut changed = compare(schema.root(), before.root(), result.root()).expect("comparable");
        changed.added.union_with(changed.modified);
        changed.added.union_with(changed.removed);
        for entry in managers(&before).entries {
            let now = managers(&result).entries.into_iter().find(|other| other.is_same_manager(&entry));
            let mut lost = entry.fields.clone();
            lost.subtract(&now.as_ref().map(|now| now.fields.clone()).unwrap_or_default());
            assert!(lost.is_subset(&changed.added), "{} lost {:?}", entry.manager, lost.paths());
            assert!(now.is_none_or(|now| now.time == entry.time && now.fields.is_subset(&entry.fields)));
        }
    });
}

#[test]
fn an_apply_without_force_takes_nothing_from_anybody() {
    for_each_round(|schema, random| {
        let before = history(schema, random);
        // Something that nobody owns, or a part of what is there.
        let mut applied = document(random, "x");
        if random.chance() {
            applied = before.clone();
            applied.remove_meta("managedFields");
            applied.root_mut().retain(|name, _| name == "apiVersion" || name == "metadata" || random.chance());
        }
        let ignored = FieldSet::new();
        let (live, manager, now) = (Some(&before), "another", at(100));
        let schema = schema.root();
        let request = ApplyRequest {
            schema,
            live,
            applied,
            manager,
            api_version: "v1",
            versions: &OneVersion,
            subresource: "",
            force: false,
            now,
            ignored: &ignored,
        };
        let result = apply(request).expect("nothing in conflict");
        let others = managers(&result).entries.into_iter().filter(|entry| entry.manager != "another").collect::<Vec<_>>();
        assert_eq!(others, managers(&before).entries);
    });
}

/// Versions that differ in nothing but their name.
#[derive(Debug)]
struct SameShape(Arc<Schema>);

impl Versions for SameShape {
    fn schema(&self, _: &str) -> Option<Arc<Schema>> {
        Some(Arc::clone(&self.0))
    }

    fn convert(&self, object: &Object, api_version: &str) -> Object {
        let mut object = object.clone();
        object.root_mut().insert("apiVersion".to_owned(), api_version.into());
        object
    }
}

/// An object that several managers have written through one version or another, seen in the first.
fn history_in_versions(versions: &SameShape, random: &mut Random, names: [&str; 2]) -> Object {
    let ignored = FieldSet::new();
    let mut live: Option<Object> = None;
    for second in 1..3 + random.below(5) {
        // Updates of one manager through two versions are two managers, so they all come through the first.
        let (is_update, name) = (random.below(3) == 0, names[usize::from(random.chance())]);
        let api_version = if is_update { names[0] } else { name };
        let mut next = document(random, "");
        next.root_mut().insert("apiVersion".to_owned(), api_version.into());
        let before = live.take().map(|live| versions.convert(&live, api_version));
        let (schema, now, subresource, ignored, live_object) = (versions.0.root(), at(second), "", &ignored, before.as_ref());
        let written = if is_update {
            let (before, after, manager) = (live_object, next, "updater");
            track_update(UpdateRequest { schema, before, after, manager, api_version, versions, subresource, now, ignored })
        } else {
            let (applied, manager, force, live) = (next, ["first", "second"][usize::from(random.chance())], true, live_object);
            apply(ApplyRequest { schema, live, applied, manager, api_version, versions, subresource, force, now, ignored })
                .expect("a forced apply")
        };
        live = Some(versions.convert(&written, "v1"));
    }
    live.expect("at least two writes")
}

#[test]
fn managers_of_two_versions_own_what_they_would_own_in_one() {
    let versions = SameShape(Arc::new(schema()));
    for round in 1..=ROUNDS {
        let random = || Random(round.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let one = history_in_versions(&versions, &mut random(), ["v1", "v1"]);
        let two = history_in_versions(&versions, &mut random(), ["v1", "v2"]);
        let owned = |object: &Object| {
            let mut owned: BTreeMap<_, FieldSet> = BTreeMap::new();
            for entry in managers(object).entries {
                owned.entry((entry.manager, entry.operation)).or_default().union_with(entry.fields);
            }
            owned
        };
        assert!(owned(&one) == owned(&two), "round {round}: {one:?}\n{two:?}");
        let (mut one, mut two) = (one, two);
        one.remove_meta("managedFields");
        two.remove_meta("managedFields");
        assert_eq!(one, two, "round {round}");
    }
}

/// Anything at all, in words that mean something here.
fn garbage(random: &mut Random, depth: u64) -> Value {
    let words = [
        "metadata",
        "name",
        "data",
        "tags",
        "ports",
        "port",
        "protocol",
        "nested",
        "deep",
        "free",
        "$patch",
        "$retainKeys",
        "delete",
        "replace",
        "$setElementOrder/ports",
        "$setElementOrder/tags",
        "$deleteFromPrimitiveList/tags",
        "managedFields",
        "f:data",
        "v:1",
        "k:{}",
        ".",
        "op",
        "path",
        "from",
        "value",
        "add",
        "copy",
        "move",
        "test",
        "remove",
        "/tags/0",
        "/ports/-",
        "/data",
        "operation",
        "Apply",
        "Update",
        "apiVersion",
        "fieldsType",
        "FieldsV1",
        "fieldsV1",
        "manager",
        "v1",
    ];
    let word = |random: &mut Random| words[usize::try_from(random.below(words.len() as u64)).expect("small")];
    let kinds = if depth == 0 { 5 } else { 9 };
    match random.below(kinds) {
        0 => Value::Null,
        1 => random.chance().into(),
        2 => random.below(3).into(),
        3 => 1.5.into(),
        4 => word(random).into(),
        5 | 6 => (0..random.below(4)).map(|_| garbage(random, depth - 1)).collect(),
        _ => (0..random.below(6)).map(|_| (word(random).to_owned(), garbage(random, depth - 1))).collect::<Map<_, _>>().into(),
    }
}

fn garbage_object(random: &mut Random) -> Object {
    let members: Map<String, Value> =
        ["metadata", "data", "tags", "ports", "nested", "free"].into_iter().map(|name| (name.to_owned(), garbage(random, 4))).collect();
    Object::from_value(Value::Object(members)).expect("an object")
}

#[test]
fn garbage_is_refused_or_taken_and_never_a_panic() {
    let (mut taken, mut refused) = (0, 0);
    for_each_round(|schema, random| {
        for _ in 0..10 {
            let (live, other) = (garbage_object(random), garbage_object(random));
            let patch = garbage(random, 4);
            let ignored = FieldSet::new();
            let request = |live, applied| ApplyRequest {
                schema: schema.root(),
                live,
                applied,
                manager: "a",
                api_version: "v1",
                versions: &OneVersion,
                subresource: "",
                force: true,
                now: at(1),
                ignored: &ignored,
            };
            let outcomes = [
                apply(request(Some(&live), document(random, ""))).is_ok(),
                apply(request(Some(&live), other.clone())).is_ok(),
                apply(request(None, other.clone())).is_ok(),
                from_fields_v1(&patch).is_ok(),
                json_patch(live.clone().into_value(), &patch).is_ok(),
                json_patch(live.clone().into_value(), &json!([patch])).is_ok(),
                strategic_merge_patch(schema.root(), live.clone().into_value(), other.clone().into_value()).is_ok(),
            ];
            let _ = update(schema, Some(&live), other.clone(), "m", 1);
            let _ = update(schema, None, other, "m", 1);
            taken += outcomes.iter().filter(|outcome| **outcome).count();
            refused += outcomes.iter().filter(|outcome| !**outcome).count();
        }
    });
    assert!(taken > 100 && refused > 100, "{taken} taken, {refused} refused");
}
