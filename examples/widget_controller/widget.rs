//! The widget and what keeps it up: each widget has a config map that says what it is, and a status that names it.
//!
//! Receives the name of a widget that may have changed; writes what it should have. Invariant: a reconciliation looks at state alone and
//! never at what has happened, so that it may run at any time and as often as it likes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ObjectMeta, Patch, PatchParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::watcher;
use kube::{Client, CustomResource, CustomResourceExt as _, Resource as _, ResourceExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The name under which the controller owns fields.
const MANAGER: &str = "widget-controller";

/// How soon a widget that could not be reconciled is looked at again.
const RETRY: Duration = Duration::from_secs(5);

/// What a widget should be.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(group = "example.trueup.dev", version = "v1", kind = "Widget", namespaced, status = "WidgetStatus", shortname = "wd")]
#[kube(printcolumn = r#"{"name": "Color", "type": "string", "jsonPath": ".spec.color"}"#)]
#[kube(printcolumn = r#"{"name": "ConfigMap", "type": "string", "jsonPath": ".status.configMap"}"#)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetSpec {
    /// The color of the widget.
    pub(crate) color: String,
    /// How large the widget is.
    pub(crate) size: u32,
}

/// What was found of a widget.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetStatus {
    /// The generation that the config map shows.
    pub(crate) observed_generation: i64,
    /// The name of the config map.
    pub(crate) config_map: String,
}

/// What a reconciliation works with.
pub(crate) struct Context {
    client: Client,
}

/// Why a widget could not be reconciled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The server refused something, or could not be reached.
    #[error("{attempted}: {source}")]
    Server {
        /// What was attempted.
        attempted: &'static str,
        /// The answer.
        #[source]
        source: kube::Error,
    },
    /// The server left out what every stored object has.
    #[error("the widget has no {0}")]
    Incomplete(&'static str),
}

/// Why the kind could not be installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// The definition was refused.
    #[error("the definition of widgets cannot be applied: {0}")]
    Apply(#[from] kube::Error),
    /// The definition was taken, but the kind is not served.
    #[error("the definition of widgets is not established: {0}")]
    Establish(#[from] kube::runtime::wait::Error),
}

/// Applies the definition of widgets and waits until they are served.
pub(crate) async fn install(client: &Client) -> Result<(), InstallError> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let definition = Widget::crd();
    let name = definition.name_any();
    definitions.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&definition)).await?;
    await_condition(definitions, &name, conditions::is_crd_established()).await?;
    Ok(())
}

/// The controller, which is told of widgets and of the config maps that they own.
pub(crate) fn controller(client: &Client) -> Controller<Widget> {
    let widgets: Api<Widget> = Api::all(client.clone());
    let config_maps: Api<ConfigMap> = Api::all(client.clone());
    Controller::new(widgets, watcher::Config::default()).owns(config_maps, watcher::Config::default())
}

/// What [`reconcile`] works with.
pub(crate) fn context(client: Client) -> Arc<Context> {
    Arc::new(Context { client })
}

/// Brings the config map and the status of a widget to what they should be; where they are, nothing is written.
pub(crate) async fn reconcile(widget: Arc<Widget>, context: Arc<Context>) -> Result<Action, Error> {
    let namespace = widget.namespace().ok_or(Error::Incomplete("namespace"))?;
    let desired = config_map_of(&widget)?;
    let config_maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), &namespace);
    let applied = PatchParams::apply(MANAGER).force();
    let written = config_maps.patch(&desired.name_any(), &applied, &Patch::Apply(&desired)).await;
    written.map_err(|source| Error::Server { attempted: "applying the config map", source })?;

    let status = status_of(&widget, &desired);
    if widget.status.as_ref() != Some(&status) {
        let widgets: Api<Widget> = Api::namespaced(context.client.clone(), &namespace);
        let document = json!({"apiVersion": Widget::api_version(&()), "kind": Widget::kind(&()), "status": status});
        let written = widgets.patch_status(&widget.name_any(), &applied, &Patch::Apply(&document)).await;
        written.map_err(|source| Error::Server { attempted: "applying the status", source })?;
    }
    Ok(Action::await_change())
}

/// What becomes of a widget that could not be reconciled.
pub(crate) fn on_error(_: Arc<Widget>, _: &Error, _: Arc<Context>) -> Action {
    Action::requeue(RETRY)
}

/// The config map that a widget should have.
fn config_map_of(widget: &Widget) -> Result<ConfigMap, Error> {
    let owner = widget.controller_owner_ref(&()).ok_or(Error::Incomplete("uid"))?;
    Ok(ConfigMap {
        metadata: ObjectMeta {
            name: Some(format!("widget-{}", widget.name_any())),
            namespace: widget.namespace(),
            owner_references: Some(vec![owner]),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([("color".to_owned(), widget.spec.color.clone()), ("size".to_owned(), widget.spec.size.to_string())])),
        ..ConfigMap::default()
    })
}

fn status_of(widget: &Widget, config_map: &ConfigMap) -> WidgetStatus {
    WidgetStatus { observed_generation: widget.meta().generation.unwrap_or_default(), config_map: config_map.name_any() }
}
