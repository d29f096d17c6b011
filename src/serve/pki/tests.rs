//! Certificates on disk: made, read, completed, refused.

use super::*;

#[test]
fn certificates_are_made_once_and_read_afterwards() {
    let directory = tempfile::tempdir().expect("a directory");
    let first = Pki::open(directory.path(), &[]).expect("made");
    let second = Pki::open(directory.path(), &[]).expect("read");
    assert_eq!(first.ca, second.ca);
    assert_eq!(first.serving.certificate, second.serving.certificate);
    assert_eq!(first.admin.key, second.admin.key);
}

#[test]
fn a_new_address_brings_a_new_serving_certificate_of_the_same_ca() {
    let directory = tempfile::tempdir().expect("a directory");
    let first = Pki::open(directory.path(), &[]).expect("made");
    let second = Pki::open(directory.path(), &[IpAddr::from([127, 0, 0, 2])]).expect("made");
    assert_eq!(first.ca, second.ca);
    assert_ne!(first.serving.certificate, second.serving.certificate);
}

#[test]
fn servers_that_were_given_the_same_authority_serve_each_others_clients() {
    let (here, there) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let first = Pki::open(here.path(), &[]).expect("made");
    for file in ["ca.crt", "ca.key"] {
        fs::copy(here.path().join(file), there.path().join(file)).expect("copied");
    }
    let second = Pki::open(there.path(), &[]).expect("made");
    assert_ne!(first.serving.certificate, second.serving.certificate);
    let authority = Authority::open(here.path()).expect("an authority");
    assert!(authority.signed_server(&second.serving) && authority.signed_client(&second.admin));
    assert!(agrees(there.path(), &second));
}

/// Whether rustls, as server and as client, takes the parts of a set as belonging together.
fn agrees(directory: &Path, pki: &Pki) -> bool {
    let authority = Authority::open(directory).expect("an authority");
    let fits = |pair: &Pair| {
        let provider = rustls::crypto::ring::default_provider();
        let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
        let chain = vec![pair.der().expect("a certificate")];
        rustls::sign::CertifiedKey::from_der(chain, key, &provider).is_ok()
    };
    let signed = authority.signed_server(&pki.serving) && authority.signed_client(&pki.admin);
    signed && authority.certificate == pki.ca && fits(&pki.serving) && fits(&pki.admin)
}

#[test]
fn servers_that_start_at_once_agree() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("pki");
    let opened: Vec<Pki> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Pki::open(&path, &[]).expect("opened"))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    for pki in &opened {
        assert!(agrees(&path, pki));
        assert_eq!((&pki.ca, &pki.serving.key, &pki.admin.key), (&opened[0].ca, &opened[0].serving.key, &opened[0].admin.key));
    }
}

#[test]
fn what_a_killed_process_left_is_completed() {
    let order = ["ca.key", "ca.crt", "apiserver.key", "apiserver.crt", "admin.key", "admin.crt"];
    for written in 0..order.len() {
        let directory = tempfile::tempdir().expect("a directory");
        Pki::open(directory.path(), &[]).expect("made");
        for missing in &order[written..] {
            fs::remove_file(directory.path().join(missing)).expect("removed");
        }
        let leftover = directory.path().join(format!("{}.{}.tmp", order[written], std::process::id()));
        fs::write(&leftover, "half").expect("written");
        let completed = Pki::open(directory.path(), &[]).expect("completed");
        assert!(agrees(directory.path(), &completed), "killed before {}", order[written]);
    }
}

#[test]
fn a_leaf_that_does_not_fit_is_made_anew() {
    let (directory, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let made = Pki::open(directory.path(), &[]).expect("made");
    Pki::open(other.path(), &[]).expect("made");
    for foreign in [&["admin.key"][..], &["admin.crt"], &["apiserver.crt", "apiserver.key"]] {
        for name in foreign {
            fs::copy(other.path().join(name), directory.path().join(name)).expect("copied");
        }
        let opened = Pki::open(directory.path(), &[]).expect("made anew");
        assert!(agrees(directory.path(), &opened), "{foreign:?}");
        assert_eq!(opened.ca, made.ca);
    }
}

#[test]
fn an_authority_with_the_key_of_another_is_refused() {
    let (directory, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    Pki::open(directory.path(), &[]).expect("made");
    Pki::open(other.path(), &[]).expect("made");
    fs::copy(other.path().join("ca.key"), directory.path().join("ca.key")).expect("copied");
    let error = Pki::open(directory.path(), &[]).expect_err("refused").to_string();
    assert!(error.contains("ca.crt") && error.contains("ca.key"), "{error}");
}

/// What a server has that was started when its certificates, signed by the authority of a directory, had more than a month left.
fn mk_ending(directory: &Path, fresh: &Pki) -> Pki {
    let authority = Authority::open(directory).expect("an authority");
    let ending = |mut params: CertificateParams| {
        let day = Timestamp::now().to_zoned(TimeZone::UTC).date().checked_add(30.days()).expect("a date");
        let (year, month, day) = parts(day);
        params.not_after = rcgen::date_time_ymd(year, month, day);
        let key = KeyPair::generate().expect("a key");
        Pair { certificate: params.signed_by(&key, &authority.issuer).expect("signed").pem(), key: key.serialize_pem() }
    };
    let serving = ending(serving_params(&serving_names(&[])).expect("parameters"));
    let admin = ending(admin_params().expect("parameters"));
    for (name, pair) in [("apiserver", &serving), ("admin", &admin)] {
        fs::write(directory.join(format!("{name}.crt")), &pair.certificate).expect("written");
        fs::write(directory.join(format!("{name}.key")), &pair.key).expect("written");
    }
    Pki { serving, admin, ..fresh.clone() }
}

/// The certificate that a client is shown who trusts the authority.
async fn shown(config: &Arc<rustls::ServerConfig>, ca: &str) -> CertificateDer<'static> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let client = client.with_root_certificates(roots(ca).expect("an authority")).with_no_client_auth();
    let (near, far) = tokio::io::duplex(1 << 16);
    let name = ServerName::try_from(ANY_NAME).expect("a name");
    let (server, client) = tokio::join!(
        tokio_rustls::TlsAcceptor::from(Arc::clone(config)).accept(far),
        tokio_rustls::TlsConnector::from(Arc::new(client)).connect(name, near),
    );
    server.expect("a client");
    client.expect("a server").get_ref().1.peer_certificates().expect("a certificate")[0].clone().into_owned()
}

#[tokio::test]
async fn certificates_that_end_soon_are_renewed_and_served_without_a_restart() {
    use crate::serve::client_certificate::ClientAuthority;
    use crate::serve::renewal::{Renewal, Serving};

    let folder = tempfile::tempdir().expect("a directory");
    let directory = folder.path().join("pki");
    let fresh = Pki::open(&directory, &[]).expect("made");
    assert!(fresh.lasts());
    let ending = mk_ending(&directory, &fresh);
    assert!(!ending.lasts());
    let serving = Arc::new(Serving::new(&ending.serving).expect("a certificate"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = ClientAuthority::new(&ending.ca, &provider).expect("an authority");
    let config = Arc::new(crate::serve::listener::tls_config(Arc::clone(&serving), &clients, provider).expect("a configuration"));
    assert_eq!(shown(&config, &fresh.ca).await, ending.serving.der().expect("a certificate"));

    let (kubeconfig, url) = (folder.path().join("kubeconfig"), "https://127.0.0.1:6443".to_owned());
    let mut renewal =
        Renewal { directory: directory.clone(), addresses: Vec::new(), pki: ending.clone(), serving, kubeconfig: kubeconfig.clone(), url };
    renewal.look();
    assert!(renewal.pki.lasts() && agrees(&directory, &renewal.pki));
    assert_eq!(shown(&config, &fresh.ca).await, renewal.pki.serving.der().expect("a certificate"));
    let written = fs::read_to_string(&kubeconfig).expect("a kubeconfig");
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &renewal.pki.admin.certificate);
    assert!(written.contains(&data), "{written}");

    // Another authority has come into the directory: clients would trust nothing that it signs.
    fs::remove_dir_all(&directory).expect("removed");
    renewal.pki = ending.clone();
    let before = shown(&config, &fresh.ca).await;
    renewal.look();
    assert_eq!(shown(&config, &fresh.ca).await, before);
}

#[cfg(unix)]
#[test]
fn a_leftover_that_all_may_read_gives_its_rights_to_nobody() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.key");
    let leftover = directory.path().join(format!("a.key.{}.tmp", std::process::id()));
    fs::write(&leftover, "").expect("written");
    fs::set_permissions(&leftover, fs::Permissions::from_mode(0o644)).expect("set");
    write_private(&path, "secret").expect("written");
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_authority_without_its_key_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    Pki::open(directory.path(), &[]).expect("made");
    fs::remove_file(directory.path().join("ca.key")).expect("removed");
    assert!(matches!(Pki::open(directory.path(), &[]), Err(PkiError::Missing { .. })));
}
