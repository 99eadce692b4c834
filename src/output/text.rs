//! Text that somebody else wrote, made safe to show in a terminal.

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

/// Unicode's `Bidi_Control` characters (UAX #9).
fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            one_line("a\u{1b}[31mred\u{202e}txt\r\nb\t\u{9b}c"),
            "a\u{fffd}[31mred\u{fffd}txt  b \u{fffd}c"
        );
        assert_eq!(one_line("זיהוי 🛡️ 検出"), "זיהוי 🛡️ 検出");
    }
}
