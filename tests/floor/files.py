"""Builders of workbooks for the reader's tests, good ones and hostile ones."""

import io
import zipfile

import openpyxl
import xlwt

ROWS = [
    ["MRN", "Patient Name", "DOB", "Home Phone", "Zip"],
    ["10001", "SMITH, JOHN", "1/2/1950", 2055551234, "02134"],
    ["10002", "DOE, JANE", "3/4/1951", 2055559876, "35205"],
]


def xlsx(rows=ROWS, **sheets) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "List"
    for name, content in {"List": rows, **sheets}.items():
        sheet = book["List"] if name == "List" else book.create_sheet(name)
        for row in content:
            sheet.append(row)
    return saved(book)


def saved(book) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xls(rows=ROWS) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("List")
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            sheet.write(i, j, value)
    return saved(book)


def ods(body: str) -> bytes:
    """An .ods file whose one table has these rows (as table:table-row elements)."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="List">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{mime}"/></manifest:manifest>'
    )
    return zipped({"mimetype": mime, "META-INF/manifest.xml": manifest, "content.xml": content})


def ods_row(*cells: str, repeated: int = 1, cell_repeated: int = 1) -> str:
    written = "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{cell_repeated}">'
        f"<text:p>{cell}</text:p></table:table-cell>"
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{written}</table:table-row>'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return stream.getvalue()


def changed_parts(book: bytes, **changes) -> bytes:
    """The workbook with parts changed by functions from bytes to bytes; a part is named by its last word."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in parts:
        stem = name.rsplit("/", 1)[-1].split(".")[0]
        if stem in changes:
            parts[name] = changes[stem](parts[name])
    return zipped(parts)


def with_parts(content: bytes, extra: dict[str, str | bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(parts | extra)


def sheet_xml(content: bytes, rows: str) -> bytes:
    """The workbook with the rows of its first sheet replaced by this XML."""

    def replace(part: bytes) -> bytes:
        before, _, rest = part.partition(b"<sheetData>")
        return before + b"<sheetData>" + rows.encode() + b"</sheetData>" + rest.partition(b"</sheetData>")[2]

    return changed_parts(content, sheet1=replace)
