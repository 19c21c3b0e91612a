use super::*;
use wardbook_policy::context::Lookup;
use wardbook_policy::key::Key;
use wardbook_policy::request::Request;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER: &str = "arn:aws:kms:eu-west-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab";

const USER: &str = r#"{"type": "IAMUser", "principalId": "AIDAANA", "arn": "arn:aws:iam::111122223333:user/team/ana", "accountId": "111122223333", "userName": "ana"}"#;
const SESSION: &str = r#"{"type": "AssumedRole", "principalId": "AROAAPP:s1", "arn": "arn:aws:sts::111122223333:assumed-role/app/s1", "accountId": "111122223333",
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/team/app"}, "attributes": {"mfaAuthenticated": "false", "creationDate": "2026-11-20T08:00:00Z"}}}"#;

fn record(identity: &str, name: &str, parameters: &str, more: &str) -> String {
    format!(
        r#"{{"userIdentity": {identity}, "eventTime": "2026-11-20T08:15:00Z", "eventSource": "kms.amazonaws.com", "eventName": "{name}", "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2", "requestParameters": {parameters}, "eventID": "e-1", "recipientAccountId": "111122223333"{more}}}"#
    )
}

fn resources(keys: &[&str]) -> String {
    let entries = keys.iter().map(|key| format!(r#"{{"ARN": "{key}", "type": "AWS::KMS::Key"}}"#));
    format!(r#", "resources": [{}]"#, entries.collect::<Vec<_>>().join(", "))
}

fn calls(text: &str) -> Vec<Call> {
    read(&Source::new("trail.json", text), Quirks::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn questions(identity: &str, name: &str, parameters: &str, more: &str) -> Vec<Question> {
    let mut calls = calls(&record(identity, name, parameters, more));
    calls.remove(0).questions.unwrap_or_else(|error| panic!("{error}"))
}

fn question(identity: &str, name: &str, parameters: &str, more: &str) -> (Question, Request) {
    let mut questions = questions(identity, name, parameters, more);
    assert_eq!(questions.len(), 1);
    let question = questions.remove(0);
    let request = question.request(Quirks::default()).unwrap_or_else(|error| panic!("{error}"));
    (question, request)
}

fn lookup<'r>(request: &'r Request, key: &str) -> Lookup<'r> {
    request.context().lookup(&Key::new(key))
}

#[test]
fn a_direct_call_tells_its_circumstances() {
    let parameters = format!(
        r#"{{"keyId": "{KEY}", "encryptionContext": {{"Team": "pay"}}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}}"#
    );
    let more = resources(&[KEY]) + r#", "tlsDetails": {"tlsVersion": "TLSv1.3"}"#;
    let (question, request) = question(SESSION, "Decrypt", &parameters, &more);
    assert_eq!((question.action.as_str(), question.resource.as_str()), ("kms:Decrypt", KEY));
    assert!(question.notes.is_empty(), "{:?}", question.notes);
    assert_eq!(request.caller().text(), "arn:aws:sts::111122223333:assumed-role/app/s1");
    for (key, value) in [
        ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/app"),
        ("aws:userid", "AROAAPP:s1"),
        ("aws:SourceIp", "203.0.113.7"),
        ("aws:UserAgent", "aws-cli/2"),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:CurrentTime", "2026-11-20T08:15:00Z"),
        ("aws:TokenIssueTime", "2026-11-20T08:00:00Z"),
        ("aws:MultiFactorAuthPresent", "false"),
        ("aws:SecureTransport", "true"),
        ("aws:ViaAWSService", "false"),
        ("kms:EncryptionContext:team", "pay"),
        ("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"),
    ] {
        assert_eq!(lookup(&request, key), Lookup::One(value), "{key}");
    }
    for key in [
        "kms:ViaService",
        "aws:SourceVpce",
        "kms:EncryptionContext:other",
        "kms:RequestAlias",
        "kms:RecipientAttestation:PCR0",
        "aws:SourceIdentity",
    ] {
        assert_eq!(lookup(&request, key), Lookup::Absent, "{key}");
    }
    for key in ["aws:PrincipalTag/x", "kms:KeySpec", "aws:PrincipalOrgID"] {
        assert_eq!(lookup(&request, key), Lookup::Unknown, "{key}");
    }
}

#[test]
fn the_alias_by_which_a_key_was_named_is_told() {
    for alias in ["alias/app", "arn:aws:kms:eu-west-1:111122223333:alias/app"] {
        let parameters = format!(r#"{{"keyId": "{alias}", "keySpec": "AES_256"}}"#);
        let (_, request) = question(USER, "GenerateDataKey", &parameters, &resources(&[KEY]));
        assert_eq!(lookup(&request, "kms:RequestAlias"), Lookup::One("alias/app"));
        assert_eq!(lookup(&request, "kms:EncryptionAlgorithm"), Lookup::One("SYMMETRIC_DEFAULT"));
        assert_eq!(lookup(&request, "kms:KeySpec"), Lookup::Unknown, "that of the data key is another");
        assert_eq!(lookup(&request, "aws:MultiFactorAuthPresent"), Lookup::Absent);
        assert_eq!(lookup(&request, "kms:EncryptionContextKeys"), Lookup::Absent);
    }
}

#[test]
fn keys_are_found_in_every_form() {
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    for (parameters, more) in [
        (format!(r#"{{"keyId": "{KEY}"}}"#), String::new()),
        (format!(r#"{{"keyId": "{id}"}}"#), String::new()),
        ("null".to_owned(), resources(&[KEY])),
        (r#"{"keyId": "alias/x"}"#.to_owned(), resources(&["arn:aws:kms:eu-west-1:111122223333:alias/x", KEY])),
        (
            "null".to_owned(),
            format!(
                r#", "errorCode": "AccessDenied", "errorMessage": "User: u is not authorized to perform: kms:Decrypt on resource: {KEY} because no identity-based policy allows the kms:Decrypt action""#
            ),
        ),
    ] {
        let (question, _) = question(USER, "DescribeKey", &parameters, &more);
        assert_eq!(question.resource, KEY, "{parameters} {more}");
    }
    let alias = questions(USER, "DescribeKey", r#"{"keyId": "alias/x"}"#, "").remove(0);
    assert_eq!(alias.resource, "arn:aws:kms:eu-west-1:111122223333:alias/x");
    let nothing = questions(USER, "DescribeKey", "null", "").remove(0);
    assert_eq!((nothing.resource.as_str(), nothing.notes.len()), ("*", 1));
    assert_eq!(questions(USER, "ListKeys", "null", "").remove(0).resource, "*");
}

#[test]
fn a_service_on_behalf_of_a_principal_is_told_where_the_event_says_which() {
    let invoked = |service: &str| USER.replace('}', &format!(r#", "invokedBy": "{service}"}}"#));
    let more = resources(&[KEY]).replace("203.0.113.7", "x") + r#", "vpcEndpointId": "vpce-1""#;
    let (_, request) = question(&invoked("secretsmanager.amazonaws.com"), "Decrypt", "{}", &more);
    assert_eq!(lookup(&request, "kms:ViaService"), Lookup::One("secretsmanager.eu-west-1.amazonaws.com"));
    assert_eq!(lookup(&request, "aws:CalledVia"), Lookup::Many(&["secretsmanager.amazonaws.com".into()]));
    assert_eq!(lookup(&request, "aws:ViaAWSService"), Lookup::One("true"));
    assert_eq!(lookup(&request, "aws:SourceIp"), Lookup::One("secretsmanager.amazonaws.com"));
    assert_eq!(lookup(&request, "aws:SourceVpce"), Lookup::Absent);
    let (question, request) = question(&invoked("AWS Internal"), "Decrypt", "{}", &resources(&[KEY]));
    assert_eq!(lookup(&request, "kms:ViaService"), Lookup::Unknown);
    assert_eq!(lookup(&request, "aws:CalledVia"), Lookup::Unknown);
    assert!(question.notes[0].contains("`AWS Internal`"), "{:?}", question.notes);
}

#[test]
fn a_vpc_endpoint_brings_its_policy_and_hides_the_address() {
    let (question, request) = question(USER, "Decrypt", "{}", &(resources(&[KEY]) + r#", "vpcEndpointId": "vpce-1""#));
    assert_eq!(lookup(&request, "aws:SourceVpce"), Lookup::One("vpce-1"));
    assert_eq!(lookup(&request, "aws:VpcSourceIp"), Lookup::One("203.0.113.7"));
    assert_eq!(lookup(&request, "aws:SourceIp"), Lookup::Absent);
    assert!(matches!(question.circumstances.endpoint, crate::layer::Collected::Unknown));
    assert!(question.notes[0].contains("`vpce-1`"));
}

#[test]
fn re_encrypt_is_two_questions() {
    let parameters = format!(
        r#"{{"sourceKeyId": "alias/a", "destinationKeyId": "{OTHER}", "sourceEncryptionContext": {{"a": "1"}}, "destinationEncryptionContext": {{"b": "2"}},
        "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT", "destinationEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}}"#
    );
    let both = questions(USER, "ReEncrypt", &parameters, &resources(&[KEY, OTHER]));
    let parts: Vec<(&str, &str)> = both.iter().map(|part| (part.action.as_str(), part.resource.as_str())).collect();
    assert_eq!(parts, [("kms:ReEncryptFrom", KEY), ("kms:ReEncryptTo", OTHER)]);
    let requests: Vec<Request> = both.iter().map(|part| part.request(Quirks::default()).unwrap()).collect();
    assert_eq!(lookup(&requests[0], "kms:EncryptionContext:a"), Lookup::One("1"));
    assert_eq!(lookup(&requests[0], "kms:EncryptionContext:b"), Lookup::Absent);
    assert_eq!(lookup(&requests[1], "kms:EncryptionContext:b"), Lookup::One("2"));
    assert_eq!(lookup(&requests[0], "kms:RequestAlias"), Lookup::One("alias/a"));
    assert_eq!(lookup(&requests[1], "kms:RequestAlias"), Lookup::Absent);
    assert_eq!(lookup(&requests[1], "kms:EncryptionAlgorithm"), Lookup::One("RSAES_OAEP_SHA_256"));
    assert_eq!(lookup(&requests[1], "kms:ReEncryptOnSameKey"), Lookup::One("false"));
    let same = questions(USER, "ReEncrypt", &format!(r#"{{"destinationKeyId": "{KEY}"}}"#), &resources(&[KEY]));
    assert_eq!(same[1].resource, KEY);
    assert_eq!(same[0].circumstances.text("kms:ReEncryptOnSameKey"), Some("true"));
}

#[test]
fn aliases_are_moved_between_two_keys() {
    let parts = |name: &str, parameters: &str, keys: &[&str]| -> Vec<String> {
        let questions = questions(USER, name, parameters, &resources(keys));
        questions.into_iter().map(|question| question.resource).collect()
    };
    let alias = "arn:aws:kms:eu-west-1:111122223333:alias/a";
    let create = format!(r#"{{"aliasName": "alias/a", "targetKeyId": "{KEY}"}}"#);
    assert_eq!(parts("CreateAlias", &create, &[]), [alias, KEY]);
    assert_eq!(parts("DeleteAlias", r#"{"aliasName": "alias/a"}"#, &[alias, KEY]), [alias, KEY]);
    assert_eq!(parts("UpdateAlias", &create, &[alias, KEY, OTHER]), [alias, OTHER, KEY]);
    assert_eq!(parts("UpdateAlias", &create, &[alias, KEY]), [alias, "*", KEY]);
}

#[test]
fn grant_parameters_become_condition_keys() {
    let parameters = format!(
        r#"{{"keyId": "{KEY}", "granteePrincipal": "arn:aws:iam::111122223333:role/g", "retiringPrincipal": "arn:aws:iam::111122223333:role/r", "operations": ["Decrypt", "Encrypt"],
        "constraints": {{"encryptionContextSubset": {{"aws:ebs:id": "vol-1"}}}}}}"#
    );
    let (_, request) = question(USER, "CreateGrant", &parameters, &resources(&[KEY]));
    assert_eq!(lookup(&request, "kms:GrantOperations"), Lookup::Many(&["Decrypt".into(), "Encrypt".into()]));
    assert_eq!(lookup(&request, "kms:GranteePrincipal"), Lookup::One("arn:aws:iam::111122223333:role/g"));
    assert_eq!(lookup(&request, "kms:RetiringPrincipal"), Lookup::One("arn:aws:iam::111122223333:role/r"));
    assert_eq!(lookup(&request, "kms:GrantConstraintType"), Lookup::One("EncryptionContextSubset"));
    assert_eq!(lookup(&request, "kms:GrantConstraintSourceArn"), Lookup::Absent);
    assert_eq!(lookup(&request, "kms:EncryptionContext:aws:ebs:id"), Lookup::One("vol-1"));
    assert_eq!(lookup(&request, "kms:GrantIsForAWSResource"), Lookup::One("false"));
    let (_, request) = question(USER, "CreateGrant", r#"{"operations": ["Decrypt"]}"#, &resources(&[KEY]));
    assert_eq!(lookup(&request, "kms:GrantConstraintType"), Lookup::Absent);
}

#[test]
fn parameters_that_were_not_sent_have_their_default_or_are_absent() {
    let of = |name: &str, parameters: &str, key: &str| {
        let (_, request) = question(USER, name, parameters, &resources(&[KEY]));
        format!("{:?}", lookup(&request, key))
    };
    let window = "kms:ScheduleKeyDeletionPendingWindowInDays";
    assert_eq!(of("ScheduleKeyDeletion", r#"{"pendingWindowInDays": 7}"#, window), r#"One("7")"#);
    assert_eq!(of("ScheduleKeyDeletion", "{}", window), r#"One("30")"#);
    assert_eq!(of("ScheduleKeyDeletion", "null", window), "Unknown");
    assert_eq!(
        of("PutKeyPolicy", r#"{"bypassPolicyLockoutSafetyCheck": true}"#, "kms:BypassPolicyLockoutSafetyCheck"),
        r#"One("true")"#
    );
    assert_eq!(of("PutKeyPolicy", "{}", "kms:BypassPolicyLockoutSafetyCheck"), "Absent");
    assert_eq!(of("PutKeyPolicy", "{}", "kms:PolicyName"), r#"One("default")"#);
    assert_eq!(of("CreateKey", r#"{"customerMasterKeySpec": "RSA_2048"}"#, "kms:KeySpec"), r#"One("RSA_2048")"#);
    assert_eq!(of("CreateKey", "{}", "kms:KeySpec"), r#"One("SYMMETRIC_DEFAULT")"#);
    assert_eq!(of("CreateKey", r#"{"multiRegion": true}"#, "kms:MultiRegion"), r#"One("true")"#);
    assert_eq!(of("ImportKeyMaterial", r#"{"validTo": "Jan 1, 2027 8:00:00 PM"}"#, "kms:ValidTo"), "Unknown");
    assert_eq!(of("Sign", "{}", "kms:MessageType"), r#"One("RAW")"#);
    let tags = r#"{"tags": [{"tagKey": "a", "tagValue": "1"}]}"#;
    assert_eq!(of("TagResource", tags, "aws:RequestTag/a"), r#"One("1")"#);
    assert_eq!(of("TagResource", tags, "aws:RequestTag/b"), "Absent");
    assert_eq!(of("TagResource", tags, "aws:TagKeys"), r#"Many(["a"])"#);
    assert_eq!(of("UntagResource", r#"{"tagKeys": ["a"]}"#, "aws:TagKeys"), r#"Many(["a"])"#);
}

#[test]
fn every_kind_of_identity_is_read() {
    for (identity, principal) in [
        (USER, "arn:aws:iam::111122223333:user/team/ana"),
        (
            r#"{"type": "IAMUser", "accountId": "111122223333", "userName": "ana"}"#,
            "arn:aws:iam::111122223333:user/ana",
        ),
        (SESSION, "arn:aws:sts::111122223333:assumed-role/app/s1"),
        (
            r#"{"type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root"}"#,
            "arn:aws:iam::111122223333:root",
        ),
        (
            r#"{"type": "FederatedUser", "principalId": "111122223333:f", "arn": "arn:aws:sts::111122223333:federated-user/f"}"#,
            "arn:aws:sts::111122223333:federated-user/f",
        ),
        (r#"{"type": "AWSService", "invokedBy": "dynamodb.amazonaws.com"}"#, "dynamodb.amazonaws.com"),
        (r#"{"accountId": "111122223333", "invokedBy": "s3.amazonaws.com"}"#, "s3.amazonaws.com"),
        (
            r#"{"type": "AWSAccount", "principalId": "AROAX:s", "accountId": "444455556666"}"#,
            "arn:aws:iam::444455556666:root",
        ),
        (
            r#"{"type": "WebIdentityUser", "principalId": "x", "userName": "u", "identityProvider": "accounts.google.com"}"#,
            "accounts.google.com",
        ),
        (
            r#"{"type": "SAMLUser", "identityProvider": "arn:aws:iam::111122223333:saml-provider/idp"}"#,
            "arn:aws:iam::111122223333:saml-provider/idp",
        ),
    ] {
        let (_, request) = question(identity, "Decrypt", "{}", &resources(&[KEY]));
        assert_eq!(request.caller().text(), principal, "{identity}");
    }
    let issuer = r#"{"type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/f", "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:user/team/f"}}}"#;
    let (_, request) = question(issuer, "Decrypt", "{}", &resources(&[KEY]));
    assert_eq!(request.caller().user_arn(), Some("arn:aws:iam::111122223333:user/team/f"));
    let account = r#"{"type": "AWSAccount", "accountId": "444455556666"}"#;
    let (question, request) = question(account, "Decrypt", "{}", &resources(&[KEY]));
    assert_eq!(lookup(&request, "aws:PrincipalArn"), Lookup::Unknown);
    assert!(question.notes[0].contains("only the account"));
}

#[test]
fn events_that_ask_nothing_say_why_and_keep_their_place() {
    for (identity, more, wanted) in [
        (r#"{"type": "IAMUser"}"#, "", "trail.json:1:18: the event does not say who the principal is (`IAMUser`)"),
        ("null", "", "the event has no `userIdentity`"),
        (r#"{"type": "Unknown", "invokedBy": "AWS Internal"}"#, "", "who the principal is (`Unknown`)"),
        (USER, r#", "eventType": "AwsServiceEvent""#, "`Decrypt` is no call that was authorized (AwsServiceEvent)"),
    ] {
        let call = calls(&record(identity, "Decrypt", "{}", more)).remove(0);
        let error = call.questions.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn records_come_in_many_shapes() {
    let record = record(USER, "Decrypt", "{}", &resources(&[KEY]));
    let text = record.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    let line = record.replace('\n', " ");
    for (shape, count) in [
        (record.clone(), 1),
        (format!(r#"{{"Records": [{record}, {record}]}}"#), 2),
        (format!(r#"{{"Events": [{{"EventId": "e", "CloudTrailEvent": "{text}"}}]}}"#), 1),
        (format!(r#"{{"CloudTrailEvent": "{text}"}}"#), 1),
        (format!(r#"{{"detail-type": "AWS API Call via CloudTrail", "detail": {record}}}"#), 1),
        (format!("[{record}]"), 1),
        (format!("{line}\n{line}\n"), 2),
        (format!("{{\"Records\": [{record}]}}{{\"Records\": [{record}]}}"), 2),
    ] {
        let calls = calls(&shape);
        assert_eq!(calls.len(), count, "{shape}");
        assert!(calls.iter().all(|call| call.questions.is_ok() && call.event_id.as_deref() == Some("e-1")));
    }
    for (text, wanted) in [
        ("{}", "trail.json:1:1: no CloudTrail event was found"),
        (r#"{"Records": []}"#, "no CloudTrail event was found"),
        (r#"{"Records": ["#, "trail.json:1:14: "),
        (r#"{"CloudTrailEvent": "{\"a\" 1}"}"#, "trail.json:1:29: expected `:`"),
        (
            r#"[[[[[[{"eventSource": "kms.amazonaws.com", "eventName": "Decrypt"}]]]]]]"#,
            "no CloudTrail event was found",
        ),
    ] {
        let error = read(&Source::new("trail.json", text), Quirks::default()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let two = Source::new("trail.json", format!("[{record}, {record}]"));
    assert_eq!(read_at_most(2, &two, Quirks::default()).unwrap().len(), 2);
    assert!(read_at_most(1, &two, Quirks::default()).unwrap_err().message.contains("more than 1 events"));
}

#[test]
fn refusals_and_other_services_are_read_too() {
    let refused = format!(
        r#"{{"userIdentity": {USER}, "eventSource": "lambda.amazonaws.com", "eventName": "GetFunction20150331v2", "awsRegion": "eu-west-1", "errorCode": "AccessDenied",
        "errorMessage": "User: arn:aws:iam::111122223333:user/team/ana is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:f with an explicit deny in a service control policy"}}"#
    );
    let call = calls(&refused).remove(0);
    assert_eq!(call.denied.unwrap().stated.unwrap().layer.name(), "scp");
    let question = &call.questions.unwrap()[0];
    assert_eq!(question.action, "lambda:GetFunction");
    assert_eq!(question.resource, "arn:aws:lambda:eu-west-1:111122223333:function:f");
    let assume = format!(
        r#"{{"userIdentity": {USER}, "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "requestParameters": {{"roleArn": "arn:aws:iam::111122223333:role/r"}}}}"#
    );
    let question = calls(&assume).remove(0).questions.unwrap().remove(0);
    assert_eq!(
        (question.action.as_str(), question.resource.as_str()),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r")
    );
    for (name, bare) in [
        ("ListBuckets", "ListBuckets"),
        ("Invoke20150331", "Invoke"),
        ("Move2", "Move2"),
        ("v2", "v2"),
        ("20150331", "20150331"),
    ] {
        assert_eq!(without_version(name), bare);
    }
}

/// An event of our own endpoint has every condition key of the question that decided, and none that it has not is open.
#[test]
fn our_own_events_are_exact() {
    let wardbook = |context: &str| format!(r#""additionalEventData": {{"wardbook": {{"context": {{{context}}}}}}}"#);
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let other = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ac";
    let more = format!(
        r#"{}, {}"#,
        resources(&[key]),
        wardbook(r#""aws:SecureTransport": "false", "kms:EncryptionContext:a": "b", "aws:PrincipalTag/team": "red""#)
    );
    let (_, request) = question(USER, "Encrypt", "{}", &more);
    assert_eq!(lookup(&request, "aws:SecureTransport"), Lookup::One("false"));
    assert_eq!(lookup(&request, "aws:PrincipalTag/team"), Lookup::One("red"));
    assert_eq!(lookup(&request, "kms:EncryptionContext:A"), Lookup::One("b"));
    for absent in ["aws:PrincipalTag/other", "aws:PrincipalOrgID", "aws:SourceVpce", "kms:RequestAlias"] {
        assert_eq!(lookup(&request, absent), Lookup::Absent, "{absent}");
    }
    // Of two questions the first was logged; the other one shares what is the caller's.
    let more = format!(
        r#"{}, {}"#,
        resources(&[key, other]),
        wardbook(
            r#""aws:SecureTransport": "false", "aws:ResourceTag/stage": "prod", "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT""#
        )
    );
    let two = questions(USER, "ReEncrypt", "{}", &more);
    let [from, to] = [0, 1].map(|place: usize| two[place].request(Quirks::default()).unwrap());
    assert_eq!(lookup(&from, "aws:ResourceTag/stage"), Lookup::One("prod"));
    assert_eq!(lookup(&to, "aws:SecureTransport"), Lookup::One("false"));
    assert_eq!(lookup(&to, "aws:ResourceTag/stage"), Lookup::Unknown);
}

#[test]
fn a_grant_is_retired_by_its_own_right() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let asked = |name: &str, more: &str| questions(USER, name, r#"{"grantId": "one"}"#, more).remove(0).grant;
    assert_eq!(asked("RetireGrant", &resources(&[key])).as_deref(), Some("one"));
    assert_eq!(asked("RevokeGrant", &resources(&[key])), None);
    let told = format!(r#"{}, "additionalEventData": {{"grantId": "two"}}"#, resources(&[key]));
    assert_eq!(questions(USER, "RetireGrant", "{}", &told).remove(0).grant.as_deref(), Some("two"));
}
