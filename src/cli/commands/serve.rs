//! `trueup serve`: what it takes, and what that means.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::ambient::Ambient;
use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus, GlobalArgs, StoreLocation, UsageError};
use crate::serve::{self, ServeOptions, Started, in_process};

const EXAMPLES: &str = "\
Examples:
  trueup serve                                     the local store in the user's data directory
  trueup serve --local ./data --listen [::1]:6443  a store in a directory, on another address
  trueup serve --etcd http://127.0.0.1:2379        a store in etcd; several servers may share it
  trueup serve --write-kubeconfig ./kubeconfig     for kubectl --kubeconfig ./kubeconfig";

/// Serve the API over HTTPS
///
/// Makes a certificate authority, a serving certificate and an administrator's certificate on the first start.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ServeArgs {
    /// Listen on this address; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:6443")]
    listen: SocketAddr,
    /// Write the administrator's kubeconfig here; else into the data directory
    #[arg(long, value_name = "PATH")]
    write_kubeconfig: Option<PathBuf>,
    /// Accept the tokens in this file: token,user,uid,"group1,group2" on each line
    #[arg(long, value_name = "FILE")]
    token_auth_file: Option<PathBuf>,
    #[command(flatten)]
    controllers: ControllersArgs,
}

/// Which controllers run.
#[derive(Debug, Clone, Args)]
pub struct ControllersArgs {
    /// Run these controllers: *, none, or names parted by commas
    #[arg(long, value_name = "LIST", default_value = "*", value_parser = controllers)]
    controllers: Controllers,
}

/// A choice of controllers, in the order in which they are named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controllers {
    /// The garbage collector, which follows owner references.
    pub gc: bool,
    /// The namespace controller, which empties deleted namespaces.
    pub namespace: bool,
}

fn controllers(text: &str) -> Result<Controllers, String> {
    let mut chosen = Controllers { gc: false, namespace: false };
    match text {
        "*" => return Ok(Controllers { gc: true, namespace: true }),
        "none" => return Ok(chosen),
        _ => {}
    }
    for name in text.split(',') {
        match name {
            "gc" => chosen.gc = true,
            "namespace" => chosen.namespace = true,
            other => return Err(format!("there is no controller {other:?}; there are gc and namespace")),
        }
    }
    Ok(chosen)
}

impl ControllersArgs {
    /// The controllers chosen.
    #[must_use]
    pub fn chosen(&self) -> Controllers {
        self.controllers
    }
}

/// What a server is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// Where objects are kept.
    pub store: StoreLocation,
    /// Where certificates and the kubeconfig are kept: the local store's directory, or the user's data directory.
    pub data_directory: PathBuf,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Where to write the administrator's kubeconfig in place of the data directory.
    pub write_kubeconfig: Option<PathBuf>,
    /// A file of static tokens.
    pub token_auth_file: Option<PathBuf>,
    /// The controllers to run beside the API.
    pub controllers: Controllers,
}

impl ServeSettings {
    /// Reads flags, then the environment. A kubeconfig is not looked at: it says where others serve.
    pub fn resolve(global: &GlobalArgs, args: &ServeArgs, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, UsageError> {
        let store = StoreLocation::resolve(global, environment)?;
        let data_directory = match &store {
            StoreLocation::Local(directory) => directory.clone(),
            StoreLocation::Etcd(_) => StoreLocation::default_directory()?,
        };
        Ok(Self {
            store,
            data_directory,
            listen: args.listen,
            write_kubeconfig: args.write_kubeconfig.clone(),
            token_auth_file: args.token_auth_file.clone(),
            controllers: args.controllers.chosen(),
        })
    }
}

/// Serves until the process is asked to stop.
pub async fn cmd_serve(ui: &Ui, settings: ServeSettings) -> Result<ExitStatus, CommandError> {
    let ambient = Ambient::from_env().map_err(CommandError::usage)?;
    let options = ServeOptions {
        store: in_process::location_of(&settings.store),
        data_directory: settings.data_directory,
        listen: settings.listen,
        write_kubeconfig: settings.write_kubeconfig,
        token_auth_file: settings.token_auth_file,
    };
    let started = |started: &Started, _: &crate::api::Api| {
        ui.say(&format!("serving {} on {}", settings.store.target(), started.url));
        ui.say(&format!("kubeconfig: {}", started.kubeconfig.display()));
    };
    serve::run(&options, ambient, started, asked_to_stop()).await.map_err(|error| CommandError::failed(error.to_string()))?;
    ui.say("stopped");
    Ok(ExitStatus::Success)
}

/// Done when the process is interrupted, or told to end.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = tokio::signal::ctrl_c().await;
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        global: GlobalArgs,
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn resolve(arguments: &[&str], environment: &[(&str, &str)]) -> Result<ServeSettings, String> {
        let line = Line::try_parse_from(["serve"].iter().chain(arguments)).map_err(|error| error.to_string())?;
        let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        ServeSettings::resolve(&line.global, &line.serve, &lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_keeps_its_certificates_beside_its_local_store() {
        let settings = resolve(&["--local", "/a", "--listen", "127.0.0.1:0"], &[("KUBECONFIG", "/k")]).expect("settings");
        assert_eq!((settings.store, settings.data_directory), (StoreLocation::Local("/a".into()), "/a".into()));
        assert_eq!(settings.controllers, Controllers { gc: true, namespace: true });
    }

    #[test]
    fn a_store_may_be_named_by_the_environment_but_never_by_a_server() {
        let settings = resolve(&[], &[("TRUEUP_LOCAL", "/e")]).expect("settings");
        assert_eq!(settings.store, StoreLocation::Local("/e".into()));
        assert_eq!(
            resolve(&["--server", "https://a"], &[]),
            Err("--server names another server, but a store is to be served here".to_owned())
        );
    }

    #[test]
    fn controllers_are_chosen_by_name() {
        let chosen = |text: &str| resolve(&["--local", "/a", "--controllers", text], &[]).map(|settings| settings.controllers);
        assert_eq!(chosen("none"), Ok(Controllers { gc: false, namespace: false }));
        assert_eq!(chosen("gc"), Ok(Controllers { gc: true, namespace: false }));
        assert!(chosen("gc,cron").is_err_and(|error| error.contains("there is no controller \"cron\"")));
    }
}
