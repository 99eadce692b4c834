//! `m365d api METHOD PATH`: any request of the API, with the right token and nobody else's.

mod body;
mod failure;
mod header;
mod target;

use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::Result;
use reqwest::Method;
use reqwest::header::HeaderValue;
use url::Url;

use super::args::{Api, OutputFormat};
use super::connection::{Connection, SessionClient};
use super::context::Context;
use super::report;
use crate::api::{self, Collection, Request};
use crate::http;
use crate::output::{Format, Sink};
pub(super) use failure::{Failure, Refused, hint};

const STDOUT_BUFFER: usize = 64 * 1024;

pub(super) fn run(context: &Context, arguments: &Api) -> Result<()> {
    let format = format(context.output, arguments.paginate)?;
    let mut application = context.settings.application()?;
    let (base, url) = target::resolve(&arguments.path, &application)?;
    application.api_url = base;
    let request = request(arguments, url)?;
    let outcome = Connection::new(context, &application, arguments.max_wait).run(async |client, _| {
        let out = BufWriter::with_capacity(STDOUT_BUFFER, io::stdout().lock());
        if arguments.paginate {
            print_items(client, request.clone(), Sink::new(format, &[], 0, out)).await
        } else {
            print_answer(client, &request, out).await
        }
    });
    outcome.map_err(|error| {
        let may_be_done = !request.is_safe() && is_open(&error);
        if may_be_done && !report::is_closed_pipe(&error) {
            context.terminal.warn(&format!(
                "whether {} has done it is not known: look before you send it again",
                application.service
            ));
        }
        match error.downcast::<api::Error>() {
            Ok(error) => Refused(error).into(),
            Err(error) => error,
        }
    })
}

/// Whether the request may have had its effect although it failed.
fn is_open(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(
            api::Error::Http(http::Error::Network { .. })
                | api::Error::Failed(_)
                | api::Error::NotTheApi { .. }
        )
    )
}

fn request(arguments: &Api, url: Url) -> Result<Request, Failure> {
    let method = Method::from_bytes(arguments.method.to_ascii_uppercase().as_bytes()).unwrap_or_default();
    let has_body = method != Method::GET && method != Method::HEAD;
    let body = body::read(arguments)?;
    if arguments.paginate && method != Method::GET {
        return Err(Failure::Paginate);
    }
    let mut request = Request::new(method, url);
    match body {
        Some(_) if !has_body => return Err(Failure::NoBody(request.method().clone())),
        Some(bytes) => {
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            request = request.bytes(bytes, json);
        }
        None => {}
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

async fn print_answer(client: &SessionClient<'_>, request: &Request, mut out: impl Write) -> Result<()> {
    let answer = client.open(request).await?;
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
) -> Result<()> {
    let mut pages = Collection::new(client, first);
    while let Some(page) = pages.next().await? {
        for item in page.items() {
            sink.push(item, |_| String::new())?;
        }
        sink.flush()?;
        client.recycle(page.into_bytes());
    }
    Ok(sink.finish()?)
}
