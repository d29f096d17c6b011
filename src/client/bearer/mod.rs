//! Bearer tokens that change while a client lives: read from a file, or got from an identity provider.
//!
//! Receives the user of a kubeconfig or of a pod, hands on the header for each request. Invariant: no token is ever told, neither by an error nor by
//! `Debug`.

mod error;
mod oidc;
mod token_file;

use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderValue;
use kube::config::AuthInfo;

use self::oidc::Login;
use self::token_file::TokenFile;
use crate::ambient::Ambient;

pub use self::error::{BearerError, LoginProblem};

/// Where the token comes from; cheap to clone.
#[derive(Clone)]
pub(super) enum Bearer {
    /// A file that somebody else keeps up to date.
    File(Arc<TokenFile>, Ambient),
    /// An identity provider.
    Login(Arc<Login>),
}

impl Bearer {
    /// A token that stands in a file.
    pub(super) fn file(path: PathBuf, ambient: Ambient) -> Result<Self, BearerError> {
        Ok(Self::File(Arc::new(TokenFile::open(path, ambient.now())?), ambient))
    }

    /// Takes out of a kubeconfig's user what brings its token; `None` where it has none that changes. `files` are where the user came from.
    ///
    /// What counts is in client-go's order: a file before a token that is written out, both before an `auth-provider`, which must not stand
    /// beside a plugin (`rest/transport.go`, `clientcmd/client_config.go`).
    pub(super) fn of(user: &str, info: &mut AuthInfo, files: &[PathBuf], ambient: &Ambient) -> Result<Option<Self>, BearerError> {
        let provider = info.auth_provider.take();
        let login = match &provider {
            Some(provider) if info.exec.is_some() => return Err(error::of(user, &provider.name)(LoginProblem::BesidePlugin)),
            Some(provider) => Some(Login::new(user, provider, files, ambient)?),
            None => None,
        };
        if info.username.is_some() {
            return Ok(None);
        }
        if let Some(path) = info.token_file.take() {
            match Self::file(path.into(), ambient.clone()) {
                Err(error) if info.token.is_none() => return Err(error),
                Err(_) => {}
                Ok(file) => return Ok(Some(file)),
            }
        }
        Ok(login.filter(|_| info.token.is_none()).map(|login| Self::Login(Arc::new(login))))
    }

    /// What a request carries.
    pub(super) async fn header(&self) -> Result<HeaderValue, BearerError> {
        let token = match self {
            Self::File(file, ambient) => file.token(ambient.now()),
            Self::Login(login) => login.token().await?,
        };
        let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| BearerError::NoHeader)?;
        header.set_sensitive(true);
        Ok(header)
    }
}
