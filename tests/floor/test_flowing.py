"""Papers that flow over pages: nothing is lost at an edge, and nothing invisible stays so."""

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from explorer.lib.flowing import Record, visible

NO_DATABASE = True
AT = datetime(2026, 12, 7, 16, tzinfo=UTC)


def paper(letters: str = "abcx") -> Record:
    return Record(title="Paper", made_at=AT, head="Head", foot="Foot", letters=letters + "HeadFtPgof 0123456789row")


def pages(made: Record) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(made.bytes())).pages]


def test_a_table_repeats_its_headings_on_every_page_and_loses_no_row():
    made = paper()
    made.table(("Head a", "Head b"), [(f"row {number}", "b " * 40) for number in range(120)], (1, 2))
    found = pages(made)
    assert len(found) > 2
    assert all("Head a" in page and f"of {len(found)}" in page for page in found)
    words = " ".join(" ".join(found).split())
    assert all(f"row {number} " in words for number in range(120))


def test_a_word_wider_than_the_page_is_cut_and_whole():
    made = paper()
    made.words("x" * 5000)
    assert sum(page.count("x") for page in pages(made)) == 5000


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\tb\r\nc", "a    b\nc"), ("a\u202eb", "a⟨U+202E⟩b"), ("\x00", "⟨U+0000⟩"), ("한", "⟨U+D55C⟩"), ("é“–", "é“–")],
)
def test_what_cannot_be_seen_is_numbered(text, shown):
    assert visible(text) == shown
