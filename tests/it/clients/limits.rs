//! Requests at the edge of what HTTP allows: large headers, long paths, no TLS.

use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::wire::{MAPS, administrator, send};
use crate::harness::server::{Engine, TestServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_may_be_as_large_as_kube_apiserver_takes_them() {
    let server = TestServer::start(Engine::Sqlite);
    for client in [administrator(&server).http1_only().build().unwrap(), administrator(&server).build().unwrap()] {
        for size in [100_000, 1_000_000] {
            let response = client.get(server.url(MAPS)).header("x-padding", "v".repeat(size)).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{size} bytes over {:?}", response.version());
        }
        let selector = vec!["value"; 9_000].join(",");
        let path = server.url(&format!("{MAPS}?labelSelector=app+in+({selector})"));
        assert!(path.len() > 50_000);
        assert_eq!(send(&client, Method::GET, path, None).await.status(), StatusCode::OK);
    }
    let client = administrator(&server).build().unwrap();
    let refused = client.get(server.url(MAPS)).header("x-padding", "v".repeat(1_100_000)).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_speaks_plain_http_is_told_so() {
    let server = TestServer::start(Engine::Sqlite);
    for request in ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "PATCH /api HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{\"a\":\"b\"}"] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.0 400 Bad Request\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), "{answer}");
    }
    // What is neither TLS nor HTTP ends without an answer in HTTP.
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"SSH-2.0-x\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_namespace_in_a_path_means_all_of_them_and_never_another_object() {
    let server = TestServer::start(Engine::Sqlite);
    let client = administrator(&server).build().unwrap();
    let ask = async |method: Method, path: &str| {
        let body = serde_json::json!({"metadata": {"name": "configmaps"}});
        let response = send(&client, method.clone(), server.url(path), (method == Method::POST).then_some(&body)).await;
        let code = response.status();
        (code.as_u16(), response.json::<serde_json::Value>().await.unwrap())
    };
    assert_eq!(ask(Method::POST, "/api/v1/namespaces").await.0, 201);
    assert_eq!(ask(Method::POST, "/api/v1/namespaces/configmaps/configmaps").await.0, 201);
    let (code, list) = ask(Method::GET, "/api/v1/namespaces//configmaps").await;
    assert_eq!((code, &list["kind"]), (200, &"ConfigMapList".into()));
    let (code, refused) = ask(Method::POST, "/api/v1/namespaces//configmaps").await;
    assert_eq!((code, &refused["message"]), (400, &"an empty namespace may not be set during creation".into()));
    assert_eq!(ask(Method::DELETE, "/api/v1/namespaces//configmaps").await.0, 405);
    for path in ["/api/v1//namespaces", "//api/v1/namespaces", "/api/v1/namespaces/configmaps//configmaps"] {
        assert_eq!(ask(Method::GET, path).await.0, 404, "{path}");
    }
    assert_eq!(ask(Method::GET, "/api/v1/namespaces/configmaps").await.1["status"]["phase"], "Active", "it was not deleted");
}
