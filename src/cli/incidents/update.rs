//! `m365d incidents update`: the same change to each of some incidents.
//!
//! Each is read first: one that was merged into another is left alone in favour of that one, and one that is not there
//! is not written to.

use std::collections::HashSet;

use anyhow::Result;

use super::args::{Changes, Update};
use super::several::{self, Failed};
use super::{dry_run, finish, ids, sink, write};
use crate::api::shape::{Shape, values};
use crate::api::{Assignee, Change, Single};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::permissions;
use crate::cli::shaper::Shaper;
use crate::token::{Operation, Service};

pub(in crate::cli) fn run(context: &Context, arguments: &Update) -> Result<()> {
    let service = context.settings.service();
    let requirement = permissions::needed(Operation::UpdateIncidents, service)?;
    change(&arguments.changes, "", service)?;
    let ids = ids::read(&arguments.ids)?;
    if arguments.dry_run {
        return dry_run::run(context, &ids, &arguments.changes);
    }
    let terminal = context.terminal;
    let application = context.settings.application()?;
    let connection = Connection::new(context, &application, arguments.max_wait).requiring(requirement);
    connection.run(async |client, me| {
        let change = change(&arguments.changes, me, service)?;
        let incidents = Single::new(client, service);
        let (mut sink, mut shaper) = (sink(context), Shaper::new(arguments.shape, service));
        let mut changed = HashSet::new();
        let outcome = several::each(&ids, terminal, async |id| {
            let merged = |id, into| {
                terminal
                    .note(&format!("incident {id} was merged into {into}, which is changed in its place"));
            };
            let id = incidents.get(id, merged).await.map_err(|error| Failed::unread(id, error))?.id;
            if !changed.insert(id) {
                return Ok(());
            }
            let sent = incidents.change(id, &change).await;
            let answer = sent.map_err(|failure| Failed::unchanged(id, failure))?;
            let json = if let Some(json) = answer {
                json
            } else {
                let now = incidents.get(id, |_, _| ()).await;
                now.map_err(|error| Failed::unread_after_the_change(id, error))?.json
            };
            Ok(write(&mut sink, &mut shaper, &json, &incidents.read(&json))?)
        })
        .await;
        finish(sink, outcome)
    })
}

/// The change that was asked for by somebody who is called `me`, in the words of `service`.
///
/// # Errors
/// [`values::Refused`] when its classification does not allow its determination.
pub(super) fn change(changes: &Changes, me: &str, service: Service) -> Result<Change, values::Refused> {
    let shape = if service == Service::Graph { Shape::Graph } else { Shape::Defender };
    let status = changes.status.map(|word| values::status(word, shape)).transpose()?;
    let (classification, determination) = match (changes.classification, changes.determination) {
        (Some(classification), Some(determination)) => {
            let (classification, determination) = values::together(classification, determination, shape)?;
            (Some(classification), Some(determination))
        }
        (classification, _) => {
            (classification.map(|word| values::classification(word, shape)).transpose()?, None)
        }
    };
    Ok(Change {
        status,
        classification,
        determination,
        assigned_to: changes.assign_to.as_ref().map(|name| Assignee::named(name, me)),
        tags: (!changes.tag.is_empty()).then(|| changes.tag.clone()),
        comment: changes.comment.clone(),
    })
}
