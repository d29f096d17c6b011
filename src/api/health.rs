//! `/healthz`, `/livez` and `/readyz`, whole and check by check.
//!
//! See <https://kubernetes.io/docs/reference/using-api/health-checks/>.

use std::time::Duration;

use http::StatusCode;

use super::Shared;
use super::answer::Answer;

/// A store that does not answer within this time is not ready.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// The checks of each path, in the order in which they are shown.
const CHECKS: [(&str, &[&str]); 3] =
    [("/healthz", &["ping", "etcd"]), ("/livez", &["ping"]), ("/readyz", &["ping", "etcd", "informer-sync", "shutdown"])];

/// Answers a health path, or a single check below one; `None` for any other path.
pub(super) async fn answer(api: &Shared, path: &str, verbose: bool) -> Option<Answer> {
    let (root, checks) = CHECKS.iter().find(|(root, _)| path == *root || path.starts_with(&format!("{root}/")))?;
    let one = path.strip_prefix(*root).and_then(|rest| rest.strip_prefix('/'));
    let meant: Vec<&str> = checks.iter().copied().filter(|check| one.is_none_or(|one| one == *check)).collect();
    if meant.is_empty() {
        return Some(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"));
    }
    let mut lines = String::new();
    let mut failed = false;
    for check in meant {
        match run(api, check).await {
            Ok(()) => lines.push_str(&format!("[+]{check} ok\n")),
            Err(why) => {
                failed = true;
                lines.push_str(&format!("[-]{check} failed: {why}\n"));
            }
        }
    }
    let name = root.trim_start_matches('/');
    Some(match (failed, verbose) {
        (true, _) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{lines}{name} check failed\n")),
        (false, true) => Answer::text(StatusCode::OK, format!("{lines}{name} check passed\n")),
        (false, false) => Answer::text(StatusCode::OK, "ok"),
    })
}

/// Whether the store answers; if not, why.
pub(super) async fn store(api: &Shared) -> Result<(), String> {
    match tokio::time::timeout(STORE_PATIENCE, api.cache.store().current_revision()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the store does not answer".to_owned()),
    }
}

/// `etcd` is the name that clients know for "the store answers", whichever engine it is.
async fn run(api: &Shared, check: &str) -> Result<(), String> {
    match check {
        "etcd" => store(api).await,
        "informer-sync" => api.catalogs.newest(&api.cache).await.map(drop).map_err(|refusal| refusal.message),
        "shutdown" if api.stopping() => Err("process is shutting down".to_owned()),
        _ => Ok(()),
    }
}
