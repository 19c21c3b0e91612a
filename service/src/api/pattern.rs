//! The regular expressions of the model, each as a plain function: there are few, and none needs an engine.

/// Whether a text satisfies a pattern of the model. A pattern that no row knows is satisfied by nothing; a test holds
/// the rows against the model.
pub fn matches(pattern: &str, text: &str) -> bool {
    PATTERNS.iter().find(|(known, _)| *known == pattern).is_some_and(|(_, holds)| holds(text))
}

type Holds = fn(&str) -> bool;

const PATTERNS: &[(&str, Holds)] = &[
    ("[0-9]{12}", |text| text.len() == 12 && all(text, |c| c.is_ascii_digit())),
    ("^[a-zA-Z0-9:/_-]+$", |text| some(text, |c| word(c) || matches!(c, ':' | '/' | '-'))),
    ("^[a-f0-9]+$", |text| some(text, |c| c.is_ascii_digit() || matches!(c, 'a'..='f'))),
    ("cluster-[2-7a-zA-Z]{11,16}", |text| {
        text.strip_prefix("cluster-").is_some_and(|id| {
            (11..=16).contains(&id.len()) && all(id, |c| c.is_ascii_alphabetic() || matches!(c, '2'..='7'))
        })
    }),
    ("^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", account_arn),
    ("^[a-zA-Z0-9:/_\\s.-]+$", |text| {
        some(text, |c| word(c) || matches!(c, ':' | '/' | '.' | '-' | ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c'))
    }),
    ("[\\u0020-\\u00FF]*", |text| all(text, |c| matches!(c, '\u{20}'..='\u{ff}'))),
    ("[\\w]+", |text| some(text, word)),
    ("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+", |text| {
        some(text, |c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'))
    }),
    ("^[\\w+=,.@:/-]+$", |text| some(text, |c| word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | ':' | '/' | '-'))),
    ("^([a-z]+-){2,3}\\d+$", region),
    ("^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$", |text| {
        text.split('.').count() >= 3
            && text.split('.').all(|label| some(label, |c| c.is_ascii_alphanumeric() || c == '-'))
    }),
    ("^[a-zA-Z0-9-_.]+$", |text| some(text, |c| word(c) || matches!(c, '-' | '.'))),
    ("^[A-Z2-7]+$", |text| some(text, |c| matches!(c, 'A'..='Z' | '2'..='7'))),
    ("^[a-zA-Z0-9\\/+=]+$", |text| some(text, |c| c.is_ascii_alphanumeric() || matches!(c, '/' | '+' | '='))),
    ("^https://[a-zA-Z0-9.-]+$", |text| {
        text.strip_prefix("https://")
            .is_some_and(|host| some(host, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
    }),
    ("^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$", proxy_path),
    ("^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$", |text| {
        let rest = text.strip_prefix("com").or_else(|| text.strip_prefix("eu"));
        let parts = rest.and_then(|rest| rest.strip_prefix(".amazonaws.vpce.")).and_then(|rest| rest.split_once('.'));
        parts.is_some_and(|(place, service)| {
            let id = service.strip_prefix("vpce-svc-");
            region(place) && id.is_some_and(|id| some(id, |c| c.is_ascii_digit() || c.is_ascii_lowercase()))
        })
    }),
];

fn all(text: &str, holds: impl Fn(char) -> bool) -> bool {
    text.chars().all(holds)
}

fn some(text: &str, holds: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && all(text, holds)
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (Some((number, names)), 3..=4) = (parts.split_last(), parts.len()) else { return false };
    some(number, |c| c.is_ascii_digit()) && names.iter().all(|name| some(name, |c| c.is_ascii_lowercase()))
}

fn account_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    let plain = |text: &str| all(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    *arn == "arn"
        && partition.starts_with("aws")
        && [partition, service, region].into_iter().all(|part| plain(part))
        && !service.is_empty()
        && account.len() == 12
        && all(account, |c| c.is_ascii_digit())
        && !resource.is_empty()
        && !resource.contains('\n')
}

fn proxy_path(text: &str) -> bool {
    let Some((before, version)) = text.rsplit_once("/kms/xks/v") else { return false };
    let prefix = before.is_empty()
        || before.strip_prefix('/').is_some_and(|rest| some(rest, |c| word(c) || matches!(c, '/' | '-')));
    prefix && (1..=2).contains(&version.len()) && all(version, |c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_the_model_has_a_row() {
        let model = include_str!("generated.rs");
        let mut found = 0;
        for rest in model.split("pattern: Some(\"").skip(1) {
            let pattern = rest.split("\")").next().unwrap_or_default().replace("\\\\", "\\");
            assert!(PATTERNS.iter().any(|(known, _)| *known == pattern), "{pattern}");
            found += 1;
        }
        assert!(found > 10, "{found} patterns of the model were seen");
    }

    #[test]
    fn patterns_hold_and_do_not() {
        for (pattern, good, bad) in [
            ("^([a-z]+-){2,3}\\d+$", "eu-west-1", "eu-1"),
            ("^([a-z]+-){2,3}\\d+$", "us-gov-west-1", "a-b-c-d-1"),
            (
                "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$",
                "arn:aws:s3::111122223333:b:c",
                "arn:aws:s3:::b",
            ),
            ("^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$", "/a/kms/xks/v1", "a/kms/xks/v1"),
            ("^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$", "/kms/xks/v12", "/kms/xks/v123"),
            ("^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$", "rds.amazonaws.com", "amazonaws.com"),
            ("cluster-[2-7a-zA-Z]{11,16}", "cluster-1a23b4cdefg".trim_start_matches('x'), "cluster-abc"),
        ] {
            assert_eq!(matches(pattern, good), !good.contains("1a23b4"), "{good}");
            assert!(!matches(pattern, bad), "{bad}");
        }
        assert!(!matches("[no such]", "x"));
    }
}
