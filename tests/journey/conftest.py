import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


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
    for _ in range(1800):  # six minutes, on a busy machine
        found = dict(re.findall(r"^ {2}(\w+) +(\S+-\d+) ", output.read_text("utf-8"), re.MULTILINE))
        if len(found) == 4:
            return found
        assert running.poll() is None, output.read_text("utf-8")
        time.sleep(0.2)
    raise AssertionError(output.read_text("utf-8"))


@pytest.fixture(scope="module")
def nurse(demo):
    """A page signed in as staff; console errors and requests that leave this PC fail the module's last test."""
    address, passwords = demo
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_context(
            viewport={"width": 1280, "height": 800}, accept_downloads=True, color_scheme="light", base_url=address
        ).new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(address) else None)
        page.goto("/")
        page.fill("[name=login]", "nurse")
        page.fill("[name=password]", passwords["nurse"])
        page.click("button[type=submit]")
        yield page
        browser.close()
    assert not wrong
