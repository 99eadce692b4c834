//! The gate: what stands on the loopback's two addresses and lets only whole, small requests through.
//!
//! `tiny_http` has no limits of its own: an idle socket keeps one of its threads, a header without end its
//! memory, and a burst of sockets its queue. So the gate reads each request first, within limits and on one
//! thread for all, and hands `tiny_http` nothing but complete ones. Nobody can block anybody else: each socket
//! has its own deadline, and when there are too many the oldest that still has not asked anything goes.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oauth2::CsrfToken;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::Event;
use super::backend::Address;
use super::whole_request::{self, Refusal};

/// For each of the two addresses: with the requests under way they have to fit into the 256 files that a
/// process may have open on macOS, since `tiny_http` does not survive running out of them.
const MAX_SOCKETS: usize = 48;
/// Requests at `tiny_http` at a time; each is answered within milliseconds, but for the true one.
const MAX_REQUESTS: usize = 8;
/// From the connection to the end of the request; browsers on the same machine need milliseconds.
const DEADLINE: Duration = Duration::from_secs(5);
/// When the system has no socket to give, another look is worth it only a moment later.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(20);

/// Resolves when the answer to a request has reached its client, or cannot.
pub(super) type Sent = oneshot::Receiver<()>;

/// The header by which the gate marks what it lets through.
pub(super) const TICKET: &str = "m365d-ticket";
const TICKET_BYTES: u32 = 16;

/// The tickets of the requests that are with `tiny_http`. Nobody else can know one, so a request without is not
/// the gate's.
#[derive(Debug, Clone, Default)]
pub(super) struct Admitted(Arc<Mutex<HashMap<String, Sent>>>);

impl Admitted {
    /// What a ticket was given out for; it is good for once.
    pub(super) fn take(&self, ticket: &str) -> Option<Sent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(ticket)
    }

    fn give(&self, sent: Sent) -> String {
        let ticket = CsrfToken::new_random_len(TICKET_BYTES).into_secret();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket.clone(), sent);
        ticket
    }
}

/// Lets requests from `listener` through to `backend`, for ever; `events` is told what a person may want to know about
/// those that it does not.
pub(super) async fn keep(
    listener: TcpListener,
    backend: Address,
    admitted: Admitted,
    events: UnboundedSender<Event>,
) {
    let mut sockets: VecDeque<AbortHandle> = VecDeque::new();
    let requests = Arc::new(Semaphore::new(MAX_REQUESTS));
    loop {
        let Ok((client, _)) = listener.accept().await else {
            sleep(OUT_OF_SOCKETS).await;
            continue;
        };
        sockets.retain(|socket| !socket.is_finished());
        if sockets.len() >= MAX_SOCKETS
            && let Some(oldest) = sockets.pop_front()
        {
            oldest.abort();
        }
        let (backend, admitted) = (backend.clone(), admitted.clone());
        let (requests, events) = (Arc::clone(&requests), events.clone());
        let reading = tokio::spawn(async move {
            let mut client = client;
            if let Some(request) = read(&mut client, &events).await {
                let one_of_few = requests.acquire_owned().await;
                // From here on no newcomer takes its place.
                tokio::spawn(async move {
                    let _one_of_few = one_of_few;
                    relay(client, request, backend, admitted).await
                });
            }
        });
        sockets.push_back(reading.abort_handle());
    }
}

/// Reads one whole request; a refusal is answered here and gives `None`.
async fn read(client: &mut TcpStream, events: &UnboundedSender<Event>) -> Option<Vec<u8>> {
    let refusal = match timeout(DEADLINE, whole_request::read(client)).await {
        Ok(Ok(request)) => return Some(request),
        Ok(Err(Refusal::Gone)) => return None,
        Ok(Err(Refusal::Tls)) => {
            let _ = events.send(Event::TlsHello);
            "400 Bad Request"
        }
        Ok(Err(Refusal::Bad)) => "400 Bad Request",
        Ok(Err(Refusal::LongHead)) => {
            let _ = events.send(Event::LongHead);
            "431 Request Header Fields Too Large"
        }
        Ok(Err(Refusal::LongBody)) => "413 Content Too Large",
        Err(_) => "408 Request Timeout",
    };
    let answer = format!("HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = client.write_all(answer.as_bytes()).await;
    let _ = client.shutdown().await;
    None
}

async fn relay(client: TcpStream, request: Vec<u8>, backend: Address, admitted: Admitted) -> io::Result<()> {
    match backend {
        #[cfg(unix)]
        Address::Private(path) => {
            exchange(client, UnixStream::connect(path).await?, &request, &admitted).await
        }
        Address::Port(address) => {
            exchange(client, TcpStream::connect(address).await?, &request, &admitted).await
        }
    }
}

async fn exchange(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
    admitted: &Admitted,
) -> io::Result<()> {
    let (_dropped_at_the_end, sent) = oneshot::channel();
    let ticket = admitted.give(sent);
    let passed = pass(client, server, request, &ticket).await;
    // Of a request that `tiny_http` has refused, nobody else does.
    drop(admitted.take(&ticket));
    passed
}

async fn pass(
    mut client: TcpStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
    ticket: &str,
) -> io::Result<()> {
    let end_of_line = request.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    // The client's own of that name, if there was one, is none of those that are passed on.
    let ticket = format!("{TICKET}: {ticket}\r\n");
    let request = [&request[..end_of_line], ticket.as_bytes(), &request[end_of_line..]].concat();
    let sent = async {
        server.write_all(&request).await?;
        // Without this, tiny_http would wait for a next request and keep the connection.
        server.shutdown().await
    }
    .await;
    // What tiny_http refuses it answers, and closes, without having read to the end.
    if copy(&mut server, &mut client).await? == 0 {
        sent?;
    }
    client.shutdown().await
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::AsyncReadExt;

    use super::super::backend::Backend;
    use super::*;

    #[tokio::test]
    async fn the_ticket_of_a_request_that_the_server_refuses_is_not_kept() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut browser = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (client, _) = listener.accept().await.unwrap();
        // A line feed alone ends a line as well (RFC 9112 section 2.2), but not for `tiny_http`.
        let request = b"GET / HTTP/1.1\n\n".to_vec();
        let (backend, admitted) = (Backend::start().unwrap(), Admitted::default());
        relay(client, request, backend.address.clone(), admitted.clone()).await.unwrap();
        let mut answer = String::new();
        browser.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(admitted.0.lock().unwrap().is_empty());
    }
}
