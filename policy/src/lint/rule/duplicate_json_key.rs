//! An element that stands twice in one object, letter case aside.
//!
//! JSON readers take one of the two and drop the other without a word; which one depends on the reader.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "action": "kms:Encrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": ["kms:Decrypt", "kms:Encrypt"],
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
//! ```

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::json::{Kind, Member};
use crate::lint::finding::Findings;
use crate::lint::view::View;
use crate::span::Span;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    twice(view.value.as_object().unwrap_or_default(), found);
    for (_, members) in view.raw_statements() {
        twice(members, found);
        let conditions = members.iter().filter(|member| &*member.name == "Condition");
        for operator in conditions.filter_map(|member| member.value.as_object()).flatten() {
            if let Kind::Object(keys) = &operator.value.kind {
                twice(keys, found);
            }
        }
    }
}

fn twice(members: &[Member], found: &mut Findings<'_>) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for member in members {
        match seen.entry(member.name.to_ascii_lowercase()) {
            Entry::Vacant(place) => {
                place.insert(member.name_span);
            }
            Entry::Occupied(first) => {
                found
                    .error(member.name_span, format!("`{}` stands in this object already", member.name))
                    .label(*first.get(), "first here")
                    .help("keep one of the two; letter case makes no difference");
            }
        }
    }
}
