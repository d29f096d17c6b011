//! The live objects of the set, followed by watches.
//!
//! Receives what runs left, hands on whether anything is astray. Invariant: a watch that cannot be had is told once and tried again with the
//! next run; without it, the interval finds what others change.

use std::collections::HashSet;

use tracing::{debug, info, warn};

use super::words;
use crate::client::{Client, Lookout, Place, Sighting};
use crate::object::{GroupResource, ObjectKey};
use crate::plan::{DriftQuestion, Placed};
use crate::printable::one_line;
use crate::sync::{Known, Look, Regard};

/// What there is to do after something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watch {
    /// Nothing.
    Nothing,
    /// An object is astray.
    Astray,
    /// None is any more.
    AllFine,
}

/// The objects that are followed.
#[derive(Default)]
pub(super) struct Watching {
    manager: String,
    places: Vec<(GroupResource, ObjectKey)>,
    regard: Regard,
    /// `None` where there is nothing to follow.
    lookout: Option<Lookout>,
    /// Whether some objects are not followed any more.
    blind: bool,
    /// Whether a lost connection was told.
    lost: bool,
    /// What was told of objects that cannot be followed.
    told: HashSet<String>,
}

impl Watching {
    /// Follows the objects of a set as a run left them; watches that are open already go on.
    pub(super) fn follow(&mut self, client: &Client, members: Vec<(Placed, Known)>, manager: &str) {
        let places: Vec<_> = members.iter().map(|(placed, _)| (placed.resource.group_resource(), placed.key.clone())).collect();
        manager.clone_into(&mut self.manager);
        self.regard = Regard::new(members);
        if places == self.places && self.lookout.is_some() && !self.blind {
            return;
        }
        let place = |placed: &Placed| Place {
            resource: placed.resource.clone(),
            namespace: placed.key.namespace.clone(),
            name: placed.key.name.clone(),
        };
        let all: Vec<Place> = self.regard.members().map(place).collect();
        self.lookout = (!all.is_empty()).then(|| Lookout::new(client, &all));
        self.places = places;
        self.blind = false;
    }

    /// Ends all watches; those of the next run are opened with its client.
    pub(super) fn let_go(&mut self) {
        self.lookout = None;
    }

    /// Waits for something to be seen. Cancel safe.
    pub(super) async fn next(&mut self) -> Watch {
        let Some(lookout) = &mut self.lookout else { return std::future::pending().await };
        match lookout.next().await {
            Some(Sighting::Seen(number, object)) => self.see(number, object.as_deref()),
            Some(Sighting::Lost(error, _)) => {
                if !std::mem::replace(&mut self.lost, true) {
                    warn!(
                        "the connection that objects are watched through is lost, and is taken up again: {}",
                        one_line(&error.to_string())
                    );
                }
                Watch::Nothing
            }
            Some(Sighting::Blind(numbers, error)) => {
                self.blind = true;
                let said = format!(
                    "{} objects cannot be watched, so that only the interval finds what others change of them: {error}",
                    numbers.len()
                );
                let said = one_line(&said).into_owned();
                if self.told.insert(said.clone()) {
                    warn!("{said}");
                }
                Watch::Nothing
            }
            None => {
                self.lookout = None;
                self.blind = true;
                Watch::Nothing
            }
        }
    }

    fn see(&mut self, number: usize, object: Option<&crate::object::Object>) -> Watch {
        if std::mem::take(&mut self.lost) {
            info!("objects are watched again");
        }
        let question = DriftQuestion { manager: &self.manager, all_fields: false, mask: true };
        match self.regard.see(number, object, question) {
            Look::Astray(drift) => {
                debug!("seen: {}", words::of_drift(&drift));
                Watch::Astray
            }
            Look::Leaving => {
                debug!("seen: object {number} is being deleted");
                Watch::Nothing
            }
            Look::Fine if self.regard.is_astray() => Watch::Nothing,
            Look::Fine => Watch::AllFine,
        }
    }
}
