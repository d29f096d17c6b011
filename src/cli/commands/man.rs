//! `trueup man`: writes the manual pages.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus};

const EXAMPLES: &str = "\
Examples:
  trueup man ~/.local/share/man/man1         then: man trueup, man trueup-apply
  trueup man pages && man -l pages/trueup-diff.1";

/// Write the manual pages
///
/// One page for each command, such as trueup-apply.1.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ManArgs {
    /// The directory, which is made where it does not exist
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Writes the manual pages of a program.
pub fn cmd_man(ui: &Ui, mut program: clap::Command, args: &ManArgs) -> Result<ExitStatus, CommandError> {
    let cannot = |error: io::Error| CommandError::failed(format!("cannot write to {}: {error}", args.directory.display()));
    fs::create_dir_all(&args.directory).map_err(cannot)?;
    program.build();
    let mut pages = Vec::new();
    collect(&program, &mut pages).map_err(cannot)?;
    for (name, page) in &pages {
        fs::write(args.directory.join(name), page).map_err(cannot)?;
    }
    ui.say(&format!("{} pages are in {}", pages.len(), args.directory.display()));
    Ok(ExitStatus::Success)
}

/// The page of a command and those of the commands below it, by file name; `help` has none.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    pages.push(page(command)?);
    let below = command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set());
    below.into_iter().try_for_each(|below| collect(below, pages))
}

fn page(command: &clap::Command) -> io::Result<(String, Vec<u8>)> {
    let man = Man::new(command.clone()).manual("trueup manual").source(concat!("trueup ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(notes) = command.get_after_long_help() {
        page.extend_from_slice(as_written("NOTES", &notes.to_string()).as_bytes());
    }
    Ok((man.get_filename(), page))
}

/// A section that is not filled: examples are columns.
fn as_written(title: &str, text: &str) -> String {
    let line = |line: &str| {
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        format!("{guard}{}\n", line.replace('\\', "\\e").replace('-', "\\-"))
    };
    format!(".SH {title}\n.nf\n{}.fi\n", text.lines().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_an_example_is_no_request() {
        assert_eq!(as_written("NOTES", "a \\ -b\n.x\n'y"), ".SH NOTES\n.nf\na \\e \\-b\n\\&.x\n\\&'y\n.fi\n");
    }
}
