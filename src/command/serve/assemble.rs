//! From paths and flags to a service that runs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wardbook_audit::disk::LocalDisk;
use wardbook_audit::event::EventText;
use wardbook_audit::folder::Folder;
use wardbook_audit::journal::{CutTail, Journal, Options};
use wardbook_audit::limits::JOURNAL_SEGMENT_BYTES_MAX;
use wardbook_backend::backend::Backend;
use wardbook_backend::call::Monotonic;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, Seeded, System};
use wardbook_backend::root::Roots;
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend_aws_lc::AwsLc;
use wardbook_backend_pkcs11::{Pkcs11, Settings};
use wardbook_inventory::coverage::GapKind;
use wardbook_inventory::world::World;
use wardbook_service::clock::{Clock, SystemClock};
use wardbook_service::credential::{Credential, Credentials};
use wardbook_service::event::torn_event;
use wardbook_service::kms::{Kms, Parts};
use wardbook_service::quota::Quotas;
use wardbook_service::seal::Sealer;

use super::root::RootKey;
use super::{Arguments, directory, held, key_store, root, store};
use crate::cli::Global;
use crate::command::world;

/// Everything that serves, from the folder of its data, and what is kept under an old root key besides tokens.
pub(super) fn kms(
    arguments: &Arguments,
    global: &Global,
    credentials: Vec<Credential>,
    clock: Arc<SystemClock>,
) -> anyhow::Result<(Kms, Option<Vec<String>>)> {
    let data = &arguments.data;
    make_private(data)?;
    let random: Arc<dyn Random> = Arc::new(Seeded::new(System));
    let (store, origin) = store::open(arguments.store.as_deref(), data, &*random)?;
    let current = RootKey::named(arguments.root_key.as_deref(), data);
    let old = arguments.old_root_key.as_deref().map(|uri| RootKey::named(Some(uri), data));
    let roots = root::Opened::open(&current, old.as_ref(), &*store)?;
    let (parent, others) = roots.parent(&*store, &*random)?;
    let sealer = Sealer::new(parent, Arc::clone(&random));
    let backend = backend(arguments, roots.roots(), Arc::clone(&random))?;
    let directory = match global.world {
        Some(_) => {
            let world = world::read(global)?;
            check_readable(&world)?;
            let alone = super::DEVELOPMENT.iter().filter(|_| arguments.dev).map(|(account, ..)| *account);
            directory::directory(&world, &alone.collect::<Vec<_>>())
        }
        None => Default::default(),
    };

    let folder = arguments.audit.clone().unwrap_or_else(|| data.join("audit"));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let folder = Folder::new(Arc::new(LocalDisk::new(folder)));
    let log = arguments.signing_key.open(&folder, &origin)?;
    let name_cut = |cut: &CutTail| -> Option<EventText> { torn_event(cut, clock.now(), &*random).ok() };
    let options = Options { filled_bytes: JOURNAL_SEGMENT_BYTES_MAX, ..Options::default() };
    let journal = Journal::open(&folder, &origin, options, Box::new(log), name_cut)?;
    let parts = Parts {
        store,
        backend: Arc::clone(&backend),
        credentials: Credentials::new(credentials, sealer.clone()),
        sealer,
        directory,
        journal,
        audit: folder,
        clock,
        random,
        stopwatch: Monotonic::start(),
        key_stores: key_store::key_stores(&arguments.key_store, &backend, data)?,
        quotas: Quotas::new(arguments.quota.clone()),
        loopback_is_secure: arguments.dev,
    };
    Ok((Kms::start(parts)?, roots.old.is_some().then_some(others)))
}

/// A policy that could not be read would limit nobody.
fn check_readable(world: &World) -> anyhow::Result<()> {
    match world.coverage().gaps.iter().find(|gap| gap.kind == GapKind::Unreadable) {
        Some(gap) => bail!("the world has to be read whole before anything is decided by it: {}", gap.message),
        None => Ok(()),
    }
}

fn backend(arguments: &Arguments, roots: Roots, random: Arc<dyn Random>) -> anyhow::Result<Arc<dyn Backend>> {
    let aws_lc = || AwsLc::start().map(|provider| Arc::new(provider) as Arc<dyn Provider>);
    let uri = arguments.backend.as_str();
    let providers: Vec<Arc<dyn Provider>> = match uri {
        "software:" => vec![Arc::new(RustCrypto), aws_lc()?],
        "aws-lc:" => vec![aws_lc()?],
        uri if uri.starts_with("pkcs11:") => return token(uri, &arguments.data),
        uri if uri.starts_with("xks:") => vec![Arc::new(RustCrypto), aws_lc()?],
        _ => bail!(
            "`{uri}` is no backend of `serve`; there are `software:`, `aws-lc:`, `pkcs11:...` and `xks:https://...`"
        ),
    };
    let backend = Software::start(providers, roots, random);
    if let Some(refuted) = backend.capabilities().refuted().first() {
        let capability = &refuted.capability;
        bail!("the backend computes wrongly: {} of {}: {}", capability.operation, capability.spec, refuted.reason);
    }
    match uri.strip_prefix("xks:") {
        Some(rest) => Ok(Arc::new(held::Held::connect(rest, Arc::new(backend)).context("`--backend`")?)),
        None => Ok(Arc::new(backend)),
    }
}

/// A PKCS#11 token, in which keys are made and which they never leave. What it lacks is not served by anybody else.
fn token(uri: &str, data: &Path) -> anyhow::Result<Arc<dyn Backend>> {
    let variable = |name: &str| std::env::var(name).ok().map(|value| Secret::new(value.into_bytes()));
    let mut settings = Settings::parse(uri, variable)?;
    let budget = data.join("pkcs11-budget");
    make_private(&budget)?;
    settings.budget.get_or_insert(budget);
    Ok(Arc::new(Pkcs11::start(settings).context("the PKCS#11 token cannot be used")?))
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
pub(super) fn make_private(folder: &Path) -> anyhow::Result<()> {
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
