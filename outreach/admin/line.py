"""How sending stands: its lock, what became of texts at an unclean end, and what Spruce says of its limits."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django_q.tasks import async_task

from explorer.lib import clock
from explorer.lib.pages import PracticeAdmin, page
from outreach.actions import arming, interruptions
from outreach.models import Interruption, LineState
from outreach.notices import report_of
from patients.phones import display as as_written

UNLOCK = "outreach.change_linestate"
SHOWN = 20


@admin.register(LineState)
class LineStateAdmin(PracticeAdmin):
    def changelist_view(self, request, extra_context=None):
        line = LineState.objects.get(pk=1)
        return self.show(
            request, "outreach/line.html", "Sending",
            line=line, number=line.line_number and as_written(line.line_number),
            sending=bool(line.sender and line.sender_until and line.sender_until > clock.now()),
            reports=[report_of(each) for each in Interruption.objects.select_related("seen_by")[:SHOWN]],
        )  # fmt: skip

    @page("compare/", look="", act=UNLOCK)
    def compare(self, request):
        async_task("outreach.tasks.reconcile")
        messages.success(request, "The comparison has begun. Look again in a minute.")
        return redirect("admin:outreach_linestate_changelist")

    @page("unlock/", look="", act=UNLOCK)
    def unlock(self, request):
        try:
            arming.arm(by=request.user)
        except ValidationError as problem:
            messages.error(request, problem.messages[0])
        else:
            messages.success(request, "Texting is unlocked. Campaigns go on within the texting hours.")
        return redirect("admin:outreach_linestate_changelist")

    @page("seen/<int:pk>/", look="", act="outreach.run_campaign")
    def seen(self, request, pk: int):
        interruptions.mark_seen(get_object_or_404(Interruption, pk=pk), by=request.user)
        return redirect("admin:outreach_linestate_changelist")
