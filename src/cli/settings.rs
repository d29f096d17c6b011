//! Which control plane to use, from flags, environment and kubeconfig: the one place that looks at the environment.

use std::fmt;
use std::path::PathBuf;

use super::GlobalArgs;
use super::ci::Platform;
use crate::client::{InCluster, RemoteOptions, Target, has_kubeconfig};
use crate::object::names;

/// Arguments that make no sense together, or alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// What all commands need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to work.
    pub target: TargetSettings,
    /// The namespace asked for on the command line.
    pub namespace: Option<String>,
    /// What a pipeline that runs the command says of itself.
    pub platform: Platform,
}

/// Where to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSettings {
    /// A server over the network.
    Remote(RemoteOptions),
    /// A store, served in this process.
    Store(StoreLocation),
}

/// A store that is served in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// The embedded store in a directory.
    Local(PathBuf),
    /// An etcd cluster.
    Etcd(EtcdAccess),
}

/// How to reach an etcd cluster.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct EtcdAccess {
    /// The endpoints' URLs.
    pub endpoints: Vec<String>,
    /// The authorities that the servers' certificates are checked against, in PEM.
    pub cafile: Option<PathBuf>,
    /// The client's certificate and its key, in PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// User and password.
    pub user: Option<(String, String)>,
}

/// A user, and a password where one stands behind a colon; not shown under Debug.
#[derive(Clone)]
pub struct Login(pub String);

impl From<String> for Login {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// Without the password.
impl fmt::Debug for EtcdAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdAccess")
            .field("endpoints", &self.endpoints)
            .field("cafile", &self.cafile)
            .field("identity", &self.identity)
            .field("user", &self.user.as_ref().map(|(name, _)| (name, "…")))
            .finish()
    }
}

impl StoreLocation {
    /// The store to serve, by flags, then environment, then the user's data directory.
    pub fn resolve(args: &GlobalArgs, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, UsageError> {
        let environment = Environment(environment);
        if let Some(flag) = remote_flag(args) {
            return Err(UsageError(format!("{flag} names another server, but a store is to be served here")));
        }
        let target = match from_flags(args, &environment)? {
            None => from_environment(args, &environment)?,
            some => some,
        };
        let location = match target {
            Some(TargetSettings::Store(location)) => location,
            Some(TargetSettings::Remote(_)) | None => Self::Local(Self::default_directory()?),
        };
        no_stray_etcd_flag(args, &location)?;
        Ok(location)
    }

    /// The directory of the local store where none is named.
    pub fn default_directory() -> Result<PathBuf, UsageError> {
        let strategy =
            etcetera::choose_base_strategy().map_err(|error| UsageError(format!("no home directory ({error}); add --local DIR")))?;
        Ok(etcetera::BaseStrategy::data_dir(&strategy).join("trueup"))
    }

    /// The store as messages name it.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::Local(directory) => Target::Local { directory: directory.clone() },
            Self::Etcd(access) => Target::Etcd { endpoints: access.endpoints.clone() },
        }
    }
}

/// The kubeconfig files that count: by flag, by `KUBECONFIG`, or the user's own. Never empty.
pub(super) fn kubeconfig_files(args: &GlobalArgs, environment: &dyn Fn(&str) -> Option<String>) -> Result<Vec<PathBuf>, UsageError> {
    let files = args.kubeconfig.clone().map_or_else(|| Environment(environment).kubeconfig(), |file| vec![file]);
    if !files.is_empty() {
        return Ok(files);
    }
    let home = etcetera::home_dir().map_err(|error| UsageError(format!("no home directory ({error}); add --kubeconfig FILE")))?;
    Ok(vec![home.join(".kube").join("config")])
}

/// Looks up environment variables; unset and empty are the same to it.
struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn kubeconfig(&self) -> Vec<PathBuf> {
        let paths = self.text("KUBECONFIG").unwrap_or_default();
        std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()).collect()
    }

    /// What the kubelet says to a process in a pod.
    fn pod(&self) -> Option<InCluster> {
        Some(InCluster {
            host: self.text("KUBERNETES_SERVICE_HOST")?,
            port: self.text("KUBERNETES_SERVICE_PORT").unwrap_or_default(),
            namespace: self.text("POD_NAMESPACE"),
            folder: InCluster::FOLDER.into(),
        })
    }
}

impl Settings {
    /// Reads flags first, then the environment, then the kubeconfig; contradictions are errors, because a wrong guess would change the
    /// wrong control plane.
    pub fn resolve(args: &GlobalArgs, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, UsageError> {
        let environment = Environment(environment);
        let namespace = namespace(args)?;
        let from_flags = from_flags(args, &environment)?;
        let target = match from_flags {
            Some(target) => target,
            None => match from_environment(args, &environment)? {
                Some(target) => target,
                None => by_default(args, &environment)?,
            },
        };
        match &target {
            TargetSettings::Store(location) => no_stray_etcd_flag(args, location)?,
            TargetSettings::Remote(_) => etcd_flag(args).map_or(Ok(()), |flag| Err(stray(flag)))?,
        }
        Ok(Self { target, namespace, platform: Platform::resolve(environment.0) })
    }

    /// The server asked for, where it is a host and a port without the scheme of a URL.
    #[must_use]
    pub fn bare_server(&self) -> Option<&str> {
        match &self.target {
            TargetSettings::Remote(RemoteOptions { server: Some(server), .. }) if !server.contains("://") && server.contains(':') => {
                Some(server)
            }
            _ => None,
        }
    }
}

/// The namespace asked for; an empty one asks for none, as in kubectl, where scripts pass variables that may be empty.
pub(super) fn namespace(args: &GlobalArgs) -> Result<Option<String>, UsageError> {
    let Some(namespace) = args.namespace.as_ref().filter(|namespace| !namespace.is_empty()) else { return Ok(None) };
    names::dns_label(namespace).map_err(|rule| UsageError(format!("--namespace {namespace:?} names no namespace: {rule}")))?;
    Ok(Some(namespace.clone()))
}

fn from_flags(args: &GlobalArgs, environment: &Environment<'_>) -> Result<Option<TargetSettings>, UsageError> {
    let remote = remote_flag(args);
    let local = args.local.as_ref().map(|_| "--local");
    let etcd = (!args.etcd.is_empty()).then_some("--etcd");
    let given: Vec<&str> = [local, etcd, remote].into_iter().flatten().collect();
    contradiction(&given)?;
    Ok(match given.first() {
        Some(&"--local") => args.local.clone().map(|directory| TargetSettings::Store(StoreLocation::Local(directory))),
        Some(&"--etcd") => Some(etcd_target(args, args.etcd.clone(), environment)?),
        Some(_) => Some(TargetSettings::Remote(remote_options(args, args.server.clone(), environment))),
        None => None,
    })
}

fn from_environment(args: &GlobalArgs, environment: &Environment<'_>) -> Result<Option<TargetSettings>, UsageError> {
    let names = ["TRUEUP_LOCAL", "TRUEUP_ETCD", "TRUEUP_SERVER"];
    let given: Vec<(&str, String)> = names.iter().filter_map(|name| Some((*name, environment.text(name)?))).collect();
    contradiction(&given.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
    Ok(match given.into_iter().next() {
        Some(("TRUEUP_LOCAL", directory)) => Some(TargetSettings::Store(StoreLocation::Local(directory.into()))),
        Some(("TRUEUP_ETCD", urls)) => Some(etcd_target(args, urls.split(',').map(str::to_owned).collect(), environment)?),
        Some((_, url)) => Some(TargetSettings::Remote(remote_options(args, Some(url), environment))),
        None => (!environment.kubeconfig().is_empty()).then(|| TargetSettings::Remote(remote_options(args, None, environment))),
    })
}

fn by_default(args: &GlobalArgs, environment: &Environment<'_>) -> Result<TargetSettings, UsageError> {
    let options = remote_options(args, None, environment);
    if has_kubeconfig() {
        return Ok(TargetSettings::Remote(options));
    }
    if let Some(pod) = environment.pod() {
        return Ok(TargetSettings::Remote(RemoteOptions { in_cluster: Some(pod), ..options }));
    }
    Ok(TargetSettings::Store(StoreLocation::Local(StoreLocation::default_directory()?)))
}

fn remote_flag(args: &GlobalArgs) -> Option<&'static str> {
    let flags = [("--server", args.server.is_some()), ("--context", args.context.is_some()), ("--kubeconfig", args.kubeconfig.is_some())];
    flags.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
}

fn contradiction(given: &[&str]) -> Result<(), UsageError> {
    match given {
        [first, second, ..] => Err(UsageError(format!("{first} and {second} name different targets; give one of them"))),
        _ => Ok(()),
    }
}

fn remote_options(args: &GlobalArgs, server: Option<String>, environment: &Environment<'_>) -> RemoteOptions {
    RemoteOptions {
        kubeconfig: args.kubeconfig.clone().map_or_else(|| environment.kubeconfig(), |file| vec![file]),
        context: args.context.clone(),
        server,
        in_cluster: None,
        namespace: args.namespace.clone().filter(|namespace| !namespace.is_empty()),
    }
}

fn etcd_target(args: &GlobalArgs, endpoints: Vec<String>, environment: &Environment<'_>) -> Result<TargetSettings, UsageError> {
    // Not repeated: what stands before the sign may be a password.
    if endpoints.iter().any(|url| url.contains('@')) {
        return Err(UsageError("an etcd endpoint names a user: give the user with --etcd-user".to_owned()));
    }
    if let Some(bad) = endpoints.iter().find(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(UsageError(format!("etcd endpoint {bad:?} must begin with http:// or https://")));
    }
    Ok(TargetSettings::Store(StoreLocation::Etcd(EtcdAccess {
        endpoints,
        cafile: args.etcd_cafile.clone(),
        identity: args.etcd_certfile.clone().zip(args.etcd_keyfile.clone()),
        user: args.etcd_user.as_ref().map(|user| login(&user.0, environment)).transpose()?,
    })))
}

fn login(user: &str, environment: &Environment<'_>) -> Result<(String, String), UsageError> {
    if let Some((user, password)) = user.split_once(':') {
        return Ok((user.to_owned(), password.to_owned()));
    }
    let password = environment.text("TRUEUP_ETCD_PASSWORD");
    let password = password.ok_or_else(|| UsageError("--etcd-user needs a password: USER:PASSWORD, or TRUEUP_ETCD_PASSWORD".to_owned()))?;
    Ok((user.to_owned(), password))
}

fn etcd_flag(args: &GlobalArgs) -> Option<&'static str> {
    let flags = [
        ("--etcd-cafile", args.etcd_cafile.is_some()),
        ("--etcd-certfile", args.etcd_certfile.is_some()),
        ("--etcd-user", args.etcd_user.is_some()),
    ];
    flags.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
}

fn no_stray_etcd_flag(args: &GlobalArgs, location: &StoreLocation) -> Result<(), UsageError> {
    match (location, etcd_flag(args)) {
        (StoreLocation::Local(_), Some(flag)) => Err(stray(flag)),
        _ => Ok(()),
    }
}

fn stray(flag: &str) -> UsageError {
    UsageError(format!("{flag} says how to reach etcd, but the target is not etcd; add --etcd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(args: &GlobalArgs, environment: &[(&str, &str)]) -> Result<TargetSettings, String> {
        let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::resolve(args, &lookup).map(|settings| settings.target).map_err(|error| error.to_string())
    }

    fn local(directory: &str) -> Result<TargetSettings, String> {
        Ok(TargetSettings::Store(StoreLocation::Local(directory.into())))
    }

    fn remote(kubeconfig: &[&str], context: Option<&str>, server: Option<&str>) -> Result<TargetSettings, String> {
        Ok(TargetSettings::Remote(RemoteOptions {
            kubeconfig: kubeconfig.iter().map(PathBuf::from).collect(),
            context: context.map(str::to_owned),
            server: server.map(str::to_owned),
            ..RemoteOptions::default()
        }))
    }

    #[test]
    fn a_flag_wins_over_every_variable() {
        let environment = [("TRUEUP_LOCAL", "/env"), ("KUBECONFIG", "/kube")];
        let args = GlobalArgs { local: Some("/flag".into()), ..GlobalArgs::default() };
        assert_eq!(resolve(&args, &environment), local("/flag"));
        let args = GlobalArgs { context: Some("staging".to_owned()), ..GlobalArgs::default() };
        assert_eq!(resolve(&args, &environment), remote(&["/kube"], Some("staging"), None));
    }

    #[test]
    fn an_empty_namespace_is_none_and_one_that_cannot_exist_is_refused() {
        let resolve = |namespace: &str| {
            let args = GlobalArgs { namespace: Some(namespace.to_owned()), context: Some("a".to_owned()), ..GlobalArgs::default() };
            Settings::resolve(&args, &|_| None)
        };
        let none = resolve("").expect("no namespace");
        assert!(none.namespace.is_none() && matches!(none.target, TargetSettings::Remote(RemoteOptions { namespace: None, .. })));
        assert_eq!(resolve("shop").expect("a namespace").namespace.as_deref(), Some("shop"));
        for bad in ["a/b", "../x", "..", "A", "a b", "%2e"] {
            assert!(resolve(bad).is_err_and(|error| error.0.starts_with(&format!("--namespace {bad:?} names no namespace: "))), "{bad}");
        }
    }

    #[test]
    fn variables_follow_in_their_order() {
        let args = GlobalArgs::default();
        assert_eq!(resolve(&args, &[("TRUEUP_LOCAL", "/env"), ("KUBECONFIG", "/kube")]), local("/env"));
        assert_eq!(resolve(&args, &[("TRUEUP_SERVER", "https://a"), ("KUBECONFIG", "/kube")]), remote(&["/kube"], None, Some("https://a")));
        assert_eq!(resolve(&args, &[("KUBECONFIG", "/a:/b"), ("TRUEUP_LOCAL", "")]), remote(&["/a", "/b"], None, None));
    }

    #[test]
    fn a_pod_is_what_the_kubelet_says_it_is() {
        let pod = |environment: &[(&str, &str)]| {
            let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            Environment(&lookup).pod()
        };
        let of = |port: &str, namespace: Option<&str>| InCluster {
            host: "fd00::1".to_owned(),
            port: port.to_owned(),
            namespace: namespace.map(str::to_owned),
            folder: "/var/run/secrets/kubernetes.io/serviceaccount".into(),
        };
        let host = ("KUBERNETES_SERVICE_HOST", "fd00::1");
        assert_eq!(pod(&[host, ("KUBERNETES_SERVICE_PORT", "443"), ("POD_NAMESPACE", "shop")]), Some(of("443", Some("shop"))));
        assert_eq!(pod(&[host]), Some(of("", None)));
        assert_eq!(pod(&[("KUBERNETES_SERVICE_PORT", "443")]), None);
    }

    #[test]
    fn contradictory_targets_are_refused() {
        let args = GlobalArgs { local: Some("/a".into()), context: Some("b".to_owned()), ..GlobalArgs::default() };
        assert_eq!(resolve(&args, &[]), Err("--local and --context name different targets; give one of them".to_owned()));
        let environment = [("TRUEUP_LOCAL", "/a"), ("TRUEUP_ETCD", "http://b")];
        let refused = Err("TRUEUP_LOCAL and TRUEUP_ETCD name different targets; give one of them".to_owned());
        assert_eq!(resolve(&GlobalArgs::default(), &environment), refused);
    }

    #[test]
    fn etcd_needs_urls_and_whole_credentials() {
        let args = |user: Option<&str>, url: &str| GlobalArgs {
            etcd: vec![url.to_owned()],
            etcd_user: user.map(|user| Login(user.to_owned())),
            ..GlobalArgs::default()
        };
        let access = |user: Option<(&str, &str)>| {
            let user = user.map(|(user, password)| (user.to_owned(), password.to_owned()));
            let access = EtcdAccess { endpoints: vec!["http://a:2379".to_owned()], user, ..EtcdAccess::default() };
            Ok(TargetSettings::Store(StoreLocation::Etcd(access)))
        };
        assert_eq!(resolve(&args(None, "http://a:2379"), &[]), access(None));
        assert_eq!(resolve(&args(Some("u:p:q"), "http://a:2379"), &[]), access(Some(("u", "p:q"))));
        assert_eq!(resolve(&args(Some("u"), "http://a:2379"), &[("TRUEUP_ETCD_PASSWORD", "s")]), access(Some(("u", "s"))));
        assert!(resolve(&args(Some("u"), "http://a:2379"), &[]).is_err_and(|error| error.contains("TRUEUP_ETCD_PASSWORD")));
        assert!(resolve(&args(None, "a:2379"), &[]).is_err_and(|error| error.contains("http://")));
        for url in ["http://u:hunter2@a:2379", "u:hunter2@a:2379"] {
            assert!(resolve(&args(None, url), &[]).is_err_and(|error| error.contains("--etcd-user") && !error.contains("hunter2")));
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let access = EtcdAccess { user: Some(("ann".to_owned(), "hunter2".to_owned())), ..EtcdAccess::default() };
        let shown = format!("{:?}", TargetSettings::Store(StoreLocation::Etcd(access)));
        assert!(shown.contains("ann") && !shown.contains("hunter2"), "{shown}");
        let args = GlobalArgs { etcd_user: Some(Login("ann:hunter2".to_owned())), ..GlobalArgs::default() };
        assert!(!format!("{args:?}").contains("hunter2"));
    }

    #[test]
    fn etcd_credentials_without_etcd_are_refused() {
        let args = GlobalArgs { local: Some("/a".into()), etcd_cafile: Some("/ca".into()), ..GlobalArgs::default() };
        assert!(resolve(&args, &[]).is_err_and(|error| error.contains("--etcd-cafile")));
    }
}
