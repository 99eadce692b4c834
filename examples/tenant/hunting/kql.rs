//! What a query asks for, as far as this engine understands KQL.

use std::collections::HashMap;

use super::columns::Column;
use super::condition::{self, Condition, Value};
use super::lexer::{self, SYNTAX, Token};
use super::range::Range;

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
    /// What is done with the rows in that range, one after the other.
    pub steps: Vec<Step>,
    /// Those that `project` leaves.
    pub columns: Vec<String>,
    pub count: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Where(Condition),
    Take(usize),
    /// By these columns, the largest first if so.
    Sort(Vec<(String, bool)>),
}

/// The error is the engine's text. `now` is in ticks.
pub fn parse(query: &str, now: i64, columns: &[Column]) -> Result<Plan, String> {
    let tokens = lexer::tokens(query)?;
    balanced(&tokens)?;
    let columns: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut scope = Scope { now, columns: &columns, lets: HashMap::new() };
    let mut tabular = None;
    for statement in
        tokens.split(|token| *token == Token::Sign(";")).filter(|statement| !statement.is_empty())
    {
        match statement {
            [Token::Word(word), Token::Word(name), Token::Sign("="), value @ ..] if word == "let" => {
                let value = scope.value(value).map_or(Value::Opaque, |(value, _)| value);
                scope.lets.insert(name.clone(), value);
            }
            [Token::Word(word), ..] if word == "let" => return Err(SYNTAX.to_owned()),
            [Token::Word(word), ..] if word == "declare" => {}
            _ => tabular = Some(statement),
        }
    }
    tabular_plan(tabular.ok_or(SYNTAX)?, scope, &columns)
}

/// What names mean.
pub struct Scope<'a> {
    now: i64,
    columns: &'a [String],
    /// By the names that `let` gave them.
    lets: HashMap<String, Value>,
}

impl Scope<'_> {
    /// The name of a column, in an operator.
    pub fn column(&self, operator: &str, name: &str) -> Result<String, String> {
        let known = self.columns.iter().find(|column| *column == name).cloned();
        known.ok_or_else(|| {
            format!("'{operator}' operator: Failed to resolve scalar expression named '{name}'")
        })
    }

    /// A literal or a name for one, and what follows it.
    pub fn value<'t>(&self, tokens: &'t [Token]) -> Result<(Value, &'t [Token]), String> {
        if let [Token::Word(name), rest @ ..] = tokens
            && let Some(value) = self.lets.get(name)
        {
            return Ok((value.clone(), rest));
        }
        condition::literal(tokens, self.now).ok_or_else(|| SYNTAX.to_owned())
    }

    /// Names with commas between.
    fn names(&self, operator: &str, tokens: &[Token]) -> Result<Vec<String>, String> {
        let name = |tokens: &[Token]| match tokens {
            [Token::Word(name)] => self.column(operator, name),
            _ => Err(SYNTAX.to_owned()),
        };
        tokens.split(|token| *token == Token::Sign(",")).map(name).collect()
    }

    /// Columns by which rows are sorted, and whether the largest comes first, as where nothing is said.
    fn order(&self, tokens: &[Token]) -> Result<Vec<(String, bool)>, String> {
        let by = |tokens: &[Token]| match tokens {
            [Token::Word(name)] => Ok((self.column("order", name)?, true)),
            [Token::Word(name), Token::Word(way)] if ["asc", "desc"].contains(&way.as_str()) => {
                Ok((self.column("order", name)?, way == "desc"))
            }
            _ => Err(SYNTAX.to_owned()),
        };
        tokens.split(|token| *token == Token::Sign(",")).map(by).collect()
    }
}

fn tabular_plan(statement: &[Token], scope: Scope<'_>, all: &[String]) -> Result<Plan, String> {
    let mut operators = statement.split(|token| *token == Token::Sign("|"));
    match operators.next() {
        Some([Token::Word(table)]) if TABLES.contains(&table.as_str()) => {}
        Some([Token::Word(table)]) => {
            return Err(format!("Failed to resolve table or column expression named '{table}'"));
        }
        _ => return Err(SYNTAX.to_owned()),
    }
    let mut plan = Plan { range: Range::ALL, steps: Vec::new(), columns: all.to_vec(), count: false };
    let Scope { now, mut lets, .. } = scope;
    for operator in operators {
        let columns = plan.columns.clone();
        let scope = Scope { now, columns: &columns, lets };
        let Some((Token::Word(name), rest)) = operator.split_first().filter(|_| !plan.count) else {
            return Err(SYNTAX.to_owned());
        };
        match (name.as_str(), rest) {
            ("where", [_, ..]) => {
                let condition = Condition::parse(rest, &scope)?;
                if plan.steps.is_empty() {
                    plan.range = plan.range.within(condition.range());
                }
                if !plan.steps.is_empty() || !condition.is_a_range() {
                    plan.steps.push(Step::Where(condition));
                }
            }
            ("take" | "limit", [_, ..]) => match scope.value(rest)? {
                (Value::Number(number), []) => {
                    plan.steps.push(Step::Take(number.try_into().map_err(|_| SYNTAX)?));
                }
                _ => return Err(SYNTAX.to_owned()),
            },
            ("count", []) => plan.count = true,
            ("project", [Token::Sign("-"), Token::Word(away), names @ ..]) if away == "away" => {
                let names = scope.names("project-away", names)?;
                plan.columns.retain(|column| !names.contains(column));
            }
            ("project", [_, ..]) => plan.columns = scope.names("project", rest)?,
            ("sort" | "order", [Token::Word(by), rest @ ..]) if by == "by" => {
                plan.steps.push(Step::Sort(scope.order(rest)?));
            }
            _ => return Err(SYNTAX.to_owned()),
        }
        lets = scope.lets;
    }
    Ok(plan)
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
