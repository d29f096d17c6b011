//! What single kinds do at the edges of a write: revisions, decisions, and what is given out to services.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use trueup::ambient::Ambient;
use trueup::api::{Api, ServiceRanges};
use trueup::store::{MemoryStore, Store};

use super::{MERGE, TestApi};

const SERVICES: &str = "/api/v1/namespaces/default/services";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
const CLASSES: &str = "/apis/scheduling.k8s.io/v1/priorityclasses";
const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

/// An API over a store that may be shared, with networks of one's own.
async fn serving(store: &Arc<dyn Store>, networks: &str) -> TestApi {
    let ranges = ServiceRanges { networks: networks.parse().expect("networks"), ..ServiceRanges::default() };
    let ambient = Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"));
    let api = Api::with_services(Arc::clone(store), ambient, ranges).await.expect("it opens");
    TestApi::around(api, Arc::clone(store))
}

async fn dual_stack() -> TestApi {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    serving(&store, "10.0.0.0/24,fd00::/120").await
}

fn service(name: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["ports"] = json!([{"port": 80}]);
    json!({"metadata": {"name": name}, "spec": spec})
}

#[tokio::test]
async fn some_kinds_are_created_by_an_update_and_others_are_not_there() {
    let api = TestApi::new().await;
    let role = json!({"metadata": {"name": "r"}, "rules": []});
    let created = api.put(&format!("{ROLES}/r"), &role).await;
    assert_eq!(created.code, 201, "{}", created.body);
    assert_eq!(api.put(&format!("{ROLES}/r"), &role).await.body, created.body);
    let map = json!({"metadata": {"name": "m"}});
    api.put("/api/v1/namespaces/default/configmaps/m", &map).await.refused(404, "NotFound");
    let pinned = json!({"metadata": {"name": "s", "uid": "u"}, "rules": []});
    api.put(&format!("{ROLES}/s"), &pinned).await.refused(409, "Conflict");
}

#[tokio::test]
async fn an_update_of_some_kinds_states_its_revision() {
    let api = TestApi::new().await;
    let lease = json!({"metadata": {"name": "l"}, "spec": {"holderIdentity": "a"}});
    let created = api.put(&format!("{LEASES}/l"), &lease).await;
    assert_eq!(created.code, 201, "{}", created.body);
    let refused = api.put(&format!("{LEASES}/l"), &lease).await;
    assert_eq!(
        refused.message(),
        "leases.coordination.k8s.io \"l\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    );
    refused.refused(422, "Invalid");
    let mut released = created.body;
    released["spec"]["holderIdentity"] = json!("");
    assert_eq!(api.put(&format!("{LEASES}/l"), &released).await.code, 200);
}

#[tokio::test]
async fn a_request_for_a_certificate_is_approved_once() {
    let api = TestApi::new().await;
    let key = rcgen::KeyPair::generate().expect("a key");
    let request = rcgen::CertificateParams::default().serialize_request(&key).expect("a request").pem().expect("text");
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, request);
    let spec = json!({
        "request": encoded, "signerName": "example.com/s", "usages": ["client auth"], "username": "somebody else", "extra": {"a": ["b"]},
    });
    let created = api.create(REQUESTS, &json!({"metadata": {"name": "c"}, "spec": spec})).await;
    let me = trueup::auth::Identity::in_process();
    assert_eq!((&created["spec"]["username"], created["spec"].get("extra")), (&json!(&*me.user), None));
    assert_eq!(created["spec"]["groups"], json!(&me.groups[..]));
    let mut approved = created.clone();
    approved["status"] = json!({"conditions": [{"type": "Approved", "status": "True", "reason": "r", "message": "m"}]});
    approved["spec"]["usages"] = json!(["any"]);
    let answer = api.put(&format!("{REQUESTS}/c/approval"), &approved).await;
    assert_eq!(answer.code, 200, "{}", answer.body);
    assert_eq!(answer.body["spec"], created["spec"]);
    let condition = &answer.body["status"]["conditions"][0];
    assert_eq!(
        (&condition["lastTransitionTime"], &condition["lastUpdateTime"]),
        (&json!("2026-11-22T10:00:00Z"), &json!("2026-11-22T10:00:00Z"))
    );
    let denied = json!({"status": {"conditions": [{"type": "Denied", "status": "True"}]}});
    let refused = api.patch(&format!("{REQUESTS}/c/approval"), MERGE, &denied).await;
    assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "status.conditions");
}

#[tokio::test]
async fn one_priority_class_is_the_default() {
    let api = TestApi::new().await;
    let class = |name: &str, default: bool| json!({"metadata": {"name": name}, "value": 1, "globalDefault": default});
    api.create(CLASSES, &class("a", true)).await;
    api.create(CLASSES, &class("b", false)).await;
    let refused = api.post(CLASSES, &class("c", true)).await;
    assert!(
        refused.message().ends_with("PriorityClass a is already marked as default. Only one default can exist"),
        "{}",
        refused.message()
    );
    refused.refused(403, "Forbidden");
    api.patch(&format!("{CLASSES}/b"), MERGE, &json!({"globalDefault": true})).await.refused(403, "Forbidden");
    assert_eq!(api.patch(&format!("{CLASSES}/a"), MERGE, &json!({"globalDefault": false})).await.code, 200);
    assert_eq!(api.patch(&format!("{CLASSES}/b"), MERGE, &json!({"globalDefault": true})).await.code, 200);
}

#[tokio::test]
async fn a_service_of_two_families_has_an_address_of_each_and_may_let_one_go() {
    let api = dual_stack().await;
    let both = api.create(SERVICES, &service("a", &json!({"ipFamilyPolicy": "PreferDualStack"}))).await;
    let addresses: Vec<&str> = both["spec"]["clusterIPs"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(both["spec"]["ipFamilies"], json!(["IPv4", "IPv6"]));
    assert!(addresses[0].starts_with("10.0.0.") && addresses[1].starts_with("fd00::"), "{addresses:?}");
    let taken = service("b", &json!({"clusterIP": addresses[1], "ipFamilies": ["IPv6"]}));
    api.post(SERVICES, &taken).await.refused(422, "Invalid");
    let single = json!({"spec": {"ipFamilyPolicy": "SingleStack"}});
    let after = api.patch(&format!("{SERVICES}/a"), MERGE, &single).await.body;
    assert_eq!((&after["spec"]["clusterIPs"], &after["spec"]["ipFamilies"]), (&json!([addresses[0]]), &json!(["IPv4"])));
    assert_eq!(api.create(SERVICES, &taken).await["spec"]["clusterIP"], addresses[1], "what was let go is free");
    let again = api.patch(&format!("{SERVICES}/a"), MERGE, &json!({"spec": {"ipFamilyPolicy": "RequireDualStack"}})).await.body;
    assert_eq!(again["spec"]["clusterIPs"].as_array().map(Vec::len), Some(2), "{again}");
}

#[tokio::test]
async fn a_server_of_one_family_gives_no_other() {
    let api = TestApi::new().await;
    let refused = api.post(SERVICES, &service("a", &json!({"ipFamilyPolicy": "RequireDualStack"}))).await;
    let cause = &refused.refused(422, "Invalid")["causes"][0];
    assert_eq!(cause["field"], "spec.ipFamilyPolicy");
    assert!(cause["message"].as_str().is_some_and(|text| text.ends_with("this cluster is not configured for dual-stack services")));
}

#[tokio::test]
async fn balancers_that_stay_local_check_health_through_a_port_of_their_own() {
    let api = TestApi::new().await;
    let local = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"});
    let created = api.create(SERVICES, &service("a", &local)).await;
    let port = created["spec"]["healthCheckNodePort"].as_i64().expect("a port");
    assert!((30_000..=32_767).contains(&port) && created["spec"]["ports"][0]["nodePort"] != port, "{created}");
    assert_eq!(api.put(&format!("{SERVICES}/a"), &service("a", &local)).await.body, created, "an update keeps it");
    let cluster = api.patch(&format!("{SERVICES}/a"), MERGE, &json!({"spec": {"externalTrafficPolicy": "Cluster"}})).await.body;
    assert_eq!(cluster["spec"].get("healthCheckNodePort"), None);
    let other = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": port});
    assert_eq!(api.create(SERVICES, &service("b", &other)).await["spec"]["healthCheckNodePort"], port, "what was let go is free");
}

#[tokio::test]
async fn a_port_of_two_protocols_has_one_number_on_nodes() {
    let api = TestApi::new().await;
    let ports = json!([{"name": "t", "port": 53}, {"name": "u", "port": 53, "protocol": "UDP"}, {"name": "x", "port": 54}]);
    let created = api.create(SERVICES, &json!({"metadata": {"name": "dns"}, "spec": {"type": "NodePort", "ports": ports}})).await;
    let number = |index: usize| created["spec"]["ports"][index]["nodePort"].as_i64().expect("a port");
    assert_eq!(number(0), number(1));
    assert_ne!(number(0), number(2));
}

#[tokio::test]
async fn two_servers_of_one_store_give_out_nothing_twice() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let servers = [serving(&store, "10.0.0.0/26").await, serving(&store, "10.0.0.0/26").await];
    let specs: Vec<Value> = (0..40).map(|number| service(&format!("s{number}"), &json!({"type": "NodePort"}))).collect();
    let created = futures::future::join_all(specs.iter().enumerate().map(|(index, body)| servers[index % 2].create(SERVICES, body))).await;
    for pointer in ["/spec/clusterIP", "/spec/ports/0/nodePort"] {
        let distinct: BTreeSet<String> = created.iter().map(|one| one.pointer(pointer).expect("given").to_string()).collect();
        assert_eq!(distinct.len(), 40, "{pointer}");
    }
}

#[tokio::test]
async fn volumes_say_since_when_they_are_in_their_phase() {
    let api = TestApi::new().await;
    let spec = json!({"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a"}});
    let created = api.create("/api/v1/persistentvolumes", &json!({"metadata": {"name": "v"}, "spec": spec})).await;
    assert_eq!(created["status"], json!({"phase": "Pending", "lastPhaseTransitionTime": "2026-11-22T10:00:00Z"}));
}
