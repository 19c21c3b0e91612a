//! Any text as an ARN, a principal and a resource: each is refused or keeps what it was given.

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::Caller;
use wardbook_policy::request::Request;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(arn) = Arn::parse(text) {
        let parts = ["arn", arn.partition, arn.service, arn.region, arn.account, arn.resource];
        assert_eq!(parts.join(":"), text);
        arn.resource_after("key");
    }
    if let Ok(caller) = Caller::parse(text) {
        assert!(caller.text() == text || caller.text().contains(text));
        assert!(caller.account().is_none_or(|account| text.contains(account)));
        let _ = (caller.role_arn(), caller.user_arn(), caller.is_service_linked());
    }
    for action in ["kms:Decrypt", "kms:CreateAlias", "kms:ListKeys", "s3:GetObject", "sts:AssumeRole", text] {
        for principal in ["*", "111122223333", text] {
            if let Ok(request) = Request::builder(principal, action, text).build() {
                assert_eq!(request.resource(), text);
            }
        }
    }
}
