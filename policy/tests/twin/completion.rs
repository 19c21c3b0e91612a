//! The values that a key of the vocabulary may turn out to have.

use serde_json::{Value, json};

use crate::world::{DERIVED, DERIVED_MULTI, MULTI, SINGLE, Text};

/// Every way to give a key that is not known, over the vocabulary: absent is `None`.
pub(crate) fn completions(key: &str) -> Vec<Option<Value>> {
    let mut all = vec![None];
    for (list, multi) in [(SINGLE, false), (DERIVED, false), (MULTI, true), (DERIVED_MULTI, true)] {
        for (_, values) in list.iter().filter(|(name, _)| *name == key) {
            all.extend(values.iter().map(|value| Some(if multi { json!([value]) } else { json!(value) })));
            if multi {
                all.push(Some(json!(values)));
            }
        }
    }
    // A key is one that AWS manages if the request tells so; an alias that is not known tells nothing.
    all.retain(|value| value.as_ref().is_none_or(|value| !value.to_string().contains("alias/aws/")));
    if key == "aws:PrincipalArn" {
        all.push(Some(json!("arn:aws:iam::111122223333:role/team/Ops")));
    }
    all
}

/// All keys of the vocabulary.
pub(crate) fn keys() -> impl Iterator<Item = Text> {
    [SINGLE, MULTI, DERIVED, DERIVED_MULTI].into_iter().flatten().map(|(key, _)| *key)
}
