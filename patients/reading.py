"""Rows of a sheet become values we can store, or complaints that name row and column. Pure."""

from collections.abc import Iterator
from datetime import date

from explorer.lib.tables import Table
from patients.dates import BadDate, day_first_in, read_birth_date, read_date
from patients.mapping import ColumnMap
from patients.names import Name, clean_parts, parse_name, proper_case
from patients.phones import BadPhone, read_phones
from patients.proposing import Incoming

PHONE_FIELDS = ("cell_phone", "home_phone", "work_phone", "phone")
PHONE_COLUMNS = {**{name: name for name in PHONE_FIELDS}, "phone2": "phone"}
TEXT_FIELDS = {
    "email": 254,
    "address": 120,
    "address2": 120,
    "city": 80,
    "state": 20,
    "insurer": 120,
    "insurer_id": 60,
}
NAME_PARTS = ("first_name", "middle_name", "last_name", "suffix")
SEXES = {"f": "female", "female": "female", "m": "male", "male": "male", "other": "other", "x": "other"}
YES = {"y", "yes", "true", "1", "x", "deceased", "dead"}
LEVELS = {"level1": 1, "level2": 2, "level3": 3}


def patient_rows(table: Table, columns: ColumnMap, *, today: date) -> Iterator[Incoming]:
    """The rows of a patient list. A row without chart number, name or with two heads is marked fatal."""
    styles = _date_styles(table, columns, ("date_of_birth", "last_visit"))
    for number, cells in table.rows:
        reader = _Row(number, cells, table.headings, columns)
        _identity(reader)
        _dates(reader, styles, today)
        _phones(reader)
        _texts(reader)
        yield Incoming(number, reader.mrn, reader.values, reader.problems, reader.fatal)


def apcm_rows(table: Table, columns: ColumnMap, *, status: str) -> Iterator[Incoming]:
    """The rows of one sheet of the APCM workbook; status is "active" or "removed".

    The level is told by which of the level columns is filled; its text is the list of ICD-10 codes.
    """
    styles = _date_styles(table, columns, ("signed_up_on",))
    for number, cells in table.rows:
        headings = [f"{table.sheet_name}!{heading}" for heading in table.headings]
        reader = _Row(number, cells, headings, columns)
        reader.mrn = _chart_number(reader)
        reader.values["status"] = status
        doubts = _level(reader)
        reader.date("signed_up_on", lambda text: read_date(text, day_first=styles["signed_up_on"]))
        for name, longest in (("insurance", 120), ("copay", 60), ("comments", 2000), ("status_text", 200)):
            reader.text(name, longest)
        name = _name(reader)
        named = (name.first, name.last)
        yield Incoming(number, reader.mrn, reader.values, reader.problems, reader.fatal, doubts, named)


class _Row:
    def __init__(self, number: int, cells: list[str], headings: list[str], columns: ColumnMap):
        self.number, self.cells, self.headings, self.columns = number, cells, headings, columns.columns
        self.mrn, self.values, self.problems, self.fatal = "", {}, [], False

    def get(self, name: str) -> str:
        index = self.columns.get(name)
        return self.cells[index] if index is not None and index < len(self.cells) else ""

    def complain(self, name: str, problem: str, *, fatal: bool = False) -> None:
        index = self.columns.get(name)
        column = self.headings[index] if index is not None else name.replace("_", " ")
        self.problems.append({"column": column, "problem": problem})
        self.fatal = self.fatal or fatal

    def text(self, name: str, longest: int) -> None:
        text = self.get(name)
        if len(text) > longest:
            self.complain(name, f"Longer than {longest} characters; left out.")
        elif text:
            self.values[name] = text

    def date(self, name: str, read) -> None:
        text = self.get(name)
        if not text:
            return
        try:
            self.values[name] = read(text).isoformat()
        except BadDate as problem:
            self.complain(name, str(problem))


def _date_styles(table: Table, columns: ColumnMap, names: tuple[str, ...]) -> dict[str, bool]:
    """For each date column, whether the day stands first; decided by the whole column."""
    places = {name: columns.columns[name] for name in names if name in columns.columns}
    styles = {
        name: day_first_in([cells[place] for _, cells in table.rows if place < len(cells)])
        for name, place in places.items()
    }
    return {name: styles.get(name, False) for name in names}


def _chart_number(reader: _Row) -> str:
    mrn = reader.get("mrn").strip()
    if not mrn:
        reader.complain("mrn", "The chart number is empty. Fill it in and import the list again.", fatal=True)
    elif len(mrn) > 40:
        reader.complain("mrn", "The chart number is longer than 40 characters.", fatal=True)
        mrn = mrn[:40]
    return mrn


def _identity(reader: _Row) -> None:
    reader.mrn = _chart_number(reader)
    whole, name = reader.get("name"), _name(reader)
    values = {
        "first_name": proper_case(name.first)[:80],
        "middle_name": proper_case(name.middle)[:80],
        "last_name": proper_case(name.last)[:80],
        "suffix": name.suffix[:16],
        "preferred_name": proper_case(reader.get("preferred_name") or name.preferred)[:80],
        "listed_name": (whole or " ".join(filter(None, map(reader.get, NAME_PARTS))))[:160],
    }
    reader.values |= {field: value for field, value in values.items() if value}
    if not name.last:
        reader.complain("name" if whole else "last_name", "The name is empty or cannot be read.", fatal=True)


def _dates(reader: _Row, styles: dict[str, bool], today: date) -> None:
    birth = lambda text: read_birth_date(text, today=today, day_first=styles["date_of_birth"])  # noqa: E731
    reader.date("date_of_birth", birth)
    reader.date("last_visit", lambda text: read_date(text, day_first=styles["last_visit"]))


def _phones(reader: _Row) -> None:
    """Each number once, under the label that says most: cell before home before work."""
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for column, name in PHONE_COLUMNS.items():
        text = reader.get(column)
        if not text:
            continue
        try:
            numbers = [phone.e164 for phone in read_phones(text)]
        except BadPhone as problem:
            reader.complain(column, str(problem))
            continue
        found.setdefault(name, []).extend(number for number in numbers if number not in seen)
        seen.update(numbers)
    reader.values |= {name: " ".join(sorted(set(numbers))) for name, numbers in found.items() if numbers}


def _texts(reader: _Row) -> None:
    for name, longest in TEXT_FIELDS.items():
        reader.text(name, longest)
    if "email" in reader.values and not _looks_like_email(reader.values["email"]):
        del reader.values["email"]
        reader.complain("email", "This is not an e-mail address; left out.")
    if code := reader.get("zip"):
        reader.values["zip"] = _zip(code)
    if sex := SEXES.get(reader.get("sex").casefold()):
        reader.values["sex"] = sex
    if reader.get("deceased").casefold() in YES:
        reader.values["deceased"] = True


def _looks_like_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and "." in domain and " " not in text)


def _zip(text: str) -> str:
    """A ZIP keeps its leading zeros, also where a sheet stored it as a number."""
    head, dash, tail = text.partition("-")
    if head.isdigit() and len(head) == 9 and not dash:
        head, dash, tail = head[:5], "-", head[5:]
    return (head.zfill(5) + dash + tail if head.isdigit() and len(head) < 5 else head + dash + tail)[:10]


def _name(reader: _Row) -> Name:
    whole = reader.get("name")
    return parse_name(whole) if whole else clean_parts(*map(reader.get, NAME_PARTS))


def _level(reader: _Row) -> list[dict]:
    """The level that is filled in; where it is more than one, they wait in "levels" for a person to choose."""
    filled = {level: reader.get(name) for name, level in LEVELS.items() if reader.get(name)}
    if len(filled) == 1:
        reader.values["level"], reader.values["icd10"] = next(iter(filled.items()))
    if len(filled) < 2:
        return []
    reader.values["levels"] = {str(level): codes for level, codes in filled.items()}
    words = " and ".join(f"level {level}" for level in filled)
    return [{"column": "level", "problem": f"The columns of {words} are both filled. Choose the right one."}]
