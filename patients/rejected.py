"""The rejected rows of an import as they stand in the file, so that they can be mended and imported again."""

from collections.abc import Iterator

from explorer.lib.keys import decrypt
from explorer.lib.tables import SHELL, UnreadableTable, find_table, read_workbook_apart
from patients import mapping
from patients.models import ImportBatch, ImportRow

FIELDS = {ImportBatch.Kind.PATIENTS: mapping.FIELDS, ImportBatch.Kind.APCM: mapping.APCM_FIELDS}


def rejected_sheets(batch: ImportBatch) -> dict[str, list[list[str]]]:
    """{sheet: rows}, each with its heading, the row's number in the file and why it was rejected.

    Raises UnreadableTable when the file cannot be read any more.
    """
    if not batch.raw:
        raise UnreadableTable(
            "The file itself is no longer kept, so its rows cannot be written out again. The rows and the reasons "
            "are shown below; import the list again to get them as a sheet."
        )
    workbook = read_workbook_apart(decrypt(bytes(batch.raw), "imports"), batch.filename, SHELL)
    why = _reasons(batch)
    sheets = {}
    for sheet in workbook.sheets:
        if sheet.name in batch.sheet.split(", ") or sheet.name == batch.sheet:
            table = find_table(sheet, mapping.knows(FIELDS[batch.kind]))
            rows = list(_rows(table, _place_of_chart_number(table, batch), why))
            if len(rows) > 1:
                sheets[sheet.name] = rows
    if not sheets:
        raise UnreadableTable("This import has no rejected rows.")
    return sheets


def _reasons(batch: ImportBatch) -> dict[tuple[int, str], str]:
    """By row number and chart number: two sheets of one workbook may share row numbers."""
    rejected = batch.rows.filter(outcome=ImportRow.Outcome.REJECTED).values_list("row", "mrn", "problems")
    return {
        (row, mrn): " ".join(f"{problem['column']}: {problem['problem']}" for problem in problems)
        for row, mrn, problems in rejected
    }


def _place_of_chart_number(table, batch: ImportBatch) -> int:
    columns = mapping.map_columns(
        table.headings,
        [cells for _, cells in table.rows[: mapping.SAMPLE]],
        fields=FIELDS[batch.kind],
        saved=batch.columns,
    )
    return columns.columns["mrn"]


def _rows(table, place: int, why: dict[tuple[int, str], str]) -> Iterator[list[str]]:
    yield ["Row", *table.headings, "Why"]
    for number, cells in table.rows:
        if reason := why.get((number, cells[place].strip()[:40])):
            yield [number, *cells, reason]
