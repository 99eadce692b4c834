//! Any collection of `OData`, page by page, as its links say
//! (<https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformationnextLinkodatanextLink>).

use std::collections::HashSet;

use serde::de::IgnoredAny;
use url::Url;

use super::{Bearer, Client, Error, Page, Request};

/// So many pages without an item, and the collection has none any more, however many links it has.
const PAGES_WITHOUT_ITEMS: usize = 50;

/// A collection that is being read.
pub struct Collection<'a, B> {
    client: &'a Client<'a, B>,
    next: Option<Result<Request, Error>>,
    seen: HashSet<Url>,
    /// How many of the last pages had nothing on them.
    empty: usize,
}

impl<'a, B: Bearer> Collection<'a, B> {
    /// The collection whose first page is the answer to `first`; the others are asked for in the same way.
    #[must_use]
    pub fn new(client: &'a Client<'a, B>, first: Request) -> Self {
        Self { client, seen: HashSet::from([first.url().clone()]), next: Some(Ok(first)), empty: 0 }
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// [`Error::NotAList`]; [`Error::GoesInCircles`] after fifty pages without an item; [`Error::Elsewhere`] when a page leads to another host, [`Error::NotTheApi`] when one leads
    /// back, both after the page that leads there; otherwise see [`Error`].
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        let Some(next) = self.next.take() else { return Ok(None) };
        let request = next?;
        let page = self.client.send(&request, parse).await?.ok_or(Error::NotAList)?;
        self.empty = if page.is_empty() { self.empty + 1 } else { 0 };
        self.next = page.next_link.as_deref().map(|link| self.after(&request, link));
        Ok(Some(page))
    }

    fn after(&mut self, request: &Request, link: &str) -> Result<Request, Error> {
        let url = self.client.follow(request.url(), link)?;
        if self.empty >= PAGES_WITHOUT_ITEMS {
            return Err(Error::GoesInCircles { pages: self.empty });
        }
        if !self.seen.insert(url.clone()) {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(Error::NotTheApi { host, what: "a page that leads back to one before".to_owned() });
        }
        Ok(request.clone().to(url))
    }
}

/// `None` when it is JSON and no page.
fn parse(body: Vec<u8>) -> Result<Option<Page>, serde_json::Error> {
    serde_json::from_slice::<IgnoredAny>(&body)?;
    Ok(Page::parse(body).ok())
}
