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

mod conclude;
mod fresh;
mod passing;
mod ready;
mod start;
mod step;
mod target;

use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError, RwLock};

use wardbook_audit::event::{Field, Parameters};
use wardbook_audit::journal::Journal;
use wardbook_audit::time::Timestamp;
use wardbook_backend::call::Clock as _;

use crate::api::Operation;
use crate::authenticate::{Claim, SigningKeys, authenticate_as};
use crate::caller::Caller;
use crate::console::Tail;
use crate::desk::{Behalf, Desk};
use crate::event::{Case, Told};
use crate::grant_token;
use crate::last_use::LastUses;
use crate::limits::{ATTEMPTS_MAX, BODY_BYTES_HERE_MAX};
use crate::opened::Opened;
use crate::operation;
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{State, Writes};
use crate::store::StoreError;
use crate::wire::{decode, error};

use passing::Passing;
pub use start::{Parts, StartError};
pub(crate) use step::Worked;
use step::{Basis, Rest};
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

const JSON: &str = "application/x-amz-json-1.1";
impl Kms {
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

    /// Refuses a request for which there is no room anywhere, before its body is read.
    pub fn shed(&self, raw: &Raw) -> Step {
        let case = self.case_of_head(raw);
        self.refuse(raw, case, Refusal::new(Why::Throttling, crate::desk::THROTTLED))
    }

    /// What is known of a request whose body nobody has. Who sent it is not, since the body would have to be under the
    /// signature.
    fn case_of_head(&self, raw: &Raw) -> Case {
        let mut case = Case::open(raw, self.parts.clock.now(), &*self.parts.random);
        match crate::sts::is_meant(raw) {
            true => case.about("sts.amazonaws.com"),
            // Whether there is such an operation makes no difference any more.
            false => drop(target(raw, &mut case)),
        }
        case
    }

    /// Refuses a request whose body nobody has, and writes that down.
    pub fn decline(&self, raw: &Raw, status: u16, refusal: Refusal) -> Reply {
        let mut case = self.case_of_head(raw);
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
        desk.note_key_store(&plan);
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
