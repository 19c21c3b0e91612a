"""The steps of the seed articles: make a key, make data keys, disable and enable it; and what Terraform does with one."""

from kit import *

kms = client()
key = kms.create_key(Description="reports")["KeyMetadata"]
arn = key["Arn"]
assert arn == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key['KeyId']}"
equal((key["KeyState"], key["Enabled"], key["MultiRegion"], key["KeyManager"]), ("Enabled", True, False, "CUSTOMER"))
equal((key["KeySpec"], key["CustomerMasterKeySpec"], key["KeyUsage"], key["Origin"]),
      ("SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS"))
equal(key["EncryptionAlgorithms"], ["SYMMETRIC_DEFAULT"])
assert "SigningAlgorithms" not in key and len(key["CurrentKeyMaterialId"]) == 64

made = kms.generate_data_key(KeyId=arn, KeySpec="AES_256", EncryptionContext={"department": "finance"})
equal(len(made["Plaintext"]), 32)
opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"department": "finance"})
equal(opened["Plaintext"], made["Plaintext"])
equal(opened["KeyId"], arn)
equal(refused(kms.decrypt, CiphertextBlob=made["CiphertextBlob"]), ("InvalidCiphertextException", ""))

kms.disable_key(KeyId=arn)
equal(refused(kms.generate_data_key, KeyId=arn, KeySpec="AES_256"), ("DisabledException", f"{arn} is disabled."))
kms.enable_key(KeyId=arn)
equal(len(kms.generate_data_key(KeyId=arn, NumberOfBytes=7)["Plaintext"]), 7)
equal(refused(kms.generate_data_key, KeyId=arn)[0], "ValidationException")

# When it was last used, as the log has it.
used = kms.generate_data_key(KeyId=arn, KeySpec="AES_128")["ResponseMetadata"]["RequestId"]
last = kms.get_key_last_usage(KeyId=arn)
equal((last["KeyId"], last["KeyLastUsage"]["Operation"], last["KeyLastUsage"]["KmsRequestId"]),
      (arn, "GenerateDataKey", used))
assert "KeyLastUsage" not in kms.get_key_last_usage(KeyId=kms.create_key()["KeyMetadata"]["Arn"])

# As Terraform does: policy, rotation, tags, alias, description, and all of it read back.
text = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
assert '"Sid" : "Enable IAM User Permissions"' in text
kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy())
equal(kms.get_key_policy(KeyId=arn)["Policy"], policy())
equal(kms.list_key_policies(KeyId=arn)["PolicyNames"], ["default"])
equal(kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"], False)
kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
status = kms.get_key_rotation_status(KeyId=arn)
equal((status["KeyRotationEnabled"], status["RotationPeriodInDays"], status["KeyId"]), (True, 90, arn))
kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "team", "TagValue": "a"}, {"TagKey": "stage", "TagValue": "prod"}])
kms.untag_resource(KeyId=arn, TagKeys=["team"])
equal(kms.list_resource_tags(KeyId=arn)["Tags"], [{"TagKey": "stage", "TagValue": "prod"}])
kms.create_alias(AliasName="alias/reports", TargetKeyId=key["KeyId"])
equal(kms.describe_key(KeyId="alias/reports")["KeyMetadata"]["Arn"], arn)
kms.update_key_description(KeyId=arn, Description="other")
equal(kms.describe_key(KeyId=arn)["KeyMetadata"]["Description"], "other")
[alias] = kms.list_aliases(KeyId=arn)["Aliases"]
equal((alias["AliasName"], alias["TargetKeyId"]), ("alias/reports", key["KeyId"]))
second = kms.create_key()["KeyMetadata"]["Arn"]
kms.update_alias(AliasName="alias/reports", TargetKeyId=second)
equal(kms.describe_key(KeyId="alias/reports")["KeyMetadata"]["Arn"], second)
kms.delete_alias(AliasName="alias/reports")
equal(refused(kms.describe_key, KeyId="alias/reports"),
      ("NotFoundException", f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/reports is not found."))

# Pages.
for _ in range(5):
    kms.create_key()
pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 3}))
equal([len(page["Keys"]) for page in pages], [3, 3, 2])
equal(len({entry["KeyId"] for page in pages for entry in page["Keys"]}), 8)

# Deletion waits, can be taken back, and comes.
gone = kms.schedule_key_deletion(KeyId=second, PendingWindowInDays=7)
equal((gone["KeyId"], gone["KeyState"], gone["PendingWindowInDays"]), (second, "PendingDeletion", 7))
equal(kms.cancel_key_deletion(KeyId=second)["KeyId"], second)
equal(kms.describe_key(KeyId=second)["KeyMetadata"]["KeyState"], "Disabled")
equal(code(kms.schedule_key_deletion, KeyId=second, PendingWindowInDays=6), "ValidationException")
kms.schedule_key_deletion(KeyId=second, PendingWindowInDays=7)
advance(days=6)
equal(kms.describe_key(KeyId=second)["KeyMetadata"]["KeyState"], "PendingDeletion")
advance(days=1, seconds=1)
equal(code(kms.describe_key, KeyId=second), "NotFoundException")
