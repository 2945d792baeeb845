"""Reading a file of unknown origin in a process of its own, which may run away, swell or crash."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from explorer.lib.tables.safety import check_size, kind_of
from explorer.lib.tables.workbook import MB, Limits, Sheet, UnreadableTable, Workbook, shown_name

PROJECT = Path(__file__).resolve().parents[3]
WORKER = "explorer.lib.tables.worker"
LOOK_EVERY = 0.05  # seconds between two looks at the child's memory
ASK_EVERY = 0.25  # seconds between two calls of what is done meanwhile


def read_workbook_apart(
    content: bytes, filename: str, limits: Limits, *, meanwhile: Callable[[], object] = lambda: None
) -> Workbook:
    """As read_workbook, in a child process that is ended at the time or memory limit. Nothing is stored.

    `meanwhile` is called again and again; what it raises ends the child.
    """
    check_size(content, filename, limits)
    kind_of(content, filename)
    child, done, swollen = _start(), threading.Event(), threading.Event()
    watch = threading.Thread(target=_watch_memory, args=(child, limits, done, swollen), daemon=True)
    watch.start()
    try:
        answer = _answer(child, content, filename, limits, meanwhile)
    finally:
        done.set()
        child.kill()
        child.wait()
        watch.join()
    if swollen.is_set():
        raise UnreadableTable(_too_big(filename, limits))
    return _workbook(answer, filename)


def _answer(child, content: bytes, filename: str, limits: Limits, meanwhile: Callable[[], object]) -> bytes:
    """What the child says. A thread feeds it: `communicate` asked twice forgets what it has not yet sent."""
    said: list[bytes] = []
    request = _request(content, filename, limits)
    talk = threading.Thread(target=lambda: said.append(child.communicate(request)[0]), daemon=True)
    until = time.monotonic() + limits.max_seconds
    talk.start()
    try:
        while talk.is_alive():
            talk.join(min(ASK_EVERY, max(until - time.monotonic(), 0)))
            meanwhile()
            if talk.is_alive() and time.monotonic() > until:
                raise UnreadableTable(_too_slow(filename, limits))
    finally:
        if talk.is_alive():
            child.kill()
            talk.join()
    return said[0] if said else b""


def _start() -> subprocess.Popen:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-X", "utf8", "-m", WORKER],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a crash report could quote a cell
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _request(content: bytes, filename: str, limits: Limits) -> bytes:
    return json.dumps({"filename": filename, "limits": vars(limits)}).encode() + b"\n" + content


def _watch_memory(child, limits: Limits, done: threading.Event, swollen: threading.Event) -> None:
    while not done.wait(LOOK_EVERY):
        if _memory(child) > limits.max_memory_mb * MB:
            swollen.set()
            child.kill()


def _memory(child: subprocess.Popen) -> int:
    try:
        return psutil.Process(child.pid).memory_info().rss
    except psutil.Error:
        return 0


def _workbook(answer: bytes, filename: str) -> Workbook:
    try:
        reply = json.loads(answer)
    except ValueError:
        raise UnreadableTable(_crashed(filename)) from None
    if "refused" in reply:
        raise UnreadableTable(reply["refused"])
    return Workbook(reply["sha256"], [Sheet(**sheet) for sheet in reply["sheets"]])


def _too_slow(filename: str, limits: Limits) -> str:
    return (
        f"{shown_name(filename)} could not be read within {limits.max_seconds:g} seconds: "
        "remove sheets and formatting that are not needed, or split the list."
    )


def _too_big(filename: str, limits: Limits) -> str:
    return (
        f"{shown_name(filename)} needs more than the {limits.max_memory_mb} MB of memory allowed: "
        "remove sheets and formatting that are not needed, or split the list."
    )


def _crashed(filename: str) -> str:
    return (
        f"{shown_name(filename)} is damaged in a way that stops the reader: "
        "open it in Excel and save it again as .xlsx, or export the list anew."
    )
