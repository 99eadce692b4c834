//! The list of incidents, page by page, newest first.
//!
//! `$top` is at most 100. The documented way on is `$skip`. A `nextLink`, which the service does not document, is
//! followed when a page is shorter than asked for and has one.

use jiff::Timestamp;
use memchr::memmem;
use roaring::RoaringTreemap;
use url::Url;

use crate::api::list::{Reading, TICK, query};
use crate::api::{
    After, Bearer, Client, Error, Filter, Incident, List, Page, Position, Properties, Request, Resumable,
};

/// The most that the service gives at once.
const LARGEST_PAGE: usize = 100;

/// What the service filters on; `severity` is not among it.
const PROPERTIES: Properties =
    Properties { created: "createdTime", updated: "lastUpdateTime", has_severity: false, camel_case: false };

/// A reading of the list.
pub struct Incidents<'a, B> {
    reading: Reading<'a, B>,
    filter: Filter,
    top: usize,
}

impl<'a, B: Bearer> Incidents<'a, B> {
    /// The incidents that meet `filter`, except for its severities, in pages of at most `top`.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, filter: Filter, top: usize) -> Self {
        Self { reading: Reading::new(client), filter, top: top.clamp(1, LARGEST_PAGE) }
    }
}

impl<B: Bearer> List for Incidents<'_, B> {
    type Item = Incident;

    fn largest_page(&self) -> usize {
        LARGEST_PAGE
    }

    fn top(&self) -> usize {
        self.top
    }

    fn ends_by_length(&self) -> bool {
        true
    }

    fn goes_by_links(&self) -> bool {
        false
    }

    fn at(&self, skip: usize, since: Option<Timestamp>) -> Position {
        let mut url = self.reading.client.url(super::INCIDENTS);
        let mut parameters = vec![("$top", self.top.to_string())];
        if skip > 0 {
            parameters.push(("$skip", skip.to_string()));
        }
        let filter = self.filter.updated_since(since).expression(&PROPERTIES);
        parameters.extend(filter.map(|filter| ("$filter", filter)));
        url.set_query(Some(&query(&parameters)));
        Position { url }
    }

    fn updated_after(&self, time: Timestamp) -> Position {
        let mut url = self.reading.client.url(super::INCIDENTS);
        let filter = Filter::default().updated_since(Some(time + TICK)).expression(&PROPERTIES);
        url.set_query(Some(&query(&[("$top", "1".to_owned()), ("$filter", filter.unwrap_or_default())])));
        Position { url }
    }

    fn linked(&self, url: &Url) -> Result<Position, Error> {
        self.reading.linked(url)
    }

    async fn fetch(&self, position: &Position) -> Result<Vec<u8>, Error> {
        self.reading.fetch(&Request::get(position.url.clone())).await
    }

    async fn page(&self, position: &Position) -> Result<Page, Error> {
        self.reading.page(&Request::get(position.url.clone())).await
    }

    fn looks_full(&self, body: &[u8]) -> bool {
        memmem::find_iter(body, b"{\"incidentId\"").count() == self.top
    }

    fn after(&self, position: &Position, page: &Page) -> Result<After, Error> {
        let link = self.reading.link(position, page)?;
        Ok(match link {
            link if page.len() >= self.top => After::Full(link),
            Some(link) => After::Short(link),
            None => After::End,
        })
    }

    fn news<'p>(&self, page: &'p Page) -> impl Iterator<Item = &'p str> {
        page.items().filter(|json| self.reading.is_news(self.id(json)))
    }

    fn id(&self, json: &str) -> Option<u64> {
        Incident::identity(json, super::ID)
    }

    fn updated(&self, json: &str) -> Option<String> {
        Incident::text_of(json, PROPERTIES.updated)
    }

    fn read(&self, json: &str) -> Incident {
        Incident::read(json)
    }

    fn has_read(&self, id: u64) -> bool {
        self.reading.seen.borrow().contains(id)
    }

    fn recycle(&self, page: Page) {
        self.reading.recycle(page);
    }
}

impl<B: Bearer> Resumable for Incidents<'_, B> {
    fn seen(&self) -> RoaringTreemap {
        self.reading.seen.borrow().clone()
    }

    fn has_seen(&self, ids: RoaringTreemap) {
        self.reading.seen.replace(ids);
    }
}
