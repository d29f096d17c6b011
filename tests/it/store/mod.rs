//! The store: one contract for all engines, then what only one of them can show.

mod children;
mod contract;
mod etcd;
mod fixture;
mod sqlite;
