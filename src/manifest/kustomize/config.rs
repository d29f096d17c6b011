//! Which fields transformers work on: kustomize's own rules, and those of `configurations`.
//!
//! The tables are facts of kustomize (its `builtinpluginconsts`). Invariant: no two rules of one list are for the same path of the same
//! kind and differ in `create`.

use super::error::KustomizeProblem;
use super::field_spec::FieldSpec;

/// The rules of every transformer.
#[derive(Debug, Clone, Default)]
pub(super) struct Config {
    pub(super) name_prefix: Vec<FieldSpec>,
    pub(super) name_suffix: Vec<FieldSpec>,
    pub(super) namespace: Vec<FieldSpec>,
    pub(super) common_labels: Vec<FieldSpec>,
    /// What every entry of `labels` writes too.
    pub(super) labels: Vec<FieldSpec>,
    pub(super) template_labels: Vec<FieldSpec>,
    pub(super) common_annotations: Vec<FieldSpec>,
    pub(super) images: Vec<FieldSpec>,
    pub(super) replicas: Vec<FieldSpec>,
    /// Kinds (without a path) that others refer to by name, and where.
    pub(super) name_references: Vec<(FieldSpec, Vec<FieldSpec>)>,
}

impl Config {
    /// The rules that always hold.
    pub(super) fn builtin() -> Self {
        let name = || vec![FieldSpec::known("", "", "", "metadata/name", false)];
        let mut common_labels: Vec<FieldSpec> = SELECTORS.iter().map(|rule| known(*rule)).collect();
        common_labels.extend(affinities());
        let mut template_labels = template_metadata("metadata/labels", "apps");
        template_labels.push(CLAIM_TEMPLATE_LABELS);
        common_labels.extend(template_labels.iter().cloned());
        Self {
            name_prefix: name(),
            name_suffix: name(),
            namespace: NAMESPACES.iter().map(|rule| known(*rule)).collect(),
            common_labels,
            labels: Vec::new(),
            template_labels,
            common_annotations: template_metadata("metadata/annotations", ""),
            images: IMAGES.iter().map(|path| FieldSpec::known("", "", "", path, true)).collect(),
            replicas: REPLICATED.iter().map(|kind| FieldSpec::known("", "", kind, "spec/replicas", true)).collect(),
            name_references: super::reference_facts::name_references(),
        }
    }

    /// Adds the rules of another. Errors where two contradict each other.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), KustomizeProblem> {
        merge_rules(&mut self.name_prefix, &other.name_prefix)?;
        merge_rules(&mut self.name_suffix, &other.name_suffix)?;
        merge_rules(&mut self.namespace, &other.namespace)?;
        merge_rules(&mut self.common_labels, &other.common_labels)?;
        merge_rules(&mut self.labels, &other.labels)?;
        merge_rules(&mut self.template_labels, &other.template_labels)?;
        merge_rules(&mut self.common_annotations, &other.common_annotations)?;
        merge_rules(&mut self.images, &other.images)?;
        merge_rules(&mut self.replicas, &other.replicas)?;
        for (kind, fields) in &other.name_references {
            match self.name_references.iter_mut().find(|(known, _)| known == kind) {
                Some((_, known)) => merge_rules(known, fields)?,
                None => self.name_references.push((kind.clone(), fields.clone())),
            }
        }
        Ok(())
    }
}

/// Adds rules that are not there yet.
pub(super) fn merge_rules(rules: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), KustomizeProblem> {
    for rule in more {
        match rules.iter().find(|known| known.covers(rule)) {
            Some(known) if known.create != rule.create => return Err(KustomizeProblem::RulesDiffer(rule.path.to_string())),
            Some(_) => {}
            None => rules.push(rule.clone()),
        }
    }
    Ok(())
}

/// Group, version, kind, path, and whether it is made.
type Known = (&'static str, &'static str, &'static str, &'static str, bool);

const fn known((group, version, kind, path, create): Known) -> FieldSpec {
    FieldSpec::known(group, version, kind, path, create)
}

const NAMESPACES: [Known; 3] = [
    ("", "", "Namespace", "metadata/name", true),
    ("apiregistration.k8s.io", "", "APIService", "spec/service/namespace", true),
    ("apiextensions.k8s.io", "", "CustomResourceDefinition", "spec/conversion/webhook/clientConfig/service/namespace", false),
];

const SELECTORS: [Known; 12] = [
    ("", "v1", "Service", "spec/selector", true),
    ("", "v1", "ReplicationController", "spec/selector", true),
    ("", "", "Deployment", "spec/selector/matchLabels", true),
    ("", "", "ReplicaSet", "spec/selector/matchLabels", true),
    ("", "", "DaemonSet", "spec/selector/matchLabels", true),
    ("apps", "", "StatefulSet", "spec/selector/matchLabels", true),
    ("batch", "", "Job", "spec/selector/matchLabels", false),
    ("batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
    ("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false),
    ("networking.k8s.io", "", "NetworkPolicy", "spec/podSelector/matchLabels", false),
    ("networking.k8s.io", "", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", false),
    ("networking.k8s.io", "", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels", false),
];

/// Where a pod template of a Deployment or a StatefulSet selects other pods.
fn affinities() -> Vec<FieldSpec> {
    const PATHS: [&str; 5] = [
        "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
        "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
        "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
        "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
        "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
    ];
    let of = |kind| PATHS.iter().map(move |path| FieldSpec::known("apps", "", kind, path, false));
    of("Deployment").chain(of("StatefulSet")).collect()
}

/// The labels or annotations of objects, and of the templates in them.
fn template_metadata(own: &'static str, stateful_set_group: &'static str) -> Vec<FieldSpec> {
    let is_labels = own == "metadata/labels";
    let template = if is_labels { "spec/template/metadata/labels" } else { "spec/template/metadata/annotations" };
    let job = if is_labels { "spec/jobTemplate/metadata/labels" } else { "spec/jobTemplate/metadata/annotations" };
    let pod_of_job =
        if is_labels { "spec/jobTemplate/spec/template/metadata/labels" } else { "spec/jobTemplate/spec/template/metadata/annotations" };
    vec![
        FieldSpec::known("", "", "", own, true),
        FieldSpec::known("", "v1", "ReplicationController", template, true),
        FieldSpec::known("", "", "Deployment", template, true),
        FieldSpec::known("", "", "ReplicaSet", template, true),
        FieldSpec::known("", "", "DaemonSet", template, true),
        FieldSpec::known(stateful_set_group, "", "StatefulSet", template, true),
        FieldSpec::known("batch", "", "Job", template, true),
        FieldSpec::known("batch", "", "CronJob", job, true),
        FieldSpec::known("batch", "", "CronJob", pod_of_job, true),
    ]
}

const CLAIM_TEMPLATE_LABELS: FieldSpec = FieldSpec::known("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true);

const IMAGES: [&str; 6] = [
    "spec/containers[]/image",
    "spec/initContainers[]/image",
    "spec/volumes[]/image/reference",
    "spec/template/spec/containers[]/image",
    "spec/template/spec/initContainers[]/image",
    "spec/template/spec/volumes[]/image/reference",
];

const REPLICATED: [&str; 4] = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"];
