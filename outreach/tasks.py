"""Doors for background work (django-q2): the queue says "look now", the rows decide what is done.

Each answers with a sentence for the page that asked, empty when there is nothing to tell. That Spruce cannot
be used is told, not raised: the next look comes soon.
"""

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext_noop
from django_q.tasks import async_task

from explorer.lib import clock, jobs
from explorer.lib.commands import Refused
from outreach import line
from outreach.actions import arming, contacts, launching, polling, sending
from outreach.command import spruce_or_refuse
from outreach.models import Campaign
from outreach.spruce import Spruce

ONE_RUN = timedelta(minutes=40)  # well below the queue's own time-out; the next minute's look goes on
SENDER = "outreach.tasks.send_due"
LAUNCH_GOOD_FOR = timedelta(minutes=30)  # until the worker begins with it
TIME_TO_UNDO = timedelta(seconds=30)  # planning so many texts takes a part of it


def send_due() -> str:
    return _told(_send)


def poll_replies() -> str:
    return _told(_poll)


def reconcile() -> str:
    return _told(arming.reconcile)


@jobs.work(right="outreach.decide_match", unit=gettext_noop("contacts"))
def sync_contacts(step: jobs.Step) -> str:
    """Stopped while Spruce is read, nothing is stored."""
    try:
        with spruce_or_refuse() as spruce:
            found = contacts.sync_contacts(spruce, step=step)
    except Refused as refusal:
        raise jobs.CannotDo(str(refusal)) from None
    return (
        f"{found.contacts:,} contacts read: {found.new:,} new, {found.changed:,} changed, "
        f"{found.gone:,} no longer there."
    )


@jobs.work(right="outreach.decide_match", unit=gettext_noop("contacts"))
def match_contacts(step: jobs.Step) -> str:
    found = contacts.match_contacts(step=step)
    return (
        f"{found.patients:,} patients looked at: {found.matched:,} matched, {found.review:,} need review, "
        f"{found.none:,} have no contact."
    )


def _told(act: Callable[[Spruce], str]) -> str:
    try:
        with spruce_or_refuse() as spruce:
            return act(spruce)
    except Refused as refusal:
        return str(refusal)


def _send(spruce: Spruce) -> str:
    try:
        return sending.send_due(spruce, until_idle=True, for_at_most=ONE_RUN).waiting_for
    except line.Elsewhere:
        return ""


def _poll(spruce: Spruce) -> str:
    found = polling.poll(spruce)
    return f"{found.new_replies:,} new replies." if found.new_replies else ""


@jobs.work(right="outreach.run_campaign", unit=gettext_noop("texts"), own=True)
def launch_campaign(step: jobs.Step, campaign: int, expected: int, override: str) -> str:
    """One transaction: stopped before its end, nothing is planned.

    A person meant it to go now, and once: what waited too long, or was launched by this order and taken back, is
    not launched.
    """
    found = Campaign.objects.get(pk=campaign)
    if found.state == Campaign.State.DRAFT:
        if step.asked_at and clock.now() - step.asked_at > LAUNCH_GOOD_FOR:
            raise jobs.CannotDo(
                "Nothing was sent: the launch waited too long. Look at the campaign and launch it anew."
            )
        if step.asked_at and found.go_decisions.filter(launched=True, made_at__gte=step.asked_at).exists():
            raise jobs.CannotDo("Nothing was sent: this launch was taken back. Launch the campaign anew.")
        try:
            launching.launch(found, by=step.by, override=override, expected=expected, grace=TIME_TO_UNDO, step=step)
        except launching.CannotLaunch as problem:
            raise jobs.CannotDo(str(problem)) from None
        async_task(SENDER)
    return f"Launched: {expected:,} texts will go out within the texting hours."
