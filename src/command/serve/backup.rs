//! `serve backup` and `serve restore`: a copy of the state at one moment, and a folder made of it.
//!
//! A backup holds sealed rows. The root key that opens them is not in it, and the log is a folder that can be copied
//! as it is, so neither is copied here.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use wardbook_backend::random::{Random, System};
use wardbook_service::seal::Sealer;
use wardbook_service::state::State;
use wardbook_service::store::{SqliteStore, Store, StoreError};

use super::root::{Opened, RootKey};
use super::{assemble, control};
use crate::cli::Global;
use crate::exit::Exit;

const STATE: &str = "state.sqlite";
const ROOT_KEY: &str = "root.key";

#[derive(Debug, Args)]
#[command(
    after_help = "Requests are answered meanwhile. The root key is not in a backup: keep a copy of it elsewhere.\n\
    State in PostgreSQL is backed up with pg_dump."
)]
pub(super) struct Backup {
    /// The file to make; there must be none
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// The data of the server, whether it runs or not
    #[arg(long, value_name = "DIR", default_value = "wardbook-data")]
    data: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Every row is opened before anything is put in place. The log of the server that was backed up is \
    its folder `audit`;\ncopied into the new folder before the first start, it goes on there."
)]
pub(super) struct Restore {
    /// A file that `serve backup` made
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// The folder to make, or one that has no state yet
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The root key under which the state was made, as for `serve`; a file is copied into the folder [default:
    /// DIR/root.key]
    #[arg(long, value_name = "URI")]
    root_key: Option<String>,
    /// The other one, where the root key was being changed when the backup was made
    #[arg(long, value_name = "URI")]
    old_root_key: Option<String>,
}

/// Makes a backup, through the server if one runs.
pub(super) fn back_up(arguments: &Backup, global: &Global) -> anyhow::Result<Exit> {
    let Backup { to, data } = arguments;
    let to = std::path::absolute(to).with_context(|| format!("`{}` is no path", to.display()))?;
    let state = data.join(STATE);
    if !state.exists() {
        bail!("`{}` has no state: there is no `{STATE}` in it", data.display());
    }
    match SqliteStore::open(&state) {
        Ok(store) => store.back_up(&to).with_context(|| format!("cannot make `{}`", to.display()))?,
        // A server has it for itself.
        Err(StoreError::Unavailable(_)) => control::ask(data, &to)?,
        Err(error) => return Err(error).with_context(|| format!("`{}` cannot be read", state.display())),
    }
    say(global, &format!("backed up to {}; the root key is not in it", to.display()));
    Ok(Exit::Fine)
}

/// Makes a folder that can be served from a backup.
pub(super) fn restore(arguments: &Restore, global: &Global) -> anyhow::Result<Exit> {
    let Restore { from, data, root_key, .. } = arguments;
    let (state, kept_key) = (data.join(STATE), data.join(ROOT_KEY));
    if state.exists() {
        bail!("`{}` has state already; restore into another folder, or move that away", data.display());
    }
    let key = RootKey::named(root_key.as_deref(), data);
    if let RootKey::File(path) = &key
        && !path.exists()
    {
        bail!("there is no root key at `{}`; name the one under which the state was made: --root-key", path.display());
    }
    let old = arguments.old_root_key.as_deref().map(|uri| RootKey::named(Some(uri), data));
    assemble::make_private(data)?;
    let fresh = data.join("state.restoring");
    let looked_at = || -> anyhow::Result<String> {
        let store = SqliteStore::open(&fresh)?;
        examined(&store, &Opened::open(&key, old.as_ref(), &store)?)
    };
    let restored = copied(from, &fresh).and_then(|()| looked_at().context("the backup cannot be used"));
    let told = match restored {
        Ok(told) => told,
        Err(error) => {
            for left in [fresh.clone(), fresh.with_extension("restoring-wal"), fresh.with_extension("restoring-shm")] {
                // What is left over says nothing that the backup does not say.
                let _ = fs::remove_file(left);
            }
            return Err(error);
        }
    };
    if let RootKey::File(path) = &key
        && !kept_key.exists()
    {
        copied(path, &kept_key)?;
    }
    fs::rename(&fresh, &state).with_context(|| format!("cannot make `{}`", state.display()))?;
    fs::File::open(data)?.sync_all()?;
    say(global, &format!("restored {told} into {}", data.display()));
    Ok(Exit::Fine)
}

/// Understands everything in it, as a server would that starts.
fn examined(store: &SqliteStore, roots: &Opened) -> anyhow::Result<String> {
    let random: Arc<dyn Random> = Arc::new(System);
    store.examine()?;
    let sealer = Sealer::new(roots.parent(store, &*random)?.0, random);
    let state = State::whole(&store.since(0)?, &sealer)?;
    let keys = state.keys().count();
    let grants: usize = state.keys().map(|key| key.grants.records.len()).sum();
    Ok(format!("{keys} keys and {grants} grants"))
}

/// A copy that nobody but its owner may read, and that is on the disk.
fn copied(from: &Path, to: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot copy `{}` to `{}`", from.display(), to.display());
    if to.exists() {
        bail!("`{}` is there already; was an earlier restore interrupted?", to.display());
    }
    fs::copy(from, to).with_context(failed)?;
    #[cfg(unix)]
    fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o600)).with_context(failed)?;
    fs::File::open(to).and_then(|file| file.sync_all()).with_context(failed)
}

fn say(global: &Global, line: &str) {
    if !global.quiet {
        // Whoever started it may have stopped reading; it is done all the same.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}
