"""The demo as a nurse would use it, in a real browser, from one command to Ctrl-C."""

import re

import pytest
from playwright.sync_api import Page

from tests.journey.conftest import CHROMIUM

NO_DATABASE = True

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium"),
]


def wait_for(page: Page, words: str, seconds: int = 60) -> None:
    page.get_by_text(words).first.wait_for(timeout=seconds * 1000)


def test_a_nurse_walks_through_the_first_campaign(nurse, demo, tmp_path):
    address, _ = demo
    page = nurse
    wait_for(page, "adds up: 1,384")

    page.goto(f"{address}/admin/demo/")
    with page.expect_download() as newer:
        page.get_by_role("link", name="patients-a-week-later.xlsx").click()
    newer.value.save_as(tmp_path / "newer.xlsx")
    page.get_by_role("link", name="Imports", exact=True).first.click()
    page.get_by_role("link", name="Import patient list").click()
    page.set_input_files("input[type=file]", tmp_path / "newer.xlsx")
    page.get_by_role("button", name="Read the list").click()
    wait_for(page, "How the columns were read")
    page.get_by_role("link", name="Continue").or_(
        page.get_by_role("button", name="Remember and continue")
    ).first.click()
    page.get_by_role("button", name="Apply").click()
    wait_for(page, "Done:")

    page.goto(f"{address}/admin/outreach/campaign/new/")
    page.fill("[name=name]", "Pilot")
    page.fill("[name=limit]", "12")
    page.get_by_role("button", name="Make the draft").click()
    assert page.get_by_role("button", name="Launch…").is_disabled(), "the texts must be tried on a phone first"
    page.get_by_role("link", name="Send the test texts to your phone").click()
    page.get_by_role("button", name="Send the test texts").click()
    page.get_by_role("button", name="Yes, arrived and the code is filled in").click(timeout=90_000)
    page.get_by_role("link", name="Back to Pilot").click()
    page.get_by_role("link", name="Launch…").click()
    assert page.locator("#launch").is_disabled(), "the number must be typed first"
    page.fill("[name=texts]", "12")
    page.locator("#launch").click()
    page.get_by_text("12 of 12").first.wait_for(timeout=90_000)

    page.goto(f"{address}/admin/outreach/attempt/who-is-left/?step=call")
    page.locator("tbody").get_by_role("link", name=re.compile("^Call ")).first.click()
    page.get_by_role("button", name=re.compile("No answer")).click()
    page.get_by_text("No answer: noted for").wait_for()
    page.goto(f"{address}/admin/")
    wait_for(page, "adds up: 1,39")
