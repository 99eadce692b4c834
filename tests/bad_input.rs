//! Settings and arguments that make no sense: one clear error, the right exit code, and nothing sent anywhere.

use std::fs;

use crate::support::Home;
use crate::tenant::{Fault, Options, Place, Tenant, When, browser, directory};

/// Every command that would need an application.
const COMMANDS: [&[&str]; 4] = [&["login", "--no-browser"], &["token"], &["logout"], &["incidents", "list"]];

/// The commands end with 2 and say what is wrong with which value; `status` says it too, after what it knows.
#[track_caller]
fn is_refused(home: &Home, says: &[&str]) {
    for arguments in COMMANDS {
        let mut refused = home.run(arguments).fails_properly(2);
        for text in says {
            refused = refused.says(text);
        }
        assert_eq!(
            refused.stderr.lines().count(),
            3,
            "an error, an empty line and a hint: {}",
            refused.stderr
        );
    }
    home.run(&["status"]).fails_with(2).says(says[0]);
}

#[test]
fn without_a_tenant_or_a_client_id_there_is_nothing_to_do() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).without("M365D_TENANT");
    is_refused(&home, &["no tenant is configured", "m365d login --tenant TENANT --client-id CLIENT_ID"]);
    let home = Home::of(&tenant).without("M365D_CLIENT_ID");
    is_refused(&home, &["no client id is configured", "m365d login --tenant TENANT --client-id CLIENT_ID"]);
    assert!(tenant.requests().is_empty());
}

#[test]
fn a_tenant_is_a_guid_or_a_domain() {
    let tenant = Tenant::start(Options::default());
    for bad in
        ["contoso", "common", "https://contoso.com", "../../evil", "a b.com", "contoso.com/x", "x@y.com"]
    {
        let home = Home::of(&tenant).with("M365D_TENANT", bad);
        is_refused(&home, &[bad, "M365D_TENANT", "a tenant id (GUID), a domain"]);
        home.run(&["token", "--tenant", bad]).fails_properly(2).says("from --tenant");
    }
    Home::of(&tenant).run(&["token", "--tenant", ""]).fails_properly(2);
    assert!(tenant.requests().is_empty());
}

#[test]
fn a_limit_and_a_day_are_refused_in_words_of_their_own() {
    let home = Home::empty();
    for (option, value, words) in [
        ("--limit", "0", "a limit is a whole number, at least 1"),
        ("--limit", "few", "a limit is a whole number, at least 1"),
        ("--created-since", "2026-13-01", "there is no such date"),
    ] {
        home.run(&["incidents", "list", option, value]).fails_with(2).says(words);
    }
    home.run(&["login", "--tenant", "contoso.com", "--client-id", "CLIENT_ID"])
        .fails_properly(2)
        .says("that stands for yours")
        .says("Application (client) ID");
}

#[test]
fn a_client_id_is_a_guid() {
    let tenant = Tenant::start(Options::default());
    for bad in
        ["m365d", "aaaaaaaa-0000-4000-8000-00000000000", "{aaaaaaaa-0000-4000-8000-000000000001}", "a\nb"]
    {
        let home = Home::of(&tenant).with("M365D_CLIENT_ID", bad);
        is_refused(&home, &["is not an application (client) id", "M365D_CLIENT_ID"]);
    }
    assert!(tenant.requests().is_empty());
}

#[test]
fn an_authority_is_https_or_on_this_machine() {
    let tenant = Tenant::start(Options::default());
    for bad in [
        "http://login.microsoftonline.com",
        "http://192.0.2.1:8080",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "login.microsoftonline.com",
        "https://login.microsoftonline.com?x=y",
        "https://",
        "nonsense",
    ] {
        for variable in ["M365D_AUTHORITY", "M365D_API_URL"] {
            let home = Home::of(&tenant).with(variable, bad);
            is_refused(&home, &["is not an https URL, or an http URL of this machine", variable]);
        }
    }
    assert!(tenant.requests().is_empty());
}

#[test]
fn credentials_in_an_address_are_refused_and_not_repeated() {
    let tenant = Tenant::start(Options::default());
    for address in
        ["https://ana:hunter2@login.example", "http://ana:hunter2@127.0.0.1:1", "https://hunter2@h.example"]
    {
        for variable in ["M365D_AUTHORITY", "M365D_API_URL"] {
            let home = Home::of(&tenant).with(variable, address);
            is_refused(&home, &["without credentials", variable]);
            home.run(&["token", "-vvv"]).fails_properly(2).does_not_say("hunter2");
        }
    }
}

#[test]
fn a_custom_authority_needs_an_api_of_its_own() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).without("M365D_API_URL");
    is_refused(&home, &["M365D_AUTHORITY is set but M365D_API_URL is not", "set M365D_API_URL"]);
    assert!(tenant.requests().is_empty());
}

#[test]
fn a_token_of_microsoft_s_goes_to_no_other_host_whatever_the_environment_says() {
    let tenant = Tenant::start(Options::default());
    let elsewhere = [
        tenant.api_url(),
        "https://elsewhere.example",
        "https://api.security.microsoft.com.elsewhere.example",
        "https://api.security.microsoft.com:8443",
        "https://graph.microsoft.com",
        "https://api-gov.security.microsoft.us",
    ];
    for authority in [
        "https://login.microsoftonline.com",
        "https://LOGIN.microsoftonline.com/",
        "https://login.microsoftonline.com.",
        "https://login.windows.net",
        "https://sts.windows.net",
    ] {
        for api in elsewhere {
            let home = Home::of(&tenant).with("M365D_AUTHORITY", authority).with("M365D_API_URL", api);
            home.run(&["token"]).fails_properly(2).says("is not an API host of Microsoft's cloud public");
        }
    }
    let home = Home::of(&tenant).without("M365D_AUTHORITY");
    is_refused(&home, &["is not an API host of Microsoft's cloud public", "M365D_API_URL"]);
    assert!(tenant.requests().is_empty());
}

#[test]
fn clouds_of_microsoft_s_that_are_not_known_are_refused_and_not_taken_for_custom_ones() {
    let tenant = Tenant::start(Options::default());
    for host in ["westus2.login.microsoft.com", "login.sovcloud-identity.fr", "Login.Sovcloud-Identity.de."] {
        let home = Home::of(&tenant).with("M365D_AUTHORITY", &format!("https://{host}"));
        is_refused(&home, &["does not support yet", "--cloud"]);
    }
    assert!(tenant.requests().is_empty());
}

#[test]
fn a_configuration_that_is_not_right_is_named_with_its_file_and_key() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    fs::create_dir_all(home.config_dir()).unwrap();
    let file = home.config_dir().join("config.toml");
    for (text, key) in [
        ("[profile.default]\ntenat = \"contoso.com\"\n", "tenat"),
        ("colour = true\n", "colour"),
        ("[profile.default]\ntenant = 7\n", "tenant"),
        ("[profile]\ndefault = []\nclient_id = 1\n", ""),
        ("profile = \"default\"\n", ""),
        ("[profile.default\ntenant = \"contoso.com\"\n", ""),
        ("tenant: contoso.com\n", ""),
        ("[profile.default]\ntenant = \"a.com\"\ntenant = \"b.com\"\n", "tenant"),
    ] {
        fs::write(&file, text).unwrap();
        is_refused(&home, &[file.to_str().unwrap(), key]);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    // A value is checked like one from anywhere else.
    fs::write(&file, "[profile.default]\ntenant = \"contoso\"\n").unwrap();
    is_refused(
        &Home::of(&tenant)
            .with("M365D_CONFIG_DIR", home.config_dir().to_str().unwrap())
            .without("M365D_TENANT"),
        &["\"contoso\"", "config.toml"],
    );
    fs::write(&file, [b'a', 0xff, b'\n']).unwrap();
    home.run(&["token"]).fails_properly(2).says("config.toml");
    assert!(tenant.requests().is_empty());
}

#[cfg(unix)]
#[test]
fn a_configuration_folder_that_is_a_file_is_one_clear_error() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    fs::write(home.config_dir(), "a file").unwrap();
    for arguments in COMMANDS {
        home.run(arguments).fails_properly(1).says("config.toml").says("M365D_CONFIG_DIR");
    }
    assert_eq!(fs::read_to_string(home.config_dir()).unwrap(), "a file");
    assert!(tenant.requests().is_empty());
}

#[test]
fn wrong_arguments_are_wrong_usage() {
    let home = Home::empty();
    for arguments in [
        &[][..],
        &["nonsense"],
        &["incidents"],
        &["token", "--nonsense"],
        &["token", "--format", "xml"],
        &["token", "--min-valid", "soon"],
        &["token", "--min-valid", "-5m"],
        &["token", "-o", "yaml"],
        &["token", "inspect", "a", "b"],
        &["login", "--browser", "x", "--no-browser"],
        &["login", "--response-mode", "fragment"],
        &["login", "--timeout", "never"],
        &["incidents", "list", "--limit", "0"],
        &["incidents", "list", "--limit", "5", "--all"],
        &["incidents", "list", "--status", "open"],
        &["incidents", "list", "--created-since", "yesterday"],
        &["completions", "tcsh"],
        &["logout", "everybody"],
    ] {
        let refused = home.run(arguments).fails_with(2);
        assert_eq!(refused.stdout, "", "{arguments:?}");
        assert!(!refused.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn scopes_that_do_not_go_together_are_wrong_usage() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let two = [
        "login",
        "--no-browser",
        "--scope",
        "Incident.Read",
        "--scope",
        "https://graph.microsoft.com/User.Read",
    ];
    home.run(&two).fails_properly(2).says("more than one API");
    let both = ["login", "--no-browser", "--scope", ".default", "--scope", "Incident.Read"];
    home.run(&both).fails_properly(2).says(".default");
    home.run(&["login", "--no-browser", "--scope", ""]).fails_properly(2).says("no permission");
    assert!(tenant.requests().is_empty());
}

#[test]
fn an_error_number_that_nobody_knows_is_passed_on_with_its_identifiers() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    tenant.inject(Place::Token, When::Every(1), Fault::UnknownError);
    let mut login = home.start(&["login", "--no-browser"]);
    let page = browser::sign_in(&login.sign_in_url());
    let failed = login.end().fails_properly(3).says("error: AADSTS99999: ").says("hint: m365d login");
    assert!(failed.stderr.contains("\nAADSTS99999 · Trace ID "), "{}", failed.stderr);
    assert!(page.is_ok(), "{page:?}");
    assert!(home.session_files(".json").is_empty());
}

#[test]
fn a_token_that_cannot_list_says_so_before_anything_is_sent() {
    let tenant = Tenant::start(Options {
        consented: vec!["AdvancedHunting.Read".to_owned()],
        registered: vec!["AdvancedHunting.Read".to_owned()],
        ..Options::default()
    });
    let home = Home::of(&tenant);
    home.login(&[]).succeeds();
    home.run(&["incidents", "list"])
        .fails_properly(4)
        .says("Incident.Read (delegated) or Incident.Read.All (application)")
        .says("Grant admin consent");
    assert_eq!(tenant.lists(), 0);
}

#[test]
fn what_the_program_says_about_itself_needs_no_configuration() {
    let home = Home::empty().with("M365D_TENANT", "not a tenant").with("M365D_AUTHORITY", "nonsense");
    fs::create_dir_all(home.config_dir()).unwrap();
    fs::write(home.config_dir().join("config.toml"), "not toml").unwrap();
    let version = home.run(&["--version"]).succeeds();
    assert_eq!(version.stdout, format!("m365d {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home.run(&["completions", shell]).succeeds();
        assert!(script.stdout.contains("incidents"), "{shell}");
        assert_eq!(script.stderr, "");
    }
    let top = home.run(&["man"]).succeeds().stdout;
    assert!(top.contains(".TH m365d 1") && top.contains("m365d\\-hunt(1)"), "{top}");
    assert_eq!(top.matches(".TH ").count(), 1);
    assert!(top.contains(".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\ndone\n"), "{top}");
    let page = home.run(&["man", "incidents", "list"]).succeeds().stdout;
    assert!(page.contains(".TH m365d-incidents-list 1"), "{page}");
    assert!(page.contains("checkpoint") && !page.contains("ca\\-bundle"), "{page}");
    home.run(&["man", "incidents", "lose"])
        .fails_properly(2)
        .says("there is no command m365d incidents lose")
        .says("hint: m365d help");
    let commands = [
        &[][..],
        &["login"],
        &["logout"],
        &["status"],
        &["token"],
        &["token", "inspect"],
        &["incidents", "list"],
    ];
    for command in commands {
        let help = home.run(&[command, &["--help"]].concat()).succeeds();
        assert!(help.stdout.contains("Usage: m365d"), "{command:?}");
        assert_eq!(help.stderr, "");
    }
    assert!(home.run(&["--help"]).succeeds().stdout.contains("Exit codes:"));
    // A domain is checked where it is used, so that these do not look at the folder at all.
    let nobody = directory::DOMAIN;
    home.run(&["--tenant", nobody, "man"]).succeeds();
}
