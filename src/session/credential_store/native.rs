//! The Keychain of macOS and the Credential Manager of Windows, through keyring-core and its native stores.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use super::{SERVICE, Secret, Unavailable};

/// What the store is called.
#[cfg(target_os = "macos")]
pub const NAME: &str = "the Keychain";
/// What the store is called.
#[cfg(windows)]
pub const NAME: &str = "Windows Credential Manager";

/// The login keychain of this user.
#[cfg(target_os = "macos")]
fn store() -> Result<(Arc<impl CredentialStoreApi>, HashMap<&'static str, &'static str>), Error> {
    Ok((apple_native_keyring_store::keychain::Store::new()?, HashMap::new()))
}

/// On this machine only: the file does not travel with the person's profile, so neither does its key.
#[cfg(windows)]
fn store() -> Result<(Arc<impl CredentialStoreApi>, HashMap<&'static str, &'static str>), Error> {
    Ok((windows_native_keyring_store::Store::new()?, HashMap::from([("persistence", "Local")])))
}

pub(super) fn read(account: &str) -> Result<Option<Secret>, Unavailable> {
    match entry(account)?.get_secret() {
        Ok(secret) => Ok(Some(Zeroizing::new(secret))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(unavailable(&error)),
    }
}

/// As bytes: as a password, Windows would keep it in UTF-16.
pub(super) fn write(account: &str, secret: &[u8]) -> Result<(), Unavailable> {
    entry(account)?.set_secret(secret).map_err(|error| unavailable(&error))
}

pub(super) fn forget(accounts: &[String], _folder: Option<&Path>) -> Result<(), Unavailable> {
    for account in accounts {
        match entry(account)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => {}
            Err(error) => return Err(unavailable(&error)),
        }
    }
    Ok(())
}

fn entry(account: &str) -> Result<Entry, Unavailable> {
    let build = || {
        let (store, modifiers) = store()?;
        store.build(SERVICE, account, Some(&modifiers))
    };
    build().map_err(|error| unavailable(&error))
}

/// The library's words for an error, none of which holds a secret: those variants are not repeated.
fn unavailable(error: &Error) -> Unavailable {
    match error {
        Error::NoStorageAccess(_) => Unavailable::Locked,
        Error::BadEncoding(_) | Error::BadDataFormat(..) => Unavailable::Failed("the item is damaged".into()),
        error => Unavailable::Failed(error.to_string()),
    }
}
