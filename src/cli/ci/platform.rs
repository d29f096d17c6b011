//! What the platform that runs a pipeline says of itself in the environment.

use std::path::{Path, PathBuf};

use crate::ci::{Limit, Root};

/// The variables that GitHub and GitLab set for a job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Platform {
    /// `GITHUB_WORKSPACE` or `CI_PROJECT_DIR`: the folder of the repository.
    pub repository: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: what is written there shows on the page of the run.
    pub step_summary: Option<PathBuf>,
    /// `GITHUB_OUTPUT`: what later steps learn.
    pub output: Option<PathBuf>,
    /// `GITLAB_CI`: whether the job runs on GitLab.
    pub is_gitlab: bool,
}

impl Platform {
    /// Looks the variables up.
    #[must_use]
    pub fn resolve(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let path = |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            repository: path("GITHUB_WORKSPACE").or_else(|| path("CI_PROJECT_DIR")),
            step_summary: path("GITHUB_STEP_SUMMARY"),
            output: path("GITHUB_OUTPUT"),
            is_gitlab: path("GITLAB_CI").is_some(),
        }
    }

    /// Where the repository is: as the platform says, else where the command runs.
    pub(super) fn root(&self) -> Root {
        let working = std::env::current_dir().unwrap_or_default();
        let named = self.repository.as_deref().unwrap_or(&working).to_owned();
        // A folder is known by its real path once one is inside of it.
        let real = std::fs::canonicalize(&named).ok();
        Root { working, repository: [Some(named), real].into_iter().flatten().collect() }
    }

    /// What a comment may be long.
    pub(super) fn comment_limit(&self) -> Limit {
        if self.is_gitlab { Limit::GITLAB_COMMENT } else { Limit::GITHUB_COMMENT }
    }
}

/// How a comment is told where the whole difference is.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
