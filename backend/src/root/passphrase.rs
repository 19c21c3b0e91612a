//! A root key that somebody types: stretched with argon2id, RFC 9106.

use std::fmt;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, Params, Version};

use super::{LocalRoot, RootError, file};
use crate::memory::LockedKey;
use crate::random::{Random, RandomError};
use crate::secret::Secret;

/// How a passphrase is stretched. Not secret; must be kept, because another salt gives another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2id {
    memory_kibibytes: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
}

/// The parameters of argon2id are not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the argon2id parameters must read `argon2id,m=KIBIBYTES,t=PASSES,p=LANES,salt=32 HEX DIGITS`, with m from {MEMORY_KIBIBYTES_MIN} to {MEMORY_KIBIBYTES_MAX}, t from 1 to {PASSES_MAX}, p from 1 to {LANES_MAX}"
)]
pub struct ParametersError;

const SALT_BYTES: usize = 16;
/// OWASP's smallest recommendation for argon2id.
const MEMORY_KIBIBYTES_MIN: u32 = 19_456;
const MEMORY_KIBIBYTES_MAX: u32 = 4_194_304;
const PARAMETERS_BYTES_MAX: u64 = 256;
const PASSES_MAX: u32 = 64;
const LANES_MAX: u32 = 64;
const PASSPHRASE_BYTES_MIN: usize = 8;
/// The longest passphrase.
pub(super) const PASSPHRASE_BYTES_MAX: usize = 1_024;

impl Argon2id {
    /// RFC 9106's second recommendation (64 MiB, three passes, four lanes) with a fresh salt.
    pub fn fresh(random: &dyn Random) -> Result<Self, RandomError> {
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt)?;
        Ok(Self { memory_kibibytes: 65_536, passes: 3, lanes: 4, salt })
    }
}

/// The parameters that a file keeps for a passphrase, made with fresh ones if it is not there. They are no secret, and
/// the passphrase is worth nothing without them.
pub fn parameters(path: &Path, random: &dyn Random) -> Result<Argon2id, RootError> {
    let at = || path.display().to_string();
    let unreadable = |source| RootError::Unreadable { path: at(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let fresh = Argon2id::fresh(random)?;
            match file::write(path, format!("{fresh}\n").as_bytes()) {
                Ok(()) => return Ok(fresh),
                // Somebody else was quicker, and theirs are the parameters.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => File::open(path).map_err(unreadable)?,
                Err(source) => return Err(RootError::Unwritable { path: at(), source }),
            }
        }
        file => file.map_err(unreadable)?,
    };
    let text = file::text(file, PARAMETERS_BYTES_MAX).map_err(unreadable)?;
    Ok(std::str::from_utf8(&text).map_err(|_| ParametersError)?.parse()?)
}

/// A root key from a passphrase.
pub fn passphrase(passphrase: &Secret, parameters: &Argon2id) -> Result<LocalRoot, RootError> {
    if !(PASSPHRASE_BYTES_MIN..=PASSPHRASE_BYTES_MAX).contains(&passphrase.len()) {
        return Err(RootError::PassphraseLength(PASSPHRASE_BYTES_MIN, PASSPHRASE_BYTES_MAX));
    }
    let Argon2id { memory_kibibytes, passes, lanes, salt } = parameters;
    let params = Params::new(*memory_kibibytes, *passes, *lanes, None).map_err(|_| ParametersError)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let key = LockedKey::new(|key| argon2.hash_password_into(passphrase.expose(), salt, key));
    LocalRoot::of(key.map_err(|_| ParametersError)?)
}

impl fmt::Display for Argon2id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "argon2id,m={},t={},p={},salt=", self.memory_kibibytes, self.passes, self.lanes)?;
        self.salt.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Argon2id {
    type Err = ParametersError;

    fn from_str(text: &str) -> Result<Self, ParametersError> {
        let mut fields = text.trim().split(',');
        let mut field = |name: &str| fields.next().and_then(|field| field.strip_prefix(name)).ok_or(ParametersError);
        field("argon2id")?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| ParametersError);
        let (memory_kibibytes, passes, lanes) = (number(field("m=")?)?, number(field("t=")?)?, number(field("p=")?)?);
        let digits = field("salt=")?;
        let mut salt = [0; SALT_BYTES];
        if digits.len() != 2 * SALT_BYTES || !digits.is_ascii() || fields.next().is_some() {
            return Err(ParametersError);
        }
        for (index, byte) in salt.iter_mut().enumerate() {
            let pair = digits.get(2 * index..2 * index + 2).ok_or(ParametersError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ParametersError)?;
        }
        let usable = (MEMORY_KIBIBYTES_MIN..=MEMORY_KIBIBYTES_MAX).contains(&memory_kibibytes)
            && (1..=PASSES_MAX).contains(&passes)
            && (1..=LANES_MAX).contains(&lanes);
        match usable {
            true => Ok(Self { memory_kibibytes, passes, lanes, salt }),
            false => Err(ParametersError),
        }
    }
}
