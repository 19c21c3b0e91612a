//! The examples of the pages, the fixtures, and the policies that AWS documents, all run.

#![allow(clippy::disallowed_methods, reason = "fixtures are files")]

mod case;
mod evidence;
mod fix;
mod fixture;
mod limit;
mod page;
mod setting;
mod subject;

use std::path::{Path, PathBuf};

use super::*;
use crate::json;

use subject::{subjects, template};

pub(super) const ROOT: &str = r#"{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;

pub(super) fn testdata(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint").join(folder)
}

/// The files of a folder, sorted by name.
pub(super) fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(testdata(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// An example or fixture: a lone statement stands in a policy, beside the account's root where it names principals.
pub(super) fn whole(text: &str) -> String {
    let Ok(value) = json::parse(&text.replace('→', " ")) else { return text.into() };
    let names =
        |name: &str| value.as_object().is_some_and(|members| members.iter().any(|member| &*member.name == name));
    if names("Statement") || names("Version") || !names("Effect") {
        return text.into();
    }
    match names("Principal") || names("NotPrincipal") || names("Principals") {
        true => format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{ROOT},\n{text}]}}"),
        false => format!("{{\"Version\": \"2012-10-17\", \"Statement\": [\n{text}]}}"),
    }
}

/// Everything that is found in an example, whatever it is an example of.
pub(super) fn run(text: &str, pedantic: bool) -> Vec<Finding> {
    let mut settings = Settings { pedantic, ..Settings::default() };
    let text = whole(text);
    let value = match json::parse(&text) {
        Ok(value) => value,
        Err(error) => return syntax(&error, About::Document(0)).into_iter().collect(),
    };
    if let Some(assertions) = value.member("Assert").and_then(Value::as_list) {
        settings.assertions =
            assertions.iter().map(|text| Assertion::parse(text.as_text().unwrap()).unwrap()).collect();
    }
    match (value.member("Old"), value.member("New")) {
        (Some(old), Some(new)) if new.member("Resources").is_some() => {
            against(&template(new), &template(old), &settings)
        }
        (Some(old), Some(new)) => document_against(new, old, None, &settings).1,
        (None, Some(new)) => document(new, None, &settings).1,
        _ if value.member("Resources").is_some() => lint(&template(&value), &settings),
        _ if value.member("Type").is_some() || value.member("Operations").is_some() => {
            lint(&subjects(&value), &settings)
        }
        _ => document(&value, None, &settings).1,
    }
}

pub(super) fn said(findings: &[Finding]) -> String {
    let line = |finding: &Finding| format!("{} {} {}", finding.rule.code, finding.severity.name(), finding.message);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
