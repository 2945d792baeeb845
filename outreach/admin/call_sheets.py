"""The page that prints a call sheet."""

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pages import page
from outreach import call_queue, follow_up
from outreach.call_sheet import Entry, call_sheet
from patients.actions import record_export
from patients.models import Patient
from patients.phones import display as shown

RIGHT = "outreach.record_attempt"
MOST = 60


class SheetForm(forms.Form):
    count = forms.IntegerField(
        label=gettext_lazy("How many patients"), min_value=1, max_value=MOST, initial=20,
        help_text=gettext_lazy("Six to a page. The next ones of your queue, as it stands now."),
    )  # fmt: skip
    whose = forms.ChoiceField(
        label=gettext_lazy("Of whose calls"),
        choices=[("mine", gettext_lazy("My share")), ("", gettext_lazy("Everybody’s"))],
        required=False,
    )


class CallSheetPages:
    @page("call-sheet/", look=RIGHT, act=RIGHT)
    def sheet(self, request):
        """A PDF of the next calls. Printing it is recorded as an export."""
        practice = Practice.current()
        form = SheetForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            entries = _entries(request, practice, form.cleaned_data["count"], form.cleaned_data["whose"] == "mine")
            if entries:
                return _printed(request, practice, entries)
            form.add_error(None, _("Nobody is left to call now."))
        return self.show(request, "outreach/call_sheet.html", _("Print a call sheet"), form=form)


def _printed(request, practice: Practice, entries: list[Entry]) -> HttpResponse:
    content = call_sheet(entries, practice=practice, who=str(request.user), day=practice.today(), made_at=clock.now())
    record_export(of=Patient, count=len(entries), what="call sheet", by=request.user)
    attached = {"Content-Disposition": f'inline; filename="call-sheet-{practice.today():%Y-%m-%d}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=attached)


def _entries(request, practice: Practice, count: int, mine: bool) -> list[Entry]:
    queued = [each for each in call_queue.queue(practice) if each.score]
    if mine:
        call_queue.deal(queued, {request.user.pk, *(person.pk for person in call_queue.callers_today(practice))})
        queued = [each for each in queued if each.owner == request.user.pk]
    taken = call_queue.taken_by_others(clock.now(), request.user)
    queued = [each for each in queued if each.pk not in taken][:count]
    pks = [each.pk for each in queued]
    people, numbers = Patient.objects.in_bulk(pks), follow_up.numbers_of(pks)
    return [
        Entry(
            name=people[each.pk].sort_name,
            born=people[each.pk].date_of_birth,
            chart=people[each.pk].mrn,
            numbers=tuple((shown(number.e164), number.kind, number.warning) for number in numbers[each.pk]),
            about=_about(each, practice),
        )
        for each in queued
    ]


def _about(each: call_queue.Queued, practice: Practice) -> str:
    level = f", APCM level {each.left.apcm_level}" if each.left.apcm_level else ", APCM" if each.left.has_apcm else ""
    last = follow_up.last_try(each.left, practice.time_zone)
    tried = f"{each.left.tries} tries, last {last[0]:%m/%d/%Y}: {last[1]}" if last else "not tried yet"
    return f"{follow_up.WHY[each.left.why]}{level}; {tried}"
