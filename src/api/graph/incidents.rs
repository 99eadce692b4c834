//! The list of incidents, page by page, newest first.
//!
//! `$top` is at most 50. The `nextLink` tells whether there is more. It is opaque: followed as it is or not at all, and
//! only if it stays with this service. After a full page `$skip`, which is documented as well, goes on in its place,
//! because a link leads to what is behind the page, and a list that changes is read with an overlap ([`crate::api::Walk`]).
//! (<https://learn.microsoft.com/graph/api/security-list-incidents>)

use jiff::Timestamp;
use memchr::memmem;
use roaring::RoaringTreemap;
use url::Url;

use crate::api::list::{Reading, query};
use crate::api::{After, Bearer, Client, Error, Filter, Incident, List, Page, Position, Properties, Request};

/// The most that the service gives at once.
const LARGEST_PAGE: usize = 50;
const PROPERTIES: Properties = Properties {
    created: "createdDateTime",
    updated: "lastUpdateDateTime",
    has_severity: true,
    camel_case: true,
};

/// A reading of the list.
pub struct Incidents<'a, B> {
    reading: Reading<'a, B>,
    filter: Filter,
    top: usize,
    with_alerts: bool,
}

impl<'a, B: Bearer> Incidents<'a, B> {
    /// The incidents that meet `filter` in pages of at most `top`, with their alerts if `with_alerts`.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, filter: Filter, top: usize, with_alerts: bool) -> Self {
        Self { reading: Reading::new(client), filter, top: top.clamp(1, LARGEST_PAGE), with_alerts }
    }

    fn request(position: &Position) -> Request {
        super::preferring(Request::get(position.url.clone()))
    }
}

impl<B: Bearer> List for Incidents<'_, B> {
    fn largest_page(&self) -> usize {
        LARGEST_PAGE
    }

    fn top(&self) -> usize {
        self.top
    }

    fn ends_by_length(&self) -> bool {
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
        parameters.extend(self.with_alerts.then(|| ("$expand", "alerts".to_owned())));
        url.set_query(Some(&query(&parameters)));
        Position { url }
    }

    fn linked(&self, url: &Url) -> Result<Position, Error> {
        self.reading.linked(url)
    }

    async fn fetch(&self, position: &Position) -> Result<Vec<u8>, Error> {
        self.reading.fetch(&Self::request(position)).await
    }

    async fn page(&self, position: &Position) -> Result<Page, Error> {
        self.reading.page(&Self::request(position)).await
    }

    fn looks_full(&self, body: &[u8]) -> bool {
        memmem::rfind(body, b"\"@odata.nextLink\"").is_some()
            && memmem::find_iter(body, b"{\"id\"").count() >= self.top
    }

    fn after(&self, position: &Position, page: &Page) -> Result<After, Error> {
        Ok(match self.reading.link(position, page)? {
            None => After::End,
            link if page.len() >= self.top => After::Full(link),
            Some(link) => After::Short(link),
        })
    }

    fn news<'p>(&self, page: &'p Page) -> impl Iterator<Item = &'p str> {
        page.items().filter(|json| self.reading.is_news(self.id(json)))
    }

    fn id(&self, json: &str) -> Option<u64> {
        Incident::id_of(json, super::ID)
    }

    fn updated(&self, json: &str) -> Option<String> {
        Incident::text_of(json, PROPERTIES.updated)
    }

    fn read(&self, json: &str) -> Incident {
        super::incident(json)
    }

    fn has_read(&self, id: u64) -> bool {
        self.reading.seen.borrow().contains(id)
    }

    fn seen(&self) -> RoaringTreemap {
        self.reading.seen.borrow().clone()
    }

    fn has_seen(&self, ids: RoaringTreemap) {
        self.reading.seen.replace(ids);
    }

    fn recycle(&self, page: Page) {
        self.reading.recycle(page);
    }
}
