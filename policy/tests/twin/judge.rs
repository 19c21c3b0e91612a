//! The slow twin: the published flow chart, read top to bottom over raw JSON.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
//! <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>

use serde_json::Value;

use crate::condition::{covers, holds, texts};
use crate::facts::{Facts, Given, Kind, Tri, all, and, any, is_account, not, or};
use crate::wild::{glob, matches};

/// How a name in a policy or a grant reaches the caller.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    Account,
    Behind,
    Caller,
}

/// What statements give, by how they reach the caller.
#[derive(Clone, Copy)]
struct Allowed {
    account: Tri,
    behind: Tri,
    caller: Tri,
}

/// The verdict on a case file's case, in its words. A sharp eye sees that a text cannot match
/// whatever an unknown variable in it stands for.
pub(crate) fn judge(case: &Value, sharp: bool) -> &'static str {
    let facts = Facts::read(&case["request"], sharp);
    let policies = &case["policies"];
    let layer = |name: &str| policies.get(name).map(list);
    let bounded = policies.get("boundary").is_some();
    let denies = |documents: &[&Value]| any(documents.iter().map(|doc| statements(doc, "Deny", &facts, bounded)));
    let allows = |documents: &[&Value]| any(documents.iter().map(|doc| statements(doc, "Allow", &facts, bounded)));
    let or_absent =
        |documents: &Option<Vec<&Value>>| documents.as_ref().map_or(Some(true), |documents| allows(documents));

    let retire = facts.action == "kms:retiregrant";
    let root = facts.kind == Kind::Root;
    let scps_bind = !facts.is_service_linked()
        && !matches!(facts.kind, Kind::Service | Kind::Anonymous | Kind::Federated | Kind::Canonical);
    let rcps_bind = !facts.is_service_linked() && !facts.is_aws_managed() && !retire;
    let scps = layer("scps").filter(|_| scps_bind);
    let rcps = layer("rcps").filter(|_| rcps_bind).unwrap_or_default();
    let endpoint = layer("endpoint");
    let resource = layer("resource").filter(|_| !facts.is_identity_only()).unwrap_or_default();
    let identity = layer("identity").filter(|_| !root).unwrap_or_default();
    let boundary = layer("boundary").filter(|_| !root);
    let session = layer("session");

    // 1. Deny evaluation.
    let levels = |levels: &[&Value]| any(levels.iter().map(|level| denies(&list(level))));
    let denied = any([
        levels(scps.as_deref().unwrap_or_default()),
        levels(&rcps),
        denies(endpoint.as_deref().unwrap_or_default()),
        if retire { Some(false) } else { denies(&resource) },
        denies(&identity),
        denies(boundary.as_deref().unwrap_or_default()),
        denies(session.as_deref().unwrap_or_default()),
    ]);

    // 2. SCPs, level by level; the VPC endpoint.
    let outer = and(
        scps.as_ref().map_or(Some(true), |levels| {
            and(Some(!levels.is_empty()), all(levels.iter().map(|level| allows(&list(level)))))
        }),
        or_absent(&endpoint),
    );

    // 3. What each remaining layer gives.
    //    A federated user has nothing behind it unless a session policy was passed.
    let passed = session.is_some() || facts.kind != Kind::FederatedUser;
    let limits = all([or_absent(&boundary), or_absent(&session), Some(passed)]);
    let within = match facts.kind {
        Kind::Service | Kind::Anonymous | Kind::Federated | Kind::Canonical => Some(false),
        Kind::Root => or_absent(&session),
        _ => and(allows(&identity), limits),
    };
    let by_resource = resource.iter().fold(NOTHING, |sum, doc| sum.or(named(doc, &facts)));
    let grants = layer("grants").unwrap_or_default();
    let by_grant = grants.iter().fold(NOTHING, |sum, grant| {
        let permits = if retire { Some(false) } else { grant_permits(grant, &facts) };
        sum.or(principal_reach(&grantee(grant), &facts).and(permits))
    });
    let via = |given: Allowed| any([given.caller, and(given.behind, limits), and(given.account, within)]);

    let granted = if retire {
        any(grants.iter().filter(|grant| of_this_key(grant, &facts)).map(|grant| {
            let retiring = ["RetiringPrincipal", "RetiringServicePrincipal"].map(|name| {
                grant.get(name).map_or(NOTHING, |principal| principal_reach(principal.as_str().unwrap(), &facts))
            });
            let issuer = grant["IssuingAccount"].as_str().map(account_of) == facts.account && facts.account.is_some();
            any([
                via(retiring[0].or(retiring[1])),
                and(via(principal_reach(&grantee(grant), &facts)), Some(lists_operation(grant, "retiregrant"))),
                and(Some(issuer), within),
            ])
        }))
    } else if facts.is_identity_only() {
        and(within, Some(!facts.is_cross_account()))
    } else if facts.is_kms() && (facts.kind == Kind::Anonymous || (facts.is_cross_account() && !facts.works_abroad())) {
        Some(false)
    } else if facts.is_cross_account() {
        or(and(any([by_resource.caller, by_resource.behind, by_resource.account]), within), via(by_grant))
    } else {
        let trust = facts.action.starts_with("sts:") && facts.resource.contains(":role/");
        let alone = if facts.is_kms() || trust { Some(false) } else { within };
        any([via(by_resource), alone, via(by_grant)])
    };

    // 4. The verdict.
    match (denied, and(outer, granted)) {
        (Some(true), _) => "explicit-deny",
        (_, Some(false)) => "implicit-deny",
        (Some(false), Some(true)) => "allow",
        _ => "unknown",
    }
}

const NOTHING: Allowed = Allowed { account: Some(false), behind: Some(false), caller: Some(false) };

impl Allowed {
    fn or(self, other: Allowed) -> Allowed {
        Allowed {
            account: or(self.account, other.account),
            behind: or(self.behind, other.behind),
            caller: or(self.caller, other.caller),
        }
    }

    fn and(self, condition: Tri) -> Allowed {
        Allowed {
            account: and(self.account, condition),
            behind: and(self.behind, condition),
            caller: and(self.caller, condition),
        }
    }

    fn anyhow(self) -> Tri {
        any([self.account, self.behind, self.caller])
    }
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    }
}

/// Whether a statement of that effect covers the request.
fn statements(document: &Value, effect: &str, facts: &Facts, bounded: bool) -> Tri {
    any(list(&document["Statement"])
        .into_iter()
        .filter(|statement| statement["Effect"] == effect)
        .map(|statement| and(concerned(statement, facts, bounded), applies(statement, document, facts))))
}

/// What the Allow statements of a resource's policy give, by how they name the caller.
fn named(document: &Value, facts: &Facts) -> Allowed {
    list(&document["Statement"])
        .into_iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .map(|statement| element_reach(&statement["Principal"], facts).and(applies(statement, document, facts)))
        .fold(NOTHING, Allowed::or)
}

/// Action, Resource and Condition.
fn applies(statement: &Value, document: &Value, facts: &Facts) -> Tri {
    let variables = document["Version"] == "2012-10-17";
    let action = |patterns: &Value| {
        Some(texts(patterns).iter().any(|pattern| matches(&glob(&pattern.to_lowercase()), &facts.action)))
    };
    all([
        match (statement.get("Action"), statement.get("NotAction")) {
            (Some(actions), _) => action(actions),
            (_, Some(actions)) => not(action(actions)),
            _ => Some(false),
        },
        match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(resources), _) => covers(&texts(resources), facts, variables),
            (_, Some(resources)) => not(covers(&texts(resources), facts, variables)),
            _ => Some(true),
        },
        holds(&statement["Condition"], facts, variables),
    ])
}

/// Principal and NotPrincipal; a policy attached to the caller has neither.
fn concerned(statement: &Value, facts: &Facts, bounded: bool) -> Tri {
    if let Some(principal) = statement.get("Principal") {
        return element_reach(principal, facts).anyhow();
    }
    let Some(spared) = statement.get("NotPrincipal") else { return Some(true) };
    if bounded {
        return Some(true);
    }
    let listed = element_reach(spared, facts);
    let everybody = entries(spared).iter().any(|(_, name)| name == "*");
    let escapes = match facts.kind {
        Kind::Root | Kind::Service | Kind::Federated | Kind::Canonical => or(listed.account, listed.caller),
        Kind::User => and(listed.account, listed.caller),
        Kind::Role | Kind::Session | Kind::FederatedUser => all([listed.account, listed.behind, listed.caller]),
        Kind::Anonymous => Some(false),
    };
    not(or(Some(everybody), escapes))
}

fn entries(element: &Value) -> Vec<(String, String)> {
    match element {
        Value::String(text) => vec![("AWS".to_owned(), text.clone())],
        Value::Object(families) => families
            .iter()
            .flat_map(|(family, names)| texts(names).into_iter().map(move |name| (family.clone(), name)))
            .collect(),
        _ => Vec::new(),
    }
}

fn element_reach(element: &Value, facts: &Facts) -> Allowed {
    entries(element).iter().map(|(_, name)| principal_reach(name, facts)).fold(NOTHING, Allowed::or)
}

/// How one name reaches the caller. The families need no telling apart: their names look different.
fn principal_reach(name: &str, facts: &Facts) -> Allowed {
    let only = |reach: Reach, holds: Tri| Allowed {
        account: if reach == Reach::Account { holds } else { Some(false) },
        behind: if reach == Reach::Behind { holds } else { Some(false) },
        caller: if reach == Reach::Caller { holds } else { Some(false) },
    };
    if name == "*" || name == facts.principal && facts.kind != Kind::Role && facts.kind != Kind::Root {
        return only(Reach::Caller, Some(true));
    }
    if is_account(name) || name.ends_with(":root") {
        let same = facts.account.as_deref() == Some(&account_of(name));
        return only(if facts.kind == Kind::Root { Reach::Caller } else { Reach::Account }, Some(same));
    }
    if name.starts_with("AIDA") || name.starts_with("AROA") {
        let holds = match facts.get("aws:userid") {
            _ if !matches!(facts.kind, Kind::User | Kind::Role | Kind::Session) => Some(false),
            Given::One(id) => Some(id == name || id.split(':').next() == Some(name)),
            Given::Unknown => None,
            _ => Some(false),
        };
        return only(if facts.kind == Kind::User { Reach::Caller } else { Reach::Behind }, holds);
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let behind = match (facts.kind, parts.as_slice()) {
        (Kind::Role, _) => name == facts.principal,
        (Kind::Session, ["arn", partition, "iam", "", account, role])
            if role.starts_with("role/") && facts.principal.split(':').nth(1) == Some(partition) =>
        {
            match facts.get("aws:PrincipalArn") {
                Given::One(arn) if arn.contains(":role/") && arn.matches('/').count() > 1 => arn == name,
                _ => facts.account.as_deref() == Some(account) && role.rsplit('/').next() == Some(&facts.name),
            }
        }
        (Kind::FederatedUser, ["arn", _, "iam", "", account, user]) => {
            facts.account.as_deref() == Some(account) && *user == format!("user/{}", facts.name)
        }
        _ => false,
    };
    only(Reach::Behind, Some(behind))
}

fn account_of(principal: &str) -> String {
    principal.split(':').nth(4).unwrap_or(principal).to_owned()
}

fn grantee(grant: &Value) -> String {
    ["GranteePrincipal", "GranteeServicePrincipal"].iter().find_map(|name| grant[name].as_str()).unwrap().to_owned()
}

fn of_this_key(grant: &Value, facts: &Facts) -> bool {
    grant.get("KeyId").is_none_or(|key| key == facts.resource.as_str())
}

fn lists_operation(grant: &Value, operation: &str) -> bool {
    texts(&grant["Operations"]).iter().any(|listed| listed.eq_ignore_ascii_case(operation))
}

/// Whether the grant is of this key and operation, and its constraints are met.
fn grant_permits(grant: &Value, facts: &Facts) -> Tri {
    let Some(operation) = facts.kms_operation() else { return Some(false) };
    if !of_this_key(grant, facts) || !lists_operation(grant, operation) {
        return Some(false);
    }
    let constraints = &grant["Constraints"];
    let equals = constraints.get("EncryptionContextEquals");
    let subset = constraints.get("EncryptionContextSubset");
    let source = constraints.get("SourceArn").and_then(Value::as_str);
    if operation == "creategrant" {
        return all([
            match facts.get("kms:GrantOperations") {
                Given::Many(child) => Some(child.iter().all(|operation| lists_operation(grant, operation))),
                Given::One(child) => Some(lists_operation(grant, &child)),
                Given::Unknown => None,
                Given::Absent => Some(true),
            },
            match (equals, subset) {
                (Some(pairs), _) => {
                    and(is(facts, "kms:GrantConstraintType", &["EncryptionContextEquals"]), fits(pairs, true, facts))
                }
                (_, Some(pairs)) => and(
                    is(facts, "kms:GrantConstraintType", &["EncryptionContextEquals", "EncryptionContextSubset"]),
                    fits(pairs, false, facts),
                ),
                _ => Some(true),
            },
            source.map_or(Some(true), |source| is(facts, "kms:GrantConstraintSourceArn", &[source])),
            source.map_or(Some(true), |source| is(facts, "aws:SourceArn", &[source])),
        ]);
    }
    all([
        match (equals, subset) {
            _ if operation == "describekey" => Some(true),
            (Some(pairs), _) => fits(pairs, true, facts),
            (_, Some(pairs)) => fits(pairs, false, facts),
            _ => Some(true),
        },
        source.map_or(Some(true), |source| is(facts, "aws:SourceArn", &[source])),
    ])
}

fn is(facts: &Facts, key: &str, wanted: &[&str]) -> Tri {
    match facts.get(key) {
        Given::One(value) => Some(wanted.contains(&&*value)),
        Given::Unknown => None,
        _ => Some(false),
    }
}

/// Whether the encryption context of the request has these pairs, and no others if it must equal them.
fn fits(pairs: &Value, exact: bool, facts: &Facts) -> Tri {
    let (has, open) = facts.encryption_context();
    let wanted: Vec<(String, &str)> = pairs
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap()))
        .collect();
    let all_there =
        all(wanted.iter().map(|(name, value)| is(facts, &format!("kms:EncryptionContext:{name}"), &[value])));
    let others = all(has
        .iter()
        .filter(|(name, _)| !wanted.iter().any(|(wanted, _)| wanted == *name))
        .map(|(_, given)| if *given == Given::Unknown { None } else { Some(false) }));
    if exact { all([all_there, others, if open { None } else { Some(true) }]) } else { all_there }
}
