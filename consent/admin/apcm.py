"""Ready to bill: the months of the enrolled, what holds them, and what went to the biller."""

import io

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode

from consent.admin import apcm_showing as showing
from consent.admin.apcm_facts import FactPages, chosen_month
from consent.apcm import claiming, reference
from consent.apcm.asking import counted, enrolled, verdicts
from consent.apcm.forms import BilledForm, HandOverForm, WhyForm
from consent.models import ApcmMonth
from explorer.lib.months import last_of
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.tables import write_csv, write_xlsx
from patients.actions import record_export
from patients.models import Patient

LOOK, EXPORT = "consent.view_apcmmonth", "consent.export_apcmmonth"
PER_PAGE = 25


@admin.register(ApcmMonth)
class ApcmMonthAdmin(FactPages, PracticeAdmin):
    fields = [
        "patient", "month", "level", "practitioner", "consent", "exported_at", "exported_by", "billed_on",
        "voided_at", "voided_by", "voided_because",
    ]  # fmt: skip

    @page("", look=LOOK)
    def ready(self, request):
        """The enrolled of one month by state; the three add up to them."""
        month = chosen_month(request)
        found = verdicts(_in_order(month), month, request.practice)
        counts = counted(found.values())
        state = request.GET.get("state")
        state = state if state in showing.STATES else ("ready" if counts["ready"] else "blocked")
        reason, words = request.GET.get("reason", ""), request.GET.get("q", "").strip()
        pks = [pk for pk, verdict in found.items() if verdict.state == state and showing.fits(verdict, reason)]
        if words:
            hits = set(Patient.objects.filter(pk__in=pks).search(words).values_list("pk", flat=True))
            pks = [pk for pk in pks if pk in hits]
        listed = Paginator(pks, PER_PAGE).get_page(request.GET.get("p"))
        keep = {"month": f"{month:%Y-%m}", "state": state, "reason": reason, "q": words}
        return self.show(
            request,
            "consent/apcm/ready.html",
            "APCM: ready to bill",
            month=month,
            months=showing.months_to_choose(request.practice.transition_date, request.practice.today(), month),
            counts=counts,
            enrolled=enrolled(month).count(),
            tabs=[(code, label, counts[code]) for code, label in showing.STATES.items()],
            state=state,
            reason=reason,
            reasons=showing.reasons([verdict for verdict in found.values() if verdict.state == state]),
            words=words,
            changed=sum(bool(verdict.changed) for verdict in found.values()),
            listed=listed,
            rows=_shown(listed.object_list, found),
            keep=urlencode(keep),
            amounts=sorted(reference.amounts(last_of(month)).values(), key=lambda amount: amount.code),
            may_export=request.user.has_perm(EXPORT),
            may_record=request.user.has_perm("patients.record_carefact"),
        )

    @page("reports/", look=LOOK)
    def reports(self, request):
        month = chosen_month(request)
        found = verdicts(_in_order(month), month, request.practice)
        report = request.GET.get("report")
        report = report if report in showing.REPORTS else "visits"
        lines = {
            code: {pk: said for pk, verdict in found.items() if (said := showing.report_lines(code, verdict))}
            for code in showing.REPORTS
        }
        listed = Paginator(list(lines[report]), 2 * PER_PAGE).get_page(request.GET.get("p"))
        people = Patient.objects.in_bulk(listed.object_list)
        rows = [
            (people[pk], [(line, showing.door(line.door, pk, month)) for line in lines[report][pk]])
            for pk in listed.object_list
        ]
        return self.show(
            request,
            "consent/apcm/reports.html",
            "APCM: reports",
            month=month,
            months=showing.months_to_choose(request.practice.transition_date, request.practice.today(), month),
            tabs=[(code, label, len(lines[code])) for code, label in showing.REPORTS.items()],
            report=report,
            rows=rows,
            listed=listed,
            keep=urlencode({"month": f"{month:%Y-%m}", "report": report}),
        )

    @page("export/", look=EXPORT, act=EXPORT)
    def export(self, request):
        """Shows what would go to the biller; the file comes when it is confirmed."""
        month = chosen_month(request)
        form = HandOverForm(request.POST or None, label_suffix="", initial={"kind": "xlsx", "month": month})
        if request.method == "POST" and form.is_valid():
            try:
                done = claiming.hand_over(form.cleaned_data["month"], again=form.cleaned_data["again"], by=request.user)
            except ValidationError as problem:
                form.add_error(None, problem)
            else:
                if len(done.rows) > 1:
                    return self._file(request, done, form.cleaned_data)
                form.add_error(None, "No month is ready that was not handed over before.")
        found = verdicts(_in_order(month), month, request.practice)
        changed = [pk for pk, verdict in found.items() if verdict.changed]
        return self.show(
            request,
            "consent/apcm/export.html",
            "Hand over to the biller",
            month=month,
            form=form,
            counts=counted(found.values()),
            changed=_shown(changed, found),
        )

    def _file(self, request, done: claiming.HandedOver, asked: dict) -> HttpResponse:
        month = asked["month"]
        record_export(
            of=ApcmMonth, count=len(done.rows) - 1, by=request.user,
            what=f"APCM months of {month:%Y-%m} for the biller, {done.new} new and {done.again} again",
        )  # fmt: skip
        return table_file(done.rows, f"apcm-{month:%Y-%m}", asked["kind"])

    @page("billed/", look=EXPORT, act=EXPORT)
    def billed(self, request):
        """The biller has said which claims went out."""
        month = chosen_month(request)
        form = BilledForm(request.POST or None, label_suffix="", initial={"on": request.practice.today()})
        waiting = ApcmMonth.objects.live().filter(month=month, billed_on=None).select_related("patient", "practitioner")
        if request.method == "POST" and form.is_valid():
            pks = [int(pk) for pk in request.POST.getlist("row") if pk.isdigit()]
            try:
                count = claiming.mark_billed(pks, on=form.cleaned_data["on"], by=request.user)
            except ValidationError as problem:
                form.add_error("on", problem.messages)
            else:
                messages.success(request, f"{count} month{'' if count == 1 else 's'} noted as billed.")
                return redirect(f"{reverse('admin:consent_apcmmonth_changelist')}?month={month:%Y-%m}&state=exported")
        return self.show(request, "consent/apcm/billed.html", "Noted as billed", month=month, form=form, rows=waiting)

    @page("<int:pk>/void/", look=EXPORT, act=EXPORT)
    def void(self, request, pk: int):
        row = get_object_or_404(ApcmMonth.objects.select_related("patient", "practitioner"), pk=pk)
        form = WhyForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            try:
                claiming.void_month(row, because=form.cleaned_data["because"], by=request.user)
                messages.success(request, "The month is void. Tell the biller.")
            except ValidationError as problem:
                messages.error(request, " ".join(problem.messages))
            owner = row.patient.merged_into_id or row.patient_id
            return redirect(f"{reverse('admin:consent_apcmmonth_patient', args=[owner])}?month={row.month:%Y-%m}")
        return self.show(request, "consent/apcm/void.html", "Void a month", row=row, form=form)


def table_file(rows: list[list], name: str, kind: str) -> HttpResponse:
    """An attachment in which no cell is a formula."""
    if kind == "csv":
        text = io.StringIO(newline="")
        write_csv(text, rows)
        content, sort = text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8"
    else:
        stream = io.BytesIO()
        write_xlsx(stream, {"Sheet1": rows})
        content, sort = stream.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=sort, headers=headers)


def _in_order(month):
    return enrolled(month).order_by("last_name", "first_name", "mrn")


def _shown(pks, found) -> list[showing.Shown]:
    people = Patient.objects.in_bulk(list(pks))
    return [showing.shown(people[pk], found[pk]) for pk in pks]
