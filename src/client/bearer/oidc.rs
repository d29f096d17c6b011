//! The `auth-provider` named `oidc`: an id-token that is renewed with a refresh-token.
//!
//! Receives the provider's settings, hands on an id-token that is good for some seconds more, as client-go's plugin does
//! (`plugin/pkg/client/auth/oidc`). Invariant: tokens that an identity provider gave are in the kubeconfig before they are used, since the
//! refresh-token that they cost may be good for nothing any more.

mod id_token;
mod provider;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::config::AuthProviderConfig;
use tokio::sync::Mutex;

use self::provider::IdentityProvider;
use super::error;
use super::{BearerError, LoginProblem};
use crate::ambient::Ambient;
use crate::kubeconfig::{KubeconfigFileError, Kubeconfigs};

const NAME: &str = "oidc";
const ID_TOKEN: &str = "id-token";
const REFRESH_TOKEN: &str = "refresh-token";

/// How often, and how long each time, another program is waited for that changes the kubeconfig: as a rule another that renewed its token.
const LOCKED_ATTEMPTS: u32 = 50;
const LOCKED_PAUSE: Duration = Duration::from_millis(100);

/// The tokens of a user.
#[derive(Clone, PartialEq, Eq)]
struct Tokens {
    id: String,
    /// Empty where there is none.
    refresh: String,
}

/// A user of an identity provider.
pub(in crate::client) struct Login {
    user: String,
    /// The kubeconfig's files, in one of which the user stands.
    files: Vec<PathBuf>,
    provider: IdentityProvider,
    ambient: Ambient,
    /// Held while they are renewed, so that requests at the same time use up one refresh-token.
    tokens: Mutex<Tokens>,
}

impl Login {
    /// Reads the settings; asks nobody.
    pub(super) fn new(user: &str, config: &AuthProviderConfig, files: &[PathBuf], ambient: &Ambient) -> Result<Self, BearerError> {
        let blame = error::of(user, &config.name);
        if config.name != NAME {
            return Err(blame(LoginProblem::Unsupported));
        }
        let provider = IdentityProvider::new(&config.config).map_err(blame)?;
        let tokens = Tokens { id: setting(&config.config, ID_TOKEN), refresh: setting(&config.config, REFRESH_TOKEN) };
        Ok(Self { user: user.to_owned(), files: files.to_vec(), provider, ambient: ambient.clone(), tokens: Mutex::new(tokens) })
    }

    /// An id-token that is good now.
    pub(super) async fn token(self: &Arc<Self>) -> Result<String, BearerError> {
        // Whoever gives up a request must not lose the tokens that the old ones were given for, so they are renewed apart from it.
        let login = Arc::clone(self);
        let renewed = tokio::spawn(async move { login.good_token().await });
        renewed.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())).map_err(error::of(&self.user, NAME))
    }

    async fn good_token(&self) -> Result<String, LoginProblem> {
        let mut tokens = self.tokens.lock().await;
        let good = |tokens: &Tokens| id_token::is_good(&tokens.id, self.ambient.now());
        if !good(&tokens)? {
            // Another program may have renewed them, and used up the refresh-token that was read before.
            if let Some(kept) = self.kept() {
                *tokens = kept;
            }
            if !good(&tokens)? {
                *tokens = self.renewed(&tokens).await?;
            }
        }
        Ok(tokens.id.clone())
    }

    /// The tokens that the kubeconfig has by now; what is wrong with it is told by who writes it next.
    fn kept(&self) -> Option<Tokens> {
        let files = Kubeconfigs::read(&self.files).ok()?;
        let tokens = Tokens { id: files.auth_setting(&self.user, ID_TOKEN), refresh: files.auth_setting(&self.user, REFRESH_TOKEN) };
        Some(tokens).filter(|tokens| !tokens.id.is_empty() || !tokens.refresh.is_empty())
    }

    async fn renewed(&self, old: &Tokens) -> Result<Tokens, LoginProblem> {
        if old.refresh.is_empty() {
            return Err(id_token::expiry(&old.id)?.map_or(LoginProblem::NotLoggedIn, LoginProblem::Expired));
        }
        let new = self.provider.renew(&old.refresh).await?;
        self.keep(&new).await.map_err(LoginProblem::NotKept)?;
        Ok(new)
    }

    async fn keep(&self, tokens: &Tokens) -> Result<(), KubeconfigFileError> {
        let mut attempts = LOCKED_ATTEMPTS;
        loop {
            let written = Kubeconfigs::read(&self.files)
                .and_then(|mut files| files.set_auth_settings(&self.user, &[(ID_TOKEN, &tokens.id), (REFRESH_TOKEN, &tokens.refresh)]));
            match written {
                Err(KubeconfigFileError::Locked(_)) if attempts > 0 => tokio::time::sleep(LOCKED_PAUSE).await,
                other => return other,
            }
            attempts -= 1;
        }
    }
}

/// A setting of the provider; empty where it is not there.
fn setting(settings: &HashMap<String, String>, name: &str) -> String {
    settings.get(name).cloned().unwrap_or_default()
}
