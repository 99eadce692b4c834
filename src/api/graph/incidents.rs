//! The list of incidents, page by page, newest first.
//!
//! `$top` is at most 50. The only way on is the `nextLink`, which is opaque and followed as it is. It has to stay with
//! this service and must not lead back to where the list has been.
//! (<https://learn.microsoft.com/graph/api/security-list-incidents>)

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use url::Url;

use crate::api::list::{Reading, query};
use crate::api::{Bearer, Client, Error, Filter, Incident, List, Page, Position, Properties, Request};

/// The most that the service gives at once.
const LARGEST_PAGE: usize = 50;
const PROPERTIES: Properties = Properties {
    created: "createdDateTime",
    updated: "lastUpdateDateTime",
    has_severity: true,
    camel_case: true,
};
/// Microsoft's samples have as many; the most is not documented.
const LARGEST_PAGE_OF_ALERTS: usize = 100;

/// A reading of the list.
pub struct Incidents<'a, B> {
    reading: Reading<'a, B>,
    largest_page: usize,
    beginning: Url,
    hasher: RandomState,
    /// Where the list has been: a hash of each address.
    visited: RefCell<HashSet<u64>>,
}

impl<'a, B: Bearer> Incidents<'a, B> {
    /// The incidents that meet `filter` in pages of at most `top`, with their alerts if `with_alerts`.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, filter: &Filter, top: usize, with_alerts: bool) -> Self {
        let expand = with_alerts.then(|| ("$expand", "alerts".to_owned()));
        Self::of(client, super::INCIDENTS, LARGEST_PAGE, (filter, top, expand))
    }

    /// The alerts, which are listed in the same way.
    /// (<https://learn.microsoft.com/graph/api/security-list-alerts_v2>)
    pub(in crate::api) fn of_alerts(client: &'a Client<'a, B>, filter: &Filter, top: usize) -> Self {
        Self::of(client, super::ALERTS, LARGEST_PAGE_OF_ALERTS, (filter, top, None))
    }

    fn of(
        client: &'a Client<'a, B>,
        path: &str,
        largest_page: usize,
        (filter, top, expand): (&Filter, usize, Option<(&'static str, String)>),
    ) -> Self {
        let mut beginning = client.url(path);
        let mut parameters = vec![("$top", top.clamp(1, largest_page).to_string())];
        parameters.extend(filter.expression(&PROPERTIES).map(|filter| ("$filter", filter)));
        parameters.extend(expand);
        beginning.set_query(Some(&query(&parameters)));
        Self {
            reading: Reading::new(client),
            largest_page,
            beginning,
            hasher: RandomState::new(),
            visited: RefCell::default(),
        }
    }

    fn request(position: &Position) -> Request {
        super::preferring(Request::get(position.url.clone()))
    }
}

impl<B: Bearer> List for Incidents<'_, B> {
    type Item = Incident;

    fn largest_page(&self) -> usize {
        self.largest_page
    }

    fn beginning(&self) -> Position {
        Position { url: self.beginning.clone(), skip: 0 }
    }

    async fn fetch(&self, position: &Position) -> Result<Vec<u8>, Error> {
        self.reading.fetch(&Self::request(position)).await
    }

    async fn page(&self, position: &Position) -> Result<Page, Error> {
        self.reading.page(&Self::request(position)).await
    }

    /// Nobody can guess an opaque link.
    fn guess_after(&self, _: &Position, _: &[u8]) -> Option<Position> {
        None
    }

    fn after(&self, position: &Position, page: &Page) -> Result<Option<Position>, Error> {
        let Some(link) = &page.next_link else { return Ok(None) };
        let url = self.reading.follow(position, link)?;
        let mut visited = self.visited.borrow_mut();
        visited.insert(self.hasher.hash_one(&position.url));
        if !visited.insert(self.hasher.hash_one(&url)) {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(Error::NotTheApi { host, what: "a page that points back".into() });
        }
        Ok(Some(Position { url, skip: position.skip + page.len() }))
    }

    fn news<'p>(&self, page: &'p Page) -> impl Iterator<Item = &'p str> {
        page.items().filter(|json| self.reading.is_news(Incident::id_of(json, super::ID)))
    }

    fn read(&self, json: &str) -> Incident {
        super::incident(json)
    }

    fn recycle(&self, page: Page) {
        self.reading.recycle(page);
    }
}
