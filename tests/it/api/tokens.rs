//! Tokens of service accounts: who gets them, what they say, and how long they are good.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use trueup::auth::{Identity, TokenKey};

use super::{TestApi, merged};
use crate::controllers::eventually;

const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const PODS: &str = "/api/v1/namespaces/default/pods";
const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/robot/token";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

fn key() -> Arc<TokenKey> {
    Arc::new(TokenKey::from_pem(&rcgen::KeyPair::generate().expect("a key").serialize_pem()).expect("a key of the curve"))
}

/// An API that signs tokens, with the service account `robot`; hands back its uid, too.
async fn with_account() -> (TestApi, String) {
    let api = TestApi::new().await;
    api.api.sign_tokens_with(key());
    let made = api.create(ACCOUNTS, &json!({"metadata": {"name": "robot"}})).await;
    (api, made["metadata"]["uid"].as_str().expect("a uid").to_owned())
}

async fn token(api: &TestApi, spec: &Value) -> String {
    let made = api.create(TOKEN, &json!({"spec": spec})).await;
    made["status"]["token"].as_str().expect("a token").to_owned()
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("claims");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

async fn reviewed(api: &TestApi, token: &str, audiences: &Value) -> Value {
    api.create(REVIEWS, &json!({"spec": {"token": token, "audiences": audiences}})).await["status"].clone()
}

fn bound(kind: &str, name: &str) -> Value {
    json!({"boundObjectRef": {"apiVersion": "v1", "kind": kind, "name": name}})
}

#[tokio::test]
async fn a_token_says_whose_it_is_and_is_taken_for_that() {
    let (api, uid) = with_account().await;
    let made = api.create(TOKEN, &json!({})).await;
    assert_eq!((&made["kind"], &made["apiVersion"]), (&json!("TokenRequest"), &json!("authentication.k8s.io/v1")));
    assert_eq!(made["metadata"], json!({"name": "robot", "namespace": "default", "creationTimestamp": "2026-11-22T10:00:00Z"}));
    assert_eq!(made["spec"], json!({"audiences": [ISSUER], "expirationSeconds": 3600, "boundObjectRef": null}));
    assert_eq!(made["status"]["expirationTimestamp"], "2026-11-22T11:00:00Z");
    let token = made["status"]["token"].as_str().expect("a token");
    let claims = claims(token);
    let id = claims["jti"].as_str().expect("an id");
    let now = 1_795_341_600;
    let private = json!({"namespace": "default", "serviceaccount": {"name": "robot", "uid": uid}});
    assert_eq!(
        claims,
        json!({
            "aud": [ISSUER], "exp": now + 3600, "iat": now, "nbf": now, "iss": ISSUER, "jti": id,
            "sub": "system:serviceaccount:default:robot", "kubernetes.io": private,
        })
    );
    let groups = json!(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]);
    let extra = json!({"authentication.kubernetes.io/credential-id": [format!("JTI={id}")]});
    let user = json!({"username": "system:serviceaccount:default:robot", "uid": uid, "groups": groups, "extra": extra});
    assert_eq!(reviewed(&api, token, &Value::Null).await, json!({"authenticated": true, "audiences": [ISSUER], "user": user}));

    let holder = api.api.token_holder(token).await.unwrap().expect("known");
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let told = api.ask_as(&holder, "POST", path, &[("content-type", super::JSON)], b"{}").await;
    assert_eq!(told.body["status"]["userInfo"], user);
}

#[tokio::test]
async fn in_a_closed_namespace_no_token_is_made() {
    let (api, _) = with_account().await;
    api.create("/api/v1/namespaces", &json!({"metadata": {"name": "term"}})).await;
    api.create("/api/v1/namespaces/term/serviceaccounts", &json!({"metadata": {"name": "robot"}})).await;
    assert_eq!(api.delete("/api/v1/namespaces/term").await.code, 200);
    let refused = api.post("/api/v1/namespaces/term/serviceaccounts/robot/token", &json!({})).await;
    assert_eq!(refused.refused(403, "Forbidden")["causes"][0]["reason"], "NamespaceTerminating");
    let refused = api.post("/api/v1/namespaces/gone/serviceaccounts/robot/token", &json!({})).await;
    assert_eq!(refused.refused(404, "NotFound")["kind"], "namespaces");
}

#[tokio::test]
async fn a_token_is_good_for_its_audiences_and_no_others() {
    let (api, _) = with_account().await;
    let token = token(&api, &json!({"audiences": ["vault", "other"], "expirationSeconds": 600})).await;
    assert_eq!(claims(&token)["aud"], json!(["vault", "other"]));
    assert_eq!(reviewed(&api, &token, &json!(["vault", "x"])).await["audiences"], json!(["vault"]));
    for audiences in [Value::Null, json!(["x"]), json!([ISSUER])] {
        assert_eq!(reviewed(&api, &token, &audiences).await, json!({"user": {}}), "{audiences}");
    }
    assert_eq!(api.api.token_holder(&token).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_goes_with_its_service_account() {
    let (api, _) = with_account().await;
    let token = token(&api, &json!({})).await;
    assert!(api.api.token_holder(&token).await.unwrap().is_some());
    api.delete(&format!("{ACCOUNTS}/robot")).await;
    assert_eq!(api.api.token_holder(&token).await.unwrap(), None);
    api.create(ACCOUNTS, &json!({"metadata": {"name": "robot"}})).await;
    assert_eq!(api.api.token_holder(&token).await.unwrap(), None, "another one of the same name");
    api.post(&format!("{ACCOUNTS}/none/token"), &json!({})).await.refused(404, "NotFound");
}

#[tokio::test]
async fn a_token_goes_with_what_it_is_bound_to() {
    let (api, _) = with_account().await;
    api.create("/api/v1/nodes", &json!({"metadata": {"name": "n"}})).await;
    let spec = json!({"serviceAccountName": "robot", "nodeName": "n", "containers": [{"name": "c", "image": "i"}]});
    let pod = api.create(PODS, &json!({"metadata": {"name": "p"}, "spec": spec})).await;
    api.create("/api/v1/namespaces/default/secrets", &json!({"metadata": {"name": "s"}})).await;
    for (kind, name, path) in [
        ("Pod", "p", format!("{PODS}/p?gracePeriodSeconds=0")),
        ("Secret", "s", "/api/v1/namespaces/default/secrets/s".to_owned()),
        ("Node", "n", "/api/v1/nodes/n".to_owned()),
    ] {
        let token = token(&api, &bound(kind, name)).await;
        let claims = claims(&token);
        assert_eq!(claims["kubernetes.io"][kind.to_lowercase()]["name"], name);
        if kind == "Pod" {
            assert_eq!(claims["kubernetes.io"]["node"]["name"], "n");
            let extra = &reviewed(&api, &token, &Value::Null).await["user"]["extra"];
            assert_eq!(extra["authentication.kubernetes.io/pod-uid"], json!([pod["metadata"]["uid"]]));
            assert_eq!(extra["authentication.kubernetes.io/node-name"], json!(["n"]));
        }
        assert!(api.api.token_holder(&token).await.unwrap().is_some(), "{kind}");
        assert_eq!(api.delete(&path).await.code, 200, "{kind}");
        assert_eq!(api.api.token_holder(&token).await.unwrap(), None, "{kind}");
    }
}

#[tokio::test]
async fn a_token_is_bound_only_to_what_can_carry_it() {
    let (api, _) = with_account().await;
    let spec = json!({"serviceAccountName": "other", "containers": [{"name": "c", "image": "i"}]});
    api.create(PODS, &json!({"metadata": {"name": "p"}, "spec": spec})).await;
    let ask = |spec: Value| json!({"spec": spec});
    api.post(TOKEN, &ask(bound("Pod", "p"))).await.refused(400, "BadRequest");
    api.post(TOKEN, &ask(bound("ConfigMap", "p"))).await.refused(400, "BadRequest");
    assert_eq!(api.post(TOKEN, &ask(bound("Secret", "none"))).await.refused(404, "NotFound")["kind"], "secrets");
    api.create("/api/v1/namespaces/default/secrets", &json!({"metadata": {"name": "s"}})).await;
    let other = merged(bound("Secret", "s"), &[("/boundObjectRef/uid", json!("other"))]);
    api.post(TOKEN, &ask(other)).await.refused(409, "Conflict");
    for (seconds, word) in [(599, "less than 10 minutes"), ((1_i64 << 32) + 1, "larger than 2^32 seconds")] {
        let refused = api.post(TOKEN, &ask(json!({"expirationSeconds": seconds}))).await;
        assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "spec.expirationSeconds");
        assert!(refused.message().contains(word), "{}", refused.message());
    }
    let misnamed = api.post(TOKEN, &json!({"metadata": {"name": "other"}})).await;
    assert_eq!(misnamed.refused(422, "Invalid")["causes"][0]["field"], "metadata.name");
    api.post(TOKEN, &json!({"apiVersion": "v1", "kind": "Pod"})).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn tokens_of_another_key_and_of_another_time_are_nobodys() {
    let (api, uid) = with_account().await;
    let now = 1_795_341_600;
    let key = key();
    let valid = json!({
        "aud": [ISSUER], "exp": now + 600, "iat": now, "nbf": now, "iss": ISSUER, "sub": "system:serviceaccount:default:robot",
        "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "robot", "uid": uid}},
    });
    let foreign = key.sign(&valid).expect("signed");
    assert_eq!(api.api.token_holder(&foreign).await.unwrap(), None);
    let api = api.next_server().await;
    api.api.sign_tokens_with(Arc::clone(&key));
    assert!(api.api.token_holder(&foreign).await.unwrap().is_some(), "servers that share a key share tokens");
    for (pointer, value) in [
        ("/exp", json!(now - 61)),
        ("/nbf", json!(now + 61)),
        ("/iss", json!("https://elsewhere")),
        ("/aud", json!(["other"])),
        ("/kubernetes.io/serviceaccount/uid", json!("other")),
        ("/kubernetes.io/namespace", json!("kube-system")),
        ("/exp", Value::Null),
    ] {
        let token = key.sign(&merged(valid.clone(), &[(pointer, value)])).expect("signed");
        assert_eq!(api.api.token_holder(&token).await.unwrap(), None, "{pointer}");
    }
    let late = key.sign(&merged(valid, &[("/exp", json!(now - 59))])).expect("signed");
    assert!(api.api.token_holder(&late).await.unwrap().is_some(), "clocks differ");
}

#[tokio::test]
async fn whoever_checks_tokens_finds_the_key() {
    let (api, _) = with_account().await;
    let about = api.get("/.well-known/openid-configuration").await;
    assert_eq!((about.code.as_u16(), &about.body["issuer"]), (200, &json!(ISSUER)));
    assert!(about.body["jwks_uri"].as_str().is_some_and(|uri| uri.ends_with("/openid/v1/jwks")), "{}", about.body);
    let keys = api.get("/openid/v1/jwks").await;
    assert_eq!(keys.headers["content-type"], "application/jwk-set+json");
    assert_eq!(keys.body["keys"][0]["kty"], "EC");
    let robot = api.api.token_holder(&token(&api, &json!({})).await).await.unwrap().expect("known");
    assert_eq!(api.ask_as(&robot, "GET", "/openid/v1/jwks", &[], b"").await.code, 200);
    let bob = Identity::new("bob", []);
    api.ask_as(&bob, "GET", "/openid/v1/jwks", &[], b"").await.refused(403, "Forbidden");

    let without = TestApi::new().await;
    without.create(ACCOUNTS, &json!({"metadata": {"name": "robot"}})).await;
    without.post(TOKEN, &json!({})).await.refused(405, "MethodNotAllowed");
    assert_eq!(without.get("/openid/v1/jwks").await.code, 404);
}

#[tokio::test]
async fn a_token_that_was_shown_before_is_nobodys_once_its_account_is_gone() {
    let (api, uid) = with_account().await;
    let shared = key();
    let (one, other) = (api.next_server().await, api.next_server().await);
    [&one, &other].into_iter().for_each(|server| server.api.sign_tokens_with(Arc::clone(&shared)));
    let bound_to_secret = |secret: &str| {
        let now = 1_795_341_600;
        json!({
            "aud": [ISSUER], "exp": now + 600, "iat": now, "nbf": now, "iss": ISSUER, "sub": "system:serviceaccount:default:robot",
            "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "robot", "uid": uid}, "secret": {"name": "s", "uid": secret}},
        })
    };
    let secrets = "/api/v1/namespaces/default/secrets";
    let made = one.create(secrets, &json!({"metadata": {"name": "s"}})).await;
    let token = shared.sign(&bound_to_secret(made["metadata"]["uid"].as_str().expect("a uid"))).expect("signed");
    for server in [&one, &other, &one, &other] {
        assert!(server.api.token_holder(&token).await.unwrap().is_some(), "it is good, and known from then on");
    }
    assert_eq!(one.delete(&format!("{secrets}/s")).await.code, 200);
    assert_eq!(one.api.token_holder(&token).await.unwrap(), None, "the server that removed the secret knows at once");
    eventually("the others hear of it", async || other.api.token_holder(&token).await.unwrap().is_none().then_some(())).await;
    let again = one.create(secrets, &json!({"metadata": {"name": "s"}})).await;
    assert_eq!(other.api.token_holder(&token).await.unwrap(), None, "another one of the same name is not the same");
    let token = shared.sign(&bound_to_secret(again["metadata"]["uid"].as_str().expect("a uid"))).expect("signed");
    assert!(other.api.token_holder(&token).await.unwrap().is_some(), "what was made a moment ago elsewhere counts");
}
