//! One page of a list, kept as the bytes that the service sent: an item is cut out of them, never rewritten.

mod span;

use std::ops::Range;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

const VALUE: &str = "\"value\"";
/// Stands for the items where they have been left out; no service writes a zero like this.
const LEFT_OUT: &str = "-0e-0";

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
        let (items, next_link) =
            Self::without_reading_items(&body).or_else(|| Self::reading_items(&body)).ok_or(NotAPage)?;
        Ok(Self { body, items, next_link })
    }

    /// Leaves the items out and reads what is around them.
    fn without_reading_items(body: &str) -> Option<(Vec<Range<usize>>, Option<String>)> {
        let (items, around) = cut_out(body, VALUE)?;
        let envelope: Envelope = serde_json::from_str(&around).ok()?;
        // Otherwise that was a `value` of something else than the page.
        is_left_out(&envelope.value).then_some((items, envelope.next_link))
    }

    fn reading_items(body: &str) -> Option<(Vec<Range<usize>>, Option<String>)> {
        let envelope: Envelope = serde_json::from_str(body).ok()?;
        let items = envelope.value.iter().map(|item| range_in(body, item.get())).collect();
        Some((items, envelope.next_link))
    }

    /// The JSON of each item, as it came.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|range| &self.body[range.clone()])
    }

    /// The memory of the page.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.body.into_bytes()
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

/// Where the objects of the array after `key` lie, and what is around them, with something in their place that
/// [`is_left_out`] knows; `None` when there is no such array.
pub(super) fn cut_out(body: &str, key: &str) -> Option<(Vec<Range<usize>>, String)> {
    let after_key = memmem::find(body.as_bytes(), key.as_bytes())? + key.len();
    let start = after_key + body[after_key..].find('[')?;
    let (end, items) = span::elements(body.as_bytes(), start)?;
    Some((items, [&body[..start], "[", LEFT_OUT, "]", &body[end..]].concat()))
}

/// Whether this is the array that [`cut_out`] has taken the objects of, and not one of the same name elsewhere.
pub(super) fn is_left_out(array: &[&RawValue]) -> bool {
    matches!(array, [only] if only.get() == LEFT_OUT)
}

/// Where `part`, which is a part of `body`, lies in it.
pub(super) fn range_in(body: &str, part: &str) -> Range<usize> {
    let from = part.as_ptr().addr() - body.as_ptr().addr();
    from..from + part.len()
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
    fn the_value_of_a_page_is_found_wherever_it_stands() {
        for body in [
            r#"{"@odata.nextLink":"n","value":[{"value":[{}]}]}"#,
            r#"{"other":{"value":[{"a":1}]},"value":[{"value":[{}]}],"@odata.nextLink":"n"}"#,
            r#"{"note":"\"value\":[{}]","value":[{"value":[{}]}],"@odata.nextLink":"n"}"#,
        ] {
            let page = Page::parse(body.as_bytes().to_vec()).unwrap();
            assert_eq!(page.items().collect::<Vec<_>>(), [r#"{"value":[{}]}"#], "{body}");
            assert_eq!(page.next_link.as_deref(), Some("n"), "{body}");
        }
        let page = Page::parse(br#"{"value":[1,null]}"#.to_vec()).unwrap();
        assert_eq!(page.items().collect::<Vec<_>>(), ["1", "null"]);
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
