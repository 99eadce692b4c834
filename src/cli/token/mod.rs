//! `m365d token`: the access token for any other tool. With a valid session it asks nobody and builds nothing.

pub(super) mod args;
mod input;
pub(super) mod inspect;

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use serde_json::json;
use zeroize::Zeroizing;

use super::context::Context;
use super::silent;
use super::value::OutputFormat;
use crate::session::{Grant, Session};
use args::{Token, TokenFormat};

pub(super) fn run(context: &Context, arguments: &Token) -> Result<()> {
    let application = context.settings.application()?;
    let (session, grant) = silent::session(context, &application, arguments.min_valid)?;
    let as_json = matches!(context.output, Some(OutputFormat::Json | OutputFormat::Ndjson));
    let text = Zeroizing::new(match arguments.format {
        TokenFormat::Raw if !as_json => grant.access_token.expose().to_owned(),
        TokenFormat::Header => format!("Authorization: Bearer {}", grant.access_token.expose()),
        TokenFormat::Raw | TokenFormat::Json => in_json(&session, &grant),
    });
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    // Other programs take the line end for a part of the token; a person's prompt needs it.
    if out.is_terminal() {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Times as a number, as RFC 3339 in UTC and as a distance, so that nobody has to guess a time zone.
fn in_json(session: &Session, grant: &Grant) -> String {
    json!({
        "access_token": grant.access_token.expose(),
        "token_type": "Bearer",
        "expires_on": grant.expires_on,
        "expires_at": grant.expires_at().to_string(),
        "expires_in": grant.valid_for().as_secs(),
        "resource": grant.resource,
        "scopes": grant.permissions().names(),
        "tenant": session.account.tenant_id,
        "username": session.account.username,
    })
    .to_string()
}
