//! The rules of one container, one row each.

use serde_json::{Value, json};

use super::{pod_spec, told, with};

/// Members of the first container and what is told of them, below its place.
#[track_caller]
fn each(rows: &[(&str, Value, &[&str])]) {
    for (member, value, expected) in rows {
        let base = json!({"metadata": {"name": "p"}, "spec": with(pod_spec(), &[("/volumes", json!([{"name": "v"}]))])});
        let pod = with(base, &[(&format!("/spec/containers/0/{member}"), value.clone())]);
        let expected: Vec<String> = expected.iter().map(|text| format!("spec.containers[0]{text}")).collect();
        told("v1", "Pod", &pod, None, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

const VARIABLE: &str = "a valid environment variable name must consist only of printable ASCII characters other than '='";

#[test]
fn names_images_and_ports() {
    let two = json!([{"containerPort": 1, "hostPort": 5}, {"containerPort": 2, "hostPort": 5}]);
    each(&[
        ("name", json!(""), &[".name: Required value"]),
        ("image", json!(""), &[".image: Required value"]),
        ("image", json!(" i"), &[".image: Invalid value: \" i\": must not have leading or trailing whitespace"]),
        (
            "imagePullPolicy",
            json!("Now"),
            &[".imagePullPolicy: Unsupported value: \"Now\": supported values: \"Always\", \"IfNotPresent\", \"Never\""],
        ),
        (
            "terminationMessagePolicy",
            json!("No"),
            &[".terminationMessagePolicy: Unsupported value: \"No\": supported values: \"File\", \"FallbackToLogsOnError\""],
        ),
        ("ports", json!([{"containerPort": 0}]), &[".ports[0].containerPort: Required value"]),
        (
            "ports",
            json!([{"containerPort": 70000}]),
            &[".ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
        ),
        (
            "ports",
            json!([{"containerPort": 1, "protocol": "X"}]),
            &[".ports[0].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\""],
        ),
        (
            "ports",
            json!([{"containerPort": 1, "name": "p"}, {"containerPort": 2, "name": "p"}]),
            &[".ports[1].name: Duplicate value: \"p\""],
        ),
        (
            "ports",
            json!([{"containerPort": 1, "name": "sixteen-letters-"}]),
            &[".ports[0].name: Invalid value: \"sixteen-letters-\": must be no more than 15 characters"],
        ),
        ("ports", two, &[".ports[1].hostPort: Duplicate value: \"TCP//5\""]),
    ]);
}

#[test]
fn variables() {
    let from = |source: Value| json!([{"name": "A", "valueFrom": source}]);
    let field = |path: &str| from(json!({"fieldRef": {"fieldPath": path}}));
    each(&[
        ("env", json!([{"name": ""}]), &[".env[0].name: Required value"]),
        ("env", json!([{"name": "a=b"}]), &[&format!(".env[0].name: Invalid value: \"a=b\": {VARIABLE}")]),
        (
            "env",
            from(json!({})),
            &[
                ".env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or \
             `fileKeyRef`",
            ],
        ),
        ("env", from(json!({"secretKeyRef": {"name": "s"}})), &[".env[0].valueFrom.secretKeyRef.key: Required value"]),
        ("env", field("metadata.labels['a']"), &[]),
        (
            "env",
            field("status.phase"),
            &[".env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"status.phase\": supported values: \"metadata.name\", \
             \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \
             \"status.podIP\", \"status.podIPs\""],
        ),
        (
            "env",
            field("spec.x"),
            &[
                ".env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.x\": error converting fieldPath: field label not supported: spec.x",
            ],
        ),
        (
            "env",
            from(json!({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}})),
            &[
                ".env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the \
             cpu resource",
            ],
        ),
        ("envFrom", json!([{"prefix": "A"}]), &[".envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"]),
        ("envFrom", json!([{"configMapRef": {"name": ""}}]), &[".envFrom[0].configMapRef.name: Required value"]),
    ]);
}

#[test]
fn mounts() {
    let mount = |member: &str, value: &str| json!([{"name": "v", "mountPath": "/x", member: value}]);
    each(&[
        ("volumeMounts", json!([{"name": "w", "mountPath": "/x"}]), &[".volumeMounts[0].name: Not found: \"w\""]),
        ("volumeMounts", json!([{"name": "v", "mountPath": ""}]), &[".volumeMounts[0].mountPath: Required value"]),
        (
            "volumeMounts",
            json!([{"name": "v", "mountPath": "/x"}, {"name": "v", "mountPath": "/x"}]),
            &[".volumeMounts[1].mountPath: Invalid value: \"/x\": must be unique"],
        ),
        ("volumeMounts", mount("subPath", "../a"), &[".volumeMounts.subPath: Invalid value: \"../a\": must not contain '..'"]),
        ("volumeMounts", mount("subPath", "/a"), &[".volumeMounts.subPath: Invalid value: \"/a\": must be a relative path"]),
        (
            "volumeMounts",
            mount("mountPropagation", "Bidirectional"),
            &[".volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers"],
        ),
        (
            "volumeDevices",
            json!([{"name": "v", "devicePath": "/d"}]),
            &[
                ".volumeDevices[0].name: Invalid value: \"v\": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
            ],
        ),
    ]);
}

#[test]
fn probes_and_hooks() {
    let probe = |more: Value| {
        let mut probe = json!({"exec": {"command": ["x"]}});
        more.as_object().into_iter().flatten().for_each(|(name, value)| probe[name] = value.clone());
        probe
    };
    each(&[
        ("livenessProbe", json!({}), &[".livenessProbe: Required value: must specify a handler type"]),
        ("livenessProbe", probe(json!({"successThreshold": 2})), &[".livenessProbe.successThreshold: Invalid value: 2: must be 1"]),
        (
            "livenessProbe",
            probe(json!({"tcpSocket": {"port": 1}})),
            &[".livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
        ),
        (
            "livenessProbe",
            probe(json!({"timeoutSeconds": -1})),
            &[".livenessProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            "livenessProbe",
            json!({"grpc": {"port": 0}}),
            &[".livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive"],
        ),
        (
            "readinessProbe",
            probe(json!({"terminationGracePeriodSeconds": 5})),
            &[".readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes"],
        ),
        (
            "startupProbe",
            json!({"httpGet": {"port": 1, "scheme": "FTP"}}),
            &[".startupProbe.httpGet.scheme: Unsupported value: \"FTP\": supported values: \"HTTP\", \"HTTPS\""],
        ),
        (
            "lifecycle",
            json!({"preStop": {"sleep": {"seconds": 31}}}),
            &[".lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)"],
        ),
        (
            "lifecycle",
            json!({"stopSignal": "SIGTERM"}),
            &[".lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"],
        ),
    ]);
}

#[test]
fn resources() {
    let extended = "must be a standard resource type or fully qualified";
    each(&[
        (
            "resources",
            json!({"limits": {"cpu": "500m"}, "requests": {"cpu": "1"}}),
            &[".resources.requests: Invalid value: \"1\": must be less than or equal to cpu limit of 500m"],
        ),
        (
            "resources",
            json!({"requests": {"cpu": "-1"}}),
            &[".resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"],
        ),
        (
            "resources",
            json!({"requests": {"a.b/c": "1"}}),
            &[".resources.limits: Required value: Limit must be set for non overcommitable resources"],
        ),
        (
            "resources",
            json!({"limits": {"a.b/c": "1500m"}}),
            &[
                ".resources.limits[a.b/c]: Invalid value: \"1500m\": must be an integer",
                ".resources.requests[a.b/c]: Invalid value: \"1500m\": must be an integer",
            ],
        ),
        ("resources", json!({"limits": {"hugepages-2Mi": "2Mi"}}), &[".resources: Forbidden: HugePages require cpu or memory"]),
        (
            "resources",
            json!({"limits": {"x": "1"}, "requests": {"x": "1"}}),
            &[
                &format!(".resources.limits[x]: Invalid value: \"x\": {extended}"),
                ".resources.limits[x]: Invalid value: \"x\": must be a standard resource for containers",
                &format!(".resources.requests[x]: Invalid value: \"x\": {extended}"),
                ".resources.requests[x]: Invalid value: \"x\": must be a standard resource for containers",
            ],
        ),
        (
            "resources",
            json!({"claims": [{"name": "d"}]}),
            &[".resources.claims[0]: Not found: \"d\": must be one of the names in pod.spec.resourceClaims which is empty"],
        ),
        (
            "resizePolicy",
            json!([{"resourceName": "disk", "restartPolicy": "NotRequired"}]),
            &[".resizePolicy: Unsupported value: \"disk\": supported values: \"cpu\", \"memory\""],
        ),
    ]);
}

#[test]
fn security() {
    each(&[
        (
            "securityContext",
            json!({"runAsUser": -1}),
            &[".securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
        ),
        (
            "securityContext",
            json!({"procMount": "Unmasked"}),
            &[".securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`"],
        ),
        (
            "securityContext",
            json!({"seccompProfile": {"type": "Localhost"}}),
            &[".securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"],
        ),
        (
            "securityContext",
            json!({"appArmorProfile": {"type": "Localhost"}}),
            &[".securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost"],
        ),
        (
            "restartPolicy",
            json!("Sometimes"),
            &[".restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\""],
        ),
        (
            "restartPolicyRules",
            json!([{"action": "Restart"}]),
            &[
                ".restartPolicy: Required value: must specify restartPolicy when restart rules are used",
                ".restartPolicyRules[0].exitCodes: Required value: must be specified",
            ],
        ),
    ]);
    let denied = json!({"privileged": true, "allowPrivilegeEscalation": false});
    let pod = json!({"metadata": {"name": "p"}, "spec": with(pod_spec(), &[("/containers/0/securityContext", denied)])});
    let found = super::causes("v1", "Pod", &pod, None);
    assert!(found[0].ends_with("cannot set `allowPrivilegeEscalation` to false and `privileged` to true"), "{found:?}");
}
