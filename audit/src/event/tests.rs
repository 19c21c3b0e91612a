use std::path::Path;

use super::*;

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn made() -> NewEvent {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut request = Parameters::default();
    request.set(Field::KEY_ID, name("alias/reports")).set(Field::ENCRYPTION_ALGORITHM, word("SYMMETRIC_DEFAULT"));
    request.set(Field::ENCRYPTION_CONTEXT, Pairs([("team".to_owned(), "a \"b\"".to_owned())].into()));
    NewEvent {
        id: name("8e2e9b4c-0000-4000-8000-2f3d5e6a7b8c"),
        time: Timestamp::read("2026-04-01T12:00:00Z").unwrap(),
        kind: EventKind::ApiCall { request_id: name("r-1") },
        source: word("kms.amazonaws.com"),
        name: Some(word("Decrypt")),
        region: word("eu-west-1"),
        identity: Identity {
            kind: Some(word("AssumedRole")),
            principal_id: Some(name("AROAEXAMPLE:s1")),
            arn: Some(name("arn:aws:sts::111122223333:assumed-role/report/s1")),
            account: Some(name("111122223333")),
            access_key: AccessKeyId::new("ASIAIOSFODNN7EXAMPLE"),
            session: Some(Session {
                issuer_arn: name("arn:aws:iam::111122223333:role/team/report"),
                issuer_kind: word("Role"),
                issuer_principal_id: name("AROAEXAMPLE"),
                issuer_account: name("111122223333"),
                issuer_name: name("report"),
                created: Timestamp::read("2026-04-01T11:00:00Z").unwrap(),
                mfa: false,
                source_identity: None,
            }),
            ..Identity::default()
        },
        source_address: Prose::new("192.0.2.1"),
        user_agent: Some(Prose::new("aws-cli/2")),
        error: None,
        read_only: true,
        request: Some(request),
        response: None,
        additional: Parameters::default(),
        details: None,
        resources: vec![Resource { arn: name(key), account: name("111122223333"), kind: name("AWS::KMS::Key") }],
        recipient_account: name("111122223333"),
        shared_id: None,
        vpc_endpoint: None,
        tls: Some((word("TLSv1.3"), word("TLS_AES_128_GCM_SHA256"), name("localhost:8443"))),
        decision: Some(Decision {
            decision: word("allow"),
            decided_by: Some(Prose::new("key policy, statement AllowReports")),
            grant: None,
            policy_digest: Some(name("sha256:00ff")),
            via_service: None,
            context: vec![
                (ConditionKey::new("aws:PrincipalTag/team").unwrap(), ContextValue::One("a".into())),
                (ConditionKey::new("aws:TagKeys").unwrap(), ContextValue::Many(vec!["x".into(), "y".into()])),
            ],
        }),
    }
}

#[test]
fn events_that_we_make_are_cloudtrail_records() {
    let event = made().finish().unwrap();
    let expected = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:s1","arn":"arn:aws:sts::111122223333:assumed-role/report/s1","accountId":"111122223333","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/team/report","accountId":"111122223333","userName":"report"},"attributes":{"creationDate":"2026-04-01T11:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2026-04-01T12:00:00Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli/2","requestParameters":{"keyId":"alias/reports","encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"team":"a \"b\""}},"responseElements":null,"additionalEventData":{"wardbook":{"decision":"allow","decidedBy":"key policy, statement AllowReports","policyDigest":"sha256:00ff","context":{"aws:PrincipalTag/team":"a","aws:TagKeys":["x","y"]}}},"requestID":"r-1","eventID":"8e2e9b4c-0000-4000-8000-2f3d5e6a7b8c","readOnly":true,"resources":[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"localhost:8443"}}"#;
    assert_eq!(event.text(), expected);
    let promoted = event.view().promoted();
    assert_eq!(promoted.text("principal_arn"), Some("arn:aws:iam::111122223333:role/team/report"));
    assert_eq!(promoted.text("session_name"), Some("s1"));
    assert_eq!(promoted.text("decision"), Some("allow"));
    assert_eq!(promoted.text("policy_digest"), Some("sha256:00ff"));
    assert_eq!(promoted.text("kms_key_id_requested"), Some("alias/reports"));
    assert_eq!(promoted.encryption_context.unwrap().text_member("team").unwrap(), "a \"b\"");
}

#[test]
fn service_events_have_no_request_id() {
    let mut details = Parameters::default();
    details.set(Field::KEY_ID, name("k")).set(Field::ROTATION_TYPE, word("AUTOMATIC"));
    let identity = Identity { invoked_by: Some(Prose::new("AWS Internal")), ..Identity::default() };
    let event = NewEvent { kind: EventKind::ServiceEvent, identity, details: Some(details), decision: None, ..made() };
    let event = event.finish().unwrap();
    let record = event.view().record();
    assert_eq!(record.text_member("eventType").unwrap(), "AwsServiceEvent");
    assert!(record.member("requestID").is_none() && record.member("additionalEventData").is_none());
    assert_eq!(record.path(&["serviceEventDetails", "rotationType"]).unwrap().as_text().unwrap(), "AUTOMATIC");
}

#[test]
fn secrets_are_no_access_key_ids_and_blobs_are_no_words() {
    assert!(AccessKeyId::new("AKIAIOSFODNN7EXAMPLE").is_some());
    for text in ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AKIA", "akiaiosfodnn7example", &"A".repeat(129)] {
        assert!(AccessKeyId::new(text).is_none(), "{text}");
    }
    for text in ["", "a b", "AQICAHh+/8=", "a\u{0}", &"a".repeat(65)] {
        assert!(Word::new(text).is_none(), "{text}");
    }
    for text in ["", "a b", "a\"", "a\\", "a\n", &"a".repeat(2049)] {
        assert!(Name::new(text).is_none(), "{text}");
    }
    assert_eq!(Prose::new(&"é".repeat(8_192)).as_str().len(), 8_192);
    assert!(ConditionKey::new("SourceIp").is_none() && ConditionKey::new("aws:SourceIp").is_some());
}

#[test]
fn no_field_names_a_secret() {
    let source = include_str!("parameter.rs");
    let table = source.split("fields! {").skip(1).filter_map(|rest| rest.split('}').next());
    let names: Vec<_> = table.flat_map(|rows| rows.split('"').skip(1).step_by(2)).collect();
    assert!(names.len() > 80, "{}", names.len());
    for name in names {
        let lower = name.to_lowercase();
        for secret in
            ["plaintext", "ciphertext", "signature", "token", "password", "privatekey", "secret", "blob", "message"]
        {
            assert!(!lower.contains(secret) || name == "messageType", "{name}");
        }
    }
}

#[test]
fn only_objects_with_a_time_are_events() {
    let error = |text: &str| EventText::read(text.to_owned()).unwrap_err().to_string();
    assert_eq!(error("[]"), "an event is a JSON object");
    assert_eq!(error("{}"), "the event has no `eventTime`");
    assert_eq!(error(r#"{"eventTime":null}"#), "the event has no `eventTime`");
    assert_eq!(error(r#"{"eventTime":5}"#), "`eventTime` is no RFC 3339 time: `5`");
    assert_eq!(error(r#"{"eventTime":"soon"}"#), "`eventTime` is no RFC 3339 time: `soon`");
    assert_eq!(
        error(r#"{"eventTime":"2026-04-01T12:00:00Z","a":1,"a":1}"#),
        "the name `a` occurs twice in one object at byte 43"
    );
}

#[track_caller]
fn promoted(body: &str, expected: &[(&str, &str)]) {
    let event = EventText::read(format!(r#"{{"eventTime":"2026-04-01T12:00:00Z",{body}}}"#)).unwrap();
    let promoted = event.view().promoted();
    let texts = crate::column::COLUMNS.iter().filter(|column| column.source == crate::column::Source::Promoted);
    let found: Vec<_> =
        texts.filter_map(|column| Some((column.field.name, promoted.text(column.field.name)?))).collect();
    assert_eq!(found, expected);
}

#[test]
fn keys_and_principals_are_found_where_cloudtrail_puts_them() {
    let arn = |id: &str| format!("arn:aws-cn:kms:cn-north-1:001122223333:key/{id}");
    let (a, b) = (&*arn("a"), &*arn("b"));
    promoted(&format!(r#""resources":[{{"ARN":"arn:aws:s3:::x"}},{{"ARN":"{a}"}}]"#), &[("kms_key_arn", a)]);
    promoted(&format!(r#""requestParameters":{{"keyId":"{a}"}}"#), &[("kms_key_arn", a), ("kms_key_id_requested", a)]);
    promoted(r#""requestParameters":{"keyId":"alias/x"}"#, &[("kms_key_id_requested", "alias/x")]);
    promoted(
        &format!(
            r#""resources":[{{"ARN":"{a}"}},{{"ARN":"{b}"}}],"requestParameters":{{"destinationKeyId":"alias/b"}}"#
        ),
        &[("kms_key_arn", a), ("dest_kms_key_arn", b)],
    );
    promoted(
        &format!(r#""requestParameters":{{"destinationKeyId":"{b}"}},"resources":[{{"ARN":"{a}"}},{{"ARN":"{a}"}}]"#),
        &[("kms_key_arn", a), ("dest_kms_key_arn", b)],
    );
    promoted(
        r#""userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/u","accountId":"000000000001","invokedBy":"s3.amazonaws.com"}"#,
        &[
            ("principal_arn", "arn:aws:iam::1:user/u"),
            ("principal_type", "IAMUser"),
            ("principal_account_id", "000000000001"),
            ("invoked_by", "s3.amazonaws.com"),
        ],
    );
    promoted(
        r#""userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/r/s"}"#,
        &[
            ("principal_arn", "arn:aws:sts::1:assumed-role/r/s"),
            ("principal_type", "AssumedRole"),
            ("session_name", "s"),
        ],
    );
    promoted(
        r#""userIdentity":{"type":"AWSService"},"resources":"x","additionalEventData":{"wardbook":1}"#,
        &[("principal_type", "AWSService")],
    );
}

#[test]
fn the_order_of_members_makes_no_difference() {
    let source = r#""sourceEncryptionContext":{"a":"1"}"#;
    for (members, wanted) in [
        (format!(r#"{source},"encryptionContext":"odd""#), "a"),
        (format!(r#""encryptionContext":"odd",{source}"#), "a"),
        (format!(r#"{source},"encryptionContext":{{"b":"2"}}"#), "b"),
        (format!(r#""encryptionContext":{{"b":"2"}},{source}"#), "b"),
    ] {
        let text = format!(r#"{{"eventTime":"2026-04-01T12:00:00Z","requestParameters":{{{members}}}}}"#);
        let event = EventText::read(text).unwrap();
        let context = event.view().promoted().encryption_context.unwrap();
        assert!(context.member(wanted).is_some() && context.members().count() == 1, "{members}");
    }
}

/// `FORMAT.md` holds the vectors that another implementation is checked with, and this file holds ours against them.
#[test]
fn canonical_vectors_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let vectors = std::fs::read_to_string(folder.join("canonical.jsonl")).unwrap();
    let mut count = 0;
    for line in vectors.lines() {
        let vector: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| vector[name].as_str();
        let read = EventText::read(text("event").unwrap().to_owned());
        match text("rejected") {
            Some(reason) => assert_eq!(read.unwrap_err().to_string(), reason, "{line}"),
            None => {
                let event = read.unwrap_or_else(|error| panic!("{error}: {line}"));
                let canonical = String::from_utf8(event.view().record().canonical()).unwrap();
                assert_eq!(Some(canonical.as_str()), text("canonical"), "{line}");
                assert_eq!(Some(event.view().leaf().to_string().as_str()), text("leaf"), "{line}");
            }
        }
        count += 1;
    }
    assert!(count >= 10, "{count} vectors");
    let page = std::fs::read_to_string(folder.parent().unwrap().join("FORMAT.md")).unwrap();
    for line in vectors.lines().take(2) {
        let vector: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(page.contains(vector["leaf"].as_str().unwrap()), "FORMAT.md shows the first two vectors");
    }
}
