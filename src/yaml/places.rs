//! Where each part of a document was written, looked up by path.
//!
//! One flat table in document order, 20 bytes for each part plus its key. Invariant: an entry's subtree is the run of entries up to
//! its `end`.

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

    /// A member's place is its key's, because that is what a reader looks for; an item's is its own.
    fn add(&mut self, key: &str, mark: Mark, is_item: bool, node: &Node) {
        let index = self.entries.len();
        self.keys.push_str(key);
        self.entries.push(Entry { line: mark.line, column: mark.column, end: 0, key_end: narrow(self.keys.len()), is_item });
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

/// Texts over 4 GiB are refused before they are read, so that counts of their parts fit.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
