"""The patient as the whole house sees it: the list with standings, the page with all that happened."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localtime

from consent.apcm.asking import opening_month, verdicts
from consent.models import ConsentEvent
from explorer.lib import clock
from explorer.lib.pages import READING
from explorer.timeline import timeline
from outreach import facts, gate
from outreach.actions import campaigns
from outreach.models import Campaign, Match, Suppression
from outreach.reach import FACILITY_FROM
from outreach.standings import LABELS, with_ledgers, with_standing
from patients.admin.patients import PatientAdmin, PatientChangeList
from patients.models import Patient, PatientMerge, Phone
from patients.phones import display
from patients.resources import PatientResource, column, shown_apcm

ASKED_ONCE = 5000  # patients whose ids fit into one question to the database
TONES = {
    "conflict": "bad", "given": "good", "declined": "warn", "revoked": "warn", "in_review": "info",
    "opted_out": "bad", "reminded": "info", "invited": "info", "cannot_be_reached": "warn",
}  # fmt: skip
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


class StandingFilter(admin.SimpleListFilter):
    title, parameter_name = "standing", "standing"

    def lookups(self, request, model_admin):
        return list(LABELS.items())

    def queryset(self, request, patients):
        """Where they are few enough, asked once for the count and the rows alike."""
        if self.value() not in LABELS:
            return patients
        standing = with_standing(patients, request.practice).filter(standing=self.value())
        found = list(standing.order_by().values_list("pk", flat=True)[: ASKED_ONCE + 1])
        return standing if len(found) > ASKED_ONCE else patients.filter(pk__in=found)


class MatchedFilter(admin.SimpleListFilter):
    title, parameter_name = "Spruce contact", "matched"

    def lookups(self, request, model_admin):
        return [("yes", "Matched"), ("no", "Not matched")]

    def queryset(self, request, patients):
        linked = Exists(Match.objects.linked().filter(patient=OuterRef("pk")))
        return {"yes": patients.filter(linked), "no": patients.filter(~linked)}.get(self.value(), patients)


class StandingChangeList(PatientChangeList):
    """Asks the standings of the page's rows alone; of all patients only where the filter needs them."""

    def get_results(self, request) -> None:
        super().get_results(request)
        standings = self._standings(request)
        for patient in self.result_list:
            standing = standings[patient.pk]
            patient.shown_standing, patient.standing_tone = LABELS[standing], TONES.get(standing, "")

    def _standings(self, request) -> dict[int, str]:
        pks = [patient.pk for patient in self.result_list]
        filtered = request.GET.get(StandingFilter.parameter_name)
        if filtered in LABELS:
            return dict.fromkeys(pks, filtered)
        asked = with_standing(Patient.objects.filter(pk__in=pks), request.practice)
        return dict(asked.order_by().values_list("pk", "standing"))


class StandingResource(PatientResource):
    standing = column("Standing", lambda patient: LABELS[patient.standing])


@admin.register(Patient)
class PatientPageAdmin(PatientAdmin):
    list_display = ["sort_name", "mrn", "date_of_birth", "phones", "shown_apcm", "standing", "last_visit"]
    list_filter = [StandingFilter, *PatientAdmin.list_filter, MatchedFilter]
    resource_classes = [StandingResource]
    actions = ["text_these_patients"]

    @admin.display(description="Standing")
    def standing(self, patient) -> str:
        return patient.shown_standing

    def get_changelist(self, request, **kwargs):
        return StandingChangeList

    def get_export_queryset(self, request):
        patients = super().get_export_queryset(request)
        if "standing" in patients.query.annotations:  # by the filter
            return patients
        return with_standing(patients, request.practice)

    def has_text_permission(self, request) -> bool:
        return request.user.has_perm("outreach.add_campaign")

    @admin.action(description="Text these patients", permissions=["text"])
    def text_these_patients(self, request, patients):
        """A draft that can still be looked at: nothing is sent before the campaign is launched."""
        chosen = list(patients)
        name = f"{len(chosen)} chosen patients, {localtime(clock.now()):%m/%d/%Y %H:%M:%S}"
        try:
            campaign = campaigns.create(name=name, cohort=Campaign.Cohort.CHOSEN, patients=chosen, by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return None
        messages.success(request, "The draft is made. Look at the text and who is left out, then launch it.")
        return redirect("admin:outreach_campaign_change", campaign.pk)

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
