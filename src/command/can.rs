//! `can`: may this principal do this to this key?

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use wardbook_inventory::world::{Asked, World};
use wardbook_policy::arn::Arn;
use wardbook_policy::decide::Verdict;
use wardbook_policy::explain::Explanation;
use wardbook_policy::question::{Part, Target, parts, request_alias};
use wardbook_policy::quirk::Quirks;

use super::circumstances::Flags;
use super::{mend, reason, trace, world};
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Report};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// An ARN, `role/NAME`, `user/NAME`, a service such as `s3.amazonaws.com`, or an account id (its root user)
    principal: String,
    /// Such as `kms:Decrypt`
    action: String,
    /// A key ARN or id, `alias/NAME`, an alias ARN; any other resource by its ARN
    key: String,
    /// The other key: the destination of kms:ReEncrypt, the new key of kms:UpdateAlias
    #[arg(long, value_name = "KEY")]
    destination: Option<String>,
    /// The alias of kms:CreateAlias, or of another operation on aliases when KEY is a key
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    #[command(flatten)]
    flags: Flags,
    /// Exit 0 if this is the answer and 1 if it is the other; still 3 if it is not known
    #[arg(long, value_enum, value_name = "ANSWER")]
    expect: Option<Expected>,
}

/// The answer that a script expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Expected {
    /// It is allowed
    Allow,
    /// It is denied, either way
    Deny,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Answer<'_>>(global)?;
    let quirks = super::quirks(global)?;
    let world = world::read(global)?;
    let asked = ask(arguments, &world, quirks)?;
    let answer = Answer { explanations: asked.iter().map(Asked::explain).collect(), asked: &asked, quirks };
    output::emit(&answer, global)?;
    Ok(exit(answer.verdict(), arguments.expect))
}

fn exit(verdict: Verdict, expected: Option<Expected>) -> Exit {
    let allowed = match verdict {
        Verdict::Unknown => return Exit::Undetermined,
        Verdict::Allow => true,
        Verdict::ImplicitDeny | Verdict::ExplicitDeny => false,
    };
    match (allowed, expected.unwrap_or(Expected::Allow)) {
        (true, Expected::Allow) | (false, Expected::Deny) => Exit::Fine,
        (true, Expected::Deny) | (false, Expected::Allow) => Exit::No,
    }
}

/// The question, or the several that AWS makes of it.
fn ask<'w>(arguments: &Arguments, world: &'w World, quirks: Quirks) -> anyhow::Result<Vec<Asked<'w>>> {
    let Some(parts) = parts(&arguments.action) else {
        if arguments.destination.is_some() || arguments.alias.is_some() {
            bail!("`{}` concerns one resource; leave out --destination and --alias", arguments.action);
        }
        return ask_one(arguments, &arguments.action, &arguments.key, None, world, quirks).map(|asked| vec![asked]);
    };
    parts.iter().filter(|part| concerns(part, arguments)).map(|part| ask_part(part, arguments, world, quirks)).collect()
}

/// Without `--destination`, UpdateAlias is asked of the alias and its present key only.
fn concerns(part: &Part, arguments: &Arguments) -> bool {
    part.target != Target::OtherKey || arguments.destination.is_some() || part.action == "kms:ReEncryptTo"
}

fn ask_part<'w>(part: &Part, arguments: &Arguments, world: &'w World, quirks: Quirks) -> anyhow::Result<Asked<'w>> {
    let is_alias = |text: &str| Arn::parse(text).map_or(text, |arn| arn.resource).starts_with("alias/");
    let destination = arguments.destination.as_deref();
    match part.target {
        Target::OtherKey | Target::Key if part.action.starts_with("kms:ReEncrypt") => {
            let destination =
                destination.context("kms:ReEncrypt concerns two keys: name the other one with --destination KEY")?;
            let key = if part.target == Target::Key { &arguments.key } else { destination };
            let names = [&*arguments.key, destination].map(|text| is_alias(text).then(|| alias_name(text)));
            let alias = request_alias(part.target, names[0], names[1], quirks).map(str::to_owned);
            ask_one(arguments, part.action, key, alias, world, quirks)
        }
        Target::OtherKey => ask_one(arguments, part.action, destination.unwrap_or_default(), None, world, quirks),
        Target::Key => {
            let key = world.find_key(&arguments.key, None)?;
            ask_one(arguments, part.action, &key.resource, None, world, quirks)
        }
        Target::Alias => {
            let alias = arguments.alias.as_deref().or(is_alias(&arguments.key).then_some(&arguments.key));
            let alias = alias
                .with_context(|| format!("{} concerns an alias too: name it with --alias alias/NAME", part.action))?;
            let arn = match Arn::parse(alias) {
                Some(_) => alias.to_owned(),
                None => alias_arn(alias, &world.find_key(&arguments.key, None)?.resource)?,
            };
            ask_one(arguments, part.action, &arn, None, world, quirks)
        }
    }
}

fn alias_name(text: &str) -> &str {
    Arn::parse(text).map_or(text, |arn| arn.resource)
}

/// The ARN of an alias beside a key.
fn alias_arn(alias: &str, key: &str) -> anyhow::Result<String> {
    let arn = Arn::parse(key).with_context(|| format!("`{key}` is not the ARN of a key"))?;
    if !alias.starts_with("alias/") {
        bail!("`{alias}` is not an alias: write `alias/NAME`");
    }
    Ok(format!("arn:{}:kms:{}:{}:{alias}", arn.partition, arn.region, arn.account))
}

fn ask_one<'w>(
    arguments: &Arguments,
    action: &str,
    key: &str,
    request_alias: Option<String>,
    world: &'w World,
    quirks: Quirks,
) -> anyhow::Result<Asked<'w>> {
    let region = region_of(key, world);
    let mut circumstances = arguments.flags.circumstances(region.as_deref())?;
    if let Some(alias) = request_alias.filter(|_| !circumstances.names("kms:RequestAlias")) {
        circumstances = circumstances.with("kms:RequestAlias", alias.as_str());
    }
    Ok(world.ask(&arguments.principal, action, key, circumstances, quirks)?)
}

/// The region that completes `--via s3`: that of the key.
fn region_of(key: &str, world: &World) -> Option<String> {
    let found = world.find_key(key, None).ok();
    let arn = found.as_ref().map_or(key, |found| &found.resource);
    Arn::parse(arn).map(|arn| arn.region.to_owned()).filter(|region| !region.is_empty())
}

/// The answer, and the walks that led to it.
struct Answer<'a> {
    asked: &'a [Asked<'a>],
    explanations: Vec<Explanation<'a>>,
    quirks: Quirks,
}

impl Answer<'_> {
    fn verdict(&self) -> Verdict {
        Verdict::together(self.explanations.iter().map(|explanation| explanation.decision().verdict()))
    }

    fn table(&self, color: bool) -> String {
        let mut text = String::new();
        if self.explanations.len() > 1 {
            let word = trace::verdict(self.verdict(), color);
            text.push_str(&format!("{word}  all of {} permissions together\n\n", self.explanations.len()));
        }
        for (asked, explanation) in self.asked.iter().zip(&self.explanations) {
            let aliases = asked.key.and_then(|key| key.aliases.as_deref()).unwrap_or_default();
            text.push_str(&format!("{}\n", trace::head(explanation, aliases, color)));
            text.push_str(&format!("{}\n", trace::layers(explanation)));
            text.push_str(&world::coverage_text(&asked.coverage));
        }
        text
    }

    fn json(&self) -> Value {
        let parts: Vec<Value> =
            self.asked.iter().zip(&self.explanations).map(|(asked, e)| self.part(asked, e)).collect();
        let all = |name: &str| -> Vec<Value> {
            let mut list: Vec<Value> = Vec::new();
            for value in parts.iter().filter_map(|part| part.get(name)?.as_array()).flatten() {
                if !list.contains(value) {
                    list.push(value.clone());
                }
            }
            list
        };
        json!({
            "schema_version": 1,
            "decision": self.verdict().name(),
            "because": all("because"),
            "missing": all("missing"),
            "missing_documents": all("missing_documents"),
            "coverage": all("coverage"),
            "requests": parts,
        })
    }

    fn part(&self, asked: &Asked<'_>, explanation: &Explanation<'_>) -> Value {
        json!({
            "decision": explanation.decision().verdict().name(),
            "request": trace::request_json(explanation.request()),
            "because": reason::because(explanation),
            "missing": reason::missing(explanation),
            "missing_documents": reason::missing_documents(explanation),
            "layers": trace::layers_json(explanation),
            "remedies": mend::json(explanation, &asked.layers, self.quirks),
            "coverage": world::coverage_json(&asked.coverage),
        })
    }
}

impl Report for Answer<'_> {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        match format {
            Format::Json => output::json(&self.json()),
            _ => Ok(self.table(color)),
        }
    }

    fn summary(&self) -> String {
        self.verdict().name().to_owned()
    }
}
