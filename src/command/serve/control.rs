//! What the owner of the data may tell a server that runs: a file beside the data asks for a backup, another answers.
//!
//! Whoever can write there owns the data anyway. Plain files work on every file system, and whatever walks through the
//! folder can read them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use wardbook_service::kms::Kms;

/// Two lines: the number of the process that asks, and the path of a new file.
const REQUEST: &str = "backup.request";
/// Two lines: the same number, and `ok` or what went wrong.
const ANSWER: &str = "backup.answer";
/// The longest request.
const REQUEST_BYTES_MAX: u64 = 8_192;
/// How often each looks for the other.
const LOOK: Duration = Duration::from_millis(200);
/// How long a server may take to notice a request.
const NOTICE_TIME: Duration = Duration::from_secs(30);
/// How long a backup may take.
const BACKUP_TIME: Duration = Duration::from_secs(3_600);

/// Looks for requests until it is dropped.
pub(super) struct Control {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Looks for requests of the owner of the data. The caller has the data for itself, so what is there is a leftover.
    pub(super) fn watch(kms: &Arc<Kms>, data: &Path) -> io::Result<Self> {
        for left in [REQUEST, ANSWER] {
            remove(&data.join(left))?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (kms, stopped, data) = (Arc::downgrade(kms), Arc::clone(&stop), data.to_path_buf());
        let thread = std::thread::Builder::new().name("control".into()).spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                // Whoever asked and is not answered gives up in the end.
                let _ = look(&kms, &data);
                std::thread::park_timeout(LOOK);
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn look(kms: &Weak<Kms>, data: &Path) -> io::Result<()> {
    let path = data.join(REQUEST);
    match fs::metadata(&path) {
        Ok(found) if found.len() <= REQUEST_BYTES_MAX => {}
        Ok(_) => return remove(&path),
        Err(_) => return Ok(()),
    }
    let text = fs::read_to_string(&path)?;
    // One that is still being written is looked at again.
    let Some((who, to)) = text.strip_suffix('\n').and_then(|text| text.split_once('\n')) else { return Ok(()) };
    remove(&path)?;
    let told = match kms.upgrade() {
        None => "the server is stopping".to_owned(),
        Some(kms) => kms.back_up(Path::new(to)).map_or_else(|error| error.to_string(), |()| "ok".to_owned()),
    };
    let fresh = data.join(ANSWER).with_added_extension("new");
    fs::write(&fresh, format!("{who}\n{told}\n"))?;
    fs::rename(&fresh, data.join(ANSWER))
}

/// Has the server that runs over this data make a backup.
pub(super) fn ask(data: &Path, to: &Path) -> anyhow::Result<()> {
    let path = to.to_str().filter(|path| !path.contains('\n')).context("the path of a backup has to be one line")?;
    let (request, who) = (data.join(REQUEST), std::process::id());
    let mut file = match fs::OpenOptions::new().write(true).create_new(true).open(&request) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!("another backup is being asked for"),
        Err(error) => return Err(error).context("the server that runs cannot be asked"),
    };
    file.write_all(format!("{who}\n{path}\n").as_bytes()).context("the server that runs cannot be asked")?;
    let begun = Instant::now();
    loop {
        std::thread::sleep(LOOK);
        if let Some(told) = answer(&data.join(ANSWER), who)? {
            match told.as_str() {
                "ok" => return Ok(()),
                told => bail!("the server made no backup: {told}"),
            }
        }
        if begun.elapsed() > NOTICE_TIME && request.exists() {
            remove(&request)?;
            bail!("whatever has `{}` in use does not answer", data.display());
        }
        if begun.elapsed() > BACKUP_TIME {
            bail!("the server did not finish the backup in time");
        }
    }
}

/// What the server said, if it said it to this process.
fn answer(path: &PathBuf, who: u32) -> anyhow::Result<Option<String>> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    match text.strip_prefix(&format!("{who}\n")) {
        Some(told) => {
            remove(path)?;
            Ok(Some(told.trim_end().to_owned()))
        }
        None => Ok(None),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
