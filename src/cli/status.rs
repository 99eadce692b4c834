//! `m365d status`: who is signed in, where, with which permissions, until when, stored how; and where each
//! setting came from. Asks nobody.

use std::fmt::Display;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::context::Context;
use super::permissions;
use super::terminal;
use crate::auth::Account;
use crate::output::{self, Fact};
use crate::session::{self, CREDENTIAL_STORE, Grant, Kept, Session};
use crate::settings::Setting;
use crate::token::Service;

pub(super) fn run(context: &Context) -> Result<()> {
    let (mut facts, mut object) = settings(context);
    let application = context.settings.application();
    let session = match &application {
        Ok(application) => {
            let store = context.store();
            store.select(&context.selector(application)).and_then(|key| {
                facts.push(("Session file", store.path(&key).display().to_string()));
                object["session_file"] = json!(store.path(&key).display().to_string());
                store.load(&key)
            })
        }
        Err(_) => Err(session::Error::SignedOut),
    };
    object["signed_in"] = json!(session.is_ok());
    match &session {
        Ok(session) => {
            let api = application.as_ref().map(|api| (api.service, api.resource));
            let api = api.unwrap_or((Service::Defender, ""));
            facts.splice(0..0, session_facts(session, api));
            describe(session, api, &mut object);
        }
        Err(session::Error::Sealed(_)) => {
            facts.insert(0, ("Stored", kept(Kept::Sealed)));
            object["stored"] = stored(Kept::Sealed);
        }
        Err(_) => {}
    }
    output::facts(
        context.format(),
        &facts,
        &object,
        terminal::stdout_width(),
        terminal::stdout(context.format()),
    )?;
    application?;
    session?;
    Ok(())
}

fn settings(context: &Context) -> (Vec<Fact>, Value) {
    let settings = &context.settings;
    let mut facts = Vec::new();
    let mut object = json!({});
    let mut add = |label, name: &str, setting: Option<(String, String)>| {
        let Some((value, source)) = setting else {
            facts.push((label, "not set".to_owned()));
            object[name] = Value::Null;
            return;
        };
        facts.push((label, format!("{value}  ({source})")));
        object[name] = json!({ "value": value, "source": source });
    };
    add("Profile", "profile", Some(shown(&settings.profile, settings.profile.value.as_str())));
    add("Cloud", "cloud", Some(shown(&settings.cloud, settings.cloud.value)));
    add("Tenant", "tenant", settings.tenant.as_ref().map(|tenant| shown(tenant, tenant.value.as_str())));
    add("Client id", "client_id", settings.client_id.as_ref().map(|id| shown(id, id.value.as_str())));
    add("Authority", "authority", Some(shown(&settings.authority, &settings.authority.value)));
    let usual = || (settings.service().name().to_owned(), "default".to_owned());
    add("API", "api", Some(settings.api.as_ref().map_or_else(usual, |api| shown(api, api.value.name()))));
    for (label, name, service) in [
        ("Defender", "api_url", Service::Defender),
        ("Graph", "graph_url", Service::Graph),
        ("Endpoint", "endpoint_url", Service::Endpoint),
    ] {
        let url = settings.application_for(service).map(|application| application.api_url);
        let source = settings.url_of(service).map_or("default".to_owned(), |url| url.source.to_string());
        add(label, name, url.ok().map(|url| (url.to_string(), source)));
    }
    add("Rate", "rate", settings.rate.as_ref().map(|rate| shown(rate, &rate.value)));
    let ca_bundle = settings.ca_bundle.as_ref();
    add("CA bundle", "ca_bundle", ca_bundle.map(|file| shown(file, file.value.display())));
    add("Store", "store", Some(shown(&settings.store, settings.store.value.as_str())));
    add("Folder", "folder", Some(shown(&settings.folder, settings.folder.value.display())));
    (facts, object)
}

fn shown<T>(setting: &Setting<T>, value: impl Display) -> (String, String) {
    (value.to_string(), setting.source.to_string())
}

fn session_facts(session: &Session, (service, resource): (Service, &str)) -> Vec<Fact> {
    let mut facts =
        vec![("Signed in", who(&session.account)), ("In tenant", session.account.tenant_id.clone())];
    match session.grant(resource) {
        Some(grant) => {
            facts.push(("Permissions", permissions::describe(&grant.permissions())));
            let lacking = permissions::lacking(service, &grant.permissions());
            if !lacking.is_empty() {
                facts.push(("Not permitted", lacking.join(", ")));
            }
            facts.push(("Access token", validity(grant)));
        }
        None => facts.push(("Access token", format!("none yet for {service}: it comes when it is needed"))),
    }
    for grant in session.grants.iter().filter(|grant| grant.resource != resource) {
        let names = permissions::describe(&grant.permissions());
        facts.push(("Also for", format!("{}, {}; {names}", api_of(grant), validity(grant))));
    }
    facts.push(("Renewal", renewal(session).to_owned()));
    facts.push(("Stored", kept(session.kept)));
    facts
}

/// The API that a token is for, by its product's name where it has one.
fn api_of(grant: &Grant) -> String {
    Service::of_audience(&grant.resource)
        .map_or_else(|| grant.resource.clone(), |service| service.to_string())
}

/// The person, by both names.
pub(super) fn who(account: &Account) -> String {
    match &account.name {
        Some(name) => format!("{} ({name})", account.username),
        None => account.username.clone(),
    }
}

/// How a session is protected at rest.
pub(super) fn kept(kept: Kept) -> String {
    match kept {
        Kept::Sealed => format!("sealed, its key in {CREDENTIAL_STORE}"),
        Kept::Plain if cfg!(unix) => "in a plain file that only you can read (mode 0600)".to_owned(),
        Kept::Plain => "in a plain file in your profile".to_owned(),
    }
}

fn stored(kept: Kept) -> Value {
    json!(match kept {
        Kept::Sealed => "keyring",
        Kept::Plain => "file",
    })
}

/// Until when the access token is valid.
pub(super) fn validity(grant: &Grant) -> String {
    let until = minute(grant.expires_at());
    match grant.valid_for().as_secs() {
        0 => format!("expired {until}"),
        left => format!("valid until {until} ({} min)", left / 60),
    }
}

/// An instant as a person reads it, to the minute.
pub(super) fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn renewal(session: &Session) -> &'static str {
    if session.refresh_token.is_some() {
        "when needed, without you"
    } else {
        "none: sign in again when the access token has expired"
    }
}

fn describe(session: &Session, (service, resource): (Service, &str), object: &mut Value) {
    object["account"] = json!(session.account);
    object["renewable"] = json!(session.refresh_token.is_some());
    object["stored"] = stored(session.kept);
    object["access_tokens"] = session
        .grants
        .iter()
        .map(|grant| {
            let mut token = json!({ "resource": grant.resource });
            describe_grant(grant, Service::of_audience(&grant.resource), &mut token);
            token
        })
        .collect();
    if let Some(grant) = session.grant(resource) {
        describe_grant(grant, Some(service), object);
    }
}

fn describe_grant(grant: &Grant, service: Option<Service>, object: &mut Value) {
    let permissions = grant.permissions();
    object["permissions"] = json!(permissions.names());
    object["not_permitted"] =
        json!(service.map(|service| permissions::lacking(service, &permissions)).unwrap_or_default());
    object["expires_on"] = json!(grant.expires_on);
    object["expires_at"] = json!(grant.expires_at().to_string());
    object["expires_in"] = json!(grant.valid_for().as_secs());
}
