//! Text that somebody else wrote, made safe to show in a terminal.

use std::borrow::Cow;

/// Makes one visible line of `text`: line breaks and tabs become spaces, and what would steer the terminal or
/// reorder the line (C0, C1, bidirectional controls) becomes U+FFFD.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
            control if control.is_control() || is_bidi_control(control) => char::REPLACEMENT_CHARACTER,
            visible => visible,
        })
        .collect()
}

/// The longest text of somebody else's that a person is shown in one piece, in bytes.
const LONGEST: usize = 2048;

/// The same without what nobody would read.
#[must_use]
pub fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text.into();
    }
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", &text[..end]).into()
}

/// Unicode's `Bidi_Control` characters (UAX #9).
pub(super) fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_without_end() {
        assert_eq!(shortened("short"), "short");
        let long = shortened(&"ü🛡".repeat(2000)).into_owned();
        assert!(long.ends_with("ü…") && long.len() <= LONGEST + '…'.len_utf8(), "{long}");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            one_line("a\u{1b}[31mred\u{202e}txt\r\nb\t\u{9b}c"),
            "a\u{fffd}[31mred\u{fffd}txt  b \u{fffd}c"
        );
        assert_eq!(one_line("זיהוי 🛡️ 検出"), "זיהוי 🛡️ 検出");
    }
}
