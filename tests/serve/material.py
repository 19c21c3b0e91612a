"""Imported material: wrapped by the caller, expiring, taken away, brought back; and keys of several regions."""

import datetime
import os as system

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kit import *

kms = client()
key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
arn = key["Arn"]
equal((key["KeyState"], key["Origin"]), ("PendingImport", "EXTERNAL"))
equal(refused(kms.encrypt, KeyId=arn, Plaintext=b"x"), ("KMSInvalidStateException", f"{arn} is pending import."))


def wrapped(material, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048", key_id=arn, at=kms):
    offer = at.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)
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
# What does not unwrap, in whichever way, looks alike; what unwraps to no key of the spec is told, and leaves no key.
flip = lambda blob, place: blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1:]
for algorithm, places in [("RSAES_OAEP_SHA_256", (0, 100, -1 % 256)), ("RSAES_OAEP_SHA_1", (0, 255)),
                          ("RSA_AES_KEY_WRAP_SHA_256", (0, 255, 256, 295)), ("RSA_AES_KEY_WRAP_SHA_1", (1, 290))]:
    for place in places:
        damaged = wrapped(first, algorithm, key_id=other)
        damaged["EncryptedKeyMaterial"] = flip(damaged["EncryptedKeyMaterial"], place)
        equal((algorithm, place, refused(kms.import_key_material, **damaged, **forever)),
              (algorithm, place, ("InvalidCiphertextException", "")))
    for length in (1, 16, 31, 33, 64):
        equal((algorithm, length, code(kms.import_key_material, **wrapped(bytes(length), algorithm, key_id=other), **forever)),
              (algorithm, length, "IncorrectKeyMaterialException"))
equal(kms.describe_key(KeyId=other)["KeyMetadata"]["KeyState"], "PendingImport")
mac = kms.create_key(Origin="EXTERNAL", KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
rsa_key = kms.create_key(Origin="EXTERNAL", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
pkcs8 = lambda bits: rsa.generate_private_key(65537, bits).private_bytes(
    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
for target, material, wanted in [
    (mac, bytes(32), "IncorrectKeyMaterialException"), (mac, bytes(47), "IncorrectKeyMaterialException"), (mac, bytes(48), None),
    (mac, bytes([1] * 48), "IncorrectKeyMaterialException"),
    (rsa_key, b"no key" * 50, "IncorrectKeyMaterialException"), (rsa_key, pkcs8(3072), "IncorrectKeyMaterialException"),
    (rsa_key, pkcs8(2048), None), (rsa_key, pkcs8(2048), "IncorrectKeyMaterialException"),
]:
    request = {**wrapped(material, "RSA_AES_KEY_WRAP_SHA_256", key_id=target), **forever}
    if wanted:
        equal((len(material), code(kms.import_key_material, **request)), (len(material), wanted))
    else:
        kms.import_key_material(**request)
# What is said of the material has to go together.
for extra, wanted in [({"ImportType": "EXISTING_KEY_MATERIAL"}, "IncorrectKeyMaterialException"),
                      ({"ImportType": "NEW_KEY_MATERIAL", "KeyMaterialId": "0" * 64}, "ValidationException"),
                      ({"KeyMaterialId": "0" * 64}, "IncorrectKeyMaterialException")]:
    equal((extra, code(kms.import_key_material, **wrapped(first, key_id=other), **forever, **extra)), (extra, wanted))
equal(code(kms.import_key_material, **wrapped(bytes(48), key_id=mac), **forever, ImportType="NEW_KEY_MATERIAL"), "ValidationException")

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

# A key whose older material is gone cannot be used, pardoned or not, until it is back.
rotations = lambda key, at=kms: at.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
state = lambda key, at=kms: at.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
older = next(one["KeyMaterialId"] for one in rotations(arn) if one["KeyMaterialState"] == "NON_CURRENT")
kms.delete_imported_key_material(KeyId=arn, KeyMaterialId=older)
equal(state(arn), "PendingImport")
kms.schedule_key_deletion(KeyId=arn)
kms.cancel_key_deletion(KeyId=arn)
equal(state(arn), "PendingImport")
kms.import_key_material(**wrapped(first), **forever, KeyMaterialId=older)
equal((state(arn), kms.decrypt(CiphertextBlob=blob)["Plaintext"]), ("Enabled", b"mine"))
# One that waits for its rotation is no part of the key yet: it may go, or expire, and the key stays as it is.
third = system.urandom(32)
waiting = kms.import_key_material(**wrapped(third), **forever, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
kms.delete_imported_key_material(KeyId=arn, KeyMaterialId=waiting)
equal((state(arn), len(rotations(arn))), ("Enabled", 2))
kms.import_key_material(**wrapped(third), ValidTo=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=6),
                        ImportType="NEW_KEY_MATERIAL")
advance(days=3)
equal((state(arn), len(rotations(arn))), ("Enabled", 2))

# Imported material is each Region's own to bring: a replica begins without, and a rotation waits for all of them.
far = client(region="eu-west-1")
held = lambda: [[(one["KeyMaterialState"], one["ImportState"]) for one in rotations(both, at)] for at in (kms, far)]
both = kms.create_key(Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]["KeyId"]
equal(code(kms.replicate_key, KeyId=both, ReplicaRegion="eu-west-1"), "KMSInvalidStateException")
kms.import_key_material(**wrapped(first, key_id=both), **forever)
kms.replicate_key(KeyId=both, ReplicaRegion="eu-west-1")
blob_of_both = kms.encrypt(KeyId=both, Plaintext=b"both")["CiphertextBlob"]
equal((state(both, far), held()), ("PendingImport", [[("CURRENT", "IMPORTED")], [("CURRENT", "PENDING_IMPORT")]]))
equal(code(far.decrypt, CiphertextBlob=blob_of_both), "KMSInvalidStateException")
for extra, material in [({}, second), ({"ImportType": "NEW_KEY_MATERIAL"}, second), ({"ImportType": "NEW_KEY_MATERIAL"}, first)]:
    equal(code(far.import_key_material, **wrapped(material, key_id=both, at=far), **forever, **extra), "IncorrectKeyMaterialException")
far.import_key_material(**wrapped(first, key_id=both, at=far), **forever)
equal((state(both, far), far.decrypt(CiphertextBlob=blob_of_both)["Plaintext"]), ("Enabled", b"both"))
kms.import_key_material(**wrapped(second, key_id=both), **forever, ImportType="NEW_KEY_MATERIAL")
waits, ready = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION", "PENDING_ROTATION"
equal([held()[0][1], held()[1][1]], [(waits, "IMPORTED"), (waits, "PENDING_IMPORT")])
equal(code(kms.rotate_key_on_demand, KeyId=both), "KMSInvalidStateException")
far.import_key_material(**wrapped(second, key_id=both, at=far), **forever, ImportType="EXISTING_KEY_MATERIAL")
equal([held()[0][1], held()[1][1]], [(ready, "IMPORTED")] * 2)
kms.rotate_key_on_demand(KeyId=both)
equal(held(), [[("NON_CURRENT", "IMPORTED"), ("CURRENT", "IMPORTED")]] * 2)
# What a replica loses is lost there alone, and what waits in the primary is everybody's.
far.delete_imported_key_material(KeyId=both)
equal((state(both), state(both, far)), ("Enabled", "PendingImport"))
far.import_key_material(**wrapped(second, key_id=both, at=far), **forever)
waiting = kms.import_key_material(**wrapped(third, key_id=both), **forever, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
far.import_key_material(**wrapped(third, key_id=both, at=far), **forever)
far.delete_imported_key_material(KeyId=both, KeyMaterialId=waiting)
equal(([held()[0][2], held()[1][2]], state(both, far)), ([(waits, "IMPORTED"), (waits, "PENDING_IMPORT")], "Enabled"))
kms.delete_imported_key_material(KeyId=both, KeyMaterialId=waiting)
equal([len(one) for one in held()], [2, 2])
kms.import_key_material(**wrapped(third, key_id=both), **forever, ImportType="NEW_KEY_MATERIAL")
far.schedule_key_deletion(KeyId=both, PendingWindowInDays=7)
advance(days=7, seconds=1)
equal(rotations(both)[2]["KeyMaterialState"], ready)

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
