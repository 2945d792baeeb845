"""One patient's APCM page, and recording facts: by hand and from a sheet."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from consent.admin import apcm_showing as showing
from consent.apcm.asking import opening_month, verdicts
from consent.apcm.forms import SHOWN, FactForm, SheetForm, WhyForm
from consent.models import ApcmMonth, ConsentEvent
from explorer.lib import waiting_files as keeping
from explorer.lib.months import first_of
from explorer.lib.pages import page
from explorer.lib.tables import UPLOAD, UnreadableTable
from patients.actions import apply_facts, record_fact, review_facts, withdraw_fact
from patients.actions.care import draft_fact
from patients.care_sheet import COLUMNS
from patients.models import CareFact, Patient, Practitioner

LOOK, RECORD = "consent.view_apcmmonth", "patients.record_carefact"
GROUPS = {"new": ("New", "good"), "unchanged": ("Known already", ""), "duplicates": ("Twice in the sheet", ""),
          "conflicts": ("Contradict what is recorded", "warn"), "rejected": ("Cannot be used", "bad")}  # fmt: skip
LISTED = 50  # rows of each outcome on the page that asks to confirm


class FactPages:
    @page("patient/<int:patient_id>/", look=LOOK)
    def patient(self, request, patient_id: int):
        """All that is known of a patient for APCM, and what is missing to bill a month."""
        patient = _patient(patient_id)
        month = chosen_month(request)
        mine = Patient.objects.filter(pk=patient.pk)
        [verdict] = verdicts(mine, month, request.practice).values()
        months = ApcmMonth.objects.filter(patient__in=_charts(patient)).select_related("practitioner", "exported_by")
        facts = CareFact.objects.of_patient(patient).select_related("recorded_by", "withdrawn_by__recorded_by")
        return self.show(
            request,
            "consent/apcm/patient.html",
            f"APCM: {patient.sort_name}",
            patient=patient,
            month=month,
            months=showing.months_to_choose(request.practice.transition_date, request.practice.today(), month),
            row=showing.shown(patient, verdict),
            level=verdict.level,
            counts=showing.level_name(verdict.level.counts),
            level_names=[
                ("Workbook’s column", verdict.level.workbook),
                ("Conditions and QMB", verdict.level.derived),
                ("Set by a person", verdict.level.override),
            ],
            enrolment=getattr(patient, "apcm", None),
            handed_over=months,
            lines=ConsentEvent.objects.of_patient(patient).filter(kind__in=("apcm", "notice")).select_related(
                "on_behalf_of"
            ),
            facts=_with_names(facts.exclude(kind=CareFact.Kind.WITHDRAWN)),
            kinds=[(kind, CareFact.Kind(kind).label) for kind in SHOWN],
            may_record=request.user.has_perm(RECORD),
            may_decide=request.user.has_perm("consent.record_consent"),
            may_void=request.user.has_perm("consent.export_apcmmonth"),
        )  # fmt: skip

    @page("patient/<int:patient_id>/add/<slug:kind>/", look=RECORD, act=RECORD)
    def add_fact(self, request, patient_id: int, kind: str):
        """The form, then what it would record, then it is recorded."""
        if kind not in SHOWN:
            raise Http404("There is no such fact.")
        patient = _patient(patient_id)
        today = request.practice.today()
        initial = {"on": today, "month": chosen_month(request)}
        form = FactForm(request.POST or None, kind=kind, label_suffix="", initial=initial)
        fact = None
        if request.method == "POST" and form.is_valid():
            told = {"patient": patient, "kind": kind, "today": today, "by": request.user, **form.cleaned_data}
            try:
                if "confirmed" in request.POST:
                    _, is_new = record_fact(**told)
                    messages.success(request, "Recorded." if is_new else "This was recorded already.")
                    return redirect(_page_of(patient, request))
                fact = draft_fact(**told)
            except ValidationError as problem:
                _add_errors(form, problem)
        return self.show(
            request,
            "consent/apcm/fact.html",
            CareFact.Kind(kind).label,
            patient=patient,
            form=form,
            fact=None if "change" in request.POST else fact,
            practitioners=Practitioner.objects.all(),
            back=_page_of(patient, request),
        )

    @page("fact/<int:fact_id>/withdraw/", look=RECORD, act=RECORD)
    def withdraw(self, request, fact_id: int):
        fact = get_object_or_404(CareFact.objects.select_related("patient"), pk=fact_id)
        patient = _patient(fact.patient.merged_into_id or fact.patient_id)
        form = WhyForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            try:
                because = form.cleaned_data["because"]
                withdraw_fact(fact=fact, because=because, today=request.practice.today(), by=request.user)
                messages.success(request, "It no longer counts. The line stays, with your reason.")
            except ValidationError as problem:
                messages.error(request, " ".join(problem.messages))
            return redirect(_page_of(patient, request))
        return self.show(
            request, "consent/apcm/withdraw.html", "Withdraw a fact", fact=fact, patient=patient, form=form,
            back=_page_of(patient, request),
        )  # fmt: skip

    @page("upload/", look=RECORD, act=RECORD)
    def upload(self, request):
        initial = {"checked_on": request.practice.today(), "source": CareFact.Source.HETS}
        form = SheetForm(request.POST or None, request.FILES or None, label_suffix="", initial=initial)
        if request.method == "POST" and form.is_valid():
            file, beside = form.cleaned_data["file"], _beside(form)
            content = file.read(UPLOAD.max_bytes + 1)
            try:
                review_facts(content, file.name, limits=UPLOAD, by=request.user, **beside)
            except UnreadableTable as problem:
                form.add_error("file", str(problem))
            else:
                upload = keeping.keep(content, file.name, by=request.user, **beside)
                return redirect("admin:consent_apcmmonth_look_over", upload)
        columns = [names[0] for names in COLUMNS.values()]
        return self.show(request, "consent/apcm/upload.html", "Record many at once", form=form, columns=columns)

    @page("upload/<slug:upload>/", look=RECORD, act=RECORD)
    def look_over(self, request, upload: str):
        """What the sheet would record; recorded when confirmed."""
        kept = keeping.kept(upload, by=request.user)
        if not kept:
            messages.error(request, "The file is no longer kept. Choose it again.")
            return redirect("admin:consent_apcmmonth_upload")
        content, filename, beside = kept
        review = review_facts(content, filename, limits=UPLOAD, by=request.user, **beside)
        if request.method == "POST":
            counts = apply_facts(review, by=request.user).counts
            keeping.drop(upload)
            told = f"{counts['facts']} facts of {counts['new']} rows are recorded; {counts['unchanged']} were known."
            messages.success(request, told)
            return redirect("admin:consent_apcmmonth_changelist")
        rows = {code: [row for row in review.rows if row.outcome == code] for code in GROUPS}
        groups = [(label, badge, len(rows[code]), rows[code][:LISTED]) for code, (label, badge) in GROUPS.items()]
        return self.show(
            request, "consent/apcm/look_over.html", "Check before it is recorded", review=review, groups=groups
        )


def chosen_month(request) -> date:
    """The month of the address or the form; else the present one, not before the practice begins."""
    text = request.POST.get("month") or request.GET.get("month") or ""
    try:
        month = date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return opening_month(request.practice)
    return first_of(month) if 2000 <= month.year <= 2100 else opening_month(request.practice)


def _patient(patient_id: int) -> Patient:
    return get_object_or_404(Patient.objects.select_related("apcm"), pk=patient_id)


def _with_names(facts) -> list[CareFact]:
    """Each with `seen_by`, the practitioner whose NPI it names, where we know one."""
    names = dict(Practitioner.objects.order_by("-side").values_list("npi", "name"))
    facts = list(facts)
    for fact in facts:
        fact.seen_by = names.get(fact.npi, "")
    return facts


def _charts(patient: Patient):
    return Patient.charts.filter(pk=patient.pk) | Patient.charts.filter(merged_into=patient)


def _page_of(patient: Patient, request) -> str:
    return f"{reverse('admin:consent_apcmmonth_patient', args=[patient.pk])}?month={chosen_month(request):%Y-%m}"


def _beside(form: SheetForm) -> dict:
    return {name: form.cleaned_data[name] for name in ("checked_on", "source")}


def _add_errors(form: FactForm, problem: ValidationError) -> None:
    by_field = problem.error_dict if hasattr(problem, "error_dict") else {None: problem.error_list}
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, errors)
