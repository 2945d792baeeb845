"""Go or no-go on a campaign's pages, and the practice's own readiness."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django_q.tasks import async_task

from explorer.lib import clock
from explorer.lib.home import DEMO, mode
from explorer.lib.models import Backup
from explorer.lib.pages import page
from outreach import go, go_facts, planning
from outreach.actions import launching, readiness
from outreach.admin.readiness_forms import AgreementForm, BackupForm
from outreach.models import Agreement, Campaign, GoDecision, LineState, Message, PhoneTest, TextTemplate
from outreach.progress import SENDER
from patients.phones import display

LOOK, RUN, APPROVE, RECORD = (
    "outreach.view_campaign",
    "outreach.run_campaign",
    "outreach.approve_text",
    "outreach.record_readiness",
)
READER = "outreach.tasks.poll_replies"
BADGES = {go.GREEN: ("good", "Go"), go.AMBER: ("warn", "Advice"), go.RED: ("bad", "No-go")}
TESTS = {
    go.NOT_TRIED: ("", "Not tried"), go.ON_ITS_WAY: ("info", "On its way"), go.NOT_SENT: ("bad", "Not sent"),
    go.UNANSWERED: ("warn", "Sent"), go.ARRIVED: ("good", "Arrived"), go.WRONG: ("bad", "Something was wrong"),
}  # fmt: skip
DEMO_PHONE = "303-555-0142"
FLIGHT_SEEN_FOR = timedelta(minutes=15)


def section(campaign: Campaign, practice, plan: planning.Plan) -> dict:
    """What go.html shows, and `obstacles` as the launch would name them."""
    criteria = go_facts.criteria(campaign, practice, plan)
    places = _places(campaign)
    return {
        "impossible": launching.impossible(campaign, practice),
        "obstacles": launching.obstacles(campaign, practice, criteria),
        "criteria": [(each, *BADGES[each.state], places.get(each.place, "")) for each in criteria],
        "reds": len(go.reds(criteria)),
        "said_go": _said_go(campaign, practice),
    }


def _places(campaign: Campaign) -> dict[str, str]:
    """Where each criterion is cured."""
    of_campaign = {"approve": "words", "phone_test": "phone_test"}
    draft = reverse("admin:outreach_campaign_change", args=[campaign.pk])
    ready = reverse("admin:outreach_campaign_readiness")
    found = {
        place: reverse(f"admin:outreach_campaign_{name}", args=[campaign.pk]) for place, name in of_campaign.items()
    }
    return found | {
        "words": f"{draft}#texts",
        "left_out": f"{draft}#left-out",
        "trial": reverse("admin:outreach_campaign_new"),
        "practice": reverse("admin:floor_practice_change", args=[1]),
        "replies": f"{ready}#replies",
        "backup": f"{ready}#backup",
        "agreements": f"{ready}#agreements",
    }


def _said_go(campaign: Campaign, practice) -> dict:
    """The last go of a person, and what has changed since; empty without one."""
    decision = campaign.go_decisions.filter(launched=False).select_related("made_by").first()
    if decision is None:
        return {}
    now = go_facts.parts(campaign, practice)
    changed = sorted(part for part, value in now.items() if decision.parts.get(part) != value)
    return {"decision": decision, "changed": ", ".join(changed)}


def at_launch(campaign: Campaign) -> dict:
    """For the page of a launched campaign: what was green and red then."""
    decision = (
        GoDecision.objects.filter(campaign=campaign, launched=True, undone_at=None).select_related("made_by").first()
    )
    rows = decision.criteria if decision else []
    return {
        "decision": decision,
        "criteria_then": [(row, *BADGES[row["state"]]) for row in rows],
        "unread": _unread_since(campaign, decision),
    }


def _unread_since(campaign: Campaign, decision: GoDecision | None) -> str:
    """The steps whose words were changed after a launch with approved words, and that nobody else has read."""
    going = campaign.state in (Campaign.State.RUNNING, Campaign.State.PAUSED)
    if not going or decision is None or any(row["id"] == "words" for row in decision.red):
        return ""
    steps = list(campaign.steps.all())
    approvals = go_facts.approvals_of([step.body for step in steps])
    return ", ".join(str(step) for step in steps if not go_facts.approval_for(step, approvals))


class ReadinessPages:
    """Pages of a campaign's admin class."""

    @page("readiness/", look=LOOK, act=RECORD)
    def readiness(self, request):
        """Agreements and backups are recorded here by administrators; everybody sees them."""
        what = request.POST.get("what", "")
        agreement = AgreementForm(request.POST if what == "agreement" else None)
        backup = BackupForm(request.POST if what == "backup" else None)
        form, act = {"agreement": (agreement, readiness.record_agreement)}.get(
            what, (backup, readiness.record_outside_backup)
        )
        if request.method == "POST" and form.is_valid():
            try:
                act(**form.cleaned_data, by=request.user)
            except ValidationError as problem:
                form.add_error(None, problem)
            else:
                messages.success(request, "Recorded.")
                return redirect("admin:outreach_campaign_readiness")
        facts = go_facts.of_practice(request.practice)
        return self.show(
            request, "outreach/readiness.html", "Readiness of the practice",
            agreement_form=agreement, backup_form=backup,
            criteria={each.id: (each, *BADGES[each.state]) for each in go.judge_practice(facts)},
            agreements=Agreement.objects.select_related("recorded_by")[:20],
            backups=Backup.objects.select_related("recorded_by")[:5],
            tests=[(test, display(test.message.phone)) for test in _newest_tests()],
            line=LineState.objects.get(pk=1),
        )  # fmt: skip

    @page("readiness/read-replies/", look="", act=RUN)
    def read_replies(self, request):
        async_task(READER)
        messages.success(request, "The replies are being read. Look again in a few seconds.")
        return redirect("admin:outreach_campaign_readiness")

    @page("<int:pk>/words/", look=LOOK, act=APPROVE)
    def words(self, request, pk: int):
        campaign = get_object_or_404(Campaign, pk=pk)
        steps = list(campaign.steps.select_related("author"))
        to = reverse("admin:outreach_campaign_change", args=[campaign.pk])
        return self._approve(request, f"{campaign}: approve the texts", steps, to)

    @page("template-words/", look=LOOK, act=APPROVE)
    def template_words(self, request):
        """A new campaign begins with these; its copy keeps their approval."""
        templates = list(TextTemplate.objects.select_related("author"))
        return self._approve(
            request, "Approve the text templates", templates, reverse("admin:outreach_texttemplate_changelist")
        )

    def _approve(self, request, title: str, texts: list, to: str):
        if request.method == "POST":
            _approve_seen(request, texts)
            return redirect(request.path)
        approvals = go_facts.approvals_of([each.body for each in texts])
        shown = [_as_read(each, approvals, request.practice) for each in texts]
        mine = [each for each in shown if each["words"].author_id == request.user.pk] if _others_may() else []
        waiting = [each for each in shown if not each["approval"] and not each["errors"] and each not in mine]
        return self.show(
            request, "outreach/words_approve.html", title, texts=shown, waiting=waiting,
            own=[each for each in mine if not each["approval"]], to=to,
        )  # fmt: skip

    @page("<int:pk>/phone-test/", look=LOOK, act=RUN)
    def phone_test(self, request, pk: int):
        campaign = get_object_or_404(Campaign, pk=pk)
        typed = request.POST.get("phone", "")
        problems: list[str] = []
        if request.method == "POST":
            problems = _act_on_tests(request, campaign, typed)
            if not problems:
                return redirect("admin:outreach_campaign_phone_test", campaign.pk)
        return self.show(
            request, "outreach/phone_test.html", f"{campaign}: try the texts on your phone",
            problems=problems, phone=typed or _own_phone(request.user), **_tests_shown(campaign, request),
        )  # fmt: skip

    @page("<int:pk>/phone-test/now/", look=LOOK)
    def phone_test_now(self, request, pk: int):
        """The moving part: how far the tests are."""
        campaign = get_object_or_404(Campaign, pk=pk)
        shown = _tests_shown(campaign, request)
        answer = render(request, "outreach/phone_test_now.html", shown)
        if not shown["in_flight"]:
            answer["X-Done"] = "1"
        return answer

    @page("<int:pk>/go/", look="", act=RUN)
    def say_go(self, request, pk: int):
        campaign = get_object_or_404(Campaign, pk=pk, state=Campaign.State.DRAFT)
        readiness.say_go(campaign, by=request.user)
        messages.success(request, "Noted with your name and with everything as it stands now.")
        return redirect(reverse("admin:outreach_campaign_change", args=[campaign.pk]) + "#go")


def _others_may() -> bool:
    return not go_facts.is_alone()


def _approve_seen(request, texts: list) -> None:
    """Approve those that the page showed, each with the hash of the words that were read: `seen` is id-hash."""
    seen = dict(value.split("-", 1) for value in request.POST.getlist("seen") if "-" in value)
    done = 0
    for words in texts:
        if str(words.pk) not in seen:
            continue
        try:
            readiness.approve(words, seen=seen[str(words.pk)], by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            done += 1
    if done:
        messages.success(request, f"Approved: {done} text{'' if done == 1 else 's'}.")


def _as_read(words, approvals, practice) -> dict:
    try:
        text = planning.rendered(words.body, practice)
        errors = [finding.sentence for finding in planning.findings(words.body, practice) if finding.level == "error"]
    except planning.NoLink as problem:
        text, errors = words.body, [str(problem)]
    approval = go_facts.approval_for(words, approvals)
    return {"words": words, "text": text, "errors": errors, "hash": go.words_hash(words.body), "approval": approval}


def _act_on_tests(request, campaign: Campaign, phone: str) -> list[str]:
    """Send, or take in the answer; what stands against it, in sentences."""
    act = request.POST.get("act", "")
    if act == "send":
        try:
            sent = readiness.send_tests(campaign, phone=phone, by=request.user)
        except ValidationError as problem:
            return problem.messages
        if sent:
            async_task(SENDER)
            messages.success(request, f"{len(sent)} test text{'' if len(sent) == 1 else 's'} on the way.")
        else:
            messages.info(request, "Nothing was sent: each text is proven, on its way, or waits for your answer.")
    elif act in ("arrived", "wrong"):
        ids = [int(pk) for pk in request.POST.getlist("test") if pk.isdecimal()]
        count = readiness.answer_tests(test_ids=ids, arrived=act == "arrived", by=request.user)
        messages.success(request, f"Noted for {count} text{'' if count == 1 else 's'}.")
    return []


def _own_phone(user) -> str:
    last = PhoneTest.objects.filter(owner=user).values_list("message__phone", flat=True).first()
    return display(last) if last else DEMO_PHONE if mode() == DEMO else ""


def _newest_tests():
    return PhoneTest.objects.select_related("owner", "message")[:10]


def _tests_shown(campaign: Campaign, request) -> dict:
    try:
        previews = planning.preview(campaign, request.practice)
    except planning.NoLink:
        previews = []
    tests = go_facts.tests_of([preview.text for preview in previews])
    rows = [(preview, tests.get(go.words_hash(preview.text))) for preview in previews]
    own = PhoneTest.objects.filter(owner=request.user, result="", message__state=Message.State.CONFIRMED)
    fresh = Message.objects.open().filter(kind=Message.Kind.TEST, planned_at__gt=clock.now() - FLIGHT_SEEN_FOR)
    return {
        "campaign": campaign,
        "rows": [(preview, test, *TESTS[go_facts.test_state(test)]) for preview, test in rows],
        "to_answer": list(own.filter(pk__in=[test.pk for test in tests.values()])),
        "in_flight": fresh.exists(),
        "proven": bool(rows) and all(go_facts.test_state(test) == go.ARRIVED for _, test in rows),
        "code": planning.shown_sample_code(),
        "stop_seen": go_facts.stop_was_read(),
    }
