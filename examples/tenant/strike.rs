//! What each fault does to a request.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::api::Refusal;
use super::fault::{Fault, Outcome, Place, RetryAfter, ThrottleBody, Wire};
use super::http::{self, Answer, Request};
use super::world::World;
use super::{entra, graph, page, server};

impl Fault {
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
            Self::ForeignNextLink { url } => page::with_link(&server::respond(request, world), url),
            Self::EmptyPage => {
                let link = page::again(request, world);
                page::emptied(&server::respond(request, world), &link)
            }
            Self::RepeatedPage => {
                let before = world.last_page.clone();
                page::repeating(&server::respond(request, world), before.as_ref())
            }
            Self::ShrunkPage => page::shrunk(&server::respond(request, world)),
            Self::UndocumentedValues => page::undocumented(&server::respond(request, world)),
            Self::PolicyChange(challenge) => {
                world.options.claims_challenge = Some(challenge.clone());
                server::respond(request, world)
            }
            Self::Delay(_) => server::respond(request, world),
            Self::Words { status, body } => {
                http::json(StatusCode::from_u16(*status).expect("a status"), body)
            }
            Self::Bytes { status, headers, body } => {
                let status = StatusCode::from_u16(*status).expect("a status");
                let mut answer = http::answer(status, "application/json; charset=utf-8", body.clone());
                headers.iter().for_each(|(name, value)| http::set(&mut answer, name, value));
                answer
            }
            Self::NoContent => {
                let mut answer = server::respond(request, world).map(|_| "".into());
                if answer.status().is_success() {
                    *answer.status_mut() = StatusCode::NO_CONTENT;
                }
                answer.headers_mut().remove("content-type");
                answer
            }
            Self::Amended(fields) => amended(server::respond(request, world), fields),
            Self::Echo => echo(request, at_token || place == Some(Place::DeviceCode)),
            Self::TruncatedBody => {
                return Outcome::Wire(Wire::Truncate, Some(server::respond(request, world)));
            }
            Self::EndlessBody => {
                let start = match place {
                    Some(Place::Hunt) => r#"{"Schema":[{"Name":"A","Type":"String"}],"Results":[{"A":""#,
                    Some(Place::GraphHunt) => r#"{"schema":[{"name":"A","type":"String"}],"results":[{"A":""#,
                    _ if at_graph => r#"{"value":[{"id":"1","displayName":""#,
                    _ => r#"{"token_type":"Bearer","value":[{"incidentId":1,"incidentName":""#,
                };
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

fn amended(answer: Answer, fields: &Value) -> Answer {
    let mut whole: Value = serde_json::from_slice(answer.body()).expect("JSON");
    for (name, value) in fields.as_object().expect("fields") {
        whole[name] = value.clone();
    }
    answer.map(|_| whole.to_string().into())
}

fn echo(request: &Request, is_of_oauth: bool) -> Answer {
    if !is_of_oauth {
        let all = request.header("authorization").unwrap_or_default();
        let details = json!({"code": all, "message": format!("not \u{201c}{all}\u{201d}"), "target": all});
        return http::json(StatusCode::BAD_REQUEST, &json!({"error": details}));
    }
    let secrets = ["code", "code_verifier", "refresh_token", "device_code"];
    let form = request.form().expect("a form");
    let all: Vec<_> = secrets.iter().filter_map(|name| form.get(name)).collect();
    let (all, encoded) = (all.join("; "), String::from_utf8_lossy(&request.body).into_owned());
    let body = json!({
        "error": "invalid_grant", "error_description": format!("AADSTS9002313: {encoded}, {all}"), "suberror": all,
        "trace_id": all, "correlation_id": all, "timestamp": all,
        "claims": json!({"access_token": {"acrs": {"value": all}}}).to_string(),
    });
    http::json(StatusCode::BAD_REQUEST, &body)
}
