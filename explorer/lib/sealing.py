"""Rows that the database itself protects, also from SQL that goes past this program.

A model says `sealed = Sealed()` and its rows can be neither changed nor deleted; with `columns` and `when`, those
columns cannot change and the row cannot go once the SQL condition holds. The triggers are made after every
`migrate`, since SQLite drops them whenever a migration builds a table anew. On SQLite a third one keeps
`INSERT OR REPLACE` from doing what `DELETE` may not.
"""

from dataclasses import dataclass

from django.apps import apps
from django.db import connections
from django.db.models import Model

ACTS = {"sqlite": ("update", "delete", "insert"), "postgresql": ("update", "delete")}
WORDS = {"update": "changed", "delete": "deleted", "insert": "replaced"}


@dataclass(frozen=True)
class Sealed:
    columns: tuple[str, ...] = ()
    when: str = ""  # a condition on the row as it was, as `OLD.used_at IS NOT NULL`; empty: always

    def contribute_to_class(self, model: type[Model], name: str) -> None:
        setattr(model, name, self)


def sealed_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if isinstance(getattr(model, "sealed", None), Sealed)]


def seal(using: str = "default", **kwargs) -> None:
    """Make the triggers of all sealed models anew. Called after `migrate`."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for model in sealed_models():
            if model._meta.db_table in tables:
                for statement in _statements(model, connection.vendor):
                    cursor.execute(statement)


def unseal(using: str = "default") -> None:
    """Drop the triggers, for a database that is thrown away, as after a test."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for model in sealed_models():
            for act in ACTS[connection.vendor]:
                cursor.execute(_drop(model, act, connection.vendor))


def unsealed(using: str = "default") -> list[str]:
    """Tables that should be sealed and are not."""
    connection = connections[using]
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    postgres = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(sqlite if connection.vendor == "sqlite" else postgres)
        there = {name for (name,) in cursor.fetchall()}
    return [
        model._meta.db_table
        for model in sealed_models()
        if not {_name(model, act) for act in ACTS[connection.vendor]} <= there
    ]


def _name(model: type[Model], act: str) -> str:
    return f"{model._meta.db_table}_no_{act}"


def _drop(model: type[Model], act: str, vendor: str) -> str:
    on = "" if vendor == "sqlite" else f' ON "{model._meta.db_table}"'
    return f'DROP TRIGGER IF EXISTS "{_name(model, act)}"{on}'


def _statements(model: type[Model], vendor: str) -> list[str]:
    maker = _sqlite if vendor == "sqlite" else _postgres
    return [
        statement
        for act in ACTS[vendor]
        for statement in (_drop(model, act, vendor), *maker(model, act, _condition(model, act, vendor)))
    ]


def _condition(model: type[Model], act: str, vendor: str) -> str:
    sealed: Sealed = model.sealed
    parts = []
    if act == "insert":
        there = f'SELECT 1 FROM "{model._meta.db_table}" OLD WHERE OLD.id = NEW.id'  # noqa: S608 - names of ours
        return f"EXISTS ({there}{f' AND ({sealed.when})' if sealed.when else ''})"
    if sealed.when:
        parts.append(f"({sealed.when})")
    if act == "update" and sealed.columns:
        differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
        parts.append("(" + " OR ".join(f'OLD."{name}" {differs} NEW."{name}"' for name in sealed.columns) + ")")
    return " AND ".join(parts)


def _words(model: type[Model], act: str) -> str:
    name = str(model._meta.verbose_name).replace("'", "")
    return f"A {name} is never {WORDS[act]}."


def _sqlite(model: type[Model], act: str, condition: str) -> list[str]:
    when = f"WHEN {condition} " if condition else ""
    return [
        f'CREATE TRIGGER "{_name(model, act)}" BEFORE {act.upper()} ON "{model._meta.db_table}" '
        f"FOR EACH ROW {when}BEGIN SELECT RAISE(ABORT, '{_words(model, act)}'); END"
    ]


def _postgres(model: type[Model], act: str, condition: str) -> list[str]:
    name, table = _name(model, act), model._meta.db_table
    when = f"WHEN ({condition}) " if condition else ""
    return [
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS '
        f"$$ BEGIN RAISE EXCEPTION '{_words(model, act)}'; END $$",
        f'CREATE TRIGGER "{name}" BEFORE {act.upper()} ON "{table}" FOR EACH ROW {when}EXECUTE FUNCTION "{name}"()',
    ]
