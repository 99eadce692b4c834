//! The list of incidents, page by page, newest first.
//!
//! `$top` is at most 50. The `nextLink` is opaque and followed as it is, if it stays with this service. It leads to what
//! is behind a page, so where the list has changed meanwhile it is read once more by `$skip`, which is documented as well,
//! with an overlap ([`crate::api::Walk`]).
//! (<https://learn.microsoft.com/graph/api/security-list-incidents>)

use jiff::Timestamp;
use memchr::memmem;
use roaring::RoaringTreemap;
use url::Url;

use crate::api::list::{Reading, TICK, query};
use crate::api::{
    After, Bearer, Client, Error, Filter, Incident, List, Page, Position, Properties, Request, Resumable,
};

/// The most that the service gives at once.
const LARGEST_PAGE: usize = 50;
/// Microsoft's samples have as many; the most is not documented.
const LARGEST_PAGE_OF_ALERTS: usize = 100;
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
    path: &'static str,
    largest_page: usize,
    top: usize,
    with_alerts: bool,
}

impl<'a, B: Bearer> Incidents<'a, B> {
    /// The incidents that meet `filter` in pages of at most `top`, with their alerts if `with_alerts`.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, filter: Filter, top: usize, with_alerts: bool) -> Self {
        Self { with_alerts, ..Self::of(client, super::INCIDENTS, LARGEST_PAGE, filter, top) }
    }

    /// The alerts, which are listed in the same way.
    /// (<https://learn.microsoft.com/graph/api/security-list-alerts_v2>)
    pub(in crate::api) fn of_alerts(client: &'a Client<'a, B>, filter: Filter, top: usize) -> Self {
        Self::of(client, super::ALERTS, LARGEST_PAGE_OF_ALERTS, filter, top)
    }

    fn of(
        client: &'a Client<'a, B>,
        path: &'static str,
        largest_page: usize,
        filter: Filter,
        top: usize,
    ) -> Self {
        let top = top.clamp(1, largest_page);
        Self { reading: Reading::new(client), filter, path, largest_page, top, with_alerts: false }
    }

    fn url(&self, parameters: &[(&str, String)]) -> Position {
        let mut url = self.reading.client.url(self.path);
        url.set_query(Some(&query(parameters)));
        Position { url }
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

    fn top(&self) -> usize {
        self.top
    }

    fn ends_by_length(&self) -> bool {
        false
    }

    fn goes_by_links(&self) -> bool {
        true
    }

    fn at(&self, skip: usize, since: Option<Timestamp>) -> Position {
        let mut parameters = vec![("$top", self.top.to_string())];
        if skip > 0 {
            parameters.push(("$skip", skip.to_string()));
        }
        let filter = self.filter.updated_since(since).expression(&PROPERTIES);
        parameters.extend(filter.map(|filter| ("$filter", filter)));
        parameters.extend(self.with_alerts.then(|| ("$expand", "alerts".to_owned())));
        self.url(&parameters)
    }

    fn updated_after(&self, time: Timestamp) -> Position {
        let filter = Filter::default().updated_since(Some(time + TICK)).expression(&PROPERTIES);
        self.url(&[("$top", "1".to_owned()), ("$filter", filter.unwrap_or_default())])
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
