//! What people stumble over, and which keys wardbook works out by itself.

/// What is said of a condition key beyond the catalogue.
pub(super) struct KeyNote {
    /// The key, as the catalogue spells it.
    pub(super) key: &'static str,
    /// Where the value comes from if nobody gives it.
    pub(super) derived: Option<&'static str>,
    /// What to watch out for.
    pub(super) note: Option<&'static str>,
}

pub(super) fn on_key(name: &str) -> Option<&'static KeyNote> {
    KEYS.iter().find(|row| row.key == name)
}

pub(super) fn on_action(name: &str) -> Option<&'static str> {
    ACTIONS.iter().find(|(action, _)| *action == name).map(|(_, note)| *note)
}

const fn derived(key: &'static str, derived: &'static str) -> KeyNote {
    KeyNote { key, derived: Some(derived), note: None }
}

const fn note(key: &'static str, note: &'static str) -> KeyNote {
    KeyNote { key, derived: None, note: Some(note) }
}

const fn both(key: &'static str, derived: &'static str, note: &'static str) -> KeyNote {
    KeyNote { key, derived: Some(derived), note: Some(note) }
}

pub(super) const KEYS: &[KeyNote] = &[
    derived("aws:CalledVia", "the service of kms:ViaService, where that is given (quirk `called-via`)"),
    derived("aws:CalledViaFirst", "the first of aws:CalledVia"),
    derived("aws:CalledViaLast", "the last of aws:CalledVia"),
    derived("aws:CurrentTime", "aws:EpochTime, where that is given"),
    both(
        "aws:EpochTime",
        "aws:CurrentTime, where that is given",
        "Numeric operators fit as well, on seconds since 1970.",
    ),
    derived("aws:PrincipalAccount", "the account of the caller; missing for service principals"),
    both(
        "aws:PrincipalArn",
        "the ARN of the caller, for a session that of its role",
        "It is the role's ARN with its path, never the session's. A role's path is not in a session ARN: give the \
            key where it matters.",
    ),
    both(
        "aws:PrincipalIsAWSService",
        "true for a service principal, else false",
        "A service that calls in somebody's name is not a service principal: the caller is still that user or role.",
    ),
    note(
        "aws:PrincipalOrgID",
        "Service principals have none. A Deny with StringNotEquals hits them too, unless \
            aws:PrincipalIsAWSService spares them.",
    ),
    derived("aws:PrincipalServiceName", "the service principal that calls"),
    derived("aws:PrincipalServiceNamesList", "the service principal that calls"),
    derived("aws:PrincipalType", "the kind of the caller: Account, User, FederatedUser, AssumedRole or Anonymous"),
    both(
        "aws:RequestedRegion",
        "the Region in the ARN of the resource",
        "It is the endpoint's Region, not the caller's.",
    ),
    derived("aws:ResourceAccount", "the account in the ARN of the resource"),
    note(
        "aws:ResourceTag/${TagKey}",
        "For KMS keys only IAM policies can use it: a key policy cannot. Who may tag a key may change what it opens.",
    ),
    note(
        "aws:SecureTransport",
        "In a case file it is missing unless given. BoolIfExists or a Deny on `false` says what is meant.",
    ),
    note("aws:SourceAccount", "Only where a service acts for a resource of yours. There is no kms:SourceAccount."),
    note("aws:SourceArn", "Only where a service acts for a resource of yours; on a direct call it is missing."),
    note(
        "aws:SourceIp",
        "Where a service calls in your name (kms:ViaService), it is the service's address and not yours: a Deny \
            on other \
            addresses than your own breaks S3 and EBS encryption. Through a VPC endpoint it is missing.",
    ),
    note("aws:SourceVpc", "Only through a VPC endpoint, and not where a service calls in your name."),
    note("aws:SourceVpce", "Only through a VPC endpoint, and not where a service calls in your name."),
    note(
        "aws:TagKeys",
        "ForAllValues holds where the request has no tags at all. To demand tags, add `\"Null\": \
            {\"aws:TagKeys\": \"false\"}`.",
    ),
    derived("aws:userid", "the account of a root user; for others it has to be given"),
    both(
        "aws:username",
        "the name of an IAM user",
        "Roles and sessions have none: a Deny with StringNotEquals hits them all.",
    ),
    derived("aws:ViaAWSService", "true with kms:ViaService or aws:CalledVia, else false"),
    both(
        "kms:CallerAccount",
        "the account of the caller, on the actions that carry it",
        "With Principal `*` it is what keeps a key policy to one account. Service principals have none.",
    ),
    derived("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT for data keys, unless it is given"),
    note(
        "kms:EncryptionContext:${EncryptionContextKey}",
        "The name compares without regard to case, the value as its operator says. S3 sends the object's ARN as \
            aws:s3:arn, \
            but the bucket's ARN where S3 Bucket Keys are on: a condition on objects then matches nothing. It may \
                hold \
            colons: all after `kms:EncryptionContext:` is one name.",
    ),
    both(
        "kms:EncryptionContextKeys",
        "the names of the encryption context; missing if it is empty",
        "ForAllValues holds on an empty encryption context. To demand one, add `\"Null\": \
            {\"kms:EncryptionContextKeys\": \"false\"}`. \
            Here the names compare as the operator says, case included.",
    ),
    both(
        "kms:GrantIsForAWSResource",
        "for CreateGrant, ListGrants and RevokeGrant: true with kms:ViaService or a service principal, else false",
        "Only a service that is integrated with KMS makes it true; a direct call never does. An Allow for \
            kms:CreateGrant \
            with it lets EBS or RDS make grants and no person.",
    ),
    note(
        "kms:GrantOperations",
        "ForAllValues is what limits a grant: each operation asked for has to be on the \
        list.",
    ),
    derived("kms:PolicyName", "default, unless it is given"),
    derived("kms:ScheduleKeyDeletionPendingWindowInDays", "30, unless it is given"),
    note(
        "kms:RequestAlias",
        "The alias name in the request (`alias/x`, never an ARN); missing where the key was named by its id or ARN.",
    ),
    note(
        "kms:ResourceAliases",
        "The alias names of the key, whatever the request named. Only IAM policies can use it. Who may move an \
            alias may change what it opens.",
    ),
    note("kms:ValidTo", "Numeric operators fit as well, on seconds since 1970."),
    note(
        "kms:ViaService",
        "The value has the Region in it: s3.eu-west-1.amazonaws.com; write s3.*.amazonaws.com with StringLike for \
            all of them. \
            It is missing where somebody calls KMS directly, and where a service principal uses a grant.",
    ),
    derived("kms:KeyOrigin", "AWS_KMS for CreateKey, unless it is given"),
    derived("kms:KeySpec", "SYMMETRIC_DEFAULT for CreateKey, unless it is given"),
    derived("kms:KeyUsage", "ENCRYPT_DECRYPT for CreateKey, unless it is given"),
    derived("kms:MultiRegion", "false for CreateKey, unless it is given"),
];

const ACTIONS: &[(&str, &str)] = &[
    (
        "kms:CreateGrant",
        "Who may create grants may hand on any operation a grant can hold, without holding it. Limit it by \
            kms:GrantOperations, \
            kms:GranteePrincipal or kms:GrantIsForAWSResource.",
    ),
    ("kms:PutKeyPolicy", "Who may write the key policy may give everything on the key to anybody."),
    (
        "kms:RetireGrant",
        "The grant decides: its retiring principal, its grantee if RetireGrant is among its operations, and the \
            account it was \
            issued in. No policy allows it beyond that, and in a key policy or an RCP it has no effect; a Deny in \
                an IAM policy has.",
    ),
    (
        "kms:ScheduleKeyDeletion",
        "While it waits the key refuses all cryptographic use; CancelKeyDeletion leaves it disabled.",
    ),
];
