//! The key that vouches for service accounts: it signs their tokens, and tells whether it signed one.
//!
//! Receives a private key of the curve P-256 and claims; hands on JSON Web Tokens (RFC 7519) signed as ES256, and the claims of those that
//! it signed. Invariant: no claim of a token is handed on before its signature was checked. What the claims mean is not decided here.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Map, Value, json};

/// What comes before the point in the DER form (SubjectPublicKeyInfo) of every public key of the curve.
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07, 0x03, 0x42, 0x00,
];

/// The length of a coordinate of the point, in bytes.
const COORDINATE: usize = 32;

/// The longest token that is looked at, and so the longest that is made, in bytes.
pub(crate) const TOKEN_MOST: usize = 16 << 10;

/// A key for tokens of service accounts.
pub struct TokenKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    id: String,
}

/// Says which key it is, and not the key.
impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why there is no key, or no token. No variant carries the key.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    /// The text is no private key of the curve P-256 in PKCS #8.
    #[error("the key for tokens of service accounts cannot be used: {0}")]
    Unusable(String),
    /// The system gave no random numbers.
    #[error("a token could not be signed")]
    Sign,
}

impl TokenKey {
    /// Reads a private key of the curve P-256, in PKCS #8 and PEM.
    pub fn from_pem(pem: &str) -> Result<Self, TokenKeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| TokenKeyError::Unusable(error.to_string()))?;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_der(), &random);
        let pair = pair.map_err(|error| TokenKeyError::Unusable(error.to_string()))?;
        // As kube-apiserver names keys.
        let info = [&P256_INFO, pair.public_key().as_ref()].concat();
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA256, &info));
        Ok(Self { pair, random, id })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> Result<String, TokenKeyError> {
        let header = json!({"alg": "ES256", "kid": self.id});
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(|_| TokenKeyError::Sign)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a token; `None` where this key did not sign it.
    #[must_use]
    pub fn claims(&self, token: &str) -> Option<Map<String, Value>> {
        if token.len() > TOKEN_MOST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        // Nobody but the key says how it signs, and what has critical parts is not understood whole.
        if header.get("alg")? != "ES256" || header.contains_key("crit") {
            return None;
        }
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref());
        key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// The public key, as a set of JSON Web Keys (RFC 7517) with which others check tokens.
    #[must_use]
    pub fn public(&self) -> Value {
        // One byte says that both coordinates follow.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(COORDINATE);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        json!({"keys": [{"use": "sig", "kty": "EC", "kid": self.id, "crv": "P-256", "alg": "ES256", "x": x, "y": y}]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TokenKey {
        TokenKey::from_pem(&rcgen::KeyPair::generate().expect("a key").serialize_pem()).expect("a key of the curve")
    }

    fn replaced(token: &str, part: usize, by: &Value) -> String {
        let by = URL_SAFE_NO_PAD.encode(by.to_string());
        token.split('.').enumerate().map(|(index, old)| if index == part { by.as_str() } else { old }).collect::<Vec<_>>().join(".")
    }

    #[test]
    fn a_key_knows_its_own_tokens_and_no_others() {
        let (own, other) = (key(), key());
        let claims = json!({"sub": "a"});
        let token = own.sign(&claims).expect("signed");
        assert_eq!(own.claims(&token).map(Value::Object), Some(claims));
        assert_eq!(other.claims(&token), None);
        for changed in [
            replaced(&token, 1, &json!({"sub": "b"})),
            replaced(&token, 0, &json!({"alg": "none"})),
            replaced(&token, 0, &json!({"alg": "HS256", "kid": own.id})),
            token[..token.len() - 4].to_owned(),
            format!("{token}.{token}"),
            "a.b".to_owned(),
            String::new(),
        ] {
            assert_eq!(own.claims(&changed), None, "{changed}");
        }
        let unsigned = token.rsplit_once('.').expect("a signature").0;
        assert_eq!(own.claims(&format!("{unsigned}.")), None);
    }

    #[test]
    fn the_public_key_is_told_and_the_private_one_is_not() {
        let key = key();
        let public = &key.public()["keys"][0];
        assert_eq!((&public["kid"], &public["crv"]), (&json!(key.id), &json!("P-256")));
        assert_eq!(public["x"].as_str().map(str::len), Some(43));
        assert_eq!(public.get("d"), None);
        assert_eq!(format!("{key:?}"), format!("TokenKey {{ id: {:?}, .. }}", key.id));
        assert!(matches!(TokenKey::from_pem("no key"), Err(TokenKeyError::Unusable(_))));
    }
}
