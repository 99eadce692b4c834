//! One request as the services see it, and the answers they give.

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use hyper::{Method, Response, StatusCode};
use url::form_urlencoded;

pub type Answer = Response<Bytes>;

const LARGEST_BODY: usize = 4 << 20;

/// A request that has arrived whole.
pub struct Request {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    /// # Errors
    /// When the body breaks off or is larger than any request of this protocol.
    pub async fn read(request: hyper::Request<Incoming>) -> anyhow::Result<Self> {
        let (head, body) = request.into_parts();
        let body =
            Limited::new(body, LARGEST_BODY).collect().await.map_err(anyhow::Error::from_boxed)?.to_bytes();
        Ok(Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
        })
    }

    /// The body, if the request says that it is JSON.
    pub fn json(&self) -> Option<&str> {
        let content_type = self.header("content-type")?.split(';').next()?.trim();
        let body = content_type.eq_ignore_ascii_case("application/json").then_some(&self.body)?;
        std::str::from_utf8(body).ok()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn query(&self) -> Parameters {
        Parameters::parse(self.query.as_bytes())
    }

    /// The form in the body, if the request says that it is one.
    pub fn form(&self) -> Option<Parameters> {
        let content_type = self.header("content-type")?.split(';').next()?.trim();
        content_type
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
            .then(|| Parameters::parse(&self.body))
    }
}

/// Decoded `name=value` pairs in the order they came.
#[derive(Debug, Clone)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value, unless it is absent or empty: Entra ID treats both alike.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(each, value)| *each == name && !value.is_empty()).map(|(_, value)| value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A name that occurs twice (RFC 6749, section 3.1: it must not).
    pub fn repeated(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }
}

pub fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

pub fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    answer(status, "application/json; charset=utf-8", value.to_string())
}

/// A page that no browser keeps, since the next thing on it may be a code.
pub fn html(status: StatusCode, page: String) -> Answer {
    let mut answer = answer(status, "text/html; charset=utf-8", page);
    set(&mut answer, "cache-control", "no-store, no-cache");
    set(&mut answer, "pragma", "no-cache");
    answer
}

pub fn redirect(status: StatusCode, location: &str) -> Answer {
    let mut answer = html(status, String::new());
    set(&mut answer, LOCATION.as_str(), location);
    answer
}

/// Adds a line to a header that may have several.
pub fn append(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().append(name, value);
    }
}

/// Sets a header whose value was made here; one that cannot be a header value is left out.
pub fn set(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
