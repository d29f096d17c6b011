//! Which members are pruned, and when that is too much.
//!
//! Receives the live members and the desired objects, hands on those that leave. Pure. Invariant: an object that is desired, in whichever
//! version or group it is written, does not leave.

use std::collections::HashSet;
use std::str::FromStr;

use super::{DELETION, Leaving, Members, PRUNE, Parent};
use crate::object::{GroupResource, Object, ObjectKey};
use crate::plan::live::Live;
use crate::plan::place::{Placed, in_namespace, is_namespace};

/// Why nothing is pruned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PruneError {
    /// Too many would go.
    #[error("{deletions} of the set's {members} members would be deleted, where {most} may be")]
    TooMany {
        /// How many would go.
        deletions: usize,
        /// How many members there are.
        members: usize,
        /// How many may go.
        most: usize,
    },
    /// An annotation says something that nobody understands, and it may mean that the object stays.
    #[error("{object} would be pruned, but its annotation {PRUNE} is {value:?}, which means nothing; keep is what it may be")]
    UnknownWish {
        /// The object.
        object: String,
        /// What it says.
        value: String,
    },
    /// The set's parent would go with its namespace.
    #[error("namespace/{namespace} would be pruned, in which the set's parent {parent} lives")]
    OwnNamespace {
        /// The namespace.
        namespace: String,
        /// The parent.
        parent: String,
    },
}

/// How many objects one run may prune.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MaxDeletions {
    /// A fifth of the set, and five where that is less.
    #[default]
    Usual,
    /// This many.
    Count(usize),
    /// This share of the set's members, in hundredths.
    Percent(u8),
}

impl MaxDeletions {
    /// How many of so many members may go.
    #[must_use]
    pub fn of(self, members: usize) -> usize {
        let share = |percent: u8| members.saturating_mul(usize::from(percent)) / 100;
        match self {
            Self::Usual => share(20).max(5),
            Self::Count(count) => count,
            Self::Percent(percent) => share(percent),
        }
    }

    /// Refuses too many deletions.
    pub fn check(self, deletions: usize, members: usize) -> Result<(), PruneError> {
        let most = self.of(members);
        if deletions > most { Err(PruneError::TooMany { deletions, members, most }) } else { Ok(()) }
    }
}

impl FromStr for MaxDeletions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().filter(|percent| *percent <= 100).map(Self::Percent),
            None => text.parse().ok().map(Self::Count),
        };
        read.ok_or_else(|| format!("{text:?} is neither a number such as 10 nor a share such as 50%"))
    }
}

/// The members that no desired object is, in the order in which they were found: those to delete, and those that stay and leave the set.
/// Refuses to delete the namespace that the parent lives in.
pub fn leaving(members: &Members, desired: &[Placed], live: &Live, parent: &Parent) -> Result<Vec<Leaving>, PruneError> {
    let others = undescribed(members, desired, live, parent).filter(|member| member.object.deletion_timestamp().is_none());
    let leaving: Vec<Leaving> = others.map(Leaving::of).collect::<Result<_, _>>()?;
    match leaving.iter().find(|leaving| !leaving.stays && is_home(&leaving.member, parent)) {
        Some(home) => Err(PruneError::OwnNamespace { namespace: home.member.key.name.clone(), parent: parent.display_name() }),
        None => Ok(leaving),
    }
}

/// The members that no desired object is, in whichever version or group it is written. The parent is no member.
pub fn undescribed<'a>(
    members: &'a Members,
    desired: &'a [Placed],
    live: &'a Live,
    parent: &'a Parent,
) -> impl Iterator<Item = &'a Placed> {
    let places: HashSet<(GroupResource, &ObjectKey)> = desired.iter().map(|d| (d.resource.group_resource(), &d.key)).collect();
    let uids: HashSet<&str> = desired.iter().filter_map(|placed| live.object(placed)).map(Object::uid).collect();
    let is_desired =
        move |member: &Placed| places.contains(&(member.resource.group_resource(), &member.key)) || uids.contains(member.object.uid());
    members.others.iter().filter(move |member| !is_desired(member) && !is_parent(member, parent))
}

/// All members, for a set that goes as a whole; what is going already needs nobody to delete it.
pub fn all_leaving(members: &Members, parent: &Parent) -> Result<Vec<Leaving>, PruneError> {
    let leaves = |member: &&Placed| member.object.deletion_timestamp().is_none() && !is_parent(member, parent);
    members.others.iter().filter(leaves).map(Leaving::of).collect()
}

fn is_parent(member: &Placed, parent: &Parent) -> bool {
    let same_resource = member.resource.group_resource() == parent.resource.group_resource();
    same_resource && member.key.name == parent.name && member.key.namespace == parent.namespace
}

/// Whether a member is the namespace that the parent lives in.
#[must_use]
pub fn is_home(member: &Placed, parent: &Parent) -> bool {
    is_namespace(&member.object) && parent.namespace.as_ref() == Some(&member.key.name)
}

/// Whether an object says that it stays when it is pruned; the annotation that does, as people read it.
pub fn keeps_itself(member: &Placed) -> Result<Option<String>, PruneError> {
    let object = &member.object;
    match object.annotation(PRUNE) {
        Some("keep") => Ok(Some(format!("{PRUNE}: keep"))),
        Some(other) => {
            let object = format!("{}{}", member.display_name(), in_namespace(member.key.namespace.as_deref()));
            Err(PruneError::UnknownWish { object, value: other.to_owned() })
        }
        None => Ok((object.annotation(DELETION) == Some("detach")).then(|| format!("{DELETION}: detach"))),
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::client::ServedResource;

    fn parent() -> Parent {
        let resource = Arc::new(ServedResource::named("", "v1", "Secret", "secrets", true));
        Parent { resource, namespace: Some("a".to_owned()), name: "shop".to_owned() }
    }

    fn member(kind: &str, name: &str, annotations: Value) -> Placed {
        let namespaced = kind != "Namespace";
        let metadata =
            json!({"name": name, "namespace": namespaced.then_some("a"), "uid": format!("u-{name}"), "annotations": annotations});
        let object = Object::from_value(json!({"apiVersion": "v1", "kind": kind, "metadata": metadata})).unwrap();
        let resource = Arc::new(ServedResource::named("", "v1", kind, &format!("{}s", kind.to_lowercase()), namespaced));
        Placed { key: object.key(), object, source: None, resource, kind_is_pending: false }
    }

    fn left(others: Vec<Placed>, desired: &[Placed], live: &Live) -> Result<Vec<String>, String> {
        let members = Members { count: others.len(), others, ..Members::default() };
        let leaving = leaving(&members, desired, live, &parent()).map_err(|error| error.to_string())?;
        Ok(leaving.iter().map(|l| format!("{}{}", l.member.display_name(), if l.stays { " stays" } else { "" })).collect())
    }

    #[test]
    fn members_that_nobody_wants_leave() {
        let wanted = [member("ConfigMap", "a", json!({})), member("Event", "e", json!({}))];
        let served_twice = member("Event.events.k8s.io", "e", json!({}));
        let live = Live::of([(GroupResource::new("", "events"), wanted[1].object.clone())]);
        let mut going = member("ConfigMap", "c", json!({}));
        going.object.set_meta("deletionTimestamp", "2026-11-22T10:00:00Z");
        let others = vec![wanted[0].clone(), member("ConfigMap", "b", json!({})), served_twice, going, member("Secret", "shop", json!({}))];
        assert_eq!(left(others, &wanted, &live), Ok(vec!["configmap/b".to_owned()]));
    }

    #[test]
    fn members_that_say_so_stay() {
        let kept = member("ConfigMap", "a", json!({PRUNE: "keep"}));
        let detached = member("ConfigMap", "b", json!({DELETION: "detach"}));
        let other = member("ConfigMap", "c", json!({DELETION: "x"}));
        let expected = ["configmap/a stays", "configmap/b stays", "configmap/c"].map(str::to_owned).to_vec();
        assert_eq!(left(vec![kept, detached, other], &[], &Live::default()), Ok(expected));
        let unclear = left(vec![member("ConfigMap", "a", json!({PRUNE: "kep"}))], &[], &Live::default());
        let expected = "configmap/a in namespace a would be pruned, but its annotation trueup.dev/prune is \"kep\", which means nothing; \
                        keep is what it may be";
        assert_eq!(unclear.unwrap_err(), expected);
    }

    #[test]
    fn a_parent_does_not_go_with_its_namespace() {
        let refused = left(vec![member("Namespace", "a", json!({}))], &[], &Live::default()).unwrap_err();
        assert_eq!(refused, "namespace/a would be pruned, in which the set's parent secret/shop lives");
        let kept = left(vec![member("Namespace", "a", json!({PRUNE: "keep"}))], &[], &Live::default());
        assert_eq!(kept, Ok(vec!["namespace/a stays".to_owned()]));
        assert_eq!(left(vec![member("Namespace", "b", json!({}))], &[], &Live::default()), Ok(vec!["namespace/b".to_owned()]));
    }

    #[test]
    fn a_fifth_may_go_and_five_in_any_case() {
        for (members, most) in [(0, 5), (10, 5), (25, 5), (30, 6), (1000, 200)] {
            assert_eq!(MaxDeletions::Usual.of(members), most, "{members}");
        }
        assert_eq!(MaxDeletions::Usual.check(5, 6), Ok(()));
        let refused = MaxDeletions::Usual.check(7, 30).unwrap_err().to_string();
        assert_eq!(refused, "7 of the set's 30 members would be deleted, where 6 may be");
    }

    #[test]
    fn a_limit_is_a_number_or_a_share() {
        let read = |text: &str| text.parse::<MaxDeletions>();
        assert_eq!(read("0"), Ok(MaxDeletions::Count(0)));
        assert_eq!(read("50%"), Ok(MaxDeletions::Percent(50)));
        assert_eq!(MaxDeletions::Percent(50).of(5), 2);
        for wrong in ["", "%", "-1", "101%", "5 %", "x"] {
            assert_eq!(read(wrong), Err(format!("{wrong:?} is neither a number such as 10 nor a share such as 50%")));
        }
    }
}
