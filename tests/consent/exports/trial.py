"""One practice, one export with known truth, through the commands; what came of it, counted."""

import csv
import json
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.management import call_command

from tests.consent.exports import files
from tests.consent.exports.forms import Form
from tests.consent.exports.people import list_of, people
from tests.consent.exports.rows import APPLIED, REVIEW, Code, Maker, Row, export

ZONE = ZoneInfo("America/Chicago")
FIRST_DAY, LAST_DAY = datetime(2026, 10, 5, 9), datetime(2026, 11, 19, 9)
FOREIGN = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


@dataclass
class Found:
    rows: int = 0
    ideal: int = 0
    applied_wrongly: list = field(default_factory=list)
    lost: list = field(default_factory=list)  # clean answers that were not applied
    needless: list = field(default_factory=list)  # reviews that need not be
    off: list = field(default_factory=list)  # any other outcome than the ideal or a harmless one
    reviewed: int = 0
    first_right: int = 0
    not_first: list = field(default_factory=list)
    standings_wrong: list = field(default_factory=list)
    law_broken: list = field(default_factory=list)
    changed_by_repetition: list = field(default_factory=list)
    seconds: float = 0

    def add(self, other: "Found") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def told(self) -> str:
        share = 100 * self.ideal / max(1, self.rows)
        first = 100 * self.first_right / max(1, self.reviewed)
        return (
            f"{self.rows} rows, {share:.2f} % ideal, {len(self.applied_wrongly)} applied wrongly, "
            f"{len(self.lost)} clean lost, "
            f"{len(self.needless)} needless reviews, right chart first {first:.2f} % of {self.reviewed}, "
            f"{len(self.standings_wrong)} standings wrong, {len(self.law_broken)} count laws broken, "
            f"{len(self.changed_by_repetition)} changes by repetition, {self.seconds:.2f} s"
        )


def command(*args, **options) -> dict:
    out = StringIO()
    with suppress(SystemExit):
        call_command(*args, json=True, stdout=out, **options)
    return json.loads(out.getvalue().splitlines()[-1])


def run(seed: int, form: Form, kind: str, folder: Path, at, *, size=150, repeat=2) -> Found:
    """`at(moment)` sets the clock."""
    name, truths, persons = prepare(seed, form, kind, folder, at, size=size)
    return _judge(folder, name, truths, persons, repeat)


def prepare(seed: int, form: Form, kind: str, folder: Path, at, *, size: int) -> tuple[str, dict[int, Row], list]:
    """A practice with patients and codes, and in `folder` an export of its form: its name, {row: truth}, the people."""
    r = random.Random(f"{seed} {form.name} {kind}")
    at(FIRST_DAY)
    persons = people(r, int(size * 1.6))
    csv_file(folder / "list.csv", list_of(persons))
    assert command("import_patients", folder / "list.csv", apply=True)["new"] == len(persons)
    codes = _codes(r, folder, persons)
    at(LAST_DAY)
    headings, values, truths = files.table(r, form, export(Maker(r, form, persons, codes), size))
    name, content = files.write(r, kind, headings, values)
    (folder / name).write_bytes(content)
    return name, truths, persons


def _codes(r: random.Random, folder: Path, persons) -> list[Code]:
    """Those of the earlier system, and ours, one for each phone."""
    codes, sheet = issued_codes(r, persons)
    csv_file(folder / "codes.csv", sheet)
    command("invitations", take_over=folder / "codes.csv")
    command("invitations", create=True, export=folder / "all.csv")
    foreign = {code.text for code in codes}
    for row in _read(folder / "all.csv"):
        if row["code"] not in foreign:
            issued, expires = (_local(row[name]) for name in ("created_at", "expires_at"))
            codes.append(Code(row["code"], tuple(row["mrns"].split("|")), issued, expires))
    r.shuffle(codes)
    return codes


def issued_codes(r: random.Random, persons) -> tuple[list[Code], list[list]]:
    """A third of the patients have a code of the earlier system, some a withdrawn one besides; and its sheet."""
    sheet = [["mrn", "token", "issued_at", "expires_at", "status"]]
    codes = []
    for person in persons:
        for status in r.choices([(), ("active",), ("revoked", "active")], [0.7, 0.24, 0.06])[0]:
            text = "".join(r.choice(FOREIGN) for _ in range(16))
            issued, expires = FIRST_DAY, FIRST_DAY + timedelta(days=r.choice([14, 30]))
            sheet.append([person.mrn, text, issued.isoformat(), expires.isoformat(), status])
            codes.append(Code(text, (person.mrn,), issued, expires, status == "revoked"))
    return codes, sheet


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZONE).replace(tzinfo=None)


def _judge(folder: Path, name: str, truths: dict[int, Row], persons, repeat: int) -> Found:
    found = Found()
    told = command("import_responses", folder / name, apply=True, export=folder / "out.csv")
    if "error" in told:
        found.law_broken.append(told["error"])
        found.rows += len(truths)
        return found
    found.seconds = told["seconds"]
    lines = {int(line["row"]): line for line in _read(folder / "out.csv")}
    expected = {place: row for place, row in truths.items() if row.truth.ideal != "none"}
    if (
        told["rows"] != sum(told[key] for key in ("applied", "review", "duplicate", "rejected"))
        or lines.keys() != expected.keys()
    ):
        found.law_broken.append(told)
    for place, row in expected.items():
        _judge_row(found, row, lines.get(place))
    _judge_standings(found, folder, expected, persons)
    before = (folder / "standings.csv").read_bytes()
    for _ in range(repeat):
        again = command("import_responses", folder / name, apply=True)
        command("standings", export=folder / "standings.csv")
        if again["applied"] or again["review"] or (folder / "standings.csv").read_bytes() != before:
            found.changed_by_repetition.append(again)
    return found


def _judge_row(found: Found, row: Row, line: dict | None) -> None:
    truth = row.truth
    found.rows += 1
    outcome = line["outcome"] if line else "lost"
    note = (truth.kind, outcome, row.said, line)
    harmless = {truth.ideal, *truth.may}
    if outcome == APPLIED and (APPLIED not in harmless or line["mrn"] != truth.mrn):
        found.applied_wrongly.append(note)
    elif outcome not in harmless:
        (found.lost if truth.ideal == APPLIED else found.off).append(note)
    if truth.ideal == APPLIED and outcome == REVIEW:
        found.needless.append(note)
    found.ideal += outcome == truth.ideal
    if outcome == REVIEW and truth.mrn:
        found.reviewed += 1
        if line["candidate_mrns"].split("|")[0] == truth.mrn:
            found.first_right += 1
        else:
            found.not_first.append(note)


def _judge_standings(found: Found, folder: Path, rows: dict[int, Row], persons) -> None:
    command("standings", export=folder / "standings.csv")
    lines = {line["mrn"]: line for line in _read(folder / "standings.csv")}
    said: dict[str, dict[str, str]] = {person.mrn: {} for person in persons}
    for row in sorted(rows.values(), key=lambda row: row.completed):
        truth = row.truth
        if truth.kind in ("no, within a day", "yes, after no"):
            said[truth.mrn]["records"] = "conflict"
        if truth.ideal != APPLIED or truth.may:
            continue
        for kind, answer in truth.writes.items():
            before = said[truth.mrn].get(kind)
            no = "revoked" if before == "given" else "declined"
            said[truth.mrn][kind] = "given" if answer == "yes" else no
    open_ = {row.truth.mrn for row in rows.values() if row.truth.may}
    for mrn, states in said.items():
        wrong = [kind for kind in ("records", "apcm", "notice") if lines[mrn][kind] != states.get(kind, "none")]
        if wrong and mrn not in open_:
            found.standings_wrong.append((mrn, states, lines[mrn]))


def csv_file(path: Path, rows: list[list]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def kinds_of(notes: list) -> Counter:
    return Counter((note[0], note[1]) for note in notes)
