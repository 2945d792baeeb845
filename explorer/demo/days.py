"""A day of the made-up practice: what comes in by itself once the demo's clock has gone ahead, and its diary."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django_q.tasks import async_task

from consent import intake
from consent.models import Letter, Response
from consent.returned_mail import record_return
from explorer.demo.forms import write_export
from explorer.demo.people import SEED
from explorer.demo.trial import record_nightly_backup
from explorer.lib import clock, jobs
from explorer.lib.home import DEMO
from explorer.lib.tables import UPLOAD, UnreadableTable
from outreach.actions import polling
from outreach.models import Attempt, Message, Reply
from outreach.progress import SENDER
from outreach.spruce import SpruceError, configured

PASS_TIME = "explorer.demo.days.pass_time"  # noqa: S105 - a function
COMES_BACK = 0.06  # of the letters
BACK_AFTER = timedelta(days=4)
SHOWN_DAYS = 7
WORDS = {
    Reply.Kind.OPT_OUT: (gettext_noop("%(n)s STOP"), gettext_noop("%(n)s STOPs")),
    Reply.Kind.QUESTION: (gettext_noop("%(n)s asked a question"), gettext_noop("%(n)s asked a question")),
    Reply.Kind.HELP: (gettext_noop("%(n)s asked for help"), gettext_noop("%(n)s asked for help")),
    Reply.Kind.WRONG_NUMBER: (gettext_noop("%(n)s wrong number"), gettext_noop("%(n)s wrong numbers")),
    Reply.Kind.DECEASED: (gettext_noop("%(n)s death was told"), gettext_noop("%(n)s deaths were told")),
    Reply.Kind.EMERGENCY: (gettext_noop("%(n)s emergency"), gettext_noop("%(n)s emergencies")),
    Reply.Kind.DECLINE: (gettext_noop("%(n)s said no by text"), gettext_noop("%(n)s said no by text")),
    Reply.Kind.YES: (gettext_noop("%(n)s said yes by text"), gettext_noop("%(n)s said yes by text")),
    Reply.Kind.OTHER: (gettext_noop("%(n)s other text"), gettext_noop("%(n)s other texts")),
}
TEXTED = (gettext_noop("%(n)s text went out"), gettext_noop("%(n)s texts went out"))
ANSWERED = (gettext_noop("%(n)s answered the form"), gettext_noop("%(n)s answered the form"))
CALLED = (gettext_noop("%(n)s call by staff"), gettext_noop("%(n)s calls by staff"))
RETURNED = (gettext_noop("%(n)s letter came back"), gettext_noop("%(n)s letters came back"))


def answers_come_in() -> bool:
    """Whether the form's answers are taken in by themselves, or somebody uploads the export as in real life."""
    return _switch().exists()


def let_answers_come_in(on: bool) -> None:
    if on:
        _switch().touch()
    else:
        _switch().unlink(missing_ok=True)


def _switch() -> Path:
    return settings.HOME / "demo-answers-come-in"


@jobs.work(right="patients.change_patient", unit=gettext_noop("steps"), can_stop=False)
def pass_time(step: jobs.Step) -> str:
    """After the clock has gone ahead: everything that the days bring, then what is due goes out. Twice does no harm."""
    if settings.MODE != DEMO:
        raise jobs.CannotDo(_("Only the demo can let time pass."))
    step.begin(3, gettext_noop("Letting the days pass"))
    record_nightly_backup()
    replies = 0
    with suppress(SpruceError):  # the worker reads again within a minute
        replies = polling.poll(configured()).new_replies
    step.went()
    answers = take_in_answers(step.by) if answers_come_in() else 0
    step.went()
    letters = return_letters(step.by)
    step.went()
    async_task(SENDER)
    came = [
        _counted(replies, (gettext_noop("%(n)s reply"), gettext_noop("%(n)s replies"))),
        _counted(answers, ANSWERED),
        _counted(letters, RETURNED),
    ]
    came = [words for count, words in zip((replies, answers, letters), came, strict=True) if count]
    return _("What came in: %(what)s. What is due goes out within a minute.") % {
        "what": ", ".join(came) or _("nothing yet")
    }


def take_in_answers(by) -> int:
    """Everything the invented patients have answered by now; how many answers were new."""
    export = BytesIO()
    if not write_export(export, clock.now()):
        return 0
    content, before = export.getvalue(), Response.objects.count()
    with suppress(UnreadableTable):  # somebody has to say what the columns mean; the page of uploads asks
        name = f"forms-answers-{clock.now():%Y-%m-%d-%H%M}.xlsx"
        review = intake.review_export(content, name, limits=UPLOAD, apart=False, judge=False)
        intake.take_in(review, content=content, by=by)
    return Response.objects.count() - before


def return_letters(by) -> int:
    """Letters that the post brings back some days after they were posted: always the same ones."""
    today = clock.now().date()
    posted = Letter.objects.filter(batch__posted_on__lte=today - BACK_AFTER, returned_at=None).select_related("batch")
    returned = 0
    for letter in posted:
        chance = Random(f"{SEED}:{letter.batch_id}:{letter.number}:comes back")
        if chance.random() < COMES_BACK:
            reason = chance.choice((Letter.Reason.MOVED, Letter.Reason.NOT_KNOWN, Letter.Reason.INSUFFICIENT))
            with suppress(ValidationError):  # somebody wrote it down meanwhile
                record_return(letter, reason=reason, by=by)
                returned += 1
    return returned


@dataclass
class Day:
    """What happened on one day, in words, the most first."""

    on: date
    events: list[str] = field(default_factory=list)


def diary(zone: str) -> list[Day]:
    """The newest days on which anything happened, the newest first; read from the rows, never told."""
    place = ZoneInfo(zone)
    texts = Message.objects.filter(kind=Message.Kind.CAMPAIGN)
    found: dict[date, Day] = defaultdict(lambda: Day(date.min))
    for rows, moment, words in (
        (texts, "accepted_at", TEXTED),
        (Response.objects.exclude(outcome__in=("duplicate", "rejected")), "completed_at", ANSWERED),
        (Attempt.objects.filter(channel=Attempt.Channel.CALL), "at", CALLED),
        (Letter.objects.all(), "returned_at", RETURNED),
    ):
        for day, count in _by_day(rows, moment, place):
            found[day].events.append(_counted(count, words))
    kinds = Reply.objects.annotate(day=TruncDate("received_at", tzinfo=place)).values_list("kind", "day")
    for kind, day, count in kinds.annotate(Count("pk")).order_by("kind"):
        found[day].events.append(_counted(count, WORDS[kind]))
    for day, entry in found.items():
        entry.on = day
    return sorted(found.values(), key=lambda entry: entry.on, reverse=True)[:SHOWN_DAYS]


def _by_day(rows, moment: str, place: ZoneInfo):
    dated = rows.exclude(**{moment: None}).order_by().annotate(day=TruncDate(moment, tzinfo=place))
    return list(dated.values_list("day").annotate(Count("pk")))


def _counted(count: int, words: tuple[str, str]) -> str:
    return ngettext(*words, count) % {"n": f"{count:,}"}
