//! What happened: a few stories that incidents are made of.

pub struct Scenario {
    pub name: &'static str,
    pub alerts: [Alert; 2],
}

pub struct Alert {
    pub title: &'static str,
    pub description: &'static str,
    pub category: &'static str,
    pub service_source: &'static str,
    pub detection_source: &'static str,
    pub techniques: &'static [&'static str],
    pub devices: usize,
    pub evidence: &'static [Evidence],
}

/// An entity of an alert.
#[derive(Debug, Clone, Copy)]
pub enum Evidence {
    User,
    Ip,
    Url(&'static str),
    File(&'static str),
    Process { file: &'static str, command: &'static str },
    Mailbox,
    MailMessage { subject: &'static str },
    MailCluster,
    Registry,
    SecurityGroup,
}

use Evidence::{File, Ip, MailCluster, MailMessage, Mailbox, Process, Registry, SecurityGroup, Url, User};

const POWERSHELL: Evidence = Process {
    file: "powershell.exe",
    command: "powershell.exe -NoProfile -WindowStyle Hidden -EncodedCommand SQBFAFgA",
};
const DUMP: Evidence =
    Process { file: "dump.exe", command: "dump.exe -a lsass \"C:\\Temp\\out dir\\lsass.dmp\"" };

pub static SCENARIOS: [Scenario; 6] = [
    Scenario {
        name: "Credential theft tool on one endpoint",
        alerts: [
            Alert {
                title: "Suspicious access to LSASS service",
                description: "A process has read the memory of the Local Security Authority \
                    Subsystem Service. Attackers do this to collect the credentials of everybody \
                    who is signed in to the device.",
                category: "CredentialAccess",
                service_source: "MicrosoftDefenderForEndpoint",
                detection_source: "WindowsDefenderAtp",
                techniques: &["T1003", "T1003.001"],
                devices: 1,
                evidence: &[User, DUMP, File("dump.exe"), POWERSHELL],
            },
            Alert {
                title: "Suspicious PowerShell command line",
                description: "A suspicious PowerShell activity was observed on the device. It \
                    may be part of a script that downloads and runs a further stage of an attack \
                    without leaving a file on disk.",
                category: "Execution",
                service_source: "MicrosoftDefenderForEndpoint",
                detection_source: "WindowsDefenderAtp",
                techniques: &["T1059.001"],
                devices: 1,
                evidence: &[User, POWERSHELL, Ip, Url("https://cdn.evil.example/stage2?id=1&k=%27")],
            },
        ],
    },
    Scenario {
        name: "Phishing campaign reported by multiple users",
        alerts: [
            Alert {
                title: "Email messages containing malicious URL removed after delivery",
                description: "Messages with a malicious URL were delivered and later removed \
                    from the mailboxes of the organization. The address was not known to be \
                    malicious at the time of delivery.",
                category: "InitialAccess",
                service_source: "MicrosoftDefenderForOffice365",
                detection_source: "OfficeATP",
                techniques: &["T1566.002"],
                devices: 0,
                evidence: &[
                    Mailbox,
                    MailMessage { subject: "Überfällige Rechnung #4711 <action required>" },
                    MailCluster,
                    Url("https://login.evil.example/?q=a+b"),
                    User,
                    Mailbox,
                ],
            },
            Alert {
                title: "User accessed link in ZAP-quarantined email",
                description: "A user has followed a link in a message before it was moved to \
                    quarantine. The page behind the link collects passwords.",
                category: "InitialAccess",
                service_source: "MicrosoftDefenderForOffice365",
                detection_source: "OfficeATP",
                techniques: &["T1566", "T1566.002"],
                devices: 0,
                evidence: &[
                    User,
                    Url("https://login.evil.example/"),
                    Mailbox,
                    MailMessage { subject: "Re: Re: your parcel" },
                ],
            },
        ],
    },
    Scenario {
        name: "Multi-stage incident involving Initial access & Lateral movement on multiple \
            endpoints reported by multiple sources",
        alerts: [
            Alert {
                title: "Possible lateral movement using remote services",
                description: "A service was created from a remote device and started a process \
                    that is seldom seen in the organization.",
                category: "LateralMovement",
                service_source: "MicrosoftDefenderForEndpoint",
                detection_source: "WindowsDefenderAtp",
                techniques: &["T1021.002", "T1569.002"],
                devices: 2,
                evidence: &[
                    User,
                    Process { file: "svchst.exe", command: "\\\\ws-017\\admin$\\svchst.exe /s" },
                    Registry,
                    SecurityGroup,
                ],
            },
            Alert {
                title: "Suspicious service registration",
                description: "A new service points to a file in a folder that every user may write to.",
                category: "Persistence",
                service_source: "MicrosoftDefenderATP",
                detection_source: "WindowsDefenderAv",
                techniques: &["T1543.003"],
                devices: 1,
                evidence: &[Registry, File("svchst.exe"), User],
            },
        ],
    },
    Scenario {
        name: "Unfamiliar sign-in properties involving one user",
        alerts: [
            Alert {
                title: "Unfamiliar sign-in properties",
                description: "The sign-in has properties that were not seen with this user \
                    recently: address, location, browser, device.",
                category: "InitialAccess",
                service_source: "AADIdentityProtection",
                detection_source: "AAD",
                techniques: &["T1078", "T1078.004"],
                devices: 0,
                evidence: &[User, Ip, Ip, SecurityGroup, Ip, User],
            },
            Alert {
                title: "Impossible travel activity",
                description: "The user was active in two countries within a time that is too \
                    short to travel between them.",
                category: "InitialAccess",
                service_source: "MicrosoftCloudAppSecurity",
                detection_source: "MCAS",
                techniques: &["T1078"],
                devices: 0,
                evidence: &[User, Ip, Ip, Mailbox],
            },
        ],
    },
    Scenario {
        name: "'Wacatac' malware was prevented on one endpoint",
        alerts: [
            Alert {
                title: "'Wacatac' malware was prevented",
                description: "Malware and unwanted software are undesirable applications that \
                    perform annoying, disruptive, or harmful actions on affected machines. This \
                    detection might indicate that the malware was stopped from delivering its \
                    payload.",
                category: "Malware",
                service_source: "MicrosoftDefenderForEndpoint",
                detection_source: "WindowsDefenderAv",
                techniques: &[],
                devices: 1,
                evidence: &[
                    File("Rechnung 2026 (1).pdf.exe"),
                    User,
                    Url("https://files.evil.example/r.zip"),
                    File("r.zip"),
                ],
            },
            Alert {
                title: "Malware was detected in a zip archive file",
                description: "An archive with malicious content was written to the disk of the \
                    device by a browser.",
                category: "Malware",
                service_source: "MicrosoftDefenderForEndpoint",
                detection_source: "WindowsDefenderAv",
                techniques: &["T1204.002"],
                devices: 1,
                evidence: &[File("r.zip"), User],
            },
        ],
    },
    Scenario {
        name: "Suspicious inbox manipulation rule involving one user",
        alerts: [
            Alert {
                title: "Suspicious inbox manipulation rule",
                description: "A rule was set in the user's inbox that deletes or moves messages. \
                    This may mean that the mailbox is misused without the user's knowledge.",
                category: "DefenseEvasion",
                service_source: "MicrosoftCloudAppSecurity",
                detection_source: "MCAS",
                techniques: &["T1564.008"],
                devices: 0,
                evidence: &[
                    User,
                    Mailbox,
                    Ip,
                    MailCluster,
                    MailMessage { subject: "FW: new bank details" },
                    Url("https://pay.evil.example/"),
                ],
            },
            Alert {
                title: "Creation of forwarding/redirect rule",
                description: "A rule was created that sends copies of incoming messages to an \
                    address outside of the organization.",
                category: "Exfiltration",
                service_source: "MicrosoftDefenderForOffice365",
                detection_source: "OfficeATP",
                techniques: &["T1114.003"],
                devices: 0,
                evidence: &[Mailbox, User, Ip],
            },
        ],
    },
];
