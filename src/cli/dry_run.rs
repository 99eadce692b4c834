//! `--dry-run`: the requests, byte by byte but for the access token, and none is sent.

use std::borrow::Cow;
use std::io::{self, Write};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::context::Context;
use super::terminal;
use crate::api::Request;
use crate::output::{Column, Format, Sink};

const COLUMNS: &[Column] = &[Column::csv_only("method"), Column::csv_only("url"), Column::csv_only("body")];

/// A request as JSON.
#[derive(serde::Serialize)]
struct Printed<'a> {
    method: &'a str,
    url: &'a str,
    headers: Map<String, Value>,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Json { body: Option<&'a RawValue> },
    Text { body_text: &'a str },
    Bytes { body_base64: String },
}

/// Prints `requests` as messages of HTTP for a person and as objects for a program.
pub(super) fn print(context: &Context, requests: impl IntoIterator<Item = Request>) -> Result<()> {
    if context.format() == Format::Table {
        let mut out = io::stdout().lock();
        requests.into_iter().try_for_each(|request| write(&request, &mut out))?;
        return Ok(out.flush()?);
    }
    let mut sink =
        Sink::new(context.format(), COLUMNS, 0, io::BufWriter::new(terminal::stdout(context.format())));
    for request in requests {
        let printed = Printed {
            method: request.method().as_str(),
            url: request.url().as_str(),
            headers: headers(&request)
                .map(|(name, value)| (name.to_owned(), value.into_owned().into()))
                .collect(),
            body: body(request.body()),
        };
        sink.push(&serde_json::to_string(&printed)?, |column| match column {
            "method" => printed.method.to_owned(),
            "url" => printed.url.to_owned(),
            _ => String::from_utf8_lossy(request.body().unwrap_or_default()).into_owned(),
        })?;
    }
    Ok(sink.finish()?)
}

fn body(bytes: Option<&[u8]>) -> Body<'_> {
    let Some(bytes) = bytes else { return Body::Json { body: None } };
    if let Ok(json) = serde_json::from_slice(bytes) {
        return Body::Json { body: Some(json) };
    }
    match std::str::from_utf8(bytes) {
        Ok(body_text) => Body::Text { body_text },
        Err(_) => Body::Bytes { body_base64: STANDARD.encode(bytes) },
    }
}

/// As a message of HTTP (RFC 9112 section 2.1), with the lines ended as on this machine.
fn write(request: &Request, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} {}", request.method(), request.url())?;
    for (name, value) in headers(request) {
        writeln!(out, "{name}: {value}")?;
    }
    out.write_all(b"\n")?;
    out.write_all(request.body().unwrap_or_default())?;
    out.write_all(b"\n\n")
}

fn headers(request: &Request) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let headers = request.headers().iter();
    headers.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
}
