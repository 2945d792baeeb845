"""The ZIP of many packets: a PDF for each patient, scans, an index, and a signed manifest over all of it."""

import hashlib
import io
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import BinaryIO

from django.conf import settings

from explorer.evidence.packet import Gathered, on_paper, standing_words
from explorer.evidence.plain_zip import Writer
from explorer.evidence.signing import fingerprint, public_key, public_pem, sign
from explorer.evidence.verify import FORMAT, MANIFEST, PEM, SIGNATURE, canonical
from explorer.lib.models import Practice
from explorer.lib.tables import write_csv
from outreach.standings import LABELS

INDEX_HEADINGS = (
    "number", "file", "chart", "name", "standing", "records", "apcm", "notice", "texting", "packet", "bytes", "sha256",
    "scans",
)  # fmt: skip
READ_ME = """This is an evidence packet of Patient Explorer. It holds patients' data: keep it locked.

index.csv        which file is whose
patients/        a signed PDF for each patient
scans/           scans of papers, named by the number of the patient's PDF
manifest.json    the SHA-256 of every file, what this packet is, and the key that signed it
manifest.sig     the signature over manifest.json (Ed25519, 64 bytes)
public-key.pem   the key to check it with

To prove it, with Patient Explorer on any PC:  python manage.py verify_packet FILE --fingerprint {fingerprint}
Without it:  openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig
then compare the SHA-256 of each file with manifest.json. Ask the practice for its key's fingerprint by phone.
"""


class Counted(io.RawIOBase):
    """Passes on what is written, and knows how much it was and its SHA-256."""

    def __init__(self, target: BinaryIO):
        self._target, self.size, self.digest = target, 0, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content) -> int:
        self._target.write(content)
        self.size += len(content)
        self.digest.update(content)
        return len(content)


class Archive:
    def __init__(self, target: BinaryIO, *, practice: Practice, choice: str, by: str, made_at: datetime):
        self._zip = Writer(target)
        self._files: dict[str, dict] = {}
        self._index: list[tuple] = [INDEX_HEADINGS]
        self._scans = 0
        self._facts = {
            "format": FORMAT,
            "app_version": version(),
            "practice": practice.name,
            "mode": practice.mode,
            "choice": choice,
            "made_by": by,
            "made_at": made_at.isoformat(timespec="seconds"),
            "public_key": public_key().hex(),
            "fingerprint": fingerprint(),
        }

    def add(self, told: Gathered) -> None:
        number = f"{len(self._index):05d}"
        content = on_paper(told, attach=False)
        name = f"patients/{number}.pdf"
        self._put(name, content)
        for scan in told.scans:
            if scan.content is not None:
                self._put(f"scans/{number}-{scan.name}", scan.content)
                self._scans += 1
        digest = self._files[name]["sha256"]
        self._index.append(
            (
                number,
                name,
                told.mrn,
                told.name,
                *standing_words(told),
                told.packet_id,
                len(content),
                digest,
                len(told.scans),
            )
        )

    def finish(
        self, *, standings: Mapping[str, int], ids_sha256: str, patients_of_practice: int, finished_at: datetime
    ) -> int:
        """Write what closes the packet; returns the number of files in it."""
        sheet = io.StringIO(newline="")
        write_csv(sheet, self._index)
        self._put("index.csv", sheet.getvalue().encode("utf-8-sig"))
        self._put("read-me.txt", READ_ME.format(fingerprint=fingerprint()).encode())
        self._put(PEM, public_pem())
        patients = len(self._index) - 1
        manifest = canonical(
            self._facts
            | {
                "finished_at": finished_at.isoformat(timespec="seconds"),
                "counts": {
                    "patients": patients,
                    "scans": self._scans,
                    "files": len(self._files),
                    "patients_of_practice": patients_of_practice,
                },
                "standings": {name: standings.get(name, 0) for name in LABELS},
                "ids_sha256": ids_sha256,
                "files": self._files,
            }
        )
        self._zip.add(MANIFEST, manifest)
        self._zip.add(SIGNATURE, sign(manifest))
        self._zip.close()
        return len(self._files) + 2

    def _put(self, name: str, content: bytes) -> None:
        self._zip.add(name, content)
        self._files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@cache
def version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]
