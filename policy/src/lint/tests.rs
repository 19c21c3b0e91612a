//! The examples of the pages, the fixtures, and the policies that AWS documents, all run.

#![allow(clippy::disallowed_methods, reason = "fixtures are files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::decide::{Verdict, decide};
use crate::document::{Word, scalar};
use crate::json::{self, Kind as Json};
use crate::layers::{Layers, Told};
use crate::limits::EVALUATED_STATEMENTS_MAX;
use crate::policy::{Origin, Policy, PolicyKind};
use crate::quirk::Quirks;
use crate::span::Span;
use crate::subject::{Declaration, UseSubject};

const ROOT: &str = r#"{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;

fn testdata(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint").join(folder)
}

/// The files of a folder, sorted by name.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(testdata(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// An example or fixture: a lone statement stands in a policy, beside the account's root where it names principals.
fn whole(text: &str) -> String {
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
fn run(text: &str, pedantic: bool) -> Vec<Finding> {
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

/// A resource of CloudFormation or Terraform, or a grant as list-grants prints it, as subjects.
fn subjects(value: &Value) -> Subjects {
    let mut subjects = Subjects::default();
    declare("Example", value, &mut subjects);
    subjects
}

/// The resources of a template, with what they refer to.
fn template(value: &Value) -> Subjects {
    let resources = value.member("Resources").unwrap();
    let mut subjects = Subjects::default();
    for member in resources.as_object().unwrap() {
        declare(&member.name, &referred(&member.value, resources), &mut subjects);
    }
    subjects
}

const ACCOUNT: &str = "111122223333";

/// The name that a resource gets, as its ARN says it.
fn made_arn(address: &str, kind: &str) -> Option<String> {
    let name = crate::symbol::made(&format!("t#{address}"));
    match kind {
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" | "aws_kms_key" => {
            Some(format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{name}"))
        }
        "AWS::IAM::Role" => Some(format!("arn:aws:iam::{ACCOUNT}:role/{name}")),
        _ => None,
    }
}

/// A value with its references resolved as a reader of templates does.
fn referred(value: &Value, resources: &Value) -> Value {
    let kind_of = |address: &str| resources.member(address)?.member("Type")?.as_text();
    let lone = value.as_object().filter(|members| members.len() == 1).and_then(|members| members.first());
    let reference = lone.and_then(|member| {
        let address = match &*member.name {
            "Ref" => member.value.as_text()?,
            "Fn::GetAtt" => member.value.as_list()?.first()?.as_text()?,
            _ => return None,
        };
        let arn = made_arn(address, kind_of(address)?);
        Some(arn.unwrap_or_else(|| crate::symbol::unknown(&format!("t#{address}"))))
    });
    if let Some(text) = reference {
        return Value { span: value.span, kind: Json::Text(text.into()) };
    }
    let kind = match &value.kind {
        Json::List(values) => Json::List(values.iter().map(|value| referred(value, resources)).collect()),
        Json::Object(members) => {
            let member =
                |member: &json::Member| json::Member { value: referred(&member.value, resources), ..member.clone() };
            Json::Object(members.iter().map(member).collect())
        }
        kind => kind.clone(),
    };
    Value { span: value.span, kind }
}

fn declare(address: &str, value: &Value, subjects: &mut Subjects) {
    let none = Value { span: Span::default(), kind: Json::Object(Vec::new()) };
    let properties = value.member("Properties").unwrap_or(&none);
    let kind = value.member("Type").and_then(Value::as_text).unwrap_or("grant");
    let members = value.as_object().unwrap_or_default();
    let declaration = Arc::new(Declaration {
        address: address.into(),
        construct: None,
        kind: kind.into(),
        path: "example.json".into(),
        name_span: value.span,
        span: value.span,
        properties: properties.clone(),
        settings: members.iter().filter(|member| !["Type", "Properties"].contains(&&*member.name)).cloned().collect(),
        doubts: Vec::new(),
    });
    subjects.resources.push(declaration.clone());
    let word = |holder: &Value, name: &str| {
        holder.member(name).and_then(|value| Some(Word { text: scalar(value)?, span: value.span }))
    };
    let mut document = |name: String, kind: PolicyKind, policy: &Value| {
        let inner = policy.as_text().filter(|text| text.starts_with('{')).map(|text| json::parse(text).unwrap());
        let value = match inner {
            Some(inner) => Value { span: policy.span, ..inner },
            None => policy.clone(),
        };
        subjects.documents.push(DocumentSubject {
            owner: declaration.clone(),
            name: name.into(),
            kind,
            document: Document::read_open(&value),
            value,
            in_text: policy.as_text().is_some(),
        });
        subjects.documents.len() - 1
    };
    match kind {
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" | "aws_kms_key" => {
            let arn = match address {
                "Example" => format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
                _ => made_arn(address, kind).unwrap(),
            };
            let policy = properties.member("KeyPolicy");
            let policy = policy.map(|policy| document(format!("{arn} key policy default"), PolicyKind::Key, policy));
            subjects.keys.push(KeySubject {
                declaration: declaration.clone(),
                arn: arn.into(),
                spec: word(properties, "KeySpec"),
                usage: word(properties, "KeyUsage"),
                origin: word(properties, "Origin"),
                enabled: word(properties, "Enabled"),
                multi_region: word(properties, "MultiRegion"),
                primary: word(properties, "PrimaryKeyArn"),
                rotation: word(properties, "EnableKeyRotation"),
                rotation_period: word(properties, "RotationPeriodInDays"),
                deletion_window: word(properties, "PendingWindowInDays"),
                bypasses_lockout_check: word(properties, "BypassPolicyLockoutSafetyCheck"),
                tags: None,
                policy,
            });
            if value.member("Replaces").is_some() {
                let (before, after) = (Some(properties.clone()), Some(properties.clone()));
                subjects.changes.push(ChangeSubject { declaration, before, after, replaces: true });
            }
        }
        "AWS::IAM::Role" => {
            let arn = made_arn(address, kind).unwrap();
            for policy in properties.member("Policies").and_then(Value::as_list).unwrap_or_default() {
                let name = policy.member("PolicyName").and_then(Value::as_text).unwrap();
                document(
                    format!("{arn} inline {name}"),
                    PolicyKind::Identity,
                    policy.member("PolicyDocument").unwrap(),
                );
            }
        }
        "AWS::IAM::ManagedPolicy" => {
            document(address.into(), PolicyKind::Identity, properties.member("PolicyDocument").unwrap());
        }
        "AWS::KMS::Alias" => subjects.aliases.push(AliasSubject {
            declaration,
            arn: "arn:aws:kms:eu-west-1:111122223333:alias/example".into(),
            name: word(properties, "AliasName"),
            target: word(properties, "TargetKeyId"),
        }),
        "grant" => {
            subjects.grants.push(GrantSubject { declaration, key: word(value, "KeyId"), value: value.clone() });
        }
        _ => {
            for name in ["KmsKeyId", "KmsMasterKeyId"] {
                let Some(key) = word(properties, name) else { continue };
                subjects.uses.push(UseSubject { declaration: declaration.clone(), property: name.into(), key });
            }
        }
    }
}

fn said(findings: &[Finding]) -> String {
    let line = |finding: &Finding| format!("{} {} {}", finding.rule.code, finding.severity.name(), finding.message);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn codes_and_names_are_unique_and_pages_are_whole() {
    let codes: BTreeSet<&str> = RULES.iter().map(|rule| rule.code).collect();
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!((codes.len(), names.len()), (RULES.len(), RULES.len()));
    for rule in RULES {
        let page = rule.page();
        assert!(page.lines().count() > 6, "{}: {page}", rule.code);
        assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name);
        assert!(rule.bad_example().is_some() && rule.good_example().is_some(), "{}: no examples", rule.code);
        assert_eq!(super::rule(rule.name).unwrap().code, rule.code);
    }
}

/// The catalogue that the rules were built from, family by family.
#[test]
fn every_rule_of_the_catalogue_is_there() {
    let families =
        [("SY", 14), ("KP", 22), ("IP", 6), ("CO", 17), ("SE", 9), ("KC", 14), ("AL", 3), ("GR", 3), ("XR", 1)];
    let codes =
        families.into_iter().flat_map(|(family, last)| (1..=last).map(move |number| format!("{family}{number:02}")));
    let missing: Vec<String> = codes.filter(|code| super::rule(code).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn bad_examples_are_bad_and_good_ones_are_good() {
    let mut wrong = Vec::new();
    for rule in RULES {
        // What the pages of sizes leave out is put in here.
        let bad = rule.bad_example().unwrap().replace("some 33,000 characters", &"x".repeat(33_000));
        let bad = bad.replace("some 401 statements", &vec![ROOT; 401].join(","));
        let bad = run(&bad, true);
        let has = |found: &[Finding]| found.iter().any(|finding| finding.rule.code == rule.code);
        if !has(&bad) {
            wrong.push(format!("{}: the bad example gives only\n{}", rule.code, said(&bad)));
        }
        let good = run(&rule.good_example().unwrap(), rule.is_pedantic);
        // What examples of keys leave out for brevity.
        let others = good.iter().filter(|finding| !["KC01", "KC05", "KC09", "KC12"].contains(&finding.rule.code));
        let worst = others.map(|finding| finding.severity).max();
        if has(&good) || (worst >= Some(Severity::Warning) && !rule.is_pedantic) {
            wrong.push(format!("{}: the good example gives\n{}", rule.code, said(&good)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Fixtures are separated by lines that begin with `===` and tell what they are about. `→KP01 ` stands before the
/// place of a finding; where there is none, nothing is found.
struct Case {
    file: String,
    note: String,
    text: String,
    wanted: BTreeSet<(usize, String)>,
}

fn cases() -> Vec<Case> {
    read_cases(files("rule"))
}

fn read_cases(paths: Vec<PathBuf>) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("===").skip(1) {
            let (note, body) = case.split_once('\n').unwrap();
            let mut wanted = BTreeSet::new();
            let mut plain = String::new();
            let body = whole_marked(body.trim());
            let mut rest = &*body;
            while let Some((before, after)) = rest.split_once('→') {
                plain.push_str(before);
                let (code, after) = after.split_once(' ').unwrap();
                wanted.insert((plain.len(), code.to_owned()));
                rest = after;
            }
            plain.push_str(rest);
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            cases.push(Case { file, note: note.trim().into(), text: plain, wanted });
        }
    }
    cases
}

#[test]
fn fixtures_give_what_is_marked_in_them() {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for Case { file, note, text, wanted } in cases() {
        seen.extend(wanted.iter().map(|(_, code)| code.clone()));
        let found = run(&text, false);
        let got: BTreeSet<(usize, String)> =
            found.iter().map(|finding| (finding.span.start as usize, finding.rule.code.to_owned())).collect();
        let show = |set: &BTreeSet<(usize, String)>| {
            let shown =
                |(start, code): &(usize, String)| format!("{code} at {}", Span::new(*start, *start).position(&text));
            set.iter().map(shown).collect::<Vec<_>>().join(", ")
        };
        if got != wanted {
            wrong.push(format!("{file}: {note}\n  wanted {}\n  got {}\n{}", show(&wanted), show(&got), said(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let without: Vec<&str> =
        RULES.iter().map(|rule| rule.code).filter(|code| is_of_documents(code) && !seen.contains(*code)).collect();
    assert!(without.is_empty(), "no fixture triggers {without:?}");
}

/// Forty-one key policies with one defect each, of which today's linters together find seventeen; what else a rule says
/// of them is not looked at.
#[test]
fn every_single_defect_is_found_by_its_rule() {
    let cases = read_cases(vec![testdata("defects.txt")]);
    let filled = |text: &str| text.replace("some 33,000 characters", &"x".repeat(33_000));
    for case in &cases {
        let found = run(&filled(&case.text), false);
        for (start, code) in &case.wanted {
            let here = |finding: &&Finding| finding.rule.code == code && finding.span.start as usize == *start;
            assert!(found.iter().any(|finding| here(&finding)), "{}: {code} not among\n{}", case.note, said(&found));
        }
        assert_eq!(case.wanted.len(), 1, "{}", case.note);
    }
    assert_eq!(cases.len(), 41);
}

fn is_of_documents(code: &str) -> bool {
    let family = ["KC", "AL", "GR"].iter().any(|family| code.starts_with(family));
    // Those of sizes have tests of their own, and pedantic ones are not heard here.
    !family && !["SY11", "KP13", "SE06", "SE10"].contains(&code)
}

/// A fixture as a whole policy, markers kept.
fn whole_marked(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('→') {
        plain.push_str(before);
        rest = after.split_once(' ').unwrap().1;
    }
    plain.push_str(rest);
    let whole = whole(&plain);
    match whole.split_once(&plain) {
        Some((before, after)) => format!("{before}{text}{after}"),
        None => text.into(),
    }
}

#[test]
fn policies_that_are_documented_have_no_errors_and_no_security_findings() {
    let sources = std::fs::read_to_string(testdata("documented.tsv")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in files("documented") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(sources.lines().any(|line| line.starts_with(&format!("{name}\t"))), "{name}: no source is told");
        let text = std::fs::read_to_string(&path).unwrap();
        let value = json::parse(&text).unwrap();
        let (kind, found) = document(&value, None, &Settings::default());
        assert_eq!(kind, Kind::KeyPolicy, "{name}");
        let bad: Vec<Finding> = found.into_iter().filter(|finding| finding.severity >= Severity::Security).collect();
        if !bad.is_empty() {
            wrong.push(format!("{name}:\n{}", said(&bad)));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 95, "only {count}");
    assert_eq!(sources.lines().count(), count, "a source without a policy");
}

/// What an example or fixture says, old and new, each document with its kind.
fn documents_of(text: &str) -> [Vec<(Kind, Document)>; 2] {
    let Ok(value) = json::parse(text) else { return [Vec::new(), Vec::new()] };
    let of = |value: &Value| match value.member("Resources") {
        Some(_) => {
            let found = template(value).documents.into_iter();
            found.map(|subject| (Kind::of(subject.kind, &subject.document), subject.document)).collect()
        }
        None if value.member("Statement").is_some() => {
            let document = Document::read(value);
            vec![(Kind::infer(&document), document)]
        }
        None => Vec::new(),
    };
    [value.member("Old").map(of).unwrap_or_default(), of(value.member("New").unwrap_or(&value))]
}

/// Whether documents allow a request, the caller's own IAM allowing everything or nothing where it is asked.
fn allowed(request: &crate::request::Request, documents: &[(Kind, Document)], generous: bool) -> bool {
    let at_home = if generous { witness::everything() } else { Vec::new() };
    let delegating = witness::delegating(request.resource_account().unwrap_or_default());
    documents.iter().any(|(kind, document)| {
        let Ok(policy) = Policy::new(document, kind.policy_kind(), Origin::default()) else { return false };
        let policies = [policy];
        let (resource, identity) = match kind {
            Kind::Identity => (Told::Known(&*delegating), Told::Known(&policies[..])),
            _ => (Told::Known(&policies[..]), Told::Known(&*at_home)),
        };
        let layers = Layers { resource, identity, ..Layers::default() };
        decide(request, &layers, Quirks::default()).verdict() == Verdict::Allow
    })
}

/// Rules that evaluate: what they find has a request that bears it out, or a reason why there is none.
const EVALUATED: &[&str] =
    &["KP07", "KP08", "KP09", "KP10", "IP05", "SE01", "SE02", "SE03", "SE04", "SE05", "SE07", "SE08", "SE09", "KC10"];

#[test]
fn every_witness_is_allowed_by_decide_and_every_proof_holds() {
    let examples = RULES.iter().map(|rule| rule.bad_example().unwrap());
    let texts: Vec<String> = cases().into_iter().map(|case| case.text).chain(examples).collect();
    let (mut witnesses, mut proofs) = (0, 0);
    for text in texts {
        let text = whole(&text);
        let [old, new] = documents_of(&text);
        for finding in run(&text, false) {
            let code = finding.rule.code;
            match &finding.evidence {
                Some(Evidence::Witness(request)) => {
                    // Made names stand as they are in the policies, and as ids in requests about keys.
                    if !new.iter().any(|(_, document)| document.open) {
                        assert!(allowed(request, &new, true), "{code}: {text}");
                        let gained = |generous| allowed(request, &new, generous) && !allowed(request, &old, generous);
                        assert!(code != "SE07" || gained(true) || gained(false), "{code}: {text}");
                    }
                    witnesses += 1;
                }
                Some(Evidence::Proof(_)) => {
                    if let [(kind, document)] = &*new {
                        proven(&finding, *kind, document, &text);
                    }
                    proofs += 1;
                }
                None => assert!(!EVALUATED.contains(&code) || finding.severity == Severity::Info, "{code}: {text}"),
            }
        }
    }
    assert!(witnesses > 20 && proofs > 20, "{witnesses} {proofs}");
}

/// Without the statement, or the condition, that is said to do nothing, the same is allowed.
fn proven(finding: &Finding, kind: Kind, document: &Document, text: &str) {
    let mut without = document.clone();
    let lies_in = |outer: Span| outer.start <= finding.span.start && finding.span.end <= outer.end;
    match finding.rule.code {
        "SE01" | "SE02" | "SE03" | "SE04" => without.statements.retain(|statement| !lies_in(statement.span)),
        "SE05" => {
            for statement in &mut without.statements {
                statement.conditions.retain(|row| !lies_in(row.key.span));
            }
        }
        _ => return,
    }
    assert_ne!(&without, document, "{text}");
    let compiled = |document: &Document| [Policy::new(document, kind.policy_kind(), Origin::default()).unwrap()];
    let (before, after) = (compiled(document), compiled(&without));
    let change = crate::boxes::compare(&before, &after, &crate::boxes::Setting::of(kind.policy_kind())).change;
    assert_eq!(change, Some(crate::boxes::Change::Equal), "{}: {text}", finding.rule.code);
}

#[test]
fn a_told_principal_must_be_able_to_change_the_policy() {
    let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", ROOT.replace(":root", ":role/admin"));
    let value = json::parse(&text).unwrap();
    let codes = |principal: &str| {
        let settings = Settings { principal: Some(principal.into()), ..Settings::default() };
        document(&value, None, &settings).1.iter().map(|finding| finding.rule.code).collect::<Vec<_>>()
    };
    assert!(!codes("arn:aws:iam::111122223333:role/admin").contains(&"KP09"));
    assert!(codes("arn:aws:iam::111122223333:role/app").contains(&"KP09"));
}

#[test]
fn sizes_are_counted_without_white_space() {
    let of = |bytes: usize| {
        let filler = "x".repeat(bytes - whole_length(""));
        let value = json::parse(&policy_with(&filler)).unwrap();
        let (_, found) = document(&value, Some(Kind::KeyPolicy), &Settings::default());
        found.iter().find(|finding| finding.rule.code == "SY11").map(|finding| finding.severity)
    };
    assert_eq!(of(29_484), None);
    assert_eq!(of(29_485), Some(Severity::Warning));
    assert_eq!(of(32_768), Some(Severity::Warning));
    assert_eq!(of(32_769), Some(Severity::Error));
}

fn policy_with(filler: &str) -> String {
    format!("{{ \"Version\": \"2012-10-17\", \"Id\": \"{filler}\", \"Statement\": [{ROOT}] }}")
}

fn whole_length(filler: &str) -> usize {
    // Blanks stand between elements, and in the Sid.
    let inside = "Enable IAM User Permissions".matches(' ').count();
    let text = policy_with(filler);
    text.len() - text.matches(' ').count() + inside
}

#[test]
fn many_statements_are_linted_without_evaluation() {
    let count = |statements: usize| {
        let one = |number: usize| {
            ROOT.replace("Enable IAM User Permissions", &format!("S{number}")).replace("kms:*", "kms:Decript")
        };
        let list: Vec<String> = (0..statements).map(one).collect();
        let value =
            json::parse(&format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", list.join(","))).unwrap();
        let (_, found) = document(&value, None, &Settings::default());
        (
            found.iter().filter(|finding| finding.rule.code == "KP01").count(),
            found.iter().any(|finding| finding.rule.code == "KP09"),
        )
    };
    assert_eq!(count(EVALUATED_STATEMENTS_MAX), (EVALUATED_STATEMENTS_MAX, true));
    assert_eq!(count(EVALUATED_STATEMENTS_MAX + 1), (EVALUATED_STATEMENTS_MAX + 1, false));
}

/// What a template leaves open is neither wrong nor known.
#[test]
fn symbols_are_no_mistakes() {
    let account = crate::symbol::unknown("AWS::AccountId");
    let open = crate::symbol::unknown("Parameter");
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Sid": "{open}", "Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{account}:root"}}, "Action": "kms:*", "Resource": "*"}},
            {{"Effect": "Allow", "Principal": {{"AWS": "{open}"}}, "Action": ["kms:Decrypt", "{open}"], "Resource": "*",
              "Condition": {{"StringEquals": {{"kms:ViaService": "s3.{open}.amazonaws.com", "kms:EncryptionContext:{open}": "a"}}}}}},
            {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::444455556666:role/a"}}, "Action": "kms:Decrypt",
              "Resource": "arn:aws:kms:eu-west-1:{account}:key/{open}"}}]}}"#
    );
    let value = json::parse(&text).unwrap();
    let mut subjects = subjects(&json::parse(r#"{"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}"#).unwrap());
    for document in &mut subjects.documents {
        document.value = value.clone();
        document.document = Document::read_open(&value);
    }
    subjects.keys.clear();
    let found = lint(&subjects, &Settings::default());
    assert!(found.is_empty(), "{}", said(&found));
}

/// A text with a fix carried out in it.
fn mended(text: &str, fix: &Fix) -> String {
    let mut mended = text.to_owned();
    let place = |edit: &Edit| match edit {
        Edit::Text { span, .. } => span.start,
        Edit::FirstMember { object, .. } => object.start,
    };
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| place(edit));
    for edit in edits.into_iter().rev() {
        match edit {
            Edit::Text { span, text } => {
                mended.replace_range(span.start as usize..span.end as usize, &format!("\"{text}\""));
            }
            Edit::FirstMember { object, name, text } => {
                mended.insert_str(object.start as usize + 1, &format!("\"{name}\": \"{text}\", "));
            }
        }
    }
    mended
}

/// How many fixes were tried: each leaves a document that is read, and has put an end to one finding of its rule; a
/// safe one leaves what is allowed as it was.
fn try_fixes(text: &str) -> usize {
    let found = run(text, false);
    let mut tried = 0;
    for finding in &found {
        let Some(fix) = &finding.fix else { continue };
        let code = finding.rule.code;
        let after = mended(text, fix);
        assert!(json::parse(&after).is_ok(), "{code}: {}\n{after}", fix.title);
        let count = |found: &[Finding]| found.iter().filter(|other| other.rule.code == code).count();
        let again = run(&after, false);
        assert!(count(&again) < count(&found), "{code}: {}\n{after}\n{}", fix.title, said(&again));
        if fix.safe {
            same_access(text, &after, code);
        }
        tried += 1;
    }
    tried
}

fn same_access(before: &str, after: &str, code: &str) {
    let [_, before] = documents_of(before);
    let [_, after] = documents_of(after);
    for ((kind, before), (_, after)) in before.iter().zip(&after) {
        let compiled = |document: &Document| {
            // The old and the newer name of a key are one key, which evaluation does not know.
            let mut document = document.clone();
            for row in document.statements.iter_mut().flat_map(|statement| &mut statement.conditions) {
                row.key.text = row.key.text.replace("kms:CustomerMasterKey", "kms:Key").into();
            }
            Policy::new(&document, kind.policy_kind(), Origin::default())
        };
        let (Ok(before), Ok(after)) = (compiled(before), compiled(after)) else { continue };
        let setting = crate::boxes::Setting::of(kind.policy_kind());
        let change = crate::boxes::compare(&[before], &[after], &setting).change;
        assert_eq!(change, Some(crate::boxes::Change::Equal), "{code}");
    }
}

#[test]
fn fixes_mend_what_was_found() {
    let examples = RULES.iter().map(|rule| whole(&rule.bad_example().unwrap()));
    let fixes: usize = examples.chain(cases().into_iter().map(|case| case.text)).map(|text| try_fixes(&text)).sum();
    assert!(fixes >= 30, "only {fixes}");
}

fn a_statement() -> impl Strategy<Value = String> {
    let action = prop::sample::select(vec![
        "kms:decrypt",
        "KMS:Encrypt",
        "kms:Decript",
        "kms:generatedatakey",
        "kms:GenerateDataKey*",
        "kms:Sign",
        "kms:TagResources",
    ]);
    let actions = prop::collection::vec(action, 1..4);
    let principal = prop::sample::select(vec![
        r#"{"AWS": "arn:aws:iam::111122223333:role/app"}"#,
        r#"{"Aws": "111122223333"}"#,
        r#"{"AWS": "111122223333", "aws": "444455556666"}"#,
        r#"{"Service": "s33.amazonaws.com"}"#,
        r#""*""#,
    ]);
    let row = prop::sample::select(vec![
        r#""StringEquals": {"kms:CustomerMasterKeySpec": "RSA_2048"}"#,
        r#""StringEquals": {"kms:CustomerMasterKeySpec": "RSA_2048", "kms:KeySpec": "RSA_2048"}"#,
        r#""StringEquals": {"kms:ViaServices": "s3.eu-west-1.amazonaws.com"}"#,
        r#""StringEquals": {"kms:ViaService": "s3.*.amazonaws.com"}"#,
        r#""ForAnyValue:StringEquals": {"kms:EncryptionContext:a": "b"}"#,
        r#""StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}"#,
    ]);
    let more = prop::sample::select(vec!["", r#", "StringLike": {"kms:CallerAccount": "1*"}"#]);
    let conditions = prop::option::of((row, more).prop_map(|(row, more)| format!(", \"Condition\": {{{row}{more}}}")));
    (prop::bool::ANY, actions, principal, conditions).prop_map(|(allows, actions, principal, conditions)| {
        let actions: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
        format!(
            r#"{{"Effect": "{}", "Principal": {principal}, "Action": [{}], "Resource": "*"{}}}"#,
            if allows { "Allow" } else { "Deny" },
            actions.join(", "),
            conditions.unwrap_or_default()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fixes_keep_documents_sound_and_safe_ones_keep_what_they_allow(
        version in prop::sample::select(vec!["", r#""Version": "2008-10-17", "#, r#""Version": "2012-10-17", "#]),
        statements in prop::collection::vec(a_statement(), 1..3),
    ) {
        try_fixes(&format!("{{{version}\"Statement\": [{ROOT}, {}]}}", statements.join(", ")));
    }
}

#[test]
fn trusted_accounts_are_no_surprise() {
    let rule = super::rule("KP08").unwrap();
    let value = json::parse(&whole(&rule.bad_example().unwrap())).unwrap();
    let count = |trusted: &[&str]| {
        let trusted_accounts = trusted.iter().map(|account| (*account).into()).collect();
        let settings = Settings { trusted_accounts, ..Settings::default() };
        document(&value, None, &settings).1.iter().filter(|finding| finding.rule.code == "KP08").count()
    };
    assert_eq!((count(&[]), count(&["444455556666"])), (1, 0));
}

#[test]
fn trusted_organizations_are_no_surprise() {
    let organization = r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#;
    let with = |principal: &str, condition: &str| {
        let statement = format!(
            r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "kms:Decrypt", "Resource": "*"{condition}}}"#
        );
        json::parse(&whole(&statement)).unwrap()
    };
    let count = |value: &Value, trusted: &[&str]| {
        let trusted_organizations = trusted.iter().map(|id| (*id).into()).collect();
        let settings = Settings { trusted_organizations, ..Settings::default() };
        document(value, None, &settings).1.iter().filter(|finding| finding.rule.code == "KP08").count()
    };
    let account = r#"{"AWS": "arn:aws:iam::444455556666:root"}"#;
    let of_account = with(account, organization);
    assert_eq!((count(&of_account, &[]), count(&of_account, &["o-a1b2c3d4e5"])), (1, 0));
    assert_eq!(count(&of_account, &["o-zzzzzzzzzz"]), 1);
    let anybody = with(r#""*""#, organization);
    assert_eq!(
        (count(&anybody, &[]), count(&anybody, &["o-a1b2c3d4e5"]), count(&anybody, &["o-zzzzzzzzzz"])),
        (0, 0, 1)
    );
    assert_eq!(count(&with(account, ""), &["o-a1b2c3d4e5"]), 1);
}

/// An account that a template leaves open is one account like any other.
#[test]
fn templates_are_evaluated_though_their_account_is_open() {
    let account = crate::symbol::unknown("t.yaml#AccountId");
    let other = crate::symbol::unknown("t.yaml#Partner");
    let key = |statements: &str| {
        let text = format!(
            r#"{{"Type": "AWS::KMS::Key", "Properties": {{"EnableKeyRotation": "true", "KeyPolicy": {{"Version": "2012-10-17", "Statement": [{statements}]}}}}}}"#
        );
        let mut subjects = subjects(&json::parse(&text).unwrap());
        subjects.keys[0].arn = format!(
            "arn:aws:kms:{}:{account}:key/{}",
            crate::symbol::unknown("t.yaml#Region"),
            crate::symbol::made("t.yaml#Key")
        )
        .into();
        lint(&subjects, &Settings::default())
    };
    let codes = |found: &[Finding]| found.iter().map(|finding| finding.rule.code).collect::<Vec<_>>();
    let root = format!(
        r#"{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{account}:root"}}, "Action": "kms:*", "Resource": "*"}}"#
    );
    let of = |principal: &str, action: &str| {
        format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "{action}", "Resource": "*"}}"#)
    };
    let role = format!(r#"{{"AWS": "arn:aws:iam::{account}:role/{}"}}"#, crate::symbol::made("t.yaml#Role"));
    assert_eq!(codes(&key(&format!("{root}, {}", of(&role, "kms:Decrypt")))), ["KC09"]);
    assert!(codes(&key(&of(&role, "kms:Decrypt"))).contains(&"KP09"));
    assert!(codes(&key(&format!("{root}, {}", of(r#""*""#, "kms:Decrypt")))).contains(&"KP07"));
    let partner = key(&format!("{root}, {}", of(&format!(r#"{{"AWS": "arn:aws:iam::{other}:root"}}"#), "kms:Decrypt")));
    let said = partner.iter().find(|finding| finding.rule.code == "KP08").unwrap();
    assert_eq!(&*said.message, "account Partner may call `kms:Decrypt`");
}

#[test]
fn what_was_not_evaluated_is_said() {
    let with = |statements: &[String]| {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","));
        let (_, found) = document(&json::parse(&text).unwrap(), Some(Kind::KeyPolicy), &Settings::default());
        found
            .into_iter()
            .filter(|finding| finding.rule.code == "SE10")
            .map(|finding| finding.message)
            .collect::<Vec<_>>()
    };
    let some = |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<Vec<String>>();
    let allow = |_| ROOT.to_owned();
    assert!(with(&some(EVALUATED_STATEMENTS_MAX, &allow)).is_empty());
    assert!(with(&some(EVALUATED_STATEMENTS_MAX + 1, &allow))[0].contains("it has 401 statements"));
    let deny = |number: usize| {
        ROOT.replace("\"Allow\"", "\"Deny\"")
            .replace(":root", &format!(":role/r{number}"))
            .replace("kms:*", "kms:Decrypt")
            .replace("Enable", &number.to_string())
    };
    let denies = |count| with(&[vec![ROOT.to_owned()], some(count, &deny)].concat());
    assert!(denies(crate::limits::COMPARED_DENIES_MAX).is_empty());
    assert_eq!(
        denies(crate::limits::COMPARED_DENIES_MAX + 1),
        ["of 17 Denies, 16 were looked at for whether they take anything away"]
    );
}
