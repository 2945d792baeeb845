"""Proves a packet on any PC: a patient's PDF, a ZIP of many, or a locked ZIP. No database, no settings, no folder.

    python manage.py verify_packet FILE [--fingerprint HEX] [--passphrase-file FILE] [--json]

Exit 0: every byte is as it was signed. Exit 1: it is not, or somebody else signed it. Exit 2: wrong usage.
"""

import argparse
import getpass
import hashlib
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from explorer.evidence.plain_zip import BadZip, members
from explorer.evidence.proof import Broken, check, signed_pdf
from explorer.lib import travel

MANIFEST, SIGNATURE, PEM = "manifest.json", "manifest.sig", "public-key.pem"
FORMAT = "Patient Explorer evidence 1"
MOST_MANIFEST = 50_000_000
MOST_PDF = 1_000_000_000


class WrongUsage(Exception):
    """Called in a way that makes no sense; the text says how to call it."""


@dataclass
class Proof:
    """`first_bad` names the file within the packet, or the packet itself, that is not as it was signed."""

    ok: bool
    files: int = 0
    bytes: int = 0
    first_bad: str = ""
    error: str = ""
    fingerprint: str = ""
    made_at: str = ""
    practice: str = ""
    patients: int = 0
    seconds: float = 0.0


def verify(source: BinaryIO, name: str, *, fingerprint: str = "", passphrase: Callable[[], str] | None = None) -> Proof:
    """`passphrase` is asked only for a locked file."""
    started = time.perf_counter()
    proof = Proof(ok=False)
    try:
        _prove(source if isinstance(source, io.BufferedReader) else io.BufferedReader(source), name, passphrase, proof)
        if fingerprint and proof.fingerprint != _cleaned(fingerprint):
            proof.first_bad = name
            raise Broken(f"{name} is whole, but another key signed it: {proof.fingerprint}. Do not trust it.")
        proof.ok = True
    except (Broken, BadZip, travel.Locked) as problem:
        proof.error, proof.first_bad = str(problem), proof.first_bad or name
    proof.seconds = round(time.perf_counter() - started, 3)
    return proof


def _cleaned(fingerprint: str) -> str:
    return "".join(fingerprint.split()).replace(":", "").replace("-", "").lower()


def _prove(source: io.BufferedReader, name: str, passphrase: Callable[[], str] | None, proof: Proof) -> None:
    beginning = source.peek(8)[:8]
    if travel.is_locked(beginning):
        header = travel.read_header(source)
        if passphrase is None:
            raise travel.Locked("The file is locked. Give its passphrase.")
        key = travel.key_from(passphrase(), header)
        source = io.BufferedReader(travel.Unlock(source, key, header), travel.PIECE)
    elif beginning.startswith(b"%PDF-"):
        _prove_pdf(source.read(MOST_PDF + 1), name, proof)
        return
    elif not beginning.startswith(b"PK\3\4"):
        raise Broken(f"{name} is neither a packet's PDF, nor its ZIP, nor a locked packet.")
    _prove_zip(source, proof)


def _prove_pdf(content: bytes, name: str, proof: Proof) -> None:
    signed = signed_pdf(content, name)
    proof.files, proof.bytes = 1, len(content)
    proof.fingerprint = hashlib.sha256(signed.public_key).hexdigest()


def _prove_zip(source: BinaryIO, proof: Proof) -> None:
    """The manifest comes last, so that the packet can be read and written straight through."""
    found: dict[str, tuple[int, str]] = {}
    kept: dict[str, bytes] = {}
    for name, size, pieces in members(source):
        proof.first_bad = name
        digest, keep = hashlib.sha256(), bytearray() if name in (MANIFEST, SIGNATURE, PEM) else None
        if keep is not None and size > MOST_MANIFEST:
            raise Broken(f"{name} is larger than it can be.")
        for piece in pieces:
            digest.update(piece)
            if keep is not None:
                keep += piece
        if keep is not None:
            kept[name] = bytes(keep)
        found[name] = (size, digest.hexdigest())
        proof.files, proof.bytes, proof.first_bad = proof.files + 1, proof.bytes + size, ""
    _prove_manifest(found, kept, proof)


def _prove_manifest(found: dict[str, tuple[int, str]], kept: dict[str, bytes], proof: Proof) -> None:
    for name in (MANIFEST, SIGNATURE, PEM):
        if name not in kept:
            proof.first_bad = name
            raise Broken(f"{name} is missing: the file is no packet, or was cut.")
    proof.first_bad = MANIFEST
    manifest = _manifest(kept[MANIFEST])
    public_key = bytes.fromhex(manifest["public_key"])
    check(public_key, kept[SIGNATURE], kept[MANIFEST], MANIFEST)
    proof.first_bad = _first_difference(manifest["files"], found)
    if proof.first_bad:
        raise Broken(f"{proof.first_bad} is not the file that was signed: it was changed, added or taken out.")
    proof.fingerprint = hashlib.sha256(public_key).hexdigest()
    proof.made_at, proof.practice = manifest["made_at"], manifest["practice"]
    proof.patients = manifest["counts"]["patients"]


def _manifest(content: bytes) -> dict:
    """Raises Broken for anything but the canonical JSON of a manifest."""
    try:
        manifest = json.loads(content)
        sound = manifest["format"] == FORMAT and canonical(manifest) == content
        sound = sound and len(bytes.fromhex(manifest["public_key"])) == 32
        sound = sound and all(
            set(entry) == {"bytes", "sha256"} and type(entry["bytes"]) is int for entry in manifest["files"].values()
        )
        sound = sound and isinstance(manifest["made_at"], str) and isinstance(manifest["practice"], str)
        sound = sound and sum(manifest["standings"].values()) == manifest["counts"]["patients"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise Broken(f"{MANIFEST} was changed, or is of a newer version of the program.")
    return manifest


def canonical(facts: dict) -> bytes:
    """JSON in UTF-8: keys in order, no blanks, letters as they are."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _first_difference(listed: dict[str, dict], found: dict[str, tuple[int, str]]) -> str:
    there = {name: facts for name, facts in found.items() if name not in (MANIFEST, SIGNATURE)}
    for name in sorted(listed.keys() | there.keys()):
        entry = listed.get(name)
        if entry is None or there.get(name) != (entry["bytes"], entry["sha256"]):
            return name
    return ""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py verify_packet", description="Proves that an evidence packet is as it was signed."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a packet's .pdf, .zip or .pexp")
    parser.add_argument("--fingerprint", default="", metavar="HEX", help="of the key that must have signed it")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line opens a .pexp")
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
    given = parser.parse_args(arguments)
    if given.fingerprint and not _is_fingerprint(given.fingerprint):
        parser.error("--fingerprint takes the 64 hex digits that the practice shows on its page Evidence.")
    try:
        with given.file.open("rb") as source:
            proof = verify(
                source,
                given.file.name,
                fingerprint=given.fingerprint,
                passphrase=lambda: _passphrase(given.passphrase_file),
            )
    except OSError:
        proof = Proof(ok=False, error=f"{given.file} cannot be read. Check its name and folder.")
        proof.first_bad = given.file.name
    _tell(proof, as_json=given.json, compared=bool(given.fingerprint))
    return 0 if proof.ok else 1


def _is_fingerprint(text: str) -> bool:
    cleaned = _cleaned(text)
    return len(cleaned) == 64 and set(cleaned) <= set("0123456789abcdef")


def _passphrase(file: Path | None) -> str:
    """Raises travel.Locked where none can be had."""
    if file is None:
        if not sys.stdin.isatty():
            raise travel.Locked("The file is locked. Give its passphrase with --passphrase-file.")
        return getpass.getpass("Passphrase of the packet: ")
    try:
        return (file.read_text(encoding="utf-8-sig").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError):
        raise travel.Locked(f"The passphrase cannot be read from {file}. Check its name and folder.") from None


def _tell(proof: Proof, *, as_json: bool, compared: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(asdict(proof), ensure_ascii=False) + "\n")
        return
    if not proof.ok:
        sys.stderr.write(f"NOT PROVEN. {proof.error}\n")
        return
    sys.stdout.write(f"Proven: {proof.files:,} files, {proof.bytes:,} bytes, each as it was signed.\n")
    if proof.made_at:
        sys.stdout.write(f"Made {proof.made_at} by {proof.practice}, {proof.patients:,} patients.\n")
    sys.stdout.write(f"Signed by the key {proof.fingerprint}.\n")
    if not compared:
        sys.stdout.write("Whose key is it? Compare it with the one the practice tells you, or use --fingerprint.\n")
