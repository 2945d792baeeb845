"""What a named list shows of each patient, beside name, chart number and birth date: one question a column."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Count, Min
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.models import AddressVersion, ConsentEvent, Letter, Response, current_decision
from explorer.lib.models import Practice
from outreach import facts, gate
from outreach.models import Attempt, Match, Message, MessagePatient
from outreach.number_checks import open_checks
from outreach.standings import LABELS, with_standing
from patients.models import Patient, StaffTask
from patients.phones import display

Rows = list[Patient]
Cells = dict[int, str]


@dataclass(frozen=True, slots=True)
class Column:
    """`cells` gives the words for a page of patients and takes a fixed number of queries for it."""

    heading: str
    cells: Callable[[Rows, Practice], Cells]


def _day(moment) -> str:
    return f"{localtime(moment):%m/%d/%Y}" if moment else ""


def _of_patient(words: Callable[[Patient], str]):
    return lambda patients, practice: {patient.pk: words(patient) for patient in patients}


def _pks(patients: Rows) -> list[int]:
    return [patient.pk for patient in patients]


def _standings(patients: Rows, practice: Practice) -> Cells:
    asked = with_standing(Patient.objects.filter(pk__in=_pks(patients)), practice).order_by()
    return {pk: _(LABELS[standing]) for pk, standing in asked.values_list("pk", "standing")}


def _texts(patients: Rows):
    return MessagePatient.objects.filter(
        patient__in=_pks(patients), message__state=Message.State.CONFIRMED, message__kind=Message.Kind.CAMPAIGN
    ).order_by()


def _first_text(patients: Rows, practice: Practice) -> Cells:
    first = _texts(patients).values_list("patient").annotate(Min("message__accepted_at"))
    return {pk: _day(at) for pk, at in first}


def _tries(patients: Rows, practice: Practice) -> Cells:
    texts = dict(_texts(patients).values_list("patient").annotate(Count("pk")))
    others = Attempt.objects.filter(patient__in=_pks(patients)).order_by()
    tried = dict(others.values_list("patient").annotate(Count("pk")))
    return {pk: _counted(texts.get(pk, 0), tried.get(pk, 0)) for pk in _pks(patients)}


def _counted(texts: int, tried: int) -> str:
    words = [ngettext("%d text", "%d texts", texts) % texts]
    if tried:
        words.append(ngettext("%d call or letter", "%d calls or letters", tried) % tried)
    return ", ".join(words)


def _last_attempts(patients: Rows) -> dict[int, Attempt]:
    newest = Attempt.objects.filter(patient__in=_pks(patients)).order_by("at", "pk")
    return {attempt.patient_id: attempt for attempt in newest}


def _last_try(patients: Rows, practice: Practice) -> Cells:
    return {
        pk: f"{_day(attempt.at)}: {_(attempt.get_outcome_display())}"
        for pk, attempt in _last_attempts(patients).items()
    }


def _call_back(patients: Rows, practice: Practice) -> Cells:
    promised = {pk: attempt.next_on for pk, attempt in _last_attempts(patients).items() if attempt.next_on}
    return {pk: f"{day:%m/%d/%Y}" for pk, day in promised.items()}


def _decisions(patients: Rows) -> dict[int, ConsentEvent]:
    """The newest standing line of the records ledger."""
    pks = _pks(patients)
    lines = ConsentEvent.objects.effective().with_owner().filter(owner__in=pks, kind="records").newest_first()
    newest: dict[int, ConsentEvent] = {}
    for line in lines:
        newest.setdefault(line.owner, line)
    return newest


def _said_on(patients: Rows, practice: Practice) -> Cells:
    return {pk: _day(line.occurred_at) for pk, line in _decisions(patients).items()}


def _said_how(patients: Rows, practice: Practice) -> Cells:
    return {pk: _(line.get_method_display()) for pk, line in _decisions(patients).items()}


def _apcm_said(patients: Rows, practice: Practice) -> Cells:
    asked = Patient.objects.filter(pk__in=_pks(patients)).order_by().annotate(said=current_decision("apcm"))
    words = {"conflict": _("Answers contradict"), None: _("No answer")}
    words |= {decision.value: _(decision.label) for decision in ConsentEvent.Decision}
    return {pk: words[said] for pk, said in asked.values_list("pk", "said")}


def _answer_why(patients: Rows, practice: Practice) -> Cells:
    found = Response.objects.in_review().filter(likely__in=_pks(patients)).order_by("-pk")
    return {pk: _(reasons[0]["words"]) if reasons else "" for pk, reasons in found.values_list("likely", "reasons")}


def _candidate(patients: Rows, practice: Practice) -> Cells:
    pairs = Match.objects.in_review().filter(patient__in=_pks(patients)).select_related("contact").order_by("score")
    return {pair.patient_id: str(pair.contact) for pair in pairs}


def _checks(patients: Rows) -> dict[int, list]:
    found, shown = defaultdict(list), set(_pks(patients))
    for check in open_checks():
        if check.patient.pk in shown:
            found[check.patient.pk].append(check.stop)
    return found


def _bad_number(patients: Rows, practice: Practice) -> Cells:
    return {pk: _listed(display(stop.phone) for stop in stops) for pk, stops in _checks(patients).items()}


def _bad_reason(patients: Rows, practice: Practice) -> Cells:
    return {
        pk: _listed(f"{_(stop.get_reason_display())}, {_day(stop.since)}" for stop in stops)
        for pk, stops in _checks(patients).items()
    }


def _listed(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(words))


def _why_not(patients: Rows, practice: Practice) -> Cells:
    reach = facts.reachabilities(Patient.objects.filter(pk__in=_pks(patients)), practice)
    return {pk: _(gate.WORDS[found.code]) if found.code else "" for pk, found in reach.items()}


def _letter(patients: Rows, practice: Practice) -> Cells:
    """How the newest letter stands."""
    letters = Letter.objects.standing().filter(patient__in=_pks(patients)).select_related("batch").order_by("pk")
    return {letter.patient_id: _letter_words(letter) for letter in letters}


def _letter_words(letter: Letter) -> str:
    if letter.returned_at:
        return f"{_day(letter.returned_at)}: {_(letter.get_returned_reason_display())}"
    if letter.batch.posted_on:
        return _("Posted on %(day)s") % {"day": f"{letter.batch.posted_on:%m/%d/%Y}"}
    return _("Made, not posted")


def _bad_address(patients: Rows, practice: Practice) -> Cells:
    bad = AddressVersion.objects.waiting().filter(patient__in=_pks(patients)).order_by("bad_at")
    return {address.patient_id: ", ".join(address.lines()) for address in bad}


def _tasks(patients: Rows) -> dict[int, StaffTask]:
    """The most urgent open one of each."""
    found: dict[int, StaffTask] = {}
    for task in StaffTask.objects.open().filter(patient__in=_pks(patients)).select_related("for_user"):
        found.setdefault(task.patient_id, task)
    return found


def _task(patients: Rows, practice: Practice) -> Cells:
    return {pk: task.title for pk, task in _tasks(patients).items()}


def _task_due(patients: Rows, practice: Practice) -> Cells:
    return {pk: f"{task.due_on:%m/%d/%Y}" if task.due_on else "" for pk, task in _tasks(patients).items()}


def _task_for(patients: Rows, practice: Practice) -> Cells:
    return {pk: str(task.for_user or _("Whoever is free")) for pk, task in _tasks(patients).items()}


def _ages(patients: Rows, practice: Practice) -> Cells:
    today = practice.today()
    return {
        patient.pk: str(
            today.year
            - patient.date_of_birth.year
            - ((today.month, today.day) < (patient.date_of_birth.month, patient.date_of_birth.day))
        )
        for patient in patients
        if patient.date_of_birth
    }


COLUMNS: dict[str, Column] = {
    "phones": Column(gettext_lazy("Phones"), _of_patient(lambda patient: ", ".join(patient.shown_phones))),
    "apcm": Column(gettext_lazy("APCM"), _of_patient(lambda patient: patient.shown_apcm)),
    "standing": Column(gettext_lazy("Standing"), _standings),
    "last_visit": Column(gettext_lazy("Last visit"), _of_patient(
        lambda patient: f"{patient.last_visit:%m/%d/%Y}" if patient.last_visit else "")),
    "city": Column(gettext_lazy("City"), _of_patient(lambda patient: patient.city)),
    "held": Column(gettext_lazy("Held because"), _of_patient(lambda patient: patient.held)),
    "left_on": Column(gettext_lazy("Set aside on"), _of_patient(lambda patient: _day(patient.left_list_at))),
    "age": Column(gettext_lazy("Age"), _ages),
    "first_text": Column(gettext_lazy("First text"), _first_text),
    "tries": Column(gettext_lazy("So far"), _tries),
    "last_try": Column(gettext_lazy("Last call or letter"), _last_try),
    "call_back": Column(gettext_lazy("Call back on"), _call_back),
    "said_on": Column(gettext_lazy("Said on"), _said_on),
    "said_how": Column(gettext_lazy("How"), _said_how),
    "apcm_said": Column(gettext_lazy("About APCM"), _apcm_said),
    "answer_why": Column(gettext_lazy("Why in review"), _answer_why),
    "candidate": Column(gettext_lazy("Spruce contact"), _candidate),
    "bad_number": Column(gettext_lazy("Number"), _bad_number),
    "bad_reason": Column(gettext_lazy("What was said, and when"), _bad_reason),
    "why_not": Column(gettext_lazy("Why no text"), _why_not),
    "letter": Column(gettext_lazy("Letter"), _letter),
    "address": Column(gettext_lazy("Address that mail came back from"), _bad_address),
    "task": Column(gettext_lazy("Task"), _task),
    "task_due": Column(gettext_lazy("Due"), _task_due),
    "task_for": Column(gettext_lazy("Who does it"), _task_for),
}  # fmt: skip
