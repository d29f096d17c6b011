//! What only etcd can show: restarts, several servers on one cluster, TLS, users.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use etcd_client::Client;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use trueup::object::Revision;
use trueup::store::{Change, Compactor, EtcdOptions, EtcdStore, EtcdTls, Store, StoreError};

use super::fixture::{Tap, create, entry, list_at, put, request};
use crate::harness::etcd::EtcdServer;

/// Longer than anything here takes on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

async fn refusal(options: EtcdOptions) -> StoreError {
    match EtcdStore::connect(options).await {
        Ok(_) => panic!("connected"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_goes_on_across_a_restart_and_misses_nothing() {
    let mut server = EtcdServer::start();
    let store = EtcdStore::connect(server.options()).await.unwrap();
    let start = store.current_revision().await.unwrap();
    let mut tap = Tap::on(&store, "/a/", start).await;
    let first = create(&store, "/a/x", "one").await;
    assert_eq!(tap.until(first).await.len(), 1);
    let second = put(&store, "/a/x", first, "two").await;
    server.restart();
    let third = put(&store, "/a/x", second, "three").await;
    let heard = tap.until(third).await.into_iter().map(|event| event.revision).collect::<Vec<_>>();
    assert_eq!(heard, [second, third]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_comes_back_after_a_compaction_skips_nothing_in_silence() {
    let mut server = EtcdServer::start();
    let store = EtcdStore::connect(server.options()).await.unwrap();
    let mut tap = Tap::on(&store, "/a/", store.current_revision().await.unwrap()).await;
    server.restart();
    let other = EtcdStore::connect(server.options()).await.unwrap();
    let first = create(&other, "/a/x", "one").await;
    let second = put(&other, "/a/x", first, "two").await;
    other.compact(second).await.unwrap();
    let third = put(&other, "/a/x", second, "three").await;
    // The watch was either fast enough to hear everything, or hears that it was not; it never skips.
    match tap.events_or_error(3).await {
        Ok(events) => assert_eq!(events.iter().map(|event| event.revision).collect::<Vec<_>>(), [first, second, third]),
        Err(error) => assert!(matches!(error, StoreError::Compacted { oldest, .. } if oldest == second), "{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_wait_for_a_cluster_that_comes_back() {
    let mut server = EtcdServer::start();
    let store = Arc::new(EtcdStore::connect(server.options()).await.unwrap());
    let first = create(store.as_ref(), "/a/x", "one").await;
    server.stop();
    let reading = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.get("/a/x").await }
    });
    server.restart();
    assert_eq!(reading.await.unwrap().unwrap(), Some(entry("/a/x", "one", first)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_endpoint_that_answers_is_enough() {
    let server = EtcdServer::start();
    // Port 1 is nobody's.
    let endpoints = vec!["http://127.0.0.1:1".to_owned(), server.endpoint()];
    let store = EtcdStore::connect(EtcdOptions { endpoints, ..server.options() }).await.unwrap();
    let mut tap = Tap::on(&store, "/a/", store.current_revision().await.unwrap()).await;
    let mut last = Revision::ZERO;
    for number in 0..30 {
        let key = format!("/a/{number}");
        last = create(&store, &key, "x").await;
        assert_eq!(store.get(&key).await.unwrap(), Some(entry(&key, "x", last)));
    }
    assert_eq!(tap.until(last).await.len(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_takes_connections_and_never_answers_is_not_asked() {
    let server = EtcdServer::start();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for endpoints in [[silent.clone(), server.endpoint()], [server.endpoint(), silent]] {
        let store = EtcdStore::connect(EtcdOptions { connect_timeout: PATIENCE, ..EtcdOptions::new(endpoints) }).await.unwrap();
        for number in 0..10 {
            let key = format!("/a/{number}");
            let standing = store.get(&key).await.unwrap().map_or(Revision::ZERO, |entry| entry.revision);
            put(&store, &key, standing, "x").await;
        }
    }
}

/// Passes bytes on to a server until it is told to stop; connections stay open, and new ones are taken.
async fn passing_on_until(to: String, mut stopped: tokio::sync::watch::Receiver<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut client, _)) = listener.accept().await {
            if *stopped.borrow_and_update() {
                silent.push(client);
                continue;
            }
            let (to, mut stopped) = (to.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to.trim_start_matches("http://")).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                }
                // The connection stays open, and nothing comes of it.
                std::future::pending::<()>().await;
                drop((client, server));
            });
        }
    });
    at
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_falls_silent_leaves_reads_to_the_others() {
    let server = EtcdServer::start();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let falls_silent = passing_on_until(server.endpoint(), stopped).await;
    let options = EtcdOptions {
        connect_timeout: PATIENCE,
        request_timeout: PATIENCE,
        retry_for: PATIENCE,
        ..EtcdOptions::new([falls_silent, server.endpoint()])
    };
    let store = EtcdStore::connect(options).await.unwrap();
    let first = create(&store, "/a/x", "one").await;
    stop.send_replace(true);
    let reads = futures::future::join_all((0..20).map(|_| store.get("/a/x"))).await;
    for read in reads {
        assert_eq!(read.unwrap(), Some(entry("/a/x", "one", first)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_left_and_was_not_answered_may_stand() {
    let server = EtcdServer::start();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let falls_silent = passing_on_until(server.endpoint(), stopped).await;
    let store = EtcdStore::connect(EtcdOptions { connect_timeout: PATIENCE, ..EtcdOptions::new([falls_silent]) }).await.unwrap();
    create(&store, "/a/x", "one").await;
    stop.send_replace(true);
    let written = store.commit("/a/y", Revision::ZERO, Change::Put("two".into())).await;
    assert!(matches!(written, Err(StoreError::Unclear(_))), "{written:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_etcd_does_not_take_is_too_large_and_not_written() {
    let store = EtcdStore::connect(EtcdServer::shared()).await.unwrap();
    // The first is over etcd's own bound, the second over gRPC's as well.
    for size in [2_000_000, 2_900_000] {
        let refused = store.commit("/a/large", Revision::ZERO, Change::Put(vec![b'v'; size].into())).await;
        assert!(matches!(&refused, Err(StoreError::TooLarge(text)) if text.contains("--max-request-bytes")), "{refused:?}");
    }
    assert_eq!(store.get("/a/large").await.unwrap(), None);
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_named() {
    let options = EtcdOptions {
        connect_timeout: Duration::from_millis(100),
        request_timeout: Duration::from_millis(200),
        ..EtcdOptions::new(["http://127.0.0.1:1", "http://127.0.0.1:2"])
    };
    let refused = refusal(options).await;
    assert!(matches!(refused, StoreError::Unavailable(_)));
    assert!(refused.to_string().contains("no etcd answers at http://127.0.0.1:1, http://127.0.0.1:2"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_servers_on_a_cluster_one_compacts_each_time() {
    let server = EtcdServer::start();
    let stores = [EtcdStore::connect(server.options()).await.unwrap(), EtcdStore::connect(server.options()).await.unwrap()];
    let [one, two] = stores.map(|store| Arc::new(store) as Arc<dyn Store>);
    let (mut first, mut second) = (Compactor::new(Arc::clone(&one)), Compactor::new(Arc::clone(&two)));
    let old = create(one.as_ref(), "/a/x", "one").await;
    let newer = put(one.as_ref(), "/a/x", old, "two").await;
    assert_eq!((first.tick().await.unwrap(), second.tick().await.unwrap()), (None, None));
    assert!(list_at(one.as_ref(), "/a/", old).await.is_ok());
    for _ in 0..3 {
        let compacted = [first.tick().await.unwrap(), second.tick().await.unwrap()];
        assert_eq!(compacted.iter().flatten().count(), 1, "{compacted:?}");
    }
    assert!(matches!(list_at(two.as_ref(), "/a/", old).await, Err(StoreError::Compacted { .. })));
    assert_eq!(two.get("/a/x").await.unwrap(), Some(entry("/a/x", "two", newer)));
    // The first one dies; the other takes over.
    drop(first);
    let mut taken_over = 0;
    for _ in 0..3 {
        taken_over += usize::from(second.tick().await.unwrap().is_some());
    }
    assert!(taken_over >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_with_different_prefixes_do_not_see_each_other() {
    let one = EtcdStore::connect(EtcdServer::shared()).await.unwrap();
    let two = EtcdStore::connect(EtcdServer::shared()).await.unwrap();
    let start = two.current_revision().await.unwrap();
    let mut tap = Tap::on(&two, "/", start).await;
    let foreign = create(&one, "/a/x", "one").await;
    assert_eq!(two.get("/a/x").await.unwrap(), None);
    assert_eq!(two.list(request("/")).await.unwrap().entries, []);
    let own = create(&two, "/a/x", "two").await;
    assert!(own > foreign);
    let heard = tap.until(own).await;
    assert_eq!(heard.iter().map(|event| event.revision).collect::<Vec<_>>(), [own]);
}

/// Certificates of one authority: for a server on this machine, and for a client.
fn write_certificates(folder: &TempDir) {
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    write("ca.pem", authority.pem());
    for name in ["server", "client"] {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        write(&format!("{name}.pem"), params.signed_by(&key, &authority).unwrap().pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_checks_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    write_certificates(&folder);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let arguments = ["--cert-file", &file("server.pem"), "--key-file", &file("server.key"), "--trusted-ca-file", &file("ca.pem")];
    let arguments = arguments.into_iter().chain(["--client-cert-auth"]).map(str::to_owned).collect();
    let server = EtcdServer::start_with("https", folder, arguments);
    let quick = EtcdOptions { connect_timeout: Duration::from_secs(1), request_timeout: Duration::from_secs(1), ..server.options() };
    let identity = Some((server.path("client.pem"), server.path("client.key")));
    let known = EtcdTls { ca: Some(server.path("ca.pem")), identity: identity.clone() };
    let store = EtcdStore::connect(EtcdOptions { tls: Some(known), ..server.options() }).await.unwrap();
    let first = create(&store, "/a/x", "one").await;
    assert_eq!(store.get("/a/x").await.unwrap(), Some(entry("/a/x", "one", first)));

    let without = refusal(quick.clone()).await.to_string();
    assert!(without.contains("needs the file with the certificate authority"), "{without}");
    let anonymous = EtcdTls { ca: Some(server.path("ca.pem")), identity: None };
    let anonymous = refusal(EtcdOptions { tls: Some(anonymous), ..quick.clone() }).await;
    assert!(matches!(anonymous, StoreError::Unavailable(_)), "{anonymous:?}");
    let strange = EtcdTls { ca: Some(server.path("client.pem")), identity };
    let strange = refusal(EtcdOptions { tls: Some(strange), ..quick.clone() }).await;
    assert!(matches!(strange, StoreError::Unavailable(_)), "{strange:?}");
    let missing = EtcdTls { ca: Some("/nowhere/ca.pem".into()), identity: None };
    let missing = refusal(EtcdOptions { tls: Some(missing), ..quick }).await.to_string();
    assert_eq!(missing, "the store failed: cannot read /nowhere/ca.pem: No such file or directory (os error 2)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_signs_in_with_a_password() {
    let mut server = EtcdServer::start();
    let mut admin = Client::connect([server.endpoint()], None).await.unwrap();
    admin.user_add("root", "secret", None).await.unwrap();
    admin.role_add("root").await.unwrap();
    admin.user_grant_role("root", "root").await.unwrap();
    admin.auth_enable().await.unwrap();
    let options = server.options();
    let user = |name: &str, password: &str| EtcdOptions { user: Some((name.to_owned(), password.to_owned())), ..options.clone() };
    let store = EtcdStore::connect(user("root", "secret")).await.unwrap();
    let mut tap = Tap::on(&store, "/a/", store.current_revision().await.unwrap()).await;
    let first = create(&store, "/a/x", "one").await;
    assert_eq!(tap.until(first).await.len(), 1);

    // Nobody answers at first.
    server.stop();
    let options = EtcdOptions { connect_timeout: PATIENCE, ..user("root", "secret") };
    let connecting = tokio::spawn(EtcdStore::connect(options));
    tokio::task::yield_now().await;
    server.restart();
    assert_eq!(connecting.await.unwrap().unwrap().get("/a/x").await.unwrap(), Some(entry("/a/x", "one", first)));

    let wrong = refusal(user("root", "guess")).await;
    assert!(matches!(&wrong, StoreError::Failed(text) if text.contains("authentication failed")), "{wrong}");
    let nobody = refusal(server.options()).await;
    assert!(matches!(&nobody, StoreError::Failed(text) if text.contains("user name is empty")), "{nobody}");
}
