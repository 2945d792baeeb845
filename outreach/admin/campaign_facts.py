"""What the pages of a campaign show, made from the plan and the ledger."""

from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import gate, planning
from outreach.admin.campaign_forms import StepForm
from outreach.models import Campaign, CampaignPatient, LineState, Message
from outreach.progress import duration, progress
from patients.models import Patient
from patients.phones import display

SHOWN = 25
TROUBLES = (Message.State.FAILED, Message.State.UNCERTAIN)
TONES = {
    "draft": "", "running": "info", "paused": "warn", "finished": "good", "cancelled": "",
    "planned": "", "sending": "info", "accepted": "info", "confirmed": "good", "skipped": "warn",
    "failed": "bad", "uncertain": "bad",
}  # fmt: skip


def badge(words: str, state: str) -> str:
    return format_html('<span class="pe-badge {}">{}</span>', TONES[state], words)


def texts(count: int, kind: str = "text") -> str:
    return f"{count} {kind}{'' if count == 1 else 's'}"


def previews_of(campaign: Campaign, practice: Practice) -> list[planning.Preview]:
    """Empty when the link cannot be made; the obstacles say why."""
    try:
        return planning.preview(campaign, practice)
    except planning.NoLink:
        return []


def steps_to_edit(campaign: Campaign, previews: list[planning.Preview]) -> list[dict]:
    by_step = {preview.step.pk: preview for preview in previews}
    return [
        {
            "step": step,
            "preview": by_step.get(step.pk),
            "form": StepForm(initial={"body": step.body}, auto_id=f"id_{step.pk}_%s"),
        }
        for step in campaign.steps.all()
    ]


def numbers(plan: planning.Plan, previews: list[planning.Preview]) -> dict:
    count, covered = len(plan.texts), sum(len(text.patient_ids) for text in plan.texts)
    return {
        "texts": count,
        "covered": covered,
        "left_out": len(plan.left_out),
        "cohort": covered + len(plan.left_out),
        "reasons": plan.reasons(),
        "segments": count * previews[0].segments.parts if previews else 0,
        "duration": duration(count, LineState.objects.get(pk=1)),
    }


def sample(plan: planning.Plan, previews: list[planning.Preview]) -> list[tuple[str, list[str], str]]:
    """The first numbers: how each is written, whom its text is about, and the text."""
    if not previews:
        return []
    first = plan.texts[:SHOWN]
    people = Patient.objects.in_bulk({pk for text in first for pk in text.patient_ids})
    words = previews[0].text
    return [(display(text.phone), [people[pk].full_name for pk in text.patient_ids], words) for text in first]


def left_out(campaign: Campaign, code: str, practice: Practice) -> list[int]:
    """The patients left out for this reason: of a draft as things stand now, else as at the launch."""
    if campaign.state == Campaign.State.DRAFT:
        return [pk for pk, why in planning.plan(campaign, practice).left_out.items() if why == code]
    return list(campaign.members.filter(left_out=code).values_list("patient_id", flat=True))


def reasons_at_launch(campaign: Campaign) -> list[tuple[str, str, int]]:
    rows = CampaignPatient.objects.filter(campaign=campaign).exclude(left_out="").order_by()
    counts = rows.values_list("left_out").annotate(Count("pk"))
    return [(code, gate.WORDS[code], count) for code, count in sorted(counts, key=lambda row: -row[1])]


def progress_facts(campaign: Campaign, practice: Practice) -> dict:
    found = progress(campaign, practice, clock.now())
    troubles = campaign.messages.filter(state__in=TROUBLES).select_related("step").order_by("-pk")
    return {
        "campaign": campaign,
        "found": found,
        "pilot_waits": campaign.state == Campaign.State.PAUSED and campaign.waves.waiting_for_a_go().exists(),
        "tiles": [
            (label, found.counts[state], TONES[state], _texts_url(campaign, state))
            for state, label in Message.State.choices
            if found.counts[state] or state in ("planned", "confirmed", "failed", "uncertain")
        ],
        "troubles": [(message, message.phone[-4:]) for message in troubles[:SHOWN]],
    }


def _texts_url(campaign: Campaign, state: str) -> str:
    texts = reverse("admin:outreach_message_changelist")
    return f"{texts}?campaign__id__exact={campaign.pk}&state__exact={state}"
