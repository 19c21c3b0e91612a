//! Templates as people write them: what they declare, where it stands, and what can be answered.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use std::path::Path;

use wardbook_inventory::carrier::Carrier;
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::cloudformation::{Told, carrier};
use wardbook_inventory::coverage::GapKind;
use wardbook_inventory::source::{Source, read_template};
use wardbook_inventory::world::World;
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::span::{Lines, Span};

use Verdict::{Allow, ExplicitDeny, ImplicitDeny, Unknown};

fn source(name: &str) -> Source {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cloudformation").join(name);
    Source::new(name, std::fs::read_to_string(path).unwrap())
}

fn declared(source: &Source) -> Carrier {
    let value = read_template(source).unwrap_or_else(|error| panic!("{error}"));
    let told = Told { scope: source.path.clone(), ..Told::default() };
    carrier(source, &value, &told).unwrap_or_else(|error| panic!("{error}"))
}

fn world(sources: &[(&str, &str)]) -> World {
    World::from_sources(sources.iter().map(|(path, text)| Source::new(*path, *text)))
}

fn ask(world: &World, principal: &str, action: &str, key: &str) -> Verdict {
    ask_with(world, principal, action, key, Circumstances::direct_call())
}

fn ask_with(world: &World, principal: &str, action: &str, key: &str, circumstances: Circumstances) -> Verdict {
    let asked = world.ask(principal, action, key, circumstances, Quirks::default());
    asked.unwrap_or_else(|error| panic!("{error}")).decide().verdict()
}

fn place(source: &Source, span: Span) -> String {
    Lines::new(&source.text).position(span).to_string()
}

#[test]
fn a_template_answers_for_what_it_declares() {
    let app = source("app.yaml");
    let world = World::from_sources([app]);
    let stranger = "arn:aws:iam::222233334444:role/x";
    let cases = [
        // Named by the key policy, in the branch that the default of the parameter takes.
        ("role/Reader", "kms:Decrypt", Allow),
        // From the managed policy, through delegation.
        ("role/Reader", "kms:Encrypt", Allow),
        ("role/Reader", "kms:ScheduleKeyDeletion", ImplicitDeny),
        // Inline policy and boundary.
        ("role/writer", "kms:Encrypt", Allow),
        ("role/writer", "kms:Decrypt", ImplicitDeny),
        ("role/writer", "kms:DescribeKey", ImplicitDeny),
        // Denied outside the networks, which is where a direct call without one comes from.
        ("role/Reader", "kms:GenerateDataKey", ExplicitDeny),
        ("222233334444", "kms:Decrypt", Unknown),
        (stranger, "kms:Verify", Unknown),
    ];
    for (principal, action, wanted) in cases {
        let found = ask(&world, principal, action, "alias/prod-data");
        assert_eq!(found, wanted, "{principal} {action}");
    }
    let inside = Circumstances::direct_call().with("aws:SourceVpc", "vpc-2");
    assert_eq!(ask_with(&world, "role/Reader", "kms:GenerateDataKey", "Key", inside), Allow);
    let key = world.find_key("Key", None).unwrap().key.unwrap();
    assert_eq!(&*key.arn, "arn:aws:kms:⟦app.yaml#Region⟧:⟦app.yaml#AccountId⟧:key/⟪app.yaml#Key⟫");
    assert_eq!(key.aliases.as_deref(), Some(&["alias/prod-data".into()][..]));
    assert_eq!(key.tags.as_deref(), Some(&[("team".into(), "pay".into())][..]));
    let arns: Vec<&str> = world.principals().iter().map(|principal| &*principal.arn).collect();
    assert_eq!(
        arns,
        [
            "arn:aws:iam::⟦app.yaml#AccountId⟧:role/team/⟪app.yaml#Reader⟫",
            "arn:aws:iam::⟦app.yaml#AccountId⟧:role/writer"
        ]
    );
    let kinds: Vec<GapKind> = world.coverage().gaps.iter().map(|gap| gap.kind).collect();
    assert_eq!(kinds, [GapKind::Declared, GapKind::Account, GapKind::Organization], "{:?}", world.coverage());
}

#[test]
fn where_a_template_is_deployed_settles_what_was_open() {
    let text = source("app.yaml").text;
    let parameters = r#"[{"ParameterKey": "Auditor", "ParameterValue": ""}]"#;
    let folder = "w/111122223333/eu-west-1";
    let world =
        world(&[(&format!("{folder}/app.yaml"), &text), (&format!("{folder}/app-parameters.json"), parameters)]);
    let key = "arn:aws:kms:eu-west-1:111122223333:key/⟪app.yaml#Key⟫";
    assert_eq!(&*world.keys()[0].arn, key);
    // No auditor, so nothing more can be said for anybody.
    assert_eq!(ask(&world, "role/Reader", "kms:ScheduleKeyDeletion", key), ImplicitDeny);
    assert_eq!(ask(&world, "111122223333", "kms:PutKeyPolicy", key), Allow);
    assert_eq!(ask(&world, "arn:aws:iam::222233334444:root", "kms:Decrypt", key), ImplicitDeny);
    assert_eq!(ask(&world, "arn:aws:iam::999988887777:root", "kms:Decrypt", key), Allow);
    assert!(!world.coverage().gaps.iter().any(|gap| gap.kind.is_defect()), "{:?}", world.coverage());
}

#[test]
fn statements_and_texts_know_their_place_in_the_template() {
    let app = source("app.yaml");
    let carrier = declared(&app);
    let policy = &carrier.subjects.documents[carrier.subjects.keys[0].policy.unwrap()].document;
    assert_eq!(policy.problems, []);
    let statements: Vec<(String, String)> = policy
        .statements
        .iter()
        .map(|statement| {
            let sid = statement.sid.as_ref().unwrap();
            (sid.text.to_string(), place(&app, sid.span))
        })
        .collect();
    let wanted =
        [("Delegate", "27:18"), ("Reader", "32:18"), ("Partner", "38:18"), ("Auditor", "46:20"), ("Network", "53:18")];
    assert_eq!(statements, wanted.map(|(sid, place)| (sid.to_owned(), place.to_owned())));
    assert_eq!(policy.statements[3].doubts.len(), 1);
    let partner = &policy.statements[2].principal.as_ref().unwrap().names[0].name;
    assert_eq!((&*partner.text, place(&app, partner.span)), ("arn:aws:iam::999988887777:root", "41:26".to_owned()));
    let uses: Vec<(&str, &str, String)> = carrier
        .subjects
        .uses
        .iter()
        .map(|found| (&*found.declaration.address, &*found.property, found.key.text.to_string()))
        .collect();
    assert_eq!(uses[0], ("Queue", "KmsMasterKeyId", "alias/prod-data".to_owned()));
    assert_eq!(
        uses[1].1,
        "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.KMSMasterKeyID"
    );
    assert_eq!(uses[1].2, *carrier.subjects.keys[0].arn);
    assert_eq!(carrier.subjects.keys[0].declaration.settings[0].name, "DeletionPolicy".into());
}

#[test]
fn a_document_in_a_text_leads_back_to_the_template() {
    let text = source("text.yaml");
    let carrier = declared(&text);
    assert!(carrier.gaps.is_empty(), "{:?}", carrier.gaps);
    let places: Vec<(String, String)> = carrier
        .subjects
        .documents
        .iter()
        .flat_map(|subject| &subject.document.statements)
        .map(|statement| {
            let sid = statement.sid.as_ref().unwrap();
            (sid.text.to_string(), place(&text, sid.span))
        })
        .collect();
    let wanted = [("First é", "9:21"), ("Own", "10:21"), ("Joined", "20:64"), ("Last", "22:65")];
    assert_eq!(places, wanted.map(|(sid, place)| (sid.to_owned(), place.to_owned())));
    let documents = &carrier.subjects.documents;
    assert!(documents.iter().all(|subject| subject.in_text));
    let root = &documents[0].document.statements[0].principal.as_ref().unwrap().names[0].name;
    assert_eq!((&*root.text, place(&text, root.span)), ("arn:aws:iam::⟦text.yaml#AccountId⟧:root", "9:72".to_owned()));
    let variable = &documents[0].document.statements[1].conditions[0].values[0];
    assert_eq!(&*variable.text, "${aws:username}");
    // A key without a policy is its account's.
    let world = World::from_sources([text]);
    assert_eq!(ask(&world, "⟦text.yaml#AccountId⟧", "kms:PutKeyPolicy", "Default"), Allow);
}

/// Templates in which something essential is open: an answer that turns on it is not given.
#[test]
fn what_is_open_never_becomes_an_answer() {
    let template = |policy: &str| {
        let text = format!(
            r#"{{"Parameters": {{"P": {{"Type": "String"}}}}, "Conditions": {{"C": {{"Fn::Equals": [{{"Ref": "P"}}, "x"]}},
                "Loop": {{"Condition": "Loop"}}}},
            "Resources": {{"App": {{"Type": "AWS::IAM::Role", "Properties": {{}}}},
            "Key": {{"Type": "AWS::KMS::Key", "Properties": {{"KeyPolicy": {policy}}}}}}}}}"#
        );
        let world = world(&[("t.json", &text)]);
        (ask(&world, "role/App", "kms:Decrypt", "Key"), world)
    };
    let allow = |principal: &str| {
        format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "kms:Decrypt", "Resource": "*"}}"#)
    };
    let whole = |statements: &str| format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
    let cases = [
        (whole(&allow(r#"{"AWS": {"Ref": "P"}}"#)), Unknown),
        (whole(&allow(r#"{"AWS": {"Fn::ImportValue": "role"}}"#)), Unknown),
        (whole(&allow(r#"{"AWS": {"Fn::GetAtt": ["App", "Arn"]}}"#)), Allow),
        (whole(&allow(r#"{"AWS": {"Fn::Sub": ["${X}", {"X": {"Fn::GetAtt": "App.Arn"}}]}}"#)), Allow),
        (whole(&allow(r#"{"AWS": {"Fn::If": ["C", {"Fn::GetAtt": ["App", "Arn"]}, "*"]}}"#)), Unknown),
        (whole(&allow(r#"{"AWS": {"Fn::If": ["C", "*", "*"]}}"#)), Allow),
        (whole(&allow(r#"{"AWS": {"Fn::If": ["Loop", "*", "999988887777"]}}"#)), Unknown),
        (whole(&allow(r#"{"AWS": {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "P"}]}]}}"#)), Unknown),
        (whole(&allow(r#"{"AWS": {"Fn::Select": [1, {"Fn::Split": [",", "111122223333,*"]}]}}"#)), Allow),
        (whole(&allow(r#"{"Fn::Transform": {"Name": "M"}}"#)), Unknown),
        (whole(r#"{"Fn::ForEach::X": ["N", ["a"], {}]}"#), Unknown),
        (
            whole(
                r#"[{"Fn::If": ["C", {"Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}, {"Ref": "AWS::NoValue"}]}]"#,
            ),
            ImplicitDeny,
        ),
        (r#"{"Ref": "P"}"#.to_owned(), Unknown),
        (r#"{"Fn::Sub": "{${P}}"}"#.to_owned(), Unknown),
        (
            format!(
                r#"{{"Fn::If": ["C", {}, {}]}}"#,
                whole(&allow("\"*\"")),
                whole(&allow(r#"{"AWS": "999988887777"}"#))
            ),
            Unknown,
        ),
        (format!(r#"{{"Fn::ToJsonString": {}}}"#, whole(&allow("\"*\""))), Allow),
    ];
    for (policy, wanted) in cases {
        let (found, world) = template(&policy);
        assert_eq!(found, wanted, "{policy}");
        assert!(!world.coverage().gaps.iter().any(|gap| gap.kind.is_defect()), "{policy}: {:?}", world.coverage());
    }
    let (verdict, world) = template(r#""{broken""#);
    assert_eq!(verdict, Unknown);
    assert!(world.coverage().gaps.iter().any(|gap| gap.kind == GapKind::Unreadable), "{:?}", world.coverage());
}

#[test]
fn policies_attached_by_open_names_make_everybody_uncertain() {
    let text = r#"{"Parameters": {"Who": {"Type": "String"}}, "Resources": {
        "App": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
        "Deny": {"Type": "AWS::IAM::RolePolicy", "Properties": {"RoleName": {"Ref": "Who"}, "PolicyName": "d",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}},
        "Ana": {"Type": "AWS::IAM::User", "Properties": {"UserName": "ana"}},
        "Group": {"Type": "AWS::IAM::Group", "Properties": {"Policies": [{"PolicyName": "g",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}}]}},
        "Member": {"Type": "AWS::IAM::UserToGroupAddition", "Properties": {"GroupName": {"Ref": "Group"}, "Users": [{"Ref": "Ana"}]}}}}"#;
    let world = world(&[("t.json", text)]);
    assert_eq!(ask(&world, "role/App", "kms:Decrypt", "Key"), Unknown);
    assert_eq!(ask(&world, "user/ana", "kms:Decrypt", "Key"), Allow);
}

#[test]
fn hostile_templates_end() {
    // Names that double at every step.
    let mut resources = String::from(r#""R0": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}"#);
    for index in 1..60 {
        let before = index - 1;
        resources.push_str(&format!(
            r#", "R{index}": {{"Type": "AWS::IAM::Role", "Properties": {{"RoleName": {{"Fn::Sub": "${{R{before}}}${{R{before}}}"}}}}}}"#
        ));
    }
    // A name that contains itself.
    resources.push_str(r#", "Self": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "Self"}}}"#);
    let text = format!(r#"{{"Resources": {{{resources}}}}}"#);
    assert!(world(&[("t.json", &text)]).principals().len() > 1);
    // Functions in functions.
    let deep = |levels: usize| {
        let (open, close) = (r#"{"Fn::Join": ["", ["#.repeat(levels), "]]}".repeat(levels));
        format!(
            r#"{{"Resources": {{"R": {{"Type": "AWS::IAM::Role", "Properties": {{"RoleName": {open}"x"{close}}}}}}}}}"#
        )
    };
    assert_eq!(world(&[("t.json", &deep(30))]).principals().len(), 1);
    let refused = world(&[("t.json", &deep(60))]);
    assert!(refused.coverage().gaps[0].message.starts_with("t.json:1:"), "{:?}", refused.coverage());
    let yaml = format!(
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: {}x{}\n",
        "!Join [\"\", [".repeat(60),
        "]]".repeat(60)
    );
    let refused = world(&[("t.yaml", &yaml)]);
    assert!(refused.coverage().gaps[0].message.contains("nested deeper"), "{:?}", refused.coverage());
    // Aliases of aliases.
    let mut bomb = String::from("Resources:\n  a0: &a0 {Type: \"AWS::IAM::Role\"}\n");
    for index in 1..30 {
        let before = format!("*a{}, ", index - 1).repeat(10);
        bomb.push_str(&format!("  a{index}: &a{index} [{before}]\n"));
    }
    let refused = world(&[("t.yaml", &bomb)]);
    assert!(refused.coverage().gaps[0].message.contains("nodes"), "{:?}", refused.coverage());
}

#[test]
fn a_replica_is_a_sibling_of_the_primary_that_its_template_names() {
    let template = |primary: &str| {
        format!(
            r#"{{"Parameters": {{"Primary": {{"Type": "String", "Default": "{primary}"}}, "Open": {{"Type": "String"}}}}, "Resources": {{
                "Copy": {{"Type": "AWS::KMS::ReplicaKey", "Properties": {{"PrimaryKeyArn": {{"Ref": "Primary"}}, "KeyPolicy": {{"Version": "2012-10-17",
                "Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}]}}}}}},
                "Other": {{"Type": "AWS::KMS::ReplicaKey", "Properties": {{"PrimaryKeyArn": {{"Ref": "Open"}}}}}}}}}}"#
        )
    };
    let path = "w/111122223333/eu-west-1/t.json";
    let id = "mrk-1234abcd12ab34cd56ef1234567890ab";
    let primary = format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
    let metadata = format!(r#"{{"KeyMetadata": {{"KeyId": "{id}", "Arn": "{primary}", "MultiRegion": true}}}}"#);
    let text = template(&primary);
    let world = world(&[(path, &text), ("w/111122223333/describe.json", &metadata)]);
    let replica = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    let chosen: Vec<&str> =
        wardbook_inventory::access::select(&world, &primary).unwrap().iter().map(|key| &*key.arn).collect();
    assert_eq!(chosen, [replica.as_str(), primary.as_str()]);
    // A replica of nobody knows which key, and one in the region of its primary, have made names.
    assert!(world.key("arn:aws:kms:eu-west-1:111122223333:key/⟪t.json#Other⟫").is_some(), "{:?}", world.keys());
    let text = template(&replica);
    let world = self::world(&[(path, &text)]);
    assert!(world.key("arn:aws:kms:eu-west-1:111122223333:key/⟪t.json#Copy⟫").is_some(), "{:?}", world.keys());
}
