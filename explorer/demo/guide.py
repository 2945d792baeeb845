"""The guided first campaign: each step is done when the facts say so."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_noop

from consent.models import LetterBatch, ResponseFile
from explorer.lib.models import Job
from explorer.models import SignOff
from outreach import go
from outreach.models import Approval, Attempt, Campaign, Match, Message, PhoneTest, Reply
from patients.models import ImportBatch

State = Campaign.State


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    title: str
    words: str
    url: str
    is_done: bool


def _by_a_person(**of):
    return ImportBatch.objects.filter(kind=ImportBatch.Kind.PATIENTS, uploaded_by__isnull=False, **of)


def _campaigns():
    """All but the trial that was there before the newcomer sat down."""
    return Campaign.objects.filter(Q(limit=None) | Q(limit__gt=go.TRIAL)).exclude(name="Trial")


def _confirmed(**of):
    return Message.objects.filter(campaign__in=_campaigns(), state=Message.State.CONFIRMED, **of)


STEPS: tuple[tuple[str, str, str, Callable[[], bool]], ...] = (
    (
        gettext_noop("Take in a newer patient list"),
        gettext_noop("Download “patients-a-week-later.xlsx” from the Demo page and upload it under Imports."),
        "patients_importbatch_changelist",
        lambda: _by_a_person().exists(),
    ),
    (
        gettext_noop("Look at the review and apply it"),
        gettext_noop("See what the list would change, decide what is in conflict, then apply it."),
        "patients_importbatch_changelist",
        lambda: _by_a_person(state=ImportBatch.State.APPLIED).exists(),
    ),
    (
        gettext_noop("Read the contacts from Spruce"),
        gettext_noop("Press “Read contacts from Spruce”, then “Match again”."),
        "outreach_match_changelist",
        lambda: Job.objects.filter(task="outreach.tasks.sync_contacts", state=Job.State.DONE).exists(),
    ),
    (
        gettext_noop("Decide one doubtful match"),
        gettext_noop("Compare the two and say whether this contact is that patient."),
        "outreach_match_changelist",
        lambda: Match.objects.filter(decided_by__isnull=False).exists(),
    ),
    (
        gettext_noop("Make a campaign with a pilot"),
        gettext_noop("A new campaign stops by itself after its pilot of 50, so that you can look."),
        "outreach_campaign_new",
        lambda: _campaigns().exists(),
    ),
    (
        gettext_noop("Have the words approved"),
        gettext_noop("The doctor reads each text once; here Dr. Green has done so already."),
        "outreach_texttemplate_changelist",
        lambda: Approval.objects.exists(),
    ),
    (
        gettext_noop("Try the texts on your own phone"),
        gettext_noop("On the campaign’s page, send the test texts and say that they arrived."),
        "outreach_campaign_changelist",
        lambda: PhoneTest.objects.filter(result=PhoneTest.Result.ARRIVED).exists(),
    ),
    (
        gettext_noop("Launch the pilot"),
        gettext_noop("Type the number of texts and watch them go out."),
        "outreach_campaign_changelist",
        lambda: _confirmed(step__day=0).exists(),
    ),
    (
        gettext_noop("Answer one of the replies"),
        gettext_noop("Let a day pass on the Demo page, then answer or close a reply."),
        "outreach_reply_changelist",
        lambda: Reply.objects.filter(Q(state=Reply.State.WAITING) | Q(closed_by__isnull=False)).exists(),
    ),
    (
        gettext_noop("Go on to day 3"),
        gettext_noop("Let the rest of the campaign go, then jump to day 3: whoever has not answered is reminded."),
        "demo",
        lambda: _confirmed(step__day__gt=0).exists(),
    ),
    (
        gettext_noop("Take in the form answers"),
        gettext_noop("Download today’s Forms export from the Demo page and upload it, or let answers come in."),
        "consent_response_changelist",
        lambda: ResponseFile.objects.exclude(filename="forms-answers-of-the-trial.xlsx").exists(),
    ),
    (
        gettext_noop("Call one of those who are left"),
        gettext_noop("Open the first patient of “Who is left”, read the script, record how it ended."),
        "outreach_attempt_follow_up",
        lambda: Attempt.objects.filter(channel=Attempt.Channel.CALL).exists(),
    ),
    (
        gettext_noop("Write a letter"),
        gettext_noop("Choose patients without a way to be texted, and print their letters."),
        "consent_letterbatch_changelist",
        lambda: LetterBatch.objects.exists(),
    ),
    (
        gettext_noop("Close the day"),
        gettext_noop("Read what happened and what is still open, then sign the evening’s page."),
        "reports",
        lambda: SignOff.objects.exists(),
    ),
)


def steps() -> list[Step]:
    return [
        Step(number, title, words, reverse(f"admin:{page}"), is_done())
        for number, (title, words, page, is_done) in enumerate(STEPS, start=1)
    ]


def next_step(found: list[Step]) -> Step | None:
    return next((step for step in found if not step.is_done), None)
