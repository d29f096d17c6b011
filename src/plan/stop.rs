//! Asking work to stop at a clean point.
//!
//! Whoever works looks before each thing that it begins; what is under way is finished. Invariant: once asked for, a stop is never taken back.

use std::sync::Arc;

use tokio::sync::watch;

/// Whether work is to stop; all clones are one.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks for it.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Done when it is asked for.
    pub async fn requested(&self) {
        // The sender lives as long as this, so the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }
}
