//! One incident: read, followed to where it was merged into, and changed.

use serde::de::IgnoredAny;
use serde_json::Value;
use url::Url;

use super::{Bearer, Change, Client, Error, Incident, Request, defender, graph};
use crate::token::Service;

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
    /// See [`Error`].
    pub async fn get(&self, id: u64, mut merged: impl FnMut(u64, u64)) -> Result<Found, Error> {
        let mut visited = vec![id];
        let mut id = id;
        loop {
            let json = self.fetch(id).await?;
            // Where the service follows by itself, it has said so with the id.
            if let Some(answered) = self.id_of(&json).filter(|answered| *answered != id) {
                merged(id, answered);
                return Ok(Found { id: answered, json });
            }
            // Mergers that go in circles end where they begin.
            let into = self.read(&json).merged_into().filter(|into| !visited.contains(into));
            let Some(into) = into else { return Ok(Found { id, json }) };
            merged(id, into);
            visited.push(into);
            id = into;
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
                self.client.send(&step.request, |body| self.parse(body)).await.map(Some)
            } else {
                self.client.send(&step.request, |body| has_no_error(&body).then_some(None).ok_or(())).await
            };
            incident = sent.map_err(|error| NotChanged { done, error })?;
        }
        Ok(incident)
    }

    /// What a row shows of an incident.
    #[must_use]
    pub fn read(&self, json: &str) -> Incident {
        match self.service {
            Service::Graph => graph::incident(json),
            Service::Defender | Service::Endpoint => defender::incident(json),
        }
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
}

/// Whether an answer that nobody documents is at least not an error that calls itself a success.
fn has_no_error(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get("error").is_none()) || body.is_empty()
}

/// Where the incident of that id is, below the address of `service`.
#[must_use]
pub fn path(service: Service, id: u64) -> String {
    let list = if service == Service::Graph { graph::INCIDENTS } else { defender::INCIDENTS };
    format!("{list}/{id}")
}
