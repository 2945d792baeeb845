"""Why a patient stands where the lists say, what stands against a text, and what comes next."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from consent.letters import posted_moment
from consent.models import ConsentEvent
from explorer.lib import clock
from explorer.lib.models import Practice, TextingBasis
from outreach import call_queue, call_rules, gate
from outreach.follow_up import LETTER_TAKES
from outreach.models import Attempt, Match, Message, Suppression
from outreach.standings import LABELS
from outreach.why import coming, facing
from outreach.why.known import Known
from outreach.why.rules import STANDINGS
from outreach.why.trace import Fact, Next, Reason, Why
from patients.models import Patient
from patients.phones import display

State = Message.State
NOBODY = ("deceased", "held", "left_list")


def why_of_patient(patient: Patient, practice: Practice, *, known: Known | None = None) -> Why:
    known = known or Known(patient, practice, clock.now())
    standing = known.stands.standing
    against = list(_against(known))
    unsaid = standing in ("excluded", "cannot_be_reached") and against
    return Why(
        sentence=LABELS[standing],
        rule=against[0].rule if unsaid else STANDINGS[standing],
        facts=list(_standing_facts(known, standing)),
        against=against,
        next=_next(known, against),
    )


def _against(known: Known) -> Iterator[Reason]:
    """The gate's own reasons against a text, in its order; then why no number would do."""
    for code in known.refusals:
        yield Reason(code, _(gate.WORDS[code]), facts=tuple(facing.facts_of(code, known)))
    if code := known.reach.code:
        yield Reason(code, _(gate.WORDS[code]), facts=tuple(facing.facts_of(code, known)))


def number_in_words(known: Known) -> str:
    """The number a text would go to, and why it may be texted; empty where there is none."""
    if not (number := known.reach.number):
        return ""
    phone = next((phone for phone in known.phones if phone.e164 == number and not phone.retired_at), None)
    basis = phone.basis if phone else known.practice.texting_basis
    return _("A text would go to %(number)s. Why it may: %(basis)s.") % {
        "number": display(number),
        "basis": _(TextingBasis(basis).label).lower(),
    }


def _standing_facts(known: Known, standing: str) -> Iterator[Fact]:
    if standing in ConsentEvent.Decision.values or standing == "conflict":
        yield from facing.facts_of("answered", known)
    elif standing == "excluded":
        for code in known.refusals:
            if code in (*NOBODY, "minor"):
                yield from facing.facts_of(code, known)
    elif standing in ("in_review", "opted_out"):
        yield from facing.facts_of(standing, known)
    elif standing in ("invited", "reminded"):
        yield from _asked_by(known)
    elif standing == "not_invited":
        yield Fact(number_in_words(known))
    else:
        yield from facing.facts_of(known.reach.code, known)


def _asked_by(known: Known) -> Iterator[Fact]:
    """Texts that arrived, letters that were posted: those on which "invited" and "reminded" rest."""
    elsewhere = {stop.phone for stop in known.stops if stop.reason != Suppression.Reason.STOP}
    for text in known.texts:
        if text.state == State.CONFIRMED and text.phone not in elsewhere:
            yield Fact(facing.what_text(text), text.accepted_at or text.confirmed_at, text)
    for letter in known.letters:
        if letter.returned_at is None and letter.batch.kind == "letter":
            at = posted_moment(letter.batch.posted_on, letter.batch.frozen["time_zone"]).date()
            yield Fact(_("A letter was posted."), at, letter.batch)
    for attempt in known.attempts:
        if (attempt.channel, attempt.outcome) == (Attempt.Channel.LETTER, Attempt.Outcome.MAILED):
            yield Fact(_("Staff wrote down that a letter was mailed."), attempt.at, attempt)


def _next(known: Known, against: list[Reason]) -> Next:
    """What comes next, and when: the first of these that applies."""
    codes = {reason.code for reason in against}
    standing = known.stands.standing
    if codes & set(NOBODY):
        return Next("nothing", _("Nothing: nobody contacts this patient."))
    if standing == "conflict":
        return Next("call", _("A person asks the patient, and records what counts."))
    if standing == "in_review":
        return Next("review", _("A person decides the form answer."), row=next(iter(known.answers_in_review), None))
    if (call := _call_back(known)) is not None:
        return call
    if standing in ConsentEvent.Decision.values:
        return _after_an_answer(known)
    if "minor" in codes:
        return Next("call", _("Somebody speaks with the parent or guardian."))
    if "opted_out" not in codes and (text := coming.next_text(known)) is not None:
        return text
    return _by_people(known, codes)


def _call_back(known: Known) -> Next | None:
    last = known.attempts[0] if known.attempts else None
    if last is None or last.next_on is None or known.stands.records in ConsentEvent.Decision.values:
        return None
    return Next("call", _("Staff call back."), last.next_on, last)


def _after_an_answer(known: Known) -> Next:
    enrolment = getattr(known.patient, "apcm", None)
    if enrolment and enrolment.status == "active" and known.stands.apcm in ("none", "conflict"):
        return Next("call", _("A call about APCM: the records are answered, APCM is not."))
    return Next("nothing", _("Nothing: the patient has answered."))


def _by_people(known: Known, codes: set[str]) -> Next:
    today = known.practice.today()
    if known.letters and known.letters[0].returned_at is None:
        arrives = known.letters[0].batch.posted_on + LETTER_TAKES
        if arrives > today:
            return Next("letter", _("The letter is given time until then; after that somebody calls."), arrives)
    if codes & {"match_in_review"}:
        row = next((match for match in known.matches if match.verdict == Match.Verdict.REVIEW), None)
        return Next("review", _("A person decides whether the Spruce contact is this patient."), row=row)
    if known.reach.number and known.stands.standing == "not_invited" and not codes:
        return Next("nothing", _("Nothing is planned: no running campaign includes this patient. Text, call or write."))
    if call_rules.said_no_calls(call_queue.tried_by_phone(known.patient)):
        return Next("letter", _("A letter: the patient asked not to be called."))
    if not any(phone.retired_at is None for phone in known.phones) and not known.contact_phones:
        return Next("letter", _("A letter: there is no number to call."))
    return Next("call", _("A call: nothing more goes out by itself."))
