//! Jobs: how often their pods run, when they have failed or succeeded, and what stays as it was.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/>.

use serde_json::Value;

use super::alike::alike;
use super::field::{Faults, Field};
use super::kept::{Kept, finds};
use super::{job_policies, pods, workloads};
use crate::object::names::dns_label;

/// The labels of a job's pods that hold its uid, and those that hold its name.
const OF_UID: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const OF_NAME: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];

/// The most pods at once, and the most failed indexes, of an indexed job; less of each where there are many completions.
const INDEXED: i64 = 100_000;
const MANY: i64 = 100_000;
const OF_MANY: i64 = 10_000;

const MANAGER_BYTES: usize = 63;

/// A job: its metadata and spec, and those of what it takes the place of, with whether that has been started.
pub(super) fn job(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, before: Option<Before<'_, '_, '_>>, faults: &mut Faults) {
    generated_selector(metadata, spec, before.as_ref(), faults);
    let kept = Kept::of_workload(before.as_ref().map(|before| before.spec));
    job_spec(spec, &kept, faults);
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    if selector.is_absent() {
        faults.required(&selector, "");
    }
    if workloads::selects_well(&selector, &kept, faults) {
        workloads::agrees(&selector, &template, faults);
    }
    host_names(metadata, spec, faults);
    if let Some(before) = before {
        stays(spec, &before, faults);
    }
}

/// What a job was before.
pub(super) struct Before<'a, 'p, 'v> {
    pub(super) spec: &'a Field<'p, 'v>,
    /// Whether its pods have been started.
    pub(super) started: bool,
}

/// A selector that the server made is its own, and so are the labels that it selects by.
fn generated_selector(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, before: Option<&Before<'_, '_, '_>>, faults: &mut Faults) {
    let selector = spec.at("selector");
    if spec.at("manualSelector").flag() || selector.is_absent() {
        return;
    }
    let (uid, name) = (metadata.at("uid"), metadata.at("name"));
    faults.present(&uid);
    let carried = spec.deep(&["template", "metadata", "labels"]);
    // Jobs from before the prefixed labels have none of these.
    let prefixed = before.is_none_or(|before| {
        let labels = before.spec.deep(&["template", "metadata", "labels"]).value;
        labels.get(OF_UID[1]).is_some() && labels.get(OF_NAME[1]).is_some()
    });
    let mut expected = serde_json::Map::new();
    for (index, prefix) in [(0, true), (1, prefixed)] {
        for (label, value) in [(OF_UID[index], uid.text()), (OF_NAME[index], name.text())] {
            if !prefix {
                continue;
            }
            expected.insert(label.to_owned(), value.into());
            match carried.value.get(label).and_then(Value::as_str) {
                None => faults.required(&carried.key(label), &format!("must be '{value}'")),
                Some(found) if found != value => {
                    faults.invalid(&Field::root_like(&carried.key(label), carried.value), &format!("must be '{value}'"));
                }
                Some(_) => {}
            }
        }
    }
    if !finds(|faults| super::labels::selector(&selector, faults)) && !super::labels::selects(selector.value, &Value::Object(expected)) {
        faults.invalid(&selector, "`selector` not auto-generated");
    }
}

/// The pods of an indexed job are hosts called after the job and their index.
fn host_names(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    let name = metadata.at("name");
    let last = spec.at("completions").number().filter(|count| *count > 0).map(|count| count - 1);
    if let ("Indexed", Some(last)) = (spec.at("completionMode").text(), last) {
        let host = format!("{}-{last}", name.text());
        if dns_label(&host).is_err() {
            faults.invalid(&name, &format!("will not able to create pod with invalid DNS label: {host}"));
        }
    }
}

/// The spec of a job, of its own or in a cron job.
pub(super) fn job_spec(spec: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    for member in ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"] {
        faults.at_least(&spec.at(member), 0);
    }
    let (per_index, failed) = (spec.at("backoffLimitPerIndex"), spec.at("maxFailedIndexes"));
    faults.at_least(&per_index, 0);
    faults.at_least(&failed, 0);
    if !failed.is_absent() && per_index.is_absent() {
        faults.required(&per_index, "when maxFailedIndexes is specified");
    }
    manager(&spec.at("managedBy"), faults);
    let mode = spec.at("completionMode");
    match mode.text() {
        "Indexed" => indexed(spec, faults),
        "NonIndexed" => {}
        _ if mode.is_absent() => {}
        _ => faults.not_supported(&mode, &["NonIndexed", "Indexed"]),
    }
    if mode.is_absent() || mode.text() == "NonIndexed" {
        for field in [&per_index, &failed] {
            if !field.is_absent() {
                faults.invalid(field, "requires indexed completion mode");
            }
        }
    }
    job_policies::policies(spec, faults);
    pods::template(&spec.at("template"), kept, faults);
    let policy = spec.deep(&["template", "spec", "restartPolicy"]);
    match policy.text() {
        "Always" | "" => faults.required(&policy, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if !spec.at("podFailurePolicy").is_absent() => {
            faults.invalid(&policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        "OnFailure" | "Never" => {}
        _ => faults.not_supported(&policy, &["OnFailure", "Never"]),
    }
}

/// Who takes care of the job: a domain and a path in it.
fn manager(manager: &Field<'_, '_>, faults: &mut Faults) {
    if manager.is_absent() || !faults.present(manager) {
        return;
    }
    let text = manager.text();
    match text.split_once('/').filter(|(domain, path)| !domain.is_empty() && !path.is_empty()) {
        None => faults.invalid(manager, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
        Some((domain, path)) => {
            if let Err(why) = crate::object::names::dns_subdomain(domain) {
                faults.invalid_as(manager, domain, &why);
            }
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
            if !path.bytes().all(fits) {
                let why = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
                faults.invalid_as(manager, path, why);
            }
        }
    }
    if text.len() > MANAGER_BYTES {
        faults.too_long(manager, MANAGER_BYTES);
    }
}

fn indexed(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (completions, parallelism, failed) = (spec.at("completions"), spec.at("parallelism"), spec.at("maxFailedIndexes"));
    if completions.is_absent() {
        faults.required(&completions, "when completion mode is Indexed");
    }
    let over = |field: &Field<'_, '_>, most: i64| field.number().is_some_and(|number| number > most);
    if over(&parallelism, INDEXED) {
        faults.invalid(&parallelism, &format!("must be less than or equal to {INDEXED} when completion mode is Indexed"));
    }
    if completions.number().is_some_and(|completions| over(&failed, completions)) {
        faults.invalid(&failed, "must be less than or equal to completions");
    }
    if over(&failed, INDEXED) {
        faults.invalid(&failed, &format!("must be less than or equal to {INDEXED}"));
    }
    if over(&completions, MANY) && !spec.at("backoffLimitPerIndex").is_absent() {
        if failed.is_absent() {
            faults.required(&failed, &format!("must be specified when completions is above {MANY}"));
        }
        for field in [&parallelism, &failed] {
            if over(field, OF_MANY) {
                let why = "when completions are above 100000 and used with backoff limit per index";
                faults.invalid(field, &format!("must be less than or equal to {OF_MANY} {why}"));
            }
        }
    }
}

fn stays(spec: &Field<'_, '_>, before: &Before<'_, '_, '_>, faults: &mut Faults) {
    let mut stays = |name: &'static str| {
        if !alike(spec.at(name).value, before.spec.at(name).value) {
            faults.invalid(&spec.at(name), "field is immutable");
        }
    };
    // An indexed job may be scaled by changing both numbers alike.
    let completions = spec.at("completions");
    let (indexed, changed) = (spec.at("completionMode").text() == "Indexed", completions.value != before.spec.at("completions").value);
    if !indexed {
        stays("completions");
    }
    stays("selector");
    template_stays(spec, before, faults);
    let mut stays = |name: &'static str| {
        if !alike(spec.at(name).value, before.spec.at(name).value) {
            faults.invalid(&spec.at(name), "field is immutable");
        }
    };
    for name in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        stays(name);
    }
    if indexed && changed && !completions.is_absent() && completions.value != spec.at("parallelism").value {
        faults.invalid(&completions, "can only be modified in tandem with spec.parallelism");
    }
}

/// While a job is suspended, what its pods ask for may change; before it was started, also where they run.
fn template_stays(spec: &Field<'_, '_>, before: &Before<'_, '_, '_>, faults: &mut Faults) {
    let (template, had) = (spec.at("template"), before.spec.at("template"));
    if alike(template.value, had.value) {
        return;
    }
    if !before.spec.at("suspend").flag() {
        return faults.invalid(&template, "field is immutable");
    }
    let mut allowed = had.value.clone();
    if !before.started {
        take_directives(&mut allowed, template.value);
    }
    take_resources(&mut allowed, template.value);
    if !alike(template.at("spec").value, allowed.get("spec").unwrap_or(&Value::Null)) {
        faults.invalid(&template.at("spec"), "field is immutable");
    }
}

fn take_directives(old: &mut Value, new: &Value) {
    for name in ["nodeSelector", "tolerations", "schedulingGates"] {
        old["spec"][name] = new["spec"][name].clone();
    }
    let (had, has) = (!old["spec"]["affinity"].is_null(), !new["spec"]["affinity"].is_null());
    if has || had {
        old["spec"]["affinity"]["nodeAffinity"] = new["spec"]["affinity"]["nodeAffinity"].clone();
    }
}

fn take_resources(old: &mut Value, new: &Value) {
    for list in ["containers", "initContainers"] {
        let Some(new) = new["spec"][list].as_array() else { continue };
        let Some(old) = old.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut) else { continue };
        if new.len() == old.len() {
            for (old, new) in old.iter_mut().zip(new).filter(|(old, new)| old["name"] == new["name"]) {
                old["resources"] = new["resources"].clone();
            }
        }
    }
}
