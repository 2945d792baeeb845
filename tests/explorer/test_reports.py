"""Reports: one sheet on page, paper and workbook; days closed once and signed; figures defined once."""

import io
import json
import re
from datetime import date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from consent.models import ConsentEvent, Disclosure, Response, ResponseFile
from explorer import campaign_figures, day_figures, figures, final_figures
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.models import Report, SignOff, User
from explorer.reports import actions, paper, saying
from explorer.reports.sheet import digest, read
from outreach.models import Attempt, Campaign, CampaignPatient, CampaignStep, Message, Reply, Suppression
from outreach.standings import LABELS, counts
from patients import actions as patient_actions
from patients.models import ApcmEnrolment
from tests import makers
from tests.explorer.records import confirmed_text

ZONE = ZoneInfo("America/Chicago")
MONDAY = date(2026, 12, 7)
WHEN = datetime(2026, 12, 7, 9, 30, tzinfo=ZONE)


@pytest.fixture
def busy(monday):
    """A Monday on which something of each kind has happened, at a practice of 24 patients."""
    nurse = User.objects.create_user("nurse", role="staff")
    campaign = Campaign.objects.create(name="Pilot", state="running", launched_at=WHEN - timedelta(days=4))
    first, third = (CampaignStep.objects.create(campaign=campaign, day=day, body="{link}") for day in (0, 3))
    people = [makers.patient(mrn=f"{n}", last=f"Name{n}", phone=f"+1205555{n:04}") for n in range(100, 124)]
    for place, person in enumerate(people[:20]):
        code = "" if place < 16 else "opted_out"
        CampaignPatient.objects.create(campaign=campaign, patient=person, left_out=code)
        if place < 16:
            at = WHEN - timedelta(days=4)
            confirmed_text(person, campaign, first, at=at, phone=f"+1205555{100 + place:04}")
        if place < 4:
            confirmed_text(person, campaign, third, at=WHEN, phone=f"+1205555{100 + place:04}")
    for place, state in ((4, "skipped"), (5, "failed"), (6, "cancelled"), (7, "planned")):
        reason = "Staff spoke with them on 12/05/2026." if state == "skipped" else "Spruce said no."
        phone = f"+1205555{100 + place:04}"
        Message.objects.create(campaign=campaign, step=third, phone=phone, state=state, reason=reason)
    uncertain = confirmed_text(people[8], campaign, third, at=WHEN, phone="+12055550108")
    Message.objects.filter(pk=uncertain.pk).update(state="uncertain", confirmed_at=None)
    for place, decision in ((0, "given"), (1, "declined"), (2, "given")):
        line(people[place], decision, WHEN + timedelta(minutes=place))
    line(people[9], "given", WHEN - timedelta(days=2))
    for person in people[:3]:
        ApcmEnrolment.objects.create(patient=person)
    line(people[0], "given", WHEN, kind="apcm")
    reply = Reply.objects.create(item_id="1", conversation_id="c", phone="+12055550110", received_at=WHEN,
                                 kind="opt_out", state="closed", closed_at=WHEN, closed_by=nurse)  # fmt: skip
    Reply.objects.create(item_id="2", conversation_id="c", phone="+12055550111", received_at=WHEN, kind="question")
    for phone, reason in (("+12055550110", "stop"), ("+12055550111", "wrong_number")):
        Suppression.objects.create(phone=phone, reason=reason, since=WHEN, effective_at=WHEN, reply=reply)
    file = ResponseFile.objects.create(filename="a.xlsx", sha256="0" * 64, form="f", taken_in_at=WHEN)
    for row, outcome in enumerate(("applied", "review", "duplicate"), 2):
        Response.objects.create(file=file, row=row, content_hash=str(row), outcome=outcome, patient=people[0])
    for place, outcome in enumerate(("no_answer", "no_answer", "voicemail", "thinking")):
        Attempt.objects.create(patient=people[10 + place], outcome=outcome, at=WHEN, by=nurse)
    Attempt.objects.create(patient=people[15], outcome="call_back", at=WHEN, next_on=MONDAY + timedelta(days=1))
    Attempt.objects.create(patient=people[14], channel="letter", outcome="mailed", at=WHEN, by=nurse)
    done = patient_actions.add_task(title="One", by=nurse)
    patient_actions.finish_task(done, outcome="done", by=nurse)
    patient_actions.add_task(title="Two", due_on=MONDAY, by=nurse)
    Disclosure.objects.create(patient=people[0], purpose="notice", to="Old Practice", what="Name.", at=WHEN)
    return campaign


def line(patient, decision, at, kind="records"):
    more = {"effective_on": at.date()} if decision == "revoked" else {}
    return ConsentEvent.objects.create(
        patient=patient, kind=kind, decision=decision, method="phone", occurred_at=at, recorded_at=at, **more
    )


def day_of(span=MONDAY):
    return day_figures.span(span, span, "America/Chicago")


def rows_of(sheet, key) -> dict:
    return {row[0]: row[1:] for row in sheet.part(key).rows}


def cells(sheet) -> list:
    return [cell for part in sheet.parts for row in (*part.rows, part.total) for cell in row if cell != ""]


def text_of(pdf: bytes) -> str:
    return _flat(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def book(content: bytes, sheet: int = 0) -> list[list]:
    return [list(row) for row in load_workbook(io.BytesIO(content)).worksheets[sheet].iter_rows(values_only=True)]


ABOUT = {"day": MONDAY.isoformat(), "week": MONDAY.isoformat(), "final": "now"}


# The same figures everywhere


@pytest.mark.parametrize("kind", ["day", "week", "campaign", "final"])
def test_page_paper_and_workbook_show_the_same_sheet(kind, busy, signed_in):
    about = ABOUT.get(kind, busy.pk)
    told = {"campaign": busy} if kind == "campaign" else {} if kind == "final" else {"day": MONDAY}
    sheet, client = actions.make(kind, **told), signed_in("read_only")
    page = unescape(client.get(reverse("admin:reports_live", args=[kind, about])).content.decode())
    on_page = _flat(re.sub(r"<[^>]+>", " ", page))
    on_paper = text_of(client.get(reverse("admin:reports_live_file", args=[kind, about, "pdf"])).content)
    workbook = book(client.get(reverse("admin:reports_live_file", args=[kind, about, "xlsx"])).content)
    in_book = {tuple(cell for cell in row if cell is not None) for row in workbook}
    assert len(cells(sheet)) > 20
    for part in sheet.parts:
        for row in (*part.rows, *([part.total] if part.total else [])):
            shown = _flat("".join(map(paper.shown, row)))
            assert shown in on_page, (part.key, row)
            assert tuple(cell for cell in row if cell != "") in in_book, (part.key, row)
            if not part.is_empty:
                assert all(_flat(paper.shown(cell)) in on_paper for cell in row), (part.key, row)
    for sentence in sheet.lead:
        assert _flat(sentence) in on_page
        assert _flat(sentence) in on_paper
        assert (sentence,) in in_book


def test_the_day_says_what_the_figures_say(busy):
    sheet, days = actions.make("day", day=MONDAY), day_of()
    texts = day_figures.texts(days)
    assert sheet.part("texts").total[1:] == (5, 4, 0, 1, 0, 0)
    assert sum(row.tried for row in texts) == sheet.part("texts").total[1] == sum(sheet.part("texts").total[2:])
    assert rows_of(sheet, "decisions") == {"Records may move": (2, 1, 0, 3), "APCM continues": (1, 0, 0, 1)}
    assert rows_of(sheet, "replies") == {"Stop": (1,), "Question": (1,)}
    assert sheet.part("replies").words == "1 closed in that time; 1 still to answer now."
    assert rows_of(sheet, "stops") == {"Asked to stop": (1,), "Wrong number": (1,)}
    assert rows_of(sheet, "answers") == {"Applied": (1,), "Needs review": (1,), "Seen before": (1,)}
    assert sheet.part("calls").total[1] == sheet.part("calls_by").total[1] == day_figures.calls(days).made == 5
    assert rows_of(sheet, "calls_by")["Nobody named"] == (1,)
    assert rows_of(sheet, "letters")["Mailed by hand"] == (1,)
    assert rows_of(sheet, "tasks") == {"Made": (2,), "Done": (1,), "Open now": (1,)}
    assert rows_of(sheet, "tomorrow")["Call-backs"] == (1,)
    assert rows_of(sheet, "open")["Tasks overdue"] == (1,)
    assert rows_of(sheet, "open")["Replies to answer"] == (1,)


def test_the_campaign_adds_up_and_says_what_followed_each_step(busy):
    found = campaign_figures.campaign(busy, Practice.current())
    assert found.planned == busy.messages.count() == found.states.total() == 25
    sheet = actions.make("campaign", campaign=busy)
    assert sheet.lead[0] == (
        "25 texts planned = 20 confirmed + 1 skipped + 1 failed + 1 uncertain + 1 cancelled + 1 still open. It adds up."
    )
    first, third = found.steps
    assert (first.patients, first.answers, first.stops, first.wrong_numbers) == (16, 1, 1, 1)
    assert (third.patients, third.answers) == (4, 3)
    assert found.not_sent["skipped", "Staff spoke with them."] == 1
    assert (found.covered, dict(found.left_out)) == (16, {"opted_out": 4})
    assert found.cost is None


def test_a_price_makes_the_cost(busy):
    Practice.objects.update(segment_price="0.0100")
    assert "about $0.42 at the price" in actions.make("campaign", campaign=busy).lead[2]


def test_the_week_and_the_final_report_use_the_figures_of_the_first_page(busy):
    week, final, standings = actions.make("week", day=MONDAY), actions.make("final"), figures.standings()
    for sheet in (week, final):
        assert rows_of(sheet, "standings") == {
            row.label: (row.count, saying.share(row.count, standings.total)) for row in standings.rows
        }
        everybody = figures.funnel()[0]
        assert [row[1] for row in sheet.part("funnel").rows] == [getattr(everybody, stage) for stage in figures.STAGES]
    assert final.part("apcm").total[1] == figures.elections().enrolled == 3
    assert rows_of(final, "texts")["Confirmed"] == (figures.texts().confirmed,)
    assert rows_of(week, "trend")["Records: yes"] == (2, 1, "up 1")


def test_who_has_not_decided_adds_up_with_the_standings(busy):
    makers.patient(mrn="900", phone="", deceased=True)
    makers.patient(mrn="901", phone="", held="family asked")
    makers.patient(mrn="902", phone="", date_of_birth=date(2020, 1, 1))
    practice, standing = Practice.current(), counts()
    found = final_figures.why_open(practice)
    undecided = sum(standing[code] for code in LABELS if code not in ("given", "declined", "revoked", "conflict"))
    assert found.total() == undecided == len(final_figures.reasons_of_patients(practice))
    assert (found["deceased"], found["held"], found["minor"]) == (1, 1, 1)
    assert set(found) <= set(final_figures.REASONS)


def test_the_list_of_the_final_report_has_every_patient_and_no_formula(busy, signed_in):
    makers.patient(mrn="=1+1", last="=cmd()", phone="")
    answer = signed_in("provider").get(reverse("admin:reports_patients"))
    _heading, *rows = book(answer.content)
    standing = counts()
    assert len(rows) == standing["total"]
    assert {label: sum(row[4] == label for row in rows) for label in LABELS.values()} == {
        label: standing[code] for code, label in LABELS.items()
    }
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert "25 rows: final status list" in LogEntry.objects.latest("pk").changes["exported"][1]


@pytest.mark.parametrize("role", ["staff", "read_only"])
def test_the_list_of_patients_is_for_leaders(role, signed_in):
    assert signed_in(role).get(reverse("admin:reports_patients")).status_code == 403


def test_a_kept_report_names_no_patient(busy, user):
    report = actions.keep("final", by=user("provider"))
    assert "Name1" not in json.dumps(report.figures)


# Days


def close(client, day=MONDAY, **data):
    return client.post(reverse("admin:reports_close", args=[day.isoformat()]), data, follow=True)


def test_a_day_is_closed_signed_and_printed_on_one_page(busy, signed_in):
    client = signed_in("staff")
    assert "Replies to answer" in client.get(reverse("admin:reports_close", args=[MONDAY.isoformat()])).content.decode()
    assert not Report.objects.exists()
    close(client, words="Two calls move to tomorrow.")
    report = Report.objects.get()
    assert (report.kind, report.day, report.made_by.username, report.pages) == ("close_out", MONDAY, "test-staff", 1)
    assert [str(each.person) for each in report.signatures.all()] == ["test-staff"]
    pdf = client.get(reverse("admin:reports_kept_file", args=[report.pk, "pdf"])).content
    assert pdf == report.pdf()
    printed = text_of(pdf)
    assert report.figures_sha256 in printed
    assert re.search(r"Closedbytest-staffon12/07/2026at10:\d\dAM\.Twocallsmovetotomorrow\.", printed)
    assert "Auditlogupto" not in printed
    assert digest(report.figures) == report.figures_sha256
    assert read(report.figures).plain() == report.figures


def test_what_is_stored_is_encrypted_and_never_changed(busy, user):
    report = actions.close_day(day=MONDAY, by=user("staff"))
    assert b"%PDF" not in bytes(report.sealed_pdf)
    for rows in (Report.objects.filter(pk=report.pk), SignOff.objects.filter(report=report)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(because="changed")


def test_a_day_is_closed_once_and_again_only_with_a_reason(busy, user):
    nurse, doctor = user("staff"), user("provider")
    first = actions.close_day(day=MONDAY, by=nurse)
    with pytest.raises(ValidationError, match="test-staff closed this day on 12/07/2026 at 10:"):
        actions.close_day(day=MONDAY, by=doctor)
    with pytest.raises(ValidationError, match="Say why"):
        actions.close_day(day=MONDAY, by=doctor, because=" ", replaces=first.pk)
    second = actions.close_day(day=MONDAY, by=doctor, because="A call came late.", replaces=first.pk)
    assert actions.standing_close_out(MONDAY) == second
    assert second.supersedes == first
    assert Report.objects.count() == 2
    with pytest.raises(ValidationError, match="test-provider closed this day"):
        actions.close_day(day=MONDAY, by=nurse, because="Once more.", replaces=first.pk)
    with pytest.raises(ValidationError, match="later close-out"):
        actions.sign(first, by=doctor)


def test_the_database_itself_lets_a_day_be_closed_once(monday, user):
    """Two at the same moment: the second row has no place."""
    first = actions.close_day(day=MONDAY, by=user("staff"))
    again = Report.of(
        b"%PDF", kind="close_out", day=MONDAY, made_by=first.made_by, figures={}, figures_sha256="0", pages=1
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_the_page_tells_who_closed_the_day_and_asks_why_again(busy, signed_in, user):
    first = actions.close_day(day=MONDAY, by=user("provider"))
    client = signed_in("staff")
    page = client.get(reverse("admin:reports_close", args=[MONDAY.isoformat()])).content.decode()
    assert "test-provider closed this day on 12/07/2026, 10:" in page
    close(client, replaces=first.pk)
    assert Report.objects.count() == 1
    close(client, replaces=first.pk, because="Late call.")
    later = Report.objects.get(supersedes=first)
    assert "Late call." in client.get(reverse("admin:reports_kept", args=[first.pk])).content.decode()
    assert "takes the place" in client.get(reverse("admin:reports_kept", args=[later.pk])).content.decode()


def test_a_second_person_adds_a_name_once(busy, signed_in, user):
    report = actions.close_day(day=MONDAY, by=user("provider"))
    client, address = signed_in("staff"), reverse("admin:reports_sign", args=[report.pk])
    for _ in range(2):
        client.post(address, {"words": "Seen."})
    assert [str(each.person) for each in report.signatures.all()] == ["test-provider", "test-staff"]
    assert "signed this report already" in client.post(address, {}, follow=True).content.decode()


def test_days_without_a_close_out_are_named(busy, signed_in, user):
    """Launched on Thursday: Thursday and Friday are missing, the weekend only where there was work."""
    friday = MONDAY - timedelta(days=3)
    assert actions.missing(Practice.current(), MONDAY) == [
        MONDAY - timedelta(days=2), friday, friday - timedelta(days=1)
    ]  # fmt: skip
    actions.close_day(day=friday, by=user("provider"))
    page = signed_in("staff").get(reverse("admin:reports")).content.decode()
    assert "Close Thursday, 12/03/2026" in page
    assert "Close Friday, 12/04/2026" not in page


def test_a_holiday_needs_no_close_out(monday):
    monday(19)  # Saturday, 26 December
    Campaign.objects.create(name="One", state="running", launched_at=datetime(2026, 12, 24, 10, tzinfo=ZONE))
    assert actions.missing(Practice.current(), date(2026, 12, 26)) == [date(2026, 12, 24)]


@pytest.mark.parametrize("day", ["2026-12-08", "1999-01-01", "9999-12-31"])
def test_a_day_still_to_come_or_before_all_records_is_refused(day, monday, signed_in):
    client = signed_in("staff")
    for name, args in (("live", ["day", day]), ("close", [day]), ("live_file", ["day", day, "pdf"])):
        answer = client.get(reverse(f"admin:reports_{name}", args=args), follow=True)
        assert "Choose" in answer.content.decode(), name
    close(client, date.fromisoformat(day))
    assert not Report.objects.exists()


def test_next_weeks_report_is_refused_and_this_weeks_says_so(monday):
    with pytest.raises(ValidationError):
        actions.make("week", day=MONDAY + timedelta(days=7))
    assert actions.make("week", day=MONDAY + timedelta(days=3)).as_of.endswith("the week is not over.")


def test_today_says_as_of_when_and_a_day_before_when_it_was_made():
    now = datetime(2026, 12, 7, 15, 10, tzinfo=ZONE)
    assert saying.as_of(MONDAY, now, "America/Chicago") == "As of 3:10 PM: the day is not over."
    before = MONDAY - timedelta(days=1)
    assert saying.as_of(before, now, "America/Chicago") == "Made on 12/07/2026 at 3:10 PM."


def test_what_only_the_present_can_tell_is_left_out_of_a_day_before(monday):
    keys = {part.key for part in actions.make("day", day=MONDAY - timedelta(days=3)).parts}
    assert not keys & {"tomorrow", "health"}


def test_a_clock_that_was_set_back_keeps_nothing(monday, user):
    actions.keep("day", day=MONDAY, by=user("staff"))
    monday(-1)
    with pytest.raises(ValidationError, match="clock is behind the newest report"):
        actions.close_day(day=MONDAY - timedelta(days=1), by=user("provider"))


# Rights, exports, addresses


def test_everybody_reads_and_the_care_team_keeps(busy, signed_in):
    client = signed_in("read_only")
    page = client.get(reverse("admin:reports_live", args=["day", MONDAY.isoformat()])).content.decode()
    assert "Keep</button>" not in page
    told = {"kind": "day", "about": MONDAY.isoformat()}
    assert client.post(reverse("admin:reports_keep"), told).status_code == 403
    assert not Report.objects.exists()


def test_a_kept_report_stays_as_it_was(busy, signed_in):
    client = signed_in("staff")
    client.post(reverse("admin:reports_keep"), {"kind": "campaign", "about": busy.pk})
    report = Report.objects.get()
    busy.messages.filter(state="planned").update(state="cancelled")
    page = client.get(reverse("admin:reports_kept", args=[report.pk])).content.decode()
    assert "1 still open" in page
    assert "agrees" in page
    workbook = book(client.get(reverse("admin:reports_kept_file", args=[report.pk, "xlsx"])).content)
    assert workbook[0] == ["Campaign report", "Pilot", *workbook[0][2:]]


def test_every_file_that_leaves_is_recorded(busy, signed_in):
    client = signed_in("read_only")
    before = LogEntry.objects.count()
    for ending in ("pdf", "xlsx"):
        client.get(reverse("admin:reports_live_file", args=["week", MONDAY.isoformat(), ending]))
    told = [entry.changes["exported"][1] for entry in LogEntry.objects.order_by("pk")[before:]]
    assert told == ["4 rows: Week for the physician, pdf", "4 rows: Week for the physician, xlsx"]


@pytest.mark.parametrize(
    "address", ["nonsense/now/", "day/yesterday/", "campaign/99999999/", "campaign/x/", "close_out/2026-12-07/",
                "final/now.exe", "final/then/", "kept/999/", "close/soon/"],
)  # fmt: skip
def test_an_address_that_means_nothing_is_not_found(address, monday, signed_in):
    assert signed_in("provider").get(f"/admin/reports/{address}").status_code == 404


def test_the_pages_ask_few_questions(busy, signed_in, django_assert_max_num_queries):
    client = signed_in("staff")
    client.get(reverse("admin:reports"))
    for name, args, most in (
        ("", [], 35), ("_live", ["day", MONDAY.isoformat()], 64), ("_live", ["week", MONDAY.isoformat()], 72),
        ("_live", ["campaign", busy.pk], 35), ("_live", ["final", "now"], 54), ("_close", [MONDAY.isoformat()], 64),
    ):  # fmt: skip
        with django_assert_max_num_queries(most):
            client.get(reverse(f"admin:reports{name}", args=args))


# The command


def report(*args) -> dict:
    out = io.StringIO()
    call_command("report", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.long
@pytest.mark.parametrize("ending", ["pdf", "xlsx"])
def test_the_command_writes_each_kind(ending, busy, at, tmp_path):
    at(datetime(2026, 12, 7, 18))
    for kind in ("day", "week", "campaign", "final"):
        file = tmp_path / f"{kind}.{ending}"
        facts = report(kind, "--out", str(file))
        assert set(facts) == {"kind", "about", "sha256", "pages"}
        assert file.stat().st_mode & 0o077 == 0
        assert facts["pages"] >= 1
    assert len(book((tmp_path / "final.xlsx").read_bytes(), 1)) == 25 if ending == "xlsx" else True


def test_the_command_hands_out_the_close_out_that_was_signed(busy, at, user, tmp_path):
    at(datetime(2026, 12, 7, 18))
    kept = actions.close_day(day=MONDAY, by=user("staff"))
    facts = report("close_out", "--day", "2026-12-07", "--out", str(tmp_path / "a.pdf"))
    assert facts["sha256"] == kept.sha256
    assert clock.today("America/Chicago") == MONDAY


@pytest.mark.parametrize(
    ("args", "code"),
    [(["day", "--day", "2030-01-01"], 1), (["close_out"], 1), (["campaign", "--campaign", "no such"], 1)],
)
def test_the_command_refuses_with_one_sentence(args, code, at, tmp_path):
    at(datetime(2026, 12, 7, 18))
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("report", *args, "--out", str(tmp_path / "a.pdf"), "--json", stdout=out)
    assert ended.value.code == code
    assert json.loads(out.getvalue())["error"]
    assert not list(tmp_path.iterdir())


def test_the_command_neither_overwrites_nor_guesses_a_kind_of_file(at, tmp_path):
    at(datetime(2026, 12, 7, 18))
    there = tmp_path / "a.pdf"
    there.write_text("mine")
    for file, code in ((there, 1), (tmp_path / "a.doc", 2)):
        with pytest.raises(SystemExit) as ended:
            call_command("report", "day", "--out", str(file), "--json", stdout=io.StringIO())
        assert ended.value.code == code
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    "address",
    ["day/0001-01-01/", "day/0001-01-01.pdf", "week/0001-01-01/", "week/0001-01-03.xlsx", "day/9999-12-31/",
     "campaign/" + "9" * 40 + "/", "campaign/" + "9" * 4400 + "/", "close/0001-01-01/", "close/9999-12-31/"],
)  # fmt: skip
def test_an_address_from_nowhere_is_no_fault(signed_in, monday, address):
    client = signed_in("staff")
    assert client.get(reverse("admin:reports") + address).status_code in (302, 404)


def test_who_signs_has_seen_what_is_open_now(signed_in, busy):
    client = signed_in("staff")
    page = reverse("admin:reports_close", args=[MONDAY.isoformat()])
    seen = re.search(r'name="seen" value="(\w+)"', client.get(page).content.decode())[1]
    Reply.objects.create(
        item_id="late",
        phone="+12055550100",
        text="Call me",
        received_at=clock.now(),
        kind="question",
        state="needs_answer",
    )
    answer = client.post(page, {"words": "", "seen": seen})
    assert answer.status_code == 200
    assert not Report.objects.exists()
    seen = re.search(r'name="seen" value="(\w+)"', answer.content.decode())[1]
    assert client.post(page, {"words": "", "seen": seen}).status_code == 302
    assert Report.objects.count() == 1
