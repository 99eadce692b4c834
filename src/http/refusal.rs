//! Why a server's certificate is not trusted, and what to do about it.

use std::fmt;

use jiff::Timestamp;
use rustls::CertificateError;

use super::Certificate;

/// A server's certificate that is not trusted.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Who showed it.
    pub host: String,
    /// What it says; `None` when it cannot be read.
    pub certificate: Option<Certificate>,
    /// Why it is not trusted.
    pub reason: Reason,
    /// The setting that named the bundle that was used besides the system's CAs.
    pub bundle: Option<String>,
    /// This machine's clock.
    pub now: Timestamp,
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is signed by nobody whom this machine trusts.
    UnknownIssuer,
    /// The issuer's name is trusted, but with another key.
    OtherKey,
    /// It was valid once.
    Expired,
    /// It will be valid.
    NotYetValid,
    /// It is for other hosts.
    WrongName,
    /// It was taken back.
    Revoked,
    /// Something else, in the verifier's words.
    Other(String),
}

impl Reason {
    /// Why the platform's verifier has said no.
    pub(super) fn of(error: &rustls::Error) -> Self {
        use CertificateError as E;
        let rustls::Error::InvalidCertificate(error) = error else { return Self::Other(error.to_string()) };
        match error {
            E::UnknownIssuer => Self::UnknownIssuer,
            E::BadSignature => Self::OtherKey,
            E::Expired | E::ExpiredContext { .. } => Self::Expired,
            E::NotValidYet | E::NotValidYetContext { .. } => Self::NotYetValid,
            E::NotValidForName | E::NotValidForNameContext { .. } => Self::WrongName,
            E::Revoked => Self::Revoked,
            E::Other(other) => Self::Other(other.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        let Some(certificate) = &self.certificate else {
            return write!(f, "the certificate of {host} is not one that can be read");
        };
        let issuer = &certificate.issuer;
        let nobody = match &self.bundle {
            Some(setting) => format!("which neither this machine nor the bundle of {setting} trusts"),
            None => "which this machine does not trust".to_owned(),
        };
        write!(f, "the certificate of {host} ")?;
        match &self.reason {
            Reason::UnknownIssuer if certificate.is_self_signed => {
                write!(f, "is signed by nobody but itself, `{issuer}`, {nobody}")
            }
            Reason::UnknownIssuer => write!(f, "is signed by `{issuer}`, {nobody}"),
            Reason::OtherKey => {
                write!(
                    f,
                    "is signed by `{issuer}`, but not with the key that this machine trusts under that name"
                )
            }
            Reason::Expired => write!(
                f,
                "(signed by `{issuer}`) expired on {}; this machine's clock says {}",
                minute(certificate.not_after),
                minute(self.now)
            ),
            Reason::NotYetValid => write!(
                f,
                "(signed by `{issuer}`) is not valid before {}; this machine's clock says {}",
                minute(certificate.not_before),
                minute(self.now)
            ),
            Reason::WrongName => {
                let names = match &certificate.names[..] {
                    [] => "no host at all".to_owned(),
                    names => names.join(", "),
                };
                write!(f, "is for {names}, not for {host} (signed by `{issuer}`)")
            }
            Reason::Revoked => write!(f, "(signed by `{issuer}`) has been revoked"),
            Reason::Other(reason) => write!(f, "(signed by `{issuer}`) is refused: {reason}"),
        }
    }
}

impl Refusal {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let host = &self.host;
        match self.reason {
            Reason::UnknownIssuer | Reason::OtherKey
                if self.certificate.as_ref().is_some_and(|certificate| certificate.is_self_signed) =>
            {
                format!(
                    "if you run {host}, give --ca-bundle FILE (or M365D_CA_BUNDLE) that certificate in PEM; if not, something else is answering in its place"
                )
            }
            Reason::UnknownIssuer | Reason::OtherKey => {
                "if your network inspects TLS, ask whoever runs it for that CA's certificate in PEM and give it to --ca-bundle FILE (or M365D_CA_BUNDLE); if not, something else is answering".to_owned()
            }
            Reason::Expired | Reason::NotYetValid => {
                format!("set this machine's clock if it is wrong; if it is right, tell whoever runs {host}, or the proxy that signed this")
            }
            Reason::WrongName => {
                "check M365D_AUTHORITY and M365D_API_URL, and whether a proxy or a sign-in page of the network is in between".to_owned()
            }
            Reason::Revoked => format!("tell whoever runs {host}, or the proxy that signed this"),
            Reason::Other(_) => format!(
                "if your network inspects TLS, give that CA's certificate in PEM to --ca-bundle FILE (or M365D_CA_BUNDLE); if not, tell whoever runs {host}"
            ),
        }
    }
}

fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
