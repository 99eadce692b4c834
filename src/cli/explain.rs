//! `m365d explain`: what an error of Entra ID's means, who can mend it and how. Asks nobody and needs no settings.

use std::io::{self, Read, Write};

use anyhow::Result;
use serde::Serialize;

use super::args::Explain;
use super::exit_code;
use super::explain_text;
use super::subject::Subject;
use super::terminal;
use crate::auth::{Explanation, Name, aadsts, oauth_error};
use crate::output::{self, Column, Format, Sink};

const COLUMNS: &[Column<'_>] =
    &[column("code"), column("meaning"), column("who"), column("what to do"), column("page")];
/// Far more than any error has, and far less than hurts.
const LONGEST: u64 = 1 << 20;

/// There is nothing to explain, or not all of it could be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("there is no error code in that")]
    Nothing,
    #[error("that is not an Entra ID error but one of the Defender API, or an HTTP status")]
    OfTheApi,
    #[error("m365d does not know {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Unknown(Vec<Name>),
    #[error("cannot read standard input: {0}")]
    Unreadable(io::Error),
}

impl Failure {
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Nothing => exit_code::USAGE,
            Self::Unknown(_) | Self::OfTheApi => exit_code::NOT_FOUND,
            Self::Unreadable(_) => exit_code::FAILED,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::Unknown(names) => {
                let pages: Vec<_> = names.iter().map(|name| name.page()).collect();
                format!("Microsoft may know more: {}", pages.join(" "))
            }
            Self::OfTheApi => {
                "m365d status shows what the token permits; m365d doctor finds out what is wrong".to_owned()
            }
            Self::Nothing | Self::Unreadable(_) => {
                "m365d explain AADSTS65001  (or m365d explain - and the error on standard input)".to_owned()
            }
        }
    }
}

pub(super) fn run(arguments: &Explain, format: Format, subject: Subject) -> Result<()> {
    let is_table = format == Format::Table;
    if arguments.error.is_empty() {
        let all = aadsts::all().chain(oauth_error::all());
        return if is_table { list(all) } else { write(all, format, &subject) };
    }
    let text = if arguments.error == ["-"] { read()? } else { arguments.error.join(" ") };
    let (known, unknown) = look_up(&text)?;
    // What was pasted may be about another application than the one that is configured.
    let subject = match explain_text::application(&text) {
        Some(application) => subject.with_application(&application),
        None => subject,
    };
    if is_table {
        describe(&known, &explain_text::identifiers(&text), &subject)?;
    } else {
        write(known.into_iter(), format, &subject)?;
    }
    if unknown.is_empty() { Ok(()) } else { Err(Failure::Unknown(unknown).into()) }
}

/// What the text names, in its order: numbers, or where there are none, OAuth errors.
fn look_up(text: &str) -> Result<(Vec<Explanation>, Vec<Name>), Failure> {
    let codes = aadsts::codes_in(text);
    if !codes.is_empty() {
        let (known, unknown): (Vec<u32>, Vec<u32>) =
            codes.into_iter().partition(|code| aadsts::find(*code).is_some());
        return Ok((
            known.into_iter().filter_map(aadsts::find).collect(),
            unknown.into_iter().map(Name::Aadsts).collect(),
        ));
    }
    let mut named: Vec<Explanation> = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphabetic() && c != '_') {
        named.extend(oauth_error::find(word).filter(|one| named.iter().all(|other| other.name != one.name)));
    }
    match named.as_slice() {
        [] if explain_text::is_of_the_api(text) => Err(Failure::OfTheApi),
        [] => Err(Failure::Nothing),
        _ => Ok((named, Vec::new())),
    }
}

fn read() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    terminal::stdin().take(LONGEST).read_to_end(&mut bytes).map_err(Failure::Unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// For a program.
fn write(explanations: impl Iterator<Item = Explanation>, format: Format, subject: &Subject) -> Result<()> {
    let mut sink = Sink::new(format, COLUMNS, 0, io::stdout().lock());
    for explanation in explanations {
        let explained = Explained::new(explanation, subject);
        let cell = |name: &str| match name {
            "code" => explained.code.clone(),
            "meaning" => explained.meaning.to_owned(),
            "who" => explained.who.to_owned(),
            "what to do" => explained.what_to_do.clone(),
            _ => explained.page.clone(),
        };
        sink.push(&serde_json::to_string(&explained)?, cell)?;
    }
    Ok(sink.finish()?)
}

const fn column(name: &'static str) -> Column<'static> {
    Column { name, width: None, expendable: 0 }
}

/// An explanation for a program.
#[derive(Serialize)]
struct Explained {
    code: String,
    meaning: &'static str,
    who: &'static str,
    what_to_do: String,
    page: String,
}

impl Explained {
    fn new(explanation: Explanation, subject: &Subject) -> Self {
        let Explanation { name, meaning, remedy } = explanation;
        let (code, page) = (name.to_string(), name.page());
        Self { code, meaning, who: remedy.who.as_str(), what_to_do: subject.advice(remedy), page }
    }
}

/// Everything in short, for a person.
fn list(explanations: impl Iterator<Item = Explanation>) -> Result<()> {
    let facts: Vec<_> = explanations
        .map(|Explanation { name, meaning, remedy }| {
            (name.to_string(), format!("{meaning} ({})", remedy.who.as_str()))
        })
        .collect();
    Ok(output::wrapped_facts(&facts, terminal::stdout_width(), io::stdout().lock())?)
}

/// One below the other, for a person, and then what a help desk asks for.
fn describe(
    explanations: &[Explanation],
    identifiers: &[(&'static str, String)],
    subject: &Subject,
) -> Result<()> {
    let width = terminal::stdout_width();
    let mut out = io::stdout().lock();
    for (index, explanation) in explanations.iter().enumerate() {
        if index > 0 {
            out.write_all(b"\n")?;
        }
        let facts = [
            ("Code", explanation.name.to_string()),
            ("Meaning", explanation.meaning.to_owned()),
            ("Fixed by", explanation.remedy.who.in_words().to_owned()),
            ("What to do", subject.advice(explanation.remedy)),
            ("See", explanation.name.page()),
        ];
        output::wrapped_facts(&facts, width, &mut out)?;
    }
    if !explanations.is_empty() && !identifiers.is_empty() {
        out.write_all(b"\n")?;
        output::wrapped_facts(identifiers, width, &mut out)?;
    }
    Ok(())
}
