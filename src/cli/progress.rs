//! One line on standard error that tells how far long work is.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use super::ui::Ui;

/// Work that takes less needs no line.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(200);

/// Waits for `work`; where it takes longer than a second and a person looks on, shows `line` and keeps it fresh; an empty one is not shown.
pub(super) async fn with_progress<F: Future>(ui: &Ui, line: impl Fn() -> String, work: F) -> F::Output {
    if !ui.talks_to_terminal() || ui.is_quiet() {
        return work.await;
    }
    let mut work = pin!(work);
    let mut pause = PATIENCE;
    loop {
        match tokio::time::timeout(pause, &mut work).await {
            Ok(output) => {
                ui.clear_progress();
                return output;
            }
            Err(_) => {
                // Where there is nothing to show, somebody else may be showing something.
                let line = line();
                if !line.is_empty() {
                    ui.progress(&line);
                }
            }
        }
        pause = REFRESH;
    }
}
