"""How signed files look, and how they are proven: Python and `cryptography` alone, no database, no settings.

A signed PDF is the PDF followed by one line of a fixed length:
    %PatientExplorer-Signature 1 <bytes before this line, 12 digits> <public key, hex> <signature, hex>
The signature is Ed25519 over every byte before that line. PDF readers pass over the line.
"""

import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MARK = b"%PatientExplorer-Signature 1 "
_LINE = re.compile(rb"\n%PatientExplorer-Signature 1 ([0-9]{12}) ([0-9a-f]{64}) ([0-9a-f]{128})\n", re.DOTALL)
LINE_BYTES = len(MARK) + 1 + 12 + 1 + 64 + 1 + 128 + 1


class Broken(Exception):
    """The file proves nothing; the text says what is wrong and where."""


@dataclass(frozen=True)
class Signed:
    body: bytes
    public_key: bytes


def signature_line(body: bytes, public_key: bytes, signature: bytes) -> bytes:
    return b"\n" + MARK + b"%012d %s %s\n" % (len(body), public_key.hex().encode(), signature.hex().encode())


def signed_pdf(content: bytes, name: str) -> Signed:
    """Raises Broken."""
    found = _LINE.fullmatch(content[-LINE_BYTES:])
    if found is None:
        raise Broken(f"{name} has no signature in its last line, or something stands after it.")
    body = content[:-LINE_BYTES]
    if int(found[1]) != len(body):
        raise Broken(f"{name} is longer or shorter than it was when it was signed.")
    if not body.startswith(b"%PDF-"):
        raise Broken(f"{name} is no PDF.")
    public_key = bytes.fromhex(found[2].decode())
    check(public_key, bytes.fromhex(found[3].decode()), body, name)
    return Signed(body, public_key)


def check(public_key: bytes, signature: bytes, signed: bytes, name: str) -> None:
    """Raises Broken."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise Broken(f"{name} was changed after it was signed: its signature does not fit.") from None
