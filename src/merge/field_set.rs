//! The set of fields a manager owns, as a trie of path elements.
//!
//! Receives paths and other sets, hands on what policy needs: union, difference, intersection. Invariant: entries are sorted and
//! no entry is empty, so two sets with the same paths are equal.

use super::path::{FieldPath, PathElement};

/// A set of field paths. A container may be in the set, or what it contains, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    entries: Vec<(PathElement, Branch)>,
}

/// What a set holds at and below one path element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Branch {
    /// Whether the path that ends here is in the set.
    pub(super) member: bool,
    /// The paths that go on from here.
    pub(super) children: FieldSet,
}

impl Branch {
    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    fn merge(&mut self, other: Self) {
        self.member |= other.member;
        self.children.union_with(other.children);
    }
}

impl FieldSet {
    /// The set without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The set without members and with room for as many entries on its first level.
    pub(super) fn with_capacity(entries: usize) -> Self {
        Self { entries: Vec::with_capacity(entries) }
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many paths are members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.iter().map(|(_, branch)| usize::from(branch.member) + branch.children.len()).sum()
    }

    /// Adds a path, not its ancestors. The empty path, the whole document, is never a member and is ignored.
    pub fn insert(&mut self, path: &[PathElement]) {
        let Some((first, rest)) = path.split_first() else { return };
        let branch = self.branch_mut(first);
        if rest.is_empty() {
            branch.member = true;
        } else {
            branch.children.insert(rest);
        }
    }

    /// Whether exactly this path is a member.
    #[must_use]
    pub fn contains(&self, path: &[PathElement]) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        self.branch(first).is_some_and(|branch| if rest.is_empty() { branch.member } else { branch.children.contains(rest) })
    }

    /// Adds all members of another set.
    pub fn union_with(&mut self, other: Self) {
        if self.entries.is_empty() {
            *self = other;
            return;
        }
        for (element, branch) in other.entries {
            self.attach(element, branch);
        }
    }

    /// Removes the members of another set, each by its own path: what lies below stays. Answers whether anything was removed.
    pub fn subtract(&mut self, other: &Self) -> bool {
        self.subtract_with(other, false)
    }

    /// Removes the members of another set and everything below them. Answers whether anything was removed.
    pub fn subtract_with_children(&mut self, other: &Self) -> bool {
        self.subtract_with(other, true)
    }

    fn subtract_with(&mut self, other: &Self, with_children: bool) -> bool {
        let mut changed = false;
        let mut theirs = Aligned(&other.entries);
        self.entries.retain_mut(|(element, branch)| {
            let Some(other) = theirs.find(element) else { return true };
            if other.member {
                changed |= branch.member;
                branch.member = false;
                if with_children {
                    changed |= !branch.children.is_empty();
                    return false;
                }
            }
            changed |= branch.children.subtract_with(&other.children, with_children);
            !branch.is_empty()
        });
        changed
    }

    /// The paths that are members of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut theirs = Aligned(&other.entries);
        let common = self.entries.iter().filter_map(|(element, branch)| {
            let other = theirs.find(element)?;
            let both = Branch { member: branch.member && other.member, children: branch.children.intersection(&other.children) };
            (!both.is_empty()).then(|| (element.clone(), both))
        });
        Self { entries: common.collect() }
    }

    /// Whether all members are members of the other set too.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        let mut theirs = Aligned(&other.entries);
        self.entries.iter().all(|(element, branch)| {
            theirs.find(element).is_some_and(|other| (other.member || !branch.member) && branch.children.is_subset(&other.children))
        })
    }

    /// The members below which nothing else is a member.
    #[must_use]
    pub fn leaves(&self) -> Self {
        let entries = self.entries.iter().map(|(element, branch)| {
            let leaf = Branch { member: branch.member && branch.children.is_empty(), children: branch.children.leaves() };
            (element.clone(), leaf)
        });
        Self { entries: entries.collect() }
    }

    /// All members: those of one container first, then those further down, each in order.
    #[must_use]
    pub fn paths(&self) -> Vec<FieldPath> {
        let mut found = Vec::with_capacity(self.len());
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, prefix: &mut Vec<PathElement>, found: &mut Vec<FieldPath>) {
        for (element, _) in self.entries.iter().filter(|(_, branch)| branch.member) {
            let mut path = prefix.clone();
            path.push(element.clone());
            found.push(FieldPath(path));
        }
        for (element, branch) in &self.entries {
            prefix.push(element.clone());
            branch.children.collect(prefix, found);
            prefix.pop();
        }
    }

    pub(super) fn entries(&self) -> &[(PathElement, Branch)] {
        &self.entries
    }

    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = (&PathElement, &mut Branch)> {
        self.entries.iter_mut().map(|(element, branch)| (&*element, branch))
    }

    pub(super) fn branch(&self, element: &PathElement) -> Option<&Branch> {
        let index = self.entries.binary_search_by(|(known, _)| known.cmp(element)).ok()?;
        Some(&self.entries[index].1)
    }

    /// Adds what lies at one element. Cheap when elements come in order, as walks over sorted documents hand them in.
    pub(super) fn attach(&mut self, element: PathElement, branch: Branch) {
        if branch.is_empty() {
            return;
        }
        if self.entries.last().is_none_or(|(last, _)| *last < element) {
            self.entries.push((element, branch));
            return;
        }
        match self.entries.binary_search_by(|(known, _)| known.cmp(&element)) {
            Ok(index) => self.entries[index].1.merge(branch),
            Err(index) => self.entries.insert(index, (element, branch)),
        }
    }

    fn branch_mut(&mut self, element: &PathElement) -> &mut Branch {
        let index = match self.entries.binary_search_by(|(known, _)| known.cmp(element)) {
            Ok(index) => index,
            Err(index) => {
                self.entries.insert(index, (element.clone(), Branch::default()));
                index
            }
        };
        &mut self.entries[index].1
    }
}

impl FromIterator<FieldPath> for FieldSet {
    fn from_iter<I: IntoIterator<Item = FieldPath>>(paths: I) -> Self {
        let mut set = Self::new();
        paths.into_iter().for_each(|path| set.insert(&path.0));
        set
    }
}

/// Walks along sorted entries while somebody asks for ever greater elements.
struct Aligned<'a>(&'a [(PathElement, Branch)]);

impl<'a> Aligned<'a> {
    fn find(&mut self, element: &PathElement) -> Option<&'a Branch> {
        while let Some(((known, branch), rest)) = self.0.split_first() {
            match known.cmp(element) {
                std::cmp::Ordering::Less => self.0 = rest,
                std::cmp::Ordering::Equal => return Some(branch),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(paths: &[&str]) -> FieldSet {
        paths.iter().map(|path| FieldPath::of_fields(&path.split('.').collect::<Vec<_>>())).collect()
    }

    #[test]
    fn a_set_is_the_same_in_whatever_order_it_grew() {
        assert_eq!(set(&["a.b", "c", "a"]), set(&["c", "a", "a.b"]));
        assert_eq!(set(&["a", "a.b", "c"]).len(), 3);
        assert!(!set(&["a.b"]).contains(&FieldPath::of_fields(&["a"]).0), "ancestors are no members");
    }

    #[test]
    fn difference_takes_paths_and_leaves_what_lies_below() {
        let mut left = set(&["a", "a.b", "c.d", "e"]);
        assert!(left.subtract(&set(&["a", "c.d", "x"])));
        assert_eq!(left, set(&["a.b", "e"]));
        assert!(!left.subtract(&set(&["a", "c"])));
    }

    #[test]
    fn recursive_difference_takes_everything_below_too() {
        let mut left = set(&["status", "status.a", "status.b.c", "spec.x", "spec.y.z"]);
        assert!(left.subtract_with_children(&set(&["status", "spec.y"])));
        assert_eq!(left, set(&["spec.x"]));
    }

    #[test]
    fn union_and_intersection_are_what_their_names_say() {
        let mut union = set(&["a", "b.c"]);
        union.union_with(set(&["b", "b.d", "e"]));
        assert_eq!(union, set(&["a", "b", "b.c", "b.d", "e"]));
        assert_eq!(union.intersection(&set(&["b", "b.d", "z", "e.f"])), set(&["b", "b.d"]));
        assert!(set(&["b.c"]).is_subset(&union) && !set(&["e.f"]).is_subset(&union));
    }

    #[test]
    fn leaves_are_members_without_members_below() {
        assert_eq!(set(&["a", "a.b", "c"]).leaves(), set(&["a.b", "c"]));
    }

    #[test]
    fn members_of_a_container_are_listed_before_those_further_down() {
        let texts: Vec<_> = set(&["a.b", "c", "a.b.d"]).paths().iter().map(ToString::to_string).collect();
        assert_eq!(texts, [".c", ".a.b", ".a.b.d"]);
    }
}
