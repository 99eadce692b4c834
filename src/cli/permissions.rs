//! Permissions in words: what a token has, what it lacks, and how to get it.

use crate::token::{Operation, Permissions, Requirement, Service};

/// The token does not have the permission that a command needs; nothing has been sent.
#[derive(Debug, thiserror::Error)]
#[error(
    "the access token does not permit {operation}: it has {has}, and this takes {}",
    either(delegated, application)
)]
pub(super) struct Missing {
    service: Service,
    operation: Operation,
    has: String,
    delegated: &'static str,
    application: &'static str,
    is_application: bool,
    /// What the person asked for at the sign-in, when it was not everything.
    narrowed_to: Option<String>,
}

/// The API has nothing of the kind; nothing has been sent.
#[derive(Debug, thiserror::Error)]
#[error("{service} does not offer {operation}")]
pub(super) struct NotThere {
    operation: Operation,
    service: Service,
}

impl NotThere {
    /// Where it is.
    pub(super) fn hint(&self) -> String {
        let there =
            Service::ALL.into_iter().filter(|other| Requirement::find(self.operation, *other).is_some());
        let flags: Vec<_> = there.map(|service| format!("--api {}", service.name())).collect();
        format!("run the command with {}", flags.join(" or "))
    }
}

/// What `operation` needs at `service`.
///
/// # Errors
/// [`NotThere`] when that service has no such operation.
pub(super) fn needed(operation: Operation, service: Service) -> Result<&'static Requirement, NotThere> {
    Requirement::find(operation, service).ok_or(NotThere { operation, service })
}

impl Missing {
    /// An error unless `permissions` allow what `requirement` is about; a token that does not say gets the
    /// benefit of the doubt, since the service decides.
    pub(super) fn unless(permissions: &Permissions, requirement: &Requirement) -> Result<(), Self> {
        if permissions.allow(requirement) == Some(false) {
            return Err(Self {
                service: requirement.service,
                operation: requirement.operation,
                has: describe(permissions),
                delegated: requirement.delegated[0],
                application: requirement.application[0],
                is_application: matches!(permissions, Permissions::Application(_)),
                narrowed_to: None,
            });
        }
        Ok(())
    }

    /// The same, for a session that asked for `scopes`: without a `/.default` among them the permission may have
    /// been granted all along.
    pub(super) fn of_session(mut self, scopes: &[String]) -> Self {
        self.narrowed_to = narrowed_to(scopes);
        self
    }

    /// What it does not permit.
    pub(super) fn operation(&self) -> Operation {
        self.operation
    }

    /// How to get it: perhaps by asking for it, else by having an administrator add it.
    pub(super) fn hint(&self) -> String {
        let (kind, permission) = if self.is_application {
            ("Application", self.application)
        } else {
            ("Delegated", self.delegated)
        };
        let to_add = how_to_add(self.service, kind, permission);
        match &self.narrowed_to {
            None => to_add,
            Some(scope) => format!(
                "m365d login  (this session asked for {scope} only, and that asks for everything granted). \
                 If it is still missing then: {to_add}"
            ),
        }
    }
}

/// What a session asked for whose `scopes` are not everything that was granted: the permissions' names.
pub(super) fn narrowed_to(scopes: &[String]) -> Option<String> {
    let of_the_api = scopes.iter().filter_map(|scope| scope.rsplit_once('/'));
    let names: Vec<_> = of_the_api.map(|(_, name)| name).collect();
    (!names.is_empty() && !names.contains(&".default")).then(|| names.join(", "))
}

/// The way through the portal (<https://learn.microsoft.com/defender-xdr/api-create-app-user-context>).
pub(super) fn how_to_add(service: Service, kind: &str, permission: &str) -> String {
    format!(
        "Entra admin center › App registrations › your application › API permissions › Add a permission › \
         {} › {kind} permissions › {permission}; \
         then an administrator presses \"Grant admin consent\", and you run: m365d login",
        service.place_in_portal()
    )
}

/// The permission in its two forms, which may have one name.
fn either(delegated: &str, application: &str) -> String {
    if delegated == application {
        format!("{delegated} (delegated or application)")
    } else {
        format!("{delegated} (delegated) or {application} (application)")
    }
}

/// What `operation` takes at `service` in both forms, or what the most usual one does when that is open.
pub(super) fn both_forms(service: Service, operation: Option<Operation>) -> String {
    most_likely(service, operation).map_or_else(String::new, |requirement| {
        let either = either(requirement.delegated[0], requirement.application[0]);
        format!("{either} for {}", requirement.operation)
    })
}

/// The delegated permission of that.
pub(super) fn delegated(service: Service, operation: Option<Operation>) -> &'static str {
    most_likely(service, operation).map_or("", |requirement| requirement.delegated[0])
}

fn most_likely(service: Service, operation: Option<Operation>) -> Option<&'static Requirement> {
    let operation = operation.and_then(|operation| Requirement::find(operation, service));
    operation.or_else(|| Requirement::of(service).next())
}

/// The permissions, and which kind they are.
pub(super) fn describe(permissions: &Permissions) -> String {
    let kind = match permissions {
        Permissions::Delegated(_) => "delegated, from scp",
        Permissions::Application(_) => "application, from roles",
        Permissions::Unknown => return "none that it names".to_owned(),
    };
    format!("{} ({kind})", permissions.names().join(", "))
}

/// Each thing that m365d knows of at `service` and the token does not permit, with the permission to add.
pub(super) fn lacking(service: Service, permissions: &Permissions) -> Vec<String> {
    Requirement::of(service)
        .filter(|requirement| permissions.allow(requirement) == Some(false))
        .map(|requirement| {
            let names = match permissions {
                Permissions::Application(_) => requirement.application,
                Permissions::Delegated(_) | Permissions::Unknown => requirement.delegated,
            };
            format!("{} (add {})", requirement.operation, names[0])
        })
        .collect()
}
