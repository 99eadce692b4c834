//! The entities of an alert: who and what was involved, each kind with fields of its own.

use super::super::store::Variant;
use super::super::store::scenarios::Evidence;
use super::super::store::template::{Hole, object, quoted};

const ENTITY: &str = "\
    entityType evidenceCreationTime verdict remediationStatus sha1 sha256 fileName filePath \
    processId processCommandLine processCreationTime parentProcessId parentProcessCreationTime \
    ipAddress url accountName domainName userSid aadUserId userPrincipalName mailboxDisplayName \
    mailboxAddress clusterBy sender recipient subject deliveryAction internetMessageId \
    clusterByValue emailCount securityGroupId securityGroupName registryHive registryKey \
    registryValueType registryValue deviceId";

/// One entity, with the fields that its kind has.
pub fn entity(evidence: Evidence, variant: Variant, nulls: bool) -> String {
    let on_device = ("deviceId", quoted(&variant.device(0).id()));
    let (kind, own) = match evidence {
        Evidence::User => ("User", user(variant)),
        Evidence::Ip => ("Ip", vec![("ipAddress", quoted(&format!("203.0.113.{}", variant.0 % 250)))]),
        Evidence::Url(url) => ("Url", vec![("url", quoted(url))]),
        Evidence::File(name) => ("File", [file(name, variant), vec![on_device]].concat()),
        Evidence::Process { file: name, command } => {
            let process = vec![
                ("processId", (4000 + variant.0).to_string()),
                ("processCommandLine", quoted(command)),
                ("processCreationTime", Hole::FirstActivity.quoted()),
                ("parentProcessId", "812".to_owned()),
                ("parentProcessCreationTime", Hole::FirstActivity.quoted()),
                on_device,
            ];
            ("Process", [file(name, variant), process].concat())
        }
        // The documentation spells it MailBox, and the service does so at times.
        Evidence::Mailbox => (if variant.0.is_multiple_of(3) { "MailBox" } else { "Mailbox" }, mailbox()),
        Evidence::MailMessage { subject } => ("MailMessage", message(subject)),
        Evidence::MailCluster => {
            let cluster = vec![
                ("clusterBy", quoted("Subject;P2SenderDomain;ContentType")),
                ("clusterByValue", quoted("Invoice;evil.example;1")),
                ("emailCount", "17".to_owned()),
            ];
            ("MailCluster", cluster)
        }
        Evidence::Registry => {
            let registry = vec![
                ("registryHive", quoted("HKEY_LOCAL_MACHINE")),
                ("registryKey", quoted(r"SYSTEM\CurrentControlSet\Services\svchst")),
                ("registryValueType", quoted("ExpandString")),
                ("registryValue", quoted(r"%ProgramData%\svchst.exe")),
                on_device,
            ];
            ("Registry", registry)
        }
        Evidence::SecurityGroup => {
            let id = quoted("eeeeeeee-0000-4000-8000-000000000005");
            (
                "SecurityGroup",
                vec![("securityGroupId", id), ("securityGroupName", quoted("Finance & Payroll"))],
            )
        }
    };
    let common = vec![
        ("entityType", quoted(kind)),
        ("evidenceCreationTime", Hole::Created.quoted()),
        ("verdict", quoted("Suspicious")),
        ("remediationStatus", quoted("None")),
    ];
    object(ENTITY, &[common, own].concat(), nulls)
}

type Fields = Vec<(&'static str, String)>;

fn user(variant: Variant) -> Fields {
    vec![
        ("accountName", quoted("jdoe")),
        ("domainName", quoted("NORTHWIND")),
        ("userSid", quoted(&format!("S-1-5-21-1111111111-2222222222-3333333333-{}", 1001 + variant.0))),
        ("aadUserId", quoted("ffffffff-0000-4000-8000-000000000006")),
        ("userPrincipalName", quoted("jdoe@northwind.example")),
    ]
}

fn file(name: &str, variant: Variant) -> Fields {
    vec![
        ("sha1", format!("\"{:040x}\"", variant.0 + 1)),
        ("sha256", format!("\"{:064x}\"", variant.0 + 1)),
        ("fileName", quoted(name)),
        ("filePath", quoted(r"C:\Users\jdoe\AppData\Local\Temp")),
    ]
}

fn mailbox() -> Fields {
    vec![
        ("userPrincipalName", quoted("jdoe@northwind.example")),
        ("mailboxDisplayName", quoted("Doe, John (Zürich)")),
        ("mailboxAddress", quoted("jdoe@northwind.example")),
    ]
}

fn message(subject: &str) -> Fields {
    vec![
        ("userPrincipalName", quoted("jdoe@northwind.example")),
        ("sender", quoted("billing@evil.example")),
        ("recipient", quoted("jdoe@northwind.example")),
        ("subject", quoted(subject)),
        ("deliveryAction", quoted("Delivered")),
        ("internetMessageId", quoted("<0123456789abcdef@mail.evil.example>")),
    ]
}
