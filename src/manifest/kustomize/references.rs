//! References by name, after names have changed.
//!
//! Receives the finished set, changes the names in it that mean another object of it. Invariant: a reference is changed only where one
//! object is meant: one that had the name, of the right kind, within reach of the namespace, and renamed alongside if others had the name too.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::error::KustomizeProblem;
use super::field_spec::{FieldSpec, Made};
use super::identity::Id;
use super::item::Item;
use super::set::Set;
use super::transform::change_at;
use crate::manifest::ManifestError;

/// Updates every reference.
pub(super) fn update(set: &mut Set, references: &[(FieldSpec, Vec<FieldSpec>)]) -> Result<(), ManifestError> {
    let known: Vec<Known> = set.items.iter().map(Known::of).collect();
    let mut by_name: HashMap<&str, Vec<&Known>> = HashMap::new();
    for candidate in &known {
        let names: HashSet<&str> = candidate.previous.iter().map(|id| id.name.as_str()).collect();
        names.into_iter().for_each(|name| by_name.entry(name).or_default().push(candidate));
    }
    for (item, referrer) in set.items.iter_mut().zip(&known) {
        for (kind, rules) in references {
            for rule in rules.iter().filter(|rule| rule.fits(&referrer.first)) {
                let reference = Reference { referrer, kind, role: role_of(item, rule), accounts: account_namespaces(item) };
                reference.update(item, rule, &by_name)?;
            }
        }
    }
    Ok(())
}

/// What is known of an object when references are updated.
struct Known {
    present: Id,
    first: Id,
    previous: Vec<Id>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Known {
    fn of(item: &Item) -> Self {
        Self {
            present: item.id(),
            first: item.first_id(),
            previous: item.previous_ids().collect(),
            prefixes: item.prefixes.clone(),
            suffixes: item.suffixes.clone(),
        }
    }

    fn was_of_kind(&self, kind: &FieldSpec) -> bool {
        self.previous.iter().any(|id| kind.fits(id))
    }
}

/// One field that refers to objects of a kind.
struct Reference<'a> {
    referrer: &'a Known,
    kind: &'a FieldSpec,
    /// The kind that the field beside a role's name says.
    role: Option<FieldSpec>,
    /// The namespaces whose accounts a RoleBinding names.
    accounts: HashSet<String>,
}

impl Reference<'_> {
    fn update(&self, item: &mut Item, rule: &FieldSpec, by_name: &HashMap<&str, Vec<&Known>>) -> Result<(), ManifestError> {
        let mut problem = None;
        let result = change_at(item, rule, Made::Nothing, &mut |value| {
            self.update_value(value, by_name).map_err(|found| {
                problem = Some(found);
                String::new()
            })
        });
        match problem {
            Some(problem) => Err(item.fails(problem)),
            None => result,
        }
    }

    fn update_value(&self, value: &mut Value, by_name: &HashMap<&str, Vec<&Known>>) -> Result<(), KustomizeProblem> {
        match value {
            Value::String(name) => {
                let candidates = by_name.get(name.as_str()).map(Vec::as_slice).unwrap_or_default().to_vec();
                if let Some(found) = self.choose(name, candidates, |one, other| one.name == other.name)? {
                    name.clone_from(&found.present.name);
                }
                Ok(())
            }
            Value::Object(members) => self.update_mapping(members, by_name),
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.update_value(item, by_name)),
            _ => Ok(()),
        }
    }

    /// A mapping with a name and a namespace, such as a subject of a RoleBinding.
    fn update_mapping(&self, members: &mut Map<String, Value>, by_name: &HashMap<&str, Vec<&Known>>) -> Result<(), KustomizeProblem> {
        let Some(Value::String(name)) = members.get("name") else { return Ok(()) };
        let mut candidates = by_name.get(name.as_str()).map(Vec::as_slice).unwrap_or_default().to_vec();
        if let Some(namespace) = members.get("namespace").and_then(Value::as_str) {
            let was_there = |known: &&&Known| known.first.effective_namespace() == namespace && !known.first.cluster_scoped;
            let is_there = |known: &&&Known| known.present.effective_namespace() == namespace && !known.present.cluster_scoped;
            // Whether anything was there is asked of all objects, of any name; a set of these alone gives the same answer but where
            // another namespace's object has moved here meanwhile.
            let before: Vec<&Known> = candidates.iter().filter(was_there).copied().collect();
            candidates = if before.is_empty() { candidates.iter().filter(is_there).copied().collect() } else { before };
        }
        let same = |one: &Id, other: &Id| one.name == other.name && one.namespace == other.namespace;
        let Some(found) = self.choose(name, candidates, same)? else { return Ok(()) };
        members.insert("name".to_owned(), found.present.name.clone().into());
        if !found.present.namespace.is_empty() {
            members.insert("namespace".to_owned(), found.present.namespace.clone().into());
        }
        Ok(())
    }

    /// The object that a name means.
    fn choose<'k>(
        &self,
        name: &str,
        mut candidates: Vec<&'k Known>,
        same: impl Fn(&Id, &Id) -> bool,
    ) -> Result<Option<&'k Known>, KustomizeProblem> {
        candidates.retain(|known| self.is_in_reach(known));
        candidates.retain(|known| known.was_of_kind(self.kind));
        candidates.retain(|known| self.role.as_ref().is_none_or(|role| known.was_of_kind(role)));
        candidates.retain(|known| self.is_in_namespace(known));
        if candidates.len() > 1 {
            candidates.retain(|known| self.is_renamed_alongside(known, true));
        }
        if candidates.len() > 1 {
            candidates.retain(|known| self.is_renamed_alongside(known, false));
        }
        match candidates[..] {
            [] => Ok(None),
            [first, ref others @ ..] if others.iter().all(|other| same(&first.present, &other.present)) => Ok(Some(first)),
            _ => {
                let objects = candidates.iter().map(|known| known.present.to_string()).collect::<Vec<_>>().join(", ");
                Err(KustomizeProblem::Ambiguous { what: format!("the name {name:?}, which this object refers to"), objects })
            }
        }
    }

    /// An object of another namespace can be meant only by a RoleBinding that names accounts there.
    fn is_in_reach(&self, known: &Known) -> bool {
        let (from, to) = (&self.referrer.present, &known.present);
        from.cluster_scoped
            || to.cluster_scoped
            || from.effective_namespace() == to.effective_namespace()
            || self.accounts.contains(&to.namespace)
    }

    fn is_in_namespace(&self, known: &Known) -> bool {
        let (from, to) = (&self.referrer.present, &known.present);
        from.cluster_scoped || to.cluster_scoped || to.kind == "ServiceAccount" || from.effective_namespace() == to.effective_namespace()
    }

    /// Whether both were renamed in the same kustomizations, outermost ones last.
    fn is_renamed_alongside(&self, known: &Known, none_fits: bool) -> bool {
        let ends_alike = |one: &[String], other: &[String]| {
            if one.is_empty() || other.is_empty() {
                return none_fits || one.len() == other.len();
            }
            one.iter().rev().zip(other.iter().rev()).all(|(one, other)| one == other)
        };
        ends_alike(&known.prefixes, &self.referrer.prefixes) && ends_alike(&known.suffixes, &self.referrer.suffixes)
    }
}

/// The kind of role that a binding says, for the field of its name.
fn role_of(item: &Item, rule: &FieldSpec) -> Option<FieldSpec> {
    if !rule.path.ends_with("roleRef/name") {
        return None;
    }
    let text = |member| item.object.get_str(&["roleRef", member]).map(str::to_owned);
    let (group, kind) = (text("apiGroup")?, text("kind")?);
    Some(FieldSpec { group: group.into(), kind: kind.into(), ..FieldSpec::default() })
}

fn account_namespaces(item: &Item) -> HashSet<String> {
    if item.object.kind() != "RoleBinding" {
        return HashSet::new();
    }
    let subjects = item.object.get(&["subjects"]).and_then(Value::as_array).into_iter().flatten();
    let of_accounts = subjects.filter(|subject| subject.get("kind").is_some_and(|kind| kind == "ServiceAccount"));
    of_accounts.filter_map(|subject| Some(subject.get("namespace")?.as_str()?.to_owned())).collect()
}
