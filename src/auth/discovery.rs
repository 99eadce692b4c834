//! The issuer that a custom authority says it is (`OpenID` Connect Discovery section 4).
//!
//! Microsoft's authorities need none of this: their issuers are known. Nothing else is taken from discovery, and
//! an authority without it is one whose issuer is its own address.

use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;
use tokio::time::timeout;

use super::Authority;
use crate::http;
use crate::token::{Claims, IdToken};

const LONGEST_DOCUMENT: usize = 1 << 20;
/// What a person does not notice much before the browser is opened.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
struct Document {
    issuer: String,
}

/// Gives `authority`, which knows its issuer from discovery if `token` names one that its address does not explain.
pub async fn with_issuer_of(authority: &Authority, token: Option<&IdToken>, client: &Client) -> Authority {
    let claims = token.and_then(|token| Claims::decode(token.expose()).ok()).unwrap_or_default();
    let tenant_id = claims.text("tid").unwrap_or_default();
    let is_known = authority.issuers(tenant_id).iter().any(|issuer| claims.text("iss") == Some(issuer));
    if is_known || !authority.is_custom() {
        return authority.clone();
    }
    match document(authority, client).await {
        Some(document) => authority.clone().with_issuer(document.issuer),
        None => authority.clone(),
    }
}

/// Gives `authority`, which knows its issuer from discovery if it is a custom one and says so soon enough: what comes
/// through the browser may name it (RFC 9207 section 2.4).
pub async fn with_discovered_issuer(authority: Authority, client: &Client) -> Authority {
    if !authority.is_custom() {
        return authority;
    }
    match timeout(PATIENCE, document(&authority, client)).await {
        Ok(Some(document)) => authority.with_issuer(document.issuer),
        _ => authority,
    }
}

async fn document(authority: &Authority, client: &Client) -> Option<Document> {
    log::debug!("asking the authority for its issuer");
    let response = client.get(authority.discovery_endpoint()).send().await.ok()?;
    let body = http::read(response, LONGEST_DOCUMENT).await.ok()?;
    serde_json::from_slice(&body).ok()
}
