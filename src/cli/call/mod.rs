//! `m365d api METHOD PATH`: any request of the API, with the right token and nobody else's.

pub(super) mod args;
mod body;
mod failure;
mod header;
mod target;

use std::cell::Cell;
use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::Result;
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, HeaderValue};
use url::Url;

use super::connection::{Connection, SessionClient};
use super::context::Context;
use super::runtime::Interrupted;
use super::value::OutputFormat;
use super::written::Unwritten;
use super::{dry_run, terminal};
use crate::api::{self, Answer, Collection, Request};
use crate::output::{Format, Sink};
use crate::token::Service;
use args::Api;
use failure::LOOK_FIRST;
pub(super) use failure::{Failure, Refused, hint};

const STDOUT_BUFFER: usize = 64 * 1024;
/// The most incidents that Defender gives at once, and as many if nobody says how many.
const USUAL_PAGE: usize = 100;

pub(super) fn run(context: &Context, arguments: &Api) -> Result<()> {
    let format =
        if arguments.dry_run { context.format() } else { format(context.output, arguments.paginate)? };
    let mut application = context.settings.application()?;
    let (base, url) = target::resolve(&arguments.path, &application)?;
    application.api_url = base;
    let request = request(arguments, url)?;
    if arguments.dry_run {
        return dry_run::print(context, [request]);
    }
    let (has_begun, has_answered) = (Cell::new(false), Cell::new(false));
    let outcome = Connection::new(context, &application, arguments.max_wait).run(async |client, _| {
        has_begun.set(true);
        let out = BufWriter::with_capacity(STDOUT_BUFFER, terminal::stdout(Format::Json));
        if arguments.paginate {
            let sink = Sink::new(format, &[], 0, out);
            let may_end_early = print_items(client, request.clone(), sink).await?;
            if may_end_early && application.service != Service::Graph {
                context.terminal.warn(&format!(
                    "the one page has as many items as a page may have, and no link to another, which {} does not send: \
                     {} to read on",
                    application.service,
                    way_on(request.url())
                ));
            }
            Ok(())
        } else {
            let answer = client.open(&request).await?;
            has_answered.set(true);
            print_answer(answer, out).await
        }
    });
    let changes = !request.is_safe();
    outcome.map_err(|error| match error.downcast::<api::Error>() {
        Ok(error) => {
            let is_open = changes && !has_answered.get() && error.is_unclear();
            let path_of = target::service_of(request.url().path(), &application);
            Refused { error, is_open, path_of }.into()
        }
        Err(error) if changes && has_answered.get() && !terminal::is_closed_pipe(&error) => {
            match error.downcast::<io::Error>() {
                Ok(error) => Unwritten::new(error, None, Vec::new()).into(),
                Err(error) => error,
            }
        }
        Err(error) => {
            if changes && error.is::<Interrupted>() && has_begun.get() && !has_answered.get() {
                let unknown = "interrupted: it is not known whether this was done";
                context.terminal.error(unknown, None, Some(LOOK_FIRST));
            }
            error
        }
    })
}

fn request(arguments: &Api, url: Url) -> Result<Request, Failure> {
    let method = Method::from_bytes(arguments.method.to_ascii_uppercase().as_bytes()).unwrap_or_default();
    let has_body = method != Method::GET && method != Method::HEAD;
    if arguments.paginate && method != Method::GET {
        return Err(Failure::Paginate);
    }
    let is_given =
        arguments.input.is_some() || !arguments.fields.is_empty() || !arguments.raw_fields.is_empty();
    if is_given && !has_body {
        return Err(Failure::NoBody(method));
    }
    let mut request = Request::new(method, url);
    if let Some(bytes) = body::read(arguments)? {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        request = request.bytes(bytes, json);
    } else if has_body && request.method() != Method::DELETE {
        // RFC 9110 section 8.6; some servers want to be told that there is nothing (HTTP 411).
        request = request.with(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    for (name, value) in &header::read_all(&arguments.headers)? {
        request = request.with(name.clone(), value.clone());
    }
    Ok(request)
}

/// What is printed is the service's; only the items of several pages have a form of our own.
fn format(wanted: Option<OutputFormat>, paginate: bool) -> Result<Format, Failure> {
    match wanted {
        None | Some(OutputFormat::Json) => Ok(Format::Json),
        Some(OutputFormat::Ndjson) if paginate => Ok(Format::Ndjson),
        Some(_) => Err(Failure::Format),
    }
}

async fn print_answer(answer: Answer, mut out: impl Write) -> Result<()> {
    let mut last = b'\n';
    answer
        .read(|piece| {
            last = piece.last().copied().unwrap_or(last);
            out.write_all(piece)?;
            anyhow::Ok(())
        })
        .await?;
    if last != b'\n' && io::stdout().is_terminal() {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

async fn print_items(
    client: &SessionClient<'_>,
    first: Request,
    mut sink: Sink<'_, impl Write>,
) -> Result<bool> {
    let most = asked_for(first.url());
    let (mut count, mut last) = (0, 0);
    let mut pages = Collection::new(client, first);
    while let Some(page) = pages.next().await? {
        for item in page.items() {
            sink.push(item, |_| String::new())?;
        }
        sink.flush()?;
        (count, last) = (count + 1, page.len());
        client.recycle(page.into_bytes());
    }
    sink.finish()?;
    Ok(count == 1 && last >= most)
}

/// How many items a page at `url` has at most: what `$top` says, or what Defender gives without one.
/// (<https://learn.microsoft.com/defender-xdr/api-list-incidents>)
fn asked_for(url: &Url) -> usize {
    let top = url.query_pairs().find(|(name, _)| name == "$top").and_then(|(_, top)| top.parse().ok());
    top.unwrap_or(USUAL_PAGE)
}

fn way_on(url: &Url) -> &'static str {
    if url.path().ends_with("/api/incidents") {
        "m365d incidents list --all reads every page; here add $skip to the path"
    } else {
        "add $skip to the path"
    }
}
