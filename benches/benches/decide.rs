//! One decision on the reference case: a key policy of five statements, an identity policy of ten.
//!
//! Every engine holds parsed policies and the same finished request before the clock starts: the
//! condition keys that wardbook derives are given to the peers, spelled as the policies spell them.
//! Each engine's answer is asserted first.
//!
//! What the peers cannot say: neither knows that an account statement in a key policy delegates to
//! IAM and grants nobody. iam-rs takes one flat list of statements and has no accounts, so the two
//! policies stand in it one after the other. awsim-iam-policy takes them as what they are, and
//! reads the account statement as a grant to all of the account; where that changes its answer the
//! table below says so. Both are compared on users, since neither sees the role behind a session.

use std::collections::HashMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wardbook_benches::{ACCOUNT, IDENTITY_POLICY, KEY, KEY_POLICY, policy};
use wardbook_policy::context::Values;
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::explain::explain;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

struct Case {
    name: &'static str,
    principal: &'static str,
    action: &'static str,
    context: &'static [(&'static str, &'static str)],
    wardbook: Verdict,
    iam_rs: iam_rs::Decision,
    awsim: awsim_iam_policy::Decision,
}

const USER: &str = "arn:aws:iam::111122223333:user/report";
const STRANGER: &str = "arn:aws:iam::444455556666:user/report";
const OBJECT: (&str, &str) = ("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::reports/2026/11/summary.csv");
const STAGE: &str = "kms:EncryptionContext:Stage";
const S3: (&str, &str) = ("kms:ViaService", "s3.eu-west-1.amazonaws.com");
const EBS: (&str, &str) = ("kms:ViaService", "ec2.eu-west-1.amazonaws.com");
const VOLUME: (&str, &str) = ("kms:EncryptionContext:aws:ebs:id", "vol-0123456789abcdef0");
const TLS: (&str, &str) = ("aws:SecureTransport", "true");

const CASES: &[Case] = &[
    // `EnableIamPolicies` delegates, `UseReportKeys` allows.
    Case {
        name: "allow-delegated",
        principal: USER,
        action: "kms:Decrypt",
        context: &[S3, OBJECT, (STAGE, "Live"), TLS],
        wardbook: Verdict::Allow,
        iam_rs: iam_rs::Decision::Allow,
        awsim: awsim_iam_policy::Decision::Allow,
    },
    // `AllowThroughEbs` names everybody of the account.
    Case {
        name: "allow-direct",
        principal: USER,
        action: "kms:Decrypt",
        context: &[EBS, VOLUME, TLS],
        wardbook: Verdict::Allow,
        iam_rs: iam_rs::Decision::Allow,
        awsim: awsim_iam_policy::Decision::Allow,
    },
    // `DenyRestrictedStage` denies what would be allowed by delegation.
    Case {
        name: "explicit-deny",
        principal: USER,
        action: "kms:Decrypt",
        context: &[S3, OBJECT, (STAGE, "Restricted"), TLS],
        wardbook: Verdict::ExplicitDeny,
        iam_rs: iam_rs::Decision::Deny,
        awsim: awsim_iam_policy::Decision::ExplicitDeny,
    },
    // A direct call: delegated, but no identity statement allows. awsim takes the delegation for a grant.
    Case {
        name: "implicit-deny",
        principal: USER,
        action: "kms:Decrypt",
        context: &[OBJECT, (STAGE, "Live"), TLS],
        wardbook: Verdict::ImplicitDeny,
        iam_rs: iam_rs::Decision::NotApplicable,
        awsim: awsim_iam_policy::Decision::Allow,
    },
    // The same from another account, which the key policy does not name: here all agree.
    Case {
        name: "implicit-deny-foreign",
        principal: STRANGER,
        action: "kms:Decrypt",
        context: &[OBJECT, (STAGE, "Live"), TLS],
        wardbook: Verdict::ImplicitDeny,
        iam_rs: iam_rs::Decision::NotApplicable,
        awsim: awsim_iam_policy::Decision::ImplicitDeny,
    },
];

impl Case {
    fn request(&self) -> Request {
        let builder = Request::builder(self.principal, self.action, KEY);
        let builder = self.context.iter().fold(builder, |builder, (key, value)| builder.with(key, *value));
        builder.build().expect("the benchmark's request is sound")
    }
}

/// The condition keys of a request, spelled as the policies spell them, with their values.
fn named_keys(request: &Request, policies: &[&Policy]) -> Vec<(String, Values)> {
    let named = |name: &str| {
        let rows = policies.iter().flat_map(|policy| policy.statements()).flat_map(|statement| statement.conditions());
        rows.map(|row| row.key().name().to_owned()).find(|key| key.eq_ignore_ascii_case(name))
    };
    let given = request.context().given();
    given
        .into_iter()
        .map(|(key, values)| (named(key.name()).unwrap_or_else(|| key.name().to_owned()), values.clone()))
        .collect()
}

fn texts(values: &[Box<str>]) -> Vec<String> {
    values.iter().map(|text| text.to_string()).collect()
}

fn iam_rs_request(case: &Case, keys: &[(String, Values)]) -> iam_rs::IAMRequest {
    use iam_rs::{Arn, Context, ContextValue, IAMRequest, Principal, PrincipalId};
    let mut context = Context::new();
    for (key, values) in keys {
        // `Bool` compares with a boolean of the context only.
        let value = match values {
            Values::One(text) if matches!(&**text, "true" | "false") => ContextValue::Boolean(**text == *"true"),
            Values::One(text) => ContextValue::String(text.to_string()),
            Values::Many(values) => ContextValue::StringList(texts(values)),
        };
        context.insert(key.clone(), value);
    }
    let principal = Principal::Aws(PrincipalId::String(case.principal.to_owned()));
    let resource = Arn::parse(KEY).expect("the key has an ARN");
    IAMRequest::new_with_context(principal, case.action, resource, context)
}

fn awsim_context(keys: &[(String, Values)]) -> HashMap<String, awsim_iam_policy::ContextValue> {
    use awsim_iam_policy::ContextValue;
    let value = |values: &Values| match values {
        Values::One(text) if matches!(&**text, "true" | "false") => ContextValue::Bool(**text == *"true"),
        Values::One(text) => ContextValue::String(text.to_string()),
        Values::Many(values) => ContextValue::StringList(texts(values)),
    };
    keys.iter().map(|(key, values)| (key.clone(), value(values))).collect()
}

fn reference_case(criterion: &mut Criterion) {
    let key_policy = [policy(KEY_POLICY, PolicyKind::Key)];
    let identity = [policy(IDENTITY_POLICY, PolicyKind::Identity)];
    let layers = Layers { resource: Told::Known(&key_policy), identity: Told::Known(&identity), ..Layers::default() };
    let quirks = Quirks::default();

    let iam_rs_policy = |text| iam_rs::IAMPolicy::from_json(text).expect("iam-rs reads the document");
    let iam_rs =
        iam_rs::PolicyEvaluator::with_policies(vec![iam_rs_policy(KEY_POLICY), iam_rs_policy(IDENTITY_POLICY)]);

    let awsim_policy = |text| awsim_iam_policy::parse(text).expect("awsim-iam-policy reads the document");
    let (awsim_key, awsim_identity) = (awsim_policy(KEY_POLICY), [awsim_policy(IDENTITY_POLICY)]);
    let awsim_layers = awsim_iam_policy::EvalContext {
        identity_policies: &awsim_identity,
        resource_policy: Some(&awsim_key),
        ..Default::default()
    };

    for case in CASES {
        let request = case.request();
        let keys = named_keys(&request, &[&key_policy[0], &identity[0]]);
        let iam_rs_request = iam_rs_request(case, &keys);
        let context = awsim_context(&keys);
        let account = request.caller().account().unwrap_or(ACCOUNT);
        let awsim_request = awsim_iam_policy::AuthzRequest {
            principal_arn: case.principal,
            principal_account: account,
            action: case.action,
            resource_arn: KEY,
            context: &context,
        };

        assert_eq!(decide(&request, &layers, quirks).verdict(), case.wardbook, "wardbook, {}", case.name);
        let answer = iam_rs.evaluate(&iam_rs_request).expect("iam-rs answers").decision;
        assert_eq!(answer, case.iam_rs, "iam-rs, {}", case.name);
        let answer = awsim_iam_policy::evaluate(&awsim_request, &awsim_layers);
        assert_eq!(answer, case.awsim, "awsim-iam-policy, {}", case.name);

        let mut group = criterion.benchmark_group(format!("decide/{}", case.name));
        group.bench_function("wardbook", |bencher| {
            bencher.iter(|| decide(black_box(&request), black_box(&layers), quirks).verdict());
        });
        group.bench_function("wardbook-build-and-decide", |bencher| {
            bencher.iter(|| decide(&black_box(case).request(), black_box(&layers), quirks).verdict());
        });
        group.bench_function("wardbook-explain", |bencher| {
            bencher.iter(|| explain(black_box(&request), black_box(&layers), quirks));
        });
        group.bench_function("iam-rs", |bencher| {
            bencher.iter(|| iam_rs.evaluate(black_box(&iam_rs_request)).map(|result| result.decision));
        });
        group.bench_function("awsim-iam-policy", |bencher| {
            bencher.iter(|| awsim_iam_policy::evaluate(black_box(&awsim_request), black_box(&awsim_layers)));
        });
        group.finish();
    }
}

criterion_group!(benches, reference_case);
criterion_main!(benches);
