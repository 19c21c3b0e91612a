//! A policy that is longer than AWS accepts, or nearly so.
//!
//! A key policy has at most 32,768 bytes, a service or resource control policy 5,120 characters, a trust policy 2,048 unless raised to 4,096, a managed policy 6,144 and the inline policies of a role 10,240. White space is not counted here.
//! The examples are short, and are held against the sizes in the tests.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Id": "some 33,000 characters",
//!   "Statement": []}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:ListKeys",
//!   "Resource": "*"}
//! ```

use crate::json::{Kind as Json, Value};
use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::view::{View, head};

/// What a policy of this kind may have, and from where on it is refused for certain.
fn bounds(kind: Kind) -> Option<(usize, usize)> {
    match kind {
        Kind::KeyPolicy => Some((32_768, 32_768)),
        Kind::Identity => Some((6_144, 10_240)),
        Kind::Trust => Some((2_048, 4_096)),
        Kind::Scp | Kind::Rcp => Some((5_120, 5_120)),
        Kind::Endpoint => Some((20_480, 20_480)),
        Kind::Resource => None,
    }
}

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let Some((usual, most)) = bounds(view.kind) else { return };
    let size = size(view.value);
    let place = head(view.document.span);
    let of = view.kind.noun();
    if size > most {
        found.error(place, format!("{size} bytes without white space; {of} has at most {most}"));
    } else if size > usual {
        found.warning(
            place,
            format!("{size} bytes without white space; {of} has at most {usual} unless it is of the longer sort"),
        );
    } else if size > usual / 10 * 9 && usual == most {
        found.warning(place, format!("{size} bytes without white space; {of} has at most {most}, which is near"));
    }
}

/// The length of a value without white space.
fn size(value: &Value) -> usize {
    let commas = |count: usize| count.saturating_sub(1) + 2;
    match &value.kind {
        Json::Null | Json::Bool(true) => 4,
        Json::Bool(false) => 5,
        Json::Number(text) => text.len(),
        Json::Text(text) => text.len() + 2,
        Json::List(values) => values.iter().map(size).sum::<usize>() + commas(values.len()),
        Json::Object(members) => {
            members.iter().map(|member| member.name.len() + 3 + size(&member.value)).sum::<usize>()
                + commas(members.len())
        }
    }
}
