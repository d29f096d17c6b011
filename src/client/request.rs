//! Requests as plain data: method, path, query and body, with no connection behind them.
//!
//! Receives a resource and parameters, hands on an [`ApiRequest`]. Invariant: what goes over the wire can be compared in a test
//! without any server.

use form_urlencoded::Serializer;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::ServedResource;

/// What stays as it is in one segment of a path (RFC 3986 unreserved characters, and what Kubernetes names hold).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// How the answer shall look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// The objects themselves.
    #[default]
    Objects,
    /// A server-side table of rows, each with its object's metadata.
    Table,
    /// The same, each row with its whole object.
    TableOfObjects,
}

impl Form {
    fn accept(self) -> &'static str {
        match self {
            Self::Objects => "application/json",
            Self::Table | Self::TableOfObjects => "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
        }
    }
}

/// One request to the API.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiRequest {
    /// The HTTP method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The `Accept` header.
    pub accept: &'static str,
    /// The `Content-Type` header, where there is a body.
    pub content_type: Option<&'static str>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// Whether the answer may be large enough to be worth compressing on its way.
    pub may_be_large: bool,
}

/// Which objects to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListParameters {
    /// A label selector, passed on as written; empty selects everything.
    pub label_selector: String,
    /// A field selector, passed on as written; empty selects everything.
    pub field_selector: String,
    /// The most objects in one page; 0 asks for all at once.
    pub limit: u32,
}

/// How to apply an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyParameters {
    /// Who owns the applied fields.
    pub field_manager: String,
    /// Whether fields that others own are taken from them.
    pub force: bool,
    /// Whether the server only says what would happen.
    pub dry_run: bool,
}

/// What happens to the dependents of a deleted object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Propagation {
    /// They go later.
    #[default]
    Background,
    /// They go first.
    Foreground,
    /// They stay.
    Orphan,
}

impl Propagation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Background => "Background",
            Self::Foreground => "Foreground",
            Self::Orphan => "Orphan",
        }
    }
}

/// How to delete an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeleteParameters {
    /// What happens to its dependents.
    pub propagation: Propagation,
    /// Seconds the object may take to go; `None` leaves it to the server.
    pub grace_period_seconds: Option<u32>,
    /// Whether the server only says what would happen.
    pub dry_run: bool,
    /// Delete only the object of this uid.
    pub uid: Option<String>,
    /// Delete only this state of the object.
    pub resource_version: Option<String>,
}

impl ApiRequest {
    /// A plain GET of a path.
    #[must_use]
    pub fn fetch(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into(), Form::Objects.accept())
    }

    /// A GET of a path in a form of the caller's choice.
    #[must_use]
    pub fn fetch_as(path: impl Into<String>, accept: &'static str) -> Self {
        Self::new(Method::GET, path.into(), accept)
    }

    /// Reads one object.
    #[must_use]
    pub fn get(resource: &ServedResource, namespace: Option<&str>, name: &str, form: Form) -> Self {
        Self::new(Method::GET, Query::of(form).after(object_path(resource, namespace, name)), form.accept())
    }

    /// Reads a subresource of one object, such as `status`.
    #[must_use]
    pub fn get_subresource(resource: &ServedResource, namespace: Option<&str>, name: &str, subresource: &str, form: Form) -> Self {
        let path = format!("{}/{}", object_path(resource, namespace, name), segment(subresource));
        Self::new(Method::GET, Query::of(form).after(path), form.accept())
    }

    /// Lists objects: of one namespace, or of all where none is given. `continue_token` is empty for the first page.
    #[must_use]
    pub fn list(resource: &ServedResource, namespace: Option<&str>, parameters: &ListParameters, continue_token: &str, form: Form) -> Self {
        let mut query = Query::of(form);
        query.selectors(parameters);
        if parameters.limit > 0 {
            query.put("limit", &parameters.limit.to_string());
        }
        query.put("continue", continue_token);
        let path = query.after(collection_path(resource, namespace));
        Self { may_be_large: true, ..Self::new(Method::GET, path, form.accept()) }
    }

    /// Watches what [`ApiRequest::list`] lists, from a resource version on, with bookmarks.
    #[must_use]
    pub fn watch(
        resource: &ServedResource,
        namespace: Option<&str>,
        parameters: &ListParameters,
        resource_version: &str,
        form: Form,
    ) -> Self {
        let mut query = Query::default();
        query.put("watch", "true");
        query.put("allowWatchBookmarks", "true");
        query.selectors(parameters);
        query.put("resourceVersion", resource_version);
        Self::new(Method::GET, query.after(collection_path(resource, namespace)), form.accept())
    }

    /// Applies an object, given as JSON (which is YAML too), by server-side apply.
    #[must_use]
    pub fn apply(resource: &ServedResource, namespace: Option<&str>, name: &str, body: Vec<u8>, parameters: &ApplyParameters) -> Self {
        let mut query = Query::default();
        query.put("fieldManager", &parameters.field_manager);
        if parameters.force {
            query.put("force", "true");
        }
        query.put("fieldValidation", "Strict");
        query.dry_run(parameters.dry_run);
        let path = query.after(object_path(resource, namespace, name));
        Self::new(Method::PATCH, path, Form::Objects.accept()).with_body("application/apply-patch+yaml", body)
    }

    /// Creates an object, given as JSON.
    #[must_use]
    pub fn create(resource: &ServedResource, namespace: Option<&str>, body: Vec<u8>, field_manager: &str, dry_run: bool) -> Self {
        let mut query = Query::default();
        query.put("fieldManager", field_manager);
        query.put("fieldValidation", "Strict");
        query.dry_run(dry_run);
        let path = query.after(collection_path(resource, namespace));
        Self::new(Method::POST, path, Form::Objects.accept()).with_body("application/json", body)
    }

    /// Puts an object, given as JSON, in the place of the one that is there; with a resourceVersion in it only in that of this state.
    #[must_use]
    pub fn replace(resource: &ServedResource, namespace: Option<&str>, name: &str, body: Vec<u8>, field_manager: &str) -> Self {
        let mut query = Query::default();
        query.put("fieldManager", field_manager);
        let path = query.after(object_path(resource, namespace, name));
        Self::new(Method::PUT, path, Form::Objects.accept()).with_body("application/json", body)
    }

    /// Asks what [`ApiRequest::replace`] would make of an object, without doing it.
    #[must_use]
    pub fn try_replace(resource: &ServedResource, namespace: Option<&str>, name: &str, body: Vec<u8>, field_manager: &str) -> Self {
        let mut query = Query::default();
        query.put("fieldManager", field_manager);
        query.dry_run(true);
        let path = query.after(object_path(resource, namespace, name));
        Self::new(Method::PUT, path, Form::Objects.accept()).with_body("application/json", body)
    }

    /// Changes an object by a JSON patch (RFC 6902).
    #[must_use]
    pub fn json_patch(resource: &ServedResource, namespace: Option<&str>, name: &str, patch: &Value, field_manager: &str) -> Self {
        let mut query = Query::default();
        query.put("fieldManager", field_manager);
        let path = query.after(object_path(resource, namespace, name));
        Self::new(Method::PATCH, path, Form::Objects.accept()).with_body("application/json-patch+json", patch.to_string().into_bytes())
    }

    /// Posts a review, such as a SelfSubjectReview, whose answer is not kept anywhere. `api_version` is that of a named group.
    #[must_use]
    pub fn review(api_version: &str, plural: &str, review: &Value) -> Self {
        let path = format!("/apis/{api_version}/{plural}");
        Self::new(Method::POST, path, Form::Objects.accept()).with_body("application/json", review.to_string().into_bytes())
    }

    /// Deletes one object.
    #[must_use]
    pub fn delete(resource: &ServedResource, namespace: Option<&str>, name: &str, parameters: &DeleteParameters) -> Self {
        let mut options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": parameters.propagation.as_str(),
        });
        if let Some(seconds) = parameters.grace_period_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        if parameters.dry_run {
            options["dryRun"] = json!(["All"]);
        }
        let preconditions = [("uid", &parameters.uid), ("resourceVersion", &parameters.resource_version)];
        for (name, value) in preconditions.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            options["preconditions"][name] = value.as_str().into();
        }
        Self::new(Method::DELETE, object_path(resource, namespace, name), Form::Objects.accept())
            .with_body("application/json", options.to_string().into_bytes())
    }

    /// The method and path, as errors name the request; selectors and tokens are left out.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }

    fn new(method: Method, path: String, accept: &'static str) -> Self {
        Self { method, path, accept, content_type: None, body: Vec::new(), may_be_large: false }
    }

    fn with_body(mut self, content_type: &'static str, body: Vec<u8>) -> Self {
        self.content_type = Some(content_type);
        self.body = body;
        self
    }
}

fn collection_path(resource: &ServedResource, namespace: Option<&str>) -> String {
    let root = if resource.group.is_empty() { "/api" } else { "/apis/" };
    let namespaced = namespace.filter(|_| resource.namespaced);
    let place = namespaced.map(|namespace| format!("/namespaces/{}", segment(namespace))).unwrap_or_default();
    format!("{root}{}/{}{place}/{}", resource.group, resource.version, resource.plural)
}

fn object_path(resource: &ServedResource, namespace: Option<&str>, name: &str) -> String {
    format!("{}/{}", collection_path(resource, namespace), segment(name))
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A query string under construction; empty values are left out.
#[derive(Default)]
struct Query(String);

impl Query {
    fn of(form: Form) -> Self {
        let mut query = Self::default();
        if form == Form::TableOfObjects {
            query.put("includeObject", "Object");
        }
        query
    }

    fn put(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            let text = std::mem::take(&mut self.0);
            self.0 = Serializer::new(text).append_pair(name, value).finish();
        }
    }

    fn selectors(&mut self, parameters: &ListParameters) {
        self.put("labelSelector", &parameters.label_selector);
        self.put("fieldSelector", &parameters.field_selector);
    }

    fn dry_run(&mut self, dry_run: bool) {
        if dry_run {
            self.put("dryRun", "All");
        }
    }

    fn after(self, path: String) -> String {
        if self.0.is_empty() { path } else { format!("{path}?{}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployments() -> ServedResource {
        ServedResource::named("apps", "v1", "Deployment", "deployments", true)
    }

    #[test]
    fn an_apply_names_manager_validation_and_dry_run() {
        let parameters = ApplyParameters { field_manager: "true up".to_owned(), force: true, dry_run: true };
        let request = ApiRequest::apply(&deployments(), Some("shop"), "web", b"{}".to_vec(), &parameters);
        assert_eq!(request.method, Method::PATCH);
        assert_eq!(
            request.path,
            "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=true+up&force=true&fieldValidation=Strict&dryRun=All"
        );
        assert_eq!(request.content_type, Some("application/apply-patch+yaml"));
    }

    #[test]
    fn a_list_of_all_namespaces_leaves_the_namespace_out() {
        let parameters = ListParameters { label_selector: "a=b,c".to_owned(), limit: 500, ..ListParameters::default() };
        let request = ApiRequest::list(&deployments(), None, &parameters, "t+k", Form::Table);
        assert_eq!(request.path, "/apis/apps/v1/deployments?labelSelector=a%3Db%2Cc&limit=500&continue=t%2Bk");
        assert!(request.accept.contains("as=Table"));
    }

    #[test]
    fn core_resources_live_under_api() {
        let nodes = ServedResource::named("", "v1", "Node", "nodes", false);
        assert_eq!(ApiRequest::get(&nodes, Some("ignored"), "a/b", Form::Objects).path, "/api/v1/nodes/a%2Fb");
    }

    #[test]
    fn nothing_in_a_name_ends_its_segment_of_the_path() {
        let request = ApiRequest::get_subresource(&deployments(), Some("a/../b"), "c?d#e f%2Fg\né", "s/t", Form::Objects);
        assert_eq!(request.path, "/apis/apps/v1/namespaces/a%2F..%2Fb/deployments/c%3Fd%23e%20f%252Fg%0A%C3%A9/s%2Ft");
    }

    #[test]
    fn a_delete_says_what_happens_to_dependents() {
        let parameters = DeleteParameters {
            propagation: Propagation::Orphan,
            grace_period_seconds: Some(0),
            dry_run: true,
            ..DeleteParameters::default()
        };
        let request = ApiRequest::delete(&deployments(), Some("a"), "b", &parameters);
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        assert_eq!(
            body,
            json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Orphan", "gracePeriodSeconds": 0, "dryRun": ["All"]})
        );
        let pinned = DeleteParameters { uid: Some("u".to_owned()), resource_version: Some("7".to_owned()), ..DeleteParameters::default() };
        let body: Value = serde_json::from_slice(&ApiRequest::delete(&deployments(), Some("a"), "b", &pinned).body).expect("JSON");
        assert_eq!(body["preconditions"], json!({"uid": "u", "resourceVersion": "7"}));
    }

    #[test]
    fn a_creation_goes_to_the_collection() {
        let request = ApiRequest::create(&deployments(), Some("shop"), b"{}".to_vec(), "me", true);
        assert_eq!(request.method, Method::POST);
        assert_eq!(request.path, "/apis/apps/v1/namespaces/shop/deployments?fieldManager=me&fieldValidation=Strict&dryRun=All");
    }
}
