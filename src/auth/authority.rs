//! The authority: its endpoints, and the issuers that its tokens may name.
//!
//! The endpoints follow from the base URL and the tenant; discovery is not needed and never decides
//! anything about security. (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>)

use url::Url;

/// Who signs people in, for one tenant.
#[derive(Debug, Clone)]
pub struct Authority {
    base: Url,
    hosts: &'static [&'static str],
    tenant: String,
    issuer: Option<String>,
}

impl Authority {
    /// An authority at `base`, which is also known under the other names in `hosts` (none for a custom one).
    #[must_use]
    pub fn new(base: Url, hosts: &'static [&'static str], tenant: impl Into<String>) -> Self {
        Self { base, hosts, tenant: tenant.into(), issuer: None }
    }

    /// Where the browser goes (RFC 6749 section 3.1).
    #[must_use]
    pub fn authorization_endpoint(&self) -> String {
        self.endpoint(&self.tenant, "oauth2/v2.0/authorize")
    }

    /// Where codes and refresh tokens are redeemed (RFC 6749 section 3.2).
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        self.endpoint(&self.tenant, "oauth2/v2.0/token")
    }

    /// Where a device asks for a code that a person enters elsewhere (RFC 8628 section 3.1).
    #[must_use]
    pub fn device_authorization_endpoint(&self) -> String {
        self.endpoint(&self.tenant, "oauth2/v2.0/devicecode")
    }

    /// Where the keys are published with which tokens of `tenant_id` are signed: v1.0 tokens have a set of their own.
    #[must_use]
    pub fn keys_endpoint(&self, tenant_id: &str, token_version: &str) -> String {
        let path = if token_version == "1.0" { "discovery/keys" } else { "discovery/v2.0/keys" };
        self.endpoint(tenant_id, path)
    }

    /// Where a custom authority describes itself.
    #[must_use]
    pub fn discovery_endpoint(&self) -> String {
        self.endpoint(&self.tenant, "v2.0/.well-known/openid-configuration")
    }

    /// Where an administrator consents for everybody to all that `client_id` has registered, without a program that
    /// waits for the answer (<https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent>).
    #[must_use]
    pub fn admin_consent_url(&self, client_id: &str) -> String {
        format!("{}?client_id={client_id}", self.endpoint(&self.tenant, "adminconsent"))
    }

    /// The same authority, which also issues as `issuer`; `{tenantid}` in it stands for the token's tenant.
    #[must_use]
    pub fn with_issuer(mut self, issuer: String) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// Whether it is somebody else's than Microsoft's.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The tenant as it was configured: an id or a domain.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The base URL.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The issuers that a v2.0 token of `tenant_id` may name.
    #[must_use]
    pub fn issuers(&self, tenant_id: &str) -> Vec<String> {
        if self.is_custom() {
            let discovered = self.issuer.as_ref().map(|issuer| issuer.replace("{tenantid}", tenant_id));
            discovered.into_iter().chain([self.endpoint(tenant_id, "v2.0")]).collect()
        } else {
            self.hosts.iter().map(|host| format!("https://{host}/{tenant_id}/v2.0")).collect()
        }
    }

    /// The issuers that a v1.0 or v2.0 access token of `tenant_id` may name; v1.0 has one issuer for every host.
    #[must_use]
    pub fn access_token_issuers(&self, tenant_id: &str) -> Vec<String> {
        let mut issuers = self.issuers(tenant_id);
        issuers.push(format!("https://sts.windows.net/{tenant_id}/"));
        issuers
    }

    /// Whether a page of the authority may have sent a request with this `Origin` (RFC 6454 section 7).
    #[must_use]
    pub fn is_origin(&self, origin: &str) -> bool {
        origin == self.base.origin().ascii_serialization()
            || self.hosts.iter().any(|host| origin.strip_prefix("https://") == Some(*host))
    }

    /// Whether an `iss` that came with an authorization response is this authority's (RFC 9207 section 2.4).
    #[must_use]
    pub fn is_issuer(&self, issuer: &str) -> bool {
        let is_discovered = |discovered: &str| match discovered.split_once("{tenantid}") {
            Some((before, after)) => issuer.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)),
            None => issuer == discovered,
        };
        if self.issuer.as_deref().is_some_and(is_discovered) {
            return true;
        }
        let Ok(url) = Url::parse(issuer) else { return false };
        self.is_origin(&url.origin().ascii_serialization())
    }

    fn endpoint(&self, tenant: &str, path: &str) -> String {
        format!("{}/{tenant}/{path}", self.base.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_follow_from_base_and_tenant() {
        let base = Url::parse("https://login.microsoftonline.com").unwrap();
        let authority = Authority::new(base, &["login.microsoftonline.com"], "contoso.com");
        assert_eq!(
            authority.token_endpoint(),
            "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"
        );
        assert_eq!(authority.issuers("T"), ["https://login.microsoftonline.com/T/v2.0"]);
        assert!(authority.is_origin("https://login.microsoftonline.com"));
        assert!(!authority.is_origin("https://login.microsoftonline.com.evil.example"));
        assert!(!authority.is_origin("http://login.microsoftonline.com"));
        for (discovered, good, bad) in [
            (
                "https://id.example/{tenantid}/v2.0",
                "https://id.example/T/v2.0",
                "https://id.example.evil/T/v2.0",
            ),
            ("https://id.example", "https://id.example", "https://id.example/"),
        ] {
            let authority = authority.clone().with_issuer(discovered.into());
            assert!(authority.is_issuer(good) && !authority.is_issuer(bad), "{discovered}");
        }
    }
}
