"""The wordings that come with the program. Every one is to be approved by counsel before it is relied on.

Each file in `texts` holds a title, an empty line and the text, with places such as {practice}; a line <records>
stands for the text of that kind.
"""

import re
from pathlib import Path
from typing import NamedTuple

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "es")
_PART = re.compile(r"^<(\w+)>$", re.MULTILINE)


class Default(NamedTuple):
    kind: str
    language: str
    title: str
    text: str


def defaults() -> list[Default]:
    """One of each kind in English and Spanish."""
    kinds = sorted({path.name.split(".")[0] for path in TEXTS.glob("*.txt")})
    return [default(kind, language) for kind in kinds for language in LANGUAGES]


def default(kind: str, language: str) -> Default:
    title, _, text = (TEXTS / f"{kind}.{language}.txt").read_text("utf-8").partition("\n\n")
    whole = _PART.sub(lambda part: default(part[1], language).text, text)
    return Default(kind, language, title.strip(), whole.strip())
