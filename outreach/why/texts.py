"""Why a text went out, or did not, or waits and until when."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from consent.models import ConsentEvent
from consent.standing import standings_at
from explorer.lib import clock
from explorer.lib.models import Practice, TextingBasis
from outreach import gate, hours
from outreach.models import Match, Message, Suppression
from outreach.why.coming import judged
from outreach.why.facing import by
from outreach.why.rules import RULES, Rule
from outreach.why.trace import Fact, Next, Reason, Why
from patients.models import Patient, Phone
from patients.phones import display

State, Kind = Message.State, Message.Kind
WEEK = gate.WEEK


def why_of_text(text: Message, practice: Practice) -> Why:
    """The text comes with its campaign, step and invitation."""
    now = clock.now()
    patients = list(text.patients.order_by("last_name", "first_name", "pk"))
    why = Why(sentence=_sentence(text), facts=list(_planned(text)))
    if text.state == State.PLANNED and text.kind == Kind.CAMPAIGN:
        at = max(filter(None, (text.due_at, text.not_before)))
        why.against = list(judged(text, practice, at=max(at, now)))
        why.next = _when(text, at, why.against, now)
    elif text.state in Message.REACHED:
        why.facts += [*_basis(text, patients, practice), *_seen_at_the_claim(text, patients, practice)]
    if code := _code_of(text):
        why.rule = RULES[code]
    elif text.state in OUTCOMES:
        why.rule = OUTCOMES[text.state]
    return why


OUTCOMES = {
    State.FAILED: Rule("Spruce refused it before it was sent.", "4.2", "Check the number, or call instead."),
    State.UNCERTAIN: Rule(
        "What may have gone out is never sent a second time by the program.",
        "4.3",
        "Look in Spruce, and say below what you found.",
    ),
    State.CANCELLED: Rule("Its campaign was cancelled before it went out.", "", "A new campaign, or a call."),
}


def _sentence(text: Message) -> str:
    """How it stands, in one sentence."""
    return {
        State.PLANNED: _("This text waits to be sent."),
        State.SENDING: _("This text is being handed to Spruce."),
        State.ACCEPTED: _("Spruce has taken this text and has not confirmed it yet."),
        State.CONFIRMED: _("This text went out."),
        State.SKIPPED: _("This text was not sent: %(reason)s"),
        State.FAILED: _("This text could not be sent: %(reason)s"),
        State.UNCERTAIN: _("Nobody knows yet whether this text went out: %(reason)s"),
        State.CANCELLED: _("This text was cancelled: %(reason)s"),
    }[text.state].replace("%(reason)s", _(text.reason) if text.reason else _("no reason was written down."))


def _planned(text: Message) -> Iterator[Fact]:
    """Who wanted it, and since when."""
    campaign = text.campaign
    if text.kind == Kind.ANSWER:
        yield Fact(_("Staff wrote it as an answer%(by)s.") % {"by": by(text.planned_by)}, text.planned_at)
    elif text.kind == Kind.TEST:
        yield Fact(_("A test to a staff phone%(by)s.") % {"by": by(text.planned_by)}, text.planned_at)
    elif text.kind == Kind.CONFIRM:
        yield Fact(_("The one confirmation of a STOP."), text.planned_at, text.confirms and text.confirms.reply)
    if campaign is None:
        return
    launched = _("The campaign “%(campaign)s” was launched%(by)s.")
    yield Fact(launched % {"campaign": campaign, "by": by(campaign.launched_by)}, campaign.launched_at, campaign)
    if campaign.override:
        yield Fact(_("It was launched although a check was red: %(words)s") % {"words": campaign.override})
    if text.step.day == 0:
        yield Fact(_("It is the first text to this number."), text.planned_at)
    else:
        words = _("It is the day-%(day)s reminder: there was no answer yet.") % {"day": text.step.day}
        yield Fact(words, text.planned_at)
    if text.settled_by:
        yield Fact(_("A person decided about it%(by)s.") % {"by": by(text.settled_by)}, text.settled_at)
    if text.hold:
        yield Fact(_(text.hold))


def _when(text: Message, at: datetime, against: list[Reason], now: datetime) -> Next:
    if lasting := [reason for reason in against if not reason.waits]:
        return Next("nothing", _("It will not go out: %(reason)s") % {"reason": lasting[0].words})
    if any(reason.code == "held_for_person" for reason in against):
        return Next("review", _("It waits for a person."), row=text.campaign)
    opening = max([at, *(reason.until for reason in against if reason.until)])
    if opening <= now:
        return Next("text", _("It goes out as soon as nothing stands against it."))
    return Next("text", _("It goes out then, if nothing stands against it."), opening)


def _basis(text: Message, patients: list[Patient], practice: Practice) -> Iterator[Fact]:
    """On what the number may be texted, as it is recorded today."""
    if text.kind != Kind.CAMPAIGN:
        return
    phones = {phone.patient_id: phone for phone in Phone.objects.filter(patient__in=patients, e164=text.phone)}
    matches = Match.objects.linked().filter(patient__in=patients, contact__phones__e164=text.phone)
    matched = {match.patient_id: match for match in matches.select_related("contact")}
    for patient in patients:
        phone, match = phones.get(patient.pk), matched.get(patient.pk)
        basis = TextingBasis(phone.basis if phone else practice.texting_basis).label
        words = _("%(number)s may be texted for %(patient)s: %(basis)s.") % {
            "number": display(text.phone), "patient": patient.full_name, "basis": _(basis).lower(),
        }  # fmt: skip
        yield Fact(words, phone and phone.added_at, patient)
        if match:
            yield Fact(
                _("The Spruce contact with this number is this patient."), match.decided_at or match.found_at, match
            )


def _seen_at_the_claim(text: Message, patients: list[Patient], practice: Practice) -> Iterator[Fact]:
    """The gate let it through in the very transaction that claimed it; what it saw, as far as the rows still tell."""
    at = text.claimed_at or text.first_attempt_at
    if at is None or text.kind != Kind.CAMPAIGN:
        return
    yield Fact(_("The gate was asked at the moment of sending and found nothing against it."), at)
    yield Fact(_hours(text, patients, practice, at))
    before = Message.objects.filter(
        kind=Kind.CAMPAIGN, phone=text.phone, first_attempt_at__lt=at, first_attempt_at__gt=at - WEEK,
        state__in=Message.REACHED,
    ).exclude(pk=text.pk).count()  # fmt: skip
    yield Fact(_("Texts to this number in the seven days before: %(count)s of 3.") % {"count": before})
    stops = Suppression.objects.filter(phone=text.phone, effective_at__lte=at)
    if not stops.exclude(lifted_at__lte=at).exists():
        yield Fact(_("No stop was known for the number."))
    if all(standings_at(patient, at)[ConsentEvent.Kind.RECORDS].state == "none" for patient in patients):
        yield Fact(_("Nobody asked by it had answered yet."))


def _hours(text: Message, patients: list[Patient], practice: Practice, at: datetime) -> str:
    zones = hours.zones_of([patient.zip for patient in patients], text.phone)
    names = ", ".join(zone.rpartition("/")[2].replace("_", " ") for zone in zones)
    verdict = hours.allowed(
        at, zones=zones, window=hours.window_of(practice), state=practice.state,
        theirs=tuple(patient.state for patient in patients),
    )  # fmt: skip
    if verdict.ok:
        return _("It was within the texting hours of %(places)s.") % {"places": names}
    return _("By today’s hours of %(places)s it would wait.") % {"places": names}


def _code_of(text: Message) -> str:
    """The gate's code behind a stored reason; empty where a person or Spruce gave the reason."""
    if text.reason.startswith("Staff spoke with them on"):
        return "called"
    return next((code for code, words in gate.WORDS.items() if words == text.reason), "")
