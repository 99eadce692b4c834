//! What a session is known by: before it is known whose it is, and after.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::auth::Account;

/// Who asks for a session: a profile, with its settings as they were configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// The profile; two of them may be two people.
    pub profile: String,
    /// The cloud.
    pub cloud: String,
    /// The base URL of the authority.
    pub authority: String,
    /// The tenant as it was configured: an id, a domain or `organizations`.
    pub tenant: String,
    /// The application.
    pub client_id: String,
}

/// What tells one session from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The cloud: one authority may serve two, whose APIs do not take each other's tokens.
    pub cloud: String,
    /// The base URL of the authority.
    pub authority: String,
    /// The id of the tenant, as the ID token names it.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// The id of the account in that tenant.
    pub account_id: String,
}

impl Selector {
    /// The session of `account`.
    #[must_use]
    pub fn key(&self, account: &Account) -> Key {
        Key {
            cloud: self.cloud.clone(),
            authority: self.authority.clone(),
            tenant_id: account.tenant_id.to_ascii_lowercase(),
            client_id: self.client_id.clone(),
            account_id: account.id().to_ascii_lowercase(),
        }
    }

    /// The same question by somebody who has configured the tenant's id.
    pub(super) fn by_id(&self, tenant_id: &str) -> Self {
        Self { tenant: tenant_id.to_owned(), ..self.clone() }
    }

    /// Whether `key` may be the session that is meant: everything but the tenant's domain tells.
    pub(super) fn is_answered_by(&self, key: &Key) -> bool {
        self.cloud == key.cloud && self.authority == key.authority && self.client_id == key.client_id
    }

    pub(super) fn digest(&self) -> String {
        digest(&[&self.profile, &self.cloud, &self.authority, &self.tenant, &self.client_id])
    }
}

impl Key {
    pub(super) fn digest(&self) -> String {
        digest(&[&self.cloud, &self.authority, &self.tenant_id, &self.client_id, &self.account_id])
    }

    /// A name for the application in the tenant, whoever is signed in to it.
    #[must_use]
    pub fn digest_of_application(&self) -> String {
        digest(&[&self.cloud, &self.authority, &self.tenant_id, &self.client_id])
    }
}

/// A name for a file: short, the same on every file system, and without anybody's tenant in it.
fn digest(all: &[&str]) -> String {
    format!("{:.32x}", Sha256::digest(all.join("\n")))
}
