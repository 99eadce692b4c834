//! The loopback redirect (RFC 8252 section 7.3): listens on both families at one random port and waits for
//! the true answer, whatever else comes in.
//!
//! Entra ID ignores the port only for the name `localhost`, and a browser may take that for 127.0.0.1 or for
//! `::1`, so both addresses are listened on. The port is closed when the [`Loopback`] is dropped.

mod backend;
pub mod callback;
mod gate;
mod page;
pub mod whole_request;

use std::io::{self, ErrorKind, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tiny_http::Request;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Error;
use backend::Backend;
use callback::{Expected, Outcome, Verdict};
use gate::{Admitted, Sent};
pub use page::Page;

const PAIRS_TO_TRY: u32 = 10;
/// How long the browser gets to fetch its last page.
const FAREWELL: Duration = Duration::from_secs(2);

/// An open port on this machine.
#[derive(Debug)]
pub struct Loopback {
    port: u16,
    listeners: Vec<TcpListener>,
}

/// The true answer, and the browser that waits for its page.
pub struct Answer {
    /// The code, or the authority's refusal.
    pub outcome: Outcome,
    reply: Reply,
    open: Open,
}

/// What a person at the terminal may want to know while nothing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody speaks TLS to the port: most likely the browser, which insists on https for `localhost`.
    TlsHello,
    /// A request was refused for the length of its head: most likely a browser's, with cookies that other programs have
    /// set for `localhost`.
    LongHead,
    /// An answer to this very sign-in names another authority (RFC 9207).
    ForeignIssuer,
}

/// What keeps the port open; dropping it closes the port.
struct Open {
    backend: Backend,
    gates: Vec<JoinHandle<()>>,
    page: Arc<Mutex<Option<Page>>>,
    done: mpsc::Receiver<Sent>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gates.iter().for_each(JoinHandle::abort);
        self.backend.server.unblock();
    }
}

impl Loopback {
    /// Opens a random free port on 127.0.0.1 and, where the machine has IPv6, the same one on `::1`.
    ///
    /// # Errors
    /// [`Error::Listen`] when there is no such port.
    pub async fn open() -> Result<Self, Error> {
        // Held on to, or the system might hand out the same port again.
        let mut half_taken = Vec::new();
        let mut last = io::Error::from(ErrorKind::AddrInUse);
        for _ in 0..PAIRS_TO_TRY {
            let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Error::Listen)?;
            let port = v4.local_addr().map_err(Error::Listen)?.port();
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(v6) => return Ok(Self { port, listeners: vec![v4, v6] }),
                Err(error) if is_taken(&error) => {
                    log::debug!("port {port} is taken on ::1");
                    half_taken.push(v4);
                    last = error;
                }
                Err(error) => {
                    log::debug!("no IPv6 loopback here: {error}");
                    return Ok(Self { port, listeners: vec![v4] });
                }
            }
        }
        Err(Error::Listen(last))
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the authority shall send the browser.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for the answer; `observer` is told what else happens, each [`Event`] once.
    ///
    /// # Errors
    /// [`Error::Timeout`] when it does not come within `limit`, [`Error::Listen`] when the listener breaks.
    pub async fn wait(
        self,
        expected: Expected,
        limit: Duration,
        mut observer: impl FnMut(Event),
    ) -> Result<Answer, Error> {
        let backend = Backend::start().map_err(Error::Listen)?;
        let server = Arc::clone(&backend.server);
        let admitted = Admitted::default();
        let (events, mut noticed) = mpsc::unbounded_channel();
        let gates = self
            .listeners
            .into_iter()
            .map(|listener| {
                tokio::spawn(gate::keep(listener, backend.address.clone(), admitted.clone(), events.clone()))
            })
            .collect();

        let (answer, answered) = oneshot::channel();
        let (dones, done) = mpsc::channel(1);
        let page = Arc::new(Mutex::new(None));
        let open = Open { backend, gates, page: Arc::clone(&page), done };
        let mut waiting = Waiting { expected, answer: Some(answer), page, dones, events };
        thread::spawn(move || {
            for request in server.incoming_requests() {
                let ticket = request.headers().iter().find(|header| header.field.equiv(gate::TICKET));
                let sent = ticket.and_then(|header| admitted.take(header.value.as_str()));
                match sent {
                    Some(sent) => waiting.serve(request, sent),
                    // A neighbour's: dropping it waits for the rest of its body, which nobody else should do.
                    None => drop(thread::spawn(move || drop(request))),
                }
            }
        });

        let mut answered = pin!(timeout(limit, answered));
        let mut told = Vec::new();
        let answered = loop {
            tokio::select! {
                biased;
                answered = &mut answered => break answered,
                Some(event) = noticed.recv() => if !told.contains(&event) {
                    told.push(event);
                    observer(event);
                }
            }
        };
        match answered {
            Ok(Ok((outcome, reply))) => Ok(Answer { outcome, reply, open }),
            Ok(Err(_)) => Err(Error::Listen(ErrorKind::BrokenPipe.into())),
            Err(_) => Err(Error::Timeout(limit)),
        }
    }
}

impl Answer {
    /// Shows the browser how the sign-in ended, and closes the port once it has seen it.
    pub async fn finish(mut self, page: Page) {
        *self.open.page.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
        let sent = self.reply.send();
        let _ = timeout(FAREWELL, async {
            let _ = sent.await;
            if let Some(sent) = self.open.done.recv().await {
                let _ = sent.await;
            }
        })
        .await;
    }
}

/// The thread that answers requests while somebody waits.
struct Waiting {
    expected: Expected,
    answer: Option<oneshot::Sender<(Outcome, Reply)>>,
    page: Arc<Mutex<Option<Page>>>,
    dones: mpsc::Sender<Sent>,
    events: mpsc::UnboundedSender<Event>,
}

impl Waiting {
    fn serve(&mut self, mut request: Request, sent: Sent) {
        let mut body = Vec::new();
        if request.as_reader().read_to_end(&mut body).is_err() {
            return;
        }
        match self.judge(&request, &body) {
            // An answer is used once; a repetition is a stray request.
            Verdict::Answer(outcome) => match self.answer.take() {
                Some(answer) => drop(answer.send((outcome, Reply { request, sent }))),
                None => respond(request, 404, "", ""),
            },
            Verdict::Done => {
                let page = *self.page.lock().unwrap_or_else(PoisonError::into_inner);
                match page {
                    Some(page) => {
                        respond(request, 200, "", &page.html());
                        let _ = self.dones.try_send(sent);
                    }
                    None => respond(request, 404, "", ""),
                }
            }
            Verdict::ForeignIssuer => {
                let _ = self.events.send(Event::ForeignIssuer);
                respond(request, 400, "", "");
            }
            Verdict::Stray(status) => {
                log::debug!("a stray request on the loopback, answered with {status}");
                respond(request, status, "", "");
            }
        }
    }

    fn judge(&self, request: &Request, body: &[u8]) -> Verdict {
        let headers = request.headers().iter();
        self.expected.judge(&callback::Request {
            method: request.method().as_str(),
            target: request.url(),
            headers: headers.map(|header| (header.field.as_str().as_str(), header.value.as_str())).collect(),
            body,
        })
    }
}

/// The browser that brought the answer, kept waiting until the tokens are here.
struct Reply {
    request: Request,
    sent: Sent,
}

impl Reply {
    /// The page is shown at another address: in query mode the code must not stay in the address bar, and of a form
    /// a browser keeps what was posted, on its disk too, to post it again when the page is reloaded.
    fn send(self) -> Sent {
        respond(self.request, 303, &format!("Location: {}\r\n", callback::DONE), "");
        self.sent
    }
}

/// `tiny_http` strips `Connection: close` from its responses, which would keep the browser's socket, so the
/// response is written by hand.
fn respond(request: Request, status: u16, header: &str, html: &str) {
    let reason = tiny_http::StatusCode(status).default_reason_phrase();
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n{header}{}\r\n",
        html.len(),
        Page::headers(),
    );
    let mut writer = request.into_writer();
    // A browser that has gone needs no page.
    let _ = writer
        .write_all(head.as_bytes())
        .and_then(|()| writer.write_all(html.as_bytes()))
        .and_then(|()| writer.flush());
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied)
}
