//! One page of a list, kept as the bytes that the service sent: an item is cut out of them, never rewritten.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A page of an `OData` collection.
#[derive(Debug)]
pub struct Page {
    body: String,
    items: Vec<Range<usize>>,
    /// Where the service says that the list goes on.
    pub next_link: Option<String>,
}

/// The body is not a page.
#[derive(Debug, Clone, Copy)]
pub struct NotAPage;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// [`NotAPage`] when the body is something else, or a part of one.
    pub fn parse(body: Vec<u8>) -> Result<Self, NotAPage> {
        let body = String::from_utf8(body).map_err(|_| NotAPage)?;
        let envelope: Envelope = serde_json::from_str(&body).map_err(|_| NotAPage)?;
        let start = body.as_ptr().addr();
        let items = envelope
            .value
            .iter()
            .map(|item| {
                let from = item.get().as_ptr().addr() - start;
                from..from + item.get().len()
            })
            .collect();
        let next_link = envelope.next_link;
        Ok(Self { body, items, next_link })
    }

    /// The JSON of each item, as it came.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|range| &self.body[range.clone()])
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_the_service_s_own_bytes() {
        let first = r#"{"b": 1.10, "a":"\u00e9 ","odd":[null,{}]}"#;
        let body =
            format!("{{\"@odata.context\":\"x\",\n\"value\" : [ {first} ,{{}}],\"@odata.nextLink\":\"n\"}}");
        let page = Page::parse(body.into_bytes()).unwrap();
        assert_eq!(page.items().collect::<Vec<_>>(), [first, "{}"]);
        assert_eq!(page.next_link.as_deref(), Some("n"));
    }

    #[test]
    fn what_is_not_a_page_is_refused() {
        for body in [
            &b""[..],
            b"null",
            b"[]",
            b"{}",
            b"{\"value\":{}}",
            b"{\"value\":[{\"a\":1}",
            b"<html>",
            b"{\"value\":[]}trailing",
            b"{\"value\":[\"\xff\"]}",
        ] {
            assert!(Page::parse(body.to_vec()).is_err(), "{body:?}");
        }
    }
}
