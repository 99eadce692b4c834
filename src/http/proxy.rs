//! Which proxy a request goes through: the environment's, read as curl reads it, or the system's.

use std::env::{self, VarError};
use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::Error;

/// What names the proxy where no variable does (macOS, Windows).
const SYSTEM: &str = "the system's settings";

/// A proxy, and who named it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: Url,
    /// The variable or place that named it.
    pub setting: &'static str,
}

impl Proxy {
    /// Its host and port, without the credentials that it may need.
    #[must_use]
    pub fn address(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        format!("{host}:{}", self.url.port_or_known_default().unwrap_or_default())
    }

    /// Whether the setting has a user name for it.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        !self.url.username().is_empty()
    }

    /// Whether TLS is spoken to the proxy itself.
    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    fn is_at(&self, other: &Url) -> bool {
        self.url.origin() == other.origin()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address(), self.setting)
    }
}

/// Without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// The proxies of this machine and the hosts that need none.
#[derive(Debug)]
pub struct Proxies {
    matcher: Matcher,
    given: Vec<Proxy>,
}

impl Proxies {
    /// Reads `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case, and the system's settings.
    ///
    /// # Errors
    /// [`Error::ProxySetting`] when a variable does not name a proxy that m365d can use.
    pub fn of_this_machine() -> Result<Self, Error> {
        let https = given(["HTTPS_PROXY", "https_proxy"])?;
        let all = given(["ALL_PROXY", "all_proxy"])?;
        Ok(Self { matcher: Matcher::from_system(), given: https.into_iter().chain(all).collect() })
    }

    /// The proxy that a request to `target` goes through.
    ///
    /// Plain http never leaves this machine, so it goes through none, and `HTTP_PROXY` is never asked for.
    #[must_use]
    pub fn for_url(&self, target: &Url) -> Option<Proxy> {
        if target.scheme() != "https" {
            return None;
        }
        let found = self.matcher.intercept(&target.as_str().parse().ok()?)?;
        let url = Url::parse(&found.uri().to_string()).ok()?;
        let given = self.given.iter().find(|proxy| proxy.is_at(&url));
        Some(given.cloned().unwrap_or(Proxy { url, setting: SYSTEM }))
    }
}

impl From<Proxies> for reqwest::Proxy {
    fn from(proxies: Proxies) -> Self {
        Self::custom(move |target| proxies.for_url(target).map(|proxy| proxy.url))
    }
}

/// The proxy of the first of the variables that is set.
fn given(variables: [&'static str; 2]) -> Result<Option<Proxy>, Error> {
    let set = variables.into_iter().find_map(|setting| match env::var(setting) {
        Ok(value) => Some((setting, value)),
        Err(VarError::NotUnicode(_)) => Some((setting, "not text".to_owned())),
        Err(VarError::NotPresent) => None,
    });
    match set {
        Some((_, value)) if value.is_empty() => Ok(None),
        Some((setting, value)) => match parse(&value) {
            Ok(url) => Ok(Some(Proxy { url, setting })),
            Err(problem) => Err(Error::ProxySetting { setting, problem }),
        },
        None => Ok(None),
    }
}

/// An address without a scheme means http, as with curl.
///
/// What the matcher would not use has to be said: without it, everything would be sent past the proxy.
fn parse(value: &str) -> Result<Url, &'static str> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = Url::parse(&with_scheme).map_err(|_| "is not the address of a proxy")?;
    match url.scheme() {
        "http" | "https" if is_usable(value) => Ok(url),
        "http" | "https" => Err("is not the address of a proxy"),
        scheme if scheme.starts_with("socks") => Err("names a SOCKS proxy, which m365d cannot use"),
        _ => Err("is not the address of an HTTP proxy"),
    }
}

fn is_usable(value: &str) -> bool {
    let probe = "https://proxied.invalid/".parse();
    probe.is_ok_and(|probe| Matcher::builder().https(value).build().intercept(&probe).is_some())
}
