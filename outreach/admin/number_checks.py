"""Wrong numbers and deaths: what only a person can find out."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect

from explorer.lib.pages import PracticeAdmin, page
from outreach.actions import checking, replies
from outreach.models import Message, NumberCheck, Suppression
from outreach.number_checks import open_checks
from patients.models import Patient

PER_PAGE = 25


@admin.register(NumberCheck)
class NumberCheckAdmin(PracticeAdmin):
    @page("", look="outreach.view_numbercheck")
    def waiting(self, request):
        listed = Paginator(open_checks(), PER_PAGE).get_page(request.GET.get("p"))
        held = Message.objects.filter(hold=replies.HELD_FOR_A_DEATH, state=Message.State.PLANNED)
        holds = set(held.values_list("phone", flat=True))
        return self.show(
            request,
            "outreach/number_checks.html",
            "Numbers to check",
            listed=listed,
            rows=[
                {"check": check, "last": check.stop.phone[-4:],
                 "death": check.stop.reason == Suppression.Reason.DECEASED, "holds": check.stop.phone in holds}
                for check in listed
            ],
            may_close=request.user.has_perm("outreach.change_numbercheck"),
            may_lift=request.user.has_perm("outreach.change_suppression"),
            may_fix=request.user.has_perm("patients.change_patient"),
        )  # fmt: skip

    @page("<int:suppression_id>/close/<int:patient_id>/", look="", act="outreach.change_numbercheck")
    def close(self, request, suppression_id: int, patient_id: int):
        stop = get_object_or_404(Suppression, pk=suppression_id)
        patient = get_object_or_404(Patient, pk=patient_id)
        try:
            checking.close_check(stop, patient=patient, because=request.POST.get("because", ""), by=request.user)
            messages.success(request, f"Closed for {patient.sort_name}. The reason is on record.")
        except ValidationError as problem:
            messages.error(request, problem.messages[0])
        return redirect("admin:outreach_numbercheck_changelist")
