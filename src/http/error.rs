//! Why there is no answer from the network.

use std::error::Error as StdError;
use std::io;

use rustls::{CertificateError, OtherError};
use url::Url;

use super::{BundleProblem, CaBundle, Proxies, Proxy, Refusal};

/// Why there is no answer from the network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client cannot be built, which on Linux means that there are no CA certificates.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// The bundle of CA certificates is not one. Nothing has been sent yet.
    #[error("the CA bundle {} (from {}) {problem}", .bundle.path.display(), .bundle.setting)]
    CaBundle {
        /// The file, and the setting that named it.
        bundle: CaBundle,
        /// What is wrong with it.
        problem: BundleProblem,
    },
    /// A variable does not name a proxy that can be used. Nothing has been sent yet.
    #[error("{setting} {problem}")]
    ProxySetting {
        /// The variable. Its value may have a password in it.
        setting: &'static str,
        /// What is wrong with it, as the end of a sentence.
        problem: &'static str,
    },
    /// The proxy has opened no connection.
    #[error("the proxy {proxy} {failure}")]
    Proxy {
        /// The proxy.
        proxy: Box<Proxy>,
        /// What it did instead.
        failure: ProxyFailure,
        /// Who was to be asked through it.
        host: String,
    },
    /// Whoever answered has a certificate that is not trusted.
    #[error("{0}")]
    Certificate(Box<Refusal>),
    /// What answered an https address speaks something else.
    #[error("{host} does not speak TLS")]
    NoTls {
        /// Who was asked, with the port.
        host: String,
    },
    /// No connection, or it broke.
    #[error("no answer from {host}{}: {reason}", via(.proxy.as_deref()))]
    Network {
        /// Who was asked.
        host: String,
        /// Through which proxy.
        proxy: Option<Box<Proxy>>,
        /// The innermost cause, in the system's words.
        reason: String,
        /// Whether there was a connection that something may have been sent on.
        connected: bool,
    },
    /// More bytes than any honest answer has.
    #[error("the answer from {host} is longer than {limit} bytes")]
    TooLong {
        /// Who was asked.
        host: String,
        /// How many bytes would have been read.
        limit: usize,
    },
}

/// What a proxy did instead of opening a connection (RFC 9110 section 9.3.6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFailure {
    /// Status 407 (RFC 9110 section 15.5.8).
    #[error("{}", if *.had_credentials { "does not accept the user name and password that it was given" } else { "asks for a user name and a password" })]
    Credentials {
        /// Whether the setting has a user name.
        had_credentials: bool,
    },
    /// Another status than success, or no HTTP.
    #[error("refuses to open a connection: it answered CONNECT with an error or a web page")]
    Refused,
    /// Nothing, or half an answer.
    #[error("closed the connection before it had answered")]
    Closed,
    /// It is not there.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The setting says https, and the proxy does not speak it.
    #[error("does not speak TLS")]
    NoTls,
}

impl Error {
    /// What a failed exchange with `host` means.
    #[must_use]
    pub fn network(host: &str, error: &reqwest::Error) -> Self {
        let host = host.to_owned();
        let proxy = error.url().and_then(|url| Proxies::of_this_machine().ok()?.for_url(url)).map(Box::new);
        let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
        if let Some(refusal) = tls.and_then(refusal) {
            return Self::Certificate(Box::new(refusal.clone()));
        }
        let speaks_no_tls = matches!(tls, Some(rustls::Error::InvalidMessage(_)));
        let proxy = match proxy {
            Some(proxy) => match proxy_failure(error, &proxy, speaks_no_tls) {
                Some(failure) => return Self::Proxy { proxy, failure, host },
                None => Some(proxy),
            },
            None => None,
        };
        if speaks_no_tls {
            return Self::NoTls { host: error.url().map_or(host, host_and_port) };
        }
        let reason = if error.is_timeout() { "it took too long".to_owned() } else { innermost(error) };
        Self::Network { host, proxy, reason, connected: !error.is_connect() }
    }

    /// Whether the same request may succeed in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network { .. } => true,
            Self::Proxy { failure, .. } => {
                !matches!(failure, ProxyFailure::Credentials { .. } | ProxyFailure::NoTls)
            }
            _ => false,
        }
    }

    /// Whether a setting is at fault and nothing was sent.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::CaBundle { .. } | Self::ProxySetting { .. })
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Tls(_) => {
                "install the system's CA certificates (Debian: apt install ca-certificates), or point SSL_CERT_FILE at a bundle".to_owned()
            }
            Self::CaBundle { bundle, problem: BundleProblem::Binary } => {
                let path = bundle.path.to_string_lossy();
                let file = shlex::try_quote(&path).unwrap_or_default();
                format!("openssl x509 -inform der -in {file} -out ca.pem, and give ca.pem instead")
            }
            Self::CaBundle { .. } => {
                "it has to be a file with CA certificates in PEM (-----BEGIN CERTIFICATE-----); without the setting, the system's CAs are trusted".to_owned()
            }
            Self::ProxySetting { setting, .. } => {
                format!("set {setting} to http://HOST:PORT, or unset it if there is no proxy")
            }
            Self::Proxy { proxy, failure, host } => proxy_hint(proxy, failure, host),
            Self::Certificate(refusal) => refusal.hint(),
            Self::NoTls { .. } => {
                "is that the port of an http service or of a proxy? Check M365D_AUTHORITY, M365D_API_URL and HTTPS_PROXY".to_owned()
            }
            Self::Network { .. } => {
                "check the connection, and HTTPS_PROXY and NO_PROXY if there is a proxy; then run the command again".to_owned()
            }
            Self::TooLong { .. } => {
                "something other than the service seems to be answering; check M365D_API_URL, M365D_AUTHORITY and any proxy".to_owned()
            }
        }
    }
}

fn via(proxy: Option<&Proxy>) -> String {
    proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default()
}

fn proxy_hint(proxy: &Proxy, failure: &ProxyFailure, host: &str) -> String {
    let (address, setting) = (proxy.address(), proxy.setting);
    match failure {
        ProxyFailure::Credentials { .. } => format!(
            "export HTTPS_PROXY=http://USER:PASSWORD@{address} (special characters as %XX); if it wants Kerberos or NTLM, which m365d cannot, run px or cntlm in between"
        ),
        ProxyFailure::Refused => format!(
            "check that {setting} is right and names a proxy, and ask whoever runs it to let you CONNECT to {host}; NO_PROXY={host} goes without it"
        ),
        ProxyFailure::Closed | ProxyFailure::Unreachable(_) => {
            format!("check {setting}, or unset it if there is no proxy; NO_PROXY={host} goes without it")
        }
        ProxyFailure::NoTls => format!("set {setting} to http://{address}, which most proxies mean"),
    }
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!("{host}:{}", url.port_or_known_default().unwrap_or_default())
}

fn refusal(error: &rustls::Error) -> Option<&Refusal> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => other.downcast_ref(),
        _ => None,
    }
}

/// What is said of the error by hyper-util, whose type for it cannot be named.
fn proxy_failure(error: &reqwest::Error, proxy: &Proxy, speaks_no_tls: bool) -> Option<ProxyFailure> {
    let said = causes(error).map(ToString::to_string).find(|cause| cause.starts_with("tunnel error: "))?;
    Some(match said.trim_start_matches("tunnel error: ") {
        "proxy authorization required" => {
            ProxyFailure::Credentials { had_credentials: proxy.has_credentials() }
        }
        "failed to create underlying connection" if speaks_no_tls && proxy.is_https() => ProxyFailure::NoTls,
        "failed to create underlying connection" => ProxyFailure::Unreachable(innermost(error)),
        "unexpected end of file" | "io error establishing tunnel" => ProxyFailure::Closed,
        _ => ProxyFailure::Refused,
    })
}

/// The cause that a person can act on stands at the bottom of the chain.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The error and all its causes. An [`io::Error`] leaves out the one that it wraps.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
