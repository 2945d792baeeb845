"""The sheet of one campaign: what was planned, what went out, what came of it."""

from datetime import datetime

from django.utils.translation import gettext_noop as _

from explorer import campaign_figures
from explorer.campaign_figures import CampaignFigures
from explorer.lib.models import Practice
from explorer.reports import saying
from explorer.reports.sheet import Part, Sheet
from outreach.models import Campaign, Message

State = Message.State
ENDS = (State.CONFIRMED, State.SKIPPED, State.FAILED, State.UNCERTAIN, State.CANCELLED)


def campaign_report(of: Campaign, practice: Practice, now: datetime) -> Sheet:
    found = campaign_figures.campaign(of, practice)
    zone = practice.time_zone
    parts = (_steps(found), _times(found, zone), _not_sent(found), _left_out(found), *_go(of, zone))
    as_of = f"Made on {saying.moment(now, zone)}. The campaign is {of.get_state_display().lower()}."
    return Sheet("campaign", _("Campaign report"), of.name, as_of, _lead(found, zone), parts)


def _lead(found: CampaignFigures, zone: str) -> tuple[str, ...]:
    said = [sum_line(found)]
    answers, patients = sum(step.answers for step in found.steps), found.covered
    said.append(
        f"{found.covered:,} of {saying.count(found.covered + found.left_out.total(), 'patient')} were asked; "
        f"{answers:,} of them answered after a text ({saying.share(answers, patients)})."
    )
    cost = "" if found.cost is None else f", about ${found.cost:,} at the price in the practice profile"
    said.append(f"{saying.count(found.segments, 'text part')} as the carriers bill them{cost}.")
    return tuple(said)


def sum_line(found: CampaignFigures) -> str:
    """ "1,200 planned = 1,100 confirmed + … : adds up"."""
    states = found.states
    open_ones = sum(states[state] for state in Message.OPEN)
    ends = " + ".join(f"{states[state]:,} {state.label.lower()}" for state in ENDS)
    still = f" + {open_ones:,} still open" if open_ones else ""
    adds_up = found.planned == sum(states[state] for state in ENDS) + open_ones
    verdict = "It adds up." if adds_up else "It does not add up: tell your administrator."
    return f"{saying.count(found.planned, 'text')} planned = {ends}{still}. {verdict}"


def _steps(found: CampaignFigures) -> Part:
    headings = (_("Step"), _("Planned"), *(state.label for state in ENDS), _("Still open"))
    rows = [(str(step.step), step.planned, *(step.states[state] for state in ENDS), step.open) for step in found.steps]
    total = (_("All"), *(sum(row[place] for row in rows) for place in range(1, len(headings))))
    return Part.of("steps", _("Texts by step"), headings, rows, total=total, wide=True)


def _times(found: CampaignFigures, zone: str) -> Part:
    headings = (
        _("Step"), _("First text"), _("Last text"), _("Text parts"), _("Patients texted"), _("Answers"), _("Rate"),
        _("Stops"), _("Wrong numbers"),
    )  # fmt: skip
    rows = [
        (
            str(step.step),
            saying.moment(step.first_at, zone),
            saying.moment(step.last_at, zone),
            step.segments,
            step.patients,
            step.answers,
            saying.share(step.answers, step.patients),
            step.stops,
            step.wrong_numbers,
        )
        for step in found.steps
    ]
    total = (
        _("All"), "", "", found.segments, found.covered, *(sum(row[5] for row in rows),), "",
        sum(row[7] for row in rows), sum(row[8] for row in rows),
    )  # fmt: skip
    words = "An answer, a stop or a wrong number counts for the last text before it. Patients: asked in this campaign."
    return Part.of("followed", _("What followed each step"), headings, rows, total=total, words=words, wide=True)


def _not_sent(found: CampaignFigures) -> Part:
    labels = dict(State.choices)
    rows = [(labels[state], reason, count) for (state, reason), count in found.not_sent.most_common()]
    headings = (_("State"), _("Reason"), _("Texts"))
    total = (_("All"), "", found.not_sent.total())
    return Part.of("not_sent", _("Texts not sent, or not surely"), headings, rows, total=total, wide=True)


def _left_out(found: CampaignFigures) -> Part:
    rows = [(campaign_figures.left_out_words(code), count) for code, count in found.left_out.most_common()]
    total = (_("All left out"), found.left_out.total())
    return Part.of("left_out", _("Patients without a text"), (_("Why"), _("Patients")), rows, total=total, wide=True)


def _go(of: Campaign, zone: str) -> list[Part]:
    """The decision that launched it, criterion by criterion."""
    decision = of.go_decisions.filter(launched=True, undone_at=None).select_related("made_by").first()
    if decision is None:
        return []
    who = decision.made_by or "the command line"
    words = f"Launched on {saying.moment(decision.made_at, zone)} by {who}."
    if decision.override:
        words += f" Launched although {saying.count(len(decision.red), 'criterion was', 'criteria were')} red: "
        words += decision.override
    rows = [(each["title"], each["state"], each["sentence"]) for each in decision.criteria]
    return [Part.of("go", _("Go or no-go"), (_("Criterion"), _("State"), _("Finding")), rows, words=words, wide=True)]
