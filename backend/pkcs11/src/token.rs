//! One token: its sessions, its login, and finding both again when they are lost.
//!
//! Sessions are opened as they are needed, up to a bound, and lent out one per operation. When an operation says
//! that the session, the login or the token is gone, every session of that generation is given up, the next one
//! logs in again, and the operation is repeated once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::{MechanismInfo, MechanismType};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::random::{Random, RandomError};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::pin::{self, Pin};
use crate::settings::{Settings, Which};

/// A token and the way to it.
pub(crate) struct Token {
    context: Pkcs11,
    which: Which,
    pin: Pin,
    sessions_max: usize,
    state: Mutex<State>,
    freed: Condvar,
    /// Whether an operation was declined since this was last forgiven; read by trials only.
    declined: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Counts how often everything was lost. Sessions and object handles of another generation are void.
    generation: u64,
    idle: Vec<Session>,
    open: usize,
    /// The PIN that the token refused: it is not tried again, because tokens lock after a few.
    refused: Option<Zeroizing<String>>,
}

/// A session, lent for one operation.
pub(crate) struct Lease {
    session: Session,
    generation: u64,
}

impl Lease {
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }
}

impl Token {
    pub(crate) fn new(settings: Settings) -> Result<(Self, Option<std::path::PathBuf>), Error> {
        let context = Pkcs11::new(&settings.module)?;
        let Settings { token, pin, sessions_max, budget, .. } = settings;
        let state = Mutex::default();
        let token = Self {
            context,
            which: token,
            pin,
            sessions_max,
            state,
            freed: Condvar::new(),
            declined: AtomicBool::new(false),
        };
        token.initialize()?;
        Ok((token, budget))
    }

    /// Runs one operation with a session of its own; once more with a new one if the first was lost.
    pub(crate) fn with<T>(
        &self,
        call: &Call<'_>,
        run: impl Fn(&Lease) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        for _ in 0..2 {
            let lease = match self.lease(call) {
                Ok(lease) => lease,
                Err(Failure::Said(error)) => return Err(error),
                Err(Failure::Lost) => {
                    self.forget();
                    continue;
                }
                Err(Failure::Declined | Failure::DeclinedAs(_) | Failure::Stale) => {
                    return Err(BackendError::Unavailable);
                }
            };
            match run(&lease) {
                Err(Failure::Lost) => self.lose(lease),
                done => {
                    self.give_back(lease);
                    return done.map_err(|failure| self.answer(failure));
                }
            }
        }
        Err(BackendError::Unavailable)
    }

    /// Forgets what was declined.
    pub(crate) fn forgive(&self) {
        self.declined.store(false, Ordering::Relaxed);
    }

    /// Whether an operation was declined since.
    pub(crate) fn has_declined(&self) -> bool {
        self.declined.load(Ordering::Relaxed)
    }

    fn answer(&self, failure: Failure) -> BackendError {
        if matches!(failure, Failure::Declined | Failure::DeclinedAs(_)) {
            self.declined.store(true, Ordering::Relaxed);
        }
        match failure {
            Failure::Said(error) | Failure::DeclinedAs(error) => error,
            Failure::Stale => BackendError::NotFound,
            Failure::Declined | Failure::Lost => BackendError::Internal,
        }
    }

    /// The token's serial number.
    pub(crate) fn serial(&self) -> Result<String, BackendError> {
        let slot = self.slot().map_err(|_| BackendError::Unavailable)?;
        let info = self.context.get_token_info(slot).map_err(|_| BackendError::Unavailable)?;
        Ok(info.serial_number().to_owned())
    }

    /// What the token says about a mechanism, if it has it.
    pub(crate) fn mechanism(&self, mechanism: MechanismType) -> Option<MechanismInfo> {
        self.context.get_mechanism_info(self.slot().ok()?, mechanism).ok()
    }

    fn initialize(&self) -> Result<(), Error> {
        match self.context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            other => other,
        }
    }

    fn slot(&self) -> Result<Slot, Failure> {
        for slot in self.context.get_slots_with_initialized_token()? {
            let info = self.context.get_token_info(slot)?;
            let this = match &self.which {
                Which::Label(label) => info.label() == label,
                Which::Serial(serial) => info.serial_number() == serial,
            };
            if this {
                return Ok(slot);
            }
        }
        Err(Failure::Said(BackendError::Unavailable))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(&self, call: &Call<'_>) -> Result<Lease, Failure> {
        let mut state = self.state();
        loop {
            let left = call.left()?;
            if let Some(session) = state.idle.pop() {
                return Ok(Lease { session, generation: state.generation });
            }
            if state.open < self.sessions_max {
                break;
            }
            state = match left {
                None => self.freed.wait(state).unwrap_or_else(PoisonError::into_inner),
                // Some clocks are not the system's: look at ours again before long.
                Some(left) => {
                    let patience = left.min(Duration::from_millis(50));
                    self.freed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.open += 1;
        let generation = state.generation;
        drop(state);
        match self.connect() {
            Ok(session) => Ok(Lease { session, generation }),
            Err(failure) => {
                self.state().open -= 1;
                self.freed.notify_one();
                Err(failure)
            }
        }
    }

    /// A new session that is logged in.
    fn connect(&self) -> Result<Session, Failure> {
        self.initialize()?;
        let session = self.context.open_rw_session(self.slot()?)?;
        if session.get_session_info()?.session_state() == SessionState::RwUser {
            return Ok(session);
        }
        let pin = self.pin.read().map_err(|_| BackendError::AccessDenied)?;
        if self.state().refused.as_deref() == Some(&*pin) {
            return Err(Failure::Said(BackendError::AccessDenied));
        }
        match session.login(UserType::User, Some(&pin::auth(&pin))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => {
                let failure = Failure::from(error);
                if failure == Failure::Said(BackendError::AccessDenied) {
                    self.state().refused = Some(pin);
                }
                Err(failure)
            }
        }
    }

    fn give_back(&self, lease: Lease) {
        let mut state = self.state();
        if lease.generation == state.generation {
            state.idle.push(lease.session);
        } else {
            state.open -= 1;
        }
        drop(state);
        self.freed.notify_one();
    }

    fn lose(&self, lease: Lease) {
        let mut state = self.state();
        state.open -= 1;
        if lease.generation == state.generation {
            Self::next(&mut state);
        }
        drop(state);
        self.freed.notify_all();
    }

    fn forget(&self) {
        Self::next(&mut self.state());
        self.freed.notify_all();
    }

    fn next(state: &mut State) {
        state.generation += 1;
        state.open -= state.idle.len();
        state.idle.clear();
    }
}

/// The token's own generator.
impl Random for Token {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        let made = self.with(&Call::unhurried(), |lease| {
            let length = u32::try_from(bytes.len()).map_err(|_| BackendError::Internal)?;
            Ok(Zeroizing::new(lease.session().generate_random_vec(length)?))
        });
        let made = made.map_err(|_| RandomError)?;
        match made.len() == bytes.len() {
            true => {
                bytes.copy_from_slice(&made);
                Ok(())
            }
            false => Err(RandomError),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("which", &self.which).field("pin", &self.pin).finish_non_exhaustive()
    }
}
