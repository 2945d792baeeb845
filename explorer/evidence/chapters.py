"""What a packet tells of a patient, chapter by chapter.

A chapter is a function from the case to blocks, and names the models whose rows it shows in full. A new model about
a patient gets a chapter of its own here, mostly one line with `each`; a test names those that are in none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, Q, QuerySet

from consent import codes
from consent.admin.responses import JUDGED, PARTS, SAID
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
from explorer.audit_page import NOTHING, WORDS, field_label
from explorer.audited import LEFT_OUT
from explorer.evidence.case import Block, Case, Fact, Facts, Say, Table, Topic, Words, moment, words
from explorer.models import Report, SignOff
from explorer.timeline import timeline
from outreach import gate, go
from outreach.models import (
    Approval,
    Attempt,
    CallClaim,
    Campaign,
    CampaignPatient,
    CampaignStep,
    Circumstance,
    Contact,
    ContactPhone,
    GoDecision,
    InterruptedText,
    Interruption,
    Match,
    Message,
    MessagePatient,
    NumberCheck,
    PhoneTest,
    Reply,
    ScheduledWithdrawal,
    Suppression,
    Wave,
)
from outreach.standings import LABELS
from patients.models import (
    ApcmEnrolment,
    CareFact,
    DuplicatePair,
    ImportBatch,
    ImportRow,
    Note,
    NoteVersion,
    Patient,
    PatientMerge,
    Phone,
    StaffTask,
)

Kind = ConsentEvent.Kind
LEDGER_WORDS = dict(ConsentEvent.Decision.choices) | {"conflict": "Answers contradict", "none": "No word yet"}
SHARED = (Campaign, CampaignStep, ImportBatch, ResponseFile, LetterBatch, GoDecision, Approval, Contact, Wave)
"""Rows that several patients share: told where they matter, but their audit rows are not this patient's."""


@dataclass(frozen=True)
class Chapter:
    title: str
    tell: Callable[[Case], Iterator[Block]]
    shows: tuple[type[models.Model], ...] = ()
    nothing: str = "Nothing is recorded."
    needs: type[models.Model] | None = None  # without a row of this model there is nothing to tell

    def blocks(self, case: Case) -> list[Block]:
        told = list(self.tell(case)) if self.needs is None or case.has(self.needs) else []
        return told or [Say(self.nothing)]


def each(found: Callable[[Case], QuerySet], *, leave: tuple[str, ...] = (), exact: str = "") -> Callable:
    """A chapter that tells every field of every row; the field named `exact` is set apart as exact words."""

    def tell(case: Case) -> Iterator[Block]:
        for row in found(case):
            yield Topic(str(row))
            yield Facts(case.told(row, leave=(*leave, exact)))
            if exact and getattr(row, exact):
                yield Words(getattr(row, exact))

    return tell


def rows_of(model: type[models.Model], *beside: str) -> Callable[[Case], QuerySet]:
    """The patient's rows in the order in which they were written."""
    return lambda case: model.objects.filter(patient__in=case.charts).select_related(*beside).order_by("pk")


def identity(case: Case) -> Iterator[Block]:
    patient = case.patient
    yield Facts(
        [("Name", patient.full_name), ("Birth date", words(patient.date_of_birth)), ("Chart number (MRN)", patient.mrn)]
    )
    yield Facts(case.told(patient, leave=("search_name", "version", "mrn", "date_of_birth")))
    for chart in Patient.charts.filter(pk__in=case.charts[1:]).order_by("pk"):
        yield Topic(f"Chart {chart.mrn} was merged into this one")
        yield Facts(case.told(chart, leave=("search_name", "version")))
    for merge in _both(PatientMerge, case, "kept", "absorbed").select_related("kept", "absorbed", "by", "undone_by"):
        yield Topic("Merge of charts" + (", undone" if merge.undone_at else ""))
        yield Facts(case.told(merge))
    for pair in _both(DuplicatePair, case, "one", "other").select_related("one", "other", "decided_by"):
        yield Topic("Possible duplicate")
        yield Facts(case.told(pair))
    for phone in patient.phones.order_by("pk"):
        yield Topic("Phone")
        yield Facts(case.told(phone))
    if case.has(ApcmEnrolment) and (enrolment := ApcmEnrolment.objects.filter(patient=patient).first()):
        yield Topic("APCM enrolment at the old practice")
        yield Facts(case.told(enrolment, leave=("version",)))


def notes(case: Case) -> Iterator[Block]:
    """Each with all its words, those that were put otherwise later among them."""
    for note in rows_of(Note, "pinned_by", "removed_by")(case):
        yield Topic(str(note))
        yield Facts(case.told(note))
        for version in note.versions.select_related("by"):
            yield Facts(case.told(version, leave=("note", "text")))
            yield Words(version.text)


def _both(model: type[models.Model], case: Case, one: str, other: str) -> QuerySet:
    theirs = Q(**{f"{one}__in": case.charts}) | Q(**{f"{other}__in": case.charts})
    return model.objects.filter(theirs).order_by("pk")


def standing(case: Case) -> Iterator[Block]:
    """Where the patient stands at the packet's moment, and the lines this rests on."""
    lines = list(_lines(case))
    replaced = {line.supersedes_id for line in lines}
    yield Facts([("Standing", LABELS[case.patient.standing])])
    for kind in Kind:
        of_kind = [line for line in lines if line.kind == kind and line.pk not in replaced]
        state = case.patient.texting_state if kind == Kind.TEXTING else getattr(case.patient, f"{kind}_ledger")
        facts = [(kind.label, LEDGER_WORDS[state])]
        if of_kind:
            newest = max(of_kind, key=lambda line: (line.occurred_at, line.pk))
            facts += _rests_on(newest)
            facts += [("Said otherwise", _short(line)) for line in of_kind if _against(newest, line)]
        elif state != "none":
            facts.append(("Rests on", "a stop of one of the patient’s numbers; see Numbers not to text"))
        yield Facts(facts)


def _rests_on(line: ConsentEvent) -> list[Fact]:
    facts = [("Rests on", _short(line)), ("In force then", str(line.wording or "no wording was recorded"))]
    if line.wording:
        facts.append(("SHA-256 of the wording", line.wording.sha256))
    if line.effective_on:
        facts.append(("Last day before it takes effect", words(line.effective_on)))
    return facts


def _short(line: ConsentEvent) -> str:
    said, how = line.get_decision_display().lower(), line.get_method_display().lower()
    return f"line {line.pk}: {said}, {how}, {moment(line.occurred_at)}"


def _against(newest: ConsentEvent, line: ConsentEvent) -> bool:
    return line.pk != newest.pk and (line.decision == "given") != (newest.decision == "given")


def _lines(case: Case) -> QuerySet:
    found = ConsentEvent.objects.filter(patient__in=case.charts).order_by("occurred_at", "pk")
    return found.select_related(
        "patient", "recorded_by", "on_behalf_of", "wording", "document", "response", "supersedes", "contradicts"
    ).defer("response__sealed_row", "document__sealed_content")


def lines(case: Case) -> Iterator[Block]:
    found = list(_lines(case))
    for line in found:
        yield Topic(f"Line {line.pk}: {line}" + (", a late entry" if line.is_late_entry else ""))
        links = ("supersedes", "contradicts", "disclosures", "identity_checks")
        yield Facts(case.told(line, leave=links, empty=True) + _checks(line) + _chain(line, found))


def _checks(line: ConsentEvent) -> list[Fact]:
    read = {True: "read or shown", False: "NOT read or shown"}
    told = [
        (f"Disclosure: {name}".replace("_", " "), read.get(said, words(said)))
        for name, said in line.disclosures.items()
    ]
    told = told or [("Disclosures", "none recorded")]
    return [*told, ("Identity checks", words(line.identity_checks).replace("_", " ") or "none recorded")]


def _chain(line: ConsentEvent, found: list[ConsentEvent]) -> list[Fact]:
    """A line and those that answer it are always of one patient."""
    after = [other for other in found if line.pk in (other.supersedes_id, other.contradicts_id)]
    chain = [("Replaces", line.supersedes), ("Contradicts", line.contradicts)]
    chain += [("Replaced by" if other.supersedes_id == line.pk else "Contradicted by", other) for other in after]
    return [(what, _short(other)) for what, other in chain if other] or [("Chain", "replaces and contradicts no line")]


def answers(case: Case) -> Iterator[Block]:
    theirs = Q(patient__in=case.charts) | Q(patient=None, likely__in=case.charts)
    found = Response.objects.filter(theirs).order_by("completed_at", "pk")
    columns = ("file__raw",)
    for answer in found.select_related(
        "file", "file__wording", "file__taken_in_by", "decided_by", "patient", "likely"
    ).defer(*columns):
        yield Topic(f"Answer {answer.pk}: {answer.get_outcome_display().lower()}")
        if not answer.patient_id:
            yield Say("Not placed: probably this patient’s, and perhaps somebody else’s. It wrote nothing.")
        yield Facts(case.told(answer, leave=("sealed_row", "identity", "decisions", "candidates", "reasons")))
        yield Facts(
            [(_ledger(kind), SAID.get(said, str(said))) for kind, said in answer.decisions.items()]
            + [(f"Identity: {PARTS.get(part, part)}", _judged(state)) for part, state in answer.identity.items()]
            + [("Reason", reason.get("words", "")) for reason in answer.reasons]
        )
        yield Say("The row as it came:")
        rows = [(heading, value or "none") for heading, value in answer.words()]
        yield Table(("The form’s heading", "What came"), rows, (1, 1))
        yield Say("The file it came with:")
        yield Facts(case.told(answer.file, leave=("raw", "columns", "headings", "date_style")))
        yield from _code_used(case, answer)


def _ledger(kind: str) -> str:
    return Kind(kind).label if kind in Kind.values else kind.replace("_", " ")


def _judged(state: str) -> str:
    return JUDGED[state][1] if state in JUDGED else str(state)


def _code_used(case: Case, answer: Response) -> Iterator[Block]:
    place, cells = answer.file.columns.get("code"), answer.cells()
    typed = cells[place] if isinstance(place, int) and place < len(cells) else ""
    if not typed:
        return
    known = {code.code: code for code in Invitation.objects.filter(patients__in=case.charts)}
    found = codes.CodeBook(known).find(typed).code
    if found is None:
        yield Facts([("Code", f"{typed} is none of this patient’s codes")])
        return
    used = known[found]
    life = answer.completed_at and used.created_at <= answer.completed_at < (used.revoked_at or used.expires_at)
    yield Facts(
        [
            ("Code", f"{shown_code(used)}, typed as {typed}"),
            ("Its life", f"{moment(used.created_at)} to {moment(used.revoked_at or used.expires_at)}"),
            ("When it was used", "it was good" if life else "it was not good, or the time is not known"),
        ]
    )


def shown_code(invitation: Invitation) -> str:
    return codes.show(invitation.code) if invitation.origin == Invitation.Origin.OURS else invitation.code


def personal_codes(case: Case) -> Iterator[Block]:
    found = Invitation.objects.filter(patients__in=case.charts).annotate(sharers=Count("invitationpatient"))
    for code in (
        Invitation.objects.filter(pk__in=found.values("pk")).annotate(sharers=Count("invitationpatient")).order_by("pk")
    ):
        yield Topic(f"Personal code {shown_code(code)}")
        covers = "this patient alone" if code.sharers == 1 else f"{code.sharers} patients who share the phone"
        yield Facts([*case.told(code, leave=("code",)), ("State", code.status(case.made_at)), ("Covers", covers)])


def texts(case: Case) -> Iterator[Block]:
    ids = MessagePatient.objects.filter(patient__in=case.charts).values("message")
    found = Message.objects.filter(pk__in=ids).annotate(named=Count("messagepatient")).order_by("planned_at", "pk")
    found = found.select_related("campaign", "step", "wave", "invitation", "confirms", "planned_by", "settled_by")
    for text in found.prefetch_related("interruptedtext_set__interruption"):
        yield Topic(f"{text}: {text.get_state_display().lower()}")
        meant = (
            "this patient alone" if text.named == 1 else f"{text.named} patients who share the phone; it names nobody"
        )
        yield Facts([*case.told(text, leave=("text",)), ("Meant for", meant)])
        yield Words(text.text) if text.text else Say("No words: it was never claimed for sending.")
        for cut in text.interruptedtext_set.all():
            cut_off = f"It was under way when sending was cut off, found {moment(cut.interruption.found_at)}"
            yield Say(f"{cut_off}; tries until then: {cut.attempts}.")


def replies(case: Case) -> Iterator[Block]:
    theirs = Q(patient__in=case.charts) | Q(patient=None, phone__in=case.numbers)
    for reply in Reply.objects.filter(theirs).select_related("patient", "closed_by").order_by("received_at", "pk"):
        yield Topic(f"{reply}, read as: {reply.get_kind_display().lower()}")
        if not reply.patient_id:
            yield Say("Several patients share the number; nobody was chosen.")
        yield Facts(case.told(reply, leave=("text",)))
        yield Words(reply.text)


def stops(case: Case) -> Iterator[Block]:
    theirs = Q(phone__in=case.numbers) | Q(reply__patient__in=case.charts) | Q(decision__patient__in=case.charts)
    ids = Suppression.objects.filter(theirs).values("pk")
    found = Suppression.objects.filter(pk__in=ids).order_by("effective_at", "pk")
    for stop in found.select_related("reply", "decision", "set_by", "lifted_by").prefetch_related("scheduled"):
        yield Topic(str(stop) + (", lifted" if stop.lifted_at else ", in force"))
        yield Facts(case.told(stop))
        for scheduled in stop.scheduled.all():
            yield Facts(case.told(scheduled))
    checks = NumberCheck.objects.filter(patient__in=case.charts).select_related("closed_by", "suppression")
    for check in checks if case.has(NumberCheck) else ():
        yield Topic("A number that was checked")
        yield Facts(case.told(check))


def matches(case: Case) -> Iterator[Block]:
    found = Match.objects.filter(patient__in=case.charts).select_related("contact", "decided_by").order_by("pk")
    for match in found.prefetch_related("contact__phones"):
        yield Topic(f"{match.contact}: {match.get_verdict_display().lower()}")
        yield Facts(case.told(match))
        numbers = ", ".join(f"{phone.label} {phone.e164}".strip() for phone in match.contact.phones.all())
        yield Facts([*case.told(match.contact), ("Numbers in Spruce", numbers or "none")])


def campaigns(case: Case) -> Iterator[Block]:
    """How it came to the texts: who wrote and approved the words, and who let the campaign go."""
    found = CampaignPatient.objects.filter(patient__in=case.charts).select_related(
        "campaign", "campaign__created_by", "campaign__launched_by"
    )
    for member in found.prefetch_related("campaign__steps", "campaign__go_decisions").order_by("pk"):
        campaign = member.campaign
        yield Topic(f"Campaign {campaign}")
        left_out = gate.WORDS.get(member.left_out, member.left_out)
        case.saw(member)
        yield Facts([*case.told(campaign), ("This patient", f"left out: {left_out}" if left_out else "is asked")])
        for step in campaign.steps.all():
            yield Facts([("Words of", str(step)), *_approved(step.body)])
            yield Words(step.body)
        for decision in campaign.go_decisions.all():
            yield Facts(
                [
                    ("Decision to go", _by(moment(decision.made_at), decision.made_by)),
                    ("SHA-256 of all looked at", decision.fingerprint),
                    *([("Launched although", decision.override)] if decision.override else []),
                    *((f"{each_['title']}", f"{each_['state']}: {each_['sentence']}") for each_ in decision.criteria),
                ]
            )


def _approved(body: str) -> list[Fact]:
    found = Approval.objects.filter(text_hash=go.words_hash(body)).select_related("approved_by").order_by("pk")
    return [("Approved", _by(moment(approval.approved_at), approval.approved_by)) for approval in found]


def _by(text: str, person) -> str:
    return f"{text} by {person}" if person else text


def lists(case: Case) -> Iterator[Block]:
    found = ImportRow.objects.filter(patient__in=case.charts).order_by("pk")
    found = found.select_related("batch", "batch__uploaded_by", "batch__closed_by", "batch__undone_by")
    for row in found.defer("batch__raw", "batch__columns", "batch__notes", "batch__headings"):
        batch = row.batch
        yield Topic(f"{batch.get_kind_display()}, row {row.row or '–'}: {row.get_outcome_display().lower()}")
        yield Facts(case.told(row, leave=("batch", "row", "outcome", "patient", "patient_version", "before")))
        yield Facts(case.told(batch, leave=("raw", "columns", "notes", "headings", "kind")))


def letters(case: Case) -> Iterator[Block]:
    found = Letter.objects.filter(patient__in=case.charts).order_by("pk")
    for letter in found.select_related(
        "batch", "batch__wording", "batch__enclosed", "batch__made_by", "batch__printed_by", "batch__posted_by",
        "batch__cancelled_by", "address", "invitation", "instead_of", "returned_by", "patient",
    ):  # fmt: skip
        yield Topic(f"{letter}: {letter.batch.get_kind_display().lower()}")
        yield Facts(case.told(letter, leave=("batch",)))
        yield Facts(case.told(letter.batch, leave=("frozen",)))


def desk_forms(case: Case) -> Iterator[Block]:
    found = DeskForm.objects.filter(patient__in=case.charts).order_by("opened_at", "pk")
    for form in found.select_related("patient", "opened_by", "on_behalf_of", "settled_by"):
        yield Topic(f"Form at the desk {form.pk}: {form.get_state_display().lower()}")
        yield Facts(case.told(form, leave=("shown", "answers")))
        for kind, shown in form.shown.items():
            yield Facts([(_ledger(kind), form.answers.get(kind, "no answer")), ("What stood there", shown["title"])])
            yield Words(shown["text"])


def scans(case: Case) -> Iterator[Block]:
    for scan in Document.objects.filter(patient__in=case.charts).select_related("added_by").order_by("pk"):
        case.documents[scan.pk] = scan
        yield Topic(str(scan))
        yield Facts(case.told(scan, leave=("sealed_content",)))


def story(case: Case) -> Iterator[Block]:
    told = reversed(timeline(case.patient, case.numbers))
    rows = [
        (moment(entry.at), f"{entry.sort}: {entry.title}", " ".join(filter(None, [entry.badge, *entry.details])))
        for entry in told
    ]
    if rows:
        yield Table(("When", "What", "Details"), rows, (2, 4, 5))


def audit(case: Case) -> Iterator[Block]:
    """What the log holds of every row told above that belongs to this patient."""
    case.rows.setdefault(Patient, set()).update(case.charts)
    asked = Q(pk=None)
    for model, pks in case.rows.items():
        if model in LEFT_OUT and model not in SHARED:
            asked |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=sorted(pks))
    entries = LogEntry.objects.filter(asked).select_related("actor", "content_type").order_by("timestamp", "pk")
    rows = [
        (
            moment(entry.timestamp),
            str(entry.actor or "The program"),
            "Exported" if "exported" in (entry.changes or {}) else WORDS[entry.action],
            entry.object_repr,
            "\n".join(_change(entry, name, change) for name, change in (entry.changes or {}).items()),
        )
        for entry in entries
    ]
    if rows:
        yield Table(("When", "Who", "Did", "Record", "Fields: old → new"), rows, (2.2, 1.7, 1.1, 1.6, 5))


def _change(entry: LogEntry, name: str, change) -> str:
    pair = change if isinstance(change, (list, tuple)) and len(change) == 2 else ("", change)
    old, new = ("empty" if value in NOTHING else str(value) for value in pair)
    return f"{field_label(entry, name)}: {old} → {new}"


def wordings(case: Case) -> Iterator[Block]:
    for _, wording in sorted(case.wordings.items()):
        yield Topic(str(wording))
        yield Facts(told_wording(wording))
        yield Words(wording.text)


def told_wording(wording: Wording) -> list[Fact]:
    approved = (
        f"by {wording.approved_by} on {words(wording.approved_on)}" if wording.approved_on else "NOT YET by counsel"
    )
    agrees = "agrees" if wording.digest() == wording.sha256 else "DOES NOT AGREE"
    return [
        ("Title", wording.title),
        ("Valid from", words(wording.valid_from)),
        ("Approved", " ".join(filter(None, [approved, wording.approval_note]))),
        ("First used", moment(wording.used_at) or "not recorded"),
        ("Retired", moment(wording.retired_at) or "no"),
        ("SHA-256", wording.sha256),
        ("Computed again now", agrees),
    ]


CHAPTERS = (
    Chapter("Who the patient is", identity, (Patient, Phone, PatientMerge, DuplicatePair, ApcmEnrolment)),
    Chapter("Where the patient stands", standing),
    Chapter("Ledgers: every line", lines, (ConsentEvent,), "No line: silence is no consent.", ConsentEvent),
    Chapter("Answers to the form", answers, (Response, ResponseFile), "No answer came in."),
    Chapter("Personal codes", personal_codes, (Invitation, InvitationPatient), "No code was made.", InvitationPatient),
    Chapter("Texts", texts, (Message, MessagePatient, Interruption, InterruptedText), "None.", MessagePatient),
    Chapter("Replies", replies, (Reply,), "No reply came in."),
    Chapter("Numbers not to text", stops, (Suppression, ScheduledWithdrawal, NumberCheck), "None."),
    Chapter(
        "Calls and letters",
        each(lambda case: Attempt.objects.filter(patient__in=case.charts).select_related("by").order_by("at", "pk")),
        (Attempt,),
        "None is recorded.",
        Attempt,
    ),
    Chapter(
        "Deaths, moves and hospital stays",
        each(rows_of(Circumstance, "reported_by", "ended_by"), leave=("silenced",)),
        (Circumstance,),
        "None was reported.",
        Circumstance,
    ),
    Chapter("Notes by staff", notes, (Note, NoteVersion), "None was written.", Note),
    Chapter(
        "Tasks for staff",
        each(rows_of(StaffTask, "for_user", "made_by", "done_by"), leave=("key",)),
        (StaffTask,),
        "There was none.",
        StaffTask,
    ),
    Chapter("Forms filled in at the desk", desk_forms, (DeskForm,), "None was filled in.", DeskForm),
    Chapter("Letters", letters, (Letter, LetterBatch), "None was made.", Letter),
    Chapter(
        "Addresses that letters were made to",
        each(rows_of(AddressVersion)),
        (AddressVersion,),
        "None.",
        AddressVersion,
    ),
    Chapter(
        "What APCM billing rests on",
        each(
            lambda case: CareFact.objects.filter(patient__in=case.charts).select_related("recorded_by").order_by("pk")
        ),
        (CareFact,),
        "Nothing is recorded.",
        CareFact,
    ),
    Chapter(
        "APCM months handed to the biller",
        each(rows_of(ApcmMonth, "practitioner", "consent", "exported_by", "billed_by", "voided_by")),
        (ApcmMonth,),
        "None was.",
        ApcmMonth,
    ),
    Chapter(
        "Disclosures",
        each(
            lambda case: (
                Disclosure.objects.filter(patient__in=case.charts).select_related("by", "consent").order_by("pk")
            )
        ),
        (Disclosure,),
        "None was made.",
        Disclosure,
    ),
    Chapter("Scans", scans, (Document,), "No scan is kept.", Document),
    Chapter("Spruce contacts", matches, (Match, Contact, ContactPhone), "No contact was matched.", Match),
    Chapter(
        "Campaigns",
        campaigns,
        (Campaign, CampaignPatient, CampaignStep, GoDecision),
        "The patient was in none.",
        CampaignPatient,
    ),
    Chapter("Patient lists and workbooks", lists, (ImportRow, ImportBatch), "The patient came with none.", ImportRow),
    Chapter("In the order in which it happened", story),
    Chapter("Audit log of this patient’s records", audit),
    Chapter("Annex: the wordings in full", wordings, (Wording,), "No line names a wording."),
)

NOT_EVIDENCE: dict[type[models.Model], str] = {
    CallClaim: "Who was calling at that moment, for minutes; the call itself has its row.",
    PhoneTest: "A text to a staff phone, about no patient; the go decision names it.",
    Report: "Sums of a day, a week or a campaign; it names no patient.",
    SignOff: "A staff member's name under such a report.",
    Wave: "How many texts go on which day, of all patients; the text has its own times.",
}
"""Models with a way to a patient whose rows no packet shows, and why that leaves nothing out."""
