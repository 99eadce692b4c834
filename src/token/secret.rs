//! The secret types: redacted in `Debug` and `Display`, zeroed on drop, exposed only by name.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SecretString);

        impl $name {
            /// The plain text. Every call marks a place where the secret leaves its type.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl From<String> for $name {
            fn from(plain: String) -> Self {
                Self(plain.into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[redacted]")
            }
        }
    };
}

secret!(
    /// A bearer token for one API (RFC 6749 section 1.4).
    AccessToken
);
secret!(
    /// What buys the next access token without a person (RFC 6749 section 1.5).
    RefreshToken
);
secret!(
    /// Who signed in, for this client only (`OpenID` Connect Core section 2).
    IdToken
);
secret!(
    /// The single-use code that the browser brings to the loopback (RFC 6749 section 4.1.2).
    AuthorizationCode
);
secret!(
    /// What buys the tokens once the person has agreed elsewhere (RFC 8628 section 3.2).
    DeviceCode
);

/// Serialises in plain text: for the session file and nothing else.
impl Serialize for AccessToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

/// Serialises in plain text: for the session file and nothing else.
impl Serialize for RefreshToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_display_shows_the_secret() {
        let token = AccessToken::from("eyJhbGciOi.secret.signature".to_owned());
        assert_eq!(format!("{token:?} {token}"), "AccessToken([redacted]) [redacted]");
        assert_eq!(token.expose(), "eyJhbGciOi.secret.signature");
    }
}
