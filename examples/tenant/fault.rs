//! Faults: what a service in trouble does to a request, and which requests it does it to.

use std::time::Duration;

use serde_json::Value;

use super::api::ClaimsChallenge;
use super::clock;
use super::http::Answer;

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
    /// `GET /api/machines`
    Machines,
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
            "/api/machines" => Some(Self::Machines),
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
    /// A good page whose `@odata.nextLink` leads elsewhere: to another host, or back to a page before.
    ForeignNextLink { url: String },
    /// A page with nothing on it, and with a link to what should have been there.
    EmptyPage,
    /// What was on the page before is on this one, and the link leads on.
    RepeatedPage,
    /// Every other item is missing, and the link leads on.
    ShrunkPage,
    /// Severities that no documentation lists.
    UndocumentedValues,
    /// An answer in these very words, said to be JSON.
    Words { status: u16, body: Value },
    /// An answer in these very bytes under these headers, said to be JSON.
    Bytes { status: u16, headers: Vec<(&'static str, &'static str)>, body: Vec<u8> },
    /// The request has its effect, and the answer is 204 without a word of it.
    NoContent,
    /// The good answer, in which some fields are others.
    Amended(Value),
    /// A refusal that repeats in each of its fields what the request kept secret.
    Echo,
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
