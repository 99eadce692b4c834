//! An API that is no more. What Microsoft's will answer then is not known, so there are several ways.

use hyper::StatusCode;
use serde_json::json;

use super::graph;
use super::http::{self, Answer};

/// What can be retired by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// All of Defender's but hunting.
    Defender,
    /// `/api/advancedhunting/run` and `/api/advancedqueries/run`
    DefenderHunting,
    Graph,
    /// Machines and what is done to them.
    Endpoint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retirement {
    /// 404 with the page of a gateway.
    NotFound,
    /// 410 without a body.
    Gone,
    /// 403 with a code that no table lists.
    Forbidden,
}

impl Api {
    pub fn of(path: &str) -> Option<Self> {
        let resource = path.strip_prefix("/api/").map(|rest| rest.split('/').next().unwrap_or_default());
        match resource {
            Some("advancedhunting" | "advancedqueries") => Some(Self::DefenderHunting),
            Some("machines" | "machineactions") => Some(Self::Endpoint),
            Some(_) => Some(Self::Defender),
            None => graph::serves(path).then_some(Self::Graph),
        }
    }
}

impl Retirement {
    pub fn answer(self) -> Answer {
        match self {
            Self::NotFound => {
                let page = "<html><body><h1>404 - File or directory not found.</h1></body></html>";
                http::html(StatusCode::NOT_FOUND, page.to_owned())
            }
            Self::Gone => http::answer(StatusCode::GONE, "text/plain", ""),
            Self::Forbidden => {
                let error = json!({"code": "EndpointRetired", "message": "This endpoint has been retired."});
                http::json(StatusCode::FORBIDDEN, &json!({ "error": error }))
            }
        }
    }
}
