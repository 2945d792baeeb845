"""The signs of an element in a text, by language: one file each, explained in en.txt."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))

_GAP = r"(?!\w).{0,100}(?<!\w)"
_MARKS = re.compile(r" \.\. |\\.|\{|\}|\)\*|\]\*|\*|#")


@dataclass
class Signs:
    """`says`: each sign as its parts, all of which must be somewhere; `unless`: what says the opposite."""

    says: list[tuple[re.Pattern[str], ...]] = field(default_factory=list)
    unless: list[re.Pattern[str]] = field(default_factory=list)


@cache
def signs(language: str) -> dict[str, Signs]:
    """{element: its signs} of one of LANGUAGES."""
    found: dict[str, Signs] = defaultdict(Signs)
    codes: list[str] = []
    for line in (FOLDER / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            codes = line[1:-1].split(", ")
            continue
        for code in codes if line else ():
            if line.startswith("! "):
                found[code].unless.append(_compiled(line[2:]))
            else:
                found[code].says.append(tuple(map(_compiled, line.split(" & "))))
    return dict(found)


def _compiled(sign: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_MARKS.sub(_meaning, sign)})(?!\w)")


def _meaning(mark: re.Match[str]) -> str:
    meanings = {" .. ": _GAP, "{": r"\{", "}": r"\}", "#": r"\d", "*": r"\w*", "]*": r"]\w*", ")*": r")\w*"}
    return meanings.get(mark[0], mark[0])
