//! From paths and flags to a service that runs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wardbook_audit::disk::LocalDisk;
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{Folder, Origin};
use wardbook_audit::journal::{CutTail, Journal, Options};
use wardbook_backend::backend::Backend;
use wardbook_backend::call::{Call, Monotonic};
use wardbook_backend::context::Context;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, Seeded, System};
use wardbook_backend::root::{self, Root, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend_aws_lc::AwsLc;
use wardbook_service::clock::{Clock, SystemClock};
use wardbook_service::credential::{Credential, Credentials};
use wardbook_service::event::torn_event;
use wardbook_service::kms::{Kms, Parts};
use wardbook_service::seal::{PARENT_BYTES, Sealer};
use wardbook_service::store::{SqliteStore, Store};

use super::{Arguments, directory};
use crate::cli::Global;
use crate::command::world;

/// The log that a server writes.
const LOG: &str = "server";
/// Under which name the store keeps the wrapped parent of all seals.
const PARENT: &str = "parent key";

/// Everything that serves, from the folder of its data.
pub(super) fn kms(
    arguments: &Arguments,
    global: &Global,
    credentials: Vec<Credential>,
    clock: Arc<SystemClock>,
) -> anyhow::Result<Kms> {
    let data = &arguments.data;
    make_private(data)?;
    let random: Arc<dyn Random> = Arc::new(Seeded::new(System));
    let store = SqliteStore::open(&data.join("state.sqlite"));
    let store =
        store.with_context(|| format!("`{}` cannot be used; is another server running on it?", data.display()))?;
    let root = root_key(arguments)?;
    let sealer = Sealer::new(parent(&store, &*root, &*random)?, Arc::clone(&random));
    let backend = backend(&arguments.backend, Roots::new(root), Arc::clone(&random))?;
    let directory = match global.world {
        Some(_) => directory::directory(&world::read(global)?),
        None => Default::default(),
    };

    let folder = data.join("audit");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let folder = Folder::new(Arc::new(LocalDisk::new(folder)));
    let origin = Origin::new(LOG)?;
    let log = arguments.signing_key.open(&folder, &origin)?;
    let name_cut = |cut: &CutTail| -> Option<EventText> { torn_event(cut, clock.now(), &*random).ok() };
    let journal = Journal::open(&folder, &origin, Options::default(), Box::new(log), name_cut)?;
    let parts = Parts {
        store: Box::new(store),
        backend,
        credentials: Credentials::new(credentials, sealer.clone()),
        sealer,
        directory,
        journal,
        audit: folder,
        clock,
        random,
        stopwatch: Monotonic::start(),
        loopback_is_secure: arguments.dev,
    };
    Ok(Kms::start(parts)?)
}

fn backend(uri: &str, roots: Roots, random: Arc<dyn Random>) -> anyhow::Result<Arc<dyn Backend>> {
    let aws_lc = || AwsLc::start().map(|provider| Arc::new(provider) as Arc<dyn Provider>);
    let providers: Vec<Arc<dyn Provider>> = match uri {
        "software:" => vec![Arc::new(RustCrypto), aws_lc()?],
        "aws-lc:" => vec![aws_lc()?],
        _ => bail!("`{uri}` is no backend of `serve`; there are `software:` and `aws-lc:`"),
    };
    let backend = Software::start(providers, roots, random);
    if let Some(refuted) = backend.capabilities().refuted().first() {
        bail!(
            "the backend computes wrongly: {} of {}: {}",
            refuted.capability.operation,
            refuted.capability.spec,
            refuted.reason
        );
    }
    Ok(Arc::new(backend))
}

fn root_key(arguments: &Arguments) -> anyhow::Result<Arc<dyn Root>> {
    let path = arguments.root_key.clone().unwrap_or_else(|| arguments.data.join("root.key"));
    let key = match path.exists() {
        true => root::file(&path)?,
        false => root::create(&path, &System)?,
    };
    Ok(Arc::new(key))
}

/// The parent of all seals: random, made once, and kept under the root key.
fn parent(store: &dyn Store, root: &dyn Root, random: &dyn Random) -> anyhow::Result<Secret> {
    let context = Context::new([("purpose", PARENT)])?;
    let call = Call::unhurried();
    let mut make = || {
        let fresh = Secret::filled(PARENT_BYTES, |bytes| random.fill(bytes)).ok()?;
        root.wrap(&fresh, &context, random, &call).ok()
    };
    let wrapped = store.once(PARENT, &mut make)?;
    root.unwrap(&wrapped, &context, &call).context("the state was made under another root key than this one")
}

/// The certificate chain and its key.
pub(super) fn tls(certificate: &Path, key: &Path) -> anyhow::Result<rustls::ServerConfig> {
    let bad = |path: &Path| format!("`{}` is no PEM file of the wanted kind", path.display());
    let chain = CertificateDer::pem_file_iter(certificate).with_context(|| bad(certificate))?;
    let chain: Vec<CertificateDer<'static>> = chain.collect::<Result<_, _>>().with_context(|| bad(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| bad(key))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth().with_single_cert(chain, key)?)
}

/// A folder for its owner only.
fn make_private(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("cannot make `{}`", folder.display()))
}

/// The text of a file that nobody but its owner may read.
pub(super) fn read_private(path: &Path) -> anyhow::Result<String> {
    use std::io::Read;
    let name = path.display();
    let mut file = fs::File::open(path).with_context(|| format!("cannot read `{name}`"))?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata()?) & 0o777;
        if mode & 0o077 != 0 {
            bail!("`{name}` holds secrets and has mode {mode:04o}; make it 0600");
        }
    }
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(|| format!("cannot read `{name}`"))?;
    Ok(text)
}
