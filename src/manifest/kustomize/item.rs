//! One object on its way through a build.
//!
//! Invariant: `previous` holds every identity that the object had before its present one, oldest first, as far as transformers that
//! rename objects are concerned; by these others find it.

use std::sync::Arc;

use serde_json::Value;

use super::identity::Id;
use crate::manifest::{Desired, ManifestError, Origin, Source};
use crate::object::Object;
use crate::yaml::Places;

use super::error::KustomizeProblem;
use super::kustomization::Behaviour;

/// A document that had its part in an object.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) source: Arc<Source>,
    pub(super) places: Arc<Places>,
    pub(super) root: u32,
    pub(super) value: Arc<Value>,
}

/// One object with its history.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) object: Object,
    /// Name, namespace to compare by, and kind of each earlier identity.
    previous: Vec<[String; 3]>,
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
    /// What its generator says; plain manifests are created.
    pub(super) behaviour: Behaviour,
    pub(super) is_generated: bool,
    /// Whether a hash of its content goes into its name.
    pub(super) hashed: bool,
    pub(super) origin: Origin,
    /// The manifest and the patches it is made of, oldest first; empty for a generated object.
    pub(super) written: Vec<Written>,
}

impl Item {
    /// An object as a manifest has it.
    pub(super) fn read(desired: Desired) -> Self {
        let written = Written {
            source: Arc::clone(&desired.origin.source),
            places: desired.places,
            root: desired.root,
            value: Arc::new(Value::Object(desired.object.root().clone())),
        };
        Self { written: vec![written], ..Self::made(desired.object, desired.origin) }
    }

    /// An object that no manifest has.
    pub(super) fn made(object: Object, origin: Origin) -> Self {
        Self {
            object,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behaviour: Behaviour::Create,
            is_generated: false,
            hashed: false,
            origin,
            written: Vec::new(),
        }
    }

    /// The present identity.
    pub(super) fn id(&self) -> Id {
        Id::of(&self.object)
    }

    /// The earlier identities, oldest first. They have the present group and version.
    pub(super) fn previous_ids(&self) -> impl DoubleEndedIterator<Item = Id> + '_ {
        let present = self.id();
        self.previous.iter().map(move |[name, namespace, kind]| Id {
            name: name.clone(),
            namespace: namespace.clone(),
            kind: kind.clone(),
            cluster_scoped: false,
            ..present.clone()
        })
    }

    /// The identity it came with.
    pub(super) fn first_id(&self) -> Id {
        let first = self.previous_ids().next();
        first.unwrap_or_else(|| self.id())
    }

    /// Every identity, the present one last.
    pub(super) fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        self.previous_ids().chain(std::iter::once(self.id()))
    }

    /// Keeps the present identity, before it changes.
    pub(super) fn remember(&mut self) {
        let id = self.id();
        let namespace = id.effective_namespace().to_owned();
        self.previous.push([id.name, namespace, id.kind]);
    }

    /// Whether kustomize has noted something in its annotations, so that `metadata.annotations` is there for a JSON patch.
    pub(super) fn is_annotated(&self) -> bool {
        self.is_generated || !self.previous.is_empty() || !self.prefixes.is_empty() || !self.suffixes.is_empty()
    }

    /// Takes over what an object was that this one takes the place of.
    pub(super) fn inherit(&mut self, other: &Self) {
        self.previous = other.previous.clone();
        self.prefixes = other.prefixes.clone();
        self.suffixes = other.suffixes.clone();
        self.behaviour = other.behaviour;
        self.is_generated = other.is_generated;
        self.hashed &= other.hashed;
        self.origin = other.origin.clone();
        self.written = other.written.clone();
    }

    /// A problem at the place where the object is from.
    pub(super) fn fails(&self, problem: KustomizeProblem) -> ManifestError {
        ManifestError::at(&self.origin.source, self.origin.mark, problem.into())
    }
}
