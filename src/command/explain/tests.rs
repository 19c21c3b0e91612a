use wardbook_policy::catalogue;
use wardbook_policy::condition;
use wardbook_policy::layers::Layer;
use wardbook_policy::quirk::QUIRKS;

use super::*;

fn kind(topic: &str) -> &'static str {
    find(topic).unwrap_or_else(|| panic!("nothing about {topic}")).kind()
}

/// The kind, of those that are asked before this one, that explains the topic.
fn claimed_before(kind: &str, topic: &str) -> Option<&'static str> {
    let before = KINDS.iter().take_while(|other| other.name != kind);
    before.filter(|other| (other.page)(topic).is_some()).map(|other| other.name).next()
}

#[test]
fn everything_that_has_a_name_has_a_page() {
    for layer in Layer::ALL {
        assert_eq!((kind(layer.name()), kind(layer.noun())), ("layer", "layer"));
    }
    for operator in condition::operators() {
        assert_eq!(kind(operator.name), "operator");
        for spelled in [format!("ForAllValues:{}", operator.name), format!("{}IfExists", operator.name)] {
            assert_eq!(find(&spelled).is_some(), operator.name != "Null", "{spelled}");
        }
    }
    for quirk in QUIRKS {
        assert_eq!(kind(quirk.name), "quirk");
    }
    for error in catalogue::kms_errors() {
        assert_eq!(kind(error.name()), "error");
        let short = error.name().trim_end_matches("Exception");
        assert_eq!(kind(short), if short == "Tag" { "service" } else { "error" }, "{short}");
    }
    for line in catalogue::kms_operations() {
        assert_eq!(kind(line.action()), "action");
    }
    for service in catalogue::services() {
        assert_eq!(claimed_before("service", service.prefix()), None, "{}", service.prefix());
    }
    assert_eq!(kind("s3"), "service");
    for list in ["topics", "operators", "errors", "layers", "quirks"] {
        assert_eq!(kind(list), "list");
    }
}

#[test]
fn a_condition_key_hides_behind_no_action_but_one() {
    let names = catalogue::condition_keys().map(|key| key.name());
    let hidden: Vec<&str> = names.filter(|name| claimed_before("condition key", name).is_some()).collect();
    assert_eq!(hidden, ["rds:CopyOptionGroup"]);
}

#[test]
fn case_and_prefix_may_be_left_out() {
    let topic = |text: &str| find(text).unwrap().topic().to_owned();
    for (asked, wanted) in [
        ("KMS:decrypt", "kms:Decrypt"),
        ("decrypt", "kms:Decrypt"),
        ("reencrypt", "kms:ReEncrypt"),
        ("viaservice", "kms:ViaService"),
        ("SOURCEIP", "aws:SourceIp"),
        ("AWS:principaltag/Team", "aws:PrincipalTag/Team"),
        ("foranyvalue:stringlikeifexists", "ForAnyValue:StringLikeIfExists"),
        ("accessdenied", "AccessDeniedException"),
        ("access denied", "AccessDeniedException"),
        ("Permissions-Boundary", "boundary"),
        ("GRANTS", "grant"),
        ("scps", "scp"),
        ("Short-Arn", "short-arn"),
        ("KMS", "kms"),
    ] {
        assert_eq!(topic(asked), wanted, "{asked}");
    }
}

#[test]
fn what_has_no_page() {
    for topic in
        ["", "*:", "kms:Bake", "s3:ReEncrypt", "aws:PrincipalTag/", "NullIfExists", "ForAnyValue:Null", "ſcp", "é"]
    {
        assert!(find(topic).is_none(), "{topic:?}");
    }
}

#[test]
fn slips_of_every_kind_find_their_name() {
    for (topic, wanted) in [
        ("kms:Decyrpt", "kms:Decrypt"),
        ("kms:ViaServices", "kms:ViaService"),
        ("StringLik", "StringLike"),
        ("ForAllValue:StringLikes", "ForAllValues:StringLike"),
        ("AcessDenied", "AccessDenied"),
        ("permission bounday", "permission boundary"),
        ("grnt", "grant"),
        ("shortarn", "short-arn"),
        ("topic", "topics"),
        ("lambada", "lambda"),
    ] {
        assert!(
            suggest::nearest(topic, KINDS).contains(&wanted.to_owned()),
            "{topic}: {:?}",
            suggest::nearest(topic, KINDS)
        );
    }
    assert_eq!(suggest::nearest("frobnication device", KINDS), [""; 0]);
}

#[test]
fn notes_are_about_keys_and_actions_that_exist_and_each_once() {
    for row in note::KEYS {
        assert_eq!(catalogue::condition_key(row.key).map(|key| key.name()), Some(row.key));
        assert_eq!(note::KEYS.iter().filter(|other| other.key == row.key).count(), 1, "{}", row.key);
    }
    assert!(catalogue::kms_operations().any(|line| note::on_action(line.action()).is_some()));
}
