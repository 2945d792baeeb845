"""The figures of page, downloads and functions against a count in Python of random histories."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.urls import reverse

from consent.models import ConsentEvent, Response, ResponseFile
from explorer import figures
from explorer.lib.models import Practice
from outreach.models import (
    Attempt,
    Campaign,
    CampaignStep,
    Contact,
    ContactPhone,
    Match,
    Message,
    MessagePatient,
    Suppression,
)
from outreach.standings import LABELS, with_standing
from patients.models import ApcmEnrolment, Patient, Phone

NOW = datetime.now(UTC)


@dataclass
class History:
    """One patient's, invented; `said`: (days ago, decision, place of the line it corrects or None, chart)."""

    number: int
    deceased: bool
    held: bool
    left: bool
    minor: bool
    apcm: bool
    phone: str  # "", mobile, fixed
    basis: bool
    match: str  # "", automatic, review
    texts: list[tuple[int, str]]  # (day of the step, state)
    stop: str  # "", stop, wrong_number, staff
    stops_lifted: bool
    mailed: bool
    in_review: bool
    no_texts: bool  # the ledger of texting says no
    merged: bool  # a second chart was merged into this one a day ago
    said: list[tuple[float, str, int | None, int]] = field(default_factory=list)

    @property
    def e164(self) -> str:
        return f"+1{2050000000 + self.number}"


def invented(number: int, random: Random) -> History:
    def often(chance: float) -> bool:
        return random.random() < chance

    states = ["confirmed"] * 6 + ["accepted", "uncertain", "failed", "skipped", "cancelled"]
    first = [(0, random.choice(states))] if often(0.7) else []
    second = [(3, random.choice(states))] if first and often(0.5) else []
    history = History(
        number, often(0.04), often(0.04), often(0.05), often(0.05), often(0.35),
        random.choice(("", "mobile", "mobile", "mobile", "fixed")), often(0.9),
        random.choice(("", "automatic", "automatic", "automatic", "review")), first + second,
        random.choice(("", "", "", "", "", "stop", "wrong_number", "staff")), often(0.2), often(0.1), often(0.08),
        often(0.05), often(0.15),
    )  # fmt: skip
    days = sorted((random.uniform(2, 40) for _ in range(random.choice((0, 0, 0, 1, 1, 1, 2, 3)))), reverse=True)
    for place, ago in enumerate(days):
        corrects = place - 1 if place and often(0.3) else None
        chart = history.said[corrects][3] if corrects is not None else int(history.merged and often(0.5))
        history.said.append((ago, random.choice(("given", "given", "declined")), corrects, chart))
    return history


def decision(history: History) -> str | None:
    """What the records ledger says: the newest effective line, and whether the others let it stand."""
    corrected = {line[2] for line in history.said}
    lines = [line for place, line in enumerate(history.said) if place not in corrected]
    if not lines:
        return None
    ago, newest, corrects, chart = lines[-1]
    if any(line[3] != chart and (line[1] == "given") != (newest == "given") for line in lines):
        return "conflict"  # the charts said different things before anybody merged them
    before = lines[:-1]
    if newest == "given":
        settled = [line[0] for line in before if line[2] is not None and line[1] == "given"]
        against = [line for line in before if line[1] != "given" and not any(yes < line[0] for yes in settled)]
        return "conflict" if against and corrects is None else "given"
    settled = [line[0] for line in before if line[2] is not None and line[1] != "given"]
    yes = [line[0] for line in before if line[1] == "given"]
    close = [then for then in yes if then - ago < 1 and not any(no <= then for no in settled)]
    if close and corrects is None:
        return "conflict"
    return "revoked" if yes else "declined"


def standing(history: History) -> str:
    said = decision(history)
    if said:
        return said
    if history.in_review:
        return "in_review"
    if history.deceased or history.held or history.left or history.minor:
        return "excluded"
    if _stopped(history):
        return "opted_out"
    if any(day > 0 for day in _arrived(history)):
        return "reminded"
    if _arrived(history) or history.mailed:
        return "invited"
    number = history.match == "automatic" and not _suppressed(history)
    listed_badly = history.phone == "fixed" or (history.phone and not history.basis)
    return "not_invited" if number and not listed_badly else "cannot_be_reached"


def _suppressed(history: History) -> str:
    return "" if history.stops_lifted else history.stop


def _stopped(history: History) -> bool:
    theirs = history.phone or history.match == "automatic"
    return history.no_texts or (_suppressed(history) == "stop" and bool(theirs))


def _arrived(history: History) -> list[int]:
    if _suppressed(history) in ("wrong_number", "staff"):
        return []
    return [day for day, state in history.texts if state == "confirmed"]


def funnel(histories: list[History]) -> Counter:
    found = Counter()
    for history in histories:
        if history.deceased or history.held or history.left or history.minor:
            continue
        said = decision(history)
        arrived = bool(_arrived(history)) or history.mailed
        taken = any(state in ("accepted", "confirmed", "uncertain") for _, state in history.texts)
        come = {
            "eligible": True,
            "invited": taken or arrived or said,
            "confirmed": arrived or said,
            "answered": said,
            "consented": said == "given",
        }
        for cohort in ("all", "apcm" if history.apcm else "non_apcm"):
            found.update((cohort, stage) for stage, there in come.items() if there)
    return found


def write(histories: list[History], by) -> None:
    """All of them, in bulk."""
    run = Campaign.objects.create(name="Run", state="running", launched_at=NOW)
    steps = {day: CampaignStep.objects.create(campaign=run, day=day, body="{link}") for day in (0, 3)}
    file = ResponseFile.objects.create(filename="answers.xlsx", sha256="0" * 64, form="form")
    made = Patient.objects.bulk_create(
        Patient(
            mrn=f"{each.number}", last_name="Doe", deceased=each.deceased, held="asked" if each.held else "",
            left_list_at=NOW if each.left else None,
            date_of_birth=date(NOW.year - (5 if each.minor else 60), 1, 1),
        )
        for each in histories
    )  # fmt: skip
    patients = dict(zip((each.number for each in histories), made, strict=True))
    merged = [each for each in histories if each.merged]
    second = Patient.objects.bulk_create(
        Patient(
            mrn=f"second {each.number}", last_name="Doe", merged_into=patients[each.number],
            merged_at=NOW - timedelta(days=1),
        )
        for each in merged
    )  # fmt: skip
    charts = dict(zip((each.number for each in merged), second, strict=True))
    rows = {model: [] for model in (Phone, Contact, ApcmEnrolment, Suppression, Attempt, Response, Message)}
    for each in histories:
        patient = patients[each.number]
        if each.phone:
            basis = "provided_to_provider" if each.basis else "unknown"
            rows[Phone].append(Phone(patient=patient, e164=each.e164, label="cell", kind=each.phone, basis=basis))
        if each.apcm:
            rows[ApcmEnrolment].append(ApcmEnrolment(patient=patient))
        if each.stop:
            lifted = {"lifted_at": NOW, "lifted_by": by, "lifted_because": "asked to"} if each.stops_lifted else {}
            rows[Suppression].append(Suppression(phone=each.e164, reason=each.stop, **lifted))
        if each.mailed:
            rows[Attempt].append(Attempt(patient=patient, channel="letter", outcome="mailed"))
        if each.in_review:
            answer = Response(file=file, row=each.number, content_hash=f"{each.number:064}", outcome="review")
            answer.likely = patient
            rows[Response].append(answer)
        if each.match:
            rows[Contact].append(Contact(spruce_id=f"e{each.number}", display_name="Doe"))
        for day, state in each.texts:
            key = f"{each.number} {day}"
            message = Message(
                campaign=run, step=steps[day], phone=each.e164, state=state, text="Hello", line_id="line", key=key,
                request_id=key, first_attempt_at=NOW, accepted_at=NOW, confirmed_at=NOW,
            )  # fmt: skip
            rows[Message].append(message)
    for model, some in rows.items():
        model.objects.bulk_create(some)
    MessagePatient.objects.bulk_create(
        MessagePatient(message=message, patient=patients[int(message.key.split()[0])]) for message in rows[Message]
    )
    numbers = {f"e{each.number}": each for each in histories}
    ContactPhone.objects.bulk_create(
        ContactPhone(contact=contact, e164=numbers[contact.spruce_id].e164, label="mobile") for contact in rows[Contact]
    )
    Match.objects.bulk_create(
        Match(patient=patients[each.number], contact=contact, verdict=each.match)
        for contact in rows[Contact]
        for each in [numbers[contact.spruce_id]]
    )
    _write_ledgers(histories, patients, charts)


def _write_ledgers(histories: list[History], patients: dict, charts: dict) -> None:
    written: dict[tuple[int, int], ConsentEvent] = {}
    for place in range(3):
        lines = {}
        for each in histories:
            if len(each.said) > place:
                ago, said, corrects, chart = each.said[place]
                at = NOW - timedelta(days=ago)
                lines[each.number, place] = ConsentEvent(
                    patient=(charts if chart else patients)[each.number], kind="records", decision=said,
                    method="phone", occurred_at=at, recorded_at=at, note="corrected" if corrects is not None else "",
                    supersedes=written[each.number, corrects] if corrects is not None else None,
                )  # fmt: skip
        ConsentEvent.objects.bulk_create(lines.values())
        written |= lines
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            patient=patients[each.number], kind="texting", decision="declined", method="phone", occurred_at=NOW
        )
        for each in histories
        if each.no_texts
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a database that has lived; without it a bulk of new rows is searched badly


def compare(histories: list[History]) -> None:
    wanted = {f"{each.number}": standing(each) for each in histories}
    found = dict(with_standing(Patient.objects.all()).order_by().values_list("mrn", "standing"))
    assert {mrn: (found[mrn], told) for mrn, told in wanted.items() if found[mrn] != told} == {}
    told = figures.standings()
    assert told.adds_up
    assert told.total == len(histories) == sum(row.count for row in told.rows)
    counted = Counter(wanted.values())
    assert {row.code: row.count for row in told.rows} == {code: counted[code] for code in LABELS}
    stages = funnel(histories)
    rows = figures.funnel()
    assert {(row.code, stage): getattr(row, stage) for row in rows for stage in figures.STAGES} == {
        (row.code, stage): stages[row.code, stage] for row in rows for stage in figures.STAGES
    }
    for row in rows:
        come = [getattr(row, stage) for stage in figures.STAGES]
        assert come == sorted(come, reverse=True)


def test_page_downloads_and_functions_tell_what_was_counted_by_hand(signed_in, user):
    random = Random(1)
    histories = [invented(number, random) for number in range(200)]
    write(histories, user("administrator"))
    compare(histories)
    client = signed_in("read_only")
    shown = client.get("/admin/").context
    counted = Counter(standing(each) for each in histories)
    assert {row.code: row.count for row in shown["standings"].rows} == {code: counted[code] for code in LABELS}
    stages = funnel(histories)
    assert [getattr(shown["funnel"][0], stage) for stage in figures.STAGES] == [
        stages["all", stage] for stage in figures.STAGES
    ]
    downloaded = _download(client, "standings")
    assert {row[0]: int(row[1]) for row in downloaded[1:-2]} == {
        **{LABELS[code]: counted[code] for code in LABELS},
        "All patients": 200,
    }
    assert [int(number) for number in _download(client, "funnel")[1][1:]] == [
        stages["all", stage] for stage in figures.STAGES
    ]
    forecast = figures.forecast(Practice.current(), NOW)["all"]
    assert (forecast.people, forecast.answered_now, forecast.consented_now) == tuple(
        stages["all", stage] for stage in ("eligible", "answered", "consented")
    )


def _download(client, name: str) -> list[list[str]]:
    answer = client.get(reverse("admin:home_figures", args=[name, "csv"]))
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_standings_and_funnel_add_up_for_ten_thousand_histories(seed, user):
    random = Random(100 + seed)
    histories = [invented(number, random) for number in range(2000)]
    write(histories, user("administrator"))
    compare(histories)
