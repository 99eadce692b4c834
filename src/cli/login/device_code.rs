//! For a machine without any browser: a code to enter in one that is elsewhere. Not the default, since whoever gets a
//! person to enter a code is signed in as that person, and many organisations block it therefore.

use std::time::Duration;

use anyhow::Result;

use super::{SignIn, qr_code, spoken};
use crate::auth::{TokenEndpoint, device_code};
use crate::session::Session;

pub(super) async fn sign_in(sign_in: &SignIn<'_>) -> Result<Session> {
    let terminal = sign_in.context.terminal;
    let waiting = |reason: &str, wait: Duration| terminal.waiting(reason, wait);
    let endpoint = TokenEndpoint::new(&sign_in.authority, sign_in.client_id(), sign_in.http, &waiting)?;
    let pending = device_code::request(&endpoint, &sign_in.scopes, sign_in.arguments.claims.clone()).await?;

    // Above the words, so that these are what stays in sight.
    let to_scan = pending.verification_uri_complete.as_ref().unwrap_or(&pending.verification_uri);
    if let Some(columns) = terminal.canvas()
        && let Some(lines) = qr_code::draw(to_scan.as_str(), columns)
    {
        terminal.picture(&lines, qr_code::STYLE);
    }
    terminal.must_know("To sign in, open this address in a browser on any device:");
    terminal.must_know(pending.verification_uri.as_str());
    terminal.must_know(&format!("and enter the code  {}", pending.user_code));
    let limit = sign_in.arguments.timeout;
    let patience = limit.unwrap_or(pending.lifetime).min(pending.lifetime);
    terminal.note(&format!("Waiting until you have signed in there, at most {} …", spoken(patience)));

    let tokens = pending.wait(&endpoint, limit).await?;
    sign_in.keep(tokens, None).await
}
