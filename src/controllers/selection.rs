//! Which controllers run, as `--controllers` says.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A controller by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// The controller for definitions: deletes the objects of deleted CustomResourceDefinitions, then lets those go.
    Definitions,
    /// The garbage collector: deletes objects whose owners are gone.
    Gc,
    /// The namespace controller: empties deleted namespaces, then lets them go.
    Namespace,
    /// The controller for resource quotas: counts what is taken of them.
    Quota,
    /// The controller for the root certificate: publishes it in each namespace.
    RootCa,
    /// The controller for service accounts: makes the account `default` of each namespace.
    ServiceAccount,
    /// The controller for validating admission policies: says whether their expressions fit the kinds that they are about.
    PolicyStatus,
}

impl Controller {
    /// All there are, in the order of their names.
    pub const ALL: [Self; 7] =
        [Self::Definitions, Self::Gc, Self::Namespace, Self::Quota, Self::RootCa, Self::ServiceAccount, Self::PolicyStatus];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Definitions => "crd",
            Self::Gc => "gc",
            Self::Namespace => "namespace",
            Self::Quota => "resourcequota",
            Self::RootCa => "root-ca-cert-publisher",
            Self::ServiceAccount => "serviceaccount",
            Self::PolicyStatus => "validatingadmissionpolicy-status",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|controller| controller.name() == name)
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The controllers that run.
///
/// Read from a list of words with commas: `*` stands for all, a name adds one, a name with `-` before it takes one away, and `none`
/// stands alone. A list that only takes away starts with all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection(BTreeSet<Controller>);

/// Why a list of controllers cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// No controller has this name.
    #[error("unknown controller {0:?}: known are {known}, with * for all and none for no controller", known = known())]
    Unknown(String),
    /// `none` and something else.
    #[error("\"none\" cannot be combined with other controllers")]
    NoneAndMore,
    /// Nothing at all.
    #[error("no controller is named: write \"none\" to run none")]
    Empty,
}

fn known() -> String {
    Controller::ALL.map(Controller::name).join(", ")
}

impl Selection {
    /// All controllers.
    #[must_use]
    pub fn all() -> Self {
        Self(Controller::ALL.into())
    }

    /// The controllers that finish deletions, which is what commands wait for.
    #[must_use]
    pub fn of_deletions() -> Self {
        Self([Controller::Definitions, Controller::Gc, Controller::Namespace].into())
    }

    /// No controller.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether no controller runs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The controllers in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = Controller> {
        self.0.iter().copied()
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::all()
    }
}

impl FromStr for Selection {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, SelectionError> {
        let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => return Err(SelectionError::Empty),
            ["none"] => return Ok(Self::none()),
            words if words.contains(&"none") => return Err(SelectionError::NoneAndMore),
            _ => {}
        }
        let find = |name: &str| Controller::named(name).ok_or_else(|| SelectionError::Unknown(name.to_owned()));
        let only_takes_away = words.iter().all(|word| word.starts_with('-'));
        let mut selected = if only_takes_away || words.contains(&"*") { Self::all() } else { Self::none() };
        for word in words.into_iter().filter(|word| *word != "*") {
            match word.strip_prefix('-') {
                Some(name) => selected.0.remove(&find(name)?),
                None => selected.0.insert(find(word)?),
            };
        }
        Ok(selected)
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Controller::name).collect();
        formatter.write_str(if names.is_empty() { "none".to_owned() } else { names.join(",") }.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, SelectionError> {
        text.parse::<Selection>().map(|selection| selection.to_string())
    }

    #[test]
    fn words_add_and_take_away() {
        let cases = [
            ("*", "crd,gc,namespace,resourcequota,root-ca-cert-publisher,serviceaccount,validatingadmissionpolicy-status"),
            ("gc", "gc"),
            ("namespace, gc", "gc,namespace"),
            ("none", "none"),
            ("-gc", "crd,namespace,resourcequota,root-ca-cert-publisher,serviceaccount,validatingadmissionpolicy-status"),
        ];
        for (text, expected) in cases.into_iter().chain([
            ("*,-namespace,-serviceaccount,-validatingadmissionpolicy-status", "crd,gc,resourcequota,root-ca-cert-publisher"),
            ("-gc,-namespace,-resourcequota,-root-ca-cert-publisher,-serviceaccount", "crd,validatingadmissionpolicy-status"),
            ("gc,-gc", "none"),
        ]) {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_names_there_are() {
        let error = read("gc,-pods").expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "unknown controller \"pods\": known are crd, gc, namespace, resourcequota, root-ca-cert-publisher, serviceaccount, validatingadmissionpolicy-status, with * for all and none for no controller"
        );
        assert_eq!(read("none,gc"), Err(SelectionError::NoneAndMore));
        assert_eq!(read(" , "), Err(SelectionError::Empty));
    }
}
