"""The page of one patient: who it is, where she stands and why, what comes next, and all that happened."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from consent.apcm.asking import opening_month, verdicts
from consent.models import ConsentEvent
from explorer.contact_points import contact_points
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.pages import READING, page
from explorer.patient_list import TONES, PatientListAdmin
from explorer.timeline import SOURCES, STORY, timeline
from outreach.standing_of import Stands
from outreach.standings import LABELS
from outreach.why import why_of_patient
from outreach.why.known import Known
from outreach.why.patients import number_in_words
from patients import actions
from patients.admin.notes import NoteForm, notes_of
from patients.admin.task_forms import TaskForm
from patients.models import Patient, PatientMerge, StaffTask
from patients.resources import shown_apcm

ON_A_PAGE = 50  # entries of the timeline
DO_TASKS = "patients.do_stafftask"

SENTENCES = {
    "conflict": gettext_noop("The answers contradict each other. Ask the patient and record what counts."),
    "given": gettext_noop("The patient agreed that the records may move."),
    "declined": gettext_noop("The patient does not want the records to move."),
    "revoked": gettext_noop("The patient agreed at first and then took it back."),
    "in_review": gettext_noop("An answer came in and waits for review."),
    "excluded": gettext_noop("This patient is not to be contacted."),
    "opted_out": gettext_noop("The patient asked to stop texts. Call or write instead."),
    "reminded": gettext_noop("The patient was asked and reminded and has not answered yet."),
    "invited": gettext_noop("The patient was asked and has not answered yet."),
    "not_invited": gettext_noop("The patient was not asked yet."),
    "cannot_be_reached": gettext_noop("The patient cannot be texted. Call or write."),
}


@admin.register(Patient)
class PatientPageAdmin(PatientListAdmin):
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The patient's page. Correcting the data has a page of its own (`edit`)."""
        if request.method not in READING or not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal():
            raise Http404
        patient = get_object_or_404(Patient.charts.select_related("apcm"), pk=object_id)
        if patient.merged_into_id:
            messages.info(request, f"Chart {patient.mrn} was merged into this one.")
            return redirect("admin:patients_patient_change", patient.merged_into_id)
        known = Known(patient, request.practice, clock.now())
        standing = known.stands.standing
        shown = self.show(
            request,
            "patients/patient.html",
            patient.full_name,
            patient=patient,
            age=_age(patient.date_of_birth, request.practice.today()),
            points=contact_points(known),
            apcm=shown_apcm(patient),
            billing=_billing(patient, known.stands, request.practice),
            standing=LABELS[standing],
            tone=TONES.get(standing, ""),
            sentence=SENTENCES[standing],
            why=why_of_patient(patient, request.practice, known=known),
            number=number_in_words(known) if not known.refusals else "",
            ledgers=_ledgers(known.stands),
            links=_links(request.user, patient, known.stands),
            merged=list(PatientMerge.objects.filter(kept=patient, undone_at=None).select_related("absorbed")),
            notes=notes_of(patient) if request.user.has_perm("patients.view_note") else [],
            note_form=NoteForm(auto_id="note_%s", label_suffix=""),
            tasks=_tasks(patient),
            task_form=TaskForm(auto_id="task_%s"),
            **_story(request, known),
        )
        record([(patient, "access", {})], by=request.user)
        return shown

    @page("<int:pk>/add-task/", look="", act=DO_TASKS)
    def add_task(self, request, pk: int):
        patient = get_object_or_404(Patient, pk=pk)
        form = TaskForm(request.POST, auto_id="task_%s")
        if form.is_valid():
            actions.add_task(patient=patient, by=request.user, **form.cleaned_data)
            messages.success(request, _("The task is on the list."))
        else:
            messages.error(request, " ".join(words for each in form.errors.values() for words in each))
        return redirect(reverse("admin:patients_patient_change", args=[pk]) + "#tasks")

    @page("<int:pk>/finish-task/<int:staff_task_id>/", look="", act=DO_TASKS)
    def finish_task(self, request, pk: int, staff_task_id: int):
        task = get_object_or_404(StaffTask, pk=staff_task_id, patient=pk)
        if actions.finish_task(task, by=request.user, outcome=request.POST.get("outcome", "")):
            messages.success(request, _("Done. It stands in what happened."))
        else:
            messages.info(request, _("Somebody else has finished this task already."))
        return redirect(reverse("admin:patients_patient_change", args=[pk]) + "#tasks")


def _age(birth, today) -> int | None:
    return birth and today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _tasks(patient: Patient) -> list[StaffTask]:
    return list(patient.staff_tasks.open().select_related("for_user").order_by(F("due_on").asc(nulls_last=True), "pk"))


def _story(request, known: Known) -> dict:
    """The page of the timeline that the address asks for: `show` is a kind, `page` counts from 1."""
    kinds = [kind for kind in SOURCES if kind in STORY or request.user.has_perm("auditlog.view_logentry")]
    show = request.GET.get("show", "")
    number = request.GET.get("page", "")
    number = max(1, min(int(number), 1000)) if number.isdecimal() and len(number) < 5 else 1
    chosen = [show] if show in kinds else STORY
    entries = timeline(known.patient, known.numbers, kinds=chosen, limit=ON_A_PAGE * number + 1)
    return {
        "timeline": entries[ON_A_PAGE * (number - 1) : ON_A_PAGE * number],
        "kinds": [(kind, SOURCES[kind][0]) for kind in kinds],
        "show": show if show in kinds else "",
        "later": number - 1,
        "earlier": number + 1 if len(entries) > ON_A_PAGE * number else None,
    }


def _ledgers(stands: Stands) -> list[tuple[str, str, str]]:
    """(ledger, its state in words, tone)"""
    states = {kind: getattr(stands, kind) for kind in ConsentEvent.Kind.values}
    words = dict(ConsentEvent.Decision.choices) | {
        "conflict": "Answers contradict",
        "none": gettext_noop("No word yet"),
    }
    return [(ConsentEvent.Kind(kind).label, words[state], TONES.get(state, "")) for kind, state in states.items()]


def _billing(patient: Patient, stands: Stands, practice):
    """The APCM verdict of this month, or of the practice's first; None for patients whom APCM does not concern."""
    if not shown_apcm(patient) and stands.apcm == "none":
        return None
    month = opening_month(practice)
    [verdict] = verdicts(Patient.objects.filter(pk=patient.pk), month, practice).values()
    return verdict


def _links(user, patient: Patient, stands: Stands) -> list[tuple[str, str]]:
    """(words, address) of what this person may do with the patient."""
    offered = (
        ("consent.record_consent", gettext_noop("Record a decision"), "consent_consentevent_record"),
        ("consent.record_consent", gettext_noop("Let the patient answer here"), "consent_deskform_hand"),
        ("outreach.record_attempt", gettext_noop("Record a call or letter"), "outreach_attempt_record"),
        ("outreach.record_attempt", gettext_noop("Died, moved or in hospital"), "outreach_attempt_circumstance"),
        ("consent.write_letter", gettext_noop("Print a letter"), "consent_letterbatch_patient"),
        ("patients.change_patient", gettext_noop("Correct the data"), "patients_patient_edit"),
        ("explorer.export_evidence", gettext_noop("Evidence packet (PDF)"), "explorer_evidencepacket_patient"),
    )
    links = [
        (words, reverse(f"admin:{name}", args=[patient.pk])) for right, words, name in offered if user.has_perm(right)
    ]
    decided = any(getattr(stands, kind) != "none" for kind in ConsentEvent.Kind.values)
    if decided and user.has_perm("explorer.copy_answer"):
        copy = reverse("admin:explorer_evidencepacket_newest_copy", args=[patient.pk])
        links.append((gettext_noop("Copy of the newest answer"), copy))
    return links
