"""Sheets that go wrong in the ways people's sheets do, for trying the import on them."""

from base64 import b64decode
from pathlib import Path

from openpyxl import Workbook

from explorer.demo.listing import HEADINGS, listed
from explorer.demo.people import practice
from explorer.demo.sheets import Row, write_workbook

PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
SPANISH = (
    "Número de expediente", "Fecha de nacimiento", "Nombre del paciente", "Dirección", "Ciudad", "Estado",
    "Código postal", "Última visita", "Correo electrónico", "Teléfono de casa", "Teléfono celular", "Seguro",
)  # fmt: skip


def write_bad_examples(folder: Path) -> list[Path]:
    """Named for what is wrong with them; the folder is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = [listed(person) for person in practice().people[:60]]
    (folder / "picture.xlsx").write_bytes(PICTURE)
    (folder / "empty.xlsx").write_bytes(b"")
    sheets = {
        "no-headings.xlsx": {"Patients": rows},
        "title-above.xlsx": {"Patients": [["Patient list with phone numbers"], HEADINGS, *rows]},
        "two-sheets.xlsx": {"North": [HEADINGS, *rows[:30]], "South": [HEADINGS, *rows[30:]]},
        "spanish-headings.xlsx": {"Pacientes": [SPANISH, *rows]},
    }
    for name, content in sheets.items():
        write_workbook(folder / name, content)
    _write_merged(folder / "merged-cells.xlsx", rows)
    return sorted(folder.glob("*.xlsx"))


def _write_merged(path: Path, rows: list[Row]) -> None:
    """Fifty times one address for the patient and the one below: the lower cells are gone."""
    workbook = Workbook()
    sheet = workbook.active
    for row in [HEADINGS, *rows]:
        sheet.append(list(row))
    for number in range(25):
        above = 2 + 2 * number
        for column in "DE":
            sheet.merge_cells(f"{column}{above}:{column}{above + 1}")
    workbook.save(path)
