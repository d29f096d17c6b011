//! What is wrong with the order that a set asks for.

use super::wishes::{DEPENDS_ON, Reference};
use crate::client::ClientError;

/// Why a set has no order. Each fault is one object's.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OrderFault {
    /// Part of `depends-on` names no object.
    #[error("{DEPENDS_ON}: {text:?} is neither GROUP/KIND/NAME nor GROUP/namespaces/NAMESPACE/KIND/NAME")]
    Unreadable {
        /// The part.
        text: String,
    },
    /// A wave is no number.
    #[error("{annotation}: {text:?} is no whole number between -2147483648 and 2147483647")]
    NoWave {
        /// Which annotation.
        annotation: &'static str,
        /// Its value.
        text: String,
    },
    /// Neither the set nor the server has the kind.
    #[error("it depends on {0}, but the server serves no such kind and the set defines none")]
    UnknownKind(Reference),
    /// The reference has a namespace where its kind has none, or the other way around.
    #[error("it depends on {reference}, but objects of that kind {}", if *.namespaced { "have a namespace" } else { "have no namespace" })]
    Scope {
        /// The reference.
        reference: Reference,
        /// Whether the kind is namespaced.
        namespaced: bool,
    },
    /// Neither the set nor the server has the object.
    #[error("it depends on {0}, which is neither in the set nor on the server")]
    Missing(Reference),
    /// Whether the server has the object could not be found out.
    #[error("it depends on {reference}, of which nothing is known: {error}")]
    Unknown {
        /// The reference.
        reference: Reference,
        /// Why.
        #[source]
        error: std::sync::Arc<ClientError>,
    },
    /// Objects depend on each other in a circle.
    #[error("it depends on itself: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// It has a wave before that of what it depends on.
    #[error("it is in wave {wave}, but stands on {on}, which comes in wave {later}")]
    LaterWave {
        /// Its own wave.
        wave: i32,
        /// What it stands on.
        on: String,
        /// Whose wave this is.
        later: i32,
    },
}

impl OrderFault {
    /// The annotation that is to blame.
    #[must_use]
    pub fn annotation(&self) -> Option<&'static str> {
        match self {
            Self::NoWave { annotation, .. } => Some(annotation),
            Self::LaterWave { .. } => None,
            _ => Some(DEPENDS_ON),
        }
    }
}
