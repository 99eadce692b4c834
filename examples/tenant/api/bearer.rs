//! Who may call: a token of this tenant, for this API, valid now, with one of the permissions that the method needs,
//! of somebody whose role allows it.

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::super::directory::{self, Resource};
use super::super::entra::tokens::{issuer_v1, issuer_v2};
use super::super::http::Request;
use super::super::options::Role;
use super::super::world::World;
use super::Refusal;

/// What a method wants of its caller.
pub struct Needs {
    pub resource: &'static Resource,
    /// One of these in `scp`.
    pub delegated: &'static [&'static str],
    /// Or one of these in `roles`, without a user.
    pub application: &'static [&'static str],
    /// The least that a user has to be.
    pub role: Role,
}

/// Somebody who may call.
pub struct Caller(Map<String, Value>);

impl Caller {
    /// The user, or the application by its id.
    pub fn name(&self) -> &str {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str);
        text("upn").or(text("preferred_username")).or(text("appid")).unwrap_or("nobody")
    }
}

/// 401 for a token that is not good here or lacks claims that a policy wants, 403 for one that is good but may not do
/// this.
pub fn check(request: &Request, world: &World, needs: &Needs) -> Result<Caller, Refusal> {
    let claims = authenticate(request, world, needs.resource)
        .map_err(|why| Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", why.to_string()))?;
    if let Some(challenge) = &world.options.claims_challenge {
        challenge.check(&claims, world)?;
    }
    if !may(&claims, needs) {
        let message = format!(
            "Missing delegated permission: one of {}, or application permission: one of {}.",
            needs.delegated.join(", "),
            needs.application.join(", ")
        );
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", message));
    }
    if claims.contains_key("scp") && world.options.role < needs.role {
        let message = "The user does not have a role that allows this.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", message));
    }
    Ok(Caller(claims))
}

fn authenticate(request: &Request, world: &World, resource: &Resource) -> anyhow::Result<Map<String, Value>> {
    let header = request.header("authorization").unwrap_or_default();
    let (scheme, token) = header.split_once(' ').unwrap_or_default();
    anyhow::ensure!(scheme.eq_ignore_ascii_case("bearer") && !token.is_empty(), "No bearer token.");
    let claims = world.entra.read_access_token(token)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let tenant = text("tid");
    let issuers = [issuer_v1(tenant), issuer_v2(world, tenant)];
    anyhow::ensure!(resource.is(text("aud")), "The audience is not this API.");
    anyhow::ensure!(issuers.iter().any(|issuer| issuer == text("iss")), "The issuer is not trusted.");
    anyhow::ensure!(directory::tenant(tenant).is_some(), "The token is of another tenant.");
    anyhow::ensure!(number("exp").is_some_and(|exp| world.now() < exp), "The token has expired.");
    anyhow::ensure!(number("nbf").is_none_or(|nbf| nbf <= world.now()), "The token is not valid yet.");
    Ok(claims)
}

fn may(claims: &Map<String, Value>, needs: &Needs) -> bool {
    match (claims.get("scp"), claims.get("roles")) {
        (Some(scp), _) => {
            scp.as_str().is_some_and(|scp| scp.split(' ').any(|each| needs.delegated.contains(&each)))
        }
        (None, Some(roles)) => roles.as_array().is_some_and(|roles| {
            roles.iter().filter_map(Value::as_str).any(|role| needs.application.contains(&role))
        }),
        (None, None) => false,
    }
}
