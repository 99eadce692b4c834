//! The session as it lies on the disk, for tests that age it, damage it or hold its lock.

use std::fs::{self, File, OpenOptions};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Home;

impl Home {
    /// What the one session file says.
    pub fn session(&self) -> Value {
        serde_json::from_slice(&fs::read(self.session_file()).expect("a file")).expect("a session is JSON")
    }

    /// Changes what the one session file says.
    pub fn change_session(&self, change: impl FnOnce(&mut Value)) {
        let mut session = self.session();
        change(&mut session);
        fs::write(self.session_file(), session.to_string()).expect("a session can be written");
    }

    /// What the one session has for the API that was signed in for.
    pub fn grant(&self) -> Value {
        self.session()["grants"][0].clone()
    }

    /// Changes what the one session has for that API.
    pub fn change_grant(&self, change: impl FnOnce(&mut Value)) {
        self.change_session(|session| change(&mut session["grants"][0]));
    }

    /// Makes the stored access token one that ends so many seconds from now.
    pub fn let_the_token_end_in(&self, seconds: i64) {
        self.change_grant(|grant| grant["expires_on"] = json!(now() + seconds));
    }

    /// Takes the session's lock as another m365d would, until it is dropped.
    pub fn hold_the_lock(&self) -> File {
        let path = self.session_file().with_extension("lock");
        let file = OpenOptions::new().read(true).write(true).open(path).expect("a session has a lock file");
        file.lock().expect("the lock is free");
        file
    }
}

/// Seconds since 1970 by this machine's clock.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs().cast_signed()
}
