//! The garbage collector: deletes objects whose owners are gone, lets owners wait for their dependents, or sets dependents free.
//!
//! Receives the metadata of all objects through watches; hands on deletions and patches. One task holds all state, decides and never
//! waits for the server; reads and writes of up to [`WORKERS`] objects run beside it. Invariant: what the watches showed only says what
//! to look at; nothing is written before the object and its owners were read for the purpose.
//!
//! See <https://kubernetes.io/docs/concepts/architecture/garbage-collection/>; the rules follow kube-controller-manager's
//! `pkg/controller/garbagecollector`.

mod absent;
mod act;
mod belief;
mod decide;
mod graph;
mod kinds;
mod observed;
mod watches;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use kube::Client;
use tokio::time::{Instant, sleep_until};

use self::absent::AbsentOwners;
use self::act::{ActError, Findings, Subject};
use self::decide::{Action, Item, Owner, decide};
use self::graph::{Graph, Node, Place, ResourceId};
use self::kinds::Kinds;
use self::observed::{OwnerRef, Uid};
pub(super) use self::watches::until_lost;
use self::watches::{Tidings, Watches};
use super::backoff::Backoff;
use super::queue::Queue;
use super::resources::Resources;

/// How many objects are looked at on the server at a time.
const WORKERS: usize = 20;

/// How often the server is asked for its kinds where nothing says that they changed.
const REDISCOVER: Duration = Duration::from_secs(30);

/// A kube-apiserver serves a new kind a moment after its definition says so.
const AFTERTHOUGHT: Duration = Duration::from_secs(2);

/// At the start many kinds become known at once; what that changes for each object is looked at together.
const RESCAN: Duration = Duration::from_millis(20);

/// How many events are taken in before decisions get their turn.
const CATCH_UP: usize = 1000;

/// The resource whose changes change the kinds.
const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

const BACKOFF: Backoff = Backoff { first: Duration::from_millis(50), longest: Duration::from_secs(60) };

/// Collects until it is dropped. Errors where the server cannot be asked for its kinds at the start.
pub(super) async fn run(client: Client) -> Result<Infallible, kube::Error> {
    let resources = Resources::discover(&client).await?;
    let mut collector = Collector::new(client);
    collector.discovered(Ok(resources));
    loop {
        collector.step().await;
    }
}

/// What runs beside the collector's own task.
enum Done {
    Read(Box<Subject>, Result<Option<Box<Findings>>, ActError>),
    Acted(Uid, Result<(), ActError>),
    Discovered(Result<Resources, kube::Error>),
}

struct Collector {
    client: Client,
    kinds: Kinds,
    graph: Graph,
    absent: AbsentOwners,
    queue: Queue<Uid>,
    watches: Watches,
    running: FuturesUnordered<BoxFuture<'static, Done>>,
    /// How many objects are being read or written.
    busy: usize,
    /// Objects that have been read and wait for the decision.
    read: Vec<(Box<Subject>, Box<Findings>)>,
    discovering: bool,
    /// When the server is asked for its kinds, one time after the other.
    discover_at: Instant,
    afterthought: Option<Instant>,
    /// When all objects are looked at again, because more kinds are known or read.
    rescan_at: Option<Instant>,
}

impl Collector {
    fn new(client: Client) -> Self {
        Self {
            client,
            kinds: Kinds::default(),
            graph: Graph::default(),
            absent: AbsentOwners::default(),
            queue: Queue::new(BACKOFF),
            watches: Watches::default(),
            running: FuturesUnordered::new(),
            busy: 0,
            read: Vec::new(),
            discovering: false,
            discover_at: Instant::now() + REDISCOVER,
            afterthought: None,
            rescan_at: None,
        }
    }

    /// Waits for the next thing that happens, and starts what follows from it.
    async fn step(&mut self) {
        let due = self.queue.next_due().filter(|_| self.busy < WORKERS);
        let discover = (!self.discovering).then_some(self.afterthought.map_or(self.discover_at, |at| at.min(self.discover_at)));
        tokio::select! {
            (id, tidings) = self.watches.next() => self.take(id, tidings),
            Some(done) = self.running.next() => self.done(done),
            () = until(due) => {}
            () = until(discover) => self.discover(),
            () = until(self.rescan_at) => self.rescan(),
        }
        self.catch_up().await;
        self.decide_read();
        self.start();
    }

    /// Takes in what the watches have to tell at this moment before anything is decided.
    ///
    /// Each kind has a watch of its own, and nothing orders one after the other: an owner's deletion may be told before the creation of
    /// a dependent that came before it. Whoever decides at once lets an owner go that should have waited. In one process, what came
    /// before the events at hand is here after this. Over a network nothing is certain, as with kube-controller-manager; but a decision
    /// comes after an answer that was asked for after the event, and what was sent before that answer has most likely come too.
    async fn catch_up(&mut self) {
        let mut left = CATCH_UP;
        loop {
            let before = left;
            while left > 0
                && let Some((id, tidings)) = self.watches.next().now_or_never()
            {
                self.take(id, tidings);
                left -= 1;
            }
            // Others get their turn: the server beside, where there is one in this process, and the network.
            tokio::task::yield_now().await;
            if left == 0 || left == before {
                return;
            }
        }
    }

    fn take(&mut self, id: ResourceId, tidings: Tidings) {
        let definitions = self.kinds.served(id).is_some_and(|served| served.group_resource() == DEFINITIONS);
        let look = match tidings {
            Tidings::Begin => {
                self.graph.begin(id);
                // The history from here on may be another: a store that was restored has owners again that were gone.
                self.absent.forget_all();
                Vec::new()
            }
            Tidings::There(observed) => {
                self.absent.forget(&observed.uid);
                self.graph.apply(id, observed)
            }
            Tidings::Gone(uid) => self.remove(&uid),
            Tidings::Read => self.read(id),
        };
        self.enqueue(look);
        if definitions {
            let now = Instant::now();
            self.discover_at = now;
            self.afterthought = Some(now + AFTERTHOUGHT);
        }
    }

    fn remove(&mut self, uid: &Uid) -> Vec<Uid> {
        let (place, look) = self.graph.remove(uid);
        if let Some(place) = place.filter(|_| !look.is_empty()) {
            self.absent.insert(uid.clone(), place);
        }
        look
    }

    fn read(&mut self, id: ResourceId) -> Vec<Uid> {
        if self.kinds.read(id) {
            self.rescan_soon();
        }
        self.graph.vanished(id).iter().flat_map(|uid| self.remove(uid)).collect()
    }

    fn rescan_soon(&mut self) {
        self.rescan_at.get_or_insert_with(|| Instant::now() + RESCAN);
    }

    fn rescan(&mut self) {
        self.rescan_at = None;
        let look: Vec<Uid> = self.graph.that_matter().cloned().collect();
        self.enqueue(look);
    }

    fn enqueue(&mut self, uids: impl IntoIterator<Item = Uid>) {
        let now = Instant::now();
        uids.into_iter().for_each(|uid| self.queue.add(uid, now));
    }

    fn discover(&mut self) {
        let now = Instant::now();
        self.discovering = true;
        self.graph.tidy();
        self.discover_at = now + REDISCOVER;
        self.afterthought = self.afterthought.filter(|at| *at > now);
        let client = self.client.clone();
        self.running.push(Box::pin(async move { Done::Discovered(Resources::discover(&client).await) }));
    }

    fn discovered(&mut self, resources: Result<Resources, kube::Error>) {
        self.discovering = false;
        let resources = match resources {
            Ok(resources) => resources,
            Err(error) => {
                tracing::warn!(%error, "the garbage collector cannot ask for the kinds served and goes on with those it knows");
                return;
            }
        };
        let changes = self.kinds.update(resources, Instant::now());
        for id in changes.end {
            self.watches.end(id);
            self.graph.forget(id);
        }
        for (id, served) in changes.begin {
            self.watches.begin(&self.client, id, &served);
        }
        if changes.any {
            self.rescan_soon();
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Discovered(resources) => self.discovered(resources),
            Done::Read(subject, Ok(Some(findings))) => {
                self.remember(&subject.uid, &findings);
                self.read.push((subject, findings));
            }
            Done::Read(subject, Ok(None)) => self.finished(&subject.uid, Ok(())),
            Done::Read(subject, Err(error)) => self.finished(&subject.uid, Err(error)),
            Done::Acted(uid, result) => self.finished(&uid, result),
        }
    }

    fn finished(&mut self, uid: &Uid, result: Result<(), ActError>) {
        self.busy -= 1;
        let Err(error) = result else { return self.queue.succeeded(uid) };
        let place = self.graph.node(uid).map(|node| (node.place.namespace.clone(), node.place.name.clone()));
        if error.is_lost_race() {
            tracing::debug!(%uid, ?place, %error, "an object changed while it was collected");
        } else {
            tracing::warn!(%uid, ?place, %error, "an object cannot be collected yet");
        }
        self.queue.failed(uid, Instant::now());
    }

    /// Keeps in mind which owners do not exist.
    fn remember(&mut self, dependent: &Uid, findings: &Findings) {
        let Some(node) = self.graph.node(dependent) else { return };
        for (reference, _) in findings.owners.iter().filter(|(_, owner)| *owner == Owner::Absent) {
            if let Some(place) = place_of(&self.kinds, node, reference) {
                self.absent.insert(reference.uid.clone(), place);
            }
        }
    }

    /// Decides over what has been read. Whatever the watches told before the answers came counts too.
    fn decide_read(&mut self) {
        let now = Instant::now();
        for (subject, findings) in std::mem::take(&mut self.read) {
            let owners = findings.owners.iter().map(|(_, owner)| *owner).collect();
            let dependents = self.dependents(&subject.uid, now);
            match decide(&Item { marks: findings.marks, owners, dependents }) {
                Action::Leave => self.finished(&subject.uid, Ok(())),
                Action::Wait => {
                    self.busy -= 1;
                    self.queue.failed(&subject.uid, now);
                }
                action => self.act(subject, findings, action),
            }
        }
    }

    fn act(&mut self, subject: Box<Subject>, findings: Box<Findings>, action: Action) {
        let watched: Vec<_> = if action == Action::Orphan { self.kinds.watched().cloned().collect() } else { Vec::new() };
        self.running.push(Box::pin(async move {
            let acted = subject.act(&findings.metadata, action, &watched).await;
            Done::Acted(subject.uid, acted)
        }));
    }

    /// Starts to read what is due, as long as there are workers.
    fn start(&mut self) {
        let now = Instant::now();
        while self.busy < WORKERS
            && let Some(uid) = self.queue.pop(now)
        {
            let subject = match self.believed(&uid, now) {
                None | Some(Action::Leave) => None,
                Some(Action::Wait) => {
                    self.queue.failed(&uid, now);
                    continue;
                }
                Some(_) => self.subject(&uid),
            };
            match subject {
                Some((subject, absent)) => {
                    self.busy += 1;
                    self.running.push(Box::pin(async move {
                        let findings = subject.read(&absent).await;
                        Done::Read(subject, findings)
                    }));
                }
                None => self.queue.succeeded(&uid),
            }
        }
    }

    /// An object to ask the server about, with the references to owners that are known not to exist.
    fn subject(&self, uid: &Uid) -> Option<(Box<Subject>, Vec<OwnerRef>)> {
        let node = self.graph.node(uid)?;
        let known_absent = |reference: &&OwnerRef| {
            place_of(&self.kinds, node, reference).is_some_and(|place| self.absent.contains(&reference.uid, &place))
        };
        let absent = node.owners.iter().filter(known_absent).cloned().collect();
        let subject = Subject {
            client: self.client.clone(),
            resources: Arc::clone(self.kinds.resources()),
            served: Arc::clone(self.kinds.served(node.place.resource)?),
            namespace: node.place.namespace.clone(),
            name: node.place.name.clone(),
            uid: uid.clone(),
        };
        Some((Box::new(subject), absent))
    }
}

/// Where a reference points: to the dependent's own namespace, or outside namespaces. `None` where there is no such place.
fn place_of(kinds: &Kinds, dependent: &Node, reference: &OwnerRef) -> Option<Place> {
    let kind = kinds.of(&reference.api_version, &reference.kind)?;
    let namespace = match (kind.served.namespaced, &dependent.place.namespace) {
        (true, None) => return None,
        (true, Some(namespace)) => Some(Arc::clone(namespace)),
        (false, _) => None,
    };
    Some(Place { resource: kind.id, namespace, name: reference.name.clone() })
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
