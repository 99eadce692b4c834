//! `m365d alerts get`: alerts by their ids.

use anyhow::Result;

use super::args::{self, Get};
use super::{ALERTS, COLUMNS};
use crate::api::{self, Alert, AlertId};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::incidents::{finish, sink, write_shaped};
use crate::cli::several::Failed;
use crate::cli::shaper::Shaper;
use crate::cli::{ids, permissions, several};
use crate::token::{Operation, Service};

/// The service that was chosen gives no alert by its id.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot look up a single alert; it only has those of its incidents", Service::Defender)]
pub(in crate::cli) struct NotById;

pub(in crate::cli) fn run(context: &Context, arguments: &Get) -> Result<()> {
    // Graph, unless somebody has chosen: nobody else can.
    let service = context.settings.api.as_ref().map_or(Service::Graph, |api| api.value);
    let requirement = permissions::needed(Operation::ReadAlerts, service)?;
    if service == Service::Defender {
        return Err(NotById.into());
    }
    let ids = ids::read(&arguments.ids, &ALERTS, args::id, context.terminal)?;
    let application = context.settings.application_for(service)?;
    let connection = Connection::new(context, &application, arguments.max_wait).requiring(requirement);
    connection.run(async |client, _| {
        let (mut sink, mut shaper) = (sink(context, COLUMNS), Shaper::new(arguments.shape, service));
        let outcome = several::each(&ALERTS, &ids, context.terminal, async |id| {
            let json = api::alert(client, id).await.map_err(|error| unread(id, error))?;
            let shape = (&mut shaper, Shaper::alert as _);
            Ok(write_shaped(&mut sink, shape, &json, Alert::read)?)
        })
        .await;
        finish(sink, outcome)
    })
}

fn unread(id: &AlertId, error: api::Error) -> Failed {
    let hint = match &error {
        error if error.perhaps_retired().is_some() => Some(format!(
            "check {}. {} cannot look up a single alert, but lists them: m365d alerts list --api defender",
            Service::Graph.url_variable(),
            Service::Defender
        )),
        api::Error::NotFound(error) if error.has_known_code() => Some(
            "m365d alerts list --api graph shows which there are, as far as your role may see them"
                .to_owned(),
        ),
        _ => None,
    };
    Failed::new(&format!("alert {id}"), error, hint)
}
