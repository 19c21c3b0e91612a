//! What is noted on the desk for the log: what was touched, what was answered, what else is told.

use wardbook_audit::event::{Field, Name, Resource};
use wardbook_policy::catalogue::{KmsOperation, kms_operation};

use super::{Desk, Found};
use crate::name::{AliasName, KeyName};
use crate::serve::Plan;

impl Desk<'_> {
    /// Notes for the log that a key is touched.
    pub(super) fn touch(&mut self, found: &Found) {
        let name = match found {
            Found::Here(key, _) => key.name.clone(),
            Found::Abroad(name, shown) if shown.contains(":key/") => name.clone(),
            Found::Abroad(..) | Found::Ciphertext(_) => return,
        };
        self.touch_key(&name);
    }

    /// The same for a key that is made.
    pub fn touch_key(&mut self, name: &KeyName) {
        self.touch_named(&name.arn(), &name.account);
    }

    /// The same for an alias, which the log has under the type of a key as AWS has it.
    pub fn touch_alias(&mut self, name: &AliasName) {
        self.touch_named(&name.arn(), &name.account);
    }

    fn touch_named(&mut self, arn: &str, account: &str) {
        let parts = (Name::new(arn), Name::new(account), Name::new("AWS::KMS::Key"));
        if let (Some(arn), Some(account), Some(kind)) = parts {
            self.notes.resources.push(Resource { arn, account, kind });
        }
    }

    /// Notes one field of the answer.
    pub fn note_answer<V: wardbook_audit::event::Loggable>(&mut self, field: Field<V>, value: Option<V>) {
        self.notes.response.get_or_insert_default().set_some(field, value);
    }

    /// Notes which custom key store has the key of a cryptographic operation, and under which name somebody else does.
    pub fn note_key_store(&mut self, plan: &Plan) {
        let mut uses = plan.uses.iter().filter(|(_, key)| key.record.key_store.is_some());
        let is_cryptographic = |action: &str| kms_operation(action).is_some_and(KmsOperation::is_cryptographic);
        if let Some((_, key)) = uses.find(|(action, _)| is_cryptographic(action)) {
            let (store, external) = (key.record.key_store.as_deref(), key.record.external_id.as_deref());
            self.notes.additional.set_some(Field::CUSTOM_KEY_STORE_ID, store.and_then(Name::new));
            self.notes.additional.set_some(Field::XKS_KEY_ID, external.and_then(Name::new));
        }
    }

    /// Notes which material of a symmetric key was used.
    pub fn note_material(&mut self, field: Field<Name>, id: Option<String>) {
        self.notes.additional.set_some(field, id.and_then(Name::new));
    }
}
