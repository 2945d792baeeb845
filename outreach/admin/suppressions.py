"""The numbers that get no text: the list, and the proof for an auditor."""

import io
from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from unfold.decorators import display

from explorer.lib import clock
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.tables import write_csv
from outreach import stop_proof
from outreach.actions import replies
from outreach.models import Suppression
from patients.actions import record_export
from patients.phones import BadPhone, read_phone
from patients.phones import display as shown

Channel, Reason = Suppression.Channel, Suppression.Reason
WHEN = "m/d/Y, g:i A"
FOR_A_BROWSER = "%Y-%m-%dT%H:%M"
PER_PAGE = 25
LITTLE_AHEAD = timedelta(minutes=2)  # a form gives whole minutes
EXPORT = "patients.export_patient"
TOLD_TO_STAFF = [
    (Channel.PHONE.value, "The owner told us by phone"),
    (Channel.LETTER.value, "By letter or form"),
    (Channel.IN_PERSON.value, "In person"),
    (Channel.STAFF.value, "Nobody asked; we decided it"),
]


class StopForm(forms.Form):
    number = forms.CharField(
        label="Phone number",
        max_length=40,
        help_text="As 205-555-0100.",
        widget=forms.TextInput(attrs={"autofocus": True}),
    )

    channel = forms.ChoiceField(
        label="How do we know?", choices=TOLD_TO_STAFF, required=False, initial=Channel.PHONE.value
    )
    said_at = forms.DateTimeField(
        label="When was it said?",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FOR_A_BROWSER),
        input_formats=[FOR_A_BROWSER, "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %I:%M %p"],
        help_text="Empty: now. The law counts from this moment.",
    )
    words = forms.CharField(
        label="What was said?",
        max_length=300,
        required=False,
        help_text="In the owner’s words, as: please no more texts. Nothing about health.",
    )

    def clean_number(self) -> str:
        try:
            return read_phone(self.cleaned_data["number"]).e164
        except BadPhone as problem:
            raise ValidationError(str(problem)) from None

    def clean_said_at(self):
        said = self.cleaned_data["said_at"] or clock.now()
        if said > clock.now() + LITTLE_AHEAD:
            raise ValidationError("This lies in the future.")
        return min(said, clock.now())


class LiftForm(forms.Form):
    because = forms.CharField(
        label="Why may this number be texted again?",
        max_length=200,
        help_text="As: the patient called on 12/08 and asked for texts again.",
    )


class InForceFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("in_force", "In force"), ("lifted", "Lifted")]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() == "in_force")


@admin.register(Suppression)
class SuppressionAdmin(PracticeAdmin):
    list_before_template = "outreach/reply_stop_top.html"
    list_display = ["number", "why", "said_at", "stopped_at", "said", "set_by", "state"]
    list_display_links = None
    list_filter = ["reason", InForceFilter]
    list_filter_submit = True
    list_select_related = ["reply", "set_by", "lifted_by"]
    ordering = ["lifted_at", "-effective_at"]
    search_fields = ["phone"]
    search_help_text = "A phone number or its last digits."

    def has_add_permission(self, request, *args) -> bool:
        return request.user.has_perm("outreach.add_suppression")

    def get_search_results(self, request, queryset, search_term):
        digits = "".join(filter(str.isdigit, search_term))
        return super().get_search_results(request, queryset, digits[-10:])

    def get_list_display(self, request):
        may_lift = request.user.has_perm("outreach.change_suppression")
        return [*self.list_display, "lifting"] if may_lift else self.list_display

    @display(description="Number", ordering="phone")
    def number(self, suppression):
        return format_html('<span class="pe-nowrap">{}</span>', shown(suppression.phone))

    @display(description="Reason", label={"Asked to stop": "danger"})
    def why(self, suppression):
        return suppression.get_reason_display()

    @display(description="Since", ordering="since")
    def said_at(self, suppression):
        return date_format(localtime(suppression.since), WHEN)

    @display(description="Stopped", ordering="effective_at")
    def stopped_at(self, suppression):
        return date_format(localtime(suppression.effective_at), WHEN)

    @display(description="What was said", empty_value="–")
    def said(self, suppression):
        return (suppression.reply.text if suppression.reply else suppression.words)[:120] or None

    @display(description="State", label={"In force": "danger", "Lifted": "success"})
    def state(self, suppression):
        return "Lifted" if suppression.lifted_at else "In force"

    @display(description="")
    def lifting(self, suppression):
        if suppression.lifted_at:
            return suppression.lifted_because
        url = f"{suppression.pk}/lift/"
        return format_html('<a class="underline" href="{}">Allow texts again …</a>', url)

    @page("add/", look="outreach.add_suppression", act="outreach.add_suppression")
    def add_number(self, request):
        form = StopForm(request.POST or None, label_suffix="", initial={"said_at": clock.now()})
        if request.method == "POST" and form.is_valid():
            number = form.cleaned_data["number"]
            messages.success(request, _stopped(number, form.cleaned_data, by=request.user))
            return redirect("admin:outreach_suppression_changelist")
        return self.show(request, "outreach/reply_stop_number.html", "Do not text a number", form=form)

    @page("<int:suppression_id>/lift/", look="outreach.change_suppression", act="outreach.change_suppression")
    def lift(self, request, suppression_id: int):
        stop = get_object_or_404(Suppression.objects.select_related("reply"), pk=suppression_id)
        if stop.lifted_at:
            messages.info(request, "Texts to this number are allowed again already.")
            return redirect("admin:outreach_suppression_changelist")
        form = LiftForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            replies.lift(stop, by=request.user, because=form.cleaned_data["because"])
            messages.success(request, f"{shown(stop.phone)} may be texted again. The reason is on record.")
            return redirect("admin:outreach_suppression_changelist")
        return self.show(
            request,
            "outreach/reply_lift.html",
            "Allow texts to this number again",
            stop=stop,
            number=shown(stop.phone),
            people=list(replies.patients_of(stop.phone).distinct()),
            form=form,
        )

    @page("proof/", look="outreach.view_suppression")
    def proof(self, request):
        """Each time somebody asked to stop, and that nothing went out afterwards."""
        found = stop_proof.proofs(request.practice)
        return self.show(
            request,
            "outreach/stop_proof.html",
            "Proof of stops",
            listed=(listed := Paginator(found, PER_PAGE).get_page(request.GET.get("p"))),
            rows=[{"proof": proof, "numbers": [shown(number) for number in proof.numbers],
                   "took": _in_words(proof.took.total_seconds())} for proof in listed],
            asked=len(found),
            sent_after=sum(proof.sent_after for proof in found),
            late=sum(not proof.in_time for proof in found),
            longest=_in_words(max((proof.took.total_seconds() for proof in found), default=0)),
            allowed=stop_proof.ALLOWED_DAYS,
            at=clock.now(),
            may_export=request.user.has_perm(EXPORT),
        )  # fmt: skip

    @page("proof.csv", look=EXPORT)
    def proof_file(self, request):
        found = stop_proof.proofs(request.practice)
        text = io.StringIO(newline="")
        write_csv(text, stop_proof.table(found, request.practice))
        record_export(of=Suppression, count=len(found), what="the proof of stops", by=request.user)
        return HttpResponse(
            text.getvalue().encode("utf-8-sig"),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="proof-of-stops.csv"'},
        )


def _stopped(number: str, told: dict, *, by) -> str:
    """Stops it, and every other number of an owner who asked; a sentence for the page."""
    facts = {"since": told["said_at"], "words": told["words"], "by": by}
    if told["channel"] in ("", Channel.STAFF):
        replies.suppress({number}, reason=Reason.STAFF, **facts)
        return f"{shown(number)} gets no more texts."
    stops = replies.stop_as_told(number, channel=told["channel"], **facts)
    return f"No more texts go to {', '.join(shown(stop.phone) for stop in stops)}."


def _in_words(seconds: float) -> str:
    """As 42 s, 3 min, 2 h 5 min, 1 day, 3 days."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return "1 day" if hours < 48 else f"{hours // 24} days"
