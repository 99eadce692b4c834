//! What to change of an incident, whichever service it is of.

use serde_json::{Map, Value};
use url::Url;

use super::{Assignee, Request, defender, graph};
use crate::token::Service;

/// The parts of an incident to change, in the words of the service that is asked; everything else stays as it is.
#[derive(Debug, Default)]
pub struct Change {
    /// What its work has come to.
    pub status: Option<&'static str>,
    /// Whether it was one.
    pub classification: Option<&'static str>,
    /// What it was.
    pub determination: Option<&'static str>,
    /// Whose it is.
    pub assigned_to: Option<Assignee>,
    /// Its own tags, in place of those that it has.
    pub tags: Option<Vec<String>>,
    /// A comment besides those that it has.
    pub comment: Option<String>,
}

/// One of the requests that a change takes.
#[derive(Debug)]
pub struct Step {
    /// What is sent.
    pub request: Request,
    /// Whether what comes back is the incident as it is now.
    pub answers_with_the_incident: bool,
}

impl Change {
    /// The requests that the change takes at `service`, for the incident at `url`.
    #[must_use]
    pub fn steps(&self, service: Service, url: Url) -> Vec<Step> {
        match service {
            Service::Graph => graph::steps(url, self),
            Service::Defender | Service::Endpoint => defender::steps(url, self),
        }
    }

    /// All but the comment, under names that are case-sensitive; the tags under `tags`.
    pub(super) fn fields(&self, tags: &str) -> Map<String, Value> {
        let assigned_to = self.assigned_to.as_ref().map(|assignee| match assignee {
            Assignee::User(name) => Value::from(name.as_str()),
            Assignee::Nobody => Value::Null,
        });
        let fields = [
            ("status", self.status.map(Value::from)),
            ("classification", self.classification.map(Value::from)),
            ("determination", self.determination.map(Value::from)),
            ("assignedTo", assigned_to),
            (tags, self.tags.clone().map(Value::from)),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
