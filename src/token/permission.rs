//! What a token permits, and what an operation of the API needs.
//!
//! Delegated tokens carry permissions in `scp`, application tokens in `roles`; a user token may also list
//! the person's app roles, so `scp` decides which kind it is.

use std::fmt;

use super::{Claims, Service};

/// The permissions of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permissions {
    /// `scp`: a person has signed in and the application acts for them.
    Delegated(Vec<String>),
    /// `roles` without `scp`: the application acts as itself.
    Application(Vec<String>),
    /// The token does not say.
    Unknown,
}

/// What a person does with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Listing incidents, or getting one.
    ReadIncidents,
    /// Changing an incident.
    UpdateIncidents,
    /// Listing alerts, or getting one; Defender's come with their incidents.
    ReadAlerts,
    /// Asking in KQL.
    Hunt,
    /// Listing machines, or following an action on one.
    ReadMachines,
    /// Cutting a machine off from the network, or letting it back.
    IsolateMachines,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadIncidents => "reading incidents",
            Self::UpdateIncidents => "updating incidents",
            Self::ReadAlerts => "reading alerts",
            Self::Hunt => "advanced hunting",
            Self::ReadMachines => "reading machines",
            Self::IsolateMachines => "isolating machines",
        })
    }
}

/// What an operation needs: one of the names, spelt differently for the two kinds of token.
#[derive(Debug, Clone, Copy)]
pub struct Requirement {
    /// Whose permissions these are.
    pub service: Service,
    /// The operation, as the object of "does not permit".
    pub operation: Operation,
    /// Any one of these in `scp` will do; the least comes first.
    pub delegated: &'static [&'static str],
    /// Any one of these in `roles` will do; the least comes first.
    pub application: &'static [&'static str],
}

impl Requirement {
    /// What `operation` needs at `service`; `None` where m365d knows of no such operation.
    #[must_use]
    pub fn find(operation: Operation, service: Service) -> Option<&'static Self> {
        Self::of(service).find(|requirement| requirement.operation == operation)
    }

    /// What the operations of `service` need.
    pub fn of(service: Service) -> impl Iterator<Item = &'static Self> {
        REQUIREMENTS.iter().filter(move |requirement| requirement.service == service)
    }
}

/// <https://learn.microsoft.com/defender-xdr/api-list-incidents>,
/// <https://learn.microsoft.com/defender-xdr/api-update-incidents>,
/// <https://learn.microsoft.com/defender-xdr/api-advanced-hunting>,
/// <https://learn.microsoft.com/graph/permissions-reference>,
/// <https://learn.microsoft.com/defender-endpoint/api/isolate-machine>
const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        service: Service::Defender,
        operation: Operation::ReadIncidents,
        delegated: &["Incident.Read", "Incident.ReadWrite"],
        application: &["Incident.Read.All", "Incident.ReadWrite.All"],
    },
    Requirement {
        service: Service::Defender,
        operation: Operation::UpdateIncidents,
        delegated: &["Incident.ReadWrite"],
        application: &["Incident.ReadWrite.All"],
    },
    Requirement {
        service: Service::Defender,
        operation: Operation::ReadAlerts,
        delegated: &["Incident.Read", "Incident.ReadWrite"],
        application: &["Incident.Read.All", "Incident.ReadWrite.All"],
    },
    Requirement {
        service: Service::Defender,
        operation: Operation::Hunt,
        delegated: &["AdvancedHunting.Read"],
        application: &["AdvancedHunting.Read.All"],
    },
    Requirement {
        service: Service::Graph,
        operation: Operation::ReadIncidents,
        delegated: &["SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"],
        application: &["SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"],
    },
    Requirement {
        service: Service::Graph,
        operation: Operation::UpdateIncidents,
        delegated: &["SecurityIncident.ReadWrite.All"],
        application: &["SecurityIncident.ReadWrite.All"],
    },
    Requirement {
        service: Service::Graph,
        operation: Operation::ReadAlerts,
        delegated: &["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"],
        application: &["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"],
    },
    Requirement {
        service: Service::Graph,
        operation: Operation::Hunt,
        delegated: &["ThreatHunting.Read.All"],
        application: &["ThreatHunting.Read.All"],
    },
    Requirement {
        service: Service::Endpoint,
        operation: Operation::ReadMachines,
        delegated: &["Machine.Read", "Machine.ReadWrite"],
        application: &["Machine.Read.All", "Machine.ReadWrite.All"],
    },
    Requirement {
        service: Service::Endpoint,
        operation: Operation::IsolateMachines,
        delegated: &["Machine.Isolate"],
        application: &["Machine.Isolate"],
    },
];

impl Permissions {
    /// The permissions that a decoded token names.
    #[must_use]
    pub fn of(claims: &Claims) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        match (claims.scopes(), claims.roles()) {
            (scopes, _) if !scopes.is_empty() => Self::Delegated(owned(scopes)),
            (_, roles) if !roles.is_empty() => Self::Application(owned(roles)),
            _ => Self::Unknown,
        }
    }

    /// The permissions of a token that cannot be decoded, from the `scope` that was granted with it.
    #[must_use]
    pub fn of_granted_scopes<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<_> = scopes
            .into_iter()
            .filter_map(|scope| scope.rsplit_once('/'))
            .map(|(_, name)| name.to_owned())
            .filter(|name| name != ".default")
            .collect();
        if names.is_empty() { Self::Unknown } else { Self::Delegated(names) }
    }

    /// The names of the permissions, as the token spells them.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Delegated(names) | Self::Application(names) => names,
            Self::Unknown => &[],
        }
    }

    /// Whether one of the names that `requirement` accepts is here; `None` when the token does not say.
    #[must_use]
    pub fn allow(&self, requirement: &Requirement) -> Option<bool> {
        let accepted = match self {
            Self::Delegated(_) => requirement.delegated,
            Self::Application(_) => requirement.application,
            Self::Unknown => return None,
        };
        Some(self.names().iter().any(|name| accepted.contains(&name.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(operation: Operation, service: Service) -> &'static Requirement {
        Requirement::find(operation, service).unwrap()
    }

    #[test]
    fn a_delegated_token_is_judged_by_scp_and_an_application_token_by_roles() {
        let [read, update, hunt] = [Operation::ReadIncidents, Operation::UpdateIncidents, Operation::Hunt]
            .map(|operation| required(operation, Service::Defender));
        let delegated = Permissions::Delegated(vec!["Incident.ReadWrite".into()]);
        let application = Permissions::Application(vec!["Incident.Read.All".into()]);
        assert_eq!(delegated.allow(read), Some(true));
        assert_eq!(delegated.allow(hunt), Some(false));
        assert_eq!(application.allow(read), Some(true));
        assert_eq!(application.allow(update), Some(false));
        assert_eq!(Permissions::Unknown.allow(read), None);
        assert_eq!(delegated.allow(required(Operation::ReadIncidents, Service::Graph)), Some(false));
        assert!(Requirement::find(Operation::ReadIncidents, Service::Endpoint).is_none());
    }

    #[test]
    fn granted_scopes_stand_in_for_a_token_that_cannot_be_read() {
        let api = "https://api.security.microsoft.com";
        let scopes = [format!("{api}/Incident.Read"), format!("{api}/.default"), "openid".into()];
        assert_eq!(
            Permissions::of_granted_scopes(scopes.iter().map(String::as_str)),
            Permissions::Delegated(vec!["Incident.Read".into()])
        );
        assert_eq!(Permissions::of_granted_scopes(["openid"]), Permissions::Unknown);
    }
}
