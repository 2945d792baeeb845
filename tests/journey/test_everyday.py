"""The everyday work in a real browser, as a nurse does it, on a fresh demo. Each journey leaves a picture for docs/."""

import os
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.journey.conftest import CHROMIUM

NO_DATABASE = True
PICTURES = os.environ.get("PATIENT_EXPLORER_PICTURES", "")
SLOW = 90_000  # ms, for what the worker does

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt install chromium"),
]


def picture(page, name: str) -> None:
    """NN-what.png, where PATIENT_EXPLORER_PICTURES names a folder, once what comes a moment later is there."""
    if PICTURES:
        page.wait_for_load_state("networkidle")
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        file = Path(PICTURES) / f"{name}.png"
        page.screenshot(path=file)
        with Image.open(file) as shot:
            few_colours = shot.convert("RGB").quantize(256)
        few_colours.save(file, optimize=True)


def download(page, link: str, folder: Path) -> Path:
    page.goto("/admin/demo/")
    with page.expect_download() as coming:
        page.get_by_role("link", name=link, exact=True).click()
    coming.value.save_as(folder / link)
    return folder / link


def main(page):
    return page.locator("main")


def test_01_home_says_what_is_to_do_today(nurse):
    nurse.goto("/admin/")
    tile = main(nurse).get_by_role("link", name="Contact matches to review")
    tile.wait_for()
    main(nurse).get_by_role("link", name=re.compile(r"^[\d,]+ Calls due")).wait_for()
    picture(nurse, "01-home")
    tile.click()
    assert nurse.get_by_role("heading", level=1).inner_text().startswith("Contact matches")


def test_02_a_patient_is_found_and_the_page_says_why(nurse):
    nurse.goto("/admin/")
    nurse.keyboard.press("g")
    nurse.keyboard.press("p")
    nurse.wait_for_url("**/patients/patient/")
    nurse.keyboard.press("/")
    nurse.keyboard.type("adkins")
    nurse.keyboard.press("Enter")
    nurse.wait_for_url("**q=adkins")
    nurse.keyboard.press("j")
    nurse.keyboard.press("Enter")
    nurse.get_by_text("Not invited yet").first.wait_for()
    picture(nurse, "02-patient")


def test_03_a_list_is_imported_after_a_look(nurse, tmp_path):
    newer = download(nurse, "patients-a-week-later.xlsx", tmp_path)
    nurse.goto("/admin/patients/importbatch/")
    nurse.get_by_role("link", name="Import patient list").first.click()
    nurse.set_input_files("input[type=file]", newer)
    nurse.get_by_role("button", name="Read the list").click()
    go_on = nurse.get_by_role("link", name="Continue").or_(nurse.get_by_role("button", name="Remember and continue"))
    go_on.first.click()
    nurse.get_by_role("button", name="Apply").wait_for()
    picture(nurse, "03-import")
    nurse.get_by_role("button", name="Apply").click()
    nurse.get_by_text("Done:").first.wait_for(timeout=SLOW)


def test_04_a_match_is_decided(nurse):
    nurse.goto("/admin/outreach/match/")
    main(nurse).get_by_role("link", name="Decide").or_(main(nurse).get_by_role("link", name="Compare")).first.click()
    reject = nurse.get_by_role("button", name="Reject").first
    reject.wait_for()
    picture(nurse, "04-match")
    reject.click()
    nurse.get_by_text("This contact is not").wait_for()


def test_05_a_pilot_goes_out(nurse):
    nurse.goto("/admin/outreach/campaign/new/")
    nurse.fill("[name=name]", "Pilot")
    nurse.fill("[name=limit]", "40")
    nurse.get_by_role("button", name="Make the draft").click()
    nurse.get_by_role("link", name="Send the test texts to your phone").click()
    nurse.get_by_role("button", name="Send the test texts").click()
    nurse.get_by_role("button", name="Yes, arrived and the code is filled in").click(timeout=SLOW)
    nurse.get_by_role("link", name="Back to Pilot").click()
    nurse.get_by_role("link", name="Launch…").click()
    nurse.fill("[name=texts]", "40")
    nurse.locator("#launch").click()
    nurse.get_by_text("40 of 40").first.wait_for(timeout=SLOW)
    picture(nurse, "05-campaign")


def test_06_a_reply_is_answered(nurse):
    nurse.goto("/admin/demo/")
    nurse.get_by_role("button", name="One day ahead").click()
    reply = main(nurse).get_by_role("link", name="Open", exact=True)
    for _ in range(45):
        nurse.goto("/admin/outreach/reply/")
        if reply.count():
            break
        nurse.wait_for_timeout(2000)
    reply.first.click()
    nurse.get_by_role("heading", name="Who wrote this?").wait_for()
    picture(nurse, "06-reply")
    nurse.fill("[name=text]", "Thank you. We will call you this week.")
    nurse.get_by_role("button", name="Check the text").click()
    nurse.get_by_role("button", name="Send this text").click()
    nurse.get_by_text("Your answer is on its way").wait_for()
    nurse.goto("/admin/outreach/reply/?state=waiting")
    main(nurse).get_by_role("link", name="Open", exact=True).first.click()
    nurse.get_by_text("Thank you. We will call you this week.").first.wait_for()


def test_07_form_answers_are_taken_in_and_one_is_decided(nurse, tmp_path):
    answers = download(nurse, "forms-answers-today.xlsx", tmp_path)
    nurse.goto("/admin/consent/response/")
    nurse.get_by_role("link", name="Take in an export …").click()
    nurse.set_input_files("input[type=file]", answers)
    nurse.get_by_role("button", name="Look at it").click()
    confirm = nurse.get_by_role("button", name="Confirm and look at the answers")
    confirm.or_(nurse.get_by_role("button", name="Take in these answers")).first.wait_for()
    if confirm.count():
        confirm.click()
    nurse.get_by_role("button", name="Take in these answers").click()
    nurse.wait_for_url("**/consent/response/**", timeout=SLOW)
    nurse.goto("/admin/consent/response/?outcome=review")
    main(nurse).get_by_role("link", name="Decide", exact=True).first.click()
    nurse.get_by_text("The answer").first.wait_for()
    picture(nurse, "07-form-answer")
    nurse.get_by_role("link", name="It is this patient").first.click()
    nurse.fill("[name=note]", "called back on the number on file")
    nurse.get_by_role("button", name="Apply to").click()
    nurse.wait_for_load_state()


def test_08_a_call_with_a_decision_is_written_down(nurse):
    nurse.goto("/admin/outreach/attempt/who-is-left/")
    main(nurse).get_by_role("link", name="Start calling").click()
    decided = nurse.get_by_role("button", name="Reached, decision recorded")
    decided.wait_for()
    nurse.evaluate("document.getElementById('call').scrollIntoView()")  # below what only the demo shows
    picture(nurse, "08-call")
    despite = nurse.locator("[name=despite]")
    if despite.count():  # the demo's clock starts at any hour of the day
        despite.fill("asked to be called at this hour")
    decided.click()
    nurse.check("[name=method][value=phone]")
    nurse.select_option("[name=number_called]", index=1)
    for box in nurse.locator("[name=identifiers]").all()[:2]:
        box.check()
    nurse.locator("[name=script]").first.check()
    nurse.check("[name=records][value=yes]")
    nurse.fill("[name=witness]", "Dana Desk")
    nurse.get_by_role("button", name="Check", exact=True).click()
    nurse.get_by_role("button", name="Write it into the ledger").click()
    nurse.get_by_role("button", name="Write it into the ledger").wait_for(state="detached")


def test_09_a_letter_is_printed(nurse):
    nurse.goto("/admin/patients/patient/?q=adkins")
    number = main(nurse).locator("[name=_selected_action]").first.get_attribute("value")
    nurse.goto(f"/admin/consent/letterbatch/new/patient/{number}/")
    nurse.get_by_role("button", name="Make 1 letter").click()
    nurse.get_by_role("button", name="Print: take the PDF").wait_for()
    picture(nurse, "09-letter")
    with nurse.expect_download() as coming:
        nurse.get_by_role("button", name="Print: take the PDF").click()
    assert Path(coming.value.path()).read_bytes()[:5] == b"%PDF-"


def test_10_the_day_is_closed_and_signed(nurse):
    nurse.goto("/admin/reports/")
    nurse.get_by_role("link", name="Close the day …").click()
    sign = nurse.get_by_role("button", name="Close the day and sign")
    sign.wait_for()
    picture(nurse, "10-close-out")
    nurse.fill("[name=words]", "All calls made.")
    sign.click()
    nurse.get_by_text("All calls made.").first.wait_for()
    with nurse.expect_download() as coming:
        nurse.get_by_role("link", name="PDF").first.click()
    assert Path(coming.value.path()).read_bytes()[:5] == b"%PDF-"
