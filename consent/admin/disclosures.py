"""The list for the old practice of those who agreed to it, and the account of what was disclosed."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Min
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import localtime

from consent import disclosing
from consent.admin.apcm import table_file
from consent.models import Disclosure
from explorer.lib.pages import PracticeAdmin, page
from patients.actions import record_export
from patients.models import Patient

LOOK, EXPORT = "consent.view_disclosure", "consent.export_disclosure"


@admin.register(Disclosure)
class DisclosureAdmin(PracticeAdmin):
    fields = ["patient", "purpose", "to", "what", "at", "by", "consent"]

    @page("", look=LOOK)
    def notice(self, request):
        """Who would be told of now, who is left out and why, and the lists that went before."""
        everybody = bool(request.GET.get("everybody"))
        listing = disclosing.to_be_told(everybody=everybody)
        lists = Disclosure.objects.filter(purpose=Disclosure.Purpose.NOTICE).order_by()
        lists = lists.values("at", "to", "by__username").annotate(count=Count("pk"), first=Min("pk")).order_by("-at")
        return self.show(
            request,
            "consent/apcm/notice.html",
            "Notice to the old practice",
            everybody=everybody,
            listed=Paginator(listing.patients, 25).get_page(request.GET.get("p")),
            keep="everybody=1" if everybody else "",
            count=len(listing.patients),
            left_out=[(disclosing.LEFT_OUT[reason], people) for reason, people in listing.left_out.items() if people],
            lists=lists[:20],
            to=request.practice.old_practice,
            may_export=request.user.has_perm(EXPORT),
        )

    @page("tell/", look=EXPORT, act=EXPORT)
    def tell(self, request):
        """Confirm, then the list is recorded as told and comes as a file."""
        everybody = bool(request.POST.get("everybody") or request.GET.get("everybody"))
        if request.method == "POST":
            try:
                rows = disclosing.tell_old_practice(everybody=everybody, by=request.user)
            except ValidationError as problem:
                messages.error(request, " ".join(problem.messages))
                return redirect("admin:consent_disclosure_changelist")
            return _list_file(request, rows[0], "the list for the old practice")
        count = len(disclosing.to_be_told(everybody=everybody).patients)
        return self.show(
            request, "consent/apcm/tell.html", "Make the list for the old practice", everybody=everybody, count=count,
            to=request.practice.old_practice, headings=disclosing.HEADINGS,
        )  # fmt: skip

    @page("<int:pk>/again/", look=EXPORT)
    def again(self, request, pk: int):
        """The file of an earlier list once more; nothing new is recorded as told."""
        row = get_object_or_404(Disclosure, pk=pk, purpose=Disclosure.Purpose.NOTICE)
        return _list_file(request, row, "an earlier list for the old practice")

    @page("accounting/", look=LOOK)
    def accounting(self, request):
        """Every disclosure, of one patient where a name or chart number is asked for."""
        words = request.GET.get("q", "").strip()
        found = Disclosure.objects.select_related("patient", "by", "consent")
        if words:
            people = Patient.objects.search(words).values("pk")
            found = found.filter(patient__in=people) | found.filter(patient__merged_into__in=people)
        listed = Paginator(found.order_by("-at", "patient__last_name", "pk"), 25).get_page(request.GET.get("p"))
        return self.show(
            request, "consent/apcm/accounting.html", "Accounting of disclosures", listed=listed, words=words
        )

    @page("accounting/<int:patient_id>.csv", look=EXPORT)
    def account_file(self, request, patient_id: int):
        """One patient's account, to hand over on request (45 CFR 164.528)."""
        patient = get_object_or_404(Patient, pk=patient_id)
        rows = [
            [localtime(row.at).date(), row.to, row.what, row.get_purpose_display(), str(row.by or "")]
            for row in disclosing.accounting(patient)
        ]
        record_export(of=Disclosure, count=len(rows), what=f"disclosures of patient {patient.pk}", by=request.user)
        return table_file([["Date", "To whom", "What", "Purpose", "By"], *rows], "disclosures", "csv")


def _list_file(request, row: Disclosure, what: str) -> HttpResponse:
    rows = disclosing.told_rows(row.at, request.practice)
    record_export(of=Disclosure, count=len(rows) - 1, what=what, by=request.user)
    return table_file(rows, f"apcm-notice-{localtime(row.at):%Y-%m-%d}", "xlsx")
