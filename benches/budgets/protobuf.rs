//! The same requests in JSON and in protobuf, by turns on one server: what the binary form costs or spares.

use std::time::{Duration, Instant};

use super::connection::Connection;
use super::load::{JSON, MAPS, config_map, fill, millis, run};
use super::row;
use super::server::{Engine, Server};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const FORMS: [(&str, &str); 2] = [("JSON", JSON), ("protobuf", PROTOBUF)];
/// How often each form has its turn at a list.
const TURNS: usize = 9;

pub(crate) async fn compare() {
    let server = Server::start(&Engine::Sqlite).await;
    for (name, media_type) in FORMS {
        let (rate, p50, p99) = run(&server, 16, media_type, move |client, number| {
            let map = format!("{}-{client}-{number}", name.to_lowercase());
            ("POST", MAPS.to_owned(), if media_type == JSON { config_map(&map, 380) } else { message(&map, 380) })
        })
        .await;
        row(&format!("create on SQLite in {name}, 16 clients"), &format!("{rate:.0}/s (p50 {p50:.2} ms, p99 {p99:.2} ms)"));
    }
    for (name, media_type) in FORMS {
        let (rate, p50, p99) =
            run(&server, 16, media_type, |_, number| ("GET", format!("{MAPS}/json-0-{}", number % 100), Vec::new())).await;
        row(&format!("get in {name}, 16 clients"), &format!("{rate:.0}/s (p50 {p50:.2} ms, p99 {p99:.2} ms)"));
    }
    lists().await;
}

async fn lists() {
    let server = Server::start(&Engine::Sqlite).await;
    fill(&server).await;
    let mut connection = server.connect().await;
    let mut times = [Vec::new(), Vec::new()];
    let mut lengths = [0; 2];
    for _ in 0..TURNS {
        for (form, (_, media_type)) in FORMS.into_iter().enumerate() {
            let (took, length) = list(&mut connection, media_type).await;
            times[form].push(took);
            lengths[form] = length;
        }
    }
    for (form, (name, _)) in FORMS.into_iter().enumerate() {
        times[form].sort();
        let what = format!("LIST 24,000 objects in {name} ({:.1} MB), median of {TURNS}, client included", lengths[form] as f64 / 1e6);
        row(&what, &millis(times[form][TURNS / 2]));
    }
}

async fn list(connection: &mut Connection, media_type: &str) -> (Duration, usize) {
    let began = Instant::now();
    let answer = connection.request("GET", MAPS, media_type, b"").await.expect("a list");
    assert_eq!(answer.code, 200);
    (began.elapsed(), answer.length)
}

/// The ConfigMap of [`config_map`] as a client of the generated types sends it.
fn message(name: &str, size: usize) -> Vec<u8> {
    let entry = |key: &str, value: &str| [field(1, key.as_bytes()), field(2, value.as_bytes())].concat();
    let metadata = [field(1, name.as_bytes()), field(11, &entry("app", "bench"))].concat();
    let map = [field(1, &metadata), field(2, &entry("config", &"x".repeat(size)))].concat();
    let kind = [field(1, b"v1"), field(2, b"ConfigMap")].concat();
    [b"k8s\0".to_vec(), field(1, &kind), field(2, &map)].concat()
}

/// A member of a message that has a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![(number << 3) | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(content);
    bytes
}
