"""The page "Record a decision": a conversation or a signed paper, from top to bottom, checked, then written."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from consent import ledger, scripts
from consent.forms import UNDECIDED, DecisionForm
from consent.models import ConsentEvent, Wording
from consent.models.ledger import LATE_AFTER
from consent.scans import Scan, read_scan
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pages import page
from explorer.lib.waiting_files import drop, keep, kept
from patients.ages import is_minor
from patients.models import ApcmEnrolment, Patient, Practitioner
from patients.phones import display as shown

Kind, Decision = ConsentEvent.Kind, ConsentEvent.Decision
RIGHT = "consent.record_consent"
FIELD_OF = {"wording": "script", "identity_checks": "identifiers", "document": "scan"}


@dataclass
class Line:
    """One answer as it would be written, beside the newest line it meets."""

    event: ConsentEvent
    kind: Kind
    before: ConsentEvent | None
    because: str
    replace: bool

    @property
    def against(self) -> ConsentEvent | None:
        return self.event.contradicts


class RecordPages:
    @page("record/<int:patient_id>/", look=RIGHT, act=RIGHT)
    def record(self, request, patient_id: int):
        """The steps, then what they would write, then it is written."""
        patient = get_object_or_404(Patient, pk=patient_id)
        form = _form(request, patient)
        lines, scan, upload = [], None, ""
        if request.method == "POST" and form.is_valid():
            if not form.decisions:
                return _to_the_call(request, patient, form)
            scan, upload = _scan(request, form)
            lines = _foreseen(request, patient, form)
        if lines and "confirmed" in request.POST and _recorded(request, patient, form, lines, scan):
            drop(upload)
            if form.undecided:
                return _to_the_call(request, patient, form)
            return redirect(_onward(request, patient))
        practice = Practice.current()
        return self.show(
            request, "consent/record.html", "Record a decision",
            patient=patient, form=form, lines=[] if "change" in request.POST else lines,
            late=bool(lines) and clock.now() - form.cleaned_data["occurred_at"] > LATE_AFTER,
            scan=scan, upload=upload, spoken=_spoken(form, practice),
            minor=is_minor(patient.date_of_birth, state=practice.state, today=practice.today()),
            nobody_bills="apcm" in form.fields and not Practitioner.objects.who_bill_apcm().exists(),
            facts=_facts(form) if lines else [], undecided=_undecided(form) if lines else [],
            next=request.POST.get("next") or request.GET.get("next", ""),
        )  # fmt: skip


def _form(request, patient: Patient) -> DecisionForm:
    script = Wording.objects.newest(Wording.Kind.SCRIPT)
    return DecisionForm(
        request.POST or None,
        request.FILES or None,
        label_suffix="",
        enrolled=ApcmEnrolment.objects.filter(patient=patient, status="active").exists(),
        phones=list(patient.phones.filter(retired_at=None).values_list("e164", flat=True)),
        initial={
            "occurred_at": clock.now(),
            "obtained_by": str(request.user),
            "method": "phone",
            "script": script.pk if script else "",
        },
    )


def _spoken(form: DecisionForm, practice: Practice) -> list[dict]:
    """Every stored script with its text as it is read aloud; then the words that no version holds."""
    chosen = str(form["script"].value() or "")
    stored = Wording.objects.filter(kind=Wording.Kind.SCRIPT).order_by("retired_at", "language", "-version")
    found = [
        {
            "value": str(wording.pk), "chosen": str(wording.pk) == chosen, "wording": wording,
            "text": scripts.filled(wording.text, practice),
        }
        for wording in stored
    ]  # fmt: skip
    text = scripts.filled(scripts.BUILT_IN, practice)
    return [*found, {"value": "", "chosen": not chosen, "wording": None, "text": text}]


def _scan(request, form: DecisionForm) -> tuple[Scan | None, str]:
    """The signed paper, just uploaded or kept from the page before, and the id under which it is kept."""
    if not form.is_paper:
        return None, ""
    scan, upload = form.cleaned_data.get("scan"), request.POST.get("upload", "")
    if scan:
        return scan, keep(scan.content, scan.filename, by=request.user)
    if found := kept(upload, by=request.user):
        return read_scan(*found[:2]), upload
    if upload:
        form.add_error("scan", "The scan is no longer kept: choose the file again.")
    return None, ""


def _foreseen(request, patient: Patient, form: DecisionForm) -> list[Line]:
    """What each answer would write; no lines where the form has errors."""
    lines = []
    for kind, decision in form.decisions.items():
        told = form.told | {"wording": ledger.about(form.told["wording"], kind)}
        try:
            event = ledger.draft_event(patient=patient, kind=kind, decision=decision, by=request.user, **told)
        except ValidationError as problem:
            _add_errors(form, problem)
            continue
        seen = request.POST.get(f"replace_{kind}", "")
        lines.append(
            Line(
                event=event,
                kind=Kind(kind),
                before=ledger.newest_line(patient, kind),
                because=request.POST.get(f"because_{kind}", "").strip()[:200],
                replace=event.contradicts is not None and seen == str(event.contradicts.pk),
            )
        )
    return [] if form.errors else lines


def _recorded(request, patient: Patient, form: DecisionForm, lines: list[Line], scan: Scan | None) -> bool:
    chosen = [line for line in lines if line.replace]
    if any(not line.because for line in chosen):
        messages.error(request, "Say why the new answer replaces the earlier one.")
        return False
    try:
        ledger.record_decisions(
            patient=patient,
            decisions=form.decisions,
            replaces={line.kind: (line.against, line.because) for line in chosen},
            scan=scan,
            by=request.user,
            **form.told,
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return False
    messages.success(request, "The decision is in the ledger.")
    if any(line.against and not line.replace for line in lines):
        messages.warning(request, "The answers contradict. The patient stays on the list of who is left.")
    return True


def _add_errors(form: DecisionForm, problem: ValidationError) -> None:
    by_field = problem.error_dict if hasattr(problem, "error_dict") else {None: problem.error_list}
    for name, errors in by_field.items():
        field = "paper" if name == "wording" and form.is_paper else FIELD_OF.get(name, name)
        known = {str(error) for error in form.errors.get(field, ())}
        for error in errors:
            if not known & set(error.messages):
                form.add_error(field if field in form.fields else None, error)


def _facts(form: DecisionForm) -> list[tuple[str, str]]:
    """What the lines will say of how we know, in words; without what is empty."""
    told, cleaned = form.told, form.cleaned_data
    language = dict(Wording.Language.choices).get(told["language"], "")
    names = [
        str(words).lower() for value, words in form.fields["identifiers"].choices if value in told["identity_checks"]
    ]
    who = f"{told['given_by']}, {told['relation']}" if told["given_by"] else "The patient"
    kind = dict(form.fields["authority_kind"].choices).get(told["authority_kind"], "")
    facts = [
        ("Decided by", who),
        ("Authority", f"{kind}: {told['authority']}" if told["given_by"] else ""),
        ("Identity", " and ".join(names)),
        ("Words", str(told["wording"]) if told["wording"] else "No stored text: the line will not say which words"),
        ("Language", f"{language}, interpreter {told['interpreter']}" if told["interpreter"] else language),
        ("Number called", shown(told["number_called"]) if told["number_called"] else ""),
        ("Obtained by", told["obtained_by"]),
        ("Witness", told["witness"]),
        ("Practitioner", str(told["on_behalf_of"] or "") if cleaned.get("apcm") else ""),
        ("Read of APCM", f"{sum(told['disclosures'].values())} of 4 disclosures" if told["disclosures"] else ""),
        ("Questions", told["note"]),
    ]
    return [(name, words) for name, words in facts if words]


def _undecided(form: DecisionForm) -> list[tuple[str, str]]:
    return [(Kind(kind).label, UNDECIDED[answer]) for kind, answer in form.undecided.items()]


def _to_the_call(request, patient: Patient, form: DecisionForm):
    """Who wants to think or to know more stays on the list of calls: the try is written down there."""
    messages.info(request, "An open question writes no line. Note the call here, and when to try again.")
    outcome = "thinking" if "think" in form.undecided.values() else "call_back"
    call = reverse("admin:outreach_attempt_record", args=[patient.pk])
    return redirect(f"{call}?{urlencode({'outcome': outcome})}")


def _onward(request, patient: Patient) -> str:
    onward = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(onward, allowed_hosts={request.get_host()}):
        return onward
    return reverse("admin:patients_patient_change", args=[patient.pk])
