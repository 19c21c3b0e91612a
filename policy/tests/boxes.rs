//! Questions about many requests, held against `decide` on every combination of classes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test says what is wrong by panicking"
)]
#![allow(dead_code, reason = "the generator of worlds is shared with the twin")]

#[path = "twin/case.rs"]
mod case;
#[path = "twin/completion.rs"]
mod completion;
#[path = "twin/world.rs"]
mod world;

use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use wardbook_policy::boxes::{
    Answer, Change, Condition, Doubt, Setting, StatementVerdict, access, compare, representatives, residual, review,
};
use wardbook_policy::caller::CallerKind;
use wardbook_policy::context::Lookup;
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::key::Key;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use world::{DERIVED, DERIVED_MULTI, MIXED, MULTI, Names, document};

fn setting() -> Setting<'static> {
    Setting { resource: Some(world::KEY), account: Some("111122223333"), ..Setting::of(PolicyKind::Key) }
}

/// Whether the key policy lets the request in: through the caller's own IAM, by itself within a boundary, by itself.
fn lets_in(request: &Request, policies: &[Policy]) -> [bool; 3] {
    let everything = case::policy(&world::everything(Names::Nobody), PolicyKind::Identity);
    let everything = [everything];
    let resource = Told::Known(policies);
    let session = match request.caller().text().contains(":federated-user/") {
        true => Told::Known(&everything[..]),
        false => Told::Absent,
    };
    let own = Layers { resource, identity: Told::Known(&everything), session, ..Layers::default() };
    let within = Layers { resource, session, ..Layers::default() };
    let alone = Layers { resource, boundary: Told::Known(&[]), session: Told::Known(&[]), ..Layers::default() };
    [own, within, alone].map(|layers| decide(request, &layers, Quirks::default()).verdict() == Verdict::Allow)
}

/// Requests on the key, of all kinds.
fn requests() -> &'static [Request] {
    static REQUESTS: OnceLock<Vec<Request>> = OnceLock::new();
    REQUESTS.get_or_init(|| {
        let mut runner = TestRunner::deterministic();
        let worlds = world::world(false);
        let mut found = Vec::new();
        while found.len() < 200 {
            let mut world = worlds.new_tree(&mut runner).unwrap().current();
            let context = world["request"]["context"].as_object_mut().unwrap();
            // What follows from the rest is not told otherwise.
            context.retain(|key, _| !DERIVED.iter().chain(DERIVED_MULTI).any(|(derived, _)| derived == key));
            context.entry("aws:SecureTransport").or_insert(json!("true"));
            // An address is an address, a date a date.
            context.retain(|_, value| !["nowhere", "soon", "10abc", "yes", "no-arn"].iter().any(|text| value == text));
            // A key that holds a list holds one always.
            context.retain(|key, value| value.is_array() == MULTI.iter().any(|(multi, _)| multi == key));
            let action = world["request"]["action"].as_str().unwrap().to_owned();
            let context = world["request"]["context"].as_object_mut().unwrap();
            context.retain(|key, _| wardbook_policy::catalogue::carries(&action, key));
            if world["request"]["resource"] == world::KEY {
                let request = case::Case::read(&world, Quirks::default()).request;
                // Whose ARN nobody knows gets no answer where a policy asks for it.
                let arn = wardbook_policy::key::Key::new("aws:PrincipalArn");
                // A key with a policy to be compared is nobody else's.
                if possible(&request)
                    && !request.is_aws_managed_key()
                    && request.context().lookup(&arn) != Lookup::Unknown
                {
                    found.push(request);
                }
            }
        }
        found
    })
}

fn key_policy(document: &Value) -> [Policy; 1] {
    [case::policy(document, PolicyKind::Key)]
}

fn agree(world: &Value) {
    let quirks = Quirks::default();
    let case = case::Case::read(world, quirks);
    let layers = case.layers();
    for one in &representatives(&case.request, &layers, quirks, 3_000).unwrap() {
        let decided = decide(&one.request, &layers, quirks).verdict();
        if let Some(allowed) = one.allowed {
            let given = one.request.context().given();
            assert_eq!(decided == Verdict::Allow, allowed, "decide: {}\n{given:?}\n{world:#}", decided.name());
        }
    }
}

/// Worlds that were once found at random, and of which the boxes gave a request that lies in another class.
#[test]
fn worlds_in_which_unknown_keys_are_compared_agree() {
    for world in [
        include_str!("../../testdata/boxes/list-valued-key-in-a-row-of-two-unknowns.json"),
        include_str!("../../testdata/boxes/two-rows-on-one-key-one-with-a-variable.json"),
    ] {
        agree(&serde_json::from_str(world).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every combination of classes has one request here, and `decide` says of it what the boxes say.
    #[test]
    fn boxes_and_decide_agree_on_the_small_model(world in world::world(true)) {
        agree(&world);
    }

    /// However the unknown keys turn out, the request is allowed just where one of the alternatives holds.
    #[test]
    fn residuals_hold_for_requests_drawn_at_random(world in world::world(true), seed: u64) {
        let quirks = Quirks::default();
        let case = case::Case::read(&world, quirks);
        let layers = case.layers();
        let left = residual(&case.request, &layers, quirks);
        if left.doubts.is_empty() {
            for completed in completions(&world, &case.request, seed).take(12) {
                let request = case::Case::read(&completed, quirks).request;
                if possible(&request) {
                    let allowed = decide(&request, &layers, quirks).verdict() == Verdict::Allow;
                    let told = left.alternatives.iter().any(|alternative| holds(&alternative.conditions, &request));
                    prop_assert_eq!(allowed, told, "{}\n{:#}\n{:#}", left, completed["request"], world);
                }
            }
        }
    }

    /// What a residual says in words is what it says in requests.
    #[test]
    fn every_residual_has_witnesses(world in world::world(true)) {
        let quirks = Quirks::default();
        let case = case::Case::read(&world, quirks);
        let layers = case.layers();
        let left = residual(&case.request, &layers, quirks);
        prop_assert!(!left.doubts.contains(&Doubt::Contradiction), "{left}\n{world:#}");
        for alternative in &left.alternatives {
            prop_assert_eq!(decide(&alternative.witness, &layers, quirks).verdict(), Verdict::Allow);
        }
        let none = left.alternatives.is_empty();
        prop_assert_eq!(none && left.doubts.is_empty(), left.answer == Answer::Never);
    }
}

/// A key policy is for a key of one's own, which has no alias of AWS's; a policy of somebody is about any key.
#[test]
fn an_alias_of_aws_opens_a_key_to_policies_of_somebody_alone() {
    for (kind, alias, change) in [
        (PolicyKind::Key, "alias/app", Change::Wider),
        (PolicyKind::Key, "alias/aws/s3", Change::Equal),
        (PolicyKind::Identity, "alias/app", Change::Wider),
        (PolicyKind::Identity, "alias/aws/s3", Change::Wider),
    ] {
        let policy = |action: &str| {
            let mut statement = json!({"Effect": "Allow", action: "kms:*", "Resource": "*",
                "Condition": {"StringLike": {"kms:RequestAlias": [alias]}}});
            if kind == PolicyKind::Key {
                statement["Principal"] = json!("*");
            }
            [case::policy(&json!({"Version": "2012-10-17", "Statement": [statement]}), kind)]
        };
        let (before, after) = (policy("NotAction"), policy("Action"));
        let comparison = compare(&before, &after, &Setting { kind, ..setting() });
        assert_eq!(comparison.change, Some(change), "{kind:?} {alias}: {comparison:?}");
    }
}

/// What is taken for granted of a resource without an account is taken so by the witness, too.
#[test]
fn the_account_of_a_resource_is_the_same_for_question_and_witness() {
    let policy = |statement: Value| {
        [case::policy(&json!({"Version": "2012-10-17", "Statement": [statement]}), PolicyKind::Identity)]
    };
    let old = policy(json!({"Effect": "Allow", "Action": "*", "NotResource": world::KEY,
        "Condition": {"StringEqualsIgnoreCaseIfExists": {"aws:ResourceAccount": ["444455556666"]}}}));
    let new = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let comparison = compare(&old, &new, &Setting::of(PolicyKind::Identity));
    assert_eq!((comparison.change, comparison.doubts.len()), (Some(Change::Wider), 0), "{comparison:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    /// No request that one policy lets in and the other does not is missed.
    #[test]
    fn a_comparison_misses_no_request(old in document(Names::Anybody, MIXED), new in document(Names::Anybody, MIXED)) {
        let (before, after) = (key_policy(&old), key_policy(&new));
        let comparison = compare(&before, &after, &setting());
        prop_assert!(!comparison.doubts.contains(&Doubt::Contradiction), "{old:#}\n{new:#}");
        if comparison.doubts.is_empty() {
            let (gains, losses) = (!comparison.gained.is_empty(), !comparison.lost.is_empty());
            let change = match (gains, losses) {
                (false, false) => Change::Equal,
                (true, false) => Change::Wider,
                (false, true) => Change::Narrower,
                (true, true) => Change::Incomparable,
            };
            prop_assert_eq!(comparison.change, Some(change));
            for request in requests() {
                let (then, now) = (lets_in(request, &before), lets_in(request, &after));
                for (then, now) in then.into_iter().zip(now) {
                    prop_assert!(gains || !now || then, "gained {request:?}\n{old:#}\n{new:#}");
                    prop_assert!(losses || !then || now, "lost {request:?}\n{old:#}\n{new:#}");
                }
            }
        }
        for (differences, more, less) in [(&comparison.gained, &after, &before), (&comparison.lost, &before, &after)] {
            for difference in differences {
                let (more, less) = (lets_in(&difference.witness, more), lets_in(&difference.witness, less));
                prop_assert!(more.into_iter().zip(less).any(|(more, less)| more && !less));
                prop_assert!(difference.cause.is_some());
            }
        }
    }

    /// Policies of somebody are compared to the end as well.
    #[test]
    fn identity_policies_are_told_apart_by_requests(
        old in document(Names::Nobody, MIXED),
        new in document(Names::Nobody, MIXED),
    ) {
        let (before, after) = ([case::policy(&old, PolicyKind::Identity)], [case::policy(&new, PolicyKind::Identity)]);
        let comparison = compare(&before, &after, &Setting::of(PolicyKind::Identity));
        prop_assert!(!comparison.doubts.contains(&Doubt::Contradiction), "{old:#}\n{new:#}");
        let allows = |request: &Request, policies: &[Policy]| {
            let delegating = [case::policy(&delegating(request), PolicyKind::Resource)];
            // A key and a role have a policy of their own that has to agree.
            let owned =
                request.resource().contains(":key/") || request.action().to_lowercase().starts_with("sts:assumerole");
            let resource = if owned { Told::Known(&delegating[..]) } else { Told::Absent };
            let layers = Layers { identity: Told::Known(policies), resource, ..Layers::default() };
            decide(request, &layers, Quirks::default()).verdict() == Verdict::Allow
        };
        for (differences, more, less) in [(&comparison.gained, &after, &before), (&comparison.lost, &before, &after)] {
            for difference in differences {
                let witness = &difference.witness;
                prop_assert!(allows(witness, more) && !allows(witness, less), "{witness:?}\n{old:#}\n{new:#}");
            }
        }
    }

    /// Order and repetition mean nothing.
    #[test]
    fn a_policy_equals_itself_in_another_order(old in document(Names::Anybody, MIXED)) {
        let mut new = old.clone();
        if let Some(statements) = new["Statement"].as_array_mut() {
            statements.reverse();
            statements.extend(statements.first().cloned());
        }
        let comparison_of = (key_policy(&old), key_policy(&new));
        let comparison = compare(&comparison_of.0, &comparison_of.1, &setting());
        prop_assert!(comparison.gained.is_empty() && comparison.lost.is_empty(), "{old:#}");
        prop_assert!(comparison.change == Some(Change::Equal) || !comparison.doubts.is_empty());
    }

    /// Whoever is let in is on the list, and whoever is on the list is let in.
    #[test]
    fn access_lists_those_who_get_in(document in document(Names::Anybody, MIXED)) {
        let policy = key_policy(&document);
        let (rows, doubts) = access(&policy, &setting());
        for row in &rows {
            prop_assert!(lets_in(&row.witness, &policy).contains(&true), "{:?}\n{document:#}", row);
        }
        if rows.is_empty() && doubts.is_empty() {
            for request in requests() {
                prop_assert_eq!(lets_in(request, &policy), [false; 3], "{:?}\n{:#}", request, document);
            }
        }
    }

    /// A statement that is said to do nothing can go.
    #[test]
    fn statements_said_to_do_nothing_can_go(document in document(Names::Anybody, MIXED)) {
        let policy = key_policy(&document);
        let (reviews, doubts) = review(&policy, &setting());
        let mut less = document.clone();
        let Some(statements) = less["Statement"].as_array_mut() else { return Ok(()) };
        for review in reviews.iter().rev().filter(|review| !matches!(review.verdict, StatementVerdict::Vacuous { .. })) {
            statements.remove(review.statement);
        }
        if doubts.is_empty() && !statements.is_empty() {
            let less = key_policy(&less);
            let comparison = compare(&policy, &less, &setting());
            prop_assert_eq!(comparison.change, Some(Change::Equal), "{:?}\n{:#}", reviews, document);
        }
    }
}

/// A key policy that leaves everything to the IAM of the caller's account.
fn delegating(request: &Request) -> Value {
    let account = request.caller().account().unwrap_or("111122223333");
    json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"}})
}

/// Whether the request meets the conditions: as an identity policy of them would say.
fn holds(conditions: &[Condition], request: &Request) -> bool {
    let mut block: Map<String, Value> = Map::new();
    let mut rest: Vec<Condition> = Vec::new();
    for condition in conditions {
        if let Some(operator) = condition.operator.strip_prefix("not ") {
            if holds(&[Condition { operator: operator.into(), ..condition.clone() }], request) {
                return false;
            }
            continue;
        }
        let keys = block.entry(&*condition.operator).or_insert_with(|| json!({})).as_object_mut().unwrap();
        if keys.keys().any(|key| key.eq_ignore_ascii_case(&condition.key)) {
            rest.push(condition.clone());
        } else {
            keys.insert(condition.key.to_string(), json!(condition.values));
        }
    }
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": block}});
    let policies = [case::policy(&document, PolicyKind::Scp)];
    let levels = [policies.to_vec()];
    let open = [case::policy(&world::everything(Names::Everybody), PolicyKind::Resource)];
    // Whatever the request asks, these conditions alone decide about another one with the same context.
    let probe = wardbook_policy::request::Request::builder(
        "arn:aws:iam::111122223333:user/probe",
        "s3:GetObject",
        "arn:aws:s3:::b",
    );
    let mut probe = probe.resource_account("111122223333");
    for (key, values) in request.context().given() {
        probe = probe.with(key.name(), values.clone());
    }
    for key in [
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalType",
        "aws:username",
        "aws:ViaAWSService",
        "aws:PrincipalIsAWSService",
        "aws:ResourceAccount",
        "aws:RequestedRegion",
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:SourceIp",
        "kms:CallerAccount",
        "kms:EncryptionContextKeys",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "kms:GrantIsForAWSResource",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:userid",
    ] {
        if !request.context().given().iter().any(|(given, _)| given.lower() == key.to_lowercase()) {
            probe = probe.absent(key);
        }
    }
    let layers = Layers { scps: Told::Known(&levels), resource: Told::Known(&open), ..Layers::default() };
    decide(&probe.build().unwrap(), &layers, Quirks::default()).verdict() == Verdict::Allow
        && (rest.is_empty() || holds(&rest, request))
}

/// The same world with every unknown key given a value or left out, in endless variety.
fn completions(world: &Value, asked: &Request, seed: u64) -> impl Iterator<Item = Value> {
    let is_unknown = |key: &&'static str| asked.context().lookup(&Key::new(key)) == Lookup::Unknown;
    let unknown: Vec<&'static str> = completion::keys().filter(is_unknown).collect();
    let derived: Vec<&str> = DERIVED.iter().chain(DERIVED_MULTI).map(|(key, _)| *key).collect();
    let mut dice = seed;
    std::iter::repeat_with(move || {
        let mut world = world.clone();
        let request = world["request"].as_object_mut().unwrap();
        request.remove("unknown");
        let context = request["context"].as_object_mut().unwrap();
        // What follows from the rest is left to follow.
        for key in unknown.iter().filter(|key| !derived.contains(key)) {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let values = completion::completions(key);
            // An address is an address, a date a date.
            let nonsense =
                |value: &Value| ["nowhere", "soon", "10abc", "yes", "no-arn", ""].iter().any(|text| value == text);
            if let Some(value) = values[(dice >> 33) as usize % values.len()].as_ref().filter(|value| !nonsense(value))
            {
                context.insert((*key).to_owned(), value.clone());
            }
        }
        world::keep_coherent(request);
        world
    })
}

/// Whether the request can be one of a client of AWS: the vocabulary of the worlds knows no such limits.
fn possible(request: &Request) -> bool {
    let text = |name: &str| request.context().text(name);
    let has = |name: &str| request.context().given().iter().any(|(key, _)| key.lower() == name.to_lowercase());
    let via = has("kms:ViaService");
    let network = ["aws:SourceVpc", "aws:SourceVpce"].into_iter().any(has);
    let address = text("aws:SourceIp").map(|ip| ip.parse::<core::net::IpAddr>().is_ok());
    let signed = text("aws:SecureTransport").is_some_and(|told| ["true", "false"].contains(&told))
        && text("aws:ViaAWSService").is_some_and(|told| ["true", "false"].contains(&told));
    let organization = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"].into_iter().any(has);
    let tagged = request.context().given().iter().any(|(key, _)| key.lower().starts_with("aws:principaltag/"));
    let account = request.caller().account().is_some() && !request.caller().text().contains("-provider/");
    let service = request.caller().kind() == CallerKind::Service;
    // Where the path of such a role is said to be unknown, its name does not make it service-linked.
    let by_name_alone = request.caller().text().contains("assumed-role/AWSServiceRoleFor");
    signed
        && !by_name_alone
        && text("aws:CurrentTime") == text("aws:EpochTime")
        && !(service && via)
        && (account || !organization && !tagged)
        && !(via && text("aws:ViaAWSService") != Some("true"))
        && !(has("aws:CalledVia") && text("aws:ViaAWSService") != Some("true"))
        && (!via || address == Some(false))
        && (via || address != Some(false))
        && !(network && (via || address == Some(true)))
}

/// Boxes ask `decide`, never the other way round.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads the sources, which the crate never does")]
fn nothing_below_boxes_knows_of_them() {
    fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { sources(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    for path in found {
        let above = ["boxes", "lint"].iter().any(|room| path.to_string_lossy().contains(&format!("src/{room}")));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(above || !text.contains("crate::boxes::"), "{} uses boxes", path.display());
    }
}
