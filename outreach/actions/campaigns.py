"""A campaign's life: create, launch, pause, resume, cancel, and its reminders."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q

from consent.invitations import invite
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import facts, gate, planning, wording
from outreach.models import (
    Campaign,
    CampaignPatient,
    CampaignStep,
    Message,
    MessagePatient,
    Reply,
    Suppression,
    TextTemplate,
)
from patients.models import Patient

State = Campaign.State
JUDGED_FROM = 40  # texts; of fewer, one failure says nothing
MOST_FAILED, MOST_STOPPED = 0.05, 0.03


class CannotLaunch(Exception):
    """Something stands against the launch; the text says what and what to do."""


@transaction.atomic
def create(*, name: str, cohort: str, limit: int | None = None, days=(0, 3, 7, 14), patients=(), by) -> Campaign:
    """A draft with a copy of the templates of these days. Raises ValidationError, LookupError for a day."""
    campaign = Campaign(name=name.strip(), cohort=cohort, limit=limit, created_by=by)
    campaign.full_clean()
    campaign.save()
    bodies = dict(TextTemplate.objects.values_list("day", "body"))
    reminder = bodies.get(3) or bodies[0]
    for day in sorted(set(days)):
        CampaignStep.objects.create(campaign=campaign, day=day, body=bodies.get(day, reminder))
    CampaignPatient.objects.bulk_create(
        [CampaignPatient(campaign=campaign, patient=patient) for patient in patients], batch_size=500
    )
    return campaign


def obstacles(campaign: Campaign, practice: Practice) -> list[str]:
    """What stands against a launch, in sentences; empty when it may go."""
    if campaign.state != State.DRAFT:
        return ["This campaign was launched before."]
    try:
        previews = planning.preview(campaign, practice)
    except planning.NoLink as problem:
        return [str(problem)]
    found = [f"{preview.step}: {error.sentence}" for preview in previews for error in preview.errors]
    if not previews or previews[0].step.day != 0:
        found.append("The campaign has no first text (day 0).")
    if practice.texting_stopped_at:
        found.append("Texting is stopped for the whole practice. Allow it again on the list of campaigns.")
    if practice.texting_basis == "unknown":
        found.append("Record in the practice profile why the numbers may be texted; unknown is never texted.")
    return found


@transaction.atomic
def launch(campaign: Campaign, *, by, override: str = "", expected: int | None = None) -> int:
    """Plan the first texts and let the sender begin; returns how many. Raises CannotLaunch.

    An override passes what the linter finds, never a missing link, and is recorded. `expected` is the number
    of texts a person agreed to; any other number is refused.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    practice = Practice.current()
    against = obstacles(campaign, practice)
    if against and (not override or campaign.state != State.DRAFT):
        raise CannotLaunch(" ".join(against))
    try:
        planning.merge_values(practice, planning.SAMPLE_CODE)
    except planning.NoLink as problem:
        raise CannotLaunch(str(problem)) from None
    plan = planning.plan(campaign, practice)
    if not plan.texts:
        raise CannotLaunch("There is nobody to text. Look at the reasons for leaving patients out.")
    if expected is not None and expected != len(plan.texts):
        raise CannotLaunch(f"Nothing was sent: the number of texts is now {len(plan.texts)}, not {expected}.")
    _remember_members(campaign, plan)
    now = clock.now()
    _plan_messages(campaign, campaign.steps.get(day=0), plan.texts, due_at=now, hold="", by=by)
    campaign.state, campaign.launched_at, campaign.launched_by = State.RUNNING, now, by
    campaign.override, campaign.why, campaign.watched_from = override[:300], "", now
    campaign.save()
    return len(plan.texts)


def _remember_members(campaign: Campaign, plan: planning.Plan) -> None:
    """Everyone the campaign was about, so that it can be told later why somebody got no text."""
    CampaignPatient.objects.filter(campaign=campaign).delete()
    texted = {pk: "" for text in plan.texts for pk in text.patient_ids}
    CampaignPatient.objects.bulk_create(
        [
            CampaignPatient(campaign=campaign, patient_id=pk, left_out=code)
            for pk, code in sorted((texted | plan.left_out).items())
        ],
        batch_size=500,
    )


def _plan_messages(campaign, step, texts: list[planning.PlannedText], *, due_at, hold: str, by) -> None:
    invitations = invite({text.phone: text.patient_ids for text in texts}, by=by)
    messages = [
        Message(
            campaign=campaign,
            step=step,
            phone=text.phone,
            invitation=invitations[text.phone],
            due_at=due_at,
            hold=hold,
            planned_by=by,
        )
        for text in texts
    ]
    Message.objects.bulk_create(messages, batch_size=200)
    MessagePatient.objects.bulk_create(
        [
            MessagePatient(message=message, patient_id=pk)
            for message, text in zip(messages, texts, strict=True)
            for pk in text.patient_ids
        ],
        batch_size=500,
    )


def findings(body: str, practice: Practice) -> list[wording.Finding]:
    """What is wrong with these words, judged on the text that would go out. Raises planning.NoLink."""
    values = planning.merge_values(practice, planning.SAMPLE_CODE)
    return wording.lint(body, practice_name=practice.name, sample_values=values)


@transaction.atomic
def rewrite(step: CampaignStep, *, body: str, by) -> None:
    """New words for the texts still to be sent. Raises ValidationError.

    A draft may hold words that are not ready, since they stand against its launch; a launched one may not.
    """
    campaign = Campaign.objects.select_for_update().get(pk=step.campaign_id)
    if campaign.state in (State.CANCELLED, State.FINISHED):
        raise ValidationError("This campaign is over; its words stay as they were.")
    if campaign.state != State.DRAFT:
        _refuse_errors(body)
    before, step.body = step.body, body.strip()
    CampaignStep.objects.filter(pk=step.pk).update(body=step.body)
    record([(step, "update", {"body": [before, step.body]})], by=by)


def _refuse_errors(body: str) -> None:
    try:
        errors = [each.sentence for each in findings(body, Practice.current()) if each.level == "error"]
    except planning.NoLink as problem:
        errors = [str(problem)]
    if errors:
        raise ValidationError(errors)


def stop_all(*, by) -> None:
    """No text of any campaign goes out from this moment on."""
    _set_stopped(clock.now(), by)


def allow_again(*, by) -> None:
    _set_stopped(None, by)


@transaction.atomic
def _set_stopped(at: datetime | None, by) -> None:
    practice = Practice.objects.select_for_update().get(pk=1)
    before = practice.texting_stopped_at
    if (before is None) == (at is None):
        return
    Practice.objects.filter(pk=1).update(texting_stopped_at=at)
    record([(practice, "update", {"texting_stopped_at": [str(before), str(at)]})], by=by)


@transaction.atomic
def pause(campaign: Campaign, *, by, why: str = "") -> None:
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state == State.RUNNING:
        campaign.state, campaign.why = State.PAUSED, (why or f"Paused by {by or 'a command'}.")[:200]
        campaign.save(update_fields=["state", "why"])


@transaction.atomic
def resume(campaign: Campaign, *, by) -> None:
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state == State.PAUSED:
        campaign.state, campaign.why, campaign.watched_from = State.RUNNING, "", clock.now()
        campaign.save(update_fields=["state", "why", "watched_from"])


@transaction.atomic
def cancel(campaign: Campaign, *, by) -> int:
    """End the campaign; texts not yet handed over are cancelled. Returns how many."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state in (State.CANCELLED, State.FINISHED):
        return 0
    campaign.state, campaign.why = State.CANCELLED, f"Cancelled by {by or 'a command'}."[:200]
    campaign.save(update_fields=["state", "why"])
    waiting = campaign.messages.filter(state=Message.State.PLANNED)
    return waiting.update(state=Message.State.CANCELLED, reason="The campaign was cancelled.")


def plan_reminders(now: datetime) -> int:
    """Ask of every running campaign whose reminder is due now and plan those texts; returns how many.

    A reminder is a question asked at its time: who was texted first so many days ago and has no answer?
    It waits while an earlier step of the number is open.
    """
    practice = Practice.current()
    return sum(
        _plan_step(campaign, step, practice, now)
        for campaign in Campaign.objects.running()
        for step in campaign.steps.filter(day__gt=0)
    )


@transaction.atomic
def _plan_step(campaign: Campaign, step: CampaignStep, practice: Practice, now: datetime) -> int:
    firsts = campaign.messages.filter(step__day=0, state=Message.State.CONFIRMED, accepted_at__isnull=False)
    begun = {
        phone: at for phone, at in firsts.values_list("phone", "accepted_at") if _due(at, step.day, practice) <= now
    }
    for phone in campaign.messages.filter(step=step).values_list("phone", flat=True):
        begun.pop(phone, None)
    answered_by_text = Reply.objects.filter(kind__in=(Reply.Kind.DECLINE, Reply.Kind.YES), phone__in=list(begun))
    for phone in answered_by_text.filter(received_at__gte=campaign.launched_at).values_list("phone", flat=True):
        begun.pop(phone, None)  # they have spoken; a person calls them
    for phone in campaign.messages.open().filter(step__day__lt=step.day).values_list("phone", flat=True):
        begun.pop(phone, None)
    texts = _still_to_ask(campaign, set(begun), practice)
    on_time = [text for text in texts if not planning.late(_due(begun[text.phone], step.day, practice))]
    late = [text for text in texts if text not in on_time]
    for group, hold in ((on_time, ""), (late, "This reminder is more than a day late.")):
        if group:
            due_at = max(_due(begun[text.phone], step.day, practice) for text in group)
            _plan_messages(campaign, step, group, due_at=due_at, hold=hold, by=None)
    return len(texts)


def _due(first_text_at: datetime, days: int, practice: Practice) -> datetime:
    """The opening of the texting hours, so many calendar days after the first text."""
    zone = ZoneInfo(practice.time_zone)
    day = first_text_at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, practice.texting_start, zone)


def _still_to_ask(campaign: Campaign, phones: set[str], practice: Practice) -> list[planning.PlannedText]:
    links = MessagePatient.objects.filter(
        message__campaign=campaign, message__step__day=0, message__phone__in=phones
    ).values_list("message__phone", "patient_id")
    by_phone: dict[str, list[int]] = {}
    for phone, pk in links:
        by_phone.setdefault(phone, []).append(pk)
    people = facts.patient_facts(Patient.objects.filter(pk__in={pk for pks in by_phone.values() for pk in pks}))
    texts = []
    for phone, pks in sorted(by_phone.items()):
        today = practice.today()
        due = [pk for pk in pks if not gate.patient_refusals(people[pk], state=practice.state, today=today)]
        if due:
            texts.append(planning.PlannedText(phone, sorted(due)))
    return texts


def pause_those_in_trouble() -> None:
    """Too many failures or stops since the launch, or since a person let it go on (design 4.7)."""
    for campaign in Campaign.objects.running():
        texts = campaign.messages.filter(first_attempt_at__gte=campaign.watched_from)
        tried = texts.count()
        if tried < JUDGED_FROM:
            continue
        failed = texts.filter(state=Message.State.FAILED).count()
        stops = Suppression.objects.filter(reason=Suppression.Reason.STOP, effective_at__gte=campaign.watched_from)
        stopped = texts.filter(phone__in=stops.values("phone")).count()
        if failed >= tried * MOST_FAILED:
            pause(campaign, by=None, why=f"Paused by itself: {failed} of {tried} texts failed.")
        elif stopped >= tried * MOST_STOPPED:
            pause(campaign, by=None, why=f"Paused by itself: {stopped} of {tried} people asked to stop.")


def finish_those_done(now: datetime) -> None:
    """A campaign is over when no text is open and no reminder can come any more."""
    for campaign in Campaign.objects.running().annotate(
        last_day=Max("steps__day"), newest=Max("messages__accepted_at", filter=Q(messages__step__day=0))
    ):
        over = campaign.newest is None or now > campaign.newest + timedelta(days=campaign.last_day + 2)
        if (over or campaign.last_day == 0) and not campaign.messages.open().exists():
            Campaign.objects.filter(pk=campaign.pk, state=State.RUNNING).update(state=State.FINISHED)


def release(message: Message, *, by) -> None:
    """A person lets a late text go after all."""
    Message.objects.filter(pk=message.pk, state=Message.State.PLANNED).update(hold="", settled_by=by)


def drop(message: Message, *, by) -> None:
    """A person decides that a late text is not sent."""
    Message.objects.filter(pk=message.pk, state=Message.State.PLANNED).update(
        state=Message.State.SKIPPED,
        reason="Staff decided not to send it.",
        settled_by=by,
        settled_at=clock.now(),
    )


@transaction.atomic
def decide_held(campaign: Campaign, *, message_ids: list[int], send: bool, by) -> int:
    """One decision about late texts: they go out after all, or never. Returns how many still waited."""
    held = list(campaign.messages.filter(pk__in=message_ids, state=Message.State.PLANNED).exclude(hold=""))
    for message in held:
        (release if send else drop)(message, by=by)
    change = {"hold": ["late", ""]} if send else {"state": ["planned", "skipped"]}
    record([(message, "update", change) for message in held], by=by)
    return len(held)
