use super::*;
use wardbook_policy::layers::Layer;
use wardbook_policy::request::ResourceRule;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn nothing(path: &str) -> Result<Vec<u8>, String> {
    Err(format!("no file `{path}`"))
}

fn read(text: &str) -> CaseFile {
    CaseFile::read(Source::new("t/case.yaml", text), Quirks::default(), &mut nothing).unwrap()
}

fn fails(text: &str) -> String {
    CaseFile::read(Source::new("case.yaml", text), Quirks::default(), &mut nothing).unwrap_err().to_string()
}

/// One case with these lines inside its request, and these beside it.
fn case(request: &str, beside: &str) -> Case {
    let text = format!(
        "cases:\n  - name: one\n    expect: allow\n    request:\n      principal: 111122223333\n      action: kms:Decrypt\n      resource: {KEY}\n      {request}\n    {beside}\n"
    );
    read(&text).cases.pop().unwrap()
}

fn errors(case: &Case) -> Vec<String> {
    match &case.body {
        Ok(body) => panic!("{} was read: {body:?}", case.name),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_whole_case_is_read() {
    let text = r#"
cases:
  - name: the report role decrypts through S3 only
    source: a guide
    request:
      principal: arn:aws:sts::111122223333:assumed-role/report/s1
      action: kms:Decrypt
      resource: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
      resource_account: 111122223333
      context: {"kms:ViaService": s3.eu-west-1.amazonaws.com, "aws:TagKeys": [a, b], "aws:SecureTransport": true, "n:m": 1}
      unknown: ["aws:SourceIp"]
    policies:
      resource: {Version: "2012-10-17", Statement: {Sid: AllowReports, Effect: Allow, Principal: {AWS: "*"}, Action: "kms:*", Resource: "*"}}
      identity: []
      boundary: [{Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}]
      scps: [[{Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}], []]
      grants: [{GranteePrincipal: "arn:aws:iam::111122223333:role/report", Operations: [Decrypt], GrantId: g1}]
    expect: implicit-deny
    because: AllowReports
"#;
    let file = read(text);
    let case = &file.cases[0];
    assert_eq!(case.source.as_deref(), Some("a guide"));
    assert_eq!(case.position, Position { line: 3, column: 5 });
    let body = case.body.as_ref().unwrap();
    assert!(body.problems.is_empty(), "{:?}", body.problems);
    assert_eq!(body.request.context().text("aws:SecureTransport"), Some("true"));
    assert_eq!(body.request.context().text("n:m"), Some("1"));
    assert_eq!(body.because.as_deref(), Some("AllowReports"));
    let layers = &body.layers;
    assert_eq!(layers.resource.items()[0].name(), "resource");
    assert_eq!(layers.resource.items()[0].place(&layers.resource.items()[0].statements()[0]), "t/case.yaml:13:52");
    assert_eq!(layers.boundary.items()[0].name(), "boundary[0]");
    assert_eq!(layers.scps.items()[0][0].name(), "scps[0][0]");
    assert_eq!(layers.grants.items()[0].id(), "g1");
    assert!(matches!(layers.identity, crate::layer::Collected::Known(_)));
    assert!(matches!(layers.session, crate::layer::Collected::Absent));
    let decision = layers.decide(&body.request, Quirks::default());
    assert!(body.expect.is_met_by(decision.verdict()), "{decision:?}");
    let _ = Layer::Scp;
}

#[test]
fn a_file_that_is_no_case_file_fails_as_a_whole() {
    for (text, wanted) in [
        ("", "case.yaml:1:1: the text holds no value"),
        ("[]", "a case file is an object with `cases`, not a list"),
        ("{}", "case.yaml:1:1: a case file needs `cases` or `assert`"),
        ("cases: {}", "case.yaml:1:8: `cases` is a list, not an object"),
        ("assert: 1", "case.yaml:1:9: `assert` is a list, not a number"),
        ("case: []", "case.yaml:1:1: `case` is not a member of a case file; did you mean `cases`?"),
        ("cases:\n  - a: 1\n    a: 2\n", "case.yaml:3:5: `a` occurs twice in this mapping"),
    ] {
        assert!(fails(text).contains(wanted), "{text:?}: {}", fails(text));
    }
    assert!(read("cases: []").cases.is_empty());
    let many = |count: usize| format!("cases: [{}]", vec!["1"; count].join(","));
    assert_eq!(read(&many(CASES_MAX)).cases.len(), CASES_MAX);
    assert!(fails(&many(CASES_MAX + 1)).contains("more than the 100000"));
}

#[test]
fn assertions_say_whom_they_permit_and_what_is_wrong_with_them() {
    let file = read(
        "assert:\n  - name: only payments\n    action: [kms:Decrypt, 'kms:ReEncrypt*']\n    key: tag:pci=true\n    only: ['arn:aws:iam::*:role/pay-*']\n    unless: {StringEquals: {'kms:ViaService': s3.eu-west-1.amazonaws.com}}\n  - {action: kms:Decrypt, key: '*', only: [], unless: {StringEqual: {a: b}}}\n  - {action: 'kms:Zz*', key: '*', only: []}\n  - {acton: x}\n",
    );
    let claim = file.assertions[0].body.as_ref().unwrap();
    assert_eq!(claim.actions, ["kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"]);
    assert!(claim.permits("arn:aws:iam::111122223333:role/pay-api") && !claim.permits("*"));
    assert!(claim.unexcused.is_some());
    let errors = |index: usize| {
        let errors = file.assertions[index].body.as_ref().unwrap_err();
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(errors(1).contains("case.yaml:7:56: unknown condition operator `StringEqual`"), "{}", errors(1));
    assert!(errors(2).contains("`kms:Zz*` matches no KMS action on keys"), "{}", errors(2));
    assert!(errors(3).contains("did you mean `action`?") && errors(3).contains("needs `key`"), "{}", errors(3));
    assert_eq!(file.assertions[1].name, "assertion 2");
}

#[test]
fn a_broken_case_says_why_and_leaves_the_others_alone() {
    let good = format!(
        "{{name: good, expect: deny, request: {{principal: 111122223333, action: kms:Decrypt, resource: \"{KEY}\"}}}}"
    );
    let file = read(&format!("cases:\n  - {good}\n  - [x]\n  - {{nam: x}}\n  - {good}\n"));
    assert!(file.cases[0].body.is_ok() && file.cases[3].body.is_ok());
    assert_eq!(errors(&file.cases[1]), ["t/case.yaml:3:5: a case is an object, not a list"]);
    assert_eq!(file.cases[2].name, "case 3");
    assert_eq!(
        errors(&file.cases[2]),
        [
            "t/case.yaml:4:6: `nam` is not a member of a case; did you mean `name`?",
            "t/case.yaml:4:5: a case needs `name`",
            "t/case.yaml:4:5: a case needs `expect`",
            "t/case.yaml:4:5: a case needs `request`",
        ]
    );
}

#[test]
fn refusals_inside_a_case_name_their_place() {
    for (request, beside, wanted) in [
        ("contxt: {}", "", "8:7: `contxt` is not a member of a request; did you mean `context`?"),
        ("context: [a]", "", "`context` is an object of condition keys, not a list"),
        ("context: {a: ~}", "", "8:20: `a` is null: leave the key out, or list it under `unknown`"),
        ("context: {a: [~]}", "", "`a` is null"),
        ("context: {a: {b: c}}", "", "`a` is a text or a list of texts, not an object inside"),
        ("context: {a: [[b]]}", "", "`a` is a text or a list of texts, not a list inside"),
        ("context: {\"aws:A\": b, \"AWS:a\": c}", "", "`AWS:a` is given twice; condition keys do not differ by case"),
        ("unknown: aws:SourceIp", "", "`unknown` is `\"*\"` or a list of condition keys"),
        ("unknown: [1]", "", "`unknown` is `\"*\"` or a list of condition keys"),
        ("unknown: [\"*\", a]", "", "`unknown` is `\"*\"` or a list of condition keys"),
        ("key_manager: aws", "", "`key_manager` is `AWS` or `CUSTOMER`, not `aws`"),
        ("resource_account: 12", "", "8:25: `12` is not an account id of twelve digits"),
        ("resource_account: []", "", "`resource_account` is a text, not a list"),
        ("", "polices: {}", "`polices` is not a member of a case; did you mean `policies`?"),
        ("", "policies: []", "`policies` is an object, not a list"),
        ("", "policies: {scp: []}", "`scp` is not a member of `policies`; did you mean `scps`?"),
        ("", "policies: {identity: policy.json}", "`policy.json` is no document: write one, or `file: PATH`"),
        ("", "policies: {identity: {file: [a]}}", "`file` is a path, not a list"),
        ("", "policies: {identity: \"file: p.json\"}", "9:26: `t/p.json` cannot be read: no file `t/p.json`"),
        ("", "because: []", "`because` is a text, not a list"),
    ] {
        let found = errors(&case(request, beside));
        assert!(found.len() == 1 && found[0].contains(wanted), "{request:?} {beside:?}: {found:?}");
    }
}

#[test]
fn a_request_that_cannot_be_asked_is_placed_at_its_culprit() {
    for (principal, action, resource, wanted) in [
        ("bob", "kms:Decrypt", KEY, "`bob` names no principal"),
        ("111122223333", "Decrypt", KEY, "`Decrypt` is not an action"),
        ("111122223333", "kms:Decrypt", "key", "`key` is not a resource"),
        ("111122223333", "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:alias/a", "is an alias"),
        ("111122223333", "kms:Decrypt", "arn:aws:s3:::b", "is not the ARN of one"),
    ] {
        let text = format!(
            "cases:\n- name: x\n  expect: deny\n  request:\n    principal: {principal}\n    action: {action}\n    resource: {resource}\n"
        );
        let found = errors(&read(&text).cases[0]);
        assert!(found.len() == 1 && found[0].contains(wanted), "{found:?}");
        let line = 5 + [principal == "bob", action == "Decrypt"].iter().position(|here| *here).unwrap_or(2);
        assert!(found[0].starts_with(&format!("t/case.yaml:{line}:")), "{found:?}");
    }
    let found = errors(&read("cases: [{name: x, expect: maybe, request: {}}]").cases[0]);
    assert_eq!(
        found,
        [
            "t/case.yaml:1:27: `maybe` is not an answer; write `allow`, `implicit-deny`, `explicit-deny`, `deny`, `unknown`",
            "t/case.yaml:1:43: a request needs `principal`",
            "t/case.yaml:1:43: a request needs `action`",
            "t/case.yaml:1:43: a request needs `resource`",
        ]
    );
    let found = errors(&read("cases: [{name: x, expect: alow, request: []}]").cases[0]);
    assert!(found[0].ends_with("`alow` is not an answer; did you mean `allow`?"), "{found:?}");
}

#[test]
fn broken_statements_are_reported_and_forced() {
    let case = case(
        "",
        "policies: {resource: {Statement: [{Effect: Deny, Principal: \"*\", Action: \"kms:*\", Resource: \"*\", Condition: {StringLikes: {a: b}}}]}, grants: [{}]}",
    );
    let body = case.body.as_ref().unwrap();
    let problems: Vec<String> = body.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("t/case.yaml:9:") && problems[0].contains("StringLikes"), "{problems:?}");
    assert!(problems[1].contains("a grant needs `GranteePrincipal`"), "{problems:?}");
    assert_eq!(body.layers.decide(&body.request, Quirks::default()).verdict(), Verdict::ExplicitDeny);
}

#[test]
fn documents_come_from_files_beside_the_case_file() {
    let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let mut asked = Vec::new();
    let mut load = |path: &str| {
        asked.push(path.to_owned());
        match path {
            "t/p.json" => Ok(policy.into()),
            "t/sub/list.yaml" => Ok(format!("- {policy}\n- {policy}\n").into_bytes()),
            "t/levels.json" => Ok(format!("[[{policy}], {policy}]").into_bytes()),
            "t/grants.json" => {
                Ok(br#"{"Grants": [{"GranteePrincipal": "111122223333", "Operations": ["Decrypt"]}]}"#.to_vec())
            }
            "t/broken.json" => Ok(b"{\n\"a\" 1}".to_vec()),
            _ => Err("not found".into()),
        }
    };
    let policies = "policies: {identity: [\"file: p.json\", {file: p.json}], boundary: {file: sub/list.yaml}, session: \"file:p.json\", scps: {file: levels.json}, rcps: [{file: p.json}, []], grants: {file: grants.json}}";
    let text = format!(
        "cases:\n- name: one\n  expect: deny\n  request: {{principal: 111122223333, action: kms:Decrypt, resource: \"{KEY}\"}}\n  {policies}\n- name: two\n  expect: deny\n  request: {{principal: 111122223333, action: kms:Decrypt, resource: \"{KEY}\"}}\n  policies: {{identity: {{file: broken.json}}, boundary: {{file: missing.json}}}}\n"
    );
    let file = CaseFile::read(Source::new("t/case.yaml", text), Quirks::default(), &mut load).unwrap();
    let body = file.cases[0].body.as_ref().unwrap();
    let layers = &body.layers;
    assert_eq!(layers.identity.items().len(), 2);
    assert_eq!(layers.identity.items()[1].path(), "t/p.json");
    assert_eq!(layers.boundary.items().len(), 2);
    assert_eq!(layers.session.items().len(), 1);
    assert_eq!(layers.scps.items().iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(layers.rcps.items().iter().map(Vec::len).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(layers.rcps.items()[0][0].name(), "rcps[0][0]");
    assert_eq!(layers.grants.items().len(), 1);
    assert!(body.problems.iter().all(|problem| problem.path == "t/p.json"), "an RCP needs Principal");
    let broken = errors(&file.cases[1]);
    assert_eq!(broken[0], "t/broken.json:2:5: expected `:`, found `1`");
    assert!(broken[1].ends_with("`t/missing.json` cannot be read: not found"), "{broken:?}");
    assert_eq!(
        asked,
        ["t/p.json", "t/sub/list.yaml", "t/levels.json", "t/grants.json", "t/broken.json", "t/missing.json"]
    );
    let paths: Vec<&str> = file.sources.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, ["t/case.yaml", "t/p.json", "t/sub/list.yaml", "t/levels.json", "t/grants.json"]);
}

#[test]
fn the_output_of_get_key_policy_is_a_document_too() {
    let policy = r#"{\"Statement\": {\"Sid\": \"S\", \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"kms:*\", \"Resource\": \"*\"}}"#;
    let mut load = |path: &str| match path {
        "t/policy.json" => Ok(format!(r#"{{"Policy": "{policy}", "PolicyName": "default"}}"#).into_bytes()),
        _ => Ok(br#"{"Policy": "{\"Statement\"}"}"#.to_vec()),
    };
    let case = |file: &str| {
        format!(
            "- name: x\n  expect: allow\n  request: {{principal: 111122223333, action: kms:Decrypt, resource: \"{KEY}\"}}\n  policies: {{resource: {{file: {file}}}}}\n"
        )
    };
    let text = format!("cases:\n{}{}", case("policy.json"), case("torn.json"));
    let file = CaseFile::read(Source::new("t/case.yaml", text), Quirks::default(), &mut load).unwrap();
    let body = file.cases[0].body.as_ref().unwrap();
    let policy = &body.layers.resource.items()[0];
    assert_eq!(policy.place(&policy.statements()[0]), "t/policy.json:1:29");
    assert_eq!(errors(&file.cases[1]), ["t/torn.json:1:27: expected `:`, found `}`"]);
}

#[test]
fn the_resource_decides_what_kind_its_policy_is() {
    let without_resource = r#"policies: {resource: {Statement: {Effect: Allow, Principal: "*", Action: "s3:*"}}}"#;
    let body = case("", without_resource).body.unwrap();
    assert_eq!(body.request.rule(), ResourceRule::KmsKey);
    assert!(body.problems[0].message.contains("a statement of a key policy needs `Resource`"), "{:?}", body.problems);
    let text = format!(
        "cases:\n- name: trust\n  expect: deny\n  request: {{principal: 111122223333, action: sts:AssumeRole, resource: \"arn:aws:iam::111122223333:role/r\"}}\n  {without_resource}\n"
    );
    assert!(read(&text).cases[0].body.as_ref().unwrap().problems.is_empty());
}

#[test]
fn extensions_reach_the_request() {
    assert!(case("key_manager: AWS", "").body.unwrap().request.is_aws_managed_key());
    let text = format!(
        "cases:\n- name: x\n  expect: deny\n  request: {{principal: \"arn:aws:sts::111122223333:federated-user/f\", issuer: \"arn:aws:iam::111122223333:user/team/ana\", action: kms:Decrypt, resource: \"{KEY}\", unknown: \"*\"}}\n"
    );
    let file = read(&text);
    let request = &file.cases[0].body.as_ref().unwrap().request;
    assert_eq!(request.caller().user_arn(), Some("arn:aws:iam::111122223333:user/team/ana"));
    assert_eq!(request.context().unnamed(), wardbook_policy::context::Unnamed::Unknown);
}

#[test]
fn every_answer_has_a_name() {
    for (name, expectation) in Expectation::NAMES {
        assert_eq!(Expectation::from_name(name), Some(expectation));
        assert_eq!(expectation.name(), name);
    }
    assert!(Expectation::Deny.is_met_by(Verdict::ExplicitDeny) && Expectation::Deny.is_met_by(Verdict::ImplicitDeny));
    assert!(!Expectation::Deny.is_met_by(Verdict::Unknown));
}
