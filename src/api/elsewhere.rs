//! An object in versions that only a webhook knows, for the comparison of what field managers own.
//!
//! Receives what a merge asks for; hands on what the webhook made of it. Invariant: a merge waits for nobody. It goes on with the object
//! as it is, what came of that is thrown away, and it runs again when the answer is there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::call::Call;
use super::patch::APPLY;
use super::review;
use crate::object::{Object, Refusal};
use crate::schema::{Resource, check};

/// The conversions of one request.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    found: Vec<Conversion>,
    /// What was asked for first and is not known. What is asked for later in the same run may stem from it and means nothing.
    wanted: Option<(Object, Arc<Resource>)>,
    /// Whether the webhook failed where that is no reason to refuse the write.
    given_up: bool,
}

#[derive(Debug)]
struct Conversion {
    from: Object,
    api_version: String,
    to: Object,
}

impl Elsewhere {
    /// The object in the version of a resource; `None` where it has to be found out first.
    pub(super) fn known(&self, object: &Object, to: &Arc<Resource>) -> Option<Object> {
        let api_version = to.gvk.api_version();
        if object.api_version() == api_version {
            return Some(object.clone());
        }
        let mut state = self.state();
        if state.given_up {
            // What is the same before and after a write takes nothing from anybody.
            let mut same = Object::default();
            same.set_gvk(&to.gvk);
            return Some(same);
        }
        let found = state.found.iter().find(|found| found.api_version == api_version && found.from == *object);
        let found = found.map(|found| found.to.clone());
        if found.is_none() && state.wanted.is_none() {
            state.wanted = Some((object.clone(), Arc::clone(to)));
        }
        found
    }

    /// Asks the webhook for what was missing; answers whether anything was, so that the merge has to run again.
    ///
    /// An apply is refused where the webhook fails, since its conflicts would not be seen. Other writes are not refused for what others
    /// own: those owners keep what they have.
    pub(super) async fn find_out(&self, call: &Call) -> Result<bool, Refusal> {
        let wanted = self.state().wanted.take();
        let Some((from, resource)) = wanted else { return Ok(false) };
        let Some(webhook) = &resource.webhook else { return Ok(false) };
        match review::convert(&call.api, webhook, &resource.gvk, vec![from.clone()]).await {
            Ok(mut converted) => {
                let mut to = converted.swap_remove(0).into_value();
                check::prune(resource.schema().root(), &mut to);
                let to = Object::from_value(to).map_err(|error| Refusal::internal(error.to_string()))?;
                self.state().found.push(Conversion { from, api_version: resource.gvk.api_version(), to });
            }
            Err(refusal) if call.content_type() == APPLY => return Err(refusal),
            Err(_) => self.state().given_up = true,
        }
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
