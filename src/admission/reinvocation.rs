//! Who is asked once more about an object that others changed later: mutating webhooks and policies whose `reinvocationPolicy` is
//! `IfNeeded`.
//!
//! Receives what happens in the two rounds in which mutators are asked; hands on whose turn it is in the second one. Invariants: pure;
//! nobody is asked more than twice, and nobody twice who did not want it.
//!
//! Each kind of mutators keeps its own [`Reinvocation`]; the rounds are common to all kinds. There is a second one where any kind wants it.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#reinvocation-policy>.

use std::collections::BTreeSet;

/// The rounds in which mutators are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Round {
    /// Everybody is asked.
    #[default]
    First,
    /// Those are asked after whom the object was changed.
    Second,
}

impl Round {
    /// Both, in their order.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];
}

/// What one kind of mutators did so far, each told apart by a key.
#[derive(Debug, Clone)]
pub struct Reinvocation<K> {
    round: Round,
    /// Those that may be asked again, and were asked since the object was last changed.
    asked: BTreeSet<K>,
    due: BTreeSet<K>,
    wants_second: bool,
}

impl<K> Default for Reinvocation<K> {
    fn default() -> Self {
        Self { round: Round::First, asked: BTreeSet::new(), due: BTreeSet::new(), wants_second: false }
    }
}

impl<K: Ord> Reinvocation<K> {
    /// Begins the turn of this kind in a round. `is_changed` says whether the object is another than at the end of its last turn, which
    /// somebody else saw to then.
    pub fn begin(&mut self, round: Round, is_changed: bool) {
        self.round = round;
        if round == Round::Second && is_changed {
            self.due.append(&mut self.asked);
        }
    }

    /// Whether one is to be asked in this round.
    #[must_use]
    pub fn is_due(&self, key: &K) -> bool {
        self.round == Round::First || self.due.contains(key)
    }

    /// Notes that one was asked, whether it changed the object, and whether it may be asked again.
    pub fn note(&mut self, key: K, is_changed: bool, again: bool) {
        if is_changed {
            self.due.append(&mut self.asked);
            self.wants_second = true;
        }
        if again {
            self.asked.insert(key);
        }
    }

    /// Ends the turn of policies. As in kube-apiserver, all policies that may be asked again are due as soon as any mutation succeeded, be it
    /// their own and even one that changed nothing; with webhooks it takes a change by a later one.
    pub fn end_of_policies(&mut self, is_touched: bool) {
        if is_touched {
            self.due.append(&mut self.asked);
            self.wants_second = true;
        }
    }

    /// Whether all kinds are to have a second round.
    #[must_use]
    pub fn wants_second(&self) -> bool {
        self.wants_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks webhooks or policies in two rounds, without anybody else; answers who was asked. Each is named with what it does: whether it
    /// changes the object, and whether it may be asked again.
    fn asked(mutators: &[(&'static str, bool, bool)], policies: bool) -> Vec<&'static str> {
        let mut known = Reinvocation::default();
        let mut asked = Vec::new();
        for round in Round::ALL {
            if round == Round::Second && !known.wants_second() {
                break;
            }
            known.begin(round, false);
            for (name, changes, again) in mutators {
                if known.is_due(name) {
                    asked.push(*name);
                    known.note(*name, *changes, *again);
                }
            }
            known.end_of_policies(policies);
        }
        asked
    }

    #[test]
    fn those_are_asked_again_after_whom_the_object_was_changed() {
        assert_eq!(asked(&[("a", true, true), ("b", true, true), ("c", true, false)], false), ["a", "b", "c", "a", "b"]);
        assert_eq!(asked(&[("a", true, true), ("b", false, true)], false), ["a", "b"], "nobody changed it after a");
        assert_eq!(asked(&[("a", false, true), ("b", true, false), ("c", false, true)], false), ["a", "b", "c", "a"]);
        assert_eq!(asked(&[("a", true, false), ("b", true, false)], false), ["a", "b"], "nobody may be asked again");
        assert_eq!(asked(&[("a", false, true)], false), ["a"], "nothing changed, so there is no second round");
    }

    #[test]
    fn a_change_in_the_second_round_makes_others_due_that_come_later() {
        assert_eq!(asked(&[("a", true, true), ("b", true, true)], false), ["a", "b", "a", "b"]);
        // What `b` changes the second time is not shown to `a` once more.
        assert_eq!(asked(&[("a", true, true), ("b", true, false), ("c", false, true)], false), ["a", "b", "c", "a", "c"]);
    }

    #[test]
    fn policies_that_may_be_asked_again_are_as_soon_as_any_mutation_succeeded() {
        assert_eq!(asked(&[("a", true, true)], true), ["a", "a"]);
        assert_eq!(asked(&[("a", false, true), ("b", false, false)], true), ["a", "b", "a"]);
    }

    #[test]
    fn what_somebody_else_changed_between_the_turns_makes_all_due() {
        let mut known = Reinvocation::default();
        known.begin(Round::First, false);
        known.note("a", true, true);
        known.note("b", false, false);
        known.begin(Round::Second, true);
        assert!(known.is_due(&"a") && !known.is_due(&"b"));
        let mut unchanged = Reinvocation::default();
        unchanged.begin(Round::First, true);
        unchanged.note("a", false, true);
        unchanged.begin(Round::Second, false);
        assert!(!unchanged.is_due(&"a") && !unchanged.wants_second());
    }
}
