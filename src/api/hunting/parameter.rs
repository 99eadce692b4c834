//! A value that a query uses under a name, so that nothing in it can become a part of the query.
//!
//! `let NAME = LITERAL;` stands before the query. The literal is made from the parsed value, never from the text that
//! was given; a text becomes a string literal in which whatever could end it is escaped.
//! (<https://learn.microsoft.com/kusto/query/let-statement>,
//! <https://learn.microsoft.com/kusto/query/scalar-data-types/>)

use std::fmt::{self, Write};
use std::str::FromStr;

use jiff::{SpanRelativeTo, Timestamp};
use serde_json::value::RawValue;

use super::reserved::is_reserved;
use super::timespan;

const TICKS_PER_SECOND: i128 = 10_000_000;
const NANOSECONDS_PER_TICK: i128 = 100;

/// `NAME=VALUE`, which is a string, or `NAME:TYPE=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    name: String,
    literal: String,
}

/// What is wrong with a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAParameter {
    /// It has no name, type and value.
    #[error("a parameter looks like NAME=VALUE or NAME:TYPE=VALUE")]
    Form,
    /// Two values for one name.
    #[error("there are two parameters of the name {0}")]
    Twice(String),
    /// No name of KQL's.
    #[error("'{0}' is not a name: letters, digits and _, no digit first")]
    Name(String),
    /// A word that means something else.
    #[error("'{0}' is KQL's own: choose another name, for example one with a capital")]
    Reserved(String),
    /// No type of KQL's, or not one that can be given.
    #[error("'{0}' is not a type; the types are {TYPES}")]
    Type(String),
    /// A value of another type.
    #[error("'{value}' is not {} {kind}, which looks like {example}", if *.kind == "int" { "an" } else { "a" })]
    Value {
        /// What was given.
        value: String,
        /// Of what type it should be.
        kind: &'static str,
        /// A value of that type.
        example: &'static str,
    },
}

const TYPES: &str = "string, bool, int, long, real, datetime, timespan, guid and dynamic";

impl FromStr for Parameter {
    type Err = NotAParameter;

    fn from_str(text: &str) -> Result<Self, NotAParameter> {
        let (declared, value) = text.split_once('=').ok_or(NotAParameter::Form)?;
        let (name, kind) = declared.split_once(':').unwrap_or((declared, "string"));
        let is_first = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
        if !name.starts_with(is_first)
            || !name.chars().all(|letter| is_first(letter) || letter.is_ascii_digit())
        {
            return Err(NotAParameter::Name(name.to_owned()));
        }
        if is_reserved(name) {
            return Err(NotAParameter::Reserved(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), literal: literal(kind, value)? })
    }
}

/// The statement that stands before the query.
impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "let {} = {};", self.name, self.literal)
    }
}

impl Parameter {
    /// The name that the query uses.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn literal(kind: &str, value: &str) -> Result<String, NotAParameter> {
    let (kind, example, literal) = match kind {
        "string" => ("string", "any text", Some(string(value))),
        "bool" => ("bool", "true", value.parse().ok().map(|value: bool| format!("bool({value})"))),
        "int" => ("int", "42", value.parse().ok().map(|value: i32| format!("int({value})"))),
        "long" => ("long", "42", value.parse().ok().map(|value: i64| format!("long({value})"))),
        "real" | "double" => ("real", "0.5 or 1e9", real(value)),
        "datetime" => {
            let time = timespan::time(value).map(|time: Timestamp| format!("datetime({time})"));
            ("datetime", "2026-11-01 or 2026-11-01T08:00:00Z", time)
        }
        "timespan" => ("timespan", "7d, 90m or PT1H", span(value)),
        "guid" => ("guid", "74658136-14ec-4630-ad9b-26e160ff0fc6", guid(value)),
        "dynamic" => ("dynamic", "[\"a\",\"b\"] in JSON", dynamic(value)),
        other => return Err(NotAParameter::Type(other.to_owned())),
    };
    literal.ok_or_else(|| NotAParameter::Value { value: value.to_owned(), kind, example })
}

/// Whatever is no visible letter is written by its number.
fn string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for letter in text.chars() {
        let _ = match letter {
            '"' | '\\' => write!(literal, "\\{letter}"),
            '\n' => write!(literal, "\\n"),
            '\r' => write!(literal, "\\r"),
            '\t' => write!(literal, "\\t"),
            letter if is_unseen(letter) => write!(literal, "\\u{:04x}", u32::from(letter)),
            letter => write!(literal, "{letter}"),
        };
    }
    literal.push('"');
    literal
}

/// Controls, what ends a line, and what hides or changes the order of what is seen; none of them needs more than four
/// hexadecimal digits.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `{:?}` always has a point or an exponent, and only finite numbers are all digits.
fn real(text: &str) -> Option<String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(|value| format!("real({value:?})"))
}

/// In KQL's own form, `d.hh:mm:ss.fffffff`.
fn span(text: &str) -> Option<String> {
    let span: jiff::Span = text.parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    if duration.as_nanos() % NANOSECONDS_PER_TICK != 0 {
        return None;
    }
    let ticks = duration.as_nanos() / NANOSECONDS_PER_TICK;
    let sign = if ticks < 0 { "-" } else { "" };
    let (seconds, fraction) = (ticks.abs() / TICKS_PER_SECOND, ticks.abs() % TICKS_PER_SECOND);
    let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, seconds / 86_400);
    Some(format!("timespan({sign}{days}.{hours:02}:{minutes:02}:{:02}.{fraction:07})", seconds % 60))
}

fn guid(text: &str) -> Option<String> {
    let is_guid = text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit());
    is_guid.then(|| format!("guid({text})"))
}

/// JSON in a string, as it is: a dynamic literal would be read by rules that are nearly those of JSON, and what reads
/// and writes it here would make one number of another.
fn dynamic(text: &str) -> Option<String> {
    let json: &RawValue = serde_json::from_str(text).ok()?;
    Some(format!("parse_json({})", string(json.get())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn rendered(text: &str) -> Result<String, NotAParameter> {
        text.parse::<Parameter>().map(|parameter| parameter.to_string())
    }

    /// What KQL reads from a string literal that begins here, and what is after it.
    fn read(literal: &str) -> Option<(String, &str)> {
        let mut letters = literal.strip_prefix('"')?.chars();
        let mut text = String::new();
        loop {
            match letters.next()? {
                '"' => return Some((text, letters.as_str())),
                '\n' | '\r' => return None,
                '\\' => match letters.next()? {
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    'u' => {
                        let digits: String = letters.by_ref().take(4).collect();
                        text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                    }
                    quoted @ ('"' | '\\') => text.push(quoted),
                    _ => return None,
                },
                letter => text.push(letter),
            }
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[\"'\\\\;|\n\r\t(){}@hH/*=.a0-9:-]{0,40}", "[0-9eE+.:dhmsPT/-]{0,20}"]
    }

    proptest! {
        #[test]
        fn a_text_stays_a_text(value in hostile()) {
            let statement = rendered(&format!("x={value}")).unwrap();
            let (text, rest) = read(statement.strip_prefix("let x = ").unwrap()).unwrap();
            prop_assert_eq!((text, rest), (value, ";"));
            prop_assert!(!statement.chars().any(is_unseen));
        }

        #[test]
        fn json_stays_json(value in hostile()) {
            let json = serde_json::json!({ value.clone(): [value, 1.5, null] });
            let statement = rendered(&format!("x:dynamic={json}")).unwrap();
            let (text, rest) = read(statement.strip_prefix("let x = parse_json(").unwrap()).unwrap();
            prop_assert_eq!((serde_json::from_str::<Value>(&text).unwrap(), rest), (json, ");"));
        }

        #[test]
        fn a_value_of_another_type_has_no_room_for_kql(
            kind in prop::sample::select(vec!["bool", "int", "long", "real", "datetime", "timespan", "guid"]),
            value in hostile(),
        ) {
            if let Ok(statement) = rendered(&format!("x:{kind}={value}")) {
                let inside = statement.strip_prefix(&format!("let x = {kind}(")).unwrap().strip_suffix(");").unwrap();
                let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "+-.:".contains(letter);
                prop_assert!(inside.chars().all(is_plain), "{}", statement);
            }
        }
    }

    #[test]
    fn each_type_has_its_literal() {
        for (given, statement) in [
            ("a=", "let a = \"\";"),
            ("a=b=\"c\" | take 1", "let a = \"b=\\\"c\\\" | take 1\";"),
            ("a:string=\u{202e}\u{0}ü\n", "let a = \"\\u202e\\u0000ü\\n\";"),
            ("a:bool=true", "let a = bool(true);"),
            ("a:int=-5", "let a = int(-5);"),
            ("a:long=9007199254740993", "let a = long(9007199254740993);"),
            ("a:real=1e9", "let a = real(1000000000.0);"),
            ("a:double=.5", "let a = real(0.5);"),
            ("a:datetime=2026-11-01", "let a = datetime(2026-11-01T00:00:00Z);"),
            ("a:datetime=2026-11-01T08:00:00.5+01:00", "let a = datetime(2026-11-01T07:00:00.5Z);"),
            ("a:timespan=7d 90m", "let a = timespan(7.01:30:00.0000000);"),
            ("a:timespan=-PT0.1S", "let a = timespan(-0.00:00:00.1000000);"),
            (
                "_1:guid=74658136-14EC-4630-ad9b-26e160ff0fc6",
                "let _1 = guid(74658136-14EC-4630-ad9b-26e160ff0fc6);",
            ),
            ("Where=1", "let Where = \"1\";"),
            ("device=1", "let device = \"1\";"),
            ("a:dynamic=[1, \"b\"]", "let a = parse_json(\"[1, \\\"b\\\"]\");"),
            (
                r#"a:dynamic={"n":18446744073709551616,"x":1,"x":2,"y":1.10}"#,
                r#"let a = parse_json("{\"n\":18446744073709551616,\"x\":1,\"x\":2,\"y\":1.10}");"#,
            ),
            ("a:datetime=0001-01-01", "let a = datetime(0001-01-01T00:00:00Z);"),
            ("a:datetime=2026-11-01T08:00:00.1234567Z", "let a = datetime(2026-11-01T08:00:00.1234567Z);"),
        ] {
            assert_eq!(rendered(given).as_deref(), Ok(statement), "{given}");
        }
    }

    #[test]
    fn what_is_no_parameter_is_refused() {
        for bad in [
            "",
            "a",
            "=b",
            "a b=c",
            "1a=b",
            "ä=b",
            "a:=b",
            "a:text=b",
            "a:String=b",
            "a:bool=1",
            "a:int=2147483648",
            "a:long=1.0",
            "a:long=",
            "a:real=nan",
            "a:real=1e999",
            "a:datetime=now()",
            "a:datetime=2026-01-01T23:59:60Z",
            "a:datetime=20260101T235960Z",
            "a:datetime=0000-12-31",
            "a:datetime=0001-01-01T00:00:00+01:00",
            "a:datetime=-000001-01-01T00:00:00Z",
            "a:datetime=2026-01-01T00:00:00.12345678Z",
            "a:datetime=2026-01-01T00:00:00,12345678Z",
            "a:datetime=2026-01-01T00:00:00.00000000Z",
            "a:timespan=PT0.00000001S",
            "a:timespan=1 fortnight",
            "a:guid=74658136",
            "a:dynamic={",
            "a:dynamic=[1] | take 1",
            "a;drop:long=1",
            "let=1",
            "where:int=1",
            "has_any=a",
            "true=1",
            "__a=1",
            "a__=1",
        ] {
            assert!(rendered(bad).is_err(), "{bad}");
        }
    }
}
