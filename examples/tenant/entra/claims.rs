//! The `claims` parameter: what a client wants in its tokens, and the capability that it declares with it (OpenID
//! Connect Core, section 5.5; Microsoft: "Claims challenges, claims requests, and client capabilities").

use serde_json::{Map, Value};

use super::super::http::Parameters;
use super::super::world::World;
use super::refusal::Refusal;

/// What a request asks to be in the access token.
#[derive(Debug, Clone, Default)]
pub struct ClaimsRequest {
    /// `xms_cc` with `cp1`: the client handles claims challenges.
    pub cp1: bool,
    /// Authentication contexts, such as `c1`.
    pub contexts: Vec<String>,
}

impl ClaimsRequest {
    pub fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let Some(text) = parameters.get("claims") else { return Ok(Self::default()) };
        let claims: Map<String, Value> = serde_json::from_str(text)
            .map_err(|_| Refusal::new(9_000_410, "Malformed JSON in the parameter 'claims'."))?;
        let wanted = |name: &str| {
            let claim = claims.get("access_token")?.get(name)?;
            let one = claim.get("value").and_then(Value::as_str);
            let many = claim.get("values").and_then(Value::as_array);
            let many = many.into_iter().flatten().filter_map(Value::as_str);
            Some(one.into_iter().chain(many).map(str::to_owned).collect::<Vec<_>>())
        };
        Ok(Self {
            cp1: wanted("xms_cc").is_some_and(|declared| declared.iter().any(|each| each == "cp1")),
            contexts: wanted("acrs").unwrap_or_default(),
        })
    }
}

/// What the token endpoint does about an authentication context that the person has not met at a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUp {
    /// AADSTS50076: only the person can meet it.
    Person,
    /// The session meets it as it is.
    Silent,
    /// It gives a token without it.
    Ignored,
}

/// The contexts that the access token will name, of those that are asked for. `met` are those of the sign-in.
pub fn contexts(asked: &ClaimsRequest, met: &[String], world: &World) -> Result<Vec<String>, Refusal> {
    let step_up = world.options.step_up;
    let lacking = asked.contexts.iter().any(|context| !met.contains(context));
    if lacking && step_up == StepUp::Person {
        return Err(more_than_a_password());
    }
    let names = |context: &&String| {
        step_up != StepUp::Ignored && (step_up == StepUp::Silent || met.contains(context))
    };
    Ok(asked.contexts.iter().filter(names).cloned().collect())
}

/// AADSTS50076, with the policy that wants it in `claims`.
pub fn more_than_a_password() -> Refusal {
    let text = "Due to a configuration change made by your administrator, or because you moved to a new location, you \
        must use multi-factor authentication to access '8ee8fdad-f234-4243-8f3b-15c294843740'.";
    let claims = r#"{"access_token":{"capolids":{"essential":true,"values":["7f1d2c9e-5b3a-4e68-9c04-d1a6b87e35f2"]}}}"#;
    Refusal { claims: Some(claims.to_owned()), ..Refusal::new(50_076, text) }
}
