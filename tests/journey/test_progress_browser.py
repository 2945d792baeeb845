"""A long list in a real browser: the bar moves, survives a reload, and stopping it leaves nothing behind."""

import re

import pytest

from tests.journey.conftest import CHROMIUM
from tests.journey.test_browser import wait_for

NO_DATABASE = True

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium"),
]
ROWS = 40_000  # so long that a quick machine does not end before the sign in the frame shows it


def long_list() -> str:
    lines = ["MRN,Last Name,First Name,DOB,Cell Phone,City"]
    lines += [f"L{n},LONG,PAT {n},01/02/1950,205-555-{n % 10000:04},Hoover" for n in range(ROWS)]
    return "\n".join(lines)


def bar(page) -> float:
    value = page.locator("progress.pe-progress").first.get_attribute("value")
    return float(value or 0)


def hand_in(page, address: str, file) -> None:
    page.goto(f"{address}/admin/patients/importbatch/import/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Read the list").click()
    page.wait_for_url(re.compile(r"/admin/work/\d+/"))


def stop(page) -> None:
    page.get_by_role("button", name="Stop this work").click()
    wait_for(page, "Start it again", 20)
    assert page.locator("h2 .pe-badge", has_text="Stopped").is_visible()


def test_a_long_import_shows_its_way_and_is_stopped_without_a_trace(nurse, demo, tmp_path):
    address, _ = demo
    page = nurse
    (tmp_path / "long.csv").write_text(long_list(), encoding="utf-8")

    hand_in(page, address, tmp_path / "long.csv")
    page.reload()
    stop(page)
    page.goto(f"{address}/admin/patients/importbatch/")
    assert page.get_by_text("long.csv").count() == 0, "what was stopped while reading is stored nowhere"

    hand_in(page, address, tmp_path / "long.csv")
    page.wait_for_url(re.compile("/review/"), timeout=120_000)
    page.get_by_role("link", name="Continue").or_(
        page.get_by_role("button", name="Remember and continue")
    ).first.click()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile(r"/admin/work/\d+/"))
    page.wait_for_function("document.querySelector('progress')?.value >= 1000", timeout=60_000)
    first = bar(page)
    page.reload()
    page.wait_for_function(f"document.querySelector('progress')?.value > {first}", timeout=60_000)
    assert "left" in page.locator("#content").inner_text()
    page.goto(f"{address}/admin/")
    sign = page.locator(".pe-at-work a", has_text="Applying an import")
    sign.wait_for(timeout=15_000)
    sign.click()
    stop(page)
    wait_for(page, "what was applied is taken back")
    page.goto(f"{address}/admin/patients/patient/?q=L29")
    assert page.get_by_text("LONG, PAT").count() == 0
    page.goto(f"{address}/admin/")
    wait_for(page, "adds up: 1,384")
