//! The controller for the root certificate: every namespace has the ConfigMap `kube-root-ca.crt` with the certificate of the authority that
//! vouches for the server.
//!
//! Receives namespaces and those ConfigMaps through watches; creates what is missing and mends what differs. Invariant: nothing is written
//! in a namespace that is being deleted, and who writes something else there again and again is not outpaced: that may be the server next
//! to this one, with another authority.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, ObjectMeta, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher;
use kube::{Client, ResourceExt as _};
use tokio::time::Instant;

use super::backoff::Backoff;
use super::complaints::Complaints;

/// The ConfigMap, and the member that holds the certificate.
const NAME: &str = "kube-root-ca.crt";
const MEMBER: &str = "ca.crt";

/// What says what the ConfigMap is for.
const ABOUT: &str = "kubernetes.io/description";
const DESCRIPTION: &str =
    "The certificate of the authority that vouches for the API server, for clients that reach it by the service kubernetes.";

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// What is changed again after it was mended is mended again after these.
const AGAIN: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(600) };

/// What was left alone for so long is mended at once.
const QUIET: Duration = Duration::from_secs(3600);

/// After so many times the log says what may be the matter.
const TOLD_AFTER: u32 = 5;

struct Publisher {
    client: Client,
    certificate: Arc<str>,
    mended: Mutex<Mended>,
}

/// How often in a row each namespace's was mended, and when it was last.
#[derive(Default)]
struct Mended(HashMap<String, (u32, Instant)>);

impl Mended {
    /// Counts that it is mended now; the error says how long to wait first.
    fn count(&mut self, namespace: &str, now: Instant) -> Result<u32, Duration> {
        self.0.retain(|_, (_, last)| now.duration_since(*last) < QUIET);
        let (times, last) = self.0.get(namespace).copied().unwrap_or((0, now));
        let pause = if times == 0 { Duration::ZERO } else { AGAIN.pause(&namespace, times) };
        let left = pause.saturating_sub(now.duration_since(last));
        if !left.is_zero() {
            return Err(left);
        }
        self.0.insert(namespace.to_owned(), (times + 1, now));
        Ok(times + 1)
    }
}

/// Publishes the certificate until it is dropped.
pub(super) async fn run(client: Client, certificate: Arc<str>) -> Result<Infallible, kube::Error> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let maps: Api<ConfigMap> = Api::all(client.clone());
    let config = watcher::Config::default().streaming_lists();
    let of_namespace = |map: ConfigMap| map.metadata.namespace.as_deref().map(ObjectRef::new);
    let controller = Controller::new(namespaces, config.clone())
        .watches(maps, config.fields(&format!("metadata.name={NAME}")), of_namespace)
        .run(reconcile, |_, _, _| Action::requeue(PAUSE), Arc::new(Publisher { client, certificate, mended: Mutex::default() }));
    Err(Complaints::default().until_over(controller, "the controller for the root certificate", "namespaces").await)
}

async fn reconcile(namespace: Arc<Namespace>, publisher: Arc<Publisher>) -> Result<Action, kube::Error> {
    if namespace.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let api: Api<ConfigMap> = Api::namespaced(publisher.client.clone(), &namespace.name_any());
    let written = match api.get_opt(NAME).await? {
        None => api.create(&PostParams::default(), &published(ConfigMap::default(), &publisher.certificate)).await,
        Some(map) if is_published(&map, &publisher.certificate) => return Ok(Action::await_change()),
        Some(map) => match publisher.may_mend(&namespace.name_any()) {
            Ok(()) => api.replace(NAME, &PostParams::default(), &published(map, &publisher.certificate)).await,
            Err(pause) => return Ok(Action::requeue(pause)),
        },
    };
    match written {
        Ok(_) => Ok(Action::await_change()),
        // Somebody else was faster, which the watch tells, or the namespace goes.
        Err(kube::Error::Api(status)) if status.is_already_exists() || status.is_conflict() || status.is_not_found() => {
            Ok(Action::await_change())
        }
        Err(kube::Error::Api(status)) if status.is_forbidden() && status.message.contains("is being terminated") => {
            Ok(Action::await_change())
        }
        Err(error) => Err(error),
    }
}

impl Publisher {
    fn may_mend(&self, namespace: &str) -> Result<(), Duration> {
        let times = self.mended.lock().unwrap_or_else(PoisonError::into_inner).count(namespace, Instant::now())?;
        if times == TOLD_AFTER {
            tracing::warn!(
                namespace,
                "somebody else keeps writing the ConfigMap {NAME}: do two servers on this store have different authorities?"
            );
        }
        Ok(())
    }
}

/// Whether the data is what it should be, with something that says what it is for.
fn is_published(map: &ConfigMap, certificate: &str) -> bool {
    let is_described = map.annotations().get(ABOUT).is_some_and(|text| !text.is_empty());
    is_described && map.data.as_ref().is_some_and(|data| data.len() == 1 && data.get(MEMBER).is_some_and(|found| found == certificate))
}

fn published(mut map: ConfigMap, certificate: &str) -> ConfigMap {
    let metadata = ObjectMeta { name: Some(NAME.to_owned()), ..map.metadata };
    map.metadata = metadata;
    map.annotations_mut().insert(ABOUT.to_owned(), DESCRIPTION.to_owned());
    map.data = Some(BTreeMap::from([(MEMBER.to_owned(), certificate.to_owned())]));
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_again_and_again_is_mended_ever_more_seldom() {
        let (mut mended, began) = (Mended::default(), Instant::now());
        let (mut now, mut times) = (began, 0);
        while now < began + QUIET {
            match mended.count("team", now) {
                Ok(_) => times += 1,
                Err(pause) => now += pause,
            }
        }
        assert!((10..=25).contains(&times), "{times} times in an hour");
        assert_eq!(mended.count("other", now), Ok(1), "each namespace counts alone");
        assert_eq!(mended.count("team", now + QUIET), Ok(1), "what was left alone is mended at once");
    }
}
