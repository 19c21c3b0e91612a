use super::*;
use crate::circumstances::Circumstances;
use crate::source::Source;
use wardbook_policy::context::Lookup;
use wardbook_policy::decide::Verdict;
use wardbook_policy::key::Key;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const ALLOW_ALL: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

fn allow(action: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Sid": "S", "Effect": "Allow", "Action": "{action}", "Resource": "*"}}]}}"#
    )
}

fn details() -> String {
    let decrypt = allow("kms:Decrypt");
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22kms%3AEncrypt%22%2C%22Resource%22%3A%22*%22%7D%7D";
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}]}"#;
    format!(
        r#"{{
"UserDetailList": [
  {{"UserName": "ana", "UserId": "AIDAANA", "Arn": "arn:aws:iam::111122223333:user/team/ana", "GroupList": ["readers"],
    "UserPolicyList": [{{"PolicyName": "own", "PolicyDocument": "{encoded}"}}], "AttachedManagedPolicies": [], "Tags": [{{"Key": "Team", "Value": "pay"}}]}}],
"GroupDetailList": [
  {{"GroupName": "readers", "Arn": "arn:aws:iam::111122223333:group/readers", "GroupPolicyList": [],
    "AttachedManagedPolicies": [{{"PolicyName": "decrypt", "PolicyArn": "arn:aws:iam::111122223333:policy/decrypt"}}]}}],
"RoleDetailList": [
  {{"RoleName": "app", "RoleId": "AROAAPP", "Arn": "arn:aws:iam::111122223333:role/team/app", "AssumeRolePolicyDocument": {trust},
    "RolePolicyList": [{{"PolicyName": "kms", "PolicyDocument": {decrypt}}}], "AttachedManagedPolicies": [],
    "PermissionsBoundary": {{"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/decrypt"}}, "Tags": []}},
  {{"RoleName": "gap", "RoleId": "AROAGAP", "Arn": "arn:aws:iam::111122223333:role/gap", "AssumeRolePolicyDocument": {trust},
    "RolePolicyList": [{{"PolicyName": "kms", "PolicyDocument": {decrypt}}}],
    "AttachedManagedPolicies": [{{"PolicyName": "gone", "PolicyArn": "arn:aws:iam::111122223333:policy/gone"}}], "Tags": []}}],
"Policies": [
  {{"Arn": "arn:aws:iam::111122223333:policy/decrypt", "DefaultVersionId": "v2", "PolicyVersionList": [
    {{"VersionId": "v1", "IsDefaultVersion": false, "Document": {ALLOW_ALL}}},
    {{"VersionId": "v2", "IsDefaultVersion": true, "Document": {decrypt}}}]}}],
"IsTruncated": false}}"#
    )
}

fn key_files(policy: &str) -> Vec<Source> {
    let folder = "w/111122223333/kms/eu-west-1";
    let policy = policy.replace('"', "\\\"");
    [
        (format!("{folder}/keys.json"), format!(r#"{{"Keys": [{{"KeyId": "{ID}", "KeyArn": "{KEY}"}}]}}"#)),
        (
            format!("{folder}/aliases.json"),
            format!(
                r#"{{"Aliases": [{{"AliasName": "alias/app", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/app", "TargetKeyId": "{ID}"}},
                {{"AliasName": "alias/aws/s3", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"}}]}}"#
            ),
        ),
        (
            format!("{folder}/{ID}/describe.json"),
            format!(
                r#"{{"KeyMetadata": {{"KeyId": "{ID}", "Arn": "{KEY}", "KeyState": "Enabled", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "MultiRegion": false}}}}"#
            ),
        ),
        (format!("{folder}/{ID}/policy.json"), format!(r#"{{"Policy": "{policy}", "PolicyName": "default"}}"#)),
        (format!("{folder}/{ID}/grants.json"), r#"{"Grants": [], "Truncated": false}"#.to_owned()),
        (format!("{folder}/{ID}/tags.json"), r#"{"Tags": [{"TagKey": "Team", "TagValue": "pay"}]}"#.to_owned()),
    ]
    .into_iter()
    .map(|(path, text)| Source::new(path, text))
    .collect()
}

const DELEGATES: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#;

fn organization(policies: &str) -> Source {
    Source::new(
        "w/organization.json",
        format!(
            r#"{{"Organization": {{"Id": "o-1", "MasterAccountId": "999988887777"}}, "Roots": [{{"Id": "r-1"}}],
"OrganizationalUnits": [{{"Id": "ou-1-a", "ParentId": "r-1"}}],
"Accounts": [{{"Id": "999988887777", "ParentId": "r-1"}}, {{"Id": "111122223333", "ParentId": "ou-1-a"}}, {{"Id": "555566667777", "ParentId": "ou-gone"}}],
"Policies": [{policies}]}}"#
        ),
    )
}

const FULL_ACCESS: &str = r#"{"PolicySummary": {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}, "Targets": ["r-1", {"TargetId": "ou-1-a"}, "111122223333"]},
    {"PolicySummary": {"Id": "p-RCPFullAWSAccess", "Type": "RESOURCE_CONTROL_POLICY"}, "Targets": ["r-1", "ou-1-a", "111122223333"]}"#;

fn world_with(policy: &str, more: Vec<Source>) -> World {
    let mut sources = vec![Source::new("w/111122223333/authorization-details.json", details())];
    sources.extend(key_files(policy));
    sources.extend(more);
    World::from_sources(sources)
}

fn world() -> World {
    world_with(DELEGATES, vec![organization(FULL_ACCESS)])
}

fn direct(world: &World, principal: &str, action: &str, key: &str) -> Verdict {
    let asked = world.ask(principal, action, key, Circumstances::direct_call(), Quirks::default());
    asked.unwrap_or_else(|error| panic!("{error}")).decide().verdict()
}

fn lookup<'r>(request: &'r Request, key: &str) -> Lookup<'r> {
    request.context().lookup(&Key::new(key))
}

fn kinds(gaps: &[Gap]) -> Vec<GapKind> {
    gaps.iter().map(|gap| gap.kind).collect()
}

#[test]
fn a_world_is_put_together() {
    let world = world();
    let arns: Vec<&str> = world.principals().iter().map(|principal| &*principal.arn).collect();
    assert_eq!(
        arns,
        [
            "arn:aws:iam::111122223333:role/gap",
            "arn:aws:iam::111122223333:role/team/app",
            "arn:aws:iam::111122223333:user/team/ana"
        ]
    );
    let ana = world.principal("arn:aws:iam::111122223333:user/team/ana").unwrap();
    let names: Vec<&str> = ana.policies.items().iter().map(Policy::name).collect();
    let wanted = ["arn:aws:iam::111122223333:user/team/ana inline own", "arn:aws:iam::111122223333:policy/decrypt"];
    assert_eq!(names, wanted);
    let own = &ana.policies.items()[0];
    assert_eq!(own.place(&own.statements()[0]), "w/111122223333/authorization-details.json:4:121");
    let key = world.key(KEY).unwrap();
    assert_eq!(key.aliases.as_deref(), Some([Box::from("alias/app")].as_slice()));
    assert_eq!((key.state.as_deref(), key.multi_region), (Some("Enabled"), Some(false)));
    let policy = &key.policy.items()[0];
    assert_eq!(policy.name(), format!("{KEY} key policy default"));
    assert!(policy.place(&policy.statements()[0]).ends_with(&format!("{ID}/policy.json:1:59")));
    let coverage = world.coverage();
    assert_eq!(coverage.files_read, 8);
    let gaps: Vec<(GapKind, &str)> = coverage.gaps.iter().map(|gap| (gap.kind, &*gap.subject)).collect();
    assert_eq!(
        gaps,
        [
            (GapKind::Account, "999988887777"),
            (GapKind::ManagedPolicy, "arn:aws:iam::111122223333:role/gap"),
            (GapKind::Organization, "555566667777")
        ]
    );
}

#[test]
fn equal_documents_are_told_apart_by_name_and_place() {
    let world = world();
    let policy = |name: &str| {
        let principal = world.principals().iter().find(|found| found.name() == name).unwrap();
        let policy = &principal.policies.items()[0];
        (policy.name().to_owned(), policy.place(&policy.statements()[0]))
    };
    let (app, gap) = (policy("app"), policy("gap"));
    assert_eq!(app.0, "arn:aws:iam::111122223333:role/team/app inline kms");
    assert_eq!(gap.0, "arn:aws:iam::111122223333:role/gap inline kms");
    let (line, rest) =
        app.1.strip_prefix("w/111122223333/authorization-details.json:").unwrap().split_once(':').unwrap();
    let text = details();
    let written = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
    assert!(
        written.contains("RolePolicyList")
            && written
                .chars()
                .skip(rest.parse::<usize>().unwrap() - 1)
                .collect::<String>()
                .starts_with("{\"Sid\": \"S\"")
    );
    assert_ne!(app.1, gap.1);
}

#[test]
fn answers_follow_from_every_layer() {
    let world = world();
    assert_eq!(direct(&world, "user/ana", "kms:Decrypt", KEY), Verdict::Allow);
    assert_eq!(direct(&world, "ana", "kms:Encrypt", "alias/app"), Verdict::Allow);
    assert_eq!(direct(&world, "ana", "kms:Sign", ID), Verdict::ImplicitDeny);
    assert_eq!(direct(&world, "role/app", "kms:Decrypt", KEY), Verdict::Allow);
    let session = "arn:aws:sts::111122223333:assumed-role/app/s1";
    assert_eq!(direct(&world, session, "kms:Decrypt", KEY), Verdict::Allow);
    assert_eq!(direct(&world, session, "kms:Encrypt", KEY), Verdict::ImplicitDeny);
    assert_eq!(direct(&world, "111122223333", "kms:Encrypt", KEY), Verdict::Allow);
    assert_eq!(direct(&world, "s3.amazonaws.com", "kms:Encrypt", KEY), Verdict::ImplicitDeny);
    assert_eq!(direct(&world, "ana", "kms:ListKeys", "*"), Verdict::ImplicitDeny);
}

#[test]
fn what_principal_and_key_determine_is_told() {
    let world = world();
    let ask = |principal: &str, key: &str| {
        world.ask(principal, "kms:Decrypt", key, Circumstances::default(), Quirks::default()).unwrap().request
    };
    let request = ask("user/team/ana", "arn:aws:kms:eu-west-1:111122223333:alias/app");
    assert_eq!(request.resource(), KEY);
    for (key, value) in [
        ("aws:userid", "AIDAANA"),
        ("aws:username", "ana"),
        ("aws:PrincipalTag/Team", "pay"),
        ("aws:PrincipalOrgID", "o-1"),
        ("aws:ResourceOrgID", "o-1"),
        ("aws:ResourceAccount", "111122223333"),
        ("aws:ResourceTag/Team", "pay"),
        ("kms:KeySpec", "SYMMETRIC_DEFAULT"),
        ("kms:KeyUsage", "ENCRYPT_DECRYPT"),
        ("kms:KeyOrigin", "AWS_KMS"),
        ("kms:MultiRegion", "false"),
        ("kms:RequestAlias", "alias/app"),
    ] {
        assert_eq!(lookup(&request, key), Lookup::One(value), "{key}");
    }
    assert_eq!(lookup(&request, "kms:ResourceAliases"), Lookup::Many(&["alias/app".into()]));
    assert_eq!(lookup(&request, "aws:PrincipalOrgPaths"), Lookup::Many(&["o-1/r-1/ou-1-a/".into()]));
    assert_eq!(lookup(&request, "aws:PrincipalTag/Other"), Lookup::Absent);
    assert_eq!(lookup(&request, "aws:ResourceTag/Other"), Lookup::Absent);
    assert_eq!(lookup(&request, "kms:MultiRegionKeyType"), Lookup::Absent);
    assert_eq!(lookup(&request, "aws:SourceIp"), Lookup::Unknown);
    let session = ask("arn:aws:sts::111122223333:assumed-role/app/s1", KEY);
    assert_eq!(lookup(&session, "aws:userid"), Lookup::One("AROAAPP:s1"));
    assert_eq!(lookup(&session, "aws:PrincipalArn"), Lookup::One("arn:aws:iam::111122223333:role/team/app"));
    assert_eq!(lookup(&session, "kms:RequestAlias"), Lookup::Unknown);
    assert_eq!(lookup(&ask("role/app", KEY), "aws:userid"), Lookup::Unknown);
}

#[test]
fn circumstances_win_over_the_world() {
    let world = world();
    let told =
        Circumstances::direct_call().with("aws:userid", "X").absent("aws:ResourceTag/Team").unknown("kms:KeySpec");
    let asked = world.ask("role/app", "kms:Decrypt", KEY, told, Quirks::default()).unwrap();
    assert_eq!(lookup(&asked.request, "aws:userid"), Lookup::One("X"));
    assert_eq!(lookup(&asked.request, "aws:ResourceTag/Team"), Lookup::Absent);
    assert_eq!(lookup(&asked.request, "kms:KeySpec"), Lookup::Unknown);
}

#[test]
fn a_missing_managed_policy_leaves_open_what_it_could_change() {
    let world = world();
    let gap = "role/gap";
    let asked = world.ask(gap, "kms:Decrypt", KEY, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(kinds(&asked.coverage), [GapKind::ManagedPolicy]);
    // What is known allows, but the missing policy may deny.
    assert_eq!(asked.decide().verdict(), Verdict::Unknown);
    assert_eq!(direct(&world, gap, "kms:Encrypt", KEY), Verdict::Unknown);
    // Where the key policy neither names nor delegates, nothing in it could help.
    let closed = DELEGATES.replace(":root", ":role/other");
    assert_eq!(direct(&world_with(&closed, vec![]), gap, "kms:Decrypt", KEY), Verdict::ImplicitDeny);
    // A Deny that is known stands.
    let denies = DELEGATES.replace("\"Statement\": [", "\"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"kms:Decrypt\", \"Resource\": \"*\"}, ");
    assert_eq!(direct(&world_with(&denies, vec![]), gap, "kms:Decrypt", KEY), Verdict::ExplicitDeny);
}

#[test]
fn what_was_not_collected_is_unknown_and_named() {
    let mut sources = key_files(DELEGATES);
    sources.retain(|source| source.path.ends_with("keys.json"));
    sources.push(Source::new("w/111122223333/authorization-details.json", details()));
    let world = World::from_sources(sources);
    let asked = world.ask("ana", "kms:Decrypt", KEY, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(asked.decide().verdict(), Verdict::Unknown);
    assert_eq!(lookup(&asked.request, "aws:ResourceTag/x"), Lookup::Unknown);
    assert_eq!(lookup(&asked.request, "kms:KeySpec"), Lookup::Unknown);
    assert_eq!(lookup(&asked.request, "kms:ResourceAliases"), Lookup::Unknown);
    assert_eq!(lookup(&asked.request, "aws:PrincipalOrgID"), Lookup::Unknown);
    assert_eq!(lookup(&asked.request, "aws:SourceIp"), Lookup::Absent);
    let wanted = [
        GapKind::KeyPolicy,
        GapKind::Grants,
        GapKind::KeyMetadata,
        GapKind::KeyTags,
        GapKind::Aliases,
        GapKind::Organization,
    ];
    assert_eq!(kinds(&asked.coverage), wanted);
    let other = "arn:aws:kms:eu-west-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab";
    let asked = world.ask("ana", "kms:Decrypt", other, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(kinds(&asked.coverage), [GapKind::Key, GapKind::Organization]);
    assert_eq!(asked.decide().verdict(), Verdict::Unknown);
    let stranger = "arn:aws:iam::444455556666:role/x";
    let asked = world.ask(stranger, "kms:ListKeys", "*", Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(kinds(&asked.coverage), [GapKind::Account, GapKind::Organization]);
    assert_eq!(lookup(&asked.request, "aws:PrincipalTag/x"), Lookup::Unknown);
    assert_eq!(asked.decide().verdict(), Verdict::Unknown);
}

#[test]
fn names_that_mean_nothing_or_too_much_are_refused() {
    let other = details().replace("111122223333", "444455556666");
    let more = vec![
        Source::new("w/444455556666/authorization-details.json", other),
        Source::new(
            "w/444455556666/kms/eu-west-1/aliases.json",
            format!(
                r#"{{"Aliases": [{{"AliasName": "alias/app", "AliasArn": "arn:aws:kms:eu-west-1:444455556666:alias/app", "TargetKeyId": "{ID}"}}]}}"#
            ),
        ),
        Source::new("w/444455556666/kms/eu-west-1/keys.json", format!(r#"{{"Keys": [{{"KeyId": "{ID}"}}]}}"#)),
    ];
    let world = world_with(DELEGATES, more);
    let error = |principal: &str, key: &str| {
        let asked = world.ask(principal, "kms:Decrypt", key, Circumstances::default(), Quirks::default());
        asked.map(|asked| asked.request.resource().to_owned()).unwrap_err().to_string()
    };
    assert_eq!(
        error("role/app", KEY),
        "`role/app` is the name of several principals: `arn:aws:iam::111122223333:role/team/app`, `arn:aws:iam::444455556666:role/team/app`; write one of these ARNs"
    );
    assert!(
        error("role/ap", KEY)
            .contains("there is no principal `role/ap`; did you mean `arn:aws:iam::111122223333:role/")
    );
    assert!(
        error("arn:aws:iam::111122223333:role/app", KEY)
            .contains("did you mean `arn:aws:iam::111122223333:role/team/app`")
    );
    assert_eq!(error("user/app", KEY).split(';').next(), Some("there is no principal `user/app`"));
    assert!(error("arn:aws:iam::111122223333:group/readers", KEY).contains("a group makes no requests"));
    let stranger = "arn:aws:iam::777788889999:user/x";
    assert!(error(stranger, "alias/app").contains("`alias/app` is the name of several keys"));
    assert!(error(stranger, ID).contains("is the name of several keys"));
    assert!(error(stranger, "alias/none").contains("no key `alias/none` was collected"));
    assert!(error(stranger, "ffffffff-12ab-34cd-56ef-1234567890ab").contains("no key `ffffffff"));
    assert!(error(stranger, "arn:aws:kms:eu-west-1:111122223333:alias/none").contains("no key `arn:"));
    assert!(error(stranger, "my key").contains("`my key` is no key"));
    let own = world.find_key("alias/app", Some("444455556666")).unwrap();
    assert_eq!(own.resource, KEY.replace("111122223333", "444455556666"));
}

#[test]
fn organization_policies_limit_members_and_not_the_management_account() {
    let denies = format!(
        r#"{FULL_ACCESS}, {{"PolicySummary": {{"Id": "p-no", "Arn": "arn:aws:organizations::999988887777:policy/o-1/service_control_policy/p-no", "Type": "SERVICE_CONTROL_POLICY"}},
        "Content": "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Deny\", \"Action\": \"kms:Decrypt\", \"Resource\": \"*\"}}}}", "Targets": ["ou-1-a"]}}"#
    );
    let world = world_with(DELEGATES, vec![organization(&denies)]);
    assert_eq!(direct(&world, "ana", "kms:Decrypt", KEY), Verdict::ExplicitDeny);
    assert_eq!(direct(&world, "ana", "kms:Encrypt", KEY), Verdict::Allow);
    let management = &world.organization().unwrap().accounts["999988887777"];
    assert!(matches!(management.scps, Collected::Absent));
    // A level at which nothing allows.
    let narrow = FULL_ACCESS.replace(r#"{"TargetId": "ou-1-a"}, "#, "");
    assert_eq!(
        direct(&world_with(DELEGATES, vec![organization(&narrow)]), "ana", "kms:Decrypt", KEY),
        Verdict::ImplicitDeny
    );
    // A policy whose content is missing may deny.
    let missing = format!(
        r#"{FULL_ACCESS}, {{"PolicySummary": {{"Id": "p-gone", "Type": "SERVICE_CONTROL_POLICY"}}, "Targets": ["111122223333"]}}"#
    );
    let world = world_with(DELEGATES, vec![organization(&missing)]);
    let asked = world.ask("ana", "kms:Decrypt", KEY, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(asked.decide().verdict(), Verdict::Unknown);
    assert_eq!(kinds(&asked.coverage), [GapKind::OrganizationPolicy]);
    // A file with SCPs that speaks of no RCP, nor of which types there are, is taken to be of one without RCPs.
    let scps = FULL_ACCESS.split_once(",\n").unwrap().0;
    let world = world_with(DELEGATES, vec![organization(scps)]);
    assert_eq!(direct(&world, "ana", "kms:Decrypt", KEY), Verdict::Allow);
    assert!(world.coverage().gaps.iter().any(|gap| gap.message.contains("as if there were none")));
    // An organization of which no policy was collected says nothing about its limits.
    let world = world_with(DELEGATES, vec![organization("")]);
    assert_eq!(direct(&world, "ana", "kms:Decrypt", KEY), Verdict::Unknown);
}

#[test]
fn policy_types_that_are_off_limit_nobody() {
    let mut off = organization("");
    off.text = off.text.replace(
        r#"{"Id": "r-1"}"#,
        r#"{"Id": "r-1", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "PENDING_DISABLE"}]}"#,
    );
    let world = world_with(DELEGATES, vec![off]);
    assert_eq!(direct(&world, "ana", "kms:Decrypt", KEY), Verdict::Allow);
}

#[test]
fn units_in_circles_and_deep_units_end() {
    let text = |depth: usize| {
        let units: Vec<String> = (0..depth)
            .map(|level| {
                let parent = if level == 0 { "r-1".to_owned() } else { format!("ou-{}", level - 1) };
                format!(r#"{{"Id": "ou-{level}", "ParentId": "{parent}"}}"#)
            })
            .collect();
        format!(
            r#"{{"Organization": {{"Id": "o-1"}}, "Roots": [{{"Id": "r-1"}}], "OrganizationalUnits": [{}], "Accounts": [{{"Id": "111122223333", "ParentId": "ou-{}"}}]}}"#,
            units.join(","),
            depth - 1
        )
    };
    let placed = |text: String| {
        let world = World::from_sources([Source::new("o.json", text)]);
        world.organization().unwrap().accounts.contains_key("111122223333")
    };
    let most = crate::limits::ORGANIZATION_LEVELS_MAX - 1;
    assert!(placed(text(most)));
    assert!(!placed(text(most + 1)));
    assert!(!placed(text(2).replace(r#""ParentId": "r-1""#, r#""ParentId": "ou-1""#)));
}

#[test]
fn pages_in_one_file_belong_together() {
    let whole = details();
    let first =
        r#"{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], "IsTruncated": true}"#;
    for text in [format!("{first}\n{whole}"), format!("[{first}, {whole}]")] {
        let world = World::from_sources([Source::new("111122223333/pages.json", text)]);
        assert_eq!((world.principals().len(), world.coverage().files_read), (3, 1));
        assert!(!kinds(&world.coverage().gaps).contains(&GapKind::Truncated));
    }
    let world = World::from_sources([Source::new("111122223333/pages.json", first)]);
    assert!(kinds(&world.coverage().gaps).contains(&GapKind::Truncated));
    // Who is not in the first page may be in the second.
    let later = "arn:aws:iam::111122223333:role/later";
    let asked = world.ask(later, "kms:ListKeys", "*", Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(kinds(&asked.coverage), [GapKind::Truncated, GapKind::Organization]);
    assert_eq!(asked.decide().verdict(), Verdict::Unknown);
    let world = World::from_sources([Source::new("pages.json", first)]);
    assert!(world.coverage().gaps.iter().any(|gap| gap.message.contains("nothing says which account")));
}

#[test]
fn broken_policies_are_forced_and_named() {
    let broken = DELEGATES.replace(r#""Action": "kms:*""#, r#""Acton": "kms:*""#);
    let world = world_with(&broken, vec![organization(FULL_ACCESS)]);
    let problems: Vec<&Gap> = world.coverage().gaps.iter().filter(|gap| gap.kind == GapKind::Problem).collect();
    assert!(!problems.is_empty() && problems.iter().all(|gap| *gap.subject == *format!("{KEY} key policy default")));
    assert!(problems[0].message.contains("policy.json:1:"), "{problems:?}");
    let asked = world.ask("ana", "kms:Decrypt", KEY, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(asked.decide().verdict(), Verdict::ImplicitDeny);
    assert_eq!(asked.coverage.iter().collect::<Vec<_>>(), problems);
    let torn = world_with("{", vec![]);
    assert!(
        torn.coverage().gaps.iter().any(|gap| gap.kind == GapKind::Problem && gap.message.contains("policy.json:1:"))
    );
    assert_eq!(direct(&torn, "ana", "kms:Decrypt", KEY), Verdict::Unknown);
}

#[test]
fn the_same_thing_twice_is_named() {
    let again = |path: &str, text: String| Source::new(path, text);
    let policy = key_files(DELEGATES).remove(3);
    let more = vec![
        again("w/z/authorization-details.json", details()),
        again(&format!("w/z/111122223333/kms/eu-west-1/{ID}/policy.json"), policy.text),
        Source::new("w/z/organization.json", organization("").text),
    ];
    let world = world_with(DELEGATES, [vec![organization(FULL_ACCESS)], more].concat());
    let twice = world.coverage().gaps.iter().filter(|gap| gap.kind == GapKind::Twice).count();
    assert_eq!(twice, 5, "{:?}", world.coverage().gaps);
    assert_eq!(direct(&world, "ana", "kms:Decrypt", KEY), Verdict::Allow);
}

#[test]
fn grants_belong_to_their_key_and_end_with_their_last_page() {
    let grant = |truncated: bool| {
        format!(
            r#"{{"Grants": [{{"KeyId": "{KEY}", "GrantId": "g", "GranteePrincipal": "arn:aws:iam::111122223333:role/gap", "Operations": ["Sign"], "IssuingAccount": "arn:aws:iam::111122223333:root"}}], "Truncated": {truncated}}}"#
        )
    };
    let with = |text: String| {
        let mut sources = key_files(DELEGATES);
        sources.retain(|source| !source.path.ends_with("grants.json"));
        sources.push(Source::new("anywhere.json", text));
        sources.push(Source::new("w/111122223333/authorization-details.json", details()));
        World::from_sources(sources)
    };
    let whole = with(grant(false));
    assert!(matches!(whole.key(KEY).unwrap().grants, Collected::Known(_)));
    let part = with(grant(true));
    assert!(part.key(KEY).unwrap().grants.is_incomplete());
    // A grant never denies, so one that is known suffices, and one that is missing may allow.
    let app = "role/app";
    assert_eq!(direct(&whole, app, "kms:Sign", KEY), Verdict::ImplicitDeny);
    assert_eq!(direct(&part, app, "kms:Sign", KEY), Verdict::Unknown);
    assert_eq!(direct(&part, app, "kms:Decrypt", KEY), Verdict::Allow);
}

#[test]
fn files_without_a_key_are_named() {
    for text in [
        format!(r#"{{"Policy": {DELEGATES:?}}}"#),
        r#"{"Grants": []}"#.to_owned(),
        r#"{"Tags": []}"#.to_owned(),
        format!(r#"{{"Keys": [{{"KeyId": "{ID}"}}]}}"#),
    ] {
        let world = World::from_sources([Source::new("x.json", text.as_str())]);
        let gaps = &world.coverage().gaps;
        assert!(gaps.iter().any(|gap| gap.message.contains("say of which key")), "{text}: {gaps:?}");
    }
    let bare = World::from_sources([Source::new(format!("111122223333/eu-west-1/{ID}.json"), DELEGATES)]);
    assert_eq!(bare.key(KEY).unwrap().policy.items().len(), 1);
    let other = World::from_sources([Source::new("x.json", r#"{"Tags": [], "StackName": "s"}"#)]);
    assert!(kinds(&other.coverage().gaps).contains(&GapKind::FormatNotRead));
    let nobody = World::from_sources([Source::new("policy.json", DELEGATES)]);
    assert!(kinds(&nobody.coverage().gaps).contains(&GapKind::FormatNotRead));
}

#[test]
fn a_federated_user_has_the_policies_of_its_user_and_unknown_session_policies() {
    let world = world();
    let text = "arn:aws:sts::111122223333:federated-user/ana";
    let asked = world.ask(text, "kms:Decrypt", KEY, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(asked.principal.unwrap().short(), "user/team/ana");
    assert_eq!(lookup(&asked.request, "aws:userid"), Lookup::One("111122223333:ana"));
    assert_eq!(kinds(&asked.coverage), [GapKind::SessionPolicy]);
    assert_eq!(asked.decide().verdict(), Verdict::Unknown);
}

#[test]
fn roles_are_assumed_by_their_trust_policy() {
    let world = world();
    let role = "arn:aws:iam::111122223333:role/team/app";
    assert_eq!(direct(&world, "111122223333", "sts:AssumeRole", role), Verdict::Allow);
    let other = "arn:aws:iam::111122223333:role/none";
    let asked = world.ask("ana", "sts:AssumeRole", other, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert_eq!(kinds(&asked.coverage), [GapKind::ResourcePolicy]);
}

#[test]
fn keys_that_aws_manages_are_told() {
    let mut sources = key_files(DELEGATES);
    sources[2].text = sources[2].text.replace("\"CUSTOMER\"", "\"AWS\"");
    let world = World::from_sources(sources);
    let asked = world.ask("111122223333", "kms:Decrypt", KEY, Circumstances::direct_call(), Quirks::default()).unwrap();
    assert!(asked.request.is_aws_managed_key());
}
