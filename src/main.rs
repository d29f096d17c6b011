//! The program: hands the command line to the library.

use std::process::ExitCode;

use futures::future::BoxFuture;
use trueup::cli::{self, OpenStoreError, Openers, StoreLocation};
use trueup::client::Client;

fn main() -> ExitCode {
    cli::main(std::env::args_os(), Openers { store: open_store, simulation: None })
}

/// Opens a store in this process.
fn open_store(location: StoreLocation, _default_namespace: String) -> BoxFuture<'static, Result<Client, OpenStoreError>> {
    Box::pin(async move { Err(format!("this build serves no stores of its own, so {} cannot be used", location.target()).into()) })
}
