//! What can be wrong with the settings.

use std::path::PathBuf;

use super::Cloud;
use crate::token::Service;

/// A setting that is missing or makes no sense. Nothing has been sent anywhere yet.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a flag, nor the environment, nor the profile names the tenant.
    #[error("no tenant is configured in the profile {profile:?}, so there is nowhere to sign in")]
    NoTenant {
        /// The profile.
        profile: String,
    },
    /// Neither a flag, nor the environment, nor the profile names the application.
    #[error(
        "no client id is configured in the profile {profile:?}, so Entra ID cannot know which application asks"
    )]
    NoClientId {
        /// The profile.
        profile: String,
    },
    /// There is no profile of that name.
    #[error("there is no profile {name:?}{}", others(known))]
    NoSuchProfile {
        /// What was named.
        name: String,
        /// The profiles that there are.
        known: Vec<String>,
    },
    /// The cloud has no such API.
    #[error(
        "Microsoft documents no security API of {service} in the cloud {cloud}, so there is nothing to sign in for"
    )]
    NoApi {
        /// Which API.
        service: Service,
        /// The cloud.
        cloud: Cloud,
    },
    /// A value that is not of its setting's type.
    #[error("{value:?} (from {source_name}) is not {expected}")]
    Invalid {
        /// What the setting may be.
        expected: &'static str,
        /// What it was.
        value: String,
        /// Who said so.
        source_name: String,
    },
    /// `M365D_AUTHORITY` is a Microsoft cloud that is not supported.
    #[error("{0} signs in to a Microsoft cloud that m365d does not support yet")]
    UnsupportedCloud(String),
    /// A custom authority without an API of its own.
    #[error(
        "M365D_AUTHORITY is set but {} is not, and a custom authority's token does not go to Microsoft",
        .0.url_variable()
    )]
    NoApiUrl(Service),
    /// The authority signs people in to another cloud.
    #[error("{authority} does not sign in to the cloud {cloud}")]
    ForeignAuthority {
        /// The authority.
        authority: String,
        /// The cloud that was asked for.
        cloud: Cloud,
    },
    /// A Microsoft token would go to a host that is not of its cloud.
    #[error(
        "{url} is not an API host of Microsoft's cloud {cloud} for {service}, so its tokens do not go there"
    )]
    ForeignApiHost {
        /// Where it would go.
        url: String,
        /// The API that the token is for.
        service: Service,
        /// The cloud.
        cloud: Cloud,
    },
    /// The operating system does not say where configuration belongs.
    #[error("this account has no home folder to keep configuration and sessions in")]
    NoHome,
    /// `config.toml` cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Another process has been writing `config.toml` for longer than that takes.
    #[error("another m365d has held {path} for {seconds} seconds")]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// `config.toml` is not what it should be.
    #[error("{path} {problem}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as the end of a sentence.
        problem: String,
    },
}

fn others(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!(", only {}", known.join(", ")) }
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoTenant { .. } | Self::NoClientId { .. } => {
                "m365d login --tenant TENANT --client-id CLIENT_ID  (once; README.md, \"Register the application\", shows where the two come from; m365d profile list shows the profiles)"
            }
            Self::NoSuchProfile { .. } => {
                "check the name; a new profile is made by: m365d profile add NAME --tenant TENANT --client-id CLIENT_ID"
            }
            Self::NoApi { .. } => "choose another cloud with --cloud: public, gcc, gcc-high or dod",
            Self::ForeignAuthority { .. } => "unset M365D_AUTHORITY, or choose its cloud with --cloud",
            Self::Invalid { .. } | Self::Config { .. } => "correct it and run the command again",
            Self::UnsupportedCloud(_) => {
                "unset M365D_AUTHORITY, and choose one with --cloud: public, gcc, gcc-high, dod or china"
            }
            Self::NoApiUrl(Service::Defender) => {
                "set M365D_API_URL to the API that trusts this authority, or unset M365D_AUTHORITY"
            }
            Self::NoApiUrl(Service::Graph) => {
                "set M365D_GRAPH_URL to the API that trusts this authority, or unset M365D_AUTHORITY"
            }
            Self::NoApiUrl(Service::Endpoint) => {
                "set M365D_ENDPOINT_URL to the API that trusts this authority, or unset M365D_AUTHORITY"
            }
            Self::ForeignApiHost { service: Service::Defender, .. } => {
                "unset M365D_API_URL, or set it to a regional host of that cloud, such as https://api-eu.security.microsoft.com of the public one"
            }
            Self::ForeignApiHost { service: Service::Graph, .. } => "unset M365D_GRAPH_URL",
            Self::ForeignApiHost { service: Service::Endpoint, .. } => {
                "unset M365D_ENDPOINT_URL, or set it to a regional host of that cloud, such as https://eu.api.security.microsoft.com of the public one"
            }
            Self::NoHome => "set M365D_CONFIG_DIR to a folder of your own",
            Self::Locked { .. } => "end the other m365d process, then run the command again",
            Self::File { .. } => {
                "check the folder's permissions and free space, or set M365D_CONFIG_DIR to another folder"
            }
        }
    }
}
