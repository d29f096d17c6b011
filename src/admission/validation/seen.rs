//! The names met so far, kept without allocation while they are few.
//!
//! Receives names one by one; hands on whether each is new. Invariant: the time for a name does not grow with those before it.

use std::collections::HashSet;

/// As many names as most lists of a pod have.
const FEW: usize = 8;

/// A set of texts that live as long as the document.
#[derive(Default)]
pub(super) struct Seen<'v> {
    few: [&'v str; FEW],
    count: usize,
    many: HashSet<&'v str>,
}

impl<'v> Seen<'v> {
    /// Adds a name; answers whether it was not there before.
    pub(super) fn insert(&mut self, name: &'v str) -> bool {
        if self.contains(name) {
            return false;
        }
        match self.few.get_mut(self.count) {
            Some(place) => {
                *place = name;
                self.count += 1;
            }
            None => drop(self.many.insert(name)),
        }
        true
    }

    /// Whether a name was added.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.few[..self.count].contains(&name) || self.many.contains(name)
    }

    /// Whether no name was added.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The names in their order.
    pub(super) fn sorted(&self) -> Vec<&'v str> {
        let mut names: Vec<&str> = self.few[..self.count].iter().chain(&self.many).copied().collect();
        names.sort_unstable();
        names
    }
}

impl<'v> FromIterator<&'v str> for Seen<'v> {
    fn from_iter<I: IntoIterator<Item = &'v str>>(names: I) -> Self {
        let mut seen = Self::default();
        for name in names {
            seen.insert(name);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn a_name_is_new_once_however_many_there_are() {
        let names: Vec<String> = (0..20).map(|number| format!("n{number:02}")).collect();
        let mut seen = Seen::default();
        assert!(seen.is_empty());
        for name in &names {
            assert!(seen.insert(name), "{name}");
            assert!(!seen.insert(name), "{name}");
        }
        assert!(seen.contains("n19") && !seen.contains("n20"));
        assert_eq!(seen.sorted(), names);
    }
}
