//! A browser without a person: it opens the address, presses the buttons that a person would press, and carries the
//! answer to the program that waits for it, with the headers that Chromium sends.
//!
//! It reads the pages of this tenant and none else.

use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use reqwest::header::{CONTENT_TYPE, LOCATION, ORIGIN};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use url::{Url, form_urlencoded};

/// A person sees no more pages than this between the address and the end.
const MOST_PAGES: usize = 10;

/// Where the journey ended.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub html: String,
}

impl Page {
    /// What the tenant says is wrong.
    fn problem(&self) -> Option<String> {
        let (_, text) = self.html.split_once("<p>AADSTS")?;
        Some(format!("AADSTS{}", unescape(text.split_once('<')?.0)))
    }
}

/// What the person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Signs in and accepts what is asked.
    Accept,
    /// Signs in and declines on the consent page, if there is one.
    Decline,
    /// Presses *Cancel* on the first page.
    Cancel,
}

/// Signs in as a person who agrees to everything.
///
/// # Errors
/// When a server does not answer, or shows pages without end. A page that reports a problem is a page like others.
pub fn sign_in(url: &str) -> anyhow::Result<Page> {
    visit(url, Decision::Accept)
}

/// Opens the page where a device's code is entered, enters it and decides as told.
///
/// # Errors
/// As [`sign_in`].
pub fn enter_code(url: &str, code: &str, decision: Decision) -> anyhow::Result<Page> {
    journey(url, &Person { code: Some(code), decision, user: None })
}

/// Opens the address and decides as told.
///
/// # Errors
/// As [`sign_in`].
pub fn visit(url: &str, decision: Decision) -> anyhow::Result<Page> {
    journey(url, &Person { code: None, decision, user: None })
}

/// Who sits there, and what they have in mind.
struct Person<'a> {
    code: Option<&'a str>,
    decision: Decision,
    /// Whoever the page proposes when absent.
    user: Option<&'a str>,
}

fn journey(url: &str, person: &Person<'_>) -> anyhow::Result<Page> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // The address in an error would carry the code.
    let travelled = runtime.block_on(travel(url, person));
    travelled.map_err(|error| match error.downcast::<reqwest::Error>() {
        Ok(error) => error.without_url().into(),
        Err(other) => other,
    })
}

async fn travel(url: &str, person: &Person<'_>) -> anyhow::Result<Page> {
    let client =
        Client::builder().redirect(Policy::none()).no_proxy().timeout(Duration::from_secs(60)).build()?;
    let navigate = |request: RequestBuilder| {
        request
            .header(
                "user-agent",
                "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like \
                Gecko) Chrome/140.0.0.0 Safari/537.36",
            )
            .header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
            .header("accept-language", "en-GB,en;q=0.9")
            .header("upgrade-insecure-requests", "1")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
    };
    let url = Url::parse(url).context("the address to open")?;
    let mut response =
        navigate(client.get(url).header("sec-fetch-site", "none").header("sec-fetch-user", "?1"))
            .send()
            .await?;
    for _ in 0..MOST_PAGES {
        if let Some(next) = redirect(&response)? {
            let site = site(response.url(), &next);
            response = navigate(client.get(next).header("sec-fetch-site", site)).send().await?;
            continue;
        }
        let (url, status) = (response.url().clone(), response.status());
        let html = response.text().await?;
        let Some(form) = Form::find(&html).filter(|_| status != StatusCode::NOT_FOUND) else {
            return Ok(Page { url, status: status.as_u16(), html });
        };
        let action = url.join(&form.action)?;
        let site = site(&url, &action);
        // From https to a loopback address the origin is withheld, so a client never sees Entra ID's.
        let origin =
            if site == "same-origin" { url.origin().ascii_serialization() } else { "null".to_owned() };
        let body =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(form.filled(person)?).finish();
        let request = client.post(action).header(ORIGIN, origin).header("sec-fetch-site", site);
        response = navigate(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body))
            .send()
            .await?;
    }
    bail!("more than {MOST_PAGES} pages")
}

fn redirect(response: &Response) -> anyhow::Result<Option<Url>> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
    location.map(|location| Ok(response.url().join(location.to_str()?)?)).transpose()
}

fn site(from: &Url, to: &Url) -> &'static str {
    if from.origin() == to.origin() { "same-origin" } else { "cross-site" }
}

/// The form of a page: there is one at most.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
    /// Whom a page proposes to sign in as.
    proposed: Option<String>,
    /// A script submits it as soon as the page is there.
    automatic: bool,
}

impl Form {
    fn find(html: &str) -> Option<Self> {
        let (tag, rest) = html.split_once("<form ")?.1.split_once('>')?;
        let (inside, after) = rest.split_once("</form>")?;
        let named = |element: &str| -> Vec<(String, String)> {
            let tags = inside.split(element).skip(1).filter_map(|tag| tag.split_once('>'));
            tags.filter_map(|(tag, _)| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect()
        };
        Some(Self {
            action: attribute(tag, "action")?,
            proposed: html
                .split_once("</strong> (")
                .and_then(|(_, rest)| Some(rest.split_once(')')?.0.to_owned())),
            fields: named("<input "),
            buttons: named("<button "),
            automatic: after.contains("document.forms[0].submit()"),
        })
    }

    /// The fields that are sent, among them the button pressed.
    fn filled(&self, person: &Person<'_>) -> anyhow::Result<Vec<(String, String)>> {
        let &Person { code, decision, user } = person;
        let other = user.filter(|user| self.proposed.as_deref().is_some_and(|proposed| proposed != *user));
        let offers = |press: &str| self.buttons.iter().any(|(_, value)| value == press);
        let mut fields = self.fields.clone();
        if let (Some((_, entered)), Some(code)) = (fields.iter_mut().find(|(name, _)| name == "otc"), code) {
            code.clone_into(entered);
        }
        if self.automatic {
            return Ok(fields);
        }
        let wanted: &[&str] = match decision {
            _ if offers("next") => &["next"],
            Decision::Accept | Decision::Decline if other.is_some() => &[other.unwrap_or_default()],
            Decision::Accept => &["sign-in", "accept"],
            Decision::Decline if offers("sign-in") => &["sign-in"],
            Decision::Decline | Decision::Cancel => &["cancel"],
        };
        let button = self.buttons.iter().find(|(_, value)| wanted.contains(&value.as_str()));
        fields.push(button.context("the page has no such button")?.clone());
        Ok(fields)
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, value) = tag.split_once(&format!("{name}=\""))?;
    Some(unescape(value.split_once('"')?.0))
}

fn unescape(html: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#13;", "\r"),
        ("&#10;", "\n"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(html.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

/// What a program can do in place of a browser.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Sign in at the address without a person
    Browse {
        /// Decline on the consent page
        #[arg(long, conflicts_with = "cancel")]
        decline: bool,
        /// Press Cancel instead of signing in
        #[arg(long)]
        cancel: bool,
        /// Enter this code where one is asked for
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
        /// Sign in as this user of the tenant
        #[arg(long, value_name = "UPN")]
        user: Option<String>,
        url: String,
    },
    /// Only note, by creating the file, that a browser was asked for
    Opened { file: PathBuf, url: String },
}

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    act: Act,
}

impl Act {
    /// # Errors
    /// When the sign-in did not come to an end, or the file cannot be created.
    pub fn perform(&self) -> anyhow::Result<()> {
        match self {
            Self::Browse { decline, cancel, code, user, url } => {
                let decision = match (decline, cancel) {
                    (true, _) => Decision::Decline,
                    (_, true) => Decision::Cancel,
                    _ => Decision::Accept,
                };
                let page = journey(url, &Person { code: code.as_deref(), decision, user: user.as_deref() })?;
                anyhow::ensure!(
                    page.status < 400,
                    "{} answered {}{}",
                    page.url.host_str().unwrap_or_default(),
                    page.status,
                    page.problem().map(|problem| format!(": {problem}")).unwrap_or_default()
                );
                Ok(())
            }
            Self::Opened { file, .. } => {
                File::create(file).with_context(|| format!("cannot create {}", file.display()))?;
                Ok(())
            }
        }
    }
}

/// For a program that is also its own browser: performs `browse` or `opened` when the first argument asks for it. The
/// arguments are without the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    arguments.first().filter(|first| *first == "browse" || *first == "opened")?;
    let outcome = Arguments::try_parse_from(["browser".into()].into_iter().chain(arguments))
        .map_err(anyhow::Error::from)
        .and_then(|parsed| parsed.act.perform());
    Some(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("browser: {error:#}");
            ExitCode::FAILURE
        }
    })
}
