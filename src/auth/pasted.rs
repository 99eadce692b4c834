//! The answer as a person brings it: the address that the browser ended on, copied and pasted.
//!
//! Whether it is the answer is decided where the loopback decides it; here is only how an address looks after a
//! terminal, a mail or a chat has had its way with it.

use url::Url;

use super::loopback::callback::{Expected, NotTheAnswer, Outcome};

/// Why what was pasted is not the answer, in words for whoever pasted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing but white space, if that.
    #[error("there is nothing in it")]
    Empty,
    /// More than any browser's address.
    #[error("it is too long for an address")]
    TooLong,
    /// Where the person has to go, not where the browser ended.
    #[error("it is an address of the sign-in page; the one that is needed begins with http://localhost")]
    SignInPage,
    /// An address without a query, or no address.
    #[error("it is not the address that the browser ended on, which has `code=` and `state=` in it")]
    NoAnswer,
    /// An answer, but not to this sign-in.
    #[error(transparent)]
    NotTheAnswer(#[from] NotTheAnswer),
}

/// Around an address that was copied out of a text.
const QUOTES: &[char] = &['"', '\'', '`', '<', '>', '“', '”', '‘', '’', '„', '«', '»'];
/// What a terminal puts around something that is pasted, when it is asked to.
const BRACKETS: [&str; 2] = ["\u{1b}[200~", "\u{1b}[201~"];

/// Reads a whole address, its query, or what stands behind the question mark.
///
/// # Errors
/// When it is not the answer that is awaited.
pub fn read(text: &str, expected: &Expected) -> Result<Outcome, Unfit> {
    let bare = BRACKETS.iter().fold(text.to_owned(), |text, bracket| text.replace(bracket, ""));
    // An address has no white space, so all of it was put in by whatever broke the line.
    let joined: String = bare.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let address = joined.trim_matches(QUOTES);
    if address.is_empty() {
        return Err(Unfit::Empty);
    }
    if Url::parse(address).is_ok_and(|url| expected.authority.is_origin(&url.origin().ascii_serialization()))
    {
        return Err(Unfit::SignInPage);
    }
    let without_fragment = address.split_once('#').map_or(address, |(before, _)| before);
    let query = match without_fragment.split_once('?') {
        Some((_, query)) => query,
        None if without_fragment.contains('=') && !without_fragment.contains("://") => without_fragment,
        None => return Err(Unfit::NoAnswer),
    };
    Ok(expected.read(query.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Authority;
    use crate::auth::authorization_code::ResponseMode;

    fn read(text: &str) -> Result<Outcome, Unfit> {
        let base = Url::parse("https://login.microsoftonline.com").unwrap();
        let authority = Authority::new(base, &["login.microsoftonline.com"], "contoso.com");
        let expected = Expected { mode: ResponseMode::Query, state: "s-1".into(), authority, port: 4321 };
        super::read(text, &expected)
    }

    #[test]
    fn an_address_is_read_however_it_was_copied() {
        for good in [
            "http://localhost:4321/?code=c%2D1&state=s-1&session_state=x",
            "http://localhost:4321/?code=c-1&state=s-1#",
            "localhost:4321/?code=c-1&state=s-1",
            "?code=c-1&state=s-1",
            "code=c-1&state=s-1",
            " \t\"http://localhost:4321/?code=c-1&state=s-1\"\r\n",
            "<http://localhost:4321/?code=c-1&state=s-1>",
            "“http://localhost:4321/?code=c-1&state=s-1”",
            "http://localhost:4321/?co\r\n  de=c-1&sta\nte=s-1",
            "\u{1b}[200~http://localhost:4321/?code=c-1&state=s-1\u{1b}[201~",
        ] {
            assert!(matches!(read(good), Ok(Ok(code)) if code.expose() == "c-1"), "{good:?}");
        }
        let refused = read("http://localhost:4321/?error=access_denied&state=s-1");
        assert!(matches!(refused, Ok(Err(error)) if error.error == "access_denied"));
    }

    #[test]
    fn what_is_not_the_answer_is_told_apart() {
        let unfit = |text| read(text).unwrap_err();
        assert_eq!(unfit(" \n"), Unfit::Empty);
        assert_eq!(unfit("\"\""), Unfit::Empty);
        assert_eq!(
            unfit(
                "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id=x&state=s-1"
            ),
            Unfit::SignInPage
        );
        for no_answer in ["http://localhost:4321/", "yes", "https://example.com/#code=c-1&state=s-1"] {
            assert_eq!(unfit(no_answer), Unfit::NoAnswer, "{no_answer}");
        }
        for (text, why) in [
            ("?code=c-1", NotTheAnswer::NoState),
            ("?code=c-1&state=s-2", NotTheAnswer::ForeignState),
            ("?error=access_denied&state=s-2", NotTheAnswer::ForeignState),
            ("?state=s-1", NotTheAnswer::NoCode),
            ("?code=&state=s-1", NotTheAnswer::NoCode),
            ("?code=a&code=b&state=s-1", NotTheAnswer::Repeated),
            ("?code=c-1&state=s-1&iss=https%3A%2F%2Fevil.example", NotTheAnswer::ForeignIssuer),
        ] {
            assert_eq!(unfit(text), Unfit::NotTheAnswer(why), "{text}");
        }
    }
}
