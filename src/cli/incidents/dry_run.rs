//! `m365d incidents update --dry-run`: the requests, byte by byte but for the access token, and none is sent.

use std::io::{self, Write};

use anyhow::Result;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::args::Changes;
use super::update::change;
use crate::api::{self, Request};
use crate::cli::context::Context;
use crate::output::{Column, Format, Sink};

const COLUMNS: &[Column] = &[Column::csv_only("method"), Column::csv_only("url"), Column::csv_only("body")];

/// A request as JSON.
#[derive(serde::Serialize)]
struct Printed<'a> {
    method: &'a str,
    url: &'a str,
    headers: Map<String, Value>,
    body: Option<&'a RawValue>,
}

pub(super) fn run(context: &Context, ids: &[u64], changes: &Changes) -> Result<()> {
    let application = context.settings.application()?;
    let me = match changes.assign_to.as_deref() {
        Some("me") => context.session(&application)?.1.account.username,
        _ => String::new(),
    };
    let change = change(changes, &me, application.service)?;
    let requests = ids.iter().flat_map(|id| {
        let url = api::url(&application.api_url, &api::path(application.service, *id));
        change.steps(application.service, url).into_iter().map(|step| step.request)
    });
    if context.format() == Format::Table {
        let mut out = io::stdout().lock();
        requests.into_iter().try_for_each(|request| write(&request, &mut out))?;
        return Ok(out.flush()?);
    }
    let mut sink = Sink::new(context.format(), COLUMNS, 0, io::BufWriter::new(io::stdout().lock()));
    for request in requests {
        let printed = Printed {
            method: request.method().as_str(),
            url: request.url().as_str(),
            headers: headers(&request).map(|(name, value)| (name.to_owned(), value.into())).collect(),
            body: serde_json::from_slice(request.body().unwrap_or_default()).ok(),
        };
        sink.push(&serde_json::to_string(&printed)?, |column| match column {
            "method" => printed.method.to_owned(),
            "url" => printed.url.to_owned(),
            _ => printed.body.map(|body| body.get().to_owned()).unwrap_or_default(),
        })?;
    }
    Ok(sink.finish()?)
}

/// As a message of HTTP (RFC 9112 section 2.1), with the lines ended as on this machine.
fn write(request: &Request, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} {}", request.method(), request.url())?;
    for (name, value) in headers(request) {
        writeln!(out, "{name}: {value}")?;
    }
    writeln!(out, "\n{}\n", String::from_utf8_lossy(request.body().unwrap_or_default()))
}

fn headers(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
}
