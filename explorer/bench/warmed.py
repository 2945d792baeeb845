"""A Python with Django loaded that forks itself for each command: `python -m explorer.bench.warmed`.

Reads one JSON object a line: {"run": [arguments], "out": file}, {"rows": file}, {"kill": pid}. Answers with
{"started": pid} and {"ended": pid, "code": n}, -9 for a killed one. So a thousand starts cost seconds.
"""

import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable

LOOK_SECONDS = 0.005
ROW = ("campaign__name", "step__day", "phone", "state", "reason", "hold", "key", "request_id", "attempts", "text")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")
    import django

    django.setup()
    from explorer.lib import clock
    from outreach.management.commands import campaign, poll_replies, send_due  # noqa: F401  (warm)

    _say({"ready": True, "now": clock.now().isoformat()})
    alive: set[int] = set()
    asked = b""
    while True:
        if select.select([0], [], [], LOOK_SECONDS if alive else None)[0]:
            more = os.read(0, 65_536)
            if not more:
                break
            *lines, asked = (asked + more).split(b"\n")
            for line in lines:
                _obey(json.loads(line), alive)
        _bury(alive)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _obey(wanted: dict, alive: set[int]) -> None:
    if "kill" in wanted:
        if wanted["kill"] in alive:
            os.kill(wanted["kill"], signal.SIGKILL)
        return
    pid = os.fork()
    if pid == 0:
        out = os.open(wanted.get("out", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        _end_with(lambda: write_rows(wanted["rows"]) if "rows" in wanted else command(wanted["run"]))
    alive.add(pid)
    _say({"started": pid})


def _end_with(act: Callable[[], None]) -> None:
    """Do it, then leave without the parent's clean-up."""
    code = 1
    try:
        act()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def command(arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *arguments])


def write_rows(path: str) -> None:
    """Every text of a campaign as the ledger has it."""
    from outreach.models import Message

    with open(path, "w", encoding="utf-8") as file:
        json.dump(list(Message.objects.exclude(campaign=None).order_by("pk").values(*ROW)), file)


def _bury(alive: set[int]) -> None:
    for pid in list(alive):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            alive.discard(pid)
            _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(event: dict) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
