//! The hosts of Microsoft's clouds: where each signs people in, and where its tokens may go.
//!
//! (<https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>,
//! <https://learn.microsoft.com/defender-xdr/api-supported>)

use url::Url;

/// One of Microsoft's clouds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cloud {
    /// The host that signs people in.
    pub authority: &'static str,
    /// Every host that is that same authority, the preferred one first.
    pub authority_hosts: &'static [&'static str],
    /// Where the Defender API is.
    pub api_url: &'static str,
    /// Every host to which a token of this cloud may be sent.
    pub api_hosts: &'static [&'static str],
    /// The identifier URI of the Defender API, which prefixes its scopes.
    pub resource: &'static str,
}

/// The worldwide cloud.
pub(super) const PUBLIC: Cloud = Cloud {
    authority: "https://login.microsoftonline.com",
    authority_hosts: &[
        "login.microsoftonline.com",
        "login.windows.net",
        "login.microsoft.com",
        "sts.windows.net",
    ],
    api_url: "https://api.security.microsoft.com",
    api_hosts: &[
        "api.security.microsoft.com",
        "api-us.security.microsoft.com",
        "api-eu.security.microsoft.com",
        "api-uk.security.microsoft.com",
        "us.api.security.microsoft.com",
        "eu.api.security.microsoft.com",
        "uk.api.security.microsoft.com",
        "au.api.security.microsoft.com",
        "swa.api.security.microsoft.com",
        "ina.api.security.microsoft.com",
        "aea.api.security.microsoft.com",
    ],
    resource: "https://api.security.microsoft.com",
};

/// Domains of Microsoft's sign-in hosts, regional ones and other clouds' included, so that none of their tokens is
/// taken for a custom authority's and sent wherever the environment points.
const MICROSOFT: &[&str] = &[
    "microsoftonline.com",
    "login.microsoft.com",
    "windows.net",
    "microsoftonline.us",
    "login.microsoft.us",
    "login.usgovcloudapi.net",
    "microsoftonline.cn",
    "chinacloudapi.cn",
    "sovcloud-identity.fr",
    "sovcloud-identity.de",
    "sovcloud-identity.sg",
];

/// Whose authority a URL is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A Microsoft cloud whose API hosts are known.
    Known(&'static Cloud),
    /// A Microsoft cloud that m365d does not support yet.
    Unsupported,
    /// Somebody else's, such as a tenant on the person's own machine.
    Custom,
}

/// Finds out whose authority `url` is.
#[must_use]
pub(super) fn owner(url: &Url) -> Owner {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let is_within =
        |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if PUBLIC.authority_hosts.contains(&host) {
        Owner::Known(&PUBLIC)
    } else if MICROSOFT.iter().any(is_within) {
        Owner::Unsupported
    } else {
        Owner::Custom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_host_of_microsoft_s_is_a_custom_authority() {
        let owner = |url: &str| owner(&Url::parse(url).unwrap());
        assert_eq!(owner("https://login.microsoftonline.com"), Owner::Known(&PUBLIC));
        assert_eq!(owner("https://LOGIN.windows.net./"), Owner::Known(&PUBLIC));
        for other in [
            "https://login.microsoftonline.us",
            "https://westus2.login.microsoft.com",
            "https://login.chinacloudapi.cn",
        ] {
            assert_eq!(owner(other), Owner::Unsupported, "{other}");
        }
        for custom in
            ["http://127.0.0.1:1", "https://login.microsoftonline.com.evil.example", "https://notwindows.net"]
        {
            assert_eq!(owner(custom), Owner::Custom, "{custom}");
        }
    }
}
