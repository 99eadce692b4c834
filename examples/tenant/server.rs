//! The port: connections in, answers out, and the faults that only a socket can show.

use std::convert::Infallible;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::DATE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Notify, oneshot};

use super::fault::{Fault, Outcome, Place, Wire};
use super::http::{self, Answer, Request};
use super::log::Recorded;
use super::retirement::Api;
use super::world::{Shared, World};
use super::{clock, defender, endpoint, entra, graph};

/// Serves until the owner drops his end of `stopped`. Returns with every connection closed.
pub fn run(listener: TcpListener, shared: &Arc<Shared>, stopped: oneshot::Receiver<()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a listener can be non-blocking");
        let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes the listener");
        tokio::select! {
            () = accept(&listener, shared) => {}
            _ = stopped => {}
        }
    });
}

async fn accept(listener: &tokio::net::TcpListener, shared: &Arc<Shared>) {
    for number in 1.. {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, number, Arc::clone(shared)))),
            // Too many open files, most likely: they pass when other connections end.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// One connection, with a second handle on its socket for what an HTTP library would never send.
struct Connection {
    number: usize,
    socket: Mutex<TcpStream>,
    cut: Notify,
    shared: Arc<Shared>,
}

async fn serve(stream: TcpStream, number: usize, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let Ok((stream, socket)) = second_handle(stream) else {
        return;
    };
    let connection = Arc::new(Connection { number, socket: Mutex::new(socket), cut: Notify::new(), shared });
    let exchanges = Arc::clone(&connection);
    let service = service_fn(move |request| {
        let connection = Arc::clone(&exchanges);
        async move { Ok::<_, Infallible>(connection.exchange(request).await) }
    });
    let serving = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = serving => {}
        () = connection.cut.notified() => {}
    }
}

fn second_handle(stream: TcpStream) -> std::io::Result<(TcpStream, TcpStream)> {
    let stream = stream.into_std()?;
    let second = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, TcpStream::from_std(second)?))
}

impl Connection {
    async fn exchange(&self, request: hyper::Request<Incoming>) -> Response<Full<Bytes>> {
        let Ok(request) = Request::read(request).await else {
            return http::html(StatusCode::PAYLOAD_TOO_LARGE, String::new()).map(Full::new);
        };
        let place = Place::of(&request.path);
        let (number, fault, delay) = self.arrived(&request, place);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let outcome = {
            let mut world = self.shared.lock();
            match &fault {
                Some(fault) => fault.strike(place, &request, &mut world),
                None => Outcome::Answer(respond(&request, &mut world)),
            }
        };
        match outcome {
            Outcome::Answer(mut answer) => {
                self.settled(number, Some(answer.status()));
                self.date(&mut answer);
                answer.map(Full::new)
            }
            Outcome::Wire(wire, answer) => {
                self.settled(number, answer.as_ref().map(Answer::status));
                self.misbehave(wire, answer).await
            }
        }
    }

    fn arrived(&self, request: &Request, place: Option<Place>) -> (usize, Option<Fault>, Duration) {
        let mut arrival = None;
        self.shared.log(|world| {
            world.requests += 1;
            let fault = place.and_then(|place| world.faults.meet(place));
            let mut recorded = Recorded::new(world.requests, self.number, request);
            recorded.fault = fault.as_ref().map(Fault::name);
            world.log.push(recorded);
            let thinking =
                if place == Some(Place::Token) { world.options.token_delay } else { Duration::ZERO };
            let delay = thinking + fault.as_ref().map_or(Duration::ZERO, Fault::delay);
            arrival = Some((world.requests, fault, delay));
        });
        arrival.expect("the closure has run")
    }

    fn settled(&self, number: usize, status: Option<StatusCode>) {
        self.shared.log(|world| {
            if let Some(recorded) = world.log.iter_mut().rev().find(|recorded| recorded.number == number) {
                recorded.status = status.map(|status| status.as_u16());
                recorded.settled = true;
            }
        });
    }

    fn date(&self, answer: &mut Answer) {
        let now = self.shared.lock().now();
        http::set(answer, DATE.as_str(), &clock::http(now));
    }

    /// Writes past the HTTP library, cuts the connection and never comes back: the caller ends with the connection.
    async fn misbehave(&self, wire: Wire, answer: Option<Answer>) -> ! {
        let mut socket = self.socket.lock().await;
        match (wire, answer) {
            (Wire::Silence, _) => std::future::pending().await,
            (Wire::Truncate, Some(answer)) => {
                let half = answer.body().len() / 2;
                let length = format!("content-length: {}", answer.body().len());
                let _ = socket.write_all(&head(&answer, &length)).await;
                let _ = socket.write_all(&answer.body()[..half]).await;
                let _ = socket.shutdown().await;
            }
            (Wire::Endless, Some(answer)) => {
                let _ = socket.write_all(&head(&answer, "transfer-encoding: chunked")).await;
                let _ = socket.write_all(&chunk(answer.body())).await;
                let more = chunk(&[b'a'; 1 << 14]);
                while socket.write_all(&more).await.is_ok() {}
            }
            // With nothing left to linger for, closing sends RST instead of FIN.
            _ => drop(SockRef::from(&*socket).set_linger(Some(Duration::ZERO))),
        }
        drop(socket);
        self.cut.notify_one();
        std::future::pending().await
    }
}

fn head(answer: &Answer, framing: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(framing.as_bytes());
    head.extend_from_slice(b"\r\n\r\n");
    head
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// What the healthy service answers.
pub fn respond(request: &Request, world: &mut World) -> Answer {
    let retired = world.options.retired.iter().find(|(api, _)| Api::of(&request.path) == Some(*api));
    if let Some((_, retirement)) = retired {
        return retirement.answer();
    }
    if let Some(resource) = request.path.strip_prefix("/api/") {
        if endpoint::serves(resource) {
            endpoint::respond(resource, request, world)
        } else {
            defender::respond(resource, request, world)
        }
    } else if graph::serves(&request.path) {
        graph::respond(request, world)
    } else {
        entra::respond(request, world)
    }
}
