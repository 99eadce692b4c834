//! Values that nobody can guess: GUIDs, codes, refresh tokens.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub fn guid() -> String {
    // Version 4 and its variant (RFC 9562, section 5.4).
    let bits = u128::from_le_bytes(bytes()) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Something opaque as long as Entra ID's: about a thousand characters, so that a client with a small buffer notices.
pub fn opaque(prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes::<760>()))
}

/// What a person can type: no character that looks like another.
pub fn user_code() -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    bytes::<9>().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// A name for something that is kept here until it is asked for.
pub fn handle() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<24>())
}

/// A number from the range, every one as likely as the others up to what nobody could notice.
pub fn between(from: u64, to: u64) -> u64 {
    from + u64::from_le_bytes(bytes()) % (to - from + 1)
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system's random numbers are there");
    bytes
}
