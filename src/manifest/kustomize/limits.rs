//! How much one build may read.

/// How deep kustomizations may lie in one another.
pub(super) const DEPTH_MOST: usize = 32;

/// How many files one build may read. A base that is named from many places counts each time, which bounds the work of a tree whose
/// every kustomization names the one below it twice.
pub(super) const FILES_MOST: usize = 10_000;
