"""Today's work as counts: the badges of the sidebar and the tiles of the first page."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.urls import reverse
from django.utils.translation import gettext_noop

from consent.apcm.asking import counted, enrolled, opening_month, verdicts
from consent.models import AddressVersion, DeskForm, Response
from explorer.lib.counting import Counts
from explorer.lib.models import Practice
from outreach.follow_up import TO_CALL, waiting
from outreach.models import Interruption, Match, Message, Reply, Wave
from outreach.number_checks import count_open_checks
from patients.models import DuplicatePair, ImportBatch, StaffTask


@dataclass(frozen=True, slots=True)
class Tile:
    """A heap of work and the page where it is done. Without a count, `live` tells it a moment later."""

    title: str
    count: int | None
    url: str
    live: str = ""


def counts(request) -> dict[str, int]:
    """What waits for a person, counted once a request."""
    if not hasattr(request, "work"):
        tasks = StaffTask.objects.of(request.user).due(request.practice.today())
        request.work = all_counts() | {"tasks": tasks.count()}
    return request.work


def all_counts() -> dict[str, int]:
    """What waits for a person, in one question to the database, put together once in the life of the program."""
    return _heaps().ask() | {"numbers": count_open_checks()}


@cache
def _heaps() -> Counts:
    answers = Response.objects.in_review()
    return Counts(
        imports=ImportBatch.objects.filter(state=ImportBatch.State.PROPOSED),
        duplicates=DuplicatePair.objects.open(),
        matches=Match.objects.in_review().values("patient").distinct(),
        uncertain=Message.objects.filter(state=Message.State.UNCERTAIN),
        notices=Interruption.objects.filter(seen_at=None),
        replies=Reply.objects.needs_answer(),
        answers=answers,
        alerts=answers.with_anothers_code(),
        addresses=AddressVersion.objects.waiting(),
        desk=DeskForm.objects.in_doubt(),
    )


def tiles(request) -> list[Tile]:
    """Of today, the most urgent first."""
    found = counts(request)
    calls = reverse("admin:home_calls_due")
    return [
        Tile(gettext_noop("Tasks for you"), found["tasks"], reverse("admin:patients_stafftask_changelist")),
        Tile(gettext_noop("Replies to answer"), found["replies"], reverse("admin:outreach_reply_changelist")),
        Tile(gettext_noop("Calls due"), None, reverse("admin:outreach_attempt_follow_up"), live=calls),
        Tile(gettext_noop("Numbers to check"), found["numbers"], reverse("admin:outreach_numbercheck_changelist")),
        Tile(gettext_noop("Form answers to review"), found["answers"], reverse("admin:consent_response_changelist")),
        Tile(gettext_noop("Contact matches to review"), found["matches"], reverse("admin:outreach_match_changelist")),
        Tile(gettext_noop("Addresses to correct"), found["addresses"], reverse("admin:consent_letterbatch_addresses")),
        Tile(gettext_noop("Imports to review"), found["imports"], reverse("admin:patients_importbatch_changelist")),
        Tile(gettext_noop("Texts nobody can be sure of"), found["uncertain"], _texts("uncertain")),
        Tile(gettext_noop("Late texts held"), late_texts(), reverse("admin:outreach_campaign_changelist")),
        *_pilots(),
        *_alerts(found["alerts"]),
    ]


def _alerts(count: int) -> list[Tile]:
    """Answers with another patient's code: shown only while there is one, since a link may have been passed on."""
    url = f"{reverse('admin:consent_response_changelist')}?alerts=1"
    return [Tile(gettext_noop("Answers with another patient’s code"), count, url)] if count else []


def _pilots() -> list[Tile]:
    """Campaigns that have stopped by themselves: shown only while there is one."""
    waiting = list(Wave.objects.waiting_for_a_go().values_list("campaign", flat=True))
    if not waiting:
        return []
    return [
        Tile(
            gettext_noop("Pilots to look at"), len(waiting), reverse("admin:outreach_campaign_pilot", args=[waiting[0]])
        )
    ]


def _texts(state: str) -> str:
    return f"{reverse('admin:outreach_message_changelist')}?state__exact={state}"


def calls_due(today: date) -> int:
    """Of "Who is left", those whom somebody should call today. Too slow to hold up the first page for."""
    return sum(left.step in TO_CALL for left in waiting(today))


def apcm_ready(practice: Practice) -> tuple[date, int]:
    """This month, or the practice's first, and how many are ready to bill and not handed over."""
    month = opening_month(practice)
    return month, counted(verdicts(enrolled(month), month, practice).values())["ready"]


def late_texts() -> int:
    """Texts more than a day late: a person decides whether they still go out."""
    return Message.objects.late().count()
