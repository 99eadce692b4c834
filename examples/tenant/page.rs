//! A page of a list, taken apart and put together in wrong ways.

use hyper::body::Bytes;
use serde_json::json;
use serde_json::value::RawValue;

use super::api::query::Query;
use super::graph;
use super::http::{Answer, Request};
use super::world::World;

const VALUE: &[u8] = b"\"value\":[";
const LINK: &[u8] = b"],\"@odata.nextLink\":";

/// What is before the items, the items, and what is after them.
fn parts(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let items = memchr::memmem::find(body, VALUE)? + VALUE.len();
    let end = memchr::memmem::rfind(body, LINK).unwrap_or(body.len().checked_sub(2)?);
    Some((body.get(..items)?, body.get(items..end)?, body.get(end..)?))
}

/// The page with the items of another, whose body is given.
pub fn repeating(answer: &Answer, other: Option<&Bytes>) -> Answer {
    let items = other.and_then(|other| parts(other)).map_or(&b""[..], |(_, items, _)| items);
    rebuilt(answer, |(before, _, after)| [before, items, after].concat())
}

/// The page without an item, and a link.
pub fn emptied(answer: &Answer, url: &str) -> Answer {
    with_link(&repeating(answer, None), url)
}

/// The page with another link, or with one.
pub fn with_link(answer: &Answer, url: &str) -> Answer {
    rebuilt(answer, |(before, items, _)| {
        let link = json!(url).to_string();
        [before, items, LINK, link.as_bytes(), b"}"].concat()
    })
}

/// Every other item.
pub fn shrunk(answer: &Answer) -> Answer {
    rebuilt(answer, |(before, items, after)| {
        let all = [b"[", items, b"]"].concat();
        let all: Vec<Box<RawValue>> = serde_json::from_slice(&all).expect("a page is JSON");
        let kept: Vec<&str> = all.iter().step_by(2).map(|item| item.get()).collect();
        [before, kept.join(",").as_bytes(), after].concat()
    })
}

/// `High` and `high` become words of no documentation.
pub fn undocumented(answer: &Answer) -> Answer {
    let text = String::from_utf8_lossy(answer.body());
    let changed = text
        .replace("\"severity\":\"High\"", "\"severity\":\"Catastrophic\"")
        .replace("\"severity\":\"high\"", "\"severity\":\"catastrophic\"");
    answer.clone().map(|_| changed.into())
}

fn rebuilt(answer: &Answer, rebuild: impl FnOnce((&[u8], &[u8], &[u8])) -> Vec<u8>) -> Answer {
    match parts(answer.body()) {
        Some(parts) => answer.clone().map(|_| rebuild(parts).into()),
        None => answer.clone(),
    }
}

/// A link to what this request asks for that does not read like it.
pub fn again(request: &Request, world: &World) -> String {
    let path = format!("{}{}", world.base_url(), request.path);
    if graph::serves(&request.path) {
        format!("{path}?$skiptoken={}", Query::reworded(&request.query()))
    } else {
        format!("{path}?{}&again=1", request.query)
    }
}
