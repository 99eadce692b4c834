//! Incidents and alerts in Graph's form (the schema of v1.0): every property is printed, null where there is nothing.

use std::sync::OnceLock;

use super::super::api::filter::Text;
use super::super::directory::TENANT_ID;
use super::super::store::template::{Hole, Template, array, object, quoted};
use super::super::store::{Comment, Details, Facts, Rendered, VARIANTS, Variant, ticks};
use super::{evidence, values};

const INCIDENT: &str = "\
    id tenantId status incidentWebUrl redirectIncidentId displayName createdDateTime \
    lastUpdateDateTime assignedTo classification determination severity customTags systemTags \
    description lastModifiedBy resolvingComment summary priorityScore comments";

const ALERT: &str = "\
    id providerAlertId incidentId status severity classification determination serviceSource \
    detectionSource productName detectorId tenantId title description recommendedActions category \
    categories assignedTo alertWebUrl incidentWebUrl actorDisplayName threatDisplayName \
    threatFamilyName mitreTechniques createdDateTime lastUpdateDateTime resolvedDateTime \
    firstActivityDateTime lastActivityDateTime systemTags alertPolicyId investigationState \
    comments customDetails additionalData evidence";

/// What a client has asked to see.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// `$expand=alerts`
    pub alerts: bool,
    /// `Prefer: include-unknown-enum-members`
    pub evolved: bool,
}

pub fn print(facts: &Facts<'_>, view: View, out: &mut Vec<u8>) {
    static RENDERED: [Rendered; 4] = [const { [const { OnceLock::new() }; VARIANTS] }; 4];
    let variant = facts.variant;
    match facts.changed {
        Some(details) => facts.print(&Template::new(&incident(variant, details, view)), out),
        None => {
            let rendered = &RENDERED[usize::from(view.alerts) * 2 + usize::from(view.evolved)];
            let render = || incident(variant, &Details::of(variant), view);
            facts.print(variant.template(rendered, render), out);
        }
    }
}

/// An alert by its position in the incident.
pub fn print_alert(facts: &Facts<'_>, position: usize, evolved: bool, out: &mut Vec<u8>) {
    facts.print(&Template::new(&alert(facts.variant, position, evolved)), out);
}

fn incident(variant: Variant, details: &Details, view: View) -> String {
    let word =
        |property, word: &str| quoted(values::shown(&values::of_defender(property, word), view.evolved));
    let optional = |text: &Option<String>| text.as_ref().map_or("null".to_owned(), |text| quoted(text));
    let mut fields = vec![
        ("id", Hole::Id.quoted()),
        ("tenantId", quoted(TENANT_ID)),
        ("status", word(Text::Status, &details.status)),
        ("incidentWebUrl", incident_url()),
        ("displayName", details.name.as_ref().map_or(Hole::Name.bare(), |name| quoted(name))),
        ("createdDateTime", Hole::Created.quoted()),
        ("lastUpdateDateTime", Hole::Updated.quoted()),
        ("assignedTo", optional(&details.assigned_to)),
        ("classification", word(Text::Classification, &details.classification)),
        ("determination", word(Text::Determination, &details.determination)),
        ("severity", word(Text::Severity, &details.severity)),
        ("customTags", array(details.tags.iter().map(|tag| quoted(tag)))),
        ("systemTags", array(variant.has_unknown_fields().then(|| quoted("Defender Experts")))),
        ("description", optional(&details.description)),
        ("lastModifiedBy", optional(&details.last_modified_by)),
        ("resolvingComment", optional(&details.resolving_comment)),
        ("summary", optional(&details.summary)),
        ("comments", array(details.comments.iter().map(comment))),
    ];
    if !variant.0.is_multiple_of(4) {
        fields.push(("priorityScore", (variant.0 % 101).to_string()));
    }
    let redirected = details.is_general() && details.status == "Redirected";
    let redirect = details.redirect.map(|id| id.to_string()).or(redirected.then(|| Hole::Redirect.bare()));
    fields.extend(redirect.map(|id| ("redirectIncidentId", quoted(&id))));
    if view.alerts {
        let alerts = (0..variant.alerts()).map(|position| alert(variant, position, view.evolved));
        fields.push(("alerts", array(alerts)));
    }
    object(INCIDENT, &fields, true)
}

/// A comment of an incident.
pub fn comment(comment: &Comment) -> String {
    let time = comment.time.map_or(Hole::Updated.quoted(), |time| quoted(&ticks::text(time)));
    let fields = [
        ("@odata.type", quoted("#microsoft.graph.security.alertComment")),
        ("comment", quoted(&comment.text)),
        ("createdByDisplayName", quoted(&comment.author)),
        ("createdDateTime", time),
    ];
    object("@odata.type comment createdByDisplayName createdDateTime", &fields, true)
}

fn alert(variant: Variant, position: usize, evolved: bool) -> String {
    let alert = variant.alert(position);
    let word = |property, word: &str| quoted(values::shown(&values::of_defender(property, word), evolved));
    let resolved = alert.status == "Resolved";
    let id = format!("da{}_{}", alert.provider_id, Hole::Id.mark());
    let devices = (0..alert.scenario.devices).map(|position| evidence::device(variant, position));
    let entities = alert.scenario.evidence.iter().map(|evidence| evidence::entity(*evidence, variant));
    let mut fields = vec![
        ("id", quoted(&id)),
        ("providerAlertId", quoted(&alert.provider_id)),
        ("incidentId", Hole::Id.quoted()),
        ("status", quoted(&values::alert_status(alert.status))),
        ("severity", word(Text::Severity, variant.severity())),
        ("serviceSource", word(Text::ServiceSource, alert.scenario.service_source)),
        ("detectionSource", quoted(values::detection_source(alert.detection_source))),
        ("productName", quoted("Microsoft Defender XDR")),
        ("detectorId", quoted(&alert.detector_id)),
        ("tenantId", quoted(TENANT_ID)),
        ("title", quoted(alert.scenario.title)),
        ("description", quoted(alert.scenario.description)),
        ("recommendedActions", quoted("")),
        ("category", quoted(alert.scenario.category)),
        ("categories", array([quoted(alert.scenario.category)])),
        ("alertWebUrl", quoted(&format!("https://security.microsoft.com/alerts/{id}?tid={TENANT_ID}"))),
        ("incidentWebUrl", incident_url()),
        ("mitreTechniques", array(alert.scenario.techniques.iter().map(|technique| quoted(technique)))),
        ("createdDateTime", Hole::Created.quoted()),
        ("lastUpdateDateTime", Hole::Updated.quoted()),
        ("firstActivityDateTime", Hole::FirstActivity.quoted()),
        ("lastActivityDateTime", Hole::LastActivity.quoted()),
        ("systemTags", array([])),
        ("investigationState", quoted(&values::camel(alert.investigation_state))),
        ("comments", array([])),
        ("evidence", array(devices.chain(entities.flatten()))),
    ];
    fields.extend(variant.assigned_to().map(|who| ("assignedTo", quoted(who))));
    if resolved {
        fields.push(("resolvedDateTime", Hole::Updated.quoted()));
        fields.push(("classification", quoted("truePositive")));
        fields.push(("determination", quoted("malware")));
    }
    if alert.scenario.category == "Malware" {
        fields.push(("threatFamilyName", quoted("Wacatac")));
    }
    object(ALERT, &fields, true)
}

fn incident_url() -> String {
    let id = Hole::Id.mark();
    quoted(&format!("https://security.microsoft.com/incident2/{id}/overview?tid={TENANT_ID}"))
}
