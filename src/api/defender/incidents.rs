//! The list of incidents, page by page, newest first.
//!
//! `$top` is at most 100. The documented way on is `$skip`; a `nextLink`, which the service does not document,
//! is followed when there is one. While new incidents arrive, old ones shift onto the next page, so the ids seen
//! are remembered: compressed, so that memory does not grow with the list.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write;

use memchr::memmem;
use roaring::RoaringTreemap;
use url::Url;

use super::{Filter, Incident};
use crate::api::{Bearer, Client, Error, Page};

/// The most that the service gives at once.
pub const LARGEST_PAGE: usize = 100;

/// A reading of the list.
pub struct Incidents<'a, B> {
    client: &'a Client<'a, B>,
    filter: Option<String>,
    top: usize,
    seen: RefCell<RoaringTreemap>,
}

/// Where the list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    url: Url,
    skip: usize,
}

impl<'a, B: Bearer> Incidents<'a, B> {
    /// The incidents that meet `filter`, in pages of at most `top`.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, filter: &Filter, top: usize) -> Self {
        Self {
            client,
            filter: filter.expression(),
            top: top.clamp(1, LARGEST_PAGE),
            seen: RefCell::default(),
        }
    }

    /// Where the list begins.
    #[must_use]
    pub fn beginning(&self) -> Position {
        Position { url: self.url(0), skip: 0 }
    }

    /// The page at `position`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn page(&self, position: &Position) -> Result<Page, Error> {
        self.client.get(&position.url, Page::parse).await
    }

    /// The page at `position`, not yet read.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn fetch(&self, position: &Position) -> Result<Vec<u8>, Error> {
        self.client.get(&position.url, Ok::<_, Infallible>).await
    }

    /// Where the list goes on after a page that has not been read yet, if it looks full; so that the service can
    /// prepare the next one meanwhile. A guess: what is fetched there is used only if [`Self::after`] agrees.
    #[must_use]
    pub fn guess_after(&self, position: &Position, body: &[u8]) -> Option<Position> {
        let has_link = memmem::find(body, b"\"@odata.nextLink\"").is_some();
        let looks_full = !has_link && memmem::find_iter(body, b"{\"incidentId\"").count() == self.top;
        let skip = position.skip + self.top;
        looks_full.then(|| Position { url: self.url(skip), skip })
    }

    /// Where the list goes on after `page`, which is the one at `position`; `None` at its end.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when the service points to another host, [`Error::NotTheApi`] when it points back.
    pub fn after(&self, position: &Position, page: &Page) -> Result<Option<Position>, Error> {
        let skip = position.skip + page.len();
        let Some(link) = &page.next_link else {
            let more = page.len() >= self.top;
            return Ok(more.then(|| Position { url: self.url(skip), skip }));
        };
        let host = || position.url.host_str().unwrap_or_default().to_owned();
        let url = position.url.join(link).ok().filter(|url| self.client.is_here(url));
        match url {
            Some(url) if url != position.url => Ok(Some(Position { url, skip })),
            Some(_) => Err(Error::NotTheApi { host: host(), what: "a page that points to itself".into() }),
            None => Err(Error::Elsewhere { host: host(), target: "another host (@odata.nextLink)".into() }),
        }
    }

    /// Takes back a page that has been dealt with.
    pub fn recycle(&self, page: Page) {
        self.client.recycle(page.into_bytes());
    }

    /// The incidents of `page` that no page has had before.
    pub fn news<'p>(&self, page: &'p Page) -> impl Iterator<Item = &'p str> {
        page.items().filter(|json| Incident::id_of(json).is_none_or(|id| self.seen.borrow_mut().insert(id)))
    }

    fn url(&self, skip: usize) -> Url {
        let mut url = self.client.url("api/incidents");
        let mut query = format!("$top={}", self.top);
        if skip > 0 {
            let _ = write!(query, "&$skip={skip}");
        }
        if let Some(filter) = &self.filter {
            let encoded: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
            let _ = write!(query, "&$filter={}", encoded.replace('+', "%20"));
        }
        url.set_query(Some(&query));
        url
    }
}
