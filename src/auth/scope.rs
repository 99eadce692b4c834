//! The scopes of a sign-in: permissions of one API, and what `OpenID` Connect adds.
//!
//! A token is for one API, so scopes of two are refused before anybody sees a browser; `/.default` means every
//! permission that was granted and stands alone.
//! (<https://learn.microsoft.com/entra/identity-platform/scopes-oidc>)

const OPENID_CONNECT: &[&str] = &["openid", "profile", "offline_access", "email"];
/// `openid` for the ID token, `profile` for the person's name, `offline_access` for the refresh token.
const ALWAYS: &[&str] = &["openid", "profile", "offline_access"];

/// Scopes that cannot be asked for together.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// They are of more than one API.
    #[error("--scope names permissions of more than one API ({0} and {1}), and a token is for one")]
    TwoApis(String, String),
    /// `.default` stands alone.
    #[error(
        "--scope names .default and single permissions, and .default already means all that were granted"
    )]
    DefaultAmongOthers,
    /// A name of no characters.
    #[error("--scope names no permission")]
    Empty,
}

/// Makes the scopes of a request: `wanted`, each in full or as a permission of `resource`, or else everything
/// that was granted for `resource`.
///
/// # Errors
/// See [`ScopeError`].
pub fn scopes(resource: &str, wanted: &[String]) -> Result<Vec<String>, ScopeError> {
    if wanted.iter().any(|text| text.trim().is_empty()) {
        return Err(ScopeError::Empty);
    }
    let mut api: Vec<String> = wanted
        .iter()
        .flat_map(|text| text.split_whitespace())
        .filter(|scope| !OPENID_CONNECT.contains(scope))
        .map(|scope| if scope.contains("://") { scope.to_owned() } else { format!("{resource}/{scope}") })
        .collect();
    if api.is_empty() {
        api.push(format!("{resource}/.default"));
    }
    let first = prefix_of(&api[0]).to_owned();
    if let Some(other) = api.iter().map(|scope| prefix_of(scope)).find(|other| *other != first) {
        return Err(ScopeError::TwoApis(first, other.to_owned()));
    }
    if api.len() > 1 && api.iter().any(|scope| scope.ends_with("/.default")) {
        return Err(ScopeError::DefaultAmongOthers);
    }
    api.extend(ALWAYS.iter().map(|scope| (*scope).to_owned()));
    Ok(api)
}

/// The scopes that ask for everything that was granted for `resource`.
#[must_use]
pub fn all_scopes(resource: &str) -> Vec<String> {
    let all = format!("{resource}/.default");
    std::iter::once(all).chain(ALWAYS.iter().map(|scope| (*scope).to_owned())).collect()
}

/// The API that `scopes` are of; nothing when they are of none.
#[must_use]
pub fn resource_of(scopes: &[String]) -> &str {
    let of_an_api = scopes.iter().find(|scope| !OPENID_CONNECT.contains(&scope.as_str()));
    of_an_api.map_or("", |scope| prefix_of(scope))
}

fn prefix_of(scope: &str) -> &str {
    scope.rsplit_once('/').map_or(scope, |(resource, _)| resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://api.security.microsoft.com";

    fn asked(wanted: &[&str]) -> Result<String, String> {
        let wanted: Vec<_> = wanted.iter().map(|&scope| scope.to_owned()).collect();
        scopes(API, &wanted).map(|all| all.join(" ")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_short_name_is_a_permission_of_the_api() {
        let oidc = "openid profile offline_access";
        assert_eq!(asked(&[]).unwrap(), format!("{API}/.default {oidc}"));
        assert_eq!(asked(&["openid"]).unwrap(), format!("{API}/.default {oidc}"));
        assert_eq!(asked(&["Incident.Read email"]).unwrap(), format!("{API}/Incident.Read {oidc}"));
        let full = "https://graph.microsoft.com/SecurityIncident.Read.All";
        assert_eq!(asked(&[full]).unwrap(), format!("{full} {oidc}"));
    }

    #[test]
    fn what_entra_would_refuse_is_refused_here() {
        assert!(
            asked(&["Incident.Read", "https://graph.microsoft.com/User.Read"]).unwrap_err().contains("one")
        );
        assert!(asked(&[""]).unwrap_err().contains("no permission") && asked(&[" "]).is_err());
        assert!(asked(&[".default", "Incident.Read"]).unwrap_err().contains(".default"));
    }
}
