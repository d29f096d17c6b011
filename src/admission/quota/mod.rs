//! Resource quotas: what a write takes of them, and what all objects of a namespace take together.
//!
//! Receives quotas and objects with all their defaults; hands on the quota as it stands after the write, or after a count. Invariant: a
//! quota counts what its status says is limited, never what its spec says and nobody has counted yet.
//!
//! See <https://kubernetes.io/docs/concepts/policy/resource-quotas/>.

mod amounts;
mod scopes;
mod usage;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use self::amounts::Amounts;
use crate::object::{GroupResource, Object};

/// A write that quotas are asked about.
pub(crate) struct Subject<'a> {
    pub(crate) kind: &'a GroupResource,
    pub(crate) object: &'a Object,
    /// What it takes the place of.
    pub(crate) before: Option<&'a Object>,
    pub(crate) now: Timestamp,
}

/// Charges a write to a quota: the quota as it is to be stored, `None` where the write takes nothing of it. Says what stands against
/// the write.
pub(crate) fn charge(quota: &Object, subject: &Subject) -> Result<Option<Object>, String> {
    let (hard, used) = (Amounts::read(quota.get(&["status", "hard"])), Amounts::read(quota.get(&["status", "used"])));
    let limited = hard.only(|name| usage::limits_kind(name, subject.kind));
    if limited.is_empty() || !scopes::has_all(quota, subject.kind, subject.object) {
        return Ok(None);
    }
    let name = quota.name();
    let spec = subject.object.root().get("spec").filter(|_| is_pod(subject.kind));
    if let Some(unsaid) = spec.and_then(|spec| usage::unsaid(spec, limited.names())) {
        return Err(format!("failed quota: {name}: must specify {unsaid}"));
    }
    let unknown: Vec<&str> = limited.names().filter(|name| !used.has(name)).collect();
    if !unknown.is_empty() {
        return Err(format!("status unknown for quota: {name}, resources: {}", unknown.join(",")));
    }
    let wanted = requested(quota, subject).only(|name| limited.has(name));
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut after = used.clone();
    after.add_all(&wanted);
    let exceeded = after.only(|name| wanted.has(name)).beyond(&hard);
    if !exceeded.is_empty() {
        let of = |amounts: &Amounts| amounts.only(|name| exceeded.has(name)).shown();
        return Err(format!("exceeded quota: {name}, requested: {}, used: {}, limited: {}", of(&wanted), of(&used), of(&hard)));
    }
    let mut quota = quota.clone();
    set_status(&mut quota, "used", &after);
    Ok(Some(quota))
}

fn is_pod(kind: &GroupResource) -> bool {
    kind.group.is_empty() && kind.resource == "pods"
}

/// What the write takes more than what it takes the place of. What it takes less is given back by the next count.
fn requested(quota: &Object, subject: &Subject) -> Amounts {
    let whole = usage::of(subject.kind, subject.object, subject.now);
    let before = subject.before.filter(|before| scopes::has_all(quota, subject.kind, before));
    whole.beyond(&before.map(|before| usage::of(subject.kind, before, subject.now)).unwrap_or_default())
}

/// The kinds of which a quota limits something, each once.
pub(crate) fn kinds(quota: &Object) -> Vec<GroupResource> {
    let hard = Amounts::read(quota.get(&["spec", "hard"]));
    let names: BTreeSet<(String, String)> = hard.names().filter_map(usage::kind_of).map(|kind| (kind.group, kind.resource)).collect();
    names.into_iter().map(|(group, resource)| GroupResource::new(&group, &resource)).collect()
}

/// What an object takes of what a quota limits.
pub(crate) fn taken(quota: &Object, kind: &GroupResource, object: &Object, now: Timestamp) -> Amounts {
    if !scopes::has_all(quota, kind, object) {
        return Amounts::default();
    }
    let hard = Amounts::read(quota.get(&["spec", "hard"]));
    usage::of(kind, object, now).only(|name| hard.has(name))
}

/// A quota after a count; `None` where it says so already.
pub(crate) fn counted(quota: &Object, found: &Amounts) -> Option<Object> {
    let hard = Amounts::read(quota.get(&["spec", "hard"]));
    let mut used = Amounts::default();
    hard.names().for_each(|name| used.add(name, amounts::Amount::default()));
    used.add_all(&found.only(|name| hard.has(name)));
    let before = Amounts::read(quota.get(&["status", "used"]));
    if Amounts::read(quota.get(&["status", "hard"])) == hard && before == used {
        return None;
    }
    let mut after = quota.clone();
    set_status(&mut after, "hard", &hard);
    set_status(&mut after, "used", &used);
    Some(after)
}

fn set_status(quota: &mut Object, member: &str, amounts: &Amounts) {
    let status = quota.root_mut().entry("status").or_insert_with(|| json!({}));
    if let Value::Object(status) = status {
        status.insert(member.to_owned(), amounts.to_value());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().expect("a time")
    }

    fn quota(hard: &Value, used: &Value) -> Object {
        object(json!({"metadata": {"name": "q"}, "spec": {"hard": hard}, "status": {"hard": hard, "used": used}}))
    }

    fn pod(cpu: &str) -> Object {
        object(json!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}))
    }

    fn ask(quota: &Object, object: &Object, before: Option<&Object>) -> Result<Option<Value>, String> {
        let kind = GroupResource::new("", "pods");
        let charged = charge(quota, &Subject { kind: &kind, object, before, now: now() })?;
        Ok(charged.map(|charged| charged.root()["status"]["used"].clone()))
    }

    #[test]
    fn a_write_is_charged_and_what_is_too_much_is_refused() {
        let quota =
            quota(&json!({"pods": "2", "requests.cpu": "2", "secrets": "1"}), &json!({"pods": "1", "requests.cpu": "1", "secrets": "0"}));
        assert_eq!(ask(&quota, &pod("1"), None), Ok(Some(json!({"pods": "2", "requests.cpu": "2", "secrets": "0"}))));
        let why = "exceeded quota: q, requested: requests.cpu=1500m, used: requests.cpu=1, limited: requests.cpu=2";
        assert_eq!(ask(&quota, &pod("1500m"), None), Err(why.to_owned()));
    }

    #[test]
    fn an_update_is_charged_what_it_takes_more() {
        let quota = quota(&json!({"pods": "1", "requests.cpu": "2"}), &json!({"pods": "1", "requests.cpu": "1"}));
        assert_eq!(ask(&quota, &pod("2"), Some(&pod("1"))), Ok(Some(json!({"pods": "1", "requests.cpu": "2"}))));
        assert_eq!(ask(&quota, &pod("500m"), Some(&pod("1"))), Ok(None));
    }

    #[test]
    fn what_is_limited_must_be_said_and_must_have_been_counted() {
        let limited = quota(&json!({"limits.cpu": "2", "requests.cpu": "1"}), &json!({}));
        assert_eq!(ask(&limited, &pod("1"), None), Err("failed quota: q: must specify limits.cpu for: c".to_owned()));
        let unknown = quota(&json!({"pods": "2"}), &json!({}));
        assert_eq!(ask(&unknown, &pod("1"), None), Err("status unknown for quota: q, resources: pods".to_owned()));
        assert_eq!(ask(&object(json!({"spec": {"hard": {"pods": "0"}}})), &pod("1"), None), Ok(None));
        assert_eq!(ask(&quota(&json!({"secrets": "0"}), &json!({})), &pod("1"), None), Ok(None));
    }

    #[test]
    fn a_count_says_what_was_found_and_nothing_where_that_is_known() {
        let quota = quota(&json!({"pods": "5", "secrets": "5"}), &json!({"pods": "3", "secrets": "1"}));
        let found = Amounts::read(Some(&json!({"pods": "1", "secrets": "2"})));
        let used = counted(&quota, &found).map(|quota| quota.root()["status"]["used"].clone());
        assert_eq!(used, Some(json!({"pods": "1", "secrets": "2"})));
        let right = Amounts::read(Some(&json!({"pods": "3", "secrets": "1"})));
        assert!(counted(&quota, &right).is_none());
    }

    #[test]
    fn the_kinds_of_a_quota_are_each_named_once() {
        let quota = quota(&json!({"pods": "1", "limits.cpu": "1", "count/pods": "3", "count/widgets.x.io": "1"}), &json!({}));
        let names: Vec<String> = kinds(&quota).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["pods", "widgets.x.io"]);
    }
}
