//! The evidence of an alert: Graph's form of the Defender API's devices and entities.

use super::super::store::Variant;
use super::super::store::scenarios::Evidence;
use super::super::store::template::{Hole, array, object, quoted};

const BASE: &str =
    "@odata.type createdDateTime verdict remediationStatus remediationStatusDetails roles detailedRoles tags";

type Fields = Vec<(&'static str, String)>;

pub fn device(variant: Variant, position: usize) -> String {
    let device = variant.device(position);
    let fields = vec![
        ("firstSeenDateTime", quoted("2025-11-02T06:00:00.7Z")),
        ("mdeDeviceId", quoted(&device.id())),
        ("azureAdDeviceId", device.entra_id().map_or("null".to_owned(), |id| quoted(&id))),
        ("deviceDnsName", quoted(&device.dns_name())),
        ("hostName", quoted(&format!("ws-{:03}", device.0))),
        ("ntDomain", "null".to_owned()),
        ("dnsDomain", quoted("corp.northwind.example")),
        ("osPlatform", quoted("Windows11")),
        ("osBuild", "26100".to_owned()),
        ("version", quoted("24H2")),
        ("healthStatus", quoted("active")),
        ("riskScore", quoted(if variant.risk_score() == "High" { "high" } else { "none" })),
        ("rbacGroupId", "7".to_owned()),
        ("rbacGroupName", quoted("Workstations")),
        ("onboardingStatus", quoted("onboarded")),
        ("defenderAvStatus", quoted("updated")),
        ("lastIpAddress", "null".to_owned()),
        ("lastExternalIpAddress", "null".to_owned()),
        ("ipInterfaces", array([])),
        ("loggedOnUsers", array([])),
        ("vmMetadata", "null".to_owned()),
    ];
    one("deviceEvidence", fields)
}

/// One entity, which is two pieces of evidence for a value in the registry.
pub fn entity(evidence: Evidence, variant: Variant) -> Vec<String> {
    let on_device = || ("mdeDeviceId", quoted(&variant.device(0).id()));
    let (kind, fields) = match evidence {
        Evidence::User => ("userEvidence", vec![("userAccount", user(variant)), ("stream", null())]),
        Evidence::Ip => {
            let address = quoted(&format!("203.0.113.{}", variant.0 % 250));
            ("ipEvidence", vec![("ipAddress", address), ("countryLetterCode", null()), ("location", null())])
        }
        Evidence::Url(url) => ("urlEvidence", vec![("url", quoted(url))]),
        Evidence::File(name) => {
            let status = ("detectionStatus", quoted("detected"));
            ("fileEvidence", vec![status, on_device(), ("fileDetails", file(name, variant))])
        }
        Evidence::Process { file: name, command } => {
            let process = vec![
                ("processId", (4000 + variant.0).to_string()),
                ("parentProcessId", "812".to_owned()),
                ("processCommandLine", quoted(command)),
                ("processCreationDateTime", Hole::FirstActivity.quoted()),
                ("parentProcessCreationDateTime", Hole::FirstActivity.quoted()),
                ("detectionStatus", quoted("detected")),
                on_device(),
                ("imageFile", file(name, variant)),
                ("parentProcessImageFile", null()),
                ("userAccount", null()),
            ];
            ("processEvidence", process)
        }
        Evidence::Mailbox => {
            let mailbox = vec![
                ("primaryAddress", quoted("jdoe@northwind.example")),
                ("displayName", quoted("Doe, John (Zürich)")),
                ("upn", quoted("jdoe@northwind.example")),
                ("userAccount", null()),
            ];
            ("mailboxEvidence", mailbox)
        }
        Evidence::MailMessage { subject } => ("analyzedMessageEvidence", message(subject)),
        Evidence::MailCluster => {
            let cluster = vec![
                ("clusterBy", quoted("Subject;P2SenderDomain;ContentType")),
                ("clusterByValue", quoted("Invoice;evil.example;1")),
                ("emailCount", "17".to_owned()),
                ("networkMessageIds", array([])),
                ("query", null()),
                ("urn", null()),
            ];
            ("mailClusterEvidence", cluster)
        }
        Evidence::Registry => return registry(&on_device()),
        Evidence::SecurityGroup => {
            let group = vec![
                ("displayName", quoted("Finance & Payroll")),
                ("securityGroupId", quoted("eeeeeeee-0000-4000-8000-000000000005")),
            ];
            ("securityGroupEvidence", group)
        }
    };
    vec![one(kind, fields)]
}

fn one(kind: &str, own: Fields) -> String {
    let base = vec![
        ("@odata.type", quoted(&format!("#microsoft.graph.security.{kind}"))),
        ("createdDateTime", Hole::Created.quoted()),
        ("verdict", quoted("suspicious")),
        ("remediationStatus", quoted("none")),
        ("roles", array([])),
        ("detailedRoles", array([])),
        ("tags", array([])),
    ];
    object(BASE, &[base, own].concat(), true)
}

fn registry(on_device: &(&'static str, String)) -> Vec<String> {
    let key = || {
        vec![
            ("registryKey", quoted(r"SYSTEM\CurrentControlSet\Services\svchst")),
            ("registryHive", quoted("HKEY_LOCAL_MACHINE")),
        ]
    };
    let value = vec![
        ("registryValue", quoted(r"%ProgramData%\svchst.exe")),
        ("registryValueName", null()),
        ("registryValueType", quoted("ExpandString")),
        on_device.clone(),
    ];
    vec![one("registryKeyEvidence", key()), one("registryValueEvidence", [key(), value].concat())]
}

fn user(variant: Variant) -> String {
    let fields = [
        ("accountName", quoted("jdoe")),
        ("domainName", quoted("NORTHWIND")),
        ("userSid", quoted(&format!("S-1-5-21-1111111111-2222222222-3333333333-{}", 1001 + variant.0))),
        ("azureAdUserId", quoted("ffffffff-0000-4000-8000-000000000006")),
        ("userPrincipalName", quoted("jdoe@northwind.example")),
    ];
    object("accountName domainName userSid azureAdUserId userPrincipalName displayName", &fields, true)
}

fn file(name: &str, variant: Variant) -> String {
    let fields = [
        ("sha1", format!("\"{:040x}\"", variant.0 + 1)),
        ("sha256", format!("\"{:064x}\"", variant.0 + 1)),
        ("fileName", quoted(name)),
        ("filePath", quoted(r"C:\Users\jdoe\AppData\Local\Temp")),
    ];
    object("sha1 sha256 md5 sha256Ac fileName filePath fileSize filePublisher signer issuer", &fields, true)
}

fn message(subject: &str) -> Fields {
    let sender = [("emailAddress", quoted("billing@evil.example")), ("domainName", quoted("evil.example"))];
    let sender = object("emailAddress displayName domainName", &sender, true);
    vec![
        ("networkMessageId", null()),
        ("internetMessageId", quoted("<0123456789abcdef@mail.evil.example>")),
        ("subject", quoted(subject)),
        ("recipientEmailAddress", quoted("jdoe@northwind.example")),
        ("deliveryAction", quoted("Delivered")),
        ("p1Sender", sender.clone()),
        ("p2Sender", sender),
        ("urlCount", "0".to_owned()),
        ("attachmentsCount", "0".to_owned()),
    ]
}

fn null() -> String {
    "null".to_owned()
}
