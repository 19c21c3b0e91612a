//! Any bytes as a policy document: reading, compiling and deciding never fail, whatever was written.

use wardbook_policy::decide::decide;
use wardbook_policy::document::Document;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

const KINDS: [PolicyKind; 6] = [
    PolicyKind::Identity,
    PolicyKind::Key,
    PolicyKind::Resource,
    PolicyKind::Scp,
    PolicyKind::Rcp,
    PolicyKind::Endpoint,
];

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(value) = json::parse(text) else { return };
    let grants: Vec<Grant> = Grant::read(&value).into_iter().collect();
    let document = Document::read(&value);
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let Ok(request) = Request::builder("arn:aws:iam::111122223333:user/Ana", "kms:Decrypt", key).build() else {
        return;
    };
    for kind in KINDS {
        let (policy, problems) = Policy::forced(&document, kind, Origin::default());
        assert_eq!(problems.is_empty(), Policy::new(&document, kind, Origin::default()).is_ok());
        let policies = [policy];
        let layers = Layers {
            resource: Told::Known(&policies),
            identity: Told::Known(&policies),
            grants: Told::Known(&grants),
            ..Layers::default()
        };
        decide(&request, &layers, Quirks::default());
    }
}
