"""The form's answers as Microsoft Forms exports them, from the invitations that really went out.

An answer depends on its patient, its invitation and the texts alone, so a later export holds the same rows
and those that have come since. Ids are given in the order of completion.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from explorer.demo.form import FORM_SAMPLE_URL, HEADINGS
from explorer.demo.people import SEED, practice
from explorer.demo.person import Person
from explorer.demo.plans import PARTNERS_LINK, Plan, answer_plan
from explorer.demo.replies import replies_for, reply_to
from explorer.demo.sheets import write_form_workbook
from explorer.demo.typed import Answer, typed_cells

__all__ = [
    "FORM_SAMPLE_URL",
    "IssuedInvitation",
    "Plan",
    "answer_plan",
    "replies_for",
    "reply_to",
    "write_forms_export",
]

ZONE = "America/Chicago"
MORNING, EVENING = 7, 22  # nobody fills in a form at night


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """Aware times: `confirmed_at` of the first text, `reminders` of the later ones."""

    code_shown: str
    mrns: Sequence[str]
    confirmed_at: datetime
    reminders: Sequence[datetime] = ()


def write_forms_export(
    path: Path,
    invitations: Sequence[IssuedInvitation],
    now: datetime,
    *,
    seed: int = SEED,
    zone: str = ZONE,
) -> int:
    """The answers complete by `now`, times in the zone's local time; returns how many rows there are."""
    answers = [answer for answer in _answers(invitations, seed, ZoneInfo(zone)) if answer.completed_at <= now]
    answers.sort(key=lambda answer: (answer.completed_at, answer.person.mrn))
    rows = [[number, *typed_cells(answer, seed)] for number, answer in enumerate(answers, start=1)]
    write_form_workbook(path, HEADINGS, rows)
    return len(rows)


def _answers(invitations: Sequence[IssuedInvitation], seed: int, zone: ZoneInfo) -> Iterator[Answer]:
    first = _first_invitations(invitations)
    for mrn, invitation in first.items():
        person = _everybody().get(mrn)
        if person is not None:
            partners = _partners_invitation(person, invitation, first)
            yield from _answers_of(person, invitation, partners, seed, zone)


def _first_invitations(invitations: Sequence[IssuedInvitation]) -> dict[str, IssuedInvitation]:
    """By chart number; whoever was invited twice uses the link that came first."""
    newest_first = sorted(invitations, key=_age, reverse=True)
    return {mrn: invitation for invitation in newest_first for mrn in invitation.mrns}


def _age(invitation: IssuedInvitation) -> tuple[datetime, str]:
    return invitation.confirmed_at, invitation.code_shown


def _answers_of(
    person: Person,
    invitation: IssuedInvitation,
    partners: IssuedInvitation | None,
    seed: int,
    zone: ZoneInfo,
) -> Iterator[Answer]:
    plan = answer_plan(person, seed)
    completed_at = _completed_at(invitation, plan, zone, Random(f"{seed}:{person.mrn}:morning"))
    if completed_at is None:
        return
    astray = plan.mistake == PARTNERS_LINK and partners is not None and partners.confirmed_at < completed_at
    code = partners.code_shown if astray else invitation.code_shown
    yield Answer(person, plan, code, completed_at)
    if plan.second_answer_hours is not None:
        again = _by_day(completed_at + timedelta(hours=plan.second_answer_hours), Random(person.mrn))
        yield Answer(person, plan, invitation.code_shown, again, second=True)


def _completed_at(invitation: IssuedInvitation, plan: Plan, zone: ZoneInfo, rng: Random) -> datetime | None:
    """None for those who do not answer, or wait for a reminder that has not gone out."""
    texts = [invitation.confirmed_at, *sorted(invitation.reminders)]
    if plan.step is None or plan.step >= len(texts):
        return None
    return _by_day((texts[plan.step] + timedelta(hours=plan.delay_hours)).astimezone(zone), rng)


def _by_day(moment: datetime, rng: Random) -> datetime:
    minutes = rng.uniform(0, 150)
    if MORNING <= moment.hour < EVENING:
        return moment
    day = moment.date() + timedelta(days=moment.hour >= EVENING)
    return datetime.combine(day, time(MORNING), moment.tzinfo) + timedelta(minutes=minutes)


def _partners_invitation(
    person: Person, own: IssuedInvitation, invitations: dict[str, IssuedInvitation]
) -> IssuedInvitation | None:
    """The first link that reached the same home and is not the person's own."""
    others = (invitations.get(mrn) for mrn in _homes()[person.household] if mrn not in own.mrns)
    return min(filter(None, others), key=_age, default=None)


@cache
def _everybody() -> dict[str, Person]:
    synthetic = practice()
    return {person.mrn: person for person in synthetic.people + synthetic.newcomers}


@cache
def _homes() -> dict[str, list[str]]:
    homes: dict[str, list[str]] = {}
    for person in _everybody().values():
        homes.setdefault(person.household, []).append(person.mrn)
    return homes
