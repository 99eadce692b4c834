//! The authority's signing keys: two published at any time, the first of which signs.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Names the keys of one tenant: the number of the one that signs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keys {
    signing: usize,
}

struct Key {
    pair: KeyPair,
    kid: String,
    /// Base64url, as a JWK has them (RFC 7518, section 6.3.1).
    modulus: String,
    exponent: String,
}

impl Keys {
    pub fn rotate(&mut self) {
        self.signing += 1;
    }

    fn published(self) -> [Arc<Key>; 2] {
        [key(self.signing), key(self.signing + 1)]
    }

    /// The key set, every key with the issuer that it signs for.
    pub fn jwks(self, issuer: &str) -> Value {
        let jwk = |key: Arc<Key>| {
            json!({
                "kty": "RSA", "use": "sig", "kid": key.kid, "x5t": key.kid,
                "n": key.modulus, "e": key.exponent, "issuer": issuer,
            })
        };
        json!({ "keys": self.published().map(jwk) })
    }

    /// A token signed as one of the published keys, or not at all as any (`foreign`).
    pub fn sign(self, claims: &Map<String, Value>, foreign: bool) -> String {
        let published = key(self.signing);
        let signing = if foreign { key(self.signing + 2) } else { Arc::clone(&published) };
        let header = json!({"typ": "JWT", "alg": "RS256", "x5t": published.kid, "kid": published.kid});
        let input = encode(&header, claims);
        let signature = signing.sign(&input);
        format!("{input}.{signature}")
    }

    /// A token of Microsoft Graph: the signature is over a header whose `nonce` is the hash of the one that is sent.
    pub fn sign_for_graph(self, claims: &Map<String, Value>, nonce: &str) -> String {
        let key = key(self.signing);
        let header = |nonce: &str| json!({"typ": "JWT", "nonce": nonce, "alg": "RS256", "x5t": key.kid, "kid": key.kid});
        let hashed = URL_SAFE_NO_PAD.encode(Sha256::digest(nonce));
        let signature = key.sign(&encode(&header(&hashed), claims));
        format!("{}.{signature}", encode(&header(nonce), claims))
    }

    /// The claims of a token that one of the published keys has signed. Nothing but the signature is checked.
    pub fn verify(self, token: &str) -> anyhow::Result<Map<String, Value>> {
        let kid = jsonwebtoken::decode_header(token)?.kid.context("no kid")?;
        let Some(key) = self.published().into_iter().find(|key| key.kid == kid) else {
            bail!("unknown kid {kid}")
        };
        let token = as_signed(token)?;
        let decoding = DecodingKey::from_rsa_components(&key.modulus, &key.exponent)?;
        let mut signature_only = Validation::new(Algorithm::RS256);
        signature_only.validate_exp = false;
        signature_only.validate_aud = false;
        signature_only.required_spec_claims.clear();
        Ok(jsonwebtoken::decode(&token, &decoding, &signature_only)?.claims)
    }
}

/// The token as its signature is over it: a `nonce` in its header is replaced by its hash.
fn as_signed(token: &str) -> anyhow::Result<String> {
    let (header, rest) = token.split_once('.').context("no JWT")?;
    let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
    let Some(nonce) = header.get("nonce").and_then(Value::as_str) else {
        return Ok(token.to_owned());
    };
    header["nonce"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(nonce)));
    Ok(format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string())))
}

impl Key {
    fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made");
        let modulus = URL_SAFE_NO_PAD.encode(pair.public_key().modulus().big_endian_without_leading_zero());
        let exponent = URL_SAFE_NO_PAD.encode(pair.public_key().exponent().big_endian_without_leading_zero());
        let mut kid = URL_SAFE_NO_PAD.encode(Sha256::digest(&modulus));
        // As long as the SHA-1 thumbprints that Entra ID uses here.
        kid.truncate(27);
        Self { pair, kid, modulus, exponent }
    }

    fn sign(&self, input: &str) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
            .expect("a good key signs anything");
        URL_SAFE_NO_PAD.encode(signature)
    }
}

fn encode(header: &Value, claims: &Map<String, Value>) -> String {
    let part = |json: String| URL_SAFE_NO_PAD.encode(json);
    format!("{}.{}", part(header.to_string()), part(json!(claims).to_string()))
}

/// Keys cost a tenth of a second each and tests start many tenants, so a process makes each key once, when first
/// needed.
fn key(number: usize) -> Arc<Key> {
    static MADE: Mutex<Vec<Arc<Key>>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    while made.len() <= number {
        made.push(Arc::new(Key::generate()));
    }
    Arc::clone(&made[number])
}
