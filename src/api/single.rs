//! One incident: read, followed to where it was merged into, and changed.

use serde::de::IgnoredAny;
use url::Url;

use super::{Bearer, Change, Client, Error, Incident, Request, defender, graph};
use crate::token::Service;

/// So many mergers in a row are followed: as many alerts make an incident, and none is merged on for ever.
const MOST_MERGERS: usize = 10;

/// The incidents of one service, one by one.
pub struct Single<'a, B> {
    client: &'a Client<'a, B>,
    service: Service,
}

/// An incident as it is.
#[derive(Debug)]
pub struct Found {
    /// Its id.
    pub id: u64,
    /// What the service sent.
    pub json: String,
}

/// Why a change has not been made, or not all of it.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct NotChanged {
    /// How many requests had succeeded before.
    pub done: usize,
    /// Why the next one failed.
    pub error: Error,
}

impl<'a, B: Bearer> Single<'a, B> {
    /// The incidents that `client` reaches, which is one of `service`'s.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, service: Service) -> Self {
        Self { client, service }
    }

    /// The incident of that id, or the one that it was merged into; `merged` is told of each merger.
    ///
    /// # Errors
    /// [`Error::NotTheApi`] for another incident than the one that was asked for, unless it is said to be the merger of
    /// it, and for mergers without end; otherwise see [`Error`].
    pub async fn get(&self, id: u64, mut merged: impl FnMut(u64, u64)) -> Result<Found, Error> {
        let mut visited = vec![id];
        loop {
            let id = visited[visited.len() - 1];
            let json = self.fetch(id).await?;
            let into = Incident::read(&json).merged_into().filter(|into| *into != id);
            let answered = self.id_of(&json);
            // Where the service has followed by itself, it has to say so: a change would go there.
            if answered.is_some_and(|answered| answered != id && into != Some(answered)) {
                return Err(self.another(id, answered));
            }
            let Some(into) = into else { return Ok(Found { id, json }) };
            if visited.contains(&into) || visited.len() > MOST_MERGERS {
                return Err(self.mergers_without_end(&visited, into));
            }
            merged(id, into);
            if answered == Some(into) {
                return Ok(Found { id: into, json });
            }
            visited.push(into);
        }
    }

    /// Makes `change` to the incident of that id, step by step, and gives the incident as it is then, or `None` when
    /// no answer was that.
    ///
    /// # Errors
    /// [`NotChanged`]; when its error is [`Error::is_unclear`], nobody knows whether the step was made.
    pub async fn change(&self, id: u64, change: &Change) -> Result<Option<String>, NotChanged> {
        let mut incident = None;
        for (done, step) in change.steps(self.service, self.url(id)).into_iter().enumerate() {
            let sent = if step.answers_with_the_incident {
                let sent = self.client.send_for_anything(&step.request, |body| self.parse(body)).await;
                sent.and_then(|json| match json.as_deref().map(|json| self.id_of(json)) {
                    Some(answered) if answered != Some(id) => Err(self.another(id, answered)),
                    _ => Ok(json),
                })
            } else {
                let sent =
                    self.client.send_for_anything(&step.request, |body| is_json_or_nothing(&body)).await;
                sent.map(|_| None)
            };
            incident = sent.map_err(|error| NotChanged { done, error })?;
        }
        Ok(incident)
    }

    async fn fetch(&self, id: u64) -> Result<String, Error> {
        let request = Request::get(self.url(id));
        let request = if self.service == Service::Graph { graph::preferring(request) } else { request };
        self.client.send(&request, |body| self.parse(body)).await
    }

    /// A whole JSON object, and an incident's.
    fn parse(&self, body: Vec<u8>) -> Result<String, ()> {
        let json = String::from_utf8(body).map_err(|_| ())?;
        serde_json::from_str::<IgnoredAny>(&json).map_err(|_| ())?;
        self.id_of(&json).map(|_| json).ok_or(())
    }

    fn id_of(&self, json: &str) -> Option<u64> {
        Incident::id_of(json, if self.service == Service::Graph { graph::ID } else { defender::ID })
    }

    fn url(&self, id: u64) -> Url {
        self.client.url(&path(self.service, id))
    }

    fn another(&self, id: u64, answered: Option<u64>) -> Error {
        let answered = answered.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
        self.client
            .not_the_api(&format!("incident {answered} when asked for {id}, without a word of a merger"))
    }

    fn mergers_without_end(&self, visited: &[u64], into: u64) -> Error {
        let chain = visited.iter().chain([&into]).map(u64::to_string).collect::<Vec<_>>().join(" → ");
        let how = if visited.contains(&into) { "in a circle" } else { "without an end" };
        self.client.not_the_api(&format!("incidents that are merged into each other {how} ({chain})"))
    }
}

/// An answer that nobody documents is at least whole.
fn is_json_or_nothing(body: &[u8]) -> Result<(), ()> {
    let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
    (is_json || body.is_empty()).then_some(()).ok_or(())
}

/// Where the incident of that id is, below the address of `service`.
#[must_use]
pub fn path(service: Service, id: u64) -> String {
    let list = if service == Service::Graph { graph::INCIDENTS } else { defender::INCIDENTS };
    format!("{list}/{id}")
}
