//! `$filter` as far as this API documents it: four properties, six comparisons, `and`, `or` and parentheses
//! (OData 4.01, part 2, section 5.1.1). The grammar, one function per line:
//!
//! ```text
//! either     = both *("or" both)
//! both       = term *("and" term)
//! term       = "(" either ")" / comparison
//! comparison = property operator literal
//! ```

use jiff::Timestamp;

use super::incidents::{Facts, STATUSES};

#[derive(Debug)]
pub enum Filter {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Time { property: TimeProperty, operator: Operator, ticks: i64 },
    Text { property: TextProperty, equal: bool, value: Option<String> },
}

#[derive(Debug, Clone, Copy)]
pub enum TimeProperty {
    Created,
    LastUpdate,
}

#[derive(Debug, Clone, Copy)]
pub enum TextProperty {
    Status,
    AssignedTo,
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
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text.trim(), depth: 0 };
        let filter = parser.either()?;
        if parser.rest.is_empty() { Ok(filter) } else { Err(parser.unexpected("the end")) }
    }

    pub fn matches(&self, incident: &Facts) -> bool {
        match self {
            Self::Or(left, right) => left.matches(incident) || right.matches(incident),
            Self::And(left, right) => left.matches(incident) && right.matches(incident),
            Self::Time { property, operator, ticks } => {
                let actual = match property {
                    TimeProperty::Created => incident.created,
                    TimeProperty::LastUpdate => incident.updated,
                };
                operator.holds(actual, *ticks)
            }
            Self::Text { property, equal, value } => {
                let actual = match property {
                    TextProperty::Status => Some(incident.status),
                    TextProperty::AssignedTo => incident.assigned_to,
                };
                (actual == value.as_deref()) == *equal
            }
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
        match property {
            "createdTime" => self.time(TimeProperty::Created, operator),
            "lastUpdateTime" => self.time(TimeProperty::LastUpdate, operator),
            "status" => self.text(TextProperty::Status, operator),
            "assignedTo" => self.text(TextProperty::AssignedTo, operator),
            other => Err(format!("Filtering by property '{other}' is not supported.")),
        }
    }

    fn time(&mut self, property: TimeProperty, operator: Operator) -> Result<Filter, String> {
        let literal = self.word();
        let utc = literal.strip_suffix('Z').and_then(|_| literal.parse::<Timestamp>().ok());
        let time = utc.ok_or_else(|| format!("'{literal}' is not a time in UTC without quotes."))?;
        let ticks =
            i64::try_from(time.as_nanosecond() / 100).map_err(|_| format!("'{literal}' is out of range."))?;
        Ok(Filter::Time { property, operator, ticks })
    }

    fn text(&mut self, property: TextProperty, operator: Operator) -> Result<Filter, String> {
        let equal = match operator {
            Operator::Eq => true,
            Operator::Ne => false,
            _ => return Err("Text can be compared with eq and ne only.".to_owned()),
        };
        let value = if self.keyword("null") { None } else { Some(self.quoted()?) };
        if let (TextProperty::Status, Some(status)) = (property, &value)
            && !STATUSES.contains(&status.as_str())
        {
            return Err(format!("'{status}' is not a status."));
        }
        Ok(Filter::Text { property, equal, value })
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
        let mut ahead = Self { rest: self.rest, depth: self.depth };
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
