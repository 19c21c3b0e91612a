//! What the owner of the data may tell a server that runs: through a socket beside the data, which nobody else may open.
//!
//! One line comes, the path of a backup to be made; one goes back, `ok` or what went wrong.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use wardbook_service::kms::Kms;

/// The socket.
const SOCKET: &str = "control.sock";
/// The longest name of a socket, with room to spare.
const NAME_BYTES_MAX: usize = 100;
/// The longest line.
const LINE_BYTES_MAX: u64 = 8_192;
/// How long whoever connects may take to say something.
const SPEAK_TIME: Duration = Duration::from_secs(5);
/// How long a backup may take.
const BACKUP_TIME: Duration = Duration::from_secs(3_600);

/// Listens until it is dropped.
pub(super) struct Control {
    place: Place,
    socket: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens for the owner of the data. The caller has the data for itself, so a socket that is there is a leftover.
    pub(super) fn listen(kms: &Arc<Kms>, data: &Path) -> io::Result<Self> {
        let (place, socket) = (Place::of(data)?, data.join(SOCKET));
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&place.path)?;
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o600))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (kms, stopped) = (Arc::downgrade(kms), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("control".into()).spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever asked and went away does not hear the answer.
                let _ = stream.and_then(|stream| hear(&kms, &stream));
            }
        })?;
        Ok(Self { place, socket, stop, thread: Some(thread) })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it. If nobody can connect, it does not listen any more.
        if UnixStream::connect(&self.place.path).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.socket);
    }
}

/// Where the socket is, in a form that is short enough to be the name of one.
struct Place {
    path: PathBuf,
    /// The folder that the path goes through.
    _folder: Option<fs::File>,
}

impl Place {
    fn of(data: &Path) -> io::Result<Self> {
        let path = data.join(SOCKET);
        if path.as_os_str().len() <= NAME_BYTES_MAX {
            return Ok(Self { path, _folder: None });
        }
        let folder = fs::File::open(data)?;
        let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(SOCKET);
        Ok(Self { path, _folder: Some(folder) })
    }
}

fn hear(kms: &Weak<Kms>, stream: &UnixStream) -> io::Result<()> {
    stream.set_read_timeout(Some(SPEAK_TIME))?;
    stream.set_write_timeout(Some(SPEAK_TIME))?;
    let mut line = String::new();
    BufReader::new(stream.take(LINE_BYTES_MAX)).read_line(&mut line)?;
    let mut out = stream;
    let Some(path) = line.strip_suffix('\n').filter(|path| path.starts_with('/')) else {
        return out.write_all(b"one line with the whole path of a new file was expected\n");
    };
    let Some(kms) = kms.upgrade() else { return out.write_all(b"the server is stopping\n") };
    match kms.back_up(Path::new(path)) {
        Ok(()) => out.write_all(b"ok\n"),
        Err(error) => out.write_all(format!("{error}\n").as_bytes()),
    }
}

/// Has the server that runs over this data make a backup. False if none runs.
pub(super) fn ask(data: &Path, to: &Path) -> anyhow::Result<bool> {
    let place = Place::of(data).context("the data cannot be read")?;
    let mut stream = match UnixStream::connect(&place.path) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(false);
        }
        Err(error) => return Err(error).context("the server that runs cannot be asked"),
    };
    let path = to.to_str().filter(|path| !path.contains('\n')).context("the path of a backup has to be one line")?;
    stream.set_read_timeout(Some(BACKUP_TIME))?;
    stream.write_all(format!("{path}\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("the server did not finish the backup")?;
    match answer.as_str() {
        "ok\n" => Ok(true),
        "" => bail!("the server stopped before the backup was made"),
        told => bail!("the server made no backup: {}", told.trim_end()),
    }
}
