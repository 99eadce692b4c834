//! Alerts: what m365d itself reads of one, one by its id, and the list of them.
//!
//! Graph lists alerts. Defender does not: its alerts stand in the incidents that they belong to, so that list is read
//! and they are taken out of it, and no service filters them. The fields are the same ones under other names.
//! (<https://learn.microsoft.com/graph/api/resources/security-alert>,
//! <https://learn.microsoft.com/defender-xdr/api-list-incidents>)

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::incident::{is_one_of, text};
use super::shape::{Shape, values};
use super::{
    After, Assignee, Bearer, Client, Error, Filter, Item, List, Page, Position, Request, Status, defender,
    graph,
};

/// An alert as a row shows it, whichever service it is of.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Alert {
    #[serde(alias = "alertId")]
    id: Value,
    incident_id: Value,
    title: Value,
    severity: Value,
    status: Value,
    category: Value,
    service_source: Value,
    detection_source: Value,
    assigned_to: Value,
    #[serde(rename = "createdDateTime", alias = "creationTime")]
    created: Value,
    #[serde(rename = "lastUpdateDateTime", alias = "lastUpdatedTime")]
    updated: Value,
    classification: Value,
    determination: Value,
}

impl Alert {
    /// Reads an alert of either service.
    #[must_use]
    pub fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    fn has_status(&self, wanted: Status) -> bool {
        let status = self.status.as_str().unwrap_or_default().to_ascii_lowercase();
        match wanted {
            Status::New => status == "new",
            // Some of Defender's documents call it active.
            Status::InProgress | Status::Active => ["inprogress", "active"].contains(&status.as_str()),
            Status::Resolved => status == "resolved",
            Status::Redirected => false,
        }
    }

    fn is_of(&self, wanted: &Assignee) -> bool {
        let assigned_to = self.assigned_to.as_str().unwrap_or_default();
        match wanted {
            Assignee::Nobody => assigned_to.is_empty(),
            Assignee::User(name) => assigned_to.eq_ignore_ascii_case(name),
        }
    }
}

impl Item for Alert {
    fn column(&self, name: &str) -> String {
        text(match name {
            "id" => &self.id,
            "incident" => &self.incident_id,
            "title" => &self.title,
            "severity" => &self.severity,
            "status" => &self.status,
            "category" => &self.category,
            "service source" => &self.service_source,
            "detection source" => &self.detection_source,
            "assigned to" => &self.assigned_to,
            "created" => &self.created,
            "updated" => &self.updated,
            "classification" => &self.classification,
            "determination" => &self.determination,
            _ => &Value::Null,
        })
    }

    fn meets(&self, filter: &Filter) -> bool {
        let source = self.service_source.as_str().unwrap_or_default();
        let source = || values::service_source(source, Shape::Graph).unwrap_or(source);
        (filter.status.is_empty() || filter.status.iter().any(|status| self.has_status(*status)))
            && (filter.severity.is_empty() || is_one_of(&self.severity, &filter.severity))
            && (filter.service_source.is_empty() || filter.service_source.contains(&source()))
            && filter.assigned_to.as_ref().is_none_or(|assignee| self.is_of(assignee))
            && filter.created_since.is_none_or(|time| is_since(&self.created, time))
            && filter.updated_since.is_none_or(|time| is_since(&self.updated, time))
    }
}

/// The id of an alert, such as `da637551227677560813_-961444813`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlertId(String);

/// It is no id that an alert has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an alert's id is at most 256 letters, digits, and - _ . ~, such as da637551227677560813_-961444813")]
pub struct NotAnAlertId;

/// The characters that no part of an address gives a meaning to (RFC 3986 section 2.3).
impl FromStr for AlertId {
    type Err = NotAnAlertId;

    fn from_str(text: &str) -> Result<Self, NotAnAlertId> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let is_id = (1..=256).contains(&text.len()) && text.bytes().all(is_plain);
        // Dots alone are a way through the path.
        let has_more = text.bytes().any(|byte| byte != b'.');
        if is_id && has_more { Ok(Self(text.to_owned())) } else { Err(NotAnAlertId) }
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Graph's alert of that id, as it came.
///
/// # Errors
/// See [`Error`].
pub async fn alert<B: Bearer>(client: &Client<'_, B>, id: &AlertId) -> Result<String, Error> {
    let url = client.url(&format!("{}/{id}", graph::ALERTS));
    let json = client.send(&graph::preferring(Request::get(url)), parse).await?;
    match id_of(&json) {
        Some(answered) if answered != id.0 => {
            Err(client.not_the_api(&format!("alert {answered} when asked for {id}")))
        }
        _ => Ok(json),
    }
}

/// A whole JSON object, and an alert's.
fn parse(body: Vec<u8>) -> Result<String, ()> {
    let json = String::from_utf8(body).map_err(|_| ())?;
    serde_json::from_str::<IgnoredAny>(&json).map_err(|_| ())?;
    id_of(&json).is_some().then_some(json).ok_or(())
}

fn id_of(json: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Id<'a> {
        #[serde(borrow, alias = "alertId")]
        id: Cow<'a, str>,
    }
    serde_json::from_str::<Id<'_>>(json).ok().map(|alert| alert.id)
}

fn is_since(time: &Value, since: Timestamp) -> bool {
    time.as_str().and_then(|time| time.parse::<Timestamp>().ok()).is_some_and(|time| time >= since)
}

/// A reading of the list of alerts.
pub struct Alerts<L> {
    pages: L,
    /// Whether what the pages list is incidents, which have the alerts in them.
    in_incidents: bool,
    /// The ids of alerts that were in incidents.
    seen: RefCell<HashSet<Box<str>>>,
}

impl<'a, B: Bearer> Alerts<graph::Incidents<'a, B>> {
    /// Graph's alerts that meet `filter`, in pages of at most `top`.
    #[must_use]
    pub fn of_graph(client: &'a Client<'a, B>, filter: &Filter, top: usize) -> Self {
        let pages = graph::Incidents::of_alerts(client, filter.clone(), top);
        Self { pages, in_incidents: false, seen: RefCell::default() }
    }
}

impl<'a, B: Bearer> Alerts<defender::Incidents<'a, B>> {
    /// The alerts of all of Defender's incidents, of a full page of them at a time.
    #[must_use]
    pub fn of_defender(client: &'a Client<'a, B>) -> Self {
        let pages = defender::Incidents::new(client, Filter::default(), usize::MAX);
        Self { pages, in_incidents: true, seen: RefCell::default() }
    }
}

impl<L: List> Alerts<L> {
    /// One without an id is always news.
    fn is_news(&self, json: &str) -> bool {
        id_of(json).is_none_or(|id| self.seen.borrow_mut().insert(id.into()))
    }
}

impl<L: List> List for Alerts<L> {
    type Item = Alert;

    fn largest_page(&self) -> usize {
        self.pages.largest_page()
    }

    fn top(&self) -> usize {
        self.pages.top()
    }

    fn ends_by_length(&self) -> bool {
        self.pages.ends_by_length()
    }

    fn goes_by_links(&self) -> bool {
        self.pages.goes_by_links()
    }

    fn at(&self, skip: usize, since: Option<Timestamp>) -> Position {
        self.pages.at(skip, since)
    }

    fn updated_after(&self, time: Timestamp) -> Position {
        self.pages.updated_after(time)
    }

    fn linked(&self, url: &Url) -> Result<Position, Error> {
        self.pages.linked(url)
    }

    async fn fetch(&self, position: &Position) -> Result<Vec<u8>, Error> {
        self.pages.fetch(position).await
    }

    async fn page(&self, position: &Position) -> Result<Page, Error> {
        self.pages.page(position).await
    }

    fn looks_full(&self, body: &[u8]) -> bool {
        self.pages.looks_full(body)
    }

    fn after(&self, position: &Position, page: &Page) -> Result<After, Error> {
        self.pages.after(position, page)
    }

    /// An incident that is read again may have other alerts now.
    fn news<'p>(&self, page: &'p Page) -> impl Iterator<Item = &'p str> {
        let new: Vec<_> = self.pages.news(page).collect();
        let items = if self.in_incidents { page.items().flat_map(alerts_of).collect() } else { new };
        items.into_iter().filter(|json| !self.in_incidents || self.is_news(json))
    }

    fn id(&self, json: &str) -> Option<u64> {
        self.pages.id(json)
    }

    fn updated(&self, json: &str) -> Option<String> {
        self.pages.updated(json)
    }

    fn has_read(&self, id: u64) -> bool {
        self.pages.has_read(id)
    }

    fn read(&self, json: &str) -> Alert {
        Alert::read(json)
    }

    fn recycle(&self, page: Page) {
        self.pages.recycle(page);
    }
}

/// The alerts of an incident, as they came.
pub(super) fn alerts_of(incident: &str) -> Vec<&str> {
    #[derive(Deserialize)]
    struct Incident<'a> {
        #[serde(borrow)]
        alerts: Option<&'a RawValue>,
    }
    let alerts = serde_json::from_str::<Incident<'_>>(incident).ok().and_then(|incident| incident.alerts);
    let alerts = alerts.map(RawValue::get).unwrap_or_default();
    match serde_json::from_str::<Vec<&RawValue>>(alerts) {
        Ok(alerts) => alerts.into_iter().map(RawValue::get).collect(),
        // Some services leave the brackets out around a single one.
        Err(_) if alerts.starts_with('{') => vec![alerts],
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::alerts_of;

    #[test]
    fn the_alerts_of_an_incident_are_a_list_or_a_single_one() {
        assert_eq!(alerts_of(r#"{"alerts":[{"alertId":"a"},{"alertId":"b"}]}"#).len(), 2);
        assert_eq!(alerts_of(r#"{"alerts": {"alertId":"a"} }"#), [r#"{"alertId":"a"}"#]);
        for none in [r#"{"alerts":null}"#, r#"{"alerts":7}"#, "{}", "[]"] {
            assert!(alerts_of(none).is_empty(), "{none}");
        }
    }
}
