//! Several servers on one store: what clients asked of any of them, and when, checked against one order of all writes.
//!
//! Each object is a register: a write leaves a value that no other write leaves, and is answered with the revision at which it happened.
//! Revisions order all writes, so that a history is linearizable if they agree with the order in time, and every read with them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::block_in_place;

use super::crew::Crew;
use super::interest::Interest;
use super::model::{History, Turn};
use super::plane::{Door, Doors, Kind, NAMESPACES, prepare};
use super::watcher::{Begin, Log, Orders, Watcher};
use super::{ANSWER, PATIENCE, Patience, Random, Why};
use crate::harness::server::{Engine, TestServer, on_every_engine};

const SERVERS: usize = 3;
const CLIENTS: usize = 9;
const REGISTERS: usize = 6;
const NAMESPACE: &str = NAMESPACES[0];

/// A name and what stands there: revision and value.
type Picture = BTreeMap<String, (u64, String)>;

/// What a client asked and was answered.
#[derive(Debug, Clone)]
enum Asked {
    Put {
        name: String,
        revision: u64,
        value: String,
    },
    /// `None`: there was nothing.
    Got {
        name: String,
        found: Option<(u64, String)>,
    },
    Listed {
        revision: u64,
        found: Picture,
    },
}

/// One request that was answered; the times are any that grow.
#[derive(Debug, Clone)]
struct Call<T> {
    begin: T,
    end: T,
    asked: Asked,
}

/// What is wrong with a history.
type Fault = String;

/// Every write, by revision: name and value.
type Writes = BTreeMap<u64, (String, String)>;

/// Checks a history against the order of writes. Errors with the first call that nothing explains.
fn linearizable<T: Ord + Copy + std::fmt::Debug>(calls: &[Call<T>], writes: &Writes) -> Result<(), Fault> {
    for call in calls {
        agrees(call, writes)?;
    }
    // In the order of their beginnings, with what was known to have happened by then.
    let mut by_begin: Vec<&Call<T>> = calls.iter().collect();
    by_begin.sort_by_key(|call| call.begin);
    let mut by_end: Vec<&Call<T>> = calls.iter().collect();
    by_end.sort_by_key(|call| call.end);
    let mut ended = by_end.into_iter().peekable();
    let mut known = Known::default();
    for call in by_begin {
        while let Some(before) = ended.next_if(|before| before.end < call.begin) {
            known.learn(&before.asked);
        }
        known.allows(&call.asked).map_err(|why| format!("{why}: {call:?}"))?;
    }
    Ok(())
}

/// Whether a call's answer is true of some moment.
fn agrees<T: std::fmt::Debug>(call: &Call<T>, writes: &Writes) -> Result<(), Fault> {
    let is_written = |name: &str, (revision, value): &(u64, String)| {
        writes.get(revision).is_some_and(|(written, left)| written == name && left == value)
    };
    let is_true = match &call.asked {
        Asked::Put { name, revision, value } => is_written(name, &(*revision, value.clone())),
        Asked::Got { name, found } => found.as_ref().is_none_or(|found| is_written(name, found)),
        Asked::Listed { revision, found } => {
            let mut picture = Picture::new();
            for (at, (name, value)) in writes.range(..=revision) {
                picture.insert(name.clone(), (*at, value.clone()));
            }
            picture == *found
        }
    };
    if is_true { Ok(()) } else { Err(format!("no moment explains {call:?}")) }
}

/// What must be seen by whoever asks now.
#[derive(Default)]
struct Known {
    /// Everything up to here has happened.
    revision: u64,
    by_name: BTreeMap<String, u64>,
}

impl Known {
    fn learn(&mut self, asked: &Asked) {
        let mut learn = |name: &String, revision: u64| {
            let known = self.by_name.entry(name.clone()).or_default();
            *known = revision.max(*known);
            self.revision = revision.max(self.revision);
        };
        match asked {
            Asked::Put { name, revision, .. } | Asked::Got { name, found: Some((revision, _)) } => learn(name, *revision),
            Asked::Got { found: None, .. } => {}
            Asked::Listed { revision, found } => {
                found.iter().for_each(|(name, (revision, _))| learn(name, *revision));
                self.revision = self.revision.max(*revision);
            }
        }
    }

    fn allows(&self, asked: &Asked) -> Result<(), Fault> {
        let known = |name: &String| self.by_name.get(name).copied().unwrap_or_default();
        match asked {
            Asked::Put { revision, .. } if *revision <= self.revision => Err(format!("written before {}", self.revision)),
            Asked::Got { name, found } if found.as_ref().map_or(0, |(revision, _)| *revision) < known(name) => {
                Err(format!("older than {}", known(name)))
            }
            Asked::Listed { revision, .. } if *revision < self.revision => Err(format!("older than {}", self.revision)),
            Asked::Put { .. } | Asked::Got { .. } | Asked::Listed { .. } => Ok(()),
        }
    }
}

/// A client that asks one thing after the other, each of any server.
struct Client {
    number: usize,
    doors: Arc<Doors>,
    calls: usize,
    progress: watch::Sender<usize>,
}

impl Client {
    async fn run(self) -> Vec<Call<Instant>> {
        let mut random = Random::of(self.number);
        let mut calls = Vec::new();
        let mut tries = 0;
        let mut patience = Patience::default();
        while calls.len() < self.calls {
            tries += 1;
            let begin = Instant::now();
            let asking = tokio::time::timeout(ANSWER, self.ask(&mut random, format!("{}-{tries}", self.number)));
            match asking.await.unwrap_or_else(|_| panic!("client {} was never answered", self.number)) {
                Ok(asked) => {
                    patience.answered();
                    calls.push(Call { begin, end: Instant::now(), asked });
                    self.progress.send_modify(|progress| *progress += 1);
                }
                Err(why) => {
                    patience.unanswered(&why);
                    self.doors.pause().await;
                }
            }
        }
        calls
    }

    /// Asks something. Errors where the server did not answer, so that nobody knows whether it was done.
    async fn ask(&self, random: &mut Random, value: String) -> Result<Asked, Why> {
        let door = self.doors.of(random.below(SERVERS));
        let name = format!("r{}", random.below(REGISTERS));
        let path = door.url(&Kind::ConfigMap.path(Some(NAMESPACE)));
        let one = format!("{path}/{name}");
        match random.below(5) {
            0 | 1 => {
                let body = json!({"metadata": {"name": name, "annotations": {"mark": value}}});
                let (status, mut answer) = answered(door.client.put(one).json(&body)).await?;
                if status == StatusCode::NOT_FOUND {
                    let (created, written) = answered(door.client.post(path).json(&body)).await?;
                    if created == StatusCode::CONFLICT {
                        return Err("another was faster".to_owned());
                    }
                    answer = written;
                }
                let (revision, written) = state(&answer);
                assert_eq!(written, value, "{answer}");
                Ok(Asked::Put { name, revision, value })
            }
            2 | 3 => {
                let (status, answer) = answered(door.client.get(one)).await?;
                Ok(Asked::Got { name, found: (status != StatusCode::NOT_FOUND).then(|| state(&answer)) })
            }
            _ => {
                // Without a resourceVersion, and page by page, which is one picture all the same.
                let limit = [0, 2][random.below(2)];
                let mut found = Picture::new();
                let mut token = String::new();
                loop {
                    let (_, list) = answered(door.client.get(format!("{path}?limit={limit}&continue={token}"))).await?;
                    for item in list["items"].as_array().unwrap_or_else(|| panic!("{list}")) {
                        if item["metadata"]["annotations"]["mark"].is_string() {
                            found.insert(item["metadata"]["name"].as_str().unwrap().to_owned(), state(item));
                        }
                    }
                    let about = &list["metadata"];
                    token = about["continue"].as_str().unwrap_or_default().to_owned();
                    if token.is_empty() {
                        return Ok(Asked::Listed { revision: about["resourceVersion"].as_str().unwrap().parse().unwrap(), found });
                    }
                }
            }
        }
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Result<(StatusCode, Value), Why> {
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let body: Value = serde_json::from_slice(&answer.bytes().await.map_err(|error| error.to_string())?).unwrap();
    assert!(!status.is_client_error() || matches!(status, StatusCode::NOT_FOUND | StatusCode::CONFLICT), "{status}: {body}");
    if status.is_server_error() { Err(format!("{status}: {body}")) } else { Ok((status, body)) }
}

fn state(object: &Value) -> (u64, String) {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{object}")).to_owned();
    let metadata = &object["metadata"];
    (text(&metadata["resourceVersion"]).parse().unwrap(), text(&metadata["annotations"]["mark"]))
}

/// The writes that a watch of everything told, those of requests included that were never answered.
fn writes(log: &Log) -> Writes {
    let events = log.segments.iter().flat_map(|segment| &segment.events);
    let written = events.filter(|(seen, _)| seen.turn != Turn::Deleted);
    written.map(|(seen, _)| (seen.revision, (seen.key.1.clone(), seen.mark.clone()))).collect()
}

async fn reads_are_never_stale_whichever_server_is_asked(engine: Engine) {
    let calls = if std::env::var_os("TRUEUP_TORTURE").is_some() { 1500 } else { 150 };
    let mut servers = vec![TestServer::start(engine)];
    prepare(&Door::to(&servers[0])).await;
    servers.extend([servers[0].beside(), servers[0].beside()]);
    let doors = Doors::new(servers.iter().map(Door::to).collect());
    let (progress, done_at) = (watch::Sender::new(0), watch::Sender::new(None));
    let mut watchers = Crew::new();
    let mut begun = Vec::new();
    for number in 0..SERVERS {
        let interest = Interest { namespace: Some(NAMESPACE), ..Interest::all(Kind::ConfigMap) };
        let (doors, done_at) = (Arc::clone(&doors), done_at.subscribe());
        let (tells, told) = watch::channel((0, 0));
        begun.push(told);
        let orders = Orders { doors, lasts: 3 + number, begin: Begin::List, absent_until: None, done_at, tells: Some(tells) };
        watchers.spawn(Watcher::new(number, interest, orders).run());
    }
    let scenario = async {
        // What is written before a watcher's list is nothing that it can tell of.
        for told in &mut begun {
            watchers.during(told.changed()).await.unwrap();
        }
        let mut clients = Crew::new();
        for number in 0..CLIENTS {
            clients.spawn(Client { number, doors: Arc::clone(&doors), calls, progress: progress.clone() }.run());
        }
        // A server is killed under load and another takes its place, then the next; never the first, on whose store they are.
        for turn in 1..SERVERS {
            let at = CLIENTS * calls * turn / SERVERS;
            let mut progress = progress.subscribe();
            watchers.during(clients.during(progress.wait_for(|progress| *progress >= at))).await.unwrap();
            block_in_place(|| {
                servers[turn].kill();
                servers[turn] = servers[0].beside();
            });
            doors.replace(turn, Door::to(&servers[turn]));
        }
        let calls = watchers.during(clients.all()).await.concat();
        let list = doors.of(0).get(&Kind::ConfigMap.path(None)).await;
        done_at.send_replace(Some(list["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()));
        (calls, watchers.all().await)
    };
    let (calls, logs) = tokio::time::timeout(PATIENCE, scenario).await.unwrap();
    let (_, log) = &logs[0];
    let history = History::told_by(Kind::ConfigMap, log);
    for (interest, log) in &logs {
        // However long the run takes: compaction leaves what is younger than its interval, and nobody is behind by minutes.
        assert_eq!(log.segments.len(), 1, "nothing made a watcher begin anew");
        history.explains(interest, &log.segments[0]);
    }
    linearizable(&calls, &writes(log)).unwrap_or_else(|fault| panic!("{fault}"));
    println!("{} calls and {} writes are one history", calls.len(), history.len());
}

on_every_engine!(await reads_are_never_stale_whichever_server_is_asked);

mod checker {
    use super::*;

    fn put(begin: u32, end: u32, name: &str, revision: u64) -> Call<u32> {
        Call { begin, end, asked: Asked::Put { name: name.to_owned(), revision, value: format!("v{revision}") } }
    }

    fn got(begin: u32, end: u32, name: &str, revision: u64) -> Call<u32> {
        let found = (revision > 0).then(|| (revision, format!("v{revision}")));
        Call { begin, end, asked: Asked::Got { name: name.to_owned(), found } }
    }

    fn listed(begin: u32, end: u32, revision: u64, found: &[(&str, u64)]) -> Call<u32> {
        let found = found.iter().map(|(name, revision)| ((*name).to_owned(), (*revision, format!("v{revision}")))).collect();
        Call { begin, end, asked: Asked::Listed { revision, found } }
    }

    /// Two writes to `a`, at 5 and 7, and between them one to `b`.
    fn fault(calls: &[Call<u32>]) -> Option<Fault> {
        let write = |revision: u64, name: &str| (revision, (name.to_owned(), format!("v{revision}")));
        linearizable(calls, &[write(5, "a"), write(6, "b"), write(7, "a")].into()).err()
    }

    #[test]
    fn what_happens_at_the_same_time_may_be_seen_or_not() {
        assert_eq!(fault(&[put(0, 1, "a", 5), put(2, 9, "a", 7), got(3, 4, "a", 5), got(5, 6, "a", 7)]), None);
        assert_eq!(fault(&[put(0, 9, "a", 5), got(3, 4, "a", 0), got(5, 6, "a", 5)]), None);
        assert_eq!(fault(&[put(0, 1, "a", 5), listed(2, 3, 6, &[("a", 5), ("b", 6)]), listed(4, 5, 8, &[("a", 7), ("b", 6)])]), None);
    }

    #[test]
    fn a_stale_read_is_a_fault() {
        assert!(fault(&[put(0, 1, "a", 5), put(2, 3, "a", 7), got(4, 5, "a", 5)]).is_some_and(|fault| fault.starts_with("older than 7")));
        assert!(fault(&[put(0, 1, "a", 5), got(2, 3, "a", 0)]).is_some_and(|fault| fault.starts_with("older than 5")));
        assert!(fault(&[put(0, 1, "b", 6), listed(2, 3, 5, &[("a", 5)])]).is_some_and(|fault| fault.starts_with("older than 6")));
    }

    #[test]
    fn reads_never_go_back() {
        let calls = [put(0, 1, "a", 5), put(2, 9, "a", 7), got(3, 4, "a", 7), got(5, 6, "a", 5)];
        assert!(fault(&calls).is_some_and(|fault| fault.starts_with("older than 7")));
        let calls = [listed(3, 4, 7, &[("a", 7), ("b", 6)]), got(5, 6, "a", 5)];
        assert!(fault(&calls).is_some_and(|fault| fault.starts_with("older than 7")));
    }

    #[test]
    fn revisions_go_with_the_time() {
        assert!(fault(&[put(0, 1, "a", 7), put(2, 3, "b", 6)]).is_some_and(|fault| fault.starts_with("written before 7")));
    }

    #[test]
    fn what_was_never_written_and_what_was_not_there_at_one_time_are_faults() {
        assert!(fault(&[got(0, 1, "a", 6)]).is_some_and(|fault| fault.starts_with("no moment explains")));
        assert!(fault(&[listed(0, 1, 6, &[("a", 7), ("b", 6)])]).is_some_and(|fault| fault.starts_with("no moment explains")));
        assert!(fault(&[listed(0, 1, 7, &[("a", 5), ("b", 6)])]).is_some_and(|fault| fault.starts_with("no moment explains")));
    }
}
