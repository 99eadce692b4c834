//! The one HTTP client: the system's trust store and proxy, time limits, no redirects.
//!
//! A redirect is never followed, because it could carry a token or a code to another host. A certificate that the
//! system does not trust is never accepted: there is a bundle for a CA of one's own, and no switch.

mod bundle;
mod certificate;
pub mod challenge;
mod error;
mod proxy;
mod refusal;
pub mod retry;
mod verifier;

use std::time::Duration;

use reqwest::{Client, Response, redirect};
use url::Url;

pub use bundle::{BundleProblem, CaBundle};
pub use certificate::Certificate;
pub use error::{Error, ProxyFailure};
pub use proxy::{Proxies, Proxy};
pub use refusal::{Reason, Refusal};

const CONNECT: Duration = Duration::from_secs(10);

/// How long an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest silence before an answer and in the middle of it.
    pub silence: Duration,
    /// The longest altogether, so that one that drips for ever ends too.
    pub whole: Duration,
}

impl Limits {
    /// For what is answered at once.
    pub const USUAL: Self = Self { silence: Duration::from_secs(30), whole: Duration::from_secs(180) };
    /// For what an engine has to work out first. Advanced hunting gives up after three minutes by itself.
    /// (<https://learn.microsoft.com/defender-xdr/advanced-hunting-limits>)
    pub const QUERY: Self = Self { silence: Duration::from_secs(210), whole: Duration::from_secs(600) };
}

/// Builds the client that talks to `bases` and trusts, besides the system's CAs, those of `ca_bundle`.
///
/// Reading the system's trust store costs milliseconds, so this is left until the network is needed.
///
/// # Errors
/// [`Error::CaBundle`], [`Error::ProxySetting`], and [`Error::Tls`] when the trust store is empty or unreadable.
pub fn client(bases: &[&Url], ca_bundle: Option<&CaBundle>) -> Result<Client, Error> {
    client_within(Limits::USUAL, bases, ca_bundle)
}

/// The same with other limits.
///
/// # Errors
/// See [`client`].
pub fn client_within(limits: Limits, bases: &[&Url], ca_bundle: Option<&CaBundle>) -> Result<Client, Error> {
    let is_https = |base: &&Url| base.scheme() == "https";
    let mut builder = Client::builder()
        .user_agent(concat!("m365d/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .https_only(bases.iter().all(is_https))
        .tls_backend_preconfigured(verifier::tls(ca_bundle)?)
        .tls_info(true)
        .connect_timeout(CONNECT)
        .read_timeout(limits.silence)
        .timeout(limits.whole)
        .no_proxy();
    if bases.iter().any(is_https) {
        builder = builder.proxy(Proxies::of_this_machine()?.into());
    }
    builder.build().map_err(|error| Error::Tls(error::innermost(&error)))
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
