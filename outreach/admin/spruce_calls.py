"""The button "Call through Spruce" of the call screen."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from explorer.lib.commands import Refused
from explorer.lib.models import Practice
from explorer.lib.pages import page
from outreach import call_queue, call_rules, follow_up
from outreach.actions.spruce_calls import prepare_call
from outreach.command import spruce_or_refuse
from patients.models import Patient
from patients.phones import display as shown

RIGHT = "outreach.record_attempt"


class SpruceCallPages:
    @page("record/<int:patient_id>/through-spruce/", look=RIGHT, act=RIGHT)
    def through_spruce(self, request, patient_id: int):
        """Asks Spruce for the number to dial, and shows it on the call screen."""
        patient = get_object_or_404(Patient, pk=patient_id)
        number = request.POST.get("number", "")
        against = _against(patient, number)
        if request.method != "POST" or not Practice.current().spruce_calls_from:
            return redirect("admin:outreach_attempt_record", patient.pk)
        if against:
            messages.error(request, against)
            return redirect("admin:outreach_attempt_record", patient.pk)
        try:
            with spruce_or_refuse() as spruce:
                proxy = prepare_call(spruce, patient=patient, number=number, by=request.user)
        except (Refused, ValidationError) as problem:
            words = problem.messages if isinstance(problem, ValidationError) else [str(problem)]
            messages.error(request, " ".join(words))
        else:
            words = _("Dial {proxy} from the desk’s phone now: the patient sees the practice’s number.")
            messages.success(request, words.format(proxy=shown(proxy)))
        return redirect("admin:outreach_attempt_record", patient.pk)


def _against(patient: Patient, number: str) -> str:
    if patient.deceased or patient.held:
        return _("Do not call this patient.")
    if call_rules.said_no_calls(call_queue.tried_by_phone(patient)):
        return _("The patient asked not to be called. Write a letter instead.")
    if number not in {each.e164 for each in follow_up.numbers_of([patient.pk])[patient.pk] if not each.is_bad}:
        return _("Choose one of the patient’s numbers.")
    return ""
