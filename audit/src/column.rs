//! The one table of columns. Arrow schema, writer, reader, DDL and the page `COLUMNS.md` all come from it.
//!
//! Adding a column is adding a row here. Types are few on purpose: what every engine reads the same way.

mod arrow;
mod page;
#[cfg(test)]
mod tests;

pub(crate) use arrow::parts;
pub use arrow::{data_type, schema};
pub use page::page;

/// The version of the table; it goes up when a file written before could no longer be read with it.
pub const SCHEMA_VERSION: &str = "1";

/// The name of the column that holds what no other column can.
pub const REMAINDER: &str = "remainder";

/// The name of the column that holds the event's place in its log.
pub const LEAF_INDEX: &str = "leaf_index";

/// A column of the files.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name and type.
    pub field: Field,
    /// Where its values come from.
    pub source: Source,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether files have a bloom filter for it.
    pub bloom: bool,
    /// Whether its values repeat enough to be kept in a dictionary.
    pub dictionary: bool,
    /// Its place in the order of rows inside a row group, from 0, if it has one.
    pub sorted: Option<usize>,
}

/// A named value: a column, or a part of one.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in the files: snake_case, lower case only.
    pub name: &'static str,
    /// CloudTrail's name for it; empty where CloudTrail has none.
    pub json: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it is, in a sentence without a full stop.
    pub about: &'static str,
}

/// The types there are.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A JSON value as text without whitespace.
    Json,
    /// A truth value.
    Bool,
    /// Microseconds in UTC.
    Timestamp,
    /// A whole number of 64 bits.
    Integer,
    /// Text to text.
    Map,
    /// A list of structs.
    List(&'static [Field]),
    /// Named parts.
    Struct(&'static [Field]),
}

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The member of the record that has the JSON name of the field. It is given back from here.
    Record,
    /// Computed from the record ([`Promoted`](crate::event::Promoted)); it is in the record as well.
    Promoted,
    /// Whatever of the record the other columns cannot give back.
    Remainder,
    /// The event's place in its log.
    Log,
}

const fn field(name: &'static str, json: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, json, kind, about }
}

const fn text(name: &'static str, json: &'static str, about: &'static str) -> Field {
    field(name, json, Kind::Text, about)
}

const fn record(name: &'static str, json: &'static str, kind: Kind, about: &'static str) -> Column {
    let field = field(name, json, kind, about);
    Column { field, source: Source::Record, nullable: true, bloom: false, dictionary: true, sorted: None }
}

const fn promoted(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { source: Source::Promoted, ..record(name, "", kind, about) }
}

impl Column {
    const fn bloom(self) -> Self {
        Self { bloom: true, ..self }
    }

    const fn unique(self) -> Self {
        Self { dictionary: false, ..self }
    }

    const fn required(self) -> Self {
        Self { nullable: false, ..self }
    }

    const fn sorted(self, place: usize) -> Self {
        Self { sorted: Some(place), ..self }
    }
}

/// The column of that name.
pub fn column(name: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.field.name == name)
}

/// Every column, in the order of the files.
pub const COLUMNS: &[Column] = &[
    record("event_time", "eventTime", Kind::Timestamp, "When the request completed").required().unique().sorted(2),
    record("event_id", "eventID", Kind::Text, "The event's own id").unique().bloom(),
    record("request_id", "requestID", Kind::Text, "The id of the request that caused it").unique().bloom(),
    record(
        "shared_event_id",
        "sharedEventID",
        Kind::Text,
        "The id that events of one action in several accounts share",
    )
    .unique()
    .bloom(),
    record("event_version", "eventVersion", Kind::Text, "The version of the record format"),
    record("event_type", "eventType", Kind::Text, "`AwsApiCall`, `AwsServiceEvent`, ..."),
    record("event_category", "eventCategory", Kind::Text, "`Management`, `Data`, `NetworkActivity` or `Insight`"),
    record("event_source", "eventSource", Kind::Text, "The service, such as `kms.amazonaws.com`").sorted(0),
    record("event_name", "eventName", Kind::Text, "The operation"),
    record("api_version", "apiVersion", Kind::Text, "The version of the service's API"),
    record("aws_region", "awsRegion", Kind::Text, "The region"),
    record("recipient_account_id", "recipientAccountId", Kind::Text, "The account that received the record"),
    record("read_only", "readOnly", Kind::Bool, "Whether the operation only reads"),
    record("management_event", "managementEvent", Kind::Bool, "Whether it is a management event"),
    record("source_ip_address", "sourceIPAddress", Kind::Text, "An address, or the name of a service"),
    record("user_agent", "userAgent", Kind::Text, "The caller's software"),
    record("vpc_endpoint_id", "vpcEndpointId", Kind::Text, "The VPC endpoint that the request came through"),
    record("vpc_endpoint_account_id", "vpcEndpointAccountId", Kind::Text, "The account that owns the endpoint"),
    record("error_code", "errorCode", Kind::Text, "Why the request failed, as a name"),
    record("error_message", "errorMessage", Kind::Text, "Why the request failed, in words"),
    record(
        "user_identity",
        "userIdentity",
        Kind::Struct(USER_IDENTITY),
        "Who made the request, as CloudTrail tells it",
    ),
    record("resources", "resources", Kind::List(RESOURCE), "What the request touched"),
    record("tls_details", "tlsDetails", Kind::Struct(TLS_DETAILS), "How the connection was protected"),
    record("session_credential_from_console", "sessionCredentialFromConsole", Kind::Text, "The text `true`, or NULL"),
    record("addendum", "addendum", Kind::Struct(ADDENDUM), "What a late or corrected event amends"),
    record("request_parameters", "requestParameters", Kind::Json, "What was asked"),
    record("response_elements", "responseElements", Kind::Json, "What was answered, where it is logged"),
    record("additional_event_data", "additionalEventData", Kind::Json, "What else the service tells"),
    record("service_event_details", "serviceEventDetails", Kind::Json, "What a service event was about"),
    record("event_context", "eventContext", Kind::Json, "Condition keys and tags of an enriched event"),
    record("edge_device_details", "edgeDeviceDetails", Kind::Json, "The edge device that was the target"),
    record("insight_details", "insightDetails", Kind::Json, "What an Insight event is about"),
    promoted("principal_arn", Kind::Text, "The caller: the role of an assumed role, else the ARN").bloom(),
    promoted("principal_type", Kind::Text, "What kind of caller"),
    promoted("principal_account_id", Kind::Text, "The caller's account"),
    promoted("session_name", Kind::Text, "The session of an assumed role"),
    promoted("invoked_by", Kind::Text, "The service that called on the caller's behalf"),
    promoted("kms_key_arn", Kind::Text, "The key that was used").bloom().sorted(1),
    promoted("kms_key_id_requested", Kind::Text, "The key as the caller named it: id, ARN, alias or alias ARN"),
    promoted("dest_kms_key_arn", Kind::Text, "The second key: the one that ReEncrypt encrypts under").bloom(),
    promoted("encryption_context", Kind::Map, "The encryption context; of ReEncrypt, the one to decrypt with"),
    promoted("dest_encryption_context", Kind::Map, "The encryption context that ReEncrypt encrypts with"),
    promoted("via_service", Kind::Text, "kms:ViaService, where this engine decided"),
    promoted("decision", Kind::Text, "What this engine decided"),
    promoted("decided_by", Kind::Text, "The statement or layer that settled it"),
    promoted("grant_id", Kind::Text, "The grant that allowed it"),
    promoted("policy_digest", Kind::Text, "The digest of the policy that decided"),
    Column {
        source: Source::Remainder,
        ..record(REMAINDER, "", Kind::Json, "Members that no other column gives back, merged over them when read")
    },
    Column { source: Source::Log, ..record(LEAF_INDEX, "", Kind::Integer, "The event's place in its log, from 0") }
        .required()
        .unique(),
];

const USER_IDENTITY: &[Field] = &[
    text("type", "type", "`IAMUser`, `AssumedRole`, `AWSService`, ..."),
    text("principal_id", "principalId", "The unique id of the caller"),
    text("arn", "arn", "The caller's ARN; of a role, that of its session"),
    text("account_id", "accountId", "The caller's account"),
    text("access_key_id", "accessKeyId", "The id of the access key that signed"),
    text("user_name", "userName", "The friendly name"),
    text("invoked_by", "invokedBy", "The service that called on the caller's behalf"),
    text("identity_provider", "identityProvider", "The external identity provider"),
    text("credential_id", "credentialId", "The id of a bearer token's credential"),
    field("on_behalf_of", "onBehalfOf", Kind::Struct(ON_BEHALF_OF), "The IAM Identity Center user behind the caller"),
    field("in_scope_of", "inScopeOf", Kind::Struct(IN_SCOPE_OF), "What the credentials were issued for"),
    field("invoked_by_delegate", "invokedByDelegate", Kind::Struct(DELEGATE), "The delegate that called"),
    field("session_context", "sessionContext", Kind::Struct(SESSION_CONTEXT), "The session of temporary credentials"),
];

const ON_BEHALF_OF: &[Field] = &[
    text("user_id", "userId", "The id of the user"),
    text("identity_store_arn", "identityStoreArn", "The identity store that knows the user"),
];

const IN_SCOPE_OF: &[Field] = &[
    text("source_arn", "sourceArn", "The resource"),
    text("source_account", "sourceAccount", "Its account"),
    text("issuer_type", "issuerType", "Its type"),
    text("credentials_issued_to", "credentialsIssuedTo", "What holds the credentials"),
];

const DELEGATE: &[Field] = &[text("account_id", "accountId", "The delegate's account")];

const SESSION_CONTEXT: &[Field] = &[
    field("session_issuer", "sessionIssuer", Kind::Struct(SESSION_ISSUER), "The role or user that the session is of"),
    field("attributes", "attributes", Kind::Struct(SESSION_ATTRIBUTES), "When and how the session began"),
    field("web_id_federation_data", "webIdFederationData", Kind::Struct(FEDERATION), "The web identity behind it"),
    text("source_identity", "sourceIdentity", "The identity that was set when the role was assumed"),
    text("ec2_role_delivery", "ec2RoleDelivery", "The version of the instance metadata service"),
    text("ec2_issued_in_vpc", "ec2IssuedInVpc", "The VPC that the credentials were issued in"),
    text("assumed_root", "assumedRoot", "Whether it is a root session that was assumed"),
];

const SESSION_ISSUER: &[Field] = &[
    text("type", "type", "`Role`, `IAMUser` or `Root`"),
    text("principal_id", "principalId", "Its unique id"),
    text("arn", "arn", "Its ARN"),
    text("account_id", "accountId", "Its account"),
    text("user_name", "userName", "Its name"),
];

const SESSION_ATTRIBUTES: &[Field] = &[
    text("creation_date", "creationDate", "When the credentials were issued"),
    text("mfa_authenticated", "mfaAuthenticated", "The text `true` or `false`"),
];

const FEDERATION: &[Field] = &[
    text("federated_provider", "federatedProvider", "The identity provider"),
    field("attributes", "attributes", Kind::Map, "What it told about the user"),
];

const RESOURCE: &[Field] = &[
    text("arn", "ARN", "The resource"),
    text("account_id", "accountId", "Its account"),
    text("type", "type", "Its type, such as `AWS::KMS::Key`"),
];

const TLS_DETAILS: &[Field] = &[
    text("tls_version", "tlsVersion", "The version of TLS"),
    text("cipher_suite", "cipherSuite", "The cipher suite"),
    text("client_provided_host_header", "clientProvidedHostHeader", "The host that the client asked for"),
    text("key_exchange", "keyExchange", "The key exchange, such as `X25519MLKEM768`"),
];

const ADDENDUM: &[Field] = &[
    text("reason", "reason", "`DELIVERY_DELAY`, `UPDATED_DATA` or `SERVICE_OUTAGE`"),
    text("updated_fields", "updatedFields", "The fields that changed"),
    text("original_request_id", "originalRequestID", "The request id of the event that it amends"),
    text("original_event_id", "originalEventID", "The event that it amends"),
];
