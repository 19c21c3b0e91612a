//! Mistakes in policies, keys, aliases and grants: rules, and what they find.
//!
//! Rules look at plain [`Subjects`]; whoever reads a carrier fills these, renders fixes into the
//! carrier's bytes, and decides what to show. Linting never fails: a text that is not JSON is a finding of its own
//! ([`syntax`]). Rules that speak of what a policy does ask [`boxes`](crate::boxes), carry a witness or a proof, and
//! stay silent where the answer is not decided.

mod around;
mod assertion;
mod by_resource;
mod finding;
mod kind;
mod page;
mod rule;
mod sound;
mod stand_in;
#[cfg(test)]
mod tests;
mod view;
mod vocabulary;
mod whole;
mod witness;

pub use around::{Around, KnownKey, KnownPrincipal};
pub use assertion::{Assertion, AssertionError};
pub use finding::{About, Edit, Evidence, Finding, Fix, Label, Severity};
pub use kind::{Kind, inferred_account};
pub use vocabulary::DATE as VOCABULARY_DATE;

use crate::arn::Arn;
use crate::document::Document;
use crate::json::{ParseError, Value};
use crate::subject::{AliasSubject, DocumentSubject, GrantSubject, KeySubject, Subjects};
use crate::symbol;

use finding::Findings;
use rule::*;
use stand_in::StandIns;
use view::{Prepared, View};
use whole::{Before, Index, Whole};

/// A rule: one row of [`RULES`].
#[derive(Debug)]
pub struct Rule {
    /// The code, which never changes: `KP07`.
    pub code: &'static str,
    /// The name, which reads well after "allow": `public-key-policy`.
    pub name: &'static str,
    /// Whether it is for those who want to hear everything.
    pub is_pedantic: bool,
    check: Check,
    source: &'static str,
}

impl Rule {
    /// The page of the rule, in Markdown: what it finds, why, a bad example and a good one.
    pub fn page(&self) -> String {
        page::text(self.source)
    }

    /// The example on the page that has the problem.
    pub fn bad_example(&self) -> Option<String> {
        page::example(self.source, "Bad")
    }

    /// The example on the page that has not.
    pub fn good_example(&self) -> Option<String> {
        page::example(self.source, "Good")
    }
}

/// What a rule looks at.
#[derive(Debug)]
enum Check {
    /// Text that does not become a document.
    Syntax,
    Document(fn(&View<'_>, &mut Findings<'_>)),
    Key(fn(&KeySubject, &mut Findings<'_>)),
    Alias(fn(&AliasSubject, &mut Findings<'_>)),
    Grant(fn(&GrantSubject, Option<&KeySubject>, &mut Findings<'_>)),
    /// Everything at once, for what only several subjects together tell.
    Whole(fn(&Whole<'_>, &mut Findings<'_>)),
}

const REGULAR: bool = false;
const PEDANTIC: bool = true;

/// One row of the table: code, name, file, group, and what it looks at.
macro_rules! rule {
    ($code:literal, $name:literal, $file:ident, $group:expr, $check:expr) => {
        Rule {
            code: $code,
            name: $name,
            is_pedantic: $group,
            check: $check,
            source: include_str!(concat!("lint/rule/", stringify!($file), ".rs")),
        }
    };
}

/// Every rule, family by family. The last one is for what no other has said.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    rule!("SY01", "json-syntax", json_syntax, REGULAR, Check::Syntax),
    rule!("SY02", "duplicate-json-key", duplicate_json_key, REGULAR, Check::Document(duplicate_json_key::check)),
    rule!("SY03", "unknown-element", unknown_element, REGULAR, Check::Document(unknown_element::check)),
    rule!("SY04", "missing-element", missing_element, REGULAR, Check::Document(missing_element::check)),
    rule!("SY05", "missing-version", missing_version, REGULAR, Check::Document(missing_version::check)),
    rule!("SY06", "old-version", old_version, REGULAR, Check::Document(old_version::check)),
    rule!("SY07", "variable-in-old-version", variable_in_old_version, REGULAR, Check::Document(variable_in_old_version::check)),
    rule!("SY08", "malformed-variable", malformed_variable, REGULAR, Check::Document(malformed_variable::check)),
    rule!("SY09", "duplicate-sid", duplicate_sid, REGULAR, Check::Document(duplicate_sid::check)),
    rule!("SY10", "sid-characters", sid_characters, REGULAR, Check::Document(sid_characters::check)),
    rule!("SY11", "oversized-policy", oversized_policy, REGULAR, Check::Document(oversized_policy::check)),
    rule!("SY12", "empty-element", empty_element, REGULAR, Check::Document(empty_element::check)),
    rule!("SY13", "element-and-its-negation", element_and_its_negation, REGULAR, Check::Document(element_and_its_negation::check)),
    rule!("SY14", "action-case", action_case, REGULAR, Check::Document(action_case::check)),
    rule!("KP01", "unknown-action", unknown_action, REGULAR, Check::Document(unknown_action::check)),
    rule!("KP02", "wildcard-matches-nothing", wildcard_matches_nothing, REGULAR, Check::Document(wildcard_matches_nothing::check)),
    rule!("KP03", "deceptive-wildcard", deceptive_wildcard, REGULAR, Check::Document(deceptive_wildcard::check)),
    rule!("KP04", "foreign-action", foreign_action, REGULAR, Check::Document(foreign_action::check)),
    rule!("KP05", "action-not-on-keys", action_not_on_keys, REGULAR, Check::Document(action_not_on_keys::check)),
    rule!("KP06", "other-resource", other_resource, REGULAR, Check::Document(other_resource::check)),
    rule!("KP07", "public-key-policy", public_key_policy, REGULAR, Check::Document(public_key_policy::check)),
    rule!("KP08", "cross-account-access", cross_account_access, REGULAR, Check::Document(cross_account_access::check)),
    rule!("KP09", "lockout", lockout, REGULAR, Check::Document(lockout::check)),
    rule!("KP10", "single-administrator", single_administrator, REGULAR, Check::Document(single_administrator::check)),
    rule!("KP11", "administrator-and-user", administrator_and_user, REGULAR, Check::Document(administrator_and_user::check)),
    rule!("KP12", "full-access-without-root", full_access_without_root, REGULAR, Check::Document(full_access_without_root::check)),
    rule!("KP13", "root-delegation", root_delegation, PEDANTIC, Check::Document(root_delegation::check)),
    rule!("KP14", "unrestricted-create-grant", unrestricted_create_grant, REGULAR, Check::Document(unrestricted_create_grant::check)),
    rule!("KP15", "service-without-source", service_without_source, REGULAR, Check::Document(service_without_source::check)),
    rule!("KP16", "allow-not-principal", allow_not_principal, REGULAR, Check::Document(allow_not_principal::check)),
    rule!("KP17", "allow-not-action", allow_not_action, REGULAR, Check::Document(allow_not_action::check)),
    rule!("KP18", "wildcard-in-principal", wildcard_in_principal, REGULAR, Check::Document(wildcard_in_principal::check)),
    rule!("KP19", "invalid-principal", invalid_principal, REGULAR, Check::Document(invalid_principal::check)),
    rule!("KP20", "orphaned-principal", orphaned_principal, REGULAR, Check::Document(orphaned_principal::check)),
    rule!("KP21", "unknown-service-principal", unknown_service_principal, REGULAR, Check::Document(unknown_service_principal::check)),
    rule!("KP22", "action-without-companion", action_without_companion, REGULAR, Check::Document(action_without_companion::check)),
    rule!("IP01", "decrypt-on-all-keys", decrypt_on_all_keys, REGULAR, Check::Document(decrypt_on_all_keys::check)),
    rule!("IP02", "alias-as-resource", alias_as_resource, REGULAR, Check::Document(alias_as_resource::check)),
    rule!("IP03", "resource-type-mismatch", resource_type_mismatch, REGULAR, Check::Document(resource_type_mismatch::check)),
    rule!("IP04", "key-of-another-region", key_of_another_region, REGULAR, Check::Document(key_of_another_region::check)),
    rule!("IP05", "ineffective-without-key-policy", ineffective_without_key_policy, REGULAR, Check::Whole(ineffective_without_key_policy::check)),
    rule!("IP06", "escalation-through-kms", escalation_through_kms, REGULAR, Check::Document(escalation_through_kms::check)),
    rule!("CO01", "unknown-condition-key", unknown_condition_key, REGULAR, Check::Document(unknown_condition_key::check)),
    rule!("CO02", "absent-condition-key", absent_condition_key, REGULAR, Check::Document(absent_condition_key::check)),
    rule!("CO03", "operator-type-mismatch", operator_type_mismatch, REGULAR, Check::Document(operator_type_mismatch::check)),
    rule!("CO04", "wildcard-without-like", wildcard_without_like, REGULAR, Check::Document(wildcard_without_like::check)),
    rule!("CO05", "empty-set-holds", empty_set_holds, REGULAR, Check::Document(empty_set_holds::check)),
    rule!("CO06", "set-operator-on-single-value", set_operator_on_single_value, REGULAR, Check::Document(set_operator_on_single_value::check)),
    rule!("CO07", "unknown-via-service", unknown_via_service, REGULAR, Check::Document(unknown_via_service::check)),
    rule!("CO08", "via-service-of-service", via_service_of_service, REGULAR, Check::Document(via_service_of_service::check)),
    rule!("CO09", "misspelt-encryption-context", misspelt_encryption_context, REGULAR, Check::Document(misspelt_encryption_context::check)),
    rule!("CO10", "encryption-context-without-encryption", encryption_context_without_encryption, REGULAR, Check::Document(encryption_context_without_encryption::check)),
    rule!("CO11", "list-without-set-operator", list_without_set_operator, REGULAR, Check::Document(list_without_set_operator::check)),
    rule!("CO12", "deny-breaks-services", deny_breaks_services, REGULAR, Check::Document(deny_breaks_services::check)),
    rule!("CO13", "negation-allows-absence", negation_allows_absence, REGULAR, Check::Document(negation_allows_absence::check)),
    rule!("CO14", "source-without-account", source_without_account, REGULAR, Check::Document(source_without_account::check)),
    rule!("CO15", "deprecated-condition-key", deprecated_condition_key, REGULAR, Check::Document(deprecated_condition_key::check)),
    rule!("CO16", "private-source-address", private_source_address, REGULAR, Check::Document(private_source_address::check)),
    rule!("CO17", "attestation-bypass", attestation_bypass, REGULAR, Check::Document(attestation_bypass::check)),
    rule!("CO18", "unknown-operator", unknown_operator, REGULAR, Check::Document(unknown_operator::check)),
    rule!("CO19", "object-context-without-bucket", object_context_without_bucket, REGULAR, Check::Document(object_context_without_bucket::check)),
    rule!("SE01", "shadowed-statement", shadowed_statement, REGULAR, Check::Document(shadowed_statement::check)),
    rule!("SE02", "unreachable-allow", unreachable_allow, REGULAR, Check::Document(unreachable_allow::check)),
    rule!("SE03", "idle-deny", idle_deny, REGULAR, Check::Document(idle_deny::check)),
    rule!("SE04", "contradictory-conditions", contradictory_conditions, REGULAR, Check::Document(contradictory_conditions::check)),
    rule!("SE05", "vacuous-condition", vacuous_condition, REGULAR, Check::Document(vacuous_condition::check)),
    rule!("SE06", "sid-against-statement", sid_against_statement, PEDANTIC, Check::Document(sid_against_statement::check)),
    rule!("SE07", "new-access", new_access, REGULAR, Check::Whole(new_access::check)),
    rule!("SE08", "forbidden-access", forbidden_access, REGULAR, Check::Document(forbidden_access::check)),
    rule!("SE09", "key-and-iam-together", key_and_iam_together, REGULAR, Check::Whole(key_and_iam_together::check)),
    rule!("SE10", "undecided-policy", undecided_policy, REGULAR, Check::Document(undecided_policy::check)),
    rule!("KC01", "rotation-off", rotation_off, REGULAR, Check::Key(rotation_off::check)),
    rule!("KC02", "rotation-not-supported", rotation_not_supported, REGULAR, Check::Key(rotation_not_supported::check)),
    rule!("KC03", "rotation-period", rotation_period, REGULAR, Check::Key(rotation_period::check)),
    rule!("KC04", "deletion-window", deletion_window, REGULAR, Check::Key(deletion_window::check)),
    rule!("KC05", "key-without-policy", key_without_policy, REGULAR, Check::Whole(key_without_policy::check)),
    rule!("KC06", "bypassed-lockout-check", bypassed_lockout_check, REGULAR, Check::Key(bypassed_lockout_check::check)),
    rule!("KC07", "usage-not-of-spec", usage_not_of_spec, REGULAR, Check::Key(usage_not_of_spec::check)),
    rule!("KC08", "replaced-key", replaced_key, REGULAR, Check::Whole(replaced_key::check)),
    rule!("KC09", "key-not-retained", key_not_retained, REGULAR, Check::Key(key_not_retained::check)),
    rule!("KC10", "multi-region-key", multi_region_key, REGULAR, Check::Whole(multi_region_key::check)),
    rule!("KC11", "disabled-key", disabled_key, REGULAR, Check::Key(disabled_key::check)),
    rule!("KC12", "short-rsa-encryption-key", short_rsa_encryption_key, REGULAR, Check::Key(short_rsa_encryption_key::check)),
    rule!("KC13", "action-not-of-usage", action_not_of_usage, REGULAR, Check::Document(action_not_of_usage::check)),
    rule!("KC14", "policy-in-string", policy_in_string, REGULAR, Check::Whole(policy_in_string::check)),
    rule!("AL01", "alias-name", alias_name, REGULAR, Check::Alias(alias_name::check)),
    rule!("AL02", "alias-of-no-key", alias_of_no_key, REGULAR, Check::Whole(alias_of_no_key::check)),
    rule!("AL03", "alias-of-nobody", alias_of_nobody, REGULAR, Check::Whole(alias_of_nobody::check)),
    rule!("GR01", "grant-of-grants", grant_of_grants, REGULAR, Check::Grant(grant_of_grants::check)),
    rule!("GR02", "grant-without-context", grant_without_context, REGULAR, Check::Grant(grant_without_context::check)),
    rule!("GR03", "grant-not-of-usage", grant_not_of_usage, REGULAR, Check::Grant(grant_not_of_usage::check)),
    rule!("XR01", "service-kept-out", service_kept_out, REGULAR, Check::Whole(service_kept_out::check)),
    rule!("SY15", "refused-element", refused_element, REGULAR, Check::Document(refused_element::check)),
];

/// The rule with this code or name.
///
/// ```
/// use wardbook_policy::lint::rule;
/// assert_eq!(rule("kp09").unwrap().name, "lockout");
/// assert!(rule("lockout").unwrap().page().contains("PutKeyPolicy"));
/// ```
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code.eq_ignore_ascii_case(name) || rule.name == name)
}

/// What rules are told beside the subjects.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Accounts whose access is no surprise.
    pub trusted_accounts: Vec<Box<str>>,
    /// Organizations whose access is no surprise: `o-a1b2c3d4e5`.
    pub trusted_organizations: Vec<Box<str>>,
    /// The principal that must be able to change the key policy.
    pub principal: Option<Box<str>>,
    /// What must not be allowed.
    pub assertions: Vec<Assertion>,
    /// Whether pedantic rules speak too.
    pub pedantic: bool,
    /// What lies beside whatever is linted.
    pub around: Around,
}

/// Everything that the rules find, by subject and place.
pub fn lint(subjects: &Subjects, settings: &Settings) -> Vec<Finding> {
    run(subjects, None, settings)
}

/// Everything that the rules find, and what these subjects allow that the old ones did not.
///
/// Documents are the same if what declares them and their names are, or if each side has one alone.
pub fn against(subjects: &Subjects, old: &Subjects, settings: &Settings) -> Vec<Finding> {
    run(subjects, Some(old), settings)
}

fn run(subjects: &Subjects, old: Option<&Subjects>, settings: &Settings) -> Vec<Finding> {
    let stand_ins = StandIns::of(subjects);
    let index = Index::new(subjects);
    let prepared = prepared(subjects, &index, &stand_ins);
    let views: Vec<View<'_>> = prepared.iter().map(|prepared| View::new(prepared, settings)).collect();
    let old_stand_ins = old.map(|old| StandIns::before(old, subjects, &stand_ins)).unwrap_or_default();
    let old_prepared = old.map(|old| (old, self::prepared(old, &Index::new(old), &old_stand_ins)));
    let mut found = Vec::new();
    for (index, view) in views.iter().enumerate() {
        check_document(view, About::Document(index), &mut found);
    }
    let before = old_prepared.as_ref().map(|(subjects, prepared)| Before { subjects, prepared });
    let whole = Whole { subjects, views: &views, stand_ins: &stand_ins, index, around: &settings.around, before };
    check_whole(&whole, settings, &mut found);
    for rule in RULES.iter().filter(|rule| settings.pedantic || !rule.is_pedantic) {
        match rule.check {
            Check::Syntax | Check::Document(_) | Check::Whole(_) => {}
            Check::Key(check) => subjects.keys.iter().enumerate().for_each(|(index, key)| {
                check(key, &mut Findings { rule, about: About::Key(index), list: &mut found });
            }),
            Check::Alias(check) => subjects.aliases.iter().enumerate().for_each(|(index, alias)| {
                check(alias, &mut Findings { rule, about: About::Alias(index), list: &mut found });
            }),
            Check::Grant(check) => subjects.grants.iter().enumerate().for_each(|(index, grant)| {
                let key = key_of(grant, subjects, &whole.index);
                check(grant, key, &mut Findings { rule, about: About::Grant(index), list: &mut found });
            }),
        }
    }
    sort(&mut found);
    found
}

fn prepared<'s>(subjects: &'s Subjects, known: &Index<'s>, stand_ins: &'s StandIns) -> Vec<Prepared<'s>> {
    let documents = subjects.documents.iter().enumerate();
    let mut regions: Vec<&str> = subjects.keys.iter().filter_map(|key| Some(Arn::parse(&key.arn)?.region)).collect();
    regions.sort_unstable();
    regions.dedup();
    let region = match &*regions {
        [one] if !symbol::holds(one) => Some(*one),
        _ => None,
    };
    let one = |(index, subject): (usize, &'s DocumentSubject)| {
        let key = known.key_of_policy(index).and_then(|place| subjects.keys.get(place));
        let kind = Kind::of(subject.kind, &subject.document);
        let mut prepared = Prepared::new(&subject.value, &subject.document, kind, key, stand_ins);
        prepared.region = region;
        prepared
    };
    documents.map(one).collect()
}

/// Everything that the rules find in a document that stands alone, whose kind is told or else inferred.
///
/// ```
/// use wardbook_policy::{json, lint::{self, Kind, Settings}};
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decript", "Resource": "*"}}"#;
/// let (kind, found) = lint::document(&json::parse(text).unwrap(), None, &Settings::default());
/// assert_eq!(kind, Kind::Identity);
/// assert_eq!((found[0].rule.code, &*found[0].message), ("KP01", "`kms:Decript` is not an action; did you mean `kms:Decrypt`?"));
/// ```
pub fn document(value: &Value, kind: Option<Kind>, settings: &Settings) -> (Kind, Vec<Finding>) {
    let document = Document::read(value);
    let kind = kind.unwrap_or_else(|| Kind::infer(&document));
    let mut found = Vec::new();
    let stand_ins = StandIns::default();
    let prepared = [Prepared::new(value, &document, kind, None, &stand_ins)];
    let views = [View::new(&prepared[0], settings)];
    check_document(&views[0], About::Document(0), &mut found);
    if !settings.around.is_empty() {
        let (subjects, index) = (Subjects::default(), Index::default());
        let around = &settings.around;
        let whole = Whole { subjects: &subjects, views: &views, stand_ins: &stand_ins, index, around, before: None };
        check_whole(&whole, settings, &mut found);
    }
    sort(&mut found);
    (kind, found)
}

/// As [`document`], and what the document allows that the old one did not.
pub fn document_against(value: &Value, old: &Value, kind: Option<Kind>, settings: &Settings) -> (Kind, Vec<Finding>) {
    let (document, before) = (Document::read(value), Document::read(old));
    let kind = kind.unwrap_or_else(|| Kind::infer(&document));
    let stand_ins = StandIns::default();
    let prepared = Prepared::new(value, &document, kind, None, &stand_ins);
    let view = View::new(&prepared, settings);
    let mut found = Vec::new();
    check_document(&view, About::Document(0), &mut found);
    let before = Prepared::new(old, &before, kind, None, &stand_ins);
    if let Some(rule) = rule("SE07") {
        new_access::compared(&before, &view, &mut Findings { rule, about: About::Document(0), list: &mut found });
    }
    sort(&mut found);
    (kind, found)
}

/// The finding that a text which is not JSON deserves.
pub fn syntax(error: &ParseError, about: About) -> Option<Finding> {
    let code = if error.message.contains("occurs twice") { "SY02" } else { "SY01" };
    let rule = rule(code)?;
    let mut found = Vec::new();
    Findings { rule, about, list: &mut found }.error(error.span, error.message.clone());
    found.pop()
}

/// The finding that an expression deserves whose value cannot be told because it is wrong.
pub fn fault(error: &ParseError, about: About) -> Option<Finding> {
    let mut found = Vec::new();
    Findings { rule: rule("SY01")?, about, list: &mut found }
        .warning(error.span, error.message.clone())
        .help("whatever depends on it is taken as not known");
    found.pop()
}

fn check_whole(whole: &Whole<'_>, settings: &Settings, found: &mut Vec<Finding>) {
    for rule in RULES.iter().filter(|rule| settings.pedantic || !rule.is_pedantic) {
        if let Check::Whole(check) = rule.check {
            check(whole, &mut Findings { rule, about: About::Document(0), list: found });
        }
    }
}

fn check_document(view: &View<'_>, about: About, found: &mut Vec<Finding>) {
    let mut own = Vec::new();
    for rule in RULES.iter().filter(|rule| view.settings.pedantic || !rule.is_pedantic) {
        if let Check::Document(check) = rule.check {
            check(view, &mut Findings { rule, about, list: &mut own });
        }
    }
    sound::keep_sound(view.value, &mut own);
    found.append(&mut own);
}

/// The key that a grant is for, where the carrier declares it.
fn key_of<'s>(grant: &GrantSubject, subjects: &'s Subjects, known: &Index<'_>) -> Option<&'s KeySubject> {
    known.key(&grant.key.as_ref()?.text).and_then(|place| subjects.keys.get(place))
}

fn sort(found: &mut [Finding]) {
    found.sort_by_key(|finding| (finding.about, finding.span.start, finding.rule.code, finding.span.end));
}
