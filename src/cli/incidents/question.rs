//! What a list is asked for, as the service and as a person knows it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::args::{self, List};
use crate::api::{Filter, Status};
use crate::cli::context::Context;
use crate::cli::criteria::Since;
use crate::settings::Application;
use crate::token::Service;

/// What `--created-since` and `--updated-since` mean, which `7d` does not say by itself.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(try_from = "[Option<String>; 2]", into = "[Option<String>; 2]")]
pub(super) struct Times {
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
}

impl Times {
    pub(super) fn of(arguments: &List) -> Self {
        let time = |since: &Option<Since>| since.as_ref().map(|since| since.time);
        let criteria = &arguments.criteria;
        Self { created: time(&criteria.created_since), updated: time(&criteria.updated_since) }
    }
}

impl TryFrom<[Option<String>; 2]> for Times {
    type Error = jiff::Error;

    fn try_from(texts: [Option<String>; 2]) -> Result<Self, Self::Error> {
        let [created, updated] = texts.map(|text| text.map(|text| text.parse()).transpose());
        Ok(Self { created: created?, updated: updated? })
    }
}

impl From<Times> for [Option<String>; 2] {
    fn from(times: Times) -> Self {
        [times.created, times.updated].map(|time| time.map(|time| time.to_string()))
    }
}

/// Everything that makes it this list and no other, by the names that a person knows it by.
pub(super) fn identity(
    context: &Context,
    application: &Application,
    arguments: &List,
    me: &str,
) -> BTreeMap<String, String> {
    let criteria = &arguments.criteria;
    let words = |values: Vec<String>| values.join(",");
    let since = |since: &Option<Since>| since.as_ref().map(|since| since.text.clone());
    let pairs = [
        ("--api", application.service.name().to_owned()),
        ("the API's address", application.api_url.to_string()),
        ("--tenant", application.tenant.as_str().to_owned()),
        ("the account", me.to_owned()),
        ("--status", words(arguments.status.iter().map(|status| format!("{status:?}")).collect())),
        ("--severity", words(criteria.severity.iter().map(|severity| format!("{severity:?}")).collect())),
        ("--assigned-to", criteria.assigned_to.clone().unwrap_or_default()),
        ("--created-since", since(&criteria.created_since).unwrap_or_default()),
        ("--updated-since", since(&criteria.updated_since).unwrap_or_default()),
        ("--filter", criteria.filter.clone().unwrap_or_default()),
        ("--expand", arguments.expand.map(|what| format!("{what:?}").to_lowercase()).unwrap_or_default()),
        ("--shape", format!("{:?}", arguments.shape).to_lowercase()),
        ("--limit", arguments.extent.limit.map(|limit| limit.to_string()).unwrap_or_default()),
        ("--output", format!("{:?}", context.format()).to_lowercase()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whether the service leaves some out.
pub(super) fn is_filtered(arguments: &List, service: Service) -> bool {
    let criteria = &arguments.criteria;
    !arguments.status.is_empty()
        || criteria.assigned_to.is_some()
        || criteria.created_since.is_some()
        || criteria.updated_since.is_some()
        || criteria.filter.is_some()
        || (service == Service::Graph && !criteria.severity.is_empty())
}

/// The filter, with times as they were meant when the list began.
pub(super) fn filter(arguments: &List, me: &str, since: Times) -> Filter {
    Filter {
        status: arguments.status.iter().copied().map(Status::from).collect(),
        created_since: since.created,
        updated_since: since.updated,
        ..arguments.criteria.filter(me)
    }
}

impl From<args::Status> for Status {
    fn from(status: args::Status) -> Self {
        match status {
            args::Status::Active => Self::Active,
            args::Status::InProgress => Self::InProgress,
            args::Status::Resolved => Self::Resolved,
            args::Status::Redirected => Self::Redirected,
        }
    }
}
