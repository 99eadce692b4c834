//! As much of KQL's grammar as it takes to know where a query's statements and operators begin.
//!
//! Of comments, strings and whatever stands in brackets only blanks are left, so that a `;` or a `|` that is still there
//! separates. (<https://learn.microsoft.com/kusto/query/scalar-data-types/string>,
//! <https://learn.microsoft.com/kusto/query/comment>)

/// The query with blanks in place of what separates nothing, byte for byte as long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outline {
    /// What is left of the query.
    pub(super) text: String,
    /// The same with what stands in brackets.
    pub(super) code: String,
    /// Whether there is a query in brackets.
    pub(super) has_inner_query: bool,
}

/// A statement or an operator, and where it begins.
pub(super) type Part<'a> = (usize, &'a str);

impl Outline {
    /// `None` when a string or a bracket does not end.
    pub(super) fn of(kql: &str) -> Option<Self> {
        let bytes = kql.as_bytes();
        let (mut text, mut code) = (bytes.to_vec(), bytes.to_vec());
        let mut open = Vec::new();
        let mut has_inner_query = false;
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at..].starts_with(b"//") {
                let end = memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |end| at + end);
                text[at..end].fill(b' ');
                code[at..end].fill(b' ');
                at = end;
                continue;
            }
            if let Some(quotes) = Quotes::at(&bytes[at..]) {
                let end = at + quotes.length(&bytes[at..])?;
                // Quotes stay, so that a string is not taken for nothing.
                text[at..end].fill(b'"');
                code[at..end].fill(b'"');
                at = end;
                continue;
            }
            match bytes[at] {
                b'(' => open.push(b')'),
                b'[' => open.push(b']'),
                b'{' => open.push(b'}'),
                closing @ (b')' | b']' | b'}') if open.pop() != Some(closing) => return None,
                b')' | b']' | b'}' => {}
                byte if !open.is_empty() => {
                    has_inner_query |= byte == b'|';
                    text[at] = b' ';
                }
                _ => {}
            }
            at += 1;
        }
        let text = String::from_utf8(text).ok().filter(|_| open.is_empty())?;
        Some(Self { text, code: String::from_utf8(code).ok()?, has_inner_query })
    }

    /// The words that are not in strings or comments, and where they begin.
    pub(super) fn words(&self) -> impl Iterator<Item = Part<'_>> {
        let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let mut rest = 0;
        std::iter::from_fn(move || {
            let start = rest + self.code[rest..].find(is_of_word)?;
            let after = &self.code[start..];
            let word = &after[..after.find(|letter| !is_of_word(letter)).unwrap_or(after.len())];
            rest = start + word.len();
            Some((start, word))
        })
    }

    /// The brackets that stand next after `at`, blanks aside: where they open and where they close.
    pub(super) fn brackets_after(&self, at: usize) -> Option<(usize, usize)> {
        let open = at + self.code[at..].find(|letter: char| !letter.is_whitespace())?;
        let mut depth = 0_usize;
        for (index, byte) in self.code.bytes().enumerate().skip(open) {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            match depth {
                0 if index == open => return None,
                0 => return Some((open, index)),
                _ => {}
            }
        }
        None
    }

    /// The statements that are not empty.
    pub(super) fn statements(&self) -> Vec<Part<'_>> {
        parts((0, &self.text), ';').filter(|(_, statement)| !statement.trim().is_empty()).collect()
    }
}

/// What stands between the separators.
pub(super) fn parts((start, text): Part<'_>, separator: char) -> impl Iterator<Item = Part<'_>> {
    let mut next = start;
    text.split(separator).map(move |part| {
        let begin = next;
        next += part.len() + 1;
        (begin, part)
    })
}

/// How a string is written.
#[derive(Clone, Copy)]
enum Quotes {
    /// Between three of these, as it is.
    Fence(&'static [u8]),
    /// As it is, but a quote is doubled.
    Verbatim(u8),
    /// In one line, with backslashes.
    Usual(u8),
}

impl Quotes {
    /// Those of the string that `text` begins with, if it does.
    fn at(text: &[u8]) -> Option<Self> {
        match text {
            [b'`', b'`', b'`', ..] => Some(Self::Fence(b"```")),
            [b'~', b'~', b'~', ..] => Some(Self::Fence(b"~~~")),
            [b'@', quote @ (b'"' | b'\''), ..] => Some(Self::Verbatim(*quote)),
            [quote @ (b'"' | b'\''), ..] => Some(Self::Usual(*quote)),
            _ => None,
        }
    }

    /// How long the string is that `text` begins with; `None` when it does not end.
    fn length(self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Fence(fence) => {
                let inside = memchr::memmem::find(&text[fence.len()..], fence)?;
                Some(inside + 2 * fence.len())
            }
            Self::Verbatim(quote) => {
                let mut at = 2;
                loop {
                    at += memchr::memchr(quote, text.get(at..)?)? + 1;
                    if text.get(at) != Some(&quote) {
                        return Some(at);
                    }
                    at += 1;
                }
            }
            Self::Usual(quote) => {
                let mut at = 1;
                loop {
                    match *text.get(at)? {
                        b'\n' | b'\r' => return None,
                        b'\\' => at += 2,
                        byte if byte == quote => return Some(at + 1),
                        _ => at += 1,
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_brackets_are_blanked() {
        for (kql, outline) in [
            ("T | where a == \"x|;\" // ; |\n| take 1", "T | where a == ^^^^^       \n| take 1"),
            (r"let a='\'|'; T", "let a=^^^^^; T"),
            ("a(b|c;[d]{e})f", "a(    [ ]{ })f"),
            ("@'a''|\\' | h\"|\" | @\"\n\"", "^^^^^^^^ | h^^^ | ^^^^"),
            ("```|\n'``` ~~~;~~~|", "^^^^^^^^^ ^^^^^^^|"),
            ("ü | 'ü|' (ü) | 2/1", "ü | ^^^^^ (  ) | 2/1"),
        ] {
            assert_eq!(Outline::of(kql).unwrap().text, outline.replace('^', "\""), "{kql}");
        }
        assert!(Outline::of("T | where a in ((U | project a))").unwrap().has_inner_query);
        assert!(!Outline::of("T | where a in ('|') | take 1").unwrap().has_inner_query);
    }

    #[test]
    fn words_and_brackets_are_found_where_they_mean_something() {
        let outline = Outline::of("ago (f(1d)) 'now()' // now()\n snow2()").unwrap();
        assert_eq!(outline.words().map(|(_, word)| word).collect::<Vec<_>>(), ["ago", "f", "1d", "snow2"]);
        assert_eq!(outline.brackets_after(3), Some((4, 10)));
        assert_eq!(outline.brackets_after(0), None);
    }

    #[test]
    fn what_does_not_end_has_no_outline() {
        for kql in
            ["\"", "'a\n'", "(", ")", "(]", "[}", "```a``", "@\"a\"\"", "\"\\\"", "~~~", "T | where (a"]
        {
            assert_eq!(Outline::of(kql), None, "{kql}");
        }
    }

    #[test]
    fn parts_know_where_they_begin() {
        let outline = Outline::of("let a = 1;; T | take 1 ").unwrap();
        let statements = outline.statements();
        assert_eq!(statements, [(0, "let a = 1"), (11, " T | take 1 ")]);
        assert_eq!(parts(statements[1], '|').collect::<Vec<_>>(), [(11, " T "), (15, " take 1 ")]);
    }
}
