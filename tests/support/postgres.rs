//! A PostgreSQL of one test's own: Debian's, in a folder that goes with it, reached through a socket there.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says where")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Where Debian has the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// What makes a test fail where PostgreSQL is absent.
const REQUIRE: &str = "WARDBOOK_REQUIRE_POSTGRES";

/// A server that ends with its folder when it is dropped.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    process: Option<Child>,
    /// The port of TLS, where it is spoken.
    port: Option<u16>,
}

impl Postgres {
    /// Makes and starts one. None, loudly, where there is no PostgreSQL.
    pub fn start() -> Option<Postgres> {
        Self::make(None)
    }

    /// The same, which speaks TLS, and nothing else, at a port of this machine with this certificate and key.
    pub fn start_with_tls(certificate: &Path, key: &Path) -> Option<Postgres> {
        Self::make(Some((certificate, key)))
    }

    fn make(tls: Option<(&Path, &Path)>) -> Option<Postgres> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os(REQUIRE).is_none(), "{REQUIRE} is set, and there is no PostgreSQL");
            // Not captured, as what eprintln! says in a test would be.
            let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: no PostgreSQL (apt-get install postgresql)\n");
            return None;
        };
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Short, because the path of a socket has to be.
        let folder = std::env::temp_dir().join(format!("wbpg-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres:postgres").arg(&folder));
        }
        run(unprivileged(&programs.join("initdb"))
            .args(["-A", "trust", "-U", "wardbook", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(folder.join("data")));
        let mut postgres = Postgres { programs, folder, process: None, port: None };
        if let Some((certificate, key)) = tls {
            let data = postgres.folder.join("data");
            for (from, to) in [(certificate, "server.crt"), (key, "server.key")] {
                let to = data.join(to);
                fs::copy(from, &to).unwrap();
                fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
                if is_root() {
                    run(Command::new("chown").arg("postgres:postgres").arg(&to));
                }
            }
            // Nobody comes in over the network without TLS.
            fs::write(data.join("pg_hba.conf"), "local all all trust\nhostssl all all all trust\n").unwrap();
            // Free now; somebody else may take it, and then the start fails.
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            postgres.port = Some(free.local_addr().unwrap().port());
        }
        postgres.resume();
        Some(postgres)
    }

    /// Starts it again after [`Self::stop`].
    pub fn resume(&mut self) {
        let process = unprivileged(&self.programs.join("postgres"))
            .args(["-c", "max_connections=40", "-c", "shared_buffers=16MB"])
            .args(match self.port {
                None => vec!["-c".to_owned(), "listen_addresses=".to_owned()],
                Some(port) => {
                    let settings =
                        ["listen_addresses=localhost".to_owned(), format!("port={port}"), "ssl=on".to_owned()];
                    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
                }
            })
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.folder.with_extension("log")).unwrap())
            .spawn()
            .unwrap();
        self.process = Some(process);
        for _ in 0..300 {
            let ready = Command::new(self.programs.join("pg_isready"))
                .args(["-q", "-p", &self.socket_port(), "-h"])
                .arg(&self.folder)
                .status();
            if ready.unwrap().success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("PostgreSQL does not start: {}", fs::read_to_string(self.folder.with_extension("log")).unwrap());
    }

    /// Ends it at once, as an operator would.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = Command::new("kill").args(["-INT", &process.id().to_string()]).status();
            let _ = process.wait();
        }
    }

    /// PostgreSQL puts the port into the name of its socket.
    fn socket_port(&self) -> String {
        self.port.unwrap_or(5432).to_string()
    }

    /// Where TLS is spoken.
    pub fn network_url(&self, host: &str, settings: &str) -> String {
        format!("postgres://wardbook@{host}:{}/postgres?{settings}", self.port.unwrap())
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://wardbook@{socket}/postgres")
    }

    /// What a statement prints.
    pub fn sql(&self, statement: &str) -> String {
        let output = Command::new(self.programs.join("psql"))
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-U", "wardbook", "-d", "postgres"])
            .args(["-p", &self.socket_port(), "-h"])
            .arg(&self.folder)
            .args(["-c", statement])
            .output()
            .unwrap();
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(self.folder.with_extension("log"));
    }
}

/// The newest that is installed.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?;
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut found: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.sort_by_key(|path| number(path));
    let found = found.into_iter().rev().map(|path| path.join("bin"));
    found.into_iter().find(|path| path.join("initdb").exists())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// PostgreSQL refuses to run as root; then it runs as the user that its package made.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program).current_dir("/");
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let told = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {} {}", told.0, told.1);
}
