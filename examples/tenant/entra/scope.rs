//! What a `scope` asks for, and what of it the tenant grants.

use super::super::directory::{self, CLIENT_ID, GRAPH, Resource};
use super::super::options::Options;
use super::refusal::Refusal;

/// A scope that names only what exists.
#[derive(Debug, Clone)]
pub struct Scope {
    asked: Vec<Asked>,
    pub openid: bool,
    pub offline_access: bool,
}

/// One permission of one resource.
#[derive(Debug, Clone)]
struct Asked {
    resource: &'static Resource,
    /// As the client wrote it: this becomes the token's audience.
    identifier: String,
    /// Absent for `.default`: whatever was consented to, or is registered.
    permission: Option<String>,
}

/// What a token is issued for: permissions of one resource.
pub struct Target {
    pub resource: &'static Resource,
    pub identifier: String,
    pub permissions: Vec<String>,
    default: bool,
}

impl Scope {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let words = || text.split(' ').filter(|word| !word.is_empty());
        let openid = ["openid", "profile", "email", "offline_access"];
        let asked = words().filter(|word| !openid.contains(word)).map(Asked::parse);
        let asked = asked.collect::<Result<Vec<Asked>, Refusal>>()?;
        let defaults = asked.iter().filter(|asked| asked.is_default()).count();
        if defaults > 0 && defaults < asked.len() {
            let text = format!(
                "The provided value for the input parameter 'scope' is not valid. .default scope \
                can't be combined with resource-specific scopes: {text}"
            );
            return Err(Refusal::new(70_011, text));
        }
        let has = |name| words().any(|word| word == name);
        Ok(Self { asked, openid: has("openid"), offline_access: has("offline_access") })
    }

    /// Refuses what the application's registration does not list. Entra ID would ask the user for a permission that
    /// it does not list; this tenant is stricter, since the portal's list is what an administrator consents to.
    pub fn check_registered(&self, options: &Options) -> Result<(), Refusal> {
        for asked in &self.asked {
            let registered = registered(asked.resource, options);
            let listed = match &asked.permission {
                Some(permission) => registered.contains(permission),
                None => !registered.is_empty(),
            };
            if !listed {
                let text = format!(
                    "Invalid resource. The client has requested access to a resource which is \
                        not listed in the requested permissions in the client's application \
                        registration. Resource value from request: {}. Resource app ID: {}.",
                    asked.identifier, asked.resource.app_id
                );
                return Err(Refusal::new(650_057, text));
            }
        }
        Ok(())
    }

    /// What the consent page lists: everything asked for. `.default` is the whole registration, whichever resource it
    /// is written behind.
    pub fn to_consent(&self, options: &Options) -> Vec<String> {
        let permissions = self.asked.iter().flat_map(|asked| match &asked.permission {
            Some(permission) => vec![permission.clone()],
            None => options.registered.clone(),
        });
        permissions.collect()
    }

    pub fn needs_consent(&self, options: &Options) -> bool {
        self.asked.iter().any(|asked| {
            let consented = consented(asked.resource, options);
            match &asked.permission {
                Some(permission) => !consented.contains(permission),
                None => consented.is_empty(),
            }
        })
    }

    /// Records the user's consent to everything asked for.
    pub fn consent(&self, options: &mut Options) {
        for permission in self.to_consent(options) {
            if !options.consented.contains(&permission) {
                options.consented.push(permission);
            }
        }
    }

    /// The one resource that a token can be for, with what the user has consented to. Permissions named one by one
    /// narrow the token to them.
    pub fn target(&self, options: &Options) -> Result<Target, Refusal> {
        let Some(first) = self.asked.first() else {
            return Ok(Target::of_openid());
        };
        if self.asked.iter().any(|asked| asked.resource != first.resource) {
            let text = "Provided value for the input parameter scope is not valid because it \
                contains more than one resource.";
            return Err(Refusal::new(28_000, text));
        }
        let mut permissions = consented(first.resource, options);
        if self.needs_consent(options) || permissions.is_empty() {
            return Err(consent_missing());
        }
        let default = first.is_default();
        permissions.retain(|permission| default || self.names(permission));
        let identifier = first.identifier.clone();
        Ok(Target { resource: first.resource, identifier, permissions, default })
    }

    fn names(&self, permission: &str) -> bool {
        let names = |asked: &Asked| asked.permission.as_deref() == Some(permission);
        self.asked.iter().any(names)
    }
}

impl Target {
    /// With nothing but OpenID scopes the access token is one for Microsoft Graph, for what the portal puts into every
    /// registration.
    fn of_openid() -> Self {
        let identifier = GRAPH.identifier_uris[0].to_owned();
        let permissions = vec!["User.Read".to_owned()];
        Self { resource: &GRAPH, identifier, permissions, default: false }
    }

    /// The token response's `scope`. Entra ID repeats `.default` there and leaves the OpenID scopes out.
    pub fn granted(&self) -> String {
        let prefixed = |name: &str| format!("{}/{name}", self.identifier);
        let mut granted: Vec<String> = self.permissions.iter().map(|name| prefixed(name)).collect();
        if self.default {
            granted.push(prefixed(".default"));
        }
        granted.join(" ")
    }
}

impl Asked {
    fn is_default(&self) -> bool {
        self.permission.is_none()
    }

    fn parse(word: &str) -> Result<Self, Refusal> {
        let (identifier, name) = word.rsplit_once('/').unwrap_or((GRAPH.identifier_uris[0], word));
        let Some(resource) = directory::resource(identifier) else {
            let text = format!(
                "The resource principal named {identifier} was not found in the tenant named \
                    Northwind. This can happen if the application has not been installed by the \
                    administrator of the tenant or consented to by any user in the tenant."
            );
            return Err(Refusal::new(500_011, text));
        };
        let permission = match name {
            ".default" => None,
            _ if resource.permissions.contains(&name) => Some(name.to_owned()),
            _ => {
                let text = format!(
                    "The provided request must include a 'scope' input parameter. The provided \
                        value for the input parameter 'scope' is not valid. The scope {word} is \
                        not valid."
                );
                return Err(Refusal::new(70_011, text));
            }
        };
        Ok(Self { resource, identifier: identifier.to_owned(), permission })
    }
}

pub fn consent_missing() -> Refusal {
    let text = format!(
        "The user or administrator has not consented to use the application with ID \
        '{CLIENT_ID}' named 'm365d'. Send an interactive authorization request for this user and \
        resource."
    );
    Refusal::new(65_001, text)
}

fn registered(resource: &Resource, options: &Options) -> Vec<String> {
    of(resource, &options.registered)
}

/// A consent outlives its line in the registration, so `.default` gives what was consented to and not what is listed.
pub fn consented(resource: &Resource, options: &Options) -> Vec<String> {
    of(resource, &options.consented)
}

fn of(resource: &Resource, permissions: &[String]) -> Vec<String> {
    permissions.iter().filter(|name| resource.permissions.contains(&name.as_str())).cloned().collect()
}
