"""A sheet as a workbook; no cell can turn into a formula."""

import io
from collections.abc import Iterable, Iterator

from explorer.lib.tables import write_xlsx
from explorer.reports.sheet import Sheet


def in_workbook(sheet: Sheet) -> bytes:
    return workbook({sheet.title: rows(sheet)})


def workbook(sheets: dict[str, Iterable[Iterable]]) -> bytes:
    target = io.BytesIO()
    write_xlsx(target, sheets)
    return target.getvalue()


def rows(sheet: Sheet) -> Iterator[list]:
    yield [sheet.title, sheet.about]
    yield [sheet.as_of]
    for sentence in sheet.lead:
        yield [sentence]
    for part in sheet.parts:
        yield []
        yield [part.title]
        yield list(part.headings)
        yield from map(list, part.rows)
        if part.total:
            yield list(part.total)
        if part.words:
            yield [part.words]
