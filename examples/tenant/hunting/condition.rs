//! The conditions of `where`: comparisons of a column with a value, with `and`, `or`, `not` and brackets around them.
//! Everything else is refused.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::kql::Scope;
use super::lexer::{SYNTAX, Token};
use super::range::{self, Range};

/// A value of a query, or of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Text(String),
    Number(i64),
    Real(f64),
    /// In ticks.
    Time(i64),
    /// What only a name is given to.
    Opaque,
}

impl Value {
    /// Of a row, as the service prints it.
    pub fn of(json: &str) -> Self {
        match serde_json::from_str(json) {
            Ok(Json::String(text)) => Self::Text(text),
            Ok(Json::Number(number)) => {
                number.as_i64().map_or_else(|| Self::Real(number.as_f64().unwrap_or_default()), Self::Number)
            }
            Ok(Json::Bool(is)) => Self::Number(is.into()),
            Ok(Json::Null) | Err(_) => Self::Null,
            Ok(object) => Self::Text(object.to_string()),
        }
    }

    /// `None` where one is neither more nor less than the other.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Number(one), Self::Number(other)) | (Self::Time(one), Self::Time(other)) => {
                Some(one.cmp(other))
            }
            (Self::Real(one), Self::Real(other)) => one.partial_cmp(other),
            (Self::Number(one), Self::Real(other)) => (*one as f64).partial_cmp(other),
            (Self::Real(one), Self::Number(other)) => one.partial_cmp(&(*other as f64)),
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            _ => None,
        }
    }

    fn lower(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.to_lowercase()),
            other => other.clone(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.to_lowercase(),
            Self::Number(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            _ => String::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compared(String, &'static str, Value),
    /// One of them, in whatever case if so.
    In(String, Vec<Value>, bool),
    Between(String, Value, Value),
}

/// How texts are compared; all in whatever case.
const WORDS: [&str; 4] = ["has", "contains", "startswith", "endswith"];

impl Condition {
    /// The error is the engine's text.
    pub fn parse(tokens: &[Token], scope: &Scope<'_>) -> Result<Self, String> {
        let mut reader = Reader { rest: tokens, scope };
        let condition = reader.any()?;
        if reader.rest.is_empty() { Ok(condition) } else { Err(SYNTAX.to_owned()) }
    }

    /// The range of time outside of which it cannot hold.
    pub fn range(&self) -> Range {
        let (from, to) = (i64::MIN, i64::MAX);
        match self {
            Self::All(parts) => parts.iter().fold(Range::ALL, |range, part| range.within(part.range())),
            Self::Between(column, Value::Time(from), Value::Time(to)) if column == "Timestamp" => {
                Range { from: *from, to: *to }
            }
            Self::Compared(column, sign, Value::Time(time)) if column == "Timestamp" => match *sign {
                ">=" => Range { from: *time, to },
                ">" => Range { from: time + 1, to },
                "<=" => Range { from, to: *time },
                "<" => Range { from, to: time - 1 },
                "==" => Range { from: *time, to: *time },
                _ => Range::ALL,
            },
            _ => Range::ALL,
        }
    }

    /// Whether there is no more to it than that range.
    pub fn is_a_range(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(Self::is_a_range),
            other => other.range() != Range::ALL,
        }
    }

    /// Whether it holds for a row with these values.
    pub fn holds(&self, value: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(value)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(value)),
            Self::Not(part) => !part.holds(value),
            Self::Compared(column, how, with) => compare(&value(column), how, with),
            Self::In(column, values, true) => {
                let value = value(column).lower();
                values.iter().any(|one| compare(&value, "==", &one.lower()))
            }
            Self::In(column, values, false) => {
                let value = value(column);
                values.iter().any(|one| compare(&value, "==", one))
            }
            Self::Between(column, from, to) => {
                let value = value(column);
                compare(&value, ">=", from) && compare(&value, "<=", to)
            }
        }
    }
}

fn compare(value: &Value, how: &str, with: &Value) -> bool {
    let order = value.order(with);
    match how {
        "==" => order == Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        ">" => order == Some(Ordering::Greater),
        "<=" => order.is_some_and(Ordering::is_le),
        ">=" => order.is_some_and(Ordering::is_ge),
        "=~" => value.lower().order(&with.lower()) == Some(Ordering::Equal),
        "has" => {
            let (text, term) = (value.text(), with.text());
            let is_in_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric());
            text.match_indices(&term).any(|(at, _)| {
                let (before, after) = (&text[..at], &text[at + term.len()..]);
                !is_in_word(before.chars().next_back()) && !is_in_word(after.chars().next())
            })
        }
        "contains" => value.text().contains(&with.text()),
        "startswith" => value.text().starts_with(&with.text()),
        "endswith" => value.text().ends_with(&with.text()),
        _ => false,
    }
}

struct Reader<'a> {
    rest: &'a [Token],
    scope: &'a Scope<'a>,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Result<Condition, String> {
        self.several("or", Self::all, Condition::Any)
    }

    fn all(&mut self) -> Result<Condition, String> {
        self.several("and", Self::one, Condition::All)
    }

    fn several(
        &mut self,
        between: &str,
        one: fn(&mut Self) -> Result<Condition, String>,
        together: fn(Vec<Condition>) -> Condition,
    ) -> Result<Condition, String> {
        let mut parts = vec![one(self)?];
        while matches!(self.rest.first(), Some(Token::Word(word)) if word == between) {
            self.rest = &self.rest[1..];
            parts.push(one(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { together(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        let rest = self.rest;
        match rest {
            [Token::Sign("("), inside @ ..] => {
                self.rest = inside;
                let condition = self.any()?;
                self.sign(")")?;
                Ok(condition)
            }
            [Token::Word(not), Token::Sign("("), ..] if not == "not" => {
                self.rest = &rest[1..];
                Ok(Condition::Not(Box::new(self.one()?)))
            }
            [Token::Word(is), Token::Sign("("), Token::Word(column), Token::Sign(")"), after @ ..]
                if ["isempty", "isnotempty", "isnull", "isnotnull"].contains(&is.as_str()) =>
            {
                self.rest = after;
                let column = self.column(column)?;
                let empty = Condition::In(column, vec![Value::Null, Value::Text(String::new())], false);
                Ok(if is.contains("not") { Condition::Not(Box::new(empty)) } else { empty })
            }
            [Token::Word(column), after @ ..] => {
                self.rest = after;
                self.compared(column)
            }
            _ => Err(SYNTAX.to_owned()),
        }
    }

    fn compared(&mut self, column: &str) -> Result<Condition, String> {
        const SIGNS: [&str; 6] = ["==", "<", "<=", ">", ">=", "=~"];
        let (how, after) = self.rest.split_first().ok_or(SYNTAX)?;
        self.rest = after;
        let compared = |how: &'static str, column, value| Condition::Compared(column, how, value);
        let not = |condition| Condition::Not(Box::new(condition));
        match how {
            Token::Sign(sign @ ("!=" | "!~")) => {
                let how = if *sign == "!=" { "==" } else { "=~" };
                Ok(not(compared(how, self.column(column)?, self.value()?)))
            }
            Token::Sign(sign) => {
                let how = SIGNS.into_iter().find(|known| known == sign).ok_or(SYNTAX)?;
                Ok(compared(how, self.column(column)?, self.value()?))
            }
            Token::Word(word) => {
                let (negated, word) = word.strip_prefix('!').map_or((false, &word[..]), |word| (true, word));
                let column = self.column_if(column, word)?;
                let condition = match word {
                    "between" => {
                        self.sign("(")?;
                        let from = self.value()?;
                        self.sign("..")?;
                        let to = self.value()?;
                        self.sign(")")?;
                        Condition::Between(column, from, to)
                    }
                    "in" => {
                        let any_case = self.sign("~").is_ok();
                        Condition::In(column, self.values()?, any_case)
                    }
                    word => {
                        let how = WORDS.into_iter().find(|known| *known == word).ok_or(SYNTAX)?;
                        compared(how, column, self.value()?)
                    }
                };
                Ok(if negated { not(condition) } else { condition })
            }
            _ => Err(SYNTAX.to_owned()),
        }
    }

    /// A column, if that is what stands before such a word.
    fn column_if(&self, name: &str, word: &str) -> Result<String, String> {
        if ["between", "in"].contains(&word) || WORDS.contains(&word) {
            self.column(name)
        } else {
            Err(SYNTAX.to_owned())
        }
    }

    fn column(&self, name: &str) -> Result<String, String> {
        self.scope.column("where", name)
    }

    fn values(&mut self) -> Result<Vec<Value>, String> {
        self.sign("(")?;
        let mut values = vec![self.value()?];
        while self.sign(",").is_ok() {
            values.push(self.value()?);
        }
        self.sign(")")?;
        Ok(values)
    }

    fn value(&mut self) -> Result<Value, String> {
        let (value, rest) = self.scope.value(self.rest)?;
        self.rest = rest;
        if value == Value::Opaque { Err(SYNTAX.to_owned()) } else { Ok(value) }
    }

    fn sign(&mut self, sign: &str) -> Result<(), String> {
        match self.rest {
            [Token::Sign(found), rest @ ..] if *found == sign => {
                self.rest = rest;
                Ok(())
            }
            _ => Err(SYNTAX.to_owned()),
        }
    }
}

/// A literal, and what follows it; `None` when there is none.
pub fn literal(tokens: &[Token], now: i64) -> Option<(Value, &[Token])> {
    match tokens {
        [Token::Text(text), rest @ ..] => Some((Value::Text(text.clone()), rest)),
        [Token::Time(time), rest @ ..] => Some((Value::Time(*time), rest)),
        [Token::Word(now_word), Token::Sign("("), Token::Sign(")"), rest @ ..] if now_word == "now" => {
            Some((Value::Time(now), rest))
        }
        [Token::Word(ago), Token::Sign("("), Token::Word(span), Token::Sign(")"), rest @ ..]
            if ago == "ago" =>
        {
            Some((Value::Time(now - range::timespan(span)?), rest))
        }
        // A time with a timespan that is added or taken away.
        [Token::Sign("("), inside @ ..] => {
            let (Value::Time(time), rest) = literal(inside, now)? else { return None };
            let (span, rest) = match rest {
                [
                    Token::Sign(sign @ ("+" | "-")),
                    Token::Sign("("),
                    Token::Word(span),
                    Token::Sign(")"),
                    rest @ ..,
                ] => (range::timespan(span)? * if *sign == "+" { 1 } else { -1 }, rest),
                rest => (0, rest),
            };
            Some((Value::Time(time + span), rest.strip_prefix(&[Token::Sign(")")])?))
        }
        [Token::Word(kind), Token::Sign("("), inside @ ..] => {
            let end = inside.iter().position(|token| *token == Token::Sign(")"))?;
            let rest = &inside[end + 1..];
            let value = match (kind.as_str(), &inside[..end]) {
                ("int" | "long" | "real" | "double" | "bool", inside) => literal(inside, now)?.0,
                ("guid", inside) => Value::Text(print(inside)?),
                ("timespan" | "dynamic", _) => Value::Opaque,
                _ => return None,
            };
            Some((value, rest))
        }
        [Token::Sign("-"), Token::Word(_), ..] => {
            let (value, rest) = literal(&tokens[1..], now)?;
            match value {
                Value::Number(number) => Some((Value::Number(-number), rest)),
                Value::Real(number) => Some((Value::Real(-number), rest)),
                _ => None,
            }
        }
        [Token::Word(word), rest @ ..] => {
            let value = match word.as_str() {
                "true" => Value::Number(1),
                "false" => Value::Number(0),
                word => match (word.parse(), word.parse()) {
                    (Ok(number), _) => Value::Number(number),
                    (_, Ok(real)) if word.starts_with(|first: char| first.is_ascii_digit()) => {
                        Value::Real(real)
                    }
                    _ => Value::Opaque.filter(range::timespan(word).is_some())?,
                },
            };
            Some((value, rest))
        }
        _ => None,
    }
}

impl Value {
    fn filter(self, holds: bool) -> Option<Self> {
        holds.then_some(self)
    }
}

/// The words of a GUID, together.
fn print(tokens: &[Token]) -> Option<String> {
    let part = |token: &Token| match token {
        Token::Word(word) => Some(word.clone()),
        Token::Text(text) => Some(text.clone()),
        Token::Sign("-") => Some("-".to_owned()),
        _ => None,
    };
    tokens.iter().map(part).collect()
}
