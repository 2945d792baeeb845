"""The practice profile: one page, changed by administrators, seen by everybody."""

from zoneinfo import ZoneInfo

import holidays
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from consent.form_link import BadSample, personal_links, read_sample
from consent.redirect_page import FILENAME, redirect_page
from explorer.lib.models import DAYS, Practice
from explorer.lib.pages import PracticeAdmin, page
from outreach.hours import Window, beyond_the_rules
from outreach.planning import SAMPLE_CODE
from patients.phones import BadPhone, read_phone
from patients.practice import change_practice

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ZONES = {
    "America/New_York": "Eastern", "America/Chicago": "Central", "America/Denver": "Mountain",
    "America/Phoenix": "Arizona", "America/Los_Angeles": "Pacific", "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii", "America/Puerto_Rico": "Puerto Rico",
}  # fmt: skip


US_DATE, US_TIME = "%m/%d/%Y", "%I:%M %p"


def clock_time(label: str, help_text: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget,
        input_formats=[US_TIME, "%I %p", "%I:%M%p", "%I%p", "%H:%M", "%H:%M:%S"],
        error_messages={"invalid": "Write the time as 9:00 AM."},
    )


class PracticeForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget, help_text="Times on every page are shown in this zone."
    )
    texting_start = clock_time("Texts from", "As 9:00 AM. No text goes out earlier, patient’s time.")
    texting_end = clock_time("Texts until", "As 8:00 PM. No text goes out later, patient’s time.")
    call_start = clock_time("Calls from", "As 9:00 AM. Nobody is called earlier, patient’s time.")
    call_end = clock_time("Calls until", "As 7:00 PM. Nobody is called later, patient’s time.")
    texting_days = forms.MultipleChoiceField(
        label="Texting days",
        choices=list(zip(DAYS, DAY_NAMES, strict=True)),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": "Tick at least one day. The red button on Campaigns stops all texts."},
    )

    class Meta:
        model = Practice
        fields = (
            "name", "doctor", "phone", "time_zone", "state", "transition_date",
            "old_practice", "new_practice", "texting_start", "texting_end", "texting_days",
            "texts_per_campaign", "segment_price", "segment_price_on", "texting_basis", "text_unmatched",
            "confirm_stops",
            "call_start", "call_end", "calls_at_most", "hours_between_calls", "spruce_calls_from",
            "form_sample_url", "short_link_base", "mail_address", "code_days", "keep_raw_days", "backup_folder",
        )  # fmt: skip
        labels = {
            "texting_basis": "Why listed numbers may be texted",
            "text_unmatched": "Also text numbers without a Spruce contact",
            "confirm_stops": "Confirm each STOP by one text",
            "form_sample_url": "The form’s sample link",
            "short_link_base": "Your redirect page",
            "backup_folder": "Folder for backups off this PC",
            "code_days": "Days a personal code is good for",
            "keep_raw_days": "Days that files are kept",
            "segment_price": "Price of one part, in dollars",
            "segment_price_on": "Price looked up on",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        zone = self.instance.time_zone
        if "time_zone" in self.fields:
            self.fields["time_zone"].choices = list(({zone: zone} | ZONES).items())
        self.initial["texting_days"] = self.instance.texting_days.split(",")
        for name in ("texting_start", "texting_end", "call_start", "call_end"):
            self.initial[name] = f"{getattr(self.instance, name):{US_TIME}}".lstrip("0")
        for name in {"transition_date", "segment_price_on"} & self.fields.keys():
            day = self.fields[name]
            day.input_formats, day.widget.format = [US_DATE, "%Y-%m-%d"], US_DATE
            day.help_text = f"{day.help_text.rstrip('.')}, as 01/31/2027."
            day.error_messages["invalid"] = "Write the date as 01/31/2027."

    def clean_spruce_calls_from(self) -> str:
        return self.clean_phone("spruce_calls_from")

    def clean_phone(self, name: str = "phone") -> str:
        text = self.cleaned_data[name].strip()
        try:
            if text:
                read_phone(text)
        except BadPhone as problem:
            raise ValidationError(str(problem)) from None
        return text

    def clean_time_zone(self) -> str:
        return ZoneInfo(self.cleaned_data["time_zone"]).key

    def clean_state(self) -> str:
        state = self.cleaned_data["state"].strip().upper()
        if state not in holidays.US.subdivisions:
            raise ValidationError("Write the state with its two letters, as AL.")
        return state

    def clean_texting_days(self) -> str:
        return ",".join(day for day in DAYS if day in self.cleaned_data["texting_days"])

    def clean_form_sample_url(self) -> str:
        url = self.cleaned_data["form_sample_url"].strip()
        try:
            if url:
                read_sample(url)
        except BadSample as problem:
            raise ValidationError(str(problem)) from None
        return url

    def clean_mail_address(self) -> str:
        lines = [" ".join(line.split()) for line in self.cleaned_data["mail_address"].splitlines()]
        lines = [line for line in lines if line]
        if len(lines) > 3:
            raise ValidationError("Write the address in three lines or fewer.")
        return "\n".join(lines)

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("texting_start"), cleaned.get("texting_end")
        if start and end and start >= end:
            self.add_error("texting_end", "The texting hours must start before they end, as 09:00 to 20:00.")
        start, end = cleaned.get("call_start"), cleaned.get("call_end")
        if start and end and start >= end:
            self.add_error("call_end", "The calling hours must start before they end, as 09:00 to 19:00.")
        return cleaned


@admin.register(Practice)
class PracticeProfileAdmin(PracticeAdmin):
    form = PracticeForm
    change_form_before_template = "explorer/profile_top.html"

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("floor.change_practice")

    def changelist_view(self, request, extra_context=None):
        """There is one practice: the list leads to it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect("admin:floor_practice_change", 1)

    def get_fieldsets(self, request, obj=None):
        days = "texting_days" if self.has_change_permission(request, obj) else "shown_days"
        return [
            ("The practice", {"fields": [("name", "doctor"), ("phone", "state"), "mail_address", "time_zone"]}),
            ("The move", {"fields": ["transition_date", ("old_practice", "new_practice")]}),
            (
                "Texting",
                {
                    "fields": [("texting_start", "texting_end"), days, "texts_per_campaign",
                               "texting_basis", "text_unmatched", "confirm_stops",
                               ("segment_price", "segment_price_on")],
                    "description": "Nothing goes out outside these hours, nor outside the law’s, "
                    "in the time of the patient’s own place.",
                },
            ),
            (
                "Calls",
                {
                    "fields": [("call_start", "call_end"), ("calls_at_most", "hours_between_calls"),
                               "spruce_calls_from"],
                    "description": "Staff may go on all the same with a reason, which is kept with the call.",
                },
            ),
            (
                "The form",
                {
                    "fields": ["form_sample_url", "short_link_base", "code_days"],
                    "description": "Every patient gets a personal link made from this one.",
                },
            ),
            ("Stored files", {"fields": ["keep_raw_days", "backup_folder"]}),
        ]  # fmt: skip

    @page("redirect-page/", look="floor.view_practice")
    def redirect_page(self, request):
        """The file to put on the practice's own web site."""
        try:
            content = redirect_page(request.practice)
        except BadSample as problem:
            messages.error(request, str(problem))
            return redirect("admin:floor_practice_change", 1)
        attached = {"Content-Disposition": f'attachment; filename="{FILENAME}"'}
        return HttpResponse(content, content_type="text/html; charset=utf-8", headers=attached)

    @admin.display(description="Texting days")
    def shown_days(self, practice) -> str:
        return ", ".join(DAY_NAMES[DAYS.index(day)] for day in practice.texting_days.split(","))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        stored = request.practice
        context |= {"title": "Practice profile", "subtitle": None, "sample_link": sample_link(stored),
                    "warnings": warnings_about(stored)}  # fmt: skip
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, practice, form, change) -> None:
        change_practice({name: form.cleaned_data[name] for name in form.changed_data}, by=request.user)

    def response_change(self, request, practice):
        messages.success(request, "Saved.")
        return redirect("admin:floor_practice_change", 1)


def warnings_about(practice: Practice) -> list[str]:
    """Texting hours wider than the law's, as sentences."""
    window = Window(practice.texting_start, practice.texting_end, practice.texting_weekdays)
    return beyond_the_rules(window, practice.state, practice.today())


def sample_link(practice: Practice) -> str:
    """What a patient's link looks like, with a code of zeros; empty where there is no usable sample."""
    try:
        return personal_links(practice).link_for(SAMPLE_CODE)
    except BadSample:
        return ""
