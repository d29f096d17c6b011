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

/// The script that clap makes of the commands and their flags, and what asks the program for the rest.
fn render(command: &clap::Command, shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command.clone(), "trueup", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => script + BASH,
        Shell::Zsh => {
            // The file is the function's body at its first call, so that the function has to keep its name.
            let (words, start) = script.rsplit_once("\nif [ \"$funcstack[1]\"").unwrap_or((&script, ""));
            format!("{}{ZSH}\nif [ \"$funcstack[1]\"{start}", words.replacen("\n_trueup() {\n", "\n_trueup_words() {\n", 1))
        }
        Shell::PowerShell => script.replacen(POWERSHELL_HEAD, &format!("{POWERSHELL_HEAD}{POWERSHELL}"), 1),
        _ => format!("{script}{FISH}{}", fish_arguments(command)),
    }
}

const BASH: &str = r#"
# What only the target knows (kinds, names, namespaces, contexts, sets) is asked of the program.
_trueup_or_ask() {
    local line="${COMP_LINE:0:COMP_POINT}" candidate
    local -a found=()
    while IFS= read -r candidate; do
        found+=("${candidate}")
    done < <("$1" __complete --line "${line}" 2>/dev/null </dev/null)
    if [[ "${#found[@]}" -eq 0 ]]; then
        _trueup "$@"
        return
    fi
    # bash takes words apart at characters such as = and :, and wants the last piece back.
    local word="${line##*[[:space:]]}"
    COMPREPLY=("${found[@]#"${word%"$2"}"}")
    if [[ "${found[0]}" == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -F _trueup_or_ask -o bashdefault -o default trueup
"#;

const ZSH: &str = r#"
# What only the target knows (kinds, names, namespaces, contexts, sets) is asked of the program.
_trueup() {
    local -a found
    found=(${(f)"$(command trueup __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)"})
    if (( ! ${#found} )); then
        _trueup_words "$@"
    elif [[ "${found[1]}" == */ ]]; then
        compadd -S '' -- "${found[@]}"
    else
        compadd -- "${found[@]}"
    fi
}
"#;

const FISH: &str = r"
# What only the target knows (kinds, names, namespaces, contexts, sets) is asked of the program.
function __fish_trueup_ask
    set -l typed (commandline -opc)
    command trueup __complete -- $typed[2..-1] (commandline -ct) 2>/dev/null </dev/null
end

complete -c trueup -s n -l namespace -x -a '(__fish_trueup_ask)'
complete -c trueup -l context -x -a '(__fish_trueup_ask)'
complete -c trueup -l applyset -x -a '(__fish_trueup_ask)'
complete -c trueup -l applyset-namespace -x -a '(__fish_trueup_ask)'
";

const POWERSHELL_HEAD: &str = "    param($wordToComplete, $commandAst, $cursorPosition)\n";

const POWERSHELL: &str = r#"
    # What only the target knows (kinds, names, namespaces, contexts, sets) is asked of the program.
    $line = $commandAst.ToString()
    if ($wordToComplete -eq '') { $line += ' ' }
    $found = @(& trueup __complete --line $line 2>$null)
    if ($found.Count -gt 0) {
        return $found | ForEach-Object { [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_) }
    }
"#;

/// A line for each command that takes arguments which only the target knows, and so no files.
fn fish_arguments(command: &clap::Command) -> String {
    let asks = |command: &&clap::Command| {
        let mut names = command.get_positionals().filter_map(|argument| argument.get_value_names()?.first());
        names.any(|name| name == "RESOURCE" || name.starts_with("TYPE"))
    };
    let lines = command.get_subcommands().filter(asks).map(|command| {
        format!("complete -c trueup -n \"__fish_trueup_using_subcommand {}\" -f -a '(__fish_trueup_ask)'\n", command.get_name())
    });
    let below =
        ["auth can-i", "config use-context", "config get-contexts", "config set-context", "sets create", "sets hand-over"].map(|path| {
            let (above, own) = path.split_once(' ').unwrap_or((path, path));
            let seen = format!("__fish_trueup_using_subcommand {above}; and __fish_seen_subcommand_from {own}");
            format!("complete -c trueup -n \"{seen}\" -f -a '(__fish_trueup_ask)'\n")
        });
    // Words for an argument without a flag are left out by the script that clap makes for fish.
    let shells = "complete -c trueup -n \"__fish_trueup_using_subcommand completions\" -f -a 'bash zsh fish powershell'\n".to_owned();
    let events = "complete -c trueup -n \"__fish_trueup_using_subcommand events\" -l for -x -a '(__fish_trueup_ask)'\n".to_owned();
    lines.chain(below).chain([events, shells]).collect()
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
