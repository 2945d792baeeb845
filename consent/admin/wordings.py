"""The texts that patients read or hear: their versions, what they lack, who approved them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from unfold.decorators import display

from consent.actions import wordings as acts
from consent.models import ConsentEvent, ResponseFile, Wording
from consent.wordings import filling
from consent.wordings.changes import changes
from consent.wordings.elements import check, missing, warnings
from consent.wordings.forms import ApprovalForm, WordingForm
from consent.wordings.signs import LANGUAGES
from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin, page

SAMPLE = {"patient": "Ada Testwood", "new_address": "100 Main Street, Birmingham, AL 35205"}
STANDS = {"Approved": "success", "To be approved by counsel": "warning", "Retired": "danger"}


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request, model_admin):
        return [("open", "To be approved by counsel"), ("approved", "Approved"), ("retired", "Retired")]

    def queryset(self, request, queryset):
        return {
            "open": queryset.in_force().filter(approved_on=None),
            "approved": queryset.in_force().exclude(approved_on=None),
            "retired": queryset.exclude(retired_at=None),
        }.get(self.value(), queryset)


@admin.register(Wording)
class WordingAdmin(PracticeAdmin):
    list_before_template = "consent/wording_top.html"
    list_display = ["what", "language", "version", "stands", "lacks", "used_since", "short_hash"]
    list_display_links = ["what"]
    list_filter = ["kind", "language", StateFilter]
    list_filter_submit = True
    list_select_related = []

    @display(description="Wording", ordering="kind")
    def what(self, wording):
        return wording.get_kind_display()

    @display(description="State", label=STANDS)
    def stands(self, wording):
        return stands(wording)

    @display(description="Lacks")
    def lacks(self, wording):
        if wording.language not in LANGUAGES:
            return "not read"
        return len(missing(wording.kind, wording.language, wording.text)) or "nothing"

    @display(description="Used since", ordering="used_at")
    def used_since(self, wording):
        return date_format(localtime(wording.used_at), "m/d/Y") if wording.used_at else "not yet"

    @display(description="Hash")
    def short_hash(self, wording):
        return format_html('<span class="pe-code">{}</span>', wording.sha256[:10])

    def change_view(self, request, object_id, form_url="", extra_context=None):
        wording = self.get_object(request, object_id)
        if wording is None:
            raise Http404
        if not self.has_view_permission(request, wording):
            raise PermissionDenied
        before = Wording.objects.filter(
            kind=wording.kind, language=wording.language, version__lt=wording.version
        ).first()
        return self.show(
            request,
            "consent/wording.html",
            str(wording),
            wording=wording,
            stands=stands(wording),
            before=before,
            changes=changes(before.text, wording.text) if before else [],
            decisions=ConsentEvent.objects.filter(wording=wording).count(),
            files=ResponseFile.objects.filter(wording=wording).count(),
            newer=Wording.objects.filter(
                kind=wording.kind, language=wording.language, version__gt=wording.version
            ).first(),
            **_reading(wording.kind, wording.language, wording.text),
        )

    @page("<int:wording_id>/next/", look="consent.add_wording", act="consent.add_wording")
    def next(self, request, wording_id: int):
        """A new version that begins as a copy of this one, in this or in another language."""
        base = get_object_or_404(Wording, pk=wording_id)
        form = WordingForm(request.POST or None, initial=_typed(base) | {"valid_from": Practice.current().today()})
        told = form.cleaned_data if request.method == "POST" and form.is_valid() else {}
        number = acts.next_number(base.kind, told["language"]) if told else 0
        if told and "save" in request.POST:
            made = self._done(
                request,
                form,
                lambda: acts.write_version(
                    kind=base.kind, number=_number(request.POST.get("number")), by=request.user, **told
                ),
            )
            if made:
                messages.success(request, f"Saved as version {made.version}. It is to be approved by counsel.")
                return redirect("admin:consent_wording_change", made.pk)
        return self._editor(request, form, base, f"New version of: {base.get_kind_display()}", number=number)

    @page("<int:wording_id>/edit/", look="consent.add_wording", act="consent.add_wording")
    def edit(self, request, wording_id: int):
        """Only while nobody has used or approved it."""
        base = get_object_or_404(Wording, pk=wording_id)
        if base.is_sealed:
            messages.info(request, "This version is in use or approved and stays as it is: write a new version.")
            return redirect("admin:consent_wording_change", base.pk)
        form = WordingForm(request.POST or None, initial=_typed(base), fixed_language=True)
        told = form.cleaned_data if request.method == "POST" and form.is_valid() else {}
        seen = request.POST.get("seen", base.sha256)
        if told and "save" in request.POST:
            made = self._done(request, form, lambda: acts.rewrite(base, seen=seen, by=request.user, **told))
            if made:
                messages.success(request, "Saved. It is to be approved by counsel.")
                return redirect("admin:consent_wording_change", made.pk)
        return self._editor(request, form, base, f"Edit: {base}", number=base.version if told else 0, seen=seen)

    def _editor(self, request, form, base: Wording, title: str, *, number: int, seen: str = ""):
        """The form; once it was checked and until "change", what would be saved and what it lacks."""
        ready = number and form.is_valid() and "change" not in request.POST
        told = form.cleaned_data if ready else {}
        language = told.get("language", base.language)
        return self.show(
            request,
            "consent/wording_edit.html",
            title,
            base=base,
            form=form,
            number=number if ready else 0,
            seen=seen,
            places=filling.PLACES.items(),
            told=told,
            language=Wording.Language(language).label,
            changes=changes(base.text, told["text"]) if ready and language == base.language else [],
            **(_reading(base.kind, language, told["text"]) if ready else {}),
        )

    @page("<int:wording_id>/approve/", look="consent.approve_wording", act="consent.approve_wording")
    def approve(self, request, wording_id: int):
        wording = get_object_or_404(Wording, pk=wording_id)
        form = ApprovalForm(request.POST or None, initial={"on": Practice.current().today()})
        if request.method == "POST" and form.is_valid():
            told = {name: form.cleaned_data[name] for name in ("counsel", "on", "note")}
            seen = request.POST.get("seen", "")
            if self._done(request, form, lambda: acts.approve(wording, seen=seen, by=request.user, **told)):
                messages.success(request, "The approval is recorded. From now on this version cannot be changed.")
                return redirect("admin:consent_wording_change", wording.pk)
        return self.show(
            request,
            "consent/wording_approve.html",
            "Record counsel’s approval",
            wording=wording,
            form=form,
            **_reading(wording.kind, wording.language, wording.text),
        )

    @page("<int:wording_id>/retire/", look="consent.retire_wording", act="consent.retire_wording")
    def retire(self, request, wording_id: int):
        wording = get_object_or_404(Wording, pk=wording_id)
        if request.method == "POST":
            acts.retire(wording, by=request.user)
            messages.success(request, "Retired. No new decision will rest on it; what rests on it stays.")
            return redirect("admin:consent_wording_change", wording.pk)
        others = Wording.objects.in_force().filter(kind=wording.kind, language=wording.language)
        alone = not others.exclude(pk=wording.pk).exists()
        return self.show(request, "consent/wording_retire.html", "Retire this wording", wording=wording, alone=alone)

    def _done(self, request, form, act) -> Wording | None:
        """What the act returns; None where it refused, with its sentences on the form."""
        try:
            return act()
        except ValidationError as problem:
            form.add_error(None, problem.messages)
            return None


def stands(wording: Wording) -> str:
    if wording.retired_at:
        return "Retired"
    return "Approved" if wording.approved_on else "To be approved by counsel"


def _reading(kind: str, language: str, text: str) -> dict:
    """What the check found, and how the text reads with today's profile."""
    facts = filling.profile_facts(Practice.current())
    findings = check(kind, language, text)
    try:
        filled, unfilled = filling.fill(text, SAMPLE | facts, language), ""
    except ValidationError as problem:
        filled, unfilled = "", problem.messages[0]
    return {
        "findings": findings,
        "lacking": sum(finding.state == "missing" for finding in findings),
        "warnings": warnings(kind, language, text),
        "filled": filled,
        "unfilled": unfilled,
    }


def _typed(wording: Wording) -> dict:
    return {name: getattr(wording, name) for name in ("language", "title", "text", "valid_from")}


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
