"""Imported material: wrapped by the caller, expiring, taken away, brought back; and keys of several regions."""

import datetime
import os as system

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from kit import *

kms = client()
key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
arn = key["Arn"]
equal((key["KeyState"], key["Origin"]), ("PendingImport", "EXTERNAL"))
equal(refused(kms.encrypt, KeyId=arn, Plaintext=b"x"), ("KMSInvalidStateException", f"{arn} is pending import."))


def wrapped(material, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048", key_id=arn):
    offer = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)
    public = serialization.load_der_public_key(offer["PublicKey"])
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm.startswith("RSA_AES"):
        inner = system.urandom(32)
        body = public.encrypt(inner, oaep) + keywrap.aes_key_wrap_with_padding(inner, material)
    else:
        body = public.encrypt(material, oaep)
    return {"KeyId": key_id, "ImportToken": offer["ImportToken"], "EncryptedKeyMaterial": body}


forever = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
first, second = system.urandom(32), system.urandom(32)
equal(refused(kms.import_key_material, **wrapped(first)),
      ("ValidationException", "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"))
kms.import_key_material(**wrapped(first), **forever, KeyMaterialDescription="the first")
told = kms.describe_key(KeyId=arn)["KeyMetadata"]
equal((told["KeyState"], told["ExpirationModel"]), ("Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE"))
blob = kms.encrypt(KeyId=arn, Plaintext=b"mine")["CiphertextBlob"]
kms.delete_imported_key_material(KeyId=arn)
equal(code(kms.decrypt, CiphertextBlob=blob), "KMSInvalidStateException")
equal(code(kms.import_key_material, **wrapped(second), **forever), "IncorrectKeyMaterialException")
for algorithm, spec in [("RSA_AES_KEY_WRAP_SHA_256", "RSA_4096"), ("RSAES_OAEP_SHA_1", "RSA_3072"),
                        ("RSA_AES_KEY_WRAP_SHA_1", "RSA_2048")]:
    kms.import_key_material(**wrapped(first, algorithm, spec), **forever)
    equal(kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"mine")
    kms.delete_imported_key_material(KeyId=arn)
soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)
kms.import_key_material(**wrapped(first), ValidTo=soon)
equal(kms.describe_key(KeyId=arn)["KeyMetadata"]["ExpirationModel"], "KEY_MATERIAL_EXPIRES")
advance(days=3)
equal(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"], "PendingImport")
late = wrapped(first)
advance(days=1, seconds=1)
equal(code(kms.import_key_material, **late, **forever), "ExpiredImportTokenException")
kms.import_key_material(**wrapped(first), **forever)
other = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
equal(code(kms.import_key_material, **{**wrapped(first), "KeyId": other}, **forever), "InvalidImportTokenException")
damaged = wrapped(first, key_id=other)
damaged["EncryptedKeyMaterial"] = damaged["EncryptedKeyMaterial"][:-1] + b"\0"
equal(code(kms.import_key_material, **damaged, **forever), "InvalidCiphertextException")

# Material that came back many times without a description still has the one it came with.
listed = kms.list_key_rotations(KeyId=arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
equal([one.get("KeyMaterialDescription") for one in listed], ["the first"])

# A second material waits for its rotation; the first goes on opening what it sealed.
material = kms.import_key_material(**wrapped(second), **forever, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
told = refused(kms.import_key_material, **wrapped(system.urandom(32)), **forever, ImportType="NEW_KEY_MATERIAL")
equal(told[0], "KMSInvalidStateException")
assert f"cannot be imported into KMS key {key['KeyId']}, because another key material (id: {material}) is pending" in told[1]
kms.rotate_key_on_demand(KeyId=arn)
equal(kms.describe_key(KeyId=arn)["KeyMetadata"]["CurrentKeyMaterialId"], material)
equal(kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"mine")
equal(refused(kms.rotate_key_on_demand, KeyId=arn),
      ("KMSInvalidStateException", f"No available key material pending rotation for the key: {arn}."))

# Regions: same ciphertext, own policy, own tags; the primary moves; the primary waits for its replicas to go.
primary = kms.create_key(MultiRegion=True)["KeyMetadata"]
assert primary["KeyId"].startswith("mrk-")
europe = client(region="eu-west-1")
made = kms.replicate_key(KeyId=primary["KeyId"], ReplicaRegion="eu-west-1", Tags=[{"TagKey": "a", "TagValue": "b"}])
equal((made["ReplicaKeyMetadata"]["KeyState"], made["ReplicaKeyMetadata"]["Enabled"]), ("Creating", False))
equal(code(kms.replicate_key, KeyId=primary["KeyId"], ReplicaRegion="eu-west-1"), "AlreadyExistsException")
equal(code(kms.replicate_key, KeyId=primary["KeyId"], ReplicaRegion="us-east-1"), "AlreadyExistsException")
# Regions that there are not, and those of other partitions.
for region in ["eu-west-99", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]:
    equal(refused(kms.replicate_key, KeyId=primary["KeyId"], ReplicaRegion=region),
          ("UnsupportedOperationException", f"{primary['Arn']} cannot be replicated to {region}."))
equal(code(kms.update_primary_region, KeyId=primary["KeyId"], PrimaryRegion="eu-west-99"), "NotFoundException")
replica = primary["Arn"].replace("us-east-1", "eu-west-1")
equal(refused(europe.replicate_key, KeyId=replica, ReplicaRegion="eu-west-2"),
      ("UnsupportedOperationException", f"{replica} is not a multi-region primary key."))
blob = kms.encrypt(KeyId=primary["KeyId"], Plaintext=b"far")["CiphertextBlob"]
opened = europe.decrypt(CiphertextBlob=blob)
equal((opened["Plaintext"], opened["KeyId"]), (b"far", replica))
kms.rotate_key_on_demand(KeyId=primary["KeyId"])
blob = kms.encrypt(KeyId=primary["KeyId"], Plaintext=b"farther")["CiphertextBlob"]
equal(europe.decrypt(CiphertextBlob=blob)["Plaintext"], b"farther")
kms.update_primary_region(KeyId=primary["KeyId"], PrimaryRegion="eu-west-1")
told = kms.describe_key(KeyId=primary["KeyId"])["KeyMetadata"]["MultiRegionConfiguration"]
equal((told["MultiRegionKeyType"], told["PrimaryKey"]["Region"]), ("REPLICA", "eu-west-1"))
equal(europe.schedule_key_deletion(KeyId=replica)["KeyState"], "PendingReplicaDeletion")
kms.schedule_key_deletion(KeyId=primary["KeyId"], PendingWindowInDays=7)
advance(days=7, seconds=1)
equal(code(kms.describe_key, KeyId=primary["KeyId"]), "NotFoundException")
equal(europe.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"], "PendingDeletion")
