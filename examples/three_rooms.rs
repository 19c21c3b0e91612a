//! Three rooms that have never met, joined by hand: policy decides, backend encrypts, audit remembers.
//!
//! ```text
//! cargo run --example three_rooms            # or with a folder, which DuckDB can read afterwards
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value, json};
use wardbook_audit::disk::{Disk, LocalDisk, MemoryDisk};
use wardbook_audit::{event::EventText, export::export, folder::Folder, folder::Origin as Log, journal::Journal};
use wardbook_backend::{algorithm::Algorithm, backend::Backend, call::Call, context::Context, spec::KeySpec};
use wardbook_backend::{random::System, root::LocalRoot, root::Roots, rustcrypto::RustCrypto, software::Software};
use wardbook_backend::{spec::Usage, token::Binding, token::MaterialId};
use wardbook_policy::{decide::Verdict, decide::decide, document::Document, json::parse, layers::Layers, layers::Told};
use wardbook_policy::{policy::Origin, policy::Policy, policy::PolicyKind, quirk::Quirks, request::Request};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const CALLER: &str = "arn:aws:sts::111122223333:assumed-role/payroll/november";
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": {"Sid": "SalariesOnly", "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/payroll"}, "Action": "kms:Encrypt", "Resource": "*",
    "Condition": {"StringEquals": {"kms:EncryptionContext:purpose": "salaries"}}}}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let memory = || Arc::new(MemoryDisk::default()) as Arc<dyn Disk>;
    run(std::env::args().nth(1).map_or_else(memory, |folder| Arc::new(LocalDisk::new(folder))), &mut io::stdout())
}

pub(crate) fn run(disk: Arc<dyn Disk>, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    // The room that decides has the key's policy.
    let policy = Policy::new(&Document::read(&parse(POLICY)?), PolicyKind::Key, Origin::default());
    let policy = [policy.map_err(|problems| format!("{problems:?}"))?];
    let layers = Layers { resource: Told::Known(&policy), ..Layers::default() };

    // The room that computes has the key, and shows it to nobody.
    let (roots, call) = (Roots::new(Arc::new(LocalRoot::ephemeral(&System)?)), Call::unhurried());
    let backend = Software::start([Arc::new(RustCrypto) as _], roots, Arc::new(System));
    let owner = Binding::new(KEY, MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt)?;
    let key = backend.open(&backend.generate(&owner, &call)?, &owner, &call)?;

    // The room that remembers has a journal.
    let folder = Folder::new(disk);
    let journal = Journal::open(&folder, &Log::new("example")?, Default::default(), Box::new(()), |_| None)?;

    for (second, purpose) in [(1, "salaries"), (2, "curiosity")] {
        let request = Request::builder(CALLER, "kms:Encrypt", KEY).with("kms:EncryptionContext:purpose", purpose);
        let request = request.build()?;
        let decision = decide(&request, &layers, Quirks::default()).verdict();

        // Only an allowed call gets to the key, and what it encrypts opens for this purpose alone.
        let context = Context::new([("purpose", purpose)])?;
        let encrypt = || key.encrypt(Algorithm::SymmetricDefault, b"4200.00 EUR", &context, &call);
        let ciphertext = (decision == Verdict::Allow).then(encrypt).transpose()?;

        // Allowed or not, the call is on disk before anybody hears of it.
        let event = json!({
            "eventVersion": "1.11", "eventTime": format!("2026-11-27T09:00:0{second}Z"), "eventID": second.to_string(),
            "eventSource": "kms.amazonaws.com", "eventName": "Encrypt", "resources": [{"ARN": KEY}],
            "userIdentity": {"type": "AssumedRole", "arn": CALLER}, "recipientAccountId": "111122223333",
            "requestParameters": {"keyId": KEY, "encryptionContext": {"purpose": purpose}},
            "errorCode": ciphertext.is_none().then_some("AccessDenied"),
            "additionalEventData": {"wardbook": {"decision": decision.name()}},
        });
        journal.append(&EventText::read(event.to_string())?)?;
        writeln!(out, "{purpose}: {} bytes of ciphertext", ciphertext.map_or(0, |bytes| bytes.len()))?;
    }

    // Closing seals the journal into Parquet, and everything comes back from there.
    journal.close()?;
    export(&folder, |text| -> Result<(), Box<dyn Error>> {
        let event: Value = serde_json::from_str(text)?;
        let told = |path: &str| event.pointer(path).unwrap_or_default();
        let (time, context) = (told("/eventTime"), told("/requestParameters/encryptionContext"));
        Ok(writeln!(out, "{time} {context} {}", told("/additionalEventData/wardbook/decision"))?)
    })?;
    Ok(())
}
