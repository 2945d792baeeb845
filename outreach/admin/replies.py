from operator import attrgetter

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_noop
from django_q.tasks import async_task

from explorer.lib import clock
from explorer.lib.pages import PracticeAdmin, page
from outreach import segments, wording
from outreach.actions import replies, sending
from outreach.models import Message, Reply, SavedAnswer, Suppression
from patients.admin.exporting import EXPORT, ExportPages
from patients.models import Patient
from patients.phones import display as shown

Kind, State = Reply.Kind, Reply.State
TABS = {
    State.NEEDS_ANSWER: gettext_noop("Needs an answer"),
    State.WAITING: gettext_noop("Answered, waiting"),
    State.CLOSED: gettext_noop("Closed"),
}
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
    Kind.OPT_OUT: gettext_noop("The patient asked to stop. Texting was stopped when this came in."),
    Kind.WRONG_NUMBER: gettext_noop("Texting to this number was stopped. Find the right one:"),
    Kind.DECEASED: gettext_noop("Texting to this number was stopped. Check gently, then mark the patient as deceased:"),
    Kind.HELP: gettext_noop("The patient asked for help. Answer, or call."),
    Kind.EMERGENCY: gettext_noop("Call the patient now. In danger of life, call 911. Do not answer by text alone."),
    Kind.DECLINE: gettext_noop("This reads like a no. A text is never a decision: call, then record the answer."),
    Kind.YES: gettext_noop("This reads like a yes. A text is never a consent: call, then record the answer."),
}
TO_CALL = (Kind.YES, Kind.DECLINE, Kind.EMERGENCY)

LONGEST_ANSWER = 640


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
class ReplyAdmin(ExportPages, PracticeAdmin):
    export_name = "Replies"
    export_columns = {
        "Received": attrgetter("received_at"),
        "Number": attrgetter("phone"),
        "MRN": lambda reply: reply.patient.mrn if reply.patient else "",
        "Patient": lambda reply: reply.patient.sort_name if reply.patient else "",
        "Kind": lambda reply: reply.get_kind_display(),
        "State": lambda reply: reply.get_state_display(),
        "Words": attrgetter("text"),
        "Closed": attrgetter("closed_at"),
        "Closed by": lambda reply: str(reply.closed_by or ""),
    }

    def export_rows(self, request):
        state = _state(request)
        return _replies(state).select_related("patient", "closed_by"), f"state={state}"

    @page("", look="outreach.view_reply")
    def inbox(self, request):
        state = _state(request)
        counted = dict(Reply.objects.order_by().values_list("state").annotate(Count("pk")))
        listed = Paginator(_replies(state).select_related("patient"), 25).get_page(request.GET.get("p"))
        return self.show(
            request,
            "outreach/reply_list.html",
            "Replies",
            state=state,
            may_export=request.user.has_perm(EXPORT),
            now=clock.now(),
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
            meaning=MEANINGS.get(Kind.EMERGENCY if reply.urgent else reply.kind, ""),
            number=shown(reply.phone),
            people=people,
            patient=reply.patient,
            to_check=reply.kind in (Kind.WRONG_NUMBER, Kind.DECEASED),
            to_call=reply.urgent or reply.kind in TO_CALL,
            conversation=_conversation(reply),
            stops=list(Suppression.objects.in_force().filter(phone=reply.phone).order_by("effective_at")),
            stopped_with_it=[shown(stop.phone) for stop in reply.suppressions.order_by("phone")],
            saved=SavedAnswer.objects.in_use(),
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
        chosen = request.POST.get("saved", "")
        saved = SavedAnswer.objects.in_use().filter(pk=chosen).first() if chosen.isdecimal() else None
        form = AnswerForm({"text": saved.text} if saved else request.POST, label_suffix="")
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
            told = {"since": reply.received_at, "reply": reply, "by": request.user}
            if "asked" in request.POST:
                replies.stop_as_told(reply.phone, channel=Suppression.Channel.TEXT, **told)
            else:
                replies.suppress({reply.phone}, reason=Suppression.Reason.STAFF, **told)
            messages.success(request, "No more texts go there. Waiting ones are withdrawn.")
            return redirect("admin:outreach_reply_change", reply_id)
        number = shown(reply.phone)
        return self.show(request, "outreach/reply_stop.html", "Do not text this number", reply=reply, number=number)


def _state(request) -> str:
    state = request.GET.get("state")
    return state if state in TABS else State.NEEDS_ANSWER


def _replies(state: str):
    found = Reply.objects.filter(state=state)
    return found.urgent_then_oldest_first() if state == State.NEEDS_ANSWER else found


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
