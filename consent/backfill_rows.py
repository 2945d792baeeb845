"""What staff paste or upload to write down verbal consents afterwards: rows, each with its own complaint."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from consent.models import ConsentEvent
from explorer.lib.tables import Limits, UnreadableTable, choose_sheet, clean, find_table, read_workbook_apart
from explorer.lib.tables import read_workbook as read_workbook_here
from patients.dates import BadDate, day_first_in, read_date

Decision, Kind = ConsentEvent.Decision, ConsentEvent.Kind
MOST_ROWS = 2000
LONGEST = {"mrn": 40, "obtained_by": 120, "witness": 120}
HEADINGS = {
    "mrn": ("mrn", "chart", "chart number", "medical record number", "patient mrn"),
    "day": ("date", "day", "date of consent", "consent date", "said on", "occurred"),
    "kind": ("kind", "consent", "about", "ledger"),
    "decision": ("decision", "answer", "said"),
    "obtained_by": ("obtained by", "staff", "spoke with patient", "who spoke"),
    "witness": ("witness", "witnessed by"),
}
KINDS = {
    Kind.RECORDS: ("records", "record", "records may move", "medical records", "records transfer"),
    Kind.APCM: ("apcm", "apcm continues", "apcm consent"),
    Kind.NOTICE: ("notice", "old practice may be told", "notice to the old practice"),
    Kind.TEXTING: ("texting", "text", "texts", "sms"),
}
ANSWERS = {
    Decision.GIVEN: ("", "yes", "y", "given", "agreed", "consented"),
    Decision.DECLINED: ("no", "n", "declined", "refused"),
}


@dataclass(frozen=True)
class Row:
    """One row as it was told; `number` is the sheet's own or the line of the pasted text."""

    number: int
    mrn: str
    day: date | None
    kinds: tuple[str, ...]
    decision: str = Decision.GIVEN
    obtained_by: str = ""
    witness: str = ""
    problem: str = ""  # one sentence; the row is then of no use


def read_pasted(text: str, *, kinds: tuple[str, ...], day: date | None) -> list[Row]:
    """One chart number a line, with a date behind it where it has one of its own. Raises UnreadableTable."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    _not_too_many(len(lines))
    days = [parts[1] for _, line in lines if len(parts := re.split(r"[\s,;]+", line, maxsplit=1)) == 2]
    day_first = day_first_in(days)
    return [_pasted(number, line, kinds, day, day_first) for number, line in lines]


def _pasted(number: int, line: str, kinds: tuple[str, ...], day: date | None, day_first: bool) -> Row:
    mrn, _, rest = re.sub(r"[\s,;]+", " ", line).partition(" ")
    return _row(number, {"mrn": mrn, "day": rest}, kinds, day, day_first)


def read_file(
    content: bytes, filename: str, *, kinds: tuple[str, ...], day: date | None, limits: Limits, apart: bool = True
) -> list[Row]:
    """Every row under the heading of a CSV file or workbook. Raises UnreadableTable."""
    workbook = (read_workbook_apart if apart else read_workbook_here)(content, filename, limits)
    table = find_table(choose_sheet(workbook, _knows), _knows, "the headings mrn and date")
    columns = _columns(table.headings)
    if "mrn" not in columns:
        raise UnreadableTable('No column is headed "mrn": the file needs the columns mrn and date.')
    _not_too_many(len(table.rows))
    if not table.rows:
        raise UnreadableTable("The file has a heading and no rows: add one row for each patient.")
    place = columns.get("day")
    day_first = place is not None and day_first_in(cells[place] for _, cells in table.rows)
    return [
        _row(number, {name: cells[column] for name, column in columns.items()}, kinds, day, day_first)
        for number, cells in table.rows
    ]


def _not_too_many(count: int) -> None:
    if count > MOST_ROWS:
        raise UnreadableTable(f"These are {count:,} rows: take at most {MOST_ROWS:,} at once.")


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", clean(text)).strip().casefold()


def _knows(heading: str) -> bool:
    return any(_plain(heading) in names for names in HEADINGS.values())


def _columns(headings: list[str]) -> dict[str, int]:
    """{field: column}; of two columns with the same heading the first."""
    found: dict[str, int] = {}
    for column, heading in enumerate(headings):
        for name, names in HEADINGS.items():
            if _plain(heading) in names:
                found.setdefault(name, column)
    return found


def _row(number: int, cells: dict[str, str], kinds: tuple[str, ...], day: date | None, day_first: bool) -> Row:
    problems: list[str] = []

    def told(name: str, reading: Callable, otherwise):
        text = clean(cells.get(name, ""))
        try:
            return reading(text) if text else otherwise
        except (BadDate, ValueError) as problem:
            problems.append(str(problem))
            return otherwise

    row = {
        "mrn": told("mrn", _chart_number, ""),
        "day": told("day", lambda text: read_date(text, day_first=day_first), day),
        "kinds": told("kind", _kinds, kinds),
        "decision": told("decision", _decision, Decision.GIVEN),
        "obtained_by": told("obtained_by", _name, ""),
        "witness": told("witness", _name, ""),
    }
    return Row(number, **row, problem=next(iter([*problems, *_missing(row)]), ""))


def _missing(row: dict) -> Iterator[str]:
    if not row["mrn"]:
        yield "The chart number is missing."
    if row["day"] is None:
        yield "The date is missing: write it in the row, or choose one for all."
    if not row["kinds"]:
        yield "It is not said what the consent is about: records, apcm, notice or texting."


def _chart_number(text: str) -> str:
    if len(text) > LONGEST["mrn"]:
        raise ValueError("The chart number is longer than 40 characters.")
    return text


def _name(text: str) -> str:
    if len(text) > LONGEST["witness"]:
        raise ValueError("A name is longer than 120 characters.")
    return text


def _kinds(text: str) -> tuple[str, ...]:
    for kind, words in KINDS.items():
        if _plain(text) in words:
            return (kind.value,)
    raise ValueError("What the consent is about was not understood: write records, apcm, notice or texting.")


def _decision(text: str) -> str:
    for decision, words in ANSWERS.items():
        if _plain(text) in words:
            return decision.value
    raise ValueError("The decision was not understood: write yes or no.")
