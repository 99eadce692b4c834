//! A session's file, plain and sealed, and the file that says whose session is meant: the session that was kept, or
//! none.

use std::cell::LazyCell;
use std::fs;

use m365d::session::seal::{self, SealKey};
use m365d::session::{Error, Key, Selector, Session, Store};
use serde_json::Value;
use tempfile::TempDir;

const SEAL_KEY: [u8; 32] = [7; 32];

thread_local! {
    static FOLDER: LazyCell<TempDir> = LazyCell::new(|| tempfile::tempdir().expect("a folder"));
}

pub fn holds(input: &[u8]) {
    let session = unsealed(input);
    let text = session.as_deref().unwrap_or(input);
    // The key to what is sealed would be looked for in this computer's credential store.
    if !seal::is_sealed(text) {
        FOLDER.with(|folder| {
            let folder = folder.path().join("sessions");
            let store = Store::new(folder.clone(), |_| ());
            kept(&store, text);
            // A session and what was set aside of it go together, unopened.
            store.delete(&key()).expect("what is there can be deleted");
            for entry in fs::read_dir(&folder).expect("a folder") {
                let name = entry.expect("an entry").file_name();
                assert!(name.to_string_lossy().ends_with(".lock"), "{name:?} is left");
            }
            chosen(&store, text);
            fs::remove_dir_all(folder).expect("it can be removed");
        });
    }
}

/// What opens is what was sealed, for this file and with this key.
fn unsealed(file: &[u8]) -> Option<Vec<u8>> {
    let key = SealKey::new(&SEAL_KEY).expect("a key");
    let opened = key.open("name", file)?;
    assert!(seal::is_sealed(file) || file.trim_ascii_start().starts_with(b"{"));
    assert!(key.open("other", file).is_none());
    let again = key.seal("name", &opened).expect("random numbers");
    assert_ne!(again, file);
    assert_eq!(key.open("name", &again).as_deref(), Some(&*opened));
    Some(opened.to_vec())
}

fn kept(store: &Store, text: &[u8]) {
    let key = key();
    let path = store.path(&key);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs::write(&path, text).expect("a file");
    match store.load(&key) {
        Ok(mut session) => {
            assert_eq!(session.key, key);
            for grant in &session.grants {
                let _ = (grant.valid_for(), grant.expires_at(), grant.permissions());
            }
            let mut others = session.clone();
            for grant in &mut others.grants {
                grant.access_token = "other".to_owned().into();
            }
            others.refresh_token = others.refresh_token.map(|_| "other".to_owned().into());
            super::assert_alike(&session, &others);
            store.save(&mut session, false).expect("it can be kept");
            let again = store.load(&key).expect("and read");
            assert_eq!(written(&again), written(&session));
        }
        Err(Error::Damaged { aside, .. }) => {
            assert_eq!(fs::read(aside).expect("it is set aside"), text);
            assert!(matches!(store.load(&key), Err(Error::SignedOut)));
        }
        Err(other) => panic!("{other}"),
    }
}

fn chosen(store: &Store, text: &[u8]) {
    let selector = Selector {
        profile: "default".into(),
        cloud: "public".into(),
        authority: "https://login.microsoftonline.com/".into(),
        tenant: "organizations".into(),
        client_id: key().client_id,
    };
    store.choose(&selector, &key()).expect("it can be chosen");
    for entry in fs::read_dir(store.path(&key()).parent().expect("a folder")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "account") {
            fs::write(path, text).expect("a file");
        }
    }
    match store.select(&selector) {
        Ok(key) => {
            store.choose(&selector, &key).expect("it can be chosen");
            assert_eq!(store.select(&selector).expect("and read"), key);
        }
        Err(Error::Damaged { .. }) => assert!(matches!(store.select(&selector), Err(Error::SignedOut))),
        Err(other) => panic!("{other}"),
    }
    store.forget(&selector).expect("it can be forgotten");
}

fn key() -> Key {
    Key {
        cloud: "public".into(),
        authority: "https://login.microsoftonline.com/".into(),
        tenant_id: "11111111-2222-3333-4444-555555555555".into(),
        client_id: "22222222-2222-3333-4444-555555555555".into(),
        account_id: "33333333-2222-3333-4444-555555555555".into(),
    }
}

fn written(session: &Session) -> Value {
    serde_json::to_value(session).expect("a session can be written")
}
