//! Where a request goes: a path of the API, or an address that is the API's own.

use url::Url;

use super::Failure;
use crate::api::LONGEST_ADDRESS;
use crate::settings::Application;
use crate::token::Service;

/// The address that `path` means, after the one beneath which everything is the API's.
///
/// What a URL's parser would leave out or put in another way is refused; characters that cannot stand in one are
/// percent-encoded.
///
/// # Errors
/// When it is no path, or of somebody else.
pub(super) fn resolve(path: &str, application: &Application) -> Result<(Url, Url), Failure> {
    if let Some(problem) = problem(path) {
        return Err(Failure::Path(problem));
    }
    let parsed = if is_absolute(path) {
        Url::parse(path)
    } else {
        let base = application.api_url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{}", path.strip_prefix('/').unwrap_or(path)))
    };
    let url = parsed.map_err(|_| Failure::Path("is no address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::Path("has a user name before its host"));
    }
    let elsewhere = || Failure::Elsewhere {
        place: format!("{}{}", url.origin().ascii_serialization(), url.path()),
        service: application.service,
    };
    let base = application.base_of(&url).ok_or_else(elsewhere)?;
    if url.as_str().len() > LONGEST_ADDRESS {
        return Err(Failure::Path("is longer than 60,000 bytes"));
    }
    Ok((base, url))
}

/// The API other than `application`'s that has such paths, if one is known to.
pub(super) fn service_of(path: &str, application: &Application) -> Option<Service> {
    let path = path.strip_prefix(application.api_url.path().trim_end_matches('/')).unwrap_or(path);
    let service = if path.starts_with("/v1.0/") || path.starts_with("/beta/") {
        Service::Graph
    } else if path.starts_with("/api/incidents") || path.starts_with("/api/advancedhunting") {
        Service::Defender
    } else if path.starts_with("/api/machine") {
        Service::Endpoint
    } else {
        return None;
    };
    (service != application.service).then_some(service)
}

fn is_absolute(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.starts_with("https://") || path.starts_with("http://")
}

fn problem(path: &str) -> Option<&'static str> {
    let before_query = path.split('?').next().unwrap_or_default();
    let first = before_query.split('/').next().unwrap_or_default();
    // Some servers decode before they resolve.
    let decoded =
        before_query.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    let is_dots = |segment: &str| [".", ".."].contains(&segment);
    if path.chars().any(char::is_control) {
        Some("has a control character")
    } else if path != path.trim() {
        Some("begins or ends with a space")
    } else if path.contains('#') {
        Some("has a #, which ends an address; as a character it is %23")
    } else if before_query.contains('\\') {
        Some("has a backslash, which servers take for a slash; as a character it is %5C")
    } else if decoded.split('/').any(is_dots) {
        Some("has . or .. in it, which servers resolve each in their own way")
    } else if !is_absolute(path) && first.contains(':') {
        Some("begins with a drive or a scheme; Git Bash makes a drive of a leading slash, so leave that out")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_read_in_another_way_is_refused() {
        for path in [
            "/api/a\nb",
            "/api/a\tb",
            "/api/incidents ",
            "\u{a0}/api",
            "/api/incidents#1",
            "/api\\incidents",
            "/api/../secret",
            "/api/%2E./secret",
            "/api/x%2F..%2fsecret",
            "/api/x/..%5csecret",
            "/api/.",
            "C:/Program Files/Git/api/incidents",
            "ftp://graph.microsoft.com/",
            "javascript:x",
        ] {
            assert!(problem(path).is_some(), "{path:?}");
        }
        for path in [
            "",
            "/",
            "api/incidents",
            "/api/incidents?$filter=a eq 'b\\..'&x=http://y/../z",
            "//evil.example/",
            "HTTPS://graph.microsoft.com/v1.0/a:b",
            "/v1.0/security/microsoft.graph.security.runHuntingQuery(a='b:c')",
            "/api/...",
        ] {
            assert_eq!(problem(path), None, "{path:?}");
        }
    }
}
