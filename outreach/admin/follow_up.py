from collections import Counter
from operator import attrgetter

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from unfold.decorators import display

from consent.forms import APCM_DISCLOSURES
from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.slim import SlimRows
from outreach import follow_up, gate
from outreach.actions.attempts import record_attempt
from outreach.models import Attempt
from patients.admin.exporting import ExportPages
from patients.models import ApcmEnrolment, Patient
from patients.phones import display as shown

Outcome = Attempt.Outcome
PER_PAGE = 25
ANSWERED = ("given", "declined", "revoked", "excluded")  # no reasons to be on the list
STEP_BADGES = {"due": "bad", "record": "warn", "call": "info", "review": "warn", "address": "warn"}
BY_PHONE = [
    Outcome.ANSWERED, Outcome.THINKING, Outcome.CALL_BACK, Outcome.WANTS_LETTER, Outcome.VOICEMAIL,
    Outcome.NO_ANSWER, Outcome.WRONG_NUMBER, Outcome.NOT_IN_SERVICE, Outcome.MAILED, Outcome.RETURNED, Outcome.OTHER,
]  # fmt: skip
ON_A_NUMBER = (Outcome.WRONG_NUMBER, Outcome.NOT_IN_SERVICE)


class AttemptForm(forms.ModelForm):
    outcome = forms.ChoiceField(
        label="How did it go?",
        choices=[(outcome.value, outcome.label) for outcome in BY_PHONE],
        widget=forms.RadioSelect,
    )
    number = forms.ChoiceField(
        label="Number called",
        required=False,
        help_text="A wrong number, or one not in service, is not texted any more.",
    )

    class Meta:
        model = Attempt
        fields = ["channel", "outcome", "next_on", "note"]
        labels = {"channel": "How did you try?", "next_on": "Try again on"}
        help_texts = {"next_on": "Needed for a call-back."}
        widgets = {"next_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, numbers: list[follow_up.Number], today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["number"].choices = [("", "None"), *((each.e164, shown(each.e164)) for each in numbers)]
        if numbers:
            self.fields["number"].initial = numbers[0].e164

    def clean(self):
        outcome, next_on = self.cleaned_data.get("outcome"), self.cleaned_data.get("next_on")
        if outcome == Outcome.CALL_BACK and not next_on:
            self.add_error("next_on", "Choose the day on which the patient wants to be called.")
        if next_on and next_on < self.today:
            self.add_error("next_on", "This day is over: choose today or later.")
        if outcome in ON_A_NUMBER and not self.cleaned_data.get("number"):
            self.add_error("number", "Choose which number it was.")
        return self.cleaned_data


@admin.register(Attempt)
class AttemptAdmin(ExportPages, SlimRows, PracticeAdmin):
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
        step, why, words = (request.GET.get(name, "").strip() for name in ("step", "why", "q"))
        left = follow_up.waiting(practice.today())
        left = left.filter(why=why) if why else left
        found = list((left.search(words) if words else left).values_list("pk", "step", "needs_letter"))
        steps = {pk: its for pk, its, _ in found}
        chosen = [pk for pk in steps if step in ("", steps[pk])]
        listed = Paginator(chosen, PER_PAGE).get_page(request.GET.get("p"))
        shown_now = {patient.pk: patient for patient in left.order_by().filter(pk__in=list(listed))}
        return self.show(
            request,
            "outreach/follow_up.html",
            "Who is left",
            rows=_rows([shown_now[pk] for pk in listed], practice),
            listed=listed,
            step=step,
            why=why,
            words=words,
            tabs=_tabs(Counter(steps.values())),
            reasons=[(code, label) for code, label in follow_up.WHY.items() if code not in ANSWERED],
            keep=urlencode({"step": step, "why": why, "q": words}),
            by_letter=[pk for pk, _, needs in found if needs] if request.user.has_perm("consent.write_letter") else (),
            may_record=request.user.has_perm("outreach.record_attempt"),
        )

    @page("record/<int:patient_id>/", look="outreach.record_attempt", act="outreach.record_attempt")
    def record(self, request, patient_id: int):
        practice = Practice.current()
        patient = get_object_or_404(Patient, pk=patient_id)
        numbers = follow_up.numbers_of([patient.pk])[patient.pk]
        asked = {"outcome": request.GET.get("outcome", "")}
        form = AttemptForm(
            request.POST or None, label_suffix="", initial=asked, numbers=numbers, today=practice.today()
        )
        if request.method == "POST" and form.is_valid() and _recorded(request, patient, form):
            return redirect(_onward(request, patient, practice))
        enrolment = ApcmEnrolment.objects.filter(patient=patient, status="active").first()
        left = follow_up.waiting(practice.today()).filter(pk=patient.pk).first()
        return self.show(
            request,
            "outreach/attempt_record.html",
            "Call a patient",
            patient=patient,
            practice=practice,
            enrolment=enrolment,
            left=left,
            why=follow_up.WHY[left.why] if left else "",
            minor=gate.is_minor(patient.date_of_birth, state=practice.state, today=practice.today()),
            numbers=[(number, shown(number.e164)) for number in numbers],
            history=follow_up.history(patient, [number.e164 for number in numbers]),
            disclosures=APCM_DISCLOSURES.values() if enrolment else (),
            form=form,
            next_id=follow_up.next_to_call(practice.today(), after=patient.pk),
            may_decide=request.user.has_perm("consent.record_consent"),
        )


def _tabs(counted: Counter) -> list[tuple[str, str, int]]:
    steps = [(code, label, counted[code]) for code, label in follow_up.STEPS.items() if code in counted]
    return [("", "Everybody", sum(counted.values())), *steps]


def _rows(patients: list[Patient], practice: Practice) -> list[dict]:
    steps = follow_up.next_steps(patients, practice.time_zone)
    numbers = follow_up.numbers_of([patient.pk for patient in patients])
    return [
        {
            "patient": patient,
            "why": follow_up.WHY[patient.why],
            "apcm": ApcmEnrolment.Level(patient.apcm_level).label if patient.apcm_level else "",
            "last": follow_up.last_try(patient),
            "step": steps[patient.pk],
            "badge": STEP_BADGES.get(patient.step, ""),
            "numbers": [(number, shown(number.e164)) for number in numbers[patient.pk]],
        }
        for patient in patients
    ]


def _recorded(request, patient: Patient, form: AttemptForm) -> bool:
    try:
        record_attempt(
            patient=patient,
            channel=form.cleaned_data["channel"],
            outcome=form.cleaned_data["outcome"],
            note=form.cleaned_data["note"],
            next_on=form.cleaned_data["next_on"],
            number=form.cleaned_data["number"],
            by=request.user,
        )
    except ValidationError as problem:
        form.add_error(None, problem.messages)
        return False
    messages.success(request, f"Noted for {patient.sort_name}.")
    return True


def _onward(request, patient: Patient, practice: Practice) -> str:
    """To the decision when the patient decided, to the next patient when asked for, else to the list."""
    follow_on = reverse("admin:outreach_attempt_follow_up")
    if request.POST["outcome"] == Outcome.ANSWERED and request.user.has_perm("consent.record_consent"):
        page_of_decision = reverse("admin:consent_consentevent_record", args=[patient.pk])
        return f"{page_of_decision}?{urlencode({'next': follow_on})}"
    if "and_next" in request.POST:
        next_id = follow_up.next_to_call(practice.today(), after=patient.pk)
        if next_id:
            return reverse("admin:outreach_attempt_record", args=[next_id])
    return follow_on
