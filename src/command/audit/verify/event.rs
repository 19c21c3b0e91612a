//! The proof that one event is in its log.

use std::path::Path;

use serde_json::{Value, json};
use wardbook_audit::log::{EventProof, Proof, Trust, Verdict, prove, verify};

use super::folder::{self, Verified};
use super::{exit, many, tinted};
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Report};

pub(super) fn run(path: &Path, trust: &Trust, id: &str, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Asked>(global)?;
    let folder = folder::open(path, trust, global)?;
    let proof = match prove(&folder, trust, id) {
        Ok(proof) => proof,
        // Why it cannot be proved is best said by looking at everything.
        Err(error) => {
            let verified = Verified::of(verify(&folder, trust)?, trust);
            if verified.report.verdict() == Verdict::Verified {
                return Err(error.into());
            }
            drop(folder);
            output::emit(&verified, global)?;
            return Ok(exit(verified.report.verdict()));
        }
    };
    let mut verdict = if matches!(proof, Proof::Proved(_)) { Verdict::Verified } else { Verdict::Undetermined };
    let mut doubts = String::new();
    // A proof holds by itself. That there is none says something about the whole folder, and so does a kept checkpoint.
    if verdict != Verdict::Verified || !trust.kept.is_empty() {
        let verified = Verified::of(verify(&folder, trust)?, trust);
        verdict = verdict.max(verified.report.verdict());
        if verified.report.verdict() != Verdict::Verified {
            doubts = verified.render(Format::Table, false)?;
        }
    }
    // With it goes the bar.
    drop(folder);
    let asked = Asked { id: id.to_owned(), proof, verdict, doubts };
    output::emit(&asked, global)?;
    Ok(exit(verdict))
}

/// What is known of an event, to be printed.
struct Asked {
    id: String,
    proof: Proof,
    verdict: Verdict,
    /// What is wrong with the folder, where it was looked at.
    doubts: String,
}

impl Asked {
    fn line(&self) -> String {
        match &self.proof {
            Proof::Proved(proofs) => {
                let place = |proof: &EventProof| {
                    format!("event {} of {} in the log `{}`", proof.leaf_index, proof.tree_size, proof.origin)
                };
                let places: Vec<_> = proofs.iter().map(place).collect();
                format!("`{}` is {}", self.id, places.join(", and "))
            }
            Proof::Unsealed => format!(
                "`{}` is in the journal only, and under no checkpoint yet; ask again when its writer has sealed it",
                self.id
            ),
            Proof::Unknown => format!("no event has the id `{}`", self.id),
        }
    }
}

impl Report for Asked {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        if format == Format::Json {
            let proofs = match &self.proof {
                Proof::Proved(proofs) => proofs.as_slice(),
                _ => &[],
            };
            let mut proofs: Vec<Value> = proofs.iter().map(value).collect::<anyhow::Result<_>>()?;
            // One event is the rule. Where another value came under the same id, its proof stands in `others`.
            let mut answer = match proofs.is_empty() {
                true => json!({"event_id": self.id, "state": state(&self.proof)}),
                false => proofs.remove(0),
            };
            if let Value::Object(members) = &mut answer {
                members.insert("schema_version".into(), json!(1));
                members.insert("verdict".into(), json!(super::word(self.verdict)));
                members.insert("others".into(), Value::Array(proofs));
            }
            return output::json(&answer);
        }
        let mut text = self.doubts.clone();
        if let Proof::Proved(proofs) = &self.proof {
            for proof in proofs {
                let path: Vec<_> = proof.path.iter().map(|hash| format!("  {hash}\n")).collect();
                text.push_str(&format!(
                    "leaf {}\nroot {} of {}\nproof of {}, lowest first\n{}",
                    proof.leaf_hash,
                    proof.root,
                    many(proof.tree_size, "event"),
                    many_hashes(path.len()),
                    path.concat()
                ));
            }
        }
        text.push_str(&format!("{}: {}\n", tinted(self.verdict, color), self.line()));
        Ok(text)
    }

    fn summary(&self) -> String {
        format!("{}: {}", super::word(self.verdict), self.line())
    }
}

fn many_hashes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "hash" } else { "hashes" })
}

fn state(proof: &Proof) -> &'static str {
    match proof {
        Proof::Proved(_) => "proved",
        Proof::Unsealed => "unsealed",
        Proof::Unknown => "unknown",
    }
}

fn value(proof: &EventProof) -> anyhow::Result<Value> {
    let mut value: Value = serde_json::from_str(&proof.json())?;
    if let Value::Object(members) = &mut value {
        members.insert("state".into(), json!("proved"));
    }
    Ok(value)
}
