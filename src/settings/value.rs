//! What a setting may be: each type can only be made from text that makes sense.

use std::fmt;

use url::{Host, Url};

/// Where a setting came from; `m365d status` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A command-line flag.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// The profile in `config.toml`.
    Profile,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Environment(name) => f.write_str(name),
            Self::Profile => f.write_str("config.toml"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting's value and where it came from.
#[derive(Debug, Clone)]
pub struct Setting<T> {
    /// What the setting is.
    pub value: T,
    /// Who said so.
    pub source: Source,
}

/// The name of a profile: letters, digits, `-`, `_` and `.`, at most 64 of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileName(String);

impl ProfileName {
    /// The profile of those who have only one.
    pub const DEFAULT: &str = "default";
    /// What the name of a profile may be.
    pub const EXPECTED: &str = "a profile's name: letters, digits, -, _ and ., at most 64 of them";

    /// `None` unless `text` is such a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_good);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name, as it stands in `config.toml`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A directory in Entra ID: its id (a GUID) or a domain that it has verified, in lower case; or `organizations`, which
/// is whichever directory the person belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant(String);

impl Tenant {
    /// What a tenant may be.
    pub const EXPECTED: &str =
        "a tenant id (GUID), a domain such as contoso.onmicrosoft.com, or organizations";

    /// `None` unless `text` is a GUID, a domain name with at least two labels, or `organizations`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_any = text.eq_ignore_ascii_case("organizations");
        (is_any || is_guid(text) || is_domain(text)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The tenant as it stands in the authority's paths.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The application (client) id of a registration in Entra ID, a GUID in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// `None` unless `text` is a GUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_guid(text).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id as it stands in requests.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a sign-in keeps the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStore {
    /// Sealed where there is a credential store, in a plain file elsewhere.
    Auto,
    /// Sealed, its key in the operating system's credential store.
    Keyring,
    /// In a plain file.
    File,
}

impl SessionStore {
    /// `None` unless `text` is one of the three names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Keyring, Self::File].into_iter().find(|store| store.as_str() == text)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

/// A base URL that tokens may travel to: https, or http that does not leave this machine.
///
/// `None` unless `text` is such a URL without credentials, query or fragment.
#[must_use]
pub(super) fn secure_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let secure = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(&url),
        _ => false,
    };
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (secure && plain).then_some(url)
}

/// A URL that we have written ourselves.
#[expect(clippy::expect_used, reason = "the tables of clouds are ours")]
pub(super) fn known_url(text: &str) -> Url {
    Url::parse(text).expect("a URL of the clouds' tables")
}

/// A URL for an error message: a password that does not belong in it is not repeated.
#[must_use]
pub(super) fn without_credentials(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
            // Neither fails where there were some.
            let _ = url.set_password(None);
            let _ = url.set_username("");
            url.to_string()
        }
        Ok(_) => text.to_owned(),
        // Before the last one there may be a password, whatever keeps this from being a URL.
        Err(_) => text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, host)| format!("…@{host}")),
    }
}

/// Whether `url` names this machine and nothing else.
#[must_use]
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_guid(text: &str) -> bool {
    let mut groups = text.split('-');
    [8, 4, 4, 4, 12].iter().all(|length| {
        groups
            .next()
            .is_some_and(|group| group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }) && groups.next().is_none()
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let all_numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.len() <= 253 && text.contains('.') && text.split('.').all(label) && !all_numeric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_a_guid_or_a_domain() {
        for good in [
            "11111111-2222-3333-4444-555555555555",
            "contoso.onmicrosoft.com",
            "Northwind.example",
            "organizations",
        ] {
            assert!(Tenant::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "contoso",
            "common",
            "consumers",
            "a b.com",
            "contoso.com/",
            "../x.y",
            "10.0.0.1",
            ".com",
            "a..b",
            "11111111-2222-3333-4444-55555555555g",
            "-a.com",
            "münchen.de",
        ] {
            assert!(Tenant::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_name_of_a_profile_is_one_plain_word() {
        for good in ["default", "contoso.com", "A_1-b"] {
            assert!(ProfileName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "a b", "a/b", "ü", "a\nb", &"x".repeat(65)] {
            assert!(ProfileName::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_url_is_repeated_without_its_password() {
        assert_eq!(without_credentials("https://ana:secret@host/x"), "https://host/x");
        assert_eq!(without_credentials("https://host"), "https://host");
        assert_eq!(without_credentials("no url"), "no url");
        for unreadable in ["https://ana:pa/ss@host", "https://ana:s3cret@ho st/", "//ana:s3cret@host"] {
            let shown = without_credentials(unreadable);
            assert!(shown.starts_with("…@ho") && !shown.contains("ana"), "{shown}");
        }
    }

    #[test]
    fn a_base_url_is_https_or_stays_on_this_machine() {
        for good in [
            "https://login.microsoftonline.com",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:5/",
        ] {
            assert!(secure_url(good).is_some(), "{good}");
        }
        for bad in [
            "http://login.microsoftonline.com",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://localhost",
            "login.microsoftonline.com",
            "https://user:secret@host",
            "https://host/?a=b",
            "https://host/#f",
            "file:///etc/passwd",
        ] {
            assert!(secure_url(bad).is_none(), "{bad}");
        }
    }
}
