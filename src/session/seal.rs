//! A session's file sealed: AES-256-GCM, under a key that is kept elsewhere.
//!
//! What is sealed belongs to one session: the name of its file is authenticated with it, so that it opens nowhere
//! else.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const LENGTH: usize = 32;
const VERSION: u32 = 1;
/// How every sealed file begins, as serde writes it.
const BEGINNING: &[u8] = b"{\"sealed\":";

/// Opens one session's file; wiped when dropped.
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; LENGTH]>);

/// The file as it lies on the disk.
#[derive(Serialize, Deserialize)]
struct Envelope {
    /// The form of the envelope.
    sealed: u32,
    nonce: String,
    /// The sealed session and the tag that proves it.
    text: String,
}

impl SealKey {
    /// A key that nobody has had before; `None` when the system gives no random numbers.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut key = Zeroizing::new([0; LENGTH]);
        rand::fill(key.as_mut_slice()).ok()?;
        Some(Self(key))
    }

    /// The key that was kept; `None` when that was no key.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Seals a session for the file `name`, under a fresh nonce; `None` when the system gives no random numbers.
    #[must_use]
    pub fn seal(&self, name: &str, session: &[u8]) -> Option<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(session.len() + AES_256_GCM.tag_len()));
        text.extend_from_slice(session);
        let nonce = self.cipher()?.seal_in_place_append_tag(Aad::from(bound_to(name)), &mut *text).ok()?;
        let envelope = Envelope {
            sealed: VERSION,
            nonce: STANDARD.encode(nonce.as_ref()),
            text: STANDARD.encode(&*text),
        };
        serde_json::to_vec(&envelope).ok()
    }

    /// The session in the file `name`; `None` unless it was sealed for this file with this key and is unchanged.
    #[must_use]
    pub fn open(&self, name: &str, file: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let envelope: Envelope = serde_json::from_slice(file).ok()?;
        if envelope.sealed != VERSION {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(&STANDARD.decode(envelope.nonce).ok()?).ok()?;
        let mut text = Zeroizing::new(STANDARD.decode(envelope.text).ok()?);
        let length = self.cipher()?.open_in_place(nonce, Aad::from(bound_to(name)), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    fn cipher(&self) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, self.as_bytes()).ok()
    }
}

/// Whether a file, or the beginning of one, says that it is sealed.
#[must_use]
pub fn is_sealed(file: &[u8]) -> bool {
    file.starts_with(BEGINNING)
}

/// How much of a file [`is_sealed`] has to see.
pub(super) const ENOUGH: usize = BEGINNING.len();

fn bound_to(name: &str) -> String {
    format!("m365d session {VERSION} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_name_and_bytes_open_what_was_sealed() {
        let (key, other) = (SealKey::random().unwrap(), SealKey::random().unwrap());
        let sealed = key.seal("a", b"the session").unwrap();
        assert!(is_sealed(&sealed[..ENOUGH]));
        assert_eq!(*key.open("a", &sealed).unwrap(), b"the session");
        assert!(key.open("b", &sealed).is_none());
        assert!(other.open("a", &sealed).is_none());
        for position in 0..sealed.len() {
            for bit in 0..8 {
                let mut flipped = sealed.clone();
                flipped[position] ^= 1 << bit;
                let opened = key.open("a", &flipped);
                assert!(opened.is_none_or(|text| *text == b"the session"), "bit {bit} at {position}");
            }
        }
        assert!(key.open("a", &sealed[..sealed.len() - 1]).is_none());
    }

    #[test]
    fn no_two_seals_are_alike() {
        let key = SealKey::new(SealKey::random().unwrap().as_bytes()).unwrap();
        let nonces = [(); 100].map(|()| {
            let envelope: Envelope = serde_json::from_slice(&key.seal("a", b"x").unwrap()).unwrap();
            envelope.nonce
        });
        assert_eq!(std::collections::HashSet::from(nonces).len(), 100);
        assert!(SealKey::new(&[0; 31]).is_none());
    }
}
