"""How the first texts of a campaign are dealt out over its pilot and its dated waves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from explorer.lib.models import Practice
from outreach import days
from outreach.models import Campaign, Message, Wave
from outreach.planning import PlannedText


@dataclass
class Share:
    """The texts of one wave; `wave` is None for texts that belong to none and go at once."""

    wave: Wave | None
    texts: list[PlannedText]
    due_at: datetime
    hold: str = ""

    @property
    def is_pilot(self) -> bool:
        return self.wave is not None and self.wave.number == Wave.PILOT


def deal(items: Sequence, waves: Sequence[Wave]) -> list[tuple[Wave | None, Sequence]]:
    """Each wave takes its size, in order; the last dated one takes whatever is left."""
    shares, start = [], 0
    for wave in waves:
        shares.append((wave, items[start : start + wave.size]))
        start += wave.size
    if len(items) > start and waves and waves[-1].number != Wave.PILOT:
        shares[-1] = (waves[-1], items[start - waves[-1].size :])
    elif len(items) > start:
        shares.append((None, items[start:]))
    return [(wave, share) for wave, share in shares if share]


def shares(texts: list[PlannedText], campaign: Campaign, practice: Practice, now: datetime) -> list[Share]:
    """The first texts wave by wave, with the moment each is due. With a pilot the others rest."""
    waves = list(campaign.waves.all())
    dealt = [Share(wave, share, due_at(wave, practice, now)) for wave, share in deal(texts, waves)]
    if dealt and dealt[0].is_pilot:
        for share in dealt[1:]:
            share.hold = Message.RESTING
    return dealt


def due_at(wave: Wave | None, practice: Practice, now: datetime) -> datetime:
    return now if wave is None or wave.starts_on is None else days.opening_on(wave.starts_on, practice)


def go_now(dealt: list[Share]) -> int:
    """How many texts need no further go of a person: those of the pilot, or all."""
    return sum(len(share.texts) for share in dealt if not share.hold)
