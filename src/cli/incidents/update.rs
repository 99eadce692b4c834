//! `m365d incidents update`: the same change to each of some incidents.
//!
//! Each is read first: one that was merged into another is left alone in favour of that one, and one that is not there
//! is not written to.

use std::collections::HashSet;

use anyhow::Result;

use super::args::{Changes, Update};
use super::{COLUMNS, INCIDENTS, LOOK, args, failed, sink, write};
use crate::api::shape::{Shape, values};
use crate::api::{self, Assignee, Change, Single};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::permissions::Missing;
use crate::cli::shaper::Shaper;
use crate::cli::under_way::UnderWay;
use crate::cli::written::Written;
use crate::cli::{dry_run, ids, permissions, several};
use crate::session::Need;
use crate::token::{Operation, Requirement, Service};

pub(in crate::cli) fn run(context: &Context, arguments: &Update) -> Result<()> {
    let service = context.settings.service();
    let requirement = permissions::needed(Operation::UpdateIncidents, service)?;
    change(&arguments.changes, "", service)?;
    let ids = ids::read_some(&arguments.ids.ids, &INCIDENTS, args::id)?;
    if arguments.dry_run {
        return print(context, &ids, &arguments.changes, requirement);
    }
    let terminal = context.terminal;
    let application = context.settings.application()?;
    let connection = Connection::new(context, &application, arguments.max_wait).requiring(requirement);
    let under_way = UnderWay::new(terminal);
    let outcome = connection.run(async |client, me| {
        let change = change(&arguments.changes, me, service)?;
        let incidents = Single::new(client, service);
        let mut shaper = Shaper::new(arguments.shape, service);
        let mut out = Written::new(sink(context, COLUMNS), &INCIDENTS, terminal);
        let mut changed = HashSet::new();
        let outcome = several::each(&INCIDENTS, &ids, terminal, async |id| {
            let merged = |id, into| {
                terminal
                    .note(&format!("incident {id} was merged into {into}, which is changed in its place"));
            };
            let id = incidents.get(*id, merged).await.map_err(|error| failed::unread(*id, error))?.id;
            if !changed.insert(id) {
                return Ok(());
            }
            let (unknown, look) = failed::unknown(id);
            let look = look + &context.repeated();
            let sent = under_way.sending(unknown, look, incidents.change(id, &change)).await;
            let answer = sent.map_err(|failure| failed::unchanged(id, failure))?;
            let json = if let Some(json) = answer {
                json
            } else {
                let now = incidents.get(id, |_, _| ()).await;
                now.map_err(|error| failed::unread_after_the_change(id, error))?.json
            };
            out.write(&id, |sink| write(sink, &mut shaper, &json));
            Ok(())
        })
        .await;
        out.finish(outcome)
    });
    under_way.end(outcome, LOOK.command)
}

/// The requests, unsent.
fn print(context: &Context, ids: &[u64], changes: &Changes, requirement: &Requirement) -> Result<()> {
    let application = context.settings.application()?;
    let session = context.session(&application).map(|(_, session)| session);
    // One that is over would be renewed first, and then permit other things perhaps.
    if let Some(grant) =
        session.as_ref().ok().and_then(|session| Need::of(application.resource).met_by(session))
    {
        Missing::unless(&grant.permissions(), requirement)
            .map_err(|missing| missing.of_session(&grant.requested_scopes))?;
    }
    let me = match changes.assign_to.as_deref() {
        Some(name) if Assignee::is_me(name) => session?.account.username,
        _ => String::new(),
    };
    context.terminal.note(
        "nothing is sent, and so nothing looked at: whether an incident is there, or was merged into another, which is \
         changed in its place then",
    );
    let change = change(changes, &me, application.service)?;
    let requests = ids.iter().flat_map(|id| {
        let url = api::url(&application.api_url, &api::path(application.service, *id));
        change.steps(application.service, url).into_iter().map(|step| step.request)
    });
    dry_run::print(context, requests)
}

/// The change that was asked for by somebody who is called `me`, in the words of `service`.
///
/// # Errors
/// [`values::Refused`] when its classification does not allow its determination.
fn change(changes: &Changes, me: &str, service: Service) -> Result<Change, values::Refused> {
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
