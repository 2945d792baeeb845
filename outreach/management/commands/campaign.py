from django.core.exceptions import ValidationError
from django.db.models import Sum

from explorer.lib.commands import PracticeCommand, Refused
from explorer.lib.models import Practice
from outreach import go_facts, planning
from outreach.actions import campaigns, launching
from outreach.models import Campaign


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
        launch = acts.choices["launch"]
        launch.add_argument("--yes", action="store_true", help="really launch")
        launch.add_argument("--override", default="", metavar="REASON")

    def work(self, *, act: str, name: str, **options) -> dict:
        return getattr(self, act)(name, **options)

    def create(self, name: str, *, cohort: str, limit: int | None, steps: list[int], **options) -> dict:
        try:
            campaigns.create(name=name, cohort=cohort, limit=limit, days=steps, by=None)
        except ValidationError as problem:
            raise Refused(" ".join(problem.messages)) from None
        return self.status(name)

    def preview(self, name: str, **options) -> dict:
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
        must_be(name, Campaign.State.PAUSED)
        campaigns.resume(found(name), by=None)
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
        }


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
