//! `trueup tree --applyset`: a set's parent, its members, and what they own.
//!
//! Receives the set, hands on a table with a line for each. Invariant: every member has a line, below the member that owns it or else
//! below the parent. What the parent itself owns, the history of the set, has none.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::{HEADERS, Member, branch, by_owner, display_name, now, owned_kinds, read_all, told};
use crate::cli::output::align::Widths;
use crate::cli::progress::with_progress;
use crate::cli::sets::SeenSet;
use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus};
use crate::client::{Client, Discovery};
use crate::plan::Placed;

/// Shows the tree of a set.
pub(super) async fn show(
    ui: &Ui,
    (client, discovery): (&Client, &Discovery),
    seen: SeenSet,
    no_headers: bool,
) -> Result<ExitStatus, CommandError> {
    let reading = async {
        let (members, unknown) = seen.all_members(client, discovery).await?;
        let found = read_all(client, collections(discovery, &members)).await;
        Ok::<_, CommandError>((members, unknown, found))
    };
    let (members, unknown, found) = with_progress(ui, || format!("reading all objects from {}", client.target()), reading).await?;
    let owned = told(ui, found)?;
    let name = seen.parent.display_name();
    let mut parent = Member { resource: seen.parent.resource, object: seen.tracked.object };
    parent.object.set_gvk(&parent.resource.gvk());
    let is_empty = members.is_empty();
    let members: Vec<Member> = members.into_iter().map(|placed| Member { resource: placed.resource, object: placed.object }).collect();
    ui.foreign_data(&text(&parent, &members, &owned, now(), no_headers))?;
    unknown.iter().for_each(|unknown| ui.warning(unknown));
    if is_empty {
        ui.say(&format!("the set {name} has no members"));
    }
    Ok(ExitStatus::Success)
}

/// Where objects are that members may own: what is in a namespace owns nothing elsewhere, and a namespace owns nothing in this sense.
fn collections(discovery: &Discovery, members: &[Placed]) -> Vec<super::Collection> {
    let owns_everywhere = |member: &Placed| !member.resource.namespaced && member.resource.group_resource().to_string() != "namespaces";
    if members.iter().any(owns_everywhere) {
        return owned_kinds(discovery, false).into_iter().map(|resource| (resource, None)).collect();
    }
    let namespaces: BTreeSet<&String> = members.iter().filter_map(|member| member.key.namespace.as_ref()).collect();
    let kinds = owned_kinds(discovery, true);
    let everywhere = |resource| namespaces.iter().map(move |&namespace| (std::sync::Arc::clone(resource), Some(namespace.clone())));
    kinds.iter().flat_map(everywhere).collect()
}

/// The tree as a table; pure.
fn text(parent: &Member, members: &[Member], owned: &[Member], now: Timestamp, no_headers: bool) -> String {
    let mut below = by_owner(owned);
    below.insert(parent.object.uid().to_owned(), tops(members, &below));
    let mut lines = Vec::new();
    if !no_headers {
        lines.push(std::iter::once("NAMESPACE").chain(HEADERS).map(str::to_owned).collect());
    }
    branch(parent, ("", ""), &below, &mut HashSet::new(), now, &mut lines);
    Widths::default().align(&lines)
}

/// The members that stand right below the parent: those that no other member owns, and one of each circle.
fn tops<'a>(members: &'a [Member], owned: &HashMap<String, Vec<&'a Member>>) -> Vec<&'a Member> {
    let uids: HashSet<&str> = members.iter().map(|member| member.object.uid()).collect();
    let has_owner = |member: &Member| {
        let owners = member.object.owner_references();
        owners.iter().any(|owner| owner.uid != member.object.uid() && uids.contains(owner.uid.as_str()))
    };
    let mut in_order: Vec<&Member> = members.iter().collect();
    in_order.sort_by_cached_key(|member| (has_owner(member), display_name(member), member.object.namespace().map(str::to_owned)));
    let (mut shown, mut tops) = (HashSet::new(), Vec::new());
    for member in in_order {
        if shown.contains(member.object.uid()) {
            continue;
        }
        tops.push(member);
        let mut open = vec![member];
        while let Some(member) = open.pop() {
            if shown.insert(member.object.uid().to_owned()) {
                open.extend(owned.get(member.object.uid()).into_iter().flatten());
            }
        }
    }
    tops
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::client::ServedResource;
    use crate::object::Object;

    fn member(name: &str, namespace: &str, owners: &[&str]) -> Member {
        let owners: Vec<_> = owners.iter().map(|uid| json!({"apiVersion": "v1", "kind": "K", "name": "n", "uid": uid})).collect();
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, "uid": name,
            "ownerReferences": owners, "creationTimestamp": "2026-11-22T09:55:00Z"}});
        let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        Member { resource, object: Object::from_value(object).expect("an object") }
    }

    fn shown(members: &[Member], owned: &[Member]) -> String {
        let parent = member("shop", "a", &[]);
        text(&parent, members, owned, "2026-11-22T10:00:00Z".parse().expect("a time"), true)
    }

    #[test]
    fn members_stand_below_the_parent_and_below_members_that_own_them() {
        let members = [member("b", "two", &[]), member("a", "one", &["b"]), member("c", "one", &[])];
        let owned = [member("a", "one", &["b"]), member("x", "one", &["c"]), member("history", "a", &["shop"])];
        assert_eq!(
            shown(&members, &owned),
            "a     configmap/shop      5m    ready   \n\
             two   ├─ configmap/b      5m    ready   \n\
             one   │  └─ configmap/a   5m    ready   \n\
             one   └─ configmap/c      5m    ready   \n\
             one      └─ configmap/x   5m    ready   \n"
        );
    }

    #[test]
    fn members_that_own_each_other_are_shown_all_the_same() {
        let circle = || [member("a", "one", &["b"]), member("b", "one", &["a"])];
        let text = shown(&circle(), &circle());
        assert_eq!(
            text,
            "a     configmap/shop         5m    ready   \n\
             one   └─ configmap/a         5m    ready   \n\
             one      └─ configmap/b      5m    ready   \n\
             one         └─ configmap/a   5m    ready   \n"
        );
    }
}
