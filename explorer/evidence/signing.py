"""The key with which this installation signs: made from the master key, for this purpose alone."""

import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from explorer.evidence.proof import signature_line
from explorer.lib.keys import key_for

PURPOSE = "evidence signing, Ed25519"


@cache
def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_for(PURPOSE))


def public_key() -> bytes:
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_pem() -> bytes:
    return _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint() -> str:
    """SHA-256 of the public key's 32 bytes, as 64 hex digits: what people compare."""
    return hashlib.sha256(public_key()).hexdigest()


def sign(content: bytes) -> bytes:
    return _key().sign(content)


def sign_pdf(content: bytes) -> bytes:
    return content + signature_line(content, public_key(), sign(content))
