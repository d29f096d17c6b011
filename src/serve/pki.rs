//! The certificates of a server that nobody gave any: a CA, a serving certificate, an administrator's client certificate.
//!
//! Receives a directory; hands on PEM texts, made on the first start and read afterwards. Invariant: a private key is never readable
//! for anybody but the user of the process, and the CA outlives every certificate that it signs.

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

/// How long the CA holds, and how long what it signs; in years.
const CA_YEARS: i32 = 20;
const LEAF_YEARS: i32 = 1;

/// A certificate is made anew when it has less than this left, in days.
const RENEW_DAYS: i64 = 60;

/// The name that the CA signs with.
const CA_NAME: &str = "trueup-ca";

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
        let (ca, issuer) = authority(directory)?;
        let names = serving_names(addresses);
        let serving = leaf(directory, "apiserver", &issuer, |found| covers(found, &names), || serving_params(&names))?;
        let admin = leaf(directory, "admin", &issuer, |_| true, admin_params)?;
        Ok(Self { ca, serving, admin })
    }
}

fn authority(directory: &Path) -> Result<(String, Issuer<'static, KeyPair>), PkiError> {
    let (certificate_path, key_path) = (directory.join("ca.crt"), directory.join("ca.key"));
    let params = ca_params()?;
    match (certificate_path.exists(), key_path.exists()) {
        (true, true) => {
            let key = read(&key_path)?;
            let key = KeyPair::from_pem(&key).map_err(|error| PkiError::Broken { path: key_path, why: error.to_string() })?;
            Ok((read(&certificate_path)?, Issuer::new(params, key)))
        }
        (false, false) => {
            let key = KeyPair::generate()?;
            let certificate = params.self_signed(&key)?.pem();
            write_private(&key_path, &key.serialize_pem())?;
            write_private(&certificate_path, &certificate)?;
            Ok((certificate, Issuer::new(params, key)))
        }
        (true, false) => Err(PkiError::Missing { path: key_path }),
        (false, true) => Err(PkiError::Missing { path: certificate_path }),
    }
}

/// A certificate that the CA signs: the one on disk where it still serves, otherwise a new one.
fn leaf(
    directory: &Path,
    name: &str,
    issuer: &Issuer<'_, KeyPair>,
    serves: impl Fn(&Found) -> bool,
    params: impl Fn() -> Result<CertificateParams, rcgen::Error>,
) -> Result<Pair, PkiError> {
    let (certificate_path, key_path) = (directory.join(format!("{name}.crt")), directory.join(format!("{name}.key")));
    if certificate_path.exists() && key_path.exists() {
        let pair = Pair { certificate: read(&certificate_path)?, key: read(&key_path)? };
        let found = Found::parse(&pair.certificate).map_err(|why| PkiError::Broken { path: certificate_path.clone(), why })?;
        if found.lasts && serves(&found) {
            return Ok(pair);
        }
    }
    let key = KeyPair::generate()?;
    let certificate: Certificate = params()?.signed_by(&key, issuer)?;
    let pair = Pair { certificate: certificate.pem(), key: key.serialize_pem() };
    write_private(&key_path, &pair.key)?;
    write_private(&certificate_path, &pair.certificate)?;
    Ok(pair)
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
    let hosts = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
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
        Ok(Self { lasts: left > RENEW_DAYS * 24 * 3600, names: names.collect() })
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
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
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
mod tests {
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
    fn half_an_authority_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        Pki::open(directory.path(), &[]).expect("made");
        fs::remove_file(directory.path().join("ca.key")).expect("removed");
        assert!(matches!(Pki::open(directory.path(), &[]), Err(PkiError::Missing { .. })));
    }
}
