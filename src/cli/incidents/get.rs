//! `m365d incidents get`: incidents by their ids.

use std::collections::HashSet;

use anyhow::Result;

use super::args::Get;
use super::{COLUMNS, INCIDENTS, args, details, failed, finish, sink, write};
use crate::api::{Incident, Single};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::shaper::Shaper;
use crate::cli::{ids, permissions, several};
use crate::token::Operation;

pub(in crate::cli) fn run(context: &Context, arguments: &Get) -> Result<()> {
    let ids = ids::read(&arguments.ids.ids, &INCIDENTS, args::id, context.terminal)?;
    let (terminal, service) = (context.terminal, context.settings.service());
    let requirement = permissions::needed(Operation::ReadIncidents, service)?;
    let application = context.settings.application()?;
    let connection = Connection::new(context, &application, arguments.max_wait).requiring(requirement);
    connection.run(async |client, _| {
        let incidents = Single::new(client, service);
        let (mut sink, mut shaper) = (sink(context, COLUMNS), Shaper::new(arguments.shape, service));
        let mut written = HashSet::new();
        let outcome = several::each(&INCIDENTS, &ids, terminal, async |id| {
            let merged = |id, into| terminal.note(&format!("incident {id} was merged into {into}"));
            let found = incidents.get(*id, merged).await.map_err(|error| failed::unread(*id, error))?;
            if !written.insert(found.id) {
                return Ok(());
            }
            if ids.len() == 1 && sink.is_table() {
                let json = match &mut shaper {
                    Some(shaper) => shaper.incident(&found.json)?,
                    None => &found.json,
                };
                details::print(&Incident::read(json), json)?;
            } else {
                write(&mut sink, &mut shaper, &found.json)?;
            }
            Ok(())
        })
        .await;
        finish(sink, outcome)
    })
}
