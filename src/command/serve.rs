//! `serve`: the KMS endpoint, assembled from the rooms.

mod assemble;
mod backup;
mod control;
mod directory;
mod held;
mod key_store;
mod rewrap;
mod root;
mod store;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use wardbook_backend::memory;
use wardbook_service::clock::SystemClock;
use wardbook_service::credential::Credential;
use wardbook_service::http::{self, Log, Settings};
use wardbook_service::quota::Quota;

use super::audit::key::SigningKeyFile;
use crate::cli::Global;
use crate::diagnostic::{Severity, plain};
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Clients find the endpoint through AWS_ENDPOINT_URL_KMS and AWS_ENDPOINT_URL_STS.\n\
    Keys, policies and grants that are made over the API live in --data; who exists comes from --world.\n\
    Recipient (attested enclaves) is not served.")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where state, audit log and root key are; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "wardbook-data")]
    data: PathBuf,
    /// The address to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// The access keys that may sign: a JSON file for its owner only
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Who computes: `software:` (pure Rust, and AWS-LC for RSA), `aws-lc:`, `pkcs11:module=PATH;token=LABEL;pin-file=PATH`,
    /// or `xks:https://HOST/.../kms/xks/v1;key=ID;credential-file=FILE`, an external key that every key needs
    #[arg(long, value_name = "URI", default_value = "software:")]
    backend: String,
    /// Keep state in PostgreSQL, shared with other nodes of the same root key: `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URI")]
    store: Option<String>,
    /// Where the audit log is; nodes that share a state may share the folder, in which each has a log of its own
    /// [default: DIR/audit]
    #[arg(long, value_name = "DIR")]
    audit: Option<PathBuf>,
    /// The root key under which everything is wrapped: a file, made if there is none; `env:NAME`; `credential:NAME` of
    /// systemd; `passphrase:` and any of these three; or `pkcs11:module=PATH;token=LABEL;pin-file=PATH;key=NAME` [default:
    /// DIR/root.key]
    #[arg(long, value_name = "URI")]
    root_key: Option<String>,
    /// The root key before: what is still under it is moved to the new one while requests are answered
    #[arg(long, value_name = "URI")]
    old_root_key: Option<String>,
    /// Certificate chain in PEM; serves TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Where a custom key store may be: NAME is what requests say (endpoint and path of a proxy, or a cluster's id), URI
    /// is where it really is (`https://HOST/.../kms/xks/v1;roots=PEM` or `pkcs11:module=PATH;token=LABEL`); no other
    /// place is ever contacted
    #[arg(long, value_name = "NAME=URI", value_parser = key_store::Place::read)]
    key_store: Vec<key_store::Place>,
    /// How many requests per second each account may make: `CreateKey=5`, `cryptographic=5500`; may be given several
    /// times [default: no quotas]
    #[arg(long, value_name = "OPERATION=N", value_parser = Quota::read)]
    quota: Vec<Quota>,
    /// Write one line of JSON for each request to standard error: operation, caller, status, duration, and nothing secret
    #[arg(long)]
    log_requests: bool,
    /// Serve plain HTTP at an address that others can reach
    #[arg(long)]
    insecure_plaintext: bool,
    /// Show keys, who can use each, and the latest decisions at `/ui`, to browsers of this machine alone
    #[arg(long)]
    console: bool,
    /// For development: loopback only, two built-in accounts, a clock that can be moved and a reset
    #[arg(long)]
    dev: bool,
    #[command(flatten)]
    signing_key: SigningKeyFile,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Copy the state into a file, while requests are answered
    Backup(backup::Backup),
    /// Make a folder of data from such a file
    Restore(backup::Restore),
}

/// The accounts that development knows: account, access key id, secret access key. They are AWS's own examples.
const DEVELOPMENT: &[(&str, &str, &str)] = &[
    ("123456789012", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("210987654321", "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"),
];

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    if global.format.is_some() || !global.out.is_empty() {
        bail!("`serve` takes neither --format nor --out: it answers over the network");
    }
    // Before any key is read.
    if let Err(error) = memory::forbid_dumps() {
        eprintln!("{}", plain(Severity::Warning, &format!("{error}: whoever may debug it can read the keys"), false));
    }
    match &arguments.command {
        Some(Command::Backup(arguments)) => return backup::back_up(arguments, global),
        Some(Command::Restore(arguments)) => return backup::restore(arguments, global),
        None => {}
    }
    let loopback = arguments.listen.ip().is_loopback();
    if arguments.dev && !loopback {
        bail!("`--dev` has built-in credentials and listens at loopback only, not at {}", arguments.listen);
    }
    if !loopback && arguments.tls_cert.is_none() && !arguments.insecure_plaintext {
        bail!(
            "{} can be reached by others, and without TLS they can read every plaintext: give --tls-cert and --tls-key, \
             or --insecure-plaintext if something in front of it speaks TLS",
            arguments.listen
        );
    }
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => Some(Arc::new(assemble::tls(certificate, key)?)),
        _ => None,
    };
    let clock = Arc::new(SystemClock::default());
    let credentials = credentials(arguments)?;
    let listener =
        TcpListener::bind(arguments.listen).with_context(|| format!("cannot listen at {}", arguments.listen))?;
    let address = listener.local_addr()?;
    let (kms, under_old) = assemble::kms(arguments, global, credentials, Arc::clone(&clock))?;
    let kms = Arc::new(kms);
    let log = match arguments.log_requests {
        true => Some(Arc::new(Log::new(std::io::stderr()).context("cannot start the log")?)),
        false => None,
    };
    let development = arguments.dev.then_some(clock);
    let settings = Settings { tls, development, console: arguments.console, log, ..Settings::default() };
    if arguments.console {
        kms.tail.turn_on();
    }
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let control = match arguments.store {
        Some(_) => None,
        None => Some(control::Control::watch(&kms, &arguments.data).context("the data cannot be written")?),
    };
    let rewrap = under_old.map(|others| rewrap::Rewrap::start(&kms, others, global.quiet)).transpose()?;
    http::serve(Arc::clone(&kms), listener, settings, || tell(arguments, scheme, address, global))?;
    drop((control, rewrap));
    let kms = Arc::into_inner(kms).context("a request is still being worked on; the log stays open")?;
    kms.settle()?;
    kms.into_parts().journal.close()?;
    Ok(Exit::Fine)
}

fn credentials(arguments: &Arguments) -> anyhow::Result<Vec<Credential>> {
    let mut credentials = match &arguments.credentials {
        None => Vec::new(),
        Some(path) => {
            let text = assemble::read_private(path)?;
            wardbook_service::credential::read(&text).with_context(|| format!("`{}`", path.display()))?
        }
    };
    for (account, id, secret) in DEVELOPMENT.iter().filter(|_| arguments.dev) {
        if !credentials.iter().any(|known| known.access_key == *id) {
            credentials.push(Credential::new(*id, *secret, format!("arn:aws:iam::{account}:root")));
        }
    }
    if credentials.is_empty() {
        bail!("nobody could sign a request: give --credentials FILE, or --dev to try things out");
    }
    Ok(credentials)
}

/// What to copy, once requests are answered.
fn tell(arguments: &Arguments, scheme: &str, address: SocketAddr, global: &Global) {
    if !global.quiet {
        let line = format!("listening at {scheme}://{address}, with data in {}\n", arguments.data.display());
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    if let Some((_, id, secret)) = DEVELOPMENT.first().filter(|_| arguments.dev) {
        let lines = format!(
            "export AWS_ENDPOINT_URL_KMS={scheme}://{address}\nexport AWS_ENDPOINT_URL_STS={scheme}://{address}\n\
             export AWS_ACCESS_KEY_ID={id}\nexport AWS_SECRET_ACCESS_KEY={secret}\nexport AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n"
        );
        // Whoever started it may have stopped reading; that is no reason not to serve.
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    }
}
