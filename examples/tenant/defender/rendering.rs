//! An incident as JSON, in the form of captured responses: documented keys in their documented order, timestamps and
//! ids as holes, and now and then something that no documentation mentions.

use super::super::directory::TENANT_ID;
use super::entities;
use super::scenarios::Alert;
use super::template::{Hole, array, object, quoted};
use super::variant::Variant;

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
pub fn incident(variant: Variant, nulls: bool) -> String {
    let resolved = variant.status() == "Resolved";
    let alerts = (0..variant.alerts()).map(|position| alert(variant, position, nulls));
    let mut fields = vec![
        ("incidentId", hole(Hole::Id)),
        (
            "incidentUri",
            format!("\"https://security.microsoft.com/incidents/{}?tid={TENANT_ID}\"", Hole::Id.mark()),
        ),
        ("incidentName", hole(Hole::Name)),
        ("createdTime", time(Hole::Created)),
        ("lastUpdateTime", time(Hole::Updated)),
        ("classification", quoted(if resolved { "TruePositive" } else { "Unknown" })),
        ("determination", quoted(if resolved { "Malware" } else { "NotAvailable" })),
        ("status", quoted(variant.status())),
        ("severity", quoted(variant.severity())),
        ("tags", array(tags(variant))),
        ("comments", array(comments(variant, nulls))),
        ("alerts", array(alerts)),
    ];
    fields.extend(variant.assigned_to().map(|who| ("assignedTo", quoted(who))));
    if variant.status() == "Redirected" {
        fields.push(("redirectIncidentId", "924481".to_owned()));
    }
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

fn tags(variant: Variant) -> Vec<String> {
    let tags: &[&str] = match variant.0 % 6 {
        0 => &["vip"],
        3 => &["Ransomware, suspected", "überprüft"],
        _ => &[],
    };
    tags.iter().map(|tag| quoted(tag)).collect()
}

fn comments(variant: Variant, nulls: bool) -> Vec<String> {
    let Some(author) = variant.assigned_to() else {
        return Vec::new();
    };
    let fields = [
        ("comment", quoted("Triage started.\r\nSee the runbook, step 3: \"isolate first\".")),
        ("createdBy", quoted(author)),
        ("createdTime", time(Hole::Updated)),
    ];
    vec![object("comment createdBy createdTime", &fields, nulls)]
}

fn alert(variant: Variant, position: usize, nulls: bool) -> String {
    let Alert {
        title,
        description,
        category,
        service_source,
        detection_source,
        techniques,
        devices,
        evidence,
    } = &variant.scenario().alerts[position];
    let number = format!("{:018}_-{:09}", 638_000_000_000_000_000 + variant.0, 123_456_789 + position);
    let resolved = variant.status() == "Resolved";
    let status = match (variant.0 % 3, resolved) {
        (_, true) => "Resolved",
        (0, _) => "New",
        (1, _) => "InProgress",
        _ => "Active",
    };
    let mut fields = vec![
        ("alertId", format!("\"da{number}_{}\"", Hole::Id.mark())),
        ("providerAlertId", quoted(&number)),
        ("incidentId", hole(Hole::Id)),
        ("serviceSource", quoted(service_source)),
        ("creationTime", time(Hole::Created)),
        ("lastUpdatedTime", time(Hole::Updated)),
        ("firstActivity", time(Hole::FirstActivity)),
        ("lastActivity", time(Hole::LastActivity)),
        ("title", quoted(title)),
        ("description", quoted(description)),
        ("category", quoted(category)),
        ("status", quoted(status)),
        ("severity", quoted(variant.severity())),
        (
            "investigationState",
            quoted(if variant.0 % 4 == 1 { "PendingApproval" } else { "UnsupportedAlertType" }),
        ),
        (
            "detectionSource",
            quoted(if variant.has_unknown_fields() { "unknownFutureValue" } else { detection_source }),
        ),
        ("detectorId", format!("\"0a0a0a0a-1b1b-2c2c-3d3d-{:012x}\"", 7919 * (variant.0 + 1))),
        ("mitreTechniques", array(techniques.iter().map(|technique| quoted(technique)))),
        ("devices", array((0..*devices).map(|position| device(variant, position, nulls)))),
        ("entities", array(evidence.iter().map(|evidence| entities::entity(*evidence, variant, nulls)))),
    ];
    fields.extend(variant.assigned_to().map(|who| ("assignedTo", quoted(who))));
    if resolved {
        fields.push(("resolvedTime", time(Hole::Updated)));
        fields.push(("classification", quoted("TruePositive")));
        fields.push(("determination", quoted("Malware")));
    }
    if *category == "Malware" {
        fields.push(("threatFamilyName", quoted("Wacatac")));
    }
    object(ALERT, &fields, nulls)
}

fn device(variant: Variant, position: usize, nulls: bool) -> String {
    let number = variant.0 % 90 + position;
    let mut fields = vec![
        ("mdatpDeviceId", quoted(&device_id(number))),
        ("deviceDnsName", quoted(&format!("ws-{number:03}.corp.northwind.example"))),
        ("osPlatform", quoted("Windows11")),
        ("version", quoted("24H2")),
        ("osProcessor", quoted("x64")),
        ("osBuild", "26100".to_owned()),
        ("healthStatus", quoted("Active")),
        ("riskScore", quoted(if variant.0.is_multiple_of(2) { "High" } else { "None" })),
        ("rbacGroupName", quoted("Workstations")),
        ("rbacGroupId", "7".to_owned()),
        ("firstSeen", quoted("2025-11-02T06:00:00.7Z")),
    ];
    if number.is_multiple_of(3) {
        fields.push(("aadDeviceId", format!("\"dddddddd-0000-4000-8000-{number:012x}\"")));
    }
    object(DEVICE, &fields, nulls)
}

pub fn device_id(number: usize) -> String {
    format!("{:040x}", 0x0123_4567_89ab_cdef_u64.wrapping_mul(number as u64 + 1))
}

fn hole(hole: Hole) -> String {
    hole.mark().to_string()
}

pub fn time(hole: Hole) -> String {
    format!("\"{}\"", hole.mark())
}
