"""The child of read_workbook_apart: a request on stdin, one JSON answer on stdout, nothing on disk."""

import json
import sys

from explorer.lib.tables.reading import read_workbook
from explorer.lib.tables.workbook import MB, Limits, UnreadableTable

ROOM_FOR_PYTHON_MB = 200  # address space of interpreter and libraries, beside the memory they really use

try:
    import resource
except ImportError:  # Windows: there the parent's watch over the memory has to do
    resource = None


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**request["limits"])
    cap_memory(limits)
    sys.stdout.buffer.write(json.dumps(answer(request["filename"], limits)).encode())
    sys.stdout.buffer.flush()


def cap_memory(limits: Limits) -> None:
    if resource:
        allowed = (limits.max_memory_mb + ROOM_FOR_PYTHON_MB) * MB
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(filename: str, limits: Limits) -> dict:
    try:
        workbook = read_workbook(sys.stdin.buffer.read(), filename, limits)
    except UnreadableTable as refusal:
        return {"refused": str(refusal)}
    return {"sha256": workbook.sha256, "sheets": [vars(sheet) for sheet in workbook.sheets]}


if __name__ == "__main__":
    main()
