//! `m365d token inspect`: what a token says, and whether it is true.

use std::io;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::Inspect;
use super::input;
use crate::auth::Authority;
use crate::cli::context::{self, Context};
use crate::cli::{exit_code, permissions, runtime, silent, status, terminal};
use crate::http;
use crate::output::{self, Fact};
use crate::token::signature::{Error as SignatureError, Expected, KeySet};
use crate::token::{AccessToken, Claims, Header, Permissions, Service};

const LONGEST_KEY_SET: usize = 1 << 20;

/// The token is not what was asked of it.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Failure {
    #[error("there is no token in the input")]
    Nothing,
    #[error("cannot read {0}: {1}")]
    Unreadable(String, io::Error),
    #[error(
        "that is a token, not a file; a token on a command line can be read by everybody on this machine"
    )]
    TokenAsArgument,
    #[error("this is not a JWT, so it says nothing that could be inspected")]
    Opaque,
    #[error("the token has no permission {missing} in its {claim}")]
    Lacking { service: Service, missing: String, claim: &'static str },
    #[error("not verified: {0}")]
    Unverified(#[from] SignatureError),
    #[error(
        "not verified: the token does not say which tenant it is of, so there are no keys to check it with"
    )]
    NoTenant,
    #[error("not verified: the authority's keys cannot be read: {0}")]
    NoKeys(String),
}

impl Failure {
    pub(in crate::cli) fn code(&self) -> u8 {
        match self {
            Self::Lacking { .. } => exit_code::PERMISSION,
            Self::TokenAsArgument => exit_code::USAGE,
            Self::NoKeys(_) => exit_code::SERVICE,
            _ => exit_code::FAILED,
        }
    }

    pub(in crate::cli) fn hint(&self) -> String {
        match self {
            Self::TokenAsArgument => "m365d token inspect -  (and the token on standard input)".into(),
            Self::Nothing | Self::Unreadable(..) | Self::Opaque => {
                "give a file with one token, or - for standard input, or nothing for the session's own token".into()
            }
            Self::Lacking { service, missing, claim } => {
                let kind = if *claim == "roles" { "Application" } else { "Delegated" };
                permissions::how_to_add(*service, kind, missing)
            }
            Self::Unverified(SignatureError::GraphToken) => "without --verify the token is decoded all the same".into(),
            Self::Unverified(_) | Self::NoTenant => {
                "do not trust what this token says; if it is of another authority, name that with M365D_AUTHORITY".into()
            }
            Self::NoKeys(_) => "run the command again in a few minutes".into(),
        }
    }
}

pub(in crate::cli) fn run(context: &Context, arguments: &Inspect) -> Result<()> {
    let token = token(context, arguments)?;
    let claims = Claims::decode(token.expose()).map_err(|_| Failure::Opaque)?;
    let verified = if arguments.verify { Some(verify(context, &token, &claims)) } else { None };
    let verdict = match &verified {
        None => "not verified (--verify checks the signature)".to_owned(),
        Some(Ok(())) => "verified: the authority signed it, and it is valid now".to_owned(),
        Some(Err(error)) => format!("{error}"),
    };
    let is_verified = matches!(verified, Some(Ok(())));
    let (facts, object) = describe(&token, &claims, verdict, is_verified);
    let (format, width) = (context.format(), terminal::stdout_width());
    output::facts(format, &facts, &object, width, terminal::stdout(format))?;
    if verified.is_none() {
        context
            .terminal
            .note("not verified: these are the token's own words (--verify checks the signature)");
    }
    verified.transpose()?;
    require(&claims, &arguments.require)
}

fn token(context: &Context, arguments: &Inspect) -> Result<AccessToken> {
    let Some(file) = &arguments.file else {
        let application = context.settings.application()?;
        let (_, session) = context.session(&application)?;
        let stored = session.grant(application.resource).map(|grant| grant.access_token.clone());
        return match stored {
            Some(token) => Ok(token),
            // It has not been asked for yet, so it comes now.
            None => Ok(silent::session(context, &application, None)?.1.access_token),
        };
    };
    // Neither here nor in an error about a file may it be repeated.
    if Header::decode(AccessToken::copied(file.as_bytes()).expose()).is_some() {
        return Err(Failure::TokenAsArgument.into());
    }
    let token = input::read(file).map_err(|error| Failure::Unreadable(name(file), error))?;
    if token.expose().is_empty() {
        return Err(Failure::Nothing.into());
    }
    Ok(token)
}

/// What the file is called in an error; what may be a part of a token is not repeated there.
fn name(file: &str) -> String {
    const LONGEST: usize = 100;
    match file {
        "-" => "standard input".to_owned(),
        file if file.len() > LONGEST || file.contains("eyJ") => "the file".to_owned(),
        file => file.to_owned(),
    }
}

/// `--require` asks for a permission by its name, in whichever of the two claims it may be.
fn require(claims: &Claims, required: &[String]) -> Result<()> {
    let (scopes, roles) = (claims.scopes(), claims.roles());
    for permission in required {
        let has = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(permission));
        if !has(&scopes) && !has(&roles) {
            let claim = if scopes.is_empty() && !roles.is_empty() { "roles" } else { "scp" };
            let service = claims.service().unwrap_or(Service::Defender);
            return Err(Failure::Lacking { service, missing: permission.clone(), claim }.into());
        }
    }
    Ok(())
}

fn verify(context: &Context, token: &AccessToken, claims: &Claims) -> Result<()> {
    if Header::decode(token.expose()).is_some_and(|header| header.has_nonce) {
        return Err(Failure::from(SignatureError::GraphToken).into());
    }
    let application = context.settings.application()?;
    let authority = context::authority(&application);
    let tenant = claims.text("tid").filter(|tid| is_path_segment(tid)).ok_or(Failure::NoTenant)?;
    let http = context::http(&context.settings, &application)?;
    let keys = runtime::block_on(keys(&http, &authority, tenant, claims.text("ver").unwrap_or("2.0")))?;

    // A token of one of Microsoft's APIs is meant for that API; any other must be for this application.
    let mut audiences = vec![application.client_id.as_str(), application.resource];
    if claims.service().is_some() {
        audiences.extend(claims.audiences());
    }
    let expected =
        Expected { issuers: &authority.access_token_issuers(tenant), audiences: &audiences, tenant };
    Ok(keys.verify(token.expose(), &expected).map_err(Failure::from)?)
}

async fn keys(http: &reqwest::Client, authority: &Authority, tenant: &str, version: &str) -> Result<KeySet> {
    let url = authority.keys_endpoint(tenant, version);
    let host = authority.base().host_str().unwrap_or_default();
    let response = http.get(url).send().await.map_err(|error| http::Error::network(host, &error))?;
    let status = response.status();
    let body = http::read(response, LONGEST_KEY_SET).await?;
    if !status.is_success() {
        return Err(Failure::NoKeys(format!("HTTP {}", status.as_u16())).into());
    }
    serde_json::from_slice(&body)
        .map_err(|_| Failure::NoKeys("they are not a JSON Web Key Set".into()).into())
}

fn is_path_segment(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn describe(token: &AccessToken, claims: &Claims, verdict: String, is_verified: bool) -> (Vec<Fact>, Value) {
    let permissions = Permissions::of(claims);
    let header = Header::decode(token.expose());
    let audience = claims.audiences().join(" ");
    let service = claims.service();
    let lacking = service.map(|service| permissions::lacking(service, &permissions)).unwrap_or_default();

    let mut facts = vec![("Signature", verdict)];
    let mut add = |label, value: Option<String>| {
        facts.extend(value.filter(|text| !text.is_empty()).map(|text| (label, text)));
    };
    let named = |service: Option<Service>| match service {
        Some(service) => format!("{audience}  ({service})"),
        None => audience.clone(),
    };
    add("Audience", Some(named(service)));
    add("Issuer", claims.text("iss").map(str::to_owned));
    add("Tenant", claims.text("tid").map(str::to_owned));
    add("User", claims.username().map(str::to_owned));
    add("Client id", claims.client_id().map(str::to_owned));
    add("Permissions", Some(permissions::describe(&permissions)));
    add("Not permitted", Some(lacking.join(", ")));
    add("Valid from", time(claims, "nbf").map(status::minute));
    add("Valid until", time(claims, "exp").map(until));
    add("Version", claims.text("ver").map(str::to_owned));
    add(
        "Signed with",
        header
            .as_ref()
            .map(|header| format!("{} {}", header.algorithm, header.key_id.as_deref().unwrap_or_default())),
    );
    if header.is_some_and(|header| header.has_nonce) {
        add("Note", Some("a Microsoft Graph token cannot be verified by anyone but Graph, by design".into()));
    }

    let kind = match permissions {
        Permissions::Delegated(_) => Some("delegated"),
        Permissions::Application(_) => Some("application"),
        Permissions::Unknown => None,
    };
    let object = json!({
        "verified": is_verified,
        "audience": claims.audiences(),
        "api": service.map(|service| service.to_string()),
        "issuer": claims.text("iss"),
        "tenant": claims.text("tid"),
        "username": claims.username(),
        "object_id": claims.text("oid"),
        "client_id": claims.client_id(),
        "kind": kind,
        "scp": claims.scopes(),
        "roles": claims.roles(),
        "not_permitted": lacking,
        "issued_at": time(claims, "iat").map(|time| time.to_string()),
        "not_before": time(claims, "nbf").map(|time| time.to_string()),
        "expires_on": claims.time("exp"),
        "expires_at": time(claims, "exp").map(|time| time.to_string()),
        "expired": time(claims, "exp").map(|time| time < Timestamp::now()),
        "version": claims.text("ver"),
    });
    (facts, object)
}

fn time(claims: &Claims, name: &str) -> Option<Timestamp> {
    Timestamp::from_second(claims.time(name)?).ok()
}

fn until(exp: Timestamp) -> String {
    let state = if exp < Timestamp::now() { "  (expired)" } else { "" };
    format!("{}{state}", status::minute(exp))
}
