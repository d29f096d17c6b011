//! Real clients against a real `trueup serve` over HTTPS, on SQLite and on etcd.

mod credentials;
mod javascript;
mod kube_rs;
mod kubectl;
mod kubernetes_service;
mod leases;
mod limits;
mod protobuf;
mod python;
mod quotas;
mod runtime;
mod sets;
mod watches;
pub(crate) mod wire;

/// The path of a tool that `make test` installs and names in the environment.
pub(crate) fn tool(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: `make test` installs the tool and sets it"))
}
