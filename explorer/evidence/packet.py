"""One patient's packet: the facts gathered in one snapshot of the database, then put on paper."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.db import connection
from django.db.models import Model
from django.utils import timezone, translation
from PIL import Image, UnidentifiedImageError

from consent.models import Document
from explorer.evidence.case import Block, Case, Facts, Say, Table, Topic, Words, moment
from explorer.evidence.chapters import CHAPTERS, LEDGER_WORDS
from explorer.evidence.signing import fingerprint, sign_pdf
from explorer.lib.flowing import Record, visible
from explorer.lib.keys import key_for
from explorer.lib.models import Practice
from outreach.standings import LABELS, with_ledgers, with_standing
from patients.models import Patient, Phone

LEDGERS = ("records", "apcm", "notice", "texting")
PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG"}
MOST_PIXELS = 60_000_000


@dataclass
class Scan:
    name: str  # of the file beside the packet: it tells nothing
    sha256: str
    content: bytes | None  # None: the stored file does not open any more
    media_type: str


@dataclass
class Gathered:
    """All that a packet tells, read already: nothing is asked of the database any more."""

    packet_id: str
    patient_id: int
    mrn: str
    name: str
    standing: str
    ledgers: dict[str, str]
    made_at: datetime
    by: str
    practice: str
    chapters: list[tuple[str, list[Block]]] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)


@contextmanager
def one_snapshot():
    """All queries inside see the database as it was at the first one; writers are not held up.

    `atomic` would take SQLite's write lock. Inside a transaction, as in an act or a test, there is one already.
    """
    if connection.in_atomic_block:
        yield
        return
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@translation.override("en")
def gather(patient_ids: Iterable[int], *, made_at: datetime, by: str) -> list[Gathered]:
    """In the order of the ids; those that are no patient (any more) are left out."""
    with one_snapshot():
        practice = Practice.current()
        found = with_ledgers(with_standing(Patient.objects.filter(pk__in=list(patient_ids)), practice)).in_bulk()
        charts = {pk: [pk] for pk in found}
        for merged, into in (
            Patient.charts.filter(merged_into__in=found).order_by("pk").values_list("pk", "merged_into")
        ):
            charts[into].append(merged)
        known = _who_has_rows([pk for pks in charts.values() for pk in pks])
        with timezone.override(practice.time_zone):
            return [
                _gathered(Case(found[pk], practice, made_at, charts[pk], _numbers(pk), known), by)
                for pk in patient_ids
                if pk in found
            ]


def _numbers(patient_id: int) -> list[str]:
    return list(Phone.objects.filter(patient=patient_id).order_by("pk").values_list("e164", flat=True))


def _who_has_rows(charts: list[int]) -> dict[type[Model], set[int]]:
    """For the models that name their patient: of these charts, those with any row. Saves a question per patient."""
    shown = {model for chapter in CHAPTERS for model in chapter.shows}
    return {
        model: set(model.objects.filter(patient__in=charts).order_by().values_list("patient", flat=True).distinct())
        for model in sorted(shown, key=lambda model: model._meta.label)
        if any(column.name == "patient" for column in model._meta.concrete_fields)
    }


def _gathered(case: Case, by: str) -> Gathered:
    patient, practice, made_at = case.patient, case.practice, case.made_at
    told = Gathered(
        packet_id=packet_id(patient, made_at),
        patient_id=patient.pk,
        mrn=patient.mrn,
        name=patient.sort_name,
        standing=patient.standing,
        ledgers={kind: getattr(patient, f"{kind}_ledger") for kind in LEDGERS[:3]} | {"texting": patient.texting_state},
        made_at=made_at,
        by=by,
        practice=practice.name,
    )
    for chapter in CHAPTERS:
        told.chapters.append((chapter.title, chapter.blocks(case)))
    told.chapters.insert(0, ("What this is", _opening(case, told)))
    told.scans = [_scan(document) for _, document in sorted(case.documents.items())]
    if told.scans:
        told.chapters.append(("Annex: the scans", [Facts([_scan_fact(scan) for scan in told.scans])]))
    return told


def packet_id(patient: Patient, made_at: datetime) -> str:
    """The same for the same patient and moment; tells neither."""
    said = f"{patient.pk} {made_at.isoformat()}".encode()
    return hashlib.blake2b(said, key=key_for("packet ids"), digest_size=8).hexdigest()


def _opening(case: Case, told: Gathered) -> list[Block]:
    practice = case.practice
    return [
        Say(
            "All that this practice’s records hold of one patient’s consent: what was asked, in which words, what was "
            "answered, by whom, when, how it was checked, and what followed. Rows are told whole; nothing is summed up."
        ),
        Facts(
            [
                ("Patient", told.name),
                ("Chart number (MRN)", told.mrn),
                ("Packet", told.packet_id),
                ("Made", f"{moment(case.made_at)} by {told.by}"),
                ("Practice", practice.name),
                (
                    "Asked for",
                    " → ".join(filter(None, [practice.old_practice, practice.new_practice])) or practice.name,
                ),
                ("Mode", "DEMO: an invented patient" if practice.mode == "demo" else "live"),
                ("Times", f"in the zone {practice.time_zone}, from the clock of the practice’s PC"),
                ("Key that signed this file", fingerprint()),
            ]
        ),
        Say(
            "The file is signed: its last line holds a signature over every byte before it. “manage.py verify_packet "
            "FILE” proves it on any PC, and docs/evidence.md says how to do so without this program. Compare the "
            "key above with the one that the practice tells you by phone. Signs without a shape in the font stand as "
            "⟨U+…⟩ with their number in Unicode; where that happens, the exact texts are attached to this file."
        ),
        Table(("Chapter", "Entries"), [(title, str(_entries(blocks))) for title, blocks in told.chapters], (4, 1)),
    ]


def _entries(blocks: list[Block]) -> int:
    tables = sum(len(block.rows) for block in blocks if isinstance(block, Table))
    return tables + sum(isinstance(block, Topic) for block in blocks)


def _scan(document: Document) -> Scan:
    ending = {"image/png": "png", "image/jpeg": "jpg", "application/pdf": "pdf"}.get(document.media_type, "bin")
    try:
        content = document.content()
    except InvalidToken:
        content = None
    return Scan(f"scan-{document.pk}.{ending}", document.sha256, content, document.media_type)


def _scan_fact(scan: Scan) -> tuple[str, str]:
    """Whether the scan is still what it was when it came."""
    if scan.content is None:
        return scan.name, "DOES NOT OPEN: the stored file was damaged"
    agrees = hashlib.sha256(scan.content).hexdigest() == scan.sha256
    how = "a page of this file" if scan.media_type in PICTURES else "attached to this file, or beside it in the ZIP"
    return scan.name, f"{how}; its bytes {'agree' if agrees else 'DO NOT AGREE'} with SHA-256 {scan.sha256}"


@translation.override("en")
def on_paper(told: Gathered, *, attach: bool = True) -> bytes:
    """The signed PDF. Pictures are pages of it; with `attach` other scans are attached, else they lie beside it."""
    texts = list(_texts(told))
    paper = Record(
        title=f"Evidence packet {told.packet_id}",
        made_at=told.made_at,
        head=f"{told.name} · Chart {told.mrn}",
        foot=f"Packet {told.packet_id} · {_made(told)} · {told.practice}",
        letters="".join({*"".join(texts), *FIXED}),
    )
    for title, blocks in told.chapters:
        paper.chapter(title)
        put(paper, blocks)
    for scan in told.scans:
        _put_scan(paper, scan, attach, told.made_at)
    hidden = [text for text in dict.fromkeys(texts) if visible(text) != text]
    if hidden:
        paper.attach("\n\n----\n\n".join(hidden).encode("utf-8", "surrogatepass"), "exact-texts.txt", told.made_at)
    return sign_pdf(paper.bytes())


FIXED = "".join(map(chr, range(32, 127))) + "·→⟨⟩…"


def _made(told: Gathered) -> str:
    return f"{told.made_at:%Y-%m-%d %H:%M:%S} UTC"


def put(paper: Record, blocks: Iterable[Block]) -> None:
    for block in blocks:
        match block:
            case Topic(text):
                paper.topic(text)
            case Say(text):
                paper.say(text, quiet=True)
            case Facts(facts):
                paper.facts(facts)
            case Words(text):
                paper.words(text)
            case Table(headings, rows, shares):
                paper.table(headings, rows, shares)


def _texts(told: Gathered) -> Iterator[str]:
    yield from (told.name, told.mrn, told.practice)
    for title, blocks in told.chapters:
        yield title
        yield from texts_of(blocks)


def texts_of(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Facts(facts):
                yield from (text for fact in facts for text in fact)
            case Table(headings, rows, _):
                yield from headings
                yield from (cell for row in rows for cell in row)
            case _:
                yield block.text


def _put_scan(paper: Record, scan: Scan, attach: bool, made_at: datetime) -> None:
    title = f"{scan.name}, SHA-256 {scan.sha256}"
    picture = _picture(scan)
    if picture is not None:
        paper.picture(picture, title)
    elif attach and scan.content is not None:
        paper.attach(scan.content, scan.name, made_at)


def _picture(scan: Scan) -> Image.Image | None:
    """None for what is no picture, is broken, or is too large to be drawn."""
    if scan.media_type not in PICTURES or scan.content is None:
        return None
    try:
        image = Image.open(io.BytesIO(scan.content), formats=[PICTURES[scan.media_type]])
        if image.width * image.height > MOST_PIXELS:
            return None
        image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return image


def standing_words(told: Gathered) -> tuple[str, ...]:
    """The standing, then each ledger's, as an index shows them."""
    return (LABELS[told.standing], *(LEDGER_WORDS[told.ledgers[kind]] for kind in LEDGERS))
