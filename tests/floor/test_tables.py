import csv
import datetime
import hashlib
import io

import openpyxl
import pytest

from explorer.lib.tables import (
    UPLOAD,
    Limits,
    SeveralSheets,
    Sheet,
    UnreadableTable,
    Workbook,
    choose_sheet,
    clean,
    find_table,
    read_workbook,
    read_workbook_apart,
    write_csv,
    write_xlsx,
)
from tests.floor import files

NO_DATABASE = True

HEADINGS = {
    "mrn",
    "patient name",
    "dob",
    "home phone",
    "cell phone",
    "phone home",
    "phone cell",
    "zip",
    "name",
}


def knows(cell):
    return cell.casefold() in HEADINGS


def rows_of(content, filename="list.xlsx"):
    return read_workbook(content, filename, UPLOAD).sheets[0].rows


def table_of(rows, first_row=1, merged=()):
    return find_table(Sheet("List", False, rows, first_row, list(merged)), knows)


# Reading


@pytest.mark.parametrize("build", [files.xlsx, files.xls])
@pytest.mark.parametrize("read", [read_workbook, read_workbook_apart])
def test_new_and_old_excel_files_give_the_same_text_here_and_apart(build, read):
    content = build()
    workbook = read(content, "whatever.name", UPLOAD)
    assert workbook.sha256 == hashlib.sha256(content).hexdigest()
    assert [(sheet.name, sheet.hidden, sheet.first_row) for sheet in workbook.sheets] == [("List", False, 1)]
    assert workbook.sheets[0].rows[1] == ["10001", "SMITH, JOHN", "1/2/1950", "2055551234", "02134"]


def test_every_cell_becomes_the_text_a_person_reads():
    moment = datetime.datetime(1950, 1, 2, 3, 4, 5)
    row = [
        2055551234,
        2055551234.0,
        12.5,
        0.1 + 0.2,
        datetime.date(1950, 1, 2),
        moment,
        True,
        None,
        "007",
        "#N/A",
    ]
    assert rows_of(files.xlsx([row]))[0] == [
        "2055551234", "2055551234", "12.5", "0.3", "1950-01-02", "1950-01-02 03:04:05", "TRUE", "", "007", "",
    ]  # fmt: skip


def test_a_blank_cell_does_not_turn_the_numbers_of_its_column_into_floats():
    assert [row[0] for row in rows_of(files.xlsx([["MRN",
    "x"], [12345, "x"], [None, "x"], [12346, "x"]]))] == [
        "MRN", "12345", "", "12346",
    ]  # fmt: skip


def test_row_numbers_are_those_of_the_sheet_below_blank_rows():
    book = openpyxl.Workbook()
    book.active["C5"] = "MRN"
    book.active["D5"] = "Name"
    book.active["C6"] = "1"
    sheet = read_workbook(files.saved(book), "list.xlsx", UPLOAD).sheets[0]
    assert (sheet.first_row, sheet.rows[0]) == (5, ["", "", "MRN", "Name"])
    assert find_table(sheet, knows).rows == [(6, ["", "", "1", ""])]


def test_hidden_sheets_are_marked_and_chart_sheets_left_out():
    book = openpyxl.Workbook()
    book.create_sheet("Old").sheet_state = "hidden"
    book.create_chartsheet("Chart")
    found = read_workbook(files.saved(book), "list.xlsx", UPLOAD).sheets
    assert [(sheet.name, sheet.hidden) for sheet in found] == [("Sheet", False), ("Old", True)]


def test_an_open_document_sheet_is_read():
    assert rows_of(files.ods(files.ods_row("MRN", "Name") + files.ods_row("1", "SMITH, JOHN")), "list.ods") == [
        ["MRN", "Name"],
        ["1", "SMITH, JOHN"],
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_tables_are_read_in_every_usual_encoding_and_with_every_delimiter(delimiter, encoding):
    lines = [["MRN", "Name", "Note"], ["007", "NUÑEZ, JOSÉ", "a, b; c | d"], ["008", "DOE, JANE", 'say "hi"']]
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(lines)
    assert rows_of(stream.getvalue().encode(encoding), "list.csv") == lines


def test_a_csv_keeps_the_row_numbers_excel_shows():
    sheet = read_workbook(b'\r\nMRN,Name\r\n\r\n1,"SMITH,\r\nJOHN"\r\n2,DOE\r\n', "list.csv", UPLOAD).sheets[0]
    assert [number for number, _ in find_table(sheet, knows).rows] == [4, 5]


def test_excels_own_signs_in_a_csv_are_understood():
    assert rows_of(b'sep=;\r\nMRN;Phone\r\n="007";="2055551234"\r\n1;\'+x\r\n', "list.csv")[1:] == [
        ["007", "2055551234"],
        ["1", "+x"],
    ]


def test_a_pasted_table_is_read():
    assert rows_of(b"MRN\tName\n1\tSMITH, JOHN", "pasted") == [["MRN", "Name"], ["1", "SMITH, JOHN"]]


def test_a_stray_quotation_mark_is_read_but_never_swallows_rows():
    assert rows_of(b'MRN,Name,DOB\n1,"Pat" SMITH,x\n2,DOE "JD",y\n', "list.csv")[1:] == [
        ["1", "Pat SMITH", "x"],
        ["2", 'DOE "JD"', "y"],
    ]
    for swallowing in (
        b'MRN,Name,DOB\n1,"SMITH,x\n2,DOE,y\n',
        b'MRN,Name,DOB\n1,"SMITH,x\n2,DOE,y\n3,"JONES,z\n',
    ):
        with pytest.raises(UnreadableTable, match="quotation mark"):
            read_workbook(swallowing, "list.csv", UPLOAD)


def test_merged_cells_keep_their_value_in_the_first_cell_and_are_reported():
    book = openpyxl.Workbook()
    for row in (["Patients of Green Practice"], *files.ROWS):
        book.active.append(row)
    book.active.merge_cells("A1:E1")
    book.active.merge_cells("D3:D4")
    table = find_table(read_workbook(files.saved(book), "list.xlsx", UPLOAD).sheets[0], knows)
    assert table.heading_row == 2
    assert [cells[3] for _, cells in table.rows] == ["2055551234", ""]
    assert table.merged == ["D3:D4"]


# Finding the table


def test_the_heading_is_found_below_titles_and_the_titles_are_reported():
    table = table_of([["Green Practice"], ["Printed", "1/2/2026"], [], ["MRN", "Name"], ["1", "SMITH"]])
    assert (table.headings, table.heading_row, table.rows) == (["MRN", "Name"], 4, [(5, ["1", "SMITH"])])
    assert table.skipped == [(1, "above the heading"), (2, "above the heading")]


def test_a_heading_with_a_number_and_unknown_columns_is_found():
    table = table_of([["MRN", "Name", "2025", "Foo"], ["1", "SMITH", "", ""]])
    assert table.headings == ["MRN", "Name", "2025", "Foo"]


def test_a_table_without_heading_says_what_was_expected():
    with pytest.raises(UnreadableTable, match=r"first 25 rows of the sheet \"List\".*chart number"):
        table_of([["1", "SMITH, JOHN", "1/2/1950"], ["2", "DOE, JANE", "1/2/1950"]])
    with pytest.raises(UnreadableTable, match="is empty"):
        table_of([])


def test_a_heading_below_row_25_is_not_looked_for():
    with pytest.raises(UnreadableTable):
        table_of([["x", "y"]] * 25 + [["MRN", "Name"], ["1", "SMITH"]])


def test_a_two_row_heading_is_joined():
    table = table_of([["MRN", "Name", "Phone", ""], ["", "", "Home", "Cell"], ["1", "SMITH", "a", "b"]])
    assert (table.headings, table.heading_row) == (["MRN", "Name", "Phone Home", "Phone Cell"], 2)
    assert table.rows == [(3, ["1", "SMITH", "a", "b"])]


def test_groups_merged_over_columns_keep_the_guarantor_apart():
    rows = [
        ["Patient", "", "", "Guarantor", ""],
        ["MRN", "Name", "DOB", "Name", "DOB"],
        ["1", "A", "", "B", ""],
    ]
    table = table_of(rows, merged=["A1:C1", "D1:E1"])
    assert table.headings == ["Patient MRN", "Patient Name", "Patient DOB", "Guarantor Name", "Guarantor DOB"]


def test_a_first_patient_without_digits_is_not_taken_for_a_second_heading_row():
    table = table_of([["MRN", "Name"], ["A", "SMITH"], ["B", "DOE"]])
    assert len(table.rows) == 2


def test_repeated_headings_totals_and_footers_are_skipped_with_a_reason_and_blank_rows_without():
    rows = [
        ["MRN", "Name", "DOB"],
        ["1", "SMITH", ""],
        ["mrn", "name", "dob"],
        ["", " ", "\xa0"],
        ["2", "TOTAL, JO", "x"],
    ]
    rows += [["Total", "", "2"], ["Page 1 of 3"], ["2 patients"]]
    table = table_of(rows)
    assert [number for number, _ in table.rows] == [2, 5]
    assert table.skipped == [
        (3, "the heading again"), (6, "a total or footer"), (7, "a total or footer"),
        (8, "a total or footer"),
    ]  # fmt: skip


def test_every_row_is_in_rows_or_skipped_or_blank():
    rows = [["t"], ["MRN", "Name"]] + [[str(i), "x"] if i % 3 else ["", ""] for i in range(30)] + [["Total", "20"]]
    table = table_of(rows, first_row=4)
    numbers = [number for number, _ in table.rows] + [number for number, _ in table.skipped] + [table.heading_row]
    assert sorted(numbers) == [4 + i for i, row in enumerate(rows) if any(row)]


def test_columns_beyond_the_headings_are_kept_and_blank_ones_dropped():
    table = table_of([["MRN", "Name", "", ""], ["1", "SMITH", "more", ""], ["2"]])
    assert table.headings == ["MRN", "Name", ""]
    assert table.rows == [(2, ["1", "SMITH", "more"]), (3, ["2", "", ""])]


def test_cells_of_a_table_are_clean():
    assert table_of([["MRN\xa0", " Name "], ["\u200b1 ", "SMITH,\n JOHN"]]).rows == [(2, ["1", "SMITH, JOHN"])]
    assert clean("\ufeffa\xa0\xa0b\u200b") == "a b"


# Choosing the sheet

LIST = [["MRN", "Name", "DOB", "Zip"], ["1", "SMITH", "x", "y"]]


def book(**sheets):
    return Workbook("", [Sheet(name.strip("_"), name.startswith("_"), rows) for name, rows in sheets.items()])


def test_the_sheet_with_the_list_is_chosen():
    assert choose_sheet(book(Notes=[["Hello"]], Patients=LIST, Empty=[], _Old=LIST), knows).name == "Patients"


def test_two_lists_are_for_a_person_to_choose():
    with pytest.raises(SeveralSheets, match='"2025" and "2026"') as several:
        choose_sheet(book(**{"2025": LIST, "2026": LIST}), knows)
    assert several.value.names == ["2025", "2026"]


def test_the_wanted_sheet_is_taken_even_if_hidden():
    assert choose_sheet(book(A=LIST, _Old=LIST), knows, wanted="old").hidden
    with pytest.raises(UnreadableTable, match='"A", "Old"'):
        choose_sheet(book(A=LIST, _Old=LIST), knows, wanted="B")


def test_a_list_on_a_hidden_sheet_only_is_not_taken_in_silence():
    with pytest.raises(UnreadableTable, match=r"hidden.*Old"):
        choose_sheet(book(A=[["x"]], _Old=LIST), knows)


# Limits


@pytest.mark.parametrize("read", [read_workbook, read_workbook_apart])
def test_files_over_a_limit_are_refused(read):
    with pytest.raises(UnreadableTable, match="MB allowed"):
        read(files.xlsx(), "list.xlsx", Limits(1000, 100, 100, 60, 300))
    with pytest.raises(UnreadableTable, match="more than the 14 cells"):
        read(files.xlsx(), "list.xlsx", Limits(10**6, 100, 14, 60, 300))
    with pytest.raises(UnreadableTable, match="14 cells"):
        read(b"a,b,c\n" * 5, "list.csv", Limits(10**6, 100, 14, 60, 300))


def test_a_workbook_that_unpacks_to_more_than_the_memory_is_refused():
    notes = "".join(f"<a>{i * 7919 % 104729}</a>" for i in range(200_000))
    with pytest.raises(UnreadableTable, match="unpacks to 2 MB"):
        read_workbook(files.with_parts(files.xlsx(), {"a.xml": notes}), "x", Limits(10**7, 100, 10**6, 60, 1))


def test_a_reader_that_takes_too_long_is_ended():
    with pytest.raises(UnreadableTable, match=r"within 0\.001 seconds"):
        read_workbook_apart(files.xlsx(), "list.xlsx", Limits(10**6, 100, 10**6, 0.001, 300))


def test_a_reader_that_swells_is_ended():
    wide = b"a," * 3_000_000
    with pytest.raises(UnreadableTable, match=r"memory|stops the reader"):
        read_workbook_apart(wide, "list.csv", Limits(10**7, 100, 10**7, 60, 40))


# Writing

PAYLOADS = [
    "=cmd|'/C calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1",
    "＠x", "\x00=1",
    '"=1"', "#N/A", "=", "-", "-Smith", "'=1", "a\x0bb",
]  # fmt: skip


def test_a_workbook_of_payloads_opens_as_text():
    stream = io.BytesIO()
    write_xlsx(stream, {"A/B": [[payload, 1, datetime.date(2026, 1, 2), None] for payload in PAYLOADS]})
    sheet = openpyxl.load_workbook(io.BytesIO(stream.getvalue())).active
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert (sheet.title, sheet["B1"].value, sheet["C1"].is_date) == ("A B", 1, True)
    read = [row[0] for row in rows_of(stream.getvalue())]
    kept = [payload.translate({0: None, 11: None, 13: "\n"}) for payload in PAYLOADS]  # XML ends lines with \n
    assert read == kept


def test_phones_and_numbers_survive_both_exports():
    values = ["+12055551234", "-12.5", "007", "2055551234", "O'Neil", "NUÑEZ"]
    stream, text = io.BytesIO(), io.StringIO(newline="")
    write_xlsx(stream, {"List": [values]})
    write_csv(text, [values])
    assert rows_of(stream.getvalue()) == [values]
    assert next(csv.reader(io.StringIO(text.getvalue()))) == values


def test_no_cell_of_a_csv_starts_a_formula():
    text = io.StringIO(newline="")
    write_csv(text, [[payload] for payload in PAYLOADS])
    cells = [row[0] for row in csv.reader(io.StringIO(text.getvalue(), newline=""))]
    dangerous = "=+-@\t\r\n＝＋－＠"
    assert len(cells) == len(PAYLOADS)
    assert not [cell for cell in cells if cell.lstrip(" \x00")[:1] in dangerous]
