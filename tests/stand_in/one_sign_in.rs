//! One refresh token for every API, as far as the registration and the consent go.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Reply;
use super::client::form;
use crate::tenant::browser::{self, Decision};
use crate::tenant::directory::{CLIENT_ID, DEFENDER, ENDPOINT, GRAPH, TENANT_ID};
use crate::tenant::{Options, Tenant};

/// The refresh token of a sign-in for Defender.
fn refresh_token(tenant: &Tenant) -> String {
    tenant.change(|options| options.device_interval = 0);
    let endpoint = |name: &str| format!("{}/{TENANT_ID}/oauth2/v2.0/{name}", tenant.authority());
    let scope = "https://api.security.microsoft.com/.default offline_access";
    let device = form(&endpoint("devicecode"), &[("client_id", CLIENT_ID), ("scope", scope)]).succeeds();
    let text = |name: &str| device[name].as_str().expect("text").to_owned();
    browser::enter_code(&text("verification_uri"), &text("user_code"), Decision::Accept).expect("a sign-in");
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", CLIENT_ID),
        ("device_code", &text("device_code")),
    ];
    let tokens = form(&endpoint("token"), &fields).succeeds();
    tokens["refresh_token"].as_str().expect("a refresh token").to_owned()
}

fn redeem(tenant: &Tenant, refresh_token: &str, scope: &str) -> Reply {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT_ID),
        ("refresh_token", refresh_token),
        ("scope", scope),
    ];
    form(&format!("{}/{TENANT_ID}/oauth2/v2.0/token", tenant.authority()), &fields)
}

fn claims(tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().expect("an access token");
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a payload")).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}

#[test]
fn it_is_redeemed_for_any_resource() {
    let tenant = Tenant::start(Options::default());
    let token = refresh_token(&tenant);
    for (resource, permissions) in [
        (
            "https://graph.microsoft.com",
            "SecurityIncident.Read.All SecurityIncident.ReadWrite.All SecurityAlert.Read.All ThreatHunting.Read.All",
        ),
        ("https://api.securitycenter.microsoft.com", "Machine.Isolate Machine.Read"),
        ("https://api.security.microsoft.com", "Incident.Read AdvancedHunting.Read"),
    ] {
        let tokens = redeem(&tenant, &token, &format!("{resource}/.default offline_access")).succeeds();
        let claims = claims(&tokens);
        assert_eq!((claims["aud"].as_str(), claims["scp"].as_str()), (Some(resource), Some(permissions)));
        assert!(tokens["refresh_token"].is_string());
    }
}

#[test]
fn a_missing_consent_and_a_missing_registration_are_told_apart() {
    let tenant = Tenant::start(Options::default());
    let token = refresh_token(&tenant);
    let graph = "https://graph.microsoft.com/.default";
    tenant.change(|options| options.withdraw_consent(&GRAPH));
    let refused = redeem(&tenant, &token, graph);
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body["error"], "invalid_grant");
    assert_eq!(refused.body["suberror"], "consent_required");
    assert_eq!(refused.body["error_codes"][0], 65_001);
    tenant.change(|options| options.unregister(&GRAPH));
    assert_eq!(redeem(&tenant, &token, graph).body["error_codes"][0], 650_057);
    redeem(&tenant, &token, "https://api.securitycenter.microsoft.com/Machine.Isolate").succeeds();
}

#[test]
fn a_sign_in_consents_to_the_whole_registration() {
    let tenant = Tenant::start(Options { consented: Vec::new(), ..Options::default() });
    let token = refresh_token(&tenant);
    for resource in [&GRAPH, &ENDPOINT, &DEFENDER] {
        redeem(&tenant, &token, &format!("{}/.default", resource.identifier_uris[0])).succeeds();
    }
}
