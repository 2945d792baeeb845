"""The rows behind each code of the gate that is about a patient or a number."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from consent.models import ConsentEvent
from outreach.models import Match, Message, Suppression
from outreach.reach import FACILITY_FROM
from outreach.why.known import Known
from outreach.why.trace import Fact
from patients.models import Phone
from patients.phones import display


def facts_of(code: str, known: Known) -> Iterator[Fact]:
    return FACTS.get(code, _nothing)(known)


def what_text(text: Message) -> str:
    if not text.campaign_id:
        return _(text.get_kind_display())
    if text.step.day == 0:
        return _("The first text of “%(campaign)s” went out.") % {"campaign": text.campaign}
    return _("The day-%(day)s reminder of “%(campaign)s” went out.") % {"campaign": text.campaign, "day": text.step.day}


def _nothing(known: Known) -> Iterator[Fact]:
    yield from ()


def _deceased(known: Known) -> Iterator[Fact]:
    if known.death:
        yield Fact(_("Recorded as deceased%(by)s.") % {"by": by(known.death.recorded_by)}, known.death.on)
    else:
        yield Fact(_("The chart says that the patient has died."))


def _held(known: Known) -> Iterator[Fact]:
    yield Fact(_("Staff wrote: %(words)s") % {"words": known.patient.held})


def _left_list(known: Known) -> Iterator[Fact]:
    yield Fact(_("The newest list no longer named the patient."), known.patient.left_list_at)


def _minor(known: Known) -> Iterator[Fact]:
    yield Fact(_("Born on this day."), known.patient.date_of_birth)


def _answered(known: Known) -> Iterator[Fact]:
    stands = known.ledgers[ConsentEvent.Kind.RECORDS]
    for line in filter(None, dict.fromkeys((stands.line, stands.against))):
        yield said(line)
    if known.stands.records == "conflict" and stands.against is None:
        yield from _in_review(known)


def said(line: ConsentEvent) -> Fact:
    words = _("“%(kind)s”: %(decision)s, %(method)s, recorded%(by)s.") % {
        "kind": _(line.get_kind_display()),
        "decision": _(line.get_decision_display()).lower(),
        "method": _(line.get_method_display()).lower(),
        "by": by(line.recorded_by) or _(" from the form"),
    }
    return Fact(words, line.occurred_at, line)


def _in_review(known: Known) -> Iterator[Fact]:
    for answer in known.answers_in_review:
        place = _("A form answer, row %(row)s of the export, waits for review.") % {"row": answer.row}
        yield Fact(place, answer.completed_at, answer)


def _opted_out(known: Known) -> Iterator[Fact]:
    for stop in known.stops:
        if stop.reason == Suppression.Reason.STOP:
            yield stopped(stop)
    line = known.ledgers[ConsentEvent.Kind.TEXTING].line
    if line and line.decision != ConsentEvent.Decision.GIVEN:
        yield said(line)


def stopped(stop: Suppression) -> Fact:
    """With the very words, where a reply brought them."""
    told = stop.reply.text if stop.reply else stop.words
    words = _("%(reason)s, %(number)s") % {"reason": _(stop.get_reason_display()), "number": display(stop.phone)}
    words += f": “{told[:120]}”" if told else by(stop.set_by)
    return Fact(f"{words}.", stop.since, stop.reply or stop)


def _suppressed(known: Known) -> Iterator[Fact]:
    yield from map(stopped, known.stops)


def _no_match(known: Known) -> Iterator[Fact]:
    rejected = [match for match in known.matches if match.verdict == Match.Verdict.REJECTED]
    if not rejected:
        yield Fact(_("No contact in Spruce was found to be this patient."))
    for match in rejected:
        yield Fact(
            _("A contact was looked at and is somebody else%(by)s.") % {"by": by(match.decided_by)},
            match.decided_at,
            match,
        )


def _match_in_review(known: Known) -> Iterator[Fact]:
    for match in known.matches:
        if match.verdict == Match.Verdict.REVIEW:
            yield Fact(
                _("The contact “%(name)s” may be this patient.") % {"name": match.contact}, match.found_at, match
            )


def _no_phone(known: Known) -> Iterator[Fact]:
    if not known.phones and not known.contact_phones:
        yield Fact(_("No number stands on the list, and none in Spruce."))
    elif all(phone.retired_at for phone in known.phones) and not known.contact_phones:
        yield Fact(_("Every number is marked as no longer theirs."))
    else:
        yield Fact(_("There is no cell number, on the list or in Spruce."))


def _numbers(known: Known) -> Iterator[Fact]:
    for phone in known.phones:
        if phone.retired_at is None:
            yield Fact(_number(phone), phone.added_at)
    listed = {phone.e164 for phone in known.phones}
    for phone in known.contact_phones:
        if phone.e164 not in listed:
            yield Fact(_("%(number)s stands in Spruce alone.") % {"number": display(phone.e164)}, row=known.contact)


def _number(phone: Phone) -> str:
    return _("%(number)s: %(kind)s; basis to text: %(basis)s.") % {
        "number": display(phone.e164),
        "kind": _(phone.get_kind_display()).lower(),
        "basis": _(phone.get_basis_display()).lower(),
    }


def _facility(known: Known) -> Iterator[Fact]:
    yield Fact(_("%(many)s patients or more have the same number.") % {"many": FACILITY_FROM})
    yield from _numbers(known)


FACTS: dict[str, Callable[[Known], Iterator[Fact]]] = {
    "deceased": _deceased,
    "held": _held,
    "left_list": _left_list,
    "minor": _minor,
    "answered": _answered,
    "in_review": _in_review,
    "opted_out": _opted_out,
    "suppressed": _suppressed,
    "no_match": _no_match,
    "match_in_review": _match_in_review,
    "no_phone": _no_phone,
    "not_textable": _numbers,
    "facility": _facility,
    "number_of_another": _numbers,
    "no_basis": _numbers,
}


def by(person) -> str:
    return _(" by %(person)s") % {"person": person} if person else ""
