//! `trueup serve`: what it takes, and what that means.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::admission::{PluginName, Plugins};
use crate::ambient::Ambient;
use crate::api::{Api, NodePorts, ServiceNetworks, ServiceRanges};
use crate::cli::duration;
use crate::cli::interruption::StopSignals;
use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus, GlobalArgs, StoreLocation, UsageError};
use crate::controllers::{self, ControllerOptions, Selection};
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
    /// Keep certificates in this directory; else in `pki` in the data directory
    #[arg(long, value_name = "DIR")]
    cert_dir: Option<PathBuf>,
    /// Remove events this long after they were last written; 0s keeps them
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::unsigned)]
    event_ttl: Duration,
    /// Give services addresses from this network, or from one of each family, parted by a comma
    #[arg(long, value_name = "CIDR", default_value = "10.96.0.0/12")]
    service_cluster_ip_range: ServiceNetworks,
    /// Give services ports of nodes from this range
    #[arg(long, value_name = "RANGE", default_value = "30000-32767")]
    service_node_port_range: NodePorts,
    /// Turn these admission plugins on besides those that are on by themselves
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    enable_admission_plugins: Vec<PluginName>,
    /// Turn these admission plugins off
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    disable_admission_plugins: Vec<PluginName>,
    /// Keep the service `kubernetes` in the namespace `default`: with the servers that are alive as its endpoints, or not at all
    #[arg(long, value_name = "TYPE", default_value = "lease")]
    endpoint_reconciler_type: EndpointReconciler,
    /// Say this address in those endpoints; else the one of --listen, unless only this machine reaches it
    #[arg(long, value_name = "IP")]
    advertise_address: Option<IpAddr>,
    #[command(flatten)]
    controllers: ControllersArgs,
}

/// How the endpoints of the service `kubernetes` are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EndpointReconciler {
    /// By what each server says of itself time and again
    Lease,
    /// By nobody: there is no such service
    None,
}

/// Which controllers run.
#[derive(Debug, Clone, Args)]
pub struct ControllersArgs {
    /// Run these controllers: *, none, or names parted by commas; -NAME leaves one out
    #[arg(long, value_name = "LIST", default_value = "*", allow_hyphen_values = true)]
    controllers: Selection,
}

impl ControllersArgs {
    /// The controllers chosen.
    #[must_use]
    pub fn chosen(&self) -> Selection {
        self.controllers.clone()
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
    /// Where to keep certificates in place of the data directory.
    pub certificates: Option<PathBuf>,
    /// How long events stay; zero: for ever.
    pub events_live: Duration,
    /// The addresses and node ports that services are given.
    pub services: ServiceRanges,
    /// The admission plugins that act.
    pub plugins: Plugins,
    /// Whether the service `kubernetes` is kept.
    pub keeps_service: bool,
    /// The address at which others reach the server.
    pub advertise_address: Option<IpAddr>,
    /// The controllers to run beside the API.
    pub controllers: Selection,
}

impl ServeSettings {
    /// Reads flags, then the environment. A kubeconfig is not looked at: it says where others serve.
    pub fn resolve(global: &GlobalArgs, args: &ServeArgs, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, UsageError> {
        let store = StoreLocation::resolve(global, environment)?;
        refuse_pinned_time(environment)?;
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
            certificates: args.cert_dir.clone(),
            events_live: args.event_ttl,
            services: ServiceRanges { networks: args.service_cluster_ip_range.clone(), node_ports: args.service_node_port_range.clone() },
            plugins: plugins(args)?,
            keeps_service: args.endpoint_reconciler_type == EndpointReconciler::Lease,
            advertise_address: args.advertise_address,
            controllers: args.controllers.chosen(),
        })
    }
}

/// The admission plugins that act.
fn plugins(args: &ServeArgs) -> Result<Plugins, UsageError> {
    let switched = Plugins::default().switched(&args.enable_admission_plugins, &args.disable_admission_plugins);
    switched.map_err(|error| UsageError(error.to_string()))
}

/// The environment variable of [`Ambient::from_env`].
const PINNED_TIME: &str = "TRUEUP_PINNED_TIME";

/// A clock that stands still never ends a lease and never compacts, and ids that count from 1 at each start are not unique.
pub(super) fn refuse_pinned_time(environment: &dyn Fn(&str) -> Option<String>) -> Result<(), UsageError> {
    match environment(PINNED_TIME) {
        Some(_) => {
            Err(UsageError(format!("{PINNED_TIME} is set, which is for tests of single commands: this one needs the time and unique ids")))
        }
        None => Ok(()),
    }
}

/// Serves until the process is asked to stop.
pub async fn cmd_serve(ui: &Ui, settings: ServeSettings) -> Result<ExitStatus, CommandError> {
    // Whoever reads that it serves may ask it to stop in the same instant.
    let mut signals = StopSignals::listen()?;
    let ambient = Ambient::system();
    let options = ServeOptions {
        store: in_process::location_of(&settings.store),
        data_directory: settings.data_directory,
        listen: settings.listen,
        write_kubeconfig: settings.write_kubeconfig,
        token_auth_file: settings.token_auth_file,
        certificates: settings.certificates,
        events_live: settings.events_live,
        services: settings.services,
        plugins: settings.plugins,
        keeps_service: settings.keeps_service,
        advertise_address: settings.advertise_address,
    };
    let target = settings.store.target();
    let clock = ambient.clone();
    let started = |started: &Started, api: &Api| {
        ui.say(&format!("serving {target} on {}", started.url));
        ui.say(&format!("kubeconfig: {}", started.kubeconfig.display()));
        controllers::spawn(ControllerOptions {
            client: in_process::client(api, "default", target.clone()).kube().clone(),
            // Several servers may share an etcd; one process with the embedded store is the rule.
            leader_election: matches!(settings.store, StoreLocation::Etcd(_)),
            selection: settings.controllers,
            ambient: clock,
            root_ca: Some(started.root_ca.as_str().into()),
        })
    };
    serve::run(&options, ambient, started, signals.next()).await?;
    ui.say("stopped");
    Ok(ExitStatus::Success)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::controllers::Controller;

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
        assert_eq!((settings.controllers, settings.services), (Selection::all(), ServiceRanges::default()));
    }

    #[test]
    fn events_live_for_an_hour_or_as_long_as_said() {
        let live = |arguments: &[&str]| resolve(&[&["--local", "/a"], arguments].concat(), &[]).map(|settings| settings.events_live);
        assert_eq!(live(&[]), Ok(Duration::from_hours(1)));
        assert_eq!(live(&["--event-ttl", "1h30m"]), Ok(Duration::from_mins(90)));
        assert_eq!(live(&["--event-ttl", "0s"]), Ok(Duration::ZERO));
        assert!(live(&["--event-ttl=-1h"]).is_err_and(|error| error.contains("is negative")));
        assert!(live(&["--event-ttl", "soon"]).is_err());
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
    fn a_server_has_no_use_for_a_clock_that_stands() {
        let refused = resolve(&["--local", "/a"], &[("TRUEUP_PINNED_TIME", "2026-01-01T00:00:00Z")]);
        assert!(refused.is_err_and(|error| error.contains("TRUEUP_PINNED_TIME is set")));
    }

    #[test]
    fn services_are_given_what_the_flags_say() {
        let flags = ["--local", "/a", "--service-cluster-ip-range", "10.0.0.0/16,fd00::/108", "--service-node-port-range", "20000-20100"];
        let services = resolve(&flags, &[]).expect("settings").services;
        let expected = ServiceRanges {
            networks: "10.0.0.0/16,fd00::/108".parse().expect("networks"),
            node_ports: "20000-20100".parse().expect("ports"),
        };
        assert_eq!(services, expected);
        let refused = resolve(&["--local", "/a", "--service-node-port-range", "30000"], &[]);
        assert!(refused.is_err_and(|error| error.contains("is no range of ports such as 30000-32767")));
    }

    #[test]
    fn admission_plugins_are_switched_by_name() {
        let plugins = |flags: &[&str]| resolve(&[&["--local", "/a"], flags].concat(), &[]).map(|settings| settings.plugins.to_string());
        assert_eq!(plugins(&[]), Ok(Plugins::default().to_string()));
        let switched = plugins(&[
            "--disable-admission-plugins=Priority,ResourceQuota,PodSecurity,MutatingAdmissionWebhook,ValidatingAdmissionWebhook",
            "--enable-admission-plugins",
            "ServiceAccount",
        ]);
        assert_eq!(
            switched.as_deref(),
            Ok("DefaultTolerationSeconds,LimitRanger,MutatingAdmissionPolicy,ServiceAccount,ValidatingAdmissionPolicy")
        );
        assert!(
            plugins(&["--enable-admission-plugins", "Nobody"]).is_err_and(|error| error.contains("unknown admission plugin \"Nobody\""))
        );
        let refused = plugins(&["--enable-admission-plugins", "PodSecurity"]);
        assert_eq!(refused, Err("the admission plugin PodSecurity is not supported by this server: it can only be disabled".to_owned()));
    }

    #[test]
    fn the_service_of_the_servers_is_kept_unless_nobody_shall() {
        let settings = |flags: &[&str]| resolve(&[&["--local", "/a"], flags].concat(), &[]).expect("settings");
        assert_eq!((settings(&[]).keeps_service, settings(&[]).advertise_address), (true, None));
        assert!(!settings(&["--endpoint-reconciler-type", "none"]).keeps_service);
        assert_eq!(settings(&["--advertise-address", "10.0.0.7"]).advertise_address, "10.0.0.7".parse().ok());
    }

    #[test]
    fn controllers_are_chosen_by_name() {
        let settings = |text: &str| resolve(&["--local", "/a", "--controllers", text], &[]);
        let chosen = |text: &str| settings(text).map(|settings| settings.controllers.iter().collect::<Vec<_>>());
        assert_eq!(chosen("none"), Ok(Vec::new()));
        assert_eq!(chosen("gc"), Ok(vec![Controller::Gc]));
        let left = chosen("-gc,-resourcequota,-serviceaccount,-validatingadmissionpolicy-status");
        assert_eq!(left, Ok(vec![Controller::Definitions, Controller::Namespace, Controller::RootCa]));
        assert!(chosen("gc,cron").is_err_and(|error| error.contains("unknown controller \"cron\"")));
    }
}
