//! What an X.509 certificate says about itself (RFC 5280), for a person to read. Nothing is decided by it.

use std::net::IpAddr;

use jiff::Timestamp;
use reqwest::Response;
use reqwest::tls::TlsInfo;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{
    Ia5StringRef, ObjectIdentifier, PrintableStringRef, TeletexStringRef, Utf8StringRef,
};
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::time::Time;

/// No honest name is longer, and a line of an error has to be read.
const LONGEST_NAME: usize = 200;
const MOST_NAMES: usize = 5;

/// The attributes of a name that are shown (RFC 4514 section 3).
const KEYS: &[(ObjectIdentifier, &str)] = &[
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
];

/// A server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Who signed it, as RFC 4514 writes names: the CA of the public web, of a company, or of a proxy that inspects TLS.
    pub issuer: String,
    /// Whose it is.
    pub subject: String,
    /// The first instant at which it is valid.
    pub not_before: Timestamp,
    /// The last instant at which it is valid.
    pub not_after: Timestamp,
    /// The host names and addresses that it is for, the first few.
    pub names: Vec<String>,
    /// Whether nobody vouches for it but itself.
    pub is_self_signed: bool,
}

impl Certificate {
    /// The certificate with which the host of `response` showed who it is; none where no TLS was spoken.
    #[must_use]
    pub fn of(response: &Response) -> Option<Self> {
        Self::parse(response.extensions().get::<TlsInfo>()?.peer_certificate()?)
    }

    /// Reads a certificate in DER. `None` unless it is one.
    #[must_use]
    pub fn parse(der: &[u8]) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        let certificate = certificate.tbs_certificate();
        let names = certificate.get_extension::<SubjectAltName>().ok().flatten();
        Some(Self {
            issuer: name(certificate.issuer()),
            subject: name(certificate.subject()),
            not_before: instant(certificate.validity().not_before),
            not_after: instant(certificate.validity().not_after),
            names: names.map(|(_, names)| hosts(&names)).unwrap_or_default(),
            is_self_signed: certificate.issuer() == certificate.subject(),
        })
    }
}

/// The parts that tell names apart, the most particular first. The library's own way of writing names brings a table
/// of every object identifier there is, which made each run of the program slower.
fn name(name: &Name) -> String {
    let mut parts: Vec<_> = name.iter().filter_map(part).collect();
    parts.reverse();
    parts.join(", ").chars().take(LONGEST_NAME).collect()
}

fn part(part: &AttributeTypeAndValue) -> Option<String> {
    let (_, key) = KEYS.iter().find(|(oid, _)| *oid == part.oid)?;
    let value = match part.value.tag() {
        Tag::Utf8String => part.value.decode_as::<Utf8StringRef<'_>>().ok()?.as_str().to_owned(),
        Tag::PrintableString => part.value.decode_as::<PrintableStringRef<'_>>().ok()?.as_str().to_owned(),
        Tag::Ia5String => part.value.decode_as::<Ia5StringRef<'_>>().ok()?.as_str().to_owned(),
        Tag::TeletexString => part.value.decode_as::<TeletexStringRef<'_>>().ok()?.as_str().to_owned(),
        _ => return None,
    };
    Some(format!("{key}={value}"))
}

fn instant(time: Time) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(time.to_unix_duration()).unwrap_or(Timestamp::MAX)
}

fn hosts(names: &SubjectAltName) -> Vec<String> {
    let host = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.as_str().chars().take(LONGEST_NAME).collect()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()).map(|address| address.to_string()),
        _ => None,
    };
    names.0.iter().filter_map(host).take(MOST_NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
    four.or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok())
}
