//! The one client of the Kubernetes API that the CLI and the controllers share.
//!
//! Receives a [`Target`] (a server, a local store, an etcd cluster) and requests as plain data ([`ApiRequest`]), hands on answers,
//! lists, discovery and watches. Both transports, HTTP and in-process, stand behind the same [`kube::Client`]. Invariant: nothing
//! here knows whether it talks to a trueup server, to a kube-apiserver or to the API layer of its own process.

mod bearer;
mod connection;
mod credentials;
mod discovery;
mod error;
mod gone;
mod in_cluster;
mod in_process;
mod lines;
mod list;
mod lookout;
mod plugin;
mod proxy;
mod remote;
mod request;
mod resolve;
mod target;
#[cfg(test)]
pub(crate) mod testing;
mod watch;

pub use bearer::{BearerError, LoginProblem};
pub use connection::{Answer, Client};
pub use credentials::{Credentials, Shown};
pub use discovery::{Discovery, ServedResource};
pub use error::{ClientError, Unreachable};
pub use gone::{Passing, until_all_gone, until_gone};
pub use in_cluster::{InCluster, InClusterError};
pub use in_process::in_process;
pub use lines::Lines;
pub use list::{Page, list_pages};
pub use lookout::{Lookout, Place, Sighting};
pub use remote::{RemoteError, RemoteOptions, connect, has_kubeconfig};
pub(crate) use remote::{install_ring, is_loopback};
pub use request::{ApiRequest, ApplyParameters, DeleteParameters, Form, ListParameters, Propagation};
pub use resolve::{ResourceArgumentError, Selection, UnknownResource, check_resource_arguments, parse_resource_arguments};
pub use target::Target;
pub use watch::{Change, ChangeKind, WatchStep, Watcher};
