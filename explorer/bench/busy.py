"""A practice in the middle of its campaign, of any size: invented people written in bulk, the same for the same seed.

Everything is there in the proportions of a real month: texts and reminders, replies, answers, decisions, matches,
calls, letters, tasks, notes, stops. The database must be empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from uuid import uuid4

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from consent.models import (
    AddressVersion,
    ApcmMonth,
    ConsentEvent,
    DeskForm,
    Disclosure,
    Document,
    Invitation,
    InvitationPatient,
    Letter,
    LetterBatch,
    Response,
    ResponseFile,
    Wording,
)
from explorer.bench.names import FAMILIES, MEN, WOMEN
from explorer.lib import bulk, clock
from explorer.lib.models import Job
from explorer.lib.tables import SHELL
from explorer.models import EvidencePacket, ListAct, SavedList, User
from explorer.reports.actions import close_day, keep
from outreach.models import (
    Attempt,
    CallClaim,
    Campaign,
    CampaignPatient,
    CampaignStep,
    Circumstance,
    Contact,
    ContactPhone,
    LineState,
    Match,
    Message,
    MessagePatient,
    NumberCheck,
    Reply,
    SavedAnswer,
    Suppression,
)
from patients import actions
from patients.models import (
    ApcmEnrolment,
    CareFact,
    DuplicatePair,
    Note,
    NoteVersion,
    Patient,
    Phone,
    Practitioner,
    StaffTask,
)
from patients.names import searchable
from patients.practice import change_practice

DAYS = (0, 3, 7, 14)
CITIES = (("Birmingham", "35205"), ("Hoover", "35244"), ("Vestavia Hills", "35216"), ("Homewood", "35209"))
LAUNCHED_DAYS_AGO = 12
HEADINGS = "MRN,DOB,Patient Name,Address,City,State,Zip,Home Phone,Cell Phone"
AT_ONCE = 5_000  # patients in one transaction


@dataclass
class Rows:
    """What is to be written: {model: (columns, rows)}; `key` gives the next key of a model in an empty table."""

    found: dict[type, tuple[tuple, list]] = field(default_factory=dict)
    keys: dict[type, Iterator[int]] = field(default_factory=dict)

    def add(self, model: type, **values) -> int:
        columns, rows = self.found.setdefault(model, (tuple(values), []))
        rows.append(tuple(values[name] for name in columns))
        return next(self.keys.setdefault(model, count(1)))

    def write(self) -> None:
        with transaction.atomic():
            for model, (columns, rows) in self.found.items():
                bulk.insert(model, columns, rows)
        self.found = {}


@dataclass
class Before:
    """The patient before: the next one may share the number, and with it the code and the texts."""

    family: str = ""
    cell: str = ""
    texted: str = ""
    invitation: int = 0
    texts: list[int] = field(default_factory=list)


@dataclass
class Stage:
    """What everybody's rows refer to."""

    now: datetime
    user: int
    campaign: int
    steps: dict[int, int]
    file: int
    practitioner: int
    batch: int
    patient_type: int
    before: Before = field(default_factory=Before)


def build(patients: int, *, seed: int = 1) -> None:
    """Write the practice. Some seconds for 1,384 patients, about two minutes for 100,000."""
    random, rows = Random(f"busy {seed}"), Rows()
    stage = _stage()
    for number in range(patients):
        _person(rows, random, stage, number)
        if number % AT_ONCE == AT_ONCE - 1:
            rows.write()
    _duplicates(rows, random, patients)
    rows.write()
    _import(patients)
    _few_of_a_kind(stage)


def _stage() -> Stage:
    now = clock.now()
    user = User.objects.create_user("bench", role=User.Role.ADMINISTRATOR)
    profile = {"name": "Home Team Medical", "phone": "205-555-0100", "texting_basis": "provided_to_provider"}
    change_practice(profile, by=None)
    begun = now - timedelta(days=LAUNCHED_DAYS_AGO)
    campaign = Campaign.objects.create(name="Move", state="running", launched_at=begun, watched_from=begun)
    Campaign.objects.create(name="Later", cohort="all")
    steps = {
        day: CampaignStep.objects.create(campaign=campaign, day=day, body="{practice} is moving: {link}").pk
        for day in DAYS
    }
    file = ResponseFile.objects.create(filename="answers.xlsx", sha256="0" * 64, form="form")
    npi = Practitioner.objects.create(name="Ann Lee, MD", npi="1234567893", side="new", bills_apcm=True)
    wording = Wording(kind="letter", version=9, title="Letter", text="Dear {name}, we move.", valid_from=begun.date())
    wording.sha256 = "0" * 64
    wording.save()
    frozen = {"sender": [], "link": "https://example.com", "time_zone": "America/Chicago"}
    batch = LetterBatch.objects.create(
        kind="letter", wording=wording, dated_on=begun.date(), frozen=frozen, printed_at=begun, sha256="1" * 64,
        posted_on=begun.date(),
    )  # fmt: skip
    LineState.objects.get_or_create(pk=1)
    patient_type = ContentType.objects.get_for_model(Patient)
    return Stage(now, user.pk, campaign.pk, steps, file.pk, npi.pk, batch.pk, patient_type.pk)


def _person(rows: Rows, random: Random, stage: Stage, number: int) -> None:
    given, family = random.choice(WOMEN if number % 2 else MEN), random.choice(FAMILIES)
    before = stage.before
    shares = bool(before.cell) and random.random() < 0.08
    if shares:
        family = before.family
    cell = before.cell if shares else f"+1{205 + number // 10_000_000}{2_000_000 + number:07}"
    before.family, before.cell = family, cell
    city, code = random.choice(CITIES)
    born = date(1935, 1, 1) + timedelta(days=random.randrange(22_000))
    home = {"address": f"{1 + number % 9000} Main St", "city": city, "state": "AL", "zip": code}
    pk = rows.add(
        Patient, mrn=str(100_000 + number), listed_name=f"{family.upper()}, {given.upper()}", first_name=given,
        last_name=family, date_of_birth=born, search_name=searchable(given, "", family, ""), insurer="Medicare",
        last_visit=stage.now.date() - timedelta(days=random.randrange(900)), deceased=random.random() < 0.005,
        held="Asked us" if random.random() < 0.005 else "", **home,
    )  # fmt: skip
    basis = "unknown" if random.random() < 0.03 else "provided_to_provider"
    rows.add(Phone, patient_id=pk, e164=cell, kind="mobile", label="cell", basis=basis)
    if random.random() < 0.3:
        rows.add(
            Phone, patient_id=pk, e164=f"+1256{2_000_000 + number:07}", kind="fixed", label="home", basis="unknown"
        )
    apcm = random.random() < 0.2
    if apcm:
        _care(rows, random, stage, pk)
    linked = _contact(rows, random, stage, pk, given, family, born, cell, shares)
    texted = linked and random.random() < 0.9
    said = random.random()  # what, if anything, the patient says
    if texted:
        _texts(rows, random, stage, pk, cell, answers=said < 0.5, shares=shares)
    if texted or said > 0.97:
        _answer(rows, random, stage, pk, said, apcm)
    _people_s_work(rows, random, stage, pk, home, f"{given} {family}", cell)


def _care(rows: Rows, random: Random, stage: Stage, pk: int) -> None:
    rows.add(ApcmEnrolment, patient_id=pk, level=1 + pk % 3, icd10="E11.9 I10", signed_up_on=date(2025, 3, 1))
    day = stage.now.date() - timedelta(days=random.randrange(300))
    fact = {"patient_id": pk, "on": day, "source": "card", "npi": ""}
    rows.add(CareFact, **fact, kind="payer", answer="part_b", number=None)
    rows.add(CareFact, **fact, kind="conditions", answer="", number=2)
    rows.add(CareFact, **fact | {"npi": "1234567893"}, kind="visit", answer="", number=None)


def _contact(rows, random, stage, pk, given, family, born, cell, shares) -> bool:
    """Whether it is matched."""
    if random.random() < 0.06:
        return False
    contact = rows.add(
        Contact, spruce_id=f"entity_{pk}", display_name=f"{given} {family}", given_name=given, family_name=family,
        date_of_birth=born, category="patient",
    )  # fmt: skip
    rows.add(ContactPhone, contact_id=contact, e164=cell, label="mobile")
    drawn = random.random()
    verdict = "automatic" if drawn < 0.86 else "accepted" if drawn < 0.93 else "review" if drawn < 0.97 else "rejected"
    decided = stage.now - timedelta(days=20) if verdict in ("accepted", "rejected") else None
    reasons = [{"field": "family", "verdict": "same", "weight": 7.5, "words": "same last name"}]
    rows.add(
        Match, patient_id=pk, contact_id=contact, verdict=verdict, score=8.0, reasons=reasons, decided_at=decided,
        needed="a birth date that agrees" if verdict == "review" else "",
    )  # fmt: skip
    return verdict in Match.LINKED


def _texts(rows, random, stage, pk, cell, *, answers: bool, shares: bool) -> None:
    """One text for each number and step: who shares the number of the one before is named by that one's texts."""
    begun = stage.now - timedelta(days=LAUNCHED_DAYS_AGO)
    rows.add(CampaignPatient, campaign_id=stage.campaign, patient_id=pk)
    last = stage.before
    if shares and last.texted == cell:
        for message in last.texts:
            rows.add(MessagePatient, message_id=message, patient_id=pk)
        rows.add(InvitationPatient, invitation_id=last.invitation, patient_id=pk)
        return
    expires = stage.now + timedelta(days=48)
    invitation = rows.add(Invitation, code=f"BENCH{pk:011}", phone=cell, created_at=begun, expires_at=expires)
    rows.add(InvitationPatient, invitation_id=invitation, patient_id=pk)
    last.texted, last.invitation, last.texts = cell, invitation, []
    for day in DAYS:
        if day and answers and random.random() < 0.7:
            break
        at = begun + timedelta(days=day, minutes=random.randrange(300))
        state = "planned" if at > stage.now else "confirmed"
        drawn = random.random()
        if state == "confirmed" and drawn < 0.03:
            state = ("failed", "skipped", "uncertain")[int(drawn * 100)]
        sent = state in ("confirmed", "uncertain")
        message = rows.add(
            Message, campaign_id=stage.campaign, step_id=stage.steps[day], phone=cell, invitation_id=invitation,
            state=state, due_at=at, planned_at=at, text="Home Team Medical is moving." if sent else "",
            segments=2 if sent else 0, line_id="line" if sent else "", key=f"key-{pk}-{day}" if sent else "",
            attempts=int(sent), first_attempt_at=at if sent else None, claimed_at=at if sent else None,
            request_id=f"r-{pk}-{day}" if sent else "", accepted_at=at if state == "confirmed" else None,
            confirmed_at=at if state == "confirmed" else None, reason="" if sent else "Not reachable.",
        )  # fmt: skip
        rows.add(MessagePatient, message_id=message, patient_id=pk)
        last.texts.append(message)
    if random.random() < 0.15:
        _reply(rows, random, stage, pk, cell)


def _reply(rows, random, stage, pk, cell) -> None:
    drawn = random.random()
    kind = "opt_out" if drawn < 0.12 else "wrong_number" if drawn < 0.16 else "question" if drawn < 0.5 else "other"
    at = stage.now - timedelta(hours=random.randrange(24 * (LAUNCHED_DAYS_AGO - 1)))
    state = "needs_answer" if random.random() < 0.1 else "closed"
    reply = rows.add(
        Reply, item_id=f"ti_{pk}", conversation_id=f"t_{pk}", phone=cell, text="Which office do I go to?",
        received_at=at, kind=kind, patient_id=pk, state=state, closed_at=None if state == "needs_answer" else at,
    )  # fmt: skip
    if kind in ("opt_out", "wrong_number"):
        reason = "stop" if kind == "opt_out" else "wrong_number"
        rows.add(Suppression, phone=cell, reason=reason, channel="text", reply_id=reply, since=at, effective_at=at)


def _answer(rows, random, stage, pk, said: float, apcm: bool) -> None:
    if said >= 0.5 and said <= 0.97:
        return
    at = stage.now - timedelta(hours=random.randrange(24 * (LAUNCHED_DAYS_AGO - 1)))
    review = said < 0.03
    decisions = {"records": "yes", "apcm": "yes" if apcm else "", "notice": "yes"}
    response = rows.add(
        Response, file_id=stage.file, row=pk + 1, response_id=str(pk), content_hash=f"{pk:064}", row_hash=f"{pk:064}",
        completed_at=at, decisions=decisions,
        identity={"code": "right", "dob": "right", "name": "right", "proven": "yes"},
        outcome="review" if review else "applied", patient_id=None if review else pk, likely_id=pk if review else None,
        reasons=[{"code": "name", "words": "The name differs."}] if review else [],
    )  # fmt: skip
    if review:
        return
    no = said > 0.43 and said < 0.5
    kinds = ["records", "notice", *(["apcm"] if apcm else [])]
    for kind in kinds:
        event = rows.add(
            ConsentEvent, patient_id=pk, kind=kind, decision="declined" if no else "given", method="form",
            occurred_at=at, recorded_at=at, response_id=response, on_behalf_of_id=None, effective_on=None,
        )  # fmt: skip
    if said < 0.05:  # and thinks otherwise
        rows.add(
            ConsentEvent, patient_id=pk, kind="records", decision="revoked", method="phone",
            occurred_at=at + timedelta(hours=30), recorded_at=at + timedelta(hours=30), response_id=None,
            on_behalf_of_id=None, effective_on=stage.now.date(),
        )  # fmt: skip
        return
    if apcm and not no and random.random() < 0.5:
        month = stage.now.date().replace(day=1)
        rows.add(
            ApcmMonth, patient_id=pk, month=month, practitioner_id=stage.practitioner, level=1 + pk % 3,
            consent_id=event,
        )  # fmt: skip
        rows.add(Disclosure, patient_id=pk, purpose="notice", to="Old Practice", what="Name and birth date.")


def _people_s_work(rows, random, stage, pk, home: dict, name: str, cell: str) -> None:
    days_ago = lambda most: stage.now - timedelta(days=random.randrange(most), hours=pk % 8)  # noqa: E731
    if random.random() < 0.2:
        for _ in range(random.randrange(1, 4)):
            outcome = random.choice(("no_answer", "voicemail", "thinking", "call_back", "not_in_service"))
            on = stage.now.date() + timedelta(days=random.randrange(-2, 5)) if outcome == "call_back" else None
            rows.add(
                Attempt, patient_id=pk, channel="call", outcome=outcome, at=days_ago(10), by_id=stage.user, next_on=on,
                number=cell,
            )  # fmt: skip
    if random.random() < 0.05:
        address = {"street": home["address"], "city": home["city"], "state": home["state"], "zip": home["zip"]}
        back = random.random() < 0.1
        at = stage.now - timedelta(days=2) if back else None
        version = rows.add(AddressVersion, patient_id=pk, **address, source="list", bad_at=at)
        rows.add(
            Letter, batch_id=stage.batch, number=pk, patient_id=pk, name=name, address_id=version, returned_at=at,
            returned_reason="moved" if back else "",
        )  # fmt: skip
    if random.random() < 0.1:
        pinned = random.random() < 0.2
        note = rows.add(
            Note, patient_id=pk, pinned_at=stage.now if pinned else None, pinned_by_id=stage.user if pinned else None
        )
        for number in range(1, random.randrange(2, 4)):
            rows.add(NoteVersion, note_id=note, number=number, text="Calls back after four.", by_id=stage.user)
    if random.random() < 0.03:
        done = random.random() < 0.6
        rows.add(
            StaffTask, title="Find the new address", patient_id=pk, due_on=stage.now.date(), kind="address",
            key=f"bench-{pk}", done_at=stage.now if done else None, done_by_id=stage.user if done else None,
        )  # fmt: skip
    if random.random() < 0.01:
        ended = random.random() < 0.5
        rows.add(
            Circumstance, patient_id=pk, kind=random.choice(Circumstance.Kind.values), on=stage.now.date(),
            silenced=[pk], reported_by_id=stage.user, ended_at=stage.now if ended else None,
            ended_by_id=stage.user if ended else None, ended_because="A mistake." if ended else "",
        )  # fmt: skip
    if random.random() < 0.01:
        until = stage.now + timedelta(minutes=15 if pk % 2 else -60)
        rows.add(CallClaim, patient_id=pk, by_id=stage.user, since=until - CallClaim.LASTS, until=until)
    for _ in range(3):
        rows.add(
            LogEntry, content_type_id=stage.patient_type, object_pk=str(pk), object_id=pk, object_repr=f"patient {pk}",
            action=LogEntry.Action.ACCESS, changes={}, actor_id=stage.user, timestamp=days_ago(30),
        )  # fmt: skip


def _duplicates(rows: Rows, random: Random, patients: int) -> None:
    for one in range(1, patients - 1, 200):
        rows.add(DuplicatePair, one_id=one, other_id=one + 1, score=80, reasons=["The same name."])


def _import(patients: int) -> None:
    """A list that waits for a look: a twentieth of the patients with a new street, and some new ones."""
    lines = [HEADINGS]
    for patient in Patient.objects.order_by("pk")[: max(20, patients // 20)]:
        born = f"{patient.date_of_birth:%m/%d/%Y}"
        lines.append(f'{patient.mrn},{born},"{patient.listed_name}",9 Oak Ave,Hoover,AL,35244,,(205) 555-0155')
    lines += [f'N{n},01/02/1950,"NEW, PERSON {n}",1 Elm St,Hoover,AL,35244,,(205) 555-01{n:02}' for n in range(10)]
    content = "\n".join(lines).encode()
    review = actions.review_patients(content, "list.csv", limits=SHELL)
    actions.stage(review, content=content, by=None)


def _few_of_a_kind(stage: Stage) -> None:
    user = User.objects.get(pk=stage.user)
    patient = Patient.objects.order_by("pk").first()
    paper = Document.of(b"%PDF-1.7", patient=patient, kind="paper_form", filename="a.pdf", media_type="application/pdf")
    paper.save()
    DeskForm.objects.create(
        patient=patient, opened_by=user, identity_checks=["full name", "address"], language="en", shown={},
        state="doubt", ended_at=stage.now, signature="Jo", doubt="The signed name does not fit.",
    )  # fmt: skip
    EvidencePacket.objects.create(
        choice="all", patients=[patient.pk], ids_digest="0" * 64, with_passphrase=True, requested_by=user
    )
    stop = Suppression.objects.filter(reason="wrong_number").first()
    NumberCheck.objects.create(suppression=stop, patient=patient, because="No phone.")
    for number in range(30):
        Job.objects.create(
            task="patients.tasks.apply_import", title="Applying a list", asked_by=user, total=100, done=100,
            state="done",
            outcome="100 letters.", ended_at=stage.now - timedelta(hours=number),
        )  # fmt: skip
        ListAct.objects.create(token=uuid4(), act="task", asked=10, done=10, by=user)
    Job.objects.create(
        task="patients.tasks.apply_import", title="Applying a list", asked_by=user, total=100, done=40, state="running"
    )
    for name, query in (("Silent", "list=day_7"), ("Reminded", "standing=reminded")):
        SavedList.objects.create(name=name, query=query, made_by=user, shared=True)
    _reports(stage, user)
    SavedAnswer.objects.get_or_create(title="Call us", defaults={"text": "Please call us."})


def _reports(stage: Stage, user: User) -> None:
    """Two closed days, a daily summary and the campaign's."""
    today = stage.now.date()
    for days in (3, 2):
        close_day(day=today - timedelta(days=days), by=user)
    keep("day", day=today - timedelta(days=1), by=user)
    keep("campaign", campaign=Campaign.objects.get(pk=stage.campaign), by=user)
