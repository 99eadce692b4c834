//! The authorize endpoint and the pages behind it: from the client's request to the code in its hands.
//!
//! A refusal goes to the client only once client and redirect URI are known to be good; before that it is a page, since
//! the redirect could lead anywhere (RFC 6749, section 4.1.2.1).

use hyper::{Method, StatusCode};

use super::super::directory::{ANA, Application, BEN, TenantName};
use super::super::http::{self, Answer, Parameters, Request};
use super::super::world::World;
use super::claims::ClaimsRequest;
use super::refusal::Refusal;
use super::scope::Scope;
use super::{CODE_LIFETIME, Code, pages, random};

/// A request for a code, found good, on its way through the pages.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub tenant: TenantName,
    pub application: &'static Application,
    pub redirect_uri: String,
    pub scope: Scope,
    pub claims: ClaimsRequest,
    pub nonce: Option<String>,
    pub code_challenge: String,
    state: Option<String>,
    form_post: bool,
    /// `prompt=consent`: ask even for what was consented to.
    always_consent: bool,
}

/// Where an answer goes, and how.
struct ReplyTo<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
    form_post: bool,
}

/// The client's request arrives with the browser.
pub fn begin(tenant: TenantName, request: &Request, world: &mut World) -> Answer {
    let parameters = match request.method {
        Method::POST => request.form().unwrap_or_else(|| request.query()),
        _ => request.query(),
    };
    let (application, redirect_uri) = match trusted(tenant, &parameters) {
        Ok(trusted) => trusted,
        Err(refusal) => return pages::problem(&refusal, world),
    };
    match SignIn::parse(tenant, application, redirect_uri, &parameters, world) {
        Ok(sign_in) => {
            let handle = random::handle();
            let page = pages::sign_in(&sign_in, world.options.user, &handle);
            world.entra.sign_ins.insert(handle, sign_in);
            http::html(StatusCode::OK, page)
        }
        Err(refusal) => {
            let form_post = parameters.get("response_mode") == Some("form_post");
            let reply_to = ReplyTo { redirect_uri, state: parameters.get("state"), form_post };
            reply_to.refuse(&refusal, None, world)
        }
    }
}

fn trusted(tenant: TenantName, parameters: &Parameters) -> Result<(&'static Application, &str), Refusal> {
    if let Some(name) = parameters.repeated() {
        return Err(Refusal::new(
            9_000_411,
            format!("The request is not properly formatted. The parameter '{name}' is duplicated."),
        ));
    }
    let client_id = parameters.get("client_id").ok_or_else(|| Refusal::missing("client_id"))?;
    let application = super::application(client_id)?;
    super::check_tenant(tenant, application)?;
    let redirect_uri = parameters.get("redirect_uri").ok_or_else(|| Refusal::missing("redirect_uri"))?;
    if !matches_but_for_port(redirect_uri, application.redirect_uri) {
        let text = format!(
            "The redirect URI '{redirect_uri}' specified in the request does not match the \
                redirect URIs configured for the application '{client_id}'. Make sure the \
                redirect URI sent in the request matches one added to your application in the \
                Azure portal."
        );
        return Err(Refusal::new(50_011, text));
    }
    Ok((application, redirect_uri))
}

/// Of a loopback address the port is free; scheme, host and path are as registered, letter by letter.
fn matches_but_for_port(requested: &str, registered: &str) -> bool {
    match requested.strip_prefix(registered) {
        Some("") => true,
        Some(port) => {
            port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
        }
        None => false,
    }
}

impl SignIn {
    fn parse(
        tenant: TenantName,
        application: &'static Application,
        redirect_uri: &str,
        parameters: &Parameters,
        world: &World,
    ) -> Result<Self, Refusal> {
        let owned = |name: &str| parameters.get(name).map(str::to_owned);
        match parameters.get("response_type").ok_or_else(|| Refusal::missing("response_type"))? {
            "code" => {}
            other => {
                return Err(Refusal::new(
                    700_054,
                    format!("response_type '{other}' is not enabled for the application."),
                ));
            }
        }
        let form_post = match parameters.get("response_mode") {
            None | Some("query") => false,
            Some("form_post") => true,
            Some(other) => {
                return Err(Refusal::new(
                    70_007,
                    format!("'{other}' is not a supported value of 'response_mode' here."),
                ));
            }
        };
        let code_challenge = code_challenge(parameters)?;
        let scope = Scope::parse(parameters.get("scope").ok_or_else(|| Refusal::missing("scope"))?)?;
        scope.check_registered(&world.options)?;
        let always_consent = match parameters.get("prompt") {
            None | Some("login" | "select_account") => false,
            Some("consent") => true,
            Some("none") => {
                let text = "Session information is not sufficient for single-sign-on.";
                return Err(Refusal::new(50_058, text));
            }
            Some(other) => {
                return Err(Refusal::new(90_023, format!("Unsupported 'prompt' value '{other}'.")));
            }
        };
        let claims = ClaimsRequest::parse(parameters)?;
        let redirect_uri = redirect_uri.to_owned();
        let (state, nonce) = (owned("state"), owned("nonce"));
        Ok(Self {
            tenant,
            application,
            redirect_uri,
            scope,
            claims,
            nonce,
            code_challenge,
            state,
            form_post,
            always_consent,
        })
    }

    /// The permissions that the consent page would list.
    pub fn to_consent(&self, world: &World) -> Vec<String> {
        self.scope.to_consent(&world.options)
    }

    fn reply_to(&self) -> ReplyTo<'_> {
        ReplyTo { redirect_uri: &self.redirect_uri, state: self.state.as_deref(), form_post: self.form_post }
    }
}

/// Entra ID takes a native client without PKCE, or with `plain`; RFC 8252 (section 8.1) does not, and neither does
/// this.
fn code_challenge(parameters: &Parameters) -> Result<String, Refusal> {
    let challenge = parameters.get("code_challenge").ok_or_else(|| Refusal::missing("code_challenge"))?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(Refusal::new(50_147, "The code_challenge_method must be S256."));
    }
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if challenge.len() != 43 || !challenge.bytes().all(base64url) {
        return Err(Refusal::new(50_147, "The size of the Code_Challenge parameter is not valid."));
    }
    Ok(challenge.to_owned())
}

/// A button of the sign-in page was pressed.
pub fn signed_in(request: &Request, world: &mut World) -> Answer {
    let Some((handle, sign_in, pressed)) = pressed(request, world) else {
        return pages::expired();
    };
    if let Some(user) = [&ANA, &BEN].into_iter().find(|user| user.upn == pressed) {
        // Who sits at the browser now.
        world.options.user = user;
    } else if pressed != "sign-in" {
        return decline(&sign_in, Some("cancel"), world);
    }
    let user = world.options.user;
    if !sign_in.tenant.admits(user) {
        let text = format!(
            "User account '{}' from identity provider does not exist in tenant and cannot access the application. \
                The account needs to be added as an external user in the tenant first. Sign out and sign in again with \
                a different account.",
            user.upn
        );
        return pages::problem(&Refusal::new(50_020, text), world);
    }
    if world.options.admin_consent_required {
        let text = "m365d needs permission to access resources in your organization that only an \
            admin can grant. Please ask an admin to grant permission to this app before you can \
            use it.";
        return pages::problem(&Refusal::new(90_094, text), world);
    }
    if world.options.user_declines {
        return decline(&sign_in, None, world);
    }
    if sign_in.always_consent || sign_in.scope.needs_consent(&world.options) {
        let page = pages::consent(&sign_in, &handle, world);
        world.entra.sign_ins.insert(handle, sign_in);
        return http::html(StatusCode::OK, page);
    }
    hand_out_code(sign_in, world)
}

/// A button of the consent page was pressed.
pub fn consented(request: &Request, world: &mut World) -> Answer {
    let Some((_, sign_in, pressed)) = pressed(request, world) else {
        return pages::expired();
    };
    if pressed != "accept" {
        return decline(&sign_in, None, world);
    }
    sign_in.scope.consent(&mut world.options);
    hand_out_code(sign_in, world)
}

/// Takes the sign-in that waited for this button.
fn pressed(request: &Request, world: &mut World) -> Option<(String, SignIn, String)> {
    let form = request.form().filter(|_| request.method == Method::POST)?;
    let (handle, sign_in) = world.entra.sign_ins.remove_entry(form.get("flow")?)?;
    Some((handle, sign_in, form.get("press")?.to_owned()))
}

fn decline(sign_in: &SignIn, subcode: Option<&str>, world: &World) -> Answer {
    let refusal = Refusal::new(65_004, "User declined to consent to access the app.");
    sign_in.reply_to().refuse(&refusal, subcode, world)
}

fn hand_out_code(sign_in: SignIn, world: &mut World) -> Answer {
    let code = random::opaque("1.AXoA");
    let session_state = random::guid();
    let answer = sign_in.reply_to().send(&[("code", &code), ("session_state", &session_state)]);
    let expires = world.now() + CODE_LIFETIME;
    world.entra.secrets.push(code.clone());
    let user = world.options.user;
    world.entra.codes.insert(code, Code { sign_in, user, expires, redeemed: false });
    answer
}

impl ReplyTo<'_> {
    fn refuse(&self, refusal: &Refusal, subcode: Option<&str>, world: &World) -> Answer {
        let description = refusal.happened(world).description;
        let uri = refusal.uri(world);
        let mut fields =
            vec![("error", refusal.error()), ("error_description", &description), ("error_uri", &uri)];
        fields.extend(subcode.map(|subcode| ("error_subcode", subcode)));
        self.send(&fields)
    }

    fn send(&self, fields: &[(&str, &str)]) -> Answer {
        let state = self.state.map(|state| ("state", state));
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain(state).collect();
        if self.form_post {
            return http::html(StatusCode::OK, pages::form_post(self.redirect_uri, &fields));
        }
        // Entra ID appends a slash where no path is registered.
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        http::redirect(StatusCode::FOUND, &format!("{}/?{query}", self.redirect_uri))
    }
}
