"""An .xls file before the parser sees it: a small file system (MS-CFB) around a stream of records (MS-XLS).

A chain of sectors that bites its tail, or one cell in the last corner of a sheet, makes the parser ask for
memory without end, which takes its process down. So the chains are walked and the used areas measured here.
"""

import struct
from collections.abc import Iterator

from explorer.lib.tables.workbook import Limits

LAST_SECTOR = 0xFFFFFFFA  # this and above are no sectors but marks: end of chain, free, table
_CELLS = {0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E}  # begin with row and column
_BEGIN, _DIMENSIONS, _LOCKED = 0x0809, 0x0200, 0x002F
_RESERVE = 10  # times the cells allowed: what DIMENSIONS says is only reserved, and may be blank


class Damaged(Exception):
    """The file breaks the rules of its own format."""


def is_locked(content: bytes) -> bool:
    return any(kind == _LOCKED for kind, _ in _records(_workbook_stream(content)))


def used_areas(content: bytes, limits: Limits) -> Iterator[tuple[int, int]]:
    """(rows, columns) of each sheet. Raises Damaged."""
    rows = columns = 0
    for kind, body in _records(_workbook_stream(content)):
        if kind == _BEGIN:
            yield rows, columns
            rows = columns = 0
        elif kind in _CELLS and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif kind == _DIMENSIONS:
            reserved = _dimensions(body)
            if reserved[0] * reserved[1] > _RESERVE * limits.max_cells:
                yield reserved
    yield rows, columns


def _dimensions(body: bytes) -> tuple[int, int]:
    if len(body) >= 14:
        first_row, last_row, first_column, last_column = struct.unpack_from("<IIHH", body)
    elif len(body) >= 8:
        first_row, last_row, first_column, last_column = struct.unpack_from("<HHHH", body)
    else:
        return 0, 0
    if not last_row or not last_column:  # a blank sheet; else the last ones are one too many
        return 0, 0
    if first_row >= last_row or first_column >= last_column:
        raise Damaged
    return last_row - first_row, last_column - first_column


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _workbook_stream(content: bytes) -> bytes:
    try:
        return _Container(content).stream({"workbook", "book"})
    except (struct.error, IndexError, ValueError):
        raise Damaged from None


class _Container:
    def __init__(self, content: bytes):
        self.content = content
        (shift,) = struct.unpack_from("<H", content, 30)
        if shift not in (9, 12):
            raise Damaged
        self.sector_size = 1 << shift
        self.table = self._table()
        directory, _, self.cutoff, small_table = struct.unpack_from("<IIII", content, 48)
        self.entries = list(self._entries(self._read(directory)))
        self.small_table = _numbers(self._read(small_table))
        self.small_stream = self._read(self.entries[0][1])

    def stream(self, names: set[str]) -> bytes:
        for name, start, size in self.entries:
            if name.lower() in names:
                if size >= self.cutoff:
                    return self._read(start)[:size]
                small = (self.small_stream[i * 64 : i * 64 + 64] for i in _chain(self.small_table, start))
                return b"".join(small)[:size]
        raise Damaged

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self.sector_size  # the header fills the first, whatever its size
        return self.content[at : at + self.sector_size]

    def _table(self) -> list[int]:
        """Which sector follows which; where the table itself is, the header says and, beyond 109, a chain."""
        places = list(struct.unpack_from("<109I", self.content, 76))
        (more,) = struct.unpack_from("<I", self.content, 68)
        links = len(self.content) // self.sector_size + 1
        while more < LAST_SECTOR:
            *found, more = _numbers(self._sector(more))
            places += found
            links -= 1
            if links < 0:
                raise Damaged
        return [n for place in places if place < LAST_SECTOR for n in _numbers(self._sector(place))]

    def _read(self, start: int) -> bytes:
        return b"".join(map(self._sector, _chain(self.table, start)))

    def _entries(self, directory: bytes) -> Iterator[tuple[str, int, int]]:
        for at in range(0, len(directory) - 127, 128):
            (size,) = struct.unpack_from("<H", directory, at + 64)
            start, length = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + max(0, min(size, 64) - 2)].decode("utf-16-le", "replace")
            yield name, start, length


def _numbers(sector: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sector) // 4}I", sector[: len(sector) // 4 * 4])


def _chain(table, start: int) -> Iterator[int]:
    steps = 0
    while start < LAST_SECTOR:
        yield start
        start = table[start]
        steps += 1
        if steps > len(table):
            raise Damaged
