//! Flags, environment, profile file and defaults become one [`Settings`]; in that order, the first wins.
//!
//! [`Settings::application`] is the only way to an authority and an API host.

mod application;
mod cloud;
mod config;
mod error;
mod rate;
mod value;

use std::env;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use url::Url;

pub use application::Application;
pub use cloud::Cloud;
use cloud::Owner;
pub use config::{Config, ConfigFile, Profile};
pub use error::Error;
pub use rate::Rate;
pub use value::{ClientId, ProfileName, SessionStore, Setting, Source, Tenant};

use crate::token::Service;

/// What was given on the command line.
#[derive(Debug, Default, Clone)]
pub struct Flags {
    /// `--profile`
    pub profile: Option<String>,
    /// `--cloud`
    pub cloud: Option<String>,
    /// `--tenant`
    pub tenant: Option<String>,
    /// `--client-id`
    pub client_id: Option<String>,
    /// `--api`
    pub api: Option<String>,
    /// `--rate`
    pub rate: Option<String>,
    /// `--browser`
    pub browser: Option<String>,
    /// `--ca-bundle`
    pub ca_bundle: Option<String>,
    /// `--store`
    pub store: Option<String>,
}

/// Everything that m365d can be told, each with where it came from.
#[derive(Debug)]
pub struct Settings {
    /// Which profile of `config.toml` counts.
    pub profile: Setting<ProfileName>,
    /// Which of Microsoft's clouds.
    pub cloud: Setting<Cloud>,
    /// The directory to sign in to.
    pub tenant: Option<Setting<Tenant>>,
    /// The application that asks.
    pub client_id: Option<Setting<ClientId>>,
    /// Who signs people in.
    pub authority: Setting<Url>,
    /// Which API is asked, when somebody has said so; else each command asks its usual one.
    pub api: Option<Setting<Service>>,
    /// Where the Defender API is.
    pub api_url: Option<Setting<Url>>,
    /// Where Graph is.
    pub graph_url: Option<Setting<Url>>,
    /// Where the API of Defender for Endpoint is.
    pub endpoint_url: Option<Setting<Url>>,
    /// How often an API is called at most, besides its own quotas or in place of them.
    pub rate: Option<Setting<Rate>>,
    /// The command that opens a browser; the system's opener when absent.
    pub browser: Option<Setting<String>>,
    /// A file with CA certificates that are trusted besides the system's.
    pub ca_bundle: Option<Setting<PathBuf>>,
    /// Where a sign-in keeps the session; one that is there stays as it is.
    pub store: Setting<SessionStore>,
    /// The folder that holds the configuration and the sessions.
    pub folder: Setting<PathBuf>,
}

impl Settings {
    /// Gathers the settings.
    ///
    /// # Errors
    /// When a value makes no sense or `config.toml` is not readable. Missing values are no error yet.
    pub fn gather(flags: Flags) -> Result<Self, Error> {
        let folder = folder()?;
        let config = ConfigFile::new(&folder.value).read()?;
        let profile = first(flags.profile, "--profile", "M365D_PROFILE", config.default_profile)
            .unwrap_or_else(|| Setting { value: ProfileName::DEFAULT.to_owned(), source: Source::Default })
            .parse(ProfileName::EXPECTED, ProfileName::parse)?;
        let keys = config.profile.get(profile.value.as_str()).cloned().unwrap_or_default();

        let tenant = first(flags.tenant, "--tenant", "M365D_TENANT", keys.tenant)
            .map(|text| text.parse(Tenant::EXPECTED, Tenant::parse))
            .transpose()?;
        let client_id = first(flags.client_id, "--client-id", "M365D_CLIENT_ID", keys.client_id)
            .map(|text| text.parse("an application (client) id, which is a GUID", ClientId::parse))
            .transpose()?;
        let api = first(flags.api, "--api", "M365D_API", keys.api)
            .map(|text| text.parse(Service::EXPECTED, Service::parse))
            .transpose()?;
        let rate = first(flags.rate, "--rate", "M365D_RATE", keys.rate)
            .map(|text| text.parse(Rate::EXPECTED, Rate::parse))
            .transpose()?;
        let browser = first(flags.browser, "--browser", "M365D_BROWSER", None)
            .or_else(|| from_environment("BROWSER"))
            .or_else(|| keys.browser.map(|value| Setting { value, source: Source::Profile }));
        let ca_bundle = first(flags.ca_bundle, "--ca-bundle", "M365D_CA_BUNDLE", keys.ca_bundle).map(
            |Setting { value, source }| match source {
                Source::Profile => Setting { value: folder.value.join(value), source },
                _ => Setting { value: PathBuf::from(value), source },
            },
        );
        let store = first(flags.store, "--store", "M365D_STORE", keys.store)
            .map(|text| text.parse("auto, keyring or file", SessionStore::parse))
            .transpose()?
            .unwrap_or(Setting { value: SessionStore::Auto, source: Source::Default });
        let authority = base_url("M365D_AUTHORITY", keys.authority)?;
        let cloud = first(flags.cloud, "--cloud", "M365D_CLOUD", keys.cloud)
            .map(|text| text.parse("one of public, gcc, gcc-high, dod and china", Cloud::parse))
            .transpose()?
            .unwrap_or_else(|| usual_cloud(authority.as_ref()));
        Ok(Self {
            profile,
            tenant,
            client_id,
            rate,
            browser,
            ca_bundle,
            store,
            authority: authority.unwrap_or_else(|| Setting {
                value: value::known_url(&format!("https://{}", cloud.value.authority_hosts()[0])),
                source: cloud.source,
            }),
            cloud,
            api,
            api_url: base_url("M365D_API_URL", keys.api_url)?,
            graph_url: base_url("M365D_GRAPH_URL", keys.graph_url)?,
            endpoint_url: base_url("M365D_ENDPOINT_URL", keys.endpoint_url)?,
            folder,
        })
    }

    /// The API that was chosen, or else Defender, which is the usual one.
    #[must_use]
    pub fn service(&self) -> Service {
        self.api.as_ref().map_or(Service::Defender, |api| api.value)
    }

    /// The application that the settings describe, with the chosen API, or else Defender.
    ///
    /// # Errors
    /// See [`Settings::application_for`].
    pub fn application(&self) -> Result<Application, Error> {
        self.application_for(self.service())
    }

    /// The application that the settings describe, with an API that its tokens may go to.
    ///
    /// # Errors
    /// When the tenant or client id is missing, or authority, cloud and API do not belong together.
    pub fn application_for(&self, service: Service) -> Result<Application, Error> {
        Application::of(self, service)
    }

    /// Whoever names a profile means one that is there. Nobody need have one who names none, or who names the one that
    /// is meant then.
    ///
    /// # Errors
    /// [`Error::NoSuchProfile`].
    pub fn has_its_profile(&self) -> Result<(), Error> {
        if self.profile.value.as_str() == ProfileName::DEFAULT {
            return Ok(());
        }
        ConfigFile::new(&self.folder.value).profile(&self.profile.value).map(drop)
    }

    /// Where the API of `service` is, when somebody has said so.
    #[must_use]
    pub fn url_of(&self, service: Service) -> Option<&Setting<Url>> {
        match service {
            Service::Defender => self.api_url.as_ref(),
            Service::Graph => self.graph_url.as_ref(),
            Service::Endpoint => self.endpoint_url.as_ref(),
        }
    }

    /// Writes what was given as flags and describes an application or its sessions into the profile. The API is not a
    /// part of that: one sign-in serves all of them; nor is the pace.
    ///
    /// Says which settings these were.
    ///
    /// # Errors
    /// When `config.toml` cannot be written.
    pub fn remember(&self) -> Result<Vec<&'static str>, Error> {
        let mut given: Vec<_> =
            self.flags().into_iter().filter(|(key, _)| !["profile", "api", "rate"].contains(key)).collect();
        if matches!(self.store.source, Source::Flag(_)) {
            given.push(("store", self.store.value.as_str()));
        }
        // A profile that was named is there from now on, even if the environment says all that is in it.
        if !given.is_empty() || self.profile.source != Source::Default {
            ConfigFile::new(&self.folder.value).set(&self.profile.value, &given)?;
        }
        Ok(given.into_iter().map(|(key, _)| key).collect())
    }

    /// The variables of the environment that choose a session, whatever the profile says.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        let tenant = self.tenant.as_ref().map(|tenant| tenant.source);
        let client_id = self.client_id.as_ref().map(|id| id.source);
        let sources = [Some(self.cloud.source), tenant, client_id, Some(self.authority.source)];
        sources.into_iter().flatten().filter_map(|source| match source {
            Source::Environment(variable) => Some(variable),
            _ => None,
        })
    }

    /// What of the settings that make a profile was given as a flag, by the setting's name.
    #[must_use]
    pub fn flags(&self) -> Vec<(&'static str, &str)> {
        let is_flag = |source: Source| matches!(source, Source::Flag(_));
        let tenant = self.tenant.as_ref().filter(|tenant| is_flag(tenant.source));
        let client_id = self.client_id.as_ref().filter(|id| is_flag(id.source));
        let api = self.api.as_ref().filter(|api| is_flag(api.source));
        let rate = self.rate.as_ref().filter(|rate| is_flag(rate.source));
        [
            is_flag(self.profile.source).then(|| ("profile", self.profile.value.as_str())),
            is_flag(self.cloud.source).then(|| ("cloud", self.cloud.value.name())),
            tenant.map(|tenant| ("tenant", tenant.value.as_str())),
            client_id.map(|id| ("client_id", id.value.as_str())),
            api.map(|api| ("api", api.value.name())),
            rate.map(|rate| ("rate", rate.value.as_str())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Whoever names an authority of Microsoft's means its cloud.
fn usual_cloud(authority: Option<&Setting<Url>>) -> Setting<Cloud> {
    match authority.map(|url| (cloud::owner(&url.value), url.source)) {
        Some((Owner::Microsoft(value), source)) => Setting { value, source },
        _ => Setting { value: Cloud::Public, source: Source::Default },
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

fn base_url(variable: &'static str, profile: Option<String>) -> Result<Option<Setting<Url>>, Error> {
    let profile = || profile.map(|value| Setting { value, source: Source::Profile });
    let Some(Setting { value, source }) = from_environment(variable).or_else(profile) else {
        return Ok(None);
    };
    match value::secure_url(&value) {
        Some(value) => Ok(Some(Setting { value, source })),
        None => Err(Error::Invalid {
            expected: "an https URL, or an http URL of this machine, without credentials",
            value: value::without_credentials(&value),
            source_name: source.to_string(),
        }),
    }
}

fn folder() -> Result<Setting<PathBuf>, Error> {
    const VARIABLE: &str = "M365D_CONFIG_DIR";
    if let Some(folder) = env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        return Ok(Setting { value: folder.into(), source: Source::Environment(VARIABLE) });
    }
    let base = etcetera::choose_base_strategy().map_err(|_| Error::NoHome)?;
    Ok(Setting { value: base.config_dir().join("m365d"), source: Source::Default })
}
