"""Custom key stores: a proxy that this script plays, and a token in the place of a cluster; nowhere else is reached."""

import sys

import proxy as holder
from kit import *
from proxy import ID, SECRET, asked

port, has_token = int(sys.argv[1]), sys.argv[2] == "token"
holder.serve(port)

kms = client()
proxy = {"CustomKeyStoreType": "EXTERNAL_KEY_STORE", "XksProxyUriEndpoint": "https://xks.example.com",
         "XksProxyUriPath": "/kms/xks/v1", "XksProxyConnectivity": "PUBLIC_ENDPOINT",
         "XksProxyAuthenticationCredential": {"AccessKeyId": ID, "RawSecretAccessKey": SECRET}}
wrong = {**proxy, "XksProxyAuthenticationCredential": {"AccessKeyId": "B" * 20, "RawSecretAccessKey": SECRET}}
equal(code(kms.create_custom_key_store, CustomKeyStoreName="x", **wrong),
      "XksProxyIncorrectAuthenticationCredentialException")
equal(code(kms.create_custom_key_store, CustomKeyStoreName="x", **{**proxy, "XksProxyUriEndpoint": "https://evil.example"}),
      "XksProxyUriUnreachableException")
assert all("evil" not in path for path, _ in asked)
store = kms.create_custom_key_store(CustomKeyStoreName="x", **proxy)["CustomKeyStoreId"]
equal(code(kms.create_custom_key_store, CustomKeyStoreName="x", **proxy), "CustomKeyStoreNameInUseException")
equal(code(kms.create_custom_key_store, CustomKeyStoreName="y", **proxy), "XksProxyUriInUseException")
make = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store}
equal(code(kms.create_key, XksKeyId="one", **make), "CustomKeyStoreInvalidStateException")
kms.connect_custom_key_store(CustomKeyStoreId=store)
[told] = kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"]
equal((told["ConnectionState"], told["CustomKeyStoreName"], told["XksProxyConfiguration"]["UriEndpoint"]),
      ("CONNECTED", "x", "https://xks.example.com"))
assert SECRET not in json.dumps(told, default=str)
equal(code(kms.connect_custom_key_store, CustomKeyStoreId=store), "CustomKeyStoreInvalidStateException")
equal(code(kms.create_key, XksKeyId="missing", **make), "XksKeyNotFoundException")
equal(code(kms.create_key, XksKeyId="odd", **make), "XksKeyInvalidConfigurationException")
key = kms.create_key(XksKeyId="one", **make)["KeyMetadata"]
equal((key["Origin"], key["CustomKeyStoreId"], key["XksKeyConfiguration"]["Id"]), ("EXTERNAL_KEY_STORE", store, "one"))
equal(code(kms.create_key, XksKeyId="one", **make), "XksKeyAlreadyInUseException")
asked.clear()
sealed = kms.encrypt(KeyId=key["Arn"], Plaintext=b"twice", EncryptionContext={"a": "b"})
[(path, metadata)] = asked
equal(path, "/kms/xks/v1/keys/one/encrypt")
equal(metadata, {"awsPrincipalArn": f"arn:aws:iam::{ACCOUNT}:root", "kmsOperation": "Encrypt", "kmsKeyArn": key["Arn"],
                 "kmsRequestId": sealed["ResponseMetadata"]["RequestId"]})
blob = sealed["CiphertextBlob"]
equal(kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"], b"twice")
equal(code(kms.decrypt, CiphertextBlob=blob), "InvalidCiphertextException")
equal(code(kms.enable_key_rotation, KeyId=key["Arn"]), "UnsupportedOperationException")
equal(code(kms.delete_custom_key_store, CustomKeyStoreId=store), "CustomKeyStoreHasCMKsException")
kms.disconnect_custom_key_store(CustomKeyStoreId=store)
equal(kms.describe_key(KeyId=key["Arn"])["KeyMetadata"]["KeyState"], "Unavailable")
equal(refused(kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "b"}),
      ("KMSInvalidStateException", f"{key['Arn']} is unavailable."))
holder.healthy = False
kms.connect_custom_key_store(CustomKeyStoreId=store)
[told] = kms.describe_custom_key_stores()["CustomKeyStores"]
equal((told["ConnectionState"], told["ConnectionErrorCode"]), ("FAILED", "XKS_PROXY_NOT_REACHABLE"))
holder.healthy = True
kms.connect_custom_key_store(CustomKeyStoreId=store)
equal(kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"], b"twice")
equal(code(kms.generate_data_key_pair, KeyId=key["Arn"], KeyPairSpec="ECC_NIST_P256"), "UnsupportedOperationException")
kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="renamed")
# What a connection leads to changes only while there is none, and nothing of the other kind is passed over.
service = {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyVpcEndpointServiceName": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"}
for change, wanted in [
    ({}, "ValidationException"), ({"KeyStorePassword": "open-sesame", "NewCustomKeyStoreName": "z"}, "ValidationException"),
    ({"CloudHsmClusterId": "cluster-abcdefghijk"}, "ValidationException"),
    ({"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"}, "ValidationException"),
    ({"XksProxyVpcEndpointServiceName": service["XksProxyVpcEndpointServiceName"]}, "ValidationException"),
    (service, "CustomKeyStoreInvalidStateException"),
    ({"XksProxyUriEndpoint": "https://other.example.com"}, "CustomKeyStoreInvalidStateException"),
    ({"XksProxyUriPath": "/other/kms/xks/v1"}, "XksProxyUriUnreachableException"),
    ({"XksProxyAuthenticationCredential": wrong["XksProxyAuthenticationCredential"]}, "XksProxyIncorrectAuthenticationCredentialException"),
]:
    equal((change, code(kms.update_custom_key_store, CustomKeyStoreId=store, **change)), (change, wanted))
kms.update_custom_key_store(CustomKeyStoreId=store, XksProxyAuthenticationCredential=proxy["XksProxyAuthenticationCredential"])
equal(kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"], b"twice")
kms.disconnect_custom_key_store(CustomKeyStoreId=store)
kms.update_custom_key_store(CustomKeyStoreId=store, **service)
equal(kms.describe_custom_key_stores()["CustomKeyStores"][0]["XksProxyConfiguration"]["Connectivity"], "VPC_ENDPOINT_SERVICE")
kms.update_custom_key_store(CustomKeyStoreId=store, XksProxyConnectivity="PUBLIC_ENDPOINT")
kms.connect_custom_key_store(CustomKeyStoreId=store)
equal(kms.describe_custom_key_stores(CustomKeyStoreName="renamed")["CustomKeyStores"][0]["CustomKeyStoreId"], store)
kms.schedule_key_deletion(KeyId=key["Arn"], PendingWindowInDays=7)
advance(days=7, seconds=1)
kms.disconnect_custom_key_store(CustomKeyStoreId=store)
kms.delete_custom_key_store(CustomKeyStoreId=store)
equal(code(kms.describe_custom_key_stores, CustomKeyStoreId=store), "CustomKeyStoreNotFoundException")
equal(code(client(OTHER_ROOT).connect_custom_key_store, CustomKeyStoreId=store), "CustomKeyStoreNotFoundException")

if has_token:
    cluster = {"CloudHsmClusterId": "cluster-abcdefghijk", "TrustAnchorCertificate": "pem"}
    equal(code(kms.create_custom_key_store, CustomKeyStoreName="t", KeyStorePassword="open-sesame",
               **{**cluster, "CloudHsmClusterId": "cluster-aaaaaaaaaaa"}), "CloudHsmClusterNotFoundException")
    store = kms.create_custom_key_store(CustomKeyStoreName="t", KeyStorePassword="open-sesame", **cluster)["CustomKeyStoreId"]
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    key = kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)["KeyMetadata"]["Arn"]
    equal(kms.describe_key(KeyId=key)["KeyMetadata"]["CloudHsmClusterId"], "cluster-abcdefghijk")
    blob = kms.encrypt(KeyId=key, Plaintext=b"in the token")["CiphertextBlob"]
    equal(kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"in the token")
    equal(len(kms.generate_random(NumberOfBytes=16, CustomKeyStoreId=store)["Plaintext"]), 16)
