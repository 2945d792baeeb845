"""The days of a campaign's plan, as the calendar judges them."""

from datetime import timedelta

from explorer.lib.models import Practice
from outreach import calendar, hours, planning, waves
from outreach.models import Campaign, LineState
from outreach.progress import texts_a_day


def planned_waves(campaign: Campaign, plan: planning.Plan, practice: Practice) -> list[calendar.PlannedWave]:
    """For the calendar; what has no day goes today, or behind a pilot on the texting day after it."""
    today = practice.today()
    dealt = waves.deal(plan.texts, list(campaign.waves.all()))
    found = [
        calendar.PlannedWave(
            str(wave or "All texts"),
            (wave and wave.starts_on) or today,
            len(share),
            wave is not None and not wave.number,
        )
        for wave, share in dealt
    ]
    if len(dealt) > 1 and dealt[1][0] is None:
        following = calendar.next_open(found[0].starts_on + timedelta(days=1), setting(campaign, practice))
        found[1] = calendar.PlannedWave("The rest", following, found[1].size)
    return found


def setting(campaign: Campaign, practice: Practice, line: LineState | None = None) -> calendar.Setting:
    return calendar.Setting(
        window=hours.window_of(practice),
        state=practice.state,
        steps=tuple(step.day for step in campaign.steps.all() if step.day),
        moves_on=practice.transition_date,
        today=practice.today(),
        texts_a_day=texts_a_day(line, practice) if line else None,
        most_texts=practice.texts_per_campaign,
    )


def warnings(campaign: Campaign, plan: planning.Plan, practice: Practice, line: LineState) -> list[calendar.Warning]:
    found = calendar.lint(planned_waves(campaign, plan, practice), setting(campaign, practice, line))
    dated = [wave for wave in campaign.waves.all() if wave.number]
    named = sum(wave.size for wave in campaign.waves.all())
    more = len(plan.texts) - named
    if dated and more > 0:
        found.append(
            calendar.Warning(
                "last_takes_more",
                f"The waves name {named} texts, there are {len(plan.texts)}: the last takes {more} more.",
            )
        )
    return found
