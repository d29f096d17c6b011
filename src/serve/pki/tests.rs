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
