import hashlib
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.exceptions import ValidationError

from explorer.evidence import actions, archive
from explorer.evidence.plain_zip import TooLarge
from explorer.evidence.signing import fingerprint
from explorer.lib import travel
from explorer.lib.commands import PracticeCommand, Refused, WrongUsage, read_file
from explorer.models import EvidencePacket
from patients.actions import record_export
from patients.models import Patient

Choice = EvidencePacket.Choice


class Command(PracticeCommand):
    help = "Evidence packets: one patient's signed PDF, or a ZIP of many, locked by a passphrase."

    def add_arguments(self, parser) -> None:
        of = parser.add_mutually_exclusive_group(required=True)
        of.add_argument("--patient", metavar="MRN", help="one patient's PDF")
        for choice, words in (("all", "all patients"), ("apcm", "who agreed to APCM"), ("decided", "who decided")):
            of.add_argument(f"--{choice}", dest="choice", action="store_const", const=choice, help=f"ZIP: {words}")
        parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="a file that is not there yet")
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line locks the ZIP")
        parser.add_argument("--plain", action="store_true", help="a ZIP without a passphrase")

    def work(self, *, patient, choice, out: Path, passphrase_file: Path | None, plain: bool, **options) -> dict:
        started = time.perf_counter()
        if choice and plain == bool(passphrase_file):
            raise WrongUsage("Give --passphrase-file FILE to lock the ZIP, or --plain for one without a lock.")
        if patient and (plain or passphrase_file):
            raise WrongUsage("One patient's PDF has no lock. Leave --plain and --passphrase-file away.")
        facts = _one(patient, out) if patient else _many(choice, out, _passphrase(passphrase_file))
        return facts | {"fingerprint": fingerprint(), "seconds": round(time.perf_counter() - started, 2)}


def _passphrase(file: Path | None) -> str | None:
    if file is None:
        return None
    lines = read_file(file).decode("utf-8-sig", "replace").splitlines()
    if not lines or len(lines[0]) < travel.SHORTEST:
        raise Refused(f"The first line of {file} must be a passphrase of at least {travel.SHORTEST} letters.")
    return lines[0]


def _one(mrn: str, out: Path) -> dict:
    owner = Patient.charts.owners().get(mrn)
    if owner is None:
        raise Refused("No patient has this chart number. Look at it again.")
    _, content = actions.packet_of(Patient.objects.get(pk=owner), by=None)
    with _new_file(out) as file:
        file.write(content)
    return {"file": str(out), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "patients": 1}


def _many(choice: str, out: Path, passphrase: str | None) -> dict:
    try:
        ids = actions.chosen(choice)
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None
    with _new_file(out) as file:
        counted = archive.Counted(file)
        if passphrase is None:
            written = _zip(counted, ids, choice)
        else:
            header = travel.new_header()
            lock = travel.Lock(counted, travel.key_from(passphrase, header), header)
            written = _zip(lock, ids, choice)
            lock.finish()
    what = f"evidence packet by command, ids SHA-256 {actions.digest_of(ids)}"
    record_export(of=Patient, count=written.patients, what=what, by=None)
    digest = counted.digest.hexdigest()
    return {
        "file": str(out),
        "bytes": counted.size,
        "sha256": digest,
        "patients": written.patients,
        "files": written.files,
    }


def _zip(target: BinaryIO, ids: list[int], choice: str) -> actions.Written:
    try:
        return actions.write_zip(target, ids, choice=Choice(choice).label, by=None)
    except TooLarge as problem:
        raise Refused(str(problem)) from None


@contextmanager
def _new_file(path: Path):
    """Readable by its owner alone, under its name only when it is whole. Raises Refused."""
    part = path.with_name(path.name + ".part")
    if path.exists():
        raise Refused(f"{path} is there already. Choose another name.")
    try:
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
        ) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        raise Refused(f"{path} cannot be written. Check the folder, the room on the disk, and {part.name}.") from None
    finally:
        part.unlink(missing_ok=True)
