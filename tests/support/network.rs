//! What stands between the program and the tenant: something that speaks TLS, and proxies (RFC 9110 section 9.3.6).

use std::fs;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::ServerConfig;
use socket2::SockRef;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::{Ended, Home};
use crate::tenant::{Options, Tenant, browser};

pub const LIST: &[&str] = &["incidents", "list"];

/// A tenant behind something that speaks TLS, as the real one is.
pub struct Network {
    pub tenant: Tenant,
    pub front: Server,
    files: TempDir,
}

impl Network {
    pub fn of(config: Arc<ServerConfig>) -> Self {
        let tenant = Tenant::start(Options::default());
        let front = Server::tls(config, tenant.authority());
        let url = front.url();
        tenant.change(|options| options.public_url = Some(url));
        Self { tenant, front, files: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn home(&self) -> Home {
        Home::of(&self.tenant)
            .with("M365D_AUTHORITY", &self.front.url())
            .with("M365D_API_URL", &self.front.url())
    }

    /// A file that is there for as long as the network is.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.files.path().join(name);
        fs::write(&path, content).expect("it is written");
        path.display().to_string()
    }

    /// Signs in. The person's browser has its own way to the tenant.
    pub fn login(&self, home: &Home, arguments: &[&str]) -> Ended {
        let mut login = home.start(&[&["login", "--no-browser"], arguments].concat());
        let url = login.sign_in_url().replace(&self.front.url(), self.tenant.authority());
        browser::sign_in(&url).expect("the browser comes to an end");
        login.end()
    }

    /// Signs in, lists, and lists with a token that has to be renewed first.
    pub fn signs_in_and_lists_and_renews(&self, home: &Home) {
        self.login(home, &[]).succeeds();
        assert_eq!(home.run(LIST).succeeds().json().as_array().map(Vec::len), Some(100));
        self.tenant.expire_access_tokens();
        home.run(LIST).succeeds();
        assert_eq!(self.tenant.refreshes(), 1);
    }

    /// What is said to somebody who signs in, where that cannot succeed.
    pub fn login_fails(&self, home: &Home) -> Ended {
        let ended = self.login(home, &[]).fails_properly(7);
        assert_eq!(self.tenant.count(|request| request.path.ends_with("/token")), 0);
        ended
    }
}

/// What a proxy does with CONNECT.
#[derive(Clone)]
pub enum Proxying {
    /// Opens the connection that is asked for.
    Opens,
    /// The same for whoever has this user name and password, in the form of RFC 7617; 407 for others.
    Asks(String),
    /// Says that it does, and answers itself, with its own certificate, in the place of what is at an address.
    Inspects(Arc<ServerConfig>, String),
    /// Answers with something else.
    Answers(&'static str),
    /// Cuts the connection.
    Resets,
    /// Says nothing.
    Hangs,
}

/// A server on this machine, until it is dropped.
pub struct Server {
    pub port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Speaks TLS and hands on what it hears to the address, which does not.
    pub fn tls(config: Arc<ServerConfig>, behind: &str) -> Self {
        let behind = address(behind);
        Self::start(move |stream, _| inspect(stream, Arc::clone(&config), behind.clone()))
    }

    pub fn proxy(proxying: Proxying) -> Self {
        Self::start(move |stream, heads| proxy(stream, proxying.clone(), heads))
    }

    /// Its address for https.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Its address as a proxy.
    pub fn as_proxy(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The heads of all the requests that it got as a proxy.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("a lock").clone()
    }

    /// The first lines of them.
    pub fn asked(&self) -> Vec<String> {
        self.heads().iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect()
    }

    fn start<F>(serve: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("a listener can be non-blocking");
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (stop, stopped) = oneshot::channel();
        let kept = Arc::clone(&heads);
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                let accept = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(serve(stream, Arc::clone(&kept)));
                    }
                };
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        });
        Self { port, heads, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn proxy(mut stream: TcpStream, proxying: Proxying, heads: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    heads.lock().expect("a lock").push(head.clone());
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    match proxying {
        Proxying::Opens => open(stream, &target).await,
        Proxying::Asks(ref credentials) if authorization(&head) == Some(credentials) => {
            open(stream, &target).await
        }
        Proxying::Asks(_) => {
            stream
                .write_all(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\n\
                    Proxy-Authenticate: Basic realm=\"Contoso\"\r\nContent-Length: 0\r\n\r\n",
                )
                .await
        }
        Proxying::Inspects(config, behind) => {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            inspect(stream, config, address(&behind)).await
        }
        Proxying::Answers(answer) => stream.write_all(answer.as_bytes()).await,
        Proxying::Hangs => std::future::pending().await,
        Proxying::Resets => SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
    }
}

fn authorization(head: &str) -> Option<&str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization")).map(|(_, value)| value)
}

async fn open(mut stream: TcpStream, target: &str) -> io::Result<()> {
    let mut upstream = TcpStream::connect(target).await?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut stream, &mut upstream).await.map(drop)
}

async fn inspect(stream: TcpStream, config: Arc<ServerConfig>, behind: String) -> io::Result<()> {
    let mut stream = TlsAcceptor::from(config).accept(stream).await?;
    let mut upstream = TcpStream::connect(behind).await?;
    copy_bidirectional(&mut stream, &mut upstream).await.map(drop)
}

fn address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}
