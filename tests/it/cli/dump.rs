use std::os::unix::fs::PermissionsExt as _;

use super::SHOP;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::server::{Engine, TestServer, on_every_engine};

fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env
}

#[test]
fn a_namespace_is_written_as_it_was_declared_with_its_defaults() {
    let env = shop();
    assert_shows!(env.run("dump -n shop"), @"
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    ---
    apiVersion: v1
    data:
      LOG_LEVEL: info
    kind: ConfigMap
    metadata:
      labels:
        app: web
      name: settings
      namespace: shop
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      namespace: shop
    spec:
      internalTrafficPolicy: Cluster
      ports:
      - port: 80
        protocol: TCP
        targetPort: 80
      selector:
        app: web
      sessionAffinity: None
      type: ClusterIP
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app: web
      name: web
      namespace: shop
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
    [stderr]
    left out: Secrets, which were not read (--include-secrets writes them, in clear)
    ");
    assert_shows!(env.run("dump -n shop --defaults drop"), @"
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    ---
    apiVersion: v1
    data:
      LOG_LEVEL: info
    kind: ConfigMap
    metadata:
      labels:
        app: web
      name: settings
      namespace: shop
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      namespace: shop
    spec:
      ports:
      - port: 80
      selector:
        app: web
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app: web
      name: web
      namespace: shop
    spec:
      replicas: 2
      selector:
        matchLabels:
          app: web
      template:
        metadata:
          labels:
            app: web
        spec:
          containers:
          - image: nginx:1.27
            name: web
    [stderr]
    left out: Secrets, which were not read (--include-secrets writes them, in clear)
    ");
}

#[test]
fn a_dump_is_no_difference_to_what_it_is_of_and_to_what_is_made_of_it() {
    let env = shop();
    for defaults in ["keep", "drop"] {
        let dump = env.run(&format!("dump -n shop --include-secrets --defaults {defaults} -q"));
        env.write("dump.yaml", &dump.stdout);
        let other = format!("--local other-{defaults}");
        env.prepare(&format!("apply -f dump.yaml {other}"));
        for target in ["", other.as_str()] {
            let diff = env.run(&format!("diff -f dump.yaml {target}"));
            assert_eq!(diff.shown(), "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 5 unchanged.\n");
        }
        let again = env.run(&format!("dump -n shop --include-secrets --defaults {defaults} -q {other}"));
        assert_eq!(again.stdout, dump.stdout);
    }
}

#[test]
fn each_object_gets_its_file_and_those_of_secrets_are_private() {
    let env = shop();
    env.write("out/old.yaml", "");
    assert_shows!(env.run("dump -n shop --output-dir out --include-secrets"), @"
    [stderr]
    wrote 5 objects to out
    warning: 1 other manifest stands in out, which this dump did not write
    ");
    let mut names: Vec<_> = std::fs::read_dir(env.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "namespace_shop.yaml",
            "old.yaml",
            "shop_configmap_settings.yaml",
            "shop_deployment.apps_web.yaml",
            "shop_secret_login.yaml",
            "shop_service_web.yaml"
        ]
    );
    let mode = |name: &str| std::fs::metadata(env.path("out").join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("shop_secret_login.yaml"), 0o600);
    env.prepare("apply -f out/shop_secret_login.yaml");
    assert_shows!(env.run("dump cm/settings -n shop --output-dir out/json -o json"), @"
    [stderr]
    wrote 1 object to out/json
    ");
    assert_shows!(env.shell("cat out/json/shop_configmap_settings.json"), @r#"
    {
        "apiVersion": "v1",
        "data": {
            "LOG_LEVEL": "info"
        },
        "kind": "ConfigMap",
        "metadata": {
            "labels": {
                "app": "web"
            },
            "name": "settings",
            "namespace": "shop"
        }
    }
    "#);
    assert_shows!(env.run("dump -n shop --output-dir shop.yaml"), @"
    [stderr]
    error: cannot write shop.yaml: File exists (os error 17)
    [exit 1]
    ");
}

#[test]
fn kinds_names_labels_and_sets_select() {
    let env = shop();
    assert_shows!(env.run("dump deploy,cm -l app=web -n shop -o json"), @r#"
    {
        "apiVersion": "v1",
        "items": [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {
                    "labels": {
                        "app": "web"
                    },
                    "name": "web",
                    "namespace": "shop"
                },
                "spec": {
                    "progressDeadlineSeconds": 600,
                    "replicas": 2,
                    "revisionHistoryLimit": 10,
                    "selector": {
                        "matchLabels": {
                            "app": "web"
                        }
                    },
                    "strategy": {
                        "rollingUpdate": {
                            "maxSurge": "25%",
                            "maxUnavailable": "25%"
                        },
                        "type": "RollingUpdate"
                    },
                    "template": {
                        "metadata": {
                            "labels": {
                                "app": "web"
                            }
                        },
                        "spec": {
                            "containers": [
                                {
                                    "image": "nginx:1.27",
                                    "imagePullPolicy": "IfNotPresent",
                                    "name": "web",
                                    "resources": {},
                                    "terminationMessagePath": "/dev/termination-log",
                                    "terminationMessagePolicy": "File"
                                }
                            ],
                            "dnsPolicy": "ClusterFirst",
                            "restartPolicy": "Always",
                            "schedulerName": "default-scheduler",
                            "securityContext": {},
                            "terminationGracePeriodSeconds": 30
                        }
                    }
                }
            },
            {
                "apiVersion": "v1",
                "data": {
                    "LOG_LEVEL": "info"
                },
                "kind": "ConfigMap",
                "metadata": {
                    "labels": {
                        "app": "web"
                    },
                    "name": "settings",
                    "namespace": "shop"
                }
            }
        ],
        "kind": "List"
    }
    "#);
    assert_shows!(env.run("dump cm settings none -n shop"), @r#"
    apiVersion: v1
    data:
      LOG_LEVEL: info
    kind: ConfigMap
    metadata:
      labels:
        app: web
      name: settings
      namespace: shop
    [stderr]
    error: from server (NotFound): configmaps "none" not found
    [exit 1]
    "#);
    assert_shows!(env.run("dump -f shop.yaml -l app=web --defaults drop"), @"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app: web
      name: web
      namespace: shop
    spec:
      replicas: 2
      selector:
        matchLabels:
          app: web
      template:
        metadata:
          labels:
            app: web
        spec:
          containers:
          - image: nginx:1.27
            name: web
    ---
    apiVersion: v1
    data:
      LOG_LEVEL: info
    kind: ConfigMap
    metadata:
      labels:
        app: web
      name: settings
      namespace: shop
    ");
    env.prepare("delete cm settings -n shop -q");
    assert_shows!(env.run("dump -f shop.yaml -l app=web --defaults drop"), @"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app: web
      name: web
      namespace: shop
    spec:
      replicas: 2
      selector:
        matchLabels:
          app: web
      template:
        metadata:
          labels:
            app: web
        spec:
          containers:
          - image: nginx:1.27
            name: web
    [stderr]
    error: configmap/settings in namespace shop does not exist
    [exit 1]
    ");
}

#[test]
fn secrets_are_written_on_demand_alone() {
    let env = shop();
    assert_shows!(env.run("dump secrets -n shop"), @"
    [stderr]
    error: Secrets are not written without --include-secrets
    hint: it writes their values in clear
    [exit 2]
    ");
    assert_shows!(env.run("dump -f shop.yaml --output-dir out"), @"
    [stderr]
    wrote 4 objects to out
    left out: 1 Secret (--include-secrets writes them, in clear)
    ");
    for arguments in ["dump -n shop", "dump -A", "dump -f shop.yaml"] {
        let output = env.run(arguments);
        assert!(!output.stdout.contains("kind: Secret"), "{output}");
    }
    assert_shows!(env.run("dump secrets -n shop --include-secrets"), @"
    apiVersion: v1
    data:
      password: bm90LXRvLWJlLXNlZW4=
    kind: Secret
    metadata:
      name: login
      namespace: shop
    type: Opaque
    ");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let env = shop();
    assert_shows!(env.run("dump cm -f shop.yaml"), @"
    [stderr]
    error: the argument '[RESOURCE]...' cannot be used with '--filename <FILE>'

    Usage: trueup dump <RESOURCE>...

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("dump -A -f shop.yaml"), @"
    [stderr]
    error: with -f, objects are selected by -l alone
    [exit 2]
    ");
    assert_shows!(env.run("dump cm/a -A"), @"
    [stderr]
    error: an object cannot be read by name across all namespaces
    [exit 2]
    ");
    assert_shows!(env.run("dump cm/a -l b=c"), @"
    [stderr]
    error: a name cannot be given together with a selector
    [exit 2]
    ");
    assert_shows!(env.run("dump things"), @r#"
    [stderr]
    error: the server doesn't have a resource type "things"
    [exit 1]
    "#);
    assert_shows!(env.run("dump -n none"), @r#"
    [stderr]
    error: from server (NotFound): namespaces "none" not found
    left out: Secrets, which were not read (--include-secrets writes them, in clear)
    [exit 1]
    "#);
}

const OWNED: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: made
  namespace: shop
  ownerReferences:
  - {apiVersion: apps/v1, kind: Deployment, name: web, uid: UID, controller: true}
";

#[test]
fn what_controllers_made_is_written_on_demand_alone() {
    let env = shop();
    let uid = env.run("get deploy web -n shop -o jsonpath={.metadata.uid}").stdout.clone();
    env.write("owned.yaml", OWNED.replace("UID", &uid));
    env.prepare("apply -f owned.yaml");
    assert_shows!(env.run("dump cm -n shop"), @"
    apiVersion: v1
    data:
      LOG_LEVEL: info
    kind: ConfigMap
    metadata:
      labels:
        app: web
      name: settings
      namespace: shop
    [stderr]
    left out: 1 object that controllers made (--owned)
    ");
    assert_shows!(env.run("dump cm -n shop --owned"), @"
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: made
      namespace: shop
    ---
    apiVersion: v1
    data:
      LOG_LEVEL: info
    kind: ConfigMap
    metadata:
      labels:
        app: web
      name: settings
      namespace: shop
    ");
}

on_every_engine!(run everything_of_a_server_applies_to_an_empty_one);

fn everything_of_a_server_applies_to_an_empty_one(engine: Engine) {
    let server = TestServer::start(engine);
    let env = TestEnv::without_target();
    env.at_present();
    let target = format!("--kubeconfig {}", server.kubeconfig().display());
    env.write("shop.yaml", SHOP);
    env.prepare(&format!("apply -f shop.yaml {target}"));
    let dump = env.run(&format!("dump -A --include-secrets {target}"));
    assert_eq!(dump.code(), Some(0), "{dump}");
    env.write("dump.yaml", &dump.stdout);
    for target in [target.as_str(), "--local empty"] {
        env.prepare(&format!("apply -f dump.yaml {target}"));
        let diff = env.run(&format!("diff -f dump.yaml {target}"));
        assert_eq!(
            (diff.code(), diff.stdout.as_str()),
            (Some(0), "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 5 unchanged.\n")
        );
    }
}
