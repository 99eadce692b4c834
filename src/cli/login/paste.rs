//! A browser anywhere: the person opens the address there, and brings back the one that the browser ended on.
//!
//! The loopback listens too, in case that browser reaches it after all: on this machine, or through a forwarded port.

use std::io::{ErrorKind, Read};
use std::pin::pin;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::hidden::Hidden;
use super::{SignIn, spoken};
use crate::auth;
use crate::auth::authorization_code::ResponseMode;
use crate::auth::loopback::callback::{Expected, Outcome};
use crate::auth::loopback::{Loopback, Page};
use crate::auth::pasted::{self, Unfit};
use crate::cli::terminal::Terminal;
use crate::session::Session;

const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// In IANA's dynamic range, where nothing is expected to listen: for the machine that lets nothing listen at all.
const SOME_PORT: u16 = 61_234;
/// A paste comes in one go, so what follows its line break within this is a part of it.
const REST_OF_A_PASTE: Duration = Duration::from_millis(200);
const LONGEST_PASTE: usize = 64 * 1024;

const INSTRUCTIONS: &str = "The browser then ends at an address that begins with http://localhost, most likely with a page that says it cannot connect. That is as it should be: copy that whole address, paste it here and press Enter. It is not shown.";

pub(super) async fn sign_in(sign_in: &SignIn<'_>) -> Result<Session> {
    let terminal = sign_in.context.terminal;
    let loopback = Loopback::open().await.inspect_err(|error| log::debug!("{error}")).ok();
    let port = loopback.as_ref().map_or(SOME_PORT, Loopback::port);
    let mode = ResponseMode::Query;
    let attempt = sign_in.attempt(format!("http://localhost:{port}"), mode)?;
    let expected =
        Expected { mode, state: attempt.state().to_owned(), authority: sign_in.authority.clone(), port };
    let limit = sign_in.arguments.timeout.unwrap_or(PATIENCE);

    // Before anybody is told to paste, since some are quick.
    let _hidden = Hidden::begin();
    terminal.must_know("To sign in, open this address in a browser on any machine:");
    terminal.must_know(attempt.url().as_str());
    terminal.must_know(INSTRUCTIONS);
    terminal.note(&format!("Waiting for that address, at most {} …", spoken(limit)));

    let heard = async {
        match loopback {
            Some(loopback) => loopback.wait(expected.clone(), limit, |event| sign_in.tell_event(event)).await,
            None => std::future::pending().await,
        }
    };
    let pasted = timeout(limit, pasted(&expected, terminal));
    tokio::select! {
        biased;
        pasted = pin!(pasted) => {
            let outcome = pasted.map_err(|_| auth::Error::NotBrought(limit))??;
            sign_in.redeem(attempt, &outcome).await
        }
        answer = pin!(heard) => {
            let answer = answer.map_err(|error| match error {
                auth::Error::Timeout(limit) => auth::Error::NotBrought(limit),
                other => other,
            })?;
            let redeemed = sign_in.redeem(attempt, &answer.outcome).await;
            answer.finish(if redeemed.is_ok() { Page::SignedIn } else { Page::Failed }).await;
            redeemed
        }
    }
}

/// Asks until the answer is pasted or nothing more can come.
async fn pasted(expected: &Expected, terminal: Terminal) -> Result<Outcome, auth::Error> {
    let mut input = Input::read_in_the_background();
    let mut last = Unfit::Empty;
    while let Some(text) = input.next().await {
        match text.and_then(|text| pasted::read(&text, expected)) {
            Ok(outcome) => return Ok(outcome),
            Err(unfit) => {
                last = unfit;
                terminal.must_know(&format!("That is not it: {unfit}. Paste the address again:"));
            }
        }
    }
    Err(auth::Error::NotPasted(last))
}

/// Standard input, read by a thread that nobody has to wait for.
struct Input {
    chunks: Receiver<Zeroizing<Vec<u8>>>,
    text: Zeroizing<Vec<u8>>,
    ended: bool,
}

impl Input {
    fn read_in_the_background() -> Self {
        let (sender, chunks) = mpsc::channel(1);
        thread::spawn(move || {
            let mut stdin = std::io::stdin().lock();
            loop {
                let mut chunk = Zeroizing::new(vec![0; 4096]);
                match stdin.read(&mut chunk) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => return,
                    Ok(length) => {
                        chunk.truncate(length);
                        if sender.blocking_send(chunk).is_err() {
                            return;
                        }
                    }
                }
            }
        });
        Self { chunks, text: Zeroizing::default(), ended: false }
    }

    /// The next paste: everything up to a line break after which nothing follows at once.
    async fn next(&mut self) -> Option<Result<Zeroizing<String>, Unfit>> {
        let mut is_whole = false;
        let mut is_too_long = false;
        while !self.ended {
            let chunk = if is_whole {
                match timeout(REST_OF_A_PASTE, self.chunks.recv()).await {
                    Ok(chunk) => chunk,
                    Err(_) => break,
                }
            } else {
                self.chunks.recv().await
            };
            match chunk {
                Some(chunk) => chunk.iter().for_each(|byte| self.take(*byte, &mut is_whole)),
                None => self.ended = true,
            }
            is_too_long |= self.text.len() > LONGEST_PASTE;
            if is_too_long {
                self.text.clear();
            }
        }
        if self.ended && self.text.is_empty() && !is_too_long {
            return None;
        }
        let text = Zeroizing::new(String::from_utf8_lossy(&self.text).into_owned());
        self.text.clear();
        Some(if is_too_long { Err(Unfit::TooLong) } else { Ok(text) })
    }

    /// What a terminal's line editing would do, which [`Hidden`] has taken away.
    fn take(&mut self, byte: u8, is_whole: &mut bool) {
        const END: u8 = 0x04;
        const BACKSPACE: u8 = 0x08;
        const ERASE_LINE: u8 = 0x15;
        const DELETE: u8 = 0x7f;
        match byte {
            END => self.ended = true,
            BACKSPACE | DELETE => drop(self.text.pop()),
            ERASE_LINE => self.text.clear(),
            b'\n' => {
                *is_whole = true;
                self.text.push(byte);
            }
            _ => self.text.push(byte),
        }
    }
}
