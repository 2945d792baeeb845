"""The facts the gate asks for, read from the database in few queries for many patients at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q

from consent.models import Response, current_decision, some_charts_merged
from explorer.lib.models import Practice
from outreach import gate, hours, wording
from outreach.models import Attempt, Campaign, Circumstance, ContactPhone, LineState, Match, Message, Reply, Suppression
from outreach.numbers import held_by_somebody_else
from outreach.reach import ListedPhone, Reachability, choose
from outreach.standings import is_opted_out
from patients.models import Patient, Phone

ASKED_ONCE = 5000  # numbers in one question to the database


def patient_facts(patients) -> dict[int, gate.PatientFacts]:
    """For a queryset of patients, or for keys. An open circumstance holds, whatever stands on the chart."""
    rows = _with_answers(some_charts_merged()).filter(pk__in=patients)
    return {
        pk: gate.PatientFacts(
            pk, deceased, bool(held) or silent, left is not None, birth, records is not None, in_review, stopped
        )
        for pk, deceased, held, silent, left, birth, records, in_review, stopped in rows
    }


@cache
def _with_answers(some_merged: bool):
    """The question, put together once: that costs more than asking it."""
    return (
        Patient.objects.order_by()
        .annotate(
            records=current_decision("records", some_merged=some_merged),
            answer_in_review=Exists(Response.objects.in_review().filter(likely=OuterRef("pk"))),
            stopped=is_opted_out(some_merged=some_merged),
            silent=Exists(Circumstance.objects.open().filter(patient=OuterRef("pk"))),
        )
        .values_list(
            "pk",
            "deceased",
            "held",
            "silent",
            "left_list_at",
            "date_of_birth",
            "records",
            "answer_in_review",
            "stopped",
        )
    )


def reachabilities(patients, practice: Practice) -> dict[int, Reachability]:
    """For a queryset of patients: the number each can be texted on, or why on none."""
    listed = _listed_phones(patients)
    contact_phones = _contact_phones(patients)
    in_review = set(Match.objects.in_review().filter(patient__in=patients).values_list("patient", flat=True))
    asked = {phone.e164 for theirs in listed.values() for phone in theirs}
    asked |= {e164 for theirs in contact_phones.values() for e164, _ in theirs}
    shared = _patients_per_number(asked)
    of_others = numbers_of_others(patients) if practice.text_unmatched else set()
    stops = Suppression.objects.in_force()
    stops = stops.filter(phone__in=asked) if len(asked) <= ASKED_ONCE else stops
    suppressed = set(stops.values_list("phone", flat=True))
    return {
        pk: choose(
            listed[pk],
            contact_phones.get(pk),
            in_review=pk in in_review,
            basis=practice.texting_basis,
            text_unmatched=practice.text_unmatched,
            patients_per_number=shared,
            of_others=of_others,
            suppressed=suppressed,
        )
        for pk in patients.order_by("pk").values_list("pk", flat=True)
    }


def _patients_per_number(numbers: set[str]) -> Counter:
    """Of a few numbers alone, or of all where they are many."""
    listed = Phone.objects.filter(retired_at=None)
    if len(numbers) <= ASKED_ONCE:
        listed = listed.filter(e164__in=numbers)
    return Counter(dict(listed.order_by().values_list("e164").annotate(Count("patient"))))


def _listed_phones(patients) -> dict[int, list[ListedPhone]]:
    found: dict[int, list[ListedPhone]] = defaultdict(list)
    phones = Phone.objects.filter(patient__in=patients, retired_at=None)
    for pk, *fields in phones.order_by().values_list("patient_id", "e164", "label", "kind", "basis"):
        found[pk].append(ListedPhone(*fields))
    return found


def numbers_of_others(patients) -> set[str]:
    phones = Phone.objects.filter(patient__in=patients, retired_at=None)
    return set(phones.filter(held_by_somebody_else()).order_by().values_list("e164", flat=True))


def _contact_phones(patients) -> dict[int, list[tuple[str, str]]]:
    matched = Match.objects.linked().filter(patient__in=patients).values_list("contact_id", "patient_id")
    owner = dict(matched)
    found: dict[int, list[tuple[str, str]]] = {pk: [] for pk in owner.values()}
    phones = ContactPhone.objects.filter(
        contact__matches__patient__in=patients, contact__matches__verdict__in=Match.LINKED
    )
    for contact_id, e164, label in phones.values_list("contact_id", "e164", "label"):
        found[owner[contact_id]].append((e164, label))
    return found


def number_facts(
    messages: Iterable[Message], practice: Practice, now: datetime, asked: dict[int, list[int]] | None = None
) -> dict[int, gate.NumberFacts]:
    """What the gate needs to know of each campaign message; messages come with campaign, step and invitation.

    `asked` is what `asked_by` said, where that was asked before.
    """
    messages = list(messages)
    asked = asked or asked_by(messages)
    people = patient_facts({pk for pks in asked.values() for pk in pks})
    homes = {pk: home for pk, *home in Patient.objects.filter(pk__in=people).values_list("pk", "zip", "state")}
    phones = {message.phone for message in messages}
    suppressed = set(Suppression.objects.in_force().filter(phone__in=phones).values_list("phone", flat=True))
    texted = _texts_at(phones, now)
    texted_patients = _texts_at_patients(people, now)
    per_campaign = _texts_of_campaigns(messages)
    spoken = _spoken_since_the_first_text(messages)
    polled_at, disarmed_at = LineState.objects.values_list("polled_at", "disarmed_at").get(pk=1)
    window, zone = hours.window_of(practice), ZoneInfo(practice.time_zone)
    calls = _calls_for(messages, people, zone)
    today, facts = practice.today(), {}
    for message in messages:
        patients = tuple(people[pk] for pk in asked[message.pk] if pk in people)
        zips, states = zip(*(homes[p.id] for p in patients), strict=True) if patients else ((), ())
        facts[message.pk] = gate.NumberFacts(
            now=now,
            today=today,
            patients=patients,
            state=practice.state,
            suppressed=message.phone in suppressed,
            hours=hours.allowed(
                now,
                zones=hours.zones_of(zips, message.phone),
                window=window,
                state=practice.state,
                theirs=states,
            ),
            texting_stopped=practice.texting_stopped_at is not None,
            disarmed=disarmed_at is not None,
            campaign_running=message.campaign.state == Campaign.State.RUNNING,
            texts_at=texted.get(message.phone, ()),
            texts_of_campaign=per_campaign[message.campaign_id, message.phone],
            texts_per_campaign=practice.texts_per_campaign,
            polled_at=polled_at,
            hold=message.hold,
            spoken=message.pk in spoken,
            code_expires_at=None if message.invitation.revoked_at else message.invitation.expires_at,
            text_complete=not wording.fields_in(message.text) and bool(message.text.strip()),
            patients_texted_at={p.id: texted_patients.get(p.id, ()) for p in patients},
            spoken_with=calls.get(message.pk, {}),
        )
    return facts


def _calls_for(messages, people, zone: ZoneInfo) -> dict[int, dict[int, datetime]]:
    """Of each reminder: with whom staff spoke within three days before its time or since, and when."""
    since = {m.pk: m.due_at - gate.CALL_COUNTS_FOR for m in messages if m.step.day > 0}
    calls = Attempt.objects.last_spoken(people, since=min(since.values())) if since else {}
    return {pk: {who: at.astimezone(zone) for who, at in calls.items() if at >= start} for pk, start in since.items()}


def asked_by(messages) -> dict[int, list[int]]:
    """The patients each message is about."""
    asked: dict[int, list[int]] = {message.pk: [] for message in messages}
    links = Message.patients.through.objects.filter(message__in=list(asked))
    for message_id, patient_id in links.order_by("pk").values_list("message_id", "patient_id"):
        asked[message_id].append(patient_id)
    return asked


def _recent_texts(now: datetime):
    return Message.objects.filter(
        kind=Message.Kind.CAMPAIGN, first_attempt_at__gt=now - gate.WEEK, state__in=Message.REACHED
    )


def _texts_at(phones: set[str], now: datetime) -> dict[str, tuple[datetime, ...]]:
    found: dict[str, tuple[datetime, ...]] = {}
    rows = _recent_texts(now).filter(phone__in=phones).order_by().values_list("phone", "first_attempt_at")
    for phone, at in rows:
        found[phone] = (*found.get(phone, ()), at)
    return found


def _texts_at_patients(people, now: datetime) -> dict[int, tuple[datetime, ...]]:
    found: dict[int, tuple[datetime, ...]] = {}
    rows = _recent_texts(now).filter(patients__in=list(people)).order_by()
    for pk, at in rows.values_list("patients", "first_attempt_at"):
        found[pk] = (*found.get(pk, ()), at)
    return found


def _spoken_since_the_first_text(messages) -> set[int]:
    """Reminders to numbers that have said yes or no by text since the campaign began: neither is a decision."""
    kinds = (Reply.Kind.DECLINE, Reply.Kind.YES)
    said = Reply.objects.filter(kind__in=kinds, phone__in={message.phone for message in messages})
    last = dict(said.order_by("received_at").values_list("phone", "received_at"))
    return {
        message.pk
        for message in messages
        if message.step.day > 0 and message.phone in last and last[message.phone] >= message.campaign.launched_at
    }


def _texts_of_campaigns(messages) -> Counter:
    campaigns = {message.campaign_id for message in messages}
    phones = {message.phone for message in messages}
    rows = (
        Message.objects.reached()
        .filter(Q(campaign__in=campaigns) & Q(phone__in=phones))
        .order_by()
        .values_list("campaign_id", "phone")
        .annotate(Count("pk"))
    )
    return Counter({(campaign, phone): count for campaign, phone, count in rows})
