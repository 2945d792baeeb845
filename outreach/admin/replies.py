from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, When
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django_q.tasks import async_task
from unfold.decorators import display

from explorer.lib import clock
from explorer.lib.pages import PracticeAdmin, page
from outreach import segments, wording
from outreach.actions import replies, sending
from outreach.models import Message, Reply, Suppression
from patients.models import Patient
from patients.phones import BadPhone, read_phone
from patients.phones import display as shown

Kind, State = Reply.Kind, Reply.State
TABS = {State.NEEDS_ANSWER: "Needs an answer", State.WAITING: "Answered, waiting", State.CLOSED: "Closed"}
BADGES = {
    Kind.OPT_OUT: "bad",
    Kind.WRONG_NUMBER: "warn",
    Kind.DECEASED: "bad",
    Kind.EMERGENCY: "bad",
    Kind.DECLINE: "warn",
    Kind.QUESTION: "info",
    Kind.HELP: "info",
    Kind.YES: "good",
}
MEANINGS = {
    Kind.OPT_OUT: "The patient asked to stop. Texting was stopped when this came in.",
    Kind.WRONG_NUMBER: "Texting to this number was stopped. Find the right one for the patient’s page.",
    Kind.DECEASED: "Texting to this number was stopped. Check gently, then mark the patient as deceased.",
    Kind.HELP: "The patient asked for help. Answer, or call.",
    Kind.EMERGENCY: "Call the patient now. In danger of life, call 911. Do not answer by text alone.",
    Kind.DECLINE: "This reads like a no. A text is never a decision: call, then record the answer.",
    Kind.YES: "This reads like a yes. A text is never a consent: call, then record the answer.",
}
TO_CALL = (Kind.YES, Kind.DECLINE, Kind.EMERGENCY)

# Nothing about a person, a visit or a diagnosis: a text can be read by anybody who holds the phone.
SAVED_ANSWERS = {
    "call": ("We will call you", "Thank you for your message. We will call you on the next working day."),
    "link": ("How to answer", "Please use the link in our first text, or call us and we will help you."),
    "who": ("Who is writing", "This is your doctor's office, about our move. If in doubt, please call us."),
    "thanks": ("Thank you", "Thank you, we have received your message."),
}
LONGEST_ANSWER = 640
WHEN = "m/d/Y, g:i A"


class AnswerForm(forms.Form):
    text = forms.CharField(
        label="Your answer",
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Anybody who holds the phone can read it: no diagnosis, no visit, no result.",
    )

    def clean_text(self) -> str:
        return segments.to_gsm(_with_plain_breaks(self.cleaned_data["text"]))


def _with_plain_breaks(text: str) -> str:
    """Browsers send a line break as two characters, which would cost twice."""
    return text.replace("\r\n", "\n")


@admin.register(Reply)
class ReplyAdmin(PracticeAdmin):
    @page("", look="outreach.view_reply")
    def inbox(self, request):
        state = request.GET.get("state")
        state = state if state in TABS else State.NEEDS_ANSWER
        counted = dict(Reply.objects.order_by().values_list("state").annotate(Count("pk")))
        urgent_first = Case(When(kind=Kind.EMERGENCY, then=0), default=1, output_field=IntegerField())
        order = [urgent_first] if state == State.NEEDS_ANSWER else []
        found = Reply.objects.filter(state=state).select_related("patient")
        listed = Paginator(found.order_by(*order, "-received_at", "-pk"), 25).get_page(request.GET.get("p"))
        return self.show(
            request,
            "outreach/reply_list.html",
            "Replies",
            state=state,
            tabs=[(value, label, counted.get(value, 0)) for value, label in TABS.items()],
            listed=listed,
            rows=[{"reply": reply, "badge": BADGES.get(reply.kind, ""), "number": shown(reply.phone)}
                  for reply in listed],
        )  # fmt: skip

    @page("<int:reply_id>/change/", look="outreach.view_reply")
    def read(self, request, reply_id: int):
        reply = get_object_or_404(Reply.objects.select_related("patient", "closed_by"), pk=reply_id)
        people = list(replies.patients_of(reply.phone).distinct())
        return self.show(
            request,
            "outreach/reply_read.html",
            "Reply",
            reply=reply,
            badge=BADGES.get(reply.kind, ""),
            meaning=MEANINGS.get(reply.kind, ""),
            number=shown(reply.phone),
            people=people,
            patient=reply.patient,
            to_call=reply.kind in TO_CALL,
            conversation=_conversation(reply),
            stops=list(Suppression.objects.in_force().filter(phone=reply.phone).order_by("effective_at")),
            stopped_with_it=[shown(stop.phone) for stop in reply.suppressions.order_by("phone")],
            saved=SAVED_ANSWERS.items(),
            form=AnswerForm(label_suffix=""),
            may_answer=request.user.has_perm("outreach.answer_reply"),
            may_stop=request.user.has_perm("outreach.add_suppression"),
        )

    @page("<int:reply_id>/answer/", look="outreach.answer_reply", act="outreach.answer_reply")
    def answer(self, request, reply_id: int):
        """Shows the text as it will go out; it goes out once the very same text comes back."""
        reply = get_object_or_404(Reply.objects.select_related("patient"), pk=reply_id)
        if request.method != "POST":
            return redirect("admin:outreach_reply_change", reply_id)
        saved = SAVED_ANSWERS.get(request.POST.get("saved", ""))
        form = AnswerForm({"text": saved[1]} if saved else request.POST, label_suffix="")
        text = form.cleaned_data["text"] if form.is_valid() else ""
        checked = _with_plain_breaks(request.POST.get("checked", ""))
        if text and checked == text and _answered(request, reply, text):
            return redirect("admin:outreach_reply_changelist")
        return self.show(
            request,
            "outreach/reply_answer.html",
            "Check the text before it goes out",
            reply=reply,
            number=shown(reply.phone),
            people=list(replies.patients_of(reply.phone).distinct()),
            stopped=replies.is_stopped(reply.phone),
            form=form,
            text=text,
            findings=wording.health_words(text),
            size=segments.measure(text),
        )

    @page("<int:reply_id>/who/", look="outreach.answer_reply", act="outreach.answer_reply")
    def choose(self, request, reply_id: int):
        reply = get_object_or_404(Reply, pk=reply_id)
        if request.method == "POST":
            patient = get_object_or_404(Patient, pk=request.POST.get("patient") or 0)
            try:
                replies.attribute(reply, patient=patient, by=request.user)
                messages.success(request, "Noted who wrote this.")
            except ValidationError as problem:
                messages.error(request, problem.messages[0])
        return redirect("admin:outreach_reply_change", reply_id)

    @page("<int:reply_id>/close/", look="outreach.answer_reply", act="outreach.answer_reply")
    def close(self, request, reply_id: int):
        if request.method == "POST":
            replies.close(get_object_or_404(Reply, pk=reply_id), by=request.user)
            messages.success(request, "Closed. It stays under the tab Closed.")
        return redirect("admin:outreach_reply_changelist")

    @page("<int:reply_id>/reopen/", look="outreach.answer_reply", act="outreach.answer_reply")
    def reopen(self, request, reply_id: int):
        if request.method == "POST":
            replies.reopen(get_object_or_404(Reply, pk=reply_id), by=request.user)
            messages.success(request, "It needs an answer again.")
        return redirect("admin:outreach_reply_change", reply_id)

    @page("<int:reply_id>/stop/", look="outreach.add_suppression", act="outreach.add_suppression")
    def stop(self, request, reply_id: int):
        reply = get_object_or_404(Reply, pk=reply_id)
        if request.method == "POST":
            replies.suppress(
                {reply.phone},
                reason=Suppression.Reason.STAFF,
                since=reply.received_at,
                reply=reply,
                by=request.user,
            )
            messages.success(request, "This number gets no more texts. Waiting ones are withdrawn.")
            return redirect("admin:outreach_reply_change", reply_id)
        number = shown(reply.phone)
        return self.show(request, "outreach/reply_stop.html", "Do not text this number", reply=reply, number=number)


def _answered(request, reply: Reply, text: str) -> bool:
    try:
        message = sending.answer_text(reply=reply, text=text, by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
        return False
    async_task("outreach.tasks.send_due")
    parts = "1 part" if message.segments == 1 else f"{message.segments} parts"
    messages.success(request, f"Your answer is on its way ({parts}). See the tab Answered, waiting.")
    return True


def _conversation(reply: Reply) -> list[dict]:
    """The last texts to this number and its replies, in order."""
    texts = Message.objects.filter(phone=reply.phone).exclude(text="").exclude(state="skipped")
    said = [
        {
            "at": text.first_attempt_at or text.planned_at,
            "who": "We wrote",
            "words": text.text,
            "note": "" if text.state == Message.State.CONFIRMED else text.get_state_display(),
        }
        for text in texts.order_by("-pk")[:50]
    ]
    said += [
        {
            "at": other.received_at,
            "who": "They wrote",
            "words": other.text,
            "note": other.get_kind_display(),
            "theirs": True,
            "current": other.pk == reply.pk,
        }
        for other in Reply.objects.filter(phone=reply.phone).order_by("-received_at")[:50]
    ]
    return sorted(said, key=lambda each: each["at"])


class StopForm(forms.Form):
    number = forms.CharField(
        label="Phone number",
        max_length=40,
        help_text="As 205-555-0100.",
        widget=forms.TextInput(attrs={"autofocus": True}),
    )

    def clean_number(self) -> str:
        try:
            return read_phone(self.cleaned_data["number"]).e164
        except BadPhone as problem:
            raise ValidationError(str(problem)) from None


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
    list_display = ["number", "why", "said_at", "stopped_at", "words", "set_by", "state"]
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

    @display(description="Words of the reply", empty_value="–")
    def words(self, suppression):
        return suppression.reply.text[:120] if suppression.reply else None

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
        form = StopForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            number = form.cleaned_data["number"]
            replies.suppress({number}, reason=Suppression.Reason.STAFF, since=clock.now(), by=request.user)
            messages.success(request, f"{shown(number)} gets no more texts.")
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
