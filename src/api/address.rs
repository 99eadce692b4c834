//! Where an API is, and what is another place.

use reqwest::Response;
use reqwest::header::LOCATION;
use url::Url;

use super::Error;

/// Longer than any service reads, and shorter than what the HTTP library refuses in words of its own.
pub const LONGEST: usize = 60_000;

/// The address of `path` at the API that is at `base`.
#[must_use]
pub fn url(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// Whether `url` is of the API that is at `base`.
pub(super) fn is_below(base: &Url, url: &Url) -> bool {
    let path = base.path().trim_end_matches('/');
    let is_under = |rest: &str| rest.is_empty() || rest.starts_with('/');
    url.origin() == base.origin() && url.path().strip_prefix(path).is_some_and(is_under) && !has_user(url)
}

/// An answer from `host` that sends the request on.
pub(super) fn elsewhere(host: &str, response: &Response) -> Error {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| response.url().join(location).ok());
    Error::Elsewhere { host: host.to_owned(), target: outside(response.url(), target.as_ref()) }
}

/// Where `url` is, as far as that is another place than the API's: the query is nobody's business.
pub(super) fn outside(api: &Url, url: Option<&Url>) -> String {
    match url {
        None => "an address that makes no sense".to_owned(),
        Some(url) if has_user(url) => "an address with a user name in it".to_owned(),
        Some(url) if url.origin() == api.origin() => format!("another path, {}", url.path()),
        Some(url) => format!("another host, {}", url.origin().ascii_serialization()),
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}
