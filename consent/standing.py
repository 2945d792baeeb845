"""Where a patient stands in one ledger, now or at any moment, from what was said and when it was said.

The order is that of the saying, never that of the writing down, so any order of arrival gives the same standing:

- a "no" a day or more after the last "yes" revokes it; about texting any "no" after a "yes" does, at once;
- a "no" within a day of a "yes" and any "yes" after a "no" are a conflict;
- a line that replaces an earlier one was written by a person with a reason: it ends a conflict.

`consent.models.current_decision` says the same in SQL, for lists.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from consent.models import ConsentEvent, Response
from consent.models.ledger import CHANGE_OF_MIND
from consent.proof import day_in, effective_day
from explorer.lib import clock
from explorer.lib.models import Practice
from patients.models import Patient

Decision, Kind = ConsentEvent.Decision, ConsentEvent.Kind
SILENT, CONFLICT = "none", "conflict"


@dataclass(frozen=True)
class Standing:
    state: str = SILENT  # or given, declined, revoked, conflict
    line: ConsentEvent | None = None  # what it rests on; of a conflict the newer side
    against: ConsentEvent | None = None  # the other side of a conflict
    last_yes: ConsentEvent | None = None
    last_no: ConsentEvent | None = None
    effective_on: date | None = None  # of a revocation: the last day before it counts
    in_force: bool = False  # a yes that counts; of APCM also until the end of the month in which it was stopped
    corrected_later: bool = False  # a line said by then has been replaced since

    @property
    def words(self) -> str:
        return {SILENT: "Nothing recorded", CONFLICT: "Conflict"}.get(self.state) or Decision(self.state).label


def in_order(lines: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    """Oldest first; of one moment the yes before the no."""
    return sorted(
        lines,
        key=lambda line: (
            line.occurred_at,
            line.decision != Decision.GIVEN,
            line.decision == Decision.REVOKED,
            line.pk or float("inf"),
        ),
    )


def step(so_far: Standing, line: ConsentEvent) -> Standing:
    """The standing after one more line, said later than all before."""
    return _yes(so_far, line) if line.decision == Decision.GIVEN else _no(so_far, line)


def _yes(so_far: Standing, line: ConsentEvent) -> Standing:
    now = replace(so_far, line=line, last_yes=line, effective_on=None)
    if line.supersedes_id or so_far.state in (SILENT, Decision.GIVEN):
        return replace(now, state=Decision.GIVEN.value, against=None)
    return replace(now, state=CONFLICT, against=so_far.last_no)


def _no(so_far: Standing, line: ConsentEvent) -> Standing:
    yes = so_far.last_yes
    now = replace(so_far, line=line, last_no=line, against=None)
    if yes is None:
        return replace(now, state=line.decision)
    if so_far.state == Decision.REVOKED:
        return replace(now, line=so_far.line)
    settled = line.supersedes_id or so_far.state == Decision.DECLINED
    if settled or line.kind == Kind.TEXTING or line.occurred_at - yes.occurred_at >= CHANGE_OF_MIND:
        return replace(now, state=Decision.REVOKED.value)
    return replace(now, state=CONFLICT, against=yes)


def fold(lines: Iterable[ConsentEvent]) -> Standing:
    """Of lines in order, none of which a later one replaces."""
    found = Standing()
    for line in lines:
        found = step(found, line)
    return found


def standing_at(patient: Patient, kind: str, moment: datetime | None = None) -> Standing:
    """Where the patient stood at that moment, as told by all that has been recorded until now.

    A line counts as replaced once the line that replaces it had been said.
    """
    return standings_at(patient, moment)[kind]


def standings_at(patient: Patient, moment: datetime | None = None) -> dict[str, Standing]:
    """{kind: standing} of every ledger of the patient, all charts of the patient together."""
    moment, zone = moment or clock.now(), Practice.current().time_zone
    lines = list(
        ConsentEvent.objects.of_patient(patient)
        .filter(occurred_at__lte=moment)
        .select_related("patient", "superseded_by", "recorded_by", "wording", "on_behalf_of")
    )
    waiting = list(
        Response.objects.in_review()
        .filter(likely=patient, identity__proven="yes", completed_at__lte=moment)
        .values_list("decisions", "completed_at")
    )
    return {
        kind: _of_kind([line for line in lines if line.kind == kind], waiting, moment, zone) for kind in Kind.values
    }


def _of_kind(lines: list[ConsentEvent], waiting: list[tuple[dict, datetime]], moment: datetime, zone: str) -> Standing:
    replaced = {line.pk for line in lines if hasattr(line, "superseded_by")}
    by_then = {line.pk for line in lines if hasattr(line, "superseded_by") and line.superseded_by.occurred_at <= moment}
    told = in_order(line for line in lines if line.pk not in by_then)
    found = fold(told)
    if found.state == SILENT:
        return found
    newest = told[-1]
    against = _of_another_chart(newest, told)
    contested = any(_contests(answers.get(newest.kind), at, newest) for answers, at in waiting)
    if found.state != CONFLICT and (against or contested):
        found = replace(found, state=CONFLICT, line=newest, against=against)
    found = replace(found, corrected_later=bool(replaced - by_then))
    if found.state == Decision.REVOKED:
        found = replace(found, effective_on=effective_day(newest.kind, found.line.occurred_at, zone))
    return replace(found, in_force=_is_in_force(found, newest.kind, day_in(moment, zone)))


def _is_in_force(found: Standing, kind: str, day: date) -> bool:
    running_out = kind == Kind.APCM and found.state == Decision.REVOKED and found.last_yes is not None
    return found.state == Decision.GIVEN or (running_out and day <= found.effective_on)


def _opposite(line: ConsentEvent) -> str:
    return "no" if line.decision == Decision.GIVEN else "yes"


def _contests(said: str | None, moment: datetime, line: ConsentEvent) -> bool:
    """An answer in review says the opposite or, after a yes, something that nobody has understood yet."""
    unread = said == "unclear" and line.decision == Decision.GIVEN and moment >= line.occurred_at
    return unread or said == _opposite(line)


def _of_another_chart(newest: ConsentEvent, lines: list[ConsentEvent]) -> ConsentEvent | None:
    """What another chart, merged with this one, had said to the contrary before the merge."""
    for line in reversed(lines):
        compared = line.patient.merged_into_id == newest.patient_id and line.patient.merged_at < newest.recorded_at
        if line.patient_id != newest.patient_id and not compared and _opposite(line) != _opposite(newest):
            return line
    return None
