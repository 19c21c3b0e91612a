"""All 20 specs, each usage, held against other people's cryptography where there is some."""

import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

from kit import *

kms = client()


def key(spec, usage, region=kms):
    return region.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]


def public(client_, key_id):
    return serialization.load_der_public_key(client_.get_public_key(KeyId=key_id)["PublicKey"])


message = b"attack at dawn"
for spec in ["RSA_2048", "RSA_3072", "RSA_4096"]:
    key_id = key(spec, "ENCRYPT_DECRYPT")["KeyId"]
    for algorithm, digest in [("RSAES_OAEP_SHA_1", hashes.SHA1()), ("RSAES_OAEP_SHA_256", hashes.SHA256())]:
        blob = public(kms, key_id).encrypt(message, padding.OAEP(padding.MGF1(digest), digest, None))
        equal(kms.decrypt(KeyId=key_id, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)["Plaintext"], message)
        again = kms.encrypt(KeyId=key_id, Plaintext=message, EncryptionAlgorithm=algorithm)["CiphertextBlob"]
        equal(kms.decrypt(KeyId=key_id, CiphertextBlob=again, EncryptionAlgorithm=algorithm)["Plaintext"], message)
    equal(code(kms.decrypt, CiphertextBlob=blob, EncryptionAlgorithm="RSAES_OAEP_SHA_256"), "ValidationException")

SIGN = {"RSA_2048": ["RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384"], "ECC_NIST_P256": ["ECDSA_SHA_256"],
        "ECC_NIST_P384": ["ECDSA_SHA_384"], "ECC_NIST_P521": ["ECDSA_SHA_512"], "ECC_SECG_P256K1": ["ECDSA_SHA_256"],
        "ECC_NIST_EDWARDS25519": ["ED25519_SHA_512"], "ML_DSA_44": ["ML_DSA_SHAKE_256"],
        "ML_DSA_65": ["ML_DSA_SHAKE_256"], "ML_DSA_87": ["ML_DSA_SHAKE_256"]}
for spec, algorithms in SIGN.items():
    made = key(spec, "SIGN_VERIFY")
    assert set(algorithms) <= set(made["SigningAlgorithms"]) and "EncryptionAlgorithms" not in made
    for algorithm in algorithms:
        signed = kms.sign(KeyId=made["KeyId"], Message=message, SigningAlgorithm=algorithm)
        equal(signed["KeyId"], made["Arn"])
        signature = signed["Signature"]
        verified = kms.verify(KeyId=made["KeyId"], Message=message, SigningAlgorithm=algorithm, Signature=signature)
        equal(verified["SignatureValid"], True)
        equal(code(kms.verify, KeyId=made["KeyId"], Message=message + b"!", SigningAlgorithm=algorithm,
                   Signature=signature), "KMSInvalidSignatureException")
        if spec.startswith("ECC_NIST_P") or spec == "ECC_SECG_P256K1":
            digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[-3:]]
            public(kms, made["KeyId"]).verify(signature, message, ec.ECDSA(digest))
            name = f"sha{algorithm[-3:]}"
            hashed = kms.sign(KeyId=made["KeyId"], Message=hashlib.new(name, message).digest(), MessageType="DIGEST",
                              SigningAlgorithm=algorithm)["Signature"]
            public(kms, made["KeyId"]).verify(hashed, message, ec.ECDSA(digest))
        if spec == "ECC_NIST_EDWARDS25519":
            public(kms, made["KeyId"]).verify(signature, message)
        if algorithm == "RSASSA_PSS_SHA_256":
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            public(kms, made["KeyId"]).verify(signature, message, pss, hashes.SHA256())

for size in ["224", "256", "384", "512"]:
    made = key(f"HMAC_{size}", "GENERATE_VERIFY_MAC")
    equal(made["MacAlgorithms"], [f"HMAC_SHA_{size}"])
    mac = kms.generate_mac(KeyId=made["KeyId"], Message=message, MacAlgorithm=f"HMAC_SHA_{size}")["Mac"]
    assert kms.verify_mac(KeyId=made["KeyId"], Message=message, Mac=mac, MacAlgorithm=f"HMAC_SHA_{size}")["MacValid"]
    equal(code(kms.get_public_key, KeyId=made["KeyId"]), "UnsupportedOperationException")

for spec, curve in [("ECC_NIST_P256", ec.SECP256R1()), ("ECC_NIST_P384", ec.SECP384R1()),
                    ("ECC_NIST_P521", ec.SECP521R1())]:
    made = key(spec, "KEY_AGREEMENT")
    equal(made["KeyAgreementAlgorithms"], ["ECDH"])
    ours = ec.generate_private_key(curve)
    theirs = ours.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    secret = kms.derive_shared_secret(KeyId=made["KeyId"], KeyAgreementAlgorithm="ECDH", PublicKey=theirs)
    equal(secret["SharedSecret"], ours.exchange(ec.ECDH(), public(kms, made["KeyId"])))
    equal(code(kms.derive_shared_secret, KeyId=made["KeyId"], KeyAgreementAlgorithm="ECDH", PublicKey=theirs[:-1]),
          "ValidationException")

for spec in ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"]:
    made = key(spec, "ENCAPSULATE_DECAPSULATE")
    there = kms.encapsulate(KeyId=made["KeyId"], EncapsulationAlgorithm="ML_KEM")
    back = kms.decapsulate(KeyId=made["KeyId"], EncapsulationAlgorithm="ML_KEM",
                           SharedSecretCiphertextBlob=there["SharedSecretCiphertextBlob"])
    equal((back["SharedSecret"], len(back["SharedSecret"])), (there["SharedSecret"], 32))
    equal(code(kms.decapsulate, KeyId=made["KeyId"], EncapsulationAlgorithm="ML_KEM",
               SharedSecretCiphertextBlob=b"short"), "InvalidCiphertextException")

# SM2 and SM4 where they are the law.
china = client(region="cn-north-1")
made = key("SM2", "SIGN_VERIFY", china)
assert made["Arn"].startswith("arn:aws-cn:kms:cn-north-1:")
signature = china.sign(KeyId=made["KeyId"], Message=message, SigningAlgorithm="SM2DSA")["Signature"]
assert china.verify(KeyId=made["KeyId"], Message=message, SigningAlgorithm="SM2DSA", Signature=signature)
default = china.create_key()["KeyMetadata"]["KeyId"]
blob = china.encrypt(KeyId=default, Plaintext=message)["CiphertextBlob"]
equal(china.decrypt(CiphertextBlob=blob)["Plaintext"], message)
equal(code(kms.create_key, KeySpec="SM2", KeyUsage="SIGN_VERIFY"), "UnsupportedOperationException")

# Data keys and pairs, with and without plaintext; another key and another context.
key_id = kms.create_key()["KeyMetadata"]["KeyId"]
context = {"a": "bc"}
for pair in ["RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "ML_KEM_768"]:
    made = kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec=pair, EncryptionContext=context)
    private = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"], EncryptionContext=context)["Plaintext"]
    equal(private, made["PrivateKeyPlaintext"])
    if pair != "ML_KEM_768":
        # In the second form of PKCS #8, which has the public key too; not every reader knows it.
        if pair == "ECC_NIST_EDWARDS25519":
            loaded = ed25519.Ed25519PrivateKey.from_private_bytes(private[16:48]).public_key()
        else:
            loaded = serialization.load_der_private_key(private, None).public_key()
        equal(loaded.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
              made["PublicKey"])
    hidden = kms.generate_data_key_pair_without_plaintext(KeyId=key_id, KeyPairSpec=pair)
    assert "PrivateKeyPlaintext" not in hidden
hidden = kms.generate_data_key_without_plaintext(KeyId=key_id, KeySpec="AES_128", EncryptionContext=context)
equal(len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"], EncryptionContext=context)["Plaintext"]), 16)
equal(code(kms.decrypt, CiphertextBlob=hidden["CiphertextBlob"], EncryptionContext={"ab": "c"}),
      "InvalidCiphertextException")
target = kms.create_key()["KeyMetadata"]["Arn"]
moved = kms.re_encrypt(CiphertextBlob=hidden["CiphertextBlob"], SourceEncryptionContext=context, DestinationKeyId=target)
equal(moved["KeyId"], target)
equal(len(kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=target)["Plaintext"]), 16)
equal(len(kms.generate_random(NumberOfBytes=32)["Plaintext"]), 32)

# Rotation: the key stays, old ciphertexts open, new ones have new material.
before = kms.encrypt(KeyId=target, Plaintext=b"old")["CiphertextBlob"]
material = kms.describe_key(KeyId=target)["KeyMetadata"]["CurrentKeyMaterialId"]
equal(kms.rotate_key_on_demand(KeyId=target)["KeyId"], target)
assert kms.describe_key(KeyId=target)["KeyMetadata"]["CurrentKeyMaterialId"] != material
opened = kms.decrypt(CiphertextBlob=before)
equal((opened["Plaintext"], opened["KeyMaterialId"]), (b"old", material))
[rotation] = kms.list_key_rotations(KeyId=target)["Rotations"]
equal(rotation["RotationType"], "ON_DEMAND")
equal(len(kms.list_key_rotations(KeyId=target, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]), 2)
kms.enable_key_rotation(KeyId=target, RotationPeriodInDays=90)
advance(days=90, seconds=1)
equal([entry["RotationType"] for entry in kms.list_key_rotations(KeyId=target)["Rotations"]], ["ON_DEMAND", "AUTOMATIC"])
equal(kms.decrypt(CiphertextBlob=before)["Plaintext"], b"old")
