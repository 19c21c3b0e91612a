//! Any bytes as wrapped key material, and as an import session: nothing comes of them.

use std::sync::{Arc, LazyLock};

use wardbook_backend::backend::Backend;
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::import::{ImportSession, Wrapping, WrappingAlgorithm, WrappingKeySpec};
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};

static STARTED: LazyLock<Option<(Software, Binding, ImportSession)>> = LazyLock::new(|| {
    let root = LocalRoot::ephemeral(&System).ok()?;
    let software = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
    let binding = Binding::new("fuzz", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).ok()?;
    let wrapping = Wrapping { algorithm: WrappingAlgorithm::Sm2Pke, key: WrappingKeySpec::Sm2 };
    let offer = software.begin_import(&binding, wrapping, &Call::unhurried()).ok()?;
    Some((software, binding, offer.session))
});

pub(crate) fn run(data: &[u8]) {
    let (software, binding, session) = STARTED.as_ref().expect("a backend starts");
    let call = &Call::unhurried();
    assert_eq!(software.import(binding, session, data, call), Err(BackendError::InvalidImport));
    if let Ok(other) = ImportSession::from_bytes(data)
        && other != *session
    {
        assert!(software.import(binding, &other, data, call).is_err());
    }
}
