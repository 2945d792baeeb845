"""The page that the practice may host: what it holds, and what it does in a real browser."""

import functools
import http.server
import re
import threading
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from consent.codes import new_code, show
from consent.form_link import BadSample, personal_links
from consent.management.commands.redirect_page import Command
from consent.redirect_page import redirect_page
from explorer.lib.commands import Refused
from explorer.lib.links import check_page_address
from explorer.lib.models import Practice
from outreach import planning, segments, wording
from patients.practice import change_practice

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)


@pytest.mark.parametrize(
    "address", ["https://go.example.com/", "https://go.example.com", "https://example.com/move/index.html"]
)
def test_good_addresses(address):
    check_page_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://go.example.com/", "go.example.com", "https://go.example.com/?a=1", "https://go.example.com/#x",
        "https://user@go.example.com/", "https://go.example.com:8443/", "https://localhost/", "https://127.0.0.1/",
        "https://go.example.com/a b", "https://go.example.com/\"><script>", "javascript:alert(1)", "https://",
        "https://go.example.com/" + "a" * 100, "https://[::1]/", "https://[x", "https://exämple.com/",
    ],
)  # fmt: skip
def test_bad_addresses(address):
    with pytest.raises(ValidationError):
        check_page_address(address)
    with pytest.raises(ValidationError):
        change_practice({"short_link_base": address}, by=None)


def test_one_function_makes_every_link(practice):
    code = new_code()
    assert personal_links(practice).link_for(code) == practice.form_sample_url.replace("TOKEN123", code)
    practice.short_link_base = "https://go.example.com"
    assert personal_links(practice).link_for(code) == f"https://go.example.com/#{code}"
    assert planning.merge_values(practice, code)["link"] == f"https://go.example.com/#{code}"
    practice.form_sample_url = ""
    with pytest.raises(BadSample):
        personal_links(practice)


def test_with_a_short_link_each_step_fits_one_part(practice):
    practice.short_link_base, practice.doctor = "https://go.example.com/", "Dr. Ada"
    values = planning.merge_values(practice, new_code())
    for body in wording.DEFAULT_STEPS.values():
        assert segments.measure(wording.render(body, values)).parts == 1
        assert not [each for each in planning.findings(body, practice) if each.level == "error"]


def test_the_page_loads_nothing_and_sends_nothing(practice):
    page = redirect_page(practice)
    assert "default-src &#x27;none&#x27;" in page
    assert 'content="no-referrer"' in page
    assert not re.search(r"(src|href)=[\"'](?!tel:)", page)
    assert "cookie" not in page
    assert "localStorage" not in page


def test_the_page_escapes_what_the_profile_says(practice):
    practice.name, practice.phone = "<script>alert(1)</script>", '205"><img src=x>'
    page = redirect_page(practice)
    assert page.count("<script>") == 1
    assert "<img" not in page


def test_the_command_writes_the_page(practice, tmp_path):
    file = tmp_path / "index.html"
    assert Command().work(out=file)["bytes"] == file.stat().st_size
    assert "Home Team Medical" in file.read_text("utf-8")
    with pytest.raises(Refused, match="cannot be written"):
        Command().work(out=tmp_path)
    Practice.objects.update(form_sample_url="")
    with pytest.raises(Refused, match="cannot be used"):
        Command().work(out=file)


def test_the_profile_page_gives_the_file(signed_in):
    answer = signed_in("administrator").get(reverse("admin:floor_practice_redirect_page"))
    assert answer["Content-Disposition"] == 'attachment; filename="index.html"'
    Practice.objects.update(form_sample_url="")
    assert answer.client.get(reverse("admin:floor_practice_redirect_page")).status_code == 302


def wait_until(page, holds) -> None:
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(25)


@pytest.fixture
def hosted(practice, tmp_path):
    """hosted(fragment) opens the page as a host serves it and gives (where it led to, the page, what was asked)."""
    from playwright.sync_api import sync_playwright

    practice.form_sample_url += "&r00000000000000000000000000000000=%22A%22"
    (tmp_path / "index.html").write_text(redirect_page(practice), "utf-8")
    asked: list[str] = []

    class Host(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )

        def open_with(fragment: str):
            page, led = browser.new_page(), []
            page.on("dialog", lambda dialog: pytest.fail("a script of a stranger ran"))
            page.route(re.compile("^https://"), lambda route: (led.append(route.request), route.abort())[1])
            page.goto(address + fragment, wait_until="commit")
            wait_until(page, lambda: led or page.locator("#ask").is_visible())
            return led, page, asked

        yield open_with
        browser.close()
    server.shutdown()
    server.server_close()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium")
def test_the_page_in_a_browser(hosted, practice):
    code = new_code()
    target = practice.form_sample_url.replace("TOKEN123", code)
    for fragment in (code, code.lower(), show(code), f"%20{code}%20", code.replace("0", "o").replace("1", "l")):
        led, _, asked = hosted(f"#{fragment}")
        assert [request.url for request in led] == [target], fragment
        assert "referer" not in led[0].headers
    foreign = "aB3dE5gH7jK9mN1p"
    led, _, asked = hosted(f"#{foreign}")
    assert led[0].url == practice.form_sample_url.replace("TOKEN123", foreign)
    assert not [path for path in asked if code in path or foreign in path], "the host never learns a code"
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for fragment in (
        "", "#", "#%", "#%E0%A4%A", f"#{wrong}", "#short", "#" + "a" * 41, "#<img src=x onerror=alert(1)>",
        "#javascript:alert(1)//////", f"#{code}&x=1", f"#{code}%22%3E", "#//evil.example.com", "#\u202e" + code,
    ):  # fmt: skip
        led, page, _ = hosted(fragment)
        assert led == [], fragment
        assert page.locator("#ask").is_visible(), fragment
        assert page.locator("a[href='tel:2055550100']").is_visible()
    page.fill("#code", wrong)
    page.click("button")
    assert "does not fit" in page.text_content("#words")
    page.fill("#code", show(code).lower())
    page.click("button")
    wait_until(page, lambda: led)
    assert [request.url for request in led] == [target]
