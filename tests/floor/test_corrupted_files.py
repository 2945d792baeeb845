"""Whatever a file is, the answer is a workbook or one clear sentence."""

import io
import random
import struct
import zipfile

import pytest

from explorer.lib.tables import UPLOAD, Limits, UnreadableTable, Workbook, read_workbook, read_workbook_apart
from tests.floor import files

NO_DATABASE = True

GOOD = files.xlsx()
DTD = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def entities(part: bytes) -> bytes:
    head, _, rest = part.rpartition(b"?>")
    return head + (b"?>" if head else b"") + DTD + rest


def lying_size(content: bytes) -> bytes:
    """The first sheet's declared size is a tenth of its true one."""
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    size = struct.unpack_from("<I", content, at + 24)[0]
    return content[: at + 24] + struct.pack("<I", size // 10) + content[at + 28 :]


def encrypted_entry(content: bytes) -> bytes:
    at = content.rindex(b"xl/workbook.xml") - 46
    return content[: at + 8] + b"\x01\x00" + content[at + 10 :]


def ole(*names: str) -> bytes:
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *names))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + directory.ljust(4096, b"\0")


def twice(content: bytes) -> bytes:
    stream = io.BytesIO(content)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    return stream.getvalue()


HOSTILE = {
    "empty": (lambda: b"", "empty .0 bytes."),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
    "jpeg": (lambda: b"\xff\xd8\xff\xe0" + bytes(100), "a picture"),
    "pdf": (lambda: b"%PDF-1.7\n", "PDF"),
    "program": (lambda: b"MZ\x90\x00" + bytes(100), "a program"),
    "web page": (lambda: b"\r\n<html><table><tr><td>MRN</td></tr></table></html>", "web page"),
    "binary": (lambda: bytes(range(256)) * 20, "neither a workbook nor a text table"),
    "blank text": (lambda: b" \r\n \r\n", "no text at all"),
    "zip without workbook": (lambda: files.zipped({"a.txt": "x"}), "without an Excel workbook"),
    "empty zip": (lambda: files.zipped({}), "empty zip"),
    "word": (lambda: files.zipped({"[Content_Types].xml": "x", "word/document.xml": "x"}), "Word document"),
    "xlsb": (lambda: files.zipped({"xl/workbook.bin": b"x"}), "xlsb"),
    "macros": (lambda: files.with_parts(GOOD, {"xl/vbaProject.bin": b"x"}), "macros"),
    "truncated": (lambda: GOOD[: len(GOOD) // 2], "damaged"),
    "head only": (lambda: GOOD[:4], "damaged"),
    "entities in the sheet": (lambda: files.changed_parts(GOOD, sheet1=entities), "entities"),
    "entities in the styles": (lambda: files.changed_parts(GOOD, styles=entities), "entities"),
    "entities in UTF-16": (
        lambda: files.changed_parts(GOOD, sheet1=lambda part: entities(part).decode().encode("utf-16")),
        "entities",
    ),
    "zip bomb": (
        lambda: files.with_parts(GOOD, {"xl/media/a.xml": bytes(30_000_000)}),
        "packed more than 100 times",
    ),
    "lying size": (lambda: lying_size(GOOD), "damaged"),
    "locked zip": (lambda: encrypted_entry(GOOD), "password"),
    "duplicate part": (lambda: twice(GOOD), "damaged"),
    "many parts": (lambda: files.with_parts(GOOD, {f"xl/{i}.xml": "<a/>" for i in range(600)}), "parts"),
    "locked workbook": (lambda: ole("EncryptionInfo", "EncryptedPackage"), "password"),
    "word 97": (lambda: ole("WordDocument"), "no Excel sheet"),
    "hollow xls": (lambda: ole("Workbook"), "damaged|stops the reader"),
    "far cell": (
        lambda: files.sheet_xml(GOOD, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "cells allowed",
    ),
    "cells without a place": (
        lambda: files.sheet_xml(GOOD, f"<row>{'<c><v>1</v></c>' * 9000}</row>" + "<row><c><v>1</v></c></row>" * 900),
        "cells allowed",
    ),
    "repeated rows": (lambda: files.ods(files.ods_row("x", repeated=1_048_576)), "cells allowed"),
    "repeated cells": (
        lambda: files.ods(files.ods_row("x", repeated=900, cell_repeated=16_384)),
        "cells allowed",
    ),
    "broken open document": (lambda: files.ods("<table:table-row></table:tabl>"), "damaged"),
    "unknown encoding": (
        lambda: files.changed_parts(GOOD, styles=lambda _: b'<?xml version="1.0" encoding="UTD-8"?>'),
        "damaged",
    ),
    "broken sheet": (lambda: files.sheet_xml(GOOD, "<row><c><v>1</c>"), "damaged"),
    "no sheets": (
        lambda: files.changed_parts(GOOD, workbook=lambda part: b"<workbook/>"),
        "no worksheet|damaged",
    ),
}


@pytest.mark.parametrize("read", [read_workbook, read_workbook_apart])
@pytest.mark.parametrize("name", HOSTILE)
def test_each_unusable_file_gets_its_own_clear_sentence(name, read):
    build, says = HOSTILE[name]
    with pytest.raises(UnreadableTable, match=says) as refused:
        read(build(), "my list.xlsx", UPLOAD)
    sentence = str(refused.value)
    assert sentence.startswith("my list.xlsx ")
    assert sentence.endswith(".")
    assert sentence.isprintable()


def test_a_million_blank_rows_below_the_list_are_no_hindrance():
    blank = "".join(f'<row r="{i}"/>' for i in range(3, 1_000_000))
    first = '<row r="1"><c r="A1" t="inlineStr"><is><t>MRN</t></is></c></row>'
    workbook = read_workbook_apart(files.sheet_xml(GOOD, first + blank), "list.xlsx", UPLOAD)
    assert workbook.sheets[0].rows == [["MRN"]]


def test_a_blank_styled_cell_at_the_end_of_the_sheet_is_no_hindrance():
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert read_workbook(files.sheet_xml(GOOD, rows), "list.xlsx", UPLOAD).sheets[0].rows == [["1"]]


@pytest.mark.parametrize("name", ["..\\..\\x\n.xlsx", "/etc/\x00passwd", "CON", "a" * 500, "", "\u202egnp.xlsx"])
def test_a_hostile_file_name_cannot_disfigure_the_sentence(name):
    with pytest.raises(UnreadableTable) as refused:
        read_workbook(b"", name, UPLOAD)
    sentence = str(refused.value)
    assert sentence.isprintable()
    assert len(sentence) < 200
    assert "/" not in sentence


def mutated(content: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(content)
    kind = chance.randrange(4)
    if kind == 0:
        return bytes(spoiled[: chance.randrange(len(spoiled))])
    if kind == 1:
        at = chance.randrange(len(spoiled))
        return bytes(spoiled[:at] + chance.randbytes(chance.randrange(1, 50)) + spoiled[at:])
    for _ in range(chance.choice((1, 3, 30))):
        spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def outcome(read, content: bytes) -> Workbook | str:
    try:
        return read(content, "list", UPLOAD)
    except UnreadableTable as refused:
        return str(refused)


CSV = b"MRN,Name,DOB\r\n" + b"".join(b'%d,"SMITH, JOHN",1/2/1950\r\n' % i for i in range(40))
ODS = files.ods(files.ods_row("MRN", "Name") + files.ods_row("1", "SMITH"))


@pytest.mark.parametrize("content", [GOOD, CSV, ODS], ids=["xlsx", "csv", "ods"])
def test_spoiled_files_give_a_workbook_or_a_sentence(content):
    chance = random.Random(20261124)
    outcomes = [outcome(read_workbook, mutated(content, chance)) for _ in range(150)]
    assert all(isinstance(found, Workbook | str) for found in outcomes)
    assert any(isinstance(found, str) for found in outcomes)


def test_workbooks_spoiled_inside_their_parts_give_a_workbook_or_a_sentence():
    chance = random.Random(7)
    for _ in range(100):
        part = chance.choice(("sheet1", "workbook", "sharedStrings", "styles", "[Content_Types]"))
        spoiled = files.changed_parts(GOOD, **{part: lambda content: mutated(content, chance)})
        assert outcome(read_workbook, spoiled)


@pytest.mark.parametrize(("read", "times"), [(read_workbook, 300), (read_workbook_apart, 12)])
def test_spoiled_old_excel_files_give_a_workbook_or_a_sentence(read, times):
    chance, content = random.Random(3), files.xls()
    for _ in range(times):
        assert outcome(read, mutated(content, chance))


@pytest.mark.parametrize("corner", [(65_535, 0), (0, 65_535)])
def test_a_cell_in_the_last_corner_of_an_old_excel_file_is_refused(corner):
    content = files.xls([[1], [2]])
    second_cell = struct.pack("<HHHH", 0x027E, 10, 1, 0)
    assert content.count(second_cell) == 1
    spoiled = content.replace(second_cell, struct.pack("<HHHH", 0x027E, 10, *corner))
    with pytest.raises(UnreadableTable, match=r"65,536 (rows|columns)"):
        read_workbook(spoiled, "list.xls", Limits(10**6, 100, 60_000, 60, 300))


def test_a_chain_of_sectors_that_bites_its_tail_is_refused():
    content = files.xls()
    (table,) = struct.unpack_from("<I", content, 76)
    (directory,) = struct.unpack_from("<I", content, 48)
    at = (table + 1) * 512 + directory * 4
    with pytest.raises(UnreadableTable, match="damaged"):
        read_workbook(content[:at] + struct.pack("<I", directory) + content[at + 4 :], "list.xls", UPLOAD)
