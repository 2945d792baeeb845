"""Reports in the browser: the page that lists them, live ones, kept ones, and the close-out of a day."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from explorer import campaign_figures, work
from explorer.lib.pages import page
from explorer.models import Report
from explorer.reports import actions, saying
from explorer.reports.book import in_workbook, workbook
from explorer.reports.final import patient_rows
from explorer.reports.forms import CloseForm, DayForm, SignForm
from explorer.reports.sheet import Part, Sheet, read
from patients.actions import record_export
from patients.models import Patient

LOOK, ACT, PATIENTS = "explorer.view_report", "explorer.close_report", "patients.export_patient"
LISTED = 25
Kind = Report.Kind
LIVE = (Kind.DAY, Kind.WEEK, Kind.CAMPAIGN, Kind.FINAL)
NOW = "now"  # what a final report is about
PDF = "application/pdf"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WAITS = {
    "Replies to answer": "outreach_reply_changelist",
    "Numbers to check": "outreach_numbercheck_changelist",
    "Form answers to review": "consent_response_changelist",
    "Answers with another patient’s code": "consent_response_changelist",
    "Contact matches to review": "outreach_match_changelist",
    "Possible duplicates": "patients_duplicatepair_changelist",
    "Addresses to correct": "consent_letterbatch_addresses",
    "Imports to review": "patients_importbatch_changelist",
    "Desk forms in doubt": "consent_deskform_changelist",
    "Texts nobody can be sure of": "outreach_message_changelist",
    "Interruptions nobody has looked at": "outreach_linestate_changelist",
    "Tasks overdue": "patients_stafftask_changelist",
    "Late texts held": "outreach_campaign_changelist",
}
"""Where what still waits is done: {row of the sheet: page}."""


class ReportPages:
    def __init__(self, site) -> None:
        self.site = site

    def urls(self) -> list:
        pages = {
            "reports": self.all,
            "reports_patients": self.patients,
            "reports_keep": self.keep,
            "reports_close": self.close,
            "reports_kept": self.kept,
            "reports_kept_file": self.kept_file,
            "reports_sign": self.sign,
            "reports_live": self.live,
            "reports_live_file": self.live_file,
        }
        return [path(view.page_route, self.site.admin_view(view), name=name) for name, view in pages.items()]

    def show(self, request, template: str, title: str, **context) -> TemplateResponse:
        frame = self.site.each_context(request)
        context |= {"may_act": request.user.has_perm(ACT), "may_export": request.user.has_perm(PATIENTS)}
        return TemplateResponse(request, f"explorer/reports/{template}", {**frame, "title": title, **context})

    @page("reports/", look=LOOK)
    def all(self, request):
        today = request.practice.today()
        given = DayForm(request.GET) if "day" in request.GET else None
        if given and given.is_valid():
            kind = Kind.WEEK if "week" in request.GET else Kind.DAY
            return redirect("admin:reports_live", kind, given.cleaned_data["day"].isoformat())
        return self.show(
            request,
            "all.html",
            _("Reports"),
            today=today,
            day_form=given or DayForm(initial={"day": today}),
            standing=actions.standing_close_out(today),
            missing=actions.missing(request.practice, today),
            campaigns=campaign_figures.newest_first()[:LISTED],
            kept=Report.objects.listed()[:LISTED],
        )

    @page("reports/<str:report_kind>/<str:about>/", look=LOOK)
    def live(self, request, report_kind: str, about: str):
        """From the facts of this moment; nothing is stored."""
        told = _told(report_kind, about)
        try:
            sheet = actions.make(report_kind, **told, waiting=work.counts(request))
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("admin:reports")
        context = {"sheet": _shown(sheet), "report_kind": report_kind, "about": about}
        return self.show(request, "live.html", sheet.title, **context, **_around(report_kind, told, request.practice))

    @page("reports/<str:report_kind>/<str:about>.<str:ending>", look=LOOK)
    def live_file(self, request, report_kind: str, about: str, ending: str):
        told = _told(report_kind, about)
        try:
            sheet = actions.make(report_kind, **told)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("admin:reports")
        if ending == "pdf":
            content = actions.pdf_of(sheet)[0]
        elif ending == "xlsx":
            content = in_workbook(sheet)
        else:
            raise Http404
        actions.record_taken(sheet, ending=ending, by=request.user)
        return _file(content, ending, f"{report_kind}-{about}")

    @page("reports/final/patients.xlsx", look=PATIENTS)
    def patients(self, request):
        """Every patient with the standing, the ledgers and why there is no decision."""
        rows = list(patient_rows(request.practice))
        content = workbook({"Patients": rows})
        record_export(of=Patient, count=len(rows) - 1, what="final status list, xlsx", by=request.user)
        return _file(content, "xlsx", f"status-{request.practice.today().isoformat()}")

    @page("reports/keep/", look="", act=ACT)
    def keep(self, request):
        """The report as it is now, for good."""
        kind, about = request.POST.get("kind", ""), request.POST.get("about", "")
        try:
            report = actions.keep(kind, by=request.user, **_told(kind, about))
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("admin:reports")
        messages.success(request, _("The report is kept as it is now."))
        return redirect("admin:reports_kept", report.pk)

    @page("reports/close/<str:day>/", look=ACT, act=ACT)
    def close(self, request, day: str):
        """What is still open, and the place to sign. Nothing is stored before that."""
        on = _day(day)
        standing = actions.standing_close_out(on)
        again = standing is not None
        form = CloseForm(
            request.POST or None, again=again, initial={"replaces": standing and standing.pk}, label_suffix=""
        )
        try:
            if request.method == "POST" and form.is_valid() and (report := self._closed(request, on, form)):
                return redirect("admin:reports_kept", report.pk)
            sheet = actions.make(Kind.CLOSE_OUT, day=on, waiting=work.counts(request))
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("admin:reports")
        seen = actions.seen_open(sheet)
        form.initial["seen"] = seen
        if form.is_bound:
            form.data = form.data.dict() | {"seen": seen}
        shown, waiting = _shown(sheet), _table(sheet.part("open"))
        shown["narrow"] = [part for part in shown["narrow"] if part["key"] != waiting["key"]]
        context = {"sheet": shown, "part": waiting, "form": form, "day": on, "standing": standing}
        return self.show(request, "close.html", sheet.title, **context)

    def _closed(self, request, day: date, form: CloseForm) -> Report | None:
        """None: something came in since the page was opened. Raises ValidationError."""
        told = {name: form.cleaned_data[name] for name in ("words", "because", "replaces", "seen")}
        try:
            report = actions.close_day(day=day, by=request.user, **told)
        except actions.Changed as problem:
            messages.warning(request, problem.messages[0])
            return None
        messages.success(request, _("The day is closed and your name stands under it."))
        return report

    @page("reports/kept/<int:report_id>/", look=LOOK)
    def kept(self, request, report_id: int):
        reports = Report.objects.select_related("made_by", "supersedes", "campaign").defer("supersedes__sealed_pdf")
        report = get_object_or_404(reports.defer("sealed_pdf"), pk=report_id)
        signatures = list(report.signatures.select_related("person"))
        later = Report.objects.listed().filter(supersedes=report).first()
        mine = any(each.person_id == request.user.pk for each in signatures)
        sheet = read(report.figures)
        return self.show(
            request,
            "kept.html",
            sheet.title,
            report=report,
            sheet=_shown(sheet),
            whole=sheet.sha256() == report.figures_sha256,
            signatures=signatures,
            later=later,
            form=None if mine or later else SignForm(label_suffix=""),
        )

    @page("reports/kept/<int:report_id>/sign/", look="", act=ACT)
    def sign(self, request, report_id: int):
        report = get_object_or_404(Report.objects.listed(), pk=report_id)
        form = SignForm(request.POST)
        try:
            if form.is_valid():
                actions.sign(report, by=request.user, words=form.cleaned_data["words"])
                messages.success(request, _("Your name stands under it."))
            else:
                messages.error(request, _("Your words are too long: 300 letters at most."))
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        return redirect("admin:reports_kept", report_id)

    @page("reports/kept/<int:report_id>.<str:ending>", look=LOOK)
    def kept_file(self, request, report_id: int, ending: str):
        """The PDF is the very one that was kept; the workbook is made of the same figures."""
        report = get_object_or_404(Report, pk=report_id)
        sheet = read(report.figures)
        if ending not in ("pdf", "xlsx"):
            raise Http404
        content = report.pdf() if ending == "pdf" else in_workbook(sheet)
        actions.record_taken(sheet, ending=f"{ending}, kept as number {report.pk}", by=request.user)
        return _file(content, ending, f"{report.kind}-{report.pk}")


def _told(kind: str, about: str) -> dict:
    """What `actions.make` needs. Raises Http404 for an address that means nothing."""
    if kind == Kind.CAMPAIGN and about.isdecimal() and len(about) < 19:
        return {"campaign": get_object_or_404(campaign_figures.newest_first(), pk=int(about))}
    if kind == Kind.FINAL and about == NOW:
        return {}
    if kind in (Kind.DAY, Kind.WEEK):
        return {"day": _day(about)}
    raise Http404


def _day(text: str) -> date:
    """Raises Http404."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def _around(kind: str, told: dict, practice) -> dict:
    """The reports before and after, for those of a day or a week."""
    if "day" not in told:
        return {}
    step = timedelta(days=7 if kind == Kind.WEEK else 1)
    day = saying.monday_of(told["day"]) if kind == Kind.WEEK else told["day"]
    after = day + step
    found = {"before": (day - step).isoformat(), "after": after.isoformat() if after <= practice.today() else ""}
    if kind == Kind.DAY:
        found |= {"close_day": day, "standing": actions.standing_close_out(day)}
    return found


def _shown(sheet: Sheet) -> dict:
    """For the template: which columns hold numbers, and where a row leads."""
    return {
        "title": sheet.title,
        "about": sheet.about,
        "as_of": sheet.as_of,
        "lead": sheet.lead,
        "wide": [_table(part) for part in sheet.parts if part.wide],
        "narrow": [_table(part) for part in sheet.parts if not part.wide],
    }


def _table(part: Part) -> dict:
    links = WAITS if part.key == "open" else {}
    return {
        "key": part.key,
        "title": part.title,
        "words": part.words,
        "headings": list(zip(part.headings, part.numeric, strict=True)),
        "rows": [(_address(links.get(row[0], "")), _cells(row, part)) for row in part.rows],
        "total": _cells(part.total, part) if part.total else [],
    }


def _cells(row: tuple, part: Part) -> list[tuple]:
    """(value, whether it stands at the right, whether it is a word to translate)."""
    return [
        (cell, number, isinstance(cell, str) and not number) for cell, number in zip(row, part.numeric, strict=True)
    ]


def _address(name: str) -> str:
    return reverse(f"admin:{name}") if name else ""


def _file(content: bytes, ending: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=PDF if ending == "pdf" else EXCEL)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer
