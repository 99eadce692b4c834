//! A list of incidents, or of alerts, as it is read: page by page, from whichever service.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;

use roaring::RoaringTreemap;
use url::Url;

use super::{Bearer, Client, Error, Filter, Page, Request};

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub(super) url: Url,
    /// How many items are before it.
    pub(super) skip: usize,
}

/// What m365d itself reads of an item of a list.
pub trait Item: Default {
    /// The named column as text.
    fn column(&self, name: &str) -> String;

    /// Whether it meets those conditions of `filter` that some service does not filter on.
    fn meets(&self, filter: &Filter) -> bool;
}

/// What a service's list is like.
pub trait List {
    /// What it lists.
    type Item: Item;

    /// The most that the service gives at once.
    fn largest_page(&self) -> usize;

    /// Where the list begins.
    fn beginning(&self) -> Position;

    /// The page at `position`, not yet read.
    ///
    /// # Errors
    /// See [`Error`].
    fn fetch(&self, position: &Position) -> impl Future<Output = Result<Vec<u8>, Error>>;

    /// The page at `position`.
    ///
    /// # Errors
    /// See [`Error`].
    fn page(&self, position: &Position) -> impl Future<Output = Result<Page, Error>>;

    /// Where the list goes on after a page that has not been read yet, so that the service can prepare the next one
    /// meanwhile. A guess: what is fetched there is used only if [`Self::after`] agrees.
    fn guess_after(&self, position: &Position, body: &[u8]) -> Option<Position>;

    /// Where the list goes on after `page`, which is the one at `position`; `None` at its end.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when the service points to another host, [`Error::NotTheApi`] when it points back.
    fn after(&self, position: &Position, page: &Page) -> Result<Option<Position>, Error>;

    /// The items of `page` that no page has had before.
    fn news<'p>(&self, page: &'p Page) -> impl Iterator<Item = &'p str>;

    /// What a row shows of an item.
    fn read(&self, json: &str) -> Self::Item;

    /// Takes back a page that has been dealt with.
    fn recycle(&self, page: Page);
}

/// What reading a list takes, whichever service it is of.
pub(super) struct Reading<'a, B> {
    pub(super) client: &'a Client<'a, B>,
    /// The ids seen: compressed, so that memory does not grow with the list.
    seen: RefCell<RoaringTreemap>,
}

impl<'a, B: Bearer> Reading<'a, B> {
    pub(super) fn new(client: &'a Client<'a, B>) -> Self {
        Self { client, seen: RefCell::default() }
    }

    pub(super) async fn fetch(&self, request: &Request) -> Result<Vec<u8>, Error> {
        self.client.send(request, Ok::<_, Infallible>).await
    }

    pub(super) async fn page(&self, request: &Request) -> Result<Page, Error> {
        self.client.send(request, Page::parse).await
    }

    /// Whether no incident of that id has been read before; one without an id is always news.
    pub(super) fn is_news(&self, id: Option<u64>) -> bool {
        id.is_none_or(|id| self.seen.borrow_mut().insert(id))
    }

    pub(super) fn recycle(&self, page: Page) {
        self.client.recycle(page.into_bytes());
    }

    /// The address that `page` at `position` points to, if it stays with this service.
    pub(super) fn follow(&self, position: &Position, link: &str) -> Result<Url, Error> {
        let url = self.client.follow(&position.url, link)?;
        if url == position.url {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(Error::NotTheApi { host, what: "a page that points to itself".to_owned() });
        }
        Ok(url)
    }
}

/// The query of a list: `$top`, then what follows, each value in the form that every proxy leaves alone.
pub(super) fn query(parameters: &[(&str, String)]) -> String {
    let encoded = |value: &str| -> String {
        url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
    };
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}
