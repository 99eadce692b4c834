//! What a service says about a request, without the secrets that were in the request: some quote what they refuse,
//! whole or in parts.

use std::collections::HashSet;

use url::form_urlencoded;

const REDACTED: &str = "[redacted]";
/// What is shorter is no secret, and may be a part of any word.
const SHORTEST: usize = 4;
/// A part of a secret that has as many characters is in no text by accident.
const PART: usize = 20;
/// A token's segment of so many characters is one of its own kind.
const SHORTEST_SEGMENT: usize = 8;

/// Replaces each of `secrets` in `text`, as it is or as a form has it, by `[redacted]`; and so each of the segments
/// between a token's dots (RFC 7515 section 3.1), and whatever else of it is long enough to be a part of it.
pub fn redact(text: &mut String, secrets: &[impl AsRef<str>]) {
    for secret in secrets.iter().map(AsRef::as_ref).filter(|secret| secret.len() >= SHORTEST) {
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for secret in [secret, encoded.as_str()] {
            replace(text, secret);
            parts(text, secret);
            let segments = secret.split('.').filter(|segment| segment.len() >= SHORTEST_SEGMENT);
            segments.for_each(|segment| replace(text, segment));
        }
    }
}

fn replace(text: &mut String, secret: &str) {
    if text.contains(secret) {
        *text = text.replace(secret, REDACTED);
    }
}

/// Replaces every run of [`PART`] characters or more that the secret has as well.
fn parts(text: &mut String, secret: &str) {
    if text.len() < PART || secret.len() < PART {
        return;
    }
    let parts: HashSet<_> = secret.as_bytes().windows(PART).collect();
    let (mut rest, mut done) = (0, String::new());
    let mut at = 0;
    while at + PART <= text.len() {
        if !parts.contains(&text.as_bytes()[at..at + PART]) {
            at += 1;
            continue;
        }
        let mut end = at + PART;
        while end < text.len() && parts.contains(&text.as_bytes()[end + 1 - PART..=end]) {
            end += 1;
        }
        // A character that is cut is no secret's.
        let from = (0..at).rfind(|index| text.is_char_boundary(index + 1)).map_or(0, |index| index + 1);
        let to = (end..text.len()).find(|index| text.is_char_boundary(*index)).unwrap_or(text.len());
        done.push_str(&text[rest..from.max(rest)]);
        done.push_str(REDACTED);
        (rest, at) = (to, to);
    }
    if rest > 0 {
        done.push_str(&text[rest..]);
        *text = done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_secret_is_left_and_everything_else_is() {
        let mut text = "bad token 1.A+b/c=, code=1.A%2Bb%2Fc%3D& (a)".to_owned();
        redact(&mut text, &["1.A+b/c=", "a"]);
        assert_eq!(text, "bad token [redacted], code=[redacted]& (a)");
    }

    #[test]
    fn a_secret_in_pieces_is_one() {
        let token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0";
        for (text, expected) in [
            (token[..70].to_owned(), "[redacted]".to_owned()),
            (format!("a {} b", &token[..53]), "a [redacted] b".to_owned()),
            (format!("ü{}ü{}", &token[3..23], &token[40..61]), "ü[redacted]ü[redacted]".to_owned()),
            (format!("id c2lnbmF0 {}", &token[..10]), "id [redacted] eyJ0eXAiOi".to_owned()),
            (
                "nothing of it at all, but a long text".to_owned(),
                "nothing of it at all, but a long text".to_owned(),
            ),
        ] {
            let mut redacted = text.clone();
            redact(&mut redacted, &[token]);
            assert_eq!(redacted, expected, "{text}");
        }
        let mut text = "ääääääääääääääääää öäääääääääääää".to_owned();
        redact(&mut text, &["ääääääääääääööääääää"]);
        assert!(text.contains(REDACTED), "{text}");
    }
}
