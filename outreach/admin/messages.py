"""The ledger of texts, read-only, and the words new campaigns begin with."""

from operator import attrgetter

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django.utils.timezone import localtime
from unfold.decorators import display

from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.slim import SlimRows
from outreach import go_facts, planning, segments, wording
from outreach.actions import recovering
from outreach.admin.campaign_facts import badge
from outreach.models import Message, Reply, TextTemplate
from outreach.why import why_of_text
from patients.admin.exporting import ExportPages
from patients.phones import display as as_written


@admin.register(Message)
class MessageAdmin(ExportPages, SlimRows, PracticeAdmin):
    export_name = "Texts"
    export_columns = {
        "Time": lambda message: message.first_attempt_at or message.due_at,
        "State": lambda message: message.get_state_display(),
        "Kind": lambda message: message.get_kind_display(),
        "Campaign": lambda message: str(message.campaign or ""),
        "Step": lambda message: str(message.step or ""),
        "Number": attrgetter("phone"),
        "MRNs": lambda message: ", ".join(sorted(patient.mrn for patient in message.patients.all())),
        "Parts": attrgetter("segments"),
        "Taken by Spruce": attrgetter("accepted_at"),
        "Confirmed": attrgetter("confirmed_at"),
        "Reason": attrgetter("reason"),
    }
    list_display = ["when", "standing", "what", "number", "segments", "reason"]
    list_filter = ["state", "campaign", "kind"]
    list_select_related = ["campaign", "step"]
    search_fields = ["phone__endswith"]
    search_help_text = "The last four digits of the number"
    ordering = ["-pk"]

    def export_rows(self, request):
        texts, what = super().export_rows(request)
        return texts.prefetch_related("patients"), what

    @display(description="Time", ordering="first_attempt_at")
    def when(self, message):
        at = message.first_attempt_at or message.due_at
        return f"{localtime(at):%m/%d/%Y %I:%M %p}"

    @display(description="State", ordering="state")
    def standing(self, message):
        return badge(message.get_state_display(), message.state)

    @display(description="Text")
    def what(self, message):
        return f"{message.campaign}: {message.step}" if message.campaign_id else message.get_kind_display()

    @display(description="Number")
    def number(self, message):
        return f"…{message.phone[-4:]}"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        wanted = Message.objects.select_related(
            "campaign__launched_by", "step", "invitation", "planned_by", "settled_by"
        )
        message = wanted.filter(pk=object_id).first() if object_id.isdecimal() else None
        if message is None:
            raise Http404
        if not self.has_view_permission(request, message):
            raise PermissionDenied
        return self.show(
            request, "outreach/message_detail.html", f"Text to …{message.phone[-4:]}",
            message=message, number=as_written(message.phone),
            badge=badge(message.get_state_display(), message.state),
            patients=message.patients.order_by("last_name", "first_name"), evidence=_evidence(message),
            why=why_of_text(message, request.practice),
        )  # fmt: skip

    @page("<int:pk>/settle/", look="", act="outreach.change_message")
    def settle(self, request, pk: int):
        """A person looked in Spruce: it went out, or it did not."""
        message = get_object_or_404(Message, pk=pk)
        went_out = {"yes": True, "no": False}.get(request.POST.get("went_out"))
        if went_out is None:
            raise Http404
        try:
            recovering.settle(message, went_out=went_out, by=request.user)
        except Message.DoesNotExist:
            messages.error(request, "This text is settled already. See below how.")
        else:
            messages.success(request, f"Noted: the text {'went' if went_out else 'did not go'} out.")
        return redirect("admin:outreach_message_change", message.pk)


def _evidence(message: Message) -> dict:
    """What we know about a text whose outcome is not known."""
    if message.state != Message.State.UNCERTAIN:
        return {}
    replies = Reply.objects.filter(phone=message.phone, received_at__gte=message.first_attempt_at)
    others = Message.objects.filter(phone=message.phone).exclude(pk=message.pk)
    return {"replies": replies.order_by("received_at")[:5], "others": others.select_related("step")[:5]}


class TextTemplateForm(forms.ModelForm):
    def clean_body(self) -> str:
        body = self.cleaned_data["body"].strip()
        try:
            found = planning.findings(body, Practice.current())
        except planning.NoLink as problem:
            raise forms.ValidationError(str(problem)) from None
        errors = [finding.sentence for finding in found if finding.level == "error"]
        if errors:
            raise forms.ValidationError(errors)
        self.warnings = [finding.sentence for finding in found]
        return body


@admin.register(TextTemplate)
class TextTemplateAdmin(PracticeAdmin):
    list_display = ["__str__", "body", "approved"]
    list_before_template = "outreach/template_tools.html"
    form = TextTemplateForm
    fields = ["body", "preview"]
    readonly_fields = ["preview"]

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("outreach.change_texttemplate")

    @display(description="Approved by")
    def approved(self, template):
        approval = go_facts.approval_for(template, go_facts.approvals_of([template.body]))
        return str(approval.approved_by) if approval else "nobody yet"

    @display(description="As it goes out")
    def preview(self, template):
        practice = Practice.current()
        try:
            text = wording.render(template.body, planning.merge_values(practice, planning.SAMPLE_CODE))
        except (planning.NoLink, wording.BadTemplate) as problem:
            return str(problem)
        size = segments.measure(text)
        return format_html('<div class="pe-text">{}</div>{} parts, {}', text, size.parts, size.encoding)

    def save_model(self, request, obj, form, change) -> None:
        if "body" in form.changed_data:
            obj.author = request.user
        super().save_model(request, obj, form, change)
        for warning in form.warnings:
            messages.warning(request, warning)
