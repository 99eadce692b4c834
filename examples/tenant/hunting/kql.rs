//! What a query asks for, as far as this engine understands KQL.

use std::collections::HashMap;

use super::columns::Column;
use super::lexer::{self, SYNTAX, Token};
use super::range::{self, Range};

/// Every name that the table goes by.
const TABLES: [&str; 8] = [
    "AlertEvidence",
    "AlertInfo",
    "DeviceEvents",
    "DeviceInfo",
    "DeviceNetworkEvents",
    "DeviceProcessEvents",
    "EmailEvents",
    "IdentityLogonEvents",
];

pub struct Plan {
    pub range: Range,
    pub take: Option<usize>,
    /// Those that `project` names.
    pub columns: Option<Vec<String>>,
    pub count: bool,
    /// Whether rows without a time are among them: a comparison with nothing does not hold.
    pub timeless: bool,
}

/// The error is the engine's text. `now` is in ticks.
pub fn parse(query: &str, now: i64, columns: &[Column]) -> Result<Plan, String> {
    let tokens = lexer::tokens(query)?;
    balanced(&tokens)?;
    let mut parser = Parser { now, columns, lets: HashMap::new() };
    let mut tabular = None;
    for statement in
        tokens.split(|token| *token == Token::Sign(";")).filter(|statement| !statement.is_empty())
    {
        match statement {
            [Token::Word(word), Token::Word(name), Token::Sign("="), value @ ..] if word == "let" => {
                if let Some((time, _)) = parser.time(value) {
                    parser.lets.insert(name.clone(), time);
                }
            }
            [Token::Word(word), ..] if word == "let" => return Err(SYNTAX.to_owned()),
            [Token::Word(word), ..] if word == "declare" => {}
            _ => tabular = Some(statement),
        }
    }
    parser.tabular(tabular.ok_or(SYNTAX)?)
}

struct Parser<'a> {
    now: i64,
    columns: &'a [Column],
    /// Times by the names that `let` gave them.
    lets: HashMap<String, i64>,
}

impl Parser<'_> {
    fn tabular(&self, statement: &[Token]) -> Result<Plan, String> {
        let mut operators = statement.split(|token| *token == Token::Sign("|"));
        match operators.next() {
            Some([Token::Word(table)]) if TABLES.contains(&table.as_str()) => {}
            Some([Token::Word(table)]) => {
                return Err(format!("Failed to resolve table or column expression named '{table}'"));
            }
            _ => return Err(SYNTAX.to_owned()),
        }
        let mut plan = Plan { range: Range::ALL, take: None, columns: None, count: false, timeless: true };
        for operator in operators {
            let Some((Token::Word(name), rest)) = operator.split_first() else {
                return Err(SYNTAX.to_owned());
            };
            match (name.as_str(), rest) {
                ("where", [_, ..]) => {
                    plan.range = plan.range.within(self.condition(rest)?);
                    plan.timeless &= holds_without_a_time(rest);
                }
                ("take" | "limit", [Token::Word(number)]) => {
                    let number = number.parse().map_err(|_| SYNTAX)?;
                    plan.take = Some(plan.take.map_or(number, |fewer: usize| fewer.min(number)));
                }
                ("count", []) => plan.count = true,
                ("project", [_, ..]) => plan.columns = Some(self.names("project", rest)?),
                ("sort" | "order", [Token::Word(by), rest @ ..]) if by == "by" => {
                    let order = ["asc", "desc", "nulls", "first", "last"];
                    let is_order =
                        |token: &&Token| matches!(token, Token::Word(word) if order.contains(&word.as_str()));
                    let columns: Vec<Token> = rest.iter().filter(|token| !is_order(token)).cloned().collect();
                    self.names("order", &columns)?;
                }
                _ => return Err(SYNTAX.to_owned()),
            }
        }
        Ok(plan)
    }

    /// Names with commas between.
    fn names(&self, operator: &str, tokens: &[Token]) -> Result<Vec<String>, String> {
        let name = |tokens: &[Token]| match tokens {
            [Token::Word(name)] if self.columns.iter().any(|column| column.name == *name) => Ok(name.clone()),
            [Token::Word(name)] => {
                Err(format!("'{operator}' operator: Failed to resolve scalar expression named '{name}'"))
            }
            _ => Err(SYNTAX.to_owned()),
        };
        tokens.split(|token| *token == Token::Sign(",")).map(name).collect()
    }

    /// The range that the comparisons of `Timestamp` leave. All others must name a column.
    fn condition(&self, tokens: &[Token]) -> Result<Range, String> {
        let mut range = Range::ALL;
        for (position, token) in tokens.iter().enumerate() {
            let Token::Word(column) = token else { continue };
            let after = &tokens[position + 1..];
            if compares(after) && !self.columns.iter().any(|known| known.name == *column) {
                return Err(format!(
                    "'where' operator: Failed to resolve scalar expression named '{column}'"
                ));
            }
            if column == "Timestamp" {
                range = range.within(self.compared(after)?);
            }
        }
        Ok(range)
    }

    fn compared(&self, after: &[Token]) -> Result<Range, String> {
        let (from, to) = (i64::MIN, i64::MAX);
        match after {
            [Token::Word(between), Token::Sign("("), inside @ ..] if between == "between" => {
                let (from, rest) = self.time(inside).ok_or(SYNTAX)?;
                let Some((Token::Sign(".."), rest)) = rest.split_first() else {
                    return Err(SYNTAX.to_owned());
                };
                let (to, _) = self.time(rest).ok_or(SYNTAX)?;
                Ok(Range { from, to })
            }
            [Token::Sign(sign), value @ ..] if compares(after) => {
                let (time, _) = self.time(value).ok_or(SYNTAX)?;
                Ok(match *sign {
                    ">=" => Range { from: time, to },
                    ">" => Range { from: time + 1, to },
                    "<=" => Range { from, to: time },
                    "<" => Range { from, to: time - 1 },
                    _ => Range { from: time, to: time },
                })
            }
            _ => Ok(Range::ALL),
        }
    }

    /// `datetime(…)`, a name for one, `now()`, `ago(…)`, or in brackets one of them with a timespan that is added or
    /// taken away, and what follows it.
    fn time<'a>(&self, tokens: &'a [Token]) -> Option<(i64, &'a [Token])> {
        match tokens {
            [Token::Time(time), rest @ ..] => Some((*time, rest)),
            [Token::Word(word), Token::Sign("("), Token::Sign(")"), rest @ ..] if word == "now" => {
                Some((self.now, rest))
            }
            [Token::Word(word), Token::Sign("("), Token::Word(span), Token::Sign(")"), rest @ ..]
                if word == "ago" =>
            {
                Some((self.now - range::timespan(span)?, rest))
            }
            [Token::Sign("("), inside @ ..] => {
                let (mut time, mut rest) = self.time(inside)?;
                if let [
                    Token::Sign(sign @ ("+" | "-")),
                    Token::Sign("("),
                    Token::Word(span),
                    Token::Sign(")"),
                    after @ ..,
                ] = rest
                {
                    let span = range::timespan(span)?;
                    time += if *sign == "+" { span } else { -span };
                    rest = after;
                }
                Some((time, rest.strip_prefix(&[Token::Sign(")")])?))
            }
            [Token::Word(name), rest @ ..] => Some((*self.lets.get(name)?, rest)),
            _ => None,
        }
    }
}

/// Whether a condition is not about the time, or has `or isnull(Timestamp)`.
fn holds_without_a_time(condition: &[Token]) -> bool {
    let is = |token: &Token, text: &str| matches!(token, Token::Word(word) if word == text);
    let compares_time = |pair: &[Token]| is(&pair[0], "Timestamp") && compares(&pair[1..]);
    let allows_none = |five: &[Token]| {
        is(&five[0], "or")
            && is(&five[1], "isnull")
            && five[2] == Token::Sign("(")
            && is(&five[3], "Timestamp")
            && five[4] == Token::Sign(")")
    };
    !condition.windows(2).any(compares_time) || condition.windows(5).any(allows_none)
}

/// Whether what follows a word makes it a column.
fn compares(after: &[Token]) -> bool {
    let words = ["between", "contains", "has", "in", "startswith", "endswith", "matches"];
    match after.first() {
        Some(Token::Sign(sign)) => ["<", "<=", ">", ">=", "==", "!=", "=~", "!~"].contains(sign),
        Some(Token::Word(word)) => words.contains(&word.as_str()),
        _ => false,
    }
}

fn balanced(tokens: &[Token]) -> Result<(), String> {
    let mut open = Vec::new();
    for token in tokens {
        match token {
            Token::Sign("(") => open.push(")"),
            Token::Sign("[") => open.push("]"),
            Token::Sign("{") => open.push("}"),
            Token::Sign(sign @ (")" | "]" | "}")) if open.pop() != Some(*sign) => {
                return Err(SYNTAX.to_owned());
            }
            _ => {}
        }
    }
    if open.is_empty() { Ok(()) } else { Err(SYNTAX.to_owned()) }
}
