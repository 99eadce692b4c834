//! `m365d alerts list`.

use anyhow::Result;

use super::args::{self, List};
use super::{COLUMNS, OF_DEFENDER, OF_GRAPH};
use crate::api::{Alerts, Filter, Status, Walk};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::incidents::sink;
use crate::cli::incomplete::Resumption;
use crate::cli::listing::{Listed, Listing, progress};
use crate::cli::permissions;
use crate::cli::shaper::Shaper;
use crate::token::{Operation, Service};

/// A filter in `OData`'s language was given for what no service filters.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} does not list alerts but incidents, which have the alerts in them, so it cannot take a --filter",
    Service::Defender
)]
pub(in crate::cli) struct NoFilter;

pub(in crate::cli) fn run(context: &Context, arguments: &List) -> Result<()> {
    let service = context.settings.service();
    let requirement = permissions::needed(Operation::ReadAlerts, service)?;
    if service == Service::Defender && arguments.criteria.filter.is_some() {
        return Err(NoFilter.into());
    }
    let kind = if service == Service::Graph { &OF_GRAPH } else { &OF_DEFENDER };
    let application = context.settings.application()?;
    let progress = progress(context, &arguments.extent, kind.many);
    let waiting = |reason: &str, wait| {
        progress.clear();
        context.terminal.waiting(reason, wait);
    };
    let shaper = Shaper::new(arguments.shape, service);
    let mut listing = Listing::new(kind, &arguments.extent, &progress, shaper);
    let mut listed = Listed::default();
    let connection = Connection::new(context, &application, arguments.extent.max_wait).requiring(requirement);
    let outcome = connection.observed(&waiting, async |client, me| {
        let (filter, sink) = (filter(arguments, me), sink(context, COLUMNS));
        if service == Service::Graph {
            listing.is_filtered = filter != Filter::default();
            let alerts = Alerts::of_graph(client, &filter, listing.page_size());
            listing.write(&alerts, Walk::new(&alerts), sink, &mut listed, |_, _| Ok(())).await
        } else {
            listing.own = filter;
            let alerts = Alerts::of_defender(client);
            listing.write(&alerts, Walk::new(&alerts), sink, &mut listed, |_, _| Ok(())).await
        }
    });
    listing.end(context.terminal, &listed, outcome, Resumption::None)
}

fn filter(arguments: &List, me: &str) -> Filter {
    Filter {
        status: arguments.status.iter().copied().map(Status::from).collect(),
        service_source: arguments.service_source.clone(),
        ..arguments.criteria.filter(me)
    }
}

impl From<args::Status> for Status {
    fn from(status: args::Status) -> Self {
        match status {
            args::Status::New => Self::New,
            args::Status::InProgress => Self::InProgress,
            args::Status::Resolved => Self::Resolved,
        }
    }
}
