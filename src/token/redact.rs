//! What a service says about a request, without the secrets that were in the request: some quote what they refuse.

use url::form_urlencoded;

const REDACTED: &str = "[redacted]";
/// What is shorter is no secret, and may be a part of any word.
const SHORTEST: usize = 4;

/// Replaces each of `secrets` in `text`, as it is or as a form has it, by `[redacted]`.
pub fn redact(text: &mut String, secrets: &[impl AsRef<str>]) {
    for secret in secrets.iter().map(AsRef::as_ref).filter(|secret| secret.len() >= SHORTEST) {
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for secret in [secret, encoded.as_str()] {
            if text.contains(secret) {
                *text = text.replace(secret, REDACTED);
            }
        }
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
}
