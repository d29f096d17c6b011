//! The rules of a pod as a whole, and of its changes.

use serde_json::{Value, json};

use super::{causes, pod_spec, told, with};

fn pod() -> Value {
    json!({"metadata": {"name": "p"}, "spec": pod_spec()})
}

#[track_caller]
fn each(rows: &[(&str, Value, &[&str])]) {
    for (member, value, expected) in rows {
        told("v1", "Pod", &with(pod(), &[(&format!("/spec/{member}"), value.clone())]), None, expected);
    }
}

#[test]
fn members_of_a_pod() {
    let other = json!([{"name": "c", "image": "i"}]);
    let probed = json!([{"name": "i", "image": "i", "livenessProbe": {"exec": {"command": ["x"]}}}]);
    each(&[
        ("restartPolicy", json!("OnFailure"), &[]),
        ("containers", json!([]), &["spec.containers: Required value"]),
        ("initContainers", other.clone(), &["spec.initContainers[0].name: Duplicate value: \"c\""]),
        (
            "initContainers",
            probed,
            &["spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"],
        ),
        ("ephemeralContainers", json!([{"name": "e", "image": "i"}]), &["spec.ephemeralContainers: Forbidden: cannot be set on create"]),
        (
            "restartPolicy",
            json!("Perhaps"),
            &["spec.restartPolicy: Unsupported value: \"Perhaps\": supported values: \"Always\", \"OnFailure\", \"Never\""],
        ),
        ("dnsPolicy", json!("None"), &["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"]),
        (
            "dnsConfig",
            json!({"nameservers": ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"]}),
            &[
                "spec.dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\"]: must not have more than 3 nameservers",
            ],
        ),
        ("dnsConfig", json!({"options": [{"value": "1"}]}), &["spec.dnsConfig.options[0]: Required value: must not be empty"]),
        (
            "hostAliases",
            json!([{"ip": "x"}]),
            &["spec.hostAliases[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"],
        ),
        ("activeDeadlineSeconds", json!(0), &["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"]),
        (
            "priorityClassName",
            json!("A"),
            &[
                "spec.priorityClassName: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
             or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ],
        ),
        (
            "preemptionPolicy",
            json!("Sometimes"),
            &["spec.preemptionPolicy: Unsupported value: \"Sometimes\": supported values: \"PreemptLowerPriority\", \"Never\""],
        ),
        ("os", json!({"name": "plan9"}), &["spec.os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""]),
        (
            "resourceClaims",
            json!([{"name": "d"}]),
            &[
                "spec.resourceClaims[0]: Invalid value: {\"name\":\"d\"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            ],
        ),
        (
            "securityContext",
            json!({"sysctls": [{"name": "A"}]}),
            &["spec.securityContext.sysctls[0].name: Invalid value: \"A\": must have at most 253 characters and match regex \
             ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"],
        ),
        (
            "securityContext",
            json!({"fsGroup": -1}),
            &["spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
        ),
        (
            "securityContext",
            json!({"supplementalGroupsPolicy": "X"}),
            &["spec.securityContext.supplementalGroupsPolicy: Unsupported value: \"X\": supported values: \"Merge\", \"Strict\""],
        ),
        ("overhead", json!({"cpu": "-1"}), &["spec.overhead[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"]),
        (
            "resources",
            json!({"requests": {"disk.io/x": "1"}}),
            &[
                "spec.resources.requests[disk.io/x]: Unsupported value: \"disk.io/x\": supported values: \"cpu\", \"hugepages-\", \"memory\"",
                "spec.resources.limits: Required value: Limit must be set for non overcommitable resources",
            ],
        ),
        ("schedulingGates", json!([{"name": "g"}, {"name": "g"}]), &["spec.schedulingGates[1]: Duplicate value: \"g\""]),
    ]);
    let gated = with(pod(), &[("/spec/schedulingGates", json!([{"name": "g"}])), ("/spec/nodeName", json!("n"))]);
    told("v1", "Pod", &gated, None, &["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"]);
    let template = json!({"metadata": {"name": "t"}, "template": {"spec": with(pod_spec(), &[("/ephemeralContainers", other)])}});
    let found = causes("v1", "PodTemplate", &template, None);
    assert_eq!(
        found.last().map(String::as_str),
        Some("template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template")
    );
}

#[test]
fn annotations_of_a_pod() {
    let noted = |key: &str, value: &str| with(pod(), &[("/metadata/annotations", json!({key: value}))]);
    let cost = "controller.kubernetes.io/pod-deletion-cost";
    let text = format!("metadata.annotations[{cost}]: Invalid value: \"+1\": must be a 32bit integer");
    told("v1", "Pod", &noted(cost, "+1"), None, &[&text]);
    told("v1", "Pod", &noted(cost, "-5"), None, &[]);
    let old = "scheduler.alpha.kubernetes.io/tolerations";
    told("v1", "Pod", &noted(old, ""), None, &[]);
    told("v1", "Pod", &noted(old, "null"), None, &[]);
    told("v1", "Pod", &noted(old, r#"[{"key": "a", "operator": "Exists", "tolerationSeconds": 5, "effect": "NoExecute"}]"#), None, &[]);
    let text = format!("metadata.annotations.{old}[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'");
    told("v1", "Pod", &noted(old, r#"[{"key": "a", "operator": "Exists", "value": "x"}]"#), None, &[&text]);
    let found = causes("v1", "Pod", &noted(old, "{"), None);
    let start = format!("metadata.annotations: Invalid value: \"{old}\": ");
    assert!(found.len() == 1 && found[0].starts_with(&start), "{found:?}");
    let mirror = "kubernetes.io/config.mirror";
    let text = format!("metadata.annotations[{mirror}]: Invalid value: \"x\": must set spec.nodeName if mirror pod annotation is set");
    told("v1", "Pod", &noted(mirror, "x"), None, &[&text]);
    let armor = "container.apparmor.security.beta.kubernetes.io/x";
    let text = format!("metadata.annotations[{armor}]: Invalid value: \"x\": container not found");
    told("v1", "Pod", &noted(armor, "runtime/default"), None, &[&text]);
}

#[test]
fn of_a_pod_only_some_fields_may_change() {
    let old = with(pod(), &[("/spec/containers/0/image", json!("i:1")), ("/spec/terminationGracePeriodSeconds", json!(-1))]);
    let after = |changes: &[(&str, Value)]| causes("v1", "Pod", &with(old.clone(), changes), Some(&old));
    for allowed in [
        ("/spec/containers/0/image", json!("i:2")),
        ("/spec/activeDeadlineSeconds", json!(5)),
        ("/spec/tolerations", json!([{"operator": "Exists"}])),
        ("/spec/terminationGracePeriodSeconds", json!(1)),
    ] {
        assert_eq!(after(std::slice::from_ref(&allowed)), [""; 0], "{allowed:?}");
    }
    for refused in [
        ("/spec/nodeName", json!("n")),
        ("/spec/terminationGracePeriodSeconds", json!(2)),
        ("/spec/nodeSelector", json!({"a": "b"})),
        ("/spec/containers/0/name", json!("d")),
    ] {
        let found = after(std::slice::from_ref(&refused));
        let start = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,\
                     `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
                     tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";
        assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}");
    }
    let more = json!([{"name": "c", "image": "i:1"}, {"name": "d", "image": "i"}]);
    assert_eq!(after(&[("/spec/containers", more)]), ["spec.containers: Forbidden: pod updates may not add or remove containers"]);
    let gated = with(pod(), &[("/spec/schedulingGates", json!([{"name": "g"}]))]);
    let free = with(gated.clone(), &[("/spec/nodeSelector", json!({"a": "b"})), ("/spec/schedulingGates", json!([]))]);
    told("v1", "Pod", &free, Some(&gated), &[]);
    let text = "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'";
    told("v1", "Pod", &gated, Some(&pod()), &[text]);
}
