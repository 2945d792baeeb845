"""A copy of one answer for the patient's old chart: one page, signed like a packet."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from consent.admin.responses import JUDGED, PARTS, SAID
from consent.models import ConsentEvent, Response
from explorer.evidence.case import Block, Fact, Facts, Say, Table, Topic, moment, words
from explorer.evidence.packet import FIXED, put, texts_of
from explorer.evidence.signing import fingerprint, sign_pdf
from explorer.lib.flowing import Record
from explorer.lib.models import Practice
from patients.models import Patient

ASKED = ("records", "apcm", "notice", "texting", "understood", "voluntary", "signature_box", "representative")
LONGEST = 300  # signs of one answer; the packet has it whole
Kind = ConsentEvent.Kind


def copy_of_answer(answer: Response, *, patient: Patient, made_at: datetime) -> bytes:
    """A form answer that was placed: its questions and what was answered, as they came."""
    practice = Practice.current()
    with timezone.override(practice.time_zone):
        lines = answer.consent_events.select_related("wording").order_by("kind")
        blocks = [
            Topic("What was asked, and what was answered"),
            *_wordings({line.wording for line in lines if line.wording} | {answer.file.wording} - {None}),
            Table(("The form asked", "The answer"), _asked(answer), (3, 2)),
            Topic("When, and by whom"),
            Facts(
                [
                    ("Answered", moment(answer.completed_at) or "the form gives no time"),
                    (
                        "Name typed as signature",
                        _cell(answer, "signature_name") or _cell(answer, "full_name") or "none",
                    ),
                    ("Day typed", _cell(answer, "signed_on") or "none"),
                    ("Taken in", moment(answer.file.taken_in_at)),
                    (
                        "Answer of the form",
                        f"{answer.response_id or '–'}, row {answer.row}, SHA-256 {answer.content_hash}",
                    ),
                ]
            ),
            Topic("How identity was checked"),
            Facts([(PARTS.get(part, "Certain whose"), _judged(state)) for part, state in answer.identity.items()]),
            *_decided(answer),
            Topic("What it is in our ledger"),
            Facts([_line(line) for line in lines] or [("Nothing", "the answer says neither yes nor no")]),
        ]
        return _paper(patient, blocks, practice, made_at)


def copy_of_line(line: ConsentEvent, *, patient: Patient, made_at: datetime) -> bytes:
    """What was said in one conversation, or came on one paper: the line and those of the same moment."""
    practice = Practice.current()
    same = Q(patient=line.patient_id, occurred_at=line.occurred_at, method=line.method, response=line.response_id)
    lines = ConsentEvent.objects.filter(same | Q(pk=line.pk)).select_related("wording", "on_behalf_of", "recorded_by")
    with timezone.override(practice.time_zone):
        blocks = [
            Topic("What was asked"),
            *_wordings({each.wording for each in lines if each.wording}),
            *(Facts([(f"Disclosure: {name}".replace("_", " "), words(said)) for name, said in each.disclosures.items()])
              for each in lines if each.disclosures),
            Topic("What was answered"),
            Facts([_line(each) for each in lines.order_by("kind")]),
            Topic("When, by whom, and how identity was checked"),
            Facts(
                [
                    ("How", line.get_method_display()),
                    ("When", moment(line.occurred_at)),
                    ("Written down", moment(line.recorded_at) + (", a late entry" if line.is_late_entry else "")),
                    ("Spoke with the patient", line.obtained_by or str(line.recorded_by or "not recorded")),
                    ("Witness", line.witness or "none"),
                    ("Decided by", f"{line.given_by} ({line.authority})" if line.given_by else "the patient"),
                    ("On behalf of", str(line.on_behalf_of or "not recorded")),
                    ("Identity", words(line.identity_checks).replace("_", " ") or "no check was recorded"),
                ]
            ),
        ]  # fmt: skip
        return _paper(patient, blocks, practice, made_at)


def _wordings(wordings: set) -> list[Block]:
    if not wordings:
        return [Say("The version of the wording was not recorded.")]
    ordered = sorted(wordings, key=lambda wording: wording.pk)
    return [Facts([("Wording", f"{wording}: {wording.title}"), ("SHA-256", wording.sha256)]) for wording in ordered]


def _asked(answer: Response) -> list[tuple[str, str]]:
    row = answer.words()
    places = [answer.file.columns[meaning] for meaning in ASKED if meaning in answer.file.columns]
    return [(_short(row[place][0]), _short(row[place][1]) or "no answer") for place in places if place < len(row)]


def _cell(answer: Response, meaning: str) -> str:
    place, cells = answer.file.columns.get(meaning), answer.cells()
    return _short(cells[place]) if isinstance(place, int) and place < len(cells) else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … (shortened; the evidence packet has it whole)"


def _judged(state: str) -> str:
    return JUDGED[state][1] if state in JUDGED else SAID.get(state, str(state))


def _decided(answer: Response) -> list[Block]:
    if not answer.decided_at:
        return [Say("All of it agreed, so that the answer was applied without a person’s decision.")]
    who = f"{moment(answer.decided_at)} by {answer.decided_by or 'the program'}"
    return [Facts([("Placed by a person", who), ("Why", answer.decision_note or "no note")])]


def _line(line: ConsentEvent) -> Fact:
    return line.get_kind_display(), f"{line.get_decision_display()} (line {line.pk})"


def _paper(patient: Patient, blocks: list[Block], practice: Practice, made_at: datetime) -> bytes:
    born = words(patient.date_of_birth) or "birth date not known"
    top = [
        Say(f"{practice.name} · {practice.phone}"),
        Facts([("Patient", patient.full_name), ("Birth date", born), ("Chart number (MRN)", patient.mrn)]),
    ]
    bottom = [Say(f"Copied {moment(made_at)}. The file is signed with the key {fingerprint()}.")]
    title = "Copy of a patient’s answer"
    said = [practice.name, patient.sort_name, patient.mrn, title, *texts_of([*top, *blocks, *bottom])]
    paper = Record(
        title=title,
        made_at=made_at,
        head=f"{patient.sort_name} · Chart {patient.mrn}",
        foot=f"{title} · {practice.name}",
        letters="".join({*"".join(said), *FIXED}),
    )
    paper.chapter(title)
    put(paper, [*top, *blocks, *bottom])
    return sign_pdf(paper.bytes())
