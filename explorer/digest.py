"""What the day holds for the person who signs in: shown on the first page (templates/explorer/home/digest.html)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.models import AddressVersion
from explorer import lists
from explorer.lib import clock
from explorer.lib.models import Backup, Practice
from explorer.lists import LISTS
from explorer.models import User
from outreach.models import Campaign, Reply
from patients.models import StaffTask

DAY = timedelta(days=1)
ENDS_SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of today, as a sentence. `tone` is bad, warn, info or good; `url` may be empty."""

    words: str
    url: str
    tone: str


def lines(person: User, practice: Practice) -> list[Line]:
    """The most pressing first; what there is nothing of is left away."""
    now = clock.now()
    return [
        *_tasks(person, practice),
        *_call_backs(practice),
        *_replies(now),
        *_letters(),
        *_campaigns(now),
        *_backup(now),
    ]


def _tasks(person: User, practice: Practice) -> list[Line]:
    """Those of the tasks' own pages: mine, and those anybody may do."""
    today, page = practice.today(), reverse("admin:patients_stafftask_changelist")
    found = StaffTask.objects.of(person).due(today).order_by().aggregate(
        late=Count("pk", filter=Q(due_on__lt=today)), now=Count("pk", filter=~Q(due_on__lt=today) | Q(due_on=None))
    )  # fmt: skip
    late = ngettext("%d task of yours is late", "%d tasks of yours are late", found["late"]) % found["late"]
    now = ngettext("%d task of yours is due today", "%d tasks of yours are due today", found["now"]) % found["now"]
    return [
        *([Line(late, f"{page}?show=late", "bad")] if found["late"] else []),
        *([Line(now, f"{page}?show=today", "warn")] if found["now"] else []),
    ]


def _call_backs(practice: Practice) -> list[Line]:
    count = len(lists.ids(LISTS["call_backs"], practice))
    words = ngettext("%d patient waits to be called back", "%d patients wait to be called back", count) % count
    return [Line(words, f"{reverse('admin:outreach_attempt_follow_up')}?step=due", "warn")] if count else []


def _replies(now: datetime) -> list[Line]:
    count = Reply.objects.needs_answer().filter(received_at__lt=now - DAY).count()
    words = ngettext("%d reply has waited for more than a day", "%d replies have waited for more than a day", count)
    return [Line(words % count, reverse("admin:outreach_reply_changelist"), "bad")] if count else []


def _letters() -> list[Line]:
    count = AddressVersion.objects.waiting().values("patient").distinct().count()
    words = ngettext("Mail of %d patient came back", "Mail of %d patients came back", count) % count
    page = f"{reverse('admin:patients_patient_changelist')}?list=letters_returned"
    return [Line(words, page, "info")] if count else []


def _campaigns(now: datetime) -> list[Line]:
    """Running ones whose last reminder is due within three days."""
    running = Campaign.objects.running().annotate(
        last_day=Max("steps__day"), newest=Max("messages__accepted_at", filter=Q(messages__step__day=0))
    )
    found = []
    for campaign in running:
        if campaign.newest is None:
            continue
        ends = campaign.newest + timedelta(days=campaign.last_day)
        if now <= ends + DAY and ends <= now + ENDS_SOON:
            words = _("The campaign “%(name)s” sends its last reminders about %(day)s")
            words %= {"name": campaign.name, "day": f"{localtime(ends):%m/%d/%Y}"}
            found.append(Line(words, reverse("admin:outreach_campaign_change", args=[campaign.pk]), "info"))
    return found


def _backup(now: datetime) -> list[Line]:
    newest = Backup.objects.first()
    if newest is None:
        return [Line(_("There is no backup yet"), "", "bad")]
    if now - newest.made_at > DAY + DAY / 2:
        return [
            Line(_("The newest backup is of %(day)s") % {"day": f"{localtime(newest.made_at):%m/%d/%Y}"}, "", "bad")
        ]
    return []
