"""What people do before a launch: approve words, try them on a phone, record what must be there, say go."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Backup, Practice
from outreach import go, go_facts, planning, segments
from outreach.actions import replies
from outreach.models import (
    Agreement,
    Approval,
    Campaign,
    CampaignStep,
    ContactPhone,
    GoDecision,
    Message,
    PhoneTest,
    TextTemplate,
)
from patients.models import Phone
from patients.phones import BadPhone, kind_of, read_phone

TESTS_A_DAY = 24  # texts to one phone: whoever types a stranger's number by mistake is no nuisance for long
DAY = timedelta(hours=24)


@transaction.atomic
def approve(words: CampaignStep | TextTemplate, *, seen: str, by) -> Approval:
    """A person has read the words whose hash is `seen`. Raises ValidationError.

    Nobody approves their own words, unless the practice has nobody else who may; then it is recorded as such.
    """
    words = type(words).objects.select_for_update(of=("self",)).get(pk=words.pk)
    if go.words_hash(words.body) != seen:
        raise ValidationError(f"{words}: the words were changed meanwhile. Read them again.")
    if errors := _errors(words.body):
        raise ValidationError([f"{words}: {error}" for error in errors])
    own = words.author_id == by.pk
    if own and not go_facts.is_alone():
        raise ValidationError(f"{words}: you wrote these words, so somebody else must approve them.")
    approval, _ = Approval.objects.get_or_create(
        text_hash=seen, approved_by=by, defaults={"body": words.body, "author": words.author, "alone": own}
    )
    if own and not approval.alone:
        approval.alone = True
        approval.save(update_fields=["alone"])
    return approval


def _errors(body: str) -> list[str]:
    try:
        return [finding.sentence for finding in planning.findings(body, Practice.current()) if finding.level == "error"]
    except planning.NoLink as problem:
        return [str(problem)]


def staff_phone(text: str) -> str:
    """The number as E.164. Raises ValidationError: it must be a phone of staff, never a patient's."""
    try:
        phone = read_phone(text).e164
    except BadPhone as problem:
        raise ValidationError(str(problem)) from None
    if not phone.startswith("+1") or kind_of(phone) in Phone.NOT_TEXTABLE:
        raise ValidationError("This number cannot get texts. Type your own cell phone's number.")
    in_spruce = ContactPhone.objects.filter(e164=phone, contact__category="patient")
    if Phone.objects.filter(e164=phone).exists() or replies.patients_of(phone).exists() or in_spruce.exists():
        raise ValidationError("This is a patient's number. Type your own.")
    if replies.is_stopped(phone):
        raise ValidationError("This phone has answered STOP. Lift that under Do not text, or use another phone.")
    return phone


@transaction.atomic
def send_tests(campaign: Campaign, *, phone: str, by) -> list[PhoneTest]:
    """Queue the exact text of each step that is not proven yet, to the person's own phone. Raises ValidationError.

    The code in it is all zeros and belongs to nobody. A test still on its way, or not yet answered, is not sent
    twice.
    """
    practice = Practice.objects.select_for_update().get(pk=1)  # two clicks at once: the second finds the tests
    phone = staff_phone(phone)
    previews = _testable(campaign, practice)
    wanted = _not_proven([preview.text for preview in previews], phone, by)
    recent = Message.objects.filter(kind=Message.Kind.TEST, phone=phone, planned_at__gt=clock.now() - DAY)
    if recent.count() + len(wanted) > TESTS_A_DAY:
        raise ValidationError(f"This phone has had its {TESTS_A_DAY} test texts for today. Try again tomorrow.")
    return [_queue_test(text, phone, by) for text in wanted]


def _testable(campaign: Campaign, practice: Practice) -> list[planning.Preview]:
    try:
        previews = planning.preview(campaign, practice)
    except planning.NoLink as problem:
        raise ValidationError(str(problem)) from None
    if errors := [f"{preview.step}: {error.sentence}" for preview in previews for error in preview.errors]:
        raise ValidationError(errors)
    return previews


def _not_proven(texts: list[str], phone: str, by) -> list[str]:
    known = go_facts.tests_of(texts)
    proven = {key for key, test in known.items() if test.result == PhoneTest.Result.ARRIVED}
    waiting = PhoneTest.objects.filter(owner=by, result="", message__phone=phone)
    waiting = waiting.filter(message__state__in=(*Message.OPEN, Message.State.CONFIRMED))
    not_again = proven | set(waiting.values_list("text_hash", flat=True))
    return [text for text in dict.fromkeys(texts) if go.words_hash(text) not in not_again]


def _queue_test(text: str, phone: str, by) -> PhoneTest:
    message = Message.objects.create(
        kind=Message.Kind.TEST, phone=phone, text=text, segments=segments.measure(text).parts, planned_by=by
    )
    record([(message, "create", {"kind": [None, "test"]})], by=by)
    return PhoneTest.objects.create(message=message, owner=by, text_hash=go.words_hash(text))


@transaction.atomic
def answer_tests(*, test_ids: list[int], arrived: bool, by) -> int:
    """The owner of the phone says what came of tests that went out; returns of how many."""
    result = PhoneTest.Result.ARRIVED if arrived else PhoneTest.Result.WRONG
    waiting = PhoneTest.objects.select_for_update(of=("self",)).filter(
        pk__in=test_ids, owner=by, result="", message__state=Message.State.CONFIRMED
    )
    tests = list(waiting)
    for test in tests:
        test.result, test.answered_at = result, clock.now()
        test.save(update_fields=["result", "answered_at"])
    return len(tests)


@transaction.atomic
def record_agreement(*, kind: str, reference: str, signed_on: date, expires_on: date | None, by) -> Agreement:
    """A new line; the former one stays. Raises ValidationError."""
    agreement = Agreement(kind=kind, reference=reference, signed_on=signed_on, expires_on=expires_on, recorded_by=by)
    agreement.full_clean()
    agreement.save()
    return agreement


@transaction.atomic
def record_outside_backup(*, made_at: datetime, outside: str, by) -> Backup:
    """A person says that a copy was made outside of the program, when, and of what kind. Raises ValidationError."""
    if made_at > clock.now():
        raise ValidationError("A backup cannot lie ahead. Type when it was made.")
    backup = Backup(made_at=made_at, outside=outside.strip(), recorded_by=by)
    backup.full_clean()
    backup.save()
    return backup


@transaction.atomic
def say_go(campaign: Campaign, *, by) -> GoDecision:
    """A person has looked at the criteria and says go; it holds for what they looked at and nothing else."""
    practice = Practice.current()
    return remember(campaign, practice, go_facts.criteria(campaign, practice), by=by)


def remember(campaign: Campaign, practice: Practice, criteria: list[go.Criterion], *, by, **launch) -> GoDecision:
    """Keep what was green and red now, for whoever asks in six years. `launch`: launched and override."""
    parts = go_facts.parts(campaign, practice)
    return GoDecision.objects.create(
        campaign=campaign,
        made_by=by,
        fingerprint=go_facts.fingerprint(parts),
        parts=parts,
        criteria=[criterion.as_row() for criterion in criteria],
        **launch,
    )
