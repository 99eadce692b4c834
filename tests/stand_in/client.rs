//! A plain HTTP client with a token of the tenant's.

use reqwest::Method;
use serde_json::Value;

use crate::tenant::Tenant;
use crate::tenant::directory::Resource;

pub struct Client<'a> {
    pub tenant: &'a Tenant,
    pub token: String,
    headers: Vec<(&'static str, String)>,
}

/// An answer, with the body as JSON, which is null when it is none, or megabytes of it.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub raw: Vec<u8>,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl<'a> Client<'a> {
    /// With a token for everything that is consented to.
    pub fn of(tenant: &'a Tenant, resource: &Resource) -> Self {
        let token = tenant.issue_token_for(resource, |_| ());
        Self { tenant, token, headers: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body))
    }

    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body))
    }

    /// `path` is one of the tenant's, or a whole URL.
    pub fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let url =
            if path.starts_with('/') { format!("{}{path}", self.tenant.api_url()) } else { path.to_owned() };
        run(async {
            let mut request = reqwest::Client::new().request(method, url).bearer_auth(&self.token);
            for (name, value) in &self.headers {
                request = request.header(*name, value);
            }
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            reply(request).await
        })
    }
}

/// Sends a form, as to the token endpoint.
pub fn form(url: &str, fields: &[(&str, &str)]) -> Reply {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let body = body.finish();
    run(async {
        let request = reqwest::Client::new().post(url).body(body);
        reply(request.header("content-type", "application/x-www-form-urlencoded")).await
    })
}

async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let raw = response.bytes().await.expect("a body").to_vec();
    let body =
        if raw.len() < 1 << 20 { serde_json::from_slice(&raw).unwrap_or_default() } else { Value::Null };
    Reply { status, raw, headers, body }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

impl Reply {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn succeeds(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// The error of an answer that must have this status and code.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{self:?}");
        self.body["error"].clone()
    }
}

/// The list in an answer.
pub fn items(body: &Value) -> &[Value] {
    body["value"].as_array().expect("a list")
}
