//! Faults: what a service in trouble does to a request, and which requests it does it to.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::json;

use super::api::{ClaimsChallenge, Refusal};
use super::http::{self, Answer, Request};
use super::world::World;
use super::{clock, entra, graph, server};

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `GET /api/incidents`
    List,
    /// `GET` and `PATCH /api/incidents/{id}`
    Incident,
    /// `GET /v1.0/security/incidents`
    GraphList,
    /// `GET` and `PATCH /v1.0/security/incidents/{id}`
    GraphIncident,
    /// `POST /v1.0/security/incidents/{id}/comments`
    GraphComments,
    /// `GET /v1.0/security/alerts_v2[/{id}]`
    GraphAlerts,
    /// `POST /api/advancedhunting/run`
    Hunt,
    /// `POST /v1.0/security/runHuntingQuery`
    GraphHunt,
    /// `POST /api/machines/{id}/isolate` and `unisolate`
    MachineAct,
    /// `GET /api/machineactions/{id}`
    MachineAction,
    /// The token endpoint.
    Token,
    /// Where a device asks for its code.
    DeviceCode,
    /// The discovery documents.
    Discovery,
    /// The signing keys.
    Keys,
}

impl Place {
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/api/incidents" => Some(Self::List),
            "/v1.0/security/incidents" => Some(Self::GraphList),
            "/api/advancedhunting/run" => Some(Self::Hunt),
            _ if path.starts_with("/v1.0/security/") && path.ends_with("runHuntingQuery") => {
                Some(Self::GraphHunt)
            }
            _ if path.starts_with("/api/machines/") && path.ends_with("isolate") => Some(Self::MachineAct),
            _ if path.starts_with("/api/machineactions/") => Some(Self::MachineAction),
            _ if path.starts_with("/api/incidents/") => Some(Self::Incident),
            _ if path.starts_with("/v1.0/security/incidents/") && path.ends_with("/comments") => {
                Some(Self::GraphComments)
            }
            _ if path.starts_with("/v1.0/security/incidents/") => Some(Self::GraphIncident),
            _ if path.starts_with("/v1.0/security/alerts_v2") => Some(Self::GraphAlerts),
            _ if path.ends_with("/token") => Some(Self::Token),
            _ if path.ends_with("/devicecode") => Some(Self::DeviceCode),
            _ if path.ends_with("/openid-configuration") => Some(Self::Discovery),
            _ if path.ends_with("/keys") => Some(Self::Keys),
            _ => None,
        }
    }
}

/// Which of the requests that reach its place meet the fault, counted from when the fault was injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The next n.
    Next(u32),
    /// Only the n-th, counted from 1.
    Nth(u32),
    /// Every n-th; `Every(1)` is all of them.
    Every(u32),
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429. At the token endpoint with an error of Entra ID's (AADSTS90055), else as `body` says.
    Throttle { retry_after: Option<RetryAfter>, body: ThrottleBody },
    /// 503 with an HTML page, as a gateway answers.
    Unavailable { retry_after: Option<RetryAfter> },
    /// 500 without a body.
    InternalServerError,
    /// The token endpoint's passing error: AADSTS90033, `temporarily_unavailable`. Elsewhere a 503.
    Transient,
    /// An error that nobody has documented: AADSTS99999, `invalid_grant`. At the API, a code of no table.
    UnknownError,
    /// 400 in the words of the engine that runs hunting queries.
    Engine { says: &'static str },
    /// 429: the tenant has used up the engine for now.
    OutOfCpu { retry_after: Option<RetryAfter> },
    /// 403 `Forbidden`, the token being as good as before.
    Forbidden,
    /// 401 `Unauthorized`, the token being as good as before.
    Unauthorized,
    /// 200 with the body of an error.
    ErrorBody,
    /// 200 with a sign-in page of some proxy.
    Html,
    /// 200, well formed HTTP, and JSON cut in the middle.
    TruncatedJson,
    /// The connection ends in the middle of the announced body.
    TruncatedBody,
    /// A body that never ends: the first incident's name goes on and on.
    EndlessBody,
    /// RST instead of an answer. The request has had no effect.
    Reset,
    /// RST instead of an answer, after the request has had its effect.
    AnswerLost,
    /// The request is taken and nothing follows.
    Hang,
    /// The answer takes its time.
    Delay(Duration),
    /// 307 to another place.
    Redirect { location: String },
    /// A good page whose `@odata.nextLink` leads elsewhere.
    ForeignNextLink { url: String },
    /// From this request on the API wants claims.
    PolicyChange(ClaimsChallenge),
}

/// When the client may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    Seconds(u64),
    /// So many seconds from now on the tenant's clock, printed as a date.
    HttpDate(u64),
}

impl RetryAfter {
    /// As the header has it. `now` is in seconds since 1970.
    pub fn print(self, now: i64) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::HttpDate(seconds) => clock::http(now + seconds.cast_signed()),
        }
    }
}

/// Microsoft documents one body for 429 and was seen sending another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrottleBody {
    /// Code `TooManyRequests`.
    Documented,
    /// Code `429` and the quota in the message.
    Captured,
}

/// What becomes of a request that met a fault.
pub enum Outcome {
    Answer(Answer),
    /// Something that an HTTP library would not do, with the answer it is done to.
    Wire(Wire, Option<Answer>),
}

#[derive(Debug, Clone, Copy)]
pub enum Wire {
    Reset,
    Silence,
    Truncate,
    Endless,
}

impl Fault {
    pub fn delay(&self) -> Duration {
        if let Self::Delay(delay) = self { *delay } else { Duration::ZERO }
    }

    pub fn strike(&self, place: Option<Place>, request: &Request, world: &mut World) -> Outcome {
        let at_token = place == Some(Place::Token);
        let at_graph = graph::serves(&request.path);
        let refused = |refusal: Refusal, world: &World| {
            if at_graph { refusal.answer_of_graph(request, world.now()) } else { refusal.answer() }
        };
        let error = |code, status, world: &World| {
            if at_token {
                entra::passing_error(status, world)
            } else {
                refused(Refusal::new(status, code, "A fault of the local tenant."), world)
            }
        };
        let answer = match self {
            Self::Throttle { retry_after, body } => {
                let throttled = if at_token {
                    entra::passing_error(StatusCode::TOO_MANY_REQUESTS, world)
                } else {
                    refused(Refusal::throttled(*body, "50 per 00:01:00"), world)
                };
                come_back(throttled, *retry_after, world)
            }
            Self::Unavailable { retry_after } => {
                let page = "<html><body><h2>Our services aren't available right now</h2></body></html>";
                come_back(http::html(StatusCode::SERVICE_UNAVAILABLE, page.to_owned()), *retry_after, world)
            }
            Self::InternalServerError => http::answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", ""),
            Self::Transient => error("ServiceUnavailable", StatusCode::SERVICE_UNAVAILABLE, world),
            Self::UnknownError if at_token => entra::unknown_error(world),
            Self::UnknownError => error("SomethingNew", StatusCode::BAD_REQUEST, world),
            Self::Engine { says } => {
                refused(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", *says), world)
            }
            Self::OutOfCpu { retry_after } => {
                let says = "You have exceeded processing resources allocated to this tenant. You can run queries \
                    again in 00:12:00.";
                let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", says);
                come_back(refused(refusal, world), *retry_after, world)
            }
            Self::Forbidden => error("Forbidden", StatusCode::FORBIDDEN, world),
            Self::Unauthorized => error("Unauthorized", StatusCode::UNAUTHORIZED, world),
            Self::ErrorBody => error("InternalServerError", StatusCode::OK, world),
            Self::Html => {
                let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Proxy \
                    sign-in</body></html>";
                http::html(StatusCode::OK, page.to_owned())
            }
            Self::TruncatedJson => server::respond(request, world).map(|body| body.slice(..body.len() / 2)),
            Self::Redirect { location } => http::redirect(StatusCode::TEMPORARY_REDIRECT, location),
            Self::ForeignNextLink { url } => with_next_link(server::respond(request, world), url),
            Self::PolicyChange(challenge) => {
                world.options.claims_challenge = Some(challenge.clone());
                server::respond(request, world)
            }
            Self::Delay(_) => server::respond(request, world),
            Self::TruncatedBody => {
                return Outcome::Wire(Wire::Truncate, Some(server::respond(request, world)));
            }
            Self::EndlessBody => {
                let start = r#"{"token_type":"Bearer","value":[{"incidentId":1,"incidentName":""#;
                let endless = http::answer(StatusCode::OK, "application/json; charset=utf-8", start);
                return Outcome::Wire(Wire::Endless, Some(endless));
            }
            Self::Reset => return Outcome::Wire(Wire::Reset, None),
            Self::AnswerLost => {
                server::respond(request, world);
                return Outcome::Wire(Wire::Reset, None);
            }
            Self::Hang => return Outcome::Wire(Wire::Silence, None),
        };
        Outcome::Answer(answer)
    }
}

/// Tells the client when to come back.
fn come_back(mut answer: Answer, retry_after: Option<RetryAfter>, world: &World) -> Answer {
    if let Some(retry_after) = retry_after {
        http::set(&mut answer, "retry-after", &retry_after.print(world.now()));
    }
    answer
}

fn with_next_link(page: Answer, url: &str) -> Answer {
    page.map(|body| {
        let open = body.strip_suffix(b"}").unwrap_or(&body);
        [open, format!(",\"@odata.nextLink\":{}}}", json!(url)).as_bytes()].concat().into()
    })
}

/// The faults that wait for their requests.
#[derive(Default)]
pub struct Faults(Vec<Rule>);

struct Rule {
    place: Place,
    when: When,
    fault: Fault,
    met: u32,
}

impl Faults {
    pub fn add(&mut self, place: Place, when: When, fault: Fault) {
        self.0.push(Rule { place, when, fault, met: 0 });
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a request for every rule of its place; the first rule whose turn it is decides.
    pub fn meet(&mut self, place: Place) -> Option<Fault> {
        let mut struck = None;
        for rule in self.0.iter_mut().filter(|rule| rule.place == place) {
            // A queue of `Next` faults is met one after the other, so one that waits does not count yet.
            if struck.is_some() && matches!(rule.when, When::Next(_)) {
                continue;
            }
            rule.met += 1;
            let turn = match rule.when {
                When::Next(count) => rule.met <= count,
                When::Nth(which) => rule.met == which,
                When::Every(step) => rule.met.is_multiple_of(step.max(1)),
            };
            if turn && struck.is_none() {
                struck = Some(rule.fault.clone());
            }
        }
        struck
    }
}
