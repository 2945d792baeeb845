from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.utils.crypto import get_random_string

from consent import intake, settling
from consent.models import ConsentEvent, Response
from explorer.lib.keys import decrypt, encrypt
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.tables import UPLOAD, UnreadableTable
from patients.models import Patient
from patients.phones import display as shown

Outcome, Kind = Response.Outcome, ConsentEvent.Kind
KEEP_UPLOAD = int(timedelta(minutes=30).total_seconds())
LISTED = 50  # rows of each outcome on the check page
MOST_FOUND = 6
TABS = {
    Outcome.REVIEW: "Needs review",
    Outcome.APPLIED: "Applied",
    Outcome.DUPLICATE: "Seen before",
    Outcome.REJECTED: "Cannot be used",
}
BADGES = {Outcome.REVIEW: "warn", Outcome.APPLIED: "good", Outcome.REJECTED: "bad"}
PARTS = {"code": "Personal code", "dob": "Date of birth", "name": "Name"}
JUDGED = {
    "right": ("good", "right"),
    "repaired": ("warn", "had a slip; only one code fits"),
    "missing": ("bad", "not given"),
    "wrong": ("bad", "not the likeliest patient’s"),
    "another": ("bad", "another patient’s"),
    "unknown": ("bad", "not a code of ours"),
    "expired": ("warn", "was too old when it was used"),
    "revoked": ("bad", "had been withdrawn"),
    "early": ("bad", "used before it was issued"),
    "undated": ("warn", "cannot be dated"),
    "unreadable": ("bad", "cannot be read"),
    "differ": ("bad", "two different ones were typed"),
}
SAID = {
    "yes": "Yes",
    "no": "No",
    "not_applicable": "Does not apply",
    "more_information": "Wants more information: call",
    "unclear": "Not clear",
    "blank": "Not answered",
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Export of the form",
        help_text="In Microsoft Forms choose Responses, then Open in Excel. Upload that file as it is.",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": "Choose the export of the form, a file of at most 10 MB."},
    )


class DismissForm(forms.Form):
    note = forms.CharField(label="Why can it not be used?", max_length=300, help_text="As: a test by the front desk.")


@admin.register(Response)
class ResponseAdmin(PracticeAdmin):
    @page("", look="consent.view_response")
    def answers(self, request):
        outcome = request.GET.get("outcome")
        outcome = outcome if outcome in TABS else Outcome.REVIEW
        counted = dict(Response.objects.order_by().values_list("outcome").annotate(Count("pk")))
        found = Response.objects.filter(outcome=outcome).select_related("patient", "likely", "file")
        return self.show(
            request,
            "consent/response_list.html",
            "Form answers",
            outcome=outcome,
            tabs=[(value, label, counted.get(value, 0)) for value, label in TABS.items()],
            listed=Paginator(found, 25).get_page(request.GET.get("p")),
            may_import=request.user.has_perm("consent.import_response"),
        )

    @page("<int:response_id>/change/", look="consent.view_response")
    def review(self, request, response_id: int):
        response = get_object_or_404(Response.objects.select_related("file", "patient", "decided_by"), pk=response_id)
        may_decide = request.user.has_perm("consent.decide_response") and _is_open(response)
        words = request.GET.get("q", "").strip() if may_decide else ""
        return self.show(
            request,
            "consent/response_review.html",
            "Form answer",
            response=response,
            badge=BADGES.get(response.outcome, ""),
            judged=_judged(response.identity),
            decisions=_decisions(response.decisions),
            candidates=_people(response.candidates),
            words=words,
            found=_people(_search(words)) if words else [],
            events=response.consent_events.order_by("kind"),
            may_decide=may_decide,
        )

    @page(
        "<int:response_id>/apply/<int:patient_id>/",
        look="consent.decide_response",
        act="consent.decide_response",
    )
    def apply(self, request, response_id: int, patient_id: int):
        """What the answer would write for this patient; written when confirmed."""
        response = get_object_or_404(Response.objects.select_related("file"), pk=response_id)
        patient = get_object_or_404(Patient, pk=patient_id)
        if request.method == "POST" and _applied(request, response, patient):
            return redirect("admin:consent_response_changelist")
        lines, problem = _foreseen(response, patient, request.user)
        return self.show(
            request,
            "consent/response_apply.html",
            "Apply this answer",
            response=response,
            person=_people([patient.pk])[0],
            judged=_judged(response.identity) if response.candidates[:1] == [patient.pk] else [],
            lines=lines,
            problem=problem,
            is_open=_is_open(response),
        )

    @page("<int:response_id>/dismiss/", look="consent.decide_response", act="consent.decide_response")
    def dismiss(self, request, response_id: int):
        response = get_object_or_404(Response, pk=response_id)
        form = DismissForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            try:
                settling.dismiss(response, by=request.user, note=form.cleaned_data["note"])
                messages.success(request, "Noted that this answer cannot be used. Nothing was written.")
            except settling.Decided as problem:
                messages.error(request, str(problem))
            return redirect("admin:consent_response_changelist")
        return self.show(
            request,
            "consent/response_dismiss.html",
            "This answer cannot be used",
            response=response,
            form=form,
        )

    @page("upload/", look="consent.import_response", act="consent.import_response")
    def upload(self, request):
        form = UploadForm(request.POST or None, request.FILES or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            content = file.read(UPLOAD.max_bytes + 1)
            try:
                intake.review_export(content, file.name, limits=UPLOAD)
            except UnreadableTable as problem:
                form.add_error("file", str(problem))
            else:
                return redirect("admin:consent_response_look_over", _keep(content, file.name, request.user))
        return self.show(request, "consent/response_upload.html", "Take in form answers", form=form)

    @page("upload/<slug:upload>/", look="consent.import_response", act="consent.import_response")
    def look_over(self, request, upload: str):
        """What an uploaded export would do; taken in when confirmed."""
        kept = cache.get(_key(upload))
        if not kept or kept["by"] != request.user.pk:
            messages.error(request, "The file is no longer kept. Choose it again.")
            return redirect("admin:consent_response_upload")
        content = decrypt(kept["content"], "uploads")
        review = intake.review_export(content, kept["filename"], limits=UPLOAD)
        if request.method == "POST":
            intake.take_in(review, content=content, by=request.user)
            cache.delete(_key(upload))
            messages.success(request, f"Taken in: {_told(review.counts)}.")
            return redirect("admin:consent_response_changelist")
        return self.show(
            request,
            "consent/response_check.html",
            "Check before the answers are taken in",
            review=review,
            groups=_groups(review),
        )


def _key(upload: str) -> str:
    return f"forms-export-{upload}"


def _keep(content: bytes, filename: str, user) -> str:
    """Keeps an upload, encrypted, until it is confirmed; returns the id to find it by."""
    upload = get_random_string(32)
    kept = {"content": encrypt(content, "uploads"), "filename": filename, "by": user.pk}
    cache.set(_key(upload), kept, KEEP_UPLOAD)
    return upload


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[outcome]} {label.lower()}" for outcome, label in TABS.items())


def _groups(review: intake.Review) -> list[dict]:
    names = dict(
        Patient.objects.filter(pk__in={pk for judged in review.rows for pk in judged.candidates[:1]})
        .values_list("pk", "mrn")
    )  # fmt: skip
    groups = []
    for outcome, label in TABS.items():
        rows = [judged for judged in review.rows if judged.outcome == outcome]
        listed = [
            {
                "row": judged.row,
                "mrn": names.get(judged.candidates[0], "") if judged.candidates else "",
                "reasons": [reason.words for reason in judged.reasons],
            }
            for judged in rows[:LISTED]
        ]
        badge = BADGES.get(outcome, "")
        groups.append({"label": label, "badge": badge, "count": len(rows), "rows": listed})
    return groups


def _is_open(response: Response) -> bool:
    return response.outcome == Outcome.REVIEW and response.decided_at is None


def _judged(identity: dict) -> list[tuple[str, str, str]]:
    """(what, badge, words) for code, date of birth and name."""
    return [(what, *JUDGED.get(identity[part], ("", identity[part]))) for part, what in PARTS.items()
            if part in identity]  # fmt: skip


def _decisions(decisions: dict) -> list[tuple[str, str]]:
    asked = [kind for kind in Kind.values if kind in decisions]
    return [(Kind(kind).label, SAID.get(decisions[kind], decisions[kind])) for kind in asked]


def _search(words: str) -> list[int]:
    return list(Patient.objects.search(words).values_list("pk", flat=True)[:MOST_FOUND])


def _people(pks: list[int]) -> list[dict]:
    """In the order given, with the numbers to show beside the name."""
    patients = Patient.objects.prefetch_related("phones").in_bulk(pks)
    return [
        {
            "patient": patients[pk],
            "phones": [shown(phone.e164) for phone in patients[pk].phones.all() if not phone.retired_at],
        }
        for pk in pks
        if pk in patients
    ]


def _foreseen(response: Response, patient: Patient, user) -> tuple[list[ConsentEvent], str]:
    """The lines that applying would write, or what stands against it."""
    try:
        return settling.foreseen(response, patient=patient, by=user), ""
    except ValidationError as problem:
        return [], " ".join(problem.messages)


def _applied(request, response: Response, patient: Patient) -> bool:
    note = request.POST.get("note", "").strip()[:300]
    try:
        settling.decide(response, patient=patient, by=request.user, note=note)
    except settling.Decided as problem:
        messages.error(request, str(problem))
        return True
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return False
    messages.success(request, "The answer is applied. Its decisions are in the ledger.")
    return True
