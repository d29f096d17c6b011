//! Whether the target can still be reached, known to all who ask it at the same time.
//!
//! Receives objects to apply, hands on what became of each. Invariant: once the target is known to be gone, nothing more is asked of it.

use std::sync::{Arc, OnceLock};

use super::apply::apply_object;
use super::place::Placed;
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Form, Unreachable};
use crate::object::Object;

/// One target's reach during one run; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Reach {
    /// The error that told that the target is gone.
    lost: Arc<OnceLock<Arc<ClientError>>>,
}

/// Why an object was not applied.
pub(super) enum Missed {
    /// The target turned out to be gone.
    Lost(Arc<ClientError>),
    /// It was not asked for, since the target is gone, as another object's error told.
    NotAsked(Arc<ClientError>),
    /// This one was not taken; the target is still there.
    Refused(ClientError),
}

impl Reach {
    /// Whether the target is gone.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.get().is_some()
    }

    /// Applies one object and answers its new state. Once the target is gone, nothing is asked.
    pub(super) async fn apply(
        &self,
        client: &Client,
        placed: &Placed,
        before: Option<&Object>,
        parameters: &ApplyParameters,
    ) -> Result<Object, Missed> {
        if let Some(error) = self.lost.get() {
            return Err(Missed::NotAsked(Arc::clone(error)));
        }
        match apply_object(client, placed, before, parameters).await {
            Ok(after) => Ok(after),
            Err(error) if is_gone(client, placed, &error).await => {
                let error = Arc::new(error);
                // Of several that were under way, the first will do.
                let _ = self.lost.set(Arc::clone(&error));
                Err(Missed::Lost(error))
            }
            Err(error) => Err(Missed::Refused(error)),
        }
    }
}

/// Whether an error means that the target is gone. A write to etcd that broke says nothing of the next, since another member may take
/// over; a read, which is tried again for a while, tells.
async fn is_gone(client: &Client, placed: &Placed, error: &ClientError) -> bool {
    if !matches!(error, ClientError::Unreachable { why: Unreachable::Store(_), .. }) {
        return error.is_cut_off();
    }
    let read = ApiRequest::get(&placed.resource, placed.key.namespace.as_deref(), &placed.key.name, Form::Objects);
    client.object(&read).await.is_err_and(|error| error.is_cut_off())
}
