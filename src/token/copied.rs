//! A token as people really have it: in UTF-16 from PowerShell, with a BOM, in quotes, behind `Bearer`, with
//! line ends inside and after.

use super::AccessToken;

impl AccessToken {
    /// The token in a text that somebody has copied it into; empty when there is none.
    #[must_use]
    pub fn copied(text: &[u8]) -> Self {
        clean(&decoded(text)).into()
    }
}

fn decoded(bytes: &[u8]) -> String {
    let utf16 = |units: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let units: Vec<_> = bytes.chunks_exact(2).map(|pair| units([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => utf16(u16::from_be_bytes, rest),
        [_, 0, ..] => utf16(u16::from_le_bytes, bytes),
        [0, _, ..] => utf16(u16::from_be_bytes, bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn clean(text: &str) -> String {
    let outside = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '"' | '\'' | '\0');
    let mut rest = text.trim_matches(outside);
    for prefix in ["authorization:", "bearer "] {
        if rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            rest = rest[prefix.len()..].trim_matches(outside);
        }
    }
    rest.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_tokens_arrive_gives_the_same_token() {
        let token = "eyJ0.eyJh.c2ln";
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        for bytes in [
            token.as_bytes().to_vec(),
            format!("{token}\r\n").into_bytes(),
            format!("\u{feff}\"{token}\"\n").into_bytes(),
            format!("Authorization: Bearer {token}").into_bytes(),
            format!("bearer   '{token}'").into_bytes(),
            "eyJ0.\r\neyJh.\r\nc2ln\r\n".as_bytes().to_vec(),
            utf16(&format!("\u{feff}{token}\r\n")),
            utf16(&format!("Bearer {token}")),
            format!("\u{feff}{token}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ] {
            assert_eq!(AccessToken::copied(&bytes).expose(), token, "{bytes:?}");
        }
        assert_eq!(AccessToken::copied(b"").expose(), "");
    }
}
