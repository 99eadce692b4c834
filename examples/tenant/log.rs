//! The record of requests: what a test needs to know about what the program sent, and nothing secret of it.

use super::http::Request;

/// One request that arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Counts from 1 since the tenant started.
    pub number: usize,
    /// Which TCP connection brought it, counted from 1.
    pub connection: usize,
    pub method: String,
    pub path: String,
    /// Still percent-encoded, without the question mark.
    pub query: String,
    pub authorization_present: bool,
    pub user_agent: Option<String>,
    /// The body of a request that is JSON, as it came.
    pub body: Option<String>,
    /// Names of the form's fields, in their order.
    pub form_names: Vec<String>,
    /// Value of `claims`, in the query or the form.
    pub claims: Option<String>,
    /// Value of the form's `grant_type`.
    pub grant_type: Option<String>,
    /// Absent while there is no answer yet, and for good when a fault leaves the request without one.
    pub status: Option<u16>,
    /// The tenant has decided what to answer, if anything.
    pub settled: bool,
    /// Name of the fault that it met, as `--fault` spells it.
    pub fault: Option<&'static str>,
}

impl Recorded {
    pub fn new(number: usize, connection: usize, request: &Request) -> Self {
        let form = request.form();
        Self {
            number,
            connection,
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            authorization_present: request.header("authorization").is_some(),
            user_agent: request.header("user-agent").map(str::to_owned),
            body: request.json().map(str::to_owned),
            form_names: form.iter().flat_map(|form| form.iter()).map(|(name, _)| name.to_owned()).collect(),
            claims: form.as_ref().unwrap_or(&request.query()).get("claims").map(str::to_owned),
            grant_type: form.as_ref().and_then(|form| form.get("grant_type")).map(str::to_owned),
            status: None,
            settled: false,
            fault: None,
        }
    }

    pub fn is_list(&self) -> bool {
        self.path == "/api/incidents"
    }

    pub fn is_graph_list(&self) -> bool {
        self.path == "/v1.0/security/incidents"
    }

    pub fn is_alerts(&self) -> bool {
        self.path.starts_with("/v1.0/security/alerts_v2")
    }

    pub fn is_token(&self) -> bool {
        self.path.ends_with("/oauth2/v2.0/token")
    }

    pub fn is_authorize(&self) -> bool {
        self.path.ends_with("/oauth2/v2.0/authorize")
    }

    /// A device asks whether its code was entered.
    pub fn is_poll(&self) -> bool {
        self.is_token() && self.grant_type.as_deref() == Some("urn:ietf:params:oauth:grant-type:device_code")
    }

    pub fn is_refresh(&self) -> bool {
        self.is_token() && self.grant_type.as_deref() == Some("refresh_token")
    }
}
