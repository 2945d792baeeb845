"""Making packets: one patient's PDF, or a ZIP of many, asked for by a person and built in the background."""

import hashlib
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django_q.tasks import async_task

from explorer.evidence import archive
from explorer.evidence.packet import Gathered, gather, on_paper
from explorer.evidence.plain_zip import TooLarge
from explorer.lib import clock, travel
from explorer.lib.audit import record
from explorer.lib.keys import decrypt, encrypt
from explorer.lib.models import Practice
from explorer.models import EvidencePacket
from outreach.standings import ANSWERED, with_ledgers, with_standing
from patients.actions import record_export
from patients.models import Patient

Choice, State = EvidencePacket.Choice, EvidencePacket.State
AT_ONCE = 25  # patients read in one snapshot
ABANDONED_AFTER = timedelta(minutes=2)  # without a sign of the builder
MOST_ATTEMPTS = 5
BUILD = "explorer.evidence.tasks.build_due"
KEYS = "evidence packet keys"


@transaction.atomic
def packet_of(patient: Patient, *, by) -> tuple[Gathered, bytes]:
    """One patient's signed PDF; that it was made is recorded at the patient."""
    told = gather([patient.pk], made_at=clock.now(), by=str(by or "the command line"))[0]
    content = on_paper(told)
    digest = hashlib.sha256(content).hexdigest()
    record([(patient, "access", {"exported": [None, f"evidence packet {told.packet_id}, SHA-256 {digest}"]})], by=by)
    return told, content


def chosen(choice: str, chart_numbers: str = "") -> list[int]:
    """Ids of the patients, in their order. Raises ValidationError."""
    patients = Patient.objects.order_by("pk")
    if choice == Choice.APCM:
        found = with_ledgers(patients).filter(apcm_ledger="given")
    elif choice == Choice.DECIDED:
        found = with_standing(patients).filter(standing__in=ANSWERED)
    elif choice == Choice.CHOSEN:
        return _by_chart_number(chart_numbers)
    else:
        found = patients
    ids = list(found.values_list("pk", flat=True))
    if not ids:
        raise ValidationError("There is no such patient yet.")
    return ids


def _by_chart_number(text: str) -> list[int]:
    """Numbers between blanks, commas or lines. Raises ValidationError that says how many are unknown, and where."""
    owners = Patient.charts.owners()
    numbers = text.replace(",", " ").replace(";", " ").split()
    unknown = [str(place) for place, number in enumerate(numbers, 1) if number not in owners]
    if not numbers:
        raise ValidationError("Paste the chart numbers, each on a line of its own.")
    if unknown:
        places = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        raise ValidationError(f"{len(unknown)} are no chart numbers of patients here: look at number {places}.")
    return list(dict.fromkeys(owners[number] for number in numbers))


@transaction.atomic
def ask_for(*, choice: str, patient_ids: list[int], passphrase: str | None, by) -> EvidencePacket:
    """A packet of these patients, to be built by the worker. Without a passphrase the person gets a plain ZIP."""
    header = travel.new_header(kept=passphrase is None)
    key = secrets.token_bytes(32) if passphrase is None else travel.key_from(passphrase, header)
    packet = EvidencePacket.objects.create(
        choice=choice,
        patients=patient_ids,
        ids_digest=digest_of(patient_ids),
        with_passphrase=passphrase is not None,
        requested_by=by,
        header=header.hex(),
        sealed_key=encrypt(key, KEYS),
    )
    async_task(BUILD)  # a row of the same database: it is there if and only if the packet is
    return packet


def digest_of(patient_ids: list[int]) -> str:
    return hashlib.sha256(" ".join(map(str, patient_ids)).encode()).hexdigest()


def build_due() -> int:
    """Build what waits, one after the other; returns how many were built. May run twice: each has one builder."""
    built = 0
    while packet := _claimed():
        built += _build(packet)
    return built


def _claimed() -> EvidencePacket | None:
    now = clock.now()
    due = EvidencePacket.objects.to_build(abandoned_before=now - ABANDONED_AFTER).order_by("pk")
    for packet in due.filter(attempt__gte=MOST_ATTEMPTS):
        _fail(packet, f"It was begun {packet.attempt} times and never came to its end.")
    for pk in due.values_list("pk", flat=True):
        mine = due.filter(pk=pk).update(state=State.BUILDING, attempt=F("attempt") + 1, touched_at=now, done=0)
        if mine:
            return EvidencePacket.objects.select_related("requested_by").get(pk=pk)
    return None


class _Overtaken(Exception):
    """Another builder has taken this packet over, or it was removed."""


def _build(packet: EvidencePacket) -> bool:
    """Whether it is ready. The file gets its name in the row only when it is whole."""
    path = folder() / f"{secrets.token_hex(16)}.pexp"
    try:
        with path.open("xb") as file:
            os.chmod(path, 0o600)
            size, digest = _write(packet, file)
            file.flush()
            os.fsync(file.fileno())
        _finish(packet, path.name, size, digest)
    except _Overtaken:
        path.unlink(missing_ok=True)
        return False
    except (TooLarge, OSError) as problem:
        path.unlink(missing_ok=True)
        _fail(packet, str(problem) if isinstance(problem, TooLarge) else "The disk is full or cannot be written.")
        return False
    except BaseException:
        path.unlink(missing_ok=True)
        _fail(packet, "The program met a fault. Ask for the packet again; the log has the details.")
        raise
    return True


def _write(packet: EvidencePacket, file: BinaryIO) -> tuple[int, str]:
    """(bytes, SHA-256) of what the person will fetch: the locked file, or the ZIP in it."""
    header, key = bytes.fromhex(packet.header), decrypt(bytes(packet.sealed_key), KEYS)
    outer = archive.Counted(file)
    lock = travel.Lock(outer, key, header)
    inner = archive.Counted(lock)
    write_zip(
        inner,
        packet.patients,
        choice=packet.get_choice_display(),
        by=packet.requested_by,
        tell=lambda done: _still_mine(packet, done),
    )
    lock.finish()
    fetched = outer if packet.with_passphrase else inner
    return fetched.size, fetched.digest.hexdigest()


def _still_mine(packet: EvidencePacket, done: int) -> None:
    """Raises _Overtaken."""
    rows = EvidencePacket.objects.filter(pk=packet.pk, state=State.BUILDING, attempt=packet.attempt)
    if not rows.update(done=done, touched_at=clock.now()):
        raise _Overtaken


@transaction.atomic
def _finish(packet: EvidencePacket, file: str, size: int, digest: str) -> None:
    """Raises _Overtaken."""
    _still_mine(packet, len(packet.patients))
    packet.refresh_from_db()
    packet.state, packet.file, packet.bytes, packet.sha256 = State.READY, file, size, digest
    packet.finished_at = clock.now()
    if packet.with_passphrase:
        packet.sealed_key = None
    packet.save()


def _fail(packet: EvidencePacket, why: str) -> None:
    with transaction.atomic():
        found = EvidencePacket.objects.filter(pk=packet.pk, state=State.BUILDING, attempt=packet.attempt).first()
        if found:
            found.state, found.why, found.sealed_key, found.finished_at = State.FAILED, why, None, clock.now()
            found.save()


def _as_they_stand(patient_ids: list[int]) -> list[int]:
    """Each once, and for a chart that was merged since the packet was asked for the patient it stands for."""
    merged = dict(Patient.charts.exclude(merged_into=None).values_list("pk", "merged_into"))
    return list(dict.fromkeys(merged.get(pk, pk) for pk in patient_ids))


@dataclass(frozen=True)
class Written:
    patients: int
    files: int


def write_zip(
    target: BinaryIO, patient_ids: list[int], *, choice: str, by, tell: Callable[[int], None] = lambda done: None
) -> Written:
    """The signed ZIP, straight through: some patients at a time are in memory. Raises TooLarge."""
    patient_ids = _as_they_stand(patient_ids)
    practice = Practice.current()
    person = str(by or "the command line")
    zip_file = archive.Archive(target, practice=practice, choice=choice, by=person, made_at=clock.now())
    standings: Counter[str] = Counter()
    tell(0)
    for start in range(0, len(patient_ids), AT_ONCE):
        some = patient_ids[start : start + AT_ONCE]
        for told in gather(some, made_at=clock.now(), by=person):
            zip_file.add(told)
            standings[told.standing] += 1
        tell(min(start + AT_ONCE, len(patient_ids)))
    files = zip_file.finish(
        standings=standings,
        ids_sha256=digest_of(patient_ids),
        patients_of_practice=Patient.objects.count(),
        finished_at=clock.now(),
    )
    return Written(standings.total(), files)


def fetch(packet: EvidencePacket, *, by) -> Iterator[bytes]:
    """The file in pieces, for the one who asked for it; that it was fetched is recorded. Raises FileNotFoundError."""
    file = (folder() / packet.file).open("rb")
    count = len(packet.patients)
    record_export(of=Patient, count=count, what=f"evidence packet {packet.pk}, ids SHA-256 {packet.ids_digest}", by=by)
    return _pieces(packet, file)


def _pieces(packet: EvidencePacket, file: BinaryIO) -> Iterator[bytes]:
    with file:
        source: BinaryIO = file
        if not packet.with_passphrase:
            key = decrypt(bytes(packet.sealed_key), KEYS)
            source = travel.Unlock(file, key, travel.read_header(file))
        while piece := source.read(travel.PIECE):
            yield piece


@transaction.atomic
def remove(packet: EvidencePacket, *, by) -> None:
    """Take the file and its key away; the row stays and says that there was one. A builder at work stops."""
    packet = EvidencePacket.objects.select_for_update().get(pk=packet.pk)
    if packet.state == State.REMOVED:
        return
    file = packet.file
    packet.state, packet.file, packet.sealed_key, packet.removed_at = State.REMOVED, "", None, clock.now()
    packet.save()
    if file:
        transaction.on_commit(lambda: (folder() / file).unlink(missing_ok=True))


def remove_old() -> int:
    """Packets older than the practice keeps raw files, and files that no row names; returns how many packets."""
    oldest = clock.now() - timedelta(days=Practice.current().keep_raw_days)
    old = EvidencePacket.objects.filter(requested_at__lt=oldest).exclude(state=State.REMOVED)
    for packet in old:
        remove(packet, by=None)
    _sweep()
    return len(old)


def _sweep() -> None:
    """What a power cut left behind, once nothing is being built any more."""
    if EvidencePacket.objects.filter(state__in=(State.WAITING, State.BUILDING)).exists():
        return
    named = set(EvidencePacket.objects.exclude(file="").values_list("file", flat=True))
    for path in folder().glob("*.pexp"):
        if path.name not in named:
            with suppress(OSError):
                path.unlink()


def folder() -> Path:
    """Where built packets lie, locked."""
    path = settings.HOME / "evidence"
    path.mkdir(mode=0o700, exist_ok=True)
    return path
