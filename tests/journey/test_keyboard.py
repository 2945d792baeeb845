"""Home, a patient and the call screen without a mouse, in a real browser: all is reached, seen and used by keys."""

from contextlib import contextmanager

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect, sync_playwright

from explorer.models import User
from outreach.models import Attempt
from patients.models import Note
from tests import makers
from tests.journey.test_accessible import CHROMIUM, DESKTOP, SIGN_IN

PRESSES = 200  # of Tab, at most, from one end of a page to the other
NUMBERED = """() => { const groups = new Set();
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter((each) => {
    if (each.type === "radio") { if (groups.has(each.name)) return false; groups.add(each.name); }
    return !each.disabled && each.checkVisibility({ visibilityProperty: true });
  }).map((each, number) => { each.dataset.number = number; return each.outerHTML.slice(0, 120); }) }"""
FOCUSED = """() => { const here = document.activeElement;
  const all = here.type === "radio" ? [...document.getElementsByName(here.name)] : [here];
  const style = getComputedStyle(here), box = here.getBoundingClientRect();
  return { number: all.map((each) => each.dataset.number).find((each) => each !== undefined) ?? "",
    marked: style.outlineStyle !== "none" || style.boxShadow !== "none",
    shown: box.bottom > 0 && box.top < innerHeight, html: here.outerHTML.slice(0, 120) } }"""
NAMED = """() => { const here = document.activeElement, words = here.cloneNode(true);
  words.querySelectorAll("[aria-hidden=true]").forEach((each) => each.remove());
  return (here.getAttribute("aria-label") || here.labels?.[0]?.textContent || words.textContent).trim() }"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("monday"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium"),
]


@pytest.fixture
def patients():
    return [
        makers.patient(mrn=str(number), last=last, phone=f"+1205555010{number}", zip="35205")
        for number, last in enumerate(("Alder", "Birch", "Cedar"), 1)
    ]


@pytest.fixture
def door(patients, live_server):
    """(the address, the session of somebody of the staff)"""
    client = Client()
    person = User.objects.create_user("test-staff", password="a long test password", role="staff")
    client.force_login(person, backend=SIGN_IN)
    return live_server.url, client.cookies["patient_explorer_session"].value


@contextmanager
def browsing(door):
    """A page, signed in; rows are read before and after, not meanwhile."""
    root, session = door
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        context = browser.new_context(viewport=DESKTOP, base_url=root)
        context.add_cookies([{"name": "patient_explorer_session", "value": session, "url": root}])
        page = context.new_page()
        yield page
        page.goto("about:blank")
        page.wait_for_timeout(300)  # nothing is being answered any more
        browser.close()


def tab_to(page, name: str) -> None:
    """As somebody does who sees only where the focus is."""
    for _ in range(PRESSES):
        page.keyboard.press("Tab")
        if page.evaluate(NAMED).startswith(name):
            return
    raise AssertionError(f"Tab never reaches {name}")


def walk(page) -> list[str]:
    """What is wrong with going once through the page by Tab."""
    controls = page.evaluate(NUMBERED)
    left, wrong = {str(number) for number in range(len(controls))}, []
    for _ in range(PRESSES):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        left.discard(here["number"])
        if here["number"] and not (here["marked"] and here["shown"]):
            wrong.append(f"focus not seen: {here['html']}")
        if not left:
            break
    return wrong + [f"not reached: {controls[int(number)]}" for number in left]


def test_every_control_is_reached_and_the_focus_is_seen(door, patients):
    with browsing(door) as page:
        wrong = {}
        for address in (
            reverse("admin:index"),
            reverse("admin:patients_patient_change", args=[patients[0].pk]),
            reverse("admin:outreach_attempt_record", args=[patients[0].pk]),
        ):
            page.goto(address)
            page.evaluate("document.querySelectorAll('main details').forEach((each) => each.open = true)")
            wrong[address] = walk(page)
    assert not any(wrong.values()), "\n".join(f"{at}: {each}" for at, found in wrong.items() for each in found)


def test_the_menu_is_skipped(door):
    with browsing(door) as page:
        page.goto(reverse("admin:index"))
        page.keyboard.press("Tab")
        assert page.evaluate(NAMED) == "Skip to the page"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_patient_is_found_and_a_note_is_written(door, patients):
    with browsing(door) as page:
        page.goto(reverse("admin:index"))
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.wait_for_url("**/patients/patient/")
        page.keyboard.press("/")
        page.keyboard.type("birch")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=birch")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/change/**")
        tab_to(page, "Notes")
        page.keyboard.press("Enter")
        page.wait_for_url("**#notes")
        page.keyboard.press("Tab")
        tab_to(page, "New note")
        page.keyboard.type("Hard of hearing: speak slowly.")
        tab_to(page, "Write the note")
        page.keyboard.press("Enter")
        expect(page.locator("main").get_by_text("Hard of hearing").first).to_be_visible()
    assert Note.objects.get().patient == patients[1]


def test_a_call_is_recorded_by_one_key_and_typing_presses_none(door, patients):
    with browsing(door) as page:
        page.goto(reverse("admin:outreach_attempt_record", args=[patients[0].pk]))
        tab_to(page, "Note")
        page.keyboard.type("1 and 2")
        page.keyboard.press("Tab")
        tab_to(page, "Skip")
        page.wait_for_timeout(600)  # keys count once the page has stood for half a second
        page.keyboard.press("1")
        page.wait_for_url(lambda url: f"/{patients[0].pk}/" not in url)
    assert Attempt.objects.get().outcome == Attempt.Outcome.NO_ANSWER
    assert Attempt.objects.get().note == "1 and 2"


def test_the_panel_of_lists_is_closed_and_opened_and_a_list_chosen(door):
    with browsing(door) as page:
        page.goto(reverse("admin:patients_patient_changelist"))
        tab_to(page, "Ready-made lists")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Not invited yet")).to_be_hidden()
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Not invited yet")).to_be_visible()
        tab_to(page, "Not invited yet")
        page.keyboard.press("Enter")
        page.wait_for_url("**list=*")
        expect(page.get_by_role("heading", name="Not invited yet")).to_be_visible()


def test_the_shortcuts_open_hold_the_focus_and_close_by_esc(door):
    with browsing(door) as page:
        page.goto(reverse("admin:index"))
        tab_to(page, "Home")
        page.keyboard.press("?")
        dialog = page.locator("#shortcuts")
        expect(dialog).to_be_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#shortcuts') !== null")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert page.evaluate(NAMED).startswith("Home"), "the focus comes back to where it was"


def test_the_menu_of_the_person_opens_and_closes(door):
    with browsing(door) as page:
        page.goto(reverse("admin:index"))
        tab_to(page, "test-staff")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="My settings")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="My settings")).to_be_hidden()
        assert page.evaluate(NAMED).startswith("test-staff")
