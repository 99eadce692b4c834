//! Advanced hunting through Graph (Microsoft: "security: runHuntingQuery", v1.0).

use hyper::{Method, StatusCode};

use super::super::api::Refusal;
use super::super::api::bearer::Needs;
use super::super::api::body::Body;
use super::super::api::quota::{self, Kind};
use super::super::directory::GRAPH;
use super::super::http::{Answer, Request};
use super::super::hunting::{self, Failure, Hunt, Range, Style};
use super::super::options::Role;
use super::super::store::ticks::TICKS;
use super::super::world::World;
use super::{answer, caller};

const NEEDS: Needs = Needs {
    resource: &GRAPH,
    delegated: &["ThreatHunting.Read.All"],
    application: &["ThreatHunting.Read.All"],
    role: Role::Reader,
};

/// The documentation writes the parameters with capitals, the schema without.
const PARAMETERS: [&str; 4] = ["Query", "query", "Timespan", "timespan"];

pub fn run(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::method(request, "POST"));
    }
    caller(request, world, &NEEDS)?;
    quota::check(Kind::Hunt, world)?;
    let body = Body::read(request, &PARAMETERS, bad_request)?;
    let either = |capital, small| Ok(body.optional(capital)?.or(body.optional(small)?).flatten());
    let query = either("Query", "query")?.filter(|query| !query.trim().is_empty());
    let query = query.ok_or_else(|| bad_request("The parameter 'Query' is missing.".to_owned()))?;
    let timespan = either("Timespan", "timespan")?;
    world.hunting.hunts.push(Hunt {
        path: request.path.clone(),
        query: query.to_owned(),
        timespan: timespan.map(str::to_owned),
    });
    let now = world.now() * TICKS;
    let range = timespan.map(|text| {
        let invalid = || bad_request(format!("The timespan '{text}' is not of ISO 8601."));
        Range::of_timespan(text, now).ok_or_else(invalid)
    });
    let result =
        hunting::run(query, range.transpose()?, Style::Graph, world).map_err(|failure| match failure {
            Failure::Query(why) => bad_request(why),
            Failure::TooLarge => bad_request("Result size limit exceeded.".to_owned()),
        })?;
    Ok(answer(StatusCode::OK, result))
}

fn bad_request(why: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", why)
}
