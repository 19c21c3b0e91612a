//! A key that goes when its stack or resource goes.
//!
//! What is encrypted under a key that is deleted is lost. CloudFormation schedules a key for deletion when it leaves the template, or is replaced, unless `DeletionPolicy` and `UpdateReplacePolicy` say `Retain`; Terraform does unless `prevent_destroy` is set.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "DeletionPolicy": "Retain",
//!   "Properties": {"EnableKeyRotation": true}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "DeletionPolicy": "Retain",
//!   "UpdateReplacePolicy": "Retain",
//!   "Properties": {"EnableKeyRotation": true}}
//! ```

use crate::json::{Kind, Value};
use crate::lint::finding::Findings;
use crate::lint::view::head;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let declared = &key.declaration;
    let setting =
        |name: &str| declared.settings.iter().find(|member| &*member.name == name).map(|member| &member.value);
    let address = &declared.address;
    let place = head(declared.name_span);
    if declared.kind.starts_with("AWS::") {
        let keeps = |value: &Value| match value.as_text() {
            Some(text) => text.starts_with("Retain"),
            // What is computed is not known here.
            None => matches!(value.kind, Kind::Object(_)),
        };
        let names = ["DeletionPolicy", "UpdateReplacePolicy"];
        let missing: Vec<&str> = names.into_iter().filter(|name| !setting(name).is_some_and(keeps)).collect();
        if let Some(first) = missing.first() {
            let place = setting(first).map_or(place, |value| value.span);
            found
                .warning(
                    place,
                    format!(
                        "`{address}` is deleted with its stack or when it is replaced: no `{}: Retain`",
                        missing.join(": Retain` and `")
                    ),
                )
                .help("set `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain`");
        }
    } else if declared.path.ends_with(".tf") {
        let lifecycle = setting("lifecycle").and_then(|value| match value.as_list() {
            Some(list) => list.first(),
            None => Some(value),
        });
        let prevents = lifecycle.and_then(|value| value.member("prevent_destroy"));
        let keeps = prevents.is_some_and(|value| match &value.kind {
            Kind::Bool(set) => *set,
            Kind::Text(text) => &**text != "false",
            _ => false,
        });
        if !keeps {
            found
                .warning(
                    prevents.map_or(place, |value| value.span),
                    format!("`{address}` is deleted when its block goes or is replaced: no `prevent_destroy`"),
                )
                .help("add `lifecycle { prevent_destroy = true }`");
        }
    }
}
