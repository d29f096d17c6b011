//! Arguments that several commands share; from flags alone, no environment is read here.

use std::path::PathBuf;

use super::settings::{Login, UsageError};
use super::ui::ColorChoice;
use crate::manifest::Input;

/// Where to work, and how to print.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct GlobalArgs {
    /// Use the embedded store in this directory; no server is needed
    #[arg(long, global = true, value_name = "DIR", help_heading = "Target")]
    pub local: Option<PathBuf>,
    /// Use the store in this etcd cluster; no server is needed
    #[arg(long, global = true, value_name = "URLS", value_delimiter = ',', help_heading = "Target")]
    pub etcd: Vec<String>,
    /// Check etcd's certificates against the authorities in this file
    #[arg(long, global = true, value_name = "FILE", help_heading = "Target")]
    pub etcd_cafile: Option<PathBuf>,
    /// Show etcd the client certificate in this file
    #[arg(long, global = true, value_name = "FILE", requires = "etcd_keyfile", help_heading = "Target")]
    pub etcd_certfile: Option<PathBuf>,
    /// Use the private key in this file with the client certificate
    #[arg(long, global = true, value_name = "FILE", requires = "etcd_certfile", help_heading = "Target")]
    pub etcd_keyfile: Option<PathBuf>,
    /// Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead
    #[arg(long, global = true, value_name = "USER[:PASSWORD]", help_heading = "Target")]
    pub etcd_user: Option<Login>,
    /// Use the server at this URL
    #[arg(long, short = 's', global = true, value_name = "URL", help_heading = "Target")]
    pub server: Option<String>,
    /// Use this context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = "Target")]
    pub context: Option<String>,
    /// Use this kubeconfig file
    #[arg(long, global = true, value_name = "FILE", help_heading = "Target")]
    pub kubeconfig: Option<PathBuf>,
    /// Work in this namespace
    #[arg(long, short = 'n', global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Say when to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Print data, warnings and errors only
    #[arg(long, short = 'q', global = true)]
    pub quiet: bool,
}

/// Which manifests to read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ManifestArgs {
    /// Read manifests from a file, a directory, a URL, or - for standard input; may be given several times
    #[arg(long, short = 'f', value_name = "FILE")]
    pub filename: Vec<String>,
    /// Build the kustomization in a directory
    #[arg(long, short = 'k', value_name = "DIR", conflicts_with_all = ["filename", "recursive"])]
    pub kustomize: Option<PathBuf>,
    /// Read directories with everything below them
    #[arg(long, short = 'R')]
    pub recursive: bool,
}

impl ManifestArgs {
    /// Whether no manifests are named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filename.is_empty() && self.kustomize.is_none()
    }

    /// What is named, in order.
    #[must_use]
    pub fn inputs(&self) -> Vec<Input> {
        let files = self.filename.iter().map(|name| Input::parse(name));
        files.chain(self.kustomize.clone().map(Input::Kustomization)).collect()
    }
}

/// Which objects of a resource to select.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SelectorArgs {
    /// Select by labels, such as app=web,tier!=cache
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub selector: String,
    /// Select by fields, such as metadata.name=web
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub field_selector: String,
    /// Select in all namespaces
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
}

impl SelectorArgs {
    /// What makes no sense beside names of objects.
    pub(in crate::cli) fn beside_names(&self) -> Result<(), UsageError> {
        if !self.selector.is_empty() || !self.field_selector.is_empty() {
            return Err(UsageError("a name cannot be given together with a selector".to_owned()));
        }
        if self.all_namespaces {
            return Err(UsageError("an object cannot be read by name across all namespaces".to_owned()));
        }
        Ok(())
    }

    /// What makes no sense beside manifests, as they say where their objects are.
    pub(in crate::cli) fn beside_files(&self) -> Result<(), UsageError> {
        let problem = match () {
            () if self.all_namespaces => "-f and -A cannot be given together",
            () if !self.field_selector.is_empty() => "-f and --field-selector cannot be given together",
            () => return Ok(()),
        };
        Err(UsageError(problem.to_owned()))
    }
}

/// What `--dry-run` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DryRun {
    /// Do it
    #[default]
    None,
    /// Only compare with what the server has
    Client,
    /// Let the server say what it would do
    Server,
}

impl DryRun {
    /// What kubectl puts behind a line about something that did not really happen.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}
