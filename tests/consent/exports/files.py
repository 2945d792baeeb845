"""An export as Microsoft Forms, Excel or a person would have written it."""

import csv
import io
import random
from datetime import date, datetime

import openpyxl

from tests.consent.exports.forms import METADATA, Form
from tests.consent.exports.rows import Row

KINDS = ("xlsx", "utf-8", "utf-8-sig", "cp1252", "utf-16")


def columns(random_: random.Random, form: Form) -> list[tuple[str, str]]:
    """(meaning, heading), sometimes shuffled, with a column more or without Start time."""
    meta = METADATA[form.metadata or form.language]
    found = list(zip(("response_id", "started_at", "completed_at", "email", "respondent_name"), meta, strict=True))
    found += form.headings.items()
    if random_.random() < 0.3:
        found.insert(random_.randrange(5, len(found)), ("pharmacy", "Which pharmacy do you use?"))
    if random_.random() < 0.2:
        found.append(("insurance", "Insurance"))
    if random_.random() < 0.2:
        found = [column for column in found if column[0] != "started_at"]
    if random_.random() < 0.35:
        places = found[:]
        random_.shuffle(places)
        births = [c for c in found if c[0].startswith("date_of_birth")]
        order = iter(births)
        found = [next(order) if c[0].startswith("date_of_birth") else c for c in places]
    return found


def value(form: Form, meaning: str, row: Row, number: int) -> object:
    said = row.said
    if not said:
        return None
    if meaning == "response_id":
        return number
    if meaning in ("started_at", "completed_at"):
        return row.completed
    if meaning == "email":
        return "anonymous"
    if meaning == "signed_on":
        return row.completed.date()
    person = len(str(said.get("full_name", "")))  # who answers twice says the same of these
    if meaning == "pharmacy":
        return ["CVS", "Walgreens", "", "Publix"][person % 4]
    if meaning == "insurance":
        return ["Medicare", "Medicare and Medicaid", "none"][person % 3]
    given = said.get(meaning, "")
    if meaning in form.options or meaning == "texting":
        if isinstance(given, tuple):
            return given[1]
        options = form.options.get(meaning) or {"yes": "Yes", "no": "No"}
        return options.get(given, "")
    if given is True:
        return form.box if meaning == "signature_box" else "I understand;"
    return "" if given is False else given


def table(random_: random.Random, form: Form, rows: list[Row]) -> tuple[list[str], list[list], dict[int, Row]]:
    """Headings, rows of values, and {sheet row: its truth}. Rows come in the form's order, at times in another."""
    places = columns(random_, form)
    numbered = list(enumerate(rows, start=1))
    if random_.random() < 0.3:
        random_.shuffle(numbered)
    filled = [[value(form, meaning, row, number) for meaning, _ in places] for number, row in numbered]
    truths = {place: row for place, (_, row) in enumerate(numbered, start=2)}
    return [heading for _, heading in places], filled, truths


def write(random_: random.Random, kind: str, headings: list[str], rows: list[list]) -> tuple[str, bytes]:
    if kind == "xlsx":
        return "export.xlsx", _xlsx(headings, rows)
    delimiter = "\t" if kind == "utf-16" else random_.choice(",;")
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(headings)
    style = random_.choice(["%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%m/%d/%y %H:%M:%S"])
    writer.writerows([_text(cell, style) for cell in row] for row in rows)
    text = stream.getvalue()
    if kind == "cp1252":
        return "export.csv", text.encode("cp1252", "replace")
    return "export.csv", text.encode(kind)


def _text(cell: object, style: str) -> str:
    if isinstance(cell, datetime):
        return cell.strftime(style)
    if isinstance(cell, date):
        return cell.strftime(style.split()[0].replace("%y", "%Y"))
    return "" if cell is None else str(cell)


def _xlsx(headings: list[str], rows: list[list]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    sheet.append(headings)
    for row in rows:
        sheet.append([None if cell == "" else cell for cell in row])
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            if cell.data_type == "f":
                cell.data_type = "s"
            if isinstance(cell.value, datetime):
                cell.number_format = "m/d/yy h:mm:ss"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
