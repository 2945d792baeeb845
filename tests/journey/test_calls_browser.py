"""A round of calls in a real browser, by the keys alone."""

import time

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.journey.conftest import CHROMIUM

NO_DATABASE = True

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium"),
]


def test_a_no_answer_takes_one_key_and_brings_the_next_patient(demo):
    address, passwords = demo
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(60_000)
        page.goto(f"{address}/admin/")
        page.fill("[name=login]", "nurse")
        page.fill("[name=password]", passwords["nurse"])
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/admin/")
        page.goto(f"{address}/admin/outreach/attempt/who-is-left/")
        page.get_by_role("link", name="Start calling").click()
        first, began = page.url, time.monotonic()
        page.wait_for_timeout(600)  # keys count once the page has stood for half a second
        page.keyboard.press("1")
        page.wait_for_url(lambda url: url != first)
        assert time.monotonic() - began < 30
        expect(page.get_by_text("No answer: noted for")).to_be_visible()
        page.get_by_label("Note").fill("Typing 1 and 2")
        page.get_by_label("Note").press("Enter")
        assert "record" in page.url, "a key in the note field presses nothing"
        second = page.url
        page.get_by_role("heading", name="How did it go?").click()
        page.wait_for_timeout(600)
        page.keyboard.press("s")
        page.wait_for_url(lambda url: url != second)
        browser.close()
