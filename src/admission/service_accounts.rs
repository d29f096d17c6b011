//! The service account of a pod, its token and its pull secrets (`ServiceAccount`).
//!
//! Receives new pods with the service accounts of their namespace; fills in what follows from the account. Invariant: what a pod mounts
//! itself where the token belongs stays.
//!
//! See <https://kubernetes.io/docs/concepts/security/service-accounts/>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::object::Object;

/// The account of pods that name none.
pub(crate) const DEFAULT: &str = "default";

const MIRROR: &str = "kubernetes.io/config.mirror";
const ENFORCED: &str = "kubernetes.io/enforce-mountable-secrets";
const VOLUME: &str = "kube-api-access-";
const MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const MOUNTING: [(&str, &str); 2] = [("initContainers", "init container"), ("containers", "container")];

/// The account that a pod runs as; `None` for a mirror pod, which has none.
pub(crate) fn account_of(pod: &Object) -> Option<&str> {
    let stated = |name: &str| pod.get_str(&["spec", name]).filter(|name| !name.is_empty());
    let name = stated("serviceAccountName").or_else(|| stated("serviceAccount"));
    if pod.annotation(MIRROR).is_some() { None } else { Some(name.unwrap_or(DEFAULT)) }
}

/// Gives a new pod its account; says what stands against it. `suffix` is five random characters.
pub(crate) fn fill(pod: &mut Object, namespace: &str, accounts: &[Object], suffix: impl FnOnce() -> String) -> Result<(), String> {
    let Some(name) = account_of(pod).map(str::to_owned) else { return mirror(pod) };
    let account = accounts.iter().find(|account| account.name() == name);
    let account =
        account.ok_or_else(|| format!("error looking up service account {namespace}/{name}: serviceaccount {name:?} not found"))?;
    let Some(Value::Object(spec)) = pod.root_mut().get_mut("spec") else { return Ok(()) };
    spec.insert("serviceAccountName".to_owned(), name.clone().into());
    spec.insert("serviceAccount".to_owned(), name.into());
    if mounts(spec, account) {
        mount(spec, suffix);
    }
    if items(spec, "imagePullSecrets").next().is_none()
        && let Some(secrets) = account.get(&["imagePullSecrets"]).filter(|secrets| secrets.as_array().is_some_and(|list| !list.is_empty()))
    {
        spec.insert("imagePullSecrets".to_owned(), secrets.clone());
    }
    if account.annotation(ENFORCED).is_some_and(|value| matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True")) {
        return held_to_secrets(spec, account);
    }
    Ok(())
}

/// Pods that stand for those of a node's files cannot refer to what only the API has.
fn mirror(pod: &Object) -> Result<(), String> {
    let Some(Value::Object(spec)) = pod.root().get("spec") else { return Ok(()) };
    let named = |name: &str| spec.get(name).and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if named("serviceAccountName") || named("serviceAccount") {
        return Err("a mirror pod may not reference service accounts".to_owned());
    }
    let in_volumes = items(spec, "volumes").any(refers_to_secret);
    let in_containers = ["containers", "initContainers", "ephemeralContainers"].into_iter().flat_map(|list| items(spec, list));
    let in_environment = in_containers.flat_map(secrets_of).next().is_some();
    if in_volumes || in_environment || items(spec, "imagePullSecrets").next().is_some() {
        return Err("a mirror pod may not reference secrets".to_owned());
    }
    let sources = items(spec, "volumes").filter_map(|volume| volume.pointer("/projected/sources")?.as_array()).flatten();
    match sources.into_iter().any(|source| source.get("serviceAccountToken").is_some()) {
        true => Err("a mirror pod may not use ServiceAccountToken volume projections".to_owned()),
        false => Ok(()),
    }
}

/// Whether a volume's source takes a secret, directly or for its server.
fn refers_to_secret(value: &Value) -> bool {
    const NAMES: [&str; 4] = ["secret", "secretRef", "secretName", "nodePublishSecretRef"];
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| NAMES.contains(&name.as_str()) || refers_to_secret(value)),
        Value::Array(items) => items.iter().any(refers_to_secret),
        _ => false,
    }
}

/// The secrets that a container's environment takes, each with what takes it.
fn secrets_of(container: &Value) -> impl Iterator<Item = (String, String)> {
    let list = |name: &str| container.get(name).and_then(Value::as_array).into_iter().flatten();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let variables = list("env").filter_map(move |variable| {
        let secret = variable.pointer("/valueFrom/secretKeyRef")?;
        Some((format!("envVar {}", text(variable.get("name"))), text(secret.get("name"))))
    });
    let whole = list("envFrom").filter_map(move |source| Some(("envFrom".to_owned(), text(source.get("secretRef")?.get("name")))));
    variables.chain(whole)
}

/// The pod says whether it gets a token, else its account does, else it gets one.
fn mounts(spec: &Map<String, Value>, account: &Object) -> bool {
    const SAYS: &str = "automountServiceAccountToken";
    let pod = spec.get(SAYS).and_then(Value::as_bool);
    pod.or_else(|| account.get(&[SAYS])?.as_bool()).unwrap_or(true)
}

/// Mounts the token where a container has nothing in its place.
fn mount(spec: &mut Map<String, Value>, suffix: impl FnOnce() -> String) {
    let named = |volume: &Value| volume.get("name").and_then(Value::as_str).map(str::to_owned);
    let existing = items(spec, "volumes").filter_map(named).find(|name| name.starts_with(VOLUME));
    let there = existing.is_some();
    let name = existing.unwrap_or_else(|| format!("{VOLUME}{}", suffix()));
    let mut needed = false;
    for (list, _) in MOUNTING {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for container in containers.filter_map(Value::as_object_mut) {
            let Some(mounts) = list_at(container, "volumeMounts") else { continue };
            if !mounts.iter().any(|mount| mount.get("mountPath").is_some_and(|path| path == MOUNT)) {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": MOUNT}));
                needed = true;
            }
        }
    }
    if needed
        && !there
        && let Some(volumes) = list_at(spec, "volumes")
    {
        volumes.push(json!({"name": name, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ]}}));
    }
}

/// An account may hold its pods to the secrets that it lists.
fn held_to_secrets(spec: &Map<String, Value>, account: &Object) -> Result<(), String> {
    let listed = |list: &str| -> BTreeSet<String> {
        let items = account.get(&[list]).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| Some(item.get("name")?.as_str()?.to_owned())).collect()
    };
    let (secrets, pulled, name) = (listed("secrets"), listed("imagePullSecrets"), account.name());
    let against = format!("is not allowed because service account {name} does not reference that");
    for volume in items(spec, "volumes") {
        if let Some(secret) = volume.pointer("/secret/secretName").and_then(Value::as_str).filter(|secret| !secrets.contains(*secret)) {
            return Err(format!("volume with secret.secretName={secret:?} {against} secret"));
        }
    }
    for (list, what) in MOUNTING {
        for container in items(spec, list) {
            let called = container.get("name").and_then(Value::as_str).unwrap_or_default();
            if let Some((taker, secret)) = secrets_of(container).find(|(_, secret)| !secrets.contains(secret)) {
                return Err(format!("{what} {called} with {taker} referencing secret.secretName={secret:?} {against} secret"));
            }
        }
    }
    for (index, secret) in items(spec, "imagePullSecrets").enumerate() {
        let secret = secret.get("name").and_then(Value::as_str).unwrap_or_default();
        if !pulled.contains(secret) {
            return Err(format!("imagePullSecrets[{index}].name={secret:?} {against} imagePullSecret"));
        }
    }
    Ok(())
}

fn items<'a>(spec: &'a Map<String, Value>, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    spec.get(list).and_then(Value::as_array).into_iter().flatten()
}

/// A member that is a list, made where there is none.
fn list_at<'a>(members: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Vec<Value>> {
    let member = members.entry(name).or_insert(Value::Null);
    if member.is_null() {
        *member = json!([]);
    }
    member.as_array_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn filled(pod: Value, account: Value) -> Result<Value, String> {
        let mut pod = object(pod);
        fill(&mut pod, "ns", &[object(account)], || "abcde".to_owned()).map(|()| pod.root()["spec"].clone())
    }

    fn account(more: Value) -> Value {
        let mut account = json!({"metadata": {"name": "default"}});
        if let (Some(account), Value::Object(more)) = (account.as_object_mut(), more) {
            account.extend(more);
        }
        account
    }

    #[test]
    fn a_pod_gets_its_account_the_token_and_pull_secrets() {
        let spec = json!({"containers": [{"name": "c"}, {"name": "own", "volumeMounts": [{"name": "v", "mountPath": MOUNT}]}], "initContainers": [{"name": "i"}]});
        let spec = filled(json!({"spec": spec}), account(json!({"imagePullSecrets": [{"name": "s"}]}))).expect("admitted");
        let mount = json!([{"name": "kube-api-access-abcde", "readOnly": true, "mountPath": MOUNT}]);
        assert_eq!([&spec["serviceAccountName"], &spec["serviceAccount"]], ["default"; 2]);
        assert_eq!((&spec["containers"][0]["volumeMounts"], &spec["initContainers"][0]["volumeMounts"]), (&mount, &mount));
        assert_eq!(spec["containers"][1]["volumeMounts"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            spec["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"],
            json!({"expirationSeconds": 3607, "path": "token"})
        );
        assert_eq!(spec["imagePullSecrets"], json!([{"name": "s"}]));
    }

    #[test]
    fn the_pod_says_before_its_account_whether_it_gets_a_token() {
        let says = |pod: Value, account_says: Value| {
            let spec = json!({"containers": [{"name": "c"}], "automountServiceAccountToken": pod});
            let spec = filled(json!({"spec": spec}), account(json!({"automountServiceAccountToken": account_says}))).expect("admitted");
            spec.get("volumes").is_some()
        };
        assert!(says(json!(true), json!(false)));
        assert!(!says(json!(false), json!(true)));
        assert!(!says(Value::Null, json!(false)));
        assert!(says(Value::Null, Value::Null));
    }

    #[test]
    fn an_account_that_is_not_there_is_named() {
        let pod = json!({"spec": {"serviceAccount": "other", "containers": []}});
        let why = "error looking up service account ns/other: serviceaccount \"other\" not found";
        assert_eq!(filled(pod, account(json!({}))), Err(why.to_owned()));
    }

    #[test]
    fn a_mirror_pod_has_no_account_and_no_secrets() {
        let mirror = |spec: Value| filled(json!({"metadata": {"annotations": {MIRROR: "x"}}, "spec": spec}), account(json!({})));
        assert_eq!(mirror(json!({"containers": [{"name": "c"}]})), Ok(json!({"containers": [{"name": "c"}]})));
        for (spec, why) in [
            (json!({"serviceAccountName": "default"}), "a mirror pod may not reference service accounts"),
            (json!({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}), "a mirror pod may not reference secrets"),
            (json!({"containers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]}), "a mirror pod may not reference secrets"),
            (
                json!({"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]}),
                "a mirror pod may not use ServiceAccountToken volume projections",
            ),
        ] {
            assert_eq!(mirror(spec), Err(why.to_owned()));
        }
    }

    #[test]
    fn an_account_may_hold_its_pods_to_its_secrets() {
        let held = account(json!({
            "metadata": {"name": "default", "annotations": {ENFORCED: "true"}}, "secrets": [{"name": "mine"}], "imagePullSecrets": [{"name": "pull"}],
        }));
        let volume = |secret: &str| json!({"spec": {"volumes": [{"name": "v", "secret": {"secretName": secret}}]}});
        assert!(filled(volume("mine"), held.clone()).is_ok());
        let why = "volume with secret.secretName=\"other\" is not allowed because service account default does not reference that secret";
        assert_eq!(filled(volume("other"), held.clone()), Err(why.to_owned()));
        let variable = json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}});
        let pod = json!({"spec": {"containers": [{"name": "c", "env": [variable]}]}});
        let why = "container c with envVar A referencing secret.secretName=\"other\" is not allowed because service account default does not \
                   reference that secret";
        assert_eq!(filled(pod, held.clone()), Err(why.to_owned()));
        let why = "imagePullSecrets[0].name=\"x\" is not allowed because service account default does not reference that imagePullSecret";
        assert_eq!(filled(json!({"spec": {"imagePullSecrets": [{"name": "x"}]}}), held), Err(why.to_owned()));
    }
}
