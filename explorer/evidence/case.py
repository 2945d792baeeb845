"""One patient's case while a packet is put together, and how any of its rows is told in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import models
from django.utils.timezone import localtime

from consent.models import Document, Wording
from explorer.lib.models import Practice
from patients.models import Patient
from patients.phones import display

Fact = tuple[str, str]


@dataclass(frozen=True)
class Topic:
    text: str


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Facts:
    facts: list[Fact]


@dataclass(frozen=True)
class Words:
    """Exactly as they were written, said or sent."""

    text: str


@dataclass(frozen=True)
class Table:
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    shares: tuple[float, ...]


Block = Topic | Say | Facts | Words | Table


@dataclass
class Case:
    """`patient` has its standing and its ledgers annotated; `charts` are its rows, merged ones included.

    `known` says for some models which patients have rows at all, asked once for many patients.
    What the chapters tell is remembered in `rows`, `wordings` and `documents`, for the chapters at the end.
    """

    patient: Patient
    practice: Practice
    made_at: datetime
    charts: list[int]
    numbers: list[str]
    known: dict[type[models.Model], set[int]] = field(default_factory=dict)
    rows: dict[type[models.Model], set[int]] = field(default_factory=dict)
    wordings: dict[int, Wording] = field(default_factory=dict)
    documents: dict[int, Document] = field(default_factory=dict)

    def has(self, model: type[models.Model]) -> bool:
        """Whether rows of the model are about one of the charts; yes where nobody has looked yet."""
        return model not in self.known or not self.known[model].isdisjoint(self.charts)

    def told(self, row: models.Model, *, leave: Iterable[str] = (), empty: bool = False) -> list[Fact]:
        """Every field of a row with its value in words, but those named in `leave`; with `empty` the blank ones too."""
        self.saw(row)
        facts = [
            (label(column), self.value(row, column))
            for column in row._meta.concrete_fields
            if column.name not in leave and not column.primary_key
        ]
        number = [("Row", f"{row._meta.verbose_name} {row.pk}")]
        return number + [(name, text or "none") for name, text in facts if text or empty]

    def saw(self, row: models.Model) -> None:
        self.rows.setdefault(type(row), set()).add(row.pk)

    def value(self, row: models.Model, column: models.Field) -> str:
        if column.is_relation:
            return self._related(row, column)
        value = getattr(row, column.name)
        if column.choices:
            return str(row._get_FIELD_display(column)) if value not in ("", None) else ""
        if isinstance(value, str) and column.name in ("phone", "e164", "number_called") and value:
            return f"{display(value)} ({value})"
        return words(value)

    def _related(self, row: models.Model, column: models.Field) -> str:
        pk = getattr(row, column.attname)
        if pk is None:
            return ""
        if issubclass(column.related_model, Patient) and pk == self.patient.pk:
            return f"chart {self.patient.mrn}"
        other = getattr(row, column.name)
        if isinstance(other, Wording):
            self.wordings[other.pk] = other
            return f"{other}, SHA-256 {other.sha256} (its full text stands in the annex)"
        if isinstance(other, Document):
            self.documents[other.pk] = other
            return f"{other}, SHA-256 {other.sha256}"
        if isinstance(other, Patient):
            return f"chart {other.mrn}"
        name = other._meta.verbose_name
        return str(other) if name == "user" or str(pk) in str(other) else f"{other} ({name} {pk})"


def label(column: models.Field) -> str:
    text = str(column.verbose_name)
    return text[:1].upper() + text[1:]


def words(value) -> str:
    """A value as a person reads it; empty for nothing."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return f"{value:%m/%d/%Y}"
    if isinstance(value, dict):
        return "\n".join(f"{_name(key)}: {_inline(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return "\n".join(_inline(inner) for inner in value)
    return str(value)


def _name(key) -> str:
    return str(key).replace("_", " ")


def _inline(value) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{_name(key)}: {_inline(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return " → ".join(_inline(inner) or "empty" for inner in value)
    return words(value)


def moment(at: datetime | None) -> str:
    """In the practice's zone, to the second: 12/07/2026, 10:00:00 AM CST."""
    return f"{localtime(at):%m/%d/%Y, %I:%M:%S %p %Z}" if at else ""
