//! Who may call: a token of this tenant, for this API, valid now, with one of the permissions that reading incidents
//! needs.

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::super::directory::{self, DEFENDER};
use super::super::entra::tokens::{issuer_v1, issuer_v2};
use super::super::http::Request;
use super::super::world::World;
use super::Refusal;

const DELEGATED: [&str; 2] = ["Incident.Read", "Incident.ReadWrite"];
const APPLICATION: [&str; 2] = ["Incident.Read.All", "Incident.ReadWrite.All"];

/// 401 for a token that is not good here or lacks claims that a policy wants, 403 for one that is good but may not do this.
pub fn check(request: &Request, world: &World) -> Result<(), Refusal> {
    let claims = authenticate(request, world)
        .map_err(|why| Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", why.to_string()))?;
    if let Some(challenge) = &world.options.claims_challenge {
        challenge.check(&claims, world)?;
    }
    if may_read(&claims) {
        return Ok(());
    }
    let message = format!(
        "Missing delegated permission: one of {}, or application permission: one of {}.",
        DELEGATED.join(", "),
        APPLICATION.join(", ")
    );
    Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", message))
}

fn authenticate(request: &Request, world: &World) -> anyhow::Result<Map<String, Value>> {
    let header = request.header("authorization").unwrap_or_default();
    let (scheme, token) = header.split_once(' ').unwrap_or_default();
    anyhow::ensure!(scheme.eq_ignore_ascii_case("bearer") && !token.is_empty(), "No bearer token.");
    let claims = world.entra.read_access_token(token)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let tenant = text("tid");
    let issuers = [issuer_v1(tenant), issuer_v2(world, tenant)];
    anyhow::ensure!(DEFENDER.is(text("aud")), "The audience is not this API.");
    anyhow::ensure!(issuers.iter().any(|issuer| issuer == text("iss")), "The issuer is not trusted.");
    anyhow::ensure!(directory::tenant(tenant).is_some(), "The token is of another tenant.");
    anyhow::ensure!(number("exp").is_some_and(|exp| world.now() < exp), "The token has expired.");
    anyhow::ensure!(number("nbf").is_none_or(|nbf| nbf <= world.now()), "The token is not valid yet.");
    Ok(claims)
}

fn may_read(claims: &Map<String, Value>) -> bool {
    match (claims.get("scp"), claims.get("roles")) {
        (Some(scp), _) => {
            scp.as_str().is_some_and(|scp| scp.split(' ').any(|each| DELEGATED.contains(&each)))
        }
        (None, Some(roles)) => roles.as_array().is_some_and(|roles| {
            roles.iter().filter_map(Value::as_str).any(|role| APPLICATION.contains(&role))
        }),
        (None, None) => false,
    }
}
