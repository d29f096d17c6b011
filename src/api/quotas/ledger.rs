//! Charged writes in turn: in each namespace one commit at a time, of as many writes as came while the last one was made.
//!
//! Receives writes that quotas let pass; hands on how each one ended. Invariant: a commit holds writes and all that they take together,
//! judged one after the other, and compares the revisions of all of it; a refusal was judged on quotas that were read from the store after
//! its write came. What a commit comes to is the business of a task of its own, so that a client that goes takes no other's write with it.
//!
//! Of writes that are joined, no two are of one resource where a store gives them one revision: a watch that ends between the two events
//! goes on after that revision, and would never tell of the second. Several quotas that one write is charged to cannot be kept apart: of
//! them, watches begin with all of the revision that they go on after.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::super::{Shared, view, write};
use super::{judge, kind};
use crate::admission::quota::Subject;
use crate::object::{GroupResource, Object, Reason, Refusal, Revision};
use crate::schema::Resource;
use crate::store::cache::Cached;
use crate::store::{Change, Entry, JointOutcome, Outcome, StoreError, Write};

/// How often a write is tried against other processes before it gives up. Each lost race means that another charge went through.
const ATTEMPTS: u32 = 200;

/// What one commit holds at most: etcd takes 128 writes and 1.5 MiB by default.
const WRITES_AT_ONCE: usize = 100;
const BYTES_AT_ONCE: usize = 512 << 10;

/// A write, and the quotas that it takes of.
pub(super) struct Charge {
    pub(super) kind: GroupResource,
    pub(super) resource: Arc<Resource>,
    pub(super) object: Object,
    pub(super) before: Option<Object>,
    pub(super) now: Timestamp,
    pub(super) write: Write,
    pub(super) quotas: Vec<Arc<Cached>>,
}

/// How a charge ended. The inner refusal says that a quota leaves no room.
type Told = Result<Result<Outcome, Refusal>, StoreError>;

/// A charge that somebody waits for.
struct Asked {
    charge: Charge,
    told: oneshot::Sender<Told>,
    /// A quota that may be out of date leaves it no room.
    doubted: bool,
    /// Its quotas were read from the store since it came.
    fresh: bool,
    lost: u32,
}

/// The namespaces in which writes are charged.
#[derive(Default)]
pub(in super::super) struct Ledgers(Mutex<HashMap<String, Ledger>>);

#[derive(Default)]
struct Ledger {
    waiting: VecDeque<Asked>,
    /// A task is at work.
    open: bool,
    known: Known,
}

/// Quotas as they were committed or read last, for as long as the cache may lack them.
#[derive(Default)]
struct Known(HashMap<Box<str>, Arc<Cached>>);

impl Known {
    fn newest(&self, cached: &Arc<Cached>) -> Arc<Cached> {
        Arc::clone(self.0.get(&cached.key).filter(|known| known.revision > cached.revision).unwrap_or(cached))
    }

    fn learn(&mut self, cached: Cached) {
        self.0.insert(cached.key.clone(), Arc::new(cached));
    }

    fn is_newer_than(&self, revision: Revision) -> bool {
        self.0.values().any(|known| known.revision > revision)
    }
}

impl Ledgers {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Ledger>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Commits a write with what it takes of the quotas of its namespace.
pub(super) async fn commit(api: &Arc<Shared>, namespace: &str, charge: Charge) -> Result<Result<Outcome, Refusal>, Refusal> {
    let quotas = kind()?;
    let (told, answer) = oneshot::channel();
    {
        let mut ledgers = api.ledgers.lock();
        let ledger = ledgers.entry(namespace.to_owned()).or_default();
        ledger.waiting.push_back(Asked { charge, told, doubted: false, fresh: false, lost: 0 });
        if !mem::replace(&mut ledger.open, true) {
            let known = mem::take(&mut ledger.known);
            let clerk =
                Clerk { api: Arc::clone(api), namespace: namespace.to_owned(), quotas, known, asked: Vec::new(), alone: 0, over: false };
            tokio::spawn(clerk.work());
        }
    }
    let stopped = |_| Refusal::internal("the server stopped while the object was written".to_owned());
    Ok(answer.await.map_err(stopped)??)
}

/// Who commits what is charged in a namespace.
struct Clerk {
    api: Arc<Shared>,
    namespace: String,
    quotas: Arc<Resource>,
    known: Known,
    /// In the order in which they came.
    asked: Vec<Asked>,
    /// So many of them are committed one by one, because together they were too large.
    alone: usize,
    over: bool,
}

/// Where the task ends before its work does, nobody is left to wait for it.
impl Drop for Clerk {
    fn drop(&mut self) {
        if !self.over {
            self.api.ledgers.lock().remove(&self.namespace);
        }
    }
}

impl Clerk {
    async fn work(mut self) {
        while self.take_in() {
            self.read_doubted().await;
            self.round().await;
        }
    }

    /// Takes in what has come. Where that is nothing, the work is over.
    fn take_in(&mut self) -> bool {
        let api = Arc::clone(&self.api);
        let mut ledgers = api.ledgers.lock();
        if let Some(ledger) = ledgers.get_mut(&self.namespace) {
            // Quotas may have been charged since a write asked them, by who is not known any more because the cache has it.
            let newest = |quota: Arc<Cached>| {
                let cached = api.cache.peek(&self.quotas.storage_prefix, &quota.key);
                cached.filter(|cached| cached.revision > quota.revision).unwrap_or(quota)
            };
            self.asked.extend(ledger.waiting.drain(..).map(|mut asked| {
                asked.charge.quotas = asked.charge.quotas.into_iter().map(newest).collect();
                asked
            }));
        }
        // Whose client went has not been promised anything.
        self.asked.retain(|asked| !asked.told.is_closed());
        if !self.asked.is_empty() {
            return true;
        }
        self.over = true;
        if let Some(ledger) = ledgers.get_mut(&self.namespace) {
            (ledger.open, ledger.known) = (false, mem::take(&mut self.known));
        }
        let cached = api.cache.newest(&self.quotas.storage_prefix);
        ledgers.retain(|_, ledger| ledger.open || ledger.known.is_newer_than(cached));
        false
    }

    /// Reads the quotas that leave a write no room, as far as it is known.
    async fn read_doubted(&mut self) {
        let doubted = |asked: &&Asked| asked.doubted && !asked.fresh;
        let keys: HashSet<Box<str>> =
            self.asked.iter().filter(doubted).flat_map(|asked| &asked.charge.quotas).map(|quota| quota.key.clone()).collect();
        for key in keys {
            match self.api.cache.store().get(&key).await {
                Ok(standing) => self.learn(&key, standing),
                // Whether they have room nobody can say now.
                Err(error) => {
                    let (doubted, rest) = mem::take(&mut self.asked).into_iter().partition(|asked| doubted(&asked));
                    self.asked = rest;
                    return tell(doubted, &Err(error));
                }
            }
        }
        self.asked.iter_mut().filter(|asked| asked.doubted).for_each(|asked| asked.fresh = true);
    }

    /// Takes in what the store has of a quota. One that is gone limits nothing.
    fn learn(&mut self, key: &str, standing: Option<Entry>) {
        match standing {
            Some(entry) => self.known.learn(write::cached(entry)),
            None => {
                self.known.0.remove(key);
                self.asked.iter_mut().for_each(|asked| asked.charge.quotas.retain(|quota| &*quota.key != key));
            }
        }
    }

    /// Judges what there is and makes one commit of what may pass.
    async fn round(&mut self) {
        let store = Arc::clone(self.api.cache.store());
        let most = if self.alone > 0 { 1 } else { WRITES_AT_ONCE };
        self.alone = self.alone.saturating_sub(1);
        let sheet = Sheet::of(&self.quotas, &self.known, &self.asked, store.shares_revisions(), most);
        if sheet.passing == 0 {
            return self.done(sheet, &[]);
        }
        match store.commit_all(sheet.writes(&self.asked)).await {
            Ok(JointOutcome::Done(revisions)) => self.done(sheet, &revisions),
            Ok(JointOutcome::Lost(lost)) => self.lost(&sheet, lost),
            // Nothing is written, and one that is too large must not refuse the others their room.
            Err(StoreError::TooLarge(_) | StoreError::Full(_)) if sheet.passing > 1 => self.alone = sheet.passing,
            Err(error) => self.failed(&sheet, &Err(error)),
        }
    }

    /// What passed is written, so that what was refused was refused rightly, where the quotas were not out of date.
    fn done(&mut self, sheet: Sheet, revisions: &[Revision]) {
        let (of_quotas, of_objects) = revisions.split_at(sheet.quotas.len().min(revisions.len()));
        for (due, revision) in sheet.quotas.into_values().zip(of_quotas) {
            self.known.learn(Cached::new(&due.before.key, view::encode(&due.after).into(), *revision));
        }
        let mut of_objects = of_objects.iter();
        for (mut asked, verdict) in mem::take(&mut self.asked).into_iter().zip(sheet.verdicts) {
            match verdict {
                Verdict::Passes => tell([asked], &Ok(Ok(Outcome::Done(of_objects.next().copied().unwrap_or_default())))),
                Verdict::Refused(refusal) if asked.fresh => tell([asked], &Ok(Err(refusal))),
                Verdict::Refused(_) => {
                    asked.doubted = true;
                    self.asked.push(asked);
                }
                Verdict::Later => self.asked.push(asked),
            }
        }
    }

    /// Nothing is written. Who lost its own key is told to what; the others go on with the quotas as they stand.
    fn lost(&mut self, sheet: &Sheet, lost: Vec<(usize, Option<Entry>)>) {
        let mut winners = BTreeMap::new();
        for (index, standing) in lost {
            match sheet.quotas.keys().nth(index) {
                Some(key) => self.learn(key, standing),
                None => drop(winners.insert(index - sheet.quotas.len(), standing)),
            }
        }
        let mut passing = 0..;
        for (mut asked, verdict) in mem::take(&mut self.asked).into_iter().zip(&sheet.verdicts) {
            let place = if matches!(verdict, Verdict::Passes) { passing.next() } else { None };
            match place.and_then(|place| winners.remove(&place)) {
                Some(standing) => tell([asked], &Ok(Ok(Outcome::Lost(standing)))),
                None if asked.lost == ATTEMPTS => tell([asked], &Ok(Err(without_a_turn()))),
                None => {
                    asked.lost += u32::from(place.is_some());
                    self.asked.push(asked);
                }
            }
        }
    }

    /// What passed may or may not be written.
    fn failed(&mut self, sheet: &Sheet, told: &Told) {
        self.known = Known::default();
        for (asked, verdict) in mem::take(&mut self.asked).into_iter().zip(&sheet.verdicts) {
            if matches!(verdict, Verdict::Passes) { tell([asked], told) } else { self.asked.push(asked) }
        }
    }
}

/// That nobody waits for it any more is no error.
fn tell(asked: impl IntoIterator<Item = Asked>, told: &Told) {
    asked.into_iter().for_each(|asked| drop(asked.told.send(told.clone())));
}

fn without_a_turn() -> Refusal {
    let message = "a resource quota is being charged by others too often to get a turn; try again";
    Refusal { retry_after_seconds: 1, ..Refusal::new(Reason::ServerTimeout, message) }
}

/// What becomes of a charge in one commit.
enum Verdict {
    Passes,
    Refused(Refusal),
    /// It does not fit beside the others.
    Later,
}

/// A quota before and after a commit.
struct Due {
    before: Arc<Cached>,
    after: Object,
}

/// One commit: what passes, and what that makes of the quotas.
#[derive(Default)]
struct Sheet {
    quotas: BTreeMap<Box<str>, Due>,
    /// One for each charge, in their order.
    verdicts: Vec<Verdict>,
    passing: usize,
    bytes: usize,
}

impl Sheet {
    fn of(quotas: &Resource, known: &Known, asked: &[Asked], shares_revisions: bool, most: usize) -> Self {
        let mut sheet = Self::default();
        let mut taken = HashSet::new();
        for Asked { charge, .. } in asked {
            let apart = if shares_revisions { &charge.resource.storage_prefix } else { &charge.write.key };
            let fits = sheet.passing < most && !taken.contains(apart) && sheet.has_room(charge);
            let verdict = if fits { sheet.enter(quotas, known, charge) } else { Verdict::Later };
            if matches!(verdict, Verdict::Passes) {
                taken.insert(apart);
            }
            sheet.verdicts.push(verdict);
        }
        sheet
    }

    fn has_room(&self, charge: &Charge) -> bool {
        let writes = self.quotas.len() + self.passing + charge.quotas.len() + 1;
        self.passing == 0 || (writes <= WRITES_AT_ONCE && self.bytes + size(&charge.write) <= BYTES_AT_ONCE)
    }

    /// Every quota is asked before one is charged.
    fn enter(&mut self, quotas: &Resource, known: &Known, charge: &Charge) -> Verdict {
        let subject = Subject { kind: &charge.kind, object: &charge.object, before: charge.before.as_ref(), now: charge.now };
        let ask = |cached: &Arc<Cached>| {
            let (before, charged) = match self.quotas.get(&cached.key) {
                Some(due) => (Arc::clone(&due.before), judge(&due.after, &subject)?),
                None => {
                    let newest = known.newest(cached);
                    let charged = judge(&view::parse(quotas, &newest)?, &subject)?;
                    (newest, charged)
                }
            };
            Ok(charged.map(|after| Due { before, after }))
        };
        match charge.quotas.iter().map(ask).collect::<Result<Vec<Option<Due>>, Refusal>>() {
            Err(refusal) => Verdict::Refused(refusal),
            Ok(due) => {
                self.quotas.extend(due.into_iter().flatten().map(|due| (due.before.key.clone(), due)));
                self.passing += 1;
                self.bytes += size(&charge.write);
                Verdict::Passes
            }
        }
    }

    /// Quotas go first: at no revision is there an object that is not charged.
    fn writes(&self, asked: &[Asked]) -> Vec<Write> {
        let charged = |due: &Due| Write {
            key: due.before.key.to_string(),
            expected: due.before.revision,
            change: Change::Put(view::encode(&due.after).into()),
        };
        let passing = asked.iter().zip(&self.verdicts).filter(|(_, verdict)| matches!(verdict, Verdict::Passes));
        self.quotas.values().map(charged).chain(passing.map(|(asked, _)| asked.charge.write.clone())).collect()
    }
}

fn size(write: &Write) -> usize {
    match &write.change {
        Change::Put(value) => write.key.len() + value.len(),
        Change::Delete => write.key.len(),
    }
}
