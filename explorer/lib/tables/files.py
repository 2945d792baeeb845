"""Writing a table to a file that the user named."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from explorer.lib.tables.writing import write_csv, write_xlsx


def write_table(path: Path, rows: Iterable[Iterable[Any]]) -> None:
    """The first row is the heading. An .xlsx name makes a workbook, any other a CSV file in UTF-8."""
    if path.suffix.lower() == ".xlsx":
        write_xlsx(path, {"Sheet1": rows})
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, rows)
