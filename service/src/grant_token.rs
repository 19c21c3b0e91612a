//! Grant tokens: the name of a grant with a mark that only this installation can make.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::desk::Desk;
use crate::name::{KeyName, hex};
use crate::refusal::{Refusal, Why};
use crate::seal::Sealer;
use crate::serve::Plan;

const PURPOSE: &str = "grant token";

/// A token of a grant. Each has its own nonce, so two tokens of one grant differ.
pub fn make(sealer: &Sealer, key: &KeyName, grant: &str, nonce: [u8; 8]) -> String {
    let (arn, nonce) = (key.arn(), hex(&nonce));
    let mark = hex(&sealer.mark(PURPOSE, &[&arn, grant, &nonce]));
    STANDARD.encode(format!("{arn}|{grant}|{nonce}|{mark}"))
}

/// The ARN of the key and the id of the grant that a genuine token names.
pub fn read(sealer: &Sealer, token: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let mut parts = text.split('|');
    let (arn, grant, nonce, mark) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let wanted = sealer.mark(PURPOSE, &[arn, grant, nonce]);
    let genuine = sealer.is_mark(PURPOSE, &[arn, grant, nonce], &wanted) && hex(&wanted) == mark;
    (genuine && parts.next().is_none()).then(|| (arn.to_owned(), grant.to_owned()))
}

/// Whether every token of a plan is genuine and its grant still there. What a grant permits was decided before, token
/// or not: nothing here opens anything.
pub fn check(plan: &Plan, desk: &Desk<'_>) -> Result<(), Refusal> {
    for token in &plan.tokens {
        let known = read(&desk.kms.parts.sealer, token).is_some_and(|(arn, grant)| {
            plan.uses.iter().all(|(_, key)| key.name.arn() != arn)
                || plan.uses.iter().any(|(_, key)| key.grants.records.iter().any(|record| record.id == grant))
        });
        if !known {
            return Err(Refusal::new(Why::InvalidGrantToken, ""));
        }
    }
    Ok(())
}
