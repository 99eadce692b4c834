//! How faults are spelled on the command line and in the record of requests: a name, and for those that need
//! something to be complete, a usual choice of it.

use std::mem::discriminant;
use std::str::FromStr;
use std::time::Duration;

use serde_json::json;

use super::api::{ClaimsChallenge, Wants};
use super::fault::{Fault, Place, RetryAfter, ThrottleBody, When};

type Spelled = (&'static str, fn() -> Fault);

/// The first entry of each fault is the name it is recorded by.
const SPELLINGS: &[Spelled] = &[
    ("throttle", || Fault::Throttle {
        retry_after: Some(RetryAfter::Seconds(2)),
        body: ThrottleBody::Documented,
    }),
    ("throttle-date", || Fault::Throttle {
        retry_after: Some(RetryAfter::HttpDate(2)),
        body: ThrottleBody::Captured,
    }),
    ("throttle-silent", || Fault::Throttle { retry_after: None, body: ThrottleBody::Captured }),
    ("unavailable", || Fault::Unavailable { retry_after: None }),
    ("internal-server-error", || Fault::InternalServerError),
    ("transient", || Fault::Transient),
    ("unknown-error", || Fault::UnknownError),
    ("engine", || Fault::Engine { says: "Query exceeded the timeout period." }),
    ("out-of-cpu", || Fault::OutOfCpu { retry_after: Some(RetryAfter::Seconds(720)) }),
    ("forbidden", || Fault::Forbidden),
    ("unauthorized", || Fault::Unauthorized),
    ("error-body", || Fault::ErrorBody),
    ("html", || Fault::Html),
    ("truncated-json", || Fault::TruncatedJson),
    ("truncated-body", || Fault::TruncatedBody),
    ("endless-body", || Fault::EndlessBody),
    ("reset", || Fault::Reset),
    ("answer-lost", || Fault::AnswerLost),
    ("hang", || Fault::Hang),
    ("delay", || Fault::Delay(Duration::from_secs(2))),
    ("redirect", || Fault::Redirect { location: "https://elsewhere.example/api/incidents".to_owned() }),
    ("foreign-next-link", || Fault::ForeignNextLink {
        url: "https://elsewhere.example/api/incidents?$skip=100".to_owned(),
    }),
    ("empty-page", || Fault::EmptyPage),
    ("repeated-page", || Fault::RepeatedPage),
    ("shrunk-page", || Fault::ShrunkPage),
    ("undocumented-values", || Fault::UndocumentedValues),
    ("words", || Fault::Words {
        status: 400,
        body: json!({"error": "invalid_grant", "suberror": 7, "error_description": ["odd"]}),
    }),
    ("nocontent", || Fault::NoContent),
    ("amended", || Fault::Amended(json!({"refresh_token": ""}))),
    ("echo", || Fault::Echo),
    ("policy-change", || Fault::PolicyChange(ClaimsChallenge::new(Wants::Context("c1")))),
];

impl Fault {
    /// All of them.
    pub fn names() -> Vec<&'static str> {
        SPELLINGS.iter().map(|(spelling, _)| *spelling).collect()
    }

    pub fn name(&self) -> &'static str {
        let same = |(_, make): &&Spelled| discriminant(&make()) == discriminant(self);
        SPELLINGS.iter().find(same).map_or("fault", |(name, _)| name)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = SPELLINGS.iter().find(|(spelling, _)| *spelling == name);
        known.map(|(_, make)| make()).ok_or_else(|| format!("known are {}", Self::names().join(", ")))
    }
}

const PLACES: &[(&str, Place)] = &[
    ("list", Place::List),
    ("incident", Place::Incident),
    ("graph-list", Place::GraphList),
    ("graph-incident", Place::GraphIncident),
    ("graph-comments", Place::GraphComments),
    ("graph-alerts", Place::GraphAlerts),
    ("hunt", Place::Hunt),
    ("graph-hunt", Place::GraphHunt),
    ("machines", Place::Machines),
    ("isolate", Place::MachineAct),
    ("action", Place::MachineAction),
    ("token", Place::Token),
];

impl Place {
    /// Those that a command line can name.
    pub fn names() -> Vec<&'static str> {
        PLACES.iter().map(|(name, _)| *name).collect()
    }
}

/// `KIND` or `KIND:K`: every request, or every K-th, for a list of incidents of Defender's or with `@PLACE` for
/// something else.
#[derive(Debug, Clone)]
pub struct Recurring {
    pub place: Place,
    pub fault: Fault,
    pub when: When,
}

impl FromStr for Recurring {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, place) = text.split_once('@').unwrap_or((text, "list"));
        let place = PLACES
            .iter()
            .find(|(name, _)| *name == place)
            .ok_or_else(|| format!("the places are {}", Place::names().join(", ")))?
            .1;
        let (kind, step) = text.split_once(':').unwrap_or((text, "1"));
        let step = step
            .parse()
            .ok()
            .filter(|step| *step > 0)
            .ok_or_else(|| format!("'{step}' is not a positive number"))?;
        Ok(Self { place, fault: kind.parse()?, when: When::Every(step) })
    }
}
