"""ZIP files of one fixed form: members stored as they are, nothing else in it. No Django here.

Any unzip program opens them. Whoever reads one here knows the place and the value of every byte before it comes:
the only freedom is the names and contents of the members. So nothing can be hidden between them, compressed to
burst, named twice or appended. Writing and reading go straight through, a member at a time.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST_MEMBERS = 60_000
MOST_BYTES = 4_000_000_000  # beyond it a ZIP needs another form (ZIP64), which some programs cannot read
NAME = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9]+)?(/[a-z0-9][a-z0-9-]*(\.[a-z0-9]+)?)?")
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _FLAGS, _STORED, _TIME, _DATE = 20, 0x0800, 0, 0, 0x21  # 1 January 1980: the manifest has the real time
PIECE = 1 << 20


class BadZip(Exception):
    """The file is not of our form; the text says where and how."""


class TooLarge(Exception):
    """More than a ZIP of this form can hold."""


@dataclass(frozen=True)
class _Entry:
    name: bytes
    crc: int
    size: int
    offset: int

    def local(self) -> bytes:
        fixed = (b"PK\3\4", _VERSION, _FLAGS, _STORED, _TIME, _DATE, self.crc, self.size, self.size)
        return _LOCAL.pack(*fixed, len(self.name), 0) + self.name

    def central(self) -> bytes:
        fixed = (b"PK\1\2", _VERSION, _VERSION, _FLAGS, _STORED, _TIME, _DATE, self.crc, self.size, self.size)
        return _CENTRAL.pack(*fixed, len(self.name), 0, 0, 0, 0, 0, self.offset) + self.name


def _ending(entries: list[_Entry], offset: int) -> bytes:
    central = b"".join(entry.central() for entry in entries)
    return central + _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(central), offset, 0)


class Writer:
    """`target` needs only `write`."""

    def __init__(self, target: BinaryIO):
        self._target, self._entries, self._names, self.size = target, [], set(), 0

    def add(self, name: str, content: bytes) -> None:
        """Raises TooLarge."""
        if not NAME.fullmatch(name) or name in self._names:
            raise ValueError(f"{name} is no name for a member, or is taken.")
        entry = _Entry(name.encode(), zlib.crc32(content), len(content), self.size)
        if self.size + len(content) > MOST_BYTES or len(self._entries) >= MOST_MEMBERS:
            raise TooLarge("A packet holds at most 4 GB. Make it for fewer patients at a time.")
        self._names.add(name)
        self._entries.append(entry)
        self._put(entry.local() + content)

    def close(self) -> None:
        self._put(_ending(self._entries, self.size))

    def _put(self, content: bytes) -> None:
        self._target.write(content)
        self.size += len(content)


def members(source: BinaryIO) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """(name, size, its content in pieces) of each member in the file's order; `source` needs only `read`.

    Each content must be read to its end before the next member is asked for. Raises BadZip, also at the very end.
    """
    entries: list[_Entry] = []
    names: set[str] = set()
    offset = 0
    while (sign := _read(source, 4, "the file")) == b"PK\3\4":
        entry, name, header = _next(source, sign, offset)
        if name in names:
            raise BadZip(f"The file holds {name} twice.")
        names.add(name)
        if len(names) > MOST_MEMBERS or offset > MOST_BYTES:
            raise BadZip("The file is larger than any packet.")
        yield name, entry.size, _content(source, entry, name)
        entries.append(entry)
        offset += len(header) + entry.size
    expected = _ending(entries, offset)
    found = sign + source.read(len(expected) - 4) if sign == expected[:4] else sign
    if found != expected:
        raise BadZip("The list at the end of the file does not agree with the files in it, or the end is missing.")
    if source.read(1):
        raise BadZip("Something was appended to the file.")


def _next(source: BinaryIO, sign: bytes, offset: int) -> tuple[_Entry, str, bytes]:
    fixed = sign + _read(source, _LOCAL.size - 4, "a file's heading")
    _, _, flags, method, _, _, crc, size, _, length, extra = _LOCAL.unpack(fixed)
    if method != _STORED:
        raise BadZip("The file holds something compressed, which a packet never does.")
    if flags & 1:
        raise BadZip("The file holds something locked with a ZIP password, which a packet never does.")
    if length > 100 or extra:
        raise BadZip("The file holds a name or an addition that no packet has.")
    raw = _read(source, length, "a name")
    name = raw.decode("ascii", "replace")
    if not NAME.fullmatch(name):
        raise BadZip("The file holds a name that no packet has, such as one that leads out of its folder.")
    entry = _Entry(raw, crc, size, offset)
    if fixed + raw != entry.local():
        raise BadZip(f"The heading of {name} was changed.")
    return entry, name, fixed + raw


def _content(source: BinaryIO, entry: _Entry, name: str) -> Iterator[bytes]:
    left, crc = entry.size, 0
    while left:
        piece = _read(source, min(left, PIECE), name)
        left -= len(piece)
        crc = zlib.crc32(piece, crc)
        yield piece
    if crc != entry.crc:
        raise BadZip(f"{name} was changed.")


def _read(source: BinaryIO, size: int, what: str) -> bytes:
    content = source.read(size)
    while len(content) < size and (more := source.read(size - len(content))):
        content += more
    if len(content) < size:
        raise BadZip(f"The file ends within {what}: it was cut off.")
    return content
