//! A request of a service: what is sent, and whether sending it twice is the same as sending it once.

use reqwest::Method;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
};
use serde_json::Value;
use url::Url;

/// A request, as it is sent with each attempt.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    only_reads: bool,
}

impl Request {
    /// A request with `method` that wants JSON.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self { only_reads: method.is_safe(), method, url, headers, body: None }
    }

    /// A GET.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// The same to another address.
    #[must_use]
    pub fn to(mut self, url: Url) -> Self {
        self.url = url;
        self
    }

    /// The same with a header, in place of another of that name.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string().into_bytes(), HeaderValue::from_static("application/json; charset=utf-8"))
    }

    /// The same with a body of any type.
    #[must_use]
    pub fn bytes(mut self, body: Vec<u8>, content_type: HeaderValue) -> Self {
        self.body = Some(body);
        self.with(CONTENT_TYPE, content_type)
    }

    /// The same request, which changes nothing whatever its method says: a query in the body of a POST.
    #[must_use]
    pub fn only_reads(mut self) -> Self {
        self.only_reads = true;
        self
    }

    /// Whether it may be repeated when nobody knows what has become of it (RFC 9110 section 9.2.1).
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.only_reads
    }

    /// Whether a web page may be the answer, and is not what some proxy puts in its place.
    #[must_use]
    pub fn wants_html(&self) -> bool {
        let accept = self.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.to_ascii_lowercase().contains("text/html"))
    }

    /// Whether "not modified" is an answer to it (RFC 9110 section 13.1).
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.headers.contains_key(IF_NONE_MATCH) || self.headers.contains_key(IF_MODIFIED_SINCE)
    }

    /// Its method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Where it goes.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Its headers; the access token is added when it is sent.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What it carries.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }
}
