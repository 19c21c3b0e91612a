//! A root key in the token: what the software backend keeps at rest is worth nothing without the token.

use std::fmt;
use std::sync::Arc;

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass};
use sha2::{Digest, Sha256};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::envelope::{self, Primitives};
use wardbook_backend::error::BackendError;
use wardbook_backend::kdf;
use wardbook_backend::random::Random;
use wardbook_backend::root::{Root, RootId};
use wardbook_backend::secret::Secret;
use wardbook_backend::token::MaterialId;

use crate::backend::{self, StartError};
use crate::key;
use crate::object::{self, ObjectId};
use crate::settings::{Derivation, Settings};
use crate::symmetric::FromHmac;
use crate::token::Token;
use crate::trial;

/// A root key that never leaves its token.
pub struct TokenRoot {
    id: RootId,
    primitives: FromHmac,
}

const ID_LABEL: &[u8] = b"wardbook-root-id";
const OBJECT_LABEL: &str = "wardbook root";

impl TokenRoot {
    /// Logs in to a token for the sake of a root key alone. The key is made if there is none of this name; what it is
    /// for is tried with known answers first, and nothing else of the token is.
    pub fn start(settings: Settings, name: &str, call: &Call<'_>) -> Result<Self, StartError> {
        let (token, _) = backend::connect(settings)?;
        match trial::again(&token, Derivation::FromHmac) {
            true => Self::open(&token, name, call).map_err(StartError::Token),
            false => Err(StartError::Token(BackendError::Integrity)),
        }
    }

    pub(crate) fn open(token: &Arc<Token>, name: &str, call: &Call<'_>) -> Result<Self, BackendError> {
        let id = ObjectId(Sha256::new().chain_update(OBJECT_LABEL).chain_update(name).finalize().into());
        token.with(call, |lease| {
            let wanted = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Id(id.0.to_vec())];
            // Two of one name would be two root keys by chance: better none.
            match object::find(lease, &wanted)?.len() {
                0 => {
                    let mut template = key::kept(id, &format!("{OBJECT_LABEL} {name}"), true);
                    template.push(Attribute::ValueLen(32_usize.try_into()?));
                    template.push(Attribute::Sign(true));
                    lease.session().generate_key(&Mechanism::GenericSecretKeyGen, &template)?;
                    Ok(())
                }
                1 => Ok(()),
                _ => Err(BackendError::InvalidState.into()),
            }
        })?;
        let primitives = FromHmac::new(token, id);
        let mut image = [0; 32];
        kdf::counter_mode(|input| primitives.prf(input, call), &kdf::fixed_input(ID_LABEL, &[], 256), &mut image)?;
        Ok(Self { id: RootId(image), primitives })
    }
}

impl Root for TokenRoot {
    fn id(&self) -> RootId {
        self.id
    }

    fn wrap(
        &self,
        secret: &Secret,
        context: &Context,
        random: &dyn Random,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        envelope::seal(&self.primitives, MaterialId(self.id.0), secret.expose(), context, random, call)
    }

    fn unwrap(&self, wrapped: &[u8], context: &Context, call: &Call<'_>) -> Result<Secret, BackendError> {
        envelope::open(&self.primitives, MaterialId(self.id.0), wrapped, context, call).map_err(|error| match error {
            BackendError::InvalidCiphertext => BackendError::InvalidToken,
            other => other,
        })
    }
}

impl fmt::Debug for TokenRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRoot").field("id", &self.id).finish_non_exhaustive()
    }
}
