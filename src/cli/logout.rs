//! `m365d logout`: forgets a session without reading it, so that a damaged one goes like any other.

use anyhow::Result;

use super::args::Logout;
use super::context::Context;
use crate::session;

pub(super) fn run(context: &Context, arguments: &Logout) -> Result<()> {
    let store = context.store();
    let said = if arguments.all {
        match store.delete_all()? {
            0 => "nobody was signed in".to_owned(),
            1 => "signed out of one session".to_owned(),
            many => format!("signed out of {many} sessions"),
        }
    } else {
        let application = context.settings.application()?;
        let selector = context.selector(&application);
        let was_signed_in = match store.select(&selector) {
            Ok(key) => store.delete(&key)?,
            Err(session::Error::SignedOut | session::Error::Damaged { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        let unselected = store.delete_unselected(&selector)?;
        if unselected.unknown > 0 {
            context.terminal.warn(&format!(
                "no profile knows whose these stored sessions are: {}; m365d logout --all deletes them",
                unselected.unknown
            ));
        }
        let was_signed_in = was_signed_in || unselected.deleted > 0;
        if was_signed_in { "signed out" } else { "nobody was signed in" }.to_owned()
    };
    context.terminal.note(&said);
    Ok(())
}
