//! The certificates of a server that nobody gave any: a CA, a serving certificate, an administrator's client certificate.
//!
//! Receives a directory; hands on PEM texts, made on the first start and read afterwards. Invariant: a private key is never readable
//! for anybody but the user of the process, the CA outlives every certificate that it signs, and what is handed on belongs together:
//! each key to its certificate, each certificate to the CA.
//!
//! Servers that start at once on one directory take turns at its lock. A process may be killed between any two files: each is written
//! whole, a key before its certificate, so that what is missing can be told from what is wrong.

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _, SanType,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;

/// How long the CA holds, and how long what it signs; in years.
const CA_YEARS: i32 = 20;
const LEAF_YEARS: i32 = 1;

/// A certificate is made anew when it has less than this left, in days.
const RENEW_DAYS: i64 = 60;

/// The name that the CA signs with.
const CA_NAME: &str = "trueup-ca";

/// One of the names of every serving certificate.
const ANY_NAME: &str = "localhost";

/// The user of the administrator's certificate, in the group that may do everything.
const ADMIN: (&str, &str) = ("trueup-admin", "system:masters");

/// PEM texts of one server.
#[derive(Debug, Clone)]
pub struct Pki {
    /// The CA's certificate, which clients trust and which signs clients.
    pub ca: String,
    /// The server's certificate and key.
    pub serving: Pair,
    /// The administrator's certificate and key.
    pub admin: Pair,
    /// The private key that signs tokens of service accounts.
    pub(super) token_key: TokenKeyText,
}

/// A certificate and its private key, in PEM.
#[derive(Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The private key, in PKCS #8.
    pub key: String,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").field("certificate", &self.certificate).field("key", &"…").finish()
    }
}

/// Why certificates could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A file is there but not what it should be.
    #[error("{}: {why}; remove the directory to have new certificates made", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The CA's files are there in part.
    #[error("{} is missing although its counterpart is there; remove the directory to have new certificates made", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
}

impl Pki {
    /// Reads the certificates of a directory, and makes those that are missing, expire soon, or (the serving one) lack a name that
    /// the server is reached by. `addresses` are the IP addresses listened on.
    pub fn open(directory: &Path, addresses: &[IpAddr]) -> Result<Self, PkiError> {
        create_private_directory(directory)?;
        let _turn = lock(directory)?;
        let authority = Authority::open(directory)?;
        let names = serving_names(addresses);
        let serves = |found: &Found, pair: &Pair| covers(found, &names) && authority.signed_server(pair);
        let serving = leaf(directory, "apiserver", &authority, serves, || serving_params(&names))?;
        let admin = leaf(directory, "admin", &authority, |_, pair| authority.signed_client(pair), admin_params)?;
        let token_key = token_key(directory)?;
        Ok(Self { ca: authority.certificate, serving, admin, token_key })
    }

    /// Whether neither certificate is to be made anew soon.
    pub(super) fn lasts(&self) -> bool {
        [&self.serving, &self.admin].iter().all(|pair| Found::parse(&pair.certificate).is_ok_and(|found| found.lasts))
    }
}

/// A private key in PKCS #8 and PEM, which is not shown.
#[derive(Clone)]
pub(super) struct TokenKeyText(pub(super) String);

impl std::fmt::Debug for TokenKeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// The key that tokens of service accounts are signed with. Servers that share certificates accept each other's tokens.
fn token_key(directory: &Path) -> Result<TokenKeyText, PkiError> {
    let path = directory.join("sa.key");
    if path.exists() {
        return read(&path).map(TokenKeyText);
    }
    let key = KeyPair::generate()?.serialize_pem();
    write_private(&path, &key)?;
    Ok(TokenKeyText(key))
}

/// The CA and what it can check.
struct Authority {
    certificate: String,
    path: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    roots: Arc<RootCertStore>,
}

impl Authority {
    fn open(directory: &Path) -> Result<Self, PkiError> {
        let (path, key_path) = (directory.join("ca.crt"), directory.join("ca.key"));
        let params = ca_params()?;
        let (certificate, key) = match (path.exists(), key_path.exists()) {
            (there, true) => {
                let key = read(&key_path)?;
                let key = KeyPair::from_pem(&key).map_err(|error| PkiError::Broken { path: key_path.clone(), why: error.to_string() })?;
                // Without a certificate, the process that made the key was killed before it came to that.
                (if there { read(&path)? } else { certify(&params, &key, &path)? }, key)
            }
            (false, false) => {
                let key = KeyPair::generate()?;
                write_private(&key_path, &key.serialize_pem())?;
                (certify(&params, &key, &path)?, key)
            }
            (true, false) => return Err(PkiError::Missing { path: key_path }),
        };
        let broken = |why| PkiError::Broken { path: path.clone(), why };
        if !Found::parse(&certificate).map_err(broken)?.belongs_to(&key) {
            return Err(broken(format!("it does not belong to the key in {}", key_path.display())));
        }
        let roots = Arc::new(roots(&certificate).map_err(broken)?);
        Ok(Self { certificate, issuer: Issuer::new(params, key), roots, path })
    }

    /// Whether clients that trust the CA accept this as a server's.
    fn signed_server(&self, pair: &Pair) -> bool {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider).build();
        let (Ok(verifier), Ok(certificate), Ok(name)) = (verifier, pair.der(), ServerName::try_from(ANY_NAME)) else { return false };
        verifier.verify_server_cert(&certificate, &[], &name, &[], UnixTime::now()).is_ok()
    }

    /// Whether the server accepts this as a client's.
    fn signed_client(&self, pair: &Pair) -> bool {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(&self.roots), provider).build();
        let (Ok(verifier), Ok(certificate)) = (verifier, pair.der()) else { return false };
        verifier.verify_client_cert(&certificate, &[], UnixTime::now()).is_ok()
    }
}

impl Pair {
    fn der(&self) -> Result<CertificateDer<'static>, rustls::pki_types::pem::Error> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes())
    }
}

fn certify(params: &CertificateParams, key: &KeyPair, path: &Path) -> Result<String, PkiError> {
    let certificate = params.self_signed(key)?.pem();
    write_private(path, &certificate)?;
    Ok(certificate)
}

fn roots(certificate: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|error| error.to_string())?;
    roots.add(certificate).map_err(|error| error.to_string())?;
    Ok(roots)
}

/// A certificate that the CA signs: the one on disk where it still serves, otherwise a new one.
fn leaf(
    directory: &Path,
    name: &str,
    authority: &Authority,
    serves: impl Fn(&Found, &Pair) -> bool,
    params: impl Fn() -> Result<CertificateParams, rcgen::Error>,
) -> Result<Pair, PkiError> {
    let (certificate_path, key_path) = (directory.join(format!("{name}.crt")), directory.join(format!("{name}.key")));
    if certificate_path.exists() && key_path.exists() {
        let pair = Pair { certificate: read(&certificate_path)?, key: read(&key_path)? };
        let found = Found::parse(&pair.certificate).map_err(|why| PkiError::Broken { path: certificate_path.clone(), why })?;
        let belongs = KeyPair::from_pem(&pair.key).is_ok_and(|key| found.belongs_to(&key));
        if found.lasts && belongs && serves(&found, &pair) {
            return Ok(pair);
        }
    }
    let key = KeyPair::generate()?;
    let certificate: Certificate = params()?.signed_by(&key, &authority.issuer)?;
    let pair = Pair { certificate: certificate.pem(), key: key.serialize_pem() };
    let made = Found::parse(&pair.certificate).map_err(|why| PkiError::Broken { path: certificate_path.clone(), why })?;
    if !serves(&made, &pair) {
        let why = "what it signs is not accepted: it has expired, or is not of trueup's making".to_owned();
        return Err(PkiError::Broken { path: authority.path.clone(), why });
    }
    write_private(&key_path, &pair.key)?;
    write_private(&certificate_path, &pair.certificate)?;
    Ok(pair)
}

/// Takes a directory's lock, which goes with the file that is handed back, and with the process.
fn lock(directory: &Path) -> Result<fs::File, PkiError> {
    let path = directory.join("lock");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let locked = options.open(&path).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|source| PkiError::File { path, source })
}

fn ca_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = begin(CA_NAME, None, CA_YEARS)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

fn serving_params(names: &[SanType]) -> Result<CertificateParams, rcgen::Error> {
    let mut params = begin("trueup-apiserver", None, LEAF_YEARS)?;
    params.subject_alt_names = names.to_vec();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn admin_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = begin(ADMIN.0, Some(ADMIN.1), LEAF_YEARS)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// A subject (user as common name, group as organisation) and a validity that begins yesterday, since clocks differ.
fn begin(name: &str, group: Option<&str>, years: i32) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    let mut subject = DistinguishedName::new();
    if let Some(group) = group {
        subject.push(DnType::OrganizationName, group);
    }
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.use_authority_key_identifier_extension = true;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let (year, month, day) = parts(today.yesterday().unwrap_or(today));
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = parts(today.checked_add(years.years()).unwrap_or(today));
    params.not_after = rcgen::date_time_ymd(year, month, day);
    Ok(params)
}

fn parts(date: Date) -> (i32, u8, u8) {
    (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
}

/// The names under which the server is reached.
fn serving_names(addresses: &[IpAddr]) -> Vec<SanType> {
    let hosts = [ANY_NAME, "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
    let dns = hosts.into_iter().filter_map(|host| host.try_into().ok().map(SanType::DnsName));
    let local = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
    let mut ips: Vec<IpAddr> = local.into_iter().chain(addresses.iter().copied().filter(|address| !address.is_unspecified())).collect();
    ips.sort_unstable();
    ips.dedup();
    dns.chain(ips.into_iter().map(SanType::IpAddress)).collect()
}

/// What is read of a certificate on disk.
struct Found {
    lasts: bool,
    names: Vec<SanType>,
    /// The public key, as DER.
    key: Vec<u8>,
}

impl Found {
    fn parse(pem: &str) -> Result<Self, String> {
        use x509_parser::extensions::GeneralName;
        let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).map_err(|error| error.to_string())?;
        let certificate = pem.parse_x509().map_err(|error| error.to_string())?;
        let left = certificate.validity().not_after.timestamp() - Timestamp::now().as_second();
        let names = certificate.subject_alternative_name().ok().flatten().map(|san| &san.value.general_names);
        let names = names.into_iter().flatten().filter_map(|name| match name {
            GeneralName::DNSName(dns) => (*dns).try_into().ok().map(SanType::DnsName),
            GeneralName::IPAddress(bytes) => address(bytes).map(SanType::IpAddress),
            _ => None,
        });
        let key = certificate.public_key().raw.to_vec();
        Ok(Self { lasts: left > RENEW_DAYS * 24 * 3600, names: names.collect(), key })
    }

    fn belongs_to(&self, key: &KeyPair) -> bool {
        self.key == key.subject_public_key_info()
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    v4.or_else(|| <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from))
}

fn covers(found: &Found, names: &[SanType]) -> bool {
    names.iter().all(|name| found.names.contains(name))
}

fn read(path: &Path) -> Result<String, PkiError> {
    fs::read_to_string(path).map_err(|source| PkiError::File { path: path.to_owned(), source })
}

fn create_private_directory(path: &Path) -> Result<(), PkiError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| PkiError::File { path: path.to_owned(), source })
}

/// Writes a file that only its owner can read, whole or not at all: it is written beside its place and then moved there.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), PkiError> {
    let failed = |source| PkiError::File { path: path.to_owned(), source };
    let beside = path.with_added_extension(format!("{}.tmp", std::process::id()));
    // Of a process that was killed. A file that is there would keep its rights, so that it must go rather than be written over.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&beside);
        failed(source)
    })
}

#[cfg(test)]
mod tests;
