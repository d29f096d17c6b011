use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

#[test]
fn a_new_namespace_and_what_is_in_it_are_shown_as_one_change() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("diff -f shop.yaml"), @"
    === create namespace/shop (shop.yaml:1)
    @@ -0,0 +1,9 @@
    +apiVersion: v1
    +kind: Namespace
    +metadata:
    +  labels:
    +    kubernetes.io/metadata.name: shop
    +  name: shop
    +spec:
    +  finalizers:
    +  - kubernetes

    === create deployment.apps/web in namespace shop (shop.yaml:6)
    @@ -0,0 +1,36 @@
    +apiVersion: apps/v1
    +kind: Deployment
    +metadata:
    +  labels:
    +    app: web
    +  name: web
    +  namespace: shop
    +spec:
    +  progressDeadlineSeconds: 600
    +  replicas: 2
    +  revisionHistoryLimit: 10
    +  selector:
    +    matchLabels:
    +      app: web
    +  strategy:
    +    rollingUpdate:
    +      maxSurge: 25%
    +      maxUnavailable: 25%
    +    type: RollingUpdate
    +  template:
    +    metadata:
    +      labels:
    +        app: web
    +    spec:
    +      containers:
    +      - image: nginx:1.27
    +        imagePullPolicy: IfNotPresent
    +        name: web
    +        resources: {}
    +        terminationMessagePath: /dev/termination-log
    +        terminationMessagePolicy: File
    +      dnsPolicy: ClusterFirst
    +      restartPolicy: Always
    +      schedulerName: default-scheduler
    +      securityContext: {}
    +      terminationGracePeriodSeconds: 30

    === create service/web in namespace shop (shop.yaml:24)
    @@ -0,0 +1,21 @@
    +apiVersion: v1
    +kind: Service
    +metadata:
    +  name: web
    +  namespace: shop
    +spec:
    +  clusterIP: 10.105.233.157
    +  clusterIPs:
    +  - 10.105.233.157
    +  internalTrafficPolicy: Cluster
    +  ipFamilies:
    +  - IPv4
    +  ipFamilyPolicy: SingleStack
    +  ports:
    +  - port: 80
    +    protocol: TCP
    +    targetPort: 80
    +  selector:
    +    app: web
    +  sessionAffinity: None
    +  type: ClusterIP

    === create configmap/settings in namespace shop (shop.yaml:34)
    @@ -0,0 +1,9 @@
    +apiVersion: v1
    +data:
    +  LOG_LEVEL: info
    +kind: ConfigMap
    +metadata:
    +  labels:
    +    app: web
    +  name: settings
    +  namespace: shop

    === create secret/login in namespace shop (shop.yaml:43)
    @@ -0,0 +1,8 @@
    +apiVersion: v1
    +data:
    +  password: '***'
    +kind: Secret
    +metadata:
    +  name: login
    +  namespace: shop
    +type: Opaque

    Plan: 5 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
}

#[test]
fn nothing_differs_after_an_apply() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    assert_shows!(env.run("diff -f shop.yaml"), @"Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 5 unchanged.");
}

#[test]
fn only_what_differs_is_shown_with_three_lines_around_it() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    let changed = SHOP.replace("replicas: 2", "replicas: 3").replace("nginx:1.27", "nginx:1.28").replace("not-to-be-seen", "another");
    env.write("shop.yaml", changed + "---\n" + &config_map("new", "1"));
    assert_shows!(env.run("diff -f shop.yaml"), @r#"
    === update deployment.apps/web in namespace shop (shop.yaml:6)
    @@ -7,7 +7,7 @@
       namespace: shop
     spec:
       progressDeadlineSeconds: 600
    -  replicas: 2
    +  replicas: 3
       revisionHistoryLimit: 10
       selector:
         matchLabels:
    @@ -23,7 +23,7 @@
             app: web
         spec:
           containers:
    -      - image: nginx:1.27
    +      - image: nginx:1.28
             imagePullPolicy: IfNotPresent
             name: web
             resources: {}

    === update secret/login in namespace shop (shop.yaml:43)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  password: '*** (before)'
    +  password: '*** (after)'
     kind: Secret
     metadata:
       name: login

    === create configmap/new in namespace default (shop.yaml:51)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: default

    Plan: 1 to create, 2 to update, 0 to replace, 0 to delete, 3 unchanged.
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f shop.yaml -l !app --show-secrets"), @r#"
    === update secret/login in namespace shop (shop.yaml:43)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  password: bm90LXRvLWJlLXNlZW4=
    +  password: YW5vdGhlcg==
     kind: Secret
     metadata:
       name: login

    === create configmap/new in namespace default (shop.yaml:51)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: default

    Plan: 1 to create, 1 to update, 0 to replace, 0 to delete, 2 unchanged.
    [exit 1]
    "#);
}

#[test]
fn colour_marks_the_changed_parts_of_lines() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "old"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "newer"));
    assert_shows!(env.run("diff -f a.yaml --color always"), @"\u{1b}[1;33m=== update\u{1b}[0m configmap/a in namespace default\u{1b}[2m (a.yaml:1)\u{1b}[0m\n\u{1b}[36m@@ -1,6 +1,6 @@\u{1b}[0m\n apiVersion: v1\n data:\n\u{1b}[31m-\u{1b}[0m\u{1b}[31m  key: \u{1b}[0m\u{1b}[1;4;31mold\u{1b}[0m\n\u{1b}[32m+\u{1b}[0m\u{1b}[32m  key: \u{1b}[0m\u{1b}[1;4;32mnewer\u{1b}[0m\n kind: ConfigMap\n metadata:\n   name: a\n\nPlan: 0 to create, \u{1b}[33m1 to update\u{1b}[0m, 0 to replace, 0 to delete, 0 unchanged.\n[exit 1]");
}

#[test]
fn fields_that_the_manifest_drops_are_removed() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1") + "  other: x\n");
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("diff -f a.yaml"), @r#"
    === update configmap/a in namespace default (a.yaml:1)
    @@ -1,7 +1,6 @@
     apiVersion: v1
     data:
       key: "1"
    -  other: x
     kind: ConfigMap
     metadata:
       name: a

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    "#);
}
