"""The intake of form answers is killed at any moment: run again, no consent is lost and none is doubled."""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.db import connection

from consent.models import ConsentEvent, Response, ResponseFile
from tests.consent.exports.forms import FORMS
from tests.consent.exports.trial import command, prepare

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks"),
]


def database(suffix: str = "") -> Path:
    return Path(f"{connection.settings_dict['NAME']}{suffix}")


def keep_copy() -> None:
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    shutil.copy(database(), database(".before"))


def go_back() -> None:
    connection.close()
    for suffix in ("-wal", "-shm"):
        database(suffix).unlink(missing_ok=True)
    shutil.copy(database(".before"), database())


def take_in(file: Path) -> float:
    started = time.perf_counter()
    command("import_responses", file, apply=True)
    return time.perf_counter() - started


def killed(file: Path, after: float) -> bool:
    """The intake runs in a child and is killed; False where it was done before."""
    connection.close()
    child = os.fork()
    if not child:
        try:
            take_in(file)
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def state() -> dict:
    lines = ConsentEvent.objects.values_list("patient__mrn", "kind", "decision", "response__row", "occurred_at")
    answers = Response.objects.values_list("row", "response_id", "outcome", "patient__mrn", "content_hash")
    audited = LogEntry.objects.filter(content_type__model__in=("consentevent", "response"))
    return {
        "lines": sorted(lines, key=str),
        "answers": sorted(answers, key=str),
        "files": ResponseFile.objects.count(),
        "audited": audited.count(),
    }


def trial(folder: Path, at, *, kills: int, size: int, seed: int = 2026) -> dict[str, int]:
    """Each kill from the same database; the ledger after the next run is compared with an undisturbed one."""
    file = folder / prepare(seed, FORMS[0], "xlsx", folder, at, size=size)[0]
    keep_copy()
    nothing = state()
    longest, wanted, r = take_in(file), state(), random.Random(seed)
    found = {"kills": 0, "done_before": 0, "left_nothing": 0, "half_done": 0, "lost_or_doubled": 0}
    while found["kills"] < kills and found["done_before"] < 2 * kills:
        go_back()
        found["kills" if killed(file, r.uniform(0, longest)) else "done_before"] += 1
        left = state()
        found["left_nothing"] += left == nothing
        found["half_done"] += left not in (nothing, wanted)
        take_in(file)
        found["lost_or_doubled"] += state() != wanted
    database(".before").unlink()
    return found | {"lines": len(wanted["lines"])}


def test_an_intake_that_is_killed_leaves_all_or_nothing(tmp_path, at):
    found = trial(tmp_path, at, kills=3, size=20)
    assert found["half_done"] == found["lost_or_doubled"] == 0 < found["lines"]


@pytest.mark.long
def test_no_consent_is_lost_or_doubled_however_often_the_intake_is_killed(tmp_path, at):
    kills = int(os.environ.get("ANSWER_KILLS", "30"))
    found = trial(tmp_path, at, kills=kills, size=120)
    (tmp_path / "found.json").write_text(json.dumps(found))
    assert found["half_done"] == found["lost_or_doubled"] == 0 < found["lines"]
    assert found["kills"] == kills
