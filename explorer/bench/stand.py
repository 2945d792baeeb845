"""A private practice to try the sender on: a data folder, synthetic patients, a strict Spruce beside it."""

import csv
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from explorer.bench.names import FAMILIES, MEN, WOMEN

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = ("MRN", "DOB", "Patient Name", "Address", "City", "State", "Zip", "Home Phone", "Cell Phone")
AREAS = (205, 251, 256, 334)  # Alabama
SAMPLE = (
    "https://forms.office.com/Pages/ResponsePage.aspx?id=Qm9ndXNUZW5hbnRJZE5vU3VjaEZvcm1FeGlzdHNBbnl3aGVyZQ"
    "&r3f0c8a51d7e94b26a8d15c7be0f4629d=TOKEN123"
)
PROFILE = (
    *("name=Home Team Medical", "phone=205-555-0100", "texting_basis=provided_to_provider"),
    f"form_sample_url={SAMPLE}",
)
SHARING = 20  # one patient in so many has the number of the one before
CAN_FORK = hasattr(os, "fork")


class Broken(Exception):
    """The stand itself failed, so nothing was proven; the text says where."""


def people(count: int, seed: int) -> list[dict]:
    """Made-up patients: id, given, family, born, phone."""
    random, made = Random(f"people {seed}"), []
    for number in range(count):
        shares = number % SHARING == SHARING - 1
        born = date(1935, 1, 1) + timedelta(days=random.randrange(18_000))
        row = {
            "id": f"entity_{number:06}",
            "given": random.choice(WOMEN if random.random() < 0.5 else MEN),
            "family": made[-1]["family"] if shares else FAMILIES[random.randrange(len(FAMILIES))],
            "born": born.isoformat(),
            "phone": made[-1]["phone"] if shares else f"+1{AREAS[number % 4]}555{200 + number // 4:04}",
        }
        if shares and row["given"] == made[-1]["given"]:
            row["given"] = next(name for name in WOMEN + MEN if name != row["given"])
        made.append(row)
    return made


def write_list(path: Path, patients: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(HEADINGS)
        for number, row in enumerate(patients):
            born = date.fromisoformat(row["born"]).strftime("%m/%d/%Y")
            name = f"{row['family'].upper()}, {row['given'].upper()}"
            phone = row["phone"]
            shown = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
            table.writerow([10_000 + number, born, name, "1 Main St", "Birmingham", "AL", "35205", "", shown])


@dataclass
class Lines:
    """A child's output, read line by line in a thread; `seen` counts events, `last` keeps the newest of a kind."""

    process: subprocess.Popen
    seen: Counter = field(default_factory=Counter)
    kept: list[dict] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    over: bool = False

    def __post_init__(self) -> None:
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def end(self, seconds: float) -> None:
        """Close the child's input, upon which it ends."""
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.reading.join(seconds)
        self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout:
            event = json.loads(line)
            with self.changed:
                if "event" in event:
                    self.seen[event["event"]] += 1
                else:
                    self.kept.append(event)
                self.changed.notify_all()
        with self.changed:
            self.over = True
            self.changed.notify_all()

    def wait(self, ready, seconds: float):
        """Wait until `ready()` is true, or the time or the child is over; its last value."""
        with self.changed:
            self.changed.wait_for(lambda: self.over or ready(), timeout=seconds)
            return ready()

    def first(self, name: str, seconds: float = 60.0) -> dict:
        if not self.wait(lambda: any(name in event for event in self.kept), seconds):
            raise Broken(f"A helper process did not say {name!r}.")
        return next(event for event in self.kept if name in event)


def _child(*arguments: str, env: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *arguments], cwd=ROOT, env=env, text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


class StrictServer:
    """The strict Spruce's process, seen from here."""

    def __init__(self, folder: Path, contacts: list[dict], *options: str) -> None:
        (folder / "contacts.json").write_text(json.dumps(contacts), encoding="utf-8")
        self.log = folder / "wire.jsonl"
        files = ("--contacts", str(folder / "contacts.json"), "--log", str(self.log))
        self.process = _child("explorer.bench.strict_spruce", *files, *options, env=dict(os.environ))
        self.lines = Lines(self.process)
        told = self.lines.first("url")
        self.url, self.token, self.door = told["url"], told["token"], told["control"]

    def control(self, what: str, **facts) -> dict:
        request = urllib.request.Request(f"{self.door}/{what}", json.dumps(facts).encode(), method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)

    def stop(self) -> None:
        self.lines.end(10)


@dataclass
class Run:
    """One started command; `code` is None while it runs. `forked`: a child of the warmed process."""

    pid: int
    out: Path
    stand: "Stand"
    process: subprocess.Popen | None = None
    after: int = 0  # where this run's events begin among the warmed process's
    started: float = field(default_factory=time.monotonic)

    def code(self) -> int | None:
        if self.process:
            return self.process.poll()
        ends = (event for event in self.stand.warm.kept[self.after :] if event.get("ended") == self.pid)
        return next((event["code"] for event in ends), None)

    def wait(self, seconds: float) -> int | None:
        if self.process:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
            return self.process.poll()
        self.stand.warm.wait(lambda: self.code() is not None, seconds)
        return self.code()

    def kill(self) -> bool:
        """SIGKILL; True when it was still alive."""
        if self.process:
            self.process.kill()
        else:
            self.stand.say({"kill": self.pid})
        return self.wait(10) in (-9, 1) if self.process and os.name == "nt" else self.wait(10) == -9

    def facts(self) -> dict:
        """The JSON object on the last line; {"broken": ...} when there is none."""
        text = self.out.read_text(encoding="utf-8", errors="replace").strip()
        try:
            return json.loads(text.splitlines()[-1])
        except (ValueError, IndexError):
            return {"broken": text[-2000:]}


class Stand:
    """The practice and its processes. `at` is the time its clock shows when it opens."""

    def __init__(self, folder: Path, patients: list[dict], server: StrictServer) -> None:
        self.folder, self.patients, self.server = folder, patients, server
        self.outputs = 0
        self.others: list[Run] = []
        self.warm: Lines | None = None
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PATIENT_"))}
        self.env.pop("DATABASE_URL", None)
        self.env |= {
            "PATIENT_EXPLORER_HOME": str(folder / "home"),
            "PATIENT_EXPLORER_MODE": "live",
            "PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES": "1",
            "SPRUCE_API_URL": server.url,
            "SPRUCE_API_TOKEN": server.token,
        }

    def open_at(self, moment: datetime, skew: float = 0.0) -> None:
        """From now on it is `moment`, here and at Spruce, whose clock is `skew` seconds ahead."""
        self.close()
        self.moment, self.since = moment, time.monotonic()
        self.env["PATIENT_EXPLORER_CLOCK"] = moment.isoformat()
        if CAN_FORK:
            self.warm = Lines(_child("explorer.bench.warmed", env=self.env))
            self.warm.first("ready")
            self.moment, self.since = datetime.fromisoformat(self.warm.kept[0]["now"]), time.monotonic()
        self.server.control("time", at=(self.now() + timedelta(seconds=skew)).isoformat())

    def now(self) -> datetime:
        return self.moment + timedelta(seconds=time.monotonic() - self.since)

    def close(self) -> None:
        if self.warm:
            self.warm.end(20)
            self.warm = None

    def say(self, wanted: dict) -> None:
        self.warm.process.stdin.write(json.dumps(wanted) + "\n")
        self.warm.process.stdin.flush()

    def _out(self) -> Path:
        self.outputs += 1
        return self.folder / f"out-{self.outputs % 50}.txt"

    def start(self, *arguments: str, cold: bool = False) -> Run:
        """Start a command; cold: as `python3 manage.py`, else by the warmed process where there is one."""
        out = self._out()
        if self.warm and not cold:
            return self._fork({"run": list(arguments), "out": str(out)}, out)
        env = self.env | {"PATIENT_EXPLORER_CLOCK": self.now().isoformat()}
        with out.open("wb") as file:
            command = [sys.executable, str(ROOT / "manage.py"), *arguments]
            process = subprocess.Popen(command, env=env, stdout=file, stderr=file, stdin=subprocess.DEVNULL)  # noqa: S603
        return Run(process.pid, out, self, process)

    def _fork(self, wanted: dict, out: Path) -> Run:
        begin = len(self.warm.kept)
        started = lambda: [each["started"] for each in self.warm.kept[begin:] if "started" in each]  # noqa: E731
        self.say(wanted)
        if not self.warm.wait(started, 20):
            raise Broken("The warmed process did not start a command.")
        return Run(started()[0], out, self, after=begin)

    def command(self, *arguments: str, seconds: float = 300) -> dict:
        """Run a command to its end. Raises Broken when it fails."""
        run = self.start(*arguments, "--json")
        code = run.wait(seconds)
        if code != 0:
            raise Broken(f"{' '.join(arguments[:2])} ended with {code}: {run.facts()}")
        return run.facts()

    def rows(self) -> list[dict]:
        """Every text of a campaign, as the ledger has it."""
        path = self.folder / "rows.json"
        if self.warm:
            code = self._fork({"rows": str(path)}, self._out()).wait(60)
        else:
            script = f"from explorer.bench.warmed import write_rows; write_rows({str(path)!r})"
            code = self.start("shell", "-c", script, cold=True).wait(60)
        if code != 0:
            raise Broken("The ledger could not be read.")
        return json.loads(path.read_text(encoding="utf-8"))

    def set_up(self) -> None:
        write_list(self.folder / "list.csv", self.patients)
        self.command("practice", "set", *PROFILE)
        stored = self.command("import_patients", str(self.folder / "list.csv"), "--apply")
        if stored["applied"] != len(self.patients):
            raise Broken(f"The list was not taken in whole: {stored}")
        self.command("sync_contacts")
        matched = self.command("match_contacts")
        if matched["matched"] < 0.9 * len(self.patients):
            raise Broken(f"Too few contacts were matched: {matched}")
