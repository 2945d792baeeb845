"""Today's work as counts: the badges of the sidebar and the tiles of the first page."""

from dataclasses import dataclass

from django.urls import reverse

from consent.models import Response
from outreach.follow_up import TO_CALL, waiting
from outreach.models import Match, Message, Reply
from patients.models import ImportBatch


@dataclass(frozen=True, slots=True)
class Tile:
    """A heap of work, the page where it is done and the right to see that page."""

    title: str
    count: int
    url: str


def counts(request) -> dict[str, int]:
    """What waits for a person, counted once a request."""
    if not hasattr(request, "work"):
        request.work = {
            "imports": ImportBatch.objects.filter(state=ImportBatch.State.PROPOSED).count(),
            "matches": Match.objects.in_review().values("patient").distinct().count(),
            "uncertain": Message.objects.filter(state=Message.State.UNCERTAIN).count(),
            "replies": Reply.objects.needs_answer().count(),
            "answers": Response.objects.in_review().count(),
        }
    return request.work


def tiles(request) -> list[Tile]:
    """Of today, the most urgent first."""
    found = counts(request)
    return [
        Tile("Replies to answer", found["replies"], reverse("admin:outreach_reply_changelist")),
        Tile("Calls due", calls_due(request), reverse("admin:outreach_attempt_follow_up")),
        Tile("Form answers to review", found["answers"], reverse("admin:consent_response_changelist")),
        Tile("Contact matches to review", found["matches"], reverse("admin:outreach_match_changelist")),
        Tile("Imports to review", found["imports"], reverse("admin:patients_importbatch_changelist")),
        Tile("Texts nobody can be sure of", found["uncertain"], _texts("uncertain")),
        Tile("Late texts held", late_texts(), reverse("admin:outreach_campaign_changelist")),
    ]


def _texts(state: str) -> str:
    return f"{reverse('admin:outreach_message_changelist')}?state__exact={state}"


def calls_due(request) -> int:
    return waiting(request.practice.today()).filter(step__in=TO_CALL).count()


def late_texts() -> int:
    """Reminders more than a day late: a person decides whether they still go out."""
    return Message.objects.filter(state=Message.State.PLANNED).exclude(hold="").count()
