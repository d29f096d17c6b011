//! What a pod or a template already does against rules that came later, and so may go on doing: an object that was accepted once can
//! still be changed elsewhere.
//!
//! Receives what was there before; hands on which rules are not asked again. Invariant: what is new is held to every rule.

use serde_json::Value;

use super::field::{Faults, Field};
use super::{labels, node_selector, pod_annotations, projections, resources, scheduling, security};

/// A rule that older pods may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The cost of losing a pod is a number.
    DeletionCost,
    /// Selectors of other pods name values that labels can have.
    SelectorValues,
    /// So do the terms by which nodes are required.
    NodeValues,
    /// Selectors of pods to spread among are sound.
    SpreadSelectors,
    /// So are the keys that come from the pod itself.
    SpreadKeys,
    /// Huge pages are asked for as wholes.
    WholePages,
    /// What is set for a network or for communication of its own is not set on the host's.
    HostSettings,
    /// Tokens are put inside of their volume.
    TokenPaths,
    /// Pods with users of their own have no raw devices.
    RawDevices,
}

/// The rules that are not asked again.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept(Vec<Rule>);

impl Kept {
    /// By a pod's metadata and spec before a change.
    pub(super) fn of_pod(metadata: &Field<'_, '_>, spec: &Field<'_, '_>) -> Self {
        let broken = [
            (Rule::DeletionCost, pod_annotations::has_broken_cost(&metadata.at("annotations"))),
            (Rule::SelectorValues, scheduling::has_broken_selectors(&spec.at("affinity"))),
            (Rule::NodeValues, has_broken_node_values(spec)),
            (Rule::SpreadSelectors, scheduling::has_broken_spread_selectors(&spec.at("topologySpreadConstraints"))),
            (Rule::SpreadKeys, scheduling::has_broken_spread_keys(&spec.at("topologySpreadConstraints"))),
            (Rule::WholePages, resources::has_parts_of_pages(spec)),
            (Rule::HostSettings, security::has_settings_of_host(spec)),
            (Rule::TokenPaths, projections::has_broken_token_paths(spec)),
            (Rule::RawDevices, security::has_raw_devices(spec)),
        ];
        Self(broken.into_iter().filter(|(_, broken)| *broken).map(|(rule, _)| rule).collect())
    }

    /// By a template before a change, and by the selector beside it.
    pub(super) fn of_template(template: Option<&Field<'_, '_>>, selector: Option<&Value>) -> Self {
        let mut kept = template.map(|template| Self::of_pod(&template.at("metadata"), &template.at("spec"))).unwrap_or_default();
        if selector.is_some_and(labels::has_broken_values) {
            kept.0.push(Rule::SelectorValues);
        }
        kept
    }

    /// By the spec of a workload before a change.
    pub(super) fn of_workload(spec: Option<&Field<'_, '_>>) -> Self {
        let Some(spec) = spec else { return Self::default() };
        Self::of_template(Some(&spec.at("template")), Some(spec.at("selector").value))
    }

    /// Whether a rule is asked.
    pub(super) fn asks(&self, rule: Rule) -> bool {
        !self.0.contains(&rule)
    }
}

fn has_broken_node_values(spec: &Field<'_, '_>) -> bool {
    let path = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
    node_selector::has_broken_values(&spec.deep(&path))
}

/// Whether anything is found.
pub(super) fn finds(judge: impl FnOnce(&mut Faults)) -> bool {
    let mut faults = Faults::default();
    judge(&mut faults);
    !faults.0.is_empty()
}
