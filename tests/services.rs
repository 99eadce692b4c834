//! One sign-in, several APIs: the refresh token is redeemed for each when it is first needed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{Options, Tenant, directory};

const DEFENDER: &str = "https://api.security.microsoft.com";
const GRAPH: &str = "https://graph.microsoft.com";

/// A home in which Ana is signed in, and Graph has an address; nobody listens there.
fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", "http://127.0.0.1:9")
}

fn audience(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["aud"].clone()
}

fn resources(home: &Home) -> Vec<String> {
    let grants = home.session()["grants"].clone();
    grants.as_array().unwrap().iter().map(|grant| grant["resource"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_sign_in_serves_both_services() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    let first = home.session();
    let defender = home.run(&["token"]).succeeds().stdout;
    assert_eq!((tenant.refreshes(), audience(&defender)), (0, json!(DEFENDER)));

    let graph = home.run(&["token", "--api", "graph"]).succeeds().stdout;
    assert_eq!((tenant.refreshes(), audience(&graph)), (1, json!(GRAPH)));
    assert_ne!(home.session()["refresh_token"], first["refresh_token"], "the new one replaces the old one");

    // From then on each has its own, and nobody is asked.
    let both = [DEFENDER, GRAPH];
    assert_eq!(resources(&home), both);
    assert_eq!(home.run(&["token"]).succeeds().stdout, defender);
    assert_eq!(home.run(&["token", "--api", "GRAPH"]).succeeds().stdout, graph);
    let json = home.run(&["token", "--api", "graph", "-o", "json"]).succeeds().json();
    assert_eq!((&json["resource"], &json["access_token"]), (&json!(GRAPH), &json!(graph)));
    assert_eq!(tenant.refreshes(), 1);

    // One that is over is renewed alone.
    home.let_the_token_end_in(0);
    let renewed = home.run(&["token"]).succeeds().stdout;
    assert_ne!(renewed, defender);
    assert_eq!(home.run(&["token", "--api", "graph"]).succeeds().stdout, graph);
    assert_eq!((tenant.refreshes(), resources(&home)), (2, both.map(str::to_owned).to_vec()));

    home.run(&["logout"]).succeeds();
    assert!(home.session_files(".json").is_empty());
}

#[test]
fn status_shows_the_api_the_addresses_and_every_token() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    let usual = home.run(&["status"]).succeeds().json();
    assert_eq!(usual["api"], json!({"value": "defender", "source": "default"}));
    assert_eq!(usual["graph_url"], json!({"value": "http://127.0.0.1:9/", "source": "M365D_GRAPH_URL"}));
    assert_eq!(usual["endpoint_url"], json!(null), "a custom authority's token goes nowhere unasked");

    let home = home.with("M365D_API", "graph");
    let none = home.run(&["status", "-o", "table"]).succeeds().stdout;
    assert!(none.contains("none yet for Microsoft Graph: it comes when it is needed"), "{none}");
    home.run(&["token"]).succeeds();
    let status = home.run(&["status"]).succeeds().json();
    assert_eq!(status["api"], json!({"value": "graph", "source": "M365D_API"}));
    let tokens = status["access_tokens"].as_array().unwrap();
    assert_eq!([&tokens[0]["resource"], &tokens[1]["resource"]], [DEFENDER, GRAPH]);
    assert_eq!(status["expires_on"], tokens[1]["expires_on"]);
    let table = home.run(&["status", "-o", "table"]).succeeds().stdout;
    assert!(table.contains("Also for      Microsoft 365 Defender, valid until "), "{table}");

    let inspected = home.run(&["token", "inspect"]).succeeds().json();
    assert_eq!(inspected["api"], json!("Microsoft Graph"));
    let refused = home.run(&["token", "inspect", "--require", "ThreatHunting.Write"]).fails_with(4);
    refused.says("Add a permission › Microsoft APIs › Microsoft Graph › Delegated permissions");
}

#[test]
fn a_session_of_the_version_before_is_read_on() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    let token = home.run(&["token"]).succeeds().stdout;
    home.change_session(|session| {
        let grant = session["grants"][0].take();
        let mut old = json!({"version": 2});
        for name in ["key", "account", "refresh_token"] {
            old[name] = session[name].take();
        }
        for name in ["requested_scopes", "scopes", "access_token", "received_on", "expires_on"] {
            old[name] = grant[name].clone();
        }
        *session = old;
    });
    assert_eq!(home.run(&["token"]).succeeds().stdout, token);
    assert_eq!(tenant.refreshes(), 0);
    assert_eq!(audience(&home.run(&["token", "--api", "graph"]).succeeds().stdout), json!(GRAPH));
    assert_eq!(home.session()["version"], json!(3));
    assert_eq!(home.run(&["token"]).succeeds().stdout, token);

    home.change_session(|session| session["version"] = json!(4));
    home.run(&["token"]).fails_properly(3).says("of another application or version");
}

#[test]
fn an_api_that_the_registration_does_not_list_is_a_missing_permission_and_costs_the_session_nothing() {
    let tenant = Tenant::start(Options { registered: vec!["Incident.Read".into()], ..Options::default() });
    let home = signed_in(&tenant).with("M365D_ENDPOINT_URL", "http://127.0.0.1:9");
    let before = home.session();
    let refused = home.run(&["token", "--api", "endpoint"]).fails_properly(4).says("AADSTS650057").says(
        "hint: Microsoft Defender for Endpoint takes Machine.Read (delegated) or Machine.Read.All (application)",
    );
    for part in [
        "Add a permission › APIs my organization uses › WindowsDefenderATP › Delegated permissions › Machine.Read",
        &format!("/adminconsent?client_id={}", directory::CLIENT_ID),
        "m365d login --api endpoint",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(home.session(), before);
    home.run(&["token"]).succeeds();
}

#[test]
fn the_api_is_chosen_by_flag_environment_or_profile_and_only_an_address_of_its_own_gets_its_token() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.run(&["token", "--api", "sentinel"])
        .fails_properly(2)
        .says("\"sentinel\" (from --api) is not one of defender, graph and endpoint");
    home.run(&["token", "--api", "graph"])
        .fails_properly(2)
        .says("M365D_GRAPH_URL is not, and a custom authority's token does not go to Microsoft")
        .says("set M365D_GRAPH_URL to the API that trusts this authority");

    let home = home.with("M365D_GRAPH_URL", tenant.graph_url());
    home.run(&["profile", "add", "default", "--api", "graph"]).succeeds();
    let home = home.without("M365D_GRAPH_URL");
    assert_eq!(home.run(&["profile", "list"]).succeeds().json()[0]["api"], json!("graph"));
    home.run(&["token"]).fails_properly(2).says("M365D_GRAPH_URL");
    home.run(&["token", "--api", "defender"]).succeeds();

    let microsoft = |cloud| {
        Home::empty()
            .with("M365D_TENANT", directory::TENANT_ID)
            .with("M365D_CLIENT_ID", directory::CLIENT_ID)
            .with("M365D_API", "graph")
            .with("M365D_CLOUD", cloud)
    };
    for (cloud, foreign) in [
        ("public", "https://graph.microsoft.us"),
        ("public", "https://api.security.microsoft.com"),
        ("gcc-high", "https://dod-graph.microsoft.us"),
        ("dod", "https://graph.microsoft.com"),
        ("gcc", "https://graph.microsoft.com.elsewhere.example"),
    ] {
        let home = microsoft(cloud).with("M365D_GRAPH_URL", foreign);
        home.run(&["token"])
            .fails_properly(2)
            .says(&format!("is not an API host of Microsoft's cloud {cloud} for Microsoft Graph"))
            .says("hint: unset M365D_GRAPH_URL");
    }
    for (cloud, own) in [
        ("public", "https://graph.microsoft.com/"),
        ("gcc", "https://graph.microsoft.com/"),
        ("gcc-high", "https://graph.microsoft.us/"),
        ("dod", "https://dod-graph.microsoft.us/"),
    ] {
        let home = microsoft(cloud);
        assert_eq!(home.run(&["status"]).fails_with(3).json()["graph_url"]["value"], own, "{cloud}");
    }
    microsoft("china")
        .run(&["token"])
        .fails_properly(2)
        .says("no security API of Microsoft Graph in the cloud china");
}
