//! The flags that tell under what circumstances a request is made; shared by `can` and `why`.

use anyhow::bail;
use clap::{Args, ValueEnum};
use wardbook_inventory::circumstances::Circumstances;
use wardbook_policy::catalogue;
use wardbook_policy::context::Values;

/// Flags about condition keys.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Circumstances")]
pub(crate) struct Flags {
    /// A condition key of the request: KEY=VALUE; repeat a key to give it several values
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    /// A pair of the encryption context: NAME=VALUE; pairs not named are then absent
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) encryption_context: Vec<String>,
    /// The service that calls for the principal: `s3`, or `s3.eu-west-1.amazonaws.com`
    #[arg(long, value_name = "SERVICE")]
    pub(crate) via: Option<String>,
    /// A condition key that the request does not have
    #[arg(long, value_name = "KEY")]
    pub(crate) absent: Vec<String>,
    /// A condition key that is not known, even if it could be derived
    #[arg(long, value_name = "KEY")]
    pub(crate) unknown: Vec<String>,
    /// Settle what was not named: `direct-call` is a plain call over TLS by the principal itself
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) assume: Option<Assumption>,
}

/// What is taken for granted about keys that were not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Assumption {
    /// Called by the principal itself over TLS, without an encryption context; other keys are absent
    DirectCall,
}

impl Flags {
    /// These circumstances on top of others.
    pub(crate) fn tell(&self, mut told: Circumstances, region: Option<&str>) -> anyhow::Result<Circumstances> {
        for (name, values) in self.keys(region)? {
            told = told.with(&name, values);
        }
        for name in &self.absent {
            told = told.absent(name);
        }
        for name in &self.unknown {
            told = told.unknown(name);
        }
        Ok(told)
    }

    /// These circumstances, with what `--assume` settles below them.
    pub(crate) fn circumstances(&self, region: Option<&str>) -> anyhow::Result<Circumstances> {
        let start = match self.assume {
            Some(Assumption::DirectCall) => Circumstances::direct_call(),
            None => Circumstances::default(),
        };
        self.tell(start, region)
    }

    /// The condition keys given, encryption context and service included. `region` completes a service name.
    fn keys(&self, region: Option<&str>) -> anyhow::Result<Vec<(String, Values)>> {
        let mut keys: Vec<(String, Vec<Box<str>>)> = Vec::new();
        let mut add = |name: String, value: &str| match keys
            .iter_mut()
            .find(|(known, _)| known.to_lowercase() == name.to_lowercase())
        {
            Some((_, values)) => values.push(value.into()),
            None => keys.push((name, vec![value.into()])),
        };
        for text in &self.context {
            let (name, value) = pair("--context", text)?;
            add(name.to_owned(), value);
        }
        for text in &self.encryption_context {
            let (name, value) = pair("--encryption-context", text)?;
            add(format!("kms:EncryptionContext:{name}"), value);
        }
        if let Some(service) = &self.via {
            add("kms:ViaService".into(), &via_service(service, region)?);
        }
        let values = keys.into_iter().map(|(name, values)| {
            let multi = values.len() > 1 || catalogue::condition_key(&name).is_some_and(|key| key.is_multi_valued());
            let values = match <[Box<str>; 1]>::try_from(values) {
                Ok([one]) if !multi => Values::One(one),
                Ok(one) => Values::Many(one.into()),
                Err(many) => Values::Many(many),
            };
            (name, values)
        });
        Ok(values.collect())
    }
}

fn pair<'a>(flag: &str, text: &'a str) -> anyhow::Result<(&'a str, &'a str)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => bail!("`{flag} {text}`: write NAME=VALUE"),
    }
}

/// `s3` becomes `s3.eu-west-1.amazonaws.com`, which is what kms:ViaService holds.
fn via_service(service: &str, region: Option<&str>) -> anyhow::Result<String> {
    match (service.strip_suffix(".amazonaws.com").unwrap_or(service), region) {
        (stem, _) if stem.contains('.') => Ok(format!("{stem}.amazonaws.com")),
        (stem, Some(region)) => Ok(format!("{stem}.{region}.amazonaws.com")),
        (stem, None) => bail!("`--via {service}`: the region is not known here; write `{stem}.REGION.amazonaws.com`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_completed_by_the_region() {
        assert_eq!(via_service("s3", Some("eu-west-1")).unwrap(), "s3.eu-west-1.amazonaws.com");
        assert_eq!(via_service("s3.amazonaws.com", Some("eu-west-1")).unwrap(), "s3.eu-west-1.amazonaws.com");
        assert_eq!(via_service("s3.us-east-1.amazonaws.com", Some("eu-west-1")).unwrap(), "s3.us-east-1.amazonaws.com");
        assert!(via_service("s3", None).is_err());
    }

    #[test]
    fn repeated_keys_and_multi_valued_keys_are_lists() {
        let flags = Flags {
            context: vec!["aws:TagKeys=a".into(), "x:y=1".into(), "X:Y=2".into(), "aws:SourceIp=203.0.113.1".into()],
            encryption_context: vec!["aws:s3:arn=arn:aws:s3:::b=c".into()],
            ..Flags::default()
        };
        let keys = flags.keys(None).unwrap();
        assert_eq!(keys[0].1, Values::Many(vec!["a".into()]));
        assert_eq!(keys[1].1, Values::Many(vec!["1".into(), "2".into()]));
        assert_eq!(keys[2].1, Values::One("203.0.113.1".into()));
        assert_eq!(keys[3], ("kms:EncryptionContext:aws:s3:arn".into(), Values::One("arn:aws:s3:::b=c".into())));
        assert!(pair("--context", "=x").is_err() && pair("--context", "x").is_err());
    }
}
