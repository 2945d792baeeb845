"""What an answer to "Why?" is made of."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Model
from django.utils.translation import gettext as _

from explorer.lib.pages import address_of
from outreach import gate
from outreach.why.rules import RULES, Rule


@dataclass(frozen=True)
class Fact:
    """One thing that is on record, with its time and the row that says so."""

    words: str
    at: datetime | date | None = None
    row: Model | None = None

    @property
    def has_hour(self) -> bool:
        return isinstance(self.at, datetime)

    @property
    def url(self) -> str:
        return address_of(self.row)


@dataclass(frozen=True)
class Reason:
    """One thing that stands against a text. `until`: when it goes away by itself."""

    code: str
    words: str
    until: datetime | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def rule(self) -> Rule:
        return RULES[self.code]

    @property
    def waits(self) -> bool:
        return self.code in gate.WAITS

    @classmethod
    def of(cls, refusal: gate.Refusal, *, words: str = "", facts: tuple[Fact, ...] = ()) -> "Reason":
        return cls(refusal.code, words or _(refusal.words), refusal.until, facts)


@dataclass(frozen=True)
class Next:
    """What happens next. `kind`: text, call, letter, review or nothing."""

    kind: str
    words: str
    at: datetime | date | None = None
    row: Model | None = None
    against: tuple[Reason, ...] = ()

    @property
    def has_hour(self) -> bool:
        return isinstance(self.at, datetime)

    @property
    def url(self) -> str:
        return address_of(self.row)


@dataclass
class Why:
    """`facts` are what the sentence rests on, `against` what stands against a text now, `rule` says what would change
    it."""

    sentence: str
    rule: Rule | None = None
    facts: list[Fact] = field(default_factory=list)
    against: list[Reason] = field(default_factory=list)
    next: Next | None = None
