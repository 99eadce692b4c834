//! The usual way: a browser on this machine, whose answer comes to the loopback.

use std::pin::pin;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::sync::oneshot;
use tokio::time::sleep;
use url::Url;

use super::args::Mode;
use super::environment::{Environment, POINT};
use super::{SignIn, spoken};
use crate::auth::authorization_code::ResponseMode;
use crate::auth::browser;
use crate::auth::loopback::callback::Expected;
use crate::auth::loopback::{Loopback, Page};
use crate::session::Session;

const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// Nobody who reads a page needs so long to see that it is the wrong one.
const SILENCE: Duration = Duration::from_secs(20);
/// A browser that starts and then fails has been seen by the person.
const AT_ONCE: Duration = Duration::from_secs(10);

pub(super) async fn sign_in(sign_in: &SignIn<'_>, environment: Environment) -> Result<Session> {
    let terminal = sign_in.context.terminal;
    let mode = match sign_in.arguments.response_mode {
        None | Some(Mode::FormPost) => ResponseMode::FormPost,
        Some(Mode::Query) => ResponseMode::Query,
    };
    let loopback = Loopback::open().await?;
    let port = loopback.port();
    let attempt = sign_in.attempt(loopback.redirect_uri(), mode)?;
    let expected =
        Expected { mode, state: attempt.state().to_owned(), authority: sign_in.authority.clone(), port };
    let limit = sign_in.arguments.timeout.unwrap_or(PATIENCE);

    let place = if environment.has_browser() { " on this machine" } else { "" };
    terminal.must_know(&format!("To sign in, open this address in a browser{place}:"));
    terminal.must_know(attempt.url().as_str());
    let failure = open(sign_in, environment, attempt.url());
    terminal.note(&format!("Waiting for the browser, at most {} …", spoken(limit)));

    let mut answer = pin!(loopback.wait(expected, limit, |event| sign_in.tell_event(event)));
    let mut failure = pin!(async {
        match failure.await {
            Ok(reason) => reason,
            Err(_) => std::future::pending().await,
        }
    });
    let mut silence = pin!(sleep(SILENCE));
    let (mut told, mut advised) = (false, false);
    let answer = loop {
        tokio::select! {
            biased;
            answer = &mut answer => break answer?,
            reason = &mut failure, if !told => {
                told = true;
                terminal.warn(&format!("no browser could be opened ({reason}); open the address yourself"));
            }
            () = &mut silence, if !advised => {
                advised = true;
                for line in environment.advice(port) {
                    match line.strip_prefix(POINT) {
                        Some(text) => terminal.labelled(POINT, text),
                        None => terminal.note(&line),
                    }
                }
            }
        }
    };
    log::info!("the browser has brought an answer");

    let redeemed = sign_in.redeem(attempt, &answer.outcome).await;
    let page = if redeemed.is_ok() { Page::SignedIn } else { Page::Failed };
    answer.finish(page).await;
    redeemed
}

/// How the browser command has ended, if that was a failure and too soon to have shown anything. Some commands end only
/// with the browser, and how they do that says nothing.
fn failed_at_once(mut child: Child) -> Option<ExitStatus> {
    let started = Instant::now();
    let status = child.wait().ok()?;
    (!status.success() && started.elapsed() < AT_ONCE).then_some(status)
}

/// Opens the browser, unless there is none or none is wanted; the receiver hears why that has failed.
fn open(sign_in: &SignIn, environment: Environment, url: &Url) -> oneshot::Receiver<String> {
    let (failed, failure) = oneshot::channel();
    if sign_in.arguments.no_browser {
        return failure;
    }
    let opened = match &sign_in.context.settings.browser {
        Some(command) => match browser::open_with(&command.value, url) {
            Ok(child) => {
                let command = command.value.clone();
                thread::spawn(move || {
                    if let Some(status) = failed_at_once(child) {
                        let _ = failed.send(format!("{command:?} has ended with {status}"));
                    }
                });
                return failure;
            }
            Err(error) => Err(format!("{:?} cannot be started: {error}", command.value)),
        },
        None if environment == Environment::Wsl => {
            let url = url.clone();
            // Windows takes its time, and the answer must not wait for that.
            thread::spawn(move || {
                if let Err(error) = browser::open_in_windows(&url) {
                    let _ = failed.send(format!("Windows has none to give: {error}"));
                }
            });
            return failure;
        }
        None if environment.has_browser() => {
            // The opener's own words repeat the whole address.
            browser::open(url).map_err(|_| "this machine has none that can be opened".to_owned())
        }
        None => return failure,
    };
    if let Err(reason) = opened {
        let _ = failed.send(reason);
    }
    failure
}
