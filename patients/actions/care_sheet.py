"""Many facts at once from a sheet: looked at first, then recorded all or none."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib.audit import record
from explorer.lib.models import Practice
from explorer.lib.tables import Limits, UnreadableTable, choose_sheet, find_table, read_workbook, read_workbook_apart
from patients import care_sheet
from patients.actions.care import contradicts, draft_fact, same
from patients.care_sheet import COLUMNS, Problem
from patients.models import CareFact, Patient

OUTCOMES = ("new", "unchanged", "conflicts", "rejected", "duplicates")


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of the sheet. `facts` are drafts, stored only of a new row."""

    row: int
    mrn: str
    outcome: str
    facts: tuple[CareFact, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class FactsReview:
    filename: str
    parsed: tuple[care_sheet.Row, ...]
    rows: tuple[Judged, ...]
    unused: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """rows = new + unchanged + conflicts + rejected + duplicates, always; `facts` would be stored."""
        counted = Counter(row.outcome for row in self.rows)
        facts = sum(len(row.facts) for row in self.rows if row.outcome == "new")
        return {"rows": len(self.rows)} | {name: counted[name] for name in OUTCOMES} | {"facts": facts}


def review_facts(
    content: bytes, filename: str, *, limits: Limits, checked_on: date, source: str, by, apart: bool = True
) -> FactsReview:
    """Raises UnreadableTable."""
    read = read_workbook_apart if apart else read_workbook
    workbook = read(content, filename, limits)
    table = find_table(choose_sheet(workbook, care_sheet.knows_heading), care_sheet.knows_heading)
    fields = care_sheet.fields_of(table.headings)
    if "mrn" not in fields:
        raise UnreadableTable("The sheet needs a column MRN with the chart number: add it and choose the file again.")
    rows = [
        care_sheet.read_row(
            number, {field: cells[place] for field, place in fields.items()}, checked_on=checked_on, source=source
        )
        for number, cells in table.rows
    ]
    unused = tuple(heading for heading in table.headings if heading and not care_sheet.knows_heading(heading))
    return FactsReview(filename, tuple(rows), tuple(_judge(rows, by)), unused)


def _judge(rows: Sequence[care_sheet.Row], by) -> Iterator[Judged]:
    owners = {mrn.casefold(): pk for mrn, pk in Patient.charts.owners().items()}
    wanted = {owners[row.mrn.casefold()] for row in rows if row.mrn.casefold() in owners}
    people = {person.pk: person for person in Patient.objects.all() if person.pk in wanted}
    known = _known(wanted)
    today = Practice.current().today()
    seen: set[tuple] = set()
    for row in rows:
        person = people.get(owners.get(row.mrn.casefold()))
        if (judged := _refused(row, person)) or (judged := _repeated(row, person, seen)):
            yield judged
            continue
        facts, problems = _drafts(row, person, today, by)
        theirs = known.setdefault(person.pk, [])
        fresh = tuple(fact for fact in facts if not any(same(fact, old) for old in theirs))
        against = [fact for fact in fresh if any(contradicts(fact, old) for old in theirs)]
        if problems:
            yield Judged(row.row, row.mrn, "rejected", problems=tuple(problems))
        elif against:
            words = "Something else is recorded for the same day: withdraw one of the two on the patient’s page."
            problems = tuple(Problem(fact.get_kind_display(), words) for fact in against)
            yield Judged(row.row, row.mrn, "conflicts", problems=problems)
        else:
            theirs.extend(fresh)
            yield Judged(row.row, row.mrn, "new" if fresh else "unchanged", facts=fresh)


def _refused(row: care_sheet.Row, person: Patient | None) -> Judged | None:
    problems = list(row.problems)
    if row.mrn and person is None:
        problems.append(Problem(COLUMNS["mrn"][0], "No patient has this chart number: look at it again."))
    return Judged(row.row, row.mrn, "rejected", problems=tuple(problems)) if problems else None


def _repeated(row: care_sheet.Row, person: Patient, seen: set[tuple]) -> Judged | None:
    said = (person.pk, repr(sorted((kind, on, sorted(values.items(), key=str)) for kind, on, values in row.facts)))
    if said in seen:
        return Judged(row.row, row.mrn, "duplicates")
    seen.add(said)
    return None


def _drafts(row: care_sheet.Row, person: Patient, today: date, by) -> tuple[list[CareFact], list[Problem]]:
    facts, problems = [], []
    for kind, on, values in row.facts:
        try:
            facts.append(draft_fact(patient=person, kind=kind, on=on, today=today, by=by, **values))
        except ValidationError as problem:
            label = CareFact.Kind(kind).label
            problems += [Problem(label, words) for words in problem.messages]
    return facts, problems


def _known(pks: set[int]) -> dict[int, list[CareFact]]:
    found: dict[int, list[CareFact]] = {}
    for fact in CareFact.objects.effective().with_owner():
        if fact.owner in pks:
            found.setdefault(fact.owner, []).append(fact)
    return found


@transaction.atomic
def apply_facts(review: FactsReview, *, by) -> FactsReview:
    """Judges the rows again, as things stand now, and records the new ones, all or none."""
    Practice.objects.select_for_update().get(pk=1)
    review = replace(review, rows=tuple(_judge(review.parsed, by)))
    facts = [fact for row in review.rows if row.outcome == "new" for fact in row.facts]
    made = CareFact.objects.bulk_create(facts, batch_size=200)
    names = ("patient_id", "kind", "month", "answer", "number", "codes", "npi")
    record(
        [
            (fact, "create", {"on": [None, f"{fact.on}"], **{n: [None, f"{getattr(fact, n)}"] for n in names}})
            for fact in made
        ],
        by=by,
    )
    return review
