"""Where in a sheet the table is: its heading, its rows, and what is neither."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from explorer.lib.tables.workbook import Sheet, UnreadableTable, Workbook, clean

HEADING_WITHIN = 25  # rows
Knows = Callable[[str], bool]

_TOTAL = re.compile(
    r"(grand |sub)?-?totals?\b|(count|sum|average|avg|gesamt|summe|suma|total)\b\W*\d*$|"
    r"(number|no\.?|#) of (patients|records|rows)\b|\d+ (patients|records|rows)\b|"
    r"page \d+|end of (report|list)|\*+ ?end\b|(printed|generated|report run|run date)\b",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[\W\d]*\d[\W\d]*|\d{4}-\d\d-\d\d.*|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}.*|\S+@\S+\.\S+")


class SeveralSheets(UnreadableTable):
    """More than one sheet looks like the list; `names` are those to choose from."""

    def __init__(self, names: list[str]):
        quoted = " and ".join(f'"{name}"' for name in names)
        super().__init__(f"Several sheets look like a list, {quoted}: say which one to read.")
        self.names = names


@dataclass
class Table:
    sheet_name: str
    headings: list[str]
    heading_row: int  # the sheet's own number, as all row numbers here; the lower one of a two-row heading
    rows: list[tuple[int, list[str]]]  # cells cleaned, as many as headings
    skipped: list[tuple[int, str]]  # rows that are no data, each with its reason
    merged: list[str]  # merged cells among the rows, such as "A5:A6"


@dataclass
class _Heading:
    position: int  # in sheet.rows, of its last row
    height: int
    cells: list[str]
    known: int


def find_table(sheet: Sheet, knows: Knows, expected: str = "headings such as chart number and name") -> Table:
    """The table under the heading row. Raises UnreadableTable where no row of the first 25 is one."""
    heading = _find_heading(sheet, knows)
    if not heading:
        raise UnreadableTable(
            f'No heading row was found in the first {HEADING_WITHIN} rows of the sheet "{sheet.name}": '
            f"the list needs a row with {expected} above the patients."
            if sheet.rows
            else f'The sheet "{sheet.name}" is empty: choose the sheet or file that holds the list.'
        )
    rows, skipped = _rows_below(sheet, heading)
    skipped = _rows_above(sheet, heading) + skipped
    first = sheet.first_row + heading.position + 1
    merged = [cells for cells in sheet.merged if int(re.sub(r".*\D", "", cells)) >= first]
    return _trimmed(Table(sheet.name, heading.cells, first - 1, rows, skipped, merged))


def choose_sheet(workbook: Workbook, knows: Knows, wanted: str | None = None) -> Sheet:
    """The visible sheet that holds the list, or the wanted one by name, even if hidden.

    Raises SeveralSheets where two could be meant, UnreadableTable where none is.
    """
    if wanted:
        return _named(workbook, wanted)
    found = [(heading.known, sheet) for sheet in workbook.sheets if (heading := _find_heading(sheet, knows))]
    visible = [(known, sheet) for known, sheet in found if not sheet.hidden]
    if not visible and found:
        names = " and ".join(f'"{sheet.name}"' for _, sheet in found)
        raise UnreadableTable(f"Only hidden sheets look like a list, {names}: unhide the right one in Excel.")
    if not visible:
        return _fullest(workbook)
    best = max(known for known, _ in visible)
    rivals = [sheet for known, sheet in visible if 2 * known > best]
    if len(rivals) > 1:
        raise SeveralSheets([sheet.name for sheet in rivals])
    return rivals[0]


def _named(workbook: Workbook, wanted: str) -> Sheet:
    for sheet in workbook.sheets:
        if clean(sheet.name).casefold() == clean(wanted).casefold():
            return sheet
    names = ", ".join(f'"{sheet.name}"' for sheet in workbook.sheets)
    raise UnreadableTable(f'There is no sheet "{wanted}": choose one of {names}.')


def _fullest(workbook: Workbook) -> Sheet:
    """Where no sheet has a known heading: the one a person would look at, for find_table to complain of."""
    visible = [sheet for sheet in workbook.sheets if not sheet.hidden] or workbook.sheets
    return max(visible, key=lambda sheet: len(sheet.rows))


def _find_heading(sheet: Sheet, knows: Knows) -> _Heading | None:
    top = [[clean(cell) for cell in row] for row in sheet.rows[: HEADING_WITHIN + 2]]
    scored = [(_score(top, i, knows), -i) for i in range(min(len(top), HEADING_WITHIN))]
    score, place = max(scored, default=(0, 0))
    if score <= 0:
        return None
    return _with_second_row(sheet, top, -place, knows)


def _score(top: list[list[str]], i: int, knows: Knows) -> float:
    """0 for a row that cannot be the heading; known headings count most, then the looks of a heading."""
    filled = [cell for cell in top[i] if cell]
    known = sum(map(knows, filled))
    texts = sum(not _is_value(cell) for cell in filled)
    if known < min(2, _width(top)) or texts < 0.6 * len(filled):
        return 0
    unique = len({cell.casefold() for cell in filled}) / len(filled)
    following = top[i + 1] if i + 1 < len(top) else []
    has_values = any(_is_value(cell) for cell in following if cell)
    return 2 * known + known / len(filled) + texts / len(filled) + unique + has_values


def _is_value(cell: str) -> bool:
    return bool(_VALUE.fullmatch(cell[:60]))


def _width(top: list[list[str]]) -> int:
    return max(sum(map(bool, row)) for row in top)


def _with_second_row(sheet: Sheet, top: list[list[str]], i: int, knows: Knows) -> _Heading:
    """The heading at row i, joined with the row above or below where that makes more headings known.

    A row of group names merged over several columns ("Patient", "Guarantor") is always joined, so that the
    guarantor's phone is not taken for the patient's.
    """
    single = _Heading(i, 1, top[i], sum(map(knows, top[i])))
    choices = [single]
    if i > 0 and sum(map(bool, top[i - 1])) > 1 and not _has_values(top[i - 1]):
        above = _joined(top, i - 1, i, knows)
        if _merged_across(sheet, i - 1) > 1:
            return above
        choices.append(above)
    if i + 1 < len(top) and any(top[i + 1]) and not _has_values(top[i + 1]):
        choices.append(_joined(top, i, i + 1, knows))
    return max(choices, key=lambda heading: heading.known)


def _has_values(row: list[str]) -> bool:
    return any(any(c.isdigit() for c in cell) for cell in row)


def _merged_across(sheet: Sheet, i: int) -> int:
    """How many groups of columns are merged in this row; a title merged over all of them is one."""
    number = sheet.first_row + i
    return sum(bool(re.fullmatch(rf"[A-Z]+{number}:[A-Z]+{number}", cells)) for cells in sheet.merged)


def _joined(top: list[list[str]], upper: int, lower: int, knows: Knows) -> _Heading:
    width = max(len(top[upper]), len(top[lower]))
    above = top[upper] + [""] * (width - len(top[upper]))
    below = top[lower] + [""] * (width - len(top[lower]))
    cells, group = [], ""
    for name, part in zip(above, below, strict=True):
        group = name or (group if part else "")
        cells.append(f"{group} {part}".strip())
    return _Heading(lower, 2, cells, sum(map(knows, cells)))


def _rows_above(sheet: Sheet, heading: _Heading) -> list[tuple[int, str]]:
    above = sheet.rows[: heading.position + 1 - heading.height]
    return [(sheet.first_row + i, "above the heading") for i, row in enumerate(above) if any(map(clean, row))]


def _rows_below(sheet: Sheet, heading: _Heading) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
    rows, skipped = [], []
    folded = [cell.casefold() for cell in heading.cells]
    last_heading_row = [clean(cell).casefold() for cell in sheet.rows[heading.position]]
    for i, row in enumerate(sheet.rows[heading.position + 1 :], start=heading.position + 1):
        cells = [clean(cell) for cell in row]
        number = sheet.first_row + i
        if not any(cells):
            continue
        if _repeats(cells, folded) or _repeats(cells, last_heading_row):
            skipped.append((number, "the heading again"))
        elif _is_total(cells, len(folded)):
            skipped.append((number, "a total or footer"))
        else:
            rows.append((number, cells))
    return rows, skipped


def _repeats(cells: list[str], heading: list[str]) -> bool:
    filled = [(cell.casefold(), above) for cell, above in zip(cells, heading, strict=False) if cell]
    return len(filled) > 1 and sum(cell == above for cell, above in filled) >= 0.8 * len(filled)


def _is_total(cells: list[str], width: int) -> bool:
    filled = [cell for cell in cells if cell]
    return len(filled) <= max(2, width // 3) and bool(_TOTAL.match(filled[0]))


def _trimmed(table: Table) -> Table:
    """All rows as wide as the headings; columns without heading and values are dropped from the end."""
    width = max([len(table.headings), *(len(cells) for _, cells in table.rows)])
    table.headings += [""] * (width - len(table.headings))
    rows = [(number, cells + [""] * (width - len(cells))) for number, cells in table.rows]
    while width and not table.headings[width - 1] and not any(cells[width - 1] for _, cells in rows):
        width -= 1
    table.headings = table.headings[:width]
    table.rows = [(number, cells[:width]) for number, cells in rows]
    return table
