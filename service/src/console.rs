//! The console: keys, who can use each, and the latest decisions with their reasons. It shows and changes nothing, and
//! what it says comes from the evaluator that decides requests.
//!
//! Pages are made here, need no script and nothing from elsewhere, and are for this machine alone.

mod html;
mod key;
mod tail;
mod who;

use std::net::IpAddr;
use std::sync::PoisonError;

use crate::kms::Kms;
use crate::limits::CONSOLE_KEYS_MAX;
use crate::name::KeyName;
use crate::refusal::Refusal;

use html::{Page, cell, escape, link};

pub use tail::Tail;

/// A page, or why there is none.
#[derive(Debug)]
pub struct Shown {
    /// The HTTP status.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// What pages may do: look like our own style, and nothing else.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where it is.
pub const ROOT: &str = "/ui";
const HTML: &str = "text/html; charset=utf-8";

/// Whether a path belongs to the console.
pub fn is_meant(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The page of a path, for whoever sits at this machine and wrote its name: a page from elsewhere that lets its own
/// name lead here gets nothing.
pub fn show(kms: &Kms, path: &str, peer: IpAddr, host: Option<&str>) -> Shown {
    if !peer.is_loopback() || !host.is_some_and(is_this_machine) {
        return said(403, "The console is for this machine alone.");
    }
    let rest = path.strip_prefix(ROOT).unwrap_or_default().trim_matches('/');
    let parts: Vec<&str> = rest.split('/').collect();
    let made = match parts.as_slice() {
        [""] => keys(kms),
        ["log"] => Ok(Some(log(kms))),
        ["style.css"] => {
            return Shown { status: 200, content_type: "text/css; charset=utf-8", body: html::STYLE.to_owned() };
        }
        ["key", account, region, id] => {
            key::page(kms, &KeyName { account: (*account).into(), region: (*region).into(), id: (*id).into() })
        }
        _ => Ok(None),
    };
    match made {
        Ok(Some(page)) => Shown { status: 200, content_type: HTML, body: page },
        Ok(None) => said(404, "There is no such page."),
        Err(refusal) => said(500, &refusal.message),
    }
}

fn said(status: u16, text: &str) -> Shown {
    Shown { status, content_type: HTML, body: Page::new("wardbook", false).text(text).end() }
}

/// Whether a Host header names this machine by a name that only it can have.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn keys(kms: &Kms) -> Result<Option<String>, Refusal> {
    kms.catch_up()?;
    let keys: Vec<_> = {
        let state = kms.state.read().unwrap_or_else(PoisonError::into_inner);
        state.keys().cloned().collect()
    };
    let mut page = Page::new("Keys", false);
    page = page.text(&match keys.len() {
        0 => "There are no keys.".to_owned(),
        count if count > CONSOLE_KEYS_MAX => format!("The first {CONSOLE_KEYS_MAX} of {count} keys."),
        count => format!("{count} keys."),
    });
    let heads = ["Key", "Aliases", "State", "Spec", "Usage", "Origin", "Account", "Region"];
    let rows = keys.iter().take(CONSOLE_KEYS_MAX).map(|key| {
        let (name, record) = (&key.name, &key.record);
        let path = format!("{ROOT}/key/{}/{}/{}", name.account, name.region, name.id);
        let state = format!("<td class=\"{}\">{}</td>", class(&record.state), escape(&record.state));
        let texts = [&record.spec, &record.usage, &record.origin, &name.account, &name.region];
        let rest: String = texts.iter().map(|text| cell(text)).collect();
        format!("<td>{}</td>{}{state}{rest}", link(&path, &name.id), cell(&key.aliases.join(", ")))
    });
    Ok(Some(page.table(&heads, rows).end()))
}

fn class(state: &str) -> &'static str {
    if state == "Enabled" { "yes" } else { "no" }
}

fn log(kms: &Kms) -> String {
    let heads = ["Time", "Operation", "Who", "Key", "Decision", "Reason", "Answer"];
    let rows = kms.tail.latest().into_iter().map(|line| {
        let class = if line.decision == "allow" { "yes" } else { "no" };
        let decision = format!("<td class=\"{class}\">{}</td>", escape(&line.decision));
        let before: String =
            [&line.time, &line.operation, &line.who, &line.key].iter().map(|text| cell(text)).collect();
        format!("{before}{decision}{}{}", cell(&line.reason), cell(&line.answer))
    });
    let text = "The latest decisions, newest first, since this server was started. The page renews itself.";
    Page::new("Decisions", true).text(text).table(&heads, rows).end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for own in ["localhost", "LOCALHOST:80", "127.0.0.1:4599", "127.9.9.9", "[::1]:1", "[::1]"] {
            assert!(is_this_machine(own), "{own}");
        }
        for other in ["", "example.com", "localhost.example.com:80", "127.0.0.1.example.com", "10.0.0.1:80", "[::2]"] {
            assert!(!is_this_machine(other), "{other}");
        }
    }

    #[test]
    fn only_paths_under_its_own_are_the_console() {
        assert!(is_meant("/ui") && is_meant("/ui/") && is_meant("/ui/key/1/2/3"));
        assert!(!is_meant("/") && !is_meant("/uix") && !is_meant("/wardbook/ui"));
    }
}
