//! Where state is kept, from what `--store` says.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use wardbook_audit::folder::Origin;
use wardbook_backend::random::Random;
use wardbook_service::store::{SqliteStore, Store};

/// The log of a server that has its state for itself. Where several nodes share theirs, each adds its name.
const LOG: &str = "server";
/// The file that keeps the name of a node.
const NODE: &str = "node";
const NODE_LETTERS: usize = 16;

/// The store, and the log in which its node writes.
pub(super) fn open(store: Option<&str>, data: &Path, random: &dyn Random) -> anyhow::Result<(Box<dyn Store>, Origin)> {
    match store {
        None => {
            let store = SqliteStore::open(&data.join("state.sqlite"));
            let store = store
                .with_context(|| format!("`{}` cannot be used; is another server running on it?", data.display()))?;
            Ok((Box::new(store), Origin::new(LOG)?))
        }
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            if data.join("state.sqlite").exists() {
                bail!("`{}` has state of its own, which --store would not see; take another --data", data.display());
            }
            let node = node(data, random)?;
            Ok((postgres(url, &node)?, Origin::new(format!("{LOG}_{node}"))?))
        }
        Some(_) => bail!("--store takes `postgres://USER@HOST/DATABASE`; without it, state is in a file under --data"),
    }
}

#[cfg(feature = "postgres")]
fn postgres(url: &str, node: &str) -> anyhow::Result<Box<dyn Store>> {
    // As every client of PostgreSQL reads it; a command line can be seen by others.
    let password = std::env::var("PGPASSWORD").ok();
    let store = wardbook_service::store::PostgresStore::open(url, password.as_deref(), node);
    Ok(Box::new(store.context("the database that --store names cannot be used")?))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str, _: &str) -> anyhow::Result<Box<dyn Store>> {
    bail!("this build knows no PostgreSQL; build it with the feature `postgres`")
}

/// The name of this node, made once: events that wait for its journal are found by it.
fn node(data: &Path, random: &dyn Random) -> anyhow::Result<String> {
    let path = data.join(NODE);
    let shown = path.display();
    if path.exists() {
        let name = fs::read_to_string(&path).with_context(|| format!("cannot read `{shown}`"))?;
        let name = name.trim_end();
        if name.len() != NODE_LETTERS || !name.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f')) {
            bail!("`{shown}` holds no name of a node; it has {NODE_LETTERS} hexadecimal letters");
        }
        return Ok(name.to_owned());
    }
    let mut bytes = [0; NODE_LETTERS / 2];
    random.fill(&mut bytes).context("no randomness could be had")?;
    let name = format!("{:0NODE_LETTERS$x}", u64::from_be_bytes(bytes));
    let fresh = path.with_extension("new");
    let mut file = fs::File::create(&fresh).with_context(|| format!("cannot make `{shown}`"))?;
    writeln!(file, "{name}").and_then(|()| file.sync_all()).with_context(|| format!("cannot write `{shown}`"))?;
    fs::rename(&fresh, &path).with_context(|| format!("cannot make `{shown}`"))?;
    fs::File::open(data).and_then(|folder| folder.sync_all()).with_context(|| format!("cannot make `{shown}`"))?;
    Ok(name)
}
