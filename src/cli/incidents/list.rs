//! `m365d incidents list`.

use std::io;

use anyhow::Result;

use super::args::List;
use super::checkpoint::Checkpoint;
use super::journal::Journal;
use super::question::{self, Times};
use super::{COLUMNS, sink};
use crate::api::{defender, graph};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::incomplete::Resumption;
use crate::cli::listing::{Kind, Listed, Listing, progress};
use crate::cli::permissions;
use crate::cli::shaper::Shaper;
use crate::token::{Operation, Service};

const KIND: Kind = Kind {
    one: "incident",
    many: "incidents",
    place: None,
    fit: ["has that severity; m365d filters by it", "have that severity; m365d filters by it"],
    shaped: Shaper::incident,
};

pub(in crate::cli) fn run(context: &Context, arguments: &List) -> Result<()> {
    let requirement = permissions::needed(Operation::ReadIncidents, context.settings.service())?;
    let application = context.settings.application()?;
    let progress = progress(context, &arguments.extent, KIND.many);
    let waiting = |reason: &str, wait| {
        progress.clear();
        context.terminal.waiting(reason, wait);
    };
    let shaper = Shaper::new(arguments.shape, application.service);
    let mut listing = Listing::new(&KIND, &arguments.extent, &progress, shaper);
    listing.is_filtered = question::is_filtered(arguments, application.service);
    let mut listed = Listed::default();
    let (checkpoint, kept) = match &arguments.checkpoint {
        Some(path) => Checkpoint::open(path).map(|(checkpoint, kept)| (Some(checkpoint), kept))?,
        None => (None, None),
    };
    let connection = Connection::new(context, &application, arguments.extent.max_wait).requiring(requirement);
    let outcome = connection.observed(&waiting, async |client, me| {
        let list = || question::identity(context, &application, arguments, me);
        let mut journal = Journal::begin(context, checkpoint.as_ref(), kept, list, Times::of(arguments))?;
        listed = journal.listed();
        let filter = question::filter(arguments, me, journal.times());
        let sink = sink(context, COLUMNS).after(listed.items);
        if application.service == Service::Graph {
            let (top, with_alerts) = (listing.page_size(), arguments.expand.is_some());
            let list = graph::Incidents::new(client, filter, top, with_alerts);
            let walk = journal.walk(&list);
            let save = |walk: &_, listed: &_| journal.save(&list, walk, listed);
            listing.write(&list, walk, sink, &mut listed, save).await
        } else {
            // What the service filters by itself is not filtered again.
            listing.own.severity.clone_from(&filter.severity);
            let list = defender::Incidents::new(client, filter, listing.page_size());
            let walk = journal.walk(&list);
            let save = |walk: &_, listed: &_| journal.save(&list, walk, listed);
            listing.write(&list, walk, sink, &mut listed, save).await
        }
    });
    let resumption = checkpoint
        .as_ref()
        .map_or(Resumption::Possible, |checkpoint| Resumption::From(checkpoint.path.clone()));
    match (&outcome, checkpoint) {
        (Ok(()), Some(checkpoint)) => checkpoint.remove()?,
        // What could not be written is cut off again.
        (Err(error), Some(checkpoint)) if !error.is::<io::Error>() => checkpoint.settle(),
        _ => {}
    }
    listing.end(context.terminal, &listed, outcome, resumption)
}
