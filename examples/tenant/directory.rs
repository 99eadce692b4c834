//! Who and what exists in the tenant: fixed, so that tests and people can name it.

/// The tenant's id.
pub const TENANT_ID: &str = "11111111-2222-3333-4444-555555555555";
/// The tenant's verified domain, as good as its id in every address.
pub const DOMAIN: &str = "northwind.example";
/// The id of another tenant, in which only the multi-tenant application is known.
pub const OTHER_TENANT_ID: &str = "22222222-3333-4444-8555-666666666666";
/// Its verified domain.
pub const OTHER_DOMAIN: &str = "fabrikam.example";
/// The application that m365d signs in with: a public client.
pub const CLIENT_ID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
/// An application whose redirect URI was registered as type *Web*: the usual mistake.
pub const WEB_CLIENT_ID: &str = "aaaaaaaa-0000-4000-8000-000000000002";
/// An application that people of other tenants may sign in to as well.
pub const MULTI_TENANT_CLIENT_ID: &str = "aaaaaaaa-0000-4000-8000-000000000004";
/// An application that an administrator has disabled.
pub const DISABLED_CLIENT_ID: &str = "aaaaaaaa-0000-4000-8000-000000000003";

pub static ANA: User = User {
    tenant_id: TENANT_ID,
    object_id: "bbbbbbbb-0000-4000-8000-000000000002",
    upn: "ana@northwind.example",
    name: "Ana Analyst",
};
/// A colleague of Ana's.
pub static BEN: User = User {
    tenant_id: TENANT_ID,
    object_id: "bbbbbbbb-0000-4000-8000-000000000003",
    upn: "ben@northwind.example",
    name: "Ben Responder",
};
/// Somebody of the other tenant.
pub static CAROL: User = User {
    tenant_id: OTHER_TENANT_ID,
    object_id: "bbbbbbbb-0000-4000-8000-000000000004",
    upn: "carol@fabrikam.example",
    name: "Carol Consultant",
};

#[derive(Debug)]
pub struct User {
    pub tenant_id: &'static str,
    pub object_id: &'static str,
    pub upn: &'static str,
    pub name: &'static str,
}

/// An app registration together with its service principal.
#[derive(Debug, PartialEq, Eq)]
pub struct Application {
    pub client_id: &'static str,
    pub name: &'static str,
    /// Registered for loopback, so that any port matches.
    pub redirect_uri: &'static str,
    pub platform: Platform,
    pub multi_tenant: bool,
    pub enabled: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Platform {
    /// *Mobile and desktop*: no secret.
    PublicClient,
    /// *Web*: the token endpoint demands a secret.
    Web,
}

static APPLICATIONS: [Application; 4] = [
    Application {
        client_id: CLIENT_ID,
        name: "m365d",
        redirect_uri: "http://localhost",
        platform: Platform::PublicClient,
        multi_tenant: false,
        enabled: true,
    },
    Application {
        client_id: MULTI_TENANT_CLIENT_ID,
        name: "m365d, for every tenant",
        redirect_uri: "http://localhost",
        platform: Platform::PublicClient,
        multi_tenant: true,
        enabled: true,
    },
    Application {
        client_id: WEB_CLIENT_ID,
        name: "m365d, registered as Web",
        redirect_uri: "http://localhost",
        platform: Platform::Web,
        multi_tenant: false,
        enabled: true,
    },
    Application {
        client_id: DISABLED_CLIENT_ID,
        name: "m365d, disabled",
        redirect_uri: "http://localhost",
        platform: Platform::PublicClient,
        multi_tenant: false,
        enabled: false,
    },
];

pub fn application(client_id: &str) -> Option<&'static Application> {
    APPLICATIONS.iter().find(|application| application.client_id.eq_ignore_ascii_case(client_id))
}

/// An API that tokens can be issued for.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    pub app_id: &'static str,
    pub name: &'static str,
    /// Any of them, with or without a closing slash, may stand before a scope and becomes the token's `aud`.
    pub identifier_uris: &'static [&'static str],
    /// Every delegated permission that it has.
    pub permissions: &'static [&'static str],
}

/// Microsoft 365 Defender, whose service principal is still called by the product's first name.
pub static DEFENDER: Resource = Resource {
    app_id: "8ee8fdad-f234-4243-8f3b-15c294843740",
    name: "Microsoft Threat Protection",
    identifier_uris: &[
        "https://api.security.microsoft.com",
        "https://api-us.security.microsoft.com",
        "https://api-eu.security.microsoft.com",
        "https://api-uk.security.microsoft.com",
        "https://api-gcc.security.microsoft.us",
        "https://api-gov.security.microsoft.us",
        "https://security.microsoft.com/mtp",
    ],
    permissions: &["AdvancedHunting.Read", "Incident.Read", "Incident.ReadWrite"],
};

/// Defender for Endpoint.
pub static ENDPOINT: Resource = Resource {
    app_id: "fc780465-2017-40d4-a0c5-307022471b92",
    name: "WindowsDefenderATP",
    identifier_uris: &[
        "https://api.securitycenter.microsoft.com",
        "https://api.securitycenter.windows.com",
        "https://api-us.securitycenter.microsoft.com",
        "https://api-eu.securitycenter.microsoft.com",
        "https://api-uk.securitycenter.microsoft.com",
        "https://api-gcc.securitycenter.microsoft.us",
        "https://api-gov.securitycenter.microsoft.us",
        "https://securitycenter.microsoft.com/mtp",
    ],
    permissions: &["AdvancedQuery.Read", "Alert.Read", "Machine.Isolate", "Machine.Read"],
};

/// A scope without a resource is Microsoft Graph's.
pub static GRAPH: Resource = Resource {
    app_id: "00000003-0000-0000-c000-000000000000",
    name: "Microsoft Graph",
    identifier_uris: &[
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    ],
    permissions: &[
        "SecurityAlert.Read.All",
        "SecurityAlert.ReadWrite.All",
        "SecurityIncident.Read.All",
        "SecurityIncident.ReadWrite.All",
        "ThreatHunting.Read.All",
        "User.Read",
    ],
};

pub static RESOURCES: [&Resource; 3] = [&DEFENDER, &ENDPOINT, &GRAPH];

/// The resource that goes by this identifier URI or application id.
pub fn resource(identifier: &str) -> Option<&'static Resource> {
    RESOURCES.into_iter().find(|resource| resource.is(identifier))
}

impl Resource {
    pub fn is(&self, identifier: &str) -> bool {
        let bare = identifier.strip_suffix('/').unwrap_or(identifier);
        self.app_id.eq_ignore_ascii_case(bare) || self.identifier_uris.contains(&bare)
    }
}

/// How the first segment of an address names a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantName {
    /// By id or domain.
    This,
    /// The other one, by id or domain.
    Other,
    /// `common` or `organizations`: whoever signs in decides.
    Any,
}

impl TenantName {
    /// Whether people of that tenant sign in there.
    pub fn admits(self, user: &User) -> bool {
        match self {
            Self::This => user.tenant_id == TENANT_ID,
            Self::Other => user.tenant_id == OTHER_TENANT_ID,
            Self::Any => true,
        }
    }
}

pub fn tenant(segment: &str) -> Option<TenantName> {
    let is = |name: &str| segment.eq_ignore_ascii_case(name);
    if is(TENANT_ID) || is(DOMAIN) {
        Some(TenantName::This)
    } else if is(OTHER_TENANT_ID) || is(OTHER_DOMAIN) {
        Some(TenantName::Other)
    } else if is("common") || is("organizations") {
        Some(TenantName::Any)
    } else {
        None
    }
}
