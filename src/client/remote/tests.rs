//! The network transport against real sockets.

use base64::Engine as _;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use std::path::Path;

use super::*;
use crate::client::{ApiRequest, ClientError, Unreachable};

#[test]
fn a_server_without_scheme_is_plain_http() {
    assert_eq!(server_url("127.0.0.1:8001").expect("a URL").to_string(), "http://127.0.0.1:8001/");
    assert!(server_url("ftp://x").is_err());
    assert!(server_url("http://").is_err());
}

#[test]
fn the_first_kubeconfig_wins_and_missing_ones_are_passed_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, context: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, format!("apiVersion: v1\nkind: Config\ncurrent-context: {context}\n")).expect("written");
        path
    };
    let files = [directory.path().join("none"), file("a", "first"), file("b", "second")];
    assert_eq!(merged(&files).expect("readable").current_context.as_deref(), Some("first"));
    assert!(matches!(merged(&files[..1]), Err(KubeconfigError::ReadConfig(..))));
}

#[test]
fn another_host_keeps_port_and_path() {
    let url = "https://10.0.0.1:6443/prefix".parse().expect("a URL");
    assert_eq!(with_host(&url, "kube.test").expect("a URL").to_string(), "https://kube.test:6443/prefix");
}

/// A kubeconfig of one server and one token.
fn kubeconfig(directory: &Path, url: &str) -> RemoteOptions {
    let file = directory.join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         clusters: [{{name: c, cluster: {{server: \"{url}\"}}}}]\n\
         users: [{{name: u, user: {{token: secret}}}}]\n\
         contexts: [{{name: here, context: {{cluster: c, user: u, namespace: shop}}}}]\n"
    );
    std::fs::write(&file, text).expect("written");
    RemoteOptions { kubeconfig: vec![file], ..RemoteOptions::default() }
}

#[tokio::test]
async fn requests_carry_the_token_below_the_server_s_path() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(tokio::io::AsyncReadExt::read_u8(&mut stream).await.expect("a byte"));
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\nwarning: 299 - \"old\"\r\n\r\n{\"kind\": \"Thing\"}";
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.expect("written");
        String::from_utf8(request).expect("text").to_lowercase()
    });
    let directory = tempfile::tempdir().expect("a directory");
    let client = connect(&kubeconfig(directory.path(), &format!("http://{address}/prefix"))).await.expect("a client");
    let object = client.object(&ApiRequest::fetch("/api/v1/x")).await.expect("an answer");
    let request = served.await.expect("no panic");
    assert_eq!(object.kind(), "Thing");
    assert!(request.starts_with("get /prefix/api/v1/x http/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nauthorization: bearer secret\r\n"), "{request}");
    assert_eq!(client.take_warnings(), ["old"]);
    assert_eq!((client.default_namespace(), client.target().to_string()), ("shop", format!("http://{address}/prefix (context here)")));
}

/// Answers one request on a listener, after what comes before it; answers the request's head.
async fn answered(listener: tokio::net::TcpListener, is_socks: bool) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (mut stream, _) = listener.accept().await.expect("a connection");
    if is_socks {
        // A greeting of one method, and a request to connect to a host by its name.
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).await.expect("a greeting");
        stream.write_all(&[5, 0]).await.expect("written");
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.expect("a request");
        let mut host = vec![0; usize::from(head[4]) + 2];
        stream.read_exact(&mut host).await.expect("a host and a port");
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("written");
    }
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.expect("a byte"));
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"kind\": \"Thing\"}").await.expect("written");
    String::from_utf8(request).expect("text").to_lowercase()
}

/// The head of the request that a kubeconfig's user sends to a server, with what is said of both. `AT` stands for the server's address.
async fn sent(directory: &Path, cluster: &str, user: &str, is_socks: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let served = tokio::spawn(answered(listener, is_socks));
    let client = connect(&config_of(directory, &cluster.replace("AT", &address), user)).await.expect("a client");
    assert_eq!(client.object(&ApiRequest::fetch("/version")).await.expect("an answer").kind(), "Thing");
    served.await.expect("no panic")
}

fn config_of(directory: &Path, cluster: &str, user: &str) -> RemoteOptions {
    let file = directory.join("config");
    let text = format!(
        "current-context: here\nclusters: [{{name: c, cluster: {{{cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n\
         contexts: [{{name: here, context: {{cluster: c, user: u}}}}]\n"
    );
    std::fs::write(&file, text).expect("written");
    RemoteOptions { kubeconfig: vec![file], ..RemoteOptions::default() }
}

/// A user whose plugin lies beside the kubeconfig and does what a line of shell says.
#[cfg(unix)]
fn plugin_of(line: &str) -> String {
    let line = serde_json::Value::from(line);
    format!("exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [-c, {line}], interactiveMode: Never}}")
}

/// Puts the plugin there. A program that was just written may not be run while another thread starts a process; a link may.
#[cfg(unix)]
fn put_plugin(directory: &Path) {
    std::os::unix::fs::symlink("/bin/sh", directory.join("plugin")).expect("a link");
}

#[cfg(unix)]
#[tokio::test]
async fn a_plugin_is_looked_for_beside_the_kubeconfig_and_run_once() {
    let directory = tempfile::tempdir().expect("a directory");
    put_plugin(directory.path());
    let runs = directory.path().join("runs");
    let credential = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"brought"}}"#;
    let user = plugin_of(&format!("echo run >>'{}'; echo '{credential}'", runs.display()));
    let request = sent(directory.path(), "server: \"http://AT\"", &user, false).await;
    assert!(request.contains("\r\nauthorization: bearer brought\r\n"), "{request}");
    assert_eq!(std::fs::read_to_string(runs).expect("it was run"), "run\n");
}

#[cfg(unix)]
#[tokio::test]
async fn a_plugin_that_brings_nothing_is_named_with_what_it_said_but_not_with_what_it_brought() {
    let directory = tempfile::tempdir().expect("a directory");
    let user = plugin_of("echo secret; echo 'you are not logged in' >&2; exit 3");
    let options = config_of(directory.path(), "server: \"http://127.0.0.1:1\"", &user);
    let path = directory.path().join("./plugin");
    let told = |error: RemoteError| error.to_string().replace(path.to_str().expect("text"), "PLUGIN");
    let missing = connect(&options).await.map(drop).expect_err("no plugin");
    assert_eq!(
        told(missing),
        "cannot prepare the connection to http://127.0.0.1:1/: cannot run the kubeconfig's plugin \"PLUGIN\": No such file or directory (os error 2)"
    );
    put_plugin(directory.path());
    let failed = connect(&options).await.map(drop).expect_err("a failure");
    assert_eq!(
        told(failed),
        "cannot prepare the connection to http://127.0.0.1:1/: the kubeconfig's plugin \"PLUGIN\" failed with exit status: 3: you are not logged in"
    );
}

#[tokio::test]
async fn a_token_is_read_from_a_file_as_people_write_it() {
    let directory = tempfile::tempdir().expect("a directory");
    for text in ["of-file", "of-file\n", " of-file\r\n"] {
        std::fs::write(directory.path().join("token"), text).expect("written");
        let request = sent(directory.path(), "server: \"http://AT\"", "tokenFile: token", false).await;
        assert!(request.contains("\r\nauthorization: bearer of-file\r\n"), "{request}");
    }
}

#[tokio::test]
async fn a_token_s_file_counts_before_a_token_as_long_as_it_can_be_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let user = "token: written, tokenFile: token";
    let request = sent(directory.path(), "server: \"http://AT\"", user, false).await;
    assert!(request.contains("\r\nauthorization: bearer written\r\n"), "{request}");
    std::fs::write(directory.path().join("token"), "of-file").expect("written");
    let request = sent(directory.path(), "server: \"http://AT\"", user, false).await;
    assert!(request.contains("\r\nauthorization: bearer of-file\r\n"), "{request}");
    let plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./none, interactiveMode: Never}";
    let request = sent(directory.path(), "server: \"http://AT\"", &format!("tokenFile: token, {plugin}"), false).await;
    assert!(request.contains("\r\nauthorization: bearer of-file\r\n"), "{request}");
}

/// A JSON web token that ends at a second.
fn id_token(name: &str, end: i64) -> String {
    let part = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2ln", part("{}".to_owned()), part(format!("{{\"sub\":\"{name}\",\"exp\":{end}}}")))
}

#[tokio::test]
async fn an_id_token_is_shown_after_what_is_written_out_and_renewed_when_it_has_expired() {
    let directory = tempfile::tempdir().expect("a directory");
    let provider = |settings: &str| format!("auth-provider: {{name: oidc, config: {{client-id: c, {settings}}}}}");
    let (good, old, new) = (id_token("good", 1 << 40), id_token("old", 1), id_token("new", 1 << 40));
    let user = provider(&format!("idp-issuer-url: \"http://127.0.0.1:1\", id-token: {good}"));
    let request = sent(directory.path(), "server: \"http://AT\"", &user, false).await;
    assert!(request.contains(&format!("\r\nauthorization: bearer {}\r\n", good.to_lowercase())), "{request}");
    let request = sent(directory.path(), "server: \"http://AT\"", &format!("token: written, {user}"), false).await;
    assert!(request.contains("\r\nauthorization: bearer written\r\n"), "{request}");
    let provider_at = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("http://{}", provider_at.local_addr().expect("an address"));
    let answers =
        [format!("{{\"token_endpoint\": \"{issuer}/token\"}}"), format!("{{\"id_token\": \"{new}\", \"refresh_token\": \"second\"}}")];
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = provider_at.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(tokio::io::AsyncReadExt::read_u8(&mut stream).await.expect("a byte"));
            }
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
            tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.expect("written");
            // The body of a request is read before the end, or closing would take the answer back.
            tokio::io::AsyncWriteExt::shutdown(&mut stream).await.expect("shut down");
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut request).await;
        }
    });
    let user = provider(&format!("idp-issuer-url: \"{issuer}\", id-token: {old}, refresh-token: first"));
    let request = sent(directory.path(), "server: \"http://AT\"", &user, false).await;
    assert!(request.contains(&format!("\r\nauthorization: bearer {}\r\n", new.to_lowercase())), "{request}");
    let kept = std::fs::read_to_string(directory.path().join("config")).expect("a kubeconfig");
    assert!(kept.contains(&format!("id-token: {new}\n")) && kept.contains("refresh-token: second\n"), "{kept}");
}

#[tokio::test]
async fn what_brings_no_token_is_told_before_anything_is_sent() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = "server: \"https://127.0.0.1:1\"";
    let told = async |user: &str| {
        let error = connect(&config_of(directory.path(), server, user)).await.map(drop).expect_err("no token");
        let text = error.to_string().replace(directory.path().to_str().expect("text"), "DIRECTORY");
        text.strip_prefix("cannot prepare the connection to https://127.0.0.1:1/: ").expect("the server").to_owned()
    };
    assert_eq!(
        told("auth-provider: {name: gcp, config: {}}").await,
        "auth-provider \"gcp\" of the kubeconfig's user \"u\": it is not supported"
    );
    assert_eq!(
        told("auth-provider: {name: oidc, config: {}}, exec: {command: x, apiVersion: client.authentication.k8s.io/v1}").await,
        "auth-provider \"oidc\" of the kubeconfig's user \"u\": it cannot be used together with exec"
    );
    assert_eq!(told("tokenFile: none").await, "cannot read a token from DIRECTORY/none: No such file or directory (os error 2)");
    std::fs::write(directory.path().join("token"), "a\nb").expect("written");
    assert_eq!(told("tokenFile: token").await, "the token holds characters that no token has");
}

#[tokio::test]
async fn a_pod_reaches_its_server_with_the_token_and_the_authority_of_its_folder() {
    let (address, authority) = https("127.0.0.1").await;
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).expect("written");
    write("ca.crt", &base64::engine::general_purpose::STANDARD.decode(authority).expect("base64"));
    write("token", b"of-pod\n");
    write("namespace", b"shop");
    let pod =
        InCluster { host: address.ip().to_string(), port: address.port().to_string(), namespace: None, folder: folder.path().to_owned() };
    let client = connect(&RemoteOptions { in_cluster: Some(pod), ..RemoteOptions::default() }).await.expect("a client");
    assert_eq!(client.object(&ApiRequest::fetch("/authorization")).await.expect("an answer").kind(), "Bearer of-pod");
    assert_eq!((client.default_namespace(), client.target().to_string()), ("shop", format!("https://{address}")));
}

#[tokio::test]
async fn requests_go_through_the_proxy_that_the_kubeconfig_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let through = |proxy: &str| format!("server: \"http://kube.test:8001\", proxy-url: \"{proxy}\"");
    let request = sent(directory.path(), &through("http://AT"), "token: t", false).await;
    assert!(request.starts_with("get http://kube.test:8001/version http/1.1\r\n"), "{request}");
    let request = sent(directory.path(), &through("socks5://AT"), "token: t", true).await;
    assert!(request.starts_with("get /version http/1.1\r\n") && request.contains("\r\nhost: kube.test:8001\r\n"), "{request}");
}

/// Why a server behind a proxy is not reached; `AT` stands for the address of a proxy that answers with a text and closes the connection.
async fn behind(proxy: &str, server: &str, answer: &'static str) -> (String, bool) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let directory = tempfile::tempdir().expect("a directory");
    let cluster = format!("server: \"{server}\", proxy-url: \"{}\"", proxy.replace("AT", &address));
    let client = connect(&config_of(directory.path(), &cluster, "token: t")).await.expect("a client");
    let error = client.send(&ApiRequest::fetch("/version")).await.expect_err("no way there");
    (error.to_string().replace(&address, "AT"), error.is_cut_off() && error.is_passing())
}

#[tokio::test]
async fn a_proxy_that_fails_is_told_and_not_the_server() {
    let told = |scheme: &str, problem: &str| (format!("cannot reach {scheme}://kube.test:6443 (context here): the proxy {problem}"), true);
    let dead = "http://127.0.0.1:1 cannot be reached: connection refused";
    assert_eq!(behind("http://ann:secret@127.0.0.1:1", "https://kube.test:6443", "").await, told("https", dead));
    assert_eq!(behind("http://127.0.0.1:1", "http://kube.test:6443", "").await, told("http", dead));
    let dead = "socks5://127.0.0.1:1 cannot be reached";
    assert_eq!(behind("socks5://127.0.0.1:1", "https://kube.test:6443", "").await, told("https", dead));
    let refused = "http://AT does not lead there: tunnel error: unsuccessful";
    assert_eq!(behind("http://AT", "https://kube.test:6443", "HTTP/1.1 502 Bad Gateway\r\n\r\n").await, told("https", refused));
    let locked = "http://AT does not lead there: tunnel error: proxy authorization required";
    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
    assert_eq!(behind("http://AT", "https://kube.test:6443", answer).await, told("https", locked));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_by_name() {
    // Nobody's; one that was free a moment ago may be another test's by now.
    let address = "127.0.0.1:1";
    let directory = tempfile::tempdir().expect("a directory");
    let client = connect(&kubeconfig(directory.path(), &format!("https://{address}"))).await.expect("a client");
    let error = client.send(&ApiRequest::fetch("/version")).await.expect_err("nobody listens");
    assert_eq!(error.to_string(), format!("cannot reach https://{address} (context here): connection refused"));
    assert!(error.is_passing());
}

/// What a server does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Answers,
    /// It cannot.
    Fails,
    /// It closes the connection.
    Leaves,
}

/// Serves HTTPS for one name; every answer is an object whose kind is the HTTP version, or what was shown to `/authorization`.
async fn https(name: &str) -> (std::net::SocketAddr, String) {
    https_of(name, Manner::Answers).await
}

async fn https_of(name: &str, manner: Manner) -> (std::net::SocketAddr, String) {
    install_ring();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let mut config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).expect("fitting");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let (leave, left) = tokio::sync::watch::channel(false);
            let answer = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                leave.send_replace(manner == Manner::Leaves);
                async move {
                    let shown = request.headers().get("authorization").map(|value| value.to_str().expect("text").to_owned());
                    let kind = shown.filter(|_| request.uri().path() == "/authorization");
                    let body = format!("{{\"kind\": \"{}\"}}", kind.unwrap_or_else(|| format!("{:?}", request.version())));
                    match manner {
                        Manner::Answers => Ok(Response::new(Full::new(bytes::Bytes::from(body)))),
                        Manner::Fails => Err(std::io::Error::other("no")),
                        Manner::Leaves => std::future::pending().await,
                    }
                }
            });
            tokio::spawn(async move {
                let (mut left, builder) = (left, auto::Builder::new(TokioExecutor::new()));
                tokio::select! {
                    _ = builder.serve_connection(TokioIo::new(stream), answer) => {}
                    _ = left.wait_for(|left| *left) => {}
                }
            });
        }
    });
    (address, base64::engine::general_purpose::STANDARD.encode(cert.pem()))
}

async fn ask(address: std::net::SocketAddr, authority: &str, server_name: &str) -> Result<String, ClientError> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("config");
    let text = format!(
        "current-context: here\nclusters: [{{name: c, cluster: {{server: \"https://{address}\", certificate-authority-data: {authority}{server_name}}}}}]\n\
         contexts: [{{name: here, context: {{cluster: c}}}}]\n"
    );
    std::fs::write(&file, text).expect("written");
    let client = connect(&RemoteOptions { kubeconfig: vec![file], ..RemoteOptions::default() }).await.expect("a client");
    client.object(&ApiRequest::fetch("/")).await.map(|object| object.kind().to_owned())
}

#[tokio::test]
async fn the_kubeconfig_s_authority_is_trusted_and_http_2_agreed_on() {
    let (address, authority) = https("127.0.0.1").await;
    assert_eq!(ask(address, &authority, "").await.expect("an answer"), "HTTP/2.0");
}

#[tokio::test]
async fn a_certificate_may_name_another_host_where_the_kubeconfig_says_so() {
    let (address, authority) = https("kube.test").await;
    assert_eq!(ask(address, &authority, ", tls-server-name: kube.test").await.expect("an answer"), "HTTP/2.0");
    assert!(matches!(ask(address, &authority, "").await, Err(ClientError::Unreachable { why: Unreachable::Tls(_), .. })));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_a_tls_failure() {
    let (address, _) = https("127.0.0.1").await;
    let (_, other) = https("127.0.0.1").await;
    let error = ask(address, &other, "").await.expect_err("not to be trusted");
    assert!(matches!(&error, ClientError::Unreachable { why: Unreachable::Tls(_), .. }), "{error}");
    assert!(!error.is_passing());
}

/// What a client makes of a server that reads its request and says no more than this before it closes the connection, at once or in order.
async fn after(said: &'static [u8], at_once: bool) -> ClientError {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let Ok(byte) = tokio::io::AsyncReadExt::read_u8(&mut stream).await else { break };
                request.push(byte);
            }
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, said).await;
            if at_once {
                // What is not read when a connection is closed makes the system reset it.
                stream.set_zero_linger().expect("set");
            }
        }
    });
    let directory = tempfile::tempdir().expect("a directory");
    let client = connect(&kubeconfig(directory.path(), &format!("http://{address}"))).await.expect("a client");
    client.object(&ApiRequest::fetch("/")).await.expect_err("no whole answer")
}

#[tokio::test]
async fn however_a_server_goes_away_in_the_middle_the_connection_broke() {
    for said in [&b""[..], b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"] {
        for at_once in [false, true] {
            let error = after(said, at_once).await;
            assert!(matches!(&error, ClientError::Unreachable { why: Unreachable::Broken, .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn an_http_2_connection_that_ends_in_the_middle_broke_too() {
    for manner in [Manner::Fails, Manner::Leaves] {
        let (address, authority) = https_of("127.0.0.1", manner).await;
        let error = ask(address, &authority, "").await.expect_err("no answer");
        assert!(matches!(&error, ClientError::Unreachable { why: Unreachable::Broken, .. }), "{error:?}");
    }
}
