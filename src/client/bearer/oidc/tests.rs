//! Against an identity provider on a real socket.

use std::path::Path;
use std::sync::Mutex as StandardMutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use jiff::Timestamp;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;

use super::*;

/// When everything happens.
const NOW: i64 = 1_000_000;

fn ambient() -> Ambient {
    Ambient::pinned(Timestamp::from_second(NOW).expect("a time"))
}

/// An id-token that ends so many seconds from now.
fn id_token(name: &str, seconds: i64) -> String {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "none"})), part(&json!({"sub": name, "exp": NOW + seconds})))
}

/// What a provider was asked, as `METHOD PATH [AUTHORIZATION] [BODY]`.
#[derive(Clone, Default)]
struct Asked(Arc<StandardMutex<Vec<String>>>);

impl Asked {
    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panic while locked").clone()
    }
}

/// A provider whose tokens' endpoint answers by what it was asked how often before, and its address.
async fn provider(answer: impl Fn(usize) -> (u16, String) + Send + Sync + 'static) -> (String, Asked) {
    serve(None, answer).await
}

async fn serve(tls: Option<tokio_rustls::TlsAcceptor>, answer: impl Fn(usize) -> (u16, String) + Send + Sync + 'static) -> (String, Asked) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", listener.local_addr().expect("an address"));
    let (asked, answer, own) = (Asked::default(), Arc::new(answer), url.clone());
    let record = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (record, answer, own, tls) = (record.clone(), Arc::clone(&answer), own.clone(), tls.clone());
            let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                let (record, answer, own) = (record.clone(), Arc::clone(&answer), own.clone());
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.expect("a body").to_bytes();
                    let shown = parts.headers.get("authorization").map(|value| format!(" {}", value.to_str().expect("text")));
                    let line = format!("{} {}{} {}", parts.method, parts.uri, shown.unwrap_or_default(), String::from_utf8_lossy(&body));
                    let before = {
                        let mut lines = record.0.lock().expect("no panic while locked");
                        lines.push(line.trim_end().to_owned());
                        lines.iter().filter(|line| line.starts_with("POST")).count()
                    };
                    let (status, text) = match parts.uri.path() {
                        "/realm/.well-known/openid-configuration" => {
                            (200, json!({"issuer": own, "token_endpoint": format!("{own}/token")}).to_string())
                        }
                        "/token" => answer(before),
                        _ => (404, "<html>\nnothing here".to_owned()),
                    };
                    Response::builder().status(status).body(Full::new(Bytes::from(text)))
                }
            });
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                match tls {
                    None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
                    Some(tls) => {
                        let Ok(stream) = tls.accept(stream).await else { return };
                        drop(builder.serve_connection(TokioIo::new(stream), service).await);
                    }
                }
            });
        }
    });
    (url, asked)
}

fn settings(issuer: &str, more: &[(&str, &str)]) -> AuthProviderConfig {
    let mut config = HashMap::from([("idp-issuer-url".to_owned(), issuer.to_owned()), ("client-id".to_owned(), "trueup".to_owned())]);
    config.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    AuthProviderConfig { name: "oidc".to_owned(), config, other: Default::default() }
}

/// A kubeconfig with a user of these settings, and that user.
fn login(folder: &Path, settings: &AuthProviderConfig) -> Result<Arc<Login>, BearerError> {
    crate::client::install_ring();
    let path = folder.join("config");
    let user = json!({"name": "ann", "user": {"auth-provider": {"name": "oidc", "config": settings.config}}});
    std::fs::write(&path, json!({"kind": "Config", "users": [user]}).to_string()).expect("written");
    Login::new("ann", settings, &[path], &ambient()).map(Arc::new)
}

/// A setting that the kubeconfig has by now.
fn kept(folder: &Path, name: &str) -> String {
    Kubeconfigs::read(&[folder.join("config")]).expect("a kubeconfig").auth_setting("ann", name)
}

fn tokens(id: &str, refresh: Option<&str>) -> (u16, String) {
    (200, json!({"token_type": "Bearer", "access_token": "a", "id_token": id, "refresh_token": refresh}).to_string())
}

#[tokio::test]
async fn a_token_that_is_good_is_shown_and_nobody_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = id_token("ann", 11);
    let login = login(folder.path(), &settings("http://127.0.0.1:1", &[("id-token", &good)])).expect("settings");
    assert_eq!(login.token().await.expect("a token"), good);
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_kept() {
    let new = id_token("new", 600);
    let given = new.clone();
    let (issuer, asked) = provider(move |_| tokens(&given, Some("second"))).await;
    let folder = tempfile::tempdir().expect("a folder");
    let old = [("id-token", &*id_token("old", 10)), ("refresh-token", "first+"), ("client-secret", "a secret"), ("extra-scopes", "groups")];
    let login = login(folder.path(), &settings(&format!("{issuer}/realm/"), &old)).expect("settings");
    let (one, other) = tokio::join!(login.token(), login.token());
    assert_eq!((one.expect("a token"), other.expect("a token")), (new.clone(), new.clone()));
    let basic = STANDARD.encode("trueup:a+secret");
    assert_eq!(
        asked.lines(),
        [
            "GET /realm/.well-known/openid-configuration".to_owned(),
            format!("POST /token Basic {basic} grant_type=refresh_token&refresh_token=first%2B"),
        ]
    );
    assert_eq!((kept(folder.path(), "id-token"), kept(folder.path(), "refresh-token")), (new, "second".to_owned()));
    assert_eq!((kept(folder.path(), "client-secret"), kept(folder.path(), "extra-scopes")), ("a secret".to_owned(), "groups".to_owned()));
}

#[tokio::test]
async fn a_provider_may_want_the_client_in_the_form_and_keep_the_refresh_token() {
    let new = id_token("new", 600);
    let given = new.clone();
    let (issuer, asked) = provider(move |times| match times {
        1 => (401, json!({"error": "invalid_client"}).to_string()),
        _ => tokens(&given, None),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let login = login(folder.path(), &settings(&format!("{issuer}/realm"), &[("refresh-token", "first")])).expect("settings");
    assert_eq!(login.token().await.expect("a token"), new);
    assert_eq!(asked.lines()[2], "POST /token grant_type=refresh_token&refresh_token=first&client_id=trueup");
    assert_eq!((kept(folder.path(), "id-token"), kept(folder.path(), "refresh-token")), (new, "first".to_owned()));
}

#[tokio::test]
async fn what_another_program_renewed_meanwhile_is_taken_over() {
    let (issuer, asked) = provider(|_| tokens(&id_token("new", 600), None)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let before = settings(&format!("{issuer}/realm"), &[("id-token", &id_token("old", 0)), ("refresh-token", "used up")]);
    let login = login(folder.path(), &before).expect("settings");
    let renewed = |id: &str, refresh: &str| {
        let mut files = Kubeconfigs::read(&[folder.path().join("config")]).expect("a kubeconfig");
        files.set_auth_settings("ann", &[("id-token", id), ("refresh-token", refresh)]).expect("written");
    };
    // What was renewed and has expired since is of use for its refresh-token.
    renewed(&id_token("theirs", 5), "theirs");
    assert_eq!(login.token().await.expect("a token"), id_token("new", 600));
    assert!(asked.lines()[1].ends_with("refresh_token=theirs"), "{:?}", asked.lines());
    renewed(&id_token("theirs", 800), "theirs");
    *login.tokens.lock().await = Tokens { id: id_token("old", 0), refresh: "used up".to_owned() };
    assert_eq!(login.token().await.expect("a token"), id_token("theirs", 800));
    assert_eq!(asked.lines().len(), 2);
}

#[tokio::test]
async fn a_kubeconfig_that_another_program_is_changing_is_waited_for() {
    let (issuer, asked) = provider(|_| tokens(&id_token("new", 600), Some("second"))).await;
    let folder = tempfile::tempdir().expect("a folder");
    let lock = folder.path().join("config.lock");
    let login = login(folder.path(), &settings(&format!("{issuer}/realm"), &[("refresh-token", "first")])).expect("settings");
    std::fs::write(&lock, "").expect("written");
    let unlock = async {
        while asked.lines().len() < 2 {
            tokio::task::yield_now().await;
        }
        std::fs::remove_file(&lock).expect("removed");
    };
    let (token, ()) = tokio::join!(login.token(), unlock);
    assert_eq!(token.expect("a token"), id_token("new", 600));
    assert_eq!(kept(folder.path(), "refresh-token"), "second");
}

#[tokio::test]
async fn a_provider_is_trusted_by_the_authority_that_the_kubeconfig_names() {
    crate::client::install_ring();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).expect("fitting");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let (issuer, _) = serve(Some(acceptor), |_| tokens(&id_token("new", 600), None)).await;
    let issuer = format!("{issuer}/realm");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, made.cert.pem()).expect("written");
    let (path, data) = (file.to_str().expect("text"), STANDARD.encode(made.cert.pem()));
    // Written-out certificates count before a file.
    for authority in
        [&[("idp-certificate-authority", path)][..], &[("idp-certificate-authority-data", &data), ("idp-certificate-authority", "no")]]
    {
        let all: Vec<_> = authority.iter().copied().chain([("refresh-token", "first")]).collect();
        let login = login(folder.path(), &settings(&issuer, &all)).expect("settings");
        assert_eq!(login.token().await.expect("a token"), id_token("new", 600));
    }
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let other = STANDARD.encode(other.cert.pem());
    let told = told(folder.path(), &settings(&issuer, &[("refresh-token", "first"), ("idp-certificate-authority-data", &other)])).await;
    let expected = format!("cannot ask the identity provider at {issuer}/.well-known/openid-configuration: TLS failed: ");
    assert!(told.starts_with(&expected), "{told}");
}

/// What is wrong, without the words before it that are the same for all.
async fn told(folder: &Path, settings: &AuthProviderConfig) -> String {
    let error = match login(folder, settings) {
        Ok(login) => login.token().await.expect_err("an error"),
        Err(error) => error,
    };
    let text = error.to_string();
    text.strip_prefix("auth-provider \"oidc\" of the kubeconfig's user \"ann\": ").expect("whose it is").to_owned()
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = |name: &str| {
        let mut settings = settings("https://idp.test", &[]);
        settings.config.remove(name);
        settings
    };
    let of = |more: &[(&str, &str)]| settings("https://idp.test", more);
    let expired = id_token("old", -NOW);
    let table = [
        (missing("idp-issuer-url"), "idp-issuer-url is missing"),
        (missing("client-id"), "client-id is missing"),
        (settings("idp.test", &[]), "idp-issuer-url: \"idp.test\" does not begin with https://"),
        (settings("https://idp test", &[]), "idp-issuer-url: \"https://idp test\" is no URL: invalid uri character"),
        (of(&[("idp-certificate-authority-data", "?")]), "idp-certificate-authority-data: it is not base64: Invalid symbol 63, offset 0."),
        (of(&[("idp-certificate-authority-data", "eHg=")]), "idp-certificate-authority-data: it holds no certificate in PEM"),
        (
            of(&[("idp-certificate-authority", "/none/ca.pem")]),
            "idp-certificate-authority: cannot read /none/ca.pem: No such file or directory (os error 2)",
        ),
        (of(&[]), "there is neither an id-token nor a refresh-token"),
        (of(&[("id-token", &expired)]), "the id-token expired on 1970-01-01T00:00:00Z, and there is no refresh-token to renew it with"),
        (of(&[("id-token", "secret")]), "the id-token is not a JSON web token: it does not have three parts with dots between them"),
    ];
    for (settings, expected) in table {
        assert_eq!(told(folder.path(), &settings).await, expected);
    }
}

#[tokio::test]
async fn what_a_provider_says_against_it_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |first: &'static str, second: &'static str| move |times| (400, if times == 1 { first } else { second }.to_owned());
    let grant = r#"{"error": "invalid_grant", "error_description": "Token is not active"}"#;
    let client = r#"{"error": "invalid_client"}"#;
    for (first, second, expected) in [
        (grant, client, "invalid_grant: Token is not active"),
        (client, grant, "invalid_grant: Token is not active"),
        ("", client, "invalid_client"),
        (client, "<html>\nno", "400 Bad Request: <html>"),
        (client, "", "400 Bad Request"),
    ] {
        let (issuer, _) = provider(refused(first, second)).await;
        let told = told(folder.path(), &settings(&format!("{issuer}/realm"), &[("refresh-token", "secret")])).await;
        assert_eq!(told, format!("the identity provider did not renew the id-token at {issuer}/token: {expected}"));
    }
    let (issuer, _) = provider(|_| (200, "id_token=secret".to_owned())).await;
    assert_eq!(
        told(folder.path(), &settings(&format!("{issuer}/realm"), &[("refresh-token", "secret")])).await,
        format!("the identity provider did not renew the id-token at {issuer}/token: 200 OK, without tokens that can be read")
    );
    let (issuer, _) = provider(|_| (200, r#"{"access_token": "secret"}"#.to_owned())).await;
    assert_eq!(
        told(folder.path(), &settings(&format!("{issuer}/realm"), &[("refresh-token", "secret")])).await,
        format!(
            "the identity provider renewed the tokens at {issuer}/token, but its answer has no id_token: \
             was the scope \"openid\" asked for at the login? Some providers never renew id-tokens"
        )
    );
    assert_eq!(
        told(folder.path(), &settings(&format!("{issuer}/other"), &[("refresh-token", "secret")])).await,
        format!("the identity provider says nothing of use at {issuer}/other/.well-known/openid-configuration: 404 Not Found: <html>")
    );
    assert_eq!(
        told(folder.path(), &settings("http://127.0.0.1:1/realm", &[("refresh-token", "secret")])).await,
        "cannot ask the identity provider at http://127.0.0.1:1/realm/.well-known/openid-configuration: connection refused"
    );
}

#[tokio::test]
async fn a_provider_that_does_not_describe_itself_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for (body, expected) in [
        ("[", "it is no JSON of that kind: EOF while parsing a list at line 1 column 1"),
        ("{}", "it names no token_endpoint"),
        (r#"{"token_endpoint": "/token"}"#, "cannot ask the identity provider at /token: relative URL without a base"),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |_| async move { Response::builder().body(Full::new(Bytes::from(body))) });
            let (stream, _) = listener.accept().await.expect("a connection");
            drop(auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
        });
        let of_discovery = format!("the identity provider says nothing of use at {issuer}/.well-known/openid-configuration: {expected}");
        let expected = if expected.starts_with("cannot") { expected.to_owned() } else { of_discovery };
        assert_eq!(told(folder.path(), &settings(&issuer, &[("refresh-token", "secret")])).await, expected);
    }
}

#[tokio::test]
async fn tokens_that_cannot_be_kept_are_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let broken = path.clone();
    let (issuer, _) = provider(move |_| {
        std::fs::write(&broken, "- no kubeconfig\n").expect("written");
        tokens(&id_token("new", 600), Some("second"))
    })
    .await;
    assert_eq!(
        told(folder.path(), &settings(&format!("{issuer}/realm"), &[("refresh-token", "secret")])).await,
        format!("the renewed tokens could not be kept: {} is not a kubeconfig: it is no mapping", path.display())
    );
}

#[test]
fn providers_that_are_gone_are_told_with_what_came_after_them() {
    let of = |name: &str| {
        let config = HashMap::from([("access-token".to_owned(), "secret".to_owned())]);
        let config = AuthProviderConfig { name: name.to_owned(), config, other: Default::default() };
        let error = Login::new("ann", &config, &[], &ambient()).err().expect("a refusal");
        (error.to_string(), error.advice())
    };
    let told = |name: &str| format!("auth-provider {name:?} of the kubeconfig's user \"ann\": it is not supported");
    let advice = "use the exec plugin gke-gcloud-auth-plugin; `gcloud container clusters get-credentials` writes a kubeconfig with it";
    assert_eq!(of("gcp"), (told("gcp"), advice.to_owned()));
    let advice = "use the exec plugin kubelogin; `kubelogin convert-kubeconfig` rewrites the kubeconfig for it";
    assert_eq!(of("azure"), (told("azure"), advice.to_owned()));
    let advice = "use an exec plugin (users[].user.exec) that brings the token";
    assert_eq!(of("openstack"), (told("openstack"), advice.to_owned()));
}
