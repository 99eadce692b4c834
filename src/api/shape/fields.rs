//! Which field of one service is which of the other
//! (<https://learn.microsoft.com/defender-xdr/api-list-incidents>, <https://graph.microsoft.com/v1.0/$metadata>).
//!
//! A field that has the same name and the same values in both is in none of these tables.

use super::Shape;
use super::table::Table;
use super::words::Words;

/// Objects that have fields of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Incident,
    Comment,
    Alert,
    Device,
    User,
    Ip,
    Url,
    File,
    Process,
    Mailbox,
    MailMessage,
    MailCluster,
    RegistryKey,
    RegistryValue,
    SecurityGroup,
    /// An entity or a piece of evidence that the other service has no kind for, or none that is known here.
    OtherEntity,
    Hunting,
    Column,
}

/// How a field's value becomes the other's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// It is the same.
    Same,
    /// A number there, a text here.
    Id,
    Word(Words),
    /// Objects with fields of their own.
    Each(Kind),
}

/// Defender's name, Graph's name, and the value.
pub(super) type Field = (&'static str, &'static str, Value);
/// An object of Graph's whose members Defender has beside everything else: Defender's name, Graph's name.
pub(super) type Group = (&'static str, &'static [(&'static str, &'static str)]);

use Value::{Each, Id, Same, Word};

const INCIDENT: &[Field] = &[
    ("incidentId", "id", Id),
    ("incidentUri", "incidentWebUrl", Same),
    ("redirectIncidentId", "redirectIncidentId", Id),
    ("incidentName", "displayName", Same),
    ("createdTime", "createdDateTime", Same),
    ("lastUpdateTime", "lastUpdateDateTime", Same),
    ("classification", "classification", Word(Words::Classification)),
    ("determination", "determination", Word(Words::Determination)),
    ("status", "status", Word(Words::IncidentStatus)),
    ("severity", "severity", Word(Words::Severity)),
    ("tags", "customTags", Same),
    ("comments", "comments", Each(Kind::Comment)),
    ("alerts", "alerts", Each(Kind::Alert)),
];

const COMMENT: &[Field] =
    &[("createdBy", "createdByDisplayName", Same), ("createdTime", "createdDateTime", Same)];

/// `devices` and `entities` are `evidence`: see [`super::evidence`].
const ALERT: &[Field] = &[
    ("alertId", "id", Same),
    ("incidentId", "incidentId", Id),
    ("creationTime", "createdDateTime", Same),
    ("lastUpdatedTime", "lastUpdateDateTime", Same),
    ("resolvedTime", "resolvedDateTime", Same),
    ("firstActivity", "firstActivityDateTime", Same),
    ("lastActivity", "lastActivityDateTime", Same),
    ("status", "status", Word(Words::AlertStatus)),
    ("severity", "severity", Word(Words::Severity)),
    ("investigationState", "investigationState", Word(Words::InvestigationState)),
    ("classification", "classification", Word(Words::Classification)),
    ("determination", "determination", Word(Words::Determination)),
    ("serviceSource", "serviceSource", Word(Words::ServiceSource)),
    ("detectionSource", "detectionSource", Word(Words::DetectionSource)),
    ("actorName", "actorDisplayName", Same),
];

const DEVICE: &[Field] = &[
    ("mdatpDeviceId", "mdeDeviceId", Same),
    ("aadDeviceId", "azureAdDeviceId", Same),
    ("firstSeen", "firstSeenDateTime", Same),
    ("healthStatus", "healthStatus", Word(Words::HealthStatus)),
    ("riskScore", "riskScore", Word(Words::RiskScore)),
];

const EVERY_ENTITY: &[Field] = &[
    ("evidenceCreationTime", "createdDateTime", Same),
    ("verdict", "verdict", Word(Words::Verdict)),
    ("remediationStatus", "remediationStatus", Word(Words::RemediationStatus)),
];

const ON_DEVICE: Field = ("deviceId", "mdeDeviceId", Same);

const FILE: &[(&str, &str)] =
    &[("sha1", "sha1"), ("sha256", "sha256"), ("fileName", "fileName"), ("filePath", "filePath")];

const ACCOUNT: &[(&str, &str)] = &[
    ("accountName", "accountName"),
    ("domainName", "domainName"),
    ("userSid", "userSid"),
    ("aadUserId", "azureAdUserId"),
    ("userPrincipalName", "userPrincipalName"),
];

/// A mailbox has its principal name itself.
const ACCOUNT_OF_MAILBOX: &[(&str, &str)] = &[
    ("accountName", "accountName"),
    ("domainName", "domainName"),
    ("userSid", "userSid"),
    ("aadUserId", "azureAdUserId"),
];

/// Kinds of entities by Defender's `entityType` and Graph's `@odata.type`.
pub(super) const ENTITIES: &[(Kind, &str, &str)] = &[
    (Kind::User, "User", "#microsoft.graph.security.userEvidence"),
    (Kind::Ip, "Ip", "#microsoft.graph.security.ipEvidence"),
    (Kind::Url, "Url", "#microsoft.graph.security.urlEvidence"),
    (Kind::File, "File", "#microsoft.graph.security.fileEvidence"),
    (Kind::Process, "Process", "#microsoft.graph.security.processEvidence"),
    (Kind::Mailbox, "Mailbox", "#microsoft.graph.security.mailboxEvidence"),
    (Kind::MailMessage, "MailMessage", "#microsoft.graph.security.analyzedMessageEvidence"),
    (Kind::MailCluster, "MailCluster", "#microsoft.graph.security.mailClusterEvidence"),
    (Kind::RegistryKey, "Registry", "#microsoft.graph.security.registryKeyEvidence"),
    (Kind::RegistryValue, "Registry", "#microsoft.graph.security.registryValueEvidence"),
    (Kind::SecurityGroup, "SecurityGroup", "#microsoft.graph.security.securityGroupEvidence"),
];
/// A device's `@odata.type`; Defender keeps devices apart.
pub(super) const DEVICE_TYPE: &str = "#microsoft.graph.security.deviceEvidence";

const HUNTING: &[Field] =
    &[("Stats", "Stats", Same), ("Schema", "schema", Each(Kind::Column)), ("Results", "results", Same)];
const COLUMN: &[Field] = &[("Name", "name", Same), ("Type", "type", Same)];

impl Kind {
    pub(super) const ALL: [Self; 18] = [
        Self::Incident,
        Self::Comment,
        Self::Alert,
        Self::Device,
        Self::User,
        Self::Ip,
        Self::Url,
        Self::File,
        Self::Process,
        Self::Mailbox,
        Self::MailMessage,
        Self::MailCluster,
        Self::RegistryKey,
        Self::RegistryValue,
        Self::SecurityGroup,
        Self::OtherEntity,
        Self::Hunting,
        Self::Column,
    ];

    /// The fields that differ, in tables that follow each other.
    pub(super) fn fields(self) -> [&'static [Field]; 2] {
        match self {
            Self::Incident => [INCIDENT, &[]],
            Self::Comment => [COMMENT, &[]],
            Self::Alert => [ALERT, &[]],
            Self::Device => [DEVICE, &[]],
            Self::Hunting => [HUNTING, &[]],
            Self::Column => [COLUMN, &[]],
            Self::Process => [
                EVERY_ENTITY,
                &[
                    ("processCreationTime", "processCreationDateTime", Same),
                    ("parentProcessCreationTime", "parentProcessCreationDateTime", Same),
                    ON_DEVICE,
                ],
            ],
            Self::Mailbox => [
                EVERY_ENTITY,
                &[
                    ("userPrincipalName", "upn", Same),
                    ("mailboxDisplayName", "displayName", Same),
                    ("mailboxAddress", "primaryAddress", Same),
                ],
            ],
            Self::MailMessage => [EVERY_ENTITY, &[("recipient", "recipientEmailAddress", Same)]],
            Self::File | Self::RegistryKey | Self::RegistryValue => [EVERY_ENTITY, &[ON_DEVICE]],
            Self::SecurityGroup => [EVERY_ENTITY, &[("securityGroupName", "displayName", Same)]],
            Self::User | Self::Ip | Self::Url | Self::MailCluster | Self::OtherEntity => [EVERY_ENTITY, &[]],
        }
    }

    /// Graph's objects in it that Defender does not have.
    pub(super) fn groups(self) -> &'static [Group] {
        match self {
            Self::User => &[("userAccount", ACCOUNT)],
            Self::File => &[("fileDetails", FILE)],
            Self::Process => &[("imageFile", FILE), ("userAccount", ACCOUNT)],
            Self::Mailbox => &[("userAccount", ACCOUNT_OF_MAILBOX)],
            // What a reader of the message sees as its sender.
            Self::MailMessage => &[("p2Sender", &[("sender", "emailAddress")])],
            _ => &[],
        }
    }

    /// Its `entityType` and its `@odata.type`.
    pub(super) fn entity_types(self) -> Option<(&'static str, &'static str)> {
        ENTITIES.iter().find(|(kind, ..)| *kind == self).map(|(_, defender, graph)| (*defender, *graph))
    }
}

/// What becomes of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// It gets this name, which may be the one that it has, and its value changes like that.
    Field(&'static str, bool, Value),
    /// It moves into the group of that number, under this name.
    Into(usize, &'static str),
    /// It is that group: what else is in it stays there.
    Group(usize),
    /// The name means something else in the other shape.
    Foreign,
    /// `entityType` or `@odata.type`
    Type,
    /// `devices`, `entities` or `evidence`
    Evidence,
}

/// Everything that is to know for one direction.
pub(super) struct Tables {
    kinds: Vec<Table<Action>>,
    words: Vec<Table<super::words::Word>>,
}

impl Tables {
    pub(super) fn new(to: Shape) -> Self {
        Self {
            kinds: Kind::ALL.iter().map(|kind| actions(*kind, to)).collect(),
            words: Words::ALL.iter().map(|words| words.table(to)).collect(),
        }
    }

    #[inline]
    pub(super) fn actions(&self, kind: Kind) -> &Table<Action> {
        &self.kinds[kind as usize]
    }

    #[inline]
    pub(super) fn words(&self, words: Words) -> &Table<super::words::Word> {
        &self.words[words as usize]
    }
}

fn actions(kind: Kind, to: Shape) -> Table<Action> {
    let mut table = Table::default();
    let directed = |defender, graph| match to {
        Shape::Graph => (defender, graph),
        Shape::Defender => (graph, defender),
    };
    let fields = || kind.fields().into_iter().flatten();
    for (defender, graph, value) in fields() {
        let (from, name) = directed(*defender, *graph);
        table.add(from, Action::Field(name, from != name, *value));
    }
    for (group, (name, members)) in kind.groups().iter().enumerate() {
        table.add(name, Action::Group(group));
        for (defender, graph) in *members {
            match to {
                Shape::Graph => table.add(defender, Action::Into(group, graph)),
                Shape::Defender => table.add(defender, Action::Foreign),
            }
        }
    }
    let (ours, theirs) = directed("entityType", "@odata.type");
    if kind == Kind::Device {
        table.add("@odata.type", if to == Shape::Defender { Action::Type } else { Action::Foreign });
    } else if kind.entity_types().is_some() {
        table.add(ours, Action::Type);
        table.add(theirs, Action::Foreign);
    }
    if kind == Kind::Alert {
        for name in ["devices", "entities"] {
            table.add(name, if to == Shape::Graph { Action::Evidence } else { Action::Foreign });
        }
        table.add("evidence", if to == Shape::Graph { Action::Foreign } else { Action::Evidence });
    }
    // Graph's documents print these of Defender's names at times.
    if !matches!((kind, to), (Kind::Comment | Kind::Column, Shape::Defender)) {
        for (defender, graph, _) in fields() {
            let (_, name) = directed(*defender, *graph);
            table.add(name, Action::Foreign);
        }
    }
    table
}
