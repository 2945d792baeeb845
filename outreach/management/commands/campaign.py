from argparse import ArgumentTypeError
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Sum

from explorer.lib import clock
from explorer.lib.commands import PracticeCommand, Refused
from explorer.lib.models import Practice
from outreach import go_facts, planning
from outreach.actions import campaigns, launching, letting_go
from outreach.forecast import ANSWERS, forecast
from outreach.models import Campaign
from outreach.wording import BadTemplate


class Command(PracticeCommand):
    help = "A campaign from the shell: create, preview, launch, pause, resume, cancel, status."

    def add_arguments(self, parser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        for act in ("create", "preview", "launch", "pause", "resume", "cancel", "status"):
            sub = acts.add_parser(act)
            sub.add_argument("name")
            sub.add_argument("--json", action="store_true", default=False)
        create = acts.choices["create"]
        cohorts = [value for value in Campaign.Cohort.values if value != Campaign.Cohort.CHOSEN]
        create.add_argument("--cohort", choices=cohorts, default=Campaign.Cohort.MATCHED)
        create.add_argument("--limit", type=int)
        create.add_argument("--steps", default="0,3,7,14", type=days, help="days after the first text")
        create.add_argument("--pilot", type=positive, metavar="N", help="so many texts first, then it stops by itself")
        create.add_argument("--pilot-on", type=day, metavar="YYYY-MM-DD", help="the pilot's day; else at the launch")
        create.add_argument(
            "--wave", action="append", default=[], type=wave, metavar="YYYY-MM-DD=COUNT",
            help="so many first texts from that day on; may be given several times, the last takes who is left",
        )  # fmt: skip
        acts.choices["preview"].add_argument(
            "--answers", type=percent, default=ANSWERS, help="percent assumed to answer by day 14, for the forecast"
        )
        launch = acts.choices["launch"]
        launch.add_argument("--yes", action="store_true", help="really launch")
        launch.add_argument("--override", default="", metavar="REASON")

    def work(self, *, act: str, name: str, **options) -> dict:
        return getattr(self, act)(name, **options)

    def create(self, name: str, *, cohort: str, limit: int | None, steps: list[int], **options) -> dict:
        plan = {"pilot": options["pilot"], "pilot_on": options["pilot_on"], "waves": options["wave"]}
        try:
            campaigns.create(name=name, cohort=cohort, limit=limit, days=steps, **plan, by=None)
        except ValidationError as problem:
            raise Refused(" ".join(problem.messages)) from None
        return self.status(name)

    def preview(self, name: str, *, answers: int, **options) -> dict:
        campaign, practice = found(name), Practice.current()
        plan = planning.plan(campaign, practice)
        try:
            previews = planning.preview(campaign, practice)
        except planning.NoLink as problem:
            raise Refused(str(problem)) from None
        criteria = go_facts.criteria(campaign, practice, plan)
        parts = previews[0].segments.parts if previews else 0
        return self.status(name) | {
            "planned": len(plan.texts),
            "segments": parts * len(plan.texts),
            "left_out": {code: count for code, _, count in plan.reasons()},
            "texts": [
                {
                    "day": each.step.day,
                    "text": each.text,
                    "segments": each.segments.parts,
                    "findings": [finding.sentence for finding in each.findings],
                }
                for each in previews
            ],
            "go": [{"id": each.id, "state": each.state, "sentence": each.sentence} for each in criteria],
            "obstacles": launching.obstacles(campaign, practice, criteria),
            "forecast": forecast_of(campaign, practice, answers),
        }

    def launch(self, name: str, *, yes: bool, override: str, **options) -> dict:
        if not yes:
            raise Refused("Add --yes to launch. Look at `campaign preview` first.")
        try:
            launching.launch(found(name), by=None, override=override)
        except launching.CannotLaunch as problem:
            raise Refused(str(problem)) from None
        return self.status(name)

    def pause(self, name: str, **options) -> dict:
        must_be(name, Campaign.State.RUNNING, Campaign.State.PAUSED)
        campaigns.pause(found(name), by=None)
        return self.status(name)

    def resume(self, name: str, **options) -> dict:
        """After a pause; after a pilot this is the go for the rest."""
        must_be(name, Campaign.State.PAUSED)
        campaign = found(name)
        if campaign.waves.waiting_for_a_go().exists():
            letting_go.let_rest_go(campaign, by=None)
        campaigns.resume(campaign, by=None)
        return self.status(name)

    def cancel(self, name: str, **options) -> dict:
        campaigns.cancel(found(name), by=None)
        return self.status(name)

    def status(self, name: str, **options) -> dict:
        campaign = found(name)
        segments = campaign.messages.reached().aggregate(total=Sum("segments"))["total"] or 0
        return {
            "name": campaign.name,
            "state": campaign.state,
            **campaign.messages.all().by_state(),
            "segments": segments,
            "why": campaign.why,
            "resting": campaign.messages.resting().count(),
            "held": campaign.messages.late().count(),
        }


def forecast_of(campaign: Campaign, practice: Practice, answers: int) -> dict | None:
    """None while the words cannot be filled in; the findings say why."""
    try:
        found = forecast(campaign, practice, clock.now(), answers=answers)
    except BadTemplate:
        return None
    return {
        "assumed_answers_percent": found.answers,
        "texts": found.texts,
        "segments": found.segments,
        "cost": found.cost,
        "price_per_segment": found.price,
        "price_on": found.price_on,
        "pace": found.pace,
        "minutes": found.minutes,
        "steps": [_step(each) for each in found.steps],
        "days": [{"date": on, "texts": texts} for on, texts in found.days],
        "skipped": dict(found.skipped),
        "numbers_by_texts": {str(texts): numbers for texts, numbers in sorted(found.touches.items())},
        "numbers_with_more_than_three": found.more_than_many,
        "warnings": [warning.sentence for warning in found.warnings],
    }


def _step(each) -> dict:
    return {
        "day": each.step.day,
        "planned": each.planned,
        "texts": each.texts,
        "segments": each.segments,
        "gsm7": each.encodings["GSM-7"],
        "ucs2": each.encodings["UCS-2"],
        "first_on": each.first_on,
        "last_on": each.last_on,
    }


def positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def percent(text: str) -> int:
    if not 0 <= (number := int(text)) <= 100:
        raise ValueError(text)
    return number


def day(text: str) -> date:
    return date.fromisoformat(text)


def wave(text: str) -> tuple[date, int]:
    on, equals, count = text.partition("=")
    if not equals:
        raise ArgumentTypeError("a wave is written as 2026-12-09=460")
    return day(on), positive(count)


def days(text: str) -> list[int]:
    numbers = [int(part) for part in text.split(",")]
    if 0 not in numbers or any(not 0 <= number <= 365 for number in numbers):
        raise ValueError(text)
    return numbers


def must_be(name: str, *states: str) -> None:
    campaign = found(name)
    if campaign.state not in states:
        raise Refused(f"The campaign {campaign.name!r} is {campaign.get_state_display().lower()}.")


def found(name: str) -> Campaign:
    try:
        return Campaign.objects.get(name=name.strip())
    except Campaign.DoesNotExist:
        raise Refused(f"There is no campaign {name!r}. See the names in the admin.") from None
