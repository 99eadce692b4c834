//! The APIs that a token may be for. A token is good for one of them and refused by the others.

use std::fmt;

/// One of Microsoft's security APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Microsoft 365 Defender (<https://learn.microsoft.com/defender-xdr/api-overview>).
    Defender,
    /// Microsoft Graph's security API (<https://learn.microsoft.com/graph/api/resources/security-api-overview>).
    Graph,
    /// Microsoft Defender for Endpoint (<https://learn.microsoft.com/defender-endpoint/api/exposed-apis-list>).
    Endpoint,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Defender, Self::Graph, Self::Endpoint];
    /// What a service may be called in a setting.
    pub const EXPECTED: &str = "one of defender, graph and endpoint";

    /// The service of that name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name().eq_ignore_ascii_case(name))
    }

    /// The service that an `aud` is of: one of its identifier URIs, in any cloud, or its application id.
    #[must_use]
    pub fn of_audience(audience: &str) -> Option<Self> {
        Some(match audience.trim_end_matches('/') {
            "https://api.security.microsoft.com"
            | "https://api-us.security.microsoft.com"
            | "https://api-eu.security.microsoft.com"
            | "https://api-uk.security.microsoft.com"
            | "https://api-gcc.security.microsoft.us"
            | "https://api-gov.security.microsoft.us"
            | "https://security.microsoft.com/mtp"
            | "8ee8fdad-f234-4243-8f3b-15c294843740" => Self::Defender,
            "https://graph.microsoft.com"
            | "https://graph.microsoft.us"
            | "https://dod-graph.microsoft.us"
            | "https://microsoftgraph.chinacloudapi.cn"
            | "00000003-0000-0000-c000-000000000000" => Self::Graph,
            "https://api.securitycenter.microsoft.com"
            | "https://api.securitycenter.windows.com"
            | "https://api-gcc.securitycenter.microsoft.us"
            | "https://api-gov.securitycenter.microsoft.us"
            | "https://securitycenter.onmicrosoft.com/windowsatpservice"
            | "fc780465-2017-40d4-a0c5-307022471b92" => Self::Endpoint,
            _ => return None,
        })
    }

    /// The name, as it stands in flags and in `config.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Defender => "defender",
            Self::Graph => "graph",
            Self::Endpoint => "endpoint",
        }
    }

    /// Where the dialog that adds permissions to an application has the API, two of them under old names.
    #[must_use]
    pub fn place_in_portal(self) -> &'static str {
        match self {
            Self::Defender => "APIs my organization uses › Microsoft Threat Protection",
            Self::Graph => "Microsoft APIs › Microsoft Graph",
            Self::Endpoint => "APIs my organization uses › WindowsDefenderATP",
        }
    }

    /// The service that offers the same in its place: Microsoft moves Defender's API to Graph.
    /// (<https://learn.microsoft.com/graph/api/resources/security-api-overview>)
    #[must_use]
    pub fn other(self) -> Option<Self> {
        match self {
            Self::Defender => Some(Self::Graph),
            Self::Graph => Some(Self::Defender),
            Self::Endpoint => None,
        }
    }

    /// The setting that moves it to another host.
    #[must_use]
    pub fn url_variable(self) -> &'static str {
        match self {
            Self::Defender => "M365D_API_URL",
            Self::Graph => "M365D_GRAPH_URL",
            Self::Endpoint => "M365D_ENDPOINT_URL",
        }
    }
}

/// The product's name.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Defender => "Microsoft 365 Defender",
            Self::Graph => "Microsoft Graph",
            Self::Endpoint => "Microsoft Defender for Endpoint",
        })
    }
}
