from datetime import datetime, time
from operator import attrgetter
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_noop as noop
from unfold.decorators import display

from consent.actions.scans import record_look
from consent.admin.backfilling import BackfillPages
from consent.admin.recording import RecordPages
from consent.models import ConsentEvent, Document
from consent.proof import IDENTIFIERS
from consent.scans import ENDINGS
from consent.standing import standings_at
from consent.wordings.disclosures import APCM_DISCLOSURES
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pages import READING, PracticeAdmin, page
from explorer.lib.slim import SlimRows
from patients.admin.exporting import ExportPages
from patients.models import Patient
from patients.phones import display as shown

LOOK = "consent.view_consentevent"
BADGES = {"Given": "success", "Declined": "warning", "Revoked": "danger"}
TONES = {"given": "good", "declined": "warn", "revoked": "bad", "conflict": "bad"}
END_OF_DAY = time(23, 59, 59, 999999)
SHOWN_IN_PLACE = ("image/jpeg", "image/png")


class DayForm(forms.Form):
    day = forms.DateField(
        label="At the end of this day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


@admin.register(ConsentEvent)
class ConsentEventAdmin(RecordPages, BackfillPages, ExportPages, SlimRows, PracticeAdmin):
    """The ledgers, to read. A line is written by the page `record` or a form answer, and stays as it is."""

    list_title = noop("Decisions")
    export_name = "Decisions"
    export_columns = {
        "Said": attrgetter("occurred_at"),
        "MRN": attrgetter("patient.mrn"),
        "Patient": attrgetter("patient.sort_name"),
        "Ledger": lambda event: event.get_kind_display(),
        "Decision": lambda event: event.get_decision_display(),
        "How": lambda event: event.get_method_display(),
        "Obtained by": attrgetter("obtained_by"),
        "Recorded": attrgetter("recorded_at"),
        "Recorded by": lambda event: str(event.recorded_by or ""),
        "Remark": lambda event: ", ".join(_remarks(event)),
    }
    list_before_template = "consent/ledger_top.html"
    list_display = ["said_at", "who", "kind", "said", "method", "obtained_by", "recorded_by", "remark"]
    list_display_links = ["said_at"]
    list_filter = ["kind", "decision", "method"]
    list_filter_submit = True
    list_select_related = ["patient", "recorded_by"]
    search_fields = ["patient__search_name", "patient__mrn"]
    search_help_text = "A patient’s name or chart number."

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

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One line with everything it says; there is nothing to change."""
        if request.method not in READING or not request.user.has_perm(LOOK):
            raise PermissionDenied
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            raise Http404
        related = ("patient", "recorded_by", "on_behalf_of", "wording", "document", "response", "supersedes",
                   "contradicts", "superseded_by")  # fmt: skip
        event = get_object_or_404(ConsentEvent.objects.select_related(*related), pk=object_id)
        return self.show(
            request, "consent/line.html", str(event),
            event=event, tone=TONES[event.decision], facts=_facts(event), chain=_chain(event),
            disclosures=[(words, event.disclosures.get(name)) for name, words in APCM_DISCLOSURES.items()]
            if event.disclosures else [],
        )  # fmt: skip

    @page("standing/<int:patient_id>/", look=LOOK)
    def standing(self, request, patient_id: int):
        """What was in force on a day: each ledger with the line it rests on."""
        chart = get_object_or_404(Patient.charts.select_related("merged_into"), pk=patient_id)
        patient, practice = chart.merged_into or chart, Practice.current()
        form = DayForm({"day": request.GET.get("day") or practice.today()}, label_suffix="")
        day = form.cleaned_data["day"] if form.is_valid() else practice.today()
        moment = min(datetime.combine(day, END_OF_DAY, ZoneInfo(practice.time_zone)), clock.now())
        rows = [
            (ConsentEvent.Kind(kind).label, told, TONES.get(told.state, ""))
            for kind, told in standings_at(patient, moment).items()
        ]
        return self.show(
            request, "consent/standing.html", "What was in force", patient=patient, form=form, moment=moment, rows=rows
        )

    @page("scan/<int:document_id>/", look=LOOK)
    def scan(self, request, document_id: int):
        """The file as it came, in a box in which nothing of it can run."""
        document = get_object_or_404(Document, pk=document_id)
        record_look(document, by=request.user)
        where = "inline" if document.media_type in SHOWN_IN_PLACE else "attachment"
        name = f"scan-{document.pk}.{ENDINGS.get(document.media_type, 'bin')}"
        return HttpResponse(
            document.content(),
            content_type=document.media_type if document.media_type in ENDINGS else "application/octet-stream",
            headers={
                "Content-Disposition": f'{where}; filename="{name}"',
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )


def _remarks(event: ConsentEvent) -> list[str]:
    found = {
        "replaced later": event.replaced,
        "replaces an earlier line": event.supersedes_id,
        "contradicts an earlier answer": event.contradicts_id,
        "late entry": event.is_late_entry,
        "decided by somebody else": event.given_by,
        "with scan": event.document_id,
    }
    return [words for words, holds in found.items() if holds]


def _facts(event: ConsentEvent) -> list[tuple[str, str]]:
    """Every field in words, without what is empty."""
    kind = event.get_authority_kind_display()
    who = ", ".join(filter(None, (event.given_by, event.relation))) if event.given_by else "The patient"
    practitioner = event.on_behalf_of
    facts = [
        ("Said", date_format(localtime(event.occurred_at), "m/d/Y, g:i A")),
        ("How", event.get_method_display()),
        ("Recorded", date_format(localtime(event.recorded_at), "m/d/Y, g:i A")),
        ("Recorded by", str(event.recorded_by or "The program, from a form answer or a text")),
        ("Decided by", who),
        ("Authority", ": ".join(filter(None, (kind, event.authority)))),
        ("Obtained by", event.obtained_by),
        ("Witness", event.witness),
        ("Identity", " and ".join(IDENTIFIERS.get(check, check).lower() for check in event.identity_checks)),
        ("Number called", shown(event.number_called) if event.number_called else ""),
        ("Language", event.get_language_display()),
        ("Interpreter", event.interpreter),
        ("Practitioner", f"{practitioner.name}, NPI {practitioner.npi}" if practitioner else ""),
        ("Effective", _effective(event)),
        ("Note", event.note),
    ]
    return [(name, words) for name, words in facts if words]


def _effective(event: ConsentEvent) -> str:
    if event.effective_on is None:
        return ""
    day = f"{event.effective_on:%m/%d/%Y}"
    return f"The yes counts until the end of {day}" if event.kind == ConsentEvent.Kind.APCM else f"On {day}"


def _chain(event: ConsentEvent) -> list[tuple[str, ConsentEvent]]:
    """What it has to do with other lines: (words, the other line)."""
    chain = [
        ("Replaced by", getattr(event, "superseded_by", None)),
        ("Replaces", event.supersedes),
        ("Contradicts", event.contradicts),
        *(("Contradicted by", line) for line in event.contradicted_by.order_by("occurred_at")),
    ]
    return [(words, line) for words, line in chain if line]
