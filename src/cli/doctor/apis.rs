//! The services that were not chosen: whether this application may use them as well, and how long Defender's hunting is still there.

use jiff::Timestamp;
use reqwest::Client;

use super::finding::Finding;
use super::signed_in;
use crate::api::defender;
use crate::cli::context::Context;
use crate::cli::permissions;
use crate::cli::report::Advice;
use crate::session::{self, Grant};
use crate::token::{Operation, Permissions, Requirement, Service};

const OTHER: &str = "other API";
const MACHINES: &str = "machines";
const HUNTING: &str = "hunting";

/// Asks for a token of each service, silently; one that is missing keeps nothing from working.
pub(super) async fn examine(
    context: &Context,
    chosen: Service,
    client: Option<&Client>,
    advice: &Advice,
) -> Vec<Finding> {
    let other = chosen.other().unwrap_or(Service::Graph);
    let (finding, of_other) =
        look_at(context, other, (OTHER, Operation::ReadIncidents), client, advice).await;
    let graph = if chosen == Service::Graph {
        context.settings.application().ok().and_then(|application| {
            let (_, session) = context.session(&application).ok()?;
            session.grant(application.resource).map(Grant::permissions)
        })
    } else {
        of_other
    };
    let mut findings = vec![finding, hunting(graph.as_ref(), Timestamp::now())];
    if chosen != Service::Endpoint {
        let machines = (MACHINES, Operation::ReadMachines);
        findings.push(look_at(context, Service::Endpoint, machines, client, advice).await.0);
    }
    findings
}

async fn look_at(
    context: &Context,
    service: Service,
    (check, operation): (&'static str, Operation),
    client: Option<&Client>,
    advice: &Advice,
) -> (Finding, Option<Permissions>) {
    let application = match context.settings.application_for(service) {
        Ok(application) => application,
        Err(error) => return (Finding::skipped(check, error.to_string()), None),
    };
    let session = match context.session(&application) {
        Ok((key, session)) => signed_in::renewed(context, &application, client, &key, session).await,
        Err(_) => return (Finding::skipped(check, "there is no session"), None),
    };
    let session = match session {
        Ok(session) => session,
        Err(error @ session::Error::NoConsent { .. }) => {
            let detail = format!("this application may not use {service}: {error}");
            return (Finding::note(check, detail, advice.on(&error)), None);
        }
        Err(error) => return (Finding::note(check, error.to_string(), advice.on(&error)), None),
    };
    let permissions = session.grant(application.resource).map_or(Permissions::Unknown, Grant::permissions);
    let detail = format!("{service}: {}", permissions::describe(&permissions));
    let reading = Requirement::find(operation, service);
    let finding = match reading.map(|reading| permissions::Missing::unless(&permissions, reading)) {
        Some(Err(missing)) => Finding::note(check, format!("{service}: {missing}"), missing.hint()),
        _ => Finding::ok(check, detail),
    };
    (finding, Some(permissions))
}

/// Defender's hunting has an end, and Graph's takes a permission of its own.
fn hunting(graph: Option<&Permissions>, now: Timestamp) -> Finding {
    let left = match days_until(defender::HUNTING_ENDS, now) {
        0 => "is over".to_owned(),
        1 => "ends in 1 day".to_owned(),
        days => format!("ends in {days} days"),
    };
    let left = format!("Defender's {left}, on {}", defender::HUNTING_ENDS);
    let needed = Requirement::find(Operation::Hunt, Service::Graph);
    let permission = needed.map_or("", |needed| needed.delegated[0]);
    let of_graph = match graph.zip(needed).and_then(|(graph, needed)| graph.allow(needed)) {
        Some(true) => return Finding::ok(HUNTING, format!("{left}; this application may use Graph's")),
        Some(false) => format!("the token for {} lacks {permission}", Service::Graph),
        None => "whether this application may use Graph's is not known".to_owned(),
    };
    let to_add = permissions::how_to_add(Service::Graph, "Delegated", permission);
    Finding::note(HUNTING, format!("{left}; {of_graph}"), to_add)
}

/// Whole days, a begun one included.
fn days_until(end: jiff::civil::Date, now: Timestamp) -> i64 {
    let end = end.to_zoned(jiff::tz::TimeZone::UTC).map_or(now, |end| end.timestamp());
    let seconds = (end.as_second() - now.as_second()).max(0);
    seconds / 86_400 + i64::from(seconds % 86_400 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_defender_s_hunting_are_counted_to_the_last() {
        for (now, days) in [
            ("2027-01-25T00:00:00Z", 7),
            ("2027-01-31T00:00:01Z", 1),
            ("2027-02-01T00:00:00Z", 0),
            ("2028-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(days_until(defender::HUNTING_ENDS, now.parse().unwrap()), days, "{now}");
        }
        let permitted = Permissions::Delegated(vec!["ThreatHunting.Read.All".into()]);
        let now = "2027-01-31T12:00:00Z".parse().unwrap();
        let ok = hunting(Some(&permitted), now);
        assert_eq!(ok.detail, "Defender's ends in 1 day, on 2027-02-01; this application may use Graph's");
        assert!(ok.remedy.is_none());
        assert!(hunting(None, now).remedy.is_some_and(|remedy| remedy.contains("ThreatHunting.Read.All")));
    }
}
