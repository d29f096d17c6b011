//! The admission plugins that can be switched, by kube-apiserver's names.
//!
//! Receives the names of `--enable-admission-plugins` and `--disable-admission-plugins`; hands on which plugins act. Invariant: a name
//! that kube-apiserver does not know is refused, and so is what would turn on a plugin that this server does not have.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/>.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A plugin that can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plugin {
    /// Pods tolerate nodes that are not ready or out of reach for five minutes.
    DefaultTolerationSeconds,
    /// Limit ranges are held to.
    LimitRanger,
    /// Mutating admission policies change what is written.
    MutatingAdmissionPolicy,
    /// Mutating webhooks are asked.
    MutatingAdmissionWebhook,
    /// Pods get the priority of their class.
    Priority,
    /// Resource quotas are held to.
    ResourceQuota,
    /// Pods get a service account and its token.
    ServiceAccount,
    /// Validating admission policies are held to.
    ValidatingAdmissionPolicy,
    /// Validating webhooks are asked.
    ValidatingAdmissionWebhook,
}

impl Plugin {
    /// All there are, in the order of their names.
    pub const ALL: [Self; 9] = [
        Self::DefaultTolerationSeconds,
        Self::LimitRanger,
        Self::MutatingAdmissionPolicy,
        Self::MutatingAdmissionWebhook,
        Self::Priority,
        Self::ResourceQuota,
        Self::ServiceAccount,
        Self::ValidatingAdmissionPolicy,
        Self::ValidatingAdmissionWebhook,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DefaultTolerationSeconds => "DefaultTolerationSeconds",
            Self::LimitRanger => "LimitRanger",
            Self::MutatingAdmissionPolicy => "MutatingAdmissionPolicy",
            Self::MutatingAdmissionWebhook => "MutatingAdmissionWebhook",
            Self::Priority => "Priority",
            Self::ResourceQuota => "ResourceQuota",
            Self::ServiceAccount => "ServiceAccount",
            Self::ValidatingAdmissionPolicy => "ValidatingAdmissionPolicy",
            Self::ValidatingAdmissionWebhook => "ValidatingAdmissionWebhook",
        }
    }
}

/// What always acts here.
const ALWAYS: [&str; 1] = ["NamespaceLifecycle"];

/// What kube-apiserver 1.36 has and this server does not.
const ELSEWHERE: [&str; 27] = [
    "AlwaysAdmit",
    "AlwaysDeny",
    "AlwaysPullImages",
    "CertificateApproval",
    "CertificateSigning",
    "CertificateSubjectRestriction",
    "ClusterTrustBundleAttest",
    "DefaultIngressClass",
    "DefaultStorageClass",
    "DenyServiceExternalIPs",
    "EventRateLimit",
    "ExtendedResourceToleration",
    "ImagePolicyWebhook",
    "LimitPodHardAntiAffinityTopology",
    "NamespaceAutoProvision",
    "NamespaceExists",
    "NodeDeclaredFeatureValidator",
    "NodeRestriction",
    "OwnerReferencesPermissionEnforcement",
    "PersistentVolumeClaimResize",
    "PodNodeSelector",
    "PodSecurity",
    "PodTolerationRestriction",
    "PodTopologyLabels",
    "RuntimeClass",
    "StorageObjectInUseProtection",
    "TaintNodesByCondition",
];

/// The name of an admission plugin of kube-apiserver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginName {
    /// One that can be switched.
    Here(Plugin),
    /// One that always acts.
    Always(&'static str),
    /// One that this server does not have.
    Elsewhere(&'static str),
}

/// Why the flags cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// kube-apiserver has no plugin of this name.
    #[error("unknown admission plugin {0:?}: known are {known}", known = known())]
    Unknown(String),
    /// The plugin is to be enabled and does not exist here.
    #[error("the admission plugin {0} is not supported by this server: it can only be disabled")]
    NotBuilt(&'static str),
    /// The plugin is to be disabled and always acts.
    #[error("the admission plugin {0} cannot be disabled")]
    Always(&'static str),
    /// The plugin is to be both.
    #[error("the admission plugin {0} is both enabled and disabled")]
    Both(&'static str),
}

fn known() -> String {
    let mut names: Vec<&str> = Plugin::ALL.map(Plugin::name).into_iter().chain(ALWAYS).collect();
    names.sort_unstable();
    names.join(", ")
}

impl PluginName {
    fn text(self) -> &'static str {
        match self {
            Self::Here(plugin) => plugin.name(),
            Self::Always(name) | Self::Elsewhere(name) => name,
        }
    }
}

impl FromStr for PluginName {
    type Err = PluginError;

    fn from_str(name: &str) -> Result<Self, PluginError> {
        let name = name.trim();
        let here = Plugin::ALL.into_iter().find(|plugin| plugin.name() == name).map(Self::Here);
        let always = || ALWAYS.into_iter().find(|known| *known == name).map(Self::Always);
        let elsewhere = || ELSEWHERE.into_iter().find(|known| *known == name).map(Self::Elsewhere);
        here.or_else(always).or_else(elsewhere).ok_or_else(|| PluginError::Unknown(name.to_owned()))
    }
}

/// The plugins that act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugins(BTreeSet<Plugin>);

impl Default for Plugins {
    /// All but `ServiceAccount`, which would refuse every pod where no controller makes the account `default`.
    fn default() -> Self {
        Self(Plugin::ALL.into_iter().filter(|plugin| *plugin != Plugin::ServiceAccount).collect())
    }
}

impl Plugins {
    /// Whether a plugin acts.
    #[must_use]
    pub fn has(&self, plugin: Plugin) -> bool {
        self.0.contains(&plugin)
    }

    /// These plugins with others switched on and off.
    pub fn switched(mut self, enabled: &[PluginName], disabled: &[PluginName]) -> Result<Self, PluginError> {
        if let Some(both) = enabled.iter().find(|name| disabled.contains(name)) {
            return Err(PluginError::Both(both.text()));
        }
        for name in enabled {
            match *name {
                PluginName::Here(plugin) => drop(self.0.insert(plugin)),
                PluginName::Always(_) => {}
                PluginName::Elsewhere(name) => return Err(PluginError::NotBuilt(name)),
            }
        }
        for name in disabled {
            match *name {
                PluginName::Here(plugin) => drop(self.0.remove(&plugin)),
                PluginName::Always(name) => return Err(PluginError::Always(name)),
                PluginName::Elsewhere(_) => {}
            }
        }
        Ok(self)
    }
}

impl fmt::Display for Plugins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|plugin| plugin.name()).collect();
        formatter.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switched(enabled: &str, disabled: &str) -> Result<String, String> {
        let read = |text: &str| text.split(',').filter(|name| !name.is_empty()).map(str::parse).collect::<Result<Vec<PluginName>, _>>();
        let plugins = read(enabled).and_then(|enabled| Plugins::default().switched(&enabled, &read(disabled)?));
        plugins.map(|plugins| plugins.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn names_switch_plugins_and_what_is_not_there_can_be_disabled() {
        let all = "DefaultTolerationSeconds,LimitRanger,MutatingAdmissionPolicy,MutatingAdmissionWebhook,Priority,ResourceQuota,ValidatingAdmissionPolicy,ValidatingAdmissionWebhook";
        assert_eq!(switched("", "ServiceAccount,PodSecurity").as_deref(), Ok(all));
        assert_eq!(
            switched("ServiceAccount,NamespaceLifecycle", "Priority,LimitRanger,MutatingAdmissionWebhook,ValidatingAdmissionPolicy")
                .as_deref(),
            Ok("DefaultTolerationSeconds,MutatingAdmissionPolicy,ResourceQuota,ServiceAccount,ValidatingAdmissionWebhook")
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (enabled, disabled, why) in [
            (
                "Quota",
                "",
                "unknown admission plugin \"Quota\": known are DefaultTolerationSeconds, LimitRanger, MutatingAdmissionPolicy, MutatingAdmissionWebhook, NamespaceLifecycle, Priority, ResourceQuota, ServiceAccount, ValidatingAdmissionPolicy, ValidatingAdmissionWebhook",
            ),
            ("PodSecurity", "", "the admission plugin PodSecurity is not supported by this server: it can only be disabled"),
            ("", "NamespaceLifecycle", "the admission plugin NamespaceLifecycle cannot be disabled"),
            ("Priority", "Priority", "the admission plugin Priority is both enabled and disabled"),
        ] {
            assert_eq!(switched(enabled, disabled), Err(why.to_owned()));
        }
    }
}
