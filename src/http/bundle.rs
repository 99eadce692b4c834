//! CA certificates in PEM (RFC 7468) that are trusted besides the operating system's.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use memchr::memmem;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

use super::Error;

/// Larger than all the CAs of the public web together.
const LONGEST: u64 = 16 << 20;
/// What a certificate and a key store begin with in DER.
const SEQUENCE: &[u8] = &[0x30];

/// A file with one or several CA certificates.
#[derive(Debug, Clone)]
pub struct CaBundle {
    /// The file.
    pub path: PathBuf,
    /// The setting that named it.
    pub setting: String,
}

impl CaBundle {
    /// Reads the certificates: at least one.
    pub(super) fn read(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        read(&self.path).map_err(|problem| Error::CaBundle { bundle: self.clone(), problem })
    }
}

/// What is wrong with a bundle, as the end of a sentence.
#[derive(Debug, thiserror::Error)]
pub enum BundleProblem {
    /// It is not there, or not for this user.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is a folder, a device, a pipe, or larger than any bundle.
    #[error("is not a file of certificates")]
    NotAFile,
    /// It has no text.
    #[error("is empty")]
    Empty,
    /// It has the bytes of a certificate or key store that are not PEM.
    #[error("is binary (DER or PKCS #12), not PEM")]
    Binary,
    /// It has no certificate.
    #[error("has no certificate in PEM")]
    NoCertificate,
    /// It has what is nobody's business but its owner's.
    #[error("holds a private key, which belongs to its owner and in no bundle")]
    PrivateKey,
    /// It is not as PEM should be.
    #[error("is damaged: {0}")]
    Pem(pem::Error),
    /// What it calls a certificate is none.
    #[error("is damaged: its certificate number {0} is not one")]
    Certificate(usize),
}

/// The certificates of `SSL_CERT_FILE` and `SSL_CERT_DIR`, where the platform's verifier does not honour them itself.
pub(super) fn of_the_environment() -> Result<Vec<CertificateDer<'static>>, Error> {
    // The verifier would wait for a pipe, and read a device to its end.
    if let Some(bundle) = ssl_cert_file()
        && fs::metadata(&bundle.path).is_ok_and(|metadata| !metadata.is_file())
    {
        return Err(Error::CaBundle { bundle, problem: BundleProblem::NotAFile });
    }
    if !cfg!(any(windows, target_vendor = "apple")) {
        return Ok(Vec::new());
    }
    let mut certificates = ssl_cert_file().map(|bundle| bundle.read()).transpose()?.unwrap_or_default();
    // Such folders hold other files too.
    for folder in env::var_os("SSL_CERT_DIR").iter().flat_map(env::split_paths) {
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        certificates.extend(files.filter_map(|file| read(&file.path()).ok()).flatten());
    }
    Ok(certificates)
}

/// What is wrong with `SSL_CERT_FILE`, where that is why nobody is trusted.
pub(super) fn problem_of_the_environment() -> Option<Error> {
    ssl_cert_file()?.read().err()
}

fn ssl_cert_file() -> Option<CaBundle> {
    let path = env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty())?;
    Some(CaBundle { path: path.into(), setting: "SSL_CERT_FILE".to_owned() })
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, BundleProblem> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(BundleProblem::NotAFile);
    }
    parse(&fs::read(path)?)
}

fn parse(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, BundleProblem> {
    if memmem::find(bytes, b"PRIVATE KEY-----").is_some() {
        return Err(BundleProblem::PrivateKey);
    }
    let certificates =
        CertificateDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>().map_err(BundleProblem::Pem)?;
    let is_ca = |der: &CertificateDer<'static>| RootCertStore::empty().add(der.clone()).is_ok();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        Err(BundleProblem::Empty)
    } else if certificates.is_empty() && bytes.starts_with(SEQUENCE) {
        Err(BundleProblem::Binary)
    } else if certificates.is_empty() {
        Err(BundleProblem::NoCertificate)
    } else if let Some(place) = certificates.iter().position(|der| !is_ca(der)) {
        Err(BundleProblem::Certificate(place + 1))
    } else {
        Ok(certificates)
    }
}
