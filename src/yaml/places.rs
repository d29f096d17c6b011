//! Where each part of a document was written, looked up by path.
//!
//! One flat table in document order, 20 bytes for each part plus its key. Invariant: an entry's subtree is the run of entries up to
//! its `end`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::node::{Mark, Node, NodeKind};

/// The places of every part of one document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    entries: Vec<Entry>,
    keys: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    line: u32,
    column: u32,
    /// The index after the last entry below this one.
    end: u32,
    /// Where this entry's key ends in `keys`; it begins where the entry before ends.
    key_end: u32,
    /// Whether the entry is an item of a list, so that its position among its siblings is its name.
    is_item: bool,
}

/// The entry of the document itself.
pub(crate) const ROOT: u32 = 0;

impl Places {
    /// The places of a node and all below it.
    pub(crate) fn of(node: &Node) -> Self {
        let mut places = Self::default();
        places.add("", node.mark, false, node);
        places
    }

    /// The places of a document of which only those in `known` are told, by the steps to them, each with a number of the caller's; all else
    /// is where the nearest part around it is. The numbers come back for each entry.
    pub(crate) fn of_known(root: &Map<String, Value>, own: (Mark, u32), known: &HashMap<Vec<String>, (Mark, u32)>) -> (Self, Vec<u32>) {
        let mut walk = KnownWalk { places: Self::default(), numbers: Vec::new(), known, path: Vec::new() };
        walk.part("", false, own, |walk| walk.members(root, own));
        (walk.places, walk.numbers)
    }

    fn begin(&mut self, key: &str, mark: Mark, is_item: bool) -> usize {
        self.keys.push_str(key);
        self.entries.push(Entry { line: mark.line, column: mark.column, end: 0, key_end: narrow(self.keys.len()), is_item });
        self.entries.len() - 1
    }

    /// A member's place is its key's, because that is what a reader looks for; an item's is its own.
    fn add(&mut self, key: &str, mark: Mark, is_item: bool, node: &Node) {
        let index = self.begin(key, mark, is_item);
        match &node.kind {
            NodeKind::Scalar(_) => {}
            NodeKind::Sequence(items) => items.iter().for_each(|item| self.add("", item.mark, true, item)),
            NodeKind::Mapping(members) => members.iter().for_each(|member| self.add(&member.key, member.mark, false, &member.node)),
        }
        self.entries[index].end = narrow(self.entries.len());
    }

    /// The entry for one step below another: a member's name, or an item's position in decimal.
    pub(crate) fn child(&self, parent: u32, step: &str) -> Option<u32> {
        let end = self.entries.get(parent as usize)?.end;
        let mut index = parent + 1;
        let mut position = 0_usize;
        while index < end {
            let entry = self.entries[index as usize];
            let found = if entry.is_item { step.parse() == Ok(position) } else { self.key(index) == step };
            if found {
                return Some(index);
            }
            position += 1;
            index = entry.end;
        }
        None
    }

    /// The place of an entry.
    pub(crate) fn mark(&self, index: u32) -> Option<Mark> {
        self.entries.get(index as usize).map(|entry| Mark { line: entry.line, column: entry.column })
    }

    /// The deepest entry on a path that exists, and how many steps led to it.
    pub(crate) fn descend(&self, root: u32, path: &[&str]) -> (u32, usize) {
        let mut index = root;
        for (taken, step) in path.iter().enumerate() {
            match self.child(index, step) {
                Some(child) => index = child,
                None => return (index, taken),
            }
        }
        (index, path.len())
    }

    fn key(&self, index: u32) -> &str {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.entries[before].key_end as usize);
        &self.keys[start..self.entries[index].key_end as usize]
    }
}

/// A document on the way to the places of its parts.
struct KnownWalk<'k> {
    places: Places,
    numbers: Vec<u32>,
    known: &'k HashMap<Vec<String>, (Mark, u32)>,
    path: Vec<String>,
}

impl KnownWalk<'_> {
    fn part(&mut self, key: &str, is_item: bool, own: (Mark, u32), below: impl FnOnce(&mut Self)) {
        let index = self.places.begin(key, own.0, is_item);
        self.numbers.push(own.1);
        below(self);
        self.places.entries[index].end = narrow(self.places.entries.len());
    }

    fn members(&mut self, members: &Map<String, Value>, around: (Mark, u32)) {
        members.iter().for_each(|(name, value)| self.step(name.clone(), false, value, around));
    }

    fn step(&mut self, step: String, is_item: bool, value: &Value, around: (Mark, u32)) {
        let key = if is_item { String::new() } else { step.clone() };
        self.path.push(step);
        let own = self.known.get(&self.path).copied().unwrap_or(around);
        self.part(&key, is_item, own, |walk| match value {
            Value::Object(members) => walk.members(members, own),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(position, item)| walk.step(position.to_string(), true, item, own));
            }
            _ => {}
        });
        self.path.pop();
    }
}

/// Texts over 4 GiB are refused before they are read, so that counts of their parts fit.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_known_is_where_the_nearest_part_around_it_is() {
        let document = json!({"a": {"b": [{"c": 1}, {"c": 2, "d": 3}], "e": 4}, "f": 5});
        let at = |line| Mark { line, column: 1 };
        let steps = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let known = HashMap::from([(steps("a"), (at(2), 0)), (steps("a.b.1"), (at(7), 1)), (steps("a.x"), (at(9), 0))]);
        let (places, numbers) = Places::of_known(document.as_object().unwrap(), (at(1), 0), &known);
        let found = |path: &str| {
            let steps: Vec<&str> = path.split('.').collect();
            let (index, taken) = places.descend(ROOT, &steps);
            (places.mark(index).unwrap().line, numbers[index as usize], taken == steps.len())
        };
        let table =
            [("a.b.1.d", (7, 1, true)), ("a.b.0.c", (2, 0, true)), ("a.e", (2, 0, true)), ("f", (1, 0, true)), ("a.x", (2, 0, false))];
        for (path, expected) in table {
            assert_eq!(found(path), expected, "{path}");
        }
    }
}
