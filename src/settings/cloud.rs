//! Microsoft's clouds: where each signs people in, and where its tokens may go.
//!
//! (<https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>,
//! <https://learn.microsoft.com/defender-xdr/api-supported>, <https://learn.microsoft.com/defender-xdr/usgov>,
//! <https://learn.microsoft.com/graph/deployments>, <https://learn.microsoft.com/defender-endpoint/gov>)

use std::fmt;

use url::Url;

use crate::token::Service;

/// One of Microsoft's clouds. Nothing that one has issued is good in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// The worldwide cloud.
    Public,
    /// US Government Community Cloud: people sign in at the worldwide authority.
    Gcc,
    /// US Government L4.
    GccHigh,
    /// US Government L5.
    Dod,
    /// China, operated by 21Vianet.
    China,
}

/// One of the APIs in a cloud.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Api {
    /// Where it is.
    pub(super) url: &'static str,
    /// Every host to which a token for it may be sent.
    pub(super) hosts: &'static [&'static str],
    /// Its identifier URI, which prefixes its scopes.
    pub(super) resource: &'static str,
}

const WORLDWIDE: &[&str] =
    &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"];
const US_GOVERNMENT: &[&str] = &["login.microsoftonline.us", "login.usgovcloudapi.net"];
const CHINA: &[&str] = &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"];

const PUBLIC_DEFENDER: Api = Api {
    url: "https://api.security.microsoft.com",
    hosts: &[
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
const GCC_DEFENDER: Api = Api {
    url: "https://api-gcc.security.microsoft.us",
    hosts: &["api-gcc.security.microsoft.us"],
    resource: "https://api-gcc.security.microsoft.us",
};
const GOV_DEFENDER: Api = Api {
    url: "https://api-gov.security.microsoft.us",
    hosts: &["api-gov.security.microsoft.us"],
    resource: "https://api-gov.security.microsoft.us",
};

const WORLDWIDE_GRAPH: Api = Api {
    url: "https://graph.microsoft.com",
    hosts: &["graph.microsoft.com"],
    resource: "https://graph.microsoft.com",
};
const GCC_HIGH_GRAPH: Api = Api {
    url: "https://graph.microsoft.us",
    hosts: &["graph.microsoft.us"],
    resource: "https://graph.microsoft.us",
};
const DOD_GRAPH: Api = Api {
    url: "https://dod-graph.microsoft.us",
    hosts: &["dod-graph.microsoft.us"],
    resource: "https://dod-graph.microsoft.us",
};

/// It shares Defender's hosts, but Defender's identifier URI is not its own.
const PUBLIC_ENDPOINT: Api = Api {
    url: "https://api.security.microsoft.com",
    hosts: &[
        "api.security.microsoft.com",
        "us.api.security.microsoft.com",
        "eu.api.security.microsoft.com",
        "uk.api.security.microsoft.com",
        "au.api.security.microsoft.com",
        "swa.api.security.microsoft.com",
        "ina.api.security.microsoft.com",
        "aea.api.security.microsoft.com",
        "api.securitycenter.microsoft.com",
        "api.securitycenter.windows.com",
    ],
    resource: "https://api.securitycenter.microsoft.com",
};
const GCC_ENDPOINT: Api = Api {
    url: "https://api-gcc.securitycenter.microsoft.us",
    hosts: &["api-gcc.securitycenter.microsoft.us"],
    resource: "https://api-gcc.securitycenter.microsoft.us",
};
const GOV_ENDPOINT: Api = Api {
    url: "https://api-gov.securitycenter.microsoft.us",
    hosts: &["api-gov.securitycenter.microsoft.us"],
    resource: "https://api-gov.securitycenter.microsoft.us",
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
    "microsoftonline.eaglex.ic.gov",
    "microsoftonline.microsoft.scloud",
    "sovcloud-identity.fr",
    "sovcloud-identity.de",
    "sovcloud-identity.sg",
];

impl Cloud {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Public, Self::Gcc, Self::GccHigh, Self::Dod, Self::China];

    /// The cloud of that name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.name().eq_ignore_ascii_case(name))
    }

    /// The name, as it stands in flags and in `config.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Gcc => "gcc",
            Self::GccHigh => "gcc-high",
            Self::Dod => "dod",
            Self::China => "china",
        }
    }

    /// Every host that is the cloud's one authority, the preferred one first.
    pub(super) fn authority_hosts(self) -> &'static [&'static str] {
        match self {
            Self::Public | Self::Gcc => WORLDWIDE,
            Self::GccHigh | Self::Dod => US_GOVERNMENT,
            Self::China => CHINA,
        }
    }

    /// The API of `service`. Microsoft documents none in China: Graph itself is there, but its security API is not.
    pub(super) fn api(self, service: Service) -> Option<&'static Api> {
        use Service as S;
        match (self, service) {
            (Self::Public, S::Defender) => Some(&PUBLIC_DEFENDER),
            (Self::Gcc, S::Defender) => Some(&GCC_DEFENDER),
            (Self::GccHigh | Self::Dod, S::Defender) => Some(&GOV_DEFENDER),
            (Self::Public | Self::Gcc, S::Graph) => Some(&WORLDWIDE_GRAPH),
            (Self::GccHigh, S::Graph) => Some(&GCC_HIGH_GRAPH),
            (Self::Dod, S::Graph) => Some(&DOD_GRAPH),
            (Self::Public, S::Endpoint) => Some(&PUBLIC_ENDPOINT),
            (Self::Gcc, S::Endpoint) => Some(&GCC_ENDPOINT),
            (Self::GccHigh | Self::Dod, S::Endpoint) => Some(&GOV_ENDPOINT),
            (Self::China, _) => None,
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose authority a URL is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Of the clouds that sign people in there, the one that is meant when nobody says otherwise.
    Microsoft(Cloud),
    /// A Microsoft cloud that m365d does not know.
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
    if let Some(cloud) = Cloud::ALL.into_iter().find(|cloud| cloud.authority_hosts().contains(&host)) {
        Owner::Microsoft(cloud)
    } else if MICROSOFT.iter().any(is_within) {
        Owner::Unsupported
    } else {
        Owner::Custom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner_of(url: &str) -> Owner {
        owner(&Url::parse(url).unwrap())
    }

    #[test]
    fn no_host_of_microsoft_s_is_a_custom_authority() {
        for (url, cloud) in [
            ("https://login.microsoftonline.com", Cloud::Public),
            ("https://LOGIN.windows.net./", Cloud::Public),
            ("https://login.microsoftonline.us", Cloud::GccHigh),
            ("https://login.chinacloudapi.cn", Cloud::China),
        ] {
            assert_eq!(owner_of(url), Owner::Microsoft(cloud), "{url}");
        }
        for other in ["https://westus2.login.microsoft.com", "https://login.sovcloud-identity.fr"] {
            assert_eq!(owner_of(other), Owner::Unsupported, "{other}");
        }
        for custom in
            ["http://127.0.0.1:1", "https://login.microsoftonline.com.evil.example", "https://notwindows.net"]
        {
            assert_eq!(owner_of(custom), Owner::Custom, "{custom}");
        }
    }

    #[test]
    fn every_cloud_is_found_by_its_name_and_sends_tokens_to_its_own_apis() {
        for cloud in Cloud::ALL {
            assert_eq!(Cloud::parse(&cloud.name().to_uppercase()), Some(cloud));
            for service in Service::ALL {
                let Some(api) = cloud.api(service) else {
                    assert_eq!(cloud, Cloud::China, "{service}");
                    continue;
                };
                let host = Url::parse(api.url).unwrap().host_str().unwrap().to_owned();
                assert!(api.hosts.contains(&host.as_str()), "{cloud} {service}");
                assert_eq!(Service::of_audience(api.resource), Some(service), "{cloud}");
            }
        }
        assert_eq!(Cloud::parse("germany"), None);
    }
}
