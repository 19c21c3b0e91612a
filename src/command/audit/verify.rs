//! `audit verify`: is the log what was signed, is this event in it, and are CloudTrail's own files what AWS delivered?

mod cloudtrail;
mod event;
mod folder;
mod watched;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use wardbook_audit::log::{PublicKey, SigningKey, Trust, Verdict};

use super::key;
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::table::{Tint, tint};

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 verified, 1 tampered, 2 bad usage or unreadable, 3 undetermined: a crash or something \
    that is missing explains what was found, until it is mended.\n\
    Without a key from elsewhere, the key in DIR is believed: DIR then agrees with itself, and no more is known."
)]
pub(crate) struct Arguments {
    /// The audit folder
    #[arg(value_name = "DIR", required_unless_present = "cloudtrail", conflicts_with = "cloudtrail")]
    folder: Option<PathBuf>,
    /// Prove that the events with this id are in the log
    #[arg(long, value_name = "ID", requires = "folder")]
    event: Option<String>,
    /// A checkpoint that was kept elsewhere, of which the log must be a continuation; may be given several times
    #[arg(long, value_name = "FILE", requires = "folder")]
    checkpoint: Vec<PathBuf>,
    /// A public key that may have signed the log: a copy of DIR/log/NAME/key; may be given several times
    #[arg(long, value_name = "FILE", requires = "folder")]
    public_key: Vec<PathBuf>,
    /// The signing key, of which only the public half is used
    #[arg(long, value_name = "FILE", requires = "folder")]
    signing_key: Option<PathBuf>,
    /// Verify AWS's digest files in this copy of a CloudTrail bucket, offline
    #[arg(long, value_name = "DIR", requires = "public_keys")]
    cloudtrail: Option<PathBuf>,
    /// With --cloudtrail: what `aws cloudtrail list-public-keys` printed, of several regions one after another
    #[arg(long, value_name = "FILE", requires = "cloudtrail")]
    public_keys: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    if let (Some(bucket), Some(keys)) = (&arguments.cloudtrail, &arguments.public_keys) {
        return cloudtrail::run(bucket, keys, global);
    }
    let Some(path) = &arguments.folder else { bail!("name the audit folder") };
    let trust = Trust { keys: arguments.keys()?, kept: arguments.kept()? };
    match &arguments.event {
        Some(event) => event::run(path, &trust, event, global),
        None => folder::run(path, &trust, global),
    }
}

impl Arguments {
    fn keys(&self) -> anyhow::Result<Vec<PublicKey>> {
        let mut keys = Vec::new();
        for path in &self.public_key {
            let text = text(path)?;
            for line in text.split_inclusive('\n') {
                let line = format!("{}\n", line.trim_end());
                let key = PublicKey::read(&line).map(|(_, key)| key);
                keys.push(key.with_context(|| {
                    format!("`{}`: not the public key of a log, as it stands in DIR/log/NAME/key", path.display())
                })?);
            }
            if text.is_empty() {
                bail!("`{}`: the file is empty", path.display());
            }
        }
        if let Some(path) = &self.signing_key {
            keys.push(SigningKey::read(path)?.public());
        }
        Ok(keys)
    }

    fn kept(&self) -> anyhow::Result<Vec<String>> {
        let kept = self.checkpoint.iter().map(|path| {
            let text = text(path)?;
            match wardbook_audit::log::Checkpoint::is_one(&text) {
                true => Ok(text),
                false => bail!("`{}`: not a checkpoint, as it stands in DIR/log/NAME/checkpoint", path.display()),
            }
        });
        kept.collect()
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// The public half of the key that this user signs with, if there is one.
fn own_key() -> Option<PublicKey> {
    Some(SigningKey::read(&key::default_path().ok()?).ok()?.public())
}

fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Verified => Exit::Fine,
        Verdict::Tampered => Exit::No,
        Verdict::Undetermined => Exit::Undetermined,
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Tampered => "tampered",
        Verdict::Undetermined => "undetermined",
    }
}

fn tinted(verdict: Verdict, color: bool) -> String {
    let hue = match verdict {
        Verdict::Verified => Tint::Green,
        Verdict::Tampered => Tint::Red,
        Verdict::Undetermined => Tint::Yellow,
    };
    tint(word(verdict), hue, color)
}

/// One finding, as people read it and as programs do.
struct Shown {
    path: String,
    offset: Option<u64>,
    leaf_index: Option<u64>,
    verdict: Verdict,
    problem: &'static str,
    message: String,
    advice: String,
}

impl Shown {
    fn text(&self, color: bool) -> String {
        let place = if self.path.is_empty() { ".".to_owned() } else { self.path.clone() };
        let Shown { message, advice, .. } = self;
        format!("{}: {place}: {message}\n  = {advice}\n", tinted(self.verdict, color))
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "path": self.path,
            "offset": self.offset,
            "leaf_index": self.leaf_index,
            "verdict": word(self.verdict),
            "problem": self.problem,
            "message": self.message,
            "advice": self.advice,
        })
    }
}

/// So many of something.
fn many(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Findings one after another, the worst first, and how many are not listed.
fn listed(findings: &[Shown], more: u64, color: bool) -> String {
    let mut order: Vec<_> = findings.iter().collect();
    order.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    let mut text: String = order.into_iter().map(|finding| finding.text(color)).collect();
    if more > 0 {
        text.push_str(&format!("and {more} more\n"));
    }
    text
}
