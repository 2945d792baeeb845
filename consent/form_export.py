"""A Microsoft Forms export, given as headings and rows of text, becomes answers.

Columns are found by meaning (consent.form_headings), options are read by meaning (consent.form_options). What a
person has confirmed of a form goes first, and nothing is guessed beside it.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from consent.form_headings import (
    DECISIONS,
    LIKELY,
    Looks,
    evidence,
    looks,
    of_a_quiz,
    read_moment,
    says_again,
    title_scores,
)
from consent.form_options import (
    BLANK,
    MORE_INFORMATION,
    NO,
    NOT_APPLICABLE,
    TICKS,
    UNCLEAR,
    YES,
    decision,
    has_yes_or_no,
    plain_text,
)
from consent.form_watch import (
    asks_for_records,
    asks_who,
    attesting_share,
    attests,
    is_contrary,
    name_signs,
    of_others,
    signed_by,
)
from patients.dates import BadDate, day_first_in, read_birth_date, read_date

__all__ = [
    "Answer",
    "Confirmed",
    "DateStyle",
    "FormMap",
    "decision",
    "knows_heading",
    "own_options",
    "read_answer",
    "read_answers",
    "signature_of",
    "understand",
]

Row = tuple[int, Sequence[str]]
MOST_OPTIONS = 12
METADATA = ("response_id", "started_at", "completed_at", "email", "respondent_name")
NAMES = ("full_name", "signature_name", "last_name")
NEEDED = ("response_id", "completed_at", "code", "date_of_birth", "records")
_IGNORED = frozenset({"total_points", "quiz_feedback"})
_ANONYMOUS = frozenset({"", "anonymous", "anonimo", "anonym", "anonyme", "匿名"})
_SAID_NEITHER_WAY = frozenset({"started_at", "completed_at", "last_modified", "response_id", "email", "signed_on"})
_SAID_NEITHER_WAY |= {"respondent_name", "language", "date_of_birth", "date_of_birth_again", "code"}
SIGNING, WHO = "signing", "who"  # what an unmapped column could do, beside the meanings of DECISIONS


@dataclass(frozen=True)
class DateStyle:
    times_day_first: bool = False
    births_day_first: bool = False


@dataclass(frozen=True)
class Confirmed:
    """What is known of a form: meaning to the column's index, and {meaning: {option, plain: its meaning}}.

    `by_person`: False where the columns were only used before and nobody has looked at them."""

    columns: Mapping[str, int]
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    by_person: bool = True


@dataclass(frozen=True)
class FormMap:
    """`columns`: meaning to the column's index. `unknown`: headings nobody could place.
    `missing`: meanings without which no answer can be applied. `doubts`: what a person had better look at."""

    columns: Mapping[str, int]
    date_style: DateStyle
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    signature: str = ""
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    watched: Mapping[int, str] = field(default_factory=dict)  # columns nobody mapped, and what they could touch

    @cached_property
    def contrary(self) -> frozenset[str]:
        """The decisions asked in such a way that "yes" may mean no."""
        return frozenset(meaning for meaning in DECISIONS if is_contrary(self.heading(meaning), meaning))

    def heading(self, meaning: str) -> str:
        index = self.columns.get(meaning, -1)
        return self.headings[index] if 0 <= index < len(self.headings) else ""

    def has(self, meaning: str) -> bool:
        return meaning in self.columns

    def decision(self, text: str, meaning: str) -> str:
        """As the practice has confirmed the option, or else as it is read."""
        confirmed = self.options.get(meaning)
        if confirmed and confirmed.get(plain_text(text)):
            return confirmed[plain_text(text)]
        read = decision(text, meaning)
        turned = meaning in self.contrary and read in (YES, NO) and has_yes_or_no(text)
        return UNCLEAR if turned else read


@dataclass(frozen=True)
class Answer:
    """One row of the export. Times are local to the practice and carry no zone.

    `births`: the dates among `birth_texts`; `signed`: None where the form asks for no signature; `row_hash`: of
    the cells as they came, by which the very same row is known again.
    """

    row: int = 0
    response_id: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    code_text: str = ""
    births: tuple[date, ...] = ()
    birth_texts: tuple[str, ...] = ()
    full_name: str = ""
    signature_name: str = ""
    decisions: Mapping[str, str] = field(default_factory=dict)
    signed: bool | None = None
    representative: str = ""
    comment: str = ""
    language: str = ""
    row_hash: str = field(default="", compare=False)
    own_words: tuple[tuple[str, str], ...] = ()  # (question, words) of what is not understood
    open_columns: tuple[str, ...] = ()  # headings of columns that nobody mapped and that may change the answer

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.full_name, self.signature_name) if name)

    @property
    def content_hash(self) -> str:
        """Of all that was said, not of when: the same answer in another export, style or order hashes alike.

        What is understood counts by its meaning, everything else by its words.
        """
        said = [
            re.sub(r"[\W_]+", "", self.code_text).casefold(),
            sorted(born.isoformat() for born in self.births) or [_some_day(text) for text in self.birth_texts],
            [plain_text(name) for name in (self.full_name, self.signature_name, self.representative)],
            sorted(item for item in self.decisions.items() if item[1] != BLANK),
            self.signed,
            sorted(self.own_words),
            re.findall(r"\w+", self.comment),  # a sign such as an emoji is lost where a list is saved as plain CSV
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def knows_heading(text: str) -> bool:
    """Whether a cell could be the heading of a Forms export."""
    return bool(title_scores(text))


def signature_of(headings: Sequence[str]) -> str:
    """The identity of a form's headings; the same form exported again has the same."""
    titles = "\n".join(plain_text(heading) for heading in headings)
    return hashlib.sha256(titles.encode()).hexdigest()


def understand(headings: Sequence[str], rows: Sequence[Row], confirmed: Confirmed | None = None) -> FormMap:
    cells = [[row[index] if index < len(row) else "" for _, row in rows] for index in range(len(headings))]
    seen = [looks(values) for values in cells]
    columns = dict(confirmed.columns) if confirmed else _guessed(headings, cells, seen)
    options = confirmed.options if confirmed else {}
    placed = set(columns.values())
    ignored = {i for i, heading in enumerate(headings) if _IGNORED & title_scores(heading).keys()}
    unknown = [i for i, heading in enumerate(headings) if heading.strip() and i not in placed | ignored]
    return FormMap(
        headings=tuple(headings),
        watched={} if confirmed and confirmed.by_person else _watched(unknown, columns, headings, cells, seen),
        columns=columns,
        date_style=_date_style(columns, cells),
        unknown=tuple(headings[index] for index in unknown),
        missing=_missing(columns),
        signature=signature_of(headings),
        options=options,
        doubts=() if confirmed else (*_unread(columns, headings, cells), *_unplaced(unknown, headings, seen)),
    )


def own_options(values: Iterable[str]) -> list[str]:
    """The texts that a column offers to choose from, the commonest first: those that several people gave."""
    counted = Counter(value.strip() for value in values if value.strip())
    return [text for text, count in counted.most_common(MOST_OPTIONS) if count > 1]


def _unread(columns: Mapping[str, int], headings: Sequence[str], cells: list[list[str]]) -> Iterable[str]:
    for meaning in DECISIONS:
        if meaning in columns:
            index = columns[meaning]
            unread = [text for text in own_options(cells[index]) if decision(text, meaning) == UNCLEAR]
            yield from (f"The choice “{text[:80]}” of “{headings[index][:80]}” is not understood." for text in unread)


def _unplaced(unknown: list[int], headings: Sequence[str], seen: list[Looks]) -> Iterable[str]:
    for index in unknown:
        if seen[index].filled and (seen[index].choice > 0.5 or seen[index].ticked):
            yield f"The question “{headings[index][:80]}” is not understood."


def _missing(columns: Mapping[str, int]) -> tuple[str, ...]:
    missing = [meaning for meaning in NEEDED if meaning not in columns]
    return tuple(missing if any(name in columns for name in NAMES) else [*missing, "full_name"])


def _guessed(headings: Sequence[str], cells: list[list[str]], seen: list[Looks]) -> dict[str, int]:
    scores = [
        (weight + evidence(meaning, seen[index]), -index, meaning)
        for index, heading in enumerate(headings)
        for meaning, weight in title_scores(heading).items()
    ]
    columns: dict[str, int] = {}
    for score, place, meaning in sorted(scores, reverse=True):
        if score >= LIKELY and -place not in columns.values():
            slot = _slot(meaning, columns)
            if slot:
                columns[slot] = -place
    _by_look(columns, headings, seen, cells)
    _settle_births(columns, headings)
    _settle_names(columns, cells)
    _settle_records(columns, headings, cells, seen)
    _settle_signature(columns, headings, cells, seen)
    return columns


def _watched(
    unknown: list[int],
    columns: Mapping[str, int],
    headings: Sequence[str],
    cells: list[list[str]],
    seen: list[Looks],
) -> dict[int, str]:
    """The columns without a meaning that could sign an answer, name another person or hold another decision."""
    found = {}
    for index in unknown:
        scores = title_scores(headings[index])
        decisions = [meaning for meaning in DECISIONS[:3] if meaning in scores]
        missing = [meaning for meaning in DECISIONS[:3] if meaning not in columns]
        if of_a_quiz(headings[index]):
            continue
        if asks_who(headings[index]) or "representative" in scores:
            found[index] = WHO
        elif seen[index].distinct <= 0.5 and (attesting_share(cells[index]) > 0.5 or attests(headings[index])):
            found[index] = SIGNING
        elif decisions and "comment" not in scores:
            found[index] = max(decisions, key=scores.get)
        elif missing and seen[index].choice > 0.5:
            found[index] = missing[0]
    return found


def _slot(meaning: str, columns: Mapping[str, int]) -> str:
    """Where a column of this meaning goes; a birth date may be asked twice."""
    if meaning not in columns:
        return meaning
    return "date_of_birth_again" if meaning == "date_of_birth" and "date_of_birth_again" not in columns else ""


def _by_look(columns: dict[str, int], headings: Sequence[str], seen: list[Looks], cells: list[list[str]]) -> None:
    """Places what no title gave away: metadata by position or kind, code, birth and name by their values."""
    free = [index for index in range(len(headings)) if index not in columns.values()]
    moments = [i for i in free if seen[i].moment > 0.6 and seen[i].years <= 10]
    for meaning, index in zip(_unplaced_times(columns), _earlier_first(moments, cells), strict=False):
        columns[meaning] = index
    tests = {
        "response_id": lambda i: seen[i].number > 0.9 and seen[i].distinct > 0.9 and i < 1 + len(METADATA),
        "email": lambda i: seen[i].email > 0.8,
        "respondent_name": lambda i: i == 4 and not title_scores(headings[i]) and not seen[i].filled,
        "code": lambda i: seen[i].code > 0.6 and seen[i].distinct > 0.5,
        "date_of_birth": lambda i: seen[i].date > 0.6 and seen[i].moment < 0.2 and seen[i].years > 2,
        "full_name": lambda i: (
            seen[i].name > 0.7 and seen[i].distinct > 0.7 and seen[i].filled > 2 and not of_others(headings[i])
        ),
    }
    for meaning, test in tests.items():
        if meaning == "full_name" and any(name in columns for name in NAMES):
            continue
        found = [i for i in free if i not in columns.values() and test(i)]
        if meaning not in columns and found:
            columns[meaning] = found[0]


def _unplaced_times(columns: Mapping[str, int]) -> list[str]:
    return [meaning for meaning in ("started_at", "completed_at") if meaning not in columns]


def _earlier_first(moments: list[int], cells: list[list[str]]) -> list[int]:
    def typical(index: int) -> tuple[bool, datetime]:
        read = sorted(moment for moment in map(read_moment, cells[index]) if moment)
        return (not read, read[len(read) // 2] if read else datetime.min)

    return sorted(moments, key=typical)


def _settle_births(columns: dict[str, int], headings: Sequence[str]) -> None:
    """Of two birth dates, the first is the one that is not a repetition; else the one further left."""
    pair = [columns[key] for key in ("date_of_birth", "date_of_birth_again") if key in columns]
    if len(pair) == 2:
        first, second = sorted(pair, key=lambda index: (says_again(headings[index]), index))
        columns.update(date_of_birth=first, date_of_birth_again=second)


def _settle_names(columns: dict[str, int], cells: list[list[str]]) -> None:
    """A form without a question for the name may still carry it in the column of its metadata."""
    index = columns.get("respondent_name")
    if index is None or any(name in columns for name in NAMES):
        return
    filled = [value for value in cells[index] if plain_text(value) not in _ANONYMOUS]
    if len(filled) > len(cells[index]) / 2:
        columns["full_name"] = columns.pop("respondent_name")


def _settle_records(
    columns: dict[str, int], headings: Sequence[str], cells: list[list[str]], seen: list[Looks]
) -> None:
    """The records question asks leave, perhaps worded as an acknowledgement ("I understand and consent to …")."""
    if "records" in columns:
        if asks_for_records(headings[columns["records"]], cells[columns["records"]]):
            return
        del columns["records"]
    taken = {index for meaning, index in columns.items() if meaning not in TICKS}
    candidates = [
        (title_scores(heading).get("records", 0) + 3 * seen[index].choice, -index)
        for index, heading in enumerate(headings)
        if index not in taken
        and title_scores(heading).get("records")
        and seen[index].choice > 0.3
        and asks_for_records(heading, cells[index])
    ]
    if candidates:
        index = -max(candidates)[1]
        for meaning in [meaning for meaning, place in columns.items() if place == index]:
            del columns[meaning]
        columns["records"] = index


def _settle_signature(
    columns: dict[str, int], headings: Sequence[str], cells: list[list[str]], seen: list[Looks]
) -> None:
    """A box whose title is not understood, but whose choice signs or vouches, must be ticked like a signature."""
    if "signature_box" in columns:
        return
    placed = set(columns.values())
    few = [index for index, look in enumerate(seen) if index not in placed and look.filled and look.distinct <= 0.5]
    boxes = [index for index in few if attesting_share(cells[index]) > 0.5 and not of_others(headings[index])]
    if boxes:
        columns["signature_box"] = boxes[-1]


def _date_style(columns: Mapping[str, int], cells: list[list[str]]) -> DateStyle:
    times = [cells[columns[key]] for key in ("started_at", "completed_at") if key in columns]
    births = [cells[columns[key]] for key in ("date_of_birth", "date_of_birth_again") if key in columns]
    times_day_first = day_first_in([value for column in times for value in column]) or _closer_day_first(times)
    return DateStyle(times_day_first, day_first_in([value for column in births for value in column]))


def _closer_day_first(times: list[list[str]]) -> bool:
    """Where no day is over 12: true if the rows' times lie close together only when read day first."""
    if not times or len(times[-1]) < 5:
        return False
    return _spread(times[-1], day_first=True) * 4 < _spread(times[-1], day_first=False)


def _spread(values: list[str], *, day_first: bool) -> timedelta:
    """The sum of the steps from each row's time to the next."""
    read = [moment for value in values if (moment := read_moment(value, day_first=day_first))]
    return sum((abs(b - a) for a, b in pairwise(read)), timedelta())


def read_answers(form_map: FormMap, rows: Iterable[Row], *, today: date, zone: ZoneInfo | None = None) -> list[Answer]:
    """Every row that is not blank."""
    filled = (row for row in rows if any(cell.strip() for cell in row[1]))
    return [read_answer(form_map, row, today=today, zone=zone) for row in filled]


def read_answer(form_map: FormMap, row: Row, *, today: date, zone: ZoneInfo | None = None) -> Answer:
    number, cells = row

    def cell(meaning: str) -> str:
        index = form_map.columns.get(meaning, -1)
        return cells[index].strip() if 0 <= index < len(cells) else ""

    style = form_map.date_style
    birth_texts = tuple(filter(None, (cell("date_of_birth"), cell("date_of_birth_again"))))
    births = (_birth(text, today, style.births_day_first) for text in birth_texts)
    asked = [meaning for meaning in (*DECISIONS, "understood", "voluntary") if form_map.has(meaning)]
    decisions = {meaning: form_map.decision(cell(meaning), meaning) for meaning in asked}
    unread = {meaning for meaning in asked if decisions[meaning] in (UNCLEAR, MORE_INFORMATION)}
    full_name = cell("full_name") or f"{cell('first_name')} {cell('last_name')}".strip()
    return Answer(
        row=number,
        response_id=re.sub(r"\.0+$", "", cell("response_id")),
        started_at=read_moment(cell("started_at"), day_first=style.times_day_first, zone=zone),
        completed_at=read_moment(cell("completed_at"), day_first=style.times_day_first, zone=zone),
        code_text=cell("code"),
        births=tuple(born for born in births if born),
        birth_texts=birth_texts,
        full_name=full_name,
        signature_name=cell("signature_name"),
        decisions=decisions,
        signed=_signed(form_map, cell("signature_box"), cell("signature_name"), full_name),
        representative=signed_by(form_map.heading("representative"), cell("representative")),
        comment=cell("comment"),
        language=cell("language"),
        row_hash=hashlib.sha256("\x1f".join(cells).encode()).hexdigest(),
        own_words=tuple(sorted(_own_words(form_map, cells, unread))),
        open_columns=tuple(_open_columns(form_map, cells, decisions)),
    )


def _some_day(text: str) -> str:
    """A day that cannot be a birth, in one style; the text itself where it is none."""
    try:
        return read_date(text).isoformat()
    except BadDate:
        return text


def _birth(text: str, today: date, day_first: bool) -> date | None:
    """Read in the column's style; the other one where only that gives a date (13/02/1946)."""
    for style in (day_first, not day_first):
        try:
            return read_birth_date(text.strip("\"'="), today=today, day_first=style)
        except BadDate:
            continue
    return None


def _own_words(form_map: FormMap, cells: Sequence[str], unread: set[str]) -> Iterable[tuple[str, str]]:
    """(question, words) of each filled cell that is not understood, dates and numbers in one style."""
    understood = {index for meaning, index in form_map.columns.items() if meaning not in unread}
    for index, text in enumerate(cells):
        heading = form_map.headings[index] if index < len(form_map.headings) else ""
        if (
            index not in understood
            and text.strip()
            and not (_IGNORED | _SAID_NEITHER_WAY) & title_scores(heading).keys()
        ):
            moment = read_moment(text, day_first=form_map.date_style.times_day_first)
            words = moment.isoformat() if moment else re.sub(r"(?<=\d)\.0+$", "", plain_text(text))
            yield plain_text(heading), words.removesuffix("t00:00:00")


def _open_columns(form_map: FormMap, cells: Sequence[str], decisions: Mapping[str, str]) -> Iterable[str]:
    """The headings of watched columns whose cell is not harmless beside what is understood."""
    for index, touches in form_map.watched.items():
        text, heading = cells[index].strip() if index < len(cells) else "", form_map.headings[index]
        if touches == WHO:
            harmless = not signed_by(heading, text)
        elif touches == SIGNING:
            harmless = decision(text, "signature_box") == YES
        else:
            read = decision(text, touches)
            agrees = read == decisions.get(touches) and not is_contrary(heading, touches)
            harmless = agrees or read in (BLANK, NOT_APPLICABLE)
        if not harmless:
            yield heading


def _signed(form_map: FormMap, box: str, signature: str, full_name: str) -> bool | None:
    if form_map.has("signature_box"):
        return form_map.decision(box, "signature_box") == YES
    if form_map.has("signature_name"):
        return bool(signature)
    asked = any(name_signs(form_map.heading(meaning)) for meaning in NAMES)
    return bool(full_name) if asked else None
