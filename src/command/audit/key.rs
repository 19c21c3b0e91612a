//! The key that signs the log, which lives outside the audit folder unless told otherwise.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use wardbook_audit::folder::{Folder, Origin};
use wardbook_audit::log::{LogWriter, PublicKey, SigningKey};

#[derive(Debug, Clone, Args)]
pub(crate) struct SigningKeyFile {
    /// File of the key that signs the log; made if there is none [default: wardbook/audit-signing.key in your configuration folder]
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,
}

impl SigningKeyFile {
    /// Opens the log of an origin. Its lock must be held.
    pub(crate) fn open(&self, folder: &Folder, origin: &Origin) -> anyhow::Result<LogWriter> {
        let path = match &self.signing_key {
            Some(path) => path.clone(),
            None => default_path()?,
        };
        signed_by(folder, origin, &path)?;
        let key = SigningKey::open(&path, seed)?;
        LogWriter::open(folder, origin, key).with_context(|| format!("cannot open the log `{origin}`"))
    }
}

/// Refuses a key that the log is not signed with, before one is made that could not be of use: all that could be said
/// later is that signatures do not hold, and that sounds like tampering.
fn signed_by(folder: &Folder, origin: &Origin, path: &Path) -> anyhow::Result<()> {
    let public = Folder::log(origin).join("key");
    let text = folder.disk().read(&public).ok().and_then(|text| String::from_utf8(text.to_vec()).ok());
    let Some((_, signed)) = text.as_deref().and_then(PublicKey::read) else { return Ok(()) };
    let advice = "name the key that signs it with --signing-key FILE";
    if !path.exists() {
        bail!("the log `{origin}` is signed with a key that `{}` would not be; {advice}", path.display());
    }
    if SigningKey::read(path)?.public() != signed {
        bail!("`{}` is not the key of the log `{origin}`, by its `{}`; {advice}", path.display(), public.display());
    }
    Ok(())
}

/// Where the key is unless told otherwise.
pub(super) fn default_path() -> anyhow::Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = variable("XDG_CONFIG_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".config")))
        .or_else(|| variable("APPDATA"));
    match folder {
        Some(folder) => Ok(folder.join("wardbook").join("audit-signing.key")),
        None => bail!("no configuration folder is known; name the key with --signing-key FILE"),
    }
}

/// Random bytes of the operating system.
fn seed() -> std::io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut seed)?;
    Ok(seed)
}
