//! What every backend must do, as code that runs against any of them.
//!
//! [`run`] takes one backend through everything its capabilities say, and through what it must refuse. [`pair`]
//! takes two and lets each open, verify and agree with what the other made, from the same imported material.
//! Both return a [`Report`]; a test asserts that it has no failures and prints its counts.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::backend::{Backend, Depth, Destruction};
use crate::call::{Call, Clock};
use crate::error::BackendError;
use crate::import::Wrapping;
use crate::key::KeyHandle;
use crate::limits;
use crate::operation::OperationKind;
use crate::spec::{KeySpec, Usage};
use crate::token::{Binding, KeyToken, MaterialId};

mod cipher;
mod import;
mod mac;
mod pairs;
mod public;
mod signature;
mod wrap;

pub use wrap::{Sm2Wrap, Wrap};

/// A backend, and what a test knows about it.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The backend.
    pub backend: &'a dyn Backend,
    /// Keys that it already has, for backends that cannot make any.
    pub existing: &'a [(KeySpec, &'a str)],
    /// Ways in which the test can wrap material for import.
    pub wraps: &'a [&'a dyn Wrap],
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Report {
    passed: BTreeMap<String, usize>,
    failures: Vec<String>,
}

/// Runs everything on one backend.
pub fn run(subject: &Subject<'_>) -> Report {
    run_on(subject, KeySpec::all())
}

/// Runs everything on one backend, with keys of these specs only.
pub fn run_on(subject: &Subject<'_>, specs: impl IntoIterator<Item = KeySpec>) -> Report {
    let mut report = Report::default();
    whole(subject, &mut report);
    for spec in specs {
        for usage in spec.usages() {
            one(subject, spec, *usage, &mut report);
        }
        import::run(subject, spec, &mut report);
    }
    report
}

/// Runs everything that two backends must agree on.
pub fn pair(one: &Subject<'_>, other: &Subject<'_>) -> Report {
    let mut report = Report::default();
    for spec in KeySpec::all() {
        pairs::run(one, other, spec, &mut report);
    }
    report
}

impl Report {
    /// What did not hold. Must be empty.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// How many checks held.
    pub fn passed(&self) -> usize {
        self.passed.values().sum()
    }

    fn check(&mut self, part: &str, what: impl fmt::Display, holds: bool) {
        match holds {
            true => *self.passed.entry(part.to_owned()).or_default() += 1,
            false => self.failures.push(format!("{part}: {what}")),
        }
    }

    /// Checks an outcome against the wanted error.
    fn refuses<T>(&mut self, part: &str, what: impl fmt::Display, got: Result<T, BackendError>, wanted: BackendError) {
        let got = got.err();
        let seen = got.map_or("it was done".to_owned(), |error| error.to_string());
        self.check(part, format_args!("{what}: {seen}, instead of: {wanted}"), got == Some(wanted));
    }

    /// Checks that something was done, and gives it.
    fn done<T>(&mut self, part: &str, what: impl fmt::Display, got: Result<T, BackendError>) -> Option<T> {
        let error = got.as_ref().err().copied();
        let reason = error.map_or(String::new(), |error| error.to_string());
        self.check(part, format_args!("{what}: {reason}"), error.is_none());
        got.ok()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (part, count) in &self.passed {
            writeln!(f, "{part:<48} {count:>6} passed")?;
        }
        writeln!(f, "{:<48} {:>6} passed, {} failed", "all", self.passed(), self.failures.len())?;
        self.failures.iter().try_for_each(|failure| writeln!(f, "FAILED {failure}"))
    }
}

/// A clock that stands still, to make deadlines that have passed.
pub(crate) struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Duration {
        Duration::from_secs(1)
    }
}

pub(crate) const LATE: Duration = Duration::from_millis(999);

pub(crate) fn binding(name: &str, version: u8, spec: KeySpec, usage: Usage) -> Result<Binding, BackendError> {
    Binding::new(name, MaterialId([version; 32]), spec, usage)
}

/// Makes a key in whichever way the backend has one; `None` if it has none of this kind.
pub(crate) fn make(subject: &Subject<'_>, binding: &Binding) -> Option<Result<KeyToken, BackendError>> {
    let (spec, usage) = (binding.spec(), binding.usage());
    let covers = |origin| subject.backend.capabilities().covers(spec, usage, origin);
    if covers(OperationKind::Generate) {
        return Some(subject.backend.generate(binding, &Call::unhurried()));
    }
    let (_, name) = subject.existing.iter().find(|(its, _)| *its == spec && covers(OperationKind::Adopt))?;
    Some(subject.backend.adopt(binding, name, &Call::unhurried()))
}

/// Makes and opens a key.
pub(crate) fn handle(
    subject: &Subject<'_>,
    binding: &Binding,
    report: &mut Report,
    part: &str,
) -> Option<(KeyToken, KeyHandle)> {
    let token = report.done(part, "a key is made", make(subject, binding)?)?;
    let opened = subject.backend.open(&token, binding, &Call::unhurried());
    Some((token, report.done(part, "a key opens", opened)?))
}

/// Positions at which damage is tried: all, or for long inputs a sample with both ends whole.
pub(crate) fn positions(bytes: usize) -> impl Iterator<Item = usize> {
    (0..bytes).filter(move |position| {
        bytes <= 512 || *position < 64 || *position + 64 >= bytes || position.is_multiple_of(61)
    })
}

pub(crate) fn flipped(bytes: &[u8], position: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = bytes.get_mut(position) {
        *byte ^= 1 << (position % 8);
    }
    bytes
}

pub(crate) fn truncated(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

/// What concerns the backend and no key.
fn whole(subject: &Subject<'_>, report: &mut Report) {
    let (backend, call) = (subject.backend, Call::unhurried());
    let part = "backend";
    let refuted = backend.capabilities().refuted();
    report.check(part, format_args!("no claim was refuted: {refuted:?}"), refuted.is_empty());
    for depth in [Depth::Shallow, Depth::Deep] {
        let health = report.done(part, "health is told", backend.health(depth, &call));
        report.check(part, format_args!("{depth:?} health is active"), health.is_some_and(|health| health.is_active()));
    }
    let (mut one, mut other) = (vec![0; limits::RANDOM_BYTES_MAX], vec![0; limits::RANDOM_BYTES_MAX]);
    report.done(part, "random bytes are given", backend.random(&mut one, &call));
    report.done(part, "random bytes are given", backend.random(&mut other, &call));
    report.check(part, "random bytes differ", one != other);
    let out_of_range = crate::error::InputError::OutOfRange { bytes_max: limits::RANDOM_BYTES_MAX }.into();
    report.refuses(part, "no random bytes", backend.random(&mut [], &call), out_of_range);
    let mut long = vec![0; limits::RANDOM_BYTES_MAX + 1];
    report.refuses(part, "too many random bytes", backend.random(&mut long, &call), out_of_range);
    let late = Call::until(&Stopped, LATE);
    report.refuses(part, "random bytes too late", backend.random(&mut one, &late), BackendError::Timeout);
}

/// What concerns keys of one spec and usage.
fn one(subject: &Subject<'_>, spec: KeySpec, usage: Usage, report: &mut Report) {
    let part = format!("{spec} {usage}");
    let backend = subject.backend;
    let Ok(own) = binding("conformance", 1, spec, usage) else { return };
    let call = Call::unhurried();
    if !backend.capabilities().covers(spec, usage, OperationKind::Generate) {
        let refused = backend.generate(&own, &call);
        let refused = matches!(refused, Err(BackendError::Unsupported { .. }));
        report.check(&part, "a key that cannot be served is refused when it is made", refused);
    }
    let Some((token, key)) = handle(subject, &own, report, &part) else { return };
    tokens(subject, &own, &token, report, &part);
    late(subject, &own, &token, &key, report, &part);
    match usage {
        Usage::EncryptDecrypt => cipher::run(subject, &own, &key, report, &part),
        Usage::SignVerify => signature::run(subject, &own, &key, report, &part),
        Usage::GenerateVerifyMac => mac::run(subject, &own, &key, report, &part),
        Usage::KeyAgreement => public::agree(subject, &own, &key, report, &part),
        Usage::EncapsulateDecapsulate => public::encapsulate(subject, &own, &key, report, &part),
    }
    public::key(subject, &own, &token, &key, report, &part);
    end(subject, &own, &token, report, &part);
}

/// A token opens with its own binding and no other, whole and unchanged.
fn tokens(subject: &Subject<'_>, own: &Binding, token: &KeyToken, report: &mut Report, part: &str) {
    let (backend, call) = (subject.backend, Call::unhurried());
    let read = KeyToken::from_bytes(token.as_bytes());
    report.check(part, "a token survives storage", read.as_ref() == Ok(token));
    report.check(part, "a token is known to its backend", backend.serves(token));
    let others = [
        Binding::new("another", own.version(), own.spec(), own.usage()),
        Binding::new(own.id(), MaterialId([2; 32]), own.spec(), own.usage()),
    ];
    let specs = KeySpec::all().filter(|spec| *spec != own.spec());
    let specs = specs.map(|spec| Binding::new(own.id(), own.version(), spec, own.usage()));
    let usages = own.spec().usages().iter().filter(|usage| **usage != own.usage());
    let usages = usages.map(|usage| Binding::new(own.id(), own.version(), own.spec(), *usage));
    for other in others.into_iter().chain(specs).chain(usages).flatten() {
        let opened = backend.open(token, &other, &call);
        report.refuses(part, format_args!("a token with the binding {other:?}"), opened, BackendError::InvalidToken);
    }
    for position in positions(token.as_bytes().len()) {
        let opened = KeyToken::from_bytes(&flipped(token.as_bytes(), position))
            .and_then(|token| backend.open(&token, own, &call).map(|_| ()));
        report.check(part, format_args!("a token with byte {position} changed is refused"), opened.is_err());
    }
    for length in positions(token.as_bytes().len()) {
        let opened = KeyToken::from_bytes(truncated(token.as_bytes(), length))
            .and_then(|token| backend.open(&token, own, &call).map(|_| ()));
        report.check(part, format_args!("a token cut to {length} bytes is refused"), opened.is_err());
    }
    match backend.rewrap(token, own, &call) {
        Ok(Some(rewrapped)) => {
            let opened = backend.open(&rewrapped, own, &call);
            report.done(part, "a rewrapped token opens", opened);
        }
        other => {
            report.done(part, "a token is rewrapped or needs no rewrapping", other);
        }
    }
}

/// After the deadline nothing begins.
fn late(subject: &Subject<'_>, own: &Binding, token: &KeyToken, key: &KeyHandle, report: &mut Report, part: &str) {
    let late = Call::until(&Stopped, LATE);
    let opened = subject.backend.open(token, own, &late).map(|_| ());
    report.refuses(part, "a key opened too late", opened, BackendError::Timeout);
    if subject.backend.capabilities().covers(own.spec(), own.usage(), OperationKind::Generate) {
        let made = subject.backend.generate(own, &late);
        report.refuses(part, "a key made too late", made, BackendError::Timeout);
    }
    let rewrapped = subject.backend.rewrap(token, own, &late);
    report.refuses(part, "a token rewrapped too late", rewrapped, BackendError::Timeout);
    let destroyed = subject.backend.destroy(token, own, &late);
    report.refuses(part, "a key destroyed too late", destroyed, BackendError::Timeout);
    for row in key.capabilities() {
        let refused = cipher::with_row(key, row, &late);
        let refused = refused.is_none_or(|refused| refused == Err(BackendError::Timeout));
        report.check(part, format_args!("{} is refused after the deadline", row.operation), refused);
    }
}

/// A destroyed key does not come back, as far as that is the backend's to say.
fn end(subject: &Subject<'_>, own: &Binding, token: &KeyToken, report: &mut Report, part: &str) {
    let call = Call::unhurried();
    let foreign = Binding::new("another", own.version(), own.spec(), own.usage());
    if let Ok(foreign) = foreign {
        let destroyed = subject.backend.destroy(token, &foreign, &call);
        report.refuses(part, "destruction under another id", destroyed, BackendError::InvalidToken);
    }
    let destroyed = report.done(part, "a key is destroyed", subject.backend.destroy(token, own, &call));
    if destroyed == Some(Destruction::AtHolder) {
        let opened = subject.backend.open(token, own, &call).map(|_| ());
        report.check(part, "a destroyed key does not open", opened.is_err());
    }
}

/// The wrapping, and who can do it for the test.
pub(crate) fn wraps<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (Wrapping, &'a dyn Wrap)> {
    let offered = subject.backend.capabilities().wrappings().to_vec();
    let wraps = subject.wraps;
    offered.into_iter().filter_map(move |wrapping| {
        wraps.iter().find(|wrap| wrap.wrappings().contains(&wrapping)).map(|wrap| (wrapping, *wrap))
    })
}
