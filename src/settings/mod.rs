//! Flags, environment, profile file and defaults become one [`Settings`]; in that order, the first wins.
//!
//! Here it is also decided where a token may go: [`Settings::application`] is the only way to an authority
//! and an API host, and gives them only as a pair that belongs together.

mod cloud;
mod error;
mod profile;
mod value;

use std::env;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use url::Url;

use cloud::Owner;
pub use error::Error;
pub use value::{ClientId, Setting, Source, Tenant};

/// What was given on the command line.
#[derive(Debug, Default)]
pub struct Flags {
    /// `--tenant`
    pub tenant: Option<String>,
    /// `--client-id`
    pub client_id: Option<String>,
    /// `--browser`
    pub browser: Option<String>,
}

/// Everything that m365d can be told, each with where it came from.
#[derive(Debug)]
pub struct Settings {
    /// The directory to sign in to.
    pub tenant: Option<Setting<Tenant>>,
    /// The application that asks.
    pub client_id: Option<Setting<ClientId>>,
    /// Who signs people in.
    pub authority: Setting<Url>,
    /// Where the Defender API is.
    pub api_url: Option<Setting<Url>>,
    /// The command that opens a browser; the system's opener when absent.
    pub browser: Option<Setting<String>>,
    /// The folder that holds the configuration and the sessions.
    pub folder: Setting<PathBuf>,
}

/// An authority, who asks it for tokens, and the API that they are for: checked to belong together.
#[derive(Debug, Clone)]
pub struct Application {
    /// Who signs people in.
    pub authority: Url,
    /// Other hosts that are that same authority; none for a custom one.
    pub authority_hosts: &'static [&'static str],
    /// The directory to sign in to.
    pub tenant: Tenant,
    /// The application that asks.
    pub client_id: ClientId,
    /// The only place a token goes to.
    pub api_url: Url,
    /// The identifier URI of the API, which prefixes its scopes.
    pub resource: &'static str,
}

impl Settings {
    /// Gathers the settings.
    ///
    /// # Errors
    /// When a value makes no sense or `config.toml` is not readable. Missing values are no error yet.
    pub fn gather(flags: Flags) -> Result<Self, Error> {
        let folder = folder()?;
        let profile = profile::read(&folder.value.join("config.toml"))?;

        let tenant = first(flags.tenant, "--tenant", "M365D_TENANT", profile.tenant)
            .map(|text| {
                text.parse("a tenant id (GUID) or a domain such as contoso.onmicrosoft.com", Tenant::parse)
            })
            .transpose()?;
        let client_id = first(flags.client_id, "--client-id", "M365D_CLIENT_ID", profile.client_id)
            .map(|text| text.parse("an application (client) id, which is a GUID", ClientId::parse))
            .transpose()?;
        let browser = first(flags.browser, "--browser", "M365D_BROWSER", None)
            .or_else(|| from_environment("BROWSER"))
            .or_else(|| profile.browser.map(|value| Setting { value, source: Source::Profile }));
        Ok(Self {
            tenant,
            client_id,
            browser,
            authority: base_url("M365D_AUTHORITY")?.unwrap_or_else(|| default_url(cloud::PUBLIC.authority)),
            api_url: base_url("M365D_API_URL")?,
            folder,
        })
    }

    /// The application that the settings describe, with an API that its tokens may go to.
    ///
    /// # Errors
    /// When the tenant or client id is missing, or the authority and the API do not belong together.
    pub fn application(&self) -> Result<Application, Error> {
        let tenant = self.tenant.as_ref().ok_or(Error::NoTenant)?;
        let client_id = self.client_id.as_ref().ok_or(Error::NoClientId)?;
        let given = self.api_url.as_ref().map(|url| url.value.clone());

        let (authority_hosts, api_url, resource) = match cloud::owner(&self.authority.value) {
            Owner::Known(cloud) => {
                let url = given.unwrap_or_else(|| default_url(cloud.api_url).value);
                let known = url.scheme() == "https"
                    && url.port().is_none()
                    && url.host_str().is_some_and(|host| cloud.api_hosts.contains(&host));
                if !known {
                    return Err(Error::ForeignApiHost(url.to_string()));
                }
                (cloud.authority_hosts, url, cloud.resource)
            }
            Owner::Unsupported => return Err(Error::UnsupportedCloud(self.authority.value.to_string())),
            Owner::Custom => (&[][..], given.ok_or(Error::NoApiUrl)?, cloud::PUBLIC.resource),
        };
        Ok(Application {
            authority: self.authority.value.clone(),
            authority_hosts,
            tenant: tenant.value.clone(),
            client_id: client_id.value.clone(),
            api_url,
            resource,
        })
    }

    /// Writes the tenant and client id into the profile, as far as they were given as flags.
    ///
    /// # Errors
    /// When `config.toml` cannot be written.
    pub fn remember(&self) -> Result<(), Error> {
        let tenant = self.tenant.as_ref().map(|tenant| ("tenant", tenant.value.as_str(), tenant.source));
        let client_id = self.client_id.as_ref().map(|id| ("client_id", id.value.as_str(), id.source));
        let given: Vec<_> = [tenant, client_id]
            .into_iter()
            .flatten()
            .filter(|(.., source)| matches!(source, Source::Flag(_)))
            .map(|(key, value, _)| (key, value))
            .collect();
        if given.is_empty() {
            Ok(())
        } else {
            profile::remember(&self.folder.value.join("config.toml"), &given)
        }
    }
}

impl Application {
    /// Whether nothing of it leaves this machine.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        value::is_loopback(&self.authority) && value::is_loopback(&self.api_url)
    }

    /// Whether nothing of it is plain http.
    #[must_use]
    pub fn is_https(&self) -> bool {
        [&self.authority, &self.api_url].iter().all(|url| url.scheme() == "https")
    }
}

impl Setting<String> {
    fn parse<T>(self, expected: &'static str, parse: fn(&str) -> Option<T>) -> Result<Setting<T>, Error> {
        match parse(&self.value) {
            Some(value) => Ok(Setting { value, source: self.source }),
            None => Err(Error::Invalid { expected, value: self.value, source_name: self.source.to_string() }),
        }
    }
}

fn first(
    flag: Option<String>,
    flag_name: &'static str,
    variable: &'static str,
    profile: Option<String>,
) -> Option<Setting<String>> {
    flag.map(|value| Setting { value, source: Source::Flag(flag_name) })
        .or_else(|| from_environment(variable))
        .or_else(|| profile.map(|value| Setting { value, source: Source::Profile }))
}

/// A variable that is set to nothing is a variable that is not set.
fn from_environment(variable: &'static str) -> Option<Setting<String>> {
    let value = env::var_os(variable)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(Setting { value, source: Source::Environment(variable) })
}

fn base_url(variable: &'static str) -> Result<Option<Setting<Url>>, Error> {
    let Some(Setting { value, source }) = from_environment(variable) else { return Ok(None) };
    match value::secure_url(&value) {
        Some(value) => Ok(Some(Setting { value, source })),
        None => Err(Error::Invalid {
            expected: "an https URL, or an http URL of this machine, without credentials",
            value: value::without_credentials(&value),
            source_name: source.to_string(),
        }),
    }
}

#[expect(clippy::expect_used, reason = "the cloud's table is ours")]
fn default_url(text: &str) -> Setting<Url> {
    Setting { value: Url::parse(text).expect("a URL of the cloud's table"), source: Source::Default }
}

fn folder() -> Result<Setting<PathBuf>, Error> {
    const VARIABLE: &str = "M365D_CONFIG_DIR";
    if let Some(folder) = env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        return Ok(Setting { value: folder.into(), source: Source::Environment(VARIABLE) });
    }
    let base = etcetera::choose_base_strategy().map_err(|_| Error::NoHome)?;
    Ok(Setting { value: base.config_dir().join("m365d"), source: Source::Default })
}
