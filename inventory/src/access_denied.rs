//! The text with which AWS refuses: who wanted what, and which layer is said to stand in the way.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use wardbook_policy::layers::Layer;

/// A refusal, as its text states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDenied {
    /// The principal: an ARN, or `*` for an unsigned request.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource, if the text names one.
    pub resource: Option<String>,
    /// The layer that is said to deny. AWS names one even if several deny.
    pub stated: Option<Stated>,
}

/// Which layer is said to deny, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The layer; role trust policies are resource policies.
    pub layer: Layer,
    /// Whether a statement denies, or nothing allows.
    pub kind: DenyKind,
    /// The policy that holds the Deny, where the text names it.
    pub policy: Option<String>,
}

/// How a layer denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DenyKind {
    /// By a statement.
    Explicit,
    /// By not allowing.
    Implicit,
}

/// No refusal was found in a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AccessDeniedError(&'static str);

const FORMS: &str = "no refusal of AWS was found; understood is `User: ARN is not authorized to perform: ACTION`, \
with or without `on resource: ARN`, and after it `with an explicit deny in a POLICY TYPE`, `: POLICY ARN` at its end \
or not, or `because no POLICY TYPE allows the ACTION action`";

const ENCODED: &str = "the message is encoded; `aws sts decode-authorization-message` gives the request in it, \
and only somebody with that permission can read it";

const PIVOT: &str = " is not authorized to perform:";

/// The policy types as the texts spell them, longest first where one begins like another.
const TYPES: &[(&str, Layer)] = &[
    ("identity-based polic", Layer::Identity),
    ("resource-based polic", Layer::Resource),
    ("role trust polic", Layer::Resource),
    ("trust polic", Layer::Resource),
    ("permissions boundar", Layer::Boundary),
    ("session polic", Layer::Session),
    ("VPC endpoint polic", Layer::Endpoint),
    ("service control polic", Layer::Scp),
    ("resource control polic", Layer::Rcp),
];

/// Finds the first refusal in a text, whatever stands around it: the words of a command line or
/// an SDK, quotes, JSON, line breaks.
///
/// ```
/// use wardbook_inventory::access_denied::read;
///
/// let text = "An error occurred (AccessDeniedException) when calling the Decrypt operation: User: \
///     arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:Decrypt on resource: \
///     arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab because no \
///     identity-based policy allows the kms:Decrypt action";
/// let denied = read(text).unwrap();
/// assert_eq!(denied.action, "kms:Decrypt");
/// assert_eq!(denied.stated.unwrap().layer.noun(), "identity-based policy");
/// ```
pub fn read(text: &str) -> Result<AccessDenied, AccessDeniedError> {
    let text = flattened(text);
    let found = text.match_indices(PIVOT).find_map(|(at, _)| refusal(text.get(..at)?, text.get(at + PIVOT.len()..)?));
    found.ok_or(AccessDeniedError(if text.to_ascii_lowercase().contains("encoded authorization failure message") {
        ENCODED
    } else {
        FORMS
    }))
}

fn refusal(before: &str, after: &str) -> Option<AccessDenied> {
    let principal = match bare(before.rsplit(' ').next()?) {
        "anonymous" => "*",
        principal => principal,
    };
    let after = after.trim_start();
    let action = bare(after.split(' ').next()?);
    if principal.is_empty() || !action.contains(':') {
        return None;
    }
    // What follows may belong to another refusal of the same text.
    let rest = after.split(PIVOT).next().unwrap_or(after);
    let resource = rest.split_once(" on resource: ").map(|(_, rest)| bare(rest.split(' ').next().unwrap_or(rest)));
    Some(AccessDenied {
        principal: principal.into(),
        action: action.into(),
        resource: resource.filter(|resource| !resource.is_empty()).map(Into::into),
        stated: stated(rest),
    })
}

fn stated(text: &str) -> Option<Stated> {
    if let Some((_, rest)) = text.split_once("explicit deny in ") {
        let rest = ["an ", "a ", "the "].iter().find_map(|article| rest.strip_prefix(article)).unwrap_or(rest);
        let (layer, rest) = policy_type(rest)?;
        let policy = rest.split(' ').find(|word| !word.is_empty()).filter(|_| rest.starts_with(':'));
        let policy = match policy {
            // `policy: arn:...` or `policy:arn:...`
            Some(":") => rest.split(' ').nth(1),
            Some(word) => word.strip_prefix(':'),
            None => None,
        };
        let policy = policy.map(bare).filter(|policy| policy.starts_with("arn:")).map(Into::into);
        return Some(Stated { layer, kind: DenyKind::Explicit, policy });
    }
    // KMS also has a text that leaves open which of several reasons holds; it states no layer.
    let (_, rest) = text.split_once("because no ")?;
    let (layer, _) = policy_type(rest)?;
    Some(Stated { layer, kind: DenyKind::Implicit, policy: None })
}

/// The policy type that a text begins with, and what follows it.
fn policy_type(text: &str) -> Option<(Layer, &str)> {
    let (rest, layer) = TYPES.iter().find_map(|(name, layer)| Some((text.strip_prefix(name)?, *layer)))?;
    let rest = ["y", "ies"].iter().find_map(|ending| rest.strip_prefix(ending)).unwrap_or(rest);
    Some((layer, rest))
}

/// One space where any white space was, escaped line breaks included.
fn flattened(text: &str) -> String {
    let text = text.replace("\\r", " ").replace("\\n", " ").replace("\\t", " ").replace("\\\"", "\"");
    let mut flat = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.push_str(word);
    }
    flat
}

/// A word without the quotes and the punctuation around it.
fn bare(word: &str) -> &str {
    let around = ['"', '\'', '`', '<', '>', '(', ')', '[', ']', '{', '}', ',', ';'];
    word.trim_start_matches(around).trim_end_matches(around).trim_end_matches(['.', ':']).trim_end_matches(around)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/report/s1";

    fn denied(clause: &str) -> AccessDenied {
        read(&format!("User: {SESSION} is not authorized to perform: kms:Decrypt on resource: {KEY}{clause}")).unwrap()
    }

    #[test]
    fn every_layer_is_recognized_in_both_forms() {
        for layer in
            [Layer::Identity, Layer::Resource, Layer::Boundary, Layer::Session, Layer::Endpoint, Layer::Scp, Layer::Rcp]
        {
            let noun = layer.noun();
            let article = if noun.starts_with('i') { "an" } else { "a" };
            let explicit = denied(&format!(" with an explicit deny in {article} {noun}")).stated.unwrap();
            assert_eq!(explicit, Stated { layer, kind: DenyKind::Explicit, policy: None });
            let implicit = denied(&format!(" because no {noun} allows the kms:Decrypt action")).stated.unwrap();
            assert_eq!(implicit, Stated { layer, kind: DenyKind::Implicit, policy: None });
            let arn = "arn:aws:organizations::999988887777:policy/o-1/service_control_policy/p-1";
            for clause in [format!("{noun}: {arn}"), format!("{noun}: {arn}."), format!("{noun}: \"{arn}\"")] {
                let named = denied(&format!(" with an explicit deny in {article} {clause}")).stated.unwrap();
                assert_eq!(named.policy.as_deref(), Some(arn), "{clause}");
            }
        }
        let trust = denied(" with an explicit deny in the role trust policy").stated.unwrap();
        assert_eq!((trust.layer, trust.kind), (Layer::Resource, DenyKind::Explicit));
        assert_eq!(denied("").stated, None);
    }

    #[test]
    fn the_text_is_found_in_whatever_stands_around_it() {
        let plain = format!(
            "User: {SESSION} is not authorized to perform: kms:Decrypt on resource: {KEY} because no identity-based policy allows the kms:Decrypt action"
        );
        let wanted = read(&plain).unwrap();
        assert_eq!(wanted.principal, SESSION);
        assert_eq!(wanted.resource.as_deref(), Some(KEY));
        for text in [
            format!("\nAn error occurred (AccessDeniedException) when calling the Decrypt operation: {plain}\n"),
            plain.replace(' ', "\n   "),
            format!("{{\"message\": \"{plain}\"}}"),
            format!("{{\\\"message\\\": \\\"{plain}\\\"}}"),
            plain.replace(' ', "\\n"),
            format!("'{plain}.'"),
            format!("software.amazon.awssdk...KmsException: {plain} (Service: Kms, Status Code: 400, Request ID: 1)"),
            plain.replace(KEY, &format!("\"{KEY}\"")),
            format!("😀 {plain} (Service: AWSKMS; Status Code: 400)"),
        ] {
            assert_eq!(read(&text).as_ref(), Ok(&wanted), "{text}");
        }
    }

    #[test]
    fn a_resource_may_be_missing_or_a_star() {
        let text = "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:ListKeys";
        assert_eq!(read(text).unwrap().resource, None);
        let text = format!("{text} on resource: * because no identity-based policy allows the kms:ListKeys action");
        assert_eq!(read(&text).unwrap().resource.as_deref(), Some("*"));
        let vague = "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access";
        let denied = read(vague).unwrap();
        assert_eq!((denied.resource, denied.stated), (None, None));
        let anonymous = "User: anonymous is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/x";
        assert_eq!(read(anonymous).unwrap().principal, "*");
    }

    #[test]
    fn the_first_of_several_refusals_is_read_with_its_own_words() {
        let text = format!(
            "User: {SESSION} is not authorized to perform: kms:Decrypt, User: {SESSION} is not authorized to perform: kms:Sign on resource: {KEY} with an explicit deny in a session policy"
        );
        let denied = read(&text).unwrap();
        assert_eq!((denied.action.as_str(), denied.resource, denied.stated), ("kms:Decrypt", None, None));
    }

    #[test]
    fn other_texts_are_refused_with_the_forms_that_are_understood() {
        for text in
            ["", "Access Denied", " is not authorized to perform:", "User: x is not authorized to perform: y", "😀"]
        {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("`User: ARN is not authorized to perform: ACTION`"), "{text}: {error}");
        }
        let encoded = "You are not authorized to perform this operation. Encoded authorization failure message: abc";
        assert!(read(encoded).unwrap_err().to_string().contains("decode-authorization-message"));
    }
}
