//! The root key: where it is, what follows from it, and what is still kept under the one before it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::memory::Lock;
use wardbook_backend::random::{Random, System};
use wardbook_backend::root::{self, Argon2id, Consent, LocalRoot, Root, RootId, Roots};
use wardbook_backend::secret::Secret;
use wardbook_backend_pkcs11::{Pkcs11, Settings};
use wardbook_service::seal::PARENT_BYTES;
use wardbook_service::store::Store;

use super::assemble::read_private;
use crate::diagnostic::{Severity, plain};

/// Under which name the store keeps the wrapped parent of all seals. Where the root key was changed, the id of the one
/// that wraps it follows.
const PARENT: &str = "parent key";
/// Under which name it keeps how passphrases are stretched.
const STRETCHING: &str = "passphrase parameters";
/// The root key in a token, unless the URI names another one.
const TOKEN_KEY: &str = "wardbook";

/// Where a root key is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RootKey {
    Environment(String),
    Credential(String),
    File(PathBuf),
    Passphrase(Source),
    /// A token, and the name of the key in it.
    Token(String, String),
}

/// Where a passphrase is. Never the command line, which others can see.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Environment(String),
    Credential(String),
    File(PathBuf),
}

impl RootKey {
    /// What `--root-key` names, or the file that is usual.
    pub(super) fn named(uri: Option<&str>, data: &Path) -> Self {
        let Some(uri) = uri else { return Self::File(data.join("root.key")) };
        if let Some(source) = uri.strip_prefix("passphrase:") {
            return Self::Passphrase(Source::named(source));
        }
        if uri.starts_with("pkcs11:") {
            let (keys, rest): (Vec<&str>, Vec<&str>) = uri.split(';').partition(|part| part.starts_with("key="));
            let key = keys.first().and_then(|part| part.strip_prefix("key=")).unwrap_or(TOKEN_KEY);
            return Self::Token(rest.join(";"), key.to_owned());
        }
        match Source::named(uri) {
            Source::Environment(name) => Self::Environment(name),
            Source::Credential(name) => Self::Credential(name),
            Source::File(path) => Self::File(path),
        }
    }

    /// The key. A file that is not there is made if it may be.
    pub(super) fn open(&self, store: &dyn Store, make: bool) -> anyhow::Result<Arc<dyn Root>> {
        let root = match self {
            Self::Environment(name) => root::environment(name, variable(name).as_ref(), Consent::EnvironmentIsVisible)?,
            Self::Credential(name) => root::credential(credentials().as_deref(), name)?,
            Self::File(path) if make && !path.exists() => root::create(path, &System)?,
            Self::File(path) => root::file(path)?,
            Self::Passphrase(source) => {
                let mut fresh = || Argon2id::fresh(&System).ok().map(|fresh| fresh.to_string().into_bytes());
                let kept = store.once(STRETCHING, &mut fresh)?;
                let kept = std::str::from_utf8(&kept).ok().and_then(|text| text.parse().ok());
                let parameters: Argon2id = kept.context("what the state says of passphrases is damaged")?;
                root::passphrase(&source.read()?, &parameters)?
            }
            Self::Token(uri, name) => {
                let token = Pkcs11::start(Settings::parse(uri, variable)?)
                    .context("the token of the root key cannot be used")?;
                let root = token.root(name, &Call::unhurried());
                return Ok(Arc::new(root.with_context(|| format!("the token has no usable root key `{name}`"))?));
            }
        };
        Ok(watched(root))
    }
}

impl Source {
    fn named(text: &str) -> Self {
        match (text.strip_prefix("env:"), text.strip_prefix("credential:")) {
            (Some(name), _) => Self::Environment(name.to_owned()),
            (_, Some(name)) => Self::Credential(name.to_owned()),
            _ => Self::File(PathBuf::from(text.strip_prefix("file:").unwrap_or(text))),
        }
    }

    /// The passphrase, without the end of its line.
    fn read(&self) -> anyhow::Result<Secret> {
        let text = match self {
            Self::Environment(name) => variable(name).with_context(|| format!("the variable `{name}` is not set"))?,
            Self::Credential(name) => {
                let plain = !name.is_empty() && name != "." && name != ".." && !name.contains('/');
                let path = credentials().filter(|_| plain).map(|folder| folder.join(name));
                let bytes = path.and_then(|path| fs::read(path).ok()).map(Secret::new);
                bytes.with_context(|| format!("there is no systemd credential `{name}`"))?
            }
            Self::File(path) => Secret::new(read_private(path)?.into_bytes()),
        };
        let line = text.expose();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Ok(Secret::copy(line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

fn variable(name: &str) -> Option<Secret> {
    std::env::var(name).ok().map(|value| Secret::new(value.into_bytes()))
}

/// Where systemd puts the credentials of a service.
fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Says so where the system lets the root key be written to disk with other memory.
fn watched(root: LocalRoot) -> Arc<dyn Root> {
    if root.lock() != Lock::Locked {
        let message = "the root key cannot be kept out of swap: raise the limit of locked memory (`ulimit -l`)";
        eprintln!("{}", plain(Severity::Warning, message, false));
    }
    Arc::new(root)
}

/// The root keys of a start.
pub(super) struct Opened {
    pub(super) current: Arc<dyn Root>,
    /// The one under which something may still be wrapped.
    pub(super) old: Option<Arc<dyn Root>>,
}

impl Opened {
    /// Opens the root keys that are named. One that no state knows yet may be made.
    pub(super) fn open(current: &RootKey, old: Option<&RootKey>, store: &dyn Store) -> anyhow::Result<Self> {
        // The old one first: if it is not there, no new one is made.
        let old = old.map(|old| old.open(store, false).context("--old-root-key")).transpose()?;
        let make = old.is_some() || entries(store)?.is_empty();
        let current = current.open(store, make)?;
        let old = old.filter(|old| old.id() != current.id());
        Ok(Self { current, old })
    }

    /// The same for whoever wraps tokens.
    pub(super) fn roots(&self) -> Roots {
        match &self.old {
            None => Roots::new(Arc::clone(&self.current)),
            Some(old) => Roots::rotating(Arc::clone(&self.current), Arc::clone(old)),
        }
    }

    /// The parent of all seals: random, made once, and kept under the root key. What is kept of it under another root
    /// key is named as well, to be forgotten once nothing needs that one.
    pub(super) fn parent(&self, store: &dyn Store, random: &dyn Random) -> anyhow::Result<(Secret, Vec<String>)> {
        let context = Context::new([("purpose", PARENT)])?;
        let call = Call::unhurried();
        let open = |root: &Arc<dyn Root>, kept: &[u8]| root.unwrap(kept, &context, &call).ok();
        let mut kept = entries(store)?;
        if kept.is_empty() {
            let mut make = || {
                let fresh = Secret::filled(PARENT_BYTES, |bytes| random.fill(bytes)).ok()?;
                self.current.wrap(&fresh, &context, random, &call).ok()
            };
            // Another node may be making it at the same time.
            kept.push((PARENT.to_owned(), store.once(PARENT, &mut make)?));
        }
        let (mut own, mut others) = (None, Vec::new());
        for (name, wrapped) in &kept {
            match (open(&self.current, wrapped), &self.old) {
                (Some(parent), _) => own = Some(parent),
                (None, Some(old)) if let Some(parent) = open(old, wrapped) => others.push((name.clone(), parent)),
                _ if kept.len() > 1 => bail!(
                    "a change of the root key has begun and is not finished: name both keys, one with --root-key and the \
                     other with --old-root-key"
                ),
                _ => bail!("the state was made under another root key than this one"),
            }
        }
        let names = others.iter().map(|(name, _)| name.clone()).collect();
        if let Some(parent) = own {
            return Ok((parent, names));
        }
        let (_, parent) =
            others.into_iter().next().context("the state was made under another root key than this one")?;
        let mut make = || self.current.wrap(&parent, &context, random, &call).ok();
        store.once(&named(self.current.id()), &mut make)?;
        Ok((parent, names))
    }
}

fn named(id: RootId) -> String {
    let mut name = format!("{PARENT} ");
    id.0.iter().for_each(|byte| name.push_str(&format!("{byte:02x}")));
    name
}

/// What the store keeps of the parent of all seals.
fn entries(store: &dyn Store) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut kept = store.kept()?;
    kept.retain(|(name, _)| name.starts_with(PARENT));
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use wardbook_service::store::SqliteStore;

    use super::*;

    fn root() -> Arc<dyn Root> {
        Arc::new(LocalRoot::ephemeral(&System).expect("a root"))
    }

    #[test]
    fn a_root_key_is_where_its_uri_says() {
        let data = Path::new("/data");
        let file = |path: &str| RootKey::File(PathBuf::from(path));
        for (uri, wanted) in [
            (None, file("/data/root.key")),
            (Some("/k"), file("/k")),
            (Some("file:env:x"), file("env:x")),
            (Some("env:K"), RootKey::Environment("K".into())),
            (Some("credential:k"), RootKey::Credential("k".into())),
            (Some("passphrase:/p"), RootKey::Passphrase(Source::File("/p".into()))),
            (Some("passphrase:env:P"), RootKey::Passphrase(Source::Environment("P".into()))),
            (Some("passphrase:credential:p"), RootKey::Passphrase(Source::Credential("p".into()))),
            (
                Some("pkcs11:module=m;token=t;pin-file=p"),
                RootKey::Token("pkcs11:module=m;token=t;pin-file=p".into(), TOKEN_KEY.into()),
            ),
            (
                Some("pkcs11:module=m;token=t;key=other;pin-file=p"),
                RootKey::Token("pkcs11:module=m;token=t;pin-file=p".into(), "other".into()),
            ),
        ] {
            assert_eq!(RootKey::named(uri, data), wanted, "{uri:?}");
        }
    }

    #[test]
    fn the_parent_moves_to_the_new_root_key_and_needs_both_until_then() {
        let store = SqliteStore::in_memory().expect("a store");
        let (first, second, third) = (root(), root(), root());
        let ask = |current: &Arc<dyn Root>, old: Option<&Arc<dyn Root>>| {
            let opened = Opened { current: Arc::clone(current), old: old.map(Arc::clone) };
            opened.parent(&store, &System).map_err(|error| error.to_string())
        };
        let (parent, others) = ask(&first, None).expect("made");
        assert!(others.is_empty());
        let told = ask(&second, None).expect_err("another root");
        assert!(told.contains("another root key"), "{told}");
        let (moved, others) = ask(&second, Some(&first)).expect("moved");
        assert_eq!((moved.expose(), others.len()), (parent.expose(), 1));
        for alone in [&first, &second] {
            let told = ask(alone, None).expect_err("both are needed");
            assert!(told.contains("name both keys"), "{told}");
        }
        assert!(ask(&third, Some(&second)).is_err() && ask(&first, Some(&second)).is_ok());
        others.iter().for_each(|name| store.forget(name).expect("forgotten"));
        assert_eq!(ask(&second, None).expect("alone again").0.expose(), parent.expose());
        assert!(ask(&first, None).is_err() && ask(&first, Some(&second)).is_ok());
    }
}
