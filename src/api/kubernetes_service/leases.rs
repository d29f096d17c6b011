//! Which servers of a store are alive: each keeps a key of its own and writes it time and again.
//!
//! Receives the address of a server; hands on the addresses of all that write theirs. Invariant: nobody compares clocks with anybody else.
//! A server is gone when its key has stayed the same for [`LASTS`] by the clock of the one who looks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::Shared;
use crate::object::{Refusal, Revision};
use crate::store::{Change, Entry, ListRequest, Outcome};

/// Where the keys are. Nothing there is an object, and not all of it need be ours: kube-apiserver's own keys there are addresses alone.
const PREFIX: &str = "/registry/masterleases/";

/// How long a server stays that says nothing more.
const LASTS: Duration = Duration::from_secs(15);

fn key(server: SocketAddr) -> String {
    format!("{PREFIX}{server}")
}

/// Says that a server is there.
pub(super) async fn renew(api: &Shared, server: SocketAddr) -> Result<(), Refusal> {
    let (store, key) = (api.cache.store(), key(server));
    let mut expected = store.get(&key).await?.map_or(Revision::ZERO, |entry| entry.revision);
    // Who else writes the key is a server that takes this one for gone, or was this one before it was started anew.
    loop {
        let value = Bytes::from(server.to_string());
        match store.commit(&key, expected, Change::Put(value)).await? {
            Outcome::Done(_) => return Ok(()),
            Outcome::Lost(standing) => expected = standing.map_or(Revision::ZERO, |entry| entry.revision),
        }
    }
}

/// Says that a server goes.
pub(super) async fn remove(api: &Shared, server: SocketAddr) -> Result<(), Refusal> {
    let (store, key) = (api.cache.store(), key(server));
    if let Some(entry) = store.get(&key).await? {
        store.commit(&key, entry.revision, Change::Delete).await?;
    }
    Ok(())
}

/// What was seen of the keys.
#[derive(Debug, Default)]
pub(super) struct Leases(HashMap<String, (Revision, Instant)>);

impl Leases {
    /// The servers that are alive, and those of which it is not known yet that they are not. The keys of the others are removed.
    pub(super) async fn alive(&mut self, api: &Shared) -> Result<Vec<SocketAddr>, Refusal> {
        let store = api.cache.store();
        let page = store.list(ListRequest { prefix: PREFIX.to_owned(), after: None, limit: 0, at: None }).await?;
        let (alive, gone) = self.sort(page.entries, Instant::now());
        for entry in gone {
            store.commit(&entry.key, entry.revision, Change::Delete).await?;
        }
        Ok(alive)
    }

    fn sort(&mut self, entries: Vec<Entry>, now: Instant) -> (Vec<SocketAddr>, Vec<Entry>) {
        self.0.retain(|key, _| entries.iter().any(|entry| entry.key == *key));
        let (mut alive, mut gone) = (Vec::new(), Vec::new());
        for entry in entries {
            let Some(server) = entry.key.strip_prefix(PREFIX).and_then(|server| server.parse().ok()) else { continue };
            let seen = self.0.entry(entry.key.clone()).or_insert((entry.revision, now));
            if seen.0 != entry.revision {
                *seen = (entry.revision, now);
            }
            if now.duration_since(seen.1) < LASTS { alive.push(server) } else { gone.push(entry) }
        }
        (alive, gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(server: &str, revision: u64) -> Entry {
        Entry { key: format!("{PREFIX}{server}"), value: Bytes::new(), revision: Revision(revision) }
    }

    #[test]
    fn a_server_is_alive_as_long_as_its_key_moves() {
        let (mut leases, began) = (Leases::default(), Instant::now());
        let mut alive = |entries: Vec<Entry>, after: u64| {
            let (alive, gone) = leases.sort(entries, began + Duration::from_secs(after));
            (alive.iter().map(ToString::to_string).collect::<Vec<_>>(), gone.len())
        };
        let (one, other) = ("10.0.0.1:6443", "[fd00::1]:6443");
        assert_eq!(alive(vec![entry(one, 1), entry(other, 2)], 0), (vec![one.to_owned(), other.to_owned()], 0));
        assert_eq!(alive(vec![entry(one, 3), entry(other, 2)], 14), (vec![one.to_owned(), other.to_owned()], 0));
        assert_eq!(alive(vec![entry(one, 3), entry(other, 2)], 15), (vec![one.to_owned()], 1));
        assert_eq!(alive(vec![entry(one, 4), entry(other, 9)], 31), (vec![one.to_owned(), other.to_owned()], 0));
    }

    #[test]
    fn what_others_keep_there_is_left_alone() {
        let (mut leases, began) = (Leases::default(), Instant::now());
        let foreign = || vec![entry("10.0.0.1", 1), entry("kube-apiserver/x", 2)];
        for after in [0, 60] {
            let (alive, gone) = leases.sort(foreign(), began + Duration::from_secs(after));
            assert_eq!((alive, gone), (Vec::new(), Vec::new()));
        }
    }
}
