"""What practices have confirmed of their forms: each column and option once, used from then on by page and command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from consent.form_export import NAMES, NEEDED, Confirmed, Row, own_options, signature_of
from consent.form_headings import DECISIONS, looks, title_scores
from consent.form_options import TICKS, plain_text
from consent.models import FormMapping, ResponseFile
from explorer.lib import clock

MATTERS = frozenset({*NEEDED, *NAMES, *DECISIONS, *TICKS, "date_of_birth_again", "representative"})
Title = tuple[str, int]  # a heading as compared, and which of several alike it is


@dataclass(frozen=True)
class Known:
    """`changes`: what a person must look at first, since the form was another one when it was confirmed."""

    confirmed: Confirmed | None = None
    changes: tuple[str, ...] = ()


def known_for(headings: Sequence[str], rows: Sequence[Row]) -> Known:
    """What is known of the form with these headings: confirmed, carried over from a former version, or used before."""
    signature = signature_of(headings)
    same = FormMapping.objects.filter(form=signature).first()
    if same:
        return Known(_confirmed(same.columns, same.options))
    former = _former_version(headings)
    if former:
        return _carried_over(former, headings, rows)
    used = ResponseFile.objects.filter(form=signature).order_by("-taken_in_at").first()
    return Known(Confirmed(used.columns, by_person=False)) if used else Known()


def _confirmed(columns: Mapping[str, int], options: Mapping) -> Confirmed:
    return Confirmed({meaning: int(place) for meaning, place in columns.items()}, options)


def _titles(headings: Sequence[str]) -> list[Title]:
    plain = [plain_text(heading) for heading in headings]
    return [(title, plain[:place].count(title)) for place, title in enumerate(plain)]


def _former_version(headings: Sequence[str]) -> FormMapping | None:
    """The newest confirmed form that has at least half of its questions here."""
    here = set(_titles(headings))
    for mapping in FormMapping.objects.order_by("-confirmed_at", "-pk"):
        there = _titles(mapping.headings)
        mapped = [there[place] for place in mapping.columns.values()]
        if mapped and 2 * len(here.intersection(mapped)) >= len(mapped):
            return mapping
    return None


def _carried_over(former: FormMapping, headings: Sequence[str], rows: Sequence[Row]) -> Known:
    titles, there = _titles(headings), _titles(former.headings)
    columns, changes = {}, []
    for meaning, place in former.columns.items():
        if there[place] in titles:
            columns[meaning] = titles.index(there[place])
        elif meaning in MATTERS:
            changes.append(f"The question “{former.headings[place][:80]}” is gone or has other words.")
    known = set(there)
    for place, title in enumerate(titles):
        if title not in known and _may_decide(headings[place], [row[1][place : place + 1] for row in rows]):
            changes.append(f"The question “{headings[place][:80]}” is new.")
    return Known(_confirmed(columns, former.options), tuple(changes))


def _may_decide(heading: str, cells: list[Sequence[str]]) -> bool:
    """Whether a column could change what an answer means; one for a pharmacy cannot."""
    seen = looks(value for cell in cells for value in cell)
    return bool(MATTERS & title_scores(heading).keys()) or seen.choice > 0.5 or seen.ticked


@transaction.atomic
def confirm(headings: Sequence[str], columns: Mapping[str, int], options: Mapping, *, by) -> FormMapping:
    """Keep what each column and option means; a later word about the same form replaces the former."""
    said = {"headings": list(headings), "columns": dict(columns), "options": dict(options)}
    mapping, _ = FormMapping.objects.update_or_create(
        form=signature_of(headings), defaults={**said, "confirmed_by": by, "confirmed_at": clock.now()}
    )
    return mapping


def options_of(place: int, rows: Sequence[Row]) -> list[str]:
    """The texts that this column offers to choose from."""
    return own_options(row[1][place] for row in rows if place < len(row[1]))
