//! One organization in both layouts that people have: what the AWS command line prints, and the tree of iam-collect.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use serde_json::{Value, json};
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::coverage::GapKind;
use wardbook_inventory::source::Source;
use wardbook_inventory::world::World;
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;

const OWNER: &str = "111122223333";
const PARTNER: &str = "444455556666";
const ROOT: &str = "999988887777";
const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(action: &str) -> Value {
    document(json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]))
}

/// A role: name, inline policies, managed policies, boundary, tags.
type Role = (&'static str, Vec<(&'static str, Value)>, Vec<String>, Option<String>, Vec<(&'static str, &'static str)>);

fn roles(account: &str) -> Vec<Role> {
    let managed = |name: &str| format!("arn:aws:iam::{account}:policy/{name}");
    vec![
        ("Admin", vec![], vec!["arn:aws:iam::aws:policy/AdministratorAccess".into()], None, vec![]),
        ("Reader", vec![("kms", allow("kms:Decrypt"))], vec![], None, vec![("Team", "pay")]),
        ("Bounded", vec![("kms", allow("kms:*"))], vec![], Some(managed("limit")), vec![]),
        ("Attached", vec![], vec![managed("limit"), managed("gone")], None, vec![]),
        ("Plain", vec![], vec![], None, vec![]),
    ]
}

fn key_policy() -> Value {
    document(json!([
        {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{OWNER}:root")}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{PARTNER}:role/Reader")}, "Action": "kms:Decrypt", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}},
        {"Sid": "Team", "Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/Team": "pay"}}},
    ]))
}

fn grants() -> Value {
    json!([{"KeyId": key(), "GrantId": "g1", "GranteePrincipal": format!("arn:aws:iam::{OWNER}:role/Plain"),
        "IssuingAccount": format!("arn:aws:iam::{OWNER}:root"), "Operations": ["Decrypt"]}])
}

fn key() -> String {
    format!("arn:aws:kms:eu-west-1:{OWNER}:key/{ID}")
}

fn guardrail() -> Value {
    document(json!([{"Effect": "Deny", "Action": "kms:DisableKey", "Resource": "*"}]))
}

fn organization_policy(kind: &str, name: &str) -> String {
    let owner = if name.contains("Full") { "aws:policy".to_owned() } else { format!("{ROOT}:policy/o-abc") };
    format!("arn:aws:organizations::{owner}/{kind}/{name}")
}

fn raw() -> Vec<Source> {
    let mut files = Vec::new();
    let mut file = |path: String, value: Value| files.push(Source::new(format!("w/{path}"), value.to_string()));
    for account in [OWNER, PARTNER] {
        let inline = |policies: &[(&str, Value)]| -> Value {
            policies.iter().map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document})).collect()
        };
        let details = json!({
            "UserDetailList": [{"UserName": "ana", "UserId": "AIDAANA", "Arn": format!("arn:aws:iam::{account}:user/ana"), "GroupList": ["ops"],
                "UserPolicyList": [], "AttachedManagedPolicies": [], "Tags": []}],
            "GroupDetailList": [{"GroupName": "ops", "Arn": format!("arn:aws:iam::{account}:group/ops"), "GroupPolicyList": inline(&[("g", allow("kms:DescribeKey"))]),
                "AttachedManagedPolicies": []}],
            "RoleDetailList": roles(account).iter().map(|(name, policies, managed, boundary, tags)| {
                let mut role = json!({"RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::{account}:role/{name}"),
                    "AssumeRolePolicyDocument": document(json!([])), "RolePolicyList": inline(policies),
                    "AttachedManagedPolicies": managed.iter().map(|arn| json!({"PolicyArn": arn})).collect::<Value>(),
                    "Tags": tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Value>()});
                if let Some(boundary) = boundary {
                    role["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": boundary});
                }
                role
            }).collect::<Value>(),
            "Policies": [
                {"Arn": format!("arn:aws:iam::{account}:policy/limit"), "DefaultVersionId": "v1", "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": allow("kms:Encrypt")}]},
                {"Arn": "arn:aws:iam::aws:policy/AdministratorAccess", "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": allow("*")}]}],
        });
        file(format!("{account}/authorization-details.json"), details);
    }
    let folder = format!("{OWNER}/kms/eu-west-1/{ID}");
    file(format!("{folder}/policy.json"), json!({"Policy": key_policy().to_string()}));
    file(format!("{folder}/grants.json"), json!({"Grants": grants()}));
    file(format!("{folder}/tags.json"), json!({"Tags": []}));
    file(
        "organization.json".into(),
        json!({"Organization": {"Id": "o-abc", "MasterAccountId": ROOT}, "Roots": [{"Id": "r-1"}],
            "OrganizationalUnits": [{"Id": "ou-1", "ParentId": "r-1"}],
            "Accounts": [{"Id": ROOT, "ParentId": "r-1"}, {"Id": OWNER, "ParentId": "ou-1"}, {"Id": PARTNER, "ParentId": "r-1"}],
            "Policies": [
                {"PolicySummary": {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}, "Targets": ["r-1", "ou-1", OWNER, PARTNER]},
                {"PolicySummary": {"Id": "p-guard", "Type": "SERVICE_CONTROL_POLICY"}, "Content": guardrail().to_string(), "Targets": ["ou-1"]},
                {"PolicySummary": {"Id": "p-RCPFullAWSAccess", "Type": "RESOURCE_CONTROL_POLICY"}, "Targets": ["r-1", "ou-1", OWNER, PARTNER]}]}),
    );
    files
}

fn collected() -> Vec<Source> {
    let mut files = Vec::new();
    let mut file = |path: String, value: Value| files.push(Source::new(format!("c/aws/aws/{path}"), value.to_string()));
    for account in [OWNER, PARTNER] {
        let base = format!("accounts/{account}");
        file(format!("{base}/metadata.json"), json!({"id": account}));
        for (name, policies, managed, boundary, tags) in roles(account) {
            let folder = format!("{base}/iam/role/{}", name.to_lowercase());
            let mut metadata = json!({"arn": format!("arn:aws:iam::{account}:role/{name}"), "name": name, "id": format!("AROA{name}"), "path": "/"});
            if let Some(boundary) = boundary {
                metadata["permissionBoundary"] = json!(boundary);
            }
            file(format!("{folder}/metadata.json"), metadata);
            file(format!("{folder}/trust-policy.json"), document(json!([])));
            file(
                format!("{folder}/inline-policies.json"),
                policies
                    .iter()
                    .map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document}))
                    .collect(),
            );
            if !managed.is_empty() {
                file(format!("{folder}/managed-policies.json"), json!(managed));
            }
            if !tags.is_empty() {
                file(
                    format!("{folder}/tags.json"),
                    tags.iter()
                        .map(|(key, value)| (key.to_string(), json!(value)))
                        .collect::<serde_json::Map<_, _>>()
                        .into(),
                );
            }
        }
        let user = format!("{base}/iam/user/ana");
        file(
            format!("{user}/metadata.json"),
            json!({"arn": format!("arn:aws:iam::{account}:user/ana"), "name": "ana", "id": "AIDAANA"}),
        );
        file(format!("{user}/groups.json"), json!([format!("arn:aws:iam::{account}:group/ops")]));
        let group = format!("{base}/iam/group/ops");
        file(
            format!("{group}/metadata.json"),
            json!({"arn": format!("arn:aws:iam::{account}:group/ops"), "name": "ops"}),
        );
        file(
            format!("{group}/inline-policies.json"),
            json!([{"PolicyName": "g", "PolicyDocument": allow("kms:DescribeKey")}]),
        );
        for (folder, arn, policy) in [
            ("policy/limit", format!("arn:aws:iam::{account}:policy/limit"), allow("kms:Encrypt")),
            ("aws/policy/administratoraccess", "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(), allow("*")),
        ] {
            file(format!("{base}/iam/{folder}/metadata.json"), json!({"arn": arn}));
            file(format!("{base}/iam/{folder}/current-policy.json"), policy);
        }
        file(format!("{base}/s3/bucket/data/policy.json"), document(json!([])));
    }
    let folder = format!("accounts/{OWNER}/kms/eu-west-1/key/{ID}");
    file(format!("{folder}/metadata.json"), json!({"arn": key(), "id": ID, "region": "eu-west-1"}));
    file(format!("{folder}/policy.json"), key_policy());
    file(format!("{folder}/grants.json"), grants());
    let scp = |name: &str| organization_policy("service_control_policy", name);
    let rcp = organization_policy("resource_control_policy", "p-RCPFullAWSAccess");
    let own = json!({"scps": [scp("p-FullAWSAccess")], "rcps": [rcp]});
    let with = |name: &str, value: &str| {
        let mut unit = own.clone();
        unit[name] = json!(value);
        unit
    };
    let organization = "organizations/o-abc";
    file(
        format!("{organization}/metadata.json"),
        json!({"id": "o-abc", "rootOu": "r-1", "rootAccountId": ROOT,
        "features": {"RESOURCE_CONTROL_POLICY": true, "SERVICE_CONTROL_POLICY": true}}),
    );
    file(
        format!("{organization}/accounts.json"),
        json!({ROOT: with("ou", "r-1"), OWNER: with("ou", "ou-1"), PARTNER: with("ou", "r-1")}),
    );
    let mut unit = with("parent", "r-1");
    unit["scps"] = json!([scp("p-FullAWSAccess"), scp("p-guard")]);
    file(format!("{organization}/ous.json"), json!({"r-1": own, "ou-1": unit}));
    file(format!("{organization}/structure.json"), json!({"r-1": {}}));
    file(
        format!("{organization}/ous/r-1/metadata.json"),
        json!({"arn": "arn:aws:organizations::999988887777:ou/o-abc/r-1", "name": "r-1"}),
    );
    file(format!("{organization}/scps/p-guard/metadata.json"), json!({"arn": scp("p-guard"), "name": "p-guard"}));
    file(format!("{organization}/scps/p-guard/policy.json"), guardrail());
    file("indexes/accounts-to-orgs.json".into(), json!({OWNER: "o-abc"}));
    files
}

fn ask(world: &World, principal: &str, action: &str) -> Verdict {
    let asked = world.ask(principal, action, &key(), Circumstances::direct_call(), Quirks::default());
    asked.unwrap_or_else(|error| panic!("{error}")).decide().verdict()
}

#[test]
fn both_layouts_of_one_world_give_equal_answers() {
    let (raw, collected) = (World::from_sources(raw()), World::from_sources(collected()));
    let arns = |world: &World| world.principals().iter().map(|found| found.arn.to_string()).collect::<Vec<_>>();
    assert_eq!(arns(&raw), arns(&collected));
    assert_eq!(raw.principals().len(), 12);
    let actions = ["kms:Decrypt", "kms:Encrypt", "kms:DisableKey", "kms:DescribeKey", "kms:PutKeyPolicy"];
    let mut seen = Vec::new();
    for principal in arns(&raw) {
        for action in actions {
            let answer = ask(&raw, &principal, action);
            assert_eq!(answer, ask(&collected, &principal, action), "{principal} {action}");
            seen.push(answer);
        }
    }
    for verdict in [Verdict::Allow, Verdict::ImplicitDeny, Verdict::ExplicitDeny, Verdict::Unknown] {
        assert!(seen.contains(&verdict), "{verdict:?} occurs nowhere");
    }
    // Worked out by hand, so that the two are not equal by being wrong alike.
    let role = |account: &str, name: &str| format!("arn:aws:iam::{account}:role/{name}");
    for (principal, action, wanted) in [
        (role(OWNER, "Reader"), "kms:Decrypt", Verdict::Allow),
        (role(PARTNER, "Reader"), "kms:Decrypt", Verdict::Allow),
        (role(PARTNER, "Admin"), "kms:Decrypt", Verdict::ImplicitDeny),
        (role(OWNER, "Plain"), "kms:Decrypt", Verdict::Allow),
        (role(OWNER, "Admin"), "kms:Encrypt", Verdict::ExplicitDeny),
        (role(OWNER, "Admin"), "kms:DisableKey", Verdict::ExplicitDeny),
        (role(OWNER, "Bounded"), "kms:DescribeKey", Verdict::ImplicitDeny),
        (role(OWNER, "Attached"), "kms:DescribeKey", Verdict::Unknown),
        (format!("arn:aws:iam::{OWNER}:user/ana"), "kms:DescribeKey", Verdict::Allow),
    ] {
        assert_eq!(ask(&collected, &principal, action), wanted, "{principal} {action}");
    }
}

#[test]
fn what_cannot_be_read_in_a_tree_stops_nothing_else_and_allows_nothing() {
    let broken = |ending: &str| {
        let sources = collected().into_iter().map(|source| match source.path.ends_with(ending) {
            true => Source::new(source.path, "{"),
            false => source,
        });
        World::from_sources(sources)
    };
    let world = broken(&format!("{OWNER}/iam/role/reader/inline-policies.json"));
    let reader = format!("arn:aws:iam::{OWNER}:role/Reader");
    assert_eq!(ask(&world, &reader, "kms:Decrypt"), Verdict::Unknown);
    assert_eq!(ask(&world, &format!("arn:aws:iam::{OWNER}:role/Plain"), "kms:Decrypt"), Verdict::Allow);
    assert!(world.coverage().gaps.iter().any(|gap| gap.kind == GapKind::Unreadable));
    let world = broken(&format!("{ID}/policy.json"));
    assert_eq!(ask(&world, &reader, "kms:Decrypt"), Verdict::Unknown);
    let world = broken("o-abc/ous.json");
    assert!(world.coverage().gaps.iter().any(|gap| gap.kind == GapKind::Organization), "{:?}", world.coverage());
    let world = broken("iam/role/plain/metadata.json");
    assert_eq!(world.principals().len(), 10);
}
