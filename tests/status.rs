//! `m365d status`: who is signed in, and where every setting came from.

use std::fs;

use serde_json::json;

use crate::support::Home;
use crate::tenant::{Options, Tenant, directory};

#[test]
fn signed_in_every_format_says_who_where_with_what_and_until_when() {
    let tenant = Tenant::start(Options { token_lifetime: Some(3600), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let session = home.grant();
    let object = home.run(&["status"]).succeeds().json();
    assert_eq!(object["signed_in"], json!(true));
    assert_eq!(object["account"]["username"], json!(directory::ANA.upn));
    assert_eq!(object["account"]["tenant_id"], json!(directory::TENANT_ID));
    assert_eq!(object["permissions"], json!(["Incident.Read", "AdvancedHunting.Read"]));
    assert_eq!(object["not_permitted"], json!(["updating incidents (add Incident.ReadWrite)"]));
    assert_eq!(object["expires_on"], session["expires_on"]);
    assert_eq!(object["renewable"], json!(true));
    assert_eq!(object["stored"], json!("file"));
    assert_eq!(object["session_file"], json!(home.session_file()));
    let left = object["expires_in"].as_i64().unwrap();
    assert!((1..=3600).contains(&left), "{left}");

    let lines = home.run(&["status", "-o", "ndjson"]).succeeds();
    assert_eq!(lines.stdout.lines().count(), 1);
    assert_eq!(lines.json()["account"], object["account"]);
    for format in ["table", "csv"] {
        let shown = home.run(&["status", "-o", format]).succeeds().stdout;
        for said in
            ["ana@northwind.example (Ana Analyst)", directory::TENANT_ID, "Incident.Read", "valid until "]
        {
            assert!(shown.contains(said), "{said} is not in: {shown}");
        }
        assert!(!shown.contains(session["access_token"].as_str().unwrap()));
    }
    assert_eq!(tenant.refreshes(), 0, "nobody is asked");
}

#[test]
fn an_access_token_that_is_over_is_called_expired_and_not_renewed() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(-60);
    let table = home.run(&["status", "-o", "table"]).succeeds().stdout;
    assert!(table.contains("expired 2") && table.contains("when needed, without you"), "{table}");
    assert_eq!(home.run(&["status"]).succeeds().json()["expires_in"], json!(0));
    assert_eq!(tenant.refreshes(), 0);
}

#[test]
fn signed_out_the_settings_are_shown_all_the_same() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for format in ["table", "csv", "json", "ndjson"] {
        let out = home.run(&["status", "-o", format]).fails_with(3).says("error: nobody is signed in");
        for said in [directory::TENANT_ID, directory::CLIENT_ID, tenant.authority(), "M365D_TENANT"] {
            assert!(out.stdout.contains(said), "{said} is not in: {}", out.stdout);
        }
        assert!(out.stderr.ends_with("\n\nhint: m365d login\n"), "{}", out.stderr);
    }
    assert_eq!(home.run(&["status"]).fails_with(3).json()["signed_in"], json!(false));
    assert!(tenant.requests().is_empty());
}

#[test]
fn every_setting_says_where_it_came_from_and_the_nearest_wins() {
    let tenant = Tenant::start(Options::default());
    let mut home = Home::empty();
    let unset = home.run(&["status"]).fails_with(2).says("error: no tenant is configured").json();
    assert_eq!(unset["tenant"], json!(null));
    assert_eq!(unset["client_id"], json!(null));
    assert_eq!(
        unset["authority"],
        json!({"value": "https://login.microsoftonline.com/", "source": "default"})
    );
    assert_eq!(unset["folder"]["source"], json!("M365D_CONFIG_DIR"));

    let (in_file, in_environment, as_flag) = ("file.example", "environment.example", "flag.example");
    fs::create_dir_all(home.config_dir()).unwrap();
    let config = format!(
        "[profile.default]\ntenant = \"{in_file}\"\nclient_id = \"{}\"\n",
        directory::CLIENT_ID.to_uppercase()
    );
    fs::write(home.config_dir().join("config.toml"), config).unwrap();
    let from_file = home.run(&["status"]).fails_with(3).json();
    assert_eq!(from_file["tenant"], json!({"value": in_file, "source": "config.toml"}));
    assert_eq!(from_file["client_id"], json!({"value": directory::CLIENT_ID, "source": "config.toml"}));
    assert_eq!(
        from_file["api_url"],
        json!({"value": "https://api.security.microsoft.com/", "source": "default"})
    );

    home = home
        .with("M365D_TENANT", in_environment)
        .with("M365D_CLIENT_ID", "")
        .with("M365D_AUTHORITY", tenant.authority())
        .with("M365D_API_URL", tenant.api_url());
    let from_environment = home.run(&["status"]).fails_with(3).json();
    assert_eq!(from_environment["tenant"], json!({"value": in_environment, "source": "M365D_TENANT"}));
    // A variable that is set to nothing is a variable that is not set.
    assert_eq!(from_environment["client_id"]["source"], json!("config.toml"));
    assert_eq!(from_environment["authority"]["source"], json!("M365D_AUTHORITY"));
    assert_eq!(from_environment["api_url"]["source"], json!("M365D_API_URL"));

    let from_flag = home.run(&["status", "--tenant", as_flag]).fails_with(3).json();
    assert_eq!(from_flag["tenant"], json!({"value": as_flag, "source": "--tenant"}));
    // Where a sign-in keeps the session is no different.
    let mut store = vec![unset["store"].clone()];
    let mut home = home.without("M365D_STORE");
    store.push(home.run(&["status"]).fails_with(3).json()["store"].clone());
    let path = home.config_dir().join("config.toml");
    let config = fs::read_to_string(&path).unwrap() + "store = \"keyring\"\n";
    fs::write(path, config).unwrap();
    store.push(home.run(&["status"]).fails_with(3).json()["store"].clone());
    let from = |value, source| json!({"value": value, "source": source});
    assert_eq!(store, [from("file", "M365D_STORE"), from("auto", "default"), from("keyring", "config.toml")]);
    home = home.with("M365D_STORE", "cupboard");
    home.run(&["status"])
        .fails_properly(2)
        .says("\"cupboard\" (from M365D_STORE) is not auto, keyring or file");
    home = home.with("M365D_STORE", "file");
    // Only a sign-in makes a flag a habit.
    assert_eq!(home.run(&["status"]).fails_with(3).json()["tenant"]["value"], json!(in_environment));
}

#[test]
fn login_remembers_its_flags_and_leaves_the_rest_of_the_file_alone() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).without("M365D_TENANT").without("M365D_CLIENT_ID");
    fs::create_dir_all(home.config_dir()).unwrap();
    let config = home.config_dir().join("config.toml");
    fs::write(&config, "# mine\n[profile.default]\nbrowser = \"true\"  # keep\n").unwrap();
    home.login(&["--tenant", directory::DOMAIN, "--client-id", directory::CLIENT_ID]).succeeds();
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.starts_with("# mine\n[profile.default]\nbrowser = \"true\"  # keep\n"), "{text}");
    let status = home.run(&["status"]).succeeds().json();
    assert_eq!(status["tenant"], json!({"value": directory::DOMAIN, "source": "config.toml"}));
    assert_eq!(status["client_id"], json!({"value": directory::CLIENT_ID, "source": "config.toml"}));
}
