//! `m365d login`, when it goes well: what is stored, remembered and said, and how the browser is found.

use std::collections::HashMap;
use std::fs;

use url::Url;

use crate::support::{Home, example};
use crate::tenant::{Options, Tenant, browser, directory};

/// The tenant's program as a browser that signs in by itself.
fn signs_in_by_itself() -> String {
    format!("'{}' browse", example("tenant").display())
}

/// A home whose configuration does not name a browser anywhere.
fn without_browser(tenant: &Tenant) -> Home {
    Home::of(tenant).without("M365D_BROWSER")
}

/// Nobody else opens the address, so the browser must have been the one that signs in.
#[track_caller]
fn signs_in(home: &Home, flags: &[&str]) {
    home.run(&[&["login"], flags].concat()).succeeds().says("Signed in").does_not_say("warning");
}

#[test]
fn the_browser_is_told_so_in_both_response_modes() {
    let tenant = Tenant::start(Options::default());
    for mode in ["form_post", "query"] {
        let home = Home::of(&tenant);
        let mut login = home.start(&["login", "--no-browser", "--response-mode", mode]);
        let page = browser::sign_in(&login.sign_in_url()).unwrap();
        let ended = login.end().succeeds().says("Signed in as ana@northwind.example (Ana Analyst)");

        assert_eq!(page.status, 200, "{mode}");
        assert!(page.html.contains("<h1>Signed in</h1>"), "{mode}: {}", page.html);
        // The address bar and the history keep the last page's address, so no code may be in it.
        assert_eq!(page.url.query(), None, "{mode}");
        assert_eq!(page.url.host_str(), Some("localhost"), "{mode}");
        assert_eq!(ended.stdout, "", "stdout is only data");
        home.run(&["token"]).succeeds();
    }
}

#[test]
fn the_one_who_signs_in_reads_what_the_token_permits_and_what_it_does_not() {
    let tenant = Tenant::start(Options::default());
    Home::of(&tenant)
        .login(&[])
        .succeeds()
        .says(directory::TENANT_ID)
        .says("Incident.Read, AdvancedHunting.Read (delegated, from scp)")
        .says("(add Incident.ReadWrite)")
        .says("Grant admin consent")
        .says("valid until")
        .does_not_say("warning");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_session() {
    use std::os::unix::fs::PermissionsExt;

    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    // The second time a file is replaced rather than made.
    for _ in 0..2 {
        home.login(&[]).succeeds();
        let file = home.session_file();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }
}

#[test]
fn tenant_and_client_id_are_typed_once() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).without("M365D_TENANT").without("M365D_CLIENT_ID");
    home.login(&["--tenant", directory::DOMAIN, "--client-id", directory::CLIENT_ID]).succeeds();

    let config = fs::read_to_string(home.config_dir().join("config.toml")).unwrap();
    assert!(config.contains(&format!("tenant = \"{}\"", directory::DOMAIN)), "{config}");
    assert!(config.contains(&format!("client_id = \"{}\"", directory::CLIENT_ID)), "{config}");
    home.run(&["token"]).succeeds();
    home.login(&[]).succeeds();
}

#[test]
fn what_was_written_into_the_configuration_by_hand_survives() {
    let before = "# Mine.\n[profile.default] # the only one\n# Contoso, not Fabrikam\ntenant = \"contoso.example\" # old\nbrowser = \"lynx\"\n";
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).without("M365D_TENANT").without("M365D_CLIENT_ID");
    fs::create_dir_all(home.config_dir()).unwrap();
    let config = home.config_dir().join("config.toml");
    fs::write(&config, before).unwrap();

    home.login(&["--tenant", directory::TENANT_ID, "--client-id", directory::CLIENT_ID]).succeeds();
    let after = fs::read_to_string(config).unwrap();
    for kept in ["# Mine.\n", "# the only one\n", "# Contoso, not Fabrikam\n", "browser = \"lynx\"\n"] {
        assert!(after.contains(kept), "{kept:?} is not in {after}");
    }
    assert!(after.contains(directory::TENANT_ID) && !after.contains("contoso.example"), "{after}");
}

#[test]
fn a_setting_of_the_environment_is_not_remembered() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    assert!(!home.config_dir().join("config.toml").exists());
}

#[test]
fn the_address_is_one_line_and_has_everything_of_the_protocol() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let ended = home.login(&["--quiet"]).succeeds();
    let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("http")).collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    // Shells and mail programs end an address at a space, and openers escape a `+` once more.
    assert!(line.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+'), "{line}");
    assert!(line.contains("redirect_uri=http%3A%2F%2Flocalhost%3A"), "{line}");

    let url = Url::parse(line).unwrap();
    let path = format!("{}/{}/oauth2/v2.0/authorize", tenant.authority(), directory::TENANT_ID);
    assert_eq!(line.split_once('?').unwrap().0, path);
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let parameters: HashMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(parameters.len(), pairs.len(), "no parameter is repeated: {line}");
    assert_eq!(parameters["response_type"], "code");
    assert_eq!(parameters["response_mode"], "form_post");
    assert_eq!(parameters["client_id"], directory::CLIENT_ID);
    assert_eq!(parameters["code_challenge_method"], "S256");
    assert_eq!(
        parameters["scope"],
        "https://api.security.microsoft.com/.default openid profile offline_access"
    );
    // 32 bytes in base64url.
    for random in ["state", "nonce", "code_challenge"] {
        assert_eq!(parameters[random].len(), 43, "{random}");
    }
    let port = parameters["redirect_uri"].strip_prefix("http://localhost:").unwrap();
    assert!(port.parse::<u16>().is_ok_and(|port| port > 0), "{port}");
}

#[test]
fn no_two_sign_ins_share_a_state_a_nonce_or_a_challenge() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let mut login = home.start(&["login", "--no-browser"]);
        let url = Url::parse(&login.sign_in_url()).unwrap();
        browser::sign_in(url.as_str()).unwrap();
        login.end().succeeds();
        for (name, value) in url.query_pairs() {
            if ["state", "nonce", "code_challenge"].contains(&&*name) {
                assert!(seen.insert(value.into_owned()), "{name}");
            }
        }
    }
    assert_eq!(seen.len(), 9);
}

#[test]
fn scopes_narrow_what_the_token_permits() {
    let tenant = Tenant::start(Options::default());
    Home::of(&tenant)
        .login(&["--scope", "AdvancedHunting.Read"])
        .succeeds()
        .says("AdvancedHunting.Read (delegated, from scp)")
        .says("Not permitted  reading incidents (add Incident.Read)")
        .does_not_say("Incident.Read, ");
}

#[test]
fn the_browser_command_gets_the_address_last_or_where_it_is_wanted() {
    let tenant = Tenant::start(Options::default());
    let last = signs_in_by_itself();
    for command in [&last, &format!("{last} %s"), &format!("'{}' browse -- %s", example("tenant").display())]
    {
        signs_in(&without_browser(&tenant), &["--browser", command]);
    }
}

#[test]
fn the_nearest_setting_of_the_browser_wins() {
    let tenant = Tenant::start(Options::default());
    let good = signs_in_by_itself();
    // Had one of these been preferred, there would be a warning and nobody to sign in.
    let bad = "/nowhere/browser";
    let home = without_browser(&tenant).with("BROWSER", &good);
    signs_in(&home, &[]);
    let home = home.with("BROWSER", bad).with("M365D_BROWSER", &good);
    signs_in(&home, &[]);
    let home = home.with("M365D_BROWSER", bad);
    signs_in(&home, &["--browser", &good]);
}

#[test]
fn a_browser_that_cannot_be_started_leaves_the_sign_in_to_the_person() {
    let tenant = Tenant::start(Options::default());
    for command in ["/nowhere/browser", "'unfinished quote", " "] {
        let home = without_browser(&tenant);
        let mut login = home.start(&["login", "--browser", command]);
        let url = login.sign_in_url();
        login.wait_for(|line| line.starts_with("warning: no browser could be opened"));
        browser::sign_in(&url).unwrap();
        login.end().succeeds().says("open the address yourself").says("Signed in");
    }
}

/// A server has none of the programs that open a browser.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_a_browser_leaves_the_sign_in_to_the_person() {
    let tenant = Tenant::start(Options::default());
    let home = without_browser(&tenant).with("PATH", "/nowhere").with("DISPLAY", ":0");
    let mut login = home.start(&["login"]);
    let url = login.sign_in_url();
    login.wait_for(|line| line.starts_with("warning: no browser could be opened"));
    browser::sign_in(&url).unwrap();
    login.end().succeeds();
}

#[test]
fn no_browser_means_none() {
    let tenant = Tenant::start(Options::default());
    // The home's own browser fails the test when it is opened.
    let home = Home::of(&tenant);
    home.login(&[]).succeeds();
    home.run(&["login", "--no-browser", "--browser", "lynx"]).fails_with(2);
}

#[test]
fn signing_in_again_replaces_the_session() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let before = fs::read(home.session_file()).unwrap();
    home.login(&[]).succeeds();
    assert_ne!(fs::read(home.session_file()).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_browser_command_that_fails_at_once_is_said_while_there_is_time() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut login = home.start(&["login", "--browser", "false"]);
    login.wait_for(|line| {
        line.contains("(\"false\" has ended with exit status: 1); open the address yourself")
    });
    login.kill();
    // One that ends well has handed the address on.
    home.run(&["login", "--browser", "true", "--timeout", "1s"]).fails_with(3).does_not_say("has ended");
}
