//! What is shown while waiting: on a terminal one line for each object that is not there yet, elsewhere a line for each change.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Telling;
use super::track::Track;
use crate::cli::ui::Ui;

/// A wait that is over sooner needs no view.
const PATIENCE: Duration = Duration::from_secs(1);
/// More lines than this leave no room for anything else on the terminal.
const MOST_LINES: usize = 12;

/// The view of one wait.
pub(super) struct View<'a> {
    ui: &'a Ui,
    telling: Telling,
    started: Instant,
    /// What was said last of each object, by its number.
    said: HashMap<usize, String>,
}

impl<'a> View<'a> {
    pub(super) fn new(ui: &'a Ui, telling: Telling) -> Self {
        Self { ui, telling, started: Instant::now(), said: HashMap::new() }
    }

    /// Shows how things stand.
    pub(super) fn show(&mut self, track: &Track) {
        if self.ui.talks_to_terminal() {
            let waited = self.started.elapsed();
            if waited >= PATIENCE {
                self.ui.progress_lines(&lines(track, waited));
            }
        } else if self.telling == Telling::Changes {
            self.tell_changes(track);
        }
    }

    /// Takes the view away.
    pub(super) fn end(&self) {
        self.ui.clear_progress();
    }

    fn tell_changes(&mut self, track: &Track) {
        for (number, awaited) in track.awaited().iter().enumerate().filter(|(_, awaited)| awaited.is_seen()) {
            let said = self.said.get(&number).map(String::as_str);
            let line = match (awaited.missing(), said) {
                // What was there from the start needs no word.
                (None, None) => continue,
                (None, Some(_)) => track.arrived(),
                (Some(missing), _) => missing,
            };
            if said != Some(line) {
                self.ui.say(&format!("{}: {line}", awaited.full_name()));
                self.said.insert(number, line.to_owned());
            }
        }
    }
}

/// A heading with counts, and one line for each object that is missing, as far as there is room.
fn lines(track: &Track, waited: Duration) -> Vec<String> {
    let unmet: Vec<_> = track.unmet().collect();
    let mut lines = vec![format!("waiting for {} of {} objects, {} s", unmet.len(), track.awaited().len(), waited.as_secs())];
    let line = |awaited: &&super::Awaited| format!("  {}: {}", awaited.full_name(), awaited.missing().unwrap_or_default());
    lines.extend(unmet.iter().take(MOST_LINES).map(line));
    if unmet.len() > MOST_LINES {
        lines.push(format!("  and {} more", unmet.len() - MOST_LINES));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::Goal;
    use super::*;
    use crate::client::{Place, ServedResource};

    #[test]
    fn a_view_has_room_for_so_many_objects() {
        let resource = std::sync::Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        let place = |number: usize| Place { resource: std::sync::Arc::clone(&resource), namespace: None, name: format!("m-{number}") };
        let track = Track::new(vec![Goal::Create], (0..20).map(place).collect(), false);
        let lines = lines(&track, Duration::from_millis(3_900));
        assert_eq!((lines.len(), lines[0].as_str()), (14, "waiting for 20 of 20 objects, 3 s"));
        assert_eq!((lines[1].as_str(), lines[13].as_str()), ("  configmap/m-0: nothing is known of it yet", "  and 8 more"));
    }
}
