//! `WWW-Authenticate`: the challenges in one header line (RFC 9110 sections 11.2, 11.3 and 11.6.1).
//!
//! A comma separates challenges as well as the parameters of one, and may stand in a quoted string too, so
//! nothing less than a parser tells them apart. Of a line that goes wrong somewhere, the challenges before that
//! place count.

use std::borrow::Cow;

/// The longest line that is read, in bytes.
pub const LONGEST: usize = 8 << 10;

/// One challenge: a scheme, and either a `token68` or parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The name of the scheme, as it was spelt; upper and lower case are the same.
    pub scheme: &'a str,
    /// What some schemes have in place of parameters, such as `Negotiate`.
    pub token68: Option<&'a str>,
    /// Names, as they were spelt, and values, without quotes and escapes.
    pub parameters: Vec<(&'a str, Cow<'a, str>)>,
}

impl Challenge<'_> {
    /// The value of a parameter, whatever the case of its name; the first, should there be several.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let named = |(other, _): &&(&str, _)| other.eq_ignore_ascii_case(name);
        self.parameters.iter().find(named).map(|(_, value)| value.as_ref())
    }
}

/// The challenges of one header line; none when it is longer than [`LONGEST`].
#[must_use]
pub fn parse(line: &str) -> Vec<Challenge<'_>> {
    let mut challenges = Vec::new();
    if line.len() <= LONGEST {
        let mut reader = Reader(line);
        reader.separators();
        while let Some(challenge) = reader.challenge() {
            challenges.push(challenge);
        }
    }
    challenges
}

/// What is left of the line.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// A challenge and the separators after it; `None` where there is none, or a malformed one.
    fn challenge(&mut self) -> Option<Challenge<'a>> {
        let scheme = self.token()?;
        let mut challenge = Challenge { scheme, token68: None, parameters: Vec::new() };
        let mut may_follow = !self.take_while(|c| c == ' ').is_empty();
        if may_follow && let Some(token68) = self.token68() {
            challenge.token68 = Some(token68);
            self.separators();
            return Some(challenge);
        }
        loop {
            let comma = self.separators();
            if self.0.is_empty() {
                return Some(challenge);
            }
            let mut ahead = *self;
            match ahead.parameter() {
                Some(parameter) if comma || may_follow => challenge.parameters.push(parameter),
                // What stands here is the scheme of the next one.
                None if comma => return Some(challenge),
                _ => return None,
            }
            *self = ahead;
            may_follow = false;
        }
    }

    /// `token BWS "=" BWS ( token / quoted-string )`
    fn parameter(&mut self) -> Option<(&'a str, Cow<'a, str>)> {
        let name = self.token()?;
        self.take_while(is_white);
        self.0 = self.0.strip_prefix('=')?;
        self.take_while(is_white);
        let value = match self.token() {
            Some(value) => value.into(),
            None => self.quoted_string()?,
        };
        Some((name, value))
    }

    fn token(&mut self) -> Option<&'a str> {
        let token = self.take_while(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
        (!token.is_empty()).then_some(token)
    }

    /// A `token68` with nothing else before the next comma, so that it is no parameter's name.
    fn token68(&mut self) -> Option<&'a str> {
        let mut ahead = *self;
        let text = ahead.take_while(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        let padding = ahead.take_while(|c| c == '=');
        let token68 = &self.0[..text.len() + padding.len()];
        ahead.take_while(is_white);
        if text.is_empty() || !(ahead.0.is_empty() || ahead.0.starts_with(',')) {
            return None;
        }
        *self = ahead;
        Some(token68)
    }

    fn quoted_string(&mut self) -> Option<Cow<'a, str>> {
        let inside = self.0.strip_prefix('"')?;
        let mut escaped = false;
        for (at, c) in inside.char_indices() {
            match c {
                _ if c.is_control() && c != '\t' => return None,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.0 = &inside[at + 1..];
                    let text = &inside[..at];
                    return Some(if text.contains('\\') { unescaped(text).into() } else { text.into() });
                }
                _ => {}
            }
        }
        None
    }

    /// Skips white space and the commas of a list, some of which may have nothing between them; says whether there
    /// was a comma.
    fn separators(&mut self) -> bool {
        self.take_while(|c| is_white(c) || c == ',').contains(',')
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !belongs(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }
}

fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use http_auth::parser::ChallengeParser;
    use proptest::prelude::*;

    use super::*;

    fn shown(line: &str) -> Vec<String> {
        let show = |challenge: &Challenge| {
            let parameters = challenge.parameters.iter().map(|(name, value)| format!(" {name}=<{value}>"));
            let token68 = challenge.token68.map(|token68| format!(" {token68}"));
            [challenge.scheme.to_owned()].into_iter().chain(token68).chain(parameters).collect()
        };
        parse(line).iter().map(show).collect()
    }

    #[test]
    fn commas_separate_challenges_and_parameters_and_stand_in_strings() {
        assert_eq!(
            shown(r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\", \\ all""#),
            ["Basic realm=<simple>", r#"Newauth realm=<apps> type=<1> title=<Login to "apps", \ all>"#]
        );
        assert_eq!(shown(r"Negotiate,Bearer"), ["Negotiate", "Bearer"]);
        assert_eq!(shown(" , ,Bearer a=b ,\t, c = \"d\" , "), ["Bearer a=<b> c=<d>"]);
        assert_eq!(shown("Bearer ,a=b"), ["Bearer a=<b>"]);
        assert_eq!(shown(r#"Bearer realm="ünïcode", a="""#), ["Bearer realm=<ünïcode> a=<>"]);
        assert!(shown("").is_empty());
    }

    #[test]
    fn a_token68_is_no_parameter() {
        assert_eq!(
            shown("Negotiate oYG2+/~==, Bearer a=b, NTLM abc"),
            ["Negotiate oYG2+/~==", "Bearer a=<b>", "NTLM abc"]
        );
        assert_eq!(shown("Bearer a=b=="), [""; 0]);
    }

    #[test]
    fn case_does_not_matter_and_the_first_of_two_counts() {
        let challenges = parse("bEARER Error=one, error=two");
        assert_eq!(challenges[0].parameter("ERROR"), Some("one"));
        assert_eq!(challenges[0].parameter("claims"), None);
    }

    #[test]
    fn what_is_before_a_malformed_place_counts() {
        for bad in
            ["@", "Bearer a=\"b", "Bearer a=\"b\\", "Bearer a=b c=d", "Bearer\ta=b", "Bearer a=\"\u{7}\""]
        {
            assert_eq!(shown(&format!("Basic realm=x, {bad}")), ["Basic realm=<x>"], "{bad:?}");
        }
        assert_eq!(shown("Basic realm=x, Bearer a=1, =, Digest"), ["Basic realm=<x>", "Bearer a=<1>"]);
    }

    #[test]
    fn a_line_is_read_up_to_8_kib() {
        let line = |length: usize| format!("Bearer a={}", "x".repeat(length - "Bearer a=".len()));
        assert_eq!(parse(&line(LONGEST)).len(), 1);
        assert!(parse(&line(LONGEST + 1)).is_empty());
    }

    /// Bits of lines, so that many are right and the rest look like it.
    fn lines() -> impl Strategy<Value = String> {
        let separator = prop::sample::select(vec![", ", ",", "\t,", ",, ", " , ", "", " ", "=", "\"", "é"]);
        let bit = prop::sample::select(vec![
            "Bearer a=b",
            "Basic realm=\"x, y\"",
            "c=d",
            "e = \"\\\"f\\\\\"",
            "g=\"\"",
            "Bearer",
            "a",
            "h=\ti",
            "==",
        ]);
        prop::collection::vec((bit, separator), 0..6)
            .prop_map(|bits| bits.into_iter().map(|(bit, separator)| bit.to_owned() + separator).collect())
    }

    fn written(challenges: &[(String, Vec<(String, String)>)]) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let all = challenges.iter().map(|(scheme, parameters)| {
            let parameters = parameters.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
            format!("{scheme} {}", parameters.collect::<Vec<_>>().join(","))
        });
        all.collect::<Vec<_>>().join(", ")
    }

    proptest! {
        #[test]
        fn nothing_panics(line in any::<String>(), other in lines()) {
            let _ = (parse(&line), parse(&other));
        }

        #[test]
        fn what_was_written_is_read(challenges in prop::collection::vec(
            ("[A-Za-z!#]{1,8}", prop::collection::vec(("[a-z*]{1,8}", "[ -~é\t]{0,12}"), 1..4)), 0..5,
        )) {
            let line = written(&challenges);
            let owned = |(name, value): &(&str, Cow<str>)| ((*name).to_owned(), value.to_string());
            let read: Vec<_> = parse(&line)
                .iter()
                .map(|challenge| (challenge.scheme.to_owned(), challenge.parameters.iter().map(owned).collect()))
                .collect();
            prop_assert_eq!(read, challenges);
        }

        /// `http-auth` knows no `token68` and no recovery; what it understands is understood alike here.
        #[test]
        fn another_parser_reads_the_same(line in lines()) {
            let theirs: Result<Vec<_>, _> = ChallengeParser::new(&line).collect();
            if let Ok(theirs) = theirs {
                let theirs: Vec<_> = theirs
                    .iter()
                    .map(|challenge| {
                        let value = |(name, value): &(&str, http_auth::ParamValue)| {
                            ((*name).to_owned(), value.to_unescaped())
                        };
                        (challenge.scheme.to_owned(), challenge.params.iter().map(value).collect::<Vec<_>>())
                    })
                    .collect();
                let owned = |(name, value): &(&str, Cow<str>)| ((*name).to_owned(), value.to_string());
                let ours: Vec<_> = parse(&line)
                    .iter()
                    .map(|challenge| {
                        (challenge.scheme.to_owned(), challenge.parameters.iter().map(owned).collect::<Vec<_>>())
                    })
                    .collect();
                prop_assert_eq!(ours, theirs, "{:?}", line);
            }
        }
    }
}
