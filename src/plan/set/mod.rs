//! Sets: which objects belong together, so that what is no longer declared can be pruned.
//!
//! The ApplySet standard (KEP-3659) says how: a parent object names the set by a label and lists the kinds and namespaces that hold
//! members, and every member carries the set's id in a label. kubectl reads and writes the same, so each can go on where the other
//! stopped. Receives desired and live objects, hands on the members to delete. Invariant: the parent lists the kinds and namespaces of
//! every member at every moment, so that a run that is cut off leaves nothing behind that the next one does not find.
//! See <https://github.com/kubernetes/enhancements/blob/master/keps/sig-cli/3659-kubectl-apply-prune/README.md>.

mod departure;
mod guards;
mod identity;
mod members;
mod membership;
mod parent;
mod removal;

pub use departure::{Departed, Leaving, depart};
pub use guards::{MaxDeletions, PruneError, all_leaving, is_home, keeps_itself, leaving, undescribed};
pub use identity::{Parent, SetError, SetId};
pub use members::{Members, find_members};
pub(super) use membership::without_membership;
pub use membership::{is_member, join, of_other_sets, part_of};
pub use parent::{GroupKind, OUR_TOOL, Scope, Tracked, tool_of, tooling};
pub use removal::{Absence, Looked, Removal, look, remove};

/// The label that makes an object a set's parent; its value is the set's id.
pub const ID: &str = "applyset.kubernetes.io/id";
/// The label of members; its value is the set's id.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// The annotation that says which tool works on the set, such as `kubectl/v1.27`.
pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// The annotation that lists the kinds of members, such as `ConfigMap,Deployment.apps`.
pub const GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// What kubectl wrote before [`GROUP_KINDS`]: resources, such as `configmaps,deployments.apps`.
pub const GROUP_RESOURCES: &str = "applyset.kubernetes.io/contains-group-resources";
/// The annotation that lists the namespaces of members beside the parent's own.
pub const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// The label of a CustomResourceDefinition whose objects may be parents.
pub const PARENT_TYPE: &str = "applyset.kubernetes.io/is-parent-type";
/// The annotation of members that are not pruned; `keep` is its only value.
pub const PRUNE: &str = "trueup.dev/prune";
/// What other tools of the Kubernetes project write for the same; `detach` is its only value.
pub const DELETION: &str = "client.lifecycle.config.k8s.io/deletion";
