//! Annotations in which controllers and tools keep notes for themselves.
//!
//! Nobody declares them: they say how far a controller got, or repeat what stands elsewhere.

/// Notes of kube-controller-manager and kubectl, by key.
/// <https://kubernetes.io/docs/reference/labels-annotations-taints/>
const NOTES: [&str; 17] = [
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "batch.kubernetes.io/job-tracking",
    "control-plane.alpha.kubernetes.io/leader",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deprecated.daemonset.template.generation",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubernetes.io/service-account.uid",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
];

/// Whether an annotation is such a note.
#[must_use]
pub fn is_note(annotation: &str) -> bool {
    NOTES.binary_search(&annotation).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_note_is_found() {
        assert!(NOTES.iter().all(|note| is_note(note)), "they are searched in order");
        assert!(!is_note("example.com/team"));
    }
}
