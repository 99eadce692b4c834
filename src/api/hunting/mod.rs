//! Advanced hunting: a query in KQL, through either service, and the table that it gives.
//!
//! Defender: <https://learn.microsoft.com/defender-xdr/api-advanced-hunting>, until [`super::defender::HUNTING_ENDS`].
//! Graph: <https://learn.microsoft.com/graph/api/security-security-runhuntingquery>.

mod answer;
mod columns;
mod kql;
mod now;
mod parameter;
mod reserved;
mod row;
mod rowwise;
mod slices;
mod ticks;
mod timespan;
mod used_up;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Bearer, Client, Error, Request, ServiceError};
use crate::token::Service;

pub use answer::{Answer, NotAResult, Statistics};
pub use columns::{Columns, ResultColumn};
pub use parameter::{NotAParameter, Parameter};
pub use row::{Cell, NotARow};
pub use rowwise::{NotRowByRow, RowByRow};
pub use slices::{Slice, Slices};
pub use ticks::Ticks;
pub use timespan::{NotATimespan, Timespan};
pub use used_up::UsedUp;

/// The most rows that either service gives. So many are a result that may have been cut off.
pub const MOST_ROWS: usize = 100_000;

/// The most bytes of a result: 50 MB through Graph
/// (<https://learn.microsoft.com/graph/api/resources/security-api-overview>), 124 MB through Defender
/// (<https://learn.microsoft.com/defender-endpoint/api/run-advanced-query-api>). So many may have been cut off as well.
#[must_use]
pub fn most_bytes(service: Service) -> usize {
    if service == Service::Graph { 50_000_000 } else { 124_000_000 }
}

/// What time a query is most likely about: the last 30 days, unless `timespan` says otherwise.
#[must_use]
pub fn bounds(timespan: Option<&Timespan>, now: Timestamp) -> (Ticks, Ticks) {
    let now = Ticks::from(now);
    match timespan {
        Some(Timespan::Since(from)) => ((*from).into(), now),
        Some(Timespan::Between(from, to)) => ((*from).into(), (*to).into()),
        Some(Timespan::Last(_)) | None => (now.plus(-30 * Ticks::DAY), now),
    }
}

/// A query as it is sent.
#[derive(Debug, Clone)]
pub struct Query {
    /// The KQL, word for word.
    pub kql: String,
    /// What time the query is about, besides what it says itself. Defender knows no such thing.
    pub timespan: Option<Timespan>,
}

impl Query {
    /// A query in which `parameters` have their values: a statement a line for each, before `kql` as it is.
    ///
    /// # Errors
    /// [`NotAParameter::Twice`].
    pub fn new(
        kql: &str,
        parameters: &[Parameter],
        timespan: Option<Timespan>,
    ) -> Result<Self, NotAParameter> {
        let twice = |(index, parameter): &(usize, &Parameter)| {
            parameters[..*index].iter().any(|earlier| earlier.name() == parameter.name())
        };
        if let Some((_, parameter)) = parameters.iter().enumerate().find(twice) {
            return Err(NotAParameter::Twice(parameter.name().to_owned()));
        }
        let statements = parameters.iter().map(|parameter| format!("{parameter}\n"));
        Ok(Self { kql: statements.chain([kql.to_owned()]).collect(), timespan })
    }

    /// Asks `service`, whose `client` this is. Nothing changes by it, so it is asked again when the service fails.
    ///
    /// # Errors
    /// See [`Error`]. What is wrong with the query itself is [`Error::Refused`].
    pub async fn run<B: Bearer>(&self, client: &Client<'_, B>, service: Service) -> Result<Answer, Error> {
        let path = match service {
            Service::Graph => "v1.0/security/runHuntingQuery",
            Service::Defender | Service::Endpoint => "api/advancedhunting/run",
        };
        let mut body = Map::from_iter([("Query".to_owned(), Value::from(self.kql.as_str()))]);
        if let (Service::Graph, Some(timespan)) = (service, &self.timespan) {
            body.insert("Timespan".to_owned(), Value::from(timespan.to_string()));
        }
        let request =
            Request::new(reqwest::Method::POST, client.url(path)).json(&Value::from(body)).only_reads();
        let read = |body| match Answer::parse(body) {
            Err(NotAResult::CutOff) => Err(()),
            // Each time costs a query of the quota.
            outcome => Ok(outcome),
        };
        let outcome = client.send(&request, read).await?;
        outcome.map_err(|_| client.not_the_api("JSON that is no result of a query"))
    }
}

/// Whether the service says that the query costs more than a query may: three minutes, or too much of everything else.
/// (<https://learn.microsoft.com/defender-xdr/advanced-hunting-errors>)
#[must_use]
pub fn is_too_costly(refusal: &ServiceError) -> bool {
    let message = refusal.message.to_ascii_lowercase();
    message.contains("exceeded the timeout period") || message.contains("excessive resource consumption")
}

/// Whether the service says that it knows no such table, which it also says of one that is out of bounds.
#[must_use]
pub fn is_unknown_table(refusal: &ServiceError) -> bool {
    let message = refusal.message.to_ascii_lowercase();
    message.contains("failed to resolve table")
}

/// Whether the service says that it knows no such column.
#[must_use]
pub fn is_unknown_column(refusal: &ServiceError) -> bool {
    let message = refusal.message.to_ascii_lowercase();
    message.contains("failed to resolve scalar expression") || message.contains("failed to resolve column")
}

/// Whether the service says that the query is not at fault.
/// (<https://learn.microsoft.com/defender-xdr/advanced-hunting-errors>)
#[must_use]
pub fn is_passing(refusal: &ServiceError) -> bool {
    refusal.message.to_ascii_lowercase().contains("try again in a few minutes")
}

/// Whether the service says that the result is larger than it may be: 50 MB through Graph, 124 MB through Defender.
/// Its code is that of any other refusal.
/// (<https://learn.microsoft.com/defender-xdr/advanced-hunting-errors>)
#[must_use]
pub fn is_too_large(refusal: &ServiceError) -> bool {
    let message = refusal.message.to_ascii_lowercase();
    message.contains("result size limit exceeded") || message.contains("exceeded the allowed result size")
}
