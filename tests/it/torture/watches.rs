//! Watchers with every kind of selection and form over a server that is killed, stopped and started under its writers.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::block_in_place;

use super::PATIENCE;
use super::crew::Crew;
use super::interest::Interest;
use super::model::{Acknowledged, History};
use super::plane::{Door, Doors, Kind, prepare};
use super::watcher::{Begin, Log, Orders, Watcher};
use super::writer::Writer;
use crate::harness::server::{Engine, TestServer, on_every_engine};

const WRITERS: usize = 8;

/// How many watchers share a connection.
const SHARING: usize = 40;

/// How much there is of everything; `TRUEUP_TORTURE=full` makes it much.
struct Size {
    watchers: usize,
    writes: usize,
    names: usize,
}

impl Size {
    fn wanted() -> Self {
        match std::env::var("TRUEUP_TORTURE").as_deref() {
            Ok("full") => Self { watchers: 1000, writes: 10_000, names: 100 },
            Ok(other) => panic!("TRUEUP_TORTURE={other:?}: expected full"),
            Err(_) => Self { watchers: 150, writes: 1200, names: 30 },
        }
    }
}

/// How far a watcher of a whole kind says that it is: the turn of the server, and the revision.
type Told = watch::Receiver<(u64, u64)>;

/// The clients of one run, and how they are steered.
struct Run {
    size: Size,
    doors: Arc<Doors>,
    progress: watch::Sender<usize>,
    /// Tells absent watchers to come back.
    back: watch::Sender<bool>,
    done_at: watch::Sender<Option<u64>>,
    /// The watchers of whole kinds.
    references: Crew<(Interest, Log)>,
    told: Vec<Told>,
    watchers: Crew<(Interest, Log)>,
}

impl Run {
    fn start(server: &TestServer, size: Size) -> Self {
        let doors = Doors::new((0..size.watchers.div_ceil(SHARING)).map(|_| Door::to(server)).collect());
        let (progress, back, done_at) = (watch::Sender::new(0), watch::Sender::new(false), watch::Sender::new(None));
        let mut run = Self { size, doors, progress, back, done_at, references: Crew::new(), told: Vec::new(), watchers: Crew::new() };
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            let (tells, told) = watch::channel((0, 0));
            let orders = Orders { tells: Some(tells), absent_until: None, begin: Begin::List, ..run.orders(number) };
            run.references.spawn(Watcher::new(number, Interest::all(kind), orders).run());
            run.told.push(told);
        }
        for number in 0..run.size.watchers {
            let watcher = Watcher::new(number, Interest::number(number, run.size.names), run.orders(number));
            let mut progress = run.progress.subscribe();
            // A third of them come when there is something already.
            let comes_at = if number % 3 == 2 { run.size.writes / 2 * (number % 64) / 64 } else { 0 };
            run.watchers.spawn(async move {
                progress.wait_for(|progress| *progress >= comes_at).await.unwrap();
                watcher.run().await
            });
        }
        run
    }

    fn orders(&self, number: usize) -> Orders {
        Orders {
            doors: Arc::clone(&self.doors),
            lasts: 3 + number % (self.size.watchers / 50),
            begin: if number.is_multiple_of(2) { Begin::List } else { Begin::Stream },
            absent_until: (number % 10 == 7).then(|| self.back.subscribe()),
            done_at: self.done_at.subscribe(),
            tells: None,
        }
    }

    /// Half of the writes, while `disturb` does something to the server as often as it is named here.
    async fn write(&mut self, phase: usize, disturbances: &[fn(&mut TestServer)], server: &mut TestServer) -> Vec<Acknowledged> {
        let mut writers = Crew::new();
        for number in 0..WRITERS {
            let (doors, progress) = (Arc::clone(&self.doors), self.progress.clone());
            let writes = self.size.writes / 2 / WRITERS;
            writers.spawn(Writer { number, phase, doors, writes, names: self.size.names, progress }.run());
        }
        let (half, already) = (self.size.writes / 2, *self.progress.borrow());
        for (number, disturb) in disturbances.iter().enumerate() {
            let at = already + half * (number + 1) / (disturbances.len() + 1);
            let mut progress = self.progress.subscribe();
            self.during(writers.during(progress.wait_for(|progress| *progress >= at))).await.unwrap();
            self.disturb(server, *disturb);
        }
        self.during(writers.all()).await.concat()
    }

    /// Waits for something while all watchers go on.
    async fn during<R>(&mut self, wanted: impl Future<Output = R>) -> R {
        self.watchers.during(self.references.during(wanted)).await
    }

    fn disturb(&self, server: &mut TestServer, disturb: fn(&mut TestServer)) {
        block_in_place(|| disturb(server));
        self.doors.reopened();
    }

    /// The revision of all that was written so far.
    async fn revision(&self) -> u64 {
        let list = self.doors.of(0).get(&Kind::ConfigMap.path(None)).await;
        list["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
    }

    /// Waits until the watchers of whole kinds have been told everything so far by the server that runs now.
    async fn settle(&mut self) {
        let (turn, until) = (self.doors.turn(), self.revision().await);
        let mut all_told = std::mem::take(&mut self.told);
        for told in &mut all_told {
            self.during(told.wait_for(|told| *told >= (turn, until) && told.1 >= until)).await.unwrap();
        }
        self.told = all_told;
    }

    /// Lets every watcher come to its end and answers what they saw.
    async fn end(mut self) -> (Vec<(Interest, Log)>, Vec<(Interest, Log)>) {
        self.done_at.send_replace(Some(self.revision().await));
        let references = self.watchers.during(self.references.all()).await;
        (references, self.watchers.all().await)
    }
}

fn kill(server: &mut TestServer) {
    server.kill();
    server.launch();
}

async fn every_watcher_ends_with_what_a_list_gives_and_was_told_all_of_it_once(engine: Engine) {
    let mut server = TestServer::start(engine);
    prepare(&Door::to(&server)).await;
    let scenario = async {
        let mut run = Run::start(&server, Size::wanted());
        run.settle().await;
        let mut acknowledged = run.write(0, &[kill, TestServer::restart], &mut server).await;
        // Who is away now has lost the past.
        run.settle().await;
        server.compact().await;
        run.disturb(&mut server, kill);
        run.settle().await;
        run.back.send_replace(true);
        acknowledged.extend(run.write(1, &[TestServer::restart, kill], &mut server).await);
        let (references, watchers) = run.end().await;
        (acknowledged, references, watchers)
    };
    let (acknowledged, references, watchers) = tokio::time::timeout(PATIENCE, scenario).await.unwrap();

    let histories = Kind::ALL.map(|kind| {
        let (_, log) = references.iter().find(|(interest, _)| interest.kind == kind).unwrap();
        let history = History::told_by(kind, log);
        history.holds(&acknowledged);
        (kind, history)
    });
    for (interest, log) in references.iter().chain(&watchers) {
        let (_, history) = histories.iter().find(|(kind, _)| *kind == interest.kind).unwrap();
        for segment in &log.segments {
            history.explains(interest, segment);
        }
    }
    let sum = |count: fn(&Log) -> usize| watchers.iter().map(|(_, log)| count(log)).sum::<usize>();
    let changes: usize = histories.iter().map(|(_, history)| history.len()).sum();
    let told = sum(|log| log.segments.iter().map(|segment| segment.events.len()).sum());
    let (begun_anew, watches, bookmarks) = (sum(|log| log.segments.len() - 1), sum(|log| log.watches), sum(|log| log.bookmarks));
    println!(
        "{} writes acknowledged, {changes} seen; {} watchers were told {told} events and {bookmarks} bookmarks in {watches} watches \
         and began anew {begun_anew} times",
        acknowledged.len(),
        watchers.len()
    );
    assert!(changes >= acknowledged.len());
    assert!(begun_anew > 0 && bookmarks > 0, "some lost their past, and some were told how far they are");
}

on_every_engine!(await every_watcher_ends_with_what_a_list_gives_and_was_told_all_of_it_once);
