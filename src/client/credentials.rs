//! What a client shows a server to say who it is, in words for when the server does not know it.
//!
//! Receives the user of a kubeconfig, hands on [`Credentials`]. Invariant: nothing secret is in them, so that they can be told.

use jiff::Timestamp;
use kube::config::AuthInfo;

/// Who a client says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name of the kubeconfig's user; `None` where no kubeconfig names one.
    pub user: Option<String>,
    /// What is shown for it.
    pub shown: Shown,
}

/// The kind of credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// None at all.
    Nothing,
    /// A client certificate.
    Certificate {
        /// The first second in which it is good.
        from: Timestamp,
        /// The last second in which it is good.
        until: Timestamp,
        /// The name of who signed it.
        issuer: String,
    },
    /// The token of the service account of a pod.
    ServiceAccount,
    /// A token, a password, or what a plugin gets.
    Other,
}

impl Credentials {
    /// Reads what the user of a kubeconfig shows. A certificate counts before all else, as servers read it first.
    pub(super) fn of(user: Option<String>, info: &AuthInfo) -> Self {
        let shown = certificate(info).unwrap_or_else(|| {
            let others = [info.token.is_some(), info.token_file.is_some(), info.username.is_some(), info.exec.is_some()];
            let others = others.contains(&true) || info.auth_provider.is_some() || info.client_certificate.is_some();
            if others { Shown::Other } else { Shown::Nothing }
        });
        Self { user: user.filter(|name| !name.is_empty()), shown }
    }

    /// Those of the service account of a pod.
    pub(super) fn of_pod() -> Self {
        Self { user: None, shown: Shown::ServiceAccount }
    }

    /// Why a server may not know them, and what to do about it.
    #[must_use]
    pub fn advice(&self, now: Timestamp) -> String {
        let of_user = self.user.as_ref().map(|user| format!(" of the kubeconfig's user {user:?}")).unwrap_or_default();
        match &self.shown {
            Shown::Nothing => match &self.user {
                Some(user) => format!("the kubeconfig's user {user:?} has no credentials; log in, or choose another --context"),
                None => "no credentials were sent; name a kubeconfig that has some with --kubeconfig or --context".to_owned(),
            },
            Shown::Certificate { until, .. } if *until < now => {
                format!("the client certificate{of_user} expired on {until}; get a new kubeconfig, or choose another --context")
            }
            Shown::Certificate { from, .. } if now < *from => {
                format!("the client certificate{of_user} is good from {from} on; check the clock of this machine")
            }
            Shown::Certificate { issuer, .. } => format!(
                "the server does not know the client certificate{of_user}, which {issuer:?} signed; \
                 get a new kubeconfig from that server, or choose another --context"
            ),
            Shown::ServiceAccount => {
                "the server does not know the token of this pod's service account; is the account, or the pod, being deleted?".to_owned()
            }
            Shown::Other => format!("the server does not know the credentials{of_user}; log in again or choose another --context"),
        }
    }
}

/// A certificate that cannot be read is refused where the connection is made.
fn certificate(info: &AuthInfo) -> Option<Shown> {
    use base64::Engine as _;
    let data = info.client_certificate_data.as_ref().map(|data| base64::engine::general_purpose::STANDARD.decode(data).ok());
    let pem = data.unwrap_or_else(|| std::fs::read(info.client_certificate.as_ref()?).ok())?;
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let issuer = certificate.issuer().iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned();
    let time = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Some(Shown::Certificate { from: time(certificate.validity().not_before)?, until: time(certificate.validity().not_after)?, issuer })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(shown: Shown, user: Option<&str>) -> String {
        let now = Timestamp::from_second(1000).expect("a time");
        Credentials { user: user.map(str::to_owned), shown }.advice(now)
    }

    fn certificate(from: i64, until: i64) -> Shown {
        let time = |second| Timestamp::from_second(second).expect("a time");
        Shown::Certificate { from: time(from), until: time(until), issuer: "other-ca".to_owned() }
    }

    #[test]
    fn what_is_wrong_with_credentials_is_told_with_whose_they_are() {
        assert_eq!(
            advice(certificate(0, 999), Some("ann")),
            "the client certificate of the kubeconfig's user \"ann\" expired on 1970-01-01T00:16:39Z; \
             get a new kubeconfig, or choose another --context"
        );
        assert!(advice(certificate(1001, 2000), Some("ann")).contains("is good from 1970-01-01T00:16:41Z on"));
        assert!(
            advice(certificate(0, 1000), None).starts_with("the server does not know the client certificate, which \"other-ca\" signed")
        );
        assert!(advice(Shown::Nothing, None).starts_with("no credentials were sent"));
        assert!(advice(Shown::Nothing, Some("ann")).starts_with("the kubeconfig's user \"ann\" has no credentials"));
        assert!(advice(Shown::ServiceAccount, None).starts_with("the server does not know the token of this pod's service account"));
        assert!(advice(Shown::Other, Some("ann")).starts_with("the server does not know the credentials of the kubeconfig's user \"ann\""));
    }

    #[test]
    fn a_certificate_counts_before_a_token() {
        use base64::Engine as _;
        let made = rcgen::generate_simple_self_signed(["x".to_owned()]).expect("a certificate");
        let data = base64::engine::general_purpose::STANDARD.encode(made.cert.pem());
        let token = AuthInfo { token: Some("t".to_owned().into()), ..AuthInfo::default() };
        assert_eq!(Credentials::of(None, &token).shown, Shown::Other);
        assert_eq!(Credentials::of(None, &AuthInfo::default()).shown, Shown::Nothing);
        let both = AuthInfo { client_certificate_data: Some(data), ..token };
        assert!(matches!(Credentials::of(None, &both).shown, Shown::Certificate { .. }));
    }
}
