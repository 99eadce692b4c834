//! What a token permits, and what an operation of the API needs.
//!
//! Delegated tokens carry permissions in `scp`, application tokens in `roles`; a user token may also list
//! the person's app roles, so `scp` decides which kind it is.

use super::Claims;

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

/// What an operation needs: one of the names, spelt differently for the two kinds of token.
#[derive(Debug, Clone, Copy)]
pub struct Requirement {
    /// The operation, as the object of "does not permit".
    pub operation: &'static str,
    /// Any one of these in `scp` will do; the least comes first.
    pub delegated: &'static [&'static str],
    /// Any one of these in `roles` will do; the least comes first.
    pub application: &'static [&'static str],
}

/// <https://learn.microsoft.com/defender-xdr/api-list-incidents>
pub const READ_INCIDENTS: Requirement = Requirement {
    operation: "reading incidents",
    delegated: &["Incident.Read", "Incident.ReadWrite"],
    application: &["Incident.Read.All", "Incident.ReadWrite.All"],
};

/// <https://learn.microsoft.com/defender-xdr/api-update-incidents>
pub const UPDATE_INCIDENTS: Requirement = Requirement {
    operation: "updating incidents",
    delegated: &["Incident.ReadWrite"],
    application: &["Incident.ReadWrite.All"],
};

/// <https://learn.microsoft.com/defender-xdr/api-advanced-hunting>
pub const ADVANCED_HUNTING: Requirement = Requirement {
    operation: "advanced hunting",
    delegated: &["AdvancedHunting.Read"],
    application: &["AdvancedHunting.Read.All"],
};

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

    #[test]
    fn a_delegated_token_is_judged_by_scp_and_an_application_token_by_roles() {
        let delegated = Permissions::Delegated(vec!["Incident.ReadWrite".into()]);
        let application = Permissions::Application(vec!["Incident.Read.All".into()]);
        assert_eq!(delegated.allow(&READ_INCIDENTS), Some(true));
        assert_eq!(delegated.allow(&ADVANCED_HUNTING), Some(false));
        assert_eq!(application.allow(&READ_INCIDENTS), Some(true));
        assert_eq!(application.allow(&UPDATE_INCIDENTS), Some(false));
        assert_eq!(Permissions::Unknown.allow(&READ_INCIDENTS), None);
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
