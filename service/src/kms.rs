//! One request, straight down: who are you, may you, do it, write it down, answer.
//!
//! ```text
//! bytes -> target -> authenticate (over the raw bytes) -> decode -> Serve::plan   which keys, which questions
//!       -> policy::decide   -> refused -------------------------------------.
//!       -> Permit           only this file can make one, used once          |
//!       -> Serve::run       store and backend                               |
//!       -> event            outcome or refusal, in CloudTrail's words     <-'
//!       -> confirm or commit, journal.append: synced before the reply -> bytes
//! ```

mod fresh;
mod passing;
mod ready;
mod step;
mod target;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use wardbook_audit::event::{EventText, Field, Parameters};
use wardbook_audit::folder::Folder;
use wardbook_audit::journal::{Journal, JournalError, moment};
use wardbook_audit::time::Timestamp;
use wardbook_backend::backend::Backend;
use wardbook_backend::call::{Clock as _, Monotonic};
use wardbook_backend::random::Random;

use crate::api::Operation;
use crate::authenticate::{Claim, SigningKeys, authenticate_as};
use crate::caller::Caller;
use crate::clock::Clock;
use crate::console::Tail;
use crate::credential::Credentials;
use crate::desk::{Behalf, Desk};
use crate::directory::Directory;
use crate::event::{Case, Told};
use crate::grant_token;
use crate::key_store::KeyStores;
use crate::last_use::LastUses;
use crate::limits::{ATTEMPTS_MAX, BODY_BYTES_HERE_MAX};
use crate::opened::Opened;
use crate::operation;
use crate::outbox;
use crate::quota::Quotas;
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};
use crate::seal::Sealer;
use crate::serve::{Plan, Serve};
use crate::state::{LoadError, State, Writes};
use crate::store::{Seen, Store, StoreError};
use crate::wire::{decode, error};

use passing::Passing;
pub(crate) use step::Worked;
use step::{Basis, Logged, Rest};
pub use step::{Blocked, Logging, Place, Pool, Step};
use target::target;

/// The service.
pub struct Kms {
    pub(crate) parts: Parts,
    pub(crate) state: RwLock<State>,
    pub(crate) opened: Opened,
    /// The latest decisions, for the console.
    pub tail: Tail,
    signing_keys: SigningKeys,
    /// Whoever changes something holds it, from the check of what was seen until memory has it too.
    committing: Mutex<()>,
    /// Whoever answers from what is has a pass from the last look until the event is durable; a change waits for all of
    /// those before it is answered.
    passing: Passing,
    /// Events of the store that the journal has.
    settled: Mutex<Vec<i64>>,
    /// What may still be under an old root key.
    pub(crate) rewrap_left: AtomicUsize,
    /// When keys last did their work here, which other nodes do not know yet.
    pub(crate) last_uses: LastUses,
    /// Whether other nodes work on the same state.
    shares: bool,
}

/// What the service is made of.
pub struct Parts {
    /// Where state is kept.
    pub store: Box<dyn Store>,
    /// Who holds the keys.
    pub backend: Arc<dyn Backend>,
    /// Seals what the service keeps to itself.
    pub sealer: Sealer,
    /// Whose access keys are known.
    pub credentials: Credentials,
    /// Who exists.
    pub directory: Directory,
    /// Where every call is written down.
    pub journal: Journal,
    /// The folder in which the journal and what becomes of it are.
    pub audit: Folder,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub random: Arc<dyn Random>,
    /// Measures how long things take.
    pub stopwatch: Monotonic,
    /// How many requests are let through.
    pub quotas: Quotas,
    /// Where custom key stores may be.
    pub key_stores: KeyStores,
    /// Whether requests over loopback count as sent over a secure transport.
    pub loopback_is_secure: bool,
}

/// Leave to act: a plan was decided, and every question allowed. Used once.
#[derive(Debug)]
pub struct Permit(());

/// What is sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// The id under which the log has the request.
    pub request_id: String,
    /// What decided, if the caller asked for it.
    pub explain: Option<String>,
    /// What the operator's log says of it.
    pub told: Told,
}

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row could not be understood.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The journal takes no events.
    #[error(transparent)]
    Journal(#[from] wardbook_audit::journal::Refusal),
    /// The log could not be looked through.
    #[error(transparent)]
    Look(#[from] wardbook_audit::journal::JournalError),
    /// A file of the log could not be read.
    #[error(transparent)]
    File(#[from] wardbook_audit::parquet::FileError),
    /// An event that waits in the store is none.
    #[error("an event that waits for the journal is none: {0}")]
    Event(#[from] wardbook_audit::event::EventError),
}

const JSON: &str = "application/x-amz-json-1.1";
/// Events that are told to be settled together.
const SETTLED_TOGETHER: usize = 64;

impl Kms {
    /// Starts: understands every row, and brings events that an earlier run did not get into the journal there.
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let state = State::whole(&parts.store.since(0)?, &parts.sealer)?;
        outbox::deliver(&*parts.store, &parts.journal, &parts.audit)?;
        let (shares, last_uses) = (parts.store.version()?.is_some(), LastUses::default());
        if shares {
            // What a run that did not end well had no time to tell.
            moment(&parts.audit)?.unsealed(|one| {
                last_uses.note(one.event.text());
                Ok::<(), JournalError>(())
            })?;
        }
        Ok(Self {
            opened: Opened::with_room(parts.quotas.resources.open_keys),
            parts,
            state: RwLock::new(state),
            tail: Tail::default(),
            signing_keys: SigningKeys::default(),
            committing: Mutex::default(),
            passing: Passing::default(),
            settled: Mutex::default(),
            rewrap_left: AtomicUsize::new(0),
            last_uses,
            shares,
        })
    }

    /// Answers a request. There is no reply whose event is not durable.
    pub fn answer(&self, raw: &Raw) -> Reply {
        let mut step = self.begin(raw);
        loop {
            step = match step {
                Step::Done(reply) => return *reply,
                Step::Logging(logging) => return logging.wait(self),
                Step::Blocks(blocked) => self.go_on(raw, *blocked),
            };
        }
    }

    /// Works on a request as far as that does not block.
    pub fn begin(&self, raw: &Raw) -> Step {
        let claim = Claim::read(raw);
        let mut case = Case::of(raw, claim.as_ref().ok(), self.parts.clock.now(), &*self.parts.random);
        if crate::sts::is_meant(raw) {
            return Step::Blocks(Box::new(Blocked { case, rest: Rest::Sts, pool: Pool::Store }));
        }
        let (operation, caller) = match self.admit(raw, claim, &mut case) {
            Ok(admitted) => admitted,
            Err(refusal) => return self.refuse(raw, case, refusal),
        };
        let place = match (operation::pool(operation), self.parts.store.is_near()) {
            (None, true) if raw.body.len() <= BODY_BYTES_HERE_MAX => Place::Here,
            (None, true) => Place::Pool(Pool::Backend),
            (pool, _) => Place::Pool(pool.unwrap_or(Pool::Store)),
        };
        match place {
            Place::Here => self.work(raw, case, operation, Box::new(caller), &place),
            Place::Pool(pool) => {
                let rest = Rest::Kms(operation, Box::new(caller));
                Step::Blocks(Box::new(Blocked { case, rest, pool }))
            }
        }
    }

    /// Goes on with a request. May block.
    pub fn go_on(&self, raw: &Raw, blocked: Blocked) -> Step {
        let Blocked { case, rest, pool } = blocked;
        match rest {
            Rest::Sts => Step::Done(Box::new(crate::sts::answer(self, raw, case))),
            Rest::Kms(operation, caller) => self.work(raw, case, operation, caller, &Place::Pool(pool)),
        }
    }

    /// Refuses to go on with a request, because there is no room for it.
    pub fn turn_away(&self, raw: &Raw, blocked: Blocked) -> Step {
        self.refuse(raw, blocked.case, Refusal::new(Why::Throttling, crate::desk::THROTTLED))
    }

    /// Refuses a request whose body nobody has, and writes that down. Who sent it is not known, since the body would
    /// have to be under the signature.
    pub fn decline(&self, raw: &Raw, status: u16, refusal: Refusal) -> Reply {
        let mut case = Case::open(raw, self.parts.clock.now(), &*self.parts.random);
        match crate::sts::is_meant(raw) {
            true => case.about("sts.amazonaws.com"),
            // Whether there is such an operation makes no difference any more.
            false => drop(target(raw, &mut case)),
        }
        let why = refusal.why;
        let answered = self.write_refusal(&mut case, refusal);
        let is_written = answered.as_ref().is_err_and(|refusal| refusal.why == why);
        let reply = reply(case, answered, false);
        Reply { status: if is_written { status } else { reply.status }, ..reply }
    }

    /// What is asked, and who asks.
    fn admit(&self, raw: &Raw, claim: Result<Claim, Refusal>, case: &mut Case) -> Result<(Operation, Caller), Refusal> {
        if self.parts.journal.refuses() {
            return Err(Refusal::new(Why::Internal, JOURNAL_REFUSES));
        }
        let operation = target(raw, case)?;
        let caller = self.authenticate(raw, claim?, case, &["kms"])?;
        match self.parts.quotas.admit(&caller.account, operation, self.parts.clock.wall()) {
            true => Ok((operation, caller)),
            false => Err(Refusal::new(Why::Throttling, crate::desk::THROTTLED)),
        }
    }

    fn work(&self, raw: &Raw, mut case: Case, operation: Operation, caller: Box<Caller>, place: &Place) -> Step {
        match operation::dispatch(self, operation, &caller, raw, &mut case, place) {
            Ok(Worked::Logging(outcome, logged)) => {
                let asked = raw.has_header("x-wardbook-explain");
                Step::Logging(Box::new(Logging::new(case, outcome, asked, logged)))
            }
            Ok(Worked::Blocks(pool)) => {
                Step::Blocks(Box::new(Blocked { case, rest: Rest::Kms(operation, caller), pool }))
            }
            Err(refusal) => self.refuse(raw, case, refusal),
        }
    }

    /// Writes down a refusal that is not written down yet.
    fn refuse(&self, raw: &Raw, mut case: Case, refusal: Refusal) -> Step {
        let asked = raw.has_header("x-wardbook-explain");
        let logged = case.event(Some(&refusal)).and_then(|event| self.submit(event));
        match logged {
            Ok(logged) => Step::Logging(Box::new(Logging::new(case, Err(refusal), asked, logged))),
            Err(refusal) => Step::Done(Box::new(reply(case, Err(refusal), asked))),
        }
    }

    /// Who sent it. The log knows from here on.
    pub(crate) fn authenticate(
        &self,
        raw: &Raw,
        claim: Claim,
        case: &mut Case,
        services: &[&str],
    ) -> Result<Caller, Refusal> {
        let Parts { credentials, clock, loopback_is_secure, directory, .. } = &self.parts;
        let authentic = authenticate_as(claim, raw, credentials, &self.signing_keys, services, clock.wall())?;
        let caller = Caller::new(authentic, raw, *loopback_is_secure)?;
        case.identify(&caller, directory);
        Ok(caller)
    }

    /// One operation, decided again if what it was decided on changed meanwhile.
    pub(crate) fn serve<O: Serve>(
        &self,
        caller: &Caller,
        raw: &Raw,
        case: &mut Case,
        place: &Place,
    ) -> Result<Worked, Refusal> {
        let request: O = decode::request(&raw.body, O::SHAPE)?;
        let mut parameters = Parameters::default();
        request.note(&mut parameters);
        case.notes.request = parameters.clone();
        for _ in 0..ATTEMPTS_MAX {
            let mut desk = Desk::new(self, caller);
            desk.place = Some(place);
            desk.behalf = Behalf::new(case.operation(), &case.request_id, caller.arn());
            desk.notes.request = parameters.clone();
            let outcome = self.attempt(&request, &mut desk);
            let Desk { seen, searched, strict, blocks, mut writes, notes, now, .. } = desk;
            if let Some(pool) = blocks.take() {
                return Ok(Worked::Blocks(pool));
            }
            case.notes = notes;
            case.time = now;
            if outcome.is_err() {
                writes = Writes::default();
            }
            // What was only looked for does not stand in the way of a change, unless the change depends on it.
            let searched = searched.get().filter(|_| writes.is_empty() || strict);
            let event = case.event(outcome.as_ref().err())?;
            let since = self.parts.stopwatch.now();
            let concluded = match writes.is_empty() {
                true => self.confirm(Basis { since, seen, searched }, event)?,
                false => self.change(&seen, searched, &writes, event)?,
            };
            if let Some(logged) = concluded {
                if self.shares && outcome.is_ok() {
                    self.last_uses.note(logged.event.text());
                }
                let encoded = outcome.map(|answer| {
                    let mut body = String::new();
                    crate::wire::encode::Encode::encode(&answer, &mut body);
                    body
                });
                return Ok(Worked::Logging(encoded, logged));
            }
            if *place == Place::Here {
                return Ok(Worked::Blocks(Pool::Store));
            }
            self.catch_up()?;
        }
        Err(Refusal::new(Why::Throttling, crate::desk::THROTTLED))
    }

    fn attempt<O: Serve>(&self, request: &O, desk: &mut Desk<'_>) -> Result<O::Answer, Refusal> {
        let plan = request.plan(desk)?;
        let permit = self.decide(&plan, desk)?;
        desk.label(plan.uses.first().map(|(_, key)| key.name.arn()));
        grant_token::check(&plan, desk)?;
        ready::ready(&plan, desk)?;
        request.run(&plan, permit, desk)
    }

    /// Every question of a plan must be allowed.
    fn decide(&self, plan: &Plan, desk: &mut Desk<'_>) -> Result<Permit, Refusal> {
        for question in &plan.questions {
            let judgement = desk.court().judge(question);
            if judgement.refusal.is_some() || desk.notes.decision.is_none() {
                desk.notes.decision = Some(judgement.logged);
                desk.notes.told = judgement.told;
            }
            if let Some(refusal) = judgement.refusal {
                return Err(refusal);
            }
        }
        match plan.questions.is_empty() {
            true => Err(Refusal::new(Why::Internal, "an operation asked nothing")),
            false => Ok(Permit(())),
        }
    }

    /// Makes sure that nothing has changed, and hands the event of the answer to the journal. Whether it came to that: if
    /// not, the request has to be decided again.
    fn confirm(&self, basis: Basis, event: EventText) -> Result<Option<Logged>, Refusal> {
        let pass = self.passing.pass();
        match self.holds(&basis.seen, basis.searched)? {
            true => Ok(Some(Logged { pass: Some(pass), basis: Some(basis), ..self.submit(event)? })),
            false => Ok(None),
        }
    }

    /// Makes the changes, and writes the event down. Whether it came to that, likewise.
    fn change(
        &self,
        seen: &[Seen],
        searched: Option<u64>,
        writes: &Writes,
        event: EventText,
    ) -> Result<Option<Logged>, Refusal> {
        let changes = writes.changes(&self.parts.sealer).map_err(|_| Refusal::new(Why::Internal, ""))?;
        let committed = {
            let _alone = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
            let committed = match searched {
                None => self.parts.store.commit(seen, &changes, &event),
                Some(version) => {
                    let current = self.state.read().unwrap_or_else(PoisonError::into_inner).version();
                    if current != version {
                        return Ok(None);
                    }
                    self.parts.store.commit_at(version, seen, &changes, &event)
                }
            };
            match committed {
                Err(StoreError::Conflict) => return Ok(None),
                Err(error) => return Err(failed(error)),
                Ok(committed) => {
                    self.remember(writes, committed.revision)?;
                    committed
                }
            }
        };
        self.passing.outlast();
        let logged = self.parts.journal.append(&event);
        logged.map_err(|_| Refusal::new(Why::Internal, JOURNAL_REFUSES))?;
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        settled.push(committed.event);
        if settled.len() >= SETTLED_TOGETHER {
            self.parts.store.settle(&settled).map_err(failed)?;
            settled.clear();
        }
        Ok(Some(Logged { ticket: None, event, pass: None, basis: None }))
    }

    /// A change that nobody asked for: made, and its event durable. Whether it came to that.
    pub(crate) fn conclude(&self, seen: &[Seen], writes: &Writes, event: EventText) -> Result<bool, Refusal> {
        let logged = self.change(seen, None, writes, event)?;
        Ok(logged.inspect(|logged| self.tail.push(&logged.event)).is_some())
    }

    /// Tells the store which of its events the journal has. To be done before the journal is sealed.
    pub fn settle(&self) -> Result<(), StoreError> {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        self.parts.store.settle(&settled)?;
        settled.clear();
        self.tell_uses().map_err(|refusal| StoreError::Unavailable(refusal.message))
    }

    /// Writes an event down that changes nothing.
    pub(crate) fn append(&self, event: &EventText) -> Result<(), Refusal> {
        self.log(event)
    }

    fn log(&self, event: &EventText) -> Result<(), Refusal> {
        let appended = self.parts.journal.append(event);
        appended.map_err(|_| Refusal::new(Why::Internal, JOURNAL_REFUSES))?;
        self.tail.push(event);
        Ok(())
    }

    fn submit(&self, event: EventText) -> Result<Logged, Refusal> {
        let submitted = self.parts.journal.submit(std::slice::from_ref(&event));
        let ticket = submitted.map_err(|_| Refusal::new(Why::Internal, JOURNAL_REFUSES))?;
        Ok(Logged { ticket: Some(ticket), event, pass: None, basis: None })
    }

    /// Writes a refusal down that came before anything was decided.
    fn write_refusal(&self, case: &mut Case, refusal: Refusal) -> Result<String, Refusal> {
        if let Ok(event) = case.event(Some(&refusal)) {
            self.log(&event)?;
            return Err(refusal);
        }
        Err(Refusal::new(Why::Internal, ""))
    }

    /// Copies the state of one moment into a file that is not there yet.
    pub fn back_up(&self, to: &std::path::Path) -> Result<(), StoreError> {
        self.parts.store.back_up(to)
    }

    /// Empties the state and keeps the log. For development.
    pub fn reset(&self) -> Result<(), Refusal> {
        let _alone = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        self.parts.store.clear().map_err(failed)?;
        self.opened.clear();
        self.renew()
    }

    /// Whether requests can be served at this moment.
    pub fn is_ready(&self) -> bool {
        self.parts.journal.refusal().is_none() && self.parts.store.check().is_ok()
    }

    /// What time it is on the wall.
    pub(crate) fn wall(&self) -> Timestamp {
        self.parts.clock.wall()
    }

    /// The journal, for sealing.
    pub fn journal(&self) -> &Journal {
        &self.parts.journal
    }

    /// Gives the parts back, for a clean stop.
    pub fn into_parts(self) -> Parts {
        self.parts
    }
}

impl std::fmt::Debug for Kms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kms")
    }
}

pub(crate) fn failed(error: StoreError) -> Refusal {
    Refusal::new(Why::Internal, error.to_string())
}

fn reply(case: Case, answered: Result<String, Refusal>, asked: bool) -> Reply {
    let told = case.told(answered.as_ref().err());
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(refusal) => (error::status(refusal.why), error::body(&refusal)),
    };
    let explain = Some(case.notes.told).filter(|told| asked && !told.is_empty());
    Reply { status, content_type: JSON, body, request_id: case.request_id, explain, told }
}

const JOURNAL_REFUSES: &str = "The audit log cannot be written, so no request is served.";

/// The field of the request that names its key, as the caller wrote it.
pub(crate) const KEY_ID: Field<wardbook_audit::event::Name> = Field::KEY_ID;
