"""A number that stands in two places is the same number: first page, downloads, reports, lists, commands, export."""

import csv
import io
import json
import re
from collections import Counter
from datetime import timedelta
from html import unescape
from random import Random

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse
from openpyxl import load_workbook

from consent.ledger import record_event
from consent.models import ConsentEvent, LetterBatch
from consent.returned_mail import record_return
from explorer import figures, forecast_words
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lists import LISTS
from explorer.models import User
from outreach.models import Attempt, Campaign, Reply, Suppression
from outreach.number_checks import open_checks
from outreach.standings import LABELS
from patients import actions
from patients.models import ApcmEnrolment, Patient, Phone
from tests import makers
from tests.explorer.test_adds_up import invented, write

PATIENTS = reverse("admin:patients_patient_changelist")


@pytest.fixture
def busy(monday):
    """A practice of 120 patients on whom everything has happened that the figures count."""
    cache.clear()
    random, by = Random(6), User.objects.create_user("nurse", role="staff")
    write([invented(number, random) for number in range(120)], by)
    some = list(Patient.objects.filter(deceased=False, merged_into=None).order_by("pk"))
    now, today = clock.now(), clock.now().date()
    for place, patient in enumerate(some[:12]):
        if ApcmEnrolment.objects.filter(patient=patient).exists():
            said, proof = ("given", makers.apcm_proof()) if place % 2 else ("declined", {})
            record_event(patient=patient, kind="apcm", decision=said, method="phone", occurred_at=now, by=by, **proof)
    for place, outcome in enumerate(("no_answer", "voicemail", "thinking", "answered", "no_answer")):
        Attempt.objects.create(patient=some[place], outcome=outcome, at=now, by=by if place else None)
    for place in range(20, 26):
        day = today - timedelta(days=place % 2)
        Attempt.objects.create(patient=some[place], outcome="call_back", at=now - timedelta(days=2), next_on=day)
    for place in (4, 20, 21):
        actions.add_task(title="Look", patient=some[place], by=by, due_on=today - timedelta(days=1))
    for place, kind in enumerate(("question", "yes", "opt_out")):
        Reply.objects.create(item_id=f"{place}", conversation_id="c", phone="+12055550111", received_at=now, kind=kind)
    for place, patient in enumerate((*some[30:33], some[30])):
        phone = f"+120555599{place:02}"
        for person in (patient, *some[33 : 33 + place]):
            Phone.objects.create(patient=person, e164=phone, label="home", kind="mobile")
        Suppression.objects.create(phone=phone, reason="deceased" if place != 2 else "wrong_number")
    home = [patient for patient in some[40:60] if not patient.held][:6]
    Patient.objects.filter(pk__in=[patient.pk for patient in home]).update(**makers.HOME)
    batch = makers.letters(Patient.objects.filter(pk__in=[patient.pk for patient in home]))
    LetterBatch.objects.filter(pk=batch.pk).update(
        printed_at=now, sha256="0" * 64, posted_on=Practice.current().today(), posted_by=by
    )
    record_return(batch.letters.first(), reason="moved", by=by)
    return Campaign.objects.get()


def downloaded(client, name: str, kind: str) -> dict[str, list]:
    """{first cell: the others} of a table of the first page."""
    content = client.get(reverse("admin:home_figures", args=[name, kind])).content
    if kind == "csv":
        rows = [
            [int(cell) if cell.isdigit() else cell for cell in row]
            for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))
        ]
    else:
        rows = [list(row) for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]
    return {row[0]: row[1:] for row in rows if row and row[0]}


class Told:
    """A report as it is shown: `page` without spaces, `rows` of the workbook.

    What stands on paper is the same sheet, see test_page_paper_and_workbook_show_the_same_sheet.
    """

    def __init__(self, client, kind: str, about="now") -> None:
        page = client.get(reverse("admin:reports_live", args=[kind, str(about)])).content.decode()
        self.page = flat(unescape(re.sub(r"<[^>]+>", " ", page)))
        book = client.get(reverse("admin:reports_live_file", args=[kind, str(about), "xlsx"])).content
        sheet = load_workbook(io.BytesIO(book)).active
        self.rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]

    def says(self, *row) -> bool:
        """On the page and in the workbook, one cell after the other."""
        on_page = flat("".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in row)) in self.page
        return on_page and any(list(row) == each[: len(row)] for each in self.rows)


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def listed(client, **query) -> int:
    return client.get(PATIENTS, query).context["cl"].result_count


def command(name: str, *args: str) -> dict:
    out = io.StringIO()
    call_command(name, *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_standings_are_the_same_wherever_they_are_told(busy, signed_in, at, tmp_path):
    client, file = signed_in("provider"), tmp_path / "standings.csv"
    shown = client.get("/admin/").context["standings"]
    counts = {row.code: row.count for row in shown.rows}
    assert shown.adds_up
    assert sum(count > 0 for count in counts.values()) >= 9
    told = command("standings", "--export", str(file))
    assert {code: told[code] for code in LABELS} == counts
    assert told["total"] == shown.total == listed(client)
    with file.open(encoding="utf-8-sig") as rows:
        assert Counter(row["standing"] for row in csv.DictReader(rows)) == Counter(counts)
    for kind in ("csv", "xlsx"):
        rows = downloaded(client, "standings", kind)
        assert {code: rows[label][0] for code, label in LABELS.items()} == counts
        assert rows["All patients"][0] == shown.total
    for report in (Told(client, "week", clock.now().date()), Told(client, "final")):
        assert all(report.says(label, counts[code]) for code, label in LABELS.items())
        assert report.says("All patients", shown.total)
    assert {code: listed(client, standing=code) for code in LABELS} == counts
    final = load_workbook(io.BytesIO(client.get(reverse("admin:reports_patients")).content)).active
    assert Counter(row[4] for row in final.iter_rows(min_row=2, values_only=True)) == Counter(
        {LABELS[code]: count for code, count in counts.items() if count}
    )


def test_funnel_elections_and_forecast_are_the_same_wherever_they_are_told(busy, signed_in):
    client = signed_in("provider")
    week, final = Told(client, "week", clock.now().date()), Told(client, "final")
    shown = client.get("/admin/").context
    cohorts = {row.code: row for row in shown["funnel"]}
    for stage, label in figures.STAGES.items():
        counts = [getattr(row, stage) for row in shown["funnel"]]
        assert week.says(label, *counts)
        assert final.says(label, *counts)
    for kind in ("csv", "xlsx"):
        rows = downloaded(client, "funnel", kind)
        assert {code: rows[figures.COHORTS[code]] for code in cohorts} == {
            code: [getattr(row, stage) for stage in figures.STAGES] for code, row in cohorts.items()
        }
        found = downloaded(client, "apcm", kind)
        apcm = shown["apcm"]
        assert [found[name][0] for name in ("Yes", "No", "Not answered yet", "Enrolled patients")] == [
            apcm.given, apcm.declined, apcm.open, apcm.enrolled,
        ]  # fmt: skip
        rows = downloaded(client, "answers", kind)
        for rate in shown["rates"]:
            assert rows[rate.label][:2] == [rate.answered, rate.asked]
    assert apcm.enrolled > apcm.given > 0 < apcm.declined
    assert final.says("Stay with the new practice", apcm.given)
    assert final.says("No answer yet", apcm.open)
    assert final.says("Enrolled in APCM", apcm.enrolled)
    assert listed(client, list="apcm_open") == apcm.open
    assert f"{apcm.given:,}staywithyou" in week.page
    everybody = cohorts["all"]
    assert f"{everybody.answered:,}of{everybody.eligible:,}patientswhomaybeaskedhaveanswered" in week.page
    inside = client.get(reverse("admin:home_forecast"))
    rows = downloaded(client, "forecast", "xlsx")
    for code, found in zip(figures.COHORTS, (each for _, each in inside.context["cohorts"]), strict=True):
        row = cohorts[code]
        assert (found.people, found.answered_now, found.consented_now) == (row.eligible, row.answered, row.consented)
        assert rows[figures.COHORTS[code]][:4] == [row.eligible, found.asked, row.answered, row.consented]
    sentence = flat(forecast_words.sentence(inside.context["forecast"]))
    assert sentence in flat(unescape(inside.content.decode()))
    assert sentence in Told(client, "week", clock.now().date()).page


def test_texts_calls_and_letters_are_the_same_wherever_they_are_told(busy, signed_in, at):
    client = signed_in("provider")
    texts = client.get("/admin/").context["texts"]
    final, run = Told(client, "final"), Told(client, "campaign", busy.pk)
    for label, count in (
        ("Confirmed", texts.confirmed), ("Failed", texts.failed), ("Uncertain", texts.uncertain),
        ("Text parts", texts.segments), ("Numbers texted", texts.numbers),
        ("Numbers with an answer", texts.numbers_answered),
    ):  # fmt: skip
        assert final.says(label, count)
    status = command("campaign", "status", busy.name)
    assert (status["confirmed"], status["failed"], status["uncertain"], status["segments"]) == (
        texts.confirmed, texts.failed, texts.uncertain, texts.segments,
    )  # fmt: skip
    assert f"{texts.confirmed}confirmed+{status['skipped']}skipped+{texts.failed}failed+" in run.page
    messages = reverse("admin:outreach_message_changelist")
    for state in ("confirmed", "failed", "uncertain"):
        assert client.get(messages, {"state__exact": state}).context["cl"].result_count == status[state]
    book = load_workbook(io.BytesIO(client.get(reverse("admin:reports_patients")).content)).active
    heading, *rows = book.iter_rows(values_only=True)
    sums = {name: sum(row[heading.index(name)] for row in rows) for name in ("Calls", "Letters posted")}
    calls = Attempt.objects.filter(channel="call").count()
    assert sums["Calls"] == calls
    assert final.says("All", calls)
    assert final.says("Posted", sums["Letters posted"])
    assert final.says("Came back", sum(row[heading.index("A letter came back")] == "yes" for row in rows))
    assert final.says("Mailed by hand", Attempt.objects.filter(outcome="mailed").count())


def test_heaps_of_work_are_as_large_as_the_pages_they_lead_to_and_as_the_reports_say(busy, signed_in):
    client = signed_in("provider")
    tiles = {tile.title: tile for tile in client.get("/admin/").context["today"]["tiles"]}
    day = Told(client, "day", clock.now().date())
    for title, rows in {
        "Replies to answer": "listed", "Numbers to check": "listed", "Form answers to review": "listed",
        "Contact matches to review": "found",
    }.items():  # fmt: skip
        tile = tiles[title]
        assert tile.count > 0, title
        assert client.get(tile.url).context[rows].paginator.count == tile.count, title
        assert day.says(title, tile.count)
    uncertain = tiles["Texts nobody can be sure of"]
    assert client.get(uncertain.url).context["cl"].result_count == uncertain.count > 0
    assert day.says(uncertain.title, uncertain.count)
    assert Told(client, "week", clock.now().date()).says(uncertain.title, uncertain.count)
    calls = client.get(reverse("admin:home_calls_due")).context["tile"]
    assert calls.count == client.get(reverse("admin:outreach_attempt_follow_up")).context["calls"] > 0


def test_lists_hold_what_page_and_reports_count(busy, signed_in, practice):
    client = signed_in("provider")
    counts = client.get(reverse("admin:patients_patient_list_counts")).context["groups"]
    counts = {named.code: count for _, lists in counts for named, count in lists}
    assert set(counts) == set(LISTS)
    assert {code: listed(client, list=code) for code in LISTS} == counts
    shown = client.get("/admin/").context
    tiles = {tile.title: tile.count for tile in shown["today"]["tiles"]}
    assert counts["match_review"] == tiles["Contact matches to review"]
    assert counts["letters_returned"] == tiles["Addresses to correct"] == 1
    silent = {rate.label: rate.asked - rate.answered for rate in shown["rates"]}
    texted = figures.rate(figures.first_texts(), "", 0, now=clock.now(), zone=practice.time_zone, since=7)
    assert counts["day_7"] == texted.asked - texted.answered <= silent["By day 7"]
    checks = {reason: {check.patient.pk for check in open_checks() if check.stop.reason == reason}
              for reason in ("wrong_number", "deceased")}  # fmt: skip
    assert (counts["wrong_numbers"], counts["said_deceased"]) == tuple(map(len, checks.values()))
    week = Told(client, "week", clock.now().date())
    assert week.says("Patients said to have died", counts["said_deceased"])
    assert week.says("Patients whose answers contradict", counts["conflict"])
    day = Told(client, "day", clock.now().date())
    assert day.says("Call-backs", counts["call_backs"])  # by tomorrow; none is promised for tomorrow
    back = client.get(reverse("admin:outreach_attempt_follow_up"), {"step": "due"})
    assert counts["call_backs"] == back.context["listed"].paginator.count > 0
    assert (
        f"{counts['call_backs']} patients wait to be called back"
        in client.get(reverse("admin:home_digest")).content.decode()
    )


def test_what_came_in_today_is_the_same_in_day_and_week(busy, signed_in):
    client, today = signed_in("provider"), clock.now().date()
    day, week = Told(client, "day", today), Told(client, "week", today)
    assert day.says("Question", 1)
    assert week.says("Replies", 3)
    assert day.says("All", 3)
    calls = Attempt.objects.filter(channel="call", at__date=today).count()
    assert day.says("All", calls)
    given = ConsentEvent.objects.effective().filter(kind="apcm", decision="given").count()
    assert week.says("APCM: yes", given)
