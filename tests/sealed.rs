//! Sealed sessions, with a real Secret Service: who can open one, and what becomes of it when nobody can for now.

use std::collections::{HashMap, HashSet};
use std::fs;

use serde_json::json;

use crate::support::secret_service::SecretService;
use crate::support::{Ended, Home};
use crate::tenant::{Options, Tenant, directory};

fn stored(home: &Home) -> serde_json::Value {
    home.run(&["status"]).succeeds().json()["stored"].clone()
}

/// Nothing that is needed is gone: the session opens as soon as it can.
#[track_caller]
fn stays_as_it_is(home: &Home, reason: &str) {
    let before = fs::read(home.session_file()).unwrap();
    home.run(&["token"]).fails_properly(3).says(reason).says("m365d login --store file");
    home.run(&["incidents", "list"]).fails_properly(3).says(reason);
    let status = home.run(&["status"]).fails_with(3).says(reason).json();
    assert_eq!((&status["signed_in"], &status["stored"]), (&json!(false), &json!("keyring")));
    assert_eq!(fs::read(home.session_file()).unwrap(), before);
    nothing_else_is_there(home);
}

/// Neither what was set aside nor half a file.
#[track_caller]
fn nothing_else_is_there(home: &Home) {
    let endings: HashSet<_> =
        home.session_files("").iter().map(|path| path.extension().unwrap().to_owned()).collect();
    assert_eq!(endings, HashSet::from(["json", "lock", "account"].map(Into::into)));
    home.session_file();
}

/// Kept all the same, and said once.
#[track_caller]
fn is_kept_in_a_plain_file(login: Ended, home: &Home, reason: &str) {
    let login = login.succeeds().says(&format!(
        "warning: the session is not sealed but kept in a plain file, since the Secret Service {reason}"
    ));
    assert_eq!(login.stderr.matches("warning: ").count(), 1, "{}", login.stderr);
    assert_eq!(stored(home), json!("file"));
    home.run(&["token"]).succeeds().does_not_say("warning");
}

/// Where only a sealed session will do and none can be sealed, nobody is sent to a browser for it.
#[track_caller]
fn is_refused_before_the_sign_in(home: &Home, tenant: &Tenant, reason: &str) {
    tenant.take_requests(|_| true);
    home.run(&["login", "--no-browser", "--store", "keyring"])
        .fails_properly(1)
        .says(reason)
        .says("m365d login --store file")
        .does_not_say("http");
    assert!(tenant.requests().is_empty());
}

#[track_caller]
fn is_set_aside(home: &Home) {
    let failed = home.run(&["token"]).fails_properly(3).says("hint: m365d login");
    assert_eq!(failed.stderr.matches(".json.damaged-").count(), 1, "{}", failed.stderr);
    assert!(home.session_files(".json").is_empty());
    home.run(&["token"]).fails_properly(3).says("nobody is signed in");
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_sealed_session_is_read_by_every_command_and_by_nobody_else() {
    let tenant = Tenant::start(Options { incidents: 3, ..Options::default() });
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    let mut said = vec![home.login(&["-vvv"]).succeeds().says("sealed, its key in the Secret Service")];
    assert!(!said[0].stderr.contains("warning"));

    let items = service.items();
    let path = fs::canonicalize(home.session_file()).unwrap().display().to_string();
    assert_eq!(items.keys().collect::<Vec<_>>(), [&path], "one item, which says what it opens");
    let key = &items[&path];
    assert_eq!(key.len(), 32);

    assert_eq!(stored(&home), json!("keyring"));
    said.push(home.run(&["status", "-vvv", "-o", "table"]).succeeds());
    said.push(home.run(&["incidents", "list", "-vvv"]).succeeds());
    let token = home.run(&["token", "-vvv"]).succeeds();
    assert!(tenant.secrets().contains(&token.stdout));

    // Neither a secret of the tenant nor the key, in whatever form, lies in a file or was said.
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, key);
    let mut secrets: Vec<_> = tenant.secrets().into_iter().map(String::into_bytes).collect();
    // Any session has this in it.
    secrets.extend([b"refresh_token".to_vec(), key.clone(), hex.into_bytes(), base64.into_bytes()]);
    let file = fs::read(home.session_file()).unwrap();
    let texts = said.iter().flat_map(|ended| [ended.stdout.as_bytes(), ended.stderr.as_bytes()]);
    for text in texts.chain([&file[..], token.stderr.as_bytes()]) {
        for secret in &secrets {
            let found = text.windows(secret.len()).any(|part| part == secret);
            assert!(!found, "{} is in {}", String::from_utf8_lossy(secret), String::from_utf8_lossy(text));
        }
    }
    nothing_else_is_there(&home);
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn several_doctors_at_once_do_not_get_into_each_other_s_way() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    let doctors: Vec<_> = (0..8).map(|_| home.start(&["doctor", "-o", "json"])).collect();
    for doctor in doctors {
        let found = doctor.end().json();
        let found =
            found.as_array().unwrap().iter().find(|check| check["check"] == "credential store").unwrap();
        assert_eq!(found["verdict"], "ok", "{found}");
    }
    assert_eq!(service.items().len(), 1, "nothing is left but the key to the session");
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_refresh_keeps_the_session_sealed_under_the_same_key() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    let items = service.items();
    let mut home = home;
    // What a sign-in would do has nothing to do with it.
    for (refreshes, choice) in [(1, "file"), (2, "auto"), (3, "keyring")] {
        home = home.with("M365D_STORE", choice);
        let before = fs::read(home.session_file()).unwrap();
        home.run(&["token"]).succeeds();
        assert_eq!(tenant.refreshes(), refreshes);
        assert_ne!(fs::read(home.session_file()).unwrap(), before);
        assert_eq!(stored(&home), json!("keyring"));
    }
    assert_eq!(service.items(), items);
    // And a plain one plain.
    home.login(&["--store", "file"]).succeeds();
    home.run(&["token"]).succeeds();
    assert_eq!(stored(&home), json!("file"));
    assert_eq!(service.items(), HashMap::new());
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_locked_keyring_loses_nothing_and_asks_nobody() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    service.lock();
    stays_as_it_is(&home, "the Secret Service is locked");
    is_refused_before_the_sign_in(
        &home,
        &tenant,
        "a session cannot be sealed here: the Secret Service is locked",
    );
    is_kept_in_a_plain_file(home.login(&[]), &home, "is locked");
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_missing_keyring_loses_nothing() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let sealed = service.home(Home::of(&tenant));
    sealed.login(&[]).succeeds();
    let missing = SecretService::missing();
    for without in [
        |home: Home, _: &SecretService| home.without("DBUS_SESSION_BUS_ADDRESS"),
        |home: Home, _: &SecretService| home.with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"),
        |home: Home, missing: &SecretService| missing.home(home),
    ] {
        let home = service.home(Home::of(&tenant));
        home.login(&[]).succeeds();
        let home = without(home, &missing);
        stays_as_it_is(&home, "the Secret Service is not running, or not to be reached from here");
        is_refused_before_the_sign_in(&home, &tenant, "is not running");
        is_kept_in_a_plain_file(home.login(&[]), &home, "is not running");
    }
    sealed.run(&["token"]).succeeds();
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_keyring_that_never_answers_is_waited_for_three_seconds() {
    let tenant = Tenant::start(Options::default());
    let (service, silent) = (SecretService::unlocked(), SecretService::silent());
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    let home = silent.home(home);
    stays_as_it_is(&home, "the Secret Service has not answered within 3 seconds");
    is_refused_before_the_sign_in(&home, &tenant, "has not answered within 3 seconds");
    // Neither does it hold up the end of a session.
    home.run(&["logout"])
        .succeeds()
        .says("signed out")
        .says("warning: ")
        .says("not answered within 3 seconds");
    assert!(home.session_files(".json").is_empty());
    is_kept_in_a_plain_file(home.login(&[]), &home, "has not answered within 3 seconds");
    home.run(&["logout"]).succeeds().says("signed out").does_not_say("warning");
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_session_whose_key_is_lost_or_another_is_set_aside() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    for what_happens in [
        |service: &SecretService| service.lose_all(),
        |service: &SecretService| service.put_into_all(&[7; 32]),
        |service: &SecretService| service.put_into_all(b"no key"),
    ] {
        home.login(&[]).succeeds();
        what_happens(&service);
        is_set_aside(&home);
        home.login(&[]).succeeds().does_not_say("warning");
        assert_eq!(stored(&home), json!("keyring"));
        home.run(&["logout"]).succeeds();
        assert_eq!(service.items(), HashMap::new());
    }
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_flipped_bit_in_a_sealed_session_is_noticed_wherever_it_is() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    let (file, whole) = (home.session_file(), fs::read(home.session_file()).unwrap());
    // The first bytes, every field of the envelope, the sealed text and the tag at its end.
    let positions =
        (0..40).chain((40..whole.len()).step_by(whole.len() / 20)).chain(whole.len() - 30..whole.len());
    for position in positions {
        let mut flipped = whole.clone();
        flipped[position] ^= 4;
        fs::write(&file, &flipped).unwrap();
        is_set_aside(&home);
    }
    fs::write(&file, &whole).unwrap();
    home.run(&["token"]).succeeds();
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn two_sessions_have_two_keys_and_neither_opens_the_other() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    let first = home.session_file();
    let home = home.with("M365D_CLIENT_ID", directory::MULTI_TENANT_CLIENT_ID);
    home.login(&[]).succeeds();
    let second = home.session_files(".json").into_iter().find(|path| *path != first).unwrap();
    let items = service.items();
    assert_eq!(items.len(), 2);
    let keys: Vec<_> = items.values().collect();
    assert_ne!(keys[0], keys[1]);

    let home = home.with("M365D_CLIENT_ID", directory::CLIENT_ID);
    home.run(&["logout"]).succeeds();
    let mut left = service.items().into_values();
    let key = left.next().expect("the other's key stays");
    assert_eq!(left.next(), None);
    home.login(&[]).succeeds();

    // Not even under the right key: what is sealed for one session is for no other.
    service.put_into_all(&key);
    fs::copy(&second, &first).unwrap();
    home.run(&["token"]).fails_properly(3).says("changed, or sealed with a key").says(".json.damaged-");
    home.with("M365D_CLIENT_ID", directory::MULTI_TENANT_CLIENT_ID).run(&["token"]).succeeds();
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_session_of_another_user_is_set_aside() {
    let tenant = Tenant::start(Options::default());
    let (service, of_another) = (SecretService::unlocked(), SecretService::unlocked());
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    let another = of_another.home(Home::of(&tenant));
    another.login(&[]).succeeds();
    fs::copy(another.session_file(), home.session_file()).unwrap();
    is_set_aside(&home);
    another.run(&["token"]).succeeds();
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn logout_deletes_the_file_and_then_the_key() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    home.login(&[]).succeeds();
    assert_eq!(service.items().len(), 1);
    home.run(&["logout"]).succeeds().says("signed out").does_not_say("warning");
    assert_eq!(service.items(), HashMap::new());

    // One that cannot be opened goes like any other, and so does its key.
    home.login(&[]).succeeds();
    fs::write(home.session_file(), "{\"sealed\":1,\"nonce\":\"\",\"text\":\"").unwrap();
    home.run(&["logout"]).succeeds().says("signed out");
    assert_eq!(service.items(), HashMap::new());

    // A key that stays is no reason to stay signed in.
    home.login(&[]).succeeds();
    service.lock();
    home.run(&["logout"])
        .succeeds()
        .says("signed out")
        .says("warning: the sealed file is gone")
        .says("is locked");
    assert!(home.session_files(".json").is_empty());
    home.run(&["logout", "--all"]).succeeds().says("nobody was signed in").does_not_say("warning");
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn logout_all_deletes_the_keys_of_lost_files_and_no_other_folder_s() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let (home, elsewhere) = (service.home(Home::of(&tenant)), service.home(Home::of(&tenant)));
    home.login(&[]).succeeds();
    fs::remove_file(home.session_file()).unwrap();
    let home = home.with("M365D_CLIENT_ID", directory::MULTI_TENANT_CLIENT_ID);
    home.login(&[]).succeeds();
    elsewhere.login(&[]).succeeds();
    assert_eq!(service.items().len(), 3);
    home.run(&["logout", "--all"]).succeeds().says("signed out of one session").does_not_say("warning");
    assert_eq!(service.items().len(), 1);
    elsewhere.run(&["token"]).succeeds();
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon"]
fn a_sign_in_leaves_nothing_behind_of_the_form_before() {
    let tenant = Tenant::start(Options::default());
    let service = SecretService::unlocked();
    let home = service.home(Home::of(&tenant));
    home.login(&["--store", "file"]).succeeds().does_not_say("warning");
    let plain = fs::read_to_string(home.session_file()).unwrap();
    assert!(plain.contains("refresh_token"));
    home.login(&["--store", "keyring"]).succeeds().does_not_say("warning");
    assert_eq!((stored(&home), service.items().len()), (json!("keyring"), 1));
    nothing_else_is_there(&home);
    assert!(!fs::read_to_string(home.session_file()).unwrap().contains("refresh_token"));

    // The same key again, which the file before could be opened with until the end.
    let items = service.items();
    home.login(&["--store", "keyring"]).succeeds();
    assert_eq!(service.items(), items);

    home.login(&["--store", "file"]).succeeds().does_not_say("warning");
    assert_eq!((stored(&home), service.items().len()), (json!("file"), 0));
    // Once chosen, it stays chosen.
    let home = home.without("M365D_STORE");
    assert_eq!(
        home.run(&["status"]).succeeds().json()["store"],
        json!({"value": "file", "source": "config.toml"})
    );
    home.login(&[]).succeeds();
    assert_eq!(service.items().len(), 0);
}

#[test]
fn without_a_credential_store_a_session_is_kept_in_a_plain_file_and_that_is_said() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).without("M365D_STORE");
    is_kept_in_a_plain_file(home.login(&[]), &home, "is not running, or not to be reached from here");
    home.run(&["logout"]).succeeds().says("signed out").does_not_say("warning");
    is_refused_before_the_sign_in(&home, &tenant, "the Secret Service is not running");
    home.login(&["--store", "file"]).succeeds().does_not_say("warning");
}

#[test]
fn a_sealed_session_that_cannot_be_opened_for_now_stays_as_it_is() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    fs::write(home.session_file(), "{\"sealed\":1,\"nonce\":\"AAAA\",\"text\":\"AAAA\"}").unwrap();
    stays_as_it_is(
        &home,
        "the stored session is sealed and its key cannot be read: the Secret Service is not running",
    );
    home.run(&["logout"])
        .succeeds()
        .says("signed out")
        .says("warning: the sealed file is gone, but the key to it");
    assert!(home.session_files(".json").is_empty());
}
