"""Every page that can be opened, in a real browser, light and dark: axe-core finds no fault against WCAG 2.2 A and AA.

The pages are found by walking the addresses, so that a new page is judged without being named here.
"""

import re
import shutil
from contextlib import contextmanager
from importlib.resources import files

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import sync_playwright

from explorer.models import User
from tests.conftest import usual_practice
from tests.explorer.test_roles import _served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
ALL = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
       "rules": {rule: {"enabled": True} for rule in (
           "heading-order", "page-has-heading-one", "landmark-one-main", "skip-link", "empty-heading", "tabindex",
           "aria-dialog-name", "label-title-only", "region")}}  # fmt: skip
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
RULES = {"light": ALL, "dark": COLOURS}  # only the colours differ
DESKTOP, TABLET = {"width": 1280, "height": 800}, {"width": 820, "height": 1180}
SIGN_IN = "allauth.account.auth_backends.AuthenticationBackend"
ON_TABLETS = re.compile("index|patient_changelist|patient_change|attempt_|reply_read|reply_changelist|desk|_tasks?$")
WITHOUT_SIGN_IN = {"sign-in": "/accounts/login/", "no sign-up": "/accounts/signup/", "closed": "/accounts/inactive/"}
FAULTS = """rules => axe.run(document, {...rules, resultTypes: ["violations"]}).then(found =>
  found.violations.map(each => each.id + ": " + each.nodes.slice(0, 3).map(node => node.target.join(" ") + " " +
    (node.any[0] || node.all[0] || node.none[0] || {message: ""}).message).join(" | ")))"""
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium"),
]


@pytest.fixture
def addresses(db):
    """({what: address} of every page that answers with a whole HTML page, the administrator's session)."""
    usual_practice()
    client = Client(raise_request_exception=False)
    person = User.objects.create_user("test-administrator", password="a long test password", role="administrator")
    client.force_login(person, backend=SIGN_IN)
    own = {"home": reverse("admin:index"), "sign out": reverse("account_logout"),
           "password": reverse("account_change_password"), "again": reverse("account_reauthenticate"),
           "nothing here": "/admin/nothing-here/"}  # fmt: skip
    walked = own | dict(_served())
    pages = {}
    for name, address in walked.items():
        if _is_a_whole_page(client.get(address)):
            pages[name] = address
    return pages, client.cookies["patient_explorer_session"].value


def _is_a_whole_page(answer) -> bool:
    shown = "Content-Disposition" not in answer and answer.get("Content-Type", "").startswith("text/html")
    return shown and not answer.streaming and b"<html" in answer.content


class Judge:
    """Opens pages and gathers what is wrong with them."""

    def __init__(self, page, root: str) -> None:
        self.page, self.root, self.wrong, self.at = page, root, [], ""
        page.on("console", lambda told: self.blame(f"console: {told.text}") if told.type == "error" else None)
        page.on("pageerror", lambda error: self.blame(f"page error: {error}"))
        page.on("request", lambda asked: None if asked.url.startswith((root, "data:")) else self.blame(asked.url))

    def blame(self, what: str) -> None:
        if "status of 4" not in what:  # said of every kind error page
            self.wrong.append(f"{self.at}: {what}")

    def open(self, name: str, address: str) -> None:
        self.at = name
        self.page.goto(self.root + address)
        self.stand()

    def stand(self) -> None:
        """Everything still, everything that opens open."""
        self.page.add_style_tag(content=STILL)
        self.page.evaluate("document.querySelectorAll('main details').forEach((each) => each.open = true)")
        self.page.evaluate(AXE)

    def look(self, how: str, theme: str) -> None:
        self.page.emulate_media(color_scheme=theme)
        self.page.evaluate("dark => document.documentElement.className = dark ? 'dark' : ''", theme == "dark")
        for fault in self.page.evaluate(FAULTS, RULES[theme]):
            self.wrong.append(f"{self.at}, {how}: {fault}")


def _judged(pages: dict[str, str], session: str, root: str, size: dict, themes: tuple[str, ...]) -> list[str]:
    with _judge(session, root, size) as judge:
        for name, address in pages.items():
            judge.open(name, address)
            for theme in themes:
                judge.look(f"{theme} {size['width']}", theme)
    return judge.wrong


@contextmanager
def _judge(session: str, root: str, size: dict):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        context = browser.new_context(viewport=size)
        if session:
            context.add_cookies([{"name": "patient_explorer_session", "value": session, "url": root}])
        yield Judge(context.new_page(), root)
        browser.close()


def test_every_page_is_accessible_in_light_and_dark(addresses, live_server):
    pages, session = addresses
    assert len(pages) > 100
    wrong = _judged(pages, session, live_server.url, DESKTOP, ("light", "dark"))
    assert not wrong, "\n".join(wrong)


def test_the_most_used_pages_are_accessible_on_a_tablet(addresses, live_server):
    pages, session = addresses
    used = {name: address for name, address in pages.items() if ON_TABLETS.search(name)}
    wrong = _judged(used, session, live_server.url, TABLET, ("light",))
    assert not wrong, "\n".join(wrong)


def test_the_pages_before_signing_in_are_accessible(live_server):
    usual_practice()
    wrong = _judged(WITHOUT_SIGN_IN, "", live_server.url, DESKTOP, ("light", "dark"))
    assert not wrong, "\n".join(wrong)


def test_what_pages_say_back_is_accessible(addresses, live_server):
    """After a form was kept, after one was refused, before an act for many, and with the shortcuts open."""
    pages, session = addresses
    with _judge(session, live_server.url, DESKTOP) as judge:
        page = judge.page

        def look(what: str) -> None:
            judge.at = what
            judge.stand()
            judge.look("light", "light")
            judge.look("dark", "dark")

        judge.open("kept", pages["my_settings"])
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Your settings are kept.").wait_for()
        look("a form that was kept")
        judge.open("task", reverse("admin:patients_stafftask_new"))
        page.evaluate("document.querySelectorAll('main form').forEach((each) => each.noValidate = true)")
        page.get_by_role("button", name="Make the task").click()
        page.locator("main .errorlist").first.wait_for()
        look("a form that was refused")
        judge.open("patients", reverse("admin:patients_patient_changelist"))
        page.locator("#result_list tbody input[type=checkbox]").first.check()
        page.locator("select[name=action]").select_option(label="Make a task for each")
        page.locator("[name=index]").click()
        page.get_by_role("link", name="Back").first.wait_for()
        look("an act for many")
        judge.open("shortcuts", reverse("admin:index"))
        page.keyboard.press("?")
        page.locator("#shortcuts").wait_for()
        look("the shortcuts")
    assert not judge.wrong, "\n".join(judge.wrong)
