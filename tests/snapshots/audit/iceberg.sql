-- Apache Iceberg through Spark, in a catalog called `iceberg`. The files stay where they are and belong to both.
-- 1. The files as a table of Spark, from which they are added.
-- Spark SQL 3.4 or later. Read times in UTC.
SET spark.sql.session.timeZone = UTC;

CREATE TABLE IF NOT EXISTS `events` (
  `event_time` timestamp COMMENT 'When the request completed',
  `event_id` string COMMENT 'The event\'s own id',
  `request_id` string COMMENT 'The id of the request that caused it',
  `shared_event_id` string COMMENT 'The id that events of one action in several accounts share',
  `event_version` string COMMENT 'The version of the record format',
  `event_type` string COMMENT 'AwsApiCall, AwsServiceEvent, ...',
  `event_category` string COMMENT 'Management, Data, NetworkActivity or Insight',
  `event_source` string COMMENT 'The service, such as kms.amazonaws.com',
  `event_name` string COMMENT 'The operation',
  `api_version` string COMMENT 'The version of the service\'s API',
  `aws_region` string COMMENT 'The region',
  `recipient_account_id` string COMMENT 'The account that received the record',
  `read_only` boolean COMMENT 'Whether the operation only reads',
  `management_event` boolean COMMENT 'Whether it is a management event',
  `source_ip_address` string COMMENT 'An address, or the name of a service',
  `user_agent` string COMMENT 'The caller\'s software',
  `vpc_endpoint_id` string COMMENT 'The VPC endpoint that the request came through',
  `vpc_endpoint_account_id` string COMMENT 'The account that owns the endpoint',
  `error_code` string COMMENT 'Why the request failed, as a name',
  `error_message` string COMMENT 'Why the request failed, in words',
  `user_identity` struct<type:string, principal_id:string, arn:string, account_id:string, access_key_id:string, user_name:string, invoked_by:string, identity_provider:string, credential_id:string, on_behalf_of:struct<user_id:string, identity_store_arn:string>, in_scope_of:struct<source_arn:string, source_account:string, issuer_type:string, credentials_issued_to:string>, invoked_by_delegate:struct<account_id:string>, session_context:struct<session_issuer:struct<type:string, principal_id:string, arn:string, account_id:string, user_name:string>, attributes:struct<creation_date:string, mfa_authenticated:string>, web_id_federation_data:struct<federated_provider:string, attributes:map<string, string>>, source_identity:string, ec2_role_delivery:string, ec2_issued_in_vpc:string, assumed_root:string>> COMMENT 'Who made the request, as CloudTrail tells it',
  `resources` array<struct<arn:string, account_id:string, type:string>> COMMENT 'What the request touched',
  `tls_details` struct<tls_version:string, cipher_suite:string, client_provided_host_header:string, key_exchange:string> COMMENT 'How the connection was protected',
  `session_credential_from_console` string COMMENT 'The text true, or NULL',
  `addendum` struct<reason:string, updated_fields:string, original_request_id:string, original_event_id:string> COMMENT 'What a late or corrected event amends',
  `request_parameters` string COMMENT 'What was asked',
  `response_elements` string COMMENT 'What was answered, where it is logged',
  `additional_event_data` string COMMENT 'What else the service tells',
  `service_event_details` string COMMENT 'What a service event was about',
  `event_context` string COMMENT 'Condition keys and tags of an enriched event',
  `edge_device_details` string COMMENT 'The edge device that was the target',
  `insight_details` string COMMENT 'What an Insight event is about',
  `principal_arn` string COMMENT 'The caller: the role of an assumed role, else the ARN',
  `principal_type` string COMMENT 'What kind of caller',
  `principal_account_id` string COMMENT 'The caller\'s account',
  `session_name` string COMMENT 'The session of an assumed role',
  `invoked_by` string COMMENT 'The service that called on the caller\'s behalf',
  `kms_key_arn` string COMMENT 'The key that was used',
  `kms_key_id_requested` string COMMENT 'The key as the caller named it: id, ARN, alias or alias ARN',
  `dest_kms_key_arn` string COMMENT 'The second key: the one that ReEncrypt encrypts under',
  `encryption_context` map<string, string> COMMENT 'The encryption context; of ReEncrypt, the one to decrypt with',
  `dest_encryption_context` map<string, string> COMMENT 'The encryption context that ReEncrypt encrypts with',
  `via_service` string COMMENT 'kms:ViaService, where this engine decided',
  `decision` string COMMENT 'What this engine decided',
  `decided_by` string COMMENT 'The statement or layer that settled it',
  `grant_id` string COMMENT 'The grant that allowed it',
  `policy_digest` string COMMENT 'The digest of the policy that decided',
  `remainder` string COMMENT 'Members that no other column gives back, merged over them when read',
  `leaf_index` bigint COMMENT 'The event\'s place in its log, from 0',
  `dt` string COMMENT 'The day of event_time in UTC'
)
USING PARQUET
PARTITIONED BY (`dt`)
LOCATION 's3://bucket/audit';

-- Finds the days, and warns of the folders beside them; run it again when there are new ones.
-- Without the table: spark.read.option('basePath', 's3://bucket/audit').parquet('s3://bucket/audit/dt=*')
MSCK REPAIR TABLE `events`;

-- 2. The Iceberg table.
CREATE TABLE IF NOT EXISTS iceberg.audit.events (
  `event_time` timestamp COMMENT 'When the request completed',
  `event_id` string COMMENT 'The event\'s own id',
  `request_id` string COMMENT 'The id of the request that caused it',
  `shared_event_id` string COMMENT 'The id that events of one action in several accounts share',
  `event_version` string COMMENT 'The version of the record format',
  `event_type` string COMMENT 'AwsApiCall, AwsServiceEvent, ...',
  `event_category` string COMMENT 'Management, Data, NetworkActivity or Insight',
  `event_source` string COMMENT 'The service, such as kms.amazonaws.com',
  `event_name` string COMMENT 'The operation',
  `api_version` string COMMENT 'The version of the service\'s API',
  `aws_region` string COMMENT 'The region',
  `recipient_account_id` string COMMENT 'The account that received the record',
  `read_only` boolean COMMENT 'Whether the operation only reads',
  `management_event` boolean COMMENT 'Whether it is a management event',
  `source_ip_address` string COMMENT 'An address, or the name of a service',
  `user_agent` string COMMENT 'The caller\'s software',
  `vpc_endpoint_id` string COMMENT 'The VPC endpoint that the request came through',
  `vpc_endpoint_account_id` string COMMENT 'The account that owns the endpoint',
  `error_code` string COMMENT 'Why the request failed, as a name',
  `error_message` string COMMENT 'Why the request failed, in words',
  `user_identity` struct<type:string, principal_id:string, arn:string, account_id:string, access_key_id:string, user_name:string, invoked_by:string, identity_provider:string, credential_id:string, on_behalf_of:struct<user_id:string, identity_store_arn:string>, in_scope_of:struct<source_arn:string, source_account:string, issuer_type:string, credentials_issued_to:string>, invoked_by_delegate:struct<account_id:string>, session_context:struct<session_issuer:struct<type:string, principal_id:string, arn:string, account_id:string, user_name:string>, attributes:struct<creation_date:string, mfa_authenticated:string>, web_id_federation_data:struct<federated_provider:string, attributes:map<string, string>>, source_identity:string, ec2_role_delivery:string, ec2_issued_in_vpc:string, assumed_root:string>> COMMENT 'Who made the request, as CloudTrail tells it',
  `resources` array<struct<arn:string, account_id:string, type:string>> COMMENT 'What the request touched',
  `tls_details` struct<tls_version:string, cipher_suite:string, client_provided_host_header:string, key_exchange:string> COMMENT 'How the connection was protected',
  `session_credential_from_console` string COMMENT 'The text true, or NULL',
  `addendum` struct<reason:string, updated_fields:string, original_request_id:string, original_event_id:string> COMMENT 'What a late or corrected event amends',
  `request_parameters` string COMMENT 'What was asked',
  `response_elements` string COMMENT 'What was answered, where it is logged',
  `additional_event_data` string COMMENT 'What else the service tells',
  `service_event_details` string COMMENT 'What a service event was about',
  `event_context` string COMMENT 'Condition keys and tags of an enriched event',
  `edge_device_details` string COMMENT 'The edge device that was the target',
  `insight_details` string COMMENT 'What an Insight event is about',
  `principal_arn` string COMMENT 'The caller: the role of an assumed role, else the ARN',
  `principal_type` string COMMENT 'What kind of caller',
  `principal_account_id` string COMMENT 'The caller\'s account',
  `session_name` string COMMENT 'The session of an assumed role',
  `invoked_by` string COMMENT 'The service that called on the caller\'s behalf',
  `kms_key_arn` string COMMENT 'The key that was used',
  `kms_key_id_requested` string COMMENT 'The key as the caller named it: id, ARN, alias or alias ARN',
  `dest_kms_key_arn` string COMMENT 'The second key: the one that ReEncrypt encrypts under',
  `encryption_context` map<string, string> COMMENT 'The encryption context; of ReEncrypt, the one to decrypt with',
  `dest_encryption_context` map<string, string> COMMENT 'The encryption context that ReEncrypt encrypts with',
  `via_service` string COMMENT 'kms:ViaService, where this engine decided',
  `decision` string COMMENT 'What this engine decided',
  `decided_by` string COMMENT 'The statement or layer that settled it',
  `grant_id` string COMMENT 'The grant that allowed it',
  `policy_digest` string COMMENT 'The digest of the policy that decided',
  `remainder` string COMMENT 'Members that no other column gives back, merged over them when read',
  `leaf_index` bigint COMMENT 'The event\'s place in its log, from 0',
  `dt` string COMMENT 'The day of event_time in UTC'
)
USING iceberg
PARTITIONED BY (`dt`);

-- 3. Add a day once it is over and compacted; a file that is added already is refused. Without partition_filter: all.
CALL iceberg.system.add_files(
  table => 'audit.events',
  source_table => 'spark_catalog.default.events',
  partition_filter => map('dt', '2026-04-01')
);
