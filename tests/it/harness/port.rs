//! Ports for servers that are stopped, or killed, and come back where their clients look for them.
//!
//! A port that the system chose (by a bind to port 0) is safe only for as long as the socket is open. Once the server is down, the system
//! may give it to whoever asks next: to another test that binds port 0, to any client as the local end of its connection, even to a
//! client that tries to reach this very port, which is then connected to itself. On a busy machine that happens. So such servers get
//! ports from outside of the range that the system chooses from, which nobody gets who has not asked for that port by its number.
//! Tests of other processes do ask, for the same reason: a locked file for each port says that it is taken.
//! Invariant: while a [`Port`] lives, no other test has it, of this process or of another.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Ports from here on; those below are more often asked for by name.
const FIRST: u16 = 20_000;
/// So many are enough, and no more files than that come to lie in the folder for temporary files.
const COUNT: usize = 2000;
/// What Linux chooses from unless it is told otherwise. Others choose from 49152 on.
const CHOSEN_BY_SYSTEM: RangeInclusive<u16> = 32_768..=65_535;

/// A port of this machine that nobody else uses while this lives.
pub(crate) struct Port {
    pub(crate) number: u16,
    /// Locked. The system unlocks it with the end of the process, however that comes, and programs that are started do not inherit it.
    _claim: File,
}

impl Port {
    pub(crate) fn claim() -> Self {
        // Each one is another than the last: whoever still asks for a server that is gone must not find the next test's.
        static NEXT: LazyLock<AtomicUsize> = LazyLock::new(|| AtomicUsize::new(std::process::id() as usize * 37));
        let ports = candidates();
        let claimed = (0..ports.len()).find_map(|_| claimed(ports[NEXT.fetch_add(1, Ordering::Relaxed) % ports.len()]));
        claimed.unwrap_or_else(|| panic!("none of {} ports from {FIRST} on is free", ports.len()))
    }
}

fn candidates() -> Vec<u16> {
    let chosen = chosen_by_system();
    let ports: Vec<u16> = (FIRST..=u16::MAX).filter(|port| !chosen.contains(port)).take(COUNT).collect();
    assert!(!ports.is_empty(), "the system may choose any port from {FIRST} on: net.ipv4.ip_local_port_range must leave some to the tests");
    ports
}

fn chosen_by_system() -> RangeInclusive<u16> {
    let read = |text: String| {
        let mut bounds = text.split_whitespace().map_while(|bound| bound.parse().ok());
        Some(bounds.next()?..=bounds.next()?)
    };
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok().and_then(read).unwrap_or(CHOSEN_BY_SYSTEM)
}

/// The port, unless a test has it, another user's tests once had it (whose file is not ours to open), or somebody listens there.
fn claimed(number: u16) -> Option<Port> {
    let folder = std::env::temp_dir().join("trueup-test-ports");
    // That of another user does, where it is for all.
    let _ = std::fs::create_dir(&folder);
    // The file stays: a lock on one that was removed meanwhile would say nothing to whoever makes it anew.
    let claim = File::options().append(true).create(true).open(folder.join(number.to_string())).ok()?;
    claim.try_lock().ok()?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
    Some(Port { number, _claim: claim })
}

#[test]
fn a_port_is_claimed_once_and_never_one_that_the_system_gives_to_others() {
    let ports: Vec<Port> = (0..20).map(|_| Port::claim()).collect();
    let numbers: std::collections::BTreeSet<u16> = ports.iter().map(|port| port.number).collect();
    assert_eq!(numbers.len(), ports.len());
    assert!(numbers.iter().all(|number| !chosen_by_system().contains(number)));
    assert!(claimed(ports[0].number).is_none(), "by nobody else while it is kept");
}

#[test]
fn a_port_on_which_somebody_listens_is_left_alone() {
    let port = Port::claim();
    let number = port.number;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).unwrap();
    drop(port);
    assert!(claimed(number).is_none());
    drop(listener);
}
