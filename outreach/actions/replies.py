"""Replies that came in: stored once, STOP at once, and what staff do with them."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, Q

from consent.ledger import record_texting_stop
from consent.models import ConsentEvent
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import gate, segments, wording
from outreach.classify import classify
from outreach.models import Match, Message, MessagePatient, Reply, Suppression
from outreach.spruce import Item
from outreach.standings import is_opted_out, said_no_later
from patients.models import Patient, Phone

SUPPRESSING = {
    Reply.Kind.OPT_OUT: Suppression.Reason.STOP,
    Reply.Kind.WRONG_NUMBER: Suppression.Reason.WRONG_NUMBER,
    Reply.Kind.DECEASED: Suppression.Reason.DECEASED,
}
CONFIRMED_WITHIN = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)
CALL_TAKES = timedelta(seconds=30)  # between the claim and Spruce's answer, at the most
CHANNELS = {
    ConsentEvent.Method.FORM: Suppression.Channel.LETTER,
    ConsentEvent.Method.PAPER: Suppression.Channel.LETTER,
    ConsentEvent.Method.PHONE: Suppression.Channel.PHONE,
    ConsentEvent.Method.IN_PERSON: Suppression.Channel.IN_PERSON,
}
METHODS = {
    Suppression.Channel.PHONE: ConsentEvent.Method.PHONE,
    Suppression.Channel.LETTER: ConsentEvent.Method.PAPER,
    Suppression.Channel.IN_PERSON: ConsentEvent.Method.IN_PERSON,
}
HELD_FOR_A_DEATH = "Somebody wrote that a patient on this number has died. Check gently first."


@transaction.atomic
def store(item: Item, phone: str) -> Reply | None:
    """Keep what came in and act on it; None when it was stored before."""
    judged = classify(item.text)
    reply, new = Reply.objects.get_or_create(
        item_id=item.id,
        defaults={
            "conversation_id": item.conversation_id,
            "phone": phone,
            "text": item.text,
            "received_at": item.created_at,
            "kind": judged.kind if judged.kind in Reply.Kind.values else Reply.Kind.OTHER,
            "urgent": judged.emergency,
            "patient": _only_patient(phone),
        },
    )
    if not new:
        return None
    stops = _suppress(reply) if judged.immediate_stop or reply.kind in SUPPRESSING else []
    if reply.kind == Reply.Kind.OPT_OUT and not judged.ask_person and not judged.emergency:
        Reply.objects.filter(pk=reply.pk).update(state=Reply.State.CLOSED, closed_at=clock.now())
        _plan_confirmation(reply, stops)
    return reply


def patients_of(phone: str):
    """Everyone whose number it is, by the list or by a matched contact."""
    by_contact = Patient.objects.filter(matches__verdict__in=Match.LINKED, matches__contact__phones__e164=phone)
    by_list = Patient.objects.filter(phones__e164=phone)
    by_merged = Patient.charts.filter(
        merged_into__isnull=False, matches__verdict__in=Match.LINKED, matches__contact__phones__e164=phone
    )
    found = Q(pk__in=by_contact.values("pk")) | Q(pk__in=by_list.values("pk"))
    return Patient.objects.filter(found | Q(pk__in=by_merged.values("merged_into")))


def _only_patient(phone: str) -> Patient | None:
    """The patient a reply comes from; None where several share the number: no machine decides that."""
    found = list(patients_of(phone)[:2])
    return found[0] if len(found) == 1 else None


def _suppress(reply: Reply) -> list[Suppression]:
    reason = SUPPRESSING.get(reply.kind, Suppression.Reason.STOP)
    numbers = {reply.phone}
    if reason == Suppression.Reason.STOP:
        numbers |= numbers_of(patients_of(reply.phone))
        if reply.patient:
            record_texting_stop(patient=reply.patient, occurred_at=reply.received_at)
    return suppress(numbers, reason=reason, since=reply.received_at, reply=reply)


def numbers_of(people) -> set[str]:
    """Every number of a queryset of patients, retired ones and the matched contacts' too."""
    listed = Phone.objects.filter(patient__in=people).values_list("e164", flat=True)
    matched = Match.objects.linked().filter(Q(patient__in=people) | Q(patient__merged_into__in=people))
    return set(listed) | set(matched.exclude(contact__phones=None).values_list("contact__phones__e164", flat=True))


@transaction.atomic
def suppress(
    numbers: set[str],
    *,
    reason: str,
    since: datetime,
    channel: str = "",
    words: str = "",
    reply: Reply | None = None,
    decision: ConsentEvent | None = None,
    by=None,
) -> list[Suppression]:
    """No text goes to these numbers from this moment on; waiting ones are withdrawn. The stops in force."""
    told = {
        "since": since, "channel": channel or ("text" if reply else "staff"), "words": words[:300],
        "reply": reply, "decision": decision, "set_by": by,
    }  # fmt: skip
    stops = [
        Suppression.objects.get_or_create(phone=number, reason=reason, lifted_at=None, defaults=told)[0]
        for number in sorted(numbers)
    ]
    for stop in stops:
        _withdraw_texts(stop)
    return stops


def _withdraw_texts(stop: Suppression) -> None:
    """A death only holds the campaigns' texts: somebody else on the number may still be asked."""
    waiting = Message.objects.filter(phone=stop.phone, state=Message.State.PLANNED).exclude(kind=Message.Kind.CONFIRM)
    answers = waiting.filter(kind=Message.Kind.ANSWER).exists()
    if stop.reason == Suppression.Reason.DECEASED:
        waiting.filter(kind=Message.Kind.CAMPAIGN).update(hold=HELD_FOR_A_DEATH)
        waiting = waiting.filter(kind=Message.Kind.ANSWER)
    count = waiting.update(state=Message.State.SKIPPED, reason=stop.get_reason_display(), hold="")
    Suppression.objects.filter(pk=stop.pk).update(texts_withdrawn=F("texts_withdrawn") + count)
    if answers:
        ask_again(stop.phone)


def ask_again(phone: str) -> None:
    """Their answer never went out: somebody phones instead."""
    for reply in Reply.objects.filter(phone=phone, state=Reply.State.WAITING):
        reply.state = Reply.State.NEEDS_ANSWER
        reply.save(update_fields=["state"])


def _plan_confirmation(reply: Reply, stops: list[Suppression]) -> None:
    """One text to the number that wrote, and only for the stop that this reply has set."""
    practice = Practice.current()
    stop = next(stop for stop in stops if stop.phone == reply.phone)
    if not practice.confirm_stops or stop.reply_id != reply.pk:
        return
    text = wording.stop_confirmation(practice)
    message = Message.objects.create(
        kind=Message.Kind.CONFIRM, confirms=stop, phone=stop.phone, conversation_id=reply.conversation_id,
        text=text, segments=segments.measure(text).parts,
    )  # fmt: skip
    if reply.patient_id:
        MessagePatient.objects.create(message=message, patient_id=reply.patient_id)


def stands_against(message: Message) -> str:
    """Why an answer by staff or a confirmation must not go out now, in words; "" when nothing does.

    A confirmation goes out within five minutes of the STOP or never; a clock that runs backwards counts as late.
    """
    if message.kind != Message.Kind.CONFIRM:
        return gate.WORDS["suppressed"] if is_stopped(message.phone) else ""
    stop = message.confirms
    if stop.lifted_at:
        return "Texts to this number were allowed again meanwhile."
    late = clock.now() - stop.since
    in_time = -CALL_TAKES <= late <= CONFIRMED_WITHIN - CALL_TAKES
    return "" if in_time else "A STOP is confirmed within five minutes or never."


@transaction.atomic
def stop_as_told(
    number: str, *, channel: str, since: datetime, words: str = "", reply: Reply | None = None, by
) -> list[Suppression]:
    """The owner told staff to stop texts: as a STOP by text, it counts for every number of the owner."""
    numbers = {number} | numbers_of(patients_of(number))
    patient, line = reply.patient if reply else _only_patient(number), None
    if patient:
        method = METHODS.get(channel, ConsentEvent.Method.TEXT)
        line = record_texting_stop(patient=patient, occurred_at=since, method=method, note=words, by=by)
    return suppress(
        numbers, reason=Suppression.Reason.STOP, since=since, channel=channel, words=words, reply=reply,
        decision=line, by=by,
    )  # fmt: skip


def stop_as_recorded() -> int:
    """What staff wrote into the texting ledger counts for every number of the patient; returns how many lines.

    A line that the patient has taken back since, or whose stop was lifted, stops nothing again.
    """
    no_longer = ConsentEvent.objects.effective().filter(kind="texting", decision__in=("declined", "revoked"))
    lines = no_longer.exclude(method=ConsentEvent.Method.TEXT).exclude(Exists(said_no_later()))
    lines = lines.filter(suppressions=None)
    return sum(map(_stop_by_line, lines.select_related("patient").order_by("pk")))


def _stop_by_line(line: ConsentEvent) -> bool:
    owner = line.patient.merged_into_id or line.patient_id
    people = Patient.objects.filter(pk=owner)
    numbers = numbers_of(people.filter(is_opted_out()))
    stops = Suppression.objects.filter(reason=Suppression.Reason.STOP, phone__in=numbers)
    stops = stops.filter(Q(lifted_at=None) | Q(lifted_at__gte=line.recorded_at))
    numbers -= set(stops.values_list("phone", flat=True))
    if not numbers:
        return False
    suppress(
        numbers, reason=Suppression.Reason.STOP, since=line.occurred_at, decision=line,
        channel=CHANNELS[line.method], words=line.note, by=line.recorded_by,
    )  # fmt: skip
    return True


def numbers_with_a_death() -> set[str]:
    stops = Suppression.objects.in_force().filter(reason=Suppression.Reason.DECEASED)
    return set(stops.values_list("phone", flat=True))


def is_stopped(phone: str) -> bool:
    return Suppression.objects.in_force().filter(phone=phone).exists()


@transaction.atomic
def lift(suppression: Suppression, *, by, because: str) -> None:
    """A person records that the number may be texted again, with the reason."""
    suppression = Suppression.objects.select_for_update().get(pk=suppression.pk, lifted_at=None)
    suppression.lifted_at, suppression.lifted_by, suppression.lifted_because = clock.now(), by, because[:200]
    suppression.save()
    if suppression.reason == Suppression.Reason.DECEASED and not is_stopped(suppression.phone):
        Message.objects.filter(phone=suppression.phone, hold=HELD_FOR_A_DEATH).update(hold="")


def close(reply: Reply, *, by) -> None:
    reply.state, reply.closed_at, reply.closed_by = Reply.State.CLOSED, clock.now(), by
    reply.save(update_fields=["state", "closed_at", "closed_by"])


def reopen(reply: Reply, *, by) -> None:
    """Back among those that need an answer, for one that was closed by mistake."""
    reply.state, reply.closed_at, reply.closed_by = Reply.State.NEEDS_ANSWER, None, None
    reply.save(update_fields=["state", "closed_at", "closed_by"])


@transaction.atomic
def attribute(reply: Reply, *, patient: Patient, by) -> None:
    """A person says which of the patients on a number has written. Raises ValidationError.

    A STOP has stopped the numbers already; from now on the patient's ledger says so too.
    """
    if not patients_of(reply.phone).filter(pk=patient.pk).exists():
        raise ValidationError("This number is not one of that patient's. Add it to the patient first.")
    reply = Reply.objects.select_for_update().get(pk=reply.pk)
    if reply.patient_id == patient.pk:
        return
    reply.patient = patient
    reply.save(update_fields=["patient"])
    if reply.kind == Reply.Kind.OPT_OUT:
        record_texting_stop(patient=patient, occurred_at=reply.received_at)


def mark_answered(reply: Reply) -> None:
    reply.state, reply.closed_at, reply.closed_by = Reply.State.WAITING, None, None
    reply.save(update_fields=["state", "closed_at", "closed_by"])
