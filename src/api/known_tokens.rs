//! Tokens of service accounts that were shown before: their signatures are checked once.
//!
//! Receives tokens; hands on their claims, with how they were last found. Invariant: nothing is kept here that decides by itself: the time
//! of a token, and whether what it was made for is still there, are looked at each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use crate::auth::TokenKey;

/// How many tokens are kept. Each takes as much as its claims.
const MOST: usize = 4096;

/// How long what the cache has at hand will do, after the store was asked: a server that the store's tidings no longer reach goes by old
/// ones no longer than that. kube-apiserver goes by its own memory as long.
const TRUSTED: Duration = Duration::from_secs(10);

/// The tokens, by their hashes, so that none can be read out of memory.
#[derive(Default)]
pub(super) struct KnownTokens(Mutex<HashMap<[u8; 32], Arc<KnownToken>>>);

/// A token whose signature is good.
pub(super) struct KnownToken {
    pub(super) claims: Map<String, Value>,
    /// When the store was last asked for what the token was made for, and had it.
    found: Mutex<Option<Instant>>,
}

impl KnownTokens {
    /// The token, if the key signed it.
    pub(super) fn read(&self, key: &TokenKey, token: &str) -> Option<Arc<KnownToken>> {
        let hash = digest(&SHA256, token.as_bytes());
        let hash: [u8; 32] = hash.as_ref().try_into().ok()?;
        if let Some(known) = self.tokens().get(&hash) {
            return Some(Arc::clone(known));
        }
        let known = Arc::new(KnownToken { claims: key.claims(token)?, found: Mutex::new(None) });
        let mut tokens = self.tokens();
        // Whoever still uses theirs shows it again.
        if tokens.len() >= MOST {
            tokens.clear();
        }
        tokens.insert(hash, Arc::clone(&known));
        Some(known)
    }

    /// Whether no token was shown yet.
    pub(super) fn is_empty(&self) -> bool {
        self.tokens().is_empty()
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<KnownToken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownToken {
    /// Whether the store was asked not long ago.
    pub(super) fn is_fresh(&self) -> bool {
        self.found().is_some_and(|found| found.elapsed() < TRUSTED)
    }

    /// Notes that the store was asked `at` this time and had everything.
    pub(super) fn found_at(&self, at: Instant) {
        *self.found() = Some(at);
    }

    fn found(&self) -> MutexGuard<'_, Option<Instant>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_known_by_all_of_it_and_only_if_the_key_signed_it() {
        let key = TokenKey::from_pem(&rcgen::KeyPair::generate().expect("a key").serialize_pem()).expect("a key of the curve");
        let tokens = KnownTokens::default();
        let token = key.sign(&json!({"sub": "a"})).expect("signed");
        let first = tokens.read(&key, &token).expect("good");
        assert!(Arc::ptr_eq(&first, &tokens.read(&key, &token).expect("good")), "it is read once");
        assert!(tokens.read(&key, &format!("{token}A")).is_none());
        assert!(!first.is_fresh(), "nobody has asked the store");
        first.found_at(Instant::now());
        assert!(first.is_fresh());
    }
}
