//! One HTTP/1.1 connection over TLS that costs next to nothing, so that the server is what is measured.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What a client needs to be let in.
#[derive(Clone)]
pub(crate) struct Trust(Arc<ClientConfig>);

pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) length: usize,
}

impl Trust {
    pub(crate) fn read(pki: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(pki.join("ca.crt")).expect("the CA")).expect("a CA");
        let certificate = CertificateDer::from_pem_file(pki.join("admin.crt")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(pki.join("admin.key")).expect("a key");
        let config = builder().with_root_certificates(roots).with_client_auth_cert(vec![certificate], key);
        Self(Arc::new(config.expect("a client")))
    }
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS versions")
}

impl Connection {
    /// Connects; without trust the server's certificate is not looked at, for the health check before the certificates are known.
    pub(crate) async fn open(address: &str, trust: Option<&Trust>) -> io::Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let config = trust.map_or_else(blind, |trust| Arc::clone(&trust.0));
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(config).connect(name, tcp).await?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends a request and reads the answer in the same media type; none is JSON.
    pub(crate) async fn request(&mut self, method: &str, path: &str, media_type: &str, body: &[u8]) -> io::Result<Answer> {
        self.send(method, path, media_type, body).await?;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, media_type: &str, body: &[u8]) -> io::Result<()> {
        let accept = if media_type.is_empty() { "application/json" } else { media_type };
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\nuser-agent: bench/1\r\n");
        if !body.is_empty() {
            request.push_str(&format!("content-type: {media_type}\r\ncontent-length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }

    /// Reads one answer and throws its body away.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        self.buffer.clear();
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_lowercase();
        let code = head.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0);
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|length| length.trim().parse::<usize>().ok());
        match length {
            Some(length) => {
                let mut left = (end + length).saturating_sub(self.buffer.len());
                while left > 0 {
                    self.buffer.clear();
                    self.more().await?;
                    left = left.saturating_sub(self.buffer.len());
                }
                Ok(Answer { code, length })
            }
            None => {
                let mut total = self.buffer.len() - end;
                while !self.buffer.ends_with(b"0\r\n\r\n") {
                    let keep = self.buffer.len().min(5);
                    self.buffer.drain(..self.buffer.len() - keep);
                    let before = self.buffer.len();
                    self.more().await?;
                    total += self.buffer.len() - before;
                }
                Ok(Answer { code, length: total })
            }
        }
    }

    /// Waits until a piece of text has come, in whatever answer.
    pub(crate) async fn wait_for(&mut self, text: &[u8]) -> io::Result<()> {
        while !self.buffer.windows(text.len()).any(|window| window == text) {
            self.more().await?;
        }
        self.buffer.clear();
        Ok(())
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn blind() -> Arc<ClientConfig> {
    let config = builder().dangerous().with_custom_certificate_verifier(Arc::new(Blind)).with_no_client_auth();
    Arc::new(config)
}

/// Believes any certificate; used against a process that this one has just started, for nothing but "are you there".
#[derive(Debug)]
struct Blind;

impl rustls::client::danger::ServerCertVerifier for Blind {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
