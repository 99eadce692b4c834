//! Profiles: several tenants and people on one machine, none of whom gets another's session.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, Running};
use crate::tenant::{Options, Tenant, browser, directory};

/// A home whose tenant and client id are in profiles only.
fn home(tenant: &Tenant) -> Home {
    Home::of(tenant).without("M365D_TENANT").without("M365D_CLIENT_ID")
}

fn add(home: &Home, name: &str, tenant: &str) {
    home.run(&["profile", "add", name, "--tenant", tenant, "--client-id", directory::CLIENT_ID]).succeeds();
}

fn config(home: &Home) -> String {
    fs::read_to_string(home.config_dir().join("config.toml")).unwrap()
}

fn username(home: &Home, arguments: &[&str]) -> Value {
    home.run(&[&["status"], arguments].concat()).succeeds().json()["account"]["username"].clone()
}

#[test]
fn a_profile_is_added_listed_used_and_removed() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    home.run(&["profile", "list"]).succeeds().says("there is no profile yet");
    add(&home, "north", directory::TENANT_ID);
    home.run(&["profile", "add", "gov", "--cloud", "GCC-High", "--api", "graph"])
        .succeeds()
        .says("added the profile gov");
    home.run(&["profile", "add", "gov", "--tenant", "contoso.us"]).succeeds().says("changed the profile gov");

    home.run(&["token"]).fails_properly(2).says("in the profile \"default\"").says("m365d profile list");
    home.run(&["token", "--profile", "gov"]).fails_properly(2).says("no client id");
    home.run(&["profile", "use", "north"]).succeeds();
    home.login(&[]).succeeds();
    let listed = home.run(&["profile", "list"]).succeeds().json();
    assert_eq!(
        listed,
        json!([
            {"profile": "gov", "default": false, "signed_in": false, "account": null, "tenant": "contoso.us", "client_id": null, "cloud": "gcc-high", "api": "graph"},
            {"profile": "north", "default": true, "signed_in": true, "account": "ana@northwind.example", "tenant": directory::TENANT_ID, "client_id": directory::CLIENT_ID, "cloud": "public", "api": null},
        ])
    );
    let table = home.run(&["profile", "list", "-o", "table"]).succeeds().stdout;
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains(" ana@northwind.example "), "{table}");
    let status = home.run(&["status"]).succeeds().json();
    assert_eq!(status["profile"], json!({"value": "north", "source": "config.toml"}));
    assert_eq!(status["cloud"], json!({"value": "public", "source": "default"}));

    home.run(&["profile", "remove", "north"]).succeeds().says("signed out of its session");
    assert!(home.session_files(".json").is_empty());
    assert!(!config(&home).contains("north"), "{}", config(&home));
    home.run(&["token"]).fails_properly(2).says("in the profile \"default\"");
    for command in ["use", "remove"] {
        home.run(&["profile", command, "north"])
            .fails_properly(2)
            .says("there is no profile \"north\", only gov")
            .says("m365d profile add NAME");
    }
}

#[test]
fn whose_a_sealed_session_is_nobody_is_asked_for() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    add(&home, "north", directory::TENANT_ID);
    home.login(&["--profile", "north"]).succeeds();
    let sealed = "{\"sealed\":1,\"nonce\":\"AAAA\",\"text\":\"AAAA\"}";
    for (file, cell) in [(sealed, "  yes        sealed "), ("no session", "  yes      ")] {
        fs::write(home.session_file(), file).unwrap();
        let listed = home.run(&["profile", "list"]).succeeds();
        assert_eq!(listed.json()[0]["signed_in"], true);
        assert_eq!(listed.json()[0]["account"], Value::Null);
        assert_eq!(
            listed.stderr.contains("m365d status --profile NAME"),
            file == sealed,
            "{}",
            listed.stderr
        );
        let table = home.run(&["profile", "list", "-o", "table"]).succeeds().stdout;
        assert!(table.contains(cell), "{table}");
        assert_eq!(fs::read_to_string(home.session_file()).unwrap(), file, "nothing is set aside");
    }
}

#[test]
fn whoever_names_a_profile_means_one_that_is_there() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.login(&[]).succeeds();
    for command in ["token", "status", "incidents list", "logout"] {
        let arguments: Vec<_> = command.split(' ').chain(["--profile", "gvo"]).collect();
        home.run(&arguments).fails_properly(2).says("there is no profile \"gvo\"");
    }
    fs::write(home.config_dir().join("config.toml"), "default_profile = \"gvo\"\n[profile.gov]\n").unwrap();
    home.run(&["token"]).fails_properly(2).says("there is no profile \"gvo\", only gov");
    // A sign-in makes it, even if all that is in it comes from the environment.
    home.login(&["--profile", "new"]).succeeds();
    home.run(&["token", "--profile", "new"]).succeeds();
}

#[test]
fn the_profile_that_is_used_without_one_can_be_named() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.login(&[]).succeeds();
    assert_eq!(username(&home, &["--profile", "default"]), directory::ANA.upn);
    let token = home.run(&["token"]).succeeds().stdout;
    assert_eq!(home.run(&["token", "--profile", "default"]).succeeds().stdout, token);
    fs::write(home.config_dir().join("config.toml"), "default_profile = \"default\"\n").unwrap();
    assert_eq!(home.run(&["token"]).succeeds().stdout, token);
    let home = home.with("M365D_PROFILE", "default");
    assert_eq!(home.run(&["token"]).succeeds().stdout, token);
    home.run(&["logout", "--profile", "default"]).succeeds();
    home.run(&["token", "--profile", "default"])
        .fails_properly(3)
        .says("hint: m365d login --profile default");
}

#[test]
fn what_a_profile_lacks_is_said_when_it_is_made() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    let added = home.run(&["profile", "add", "north", "--tenant", "contoso.com"]).succeeds();
    added.says("it needs: m365d profile add north --tenant TENANT --client-id CLIENT_ID");
    let added = home.run(&["profile", "add", "north", "--client-id", directory::CLIENT_ID]).succeeds();
    added.says("m365d login --profile north signs in");
}

#[test]
fn a_list_shows_what_the_file_says_and_warns_of_the_environment() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    add(&home, "north", "contoso.com");
    let home = home.with("M365D_TENANT", "fabrikam.com");
    let listed = home.run(&["profile", "list"]).succeeds();
    assert_eq!(listed.json()[0]["tenant"], "contoso.com");
    listed.says("M365D_TENANT");
}

#[test]
fn the_environment_does_not_change_which_session_goes_with_a_profile() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    add(&home, "north", directory::TENANT_ID);
    home.login(&["--profile", "north"]).succeeds();
    let home = home.with("M365D_TENANT", "fabrikam.com");
    home.run(&["profile", "remove", "north"]).succeeds().says("signed out of its session");
    assert!(home.session_files(".json").is_empty());
}

#[test]
fn a_profile_that_is_not_right_is_in_nobody_s_way() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    let wrong = "[profile.\"a b\"]\n[profile.broken]\ntenant = \"not a tenant\"\n";
    fs::create_dir_all(home.config_dir()).unwrap();
    fs::write(home.config_dir().join("config.toml"), wrong).unwrap();
    add(&home, "north", directory::TENANT_ID);
    let listed = home.run(&["profile", "list"]).succeeds();
    assert_eq!(listed.json().as_array().unwrap().len(), 3);
    listed.says("the profile \"broken\" is not right").says("the profile \"a b\" is not right");
    home.run(&["profile", "remove", "broken"]).succeeds();
    home.run(&["profile", "remove", "a b"]).succeeds();
    let listed = home.run(&["profile", "list"]).succeeds();
    assert_eq!(listed.json().as_array().unwrap().len(), 1);
}

#[test]
fn the_nearest_profile_wins() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    for name in ["a", "b", "c"] {
        add(&home, name, directory::TENANT_ID);
    }
    let chosen = |home: &Home, arguments: &[&str]| {
        home.run(&[&["status"], arguments].concat()).fails_with(3).json()["profile"].clone()
    };
    home.run(&["profile", "use", "a"]).succeeds();
    assert_eq!(chosen(&home, &[]), json!({"value": "a", "source": "config.toml"}));
    let home = home.with("M365D_PROFILE", "b");
    assert_eq!(chosen(&home, &[]), json!({"value": "b", "source": "M365D_PROFILE"}));
    assert_eq!(chosen(&home, &["--profile", "c"]), json!({"value": "c", "source": "--profile"}));
}

#[test]
fn the_choice_of_a_profile_can_be_undone_and_the_default_one_is_listed_with_its_session() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.run(&["profile", "add", "gov", "--tenant", "contoso.us"]).succeeds();
    home.run(&["profile", "use", "gov"]).succeeds();
    let names = || {
        let listed = home.run(&["profile", "list"]).succeeds().json();
        let of = |profile: &serde_json::Value| {
            (profile["profile"].clone(), profile["default"].clone(), profile["signed_in"].clone())
        };
        listed.as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(names()[0], (json!("default"), json!(false), json!(true)));
    home.run(&["profile", "use", "default"]).succeeds().says("no profile is chosen any more");
    assert!(!config(&home).contains("default_profile"), "{}", config(&home));
    assert_eq!(names()[0], (json!("default"), json!(true), json!(true)));
    assert_eq!(names()[1].0, json!("gov"));
    home.run(&["profile", "use", "default"]).succeeds();
}

#[test]
fn a_name_that_is_none_is_refused_before_anything_is_written() {
    let home = Home::empty();
    for bad in ["", "a b", "../x", "a\nb", "naïve", &"x".repeat(65)] {
        home.run(&["profile", "add", bad]).fails_properly(2).says("a profile's name");
        home.run(&["status", "--profile", bad]).fails_properly(2).says("a profile's name");
    }
    home.run(&["profile", "add", "x", "--cloud", "germany"]).fails_properly(2).says("public, gcc, gcc-high");
    assert!(!home.config_dir().exists());
}

#[test]
fn what_was_written_by_hand_survives_a_change_of_profiles() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    fs::create_dir_all(home.config_dir()).unwrap();
    let before =
        "# Mine.\n[profile.a] # the first\ncloud = \"gcc\" # not public\n\n# The second.\n[profile.b]\n";
    fs::write(home.config_dir().join("config.toml"), before).unwrap();
    home.run(&["profile", "use", "b"]).succeeds();
    home.run(&["profile", "add", "a", "--cloud", "dod"]).succeeds();
    home.run(&["profile", "remove", "b"]).succeeds();
    let after = config(&home);
    for kept in ["# Mine.\n", "# the first\n", "cloud = \"dod\" # not public\n"] {
        assert!(after.contains(kept), "{kept:?} is not in {after}");
    }
    assert!(!after.contains("[profile.b]") && !after.contains("default_profile"), "{after}");
}

/// Two people, or two accounts of one person, in the same tenant under the same application.
#[test]
fn two_profiles_are_two_people_even_in_one_tenant() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    for (name, user) in [("reader", &directory::ANA), ("responder", &directory::BEN)] {
        add(&home, name, directory::TENANT_ID);
        tenant.change(|options| options.user = user);
        home.login(&["--profile", name]).succeeds().says(user.upn);
    }
    assert_eq!(home.session_files(".json").len(), 2);
    assert_eq!(username(&home, &["--profile", "reader"]), directory::ANA.upn);
    assert_eq!(username(&home, &["--profile", "responder"]), directory::BEN.upn);
    let token = |name| home.run(&["token", "--profile", name]).succeeds().stdout;
    assert_ne!(token("reader"), token("responder"));

    home.run(&["logout", "--profile", "reader"]).succeeds().says("signed out");
    home.run(&["token", "--profile", "reader"]).fails_properly(3);
    assert_eq!(username(&home, &["--profile", "responder"]), directory::BEN.upn);
}

#[test]
fn one_session_of_two_profiles_stays_until_both_are_removed() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    for name in ["one", "two"] {
        add(&home, name, directory::TENANT_ID);
        home.login(&["--profile", name]).succeeds();
    }
    assert_eq!(home.session_files(".json").len(), 1);
    home.run(&["profile", "remove", "one"]).succeeds();
    home.run(&["token", "--profile", "two"]).succeeds();
    home.run(&["profile", "remove", "two"]).succeeds();
    assert!(home.session_files(".json").is_empty());
}

#[test]
fn sign_ins_in_several_profiles_at_once_keep_all_of_them() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    let names: Vec<String> = (0..8).map(|number| format!("p{number}")).collect();
    let mut logins: Vec<Running> = names
        .iter()
        .map(|name| {
            let tenant = ["--tenant", directory::DOMAIN, "--client-id", directory::CLIENT_ID];
            home.start(&[&["login", "--no-browser", "--profile", name], &tenant[..]].concat())
        })
        .collect();
    let urls: Vec<String> = logins.iter_mut().map(Running::sign_in_url).collect();
    std::thread::scope(|scope| {
        for url in &urls {
            scope.spawn(|| browser::sign_in(url).unwrap());
        }
    });
    for login in logins {
        login.end().succeeds().does_not_say("warning");
    }
    let tokens: Vec<Running> = names.iter().map(|name| home.start(&["token", "--profile", name])).collect();
    for token in tokens {
        token.end().succeeds();
    }
    assert_eq!(home.run(&["profile", "list"]).succeeds().json().as_array().unwrap().len(), names.len());
}

#[cfg(unix)]
#[test]
fn the_configuration_is_its_owner_s_alone_and_a_link_to_it_stays() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    add(&home, "a", directory::TENANT_ID);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = home.config_dir().join("config.toml");
    assert_eq!((mode(&home.config_dir()), mode(&file)), (0o700, 0o600));
    assert_eq!(mode(&file.with_extension("lock")), 0o600);

    // Also where it leads to nothing yet.
    fs::remove_file(&file).unwrap();
    symlink("elsewhere.toml", &file).unwrap();
    add(&home, "b", directory::TENANT_ID);
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    assert!(fs::read_to_string(home.config_dir().join("elsewhere.toml")).unwrap().contains("[profile.b]"));
}

#[test]
fn whoever_holds_the_configuration_s_lock_for_good_is_not_waited_for() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    add(&home, "a", directory::TENANT_ID);
    let lock = fs::File::options().write(true).open(home.config_dir().join("config.lock")).unwrap();
    lock.lock().unwrap();
    let added = home.run(&["profile", "add", "b", "--tenant", directory::TENANT_ID]).fails_properly(1);
    added.says("another m365d has held").says("config.lock for 5 seconds");
    // A sign-in that has worked is worth more than its settings.
    let home = home.with("M365D_TENANT", directory::TENANT_ID);
    let login = home.login(&["--client-id", directory::CLIENT_ID]).succeeds();
    login.says("these settings are not remembered: another m365d has held");
}
