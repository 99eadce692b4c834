//! The session's file: who may read it, what becomes of a damaged one, how it is forgotten.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::Home;
use crate::tenant::{Options, RefreshReuse, Tenant, directory};

/// After whatever happened to the file: one clear error, nothing thrown away, and a sign-in mends it.
#[track_caller]
fn is_set_aside_and_mended_by_login(home: &Home, reason: &str) {
    home.run(&["token"]).fails_properly(3).says(reason).says(".json.damaged-").says("hint: m365d login");
    assert!(home.session_files(".json").is_empty(), "it is out of the way");
    let aside = fs::read_dir(home.config_dir().join("sessions")).unwrap();
    let aside =
        aside.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".damaged-"));
    assert_eq!(aside.count(), 1, "it is kept");
    // From now on it is like having signed out.
    home.run(&["incidents", "list"]).fails_properly(3).says("nobody is signed in");
    home.run(&["logout"]).succeeds().says("nobody was signed in");
    home.login(&[]).succeeds();
    home.run(&["token"]).succeeds();
    home.run(&["logout"]).succeeds().says("signed out");
    home.run(&["token"]).fails_properly(3);
}

#[test]
fn an_empty_session_file_means_signed_out() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    fs::write(home.session_file(), "").unwrap();
    is_set_aside_and_mended_by_login(&home, "empty");
}

#[test]
fn a_truncated_session_file_means_signed_out() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let whole = fs::read(home.session_file()).unwrap();
    fs::write(home.session_file(), &whole[..whole.len() / 2]).unwrap();
    is_set_aside_and_mended_by_login(&home, "damaged");
}

#[test]
fn a_session_file_of_something_else_means_signed_out() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    fs::write(home.session_file(), [0, 159, 146, 150, 255]).unwrap();
    is_set_aside_and_mended_by_login(&home, "damaged");
}

#[test]
fn a_session_file_of_another_application_is_not_believed() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.change_session(|session| session["key"]["client_id"] = json!(directory::WEB_CLIENT_ID));
    is_set_aside_and_mended_by_login(&home, "of another application or version");
}

#[test]
fn an_unreadable_session_file_means_signed_out() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let file = home.session_file();
    // A directory cannot be read as a file by anybody, root included.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    is_set_aside_and_mended_by_login(&home, "unreadable");
}

#[cfg(unix)]
#[test]
fn a_session_file_without_permissions_means_signed_out() {
    use std::os::unix::fs::PermissionsExt;
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    fs::set_permissions(home.session_file(), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(home.session_file()).is_ok() {
        // Root reads everything, and then so does the program.
        home.run(&["token"]).succeeds();
        return;
    }
    is_set_aside_and_mended_by_login(&home, "unreadable");
}

#[test]
fn no_flipped_bit_is_a_crash() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let (file, whole) = (home.session_file(), fs::read(home.session_file()).unwrap());
    let mut set_aside = 0;
    for position in (0..whole.len()).step_by(whole.len() / 60) {
        let mut flipped = whole.clone();
        flipped[position] ^= 1 << (position % 8);
        fs::write(&file, &flipped).unwrap();
        let status = home.run(&["status"]);
        // A flip inside a token or a name leaves a session that is as readable as before.
        assert!([0, 3].contains(&status.code), "at {position}: {status:?}");
        set_aside += usize::from(status.code == 3);
    }
    assert!(set_aside > 0, "the first byte at least is structure");
    fs::write(&file, &whole).unwrap();
    home.run(&["status"]).succeeds();
}

#[test]
fn no_time_in_a_session_file_is_a_crash() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    for time in [i64::MIN, -1, 0, i64::MAX] {
        for field in ["expires_on", "received_on"] {
            home.change_grant(|grant| grant[field] = json!(time));
            let status = home.run(&["status"]).succeeds().json();
            if (field, time) == ("expires_on", i64::MAX) {
                assert!(status["expires_at"].as_str().unwrap().starts_with("9999-"), "{status}");
            }
            home.run(&["token", "--format", "json"]).succeeds();
        }
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_stored() {
    use std::os::unix::fs::PermissionsExt;
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for _ in 0..2 {
        assert_eq!(mode(&home.session_file()), 0o600);
        assert_eq!(mode(&home.session_file().with_extension("lock")), 0o600);
        assert_eq!(mode(&home.config_dir().join("sessions")), 0o700);
        // Neither does a refresh open it to others.
        home.run(&["token"]).succeeds();
    }
    assert_eq!(home.session_files(".new"), Vec::<std::path::PathBuf>::new());
}

#[cfg(unix)]
#[test]
fn what_others_could_read_is_made_private_and_that_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let (file, folder) = (home.session_file(), home.config_dir().join("sessions"));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let open_to_others = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (of_file, of_folder) in [(0o644, 0o755), (0o660, 0o770), (0o604, 0o711)] {
        open_to_others(&file, of_file);
        open_to_others(&folder, of_folder);
        let status = home.run(&["status"]).succeeds();
        let said = format!("warning: others could read {}; now only you can", file.display());
        assert_eq!(status.stderr.lines().filter(|line| *line == said).count(), 1, "{}", status.stderr);
        assert_eq!(mode(&file), 0o600);
        // A refresh writes there.
        home.run(&["token"])
            .succeeds()
            .says(&format!("warning: others could read {}; now only you can", folder.display()));
        assert_eq!((mode(&file), mode(&folder)), (0o600, 0o700));
        home.run(&["token"]).succeeds().does_not_say("others");
    }
}

#[test]
fn logout_deletes_a_session_without_reading_it() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    fs::write(home.session_file(), "not a session").unwrap();
    home.run(&["logout"]).succeeds().says("signed out").does_not_say("damaged");
    assert!(home.session_files(".json").is_empty());
    assert_eq!(tenant.refreshes(), 0, "nobody is asked");
}

#[test]
fn logout_deletes_what_a_damaged_or_missing_selection_has_meant() {
    let tenant = Tenant::start(Options::default());
    for damage in [
        |file: &Path| fs::write(file, "{").unwrap(),
        |file: &Path| fs::remove_file(file).unwrap(),
        |file: &Path| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        },
    ] {
        let home = Home::signed_in(&tenant);
        // Somebody else's is nobody's business.
        tenant.change(|options| options.user = &directory::BEN);
        home.login(&["--profile", "other"]).succeeds();
        tenant.change(|options| options.user = &directory::ANA);
        let ana = |file: &Path| fs::read_to_string(file).unwrap().contains(directory::ANA.object_id);
        let selection = home.session_files(".account").into_iter().find(|file| ana(file)).unwrap();
        damage(&selection);
        home.run(&["logout"]).succeeds().says("signed out");
        assert!(!ana(&home.session_file()));
        home.run(&["token", "--profile", "other"]).succeeds();
        home.run(&["logout"]).succeeds().says("nobody was signed in");
    }
}

#[test]
fn logout_says_that_a_session_remains_whose_owner_nobody_knows() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    fs::write(home.session_file(), "{\"sealed\":1,\"nonce\":\"\",\"text\":\"\"}").unwrap();
    fs::write(&home.session_files(".account")[0], "{").unwrap();
    home.run(&["logout"]).succeeds().says("nobody was signed in").says("m365d logout --all");
    home.session_file();
    home.run(&["logout", "--all"]).succeeds().says("signed out of one session");
}

#[test]
fn what_is_in_the_place_of_a_selection_is_set_aside_and_mended_by_login() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let selection = home.session_files(".account").remove(0);
    for command in ["token", "login"] {
        fs::remove_file(&selection).unwrap();
        fs::create_dir(&selection).unwrap();
        if command == "token" {
            home.run(&["token"]).fails_properly(3).says("unreadable").says(".account.damaged-");
        }
        home.login(&[]).succeeds();
        home.run(&["token"]).succeeds();
    }
}

#[test]
fn logout_when_nobody_is_signed_in_is_no_failure() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.run(&["logout"]).succeeds().says("nobody was signed in");
    home.run(&["logout", "--all"]).succeeds().says("nobody was signed in");
    assert!(!home.config_dir().exists(), "forgetting creates nothing");
}

#[test]
fn logout_all_forgets_every_session_and_what_was_left_behind() {
    let tenant = Tenant::start(Options::default());
    let other = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant)
        .with("M365D_AUTHORITY", other.authority())
        .with("M365D_API_URL", other.api_url());
    home.login(&[]).succeeds();
    assert_eq!(home.session_files(".json").len(), 2);
    let sessions = home.config_dir().join("sessions");
    let digest = "0123456789abcdef0123456789abcdef";
    for left_behind in ["json.damaged-1", "json.new"] {
        fs::write(sessions.join(format!("{digest}.{left_behind}")), "an old secret").unwrap();
    }
    let of_somebody_else = sessions.join("notes.txt");
    fs::write(&of_somebody_else, "no session").unwrap();

    // Needs no settings: it is how one leaves a machine.
    let home = home.without("M365D_TENANT").without("M365D_CLIENT_ID");
    home.run(&["logout", "--all"]).succeeds().says("signed out of 2 sessions");
    fs::remove_file(of_somebody_else).expect("nothing of anybody else is removed");
    let left: Vec<_> = fs::read_dir(sessions).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.extension().is_some_and(|end| end == "lock")), "{left:?}");
}

#[test]
fn another_tenant_client_or_authority_is_another_session() {
    let (tenant, other) = (Tenant::start(Options::default()), Tenant::start(Options::default()));
    let mut home = Home::signed_in(&tenant);
    let (file, stored) = (home.session_file(), fs::read(home.session_file()).unwrap());
    for (name, another, usual) in [
        ("M365D_TENANT", directory::DOMAIN, directory::TENANT_ID),
        ("M365D_CLIENT_ID", directory::WEB_CLIENT_ID, directory::CLIENT_ID),
        ("M365D_AUTHORITY", other.authority(), tenant.authority()),
    ] {
        home = home.with(name, another);
        home.run(&["token"]).fails_properly(3).says("nobody is signed in");
        home.run(&["logout"]).succeeds().says("nobody was signed in");
        assert_eq!(fs::read(&file).unwrap(), stored, "{name}");
        home = home.with(name, usual);
        home.run(&["token"]).succeeds();
    }
    // The same tenant and client, spelt differently, are the same session.
    home = home.with("M365D_CLIENT_ID", &directory::CLIENT_ID.to_uppercase());
    home.run(&["token"]).succeeds();
}

#[test]
fn a_session_that_cannot_be_replaced_stays_whole() {
    let tenant = Tenant::start(Options {
        token_lifetime: Some(1),
        refresh_reuse: RefreshReuse::RevokesGrant,
        ..Options::default()
    });
    let home = Home::signed_in(&tenant);
    let (file, stored) = (home.session_file(), fs::read(home.session_file()).unwrap());
    // In the way of the new file, like a full disk or a read-only folder, and also for root.
    let in_the_way = file.with_extension("json.new");
    fs::create_dir(&in_the_way).unwrap();

    for arguments in [&["token"][..], &["incidents", "list"]] {
        let failed = home.run(arguments).fails_properly(1);
        let (error, hint) = failed.stderr.split_once("\n\n").unwrap();
        assert!(
            error.starts_with("error: cannot renew the session before there is room")
                && error.contains("(os error "),
            "{error}"
        );
        assert!(hint.contains("disk") && hint.contains("M365D_CONFIG_DIR"), "{hint}");
        assert_eq!(fs::read(&file).unwrap(), stored);
    }
    assert_eq!(tenant.refreshes(), 0, "what cannot be replaced is not redeemed");
    home.login(&[]).fails_properly(1);
    assert_eq!(fs::read(&file).unwrap(), stored);
    assert!(in_the_way.is_dir(), "nothing of anybody else is removed");

    fs::remove_dir(in_the_way).unwrap();
    home.run(&["token"]).succeeds();
}

#[test]
fn what_a_crash_left_behind_is_in_nobody_s_way() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let new = home.session_file().with_extension("json.new");
    fs::write(&new, "half a sess").unwrap();
    home.run(&["token"]).succeeds();
    assert!(!new.exists());
}
