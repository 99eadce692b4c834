//! What the tokens say. Access tokens for Defender have the claims of v1.0, since their resource decides that, and ID
//! tokens those of v2.0, since their endpoint does (Microsoft: "Access token claims reference", "ID token claims
//! reference").

use serde_json::{Map, Value, json};

use super::super::directory::{ANA, CLIENT_ID, GRAPH, Resource, User};
use super::super::options::{AccessTokenFlaw, IdTokenFlaw};
use super::super::world::World;
use super::random;
use super::scope::{self, Scope, Target};

const ELSEWHERE: &str = "99999999-9999-4999-8999-999999999999";

type Claims = Map<String, Value>;

/// Issuer of v1.0 tokens.
pub fn issuer_v1(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Issuer of v2.0 tokens.
pub fn issuer_v2(world: &World, tenant: &str) -> String {
    format!("{}/{tenant}/v2.0", world.base_url())
}

/// Claims as for a sign-in with `.default`.
pub fn default_claims(world: &mut World, resource: &Resource) -> Claims {
    let permissions = scope::consented(resource, &world.options).join(" ");
    claims(world, resource.identifier_uris[0], CLIENT_ID, &ANA, &permissions).0
}

/// What an access token names because it was asked for.
pub struct Named {
    pub cp1: bool,
    pub contexts: Vec<String>,
}

/// The access token for what was granted, and the seconds it lives.
pub fn access_token(
    world: &mut World,
    target: &Target,
    client_id: &str,
    user: &User,
    named: &Named,
) -> (String, u64) {
    let permissions = target.permissions.join(" ");
    let (mut claims, lifetime) = claims(world, &target.identifier, client_id, user, &permissions);
    if named.cp1 {
        claims.insert("xms_cc".to_owned(), json!(["cp1"]));
    }
    if !named.contexts.is_empty() {
        claims.insert("acrs".to_owned(), json!(named.contexts));
    }
    let Some(flaw) = world.options.access_token_flaw else {
        return (issue(world, &claims), lifetime);
    };
    let now = world.now();
    match flaw {
        AccessTokenFlaw::WrongAudience => claims["aud"] = json!("https://api.securitycenter.microsoft.com"),
        AccessTokenFlaw::WrongTenant => claims["tid"] = json!(ELSEWHERE),
        AccessTokenFlaw::WrongIssuer => claims["iss"] = json!(issuer_v1(ELSEWHERE)),
        AccessTokenFlaw::OtherClient => claims["appid"] = json!(ELSEWHERE),
        AccessTokenFlaw::OtherUser => {
            claims["oid"] = json!(ELSEWHERE);
            claims["upn"] = json!("mallory@northwind.example");
        }
        AccessTokenFlaw::Expired => claims["exp"] = json!(now - 3600),
        AccessTokenFlaw::NotYetValid => claims["nbf"] = json!(now + 3600),
        AccessTokenFlaw::Application => make_application(&mut claims, &["Incident.Read.All"]),
        AccessTokenFlaw::Version2 => make_version_2(&mut claims, world, user, target.resource.app_id),
        AccessTokenFlaw::ForeignKey => return (world.entra.keys.sign(&claims, true), lifetime),
        AccessTokenFlaw::Opaque => return (issue_opaque(world, claims), lifetime),
    }
    (issue(world, &claims), lifetime)
}

/// Signs the claims; the API will take the token if they are good. Graph's are signed in its own way.
pub fn issue(world: &mut World, claims: &Claims) -> String {
    remember(world, claims);
    if claims.get("aud").and_then(Value::as_str).is_some_and(|audience| GRAPH.is(audience)) {
        return world.entra.keys.sign_for_graph(claims, &random::handle());
    }
    world.entra.keys.sign(claims, false)
}

/// A token of Microsoft Graph.
pub fn issue_graph_token(world: &mut World) -> String {
    let (mut claims, _) =
        claims(world, "https://graph.microsoft.com", CLIENT_ID, &ANA, "openid profile User.Read email");
    claims.insert("app_displayname".to_owned(), json!("m365d"));
    world.entra.keys.sign_for_graph(&claims, &random::handle())
}

/// Turns a user's claims into an application's.
pub fn make_application(claims: &mut Claims, roles: &[&str]) {
    for delegated in ["scp", "upn", "unique_name", "name", "ipaddr", "amr", "acr"] {
        claims.remove(delegated);
    }
    claims.insert("roles".to_owned(), json!(roles));
    claims.insert("idtyp".to_owned(), json!("app"));
    claims.insert("appidacr".to_owned(), json!("1"));
}

fn issue_opaque(world: &mut World, claims: Claims) -> String {
    remember(world, &claims);
    let token = random::opaque("EwB4A8l6BAAU");
    world.entra.opaque.insert(token.clone(), claims);
    token
}

fn remember(world: &mut World, claims: &Claims) {
    if let Some(uti) = claims.get("uti").and_then(Value::as_str) {
        world.entra.live.insert(uti.to_owned());
    }
}

/// v1.0, delegated.
fn claims(
    world: &mut World,
    audience: &str,
    client_id: &str,
    user: &User,
    permissions: &str,
) -> (Claims, u64) {
    let now = world.now();
    let lifetime = world.options.token_lifetime.unwrap_or_else(|| random::between(3600, 5400));
    let claims = json!({
        "aud": audience,
        "iss": issuer_v1(user.tenant_id),
        "iat": now,
        // Entra ID starts validity a little early, for clocks that are behind.
        "nbf": now - 300,
        "exp": now + lifetime.cast_signed(),
        "acr": "1",
        "aio": random::handle(),
        "amr": ["pwd", "mfa"],
        "appid": client_id,
        "appidacr": "0",
        "idp": issuer_v1(user.tenant_id),
        "ipaddr": "203.0.113.7",
        "name": user.name,
        "oid": user.object_id,
        "rh": "1.AXoAERERETMiREQzVVVVVVVV",
        "scp": permissions,
        "sub": format!("pairwise-subject-of-{}-for-defender", user.object_id),
        "tid": user.tenant_id,
        "unique_name": user.upn,
        "upn": user.upn,
        "uti": random::handle(),
        "ver": "1.0",
        "xms_ftd": random::handle(),
    });
    let Value::Object(claims) = claims else { unreachable!("json! of braces is an object") };
    (claims, lifetime)
}

fn make_version_2(claims: &mut Claims, world: &World, user: &User, app_id: &str) {
    let client_id = claims.remove("appid");
    for version_1 in ["appidacr", "upn", "unique_name", "acr", "amr"] {
        claims.remove(version_1);
    }
    claims.insert("azp".to_owned(), json!(client_id));
    claims.insert("azpacr".to_owned(), json!("0"));
    claims.insert("preferred_username".to_owned(), json!(user.upn));
    claims["aud"] = json!(app_id);
    claims["iss"] = json!(issuer_v2(world, user.tenant_id));
    claims["ver"] = json!("2.0");
}

/// The ID token, if one was asked for: an hour, for the client itself.
pub fn id_token(
    world: &World,
    scope: &Scope,
    client_id: &str,
    user: &User,
    nonce: Option<&str>,
) -> Option<String> {
    let flaw = world.options.id_token_flaw;
    if !scope.openid || flaw == Some(IdTokenFlaw::Missing) {
        return None;
    }
    let now = world.now();
    let mut claims = json!({
        "aud": client_id,
        "iss": issuer_v2(world, user.tenant_id),
        "iat": now,
        "nbf": now - 300,
        "exp": now + 3600,
        "name": user.name,
        "oid": user.object_id,
        "preferred_username": user.upn,
        "rh": "1.AXoAERERETMiREQzVVVVVVVV",
        "sub": format!("pairwise-subject-of-{}-for-m365d", user.object_id),
        "tid": user.tenant_id,
        "uti": random::handle(),
        "ver": "2.0",
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    match flaw {
        Some(IdTokenFlaw::WrongNonce) => claims["nonce"] = json!(random::handle()),
        Some(IdTokenFlaw::NoNonce) => claims["nonce"] = Value::Null,
        Some(IdTokenFlaw::WrongAudience) => claims["aud"] = json!(ELSEWHERE),
        Some(IdTokenFlaw::WrongTenant) => claims["tid"] = json!(ELSEWHERE),
        Some(IdTokenFlaw::NoTenant) => claims["tid"] = Value::Null,
        Some(IdTokenFlaw::WrongIssuer) => claims["iss"] = json!(issuer_v2(world, ELSEWHERE)),
        Some(IdTokenFlaw::NoSubject) => {
            claims["sub"] = Value::Null;
            claims["oid"] = Value::Null;
        }
        Some(IdTokenFlaw::Expired) => claims["exp"] = json!(now - 3600),
        Some(IdTokenFlaw::NotAJwt) => return Some(random::opaque("1.A")),
        Some(IdTokenFlaw::Missing) | None => {}
    }
    let Value::Object(mut claims) = claims else { unreachable!("json! of braces is an object") };
    claims.retain(|_, value| !value.is_null());
    Some(world.entra.keys.sign(&claims, false))
}
