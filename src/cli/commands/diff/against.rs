//! `trueup diff --against N`: a revision of a set compared with what is there, or with manifests.

use super::DiffArgs;
use crate::cli::commands::place_all;
use crate::cli::revisions::Recalled;
use crate::cli::{CommandContext, CommandError};
use crate::client::{Client, Discovery};
use crate::manifest::Desired;
use crate::plan::Built;
use crate::plan::history::compare;
use crate::plan::set::SetError;

/// What the revision that the arguments name declares.
pub(super) async fn declared(
    context: &CommandContext,
    client: &Client,
    discovery: &Discovery,
    args: &DiffArgs,
    number: u64,
) -> Result<Vec<Desired>, CommandError> {
    let parent = args.set.name.parent(context, client, discovery).await?;
    let parent = parent.ok_or_else(|| CommandError::usage("say which set: --applyset NAME"))?;
    if parent.fetch(client, discovery).await?.is_none() {
        return Err(SetError::NoSuchSet(parent.display_name()).into());
    }
    Recalled::read(client, &parent, Some(number)).await?.desired(&parent)
}

/// What leads from the revision to the manifests, as both are written: nothing but the places of the objects is asked of the server.
pub(super) fn between(
    context: &CommandContext,
    client: &Client,
    discovery: &Discovery,
    revision: Vec<Desired>,
    manifests: Vec<Desired>,
) -> Built {
    let (old, mut failures) = place_all(context, client, discovery, revision);
    let (new, unplaced) = place_all(context, client, discovery, manifests);
    failures.extend(unplaced);
    let mut built = Built::default();
    (built.plan, built.failures) = (compare(&old, &new), failures);
    built
}
