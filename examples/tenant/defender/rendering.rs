//! An incident as JSON, in the form of captured responses: documented keys in their documented order, timestamps and
//! ids as holes, and now and then something that no documentation mentions.

use std::sync::OnceLock;

use super::super::directory::TENANT_ID;
use super::super::store::template::{Hole, Template, array, object, quoted};
use super::super::store::{Comment, Details, Facts, Rendered, VARIANTS, Variant, ticks};
use super::entities;

const INCIDENT: &str = "\
    incidentId incidentUri redirectIncidentId incidentName createdTime lastUpdateTime \
    assignedTo classification determination status severity tags comments alerts";

const ALERT: &str = "\
    alertId providerAlertId incidentId serviceSource creationTime lastUpdatedTime resolvedTime \
    firstActivity lastActivity title description category status severity investigationId \
    investigationState classification determination detectionSource detectorId assignedTo \
    actorName threatFamilyName mitreTechniques devices entities";

const DEVICE: &str = "\
    mdatpDeviceId aadDeviceId deviceDnsName osPlatform version osProcessor osBuild healthStatus \
    riskScore rbacGroupName rbacGroupId firstSeen";

/// `nulls` prints every documented key, as the documentation's samples do.
pub fn print(facts: &Facts<'_>, nulls: bool, out: &mut Vec<u8>) {
    static SPARSE: Rendered = [const { OnceLock::new() }; VARIANTS];
    static FULL: Rendered = [const { OnceLock::new() }; VARIANTS];
    let variant = facts.variant;
    match facts.changed {
        Some(details) => facts.print(&Template::new(&incident(variant, details, nulls)), out),
        None => {
            let rendered = if nulls { &FULL } else { &SPARSE };
            let render = || incident(variant, &Details::of(variant), nulls);
            facts.print(variant.template(rendered, render), out);
        }
    }
}

fn incident(variant: Variant, details: &Details, nulls: bool) -> String {
    let alerts = (0..variant.alerts()).map(|position| alert(variant, position, nulls));
    let uri = format!("\"https://security.microsoft.com/incidents/{}?tid={TENANT_ID}\"", Hole::Id.mark());
    let mut fields = vec![
        ("incidentId", Hole::Id.bare()),
        ("incidentUri", uri),
        ("incidentName", details.name.as_ref().map_or(Hole::Name.bare(), |name| quoted(name))),
        ("createdTime", Hole::Created.quoted()),
        ("lastUpdateTime", Hole::Updated.quoted()),
        ("classification", quoted(&details.classification)),
        ("determination", quoted(&details.determination)),
        ("status", quoted(&details.status)),
        ("severity", quoted(&details.severity)),
        ("tags", array(details.tags.iter().map(|tag| quoted(tag)))),
        ("comments", array(details.comments.iter().map(|each| comment(each, nulls)))),
        ("alerts", array(alerts)),
    ];
    fields.extend(details.assigned_to.as_ref().map(|who| ("assignedTo", quoted(who))));
    let redirected = details.is_general() && details.status == "Redirected";
    let redirect = details.redirect.map(|id| id.to_string()).or(redirected.then(|| Hole::Redirect.bare()));
    fields.extend(redirect.map(|id| ("redirectIncidentId", id)));
    if variant.has_unknown_fields() {
        fields.extend(unknown_fields());
    }
    object(INCIDENT, &fields, nulls)
}

/// What a client must carry through unchanged: new names, other spellings of the same text, numbers that no double
/// holds.
fn unknown_fields() -> [(&'static str, String); 4] {
    [
        ("summary", r#""Spelled \u0041\/B, na\u00efve and \ud83d\udef0""#.to_owned()),
        ("systemTags", r#"["Defender Experts",null,{}]"#.to_owned()),
        ("priorityScore", "73.50".to_owned()),
        ("sequence", "12345678901234567890123456789.000".to_owned()),
    ]
}

fn comment(comment: &Comment, nulls: bool) -> String {
    let time = comment.time.map_or(Hole::Updated.quoted(), |time| quoted(&ticks::text(time)));
    let fields =
        [("comment", quoted(&comment.text)), ("createdBy", quoted(&comment.author)), ("createdTime", time)];
    object("comment createdBy createdTime", &fields, nulls)
}

fn alert(variant: Variant, position: usize, nulls: bool) -> String {
    let alert = variant.alert(position);
    let resolved = alert.status == "Resolved";
    let mut fields = vec![
        ("alertId", format!("\"da{}_{}\"", alert.provider_id, Hole::Id.mark())),
        ("providerAlertId", quoted(&alert.provider_id)),
        ("incidentId", Hole::Id.bare()),
        ("serviceSource", quoted(alert.scenario.service_source)),
        ("creationTime", Hole::Created.quoted()),
        ("lastUpdatedTime", Hole::Updated.quoted()),
        ("firstActivity", Hole::FirstActivity.quoted()),
        ("lastActivity", Hole::LastActivity.quoted()),
        ("title", quoted(alert.scenario.title)),
        ("description", quoted(alert.scenario.description)),
        ("category", quoted(alert.scenario.category)),
        ("status", quoted(alert.status)),
        ("severity", quoted(variant.severity())),
        ("investigationState", quoted(alert.investigation_state)),
        ("detectionSource", quoted(alert.detection_source)),
        ("detectorId", quoted(&alert.detector_id)),
        ("mitreTechniques", array(alert.scenario.techniques.iter().map(|technique| quoted(technique)))),
        ("devices", array((0..alert.scenario.devices).map(|position| device(variant, position, nulls)))),
        (
            "entities",
            array(alert.scenario.evidence.iter().map(|evidence| entities::entity(*evidence, variant, nulls))),
        ),
    ];
    fields.extend(variant.assigned_to().map(|who| ("assignedTo", quoted(who))));
    if resolved {
        fields.push(("resolvedTime", Hole::Updated.quoted()));
        fields.push(("classification", quoted("TruePositive")));
        fields.push(("determination", quoted("Malware")));
    }
    if alert.scenario.category == "Malware" {
        fields.push(("threatFamilyName", quoted("Wacatac")));
    }
    object(ALERT, &fields, nulls)
}

fn device(variant: Variant, position: usize, nulls: bool) -> String {
    let device = variant.device(position);
    let mut fields = vec![
        ("mdatpDeviceId", quoted(&device.id())),
        ("deviceDnsName", quoted(&device.dns_name())),
        ("osPlatform", quoted("Windows11")),
        ("version", quoted("24H2")),
        ("osProcessor", quoted("x64")),
        ("osBuild", "26100".to_owned()),
        ("healthStatus", quoted("Active")),
        ("riskScore", quoted(variant.risk_score())),
        ("rbacGroupName", quoted("Workstations")),
        ("rbacGroupId", "7".to_owned()),
        ("firstSeen", quoted("2025-11-02T06:00:00.7Z")),
    ];
    fields.extend(device.entra_id().map(|id| ("aadDeviceId", quoted(&id))));
    object(DEVICE, &fields, nulls)
}
