//! Looking around: what is served, what happened, who owns what, who one is.

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::recorder::Recorder;

const OWNED: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: root}
---
apiVersion: v1
kind: Node
metadata: {name: worker}
";

const EVENTS: &str = "\
apiVersion: v1
kind: Event
metadata: {name: late}
type: Warning
reason: FailedScheduling
message: \"0/1 nodes are available\"
count: 4
firstTimestamp: \"2026-11-22T09:00:00Z\"
lastTimestamp: \"2026-11-22T09:58:00Z\"
source: {component: scheduler}
involvedObject: {apiVersion: v1, kind: Pod, name: p, namespace: default}
---
apiVersion: events.k8s.io/v1
kind: Event
metadata: {name: early}
type: Normal
reason: Created
action: Binding
note: made it
eventTime: \"2026-11-22T09:30:00.000000Z\"
reportingController: x.io/y
reportingInstance: z
regarding: {apiVersion: apps/v1, kind: Deployment, name: web, namespace: default}
";

#[test]
fn the_kinds_of_a_group_are_shown() {
    let env = TestEnv::new();
    assert_shows!(env.run("api-resources --api-group=apps --verbs=list,watch"), @"
    NAME                  SHORTNAMES   APIVERSION   NAMESPACED   KIND
    controllerrevisions                apps/v1      true         ControllerRevision
    daemonsets            ds           apps/v1      true         DaemonSet
    deployments           deploy       apps/v1      true         Deployment
    replicasets           rs           apps/v1      true         ReplicaSet
    statefulsets          sts          apps/v1      true         StatefulSet
    ");
    assert_shows!(env.run("api-resources --api-group=batch -o wide --no-headers"), @"
    cronjobs   cj    batch/v1   true   CronJob   create,delete,deletecollection,get,list,patch,update,watch   all
    jobs             batch/v1   true   Job       create,delete,deletecollection,get,list,patch,update,watch   all
    ");
    assert_shows!(env.run("api-resources --categories=all -o name --sort-by=kind"), @"
    cronjobs.batch
    daemonsets.apps
    deployments.apps
    horizontalpodautoscalers.autoscaling
    jobs.batch
    pods
    replicasets.apps
    replicationcontrollers
    services
    statefulsets.apps
    ");
    assert_shows!(env.run("api-resources --api-group=nope"), @"NAME   SHORTNAMES   APIVERSION   NAMESPACED   KIND");
    assert_shows!(env.run("api-resources --sort-by=foo"), @"
    [stderr]
    error: invalid value 'foo' for '--sort-by <COLUMN>'
      [possible values: name, kind]

    For more information, try '--help'.
    [exit 2]
    ");
    let versions = env.run("api-versions");
    assert!(versions.stdout.starts_with("admissionregistration.k8s.io/v1\n") && versions.stdout.ends_with("\nv1\n"), "{versions}");
}

#[test]
fn events_come_oldest_first() {
    let env = TestEnv::new();
    assert_shows!(env.run("events"), @"
    [stderr]
    No events found in default namespace.
    ");
    env.write("events.yaml", EVENTS);
    env.prepare("apply -f events.yaml");
    assert_shows!(env.run("events"), @"
    LAST SEEN          TYPE      REASON             OBJECT           MESSAGE
    30m                Normal    Created            Deployment/web   made it
    2m (x4 over 60m)   Warning   FailedScheduling   Pod/p            0/1 nodes are available
    ");
    assert_shows!(env.run("events -A --types=warning --no-headers"), @"default   2m (x4 over 60m)   Warning   FailedScheduling   Pod/p   0/1 nodes are available");
    assert_shows!(env.run("events --for deploy/web -o name"), @"event/early");
    assert_shows!(env.run("events --for pod/p -o jsonpath={.items[*].reason}"), @"FailedScheduling");
    assert_shows!(env.run("events --for pod/none"), @"
    [stderr]
    No events found in default namespace.
    ");
    assert_shows!(env.run("events --for pod"), @"
    [stderr]
    error: --for pod: write TYPE/NAME
    [exit 2]
    ");
    assert_shows!(env.run("events --types=odd"), @"
    [stderr]
    error: --types odd: there are the types Normal and Warning
    [exit 2]
    ");
    assert_shows!(env.run("events -o wide"), @"
    [stderr]
    error: events takes -o name, json, yaml, jsonpath or go-template
    [exit 2]
    ");
    let mut watch = env.start("events -w");
    watch.wait_for("FailedScheduling");
    env.write("more.yaml", EVENTS.replace("name: late", "name: later").replace("FailedScheduling", "Again"));
    env.prepare("apply -f more.yaml");
    watch.wait_for("Again");
    watch.signal("INT");
    assert_eq!(watch.end().code(), Some(130));
}

#[test]
fn a_tree_shows_what_is_owned_and_how_far_it_is() {
    let env = TestEnv::new();
    env.write("root.yaml", OWNED);
    env.prepare("apply -f root.yaml");
    let uid = |kind: &str| env.run(&format!("get {kind} -o jsonpath={{.metadata.uid}}")).stdout.clone();
    let owner = |api: &str, kind: &str, name: &str, uid: &str| {
        format!("ownerReferences: [{{apiVersion: {api}, kind: {kind}, name: {name}, uid: {uid}}}]")
    };
    let (root, node) = (owner("v1", "ConfigMap", "root", &uid("cm/root")), owner("v1", "Node", "worker", &uid("node/worker")));
    let claim = "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}";
    env.write(
        "owned.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: leaf, {root}}}\n---\n\
             apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: claim, {root}}}\n{claim}\n---\n\
             apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: of-node, {node}}}\n"
        ),
    );
    env.prepare("apply -f owned.yaml");
    assert_shows!(env.run("tree cm/root"), @"
    OBJECT                           AGE   STATE         REASON
    configmap/root                   0s    ready         
    ├─ persistentvolumeclaim/claim   0s    in progress   the claim is not bound: its phase is Pending
    └─ secret/leaf                   0s    ready
    ");
    assert_shows!(env.run("tree node worker --no-headers"), @"
    node/worker                 0s    ready   
    └─ serviceaccount/of-node   0s    ready
    ");
    assert_shows!(env.run("tree cm/none"), @r#"
    [stderr]
    error: from server (NotFound): configmaps "none" not found
    [exit 1]
    "#);
    assert_shows!(env.run("tree cm"), @"
    [stderr]
    error: a tree has one root: name one object
    [exit 2]
    ");
}

#[test]
fn an_object_is_described_with_its_events() {
    let env = TestEnv::new();
    env.write("events.yaml", EVENTS);
    env.write("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: login, labels: {app: web}}\nstringData: {password: hidden}\n");
    env.prepare("apply -f secret.yaml");
    let uid = env.run("get secret login -o jsonpath={.metadata.uid}").stdout.clone();
    let about = format!("kind: Secret, name: login, namespace: default, uid: {uid}}}");
    env.write("events.yaml", EVENTS.replace("kind: Pod, name: p, namespace: default}", &about));
    env.prepare("apply -f events.yaml");
    assert_shows!(env.run("describe secret login"), @"
    Name:         login
    Namespace:    default
    Labels:       app=web
    Annotations:  <none>
    API Version:  v1
    Data:
      password:  6 bytes
    Kind:        Secret
    Metadata:
      Creation Timestamp:  2026-11-22T10:00:00Z
      Resource Version:    7
      UID:                 00000001-0000-0000-8000-000000000005
    Type:                  Opaque
    Events:
      Type     Reason            Age               From       Message
      ----     ------            ----              ----       -------
      Warning  FailedScheduling  2m (x4 over 60m)  scheduler  0/1 nodes are available
    ");
    assert_shows!(env.run("describe secret -l app=web --show-events=false"), @"
    Name:         login
    Namespace:    default
    Labels:       app=web
    Annotations:  <none>
    API Version:  v1
    Data:
      password:  6 bytes
    Kind:        Secret
    Metadata:
      Creation Timestamp:  2026-11-22T10:00:00Z
      Resource Version:    7
      UID:                 00000001-0000-0000-8000-000000000005
    Type:                  Opaque
    ");
    assert_shows!(env.run("describe ns/default cm/none"), @r#"
    Name:         default
    Namespace:
    Labels:       kubernetes.io/metadata.name=default
    Annotations:  <none>
    API Version:  v1
    Kind:         Namespace
    Metadata:
      Creation Timestamp:  2026-11-22T10:00:00Z
      Resource Version:    6
      UID:                 00000001-0000-0000-8000-000000000004
    Spec:
      Finalizers:
        kubernetes
    Status:
      Phase:  Active
    Events:   <none>
    [stderr]
    error: from server (NotFound): configmaps "none" not found
    [exit 1]
    "#);
    assert_shows!(env.run("describe cm"), @"
    [stderr]
    No resources found in default namespace.
    ");
    assert_shows!(env.run("describe cm/a -l app=web"), @"
    [stderr]
    error: a name cannot be given together with a selector
    [exit 2]
    ");
}

#[test]
fn one_learns_who_one_is_and_what_one_may_do() {
    let env = TestEnv::new();
    assert_shows!(env.run("auth whoami"), @"
    ATTRIBUTE   VALUE
    Username    system:admin
    Groups      [system:masters system:authenticated]
    ");
    assert_shows!(env.run("auth can-i create deployments"), @"yes");
    assert_shows!(env.run("auth can-i get nodes"), @r#"
    yes
    [stderr]
    warning: resource "nodes" is not namespace scoped
    "#);
    assert_shows!(env.run("auth can-i get foo -q"), @r#"
    [stderr]
    warning: the server doesn't have a resource type "foo"
    "#);
    assert_shows!(env.run("auth can-i get /metrics"), @"yes");
    assert_shows!(env.run("auth can-i get"), @"
    [stderr]
    error: say a verb and a resource: VERB TYPE, VERB TYPE/NAME or VERB /PATH
    [exit 2]
    ");
    assert_shows!(env.run("auth can-i --list --no-headers"), @"
    *.*                                             []             []    [*]
    selfsubjectreviews.authentication.k8s.io        []             []    [create]
    selfsubjectaccessreviews.authorization.k8s.io   []             []    [create]
    selfsubjectrulesreviews.authorization.k8s.io    []             []    [create]
                                                    [*]            []    [*]
                                                    [/healthz]     []    [get]
                                                    [/livez]       []    [get]
                                                    [/readyz]      []    [get]
                                                    [/version]     []    [get]
                                                    [/version/]    []    [get]
                                                    [/api]         []    [get]
                                                    [/api/*]       []    [get]
                                                    [/apis]        []    [get]
                                                    [/apis/*]      []    [get]
                                                    [/openapi]     []    [get]
                                                    [/openapi/*]   []    [get]
    ");
}

#[test]
fn looking_works_over_the_network_too() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", [OWNED, EVENTS].join("---\n"));
    env.prepare("apply -f set.yaml");
    for command in [
        "api-resources",
        "api-versions",
        "events",
        "tree cm/root",
        "describe cm/root",
        "auth whoami",
        "auth can-i get pods",
        "wait cm/root --for=ready",
    ] {
        assert_eq!(env.run(command).code(), Some(0), "{command}");
    }
}

const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
current-context: dev
odd: {kept: true}
clusters:
- {name: c, cluster: {server: \"https://192.0.2.1\", certificate-authority-data: QQ==}}
contexts:
- {name: dev, context: {cluster: c, user: u}}
users:
- {name: u, user: {token: hidden}}
";

#[test]
fn contexts_are_shown_and_changed() {
    let env = TestEnv::without_target().with("KUBECONFIG", "config");
    assert_shows!(env.run("config current-context"), @"
    [stderr]
    error: current-context is not set
    [exit 1]
    ");
    assert_shows!(env.run("config get-contexts"), @"CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE");
    env.write("config", KUBECONFIG);
    assert_shows!(env.run("config set-context prod --cluster=c -n shop"), @r#"Context "prod" created."#);
    assert_shows!(env.run("config set-context --current --namespace=web"), @r#"Context "dev" modified."#);
    assert_shows!(env.run("config get-contexts"), @"
    CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE
    *         dev    c         u          web
              prod   c                    shop
    ");
    assert_shows!(env.run("config use-context prod"), @r#"Switched to context "prod"."#);
    assert_shows!(env.run("config get-contexts -o name"), @"
    dev
    prod
    ");
    assert_shows!(env.run("config use-context none"), @r#"
    [stderr]
    error: no context exists with the name: "none"
    hint: trueup config get-contexts shows them
    [exit 1]
    "#);
    assert_shows!(env.run("config view"), @"
    apiVersion: v1
    clusters:
    - cluster:
        certificate-authority-data: DATA+OMITTED
        server: https://192.0.2.1
      name: c
    contexts:
    - context:
        cluster: c
        namespace: web
        user: u
      name: dev
    - context:
        cluster: c
        namespace: shop
      name: prod
    current-context: prod
    kind: Config
    odd:
      kept: true
    users:
    - name: u
      user:
        token: REDACTED
    ");
    assert_shows!(env.run("config view --minify --context dev -o jsonpath={.clusters[0].cluster.server}"), @"https://192.0.2.1");
    assert_shows!(env.run("config view --minify"), @r#"
    [stderr]
    error: cannot locate user "" of the context "prod"
    [exit 1]
    "#);
    assert_shows!(env.run("config view --raw -o jsonpath={.users[0].user.token}"), @"hidden");
    env.write("config", "[1]");
    assert_shows!(env.run("config view"), @"
    [stderr]
    error: config is not a kubeconfig: it is no mapping
    [exit 1]
    ");
}

#[test]
fn what_manifests_describe_is_described() {
    let env = TestEnv::new();
    env.write("set.yaml", config_map("a", "1") + "---\n" + &config_map("b", "1"));
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    assert_shows!(env.run("describe -f set.yaml --show-events=false"), @r#"
    Name:         a
    Namespace:    default
    Labels:       <none>
    Annotations:  <none>
    API Version:  v1
    Data:
      key:  1
    Kind:   ConfigMap
    Metadata:
      Creation Timestamp:  2026-11-22T10:00:00Z
      Resource Version:    7
      UID:                 00000001-0000-0000-8000-000000000005
    [stderr]
    error: from server (NotFound): configmaps "b" not found
    [exit 1]
    "#);
    assert_shows!(env.run("describe cm -f set.yaml"), @"
    [stderr]
    error: -f and resource arguments cannot be given together
    [exit 2]
    ");
}
