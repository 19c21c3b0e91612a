//! The `[lint]` table of `wardbook.toml`: what is trusted, what is looked at, and what is left alone for a reason.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use globset::{GlobBuilder, GlobMatcher};
use toml::{Table, Value};
use wardbook_policy::lint::{Assertion, Kind, Severity};

use super::selection::Selection;

/// What the settings file says about linting.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The file, as messages name it.
    pub(super) path: String,
    /// The folder of the file, to which its paths are relative.
    folder: PathBuf,
    pub(super) trusted_accounts: Vec<Box<str>>,
    pub(super) trusted_organizations: Vec<Box<str>>,
    pub(super) select: Option<Selection>,
    pub(super) fail_on: Option<Severity>,
    pub(super) is_strict: bool,
    pub(super) principal: Option<Box<str>>,
    pub(super) baseline: Option<PathBuf>,
    pub(super) assertions: Vec<Assertion>,
    kinds: Vec<(GlobMatcher, Kind)>,
    pub(super) ignores: Vec<Ignore>,
}

/// One `[[lint.ignore]]`.
#[derive(Debug, Clone)]
pub(super) struct Ignore {
    pub(super) codes: Selection,
    pub(super) path: Option<GlobMatcher>,
    pub(super) sid: Option<String>,
    pub(super) reason: String,
    /// The last day on which it holds: `2026-12-31`.
    pub(super) expires: Option<String>,
    /// Where it begins in the settings file, counted from one.
    pub(super) line: u32,
}

impl Settings {
    /// Reads the table. `text` is the whole settings file.
    pub(crate) fn read(path: &Path, table: &Table, text: &str) -> anyhow::Result<Settings> {
        let folder = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_owned));
        let folder = folder.unwrap_or_default();
        let mut settings = Settings { path: super::walk::named(path), folder, ..Settings::default() };
        for (name, value) in table {
            settings.set(name, value, text).with_context(|| format!("`{name}`"))?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &Value, text: &str) -> anyhow::Result<()> {
        match name {
            "trusted-accounts" => self.trusted_accounts = texts(value)?,
            "trusted-orgs" => self.trusted_organizations = texts(value)?,
            "select" => self.select = Some(Selection::parse_all(texts(value)?.iter().map(|text| &**text))?),
            "fail-on" => self.fail_on = Some(severity(string(value)?)?),
            "strict" => self.is_strict = value.as_bool().ok_or_else(|| anyhow!("is true or false"))?,
            "as" => self.principal = Some(string(value)?.into()),
            "baseline" => self.baseline = Some(self.folder.join(string(value)?)),
            "assert" => {
                for text in texts(value)? {
                    self.assertions.push(Assertion::parse(&text)?);
                }
            }
            "files" => {
                for entry in tables(value)? {
                    let glob = self.glob(string(entry.get("glob").context("`glob` is missing")?)?)?;
                    let kind = string(entry.get("kind").context("`kind` is missing")?)?;
                    only(entry, &["glob", "kind"])?;
                    self.kinds.push((glob, Kind::from_name(kind).with_context(|| no_kind(kind))?));
                }
            }
            "ignore" => {
                for (index, entry) in tables(value)?.into_iter().enumerate() {
                    let ignore =
                        self.ignore(entry, line_of(text, index)).with_context(|| format!("entry {}", index + 1))?;
                    self.ignores.push(ignore);
                }
            }
            _ => bail!(
                "is no setting; there are trusted-accounts, trusted-orgs, select, fail-on, strict, as, baseline, assert, files and ignore"
            ),
        }
        Ok(())
    }

    fn ignore(&self, entry: &Table, line: u32) -> anyhow::Result<Ignore> {
        only(entry, &["code", "path", "sid", "reason", "expires"])?;
        let told = |name: &str| entry.get(name).map(string).transpose();
        let codes = match entry.get("code").context("`code` is missing")? {
            Value::String(code) => Selection::parse_all(code.split(','))?,
            codes => Selection::parse_all(texts(codes)?.iter().map(|text| &**text))?,
        };
        let reason = told("reason")?.unwrap_or_default().trim().to_owned();
        if reason.is_empty() {
            bail!("`reason` is missing");
        }
        let expires = match entry.get("expires") {
            Some(Value::Datetime(date)) => Some(date.to_string()),
            Some(other) => Some(string(other)?.to_owned()),
            None => None,
        };
        let expires = expires.map(|date| date.get(..10).unwrap_or(&date).to_owned());
        if let Some(date) = expires.as_deref().filter(|date| !is_date(date)) {
            bail!("`expires` is a date such as 2026-12-31, not `{date}`");
        }
        let path = told("path")?.map(|path| self.glob(path)).transpose()?;
        let sid = told("sid")?.map(str::to_owned);
        Ok(Ignore { codes, path, sid, reason, expires, line })
    }

    fn glob(&self, text: &str) -> anyhow::Result<GlobMatcher> {
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        Ok(glob.with_context(|| format!("`{text}` is no pattern of paths"))?.compile_matcher())
    }

    /// The kind of the documents of a file, if the settings tell it.
    pub(super) fn kind_of(&self, path: &str) -> Option<Kind> {
        let own = self.own_path(path);
        self.kinds.iter().find(|(glob, _)| glob.is_match(&own)).map(|(_, kind)| *kind)
    }

    /// A path as patterns of the settings file see it.
    pub(super) fn own_path(&self, path: &str) -> PathBuf {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
        absolute.strip_prefix(&self.folder).map(Path::to_owned).unwrap_or(absolute)
    }
}

/// The severity that is called so.
pub(super) fn severity(name: &str) -> anyhow::Result<Severity> {
    let found = Severity::ALL.into_iter().find(|severity| severity.name() == name);
    found.with_context(|| format!("`{name}` is no severity; there are info, warning, security and error"))
}

fn no_kind(kind: &str) -> String {
    let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    format!("`{kind}` is no kind of policy; there are {}", kinds.join(", "))
}

fn only(entry: &Table, known: &[&str]) -> anyhow::Result<()> {
    match entry.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => bail!("`{name}` is not one of {}", known.join(", ")),
        None => Ok(()),
    }
}

fn string(value: &Value) -> anyhow::Result<&str> {
    value.as_str().with_context(|| format!("a text is wanted, not {}", value.type_str()))
}

fn texts(value: &Value) -> anyhow::Result<Vec<Box<str>>> {
    let values = value.as_array().with_context(|| format!("a list of texts is wanted, not {}", value.type_str()))?;
    values.iter().map(|value| Ok(string(value)?.into())).collect()
}

fn tables(value: &Value) -> anyhow::Result<Vec<&Table>> {
    let values = value.as_array().with_context(|| format!("a list of tables is wanted, not {}", value.type_str()))?;
    values.iter().map(|value| value.as_table().context("a list of tables is wanted")).collect()
}

/// Where an entry begins: at its own header, else at the beginning of the file.
fn line_of(text: &str, index: usize) -> u32 {
    let is_header = |line: &str| line.trim().replace(' ', "").starts_with("[[lint.ignore]]");
    let line = text.lines().enumerate().filter(|(_, line)| is_header(line)).nth(index).map_or(0, |(line, _)| line);
    u32::try_from(line + 1).unwrap_or(u32::MAX)
}

fn is_date(text: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

/// Today, in UTC: `2026-11-27`.
pub(super) fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs() / 86_400)
}

/// The date of a day counted from 1970, by the calendar's own arithmetic: years begin in March, so that the leap day
/// is the last one.
fn date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, wanted) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (20_818, "2026-12-31"),
        ] {
            assert_eq!(date(days), wanted);
        }
    }

    fn read(text: &str) -> anyhow::Result<Settings> {
        Settings::read(Path::new("/w/wardbook.toml"), &text.parse().unwrap(), text)
    }

    #[test]
    fn every_setting_is_read_and_others_are_refused() {
        let settings = read(
            "trusted-accounts = [\"111122223333\"]\ntrusted-orgs = [\"o-a1b2c3d4e5\"]\nselect = [\"KP\"]\nfail-on = \"error\"\n\
             strict = true\nas = \"arn:aws:iam::111122223333:role/a\"\nbaseline = \"b.json\"\n\
             [[files]]\nglob = \"scp/**\"\nkind = \"scp\"\n\
             [[ignore]]\ncode = \"KP08,KP07\"\npath = \"a/*.json\"\nreason = \"meant\"\nexpires = 2026-12-31\n",
        );
        let settings = settings.unwrap();
        assert_eq!(settings.kind_of("/w/scp/a/b.json"), Some(Kind::Scp));
        assert_eq!(settings.kind_of("/w/other/b.json"), None);
        assert_eq!(settings.ignores[0].expires.as_deref(), Some("2026-12-31"));
        assert_eq!(settings.baseline.as_deref(), Some(Path::new("/w/b.json")));
        for (text, wanted) in [
            ("colour = 1", "`colour`: is no setting"),
            ("fail-on = \"bad\"", "`fail-on`: `bad` is no severity"),
            ("[[ignore]]\ncode = \"KP07\"", "`reason` is missing"),
            ("[[ignore]]\ncode = \"KP77\"\nreason = \"x\"", "`KP77` is no rule"),
            ("[[ignore]]\ncode = \"KP07\"\nreason = \"x\"\nexpires = \"soon\"", "`expires` is a date"),
            ("[[files]]\nglob = \"*\"\nkind = \"nonsense\"", "`nonsense` is no kind of policy"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
