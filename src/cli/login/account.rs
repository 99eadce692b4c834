//! Whose session a sign-in replaces: the same account's at once, another one's only on the person's word.

use crate::auth::Account;
use crate::auth::authorization_code::Who;
use crate::cli::context::Context;
use crate::session::{self, Key};
use crate::settings::Application;

/// The person signed in as somebody else than is signed in here, and has not said that this is meant.
#[derive(Debug, thiserror::Error)]
#[error("you have signed in as {new}, but {old} is signed in here; nothing was changed")]
pub(in crate::cli) struct SomebodyElse {
    new: String,
    old: String,
}

/// Who is signed in before the sign-in.
#[derive(Clone)]
pub(super) struct Present {
    key: Option<Key>,
    username: Option<String>,
    /// The person's word.
    may_be_replaced: bool,
}

impl Present {
    pub(super) fn find(context: &Context, application: &Application, may_be_replaced: bool) -> Self {
        let store = context.store();
        let key = selected(context, application);
        // A session that cannot be opened is somebody's all the same, unless it was set aside for that.
        let username = key.as_ref().and_then(|key| match store.load(key) {
            Ok(session) => Some(session.account.username),
            // If it matters to the new session, that says so.
            Err(session::Error::Sealed(_)) => None,
            Err(error) => {
                context.terminal.warn(&error.to_string());
                None
            }
        });
        let key = key.filter(|key| store.path(key).exists());
        Self { key, username, may_be_replaced }
    }

    /// Who is signed in now, which may be somebody who has signed in while the browser was open.
    pub(super) fn again(&self, context: &Context, application: &Application) -> Self {
        if selected(context, application) == self.key {
            self.clone()
        } else {
            Self::find(context, application, self.may_be_replaced)
        }
    }

    /// Whom the authority shall have in mind.
    pub(super) fn hint(&self) -> Who<'_> {
        match &self.username {
            _ if self.may_be_replaced => Who::Ask,
            Some(username) => Who::Expected(username),
            None => Who::Anybody,
        }
    }

    /// The session that goes when that of `account` comes.
    pub(super) fn replaced_by(&self, key: &Key, account: &Account) -> Result<Option<&Key>, SomebodyElse> {
        let other = self.key.as_ref().filter(|present| *present != key);
        if other.is_some() && !self.may_be_replaced {
            let old = self.username.clone().unwrap_or_else(|| "somebody else".to_owned());
            return Err(SomebodyElse { new: account.username.clone(), old });
        }
        Ok(other)
    }
}

fn selected(context: &Context, application: &Application) -> Option<Key> {
    let store = context.store();
    store.select(&context.selector(application)).ok().filter(|key| store.path(key).exists())
}
