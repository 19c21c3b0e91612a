//! Why a request is refused, before anything is said about names on the wire.

/// A refusal: why, and what the caller is told. The message never carries a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why:?}: {message}")]
pub struct Refusal {
    /// Why.
    pub why: Why,
    /// What the caller is told; may be empty where AWS says nothing.
    pub message: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(why: Why, message: impl Into<String>) -> Self {
        Self { why, message: message.into() }
    }
}

/// The kinds of refusals, one for each name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The policies say no.
    AccessDenied,
    /// The name is taken.
    AlreadyExists,
    /// Another change of the key is under way.
    Conflict,
    /// The cluster is not known.
    ClusterNotFound,
    /// The cluster has a key store already.
    ClusterInUse,
    /// The key is disabled.
    Disabled,
    /// Permitted, and only asked.
    DryRun,
    /// Something did not answer in time.
    DependencyTimeout,
    /// The import token is too old.
    ExpiredImportToken,
    /// The session is over.
    ExpiredToken,
    /// The ciphertext is of another key.
    IncorrectKey,
    /// Not the material that the key had before.
    IncorrectKeyMaterial,
    /// The signature lacks a part.
    IncompleteSignature,
    /// Something that should not happen.
    Internal,
    /// The alias name has a wrong form.
    InvalidAliasName,
    /// The ARN is of a wrong kind.
    InvalidArn,
    /// The ciphertext does not open.
    InvalidCiphertext,
    /// No such grant.
    InvalidGrantId,
    /// The grant token is none of ours.
    InvalidGrantToken,
    /// The import token is of another key.
    InvalidImportToken,
    /// The key is not for this.
    InvalidKeyUsage,
    /// The MAC does not verify.
    InvalidMac,
    /// The marker is none of ours.
    InvalidMarker,
    /// The signature does not verify.
    InvalidSignature,
    /// The state of the key does not permit it.
    InvalidState,
    /// The key cannot be reached.
    KeyUnavailable,
    /// The key store still has keys.
    KeyStoreHasKeys,
    /// The key store is connected where it must not be, or not where it must.
    KeyStoreState,
    /// The name of the key store is taken.
    KeyStoreNameInUse,
    /// No such key store.
    KeyStoreNotFound,
    /// A quota is used up.
    LimitExceeded,
    /// The key policy is no policy.
    MalformedPolicy,
    /// Nobody signed the request.
    MissingAuthentication,
    /// The name is reserved.
    NotAuthorized,
    /// No such thing.
    NotFound,
    /// The request's own signature does not verify.
    RequestSignature,
    /// The body is not JSON of the right types.
    Serialization,
    /// A tag is not permitted.
    Tag,
    /// Too much at once.
    Throttling,
    /// No such operation.
    UnknownOperation,
    /// The access key or session token is not known.
    UnrecognizedClient,
    /// The key or parameter does not go with the operation.
    Unsupported,
    /// A parameter breaks a rule.
    Validation,
    /// Another key of the store stands for that external key.
    XksKeyInUse,
    /// The external key has the wrong type, usage or state.
    XksKeyConfiguration,
    /// The proxy knows no such key.
    XksKeyNotFound,
    /// The proxy refused the credential.
    XksProxyCredential,
    /// The proxy as it is described cannot serve a key store.
    XksProxyConfiguration,
    /// The proxy answers what nobody understands.
    XksProxyResponse,
    /// Another key store has the same proxy.
    XksProxyInUse,
    /// The proxy does not answer.
    XksProxyUnreachable,
}
