//! The one HTTP client: the system's trust store and proxy, time limits, no redirects.
//!
//! A redirect is never followed, because it could carry a token or a code to another host.

use std::time::Duration;

use reqwest::{Client, Response, redirect};

pub mod challenge;
pub mod retry;

const CONNECT: Duration = Duration::from_secs(10);
/// The longest silence in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest an answer may take altogether, so that one that drips for ever ends too.
const WHOLE: Duration = Duration::from_secs(180);

/// Why there is no answer from the network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client cannot be built, which on Linux means that there are no CA certificates.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// No connection, or it broke.
    #[error("no answer from {host}: {reason}")]
    Network {
        /// Who was asked.
        host: String,
        /// The innermost cause, in the system's words.
        reason: String,
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

impl Error {
    /// What a failed exchange with `host` means.
    #[must_use]
    pub fn network(host: &str, error: &reqwest::Error) -> Self {
        let reason = if error.is_timeout() { "it took too long".to_owned() } else { innermost(error) };
        Self::Network { host: host.to_owned(), reason }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Tls(_) => {
                "install the system's CA certificates (Debian: apt install ca-certificates), or point SSL_CERT_FILE at a bundle"
            }
            Self::Network { .. } => {
                "check the connection, and HTTPS_PROXY and NO_PROXY if there is a proxy; then run the command again"
            }
            Self::TooLong { .. } => {
                "something other than the service seems to be answering; check M365D_API_URL, M365D_AUTHORITY and any proxy"
            }
        }
    }
}

/// How far the configured hosts are away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All on this machine: plain http is allowed, and a proxy would be asked for its own addresses.
    ThisMachine,
    /// Some elsewhere and some here.
    Mixed,
    /// All elsewhere: nothing but https.
    Internet,
}

/// Builds the client.
///
/// Reading the system's trust store costs milliseconds, so this is left until the network is needed.
///
/// # Errors
/// [`Error::Tls`] when the trust store is empty or unreadable.
pub fn client(reach: Reach) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .user_agent(concat!("m365d/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .https_only(reach == Reach::Internet)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE);
    if reach == Reach::ThisMachine {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Error::Tls(innermost(&error)))
}

/// Reads a whole answer of at most `limit` bytes.
///
/// # Errors
/// See [`read_into`].
pub async fn read(response: Response, limit: usize) -> Result<Vec<u8>, Error> {
    read_into(Vec::new(), response, limit).await
}

/// Reads a whole answer of at most `limit` bytes into memory that was used before.
///
/// # Errors
/// [`Error::TooLong`] as soon as the limit is passed, [`Error::Network`] when the body breaks off.
pub async fn read_into(mut body: Vec<u8>, mut response: Response, limit: usize) -> Result<Vec<u8>, Error> {
    let host = response.url().host_str().unwrap_or_default().to_owned();
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    body.clear();
    body.reserve(announced.unwrap_or_default().min(limit));
    while let Some(chunk) = response.chunk().await.map_err(|error| Error::network(&host, &error))? {
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLong { host, limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The cause that a person can act on stands at the bottom of the chain.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
