//! The body: fields put together, or a file as it is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serializer as _;
use serde_json::value::{RawValue, to_raw_value};

use super::Failure;
use super::args::Api;
use crate::cli::terminal;

/// Ten times what these APIs take.
const LONGEST: u64 = 64 << 20;

type Fields<'a> = Vec<(&'a str, Box<RawValue>)>;

/// The body that `arguments` describe, if any.
///
/// # Errors
/// When a field is none, or a file cannot be read.
pub(super) fn read(arguments: &Api) -> Result<Option<Vec<u8>>, Failure> {
    if let Some(file) = &arguments.input {
        return contents(file).map(Some);
    }
    if arguments.fields.iter().filter(|field| split(field).is_ok_and(|(_, value)| value == "@-")).count() > 1
    {
        return Err(Failure::OneStandardInput);
    }
    let mut fields = Fields::new();
    for field in &arguments.raw_fields {
        let (key, text) = split(field)?;
        add(&mut fields, key, to_json(text))?;
    }
    for field in &arguments.fields {
        let (key, value) = split(field)?;
        add(&mut fields, key, typed(key, value)?)?;
    }
    if fields.is_empty() {
        return Ok(None);
    }
    let mut body = Vec::new();
    // Keys are text and values are JSON already, so nothing can fail.
    let _ = serde_json::Serializer::new(&mut body).collect_map(fields);
    Ok(Some(body))
}

fn split(field: &str) -> Result<(&str, &str), Failure> {
    let refused = |why: &str| Err(Failure::Field(format!("{field:?} {why}")));
    match field.split_once('=') {
        None => refused("has no = after its name"),
        Some(("", _)) => refused("has no name"),
        // Other tools make objects and lists of it.
        Some((key, _)) if key.contains(['[', ']']) => refused("is one of a list or of an object"),
        Some(split) => Ok(split),
    }
}

fn add<'a>(fields: &mut Fields<'a>, key: &'a str, value: Box<RawValue>) -> Result<(), Failure> {
    if fields.iter().any(|(other, _)| *other == key) {
        return Err(Failure::Field(format!("{key:?} is there twice")));
    }
    fields.push((key, value));
    Ok(())
}

fn typed(key: &str, value: &str) -> Result<Box<RawValue>, Failure> {
    if let Some(file) = value.strip_prefix('@') {
        let text = String::from_utf8(contents(Path::new(file))?).map_err(|_| {
            Failure::Field(format!("{key:?} would have the text of {file}, which is none (UTF-8)"))
        })?;
        return Ok(to_json(&text));
    }
    // A number stays as it is written, however many digits it has.
    let is_literal = matches!(value, "true" | "false" | "null") || is_number(value);
    let literal = is_literal.then(|| RawValue::from_string(value.to_owned()).ok()).flatten();
    Ok(literal.unwrap_or_else(|| to_json(value)))
}

fn is_number(value: &str) -> bool {
    value.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && value.ends_with(|last: char| last.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(value).is_ok()
}

fn to_json(text: &str) -> Box<RawValue> {
    // Text always has a form in JSON.
    to_raw_value(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn contents(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |reason| Failure::Unreadable { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        terminal::stdin().take(LONGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
    };
    match read.map_err(unreadable)? as u64 {
        length if length > LONGEST => Err(Failure::TooLong { path: path.to_owned(), limit: LONGEST }),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(field: &str) -> String {
        let (key, value) = split(field).unwrap();
        typed(key, value).unwrap().get().to_owned()
    }

    #[test]
    fn a_value_is_what_it_looks_like() {
        for (field, expected) in [
            ("a=true", "true"),
            ("a=null", "null"),
            ("a=-12.50e3", "-12.50e3"),
            ("a=12345678901234567890123", "12345678901234567890123"),
            ("a=", r#""""#),
            ("a=True", r#""True""#),
            ("a=007", r#""007""#),
            ("a=1 ", r#""1 ""#),
            ("a=1,\"b\":2", r#""1,\"b\":2""#),
            ("a={}", r#""{}""#),
            ("a=\"true\"", r#""\"true\"""#),
            ("a=b=c\n\u{202e}", "\"b=c\\n\u{202e}\""),
        ] {
            assert_eq!(json(field), expected, "{field}");
        }
    }

    #[test]
    fn a_field_has_a_name_of_its_own() {
        for field in ["a", "=a", "a[]=1", "a[b]=1"] {
            assert!(split(field).is_err(), "{field}");
        }
        let mut fields = Fields::new();
        add(&mut fields, "a", to_json("1")).unwrap();
        assert!(add(&mut fields, "a", to_json("2")).is_err());
    }
}
