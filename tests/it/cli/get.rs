use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

/// The shop, made one object after the other: objects of one apply get their revisions in any order.
fn shop() -> TestEnv {
    let env = TestEnv::new();
    for document in SHOP.split("---\n") {
        env.write("one.yaml", document);
        env.prepare("apply -f one.yaml");
    }
    env.at("2026-11-22T10:05:30Z");
    env
}

#[test]
fn one_kind_is_a_table() {
    let env = shop();
    assert_shows!(env.run("get deployments -n shop"), @r"
    NAME   READY   UP-TO-DATE   AVAILABLE   AGE
    web    0/2     0            0           5m30s
    ");
    assert_shows!(env.run("get deploy -n shop -o wide"), @r"
    NAME   READY   UP-TO-DATE   AVAILABLE   AGE     CONTAINERS   IMAGES       SELECTOR
    web    0/2     0            0           5m30s   web          nginx:1.27   app=web
    ");
    assert_shows!(env.run("get cm -A"), @r"
    NAMESPACE   NAME       DATA   AGE
    shop        settings   1      5m30s
    ");
    assert_shows!(env.run("get cm -n shop --show-labels --no-headers"), @"settings   1     5m30s   app=web");
    assert_shows!(env.run("get ns"), @r"
    NAME              STATUS   AGE
    default           Active   5m30s
    kube-node-lease   Active   5m30s
    kube-public       Active   5m30s
    kube-system       Active   5m30s
    shop              Active   5m30s
    ");
}

#[test]
fn several_kinds_are_tables_with_prefixed_names() {
    let env = shop();
    assert_shows!(env.run("get deploy,svc -n shop"), @"
    NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
    deployment.apps/web   0/2     0            0           5m30s

    NAME          TYPE        CLUSTER-IP       EXTERNAL-IP   PORT(S)   AGE
    service/web   ClusterIP   10.105.233.157   <none>        80/TCP    5m30s
    ");
    assert_shows!(env.run("get all -A"), @"
    NAMESPACE   NAME          TYPE        CLUSTER-IP       EXTERNAL-IP   PORT(S)   AGE
    shop        service/web   ClusterIP   10.105.233.157   <none>        80/TCP    5m30s

    NAMESPACE   NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
    shop        deployment.apps/web   0/2     0            0           5m30s
    ");
    assert_shows!(env.run("get deploy/web svc/web secret/login -n shop"), @"
    NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
    deployment.apps/web   0/2     0            0           5m30s

    NAME          TYPE        CLUSTER-IP       EXTERNAL-IP   PORT(S)   AGE
    service/web   ClusterIP   10.105.233.157   <none>        80/TCP    5m30s

    NAME           TYPE     DATA   AGE
    secret/login   Opaque   1      5m30s
    ");
}

#[test]
fn objects_are_printed_whole() {
    let env = shop();
    assert_shows!(env.run("get deploy web -n shop -o yaml"), @r#"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      creationTimestamp: "2026-11-22T10:00:00Z"
      generation: 1
      labels:
        app: web
      name: web
      namespace: shop
      resourceVersion: "8"
      uid: 00000002-0000-0000-8000-000000000001
    spec:
      progressDeadlineSeconds: 600
      replicas: 2
      revisionHistoryLimit: 10
      selector:
        matchLabels:
          app: web
      strategy:
        rollingUpdate:
          maxSurge: 25%
          maxUnavailable: 25%
        type: RollingUpdate
      template:
        metadata:
          labels:
            app: web
        spec:
          containers:
          - image: nginx:1.27
            imagePullPolicy: IfNotPresent
            name: web
            resources: {}
            terminationMessagePath: /dev/termination-log
            terminationMessagePolicy: File
          dnsPolicy: ClusterFirst
          restartPolicy: Always
          schedulerName: default-scheduler
          securityContext: {}
          terminationGracePeriodSeconds: 30
    status: {}
    "#);
    assert_shows!(env.run("get cm/settings -n shop -o json --show-managed-fields"), @r#"
    {
        "apiVersion": "v1",
        "data": {
            "LOG_LEVEL": "info"
        },
        "kind": "ConfigMap",
        "metadata": {
            "creationTimestamp": "2026-11-22T10:00:00Z",
            "labels": {
                "app": "web"
            },
            "managedFields": [
                {
                    "apiVersion": "v1",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {
                        "f:data": {
                            "f:LOG_LEVEL": {}
                        },
                        "f:metadata": {
                            "f:labels": {
                                "f:app": {}
                            }
                        }
                    },
                    "manager": "trueup",
                    "operation": "Apply",
                    "time": "2026-11-22T10:00:00Z"
                }
            ],
            "name": "settings",
            "namespace": "shop",
            "resourceVersion": "11",
            "uid": "00000004-0000-0000-8000-000000000001"
        }
    }
    "#);
    assert_shows!(env.run("get cm -n shop -o yaml -l app=web"), @r#"
    apiVersion: v1
    items:
    - apiVersion: v1
      data:
        LOG_LEVEL: info
      kind: ConfigMap
      metadata:
        creationTimestamp: "2026-11-22T10:00:00Z"
        labels:
          app: web
        name: settings
        namespace: shop
        resourceVersion: "11"
        uid: 00000004-0000-0000-8000-000000000001
    kind: List
    metadata:
      resourceVersion: ""
    "#);
    assert_shows!(env.run("get deploy,svc,secrets -n shop -o name"), @r"
    deployment.apps/web
    service/web
    secret/login
    ");
}

#[test]
fn selectors_choose() {
    let env = shop();
    for name in ["a", "b"] {
        env.write("a.yaml", config_map(name, "1"));
        env.prepare("apply -f a.yaml");
    }
    assert_shows!(env.run("get cm -A -l app=web"), @r"
    NAMESPACE   NAME       DATA   AGE
    shop        settings   1      5m30s
    ");
    assert_shows!(env.run("get cm -A -l app!=web,app"), @r"
    [stderr]
    No resources found
    ");
    assert_shows!(env.run("get cm --field-selector metadata.name=b"), @r"
    NAME   DATA   AGE
    b      1      0s
    ");
    assert_shows!(env.run("get cm --field-selector data.key=1"), @r#"
    [stderr]
    error: from server (BadRequest): "data.key" is not a known field selector: only "metadata.name", "metadata.namespace"
    [exit 1]
    "#);
    assert_shows!(env.run("get cm -l app=="), @r"
    [stderr]
    No resources found in default namespace.
    ");
}

#[test]
fn nothing_is_told_as_nothing() {
    let env = TestEnv::new();
    assert_shows!(env.run("get svc -n shop"), @r"
    [stderr]
    No resources found in shop namespace.
    ");
    assert_shows!(env.run("get pods"), @r"
    [stderr]
    No resources found in default namespace.
    ");
    assert_shows!(env.run("get pods -A"), @r"
    [stderr]
    No resources found
    ");
    assert_shows!(env.run("get pods -o json"), @r#"
    {
        "apiVersion": "v1",
        "items": [],
        "kind": "List",
        "metadata": {
            "resourceVersion": ""
        }
    }
    "#);
    assert_shows!(env.run("get pods -o yaml"), @r#"
    apiVersion: v1
    items: []
    kind: List
    metadata:
      resourceVersion: ""
    "#);
    assert_shows!(env.run("get pods -o name"), @"");
    assert_shows!(env.run("get pods web db"), @r#"
    [stderr]
    error: from server (NotFound): pods "web" not found
    error: from server (NotFound): pods "db" not found
    [exit 1]
    "#);
    assert_shows!(env.run("get pods web --ignore-not-found"), @"");
    assert_shows!(env.run("get pods web -o yaml"), @r#"
    [stderr]
    error: from server (NotFound): pods "web" not found
    [exit 1]
    "#);
}

#[test]
fn a_mistyped_kind_comes_with_a_guess() {
    let env = TestEnv::new();
    assert_shows!(env.run("get deploymets"), @r#"
    [stderr]
    error: the server doesn't have a resource type "deploymets"
    hint: did you mean "deployments"?
    [exit 1]
    "#);
    assert_shows!(env.run("get po,scv"), @r#"
    [stderr]
    error: the server doesn't have a resource type "scv"
    hint: did you mean "svc"?
    [exit 1]
    "#);
    assert_shows!(env.run("get deployments.batch"), @r#"
    [stderr]
    error: the server doesn't have a resource type "deployments.batch"
    hint: did you mean "deployments"?
    [exit 1]
    "#);
    assert_shows!(env.run("get xyzzy"), @r#"
    [stderr]
    error: the server doesn't have a resource type "xyzzy"
    [exit 1]
    "#);
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    let env = TestEnv::new();
    assert_shows!(env.run("get"), @r"
    [stderr]
    error: the following required arguments were not provided:
      <RESOURCE>...

    Usage: trueup get <RESOURCE>...

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("get pods web -l app=web"), @r"
    [stderr]
    error: a name cannot be given together with a selector
    [exit 2]
    ");
    assert_shows!(env.run("get pods web -A"), @r"
    [stderr]
    error: an object cannot be read by name across all namespaces
    [exit 2]
    ");
    assert_shows!(env.run("get pods/web svc"), @r#"
    [stderr]
    error: with TYPE/NAME arguments no separate TYPE may stand: "svc"
    [exit 2]
    "#);
    assert_shows!(env.run("get pods,svc web db"), @r#"
    [stderr]
    error: from server (NotFound): pods "web" not found
    error: from server (NotFound): pods "db" not found
    error: from server (NotFound): services "web" not found
    error: from server (NotFound): services "db" not found
    [exit 1]
    "#);
    assert_shows!(env.run("get pods -o xml"), @r#"
    [stderr]
    error: invalid value 'xml' for '--output <FORM>': there is no form "xml"
      [possible forms: json, yaml, wide, name, custom-columns, custom-columns-file, jsonpath, jsonpath-file, jsonpath-as-json, go-template, go-template-file]
    [exit 2]
    "#);
}

#[test]
fn what_manifests_describe_is_shown_as_it_is_on_the_target() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.write("more.yaml", config_map("away", "1") + "---\n" + &config_map("here", "1"));
    env.write("here.yaml", config_map("here", "1"));
    env.prepare("apply -f here.yaml");
    assert_shows!(env.run("get -f shop.yaml -f more.yaml"), @r#"
    NAME             STATUS   AGE
    namespace/shop   Active   0s

    NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
    deployment.apps/web   0/2     0            0           0s

    NAME          TYPE        CLUSTER-IP       EXTERNAL-IP   PORT(S)   AGE
    service/web   ClusterIP   10.105.233.157   <none>        80/TCP    0s

    NAME                 DATA   AGE
    configmap/settings   1      0s
    configmap/here       1      0s

    NAME           TYPE     DATA   AGE
    secret/login   Opaque   1      0s
    [stderr]
    error: from server (NotFound): configmaps "away" not found
    [exit 1]
    "#);
    assert_shows!(env.run("get -f shop.yaml -l app=web -o name"), @"
    deployment.apps/web
    configmap/settings
    ");
    assert_shows!(env.run("get -f here.yaml -o yaml"), @r#"
    apiVersion: v1
    data:
      key: "1"
    kind: ConfigMap
    metadata:
      creationTimestamp: "2026-11-22T10:00:00Z"
      name: here
      namespace: default
      resourceVersion: "13"
      uid: 00000002-0000-0000-8000-000000000001
    "#);
    assert_shows!(env.run("get -f more.yaml --ignore-not-found -o name"), @"configmap/here");
    env.write("kind.yaml", "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: t}\n");
    assert_shows!(env.run("get -f kind.yaml -f here.yaml -o name"), @r#"
    configmap/here
    [stderr]
    error: kind.yaml:1:1: thing.x.io/t: no matches for kind "Thing" in version "x.io/v1"
    hint: apply the CustomResourceDefinition of the kind first, or together with it
    [exit 1]
    "#);
    assert_shows!(env.run("get cm -f here.yaml"), @"
    [stderr]
    error: -f and resource arguments cannot be given together
    [exit 2]
    ");
    assert_shows!(env.run("get -f here.yaml -w"), @"
    [stderr]
    error: what manifests describe cannot be watched; name the types of the objects
    [exit 2]
    ");
    assert_shows!(env.run("get -f here.yaml -A"), @"
    [stderr]
    error: -f and -A cannot be given together
    [exit 2]
    ");
    assert_shows!(env.run("get cm --output-watch-events"), @"
    [stderr]
    error: --output-watch-events goes with --watch or --watch-only
    [exit 2]
    ");
}
