//! Which tenant, which cloud: a session belongs to the tenant that the ID token names, whatever was configured, and a
//! token to the cloud that was asked for.

use std::collections::HashMap;

use serde_json::json;
use url::Url;

use crate::support::Home;
use crate::tenant::{IdTokenFlaw, Options, Tenant, browser, directory};

/// Somebody whose application is known in every tenant.
fn home(tenant: &Tenant) -> Home {
    Home::of(tenant)
        .with("M365D_TENANT", "organizations")
        .with("M365D_CLIENT_ID", directory::MULTI_TENANT_CLIENT_ID)
}

#[test]
fn a_session_is_known_by_the_tenant_of_the_id_token() {
    let tenant = Tenant::start(Options::default());
    for configured in ["organizations", directory::DOMAIN, "Northwind.Example", directory::TENANT_ID] {
        let home = home(&tenant).with("M365D_TENANT", configured);
        home.login(&[]).succeeds().says(directory::TENANT_ID);
        let token = home.run(&["token"]).succeeds().stdout;
        assert_eq!(home.session()["key"]["tenant_id"], json!(directory::TENANT_ID), "{configured}");

        let home = home.with("M365D_TENANT", directory::TENANT_ID);
        assert_eq!(home.run(&["token"]).succeeds().stdout, token, "{configured}");
        home.run(&["logout"]).succeeds().says("signed out");
        let home = home.with("M365D_TENANT", configured);
        home.run(&["token"]).fails_properly(3);
    }
}

#[test]
fn the_sessions_of_two_tenants_under_organizations_stay_apart() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    home.login(&[]).succeeds();
    let ana = home.run(&["token"]).succeeds().stdout;

    tenant.change(|options| options.user = &directory::CAROL);
    let home = home.with("M365D_TENANT", directory::OTHER_TENANT_ID);
    home.run(&["token"]).fails_properly(3).says("nobody is signed in");
    home.login(&[]).succeeds().says(directory::CAROL.upn);
    let carol = home.run(&["token"]).succeeds().stdout;
    assert_ne!(ana, carol);
    assert_eq!(home.session_files(".json").len(), 2);
    let home = home.with("M365D_TENANT", directory::TENANT_ID);
    assert_eq!(home.run(&["token"]).succeeds().stdout, ana);
    let home = home.with("M365D_TENANT", "organizations");
    assert_eq!(home.run(&["token"]).succeeds().stdout, ana);
}

#[test]
fn somebody_else_replaces_a_session_only_when_that_is_meant() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let before = home.run(&["token"]).succeeds().stdout;
    let parameters = |arguments: &[&str]| -> HashMap<String, String> {
        let mut login = home.start(&[&["login", "--no-browser"], arguments].concat());
        let url = Url::parse(&login.sign_in_url()).unwrap();
        login.kill();
        url.query_pairs().into_owned().collect()
    };
    // The one who is signed in is who is expected, unless somebody else is meant.
    assert_eq!(parameters(&[])["login_hint"], directory::ANA.upn);
    assert_eq!(parameters(&["--switch-account"])["prompt"], "select_account");
    assert!(!parameters(&["--switch-account"]).contains_key("login_hint"));

    for (user, organizations) in [(&directory::BEN, false), (&directory::CAROL, true)] {
        tenant.change(|options| options.user = user);
        let home = if organizations {
            tenant.change(|options| options.user = &directory::ANA);
            let home = self::home(&tenant);
            home.login(&[]).succeeds();
            tenant.change(|options| options.user = user);
            home
        } else {
            Home::of(&tenant).with("M365D_CONFIG_DIR", home.config_dir().to_str().unwrap())
        };
        home.login(&[])
            .fails_with(1)
            .says(&format!("you have signed in as {}, but {} is", user.upn, directory::ANA.upn))
            .says("hint: m365d login --switch-account");
        assert_eq!(home.run(&["status"]).succeeds().json()["account"]["username"], directory::ANA.upn);

        home.login(&["--switch-account"]).succeeds().says(user.upn);
        assert_eq!(home.run(&["status"]).succeeds().json()["account"]["username"], user.upn);
        home.login(&[]).succeeds();
    }
    assert_eq!(home.session_files(".json").len(), 1, "Ana's session is gone, since nobody means it");
    assert_ne!(home.run(&["token"]).succeeds().stdout, before);
}

#[test]
fn of_two_sign_ins_at_once_the_second_knows_of_the_first() {
    let tenant = Tenant::start(Options::default());
    for (second, code, who) in [
        (&["login", "--no-browser"][..], 1, directory::ANA.upn),
        (&["login", "--no-browser", "--switch-account"], 0, directory::BEN.upn),
    ] {
        let home = Home::of(&tenant);
        let (mut ana, mut ben) = (home.start(&["login", "--no-browser"]), home.start(second));
        for (login, user) in [(&mut ana, &directory::ANA), (&mut ben, &directory::BEN)] {
            tenant.change(|options| options.user = user);
            browser::sign_in(&login.sign_in_url()).unwrap();
            login.wait_for(|line| line.contains("Signed in as ") || line.contains("error: "));
        }
        ana.end().succeeds();
        ben.end().fails_with(code).says(directory::BEN.upn);
        assert_eq!(home.session()["account"]["username"], who, "and nothing is left of the other one");
        assert_eq!(home.run(&["status"]).succeeds().json()["account"]["username"], who);
    }
}

#[test]
fn an_issuer_of_another_tenant_than_the_token_s_signs_nobody_in() {
    let tenant = Tenant::start(Options::default());
    for flaw in [IdTokenFlaw::WrongTenant, IdTokenFlaw::WrongIssuer] {
        let home = home(&tenant);
        tenant.change(|options| options.id_token_flaw = Some(flaw));
        home.login(&[]).fails_with(1).says("`iss` of its ID token");
        home.run(&["token"]).fails_properly(3);
    }
}

#[test]
fn an_authority_that_names_no_tenant_is_taken_by_its_address() {
    let tenant = Tenant::start(Options { id_token_flaw: Some(IdTokenFlaw::NoTenant), ..Options::default() });
    let home = Home::signed_in(&tenant);
    home.run(&["token"]).succeeds();
    assert_eq!(home.session()["key"]["tenant_id"], json!(directory::TENANT_ID));
}

/// What a sign-in in a cloud asks for, as far as it gets without a network.
fn asked(cloud: &[&str]) -> (Url, HashMap<String, String>) {
    let home =
        Home::empty().with("M365D_TENANT", "contoso.example").with("M365D_CLIENT_ID", directory::CLIENT_ID);
    let mut login = home.start(&[&["login", "--no-browser"], cloud].concat());
    let url = Url::parse(&login.sign_in_url()).unwrap();
    login.kill();
    let parameters = url.query_pairs().into_owned().collect();
    (url, parameters)
}

#[test]
fn every_cloud_signs_in_at_its_own_authority_for_its_own_api() {
    for (cloud, authority, api) in [
        (&[][..], "login.microsoftonline.com", "https://api.security.microsoft.com"),
        (&["--cloud", "public"], "login.microsoftonline.com", "https://api.security.microsoft.com"),
        (&["--cloud", "gcc"], "login.microsoftonline.com", "https://api-gcc.security.microsoft.us"),
        (&["--cloud", "gcc-high"], "login.microsoftonline.us", "https://api-gov.security.microsoft.us"),
        (&["--cloud", "DoD"], "login.microsoftonline.us", "https://api-gov.security.microsoft.us"),
    ] {
        let (url, parameters) = asked(cloud);
        assert_eq!(url.host_str(), Some(authority), "{cloud:?}");
        assert!(parameters["scope"].starts_with(&format!("{api}/.default ")), "{parameters:?}");
    }
}

#[test]
fn what_a_cloud_does_not_have_is_said() {
    let home = Home::empty()
        .with("M365D_TENANT", "contoso.example")
        .with("M365D_CLIENT_ID", directory::CLIENT_ID)
        .with("M365D_CLOUD", "china");
    for command in [&["login"][..], &["token"], &["incidents", "list"]] {
        home.run(command).fails_properly(2).says("in the cloud china").says("--cloud");
    }
    home.run(&["token", "--cloud", "germany"]).fails_properly(2).says("public, gcc, gcc-high, dod and china");
}

#[test]
fn authority_cloud_and_api_belong_together() {
    let home = |authority: &str, cloud: &str, api: &str| {
        Home::empty()
            .with("M365D_TENANT", "contoso.example")
            .with("M365D_CLIENT_ID", directory::CLIENT_ID)
            .with("M365D_AUTHORITY", authority)
            .with("M365D_CLOUD", cloud)
            .with("M365D_API_URL", api)
    };
    let (public, government) = ("https://login.microsoftonline.com", "https://login.microsoftonline.us");
    for (authority, cloud) in [(public, "gcc-high"), (government, "gcc"), (government, "public")] {
        home(authority, cloud, "").run(&["token"]).fails_properly(2).says("does not sign in to the cloud");
    }
    for (authority, cloud, api) in [
        (public, "gcc", "https://api.security.microsoft.com"),
        (public, "", "https://api-gcc.security.microsoft.us"),
        (government, "", "https://api.security.microsoft.com"),
        (government, "dod", "https://api-gov.security.microsoft.us.evil.example"),
        (government, "dod", "http://127.0.0.1:9"),
    ] {
        home(authority, cloud, api)
            .run(&["token"])
            .fails_properly(2)
            .says("is not an API host of Microsoft's cloud");
    }
    // The authority says which cloud it is, when nobody else does.
    let status = home(government, "", "").run(&["status"]).fails_with(3).json();
    assert_eq!(status["cloud"], json!({"value": "gcc-high", "source": "M365D_AUTHORITY"}));
    assert_eq!(status["api_url"]["value"], json!("https://api-gov.security.microsoft.us/"));
}

#[test]
fn a_session_of_one_cloud_is_not_another_s() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.run(&["token", "--cloud", "public"]).succeeds();
    home.run(&["token", "--cloud", "gcc"]).fails_properly(3).says("nobody is signed in");
    home.login(&["--cloud", "gcc"]).succeeds();
    let token = |cloud| home.run(&["token", "--cloud", cloud]).succeeds().stdout;
    assert_ne!(token("gcc"), token("public"));
    home.run(&["incidents", "list", "--cloud", "gcc"]).succeeds();
}
