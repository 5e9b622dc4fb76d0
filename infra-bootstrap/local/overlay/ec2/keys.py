"""Key pairs, imported with their public half."""

import base64
import hashlib

from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import Refused, new_id, operation, tag_on_create, tags_of


def view(pair: dict, with_material: bool) -> dict:
    return {
        "KeyPairId": pair["KeyPairId"],
        "KeyName": pair["KeyName"],
        "KeyFingerprint": pair["KeyFingerprint"],
        "KeyType": pair.get("KeyType", "rsa"),
        "CreateTime": pair.get("CreateTime"),
        "PublicKey": pair.get("PublicKey") if with_material else None,
        "Tags": tags_of(pair["KeyPairId"]),
    }


@operation("ImportKeyPair")
def import_pair(request):
    name = request.get("KeyName", "")
    if name in ec2._key_pairs:
        raise Refused("InvalidKeyPair.Duplicate", f"The keypair already exists: {name}")
    public = base64.b64decode(request.get("PublicKeyMaterial", ""), validate=False).decode("utf-8", "replace").strip()
    words = public.split()
    if len(words) < 2 or not words[0].startswith(("ssh-", "ecdsa-")):
        raise Refused("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
    pair = ec2._key_pairs[name] = {
        "KeyName": name,
        "KeyPairId": new_id("key"),
        "KeyFingerprint": _fingerprint(words),
        "KeyType": "ed25519" if words[0] == "ssh-ed25519" else "rsa",
        "PublicKey": public,
        "CreateTime": ec2._now_ts(),
    }
    tag_on_create(request, pair["KeyPairId"], "key-pair")
    shown = view(pair, False)
    return {name: shown[name] for name in ("KeyFingerprint", "KeyName", "KeyPairId", "Tags")}


def _fingerprint(words: list) -> str:
    """ED25519: SHA-256 in base64, as OpenSSH prints it. RSA: MD5 in pairs of digits."""
    blob = base64.b64decode(words[1] + "==", validate=False)
    if words[0] == "ssh-ed25519":
        return base64.b64encode(hashlib.sha256(blob).digest()).decode()
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


@operation("DescribeKeyPairs")
def describe(request):
    chosen = listing.only(ec2._key_pairs, request.get("KeyNames"), "InvalidKeyPair.NotFound", "key pair")
    if request.get("KeyPairIds"):
        chosen = {name: one for name, one in chosen.items() if one["KeyPairId"] in request["KeyPairIds"]}
        if not chosen:
            raise Refused("InvalidKeyPair.NotFound", f"The key pair ID '{request['KeyPairIds'][0]}' does not exist")
    with_material = bool(request.get("IncludePublicKey"))
    special = {"fingerprint": lambda pair: [pair["KeyFingerprint"]]}
    return listing.page("DescribeKeyPairs", request, chosen, lambda one: view(one, with_material), "KeyPairs", special)


@operation("DeleteKeyPair")
def delete(request):
    for pair in list(ec2._key_pairs.values()):
        if pair["KeyName"] == request.get("KeyName") or pair["KeyPairId"] == request.get("KeyPairId"):
            del ec2._key_pairs[pair["KeyName"]]
            ec2._tags.pop(pair["KeyPairId"], None)
            return {"Return": True, "KeyPairId": pair["KeyPairId"]}
    return {"Return": True}
