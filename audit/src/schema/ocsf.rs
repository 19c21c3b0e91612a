//! OCSF 6003, API Activity, as a view: for tools that want it. The files keep what it has no place for.
//!
//! [The class](https://schema.ocsf.io/classes/api_activity).

use super::{duckdb, quoted};

/// The version of OCSF whose names these are.
const VERSION: &str = "1.3.0";

pub(super) fn ddl(folder: &str) -> String {
    format!("{}\n{}", duckdb::ddl(folder), VIEW.replace("$VERSION", &quoted(VERSION)))
}

const VIEW: &str = r"-- OCSF API Activity (class 6003), one row for each event.
CREATE OR REPLACE VIEW ocsf_api_activity AS
WITH judged AS (
  SELECT
    *,
    CASE
      WHEN event_name LIKE 'Create%' OR event_name LIKE 'Import%' OR event_name LIKE 'Replicate%' THEN 1
      WHEN read_only THEN 2
      WHEN event_name LIKE 'Delete%' OR event_name LIKE 'Revoke%' OR event_name LIKE 'Retire%' THEN 4
      WHEN event_name LIKE 'Update%' OR event_name LIKE 'Put%' OR event_name LIKE 'Enable%'
        OR event_name LIKE 'Disable%' OR event_name LIKE 'Tag%' OR event_name LIKE 'Untag%' THEN 3
      WHEN event_name IS NULL THEN 0
      ELSE 99
    END AS activity_id
  FROM events
)
SELECT
  activity_id,
  CASE activity_id
    WHEN 0 THEN 'Unknown' WHEN 1 THEN 'Create' WHEN 2 THEN 'Read' WHEN 3 THEN 'Update' WHEN 4 THEN 'Delete'
    ELSE event_name
  END AS activity_name,
  6 AS category_uid,
  'Application Activity' AS category_name,
  6003 AS class_uid,
  'API Activity' AS class_name,
  600300 + activity_id AS type_uid,
  epoch_ms(event_time) AS time,
  event_time AS time_dt,
  1 AS severity_id,
  'Informational' AS severity,
  CASE WHEN error_code IS NULL THEN 1 ELSE 2 END AS status_id,
  CASE WHEN error_code IS NULL THEN 'Success' ELSE 'Failure' END AS status,
  error_code AS status_code,
  error_message AS status_detail,
  struct_pack(
    uid := event_id,
    correlation_uid := shared_event_id,
    version := $VERSION,
    event_code := event_type,
    log_version := event_version,
    product := struct_pack(name := 'CloudTrail', vendor_name := 'AWS'),
    profiles := ['cloud', 'datetime']
  ) AS metadata,
  struct_pack(provider := 'AWS', region := aws_region, account := struct_pack(uid := recipient_account_id)) AS cloud,
  struct_pack(
    -- The class requires one; an Insight event, or a request that asked for nothing known, has none.
    operation := coalesce(event_name, 'Unknown'),
    version := api_version,
    service := struct_pack(name := event_source),
    request := struct_pack(uid := request_id, data := request_parameters),
    response := struct_pack(error := error_code, error_message := error_message, data := response_elements)
  ) AS api,
  struct_pack(
    user := struct_pack(
      type := user_identity.type,
      name := user_identity.user_name,
      uid := principal_arn,
      uid_alt := user_identity.principal_id,
      credential_uid := user_identity.access_key_id,
      account := struct_pack(uid := principal_account_id)
    ),
    session := struct_pack(
      uid := session_name,
      issuer := user_identity.session_context.session_issuer.arn,
      is_mfa := user_identity.session_context.attributes.mfa_authenticated = 'true'
    ),
    invoked_by := invoked_by
  ) AS actor,
  struct_pack(
    ip := CASE WHEN regexp_matches(source_ip_address, '^[0-9a-fA-F:.]+$') THEN source_ip_address END,
    domain := CASE WHEN NOT regexp_matches(source_ip_address, '^[0-9a-fA-F:.]+$') THEN source_ip_address END,
    instance_uid := vpc_endpoint_id
  ) AS src_endpoint,
  struct_pack(user_agent := user_agent) AS http_request,
  [struct_pack(
    uid := resource.arn,
    type := resource.type,
    owner := struct_pack(account := struct_pack(uid := resource.account_id))
  ) FOR resource IN resources] AS resources,
  struct_pack(
    kms_key_arn := kms_key_arn,
    dest_kms_key_arn := dest_kms_key_arn,
    encryption_context := encryption_context,
    dest_encryption_context := dest_encryption_context,
    additional_event_data := additional_event_data,
    service_event_details := service_event_details,
    decision := decision,
    decided_by := decided_by,
    grant_id := grant_id,
    policy_digest := policy_digest
  ) AS unmapped,
  dt
FROM judged;
";
