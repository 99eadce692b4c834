//! Whom TLS trusts: the system's CAs, private ones, and nobody else.

use std::fs;

use rcgen::{DnType, date_time_ymd};

use crate::support::Home;
use crate::support::ca::{self, Ca};
use crate::support::network::{LIST, Network};
use crate::tenant::{Options, Tenant, browser};

#[test]
fn a_private_ca_is_trusted_by_each_of_the_settings() {
    let ca = Ca::named("Contoso Root CA");
    let network = Network::of(ca.localhost());
    let home = network.home();
    let file = network.file("ca.pem", &ca.pem);
    let home = home.with("M365D_CA_BUNDLE", &file);
    network.signs_in_and_lists_and_renews(&home);

    let home = home.without("M365D_CA_BUNDLE");
    home.run(LIST).fails_properly(7);
    home.run(&["incidents", "list", "--ca-bundle", &file]).succeeds();
    fs::copy(&file, home.path("copy.pem")).expect("it is copied");
    home.run(&["--ca-bundle", "copy.pem", "incidents", "list"]).succeeds();
    let home = home.with("SSL_CERT_FILE", &file);
    home.run(LIST).succeeds();
    let home = home.without("SSL_CERT_FILE");
    // In the configuration, a file lies beside it.
    fs::copy(&file, home.config_dir().join("beside.pem")).expect("it is copied");
    fs::write(home.config_dir().join("config.toml"), "[profile.default]\nca_bundle = \"beside.pem\"\n")
        .expect("it is written");
    home.run(LIST).succeeds();
    assert_eq!(home.run(&["status"]).succeeds().json()["ca_bundle"]["source"], "config.toml");
    // The flag wins.
    home.run(&["incidents", "list", "--ca-bundle", "/nowhere"]).fails_properly(2).says("--ca-bundle");
}

#[test]
fn a_bundle_adds_to_the_system_s_cas() {
    let ca = Ca::named("Contoso Root CA");
    let other = Ca::named("Contoso Other CA");
    let network = Network::of(ca.localhost());
    let home = network.home();
    let system = network.file("system.pem", &ca.pem);
    let several = network.file("several.pem", format!("some words\n{}\n{}", other.pem, ca.pem));
    let other = network.file("other.pem", &other.pem);
    network.login(&home.with("M365D_CA_BUNDLE", &several), &[]).succeeds();

    let home = network.home().with("M365D_CA_BUNDLE", &other).with("SSL_CERT_FILE", &system);
    network.login(&home, &[]).succeeds();
    let home = network.home().with("M365D_CA_BUNDLE", &other);
    network
        .login(&home, &[])
        .fails_properly(7)
        .says("`CN=Contoso Root CA, O=Contoso`, which neither this machine nor the bundle of M365D_CA_BUNDLE trusts");
}

#[test]
fn an_unknown_issuer_is_named_with_the_setting() {
    let network = Network::of(Ca::named("Contoso Root CA").localhost());
    network
        .login_fails(&network.home())
        .says("the certificate of localhost is signed by `CN=Contoso Root CA, O=Contoso`, which this machine does not trust")
        .says("--ca-bundle FILE (or M365D_CA_BUNDLE)");
}

#[test]
fn what_a_certificate_says_does_not_steer_the_terminal() {
    let ca = Ca::named("Contoso\u{1b}[2J\nRoot\u{202e}CA");
    let network = Network::of(ca.localhost());
    let said = network.login_fails(&network.home()).stderr;
    assert!(said.contains("CN=Contoso") && !said.contains(['\u{1b}', '\u{202e}']), "{said}");
}

#[test]
fn another_certificate_of_the_same_name_is_not_the_same() {
    let ca = Ca::named("Contoso Root CA");
    let network = Network::of(ca.localhost());
    let home = network.home();
    let renewed = network.file("ca.pem", Ca::named("Contoso Root CA").pem);
    network.login_fails(&home.with("M365D_CA_BUNDLE", &renewed)).says("not with the key");
}

#[test]
fn a_certificate_is_refused_for_what_it_says_whoever_has_signed_it() {
    let ca = Ca::named("Contoso Root CA");
    let expired = ca.server(&["localhost"], |params| params.not_after = date_time_ymd(2020, 2, 3));
    let early = ca.server(&["localhost"], |params| params.not_before = date_time_ymd(3020, 2, 3));
    let elsewhere = ca.server(&["portal.contoso.com", "10.0.0.1"], |params| {
        params.distinguished_name.push(DnType::CommonName, "localhost");
    });
    let year = format!("this machine's clock says {}", jiff::Timestamp::now().strftime("%Y"));
    for (config, says) in [
        (expired, &["`CN=Contoso Root CA, O=Contoso`) expired on 2020-02-03 00:00 UTC", &year, "clock"][..]),
        (early, &["is not valid before 3020-02-03 00:00 UTC", &year, "clock"]),
        (elsewhere, &["is for portal.contoso.com, 10.0.0.1, not for localhost", "M365D_AUTHORITY"]),
    ] {
        let network = Network::of(config);
        let home = network.home();
        let file = network.file("ca.pem", &ca.pem);
        let failed = network.login_fails(&home.with("M365D_CA_BUNDLE", &file));
        says.iter().fold(failed, |failed, text| failed.says(text));
    }
}

#[test]
fn a_self_signed_certificate_is_trusted_when_it_was_given() {
    let (config, pem) = ca::self_signed();
    let network = Network::of(config);
    let home = network.home();
    network.login_fails(&home).says("is signed by nobody but itself").says("in PEM");
    let file = network.file("it.pem", pem);
    network.login(&home.with("M365D_CA_BUNDLE", &file), &[]).succeeds();
}

#[test]
fn what_is_no_bundle_is_said_before_anything_is_sent() {
    let ca = Ca::named("Contoso Root CA");
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let sent = tenant.requests().len();
    let broken = ca.pem.replace("MII", "MI!");
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (name, content, says) in [
        ("empty.pem", &b""[..], "is empty"),
        ("blank.pem", b" \n", "is empty"),
        ("ca.der", &ca.der, "is binary (DER or PKCS #12), not PEM"),
        ("words.pem", b"nothing to see", "has no certificate in PEM"),
        ("both.pem", format!("{}{}", ca.pem, ca.key_pem).as_bytes(), "holds a private key"),
        ("sealed.pem", b"-----BEGIN ENCRYPTED PRIVATE KEY-----", "holds a private key"),
        ("broken.pem", broken.as_bytes(), "is damaged"),
        ("half.pem", &ca.pem.as_bytes()[..100], "is damaged"),
        (
            "second.pem",
            format!("{}{no_certificate}", ca.pem).as_bytes(),
            "its certificate number 2 is not one",
        ),
    ] {
        fs::write(home.path(name), content).expect("it is written");
        let failed = home.run(&["incidents", "list", "--ca-bundle", name]).fails_properly(2);
        failed.says(&format!("the CA bundle {name} (from --ca-bundle)")).says(says).does_not_say("PRIVATE");
    }
    let home = home.with("M365D_CA_BUNDLE", "/nowhere/ca.pem");
    home.run(&["login"]).fails_properly(2).says("/nowhere/ca.pem (from M365D_CA_BUNDLE) cannot be read");
    let home = home.with("M365D_CA_BUNDLE", "/");
    home.run(LIST).fails_properly(2).says("is not a file of certificates");
    let home = home.without("M365D_CA_BUNDLE").with("SSL_CERT_FILE", "/nowhere/ca.pem");
    home.run(LIST).fails_properly(2).says("/nowhere/ca.pem (from SSL_CERT_FILE) cannot be read");
    let home = home.with("SSL_CERT_FILE", "/dev/zero");
    home.run(LIST).fails_properly(2).says("/dev/zero (from SSL_CERT_FILE) is not a file of certificates");
    assert_eq!(tenant.requests().len(), sent);

    // What needs no network does not read it.
    home.run(&["token"]).succeeds();
    home.run(&["status"]).succeeds();
    home.run(&["token", "inspect"]).succeeds();
    home.run(&["--help"]).succeeds();
    home.run(&["logout"]).succeeds();
}

#[test]
fn a_bundle_that_never_ends_is_not_waited_for() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant).with("M365D_CA_BUNDLE", "/dev/zero");
    home.run(LIST).fails_properly(2).says("is not a file of certificates");
}

#[test]
fn a_server_without_tls_is_told_from_one_that_is_down() {
    let tenant = Tenant::start(Options::default());
    let url = tenant.authority().replace("http:", "https:");
    let home = Home::of(&tenant).with("M365D_AUTHORITY", &url).with("M365D_API_URL", &url);
    let mut login = home.start(&["login", "--no-browser"]);
    let address = login.sign_in_url().replace("https:", "http:");
    browser::sign_in(&address).expect("the browser comes to an end");
    login
        .end()
        .fails_properly(7)
        .says(&format!("{} does not speak TLS", &url["https://".len()..]))
        .says("http");
}

#[test]
fn no_switch_turns_verification_off() {
    let home = Home::empty();
    let commands: &[&[&str]] = &[
        &["--help"],
        &["login", "--help"],
        &["token", "--help"],
        &["token", "inspect", "--help"],
        &["incidents", "list", "--help"],
        &["status", "--help"],
        &["man"],
    ];
    for command in commands {
        let help = home.run(command).succeeds().stdout.to_lowercase();
        assert!(help.contains("ca-bundle") || help.contains("ca\\-bundle"), "{command:?}");
        for word in ["insecure", "no-verify", "no-check", "skip", "ignore", "disable", "unsafe", "danger"] {
            assert!(!help.contains(word), "{word} in {command:?}");
        }
    }
    for switch in ["--insecure", "-k", "--no-verify", "--no-check-certificate", "--skip-tls-verify"] {
        home.run(&[switch, "incidents", "list"]).fails_with(2);
    }
    // Nor do the variables with which other programs are told to.
    let network = Network::of(Ca::named("Contoso Root CA").localhost());
    let home = ["M365D_INSECURE", "NODE_TLS_REJECT_UNAUTHORIZED", "GIT_SSL_NO_VERIFY", "PYTHONHTTPSVERIFY"]
        .iter()
        .fold(network.home(), |home, name| home.with(name, if name.contains("NO_") { "1" } else { "0" }));
    network.login_fails(&home).says("does not trust");
}

#[test]
fn the_issuer_of_a_trusted_certificate_can_be_asked_for() {
    let ca = Ca::named("Contoso Root CA");
    let network = Network::of(ca.localhost());
    let bundle = m365d::http::CaBundle {
        path: network.file("ca.pem", &ca.pem).into(),
        setting: "--ca-bundle".to_owned(),
    };
    let url = url::Url::parse(&network.front.url()).expect("a URL");
    let client = m365d::http::client(&[&url], Some(&bundle)).expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let response = runtime.block_on(async { client.get(url).send().await }).expect("an answer");
    let certificate = m365d::http::Certificate::of(&response).expect("TLS");
    assert_eq!(certificate.issuer, "CN=Contoso Root CA, O=Contoso");
    assert_eq!(certificate.names, ["localhost"]);
}
