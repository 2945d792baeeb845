"""Everything that happened with one patient, from every app, in one order: the newest first.

A room that comes later, as the OneNote pages, adds a function to `SOURCES`: (patient, numbers, limit) to entries, at
most `limit` of them, the newest first.
"""

from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from explorer.timeline import known, talk, told
from explorer.timeline.entry import Entry
from explorer.timeline.silent import silent_sources
from patients.models import Patient

Source = Callable[[Patient, list[str], int | None], Iterator[Entry]]

SOURCES: dict[str, tuple[str, tuple[Source, ...]]] = {
    "texts": (_("Texts and replies"), (talk.texts, talk.replies, talk.stops)),
    "calls": (_("Calls"), (talk.attempts,)),
    "letters": (_("Letters"), (talk.letters,)),
    "decisions": (_("Answers and decisions"), (told.answers, told.decisions, told.desk_forms, told.disclosures)),
    "notes": (_("Notes and tasks"), (known.notes, known.tasks)),
    "data": (_("Data"), (known.imports, known.corrections, known.merges, known.matches)),
    "views": (_("Who looked"), (known.views,)),
}
"""{kind: (its name, where its entries come from)}"""

STORY = tuple(kind for kind in SOURCES if kind != "views")


def timeline(
    patient: Patient, numbers: Iterable[str], *, kinds: Iterable[str] = STORY, limit: int | None = None
) -> list[Entry]:
    """`numbers` are the patient's own, retired ones included. At most `limit` entries, the newest."""
    numbers = list(numbers)
    silent = silent_sources(patient.pk)
    sources = [each for kind in kinds for each in SOURCES[kind][1] if each.__name__ not in silent]
    entries = [entry for source in sources for entry in source(patient, numbers, limit)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


__all__ = ["SOURCES", "STORY", "Entry", "timeline"]
