//! Proxies of corporate networks, and proxies that read along.

use std::net::TcpListener;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::support::ca::Ca;
use crate::support::network::{LIST, Network, Proxying, Server};
use crate::support::{Ended, Home};
use crate::tenant::{Options, Tenant};

#[test]
fn everything_goes_through_the_proxy() {
    let ca = Ca::named("Contoso Root CA");
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let network = Network::of(ca.localhost());
        let proxy = Server::proxy(Proxying::Opens);
        let home = network.home();
        let file = network.file("ca.pem", &ca.pem);
        let home = home.with("M365D_CA_BUNDLE", &file).with(variable, &proxy.as_proxy());
        network.signs_in_and_lists_and_renews(&home);
        let asked = proxy.asked();
        let only = format!("CONNECT localhost:{} HTTP/1.1", network.front.port);
        assert!(asked.len() >= 3 && asked.iter().all(|asked| *asked == only), "{variable}: {asked:?}");

        // An address without a scheme will do.
        let home = home.with(variable, &proxy.as_proxy()["http://".len()..]);
        home.run(LIST).succeeds();
        assert!(proxy.asked().len() > asked.len());
        let asked = proxy.asked();
        for (name, hosts) in [("NO_PROXY", "contoso.com, localhost"), ("no_proxy", "*")] {
            let home = network
                .home()
                .with("M365D_CA_BUNDLE", &file)
                .with(variable, &proxy.as_proxy())
                .with(name, hosts);
            network.login(&home, &[]).succeeds();
        }
        assert_eq!(proxy.asked(), asked);
    }
}

#[test]
fn plain_http_on_this_machine_goes_through_no_proxy() {
    let ca = Ca::named("Contoso Root CA");
    let network = Network::of(ca.localhost());
    let proxy = Server::proxy(Proxying::Opens);
    let proxied = |home: Home| {
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"]
            .iter()
            .fold(home, |home, variable| home.with(variable, &proxy.as_proxy()))
    };
    let tenant = Tenant::start(Options::default());
    let home = proxied(Home::of(&tenant));
    home.login(&[]).succeeds();
    home.run(LIST).succeeds();
    assert_eq!(proxy.asked(), Vec::<String>::new());

    // Of two hosts only the one with https does.
    network.tenant.change(|options| options.public_url = None);
    let home = proxied(network.home().with("M365D_AUTHORITY", network.tenant.authority()));
    let file = network.file("ca.pem", &ca.pem);
    let home = home.with("M365D_CA_BUNDLE", &file);
    home.login(&[]).succeeds();
    assert_eq!(proxy.asked(), Vec::<String>::new());
    home.run(LIST).succeeds();
    assert_eq!(proxy.asked(), [format!("CONNECT localhost:{} HTTP/1.1", network.front.port)]);
}

#[test]
fn credentials_for_the_proxy_are_used_and_never_shown() {
    const PASSWORD: &str = "p@ss:w0rd/%";
    const ENCODED: &str = "p%40ss%3Aw0rd%2F%25";
    let ca = Ca::named("Contoso Root CA");
    let network = Network::of(ca.localhost());
    let basic = BASE64_STANDARD.encode(format!("ana:{PASSWORD}"));
    let proxy = Server::proxy(Proxying::Asks(format!("Basic {basic}")));
    let file = network.file("ca.pem", &ca.pem);
    let with = |credentials: &str| {
        let url = format!("http://{credentials}127.0.0.1:{}", proxy.port);
        network.home().with("M365D_CA_BUNDLE", &file).with("HTTPS_PROXY", &url)
    };
    let silent = |ended: &Ended| {
        for secret in [PASSWORD, ENCODED, &basic, "wr0ng", &BASE64_STANDARD.encode("ana:wr0ng")] {
            assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{secret}: {ended:?}");
        }
    };

    let home = with(&format!("ana:{ENCODED}@"));
    silent(&network.login(&home, &["-vvv"]).succeeds());
    silent(&home.run(&["incidents", "list", "-vvv"]).succeeds());
    silent(&home.run(&["status"]).succeeds());
    assert!(proxy.heads().iter().all(|head| head.contains(&basic)));

    let named = format!("the proxy 127.0.0.1:{} (HTTPS_PROXY)", proxy.port);
    let ended = network.login(&with("ana:wr0ng@"), &["-vvv"]).fails_with(7).says(&named);
    silent(&ended.says("does not accept the user name and password"));
    network.login(&with(""), &[]).fails_properly(7).says(&named).says("asks for a user name and a password");
}

#[test]
fn a_wrong_password_is_sent_to_the_proxy_once() {
    let ca = Ca::named("Contoso Root CA");
    let network = Network::of(ca.localhost());
    let home = network.home();
    let file = network.file("ca.pem", &ca.pem);
    let home = home.with("M365D_CA_BUNDLE", &file);
    network.login(&home, &[]).succeeds();
    let proxy = Server::proxy(Proxying::Asks("Basic no".to_owned()));
    let home = home.with("HTTPS_PROXY", &format!("http://ana:wr0ng@127.0.0.1:{}", proxy.port));
    // Accounts are locked after a few.
    home.run(LIST).fails_properly(7).does_not_say("asking again");
    assert_eq!(proxy.asked().len(), 1);
    network.tenant.expire_access_tokens();
    home.run(&["token", "--min-valid", "2h"]).fails_properly(7).does_not_say("asking again");
    assert_eq!(proxy.asked().len(), 2);
}

#[test]
fn a_proxy_that_opens_no_connection_is_named() {
    let network = Network::of(Ca::named("Contoso Root CA").localhost());
    let page = "HTTP/1.1 200\r\n";
    let forbidden =
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<h1>Blocked</h1>";
    for (proxying, says) in [
        (Proxying::Answers(forbidden), "refuses to open a connection"),
        (Proxying::Answers("<html>Welcome</html>\r\n"), "refuses to open a connection"),
        (Proxying::Answers(page), "closed the connection before it had answered"),
        (Proxying::Answers(""), "closed the connection before it had answered"),
        (Proxying::Resets, "closed the connection before it had answered"),
    ] {
        let proxy = Server::proxy(proxying);
        let home = network.home().with("HTTPS_PROXY", &format!("http://ana:s3cret@127.0.0.1:{}", proxy.port));
        network
            .login_fails(&home)
            .says(&format!("the proxy 127.0.0.1:{} (HTTPS_PROXY) {says}", proxy.port))
            .says("NO_PROXY=localhost")
            .does_not_say("s3cret");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let network = Network::of(Ca::named("Contoso Root CA").localhost());
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let home = network.home().with("ALL_PROXY", &format!("http://{closed}"));
    network
        .login_fails(&home)
        .says(&format!("the proxy {closed} (ALL_PROXY) cannot be reached: "))
        .says("(os error");
    let home = network.home().with("https_proxy", "http://proxy.invalid:3128");
    network.login_fails(&home).says("the proxy proxy.invalid:3128 (https_proxy) cannot be reached: ");
}

#[test]
fn a_proxy_that_was_said_to_speak_tls_and_does_not_is_told() {
    let network = Network::of(Ca::named("Contoso Root CA").localhost());
    let plain = network.tenant.authority().replace("http:", "https:");
    let address = &plain["https://".len()..];
    network
        .login_fails(&network.home().with("HTTPS_PROXY", &plain))
        .says(&format!("the proxy {address} (HTTPS_PROXY) does not speak TLS"))
        .says(&format!("http://{address}"));
}

#[test]
fn a_proxy_may_speak_tls_itself() {
    let ca = Ca::named("Contoso Root CA");
    let network = Network::of(ca.localhost());
    let proxy = Server::proxy(Proxying::Opens);
    let front = Server::tls(ca.localhost(), &proxy.as_proxy());
    let home = network.home().with("HTTPS_PROXY", &front.url());
    network
        .login_fails(&home)
        .says("the certificate of localhost is signed by `CN=Contoso Root CA, O=Contoso`");
    assert_eq!(proxy.asked(), Vec::<String>::new());
    network.signs_in_and_lists_and_renews(&home.with("M365D_CA_BUNDLE", &network.file("ca.pem", &ca.pem)));
    assert!(proxy.asked().len() >= 3);
}

#[test]
fn a_proxy_that_says_nothing_is_named() {
    let network = Network::of(Ca::named("Contoso Root CA").localhost());
    let proxy = Server::proxy(Proxying::Hangs);
    network.login_fails(&network.home().with("HTTPS_PROXY", &proxy.as_proxy())).says(&format!(
        "localhost through the proxy 127.0.0.1:{} (HTTPS_PROXY): it took too long",
        proxy.port
    ));
}

#[test]
fn what_is_no_proxy_is_said_before_anything_is_sent() {
    let network = Network::of(Ca::named("Contoso Root CA").localhost());
    for (value, says) in [
        ("http://ana:s3cret@", "is not the address of a proxy"),
        ("http://ana:s3cret@proxy:port", "is not the address of a proxy"),
        ("socks5h://ana:s3cret@proxy:1080", "names a SOCKS proxy"),
        (" http://ana:s3cret@proxy", "is not the address of a proxy"),
        ("ftp://ana:s3cret@proxy", "is not the address of an HTTP proxy"),
    ] {
        let failed = network.home().with("HTTPS_PROXY", value).run(&["login"]).fails_properly(2);
        failed.says(&format!("HTTPS_PROXY {says}")).does_not_say("s3cret");
    }
    // A variable that is set to nothing is not set.
    let home = network.home().with("HTTPS_PROXY", "").with("ALL_PROXY", "");
    network.login_fails(&home).says("is signed by");
}

#[test]
fn a_proxy_that_inspects_tls_is_named_by_its_ca() {
    let real = Ca::named("Public CA");
    let inspecting = Ca::named("Contoso TLS Inspection CA");
    let network = Network::of(real.localhost());
    let behind = network.tenant.authority().to_owned();
    let proxy = Server::proxy(Proxying::Inspects(inspecting.localhost(), behind));
    let home = network.home();
    let public = network.file("public.pem", real.pem);
    let home = home.with("SSL_CERT_FILE", &public).with("HTTPS_PROXY", &proxy.as_proxy());
    network
        .login_fails(&home)
        .says("is signed by `CN=Contoso TLS Inspection CA, O=Contoso`, which this machine does not trust")
        .says("if your network inspects TLS")
        .says("--ca-bundle FILE (or M365D_CA_BUNDLE)");
    let file = network.file("inspecting.pem", inspecting.pem);
    network.signs_in_and_lists_and_renews(&home.with("M365D_CA_BUNDLE", &file));
    assert!(proxy.asked().len() >= 3);
}
