"""The page of one patient, with all that happened."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from consent.apcm.asking import opening_month, verdicts
from consent.models import ConsentEvent
from explorer.lib.pages import READING
from explorer.patient_list import TONES, PatientListAdmin
from explorer.timeline import timeline
from outreach import facts, gate
from outreach.models import Suppression
from outreach.reach import FACILITY_FROM
from outreach.standings import LABELS, with_ledgers, with_standing
from patients.models import Patient, PatientMerge, Phone
from patients.phones import display
from patients.resources import shown_apcm

SENTENCES = {
    "conflict": "The answers contradict each other. Ask the patient and record what counts.",
    "given": "The patient agreed that the records may move.",
    "declined": "The patient does not want the records to move.",
    "revoked": "The patient agreed at first and then took it back.",
    "in_review": "An answer came in and waits for review.",
    "excluded": "This patient is not to be contacted.",
    "opted_out": "The patient asked to stop texts. Call or write instead.",
    "reminded": "The patient was asked and reminded and has not answered yet.",
    "invited": "The patient was asked and has not answered yet.",
    "not_invited": "The patient was not asked yet.",
    "cannot_be_reached": "The patient cannot be texted. Call or write.",
}


@admin.register(Patient)
class PatientPageAdmin(PatientListAdmin):
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The patient's page. Correcting the data has a page of its own (`edit`)."""
        if request.method not in READING or not self.has_view_permission(request):
            raise PermissionDenied
        if absorbed := Patient.charts.filter(merged_into__isnull=False, pk=object_id).first():
            messages.info(request, f"Chart {absorbed.mrn} was merged into this one.")
            return redirect("admin:patients_patient_change", absorbed.merged_into_id)
        stored = with_ledgers(with_standing(Patient.objects.select_related("apcm"), request.practice))
        patient = get_object_or_404(stored, pk=object_id)
        phones = list(patient.phones.all())
        return self.show(
            request,
            "patients/patient.html",
            patient.full_name,
            patient=patient,
            age=_age(patient.date_of_birth, request.practice.today()),
            phones=_with_stops(phones),
            apcm=shown_apcm(patient),
            billing=_billing(patient, request.practice),
            standing=LABELS[patient.standing],
            tone=TONES.get(patient.standing, ""),
            sentence=SENTENCES[patient.standing],
            why=_why(patient, request.practice),
            ledgers=_ledgers(patient),
            links=_links(request.user, patient),
            merged=list(PatientMerge.objects.filter(kept=patient, undone_at=None).select_related("absorbed")),
            timeline=timeline(patient, [phone.e164 for phone in phones]),
        )


def _age(birth, today) -> int | None:
    return birth and today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _with_stops(phones):
    stops = Suppression.objects.in_force().filter(phone__in=[phone.e164 for phone in phones])
    reasons = {stop.phone: stop.get_reason_display() for stop in stops}
    sharers = _patients_per_number([phone.e164 for phone in phones if phone.retired_at is None])
    for phone in phones:
        phone.facility = sharers.get(phone.e164, 0) if sharers.get(phone.e164, 0) >= FACILITY_FROM else 0
        phone.shown, phone.stop = display(phone.e164), reasons.get(phone.e164, "")
    return sorted(phones, key=lambda phone: phone.retired_at is not None)


def _patients_per_number(numbers: list[str]) -> dict[str, int]:
    shared = Phone.objects.filter(e164__in=numbers, retired_at=None).order_by()
    return dict(shared.values_list("e164").annotate(Count("patient")))


def _why(patient: Patient, practice) -> list[str]:
    """The gate's own reasons against a text, and the number a text would go to."""
    alone = Patient.objects.filter(pk=patient.pk)
    codes = gate.patient_refusals(facts.patient_facts(alone)[patient.pk], state=practice.state, today=practice.today())
    reach = facts.reachabilities(alone, practice)[patient.pk]
    if reach.code:
        codes.append(reach.code)
    words = [gate.WORDS[code] for code in codes]
    if patient.held:
        words.append(f"Staff wrote: {patient.held}")
    return words or [f"A text would go to {display(reach.number)}."]


def _ledgers(patient: Patient) -> list[tuple[str, str, str]]:
    """(ledger, its state in words, tone)"""
    states = {kind: getattr(patient, f"{kind}_ledger") for kind in ("records", "apcm", "notice")}
    states["texting"] = patient.texting_state
    words = dict(ConsentEvent.Decision.choices) | {"conflict": "Answers contradict", "none": "No word yet"}
    return [(ConsentEvent.Kind(kind).label, words[state], TONES.get(state, "")) for kind, state in states.items()]


def _billing(patient: Patient, practice):
    """The APCM verdict of this month, or of the practice's first; None for patients whom APCM does not concern."""
    if not shown_apcm(patient) and patient.apcm_ledger == "none":
        return None
    month = opening_month(practice)
    [verdict] = verdicts(Patient.objects.filter(pk=patient.pk), month, practice).values()
    return verdict


def _links(user, patient: Patient) -> list[tuple[str, str]]:
    """(words, address) of what this person may do with the patient."""
    offered = (
        ("consent.record_consent", "Record a decision", "consent_consentevent_record"),
        ("consent.record_consent", "Let the patient answer here", "consent_deskform_hand"),
        ("outreach.record_attempt", "Record a call or letter", "outreach_attempt_record"),
        ("consent.write_letter", "Print a letter", "consent_letterbatch_patient"),
        ("patients.change_patient", "Correct the data", "patients_patient_edit"),
        ("explorer.export_evidence", "Evidence packet (PDF)", "explorer_evidencepacket_patient"),
    )
    links = [
        (words, reverse(f"admin:{name}", args=[patient.pk])) for right, words, name in offered if user.has_perm(right)
    ]
    decided = any(getattr(patient, f"{kind}_ledger") != "none" for kind in ConsentEvent.Kind.values)
    if decided and user.has_perm("explorer.copy_answer"):
        copy = reverse("admin:explorer_evidencepacket_newest_copy", args=[patient.pk])
        links.append(("Copy of the newest answer", copy))
    return links
