"""What differs between two texts, word by word."""

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

_TOKEN = re.compile(r"\S+\s*|\s+")


class Part(NamedTuple):
    how: Literal["same", "old", "new"]
    text: str


def changes(before: str, after: str) -> list[Part]:
    """The whole of both texts as parts in reading order: kept, only in the old one, only in the new one."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    parts = []
    for what, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append(Part("same", "".join(old[start:end])))
            continue
        gone, come = "".join(old[start:end]), "".join(new[new_start:new_end])
        parts += [Part(how, text) for how, text in (("old", gone), ("new", come)) if text]
    return parts
