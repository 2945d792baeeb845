"""The lists that staff ask for, by name: ?list=CODE on the list of patients. One table; each is a query."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_noop as _

from consent.models import AddressVersion, ConsentEvent, Letter, Response, current_decision
from explorer import figures
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import follow_up, number_checks, standings
from outreach.models import Attempt, ContactPhone, Match, Suppression
from patients.ages import youngest_adult_born_on
from patients.models import Patient, Phone, StaffTask

ASKED_ONCE = 5000  # patients whose ids fit into one question to the database; of more the count says "5,000+"
GROUPS = {
    "reach": _("Reaching them"),
    "answer": _("Answers"),
    "apcm": _("APCM"),
    "numbers": _("Numbers and mail"),
    "aside": _("Set aside"),
}


@dataclass(frozen=True, slots=True)
class NamedList:
    """`patients` gives the queryset for a practice; `columns` are names of explorer/list_columns.py."""

    code: str
    group: str
    title: str
    words: str
    patients: Callable[[Practice], object]
    columns: tuple[str, ...]
    standing: str = ""


def narrowed(patients, code: str, practice: Practice):
    """Those of `patients` who are on the list; all of them for a code that names none."""
    named = LISTS.get(code)
    if named is None:
        return patients
    pks = ids(named, practice)
    if len(pks) > ASKED_ONCE:
        return patients.filter(pk__in=named.patients(practice).order_by().values("pk"))
    return patients.filter(pk__in=pks)


def ids(named: NamedList, practice: Practice) -> list[int]:
    """At most one more than ASKED_ONCE."""
    found = named.patients(practice).order_by().values_list("pk", flat=True)
    return list(found[: ASKED_ONCE + 1])


def counts(practice: Practice) -> dict[str, int]:
    """{code: patients}, each at most one more than ASKED_ONCE."""
    by_standing = standings.counts()
    return {
        code: min(by_standing[named.standing], ASKED_ONCE + 1) if named.standing else len(ids(named, practice))
        for code, named in LISTS.items()
    }


def _asked():
    """Whom staff may still ask: alive, not held, on the newest list."""
    return Patient.objects.filter(deceased=False, held="", left_list_at=None)


def _unmatched(practice: Practice):
    pairs = Match.objects.filter(patient=OuterRef("pk"), verdict__in=(*Match.LINKED, Match.Verdict.REVIEW))
    return _asked().filter(~Exists(pairs))


def _match_in_review(practice: Practice):
    return Patient.objects.filter(pk__in=Match.objects.in_review().values("patient"))


def _standing(code: str):
    return lambda practice: standings.with_standing(Patient.objects.all(), practice).filter(standing=code)


def _decided(code: str):
    """A standing that rests on the records ledger alone: asked of those who have a line in it."""

    def patients(practice: Practice):
        owners = ConsentEvent.objects.filter(kind="records").with_owner().order_by().values("owner")
        return Patient.objects.filter(pk__in=owners).annotate(records=current_decision("records")).filter(records=code)

    return patients


def _answer_in_review(practice: Practice):
    likely = Response.objects.in_review().exclude(likely=None).values("likely")
    return standings.with_standing(Patient.objects.filter(pk__in=likely), practice).filter(standing="in_review")


def _silent(days: int):
    return lambda practice: figures.silent_patients(since=days, now=clock.now())


def _apcm_not_moved(practice: Practice):
    enrolled = Patient.objects.with_apcm().annotate(records=current_decision("records"), apcm_said=_said_of_apcm())
    return enrolled.filter(Q(apcm_said=None) | ~Q(apcm_said="given"), records="given")


def _apcm_open(practice: Practice):
    enrolled = Patient.objects.with_apcm().annotate(apcm_said=_said_of_apcm())
    return enrolled.filter(Q(apcm_said=None) | Q(apcm_said="conflict"))


def _said_of_apcm():
    return current_decision("apcm")


def _number_check(reason: str):
    def patients(practice: Practice):
        checks = number_checks.open_checks()
        return Patient.objects.filter(pk__in={each.patient.pk for each in checks if each.stop.reason == reason})

    return patients


def _needs_letter(practice: Practice):
    letters = Letter.objects.standing().filter(patient=OuterRef("pk"), batch__kind="letter", returned_at=None)
    mailed = Attempt.objects.filter(patient=OuterRef("pk"), channel="letter", outcome="mailed")
    return _standing("cannot_be_reached")(practice).filter(~Exists(letters), ~Exists(mailed))


def _no_phone(practice: Practice):
    own = Phone.objects.filter(patient=OuterRef("pk"), retired_at=None)
    theirs = ContactPhone.objects.filter(
        contact__matches__patient=OuterRef("pk"), contact__matches__verdict__in=Match.LINKED
    )
    return _asked().filter(~Exists(own)).filter(~Exists(theirs))


def _call_backs(practice: Practice):
    return Patient.objects.filter(pk__in=follow_up.call_backs(practice.today(), practice))


def _asked_to_stop(practice: Practice):
    return Patient.objects.annotate(stopped=standings.is_opted_out()).filter(stopped=True)


def _letters_returned(practice: Practice):
    return Patient.objects.filter(pk__in=AddressVersion.objects.waiting().values("patient"))


def _minors(practice: Practice):
    adult = youngest_adult_born_on(state=practice.state, today=practice.today())
    return Patient.objects.filter(date_of_birth__gt=adult, deceased=False, left_list_at=None)


def _with_task(practice: Practice):
    return Patient.objects.filter(pk__in=StaffTask.objects.open().exclude(patient=None).values("patient"))


def _left_the_list(practice: Practice):
    return Patient.objects.exclude(left_list_at=None)


_ALL = (
    NamedList("unmatched", "reach", _("Not matched"),
              _("No Spruce contact was found for them, and no pair waits for review."),
              _unmatched, ("phones", "city", "apcm", "last_visit")),
    NamedList("match_review", "reach", _("Match in review"),
              _("A Spruce contact may be theirs: a person decides."),
              _match_in_review, ("phones", "candidate", "apcm")),
    NamedList("not_invited", "reach", _("Not invited yet"),
              _("They can be texted, and no text has reached them."),
              _standing("not_invited"), ("phones", "apcm", "last_visit"), standing="not_invited"),
    NamedList("day_7", "reach", _("No answer on day 7"),
              _("First texted at least 7 days ago, and no decision about the records until now."),
              _silent(7), ("first_text", "tries", "last_try", "apcm")),
    NamedList("day_14", "reach", _("No answer on day 14"),
              _("First texted at least 14 days ago, and no decision about the records until now."),
              _silent(14), ("first_text", "tries", "last_try", "apcm")),
    NamedList("call_backs", "reach", _("Call-backs due"),
              _("They asked to be called again, and the day has come."),
              _call_backs, ("phones", "call_back", "last_try", "apcm")),
    NamedList("tasks", "reach", _("With an open task"),
              _("Somebody has something to do about them."),
              _with_task, ("task", "task_due", "task_for")),
    NamedList("given", "answer", _("Given"),
              _("The records may move."),
              _decided("given"), ("said_on", "said_how", "apcm"), standing="given"),
    NamedList("declined", "answer", _("Declined"),
              _("They said no about the records."),
              _decided("declined"), ("said_on", "said_how", "apcm"), standing="declined"),
    NamedList("revoked", "answer", _("Revoked"),
              _("They said yes about the records and took it back."),
              _decided("revoked"), ("said_on", "said_how", "apcm"), standing="revoked"),
    NamedList("conflict", "answer", _("Answers contradict"),
              _("Two answers about the records cannot both be right: ask the patient."),
              _decided("conflict"), ("phones", "said_on", "said_how", "apcm"), standing="conflict"),
    NamedList("in_review", "answer", _("Answer in review"),
              _("A form answer may be theirs: a person decides."),
              _answer_in_review, ("phones", "answer_why", "apcm"), standing="in_review"),
    NamedList("apcm_not_moved", "apcm", _("Agreed, APCM not moved"),
              _("Enrolled, the records may move, and there is no yes to APCM with us."),
              _apcm_not_moved, ("apcm", "apcm_said", "said_on", "phones")),
    NamedList("apcm_open", "apcm", _("APCM not answered"),
              _("Enrolled, and no answer about APCM, or answers that contradict."),
              _apcm_open, ("apcm", "apcm_said", "standing", "phones")),
    NamedList("wrong_numbers", "numbers", _("Wrong numbers"),
              _("Somebody said that the number is not theirs, and there is no other."),
              _number_check(Suppression.Reason.WRONG_NUMBER), ("bad_number", "bad_reason", "apcm", "city")),
    NamedList("said_deceased", "numbers", _("Said to have died"),
              _("Somebody wrote so; it is not recorded yet. Check gently."),
              _number_check(Suppression.Reason.DECEASED), ("bad_number", "bad_reason", "last_visit")),
    NamedList("no_phone", "numbers", _("No phone"),
              _("Neither the list nor a Spruce contact has a number."),
              _no_phone, ("city", "letter", "apcm", "last_visit")),
    NamedList("needs_letter", "numbers", _("No text, no letter yet"),
              _("They cannot be texted, and no letter has been made for them."),
              _needs_letter, ("why_not", "city", "apcm")),
    NamedList("letters_returned", "numbers", _("Letters returned"),
              _("Mail came back from their present address."),
              _letters_returned, ("address", "letter", "phones")),
    NamedList("stopped", "aside", _("Asked to stop texts"),
              _("No text goes to any of their numbers; whatever else they answered."),
              _asked_to_stop, ("phones", "standing", "apcm")),
    NamedList("held", "aside", _("Held"),
              _("Staff asked not to contact them."),
              lambda practice: Patient.objects.exclude(held=""), ("held", "standing", "apcm")),
    NamedList("deceased", "aside", _("Deceased"),
              _("Nobody texts, calls or writes to them."),
              lambda practice: Patient.objects.filter(deceased=True), ("last_visit", "apcm", "standing")),
    NamedList("minors", "aside", _("Minors"),
              _("Under age in the practice’s state: a guardian is asked in person."),
              _minors, ("age", "phones", "standing")),
    NamedList("left", "aside", _("Left the newest list"),
              _("The newest list did not name them, and somebody set them aside."),
              _left_the_list, ("left_on", "last_visit", "standing")),
)  # fmt: skip

LISTS: dict[str, NamedList] = {named.code: named for named in _ALL}
