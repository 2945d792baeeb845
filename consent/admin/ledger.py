from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localtime
from unfold.decorators import display

from consent import ledger
from consent.forms import APCM_DISCLOSURES, DecisionForm
from consent.models import ConsentEvent
from explorer.lib import clock
from explorer.lib.pages import PracticeAdmin, page
from patients.models import ApcmEnrolment, Patient

Kind, Decision = ConsentEvent.Kind, ConsentEvent.Decision
LATE = timedelta(hours=24)
BADGES = {"Given": "success", "Declined": "warning", "Revoked": "danger"}


@admin.register(ConsentEvent)
class ConsentEventAdmin(PracticeAdmin):
    """The ledgers, to read. A line is written by the page `record` or a form answer, and stays as it is."""

    list_before_template = "consent/ledger_top.html"
    list_display = ["said_at", "who", "kind", "said", "method", "obtained_by", "recorded_by", "remark"]
    list_display_links = ["said_at"]
    list_filter = ["kind", "decision", "method"]
    list_filter_submit = True
    list_select_related = ["patient", "recorded_by"]
    search_fields = ["patient__search_name", "patient__mrn"]
    search_help_text = "A patient’s name or chart number."
    fields = [
        "patient", "kind", "decision", "method", "occurred_at", "recorded_at", "recorded_by", "obtained_by",
        "witness", "given_by", "authority", "note", "supersedes", "contradicts",
    ]  # fmt: skip

    def get_queryset(self, request):
        replaced = ConsentEvent.objects.filter(supersedes=OuterRef("pk"))
        return super().get_queryset(request).annotate(replaced=Exists(replaced))

    @display(description="Said", ordering="occurred_at")
    def said_at(self, event):
        return date_format(localtime(event.occurred_at), "m/d/Y, g:i A")

    @display(description="Patient", ordering="patient__last_name")
    def who(self, event):
        url = reverse("admin:patients_patient_change", args=[event.patient_id])
        return format_html('<a class="underline" href="{}">{}</a>', url, event.patient.sort_name)

    @display(description="Decision", label=BADGES, ordering="decision")
    def said(self, event):
        return event.get_decision_display()

    @display(description="Remark")
    def remark(self, event):
        return ", ".join(_remarks(event))

    @page("record/<int:patient_id>/", look="consent.record_consent", act="consent.record_consent")
    def record(self, request, patient_id: int):
        """The form, then what it would write, then it is written."""
        patient = get_object_or_404(Patient, pk=patient_id)
        form = DecisionForm(
            request.POST or None,
            label_suffix="",
            enrolled=ApcmEnrolment.objects.filter(patient=patient, status="active").exists(),
            initial={"occurred_at": clock.now(), "obtained_by": str(request.user), "method": "phone"},
        )
        lines = _foreseen(request, patient, form) if request.method == "POST" and form.is_valid() else []
        if lines and "confirmed" in request.POST and _recorded(request, patient, form, lines):
            return redirect(_onward(request, patient))
        return self.show(
            request,
            "consent/record.html",
            "Record a decision",
            patient=patient,
            form=form,
            lines=[] if "change" in request.POST else lines,
            late=bool(lines) and clock.now() - form.cleaned_data["occurred_at"] > LATE,
            disclosures=APCM_DISCLOSURES.items(),
            next=request.POST.get("next") or request.GET.get("next", ""),
        )


def _remarks(event: ConsentEvent) -> list[str]:
    found = {
        "replaced later": event.replaced,
        "replaces an earlier line": event.supersedes_id,
        "contradicts an earlier answer": event.contradicts_id,
        "late entry": event.recorded_at - event.occurred_at > LATE and event.response_id is None,
        "decided by somebody else": event.given_by,
    }
    return [words for words, holds in found.items() if holds]


def _foreseen(request, patient: Patient, form: DecisionForm) -> list[dict]:
    """What each answer would write, beside the newest line it meets; no lines where the form has errors."""
    lines = []
    for kind, decision in form.decisions.items():
        try:
            event = ledger.draft_event(patient=patient, kind=kind, decision=decision, by=request.user, **form.told)
        except ValidationError as problem:
            _add_errors(form, problem)
            return []
        seen = request.POST.get(f"replace_{kind}", "")
        lines.append({
            "event": event,
            "kind": Kind(kind),
            "before": ledger.newest_line(patient, kind),
            "against": event.contradicts,
            "because": request.POST.get(f"because_{kind}", "").strip()[:200],
            "replace": event.contradicts is not None and seen == str(event.contradicts.pk),
        })  # fmt: skip
    return lines


def _recorded(request, patient: Patient, form: DecisionForm, lines: list[dict]) -> bool:
    chosen = [line for line in lines if line["replace"]]
    if any(not line["because"] for line in chosen):
        messages.error(request, "Say why the new answer replaces the earlier one.")
        return False
    try:
        ledger.record_decisions(
            patient=patient,
            decisions=form.decisions,
            replaces={line["kind"]: (line["against"], line["because"]) for line in chosen},
            by=request.user,
            **form.told,
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return False
    messages.success(request, "The decision is in the ledger.")
    if any(line["against"] and not line["replace"] for line in lines):
        messages.warning(request, "The answers contradict. The patient stays on the list of who is left.")
    return True


def _add_errors(form: DecisionForm, problem: ValidationError) -> None:
    by_field = problem.error_dict if hasattr(problem, "error_dict") else {None: problem.error_list}
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, errors)


def _onward(request, patient: Patient) -> str:
    onward = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(onward, allowed_hosts={request.get_host()}):
        return onward
    return reverse("admin:patients_patient_change", args=[patient.pk])
