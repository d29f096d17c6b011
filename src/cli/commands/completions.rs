//! `trueup completions`: prints a shell's completion script.

use clap::Args;
use clap_complete::Shell;

use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus};

const EXAMPLES: &str = "\
Examples:
  trueup completions bash > /etc/bash_completion.d/trueup
  trueup completions fish > ~/.config/fish/completions/trueup.fish";

/// Print a completion script for a shell
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: CompletionShell,
}

/// The shells there is a script for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum CompletionShell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

impl CompletionShell {
    fn generator(self) -> Shell {
        match self {
            Self::Bash => Shell::Bash,
            Self::Zsh => Shell::Zsh,
            Self::Fish => Shell::Fish,
            Self::Powershell => Shell::PowerShell,
        }
    }
}

/// Prints a completion script.
pub fn cmd_completions(ui: &Ui, command: &clap::Command, args: &CompletionsArgs) -> Result<ExitStatus, CommandError> {
    ui.data(&render(command, args.shell.generator()))?;
    Ok(ExitStatus::Success)
}

fn render(command: &clap::Command, shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command.clone(), "trueup", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_scripts_in_the_repository_are_those_the_program_prints() {
        let checked_in = [
            (Shell::Bash, include_str!("../../../completions/trueup.bash")),
            (Shell::Zsh, include_str!("../../../completions/_trueup")),
            (Shell::Fish, include_str!("../../../completions/trueup.fish")),
            (Shell::PowerShell, include_str!("../../../completions/trueup.ps1")),
        ];
        for (shell, text) in checked_in {
            assert!(render(&Cli::command(), shell) == text, "run `trueup completions {shell}` and put what it prints under completions/");
        }
    }
}
