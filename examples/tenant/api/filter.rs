//! `$filter` as far as these APIs document it: some properties, six comparisons, `and`, `or` and parentheses
//! (OData 4.01, part 2, section 5.1.1). The grammar, one function per line:
//!
//! ```text
//! either     = both *("or" both)
//! both       = term *("and" term)
//! term       = "(" either ")" / comparison
//! comparison = property operator literal
//! ```

use super::super::store::{Facts, ticks};

#[derive(Debug)]
pub enum Filter {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Time { property: Time, operator: Operator, ticks: i64 },
    Text { property: Text, equal: bool, value: Option<String> },
}

#[derive(Debug, Clone, Copy)]
pub enum Time {
    Created,
    LastUpdate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    Status,
    AssignedTo,
    Severity,
    Classification,
    Determination,
    /// This and the next are those of an alert.
    ServiceSource,
    AlertStatus,
}

/// Which properties a list can be filtered by, and under which names.
pub struct Dialect {
    pub times: &'static [(&'static str, Time)],
    pub texts: &'static [(&'static str, Text)],
    /// The store's word for a literal, which is absent when the property has no such value.
    pub value: fn(Text, &str) -> Option<String>,
}

/// What can be filtered.
pub trait Subject {
    /// Ticks since 1970.
    fn time(&self, property: Time) -> i64;
    fn text(&self, property: Text) -> Option<&str>;
}

impl Subject for Facts<'_> {
    fn time(&self, property: Time) -> i64 {
        match property {
            Time::Created => self.created,
            Time::LastUpdate => self.updated,
        }
    }

    fn text(&self, property: Text) -> Option<&str> {
        match property {
            Text::Status => Some(self.status()),
            Text::AssignedTo => self.assigned_to(),
            Text::Severity => Some(self.severity()),
            Text::Classification => Some(self.classification()),
            Text::Determination => Some(self.determination()),
            Text::ServiceSource | Text::AlertStatus => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// Parentheses nest no deeper: each level is a call of the parser.
const DEEPEST: usize = 32;

impl Filter {
    /// The error says what the service would not accept.
    pub fn parse(text: &str, dialect: &Dialect) -> Result<Self, String> {
        let mut parser = Parser { rest: text.trim(), depth: 0, dialect };
        let filter = parser.either()?;
        if parser.rest.is_empty() { Ok(filter) } else { Err(parser.unexpected("the end")) }
    }

    pub fn matches(&self, subject: &impl Subject) -> bool {
        match self {
            Self::Or(left, right) => left.matches(subject) || right.matches(subject),
            Self::And(left, right) => left.matches(subject) && right.matches(subject),
            Self::Time { property, operator, ticks } => operator.holds(subject.time(*property), *ticks),
            Self::Text { property, equal, value } => (subject.text(*property) == value.as_deref()) == *equal,
        }
    }
}

impl Operator {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "lt" => Self::Lt,
            "le" => Self::Le,
            _ => return None,
        })
    }

    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Ne => left != right,
            Self::Gt => left > right,
            Self::Ge => left >= right,
            Self::Lt => left < right,
            Self::Le => left <= right,
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
    dialect: &'a Dialect,
}

impl<'a> Parser<'a> {
    fn either(&mut self) -> Result<Filter, String> {
        let mut left = self.both()?;
        while self.keyword("or") {
            left = Filter::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter, String> {
        let mut left = self.term()?;
        while self.keyword("and") {
            left = Filter::And(Box::new(left), Box::new(self.term()?));
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Filter, String> {
        let Some(inside) = self.rest.strip_prefix('(') else {
            return self.comparison();
        };
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("The filter is nested too deeply.".to_owned());
        }
        self.rest = inside.trim_start();
        let filter = self.either()?;
        let Some(after) = self.rest.strip_prefix(')') else {
            return Err(self.unexpected("')'"));
        };
        self.rest = after.trim_start();
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, String> {
        let property = self.word();
        let operator = self.word();
        let operator =
            Operator::parse(operator).ok_or_else(|| format!("'{operator}' is not a supported operator."))?;
        let named = |(name, _): &&(&str, Time)| *name == property;
        if let Some((_, time)) = self.dialect.times.iter().find(named) {
            return self.time(*time, operator);
        }
        match self.dialect.texts.iter().find(|(name, _)| *name == property) {
            Some((_, text)) => self.text(*text, operator),
            None => Err(format!("Filtering by property '{property}' is not supported.")),
        }
    }

    fn time(&mut self, property: Time, operator: Operator) -> Result<Filter, String> {
        let literal = self.word();
        let time = ticks::parse(literal);
        let ticks = time.ok_or_else(|| format!("'{literal}' is not a time in UTC without quotes."))?;
        Ok(Filter::Time { property, operator, ticks })
    }

    fn text(&mut self, property: Text, operator: Operator) -> Result<Filter, String> {
        let equal = match operator {
            Operator::Eq => true,
            Operator::Ne => false,
            _ => return Err("Text can be compared with eq and ne only.".to_owned()),
        };
        if self.keyword("null") {
            return Ok(Filter::Text { property, equal, value: None });
        }
        let literal = self.quoted()?;
        let value = (self.dialect.value)(property, &literal);
        let value = value.ok_or_else(|| format!("'{literal}' is not a value of this property."))?;
        Ok(Filter::Text { property, equal, value: Some(value) })
    }

    /// A string in single quotes, in which two stand for one.
    fn quoted(&mut self) -> Result<String, String> {
        let mut value = String::new();
        let Some(mut rest) = self.rest.strip_prefix('\'') else {
            return Err(self.unexpected("a quoted string"));
        };
        loop {
            let (text, after) = rest.split_once('\'').ok_or("A quoted string has no end.")?;
            value.push_str(text);
            match after.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    rest = more;
                }
                None => {
                    self.rest = after;
                    self.separated()?;
                    return Ok(value);
                }
            }
        }
    }

    /// Takes the keyword, if it stands here as a whole word.
    fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = Self { rest: self.rest, depth: self.depth, dialect: self.dialect };
        let found = ahead.word() == keyword;
        if found {
            self.rest = ahead.rest;
        }
        found
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find([' ', '(', ')', '\'']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    /// After a string there is a space, a parenthesis or nothing.
    fn separated(&mut self) -> Result<(), String> {
        if !self.rest.is_empty() && !self.rest.starts_with([' ', ')']) {
            return Err(self.unexpected("a space"));
        }
        self.rest = self.rest.trim_start();
        Ok(())
    }

    fn unexpected(&self, instead_of: &str) -> String {
        format!("Syntax error: expected {instead_of} at '{}'.", self.rest)
    }
}
