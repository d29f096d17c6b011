//! Kustomizations: manifests made of other manifests.
//!
//! Receives a folder, hands on [`Desired`] objects as `kubectl kustomize` builds them. [`load`] reads everything that is named, in
//! bounds; [`build`](build::build) is pure. Invariants: what is not supported is refused by its name; each object keeps the place where
//! its fields were written; and what kustomize and this differ in stands in docs/kustomize.md.
//!
//! See <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>.

mod build;
mod config;
mod decode;
mod error;
mod field_path;
mod field_spec;
mod generate;
mod hash;
mod identity;
mod images;
mod item;
mod kustomization;
mod limits;
mod load;
mod memory;
mod merge;
mod order;
mod patches;
mod reader;
mod reference_facts;
mod references;
mod replacements;
mod selector;
mod set;
#[cfg(test)]
mod tests;
mod trace;
mod transform;

use std::path::Path;

pub use error::KustomizeProblem;
pub(super) use load::{FILE_NAMES, find_file, is_repository, shown};
pub(crate) use memory::kustomize_in_memory;

use super::{Desired, FetchError, ManifestError};

/// Builds the kustomization of a folder. Errors with what is wrong with the files that it reads, or with the first thing that cannot be
/// done with them.
pub(super) async fn kustomize<Fetch, Answer>(folder: &Path, fetch: &Fetch) -> Result<Vec<Desired>, Vec<ManifestError>>
where
    Fetch: Fn(String) -> Answer,
    Answer: Future<Output = Result<Vec<u8>, FetchError>>,
{
    let layer = load::load(folder, fetch).await?;
    let items = build::build(&layer)?;
    Ok(items.into_iter().map(trace::desired).collect())
}
