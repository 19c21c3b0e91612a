//! Small random worlds over a vocabulary in which things often match: each is one case of a case file.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use serde_json::{Map, Value, json};

const CALLERS: &[(u32, &str)] = &[
    (6, "arn:aws:sts::111122223333:assumed-role/App/s1"),
    (1, "arn:aws:sts::111122223333:assumed-role/App/s2"),
    (3, "arn:aws:sts::111122223333:assumed-role/Ops/s1"),
    (1, "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAutoScaling/s1"),
    (2, "arn:aws:iam::111122223333:role/App"),
    (5, "arn:aws:iam::111122223333:user/Ana"),
    (3, "arn:aws:sts::111122223333:federated-user/Ana"),
    (2, "arn:aws:iam::111122223333:root"),
    (3, "arn:aws:sts::444455556666:assumed-role/Part/s1"),
    (2, "arn:aws:iam::444455556666:user/Zoe"),
    (1, "arn:aws:sts::444455556666:federated-user/Zoe"),
    (1, "444455556666"),
    (2, "s3.amazonaws.com"),
    (1, "logs.eu-west-1.amazonaws.com"),
    (1, "arn:aws:iam::111122223333:saml-provider/Corp"),
    (1, CANONICAL),
    (1, "*"),
];
const CANONICAL: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
pub(crate) const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321";
const ALIAS: &str = "arn:aws:kms:eu-west-1:111122223333:alias/app";

/// Action, resource, and the resource's account where the ARN does not say.
const QUESTIONS: &[(u32, &str, &str, &str)] = &[
    (8, "kms:Decrypt", KEY, ""),
    (2, "KMS:encrypt", KEY, ""),
    (2, "kms:GenerateDataKey", KEY, ""),
    (2, "kms:DescribeKey", KEY, ""),
    (2, "kms:ScheduleKeyDeletion", KEY, ""),
    (3, "kms:CreateGrant", KEY, ""),
    (3, "kms:RetireGrant", KEY, ""),
    (1, "kms:RevokeGrant", KEY, ""),
    (1, "kms:PutKeyPolicy", KEY, ""),
    (1, "kms:ListKeys", "*", ""),
    (1, "kms:CreateAlias", ALIAS, ""),
    (3, "s3:GetObject", "arn:aws:s3:::bucket/Ana/file", "111122223333"),
    (1, "s3:GetObject", "arn:aws:s3:::bucket/Ana/file", "444455556666"),
    (1, "s3:GetObject", "arn:aws:s3:::bucket/blue/a:b", ""),
    (1, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:queue", ""),
    (2, "sts:AssumeRole", "arn:aws:iam::111122223333:role/App", ""),
];
const ACTIONS: &[(u32, &str)] = &[
    (6, "*"),
    (5, "kms:*"),
    (3, "kms:Decrypt"),
    (1, "KMS:DECRYPT"),
    (2, "kms:*crypt"),
    (1, "kms:??crypt"),
    (2, "kms:*Grant"),
    (1, "kms:RetireGrant"),
    (1, "kms:GenerateDataKey*"),
    (1, "kms:D*e*"),
    (3, "s3:*"),
    (1, "s3:Get?bject"),
    (1, "sqs:SendMessage"),
    (1, "sts:AssumeRole"),
];
const RESOURCES: &[(u32, &str)] = &[
    (8, "*"),
    (4, KEY),
    (1, OTHER_KEY),
    (1, "arn:aws:kms:*:111122223333:key/*"),
    (1, "arn:aws:kms:*:key/1234*"),
    (1, "arn:aws:kms:eu-west-?:*:key/*ab"),
    (1, "arn:aws:kms:eu*:key/*"),
    (1, "arn:*"),
    (1, "arn:aws:kms*"),
    (1, "arn:aws:kms:eu-west-1:111122223333:*/app"),
    (2, "arn:aws:s3:::bucket/*"),
    (2, "arn:aws:s3:::bucket/${aws:username}/*"),
    (1, "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'Ana'}/*"),
    (1, "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*"),
    (1, "arn:aws:s3:::b?cket/*/a*b"),
    (1, "arn:aws:s3:::bucket/Ana/${*}"),
    (1, "arn:aws:s3:::bucket/blue/a?b"),
    (1, "arn:aws:sqs:*:*:queue"),
    (1, "arn:aws:iam::*:role/*"),
];
const NAMES: &[(u32, &str)] = &[
    (3, "*"),
    (4, "111122223333"),
    (6, "arn:aws:iam::111122223333:root"),
    (3, "arn:aws:iam::111122223333:user/Ana"),
    (5, "arn:aws:iam::111122223333:role/App"),
    (2, "arn:aws:iam::111122223333:role/team/Ops"),
    (3, "arn:aws:sts::111122223333:assumed-role/App/s1"),
    (1, "arn:aws:sts::111122223333:assumed-role/Ops/s1"),
    (2, "arn:aws:sts::111122223333:federated-user/Ana"),
    (1, "AROAEXAMPLEIDEXAMPLE1"),
    (1, "AIDAEXAMPLEIDEXAMPLE1"),
    (3, "arn:aws:iam::444455556666:root"),
    (2, "arn:aws:iam::444455556666:role/Part"),
    (1, "arn:aws:iam::444455556666:user/Zoe"),
    (1, "arn:aws:sts::444455556666:federated-user/Zoe"),
];
const SERVICES: &[(u32, &str)] = &[(2, "s3.amazonaws.com"), (1, "logs.eu-west-1.amazonaws.com")];

/// Condition keys that nothing determines, and values to give them.
pub(crate) const SINGLE: &[(&str, &[&str])] = &[
    ("aws:PrincipalTag/team", &["blue", "Blue", "red", "", "b*e"]),
    ("aws:PrincipalTag/blob", &["QmxvYg==", "AAAA", "b"]),
    ("aws:PrincipalOrgID", &["o-example"]),
    ("aws:userid", &["AROAEXAMPLEIDEXAMPLE1:s1", "AIDAEXAMPLEIDEXAMPLE1"]),
    ("aws:SourceArn", &["arn:aws:s3:::bucket", "arn:aws:sns:eu-west-1:111122223333:topic:a", "no-arn"]),
    ("aws:SourceIp", &["203.0.113.7", "198.51.100.9", "2001:db8::1", "nowhere"]),
    ("aws:CurrentTime", &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2026-01-01T01:00:00+01:00"]),
    ("aws:EpochTime", &["1767225600", "1782820800", "soon"]),
    ("aws:SecureTransport", &["true", "false", "True"]),
    ("aws:MultiFactorAuthPresent", &["true", "false", "yes"]),
    ("s3:max-keys", &["10", "10.0", "100", "-1", "10abc"]),
    ("kms:ViaService", &["s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"]),
    ("kms:EncryptionContext:Dept", &["Finance", "finance"]),
    ("kms:EncryptionContext:Stage", &["prod", "test"]),
    ("kms:RequestAlias", &["alias/app", "alias/aws/s3"]),
    ("kms:ScheduleKeyDeletionPendingWindowInDays", &["7", "30", "30.0"]),
    ("kms:GrantConstraintType", &["EncryptionContextSubset", "EncryptionContextEquals"]),
    ("kms:GrantConstraintSourceArn", &["arn:aws:s3:::bucket"]),
];
pub(crate) const MULTI: &[(&str, &[&str])] = &[
    ("aws:TagKeys", &["team", "Team", "cost", ""]),
    ("aws:PrincipalOrgPaths", &["o-example/r-1/ou-1/", "o-example/r-1/ou-2/"]),
    ("kms:ResourceAliases", &["alias/app", "alias/old", "alias/aws/s3"]),
    ("kms:GrantOperations", &["Decrypt", "Encrypt", "CreateGrant"]),
];
const SOURCES: &[&str] = &[
    "kms:ViaService",
    "aws:CalledVia",
    "kms:EncryptionContext:Dept",
    "kms:EncryptionContext:Stage",
    "aws:CurrentTime",
    "aws:EpochTime",
];
/// Keys that follow from the rest of a request: now and then given all the same, or declared unknown.
pub(crate) const DERIVED: &[(&str, &[&str])] = &[
    ("aws:username", &["Ana", "blue"]),
    ("aws:PrincipalAccount", &["111122223333", "444455556666"]),
    ("aws:PrincipalType", &["User", "AssumedRole"]),
    ("aws:PrincipalArn", &[]),
    ("aws:PrincipalIsAWSService", &["true", "false"]),
    ("aws:ViaAWSService", &["true", "false"]),
    ("aws:ResourceAccount", &["111122223333", "444455556666"]),
    ("aws:RequestedRegion", &["eu-west-1", "us-east-1"]),
    ("aws:CalledViaFirst", &["s3.amazonaws.com"]),
    ("kms:CallerAccount", &["111122223333", "444455556666"]),
    ("kms:GrantIsForAWSResource", &["true", "false"]),
];
pub(crate) const DERIVED_MULTI: &[(&str, &[&str])] = &[
    ("kms:EncryptionContextKeys", &["Dept", "dept", "Stage"]),
    ("aws:CalledVia", &["s3.amazonaws.com", "cloudformation.amazonaws.com"]),
];
const TEXTS: &[&str] = &[
    "*",
    "?*",
    "b*",
    "?lue",
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'blue'}",
    "b${*}e",
    "${aws:TagKeys}",
    "s3.*.amazonaws.com",
    "alias/*",
    "*/ou-1/*",
    "111122223333",
    "arn:aws:iam::111122223333:role/*",
    "",
];
const ARNS: &[&str] = &[
    "arn:aws:iam::111122223333:role/App",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::*:*",
    "arn:aws:s3:::bucket",
    "arn:*:s3:::b?cket",
    "arn:aws:sns:*:111122223333:topic*",
    "arn:aws:sns:*:topic:a",
    "arn:aws:iam::111122223333:user/${aws:username}",
    "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:PrincipalTag/team, 'Ana'}",
    "arn:aws:*",
    "*",
];

pub(crate) type Text = &'static str;

fn pick(list: &'static [(u32, Text)]) -> impl Strategy<Value = Text> + Clone {
    let all: Vec<Text> = list.iter().flat_map(|(weight, text)| std::iter::repeat_n(*text, *weight as usize)).collect();
    select(all)
}

/// One text, or a list of texts.
fn texts(one: impl Strategy<Value = Text> + Clone + 'static) -> BoxedStrategy<Value> {
    prop_oneof![3 => one.clone().prop_map(|text| json!(text)), 2 => vec(one, 1..4).prop_map(|texts| json!(texts))]
        .boxed()
}

/// A row of a Condition block: operator, key, values.
fn row() -> BoxedStrategy<(String, String, Value)> {
    let keys = |list: &'static [(Text, &'static [Text])]| select(list);
    let any_key = prop_oneof![
        6 => keys(SINGLE),
        4 => keys(MULTI),
        3 => keys(DERIVED),
        2 => keys(DERIVED_MULTI),
    ];
    let with_values = any_key.clone().prop_flat_map(|(key, values)| {
        let texts = vec(prop_oneof![5 => select([values, &["blue"]].concat()), 2 => select(TEXTS)], 1..4);
        (Just(key), texts.prop_map(|texts| json!(texts)))
    });
    let named = |names: &'static [Text], values: &'static [Text]| {
        (select(names), vec(select(values), 1..3).prop_map(|texts| json!(texts)))
    };
    let operator = |names: &'static [Text]| {
        (select(names), select(&["", "", "", "ForAllValues:", "ForAnyValue:"][..]), select(&["", "", "IfExists"][..]))
            .prop_map(|(name, quantifier, suffix)| format!("{quantifier}{name}{suffix}"))
    };
    let comparisons: &'static [Text] =
        &["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"];
    let compared = move |family: Text| {
        (select(comparisons), operator(&["@"]))
            .prop_map(move |(name, shape)| shape.replace('@', &format!("{family}{name}")))
    };
    prop_oneof![
        8 => (
            operator(&["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"]),
            with_values
        ).prop_map(|(operator, (key, values))| (operator, key, values)),
        2 => (operator(&["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"]), named(&["aws:PrincipalArn", "aws:SourceArn"], ARNS))
            .prop_map(|(operator, (key, values))| (operator, key, values)),
        1 => (compared("Numeric"), named(&["s3:max-keys", "kms:ScheduleKeyDeletionPendingWindowInDays"], &["10", "10.00", "7", "30", "99.5", "-1"]))
            .prop_map(|(operator, (key, values))| (operator, key, values)),
        1 => (compared("Date"), named(&["aws:CurrentTime", "aws:EpochTime"], &["2026-01-01", "2026-01-01T00:00:00Z", "1767225600", "2026-03-01T10:00Z", "2026-06-30T13:00:00.5+01:00"]))
            .prop_map(|(operator, (key, values))| (operator, key, values)),
        2 => (operator(&["Bool"]), named(
            &["aws:SecureTransport", "aws:ViaAWSService", "aws:PrincipalIsAWSService", "kms:GrantIsForAWSResource", "aws:MultiFactorAuthPresent"],
            &["true", "false", "true", "false", "${aws:SecureTransport}"]
        )).prop_map(|(operator, (key, values))| (operator, key, values)),
        1 => (operator(&["IpAddress", "NotIpAddress"]), named(&["aws:SourceIp"], &["203.0.113.0/24", "198.51.100.9", "2001:db8::/32", "0.0.0.0/0"]))
            .prop_map(|(operator, (key, values))| (operator, key, values)),
        1 => (operator(&["BinaryEquals"]), named(&["aws:PrincipalTag/blob"], &["QmxvYg==", "AAAA"]))
            .prop_map(|(operator, (key, values))| (operator, key, values)),
        2 => (any_key, select(&["true", "false"][..])).prop_map(|((key, _), absent)| ("Null".to_owned(), key, json!(absent))),
    ]
    .prop_flat_map(|(operator, key, values)| {
        (Just(operator), select(vec![key.to_owned(), key.to_owned(), key.to_uppercase(), key.to_lowercase()]), Just(values))
    })
    .boxed()
}

fn conditions() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![1 => Just(Vec::new()), 1 => vec(row(), 1..3)].prop_map(|rows| {
        let mut block = Map::new();
        for (operator, key, values) in rows {
            let keys = block.entry(operator).or_insert_with(|| json!({})).as_object_mut().unwrap();
            if !keys.keys().any(|known| known.eq_ignore_ascii_case(&key)) {
                keys.insert(key, values);
            }
        }
        if block.is_empty() { None } else { Some(Value::Object(block)) }
    })
}

fn principals() -> BoxedStrategy<Value> {
    prop_oneof![
        2 => Just(json!("*")),
        6 => pick(NAMES).prop_map(|name| json!({"AWS": name})),
        4 => vec(pick(NAMES), 1..5).prop_map(|names| json!({"AWS": names})),
        1 => pick(SERVICES).prop_map(|name| json!({"Service": name})),
        1 => (pick(NAMES), pick(SERVICES)).prop_map(|(name, service)| json!({"AWS": [name], "Service": service})),
        1 => Just(json!({"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"})),
        1 => Just(json!({"CanonicalUser": CANONICAL})),
    ]
    .boxed()
}

/// What may name principals, and how.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Names {
    Nobody,
    Everybody,
    Anybody,
}

pub(crate) fn statement(names: Names, effects: &'static [Text]) -> BoxedStrategy<Value> {
    let named = match names {
        Names::Nobody => Just(Value::Null).boxed(),
        Names::Everybody => Just(json!("*")).boxed(),
        Names::Anybody => principals(),
    };
    let shape = (select(effects), 0..8u8, 0..8u8, 0..8u8);
    (shape, named, texts(pick(ACTIONS)), texts(pick(RESOURCES)), conditions(), vec(pick(NAMES), 1..4))
        .prop_map(move |((effect, p, a, r), principal, actions, resources, conditions, spared)| {
            let mut statement = json!({"Effect": effect});
            if names == Names::Anybody && effect == "Deny" && p == 0 {
                let mut listed = spared;
                listed.extend(["111122223333", "arn:aws:iam::111122223333:role/App"]);
                statement["NotPrincipal"] = json!({"AWS": listed});
            } else if names != Names::Nobody {
                statement["Principal"] = principal;
            }
            statement[if a == 0 { "NotAction" } else { "Action" }] = actions;
            statement[if r == 0 { "NotResource" } else { "Resource" }] =
                if names == Names::Anybody && r < 6 { json!("*") } else { resources };
            if let Some(conditions) = conditions {
                statement["Condition"] = conditions;
            }
            statement
        })
        .boxed()
}

pub(crate) fn document(names: Names, effects: &'static [Text]) -> BoxedStrategy<Value> {
    let version = select(&["2012-10-17", "2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", ""][..]);
    let free = (version, vec(statement(names, effects), 1..4)).prop_map(|(version, mut statements)| {
        for (index, statement) in statements.iter_mut().enumerate() {
            statement["Sid"] = json!(format!("S{index}"));
        }
        let mut document = json!({"Statement": statements});
        if version == "2012-10-17" {
            document["Version"] = json!(version);
            return document;
        }
        let older = document.to_string().replace("${aws:SecureTransport}", "true");
        document = serde_json::from_str(&older).unwrap();
        if !version.is_empty() {
            document["Version"] = json!(version);
        }
        document
    });
    if effects.contains(&"Allow") { prop_oneof![1 => free, 1 => Just(everything(names))].boxed() } else { free.boxed() }
}

/// A document that allows everything; to principals, the account of the key and the one outside.
pub(crate) fn everything(names: Names) -> Value {
    let mut statement = json!({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"});
    match names {
        Names::Nobody => {}
        Names::Everybody => statement["Principal"] = json!("*"),
        Names::Anybody => statement["Principal"] = json!({"AWS": ["111122223333", "444455556666"]}),
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

pub(crate) const MIXED: &[Text] = &["Allow", "Allow", "Allow", "Deny"];
const DENY: &[Text] = &["Deny"];

fn documents(names: Names, effects: &'static [Text], most: usize) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(json!([])), 15 => vec(document(names, effects), 1..=most).prop_map(|all| json!(all))].boxed()
}

fn levels(names: Names, effects: &'static [Text]) -> BoxedStrategy<Value> {
    let some = vec(documents(names, effects, 2), 1..3).prop_map(|levels| json!(levels));
    prop_oneof![1 => Just(json!([])), 9 => some].boxed()
}

pub(crate) fn grant() -> BoxedStrategy<Value> {
    let context = select(vec![
        json!({}),
        json!({"EncryptionContextEquals": {"Dept": "Finance"}}),
        json!({"EncryptionContextSubset": {"dept": "Finance"}}),
        json!({"EncryptionContextSubset": {"Dept": "Finance", "Stage": "prod"}}),
        json!({"EncryptionContextEquals": {"Dept": "Finance", "Stage": "prod"}}),
        json!({"SourceArn": "arn:aws:s3:::bucket"}),
        json!({"EncryptionContextSubset": {"Stage": "prod"}, "SourceArn": "arn:aws:s3:::bucket"}),
    ]);
    let names = || {
        let people: Vec<Text> = NAMES.iter().map(|(_, name)| *name).filter(|n| n.starts_with("arn")).collect();
        select(people)
    };
    let operations = vec(
        select(&["Decrypt", "Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey", "CreateGrant", "RetireGrant"][..]),
        1..5,
    );
    let key = select(&[KEY, KEY, KEY, OTHER_KEY][..]);
    let issuer = select(&["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"][..]);
    (key, issuer, names(), weighted(0.4, names()), operations, prop_oneof![1 => Just(json!({})), 1 => context], 0..8u8)
        .prop_map(|(key, issuer, grantee, retiring, mut operations, constraints, service)| {
            operations.sort_unstable();
            operations.dedup();
            let mut grant =
                json!({"GrantId": "g1", "KeyId": key, "IssuingAccount": issuer, "GranteePrincipal": grantee, "Operations": operations});
            if service == 0 {
                grant["GranteePrincipal"] = json!("s3.amazonaws.com");
            }
            if let Some(retiring) = retiring {
                grant["RetiringPrincipal"] = json!(retiring);
            }
            if constraints != json!({}) {
                grant["Constraints"] = constraints;
            }
            grant
        })
        .boxed()
}

/// The whole context and the keys that are not known. `unknown` is how many in a hundred are not.
fn context(unknown: u32) -> BoxedStrategy<(Map<String, Value>, Vec<Text>)> {
    let mut keys = Vec::new();
    for (list, multi, given) in [(SINGLE, false, 35), (MULTI, true, 35), (DERIVED, false, 3), (DERIVED_MULTI, true, 6)]
    {
        for &(key, values) in list {
            let one = if values.is_empty() {
                Just(Value::Null).boxed()
            } else {
                select(values).prop_map(|v| json!(v)).boxed()
            };
            let many = if values.is_empty() {
                Just(Value::Null).boxed()
            } else {
                vec(select(values), 0..4).prop_map(|values| json!(values)).boxed()
            };
            let (usual, odd) = if multi { (many, one) } else { (one, many) };
            let mostly = match key {
                "kms:GrantOperations" => 70,
                _ => given,
            };
            let odd_weight = u32::from(!SOURCES.contains(&key));
            let unknown = unknown.min(100 - mostly);
            let mut states = vec![
                (100 - mostly - unknown, Just((key, None)).boxed()),
                (mostly, prop_oneof![15 => usual, odd_weight => odd].prop_map(move |value| (key, Some(value))).boxed()),
                (unknown, Just((key, Some(Value::Null))).boxed()),
            ];
            states.retain(|(weight, _)| *weight > 0);
            keys.push(Union::new_weighted(states));
        }
    }
    keys.prop_map(|states| {
        let (mut given, mut unknown) = (Map::new(), Vec::new());
        for (key, state) in states {
            match state {
                None => {}
                Some(Value::Null) => unknown.push(key),
                Some(value) => {
                    given.insert(key.to_owned(), value);
                }
            }
        }
        (given, unknown)
    })
    .boxed()
}

/// A world: `{"request": ..., "policies": ...}`, with unknown keys or without.
pub(crate) fn world(unknown: bool) -> BoxedStrategy<Value> {
    let questions: Vec<_> =
        QUESTIONS.iter().flat_map(|&(weight, a, r, o)| std::iter::repeat_n((a, r, o), weight as usize)).collect();
    let some = |probability: f64, layer: BoxedStrategy<Value>| weighted(probability, layer);
    let request = (
        pick(CALLERS),
        select(questions),
        context(if unknown { 45 } else { 0 }),
        if unknown { 0..6u8 } else { 1..2u8 },
    );
    let layers = (
        some(0.9, prop_oneof![3 => document(Names::Anybody, MIXED), 1 => vec(document(Names::Anybody, MIXED), 2).prop_map(|both| json!(both))].boxed()),
        some(0.8, documents(Names::Nobody, MIXED, 3)),
        some(0.3, documents(Names::Nobody, MIXED, 1)),
        some(0.3, documents(Names::Nobody, MIXED, 2)),
        some(0.3, levels(Names::Nobody, MIXED)),
        some(0.2, levels(Names::Everybody, DENY)),
        some(0.2, documents(Names::Anybody, MIXED, 1)),
        some(0.5, vec(grant(), 0..4).prop_map(|grants| json!(grants)).boxed()),
    );
    (request, layers)
        .prop_map(|((principal, (action, resource, owner), (context, unknown), star), layers)| {
            let (resource_policy, identity, boundary, session, scps, rcps, endpoint, grants) = layers;
            let mut request =
                json!({"principal": principal, "action": action, "resource": resource, "context": context});
            if !owner.is_empty() {
                request["resource_account"] = json!(owner);
            }
            if star == 0 {
                request["unknown"] = json!("*");
            } else if !unknown.is_empty() {
                request["unknown"] = json!(unknown);
            }
            if principal.ends_with("assumed-role/Ops/s1") && star % 2 == 0 {
                request["context"]["aws:PrincipalArn"] = json!("arn:aws:iam::111122223333:role/team/Ops");
                if let Some(unknown) = request["unknown"].as_array_mut() {
                    unknown.retain(|key| key != "aws:PrincipalArn");
                }
            }
            keep_coherent(request.as_object_mut().unwrap());
            let session_like = principal.contains("assumed-role")
                || principal.contains(":role/")
                || principal.contains("federated-user");
            let person = session_like || principal.contains(":user/");
            let on_key = resource == KEY;
            let mut policies = json!({});
            let mut put = |name: &str, layer: Option<Value>, applies: bool| {
                if let Some(layer) = layer.filter(|_| applies) {
                    policies[name] = layer;
                }
            };
            put("resource", resource_policy, on_key || !action.starts_with("kms:"));
            put("identity", identity, person || principal.ends_with(":root"));
            put("boundary", boundary, person);
            put("session", session, session_like);
            put("scps", scps, true);
            put("rcps", rcps, resource != "*" && resource != ALIAS);
            put("endpoint", endpoint, true);
            put("grants", grants, on_key);
            json!({"name": "a random world", "request": request, "policies": policies})
        })
        .boxed()
}

/// Leaves out what cannot stand together in one request.
pub(crate) fn keep_coherent(request: &mut Map<String, Value>) {
    let principal = request["principal"].as_str().unwrap().to_owned();
    let context = request["context"].as_object_mut().unwrap();
    let id = context.get("aws:userid").and_then(Value::as_str).unwrap_or_default();
    let (user, role) = (principal.contains(":user/"), principal.contains("role/"));
    if !(user && id.starts_with("AIDA") || role && id.starts_with("AROA")) {
        context.remove("aws:userid");
    }
    if context.contains_key("aws:PrincipalArn") && !principal.ends_with("assumed-role/Ops/s1") {
        context.remove("aws:PrincipalArn");
    }
    // A service that stands between is an AWS service: no request says otherwise.
    if context.contains_key("kms:ViaService") && context.get("aws:ViaAWSService") == Some(&Value::from("false")) {
        context.remove("aws:ViaAWSService");
    }
}
