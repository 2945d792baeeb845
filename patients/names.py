"""People's names: comparing and, for what a person reads, casing and splitting them."""

import re
import unicodedata
from dataclasses import dataclass, replace

from nameparser import HumanName
from nameparser.config import Constants

_NO_LETTER = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """What two spellings of one name have in common: letters and digits only, lower case, no accents."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NO_LETTER.sub("", text.casefold())


def searchable(*names: str) -> str:
    """What a search looks into: " ann marie annmarie"; each word, folded, after a blank."""
    parts = [fold(part) for name in names if name for part in (name, *name.replace("-", " ").split())]
    return "".join(f" {part}" for part in dict.fromkeys(filter(None, parts)))


@dataclass(frozen=True)
class Name:
    """The parts as written, save for suffixes, which are spelled one way ("Jr", "III")."""

    title: str = ""
    first: str = ""
    middle: str = ""
    last: str = ""
    suffix: str = ""
    preferred: str = ""


LONGEST = 300  # characters; more is no name
_TITLES = {"mr", "mrs", "ms", "miss", "mx", "dr", "doctor", "rev", "reverend", "fr", "prof", "herr", "frau"}
_TITLES |= {"senor", "senora", "señor", "señora", "sra", "srta"}
_SUFFIXES = {"jr": "Jr", "junior": "Jr", "sr": "Sr", "senior": "Sr", "esq": "Esq", "dvm": "DVM", "cpa": "CPA"}
_SUFFIXES |= {"ii": "II", "2nd": "II", "iii": "III", "3rd": "III", "iv": "IV", "4th": "IV"}
_SUFFIXES |= {"md": "MD", "phd": "PhD", "dds": "DDS", "dmd": "DMD", "rn": "RN", "lpn": "LPN", "crnp": "CRNP"}
_PARTICLES = {"de", "del", "della", "der", "den", "di", "da", "dos", "das", "du", "la", "le", "las", "los"}
_PARTICLES |= {"van", "von", "vander", "zu", "zur", "ter", "ten", "bin", "mc", "mac"}
_PARTICLES |= {"st", "ste", "saint", "san", "santa"}
_NO_NICKNAMES = {"deceased", "dec", "died", "expired", "inactive", "new", "patient", "pt", "minor", "dnc"}
_QUOTED = re.compile(r"""(?:(?<=[\s,])|^)(?:"([^"]*)"|'([^']*)'|\(([^)]*)\)|\[([^\]]*)\])(?=[\s,.]|$)""")
_QUOTES = str.maketrans({**dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‘’‚‛`´′", "'"), "，": ","})
_MARKS = re.compile(r"[*#_~^|\x00]+")


def parse_name(full: str) -> Name:
    """ "LAST SUFFIX, FIRST MIDDLE" or "FIRST MIDDLE LAST SUFFIX"; a single word is a last name."""
    text, preferred = _without_nickname(_tidy(full))
    left, *right = [part.split() for part in text.split(",") if part.strip()] or [[]]
    if right and not all(map(_is_suffix, right[0])):
        name = _last_first(left, right)
    else:
        name = _first_last([*left, *(word for part in right for word in part)])
    return replace(name, preferred=preferred)


def clean_parts(first: str, middle: str = "", last: str = "", suffix: str = "") -> Name:
    """Parts from columns of their own, which still hide suffixes, titles and nicknames in one another."""
    if "," in last and not first.strip() and not _is_suffix(last.rpartition(",")[2]):
        parsed = parse_name(last)
        return replace(parsed, middle=parsed.middle or _tidy(middle), suffix=_suffix(suffix) or parsed.suffix)
    first, nickname = _without_nickname(_tidy(first).strip(","))
    middle, other_nickname = _without_nickname(_tidy(middle).strip(","))
    title, firsts = _without_title(first.split())
    firsts, first_suffix = _without_suffix(firsts)
    middles, middle_suffix = _without_suffix(middle.split(), keep=0)
    lasts, last_suffix = _without_suffix(_without_nickname(_tidy(last))[0].replace(",", " ").split())
    if len(firsts) > 1 and not middles and len(firsts[-1].strip(".")) == 1:
        firsts, middles = firsts[:-1], firsts[-1:]
    return Name(
        title=title,
        first=" ".join(firsts),
        middle=" ".join(middles),
        last=" ".join(lasts),
        suffix=_suffix(suffix) or last_suffix or first_suffix or middle_suffix,
        preferred=nickname or other_nickname,
    )


def plain(text: str) -> str:
    """Accents dropped, odd blanks and dashes made plain; letters keep their case."""
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    visible = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf"))
    return re.sub(r"\s+", " ", re.sub(r"[‐-―−]", "-", visible)).strip()


def _tidy(text: str) -> str:
    if text.isascii() and text.isalpha():
        return text
    return " ".join(_MARKS.sub(" ", text[:LONGEST].translate(_QUOTES)).split())


def _without_nickname(text: str) -> tuple[str, str]:
    """The text without what stands in quotes or brackets, and the first of those that is a nickname."""
    if not any(mark in text for mark in "\"'(["):
        return text, ""
    quoted = ["".join(found).strip(" .,'\"") for found in _QUOTED.findall(text)]
    nicknames = [word for word in quoted if _is_nickname(word)]
    return _QUOTED.sub(" ", text).strip(), nicknames[0] if nicknames else ""


def _is_nickname(word: str) -> bool:
    lower = word.lower()
    is_maiden = re.match(r"(nee|née|formerly|maiden)\b", lower)
    return bool(lower) and lower not in _NO_NICKNAMES and not is_maiden and not any(c.isdigit() for c in word)


def _last_first(left: list[str], right: list[list[str]]) -> Name:
    lasts, suffix = _without_suffix(_without_title(left)[1])
    title, given = _without_title(right[0])
    given, given_suffix = _without_suffix(given)
    for part in right[1:]:
        part, part_suffix = _without_suffix(part, keep=0)
        given, given_suffix = given + part, given_suffix or part_suffix
    first, *middle = given or [""]
    return Name(title, first, " ".join(middle), " ".join(lasts), suffix or given_suffix)


def _first_last(words: list[str]) -> Name:
    title, words = _without_title(words)
    words, suffix = _without_suffix(words)
    if len(words) < 2:
        return Name(title=title, last=" ".join(words), suffix=suffix)
    if len(words) > 3 or any(map(_is_particle, words[1:-1])):
        return _by_library(title, words, suffix)
    first, *middle, last = words
    return Name(title, first, " ".join(middle), last, suffix)


_CONSTANTS = Constants(  # titles and suffixes are off by then, and a Dean or Major is somebody's first name
    titles=set(), first_name_titles=set(), suffix_acronyms=set(), suffix_not_acronyms=set()
)


def _by_library(title: str, words: list[str], suffix: str) -> Name:
    parsed = HumanName(" ".join(words), constants=_CONSTANTS)
    return Name(title, parsed.first, parsed.middle, parsed.last, suffix)


def _is_particle(word: str) -> bool:
    return word.strip(".").lower() in _PARTICLES


def _is_suffix(word: str) -> bool:
    return word.replace(".", "").strip().lower() in _SUFFIXES


def _suffix(text: str) -> str:
    text = _tidy(text).strip(" ,")
    return _SUFFIXES.get(text.replace(".", "").lower(), text)


def _without_suffix(words: list[str], keep: int = 1) -> tuple[list[str], str]:
    """The words without suffixes at their end, of which at least `keep` words stay; and the suffixes."""
    found: list[str] = []
    while len(words) > keep and _is_suffix(words[-1]):
        found.insert(0, _suffix(words[-1]))
        words = words[:-1]
    return words, " ".join(found)


def _without_title(words: list[str]) -> tuple[str, list[str]]:
    if len(words) > 1 and words[0].strip(".").lower() in _TITLES:
        return words[0], words[1:]
    return "", words


_AFTER_MAC = """
    adams alister allister arthur askill auley beth bride callum cormack cormick donald donell donnell
    dougal dougall dowell duff ewan ewen fadden farland farlane gill gillivray gowan gregor innes innis
    intosh intyre iver kinnon lachlan laren laughlin lean lellan leod mahon millan murray nab nair neil
    neill namara phail pherson queen rae taggart tavish vicar williams
"""
_MAC_NAMES = frozenset("mac" + rest for rest in _AFTER_MAC.split())
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CAPITALS = {word: _SUFFIXES[word] for word in ("ii", "iii", "iv", "md", "rn", "phd", "dds", "dmd")}


def proper_case(text: str) -> str:
    """ "MCDONALD" and "mcdonald" as "McDonald"; what has capitals and small letters stays as it is."""
    if text.isupper() or text.islower():
        return _WORD.sub(lambda found: _proper_word(found[0].lower()), text)
    return text


def _proper_word(word: str) -> str:
    if word in _CAPITALS:
        return _CAPITALS[word]
    if word.startswith("mc") and len(word) > 3:
        return "Mc" + word[2:].capitalize()
    if word in _MAC_NAMES:
        return "Mac" + word[3:].capitalize()
    # The letter after an apostrophe is a capital too (O'Neil, De'Andre), unless it ends the word (John's).
    parts = re.split(r"(['’])", word)
    return "".join(part if len(part) == 1 and i else part.capitalize() for i, part in enumerate(parts))
