"""The demo as a nurse would use it, in a real browser, from one command to Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, sync_playwright

NO_DATABASE = True

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A running demo: its address and the passwords it printed. It ends by Ctrl-C and leaves nothing behind."""
    home = tmp_path_factory.mktemp("a demo home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "PATIENT_EXPLORER_HOME": str(home)}
    output = home / "output.txt"
    with output.open("w", encoding="utf-8") as out:
        running = subprocess.Popen(
            [sys.executable, "-u", ROOT / "manage.py", "demo", "--no-browser", "--port", str(port)],
            env=env, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}", _passwords(output, running)
    finally:
        family = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGINT)
        running.wait(30)
    left = [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
    assert len(family) >= 5
    assert not left, "Ctrl-C left processes behind"


def _passwords(output: Path, running: subprocess.Popen) -> dict[str, str]:
    for _ in range(600):
        found = dict(re.findall(r"^ {2}(\w+) +(\S+-\d+) ", output.read_text("utf-8"), re.MULTILINE))
        if len(found) == 4:
            return found
        assert running.poll() is None, output.read_text("utf-8")
        time.sleep(0.2)
    raise AssertionError(output.read_text("utf-8"))


@pytest.fixture
def nurse(demo):
    """A page signed in as staff; console errors and requests that leave this PC fail the test."""
    address, passwords = demo
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True).new_page()
        page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(address) else None)
        page.goto(address)
        page.fill("[name=login]", "nurse")
        page.fill("[name=password]", passwords["nurse"])
        page.click("button[type=submit]")
        yield page
        browser.close()
    assert not wrong


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
    page.get_by_role("link", name="Call", exact=True).first.click()
    page.get_by_label("No answer", exact=True).check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{address}/admin/")
    wait_for(page, "adds up: 1,39")
