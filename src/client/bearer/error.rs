//! Why there is no token to show.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::kubeconfig::KubeconfigFileError;

/// Why there is no token to show.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// The file with the token cannot be read, or is empty.
    #[error("cannot read a token from {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The token cannot be sent.
    #[error("the token holds characters that no token has")]
    NoHeader,
    /// An `auth-provider` brings none.
    #[error("auth-provider {provider:?} of the kubeconfig's user {user:?}: {problem}")]
    Login {
        /// The kubeconfig's user.
        user: String,
        /// The provider's name.
        provider: String,
        /// What is wrong.
        #[source]
        problem: LoginProblem,
    },
}

/// What is wrong with an `auth-provider`, or with what an identity provider answered.
#[derive(Debug, thiserror::Error)]
pub enum LoginProblem {
    /// Nothing here knows it.
    #[error("it is not supported")]
    Unsupported,
    /// Both would bring a token.
    #[error("it cannot be used together with exec")]
    BesidePlugin,
    /// It does not say what it has to.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// What it says makes no sense.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The id-token that is there is none.
    #[error("the id-token is not a JSON web token: {0}")]
    NotAToken(String),
    /// Nothing is there that could be shown or renewed.
    #[error("there is neither an id-token nor a refresh-token")]
    NotLoggedIn,
    /// Nothing is there to renew it with.
    #[error("the id-token expired on {0}, and there is no refresh-token to renew it with")]
    Expired(Timestamp),
    /// The identity provider does not answer.
    #[error("cannot ask the identity provider at {url}: {why}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why there was no answer.
        why: String,
    },
    /// The identity provider does not describe itself.
    #[error("the identity provider says nothing of use at {url}: {problem}")]
    NoDiscovery {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The identity provider gives no new token.
    #[error("the identity provider did not renew the id-token at {url}: {said}")]
    Refused {
        /// What was asked.
        url: String,
        /// What it said.
        said: String,
    },
    /// The identity provider renews other tokens only.
    #[error(
        "the identity provider renewed the tokens at {0}, but its answer has no id_token: \
         was the scope \"openid\" asked for at the login? Some providers never renew id-tokens"
    )]
    NoIdToken(String),
    /// The new tokens would be lost.
    #[error("the renewed tokens could not be kept: {0}")]
    NotKept(#[source] KubeconfigFileError),
}

impl BearerError {
    /// Whether asking again later may bring a token.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Login { problem: LoginProblem::Unreachable { .. }, .. })
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> String {
        let login = "log in again with the tool that wrote the kubeconfig";
        match self {
            Self::File { .. } => "write a token to the file, or choose another --context".to_owned(),
            Self::NoHeader => login.to_owned(),
            Self::Login { provider, problem, .. } => match problem {
                LoginProblem::Unsupported => successor(provider),
                LoginProblem::BesidePlugin => "remove one of the two from the kubeconfig".to_owned(),
                LoginProblem::Missing(setting) | LoginProblem::Setting { setting, .. } => {
                    format!("kubectl config set-credentials NAME --auth-provider {provider} --auth-provider-arg {setting}=VALUE")
                }
                LoginProblem::Unreachable { .. } => {
                    "check the network between here and the identity provider, idp-issuer-url and idp-certificate-authority".to_owned()
                }
                LoginProblem::NoDiscovery { .. } => "check idp-issuer-url".to_owned(),
                LoginProblem::NoIdToken(_) => "log in again with the scopes openid and offline_access, or use an exec plugin".to_owned(),
                LoginProblem::NotKept(_) => format!("make the kubeconfig writable, then {login} if the old refresh-token is used up"),
                LoginProblem::NotAToken(_) | LoginProblem::NotLoggedIn | LoginProblem::Expired(_) | LoginProblem::Refused { .. } => {
                    login.to_owned()
                }
            },
        }
    }
}

/// Which plugin does the work of a provider that kubectl used to have.
fn successor(provider: &str) -> String {
    match provider {
        "gcp" => {
            "use the exec plugin gke-gcloud-auth-plugin; `gcloud container clusters get-credentials` writes a kubeconfig with it".to_owned()
        }
        "azure" => "use the exec plugin kubelogin; `kubelogin convert-kubeconfig` rewrites the kubeconfig for it".to_owned(),
        _ => "use an exec plugin (users[].user.exec) that brings the token".to_owned(),
    }
}

/// Blames a provider of a user.
pub(super) fn of(user: &str, provider: &str) -> impl Fn(LoginProblem) -> BearerError {
    move |problem| BearerError::Login { user: user.to_owned(), provider: provider.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_comes_with_what_to_do_next() {
        let login = "log in again with the tool that wrote the kubeconfig";
        let url = || "https://idp.test".to_owned();
        let table = [
            (LoginProblem::BesidePlugin, "remove one of the two from the kubeconfig"),
            (
                LoginProblem::Missing("client-id"),
                "kubectl config set-credentials NAME --auth-provider oidc --auth-provider-arg client-id=VALUE",
            ),
            (
                LoginProblem::Setting { setting: "idp-issuer-url", problem: String::new() },
                "kubectl config set-credentials NAME --auth-provider oidc --auth-provider-arg idp-issuer-url=VALUE",
            ),
            (LoginProblem::NotAToken(String::new()), login),
            (LoginProblem::NotLoggedIn, login),
            (LoginProblem::Expired(Timestamp::UNIX_EPOCH), login),
            (LoginProblem::Refused { url: url(), said: String::new() }, login),
            (
                LoginProblem::Unreachable { url: url(), why: String::new() },
                "check the network between here and the identity provider, idp-issuer-url and idp-certificate-authority",
            ),
            (LoginProblem::NoDiscovery { url: url(), problem: String::new() }, "check idp-issuer-url"),
            (LoginProblem::NoIdToken(url()), "log in again with the scopes openid and offline_access, or use an exec plugin"),
            (
                LoginProblem::NotKept(KubeconfigFileError::Locked("config.lock".into())),
                "make the kubeconfig writable, then log in again with the tool that wrote the kubeconfig if the old refresh-token is used up",
            ),
        ];
        for (problem, advice) in table {
            let passes = matches!(problem, LoginProblem::Unreachable { .. });
            let error = of("ann", "oidc")(problem);
            assert_eq!((error.advice().as_str(), error.is_passing()), (advice, passes), "{error}");
        }
        assert_eq!(BearerError::NoHeader.advice(), login);
        let file = BearerError::File { path: "token".into(), source: io::Error::other("no") };
        assert_eq!(file.advice(), "write a token to the file, or choose another --context");
    }
}
