//! The token endpoint: a code or a refresh token in, tokens out (RFC 6749, sections 4.1.3 and 6; RFC 7636; RFC 8628,
//! section 3.4).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::super::directory::{Application, Platform, TenantName};
use super::super::http::{self, Answer, Parameters, Request};
use super::super::options::RefreshReuse;
use super::super::world::World;
use super::claims::{self, ClaimsRequest};
use super::device_code::{self, Poll};
use super::refusal::Refusal;
use super::scope::Scope;
use super::tokens::{self, Named};
use super::{Grant, GrantRefusal, RefreshToken, random};

/// Seconds from which on a token is so long-lived that the answer says when to renew it.
const LONG_LIVED: u64 = 7200;

pub fn respond(tenant: TenantName, request: &Request, world: &mut World) -> Answer {
    match answer(tenant, request, world) {
        Ok(answer) => answer,
        Err(refusal) => refusal.to_json(world),
    }
}

fn answer(tenant: TenantName, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::POST {
        let text = format!("The endpoint only accepts POST requests. Received a {} request.", request.method);
        return Err(Refusal::new(900_561, text));
    }
    let malformed = || Refusal::new(9_002_313, "Invalid request. Request is malformed or invalid.");
    let form = request.form().ok_or_else(malformed)?;
    if form.repeated().is_some() {
        return Err(malformed());
    }
    let application = super::application(required(&form, "client_id")?)?;
    super::check_tenant(tenant, application)?;
    check_client(application, request, &form)?;
    if form.get("grant_type") == Some(device_code::GRANT_TYPE) {
        return Ok(match device_code::poll(application, required(&form, "device_code")?, world)? {
            Poll::NotYet(answer) => answer,
            Poll::Granted { user, scope, contexts } => {
                let claims = ClaimsRequest::parse(&form)?;
                let granted = Grant { application, user, scope: scope.clone(), contexts, refused: None };
                let grant = new_grant(granted, world);
                issue(world, application, &scope, &claims, None, grant)?
            }
        });
    }
    match required(&form, "grant_type")? {
        "authorization_code" => redeem_code(application, &form, world),
        "refresh_token" => refresh(application, &form, world),
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            Err(Refusal::new(70_003, text))
        }
    }
}

pub fn required<'a>(form: &'a Parameters, name: &str) -> Result<&'a str, Refusal> {
    form.get(name).ok_or_else(|| Refusal::missing(name))
}

/// A public client proves nothing, and must not try; a browser's script has no business here.
fn check_client(application: &Application, request: &Request, form: &Parameters) -> Result<(), Refusal> {
    let secret =
        form.get("client_secret").or(form.get("client_assertion")).or(request.header("authorization"));
    if request.header("origin").is_some() {
        let text = "Cross-origin token redemption is permitted only for the 'Single-Page \
            Application' client-type.";
        return Err(Refusal::new(9_002_326, text));
    }
    match (&application.platform, secret) {
        (Platform::PublicClient, Some(_)) => {
            let text = "Client is public so neither 'client_assertion' nor 'client_secret' \
                should be presented.";
            Err(Refusal::new(700_025, text))
        }
        (Platform::Web, _) => Err(secret_missing()),
        (Platform::PublicClient, None) => Ok(()),
    }
}

pub fn secret_missing() -> Refusal {
    let text = "The request body must contain the following parameter: 'client_assertion' or \
        'client_secret'.";
    Refusal::new(7_000_218, text)
}

fn redeem_code(
    application: &'static Application,
    form: &Parameters,
    world: &mut World,
) -> Result<Answer, Refusal> {
    let (code, redirect_uri) = (required(form, "code")?, required(form, "redirect_uri")?);
    let verifier = required(form, "code_verifier")?;
    let now = world.now();
    world.entra.secrets.push(verifier.to_owned());
    let known = world.entra.codes.get(code).filter(|code| code.sign_in.application == application);
    let Some(known) = known else {
        return Err(Refusal::new(70_000, "The provided value for the 'code' parameter is not valid."));
    };
    if known.redeemed {
        let text = "OAuth2 Authorization code was already redeemed, please retry with a new \
            valid code or use an existing refresh token.";
        return Err(Refusal::new(54_005, text));
    }
    if known.expires < now {
        let text = "The provided authorization code or refresh token has expired due to \
            inactivity. Send a new interactive authorization request for this user and resource.";
        return Err(Refusal::new(70_008, text));
    }
    let asked = &known.sign_in;
    if asked.redirect_uri != redirect_uri {
        let text = format!(
            "The reply address '{redirect_uri}' does not match the reply address '{}' provided \
                when requesting Authorization code.",
            asked.redirect_uri
        );
        return Err(Refusal::new(500_112, text));
    }
    check_verifier(verifier, &asked.code_challenge)?;
    let (granted, nonce, user) = (asked.scope.clone(), asked.nonce.clone(), known.user);
    // Whoever signs in does what is asked of them.
    let contexts = asked.claims.contexts.clone();
    let claims = ClaimsRequest::parse(form)?;
    let scope = narrowed(form, &granted)?;
    let grant = new_grant(Grant { application, user, scope: granted, contexts, refused: None }, world);
    let answer = issue(world, application, &scope, &claims, nonce.as_deref(), grant)?;
    if let Some(code) = world.entra.codes.get_mut(code) {
        code.redeemed = true;
    }
    Ok(answer)
}

/// The position of what the person has agreed to.
fn new_grant(grant: Grant, world: &mut World) -> usize {
    world.entra.grants.push(grant);
    world.entra.grants.len() - 1
}

/// RFC 7636, sections 4.1 and 4.6.
fn check_verifier(verifier: &str, challenge: &str) -> Result<(), Refusal> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        let text = "The size of the Code_Verifier parameter is not valid: 43 to 128 characters \
            of A-Z a-z 0-9 - . _ ~.";
        return Err(Refusal::new(501_491, text));
    }
    let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if computed.as_bytes().ct_eq(challenge.as_bytes()).into() {
        return Ok(());
    }
    let text = "The Code_Verifier does not match the code_challenge supplied in the \
        authorization request.";
    Err(Refusal::new(501_481, text))
}

fn refresh(
    application: &'static Application,
    form: &Parameters,
    world: &mut World,
) -> Result<Answer, Refusal> {
    let presented = required(form, "refresh_token")?;
    let reuse = world.options.refresh_reuse;
    let entra = &mut world.entra;
    let known = entra
        .refresh_tokens
        .get_mut(presented)
        .map(|token| (token.grant, std::mem::replace(&mut token.rotated, true)));
    let Some((number, rotated)) = known.filter(|(grant, _)| entra.grants[*grant].application == application)
    else {
        return Err(Refusal::new(
            70_000,
            "The provided value for the input parameter 'refresh_token' is not valid.",
        ));
    };
    if rotated && reuse == RefreshReuse::RevokesGrant {
        entra.grants[number].refused = Some(GrantRefusal::Revoked);
    }
    if let Some(refused) = entra.grants[number].refused {
        return Err(refused.refusal());
    }
    let scope = narrowed(form, &entra.grants[number].scope)?;
    let claims = ClaimsRequest::parse(form)?;
    issue(world, application, &scope, &claims, None, number)
}

/// The scope of this request: what it names, or all that was granted.
fn narrowed(form: &Parameters, granted: &Scope) -> Result<Scope, Refusal> {
    form.get("scope").map_or_else(|| Ok(granted.clone()), Scope::parse)
}

/// `grant` is the position of what a refresh token would stand for.
fn issue(
    world: &mut World,
    application: &Application,
    scope: &Scope,
    claims: &ClaimsRequest,
    nonce: Option<&str>,
    grant: usize,
) -> Result<Answer, Refusal> {
    scope.check_registered(&world.options)?;
    let target = scope.target(&world.options)?;
    let (user, met) = (world.entra.grants[grant].user, &world.entra.grants[grant].contexts);
    let named = Named { cp1: claims.cp1, contexts: claims::contexts(claims, met, world)? };
    let (access_token, lifetime) = tokens::access_token(world, &target, application.client_id, user, &named);
    let mut body = json!({
        "token_type": "Bearer",
        "scope": target.granted(),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token,
    });
    if lifetime > LONG_LIVED {
        body["refresh_in"] = json!((lifetime / 2).to_string());
    }
    if scope.offline_access && !world.options.no_refresh_token {
        let token = random::opaque("1.AXoA");
        body["refresh_token"] = json!(token);
        world.entra.refresh_tokens.insert(token, RefreshToken { grant, rotated: false });
    }
    if let Some(id_token) = tokens::id_token(world, scope, application.client_id, user, nonce) {
        body["id_token"] = json!(id_token);
    }
    let given_out =
        ["access_token", "refresh_token", "id_token"].map(|name| body[name].as_str().map(str::to_owned));
    world.entra.secrets.extend(given_out.into_iter().flatten());
    let mut answer = http::json(StatusCode::OK, &body);
    http::set(&mut answer, "cache-control", "no-store, no-cache");
    http::set(&mut answer, "pragma", "no-cache");
    Ok(answer)
}
