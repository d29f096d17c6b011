//! The command line as a person or a script meets it: whole outputs of the real program.

mod apply;
mod atomic;
mod completions;
mod delete;
mod diff;
mod diff_forms;
mod documents;
mod drift;
mod dump;
mod every_command;
mod explain;
mod failures;
mod get;
mod get_forms;
mod help;
mod history;
mod interruption;
mod look;
mod manifests;
mod order;
mod pipelines;
mod plan;
mod replace;
mod requests;
mod serve;
mod set_views;
mod sets;
mod sync;
mod targets;
mod terminal;
mod untrusted;
mod validate;
mod wait;
mod watch;

/// A namespace with a Deployment, a Service, a ConfigMap and a Secret, as people write them.
pub(super) const SHOP: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx:1.27
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports:
  - port: 80
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
  labels: {app: web}
data:
  LOG_LEVEL: info
---
apiVersion: v1
kind: Secret
metadata:
  name: login
  namespace: shop
stringData:
  password: not-to-be-seen
";

/// A ConfigMap in the default namespace with one value.
pub(super) fn config_map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: \"{value}\"\n")
}
