//! A program that shows long texts on the terminal.
//!
//! Receives the environment, hands texts on to `$TRUEUP_PAGER`, `$PAGER` or `less`. Invariant: what no pager could show is printed as it
//! would have been without one.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a shell answers where there is no such program.
const NOT_FOUND: i32 = 127;

/// A command line for the shell, and what its environment gets beside ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pager {
    /// `None` for `less`, which is asked for by nobody and so missed by nobody.
    command: Option<String>,
    /// `LESS`, where the user has not set it: leave at once where all fits on the screen, keep colours, and leave the text on it.
    less: Option<&'static str>,
}

impl Pager {
    /// The pager to use on a terminal; `None` where the user wants none, or the terminal can do nothing but print.
    pub(super) fn choose(environment: impl Fn(&str) -> Option<String>) -> Option<Self> {
        if environment("TERM").is_none_or(|terminal| terminal.is_empty() || terminal == "dumb") {
            return None;
        }
        let command = environment("TRUEUP_PAGER").or_else(|| environment("PAGER"));
        let wanted = !matches!(command.as_deref().map(str::trim), Some("" | "cat"));
        wanted.then(|| Self { command, less: environment("LESS").is_none().then_some("FRX") })
    }

    /// Shows a text and waits until the user has seen it; answers whether the pager could be started.
    pub(super) fn show(&self, text: &str) -> bool {
        let mut command = Command::new(if self.command.is_some() { "sh" } else { "less" });
        if let Some(line) = &self.command {
            command.args(["-c", line]);
        }
        command.stdin(Stdio::piped());
        if let Some(less) = self.less {
            command.env("LESS", less);
        }
        let Ok(mut pager) = command.spawn() else { return false };
        if let Some(mut stdin) = pager.stdin.take() {
            // Who leaves the pager early has seen enough.
            let _ = stdin.write_all(text.as_bytes());
        }
        pager.wait().is_ok_and(|status| status.code() != Some(NOT_FOUND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(environment: &[(&str, &str)]) -> Option<(Option<String>, Option<&'static str>)> {
        let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Pager::choose(lookup).map(|pager| (pager.command, pager.less))
    }

    #[test]
    fn our_own_variable_comes_before_the_common_one_and_that_before_less() {
        let terminal = ("TERM", "xterm");
        assert_eq!(chosen(&[terminal]), Some((None, Some("FRX"))));
        assert_eq!(chosen(&[terminal, ("PAGER", "more")]), Some((Some("more".to_owned()), Some("FRX"))));
        assert_eq!(
            chosen(&[terminal, ("PAGER", "more"), ("TRUEUP_PAGER", "most -s"), ("LESS", "S")]),
            Some((Some("most -s".to_owned()), None))
        );
    }

    #[test]
    fn no_pager_is_used_where_none_is_wanted_or_possible() {
        for environment in
            [&[("TERM", "dumb")][..], &[], &[("TERM", "xterm"), ("TRUEUP_PAGER", "")], &[("TERM", "xterm"), ("PAGER", "cat")]]
        {
            assert_eq!(chosen(environment), None, "{environment:?}");
        }
    }

    #[test]
    fn a_pager_that_does_not_exist_is_told_from_one_that_was_left() {
        let pager = |command: &str| Pager { command: Some(command.to_owned()), less: None };
        assert!(!pager("no-such-pager-anywhere").show("x"));
        assert!(pager("head -c 1 >/dev/null").show(&"x\n".repeat(100_000)));
    }
}
