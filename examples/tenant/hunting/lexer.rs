//! The words of a query: enough of KQL's to know where strings and comments end.

use super::range;

pub const SYNTAX: &str = "A recognition error occurred.";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name, a keyword, a number or a timespan.
    Word(String),
    /// A string, decoded.
    Text(String),
    /// `datetime(…)`, in ticks.
    Time(i64),
    Sign(&'static str),
}

const SIGNS: [&str; 27] = [
    "..", "<=", ">=", "==", "!=", "=~", "!~", "<", ">", "=", "|", "(", ")", "[", "]", "{", "}", ",", ";",
    "+", "-", "*", "/", ":", ".", "%", "~",
];

/// The error is the engine's text.
pub fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if let Some(comment) = rest.strip_prefix("//") {
            (None, comment.split_once('\n').map_or("", |(_, after)| after))
        } else if let Some(after) = text(rest) {
            let (text, after) = after?;
            (Some(Token::Text(text)), after)
        } else if is_in_word(first) || first == '!' && rest[1..].starts_with(char::is_alphabetic) {
            let end = rest.find(|letter: char| !is_in_word(letter) && letter != '!').unwrap_or(rest.len());
            word(rest, end)?
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or_else(|| at(rest, query))?;
            (Some(Token::Sign(sign)), &rest[sign.len()..])
        };
        tokens.extend(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn is_in_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn word(rest: &str, end: usize) -> Result<(Option<Token>, &str), String> {
    let (word, after) = rest.split_at(end);
    if word == "datetime"
        && let Some(inside) = after.trim_start().strip_prefix('(')
    {
        let (time, after) = inside.split_once(')').ok_or(SYNTAX)?;
        let time = time.trim().trim_matches(['"', '\'']);
        return Ok((Some(Token::Time(range::time(time).ok_or(SYNTAX)?)), after));
    }
    // A fraction, as in `1.5h`.
    let fraction = after.strip_prefix('.').filter(|_| word.bytes().all(|byte| byte.is_ascii_digit()));
    if let Some(fraction) =
        fraction.filter(|fraction| fraction.starts_with(|digit: char| digit.is_ascii_digit()))
    {
        let end = fraction.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(fraction.len());
        let whole = format!("{word}.{}", &fraction[..end]);
        return Ok((Some(Token::Word(whole)), &fraction[end..]));
    }
    Ok((Some(Token::Word(word.to_owned())), after))
}

/// A string that starts here, and what follows it: `"…"` or `'…'` with backslashes, or `@"…"` in which a quote is
/// doubled, each perhaps with `h` before it.
fn text(rest: &str) -> Option<Result<(String, &str), String>> {
    let rest = match rest.as_bytes() {
        [b'h' | b'H', b'@' | b'"' | b'\'', ..] => &rest[1..],
        _ => rest,
    };
    let (verbatim, rest) = rest.strip_prefix('@').map_or((false, rest), |rest| (true, rest));
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut letters = rest.char_indices().skip(1).peekable();
    let mut decoded = String::new();
    while let Some((position, letter)) = letters.next() {
        let doubled = verbatim && letters.peek().is_some_and(|(_, next)| *next == quote);
        match letter {
            '\\' if !verbatim => match letters.next().map_or('\\', |(_, letter)| letter) {
                'u' => {
                    let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    decoded.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                'n' => decoded.push('\n'),
                'r' => decoded.push('\r'),
                't' => decoded.push('\t'),
                other => decoded.push(other),
            },
            '\n' if !verbatim => break,
            _ if letter == quote && doubled => decoded.extend(letters.next().map(|(_, quote)| quote)),
            _ if letter == quote => return Some(Ok((decoded, &rest[position + 1..]))),
            _ => decoded.push(letter),
        }
    }
    Some(Err(SYNTAX.to_owned()))
}

/// Where the engine did not understand the query: line and column from 1.
fn at(rest: &str, query: &str) -> String {
    let before = &query[..query.len() - rest.len()];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{SYNTAX} (line {line}, column {column})")
}
