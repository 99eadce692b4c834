//! Where a token comes from and where it may go, as one thing: an authority and an API only as a pair that belongs
//! together. A token of a Microsoft authority never leaves the API hosts of its cloud; one of a custom authority goes
//! to the configured API only.

use url::Url;

use super::cloud::{self, Owner};
use super::{ClientId, Cloud, Error, Settings, Tenant, value};
use crate::token::Service;

/// An authority, who asks it for tokens, and the API that they are for: checked to belong together.
#[derive(Debug, Clone)]
pub struct Application {
    /// Whose names the API goes by.
    pub cloud: Cloud,
    /// Who signs people in.
    pub authority: Url,
    /// Other hosts that are that same authority; none for a custom one.
    pub authority_hosts: &'static [&'static str],
    /// The directory to sign in to.
    pub tenant: Tenant,
    /// The application that asks.
    pub client_id: ClientId,
    /// Which API is asked.
    pub service: Service,
    /// Where its requests go, unless one names another host of the API.
    pub api_url: Url,
    /// Every host of this API in the cloud; none for a custom authority's, whose token goes to `api_url` only.
    api_hosts: &'static [&'static str],
    /// The identifier URI of the API, which prefixes its scopes.
    pub resource: &'static str,
}

impl Application {
    /// The application that `settings` describe, and the API of `service`.
    ///
    /// # Errors
    /// When the tenant or client id is missing, or authority, cloud and API do not belong together.
    pub(super) fn of(settings: &Settings, service: Service) -> Result<Self, Error> {
        let profile = || settings.profile.value.as_str().to_owned();
        let tenant = settings.tenant.as_ref().ok_or_else(|| Error::NoTenant { profile: profile() })?;
        let client_id =
            settings.client_id.as_ref().ok_or_else(|| Error::NoClientId { profile: profile() })?;
        let cloud = settings.cloud.value;
        let api = cloud.api(service).ok_or(Error::NoApi { service, cloud })?;
        let given = settings.url_of(service).map(|url| url.value.clone());

        let authority = &settings.authority.value;
        let (authority_hosts, api_hosts, api_url) = match cloud::owner(authority) {
            Owner::Custom => (&[][..], &[][..], given.ok_or(Error::NoApiUrl(service))?),
            Owner::Unsupported => return Err(Error::UnsupportedCloud(authority.to_string())),
            Owner::Microsoft(_) if !is_one_of(authority, cloud.authority_hosts()) => {
                return Err(Error::ForeignAuthority { authority: authority.to_string(), cloud });
            }
            Owner::Microsoft(_) => {
                let url = match given {
                    Some(url) if is_one_of(&url, api.hosts) => url,
                    Some(url) => return Err(Error::ForeignApiHost { url: url.to_string(), service, cloud }),
                    None => value::known_url(api.url),
                };
                (cloud.authority_hosts(), api.hosts, url)
            }
        };
        Ok(Self {
            cloud,
            authority: authority.clone(),
            authority_hosts,
            tenant: tenant.value.clone(),
            client_id: client_id.value.clone(),
            service,
            api_url,
            api_hosts,
            resource: api.resource,
        })
    }

    /// The address beneath which everything is this API's, as `url` is; `None` where its token does not go.
    #[must_use]
    pub fn base_of(&self, url: &Url) -> Option<Url> {
        let base = self.api_url.path().trim_end_matches('/');
        let is_under = |rest: &str| rest.is_empty() || rest.starts_with('/');
        if url.origin() == self.api_url.origin() {
            url.path().strip_prefix(base).filter(|rest| is_under(rest)).map(|_| self.api_url.clone())
        } else if is_one_of(url, self.api_hosts) {
            url.join("/").ok()
        } else {
            None
        }
    }

    /// Whether the authority is one of Microsoft's, and so the API is as Microsoft documents it.
    #[must_use]
    pub fn is_microsofts(&self) -> bool {
        !self.authority_hosts.is_empty()
    }

    /// Every address that is asked for anything.
    #[must_use]
    pub fn bases(&self) -> [&Url; 2] {
        [&self.authority, &self.api_url]
    }
}

fn is_one_of(url: &Url, hosts: &[&str]) -> bool {
    url.scheme() == "https"
        && url.port().is_none()
        && url.host_str().is_some_and(|host| hosts.contains(&host.trim_end_matches('.')))
}
