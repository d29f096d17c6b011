//! The program: hands the command line to the library, together with what the command line cannot open by itself.

use std::process::ExitCode;

use trueup::cli::{self, Openers};
use trueup::serve::in_process::{open_simulation, open_store, run_controllers};

fn main() -> ExitCode {
    cli::main(std::env::args_os(), Openers { store: open_store, simulation: Some(open_simulation), controllers: Some(run_controllers) })
}
