//! A list as it is read: page by page, from whichever service.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use roaring::RoaringTreemap;
use url::Url;

use super::{Bearer, Client, Error, Filter, Page, Request};

/// The smallest difference between two times of the services.
pub(super) const TICK: SignedDuration = SignedDuration::from_nanos(100);

/// A place in a list, to ask for a page at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub(super) url: Url,
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    End,
    /// What the next page begins with, and where the service says that it is, if it does.
    Full(Option<Url>),
    /// What only the service knows the place of: a page that is shorter than asked for does not tell how far it goes.
    Short(Url),
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

    /// How many a page has, unless it is the last one.
    fn top(&self) -> usize;

    /// Whether a page that is not full is the last one, without any other sign.
    fn ends_by_length(&self) -> bool;

    /// Whether the way on is the service's own links, which are followed as they are.
    fn goes_by_links(&self) -> bool;

    /// The page that leaves out `skip` of the list, or of what was updated `since` then or later.
    fn at(&self, skip: usize, since: Option<Timestamp>) -> Position;

    /// One item at most of whatever was updated after `time`, be it in the list or not.
    fn updated_after(&self, time: Timestamp) -> Position;

    /// The page that the service points to.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when it is not of this service.
    fn linked(&self, url: &Url) -> Result<Position, Error>;

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

    /// Whether a page that has not been read yet looks as if another one followed it, so that the service can prepare
    /// that meanwhile. A guess.
    fn looks_full(&self, body: &[u8]) -> bool;

    /// What comes after `page`, which is the one at `position`.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when the service points to another host, [`Error::NotTheApi`] when it points back.
    fn after(&self, position: &Position, page: &Page) -> Result<After, Error>;

    /// The items of `page` that no page has had before.
    fn news<'p>(&self, page: &'p Page) -> impl Iterator<Item = &'p str>;

    /// What tells an item of a page from every other.
    fn id(&self, json: &str) -> Option<u64>;

    /// When an item of a page was last updated, in the service's own words.
    fn updated(&self, json: &str) -> Option<String>;

    /// What a row shows of an item.
    fn read(&self, json: &str) -> Self::Item;

    /// Whether [`Self::news`] has told of it.
    fn has_read(&self, id: u64) -> bool;

    /// Takes back a page that has been dealt with.
    fn recycle(&self, page: Page);
}

/// A list that another process can go on with.
pub trait Resumable: List {
    /// The ids of all items that [`List::news`] has told of.
    fn seen(&self) -> RoaringTreemap;

    /// From now on those are no news.
    fn has_seen(&self, ids: RoaringTreemap);
}

/// What reading a list takes, whichever service it is of.
pub(super) struct Reading<'a, B> {
    pub(super) client: &'a Client<'a, B>,
    /// The ids seen: compressed, so that memory does not grow with the list.
    pub(super) seen: RefCell<RoaringTreemap>,
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
    pub(super) fn link(&self, position: &Position, page: &Page) -> Result<Option<Url>, Error> {
        let Some(link) = &page.next_link else { return Ok(None) };
        let url = self.client.follow(&position.url, link)?;
        if url == position.url {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(Error::NotTheApi { host, what: "a page that points to itself".to_owned() });
        }
        Ok(Some(url))
    }

    /// A place of this service, which [`Self::link`] has given some time ago.
    pub(super) fn linked(&self, url: &Url) -> Result<Position, Error> {
        Ok(Position { url: self.client.follow(url, url.as_str())? })
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
