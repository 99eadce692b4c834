//! Whether the API gives what the commands are for: one incident, or one machine of Defender for Endpoint. The token
//! may permit that and the person's roles may not, which only the API can tell.

use std::time::Duration;

use anyhow::Result;

use super::finding::{Finding, Verdict};
use crate::api::{self, Filter, List, Page, Request, defender, graph};
use crate::cli::connection::{Connection, SessionClient};
use crate::cli::context::Context;
use crate::cli::permissions::Missing;
use crate::cli::report::Advice;
use crate::settings::Application;
use crate::token::{Operation, Requirement, Service};

/// A service that is busy for longer has answered the question.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is read at `service`, which is the name of the check.
pub(super) fn check(service: Service) -> &'static str {
    match service {
        Service::Defender | Service::Graph => "incidents",
        Service::Endpoint => "machines",
    }
}

/// Reads one, unless one of the checks `before` says that it cannot be.
pub(super) async fn examine(
    context: &Context,
    application: &Application,
    before: &[Finding],
    advice: &Advice,
) -> Finding {
    let (service, check) = (application.service, check(application.service));
    let first = before
        .iter()
        .find(|finding| finding.verdict == Verdict::Problem && finding.is_on_the_way_to_the_api());
    if let Some(first) = first {
        return Finding::skipped(check, format!("not tried, since the check \"{}\" has failed", first.check));
    }
    let operation = match service {
        Service::Defender | Service::Graph => Operation::ReadIncidents,
        Service::Endpoint => Operation::ReadMachines,
    };
    let mut connection = Connection::new(context, application, PATIENCE);
    if let Some(requirement) = Requirement::find(operation, service) {
        connection = connection.requiring(requirement);
    }
    let waiting = |reason: &str, wait| context.terminal.waiting(reason, wait);
    match connection.asked(&waiting, async |client, _| read_one(client, service).await).await {
        Ok(0) => Finding::ok(check, "there are none, or none that your roles let you see"),
        Ok(_) => Finding::ok(
            check,
            match service {
                Service::Defender | Service::Graph => "read one incident",
                Service::Endpoint => "read one machine",
            },
        ),
        Err(error) if error.is::<Missing>() => Finding::skipped(check, "the token does not permit it"),
        Err(error) if is_busy(&error) => Finding::note(check, error.to_string(), "m365d doctor, later"),
        Err(error) => Finding::problem(check, error.to_string(), advice.on(error.as_ref())),
    }
}

fn is_busy(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(api::Error::Throttled { .. } | api::Error::QuotaUsedUp { .. }))
}

/// How many came of one.
async fn read_one(client: &SessionClient<'_>, service: Service) -> Result<usize> {
    let everything = Filter::default();
    let page = match service {
        Service::Defender => {
            let list = defender::Incidents::new(client, everything, 1);
            list.page(&list.at(0, None)).await?
        }
        Service::Graph => {
            let list = graph::Incidents::new(client, everything, 1, false);
            list.page(&list.at(0, None)).await?
        }
        Service::Endpoint => {
            let mut url = client.url("api/machines");
            url.set_query(Some("$top=1"));
            match client.send(&Request::get(url), Page::parse).await {
                // Where there are none, that is not found (<https://learn.microsoft.com/defender-endpoint/api/get-machines>).
                Err(api::Error::NotFound(error)) if error.has_known_code() => return Ok(0),
                page => page?,
            }
        }
    };
    Ok(page.len())
}
