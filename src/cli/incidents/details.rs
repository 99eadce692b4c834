//! A single incident as a person looks at it: everything that one decides by, one below the other.

use std::io;

use jiff::Timestamp;

use crate::api::{Details, Incident, Item};
use crate::cli::{status, terminal};
use crate::output::{Fact, Format, wrapped_facts};

/// As many alerts as there is patience for; an incident may have hundreds.
const MOST_ALERTS: usize = 20;

/// Writes it.
///
/// # Errors
/// When it cannot be written.
pub(super) fn print(incident: &Incident, json: &str) -> io::Result<()> {
    let facts = facts(incident, &Details::read(json));
    wrapped_facts(&facts, terminal::stdout_width(), terminal::stdout(Format::Table))
}

fn facts(incident: &Incident, details: &Details) -> Vec<Fact> {
    let mut facts = vec![("Incident", incident.column("id"))];
    let mut add = |label, text: String| facts.extend((!text.is_empty()).then_some((label, text)));
    add("Name", incident.column("name"));
    add("Severity", incident.column("severity"));
    add("Status", incident.column("status"));
    add("Assigned to", or(incident.column("assigned to"), "nobody"));
    add("Classification", incident.column("classification"));
    add("Determination", incident.column("determination"));
    add("Created", time(&incident.column("created")));
    add("Updated", time(&incident.column("updated")));
    add("Tags", details.tags.join(", "));
    add("Page", details.page.clone());
    for comment in &details.comments {
        let by = [time(&comment.created), comment.author.clone()].join(" ");
        add("Comment", format!("{}: {}", by.trim(), comment.text));
    }
    add("Alerts", incident.column("alerts"));
    for alert in details.alerts.iter().take(MOST_ALERTS) {
        let [severity, status, title, id] =
            ["severity", "status", "title", "id"].map(|name| alert.column(name));
        add("Alert", format!("{severity}, {status}: {title} ({id})"));
    }
    if details.alerts.len() > MOST_ALERTS {
        add("", format!("and {} more, which -o json has", details.alerts.len() - MOST_ALERTS));
    }
    facts
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// To the minute, where it is a time.
fn time(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| text.to_owned(), status::minute)
}
