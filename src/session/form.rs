//! The form of a session's file, which has a version. An older one is read on, so that nobody has to sign in again.

use serde::{Deserialize, Serialize, Serializer};

use super::{Grant, Kept, Key, Session};
use crate::auth::{self, Account};
use crate::token::{AccessToken, RefreshToken};

/// Since this one, a session has an access token for each API.
const VERSION: u32 = 3;
/// Until this one, a session had the access token of one API.
const OF_ONE_API: u32 = 2;

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    key: &'a Key,
    account: &'a Account,
    grants: &'a [Grant],
    refresh_token: Option<&'a RefreshToken>,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    key: Key,
    account: Account,
    #[serde(default)]
    grants: Vec<Grant>,
    refresh_token: Option<RefreshToken>,
    // Of version 2.
    #[serde(default)]
    requested_scopes: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
    access_token: Option<AccessToken>,
    #[serde(default)]
    received_on: i64,
    #[serde(default)]
    expires_on: i64,
}

/// In plain text: for the session file and nothing else.
impl Serialize for Session {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            version: VERSION,
            key: &self.key,
            account: &self.account,
            grants: &self.grants,
            refresh_token: self.refresh_token.as_ref(),
        };
        written.serialize(serializer)
    }
}

/// The session in a file of any version that m365d has had; `None` when it is of one that it has not had yet.
pub(super) fn read(text: &[u8]) -> serde_json::Result<Option<Session>> {
    let read: Read = serde_json::from_slice(text)?;
    let grants = match (read.version, read.access_token) {
        (VERSION, None) => read.grants,
        (OF_ONE_API, Some(access_token)) => vec![Grant {
            resource: auth::resource_of(&read.requested_scopes).to_owned(),
            requested_scopes: read.requested_scopes,
            scopes: read.scopes,
            access_token,
            received_on: read.received_on,
            expires_on: read.expires_on,
        }],
        _ => return Ok(None),
    };
    Ok(Some(Session {
        key: read.key,
        account: read.account,
        grants,
        refresh_token: read.refresh_token,
        kept: Kept::default(),
    }))
}
