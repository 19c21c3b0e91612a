//! Any bytes as the body of any operation: refused in the words of the model, or read; and what was read once is read
//! again from its own JSON.

use serde_json::Value;
use wardbook_service::api::{Operation, Shape};
use wardbook_service::refusal::{Refusal, Why};
use wardbook_service::wire::{decode, error};

/// Whatever passed the constraints.
struct Passed(Value);

impl decode::Decode for Passed {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self(value.clone()))
    }
}

fn read(body: &[u8], shape: &Shape) -> Result<Value, Refusal> {
    decode::request::<Passed>(body, shape).map(|Passed(value)| value)
}

pub(crate) fn run(data: &[u8]) {
    for operation in Operation::ALL {
        match read(data, operation.shape()) {
            Ok(value) => {
                let again = read(value.to_string().as_bytes(), operation.shape());
                assert_eq!(again.as_ref(), Ok(&value), "{}", operation.name());
            }
            Err(refusal) => {
                assert!(matches!(refusal.why, Why::Validation | Why::Serialization), "{refusal}");
                let told: Value = serde_json::from_str(&error::body(&refusal)).expect("a refusal is JSON");
                assert!(told["__type"].is_string());
            }
        }
    }
}
