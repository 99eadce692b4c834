//! Advanced hunting through Defender, and in the same form through Defender for Endpoint (Microsoft: "Advanced hunting
//! API").

use hyper::{Method, StatusCode};

use super::super::api::bearer::{self, Needs};
use super::super::api::body::Body;
use super::super::api::quota::{self, Kind};
use super::super::api::{Refusal, odata};
use super::super::directory::DEFENDER;
use super::super::http::{Answer, Request};
use super::super::hunting::{self, Failure, Hunt, Style};
use super::super::options::Role;
use super::super::world::World;

const NEEDS: Needs = Needs {
    resource: &DEFENDER,
    delegated: &["AdvancedHunting.Read"],
    application: &["AdvancedHunting.Read.All"],
    role: Role::Reader,
};

pub fn run(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    run_for(&NEEDS, request, world)
}

/// The same for whoever has what is needed.
pub fn run_for(needs: &Needs, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::method(request, "POST"));
    }
    bearer::check(request, world, needs)?;
    quota::check(Kind::Hunt, world)?;
    let body = Body::read(request, &["Query"], |why| {
        let code = if why.contains("'query'") { "MissingRequiredParameter" } else { "InvalidRequestBody" };
        Refusal::new(StatusCode::BAD_REQUEST, code, why)
    })?;
    let missing = || {
        let message = "The required parameter 'Query' is missing.";
        Refusal::new(StatusCode::BAD_REQUEST, "MissingRequiredParameter", message)
    };
    let query = body.text("Query")?.filter(|query| !query.trim().is_empty()).ok_or_else(missing)?;
    world.hunting.hunts.push(Hunt { path: request.path.clone(), query: query.to_owned(), timespan: None });
    let result = hunting::run(query, None, Style::Defender, world).map_err(|failure| {
        let message = match failure {
            Failure::Query(why) => why,
            Failure::TooLarge => {
                "Query execution has exceeded the allowed result size. Optimize your query by \
                limiting the number of results and try again"
                    .to_owned()
            }
        };
        Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    })?;
    Ok(odata(StatusCode::OK, result))
}
