"""What the rows of a patient list or an APCM workbook would change. Pure: nothing is read or written."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from patients.names import fold

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
LABELLED_PHONES = ("cell_phone", "home_phone", "work_phone")
NOT_STORED = ("levels", "named")  # values that only help a person to decide
MERGED = "This chart was merged into chart {}."
CONFLICT, REJECTED, DUPLICATE, VANISHED = "conflict", "rejected", "duplicate", "vanished"


@dataclass(slots=True)
class Incoming:
    """One row of a sheet after reading: `values` holds only filled fields, `problems` [{column, problem}].

    `doubts` are problems that a person must decide; `named` is the (first, last) name a row of the APCM workbook
    gives to the patient.
    """

    row: int
    mrn: str
    values: dict
    problems: list[dict] = field(default_factory=list)
    fatal: bool = False
    doubts: list[dict] = field(default_factory=list)
    named: tuple[str, str] = ("", "")

    def is_somebody_else(self, first: str, last: str, preferred: str = "") -> bool:
        """Whether first *and* last name differ from these; one that is missing or an initial speaks for neither."""
        own_first, own_last = map(fold, self.named)
        given, family = [fold(name) for name in (first, preferred) if fold(name)], fold(last)
        if not (own_first and own_last and given and family):
            return False
        first_agrees = any(name.startswith(own_first) or own_first.startswith(name) for name in given)
        swapped = own_first == family and own_last in given
        return own_last != family and not first_agrees and not swapped


@dataclass(slots=True)
class Known:
    """A patient (or an enrolment) as stored, in the same shape as `Incoming.values`."""

    id: int
    version: int
    values: dict
    corrected: frozenset[str] = frozenset()
    merged_into: str = ""  # the chart number that stands for this one since the two were merged


@dataclass(slots=True)
class Proposal:
    row: int | None
    outcome: str
    mrn: str
    values: dict
    changes: dict
    problems: list[dict]
    patient_id: int | None = None
    version: int | None = None


def propose(rows: Iterable[Incoming], known: dict[str, Known], *, whole_list: bool) -> list[Proposal]:
    """One proposal per row, in the sheet's order; then, for a whole list, one for each vanished patient.

    A blank never erases. A chart number that comes again for the same person is a duplicate: the first
    row counts. Given to two persons, nobody can know which row is right, so all of them are conflicts.
    """
    rows = list(rows)
    first_seen: dict[str, Incoming] = {}
    torn = _contradicting(rows)
    proposals = [_judge(row, known, first_seen, torn) for row in rows]
    if whole_list:
        named = {fold(row.mrn) for row in rows if row.mrn}
        merged = {fold(mrn): fold(stored.merged_into) for mrn, stored in known.items() if stored.merged_into}
        named |= {into for mrn, into in merged.items() if mrn in named}
        proposals += [
            Proposal(None, VANISHED, mrn, {}, {}, [], stored.id, stored.version)
            for mrn, stored in known.items()
            if fold(mrn) not in named and not stored.merged_into
        ]
    return proposals


def counts(proposals: Iterable[Proposal]) -> dict[str, int]:
    """rows = new + changed + unchanged + conflicts + rejected + duplicates, always."""
    found = Counter(proposal.outcome for proposal in proposals)
    return {
        "rows": sum(found.values()) - found[VANISHED],
        "new": found[NEW],
        "changed": found[CHANGED],
        "unchanged": found[UNCHANGED],
        "conflicts": found[CONFLICT],
        "rejected": found[REJECTED],
        "duplicates": found[DUPLICATE],
        "vanished": found[VANISHED],
    }


def _contradicting(rows: list[Incoming]) -> dict[str, list[int]]:
    """Chart numbers that the sheet gives to different persons: {mrn: row numbers}."""
    by_mrn: dict[str, list[Incoming]] = {}
    for row in rows:
        if not row.fatal:
            by_mrn.setdefault(row.mrn, []).append(row)
    return {
        mrn: [row.row for row in same]
        for mrn, same in by_mrn.items()
        if any(not _same_person(row.values, same[0].values) for row in same[1:])
    }


def _same_person(one: dict, other: dict) -> bool:
    names = [fold(values.get("first_name", "") + values.get("last_name", "")) for values in (one, other)]
    births = {values["date_of_birth"] for values in (one, other) if values.get("date_of_birth")}
    return names[0] == names[1] and len(births) <= 1


def _repeated(row: Incoming, first: Incoming) -> dict:
    """What a person should know of a row that says again what an earlier row said, or nearly so."""
    differing = [name for name, value in row.values.items() if value != first.values.get(name, "")]
    if not differing:
        return {"column": "mrn", "problem": f"The same as row {first.row}."}
    words = ", ".join(name.replace("_", " ") for name in differing)
    return {
        "column": "mrn",
        "problem": f"The same patient as row {first.row}, which was used; here {words} differ.",
    }


def _judge(row: Incoming, known, first_seen, torn) -> Proposal:
    if row.fatal:
        return Proposal(row.row, REJECTED, row.mrn, row.values, {}, row.problems)
    stored = known.get(row.mrn)
    identity = (stored.id, stored.version) if stored else (None, None)
    if row.mrn in torn:
        others = ", ".join(str(number) for number in torn[row.mrn] if number != row.row)
        problem = {
            "column": "mrn",
            "problem": f"The chart number also stands in row {others} with other details. Correct the list.",
        }
        return Proposal(row.row, CONFLICT, row.mrn, row.values, {}, [*row.problems, problem], *identity)
    if row.mrn in first_seen:
        problem = _repeated(row, first_seen[row.mrn])
        return Proposal(row.row, DUPLICATE, row.mrn, row.values, {}, [problem], *identity)
    first_seen[row.mrn] = row
    if stored is None:
        outcome = CONFLICT if row.doubts else NEW
        return Proposal(row.row, outcome, row.mrn, row.values, {}, [*row.problems, *row.doubts])
    if stored.merged_into:
        problem = {"column": "mrn", "problem": f"{MERGED.format(stored.merged_into)} The row was not used."}
        return Proposal(row.row, UNCHANGED, row.mrn, row.values, {}, [*row.problems, problem], *identity)
    changes = {
        name: [stored.values.get(name, ""), value]
        for name, value in row.values.items()
        if name not in NOT_STORED and value != stored.values.get(name, "")
    }
    if "phone" in changes and _known_under_another_label(row, stored):
        del changes["phone"]
    problem = _another_person(stored.values, changes) or _corrected_by_staff(stored, changes)
    if problem or row.doubts:
        problems = [*row.problems, *row.doubts, *filter(None, [problem])]
        return Proposal(row.row, CONFLICT, row.mrn, row.values, changes, problems, *identity)
    outcome = CHANGED if changes else UNCHANGED
    return Proposal(row.row, outcome, row.mrn, row.values, changes, row.problems, *identity)


def _known_under_another_label(row: Incoming, stored: Known) -> bool:
    """A column that says only "Telephone" tells nothing new about a number known as home, cell or work."""
    known = {number for name in LABELLED_PHONES for number in stored.values.get(name, "").split()}
    return set(row.values["phone"].split()) <= known


def _another_person(stored: dict, changes: dict) -> dict | None:
    """A chart number whose birth date *and* name both change has probably been given to someone else."""
    new_birth = bool(changes.get("date_of_birth") and stored.get("date_of_birth"))
    renamed = {"first_name", "last_name"} & changes.keys()
    if new_birth and renamed:
        return {
            "column": "mrn",
            "problem": "Name and birth date both differ from the patient we have under this chart number.",
        }
    return None


def _corrected_by_staff(stored: Known, changes: dict) -> dict | None:
    """A person's correction beats a later list until a person says otherwise."""
    fields = sorted(stored.corrected & changes.keys())
    if not fields:
        return None
    words = ", ".join(name.replace("_", " ") for name in fields)
    return {"column": fields[0], "problem": f"Staff corrected {words} by hand; the list says otherwise."}
