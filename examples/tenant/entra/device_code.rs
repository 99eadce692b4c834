//! The device flow (RFC 8628): a code for the device, one for the person, the page where the latter is entered, and what
//! the device hears until then.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use serde_json::json;

use super::super::directory::{Application, Platform, TenantName, User};
use super::super::http::{self, Answer, Request};
use super::super::options::DeviceAnswer;
use super::super::world::World;
use super::claims::ClaimsRequest;
use super::refusal::Refusal;
use super::scope::Scope;
use super::token_endpoint::{required, secret_missing};
use super::{pages, random};

/// Outside of every tenant, as `https://microsoft.com/devicelogin` is.
pub const PAGE: &str = "/devicelogin";
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628, section 3.5.
const SLOW_DOWN: Duration = Duration::from_secs(5);

pub struct Device {
    tenant: TenantName,
    application: &'static Application,
    scope: Scope,
    contexts: Vec<String>,
    user_code: String,
    number: usize,
    expires: i64,
    interval: Duration,
    /// By a clock that nobody moves.
    last_poll: Instant,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Pending,
    Accepted(&'static User),
    Declined,
    Redeemed,
}

impl Device {
    fn waits_for(&self, user_code: &str) -> bool {
        matches!(self.state, State::Pending) && self.user_code.eq_ignore_ascii_case(user_code)
    }
}

/// What a device hears that asks whether its code was entered.
pub enum Poll {
    NotYet(Answer),
    Granted { user: &'static User, scope: Scope, contexts: Vec<String> },
}

pub fn newest(devices: &HashMap<String, Device>) -> Option<String> {
    devices.values().max_by_key(|device| device.number).map(|device| device.user_code.clone())
}

/// A device asks for a code.
pub fn begin(tenant: TenantName, request: &Request, world: &mut World) -> Answer {
    given_out(tenant, request, world).unwrap_or_else(|refusal| refusal.to_json(world))
}

fn given_out(tenant: TenantName, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    let malformed = || Refusal::new(9_002_313, "Invalid request. Request is malformed or invalid.");
    if request.method != Method::POST {
        let text = format!("The endpoint only accepts POST requests. Received a {} request.", request.method);
        return Err(Refusal::new(900_561, text));
    }
    let form = request.form().filter(|form| form.repeated().is_none()).ok_or_else(malformed)?;
    let application = super::application(required(&form, "client_id")?)?;
    super::check_tenant(tenant, application)?;
    let scope = Scope::parse(required(&form, "scope")?)?;
    scope.check_registered(&world.options)?;

    let contexts = ClaimsRequest::parse(&form)?.contexts;
    let (device_code, user_code) = (random::opaque("1.DAQABI"), random::user_code());
    let interval = Duration::from_secs(world.options.device_interval);
    let device = Device {
        tenant,
        application,
        scope,
        contexts,
        user_code: user_code.clone(),
        number: world.entra.devices.len(),
        expires: world.now() + world.options.device_lifetime.cast_signed(),
        interval,
        last_poll: Instant::now(),
        state: State::Pending,
    };
    world.entra.secrets.push(device_code.clone());
    world.entra.devices.insert(device_code.clone(), device);

    let page = format!("{}{PAGE}", world.base_url());
    let (lifetime, interval) = (world.options.device_lifetime, world.options.device_interval);
    let mut body = json!({"device_code": device_code, "user_code": user_code, "verification_uri": page});
    match world.options.device_answer {
        DeviceAnswer::Least => return Ok(http::json(StatusCode::OK, &body)),
        DeviceAnswer::Old => {
            body = json!({
                "device_code": device_code, "user_code": user_code, "verification_url": page,
                "expires_in": lifetime.to_string(), "interval": interval.to_string(),
            });
        }
        other => {
            body["expires_in"] = json!(lifetime);
            body["interval"] = json!(interval);
            if other == DeviceAnswer::Complete {
                body["verification_uri_complete"] = json!(format!("{page}?otc={user_code}"));
            }
            if other == DeviceAnswer::InsecurePage {
                body["verification_uri"] = json!("http://login.example/device");
            }
        }
    }
    body["message"] = json!(format!(
        "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
    ));
    Ok(http::json(StatusCode::OK, &body))
}

/// The page where the person enters the code, and the one that follows.
pub fn page(request: &Request, world: &mut World) -> Answer {
    if request.method != Method::POST {
        let code = request.query().get("otc").unwrap_or_default().to_owned();
        return http::html(StatusCode::OK, pages::enter_code(PAGE, &code, false));
    }
    let entered = request.form().and_then(|form| form.get("otc").map(str::to_owned)).unwrap_or_default();
    let entered: String = entered.chars().filter(char::is_ascii_alphanumeric).collect();
    let now = world.now();
    let mut devices = world.entra.devices.values();
    match devices.find(|device| device.waits_for(&entered) && device.expires > now) {
        Some(device) => {
            let needs_consent = device.scope.needs_consent(&world.options);
            let list = if needs_consent { device.scope.to_consent(&world.options) } else { Vec::new() };
            http::html(
                StatusCode::OK,
                pages::confirm_device(device.application.name, world.options.user, &list, &device.user_code),
            )
        }
        None => http::html(StatusCode::NOT_FOUND, pages::enter_code(PAGE, "", true)),
    }
}

/// A button of the last page was pressed.
pub fn decided(request: &Request, world: &mut World) -> Answer {
    let form = request.form().filter(|_| request.method == Method::POST);
    let pressed = form.as_ref().and_then(|form| Some((form.get("flow")?, form.get("press")?)));
    let (user, declines) = (world.options.user, world.options.user_declines);
    let Some((user_code, press)) = pressed else {
        return pages::expired();
    };
    let Some(device) = world.entra.devices.values_mut().find(|device| device.waits_for(user_code)) else {
        return pages::expired();
    };
    let accepted = press == "accept" && !declines && device.tenant.admits(user);
    device.state = if accepted { State::Accepted(user) } else { State::Declined };
    if accepted {
        let scope = device.scope.clone();
        scope.consent(&mut world.options);
    }
    http::html(StatusCode::OK, pages::device_done(accepted))
}

/// A device asks whether that has happened.
pub fn poll(
    application: &'static Application,
    device_code: &str,
    world: &mut World,
) -> Result<Poll, Refusal> {
    if application.platform != Platform::PublicClient || !world.options.public_client_flows {
        return Err(secret_missing());
    }
    let now = world.now();
    let told_to_slow_down = world.options.slow_downs > 0;
    let Some(device) =
        world.entra.devices.get_mut(device_code).filter(|device| device.application == application)
    else {
        return Err(Refusal::new(70_018, "Invalid verification code."));
    };
    let hasty = device.last_poll.elapsed() < device.interval;
    device.last_poll = Instant::now();
    if hasty || told_to_slow_down {
        device.interval += SLOW_DOWN;
        world.entra.hasty_polls += usize::from(hasty);
        world.options.slow_downs = world.options.slow_downs.saturating_sub(u32::from(told_to_slow_down));
        return Ok(Poll::NotYet(plain("slow_down", "The client polls too often.")));
    }
    if device.expires <= now || matches!(device.state, State::Redeemed) {
        return Err(Refusal::new(70_019, "Verification code expired."));
    }
    match device.state {
        State::Accepted(user) => {
            device.state = State::Redeemed;
            Ok(Poll::Granted { user, scope: device.scope.clone(), contexts: device.contexts.clone() })
        }
        State::Declined => Ok(Poll::NotYet(plain(
            "authorization_declined",
            "The end user denied the authorization request.",
        ))),
        _ => {
            let text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
            Err(Refusal::new(70_016, text))
        }
    }
}

/// An error for which no number is documented.
fn plain(error: &str, description: &str) -> Answer {
    http::json(StatusCode::BAD_REQUEST, &json!({"error": error, "error_description": description}))
}
