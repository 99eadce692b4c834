//! The list of incidents, page by page, newest first.
//!
//! `$top` is at most 100. The documented way on is `$skip`; a `nextLink`, which the service does not document,
//! is followed when there is one. While new incidents arrive, old ones shift onto the next page, so the ids seen
//! are remembered.

use memchr::memmem;
use url::Url;

use crate::api::list::{Reading, query};
use crate::api::{Bearer, Client, Error, Filter, Incident, List, Page, Position, Properties, Request};

/// The most that the service gives at once.
const LARGEST_PAGE: usize = 100;

/// What the service filters on; `severity` is not among it.
const PROPERTIES: Properties =
    Properties { created: "createdTime", updated: "lastUpdateTime", has_severity: false, camel_case: false };

/// A reading of the list.
pub struct Incidents<'a, B> {
    reading: Reading<'a, B>,
    filter: Option<String>,
    top: usize,
}

impl<'a, B: Bearer> Incidents<'a, B> {
    /// The incidents that meet `filter`, except for its severities, in pages of at most `top`.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, filter: &Filter, top: usize) -> Self {
        Self {
            reading: Reading::new(client),
            filter: filter.expression(&PROPERTIES),
            top: top.clamp(1, LARGEST_PAGE),
        }
    }

    fn url(&self, skip: usize) -> Url {
        let mut url = self.reading.client.url(super::INCIDENTS);
        let mut parameters = vec![("$top", self.top.to_string())];
        if skip > 0 {
            parameters.push(("$skip", skip.to_string()));
        }
        parameters.extend(self.filter.iter().map(|filter| ("$filter", filter.clone())));
        url.set_query(Some(&query(&parameters)));
        url
    }
}

impl<B: Bearer> List for Incidents<'_, B> {
    type Item = Incident;

    fn largest_page(&self) -> usize {
        LARGEST_PAGE
    }

    fn beginning(&self) -> Position {
        Position { url: self.url(0), skip: 0 }
    }

    async fn fetch(&self, position: &Position) -> Result<Vec<u8>, Error> {
        self.reading.fetch(&Request::get(position.url.clone())).await
    }

    async fn page(&self, position: &Position) -> Result<Page, Error> {
        self.reading.page(&Request::get(position.url.clone())).await
    }

    /// A page that looks full has another one after it.
    fn guess_after(&self, position: &Position, body: &[u8]) -> Option<Position> {
        let has_link = memmem::find(body, b"\"@odata.nextLink\"").is_some();
        let looks_full = !has_link && memmem::find_iter(body, b"{\"incidentId\"").count() == self.top;
        let skip = position.skip + self.top;
        looks_full.then(|| Position { url: self.url(skip), skip })
    }

    fn after(&self, position: &Position, page: &Page) -> Result<Option<Position>, Error> {
        let skip = position.skip + page.len();
        let Some(link) = &page.next_link else {
            let more = page.len() >= self.top;
            return Ok(more.then(|| Position { url: self.url(skip), skip }));
        };
        Ok(Some(Position { url: self.reading.follow(position, link)?, skip }))
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
