"""Who is left, as a list; calls and letters as they were recorded."""

from collections import Counter
from operator import attrgetter

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from unfold.decorators import display

from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.slim import SlimRows
from outreach import call_queue, follow_up
from outreach.admin.call_screen import RIGHT, CallPages
from outreach.admin.call_sheets import CallSheetPages
from outreach.admin.circumstances import CircumstancePages
from outreach.admin.spruce_calls import SpruceCallPages
from outreach.models import Attempt
from patients.admin.exporting import ExportPages
from patients.models import ApcmEnrolment, Patient
from patients.phones import display as shown

PER_PAGE = 25
ANSWERED = ("given", "declined", "revoked", "excluded")  # no reasons to be on the list
STEP_BADGES = {"due": "bad", "record": "warn", "call": "info", "review": "warn", "address": "warn", "letter": "warn"}


@admin.register(Attempt)
class AttemptAdmin(CallPages, CircumstancePages, CallSheetPages, SpruceCallPages, ExportPages, SlimRows, PracticeAdmin):
    export_name = "Calls and letters"
    export_columns = {
        "When": attrgetter("at"),
        "MRN": attrgetter("patient.mrn"),
        "Patient": attrgetter("patient.sort_name"),
        "How": lambda attempt: attempt.get_channel_display(),
        "Outcome": lambda attempt: attempt.get_outcome_display(),
        "By": lambda attempt: str(attempt.by or ""),
        "Try again on": attrgetter("next_on"),
        "Note": attrgetter("note"),
    }
    list_display = ["tried_at", "patient", "channel", "outcome", "by", "again_on"]
    list_filter = ["outcome", "channel"]
    list_filter_submit = True
    list_select_related = ["patient", "by"]

    @display(description="When", ordering="at")
    def tried_at(self, attempt):
        return date_format(localtime(attempt.at), "m/d/Y, g:i A")

    @display(description="Try again on", ordering="next_on", empty_value="–")
    def again_on(self, attempt):
        return attempt.next_on and date_format(attempt.next_on, "m/d/Y")

    @page("who-is-left/", look="outreach.view_attempt")
    def follow_up(self, request):
        practice = Practice.current()
        step, why, words, whose = (request.GET.get(name, "").strip() for name in ("step", "why", "q", "whose"))
        may_record = request.user.has_perm(RIGHT)
        queued = call_queue.queue(practice)
        if why:
            queued = [each for each in queued if each.left.why == why]
        if words:
            hits = set(Patient.objects.search(words).order_by().values_list("pk", flat=True))
            queued = [each for each in queued if each.pk in hits]
        people = call_queue.callers_today(practice) if may_record and whose == "mine" else []
        if whose == "mine":
            call_queue.deal(queued, {request.user.pk, *(person.pk for person in people)})
            queued = [each for each in queued if each.owner == request.user.pk]
        tabs = _tabs(Counter(each.left.step for each in queued))
        chosen = [each for each in queued if step in ("", each.left.step)]
        listed = Paginator(chosen, PER_PAGE).get_page(request.GET.get("p"))
        may_write = request.user.has_perm("consent.write_letter")
        return self.show(
            request,
            "outreach/follow_up.html",
            _("Who is left"),
            rows=_rows(list(listed), practice, request.user),
            listed=listed,
            step=step,
            why=why,
            words=words,
            whose=whose,
            tabs=tabs,
            reasons=[(code, label) for code, label in follow_up.WHY.items() if code not in ANSWERED],
            keep=urlencode({"step": step, "why": why, "q": words, "whose": whose}),
            keep_filters=urlencode({"why": why, "q": words, "whose": whose}),
            by_letter=[each.pk for each in queued if each.left.needs_letter] if may_write else (),
            may_record=may_record,
            calls=sum(each.score is not None for each in queued),
            people=people,
        )

    @page("how-calls-are-ordered/", look="outreach.view_attempt")
    def order(self, request):
        """What the score is made of, and what past calls have taught about the hours."""
        practice = Practice.current()
        learnt = call_queue.learnt_hours(practice)
        return self.show(
            request,
            "outreach/call_order.html",
            _("How calls are ordered"),
            practice=practice,
            table=learnt.table(),
            calls=learnt.calls[()],
            overall=learnt.overall(),
        )


def _tabs(counted: Counter) -> list[tuple[str, str, int]]:
    steps = [(code, label, counted[code]) for code, label in follow_up.STEPS.items() if code in counted]
    return [("", gettext_noop("Everybody"), sum(counted.values())), *steps]


def _rows(queued: list[call_queue.Queued], practice: Practice, user) -> list[dict]:
    pks = [each.pk for each in queued]
    steps = follow_up.next_steps([each.left for each in queued], practice.time_zone)
    people, numbers = Patient.objects.in_bulk(pks), follow_up.numbers_of(pks)
    texts, claims = follow_up.texts_of(pks), call_queue.claims(clock.now(), pks)
    claims = {pk: claim for pk, claim in claims.items() if claim.by_id != user.pk}
    return [
        {
            "patient": people[each.pk],
            "left": each.left,
            "why": follow_up.WHY[each.left.why],
            "apcm": ApcmEnrolment.Level(each.left.apcm_level).label if each.left.apcm_level else "",
            "last": follow_up.last_try(each.left, practice.time_zone),
            "step": steps[each.pk],
            "badge": STEP_BADGES.get(each.left.step, ""),
            "score": each.score,
            "texts": texts.get(each.pk, 0),
            "numbers": [(number, shown(number.e164)) for number in numbers[each.pk]],
            "claim": claims.get(each.pk),
        }
        for each in queued
    ]
