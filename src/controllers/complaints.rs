//! What a server refuses the controllers, told to whoever runs them.
//!
//! Receives failures, hands on log lines. Most failures pass, and are of interest only to who looks for them; but who may not do the
//! controllers' work will wait in vain. Invariant: the same refusal is told once in [`AGAIN`], however often it is met.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use kube::core::Status;
use tokio::time::Instant;

/// How long a refusal is not told again.
const AGAIN: Duration = Duration::from_mins(10);

/// The refusals that were told, and when.
#[derive(Debug, Default)]
pub(super) struct Complaints(Mutex<HashMap<String, Instant>>);

impl Complaints {
    /// Logs a failure: as a warning where the server refuses the user what they may not do, else for who debugs. `doing` says what goes on.
    pub(super) fn tell(&self, doing: &str, error: &(dyn Error + 'static)) {
        match denial(error) {
            Some(status) => {
                if self.is_news(&status.message, Instant::now()) {
                    tracing::warn!(code = status.code, "{doing}: {}", status.message);
                }
            }
            None => tracing::debug!(%error, "{doing}"),
        }
    }

    /// Tells of what fails of a controller's work, until there is no more of it: when the watch of what is `watched` ends, which goes on for
    /// ever. Should it not, whoever supervises starts `controller` again.
    pub(super) async fn until_over<T, E: Error + 'static>(
        &self,
        results: impl Stream<Item = Result<T, E>>,
        controller: &str,
        watched: &str,
    ) -> kube::Error {
        let doing = format!("{controller} goes on after a pause");
        let told = results.for_each(|result| {
            result.err().iter().for_each(|error| self.tell(&doing, error));
            std::future::ready(())
        });
        told.await;
        kube::Error::Service(format!("the watch of {watched} ended").into())
    }

    fn is_news(&self, message: &str, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now.duration_since(*at) < AGAIN);
        // The object's name stands before; what is not allowed is the same for all objects of a kind.
        let permission = message.split_once(" is forbidden: ").map_or(message, |(_, permission)| permission);
        if told.contains_key(permission) {
            return false;
        }
        told.insert(permission.to_owned(), now);
        true
    }
}

/// The server's word that it does not know the user, or that the user may not, where that is the cause.
fn denial<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Status> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<kube::Error>() {
            Some(kube::Error::Api(status)) if matches!(status.code, 401 | 403) => return Some(status),
            _ => cause = error.source(),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16) -> kube::runtime::watcher::Error {
        kube::runtime::watcher::Error::InitialListFailed(kube::Error::Api(Status::failure("no", "").with_code(code).boxed()))
    }

    #[test]
    fn a_denial_is_found_below_other_errors_and_nothing_else_is_one() {
        assert_eq!(denial(&refused(403)).map(|status| status.code), Some(403));
        assert_eq!(denial(&refused(401)).map(|status| status.code), Some(401));
        assert!(denial(&refused(503)).is_none());
    }

    #[test]
    fn a_permission_that_lacks_is_told_once_for_all_objects_and_again_after_a_while() {
        let complaints = Complaints::default();
        let now = Instant::now();
        let lacks = |name: &str, verb: &str| format!("leases.x \"{name}\" is forbidden: User \"bob\" cannot {verb} resource \"leases\"");
        assert!(complaints.is_news(&lacks("a", "get"), now));
        assert!(!complaints.is_news(&lacks("b", "get"), now + AGAIN / 2));
        assert!(complaints.is_news(&lacks("a", "update"), now + AGAIN / 2));
        assert!(complaints.is_news(&lacks("a", "get"), now + AGAIN));
    }
}
