//! Client certificates: the handshake asks for the key alone, and the authentication of requests for the rest.

use std::path::Path;
use std::sync::Arc;

use http::{Method, StatusCode, Version};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use reqwest::{Client, Identity};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::wire::{MAPS, administrator, credentials, stranger, token_file};
use crate::harness::server::{Engine, TestServer};

/// A certificate with its key for a user in `system:masters`, signed by the server's authority, as PEM.
fn certificate_of(server: &TestServer, user: &str, until: i32) -> Vec<u8> {
    let key = std::fs::read_to_string(Path::new(&server.store_flags()[1]).join("pki/ca.key")).unwrap();
    signed(&KeyPair::from_pem(&key).unwrap(), user, until)
}

fn signed(authority: &KeyPair, user: &str, until: i32) -> Vec<u8> {
    let name = |common: &str| {
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, "system:masters");
        name.push(DnType::CommonName, common);
        name
    };
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    let mut authority_name = DistinguishedName::new();
    authority_name.push(DnType::CommonName, "trueup-ca");
    params.distinguished_name = authority_name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let issuer = Issuer::new(params, authority);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = name(user);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().unwrap();
    [params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem()].concat().into_bytes()
}

/// Clients with a certificate, one for each version of HTTP.
fn showing(server: &TestServer, identity: &[u8]) -> [(Version, Client); 2] {
    let with = || stranger(server).identity(Identity::from_pem(identity).unwrap());
    [(Version::HTTP_11, with().http1_only().build().unwrap()), (Version::HTTP_2, with().build().unwrap())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_good_is_answered_with_401_and_a_good_token_beside_it_counts() {
    let tokens = token_file();
    let server = TestServer::start_with(Engine::Sqlite, &["--token-auth-file", &tokens.path().display().to_string()]);
    let foreign = signed(&KeyPair::generate().unwrap(), "eve", 2090);
    for (what, identity) in [("foreign", foreign), ("expired", certificate_of(&server, "ann", 2021))] {
        for (version, client) in showing(&server, &identity) {
            for path in [MAPS, "/healthz", "/version"] {
                let response = client.get(server.url(path)).send().await.unwrap();
                assert_eq!((response.version(), response.status()), (version, StatusCode::UNAUTHORIZED), "{what}: {path}");
                let status: Value = response.json().await.unwrap();
                assert_eq!(status["reason"], "Unauthorized", "{what}: {path}");
            }
            for (token, expected) in [("good", StatusCode::OK), ("bad", StatusCode::UNAUTHORIZED)] {
                let response = client.get(server.url(MAPS)).bearer_auth(token).send().await.unwrap();
                assert_eq!(response.status(), expected, "{what}: {token}");
            }
        }
    }
    for (_, client) in showing(&server, &certificate_of(&server, "ann", 2090)) {
        let review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let review =
            client.request(Method::POST, server.url(review)).bearer_auth("weak").json(&serde_json::json!({})).send().await.unwrap();
        let review: Value = review.json().await.unwrap();
        assert_eq!(review["status"]["userInfo"]["username"], "ann", "a good certificate counts before a token: {review}");
    }
}

/// Shows a certificate with a key that is not its own.
#[derive(Debug)]
struct Thief(Arc<CertifiedKey>);

impl ResolvesClientCert for Thief {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_hold_the_key_of_a_certificate_gets_no_connection() {
    let server = TestServer::start(Engine::Sqlite);
    administrator(&server).build().unwrap().get(server.url(MAPS)).send().await.unwrap().error_for_status().unwrap();
    let (ca, admin) = credentials(&server);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from_pem_slice(KeyPair::generate().unwrap().serialize_pem().as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let stolen = Thief(Arc::new(CertifiedKey::new(vec![CertificateDer::from_pem_slice(&admin).unwrap()], key)));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&[version]).unwrap();
        let config = config.with_root_certificates(roots.clone()).with_client_cert_resolver(Arc::new(Thief(Arc::clone(&stolen.0))));
        let tcp = TcpStream::connect(server.address()).await.unwrap();
        // In TLS 1.3 a client is done before the server has looked at its certificate.
        let Ok(mut stream) = TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), tcp).await else { continue };
        let _ = stream.write_all(format!("GET {MAPS} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).await;
        assert!(read.is_err() && answer.is_empty(), "{version:?}: {read:?} {}", String::from_utf8_lossy(&answer));
    }
}
