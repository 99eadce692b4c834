//! `m365d logout`: forgets a session without reading it, so that a damaged one goes like any other.

use anyhow::Result;

use super::args::Logout;
use super::context::{self, Context};

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
        let was_signed_in = store.delete(&context::key(&application))?;
        if was_signed_in { "signed out" } else { "nobody was signed in" }.to_owned()
    };
    context.terminal.note(&said);
    Ok(())
}
