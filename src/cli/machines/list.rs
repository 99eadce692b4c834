//! `m365d machines list`: the machines that Defender for Endpoint knows.

use anyhow::Result;

use super::application;
use super::args::List;
use crate::api::endpoint::{self, Machine};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::incidents::sink;
use crate::cli::permissions;
use crate::output::{Column, Width};
use crate::token::{Operation, Service};

const COLUMNS: &[Column<'_>] = &[
    Column { name: "id", width: Some(Width::Cells(40, 40)), expendable: 0 },
    Column { name: "name", width: Some(Width::Rest(32)), expendable: 0 },
    Column { name: "os", width: Some(Width::Cells(10, 20)), expendable: 4 },
    Column { name: "health", width: Some(Width::Cells(8, 24)), expendable: 1 },
    Column { name: "risk", width: Some(Width::Cells(6, 13)), expendable: 3 },
    Column { name: "last seen", width: Some(Width::Cells(20, 28)), expendable: 2 },
];

pub(super) fn run(context: &Context, arguments: &List) -> Result<()> {
    let application = application(context, Operation::ReadMachines)?;
    let mut options = Vec::new();
    options.extend(arguments.filter.clone().map(|filter| ("$filter", filter)));
    // The service gives 10,000 at once, so more of them come page by page.
    options.extend(
        arguments.limit.filter(|limit| limit.get() < 10_000).map(|limit| ("$top", limit.to_string())),
    );
    let limit = arguments.limit.map_or(usize::MAX, std::num::NonZeroUsize::get);
    let connection = Connection::new(context, &application, arguments.max_wait)
        .requiring(permissions::needed(Operation::ReadMachines, Service::Endpoint)?);
    connection.run(async |client, _| {
        let mut sink = sink(context, COLUMNS);
        let mut pages = endpoint::machines(client, &options);
        let mut listed = 0;
        while listed < limit
            && let Some(page) = pages.next().await?
        {
            for item in page.items().take(limit - listed) {
                let machine = if sink.wants_rows() { Machine::read(item) } else { Machine::default() };
                sink.push(item, |column| cell(&machine, column).to_owned())?;
                listed += 1;
            }
            sink.flush()?;
        }
        if listed == 0 {
            context.terminal.note("no machine matches");
        }
        Ok(sink.finish()?)
    })
}

fn cell<'m>(machine: &'m Machine, column: &str) -> &'m str {
    match column {
        "id" => &machine.id,
        "name" => &machine.computer_dns_name,
        "os" => &machine.os_platform,
        "health" => &machine.health_status,
        "risk" => &machine.risk_score,
        "last seen" => &machine.last_seen,
        _ => "",
    }
}
