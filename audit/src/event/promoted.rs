//! What questions about keys need, pulled out of the places where CloudTrail scatters it.
//!
//! Real Decrypt events name the key only in `resources`, a role's session stands where its role should, and so on.
//! The values here are computed from the event alone; `verify` computes them again.

use std::borrow::Cow;

use crate::json::{Kind, Value};

/// Values of the promoted columns, each under its column's name.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is documented as a column, in `column.rs`")]
pub struct Promoted<'a> {
    pub principal_arn: Option<Cow<'a, str>>,
    pub principal_type: Option<Cow<'a, str>>,
    pub principal_account_id: Option<Cow<'a, str>>,
    pub session_name: Option<Cow<'a, str>>,
    pub invoked_by: Option<Cow<'a, str>>,
    pub kms_key_arn: Option<Cow<'a, str>>,
    pub kms_key_id_requested: Option<Cow<'a, str>>,
    pub dest_kms_key_arn: Option<Cow<'a, str>>,
    /// The object whose members are the pairs of the context.
    pub encryption_context: Option<Value<'a>>,
    /// The object whose members are the pairs of the context.
    pub dest_encryption_context: Option<Value<'a>>,
    pub via_service: Option<Cow<'a, str>>,
    pub decision: Option<Cow<'a, str>>,
    pub decided_by: Option<Cow<'a, str>>,
    pub grant_id: Option<Cow<'a, str>>,
    pub policy_digest: Option<Cow<'a, str>>,
}

impl<'a> Promoted<'a> {
    /// The members of a record that they are computed from.
    pub(crate) const SOURCES: [&'static str; 4] =
        ["userIdentity", "requestParameters", "resources", "additionalEventData"];

    /// Computes them.
    pub(super) fn of(record: Value<'a>) -> Self {
        let mut values = [None; 4];
        for (name, value) in record.members() {
            for (source, found) in Self::SOURCES.iter().zip(&mut values) {
                if *source == name {
                    *found = Some(value);
                }
            }
        }
        Self::from(values)
    }

    /// Computes them from the members that [`Self::SOURCES`] names.
    pub(crate) fn from([identity, parameters, resources, data]: [Option<Value<'a>>; 4]) -> Self {
        let mut promoted = Self::default();
        if let Some(identity) = identity {
            promoted.identity(identity);
        }
        if let Some(resources) = resources {
            promoted.resources(resources);
        }
        if let Some(data) = data {
            promoted.wardbook(data);
        }
        if let Some(parameters) = parameters {
            promoted.parameters(parameters);
        }
        promoted
    }

    /// The value of the text column of that name.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.texts().into_iter().find(|(name, _)| *name == column)?.1
    }

    /// The text columns by name, always in the same order.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&str>); 13] {
        [
            ("principal_arn", self.principal_arn.as_deref()),
            ("principal_type", self.principal_type.as_deref()),
            ("principal_account_id", self.principal_account_id.as_deref()),
            ("session_name", self.session_name.as_deref()),
            ("invoked_by", self.invoked_by.as_deref()),
            ("kms_key_arn", self.kms_key_arn.as_deref()),
            ("kms_key_id_requested", self.kms_key_id_requested.as_deref()),
            ("dest_kms_key_arn", self.dest_kms_key_arn.as_deref()),
            ("via_service", self.via_service.as_deref()),
            ("decision", self.decision.as_deref()),
            ("decided_by", self.decided_by.as_deref()),
            ("grant_id", self.grant_id.as_deref()),
            ("policy_digest", self.policy_digest.as_deref()),
        ]
    }

    /// The value of the map column of that name, as an object.
    pub fn map(&self, column: &str) -> Option<Value<'a>> {
        match column {
            "encryption_context" => self.encryption_context,
            "dest_encryption_context" => self.dest_encryption_context,
            _ => None,
        }
    }

    fn identity(&mut self, identity: Value<'a>) {
        let mut arn = None;
        let mut issuer = None;
        for (name, value) in identity.members() {
            match &*name {
                "type" => self.principal_type = value.as_text(),
                "arn" => arn = value.as_text(),
                "accountId" => self.principal_account_id = value.as_text(),
                "invokedBy" => self.invoked_by = value.as_text(),
                "sessionContext" => issuer = value.member("sessionIssuer").and_then(|issuer| issuer.text_member("arn")),
                _ => {}
            }
        }
        if self.principal_type.as_deref() == Some("AssumedRole") {
            self.session_name = arn.as_deref().and_then(session_name).map(|name| Cow::Owned(name.to_owned()));
            self.principal_arn = issuer.or(arn);
        } else {
            self.principal_arn = arn;
        }
    }

    fn resources(&mut self, resources: Value<'a>) {
        let arns = resources.elements().filter_map(|resource| resource.text_member("ARN"));
        let mut keys = arns.filter(|arn| arn.contains(":key/"));
        self.kms_key_arn = keys.next();
        self.dest_kms_key_arn = keys.next();
    }

    fn parameters(&mut self, parameters: Value<'a>) {
        for (name, value) in parameters.members() {
            match &*name {
                "keyId" => self.kms_key_id_requested = value.as_text(),
                "destinationKeyId" => {
                    if let Some(arn) = value.as_text().filter(|text| is_key_arn(text)) {
                        self.dest_kms_key_arn = Some(arn);
                    }
                }
                // In whichever order they stand.
                "encryptionContext" => self.encryption_context = object(value).or(self.encryption_context),
                "sourceEncryptionContext" => {
                    self.encryption_context = self.encryption_context.or(object(value));
                }
                "destinationEncryptionContext" => self.dest_encryption_context = object(value),
                _ => {}
            }
        }
        if self.kms_key_arn.is_none() {
            self.kms_key_arn = self.kms_key_id_requested.clone().filter(|text| is_key_arn(text));
        }
    }

    fn wardbook(&mut self, data: Value<'a>) {
        let Some(wardbook) = data.member("wardbook") else { return };
        for (name, value) in wardbook.members() {
            match &*name {
                "decision" => self.decision = value.as_text(),
                "decidedBy" => self.decided_by = value.as_text(),
                "grantId" => self.grant_id = value.as_text(),
                "policyDigest" => self.policy_digest = value.as_text(),
                "viaService" => self.via_service = value.as_text(),
                _ => {}
            }
        }
    }
}

/// Whether a text is the ARN of a KMS key, in any partition.
pub fn is_key_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.nth(1) == Some("kms")
        && parts.nth(2).is_some_and(|resource| resource.starts_with("key/") && resource.len() > 4)
}

fn session_name(arn: &str) -> Option<&str> {
    let (_, path) = arn.split_once(":assumed-role/")?;
    path.rsplit_once('/').map(|(_, name)| name)
}

fn object(value: Value<'_>) -> Option<Value<'_>> {
    (value.kind() == Kind::Object).then_some(value)
}
