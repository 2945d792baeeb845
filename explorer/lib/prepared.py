"""Expressions that Django puts together once in the life of the program.

To put a question of some depth together costs Django ten times as long as the database needs to answer it.
"""

import re

from django.db import connection
from django.db.models import CharField, Expression, F, Field, Model, QuerySet

ALIAS = re.compile(r"\b[A-Z]{1,2}\d+\b")  # as Django names the tables of a subquery: U0, V1 …


class Question:
    """The finished SQL of a queryset of `values_list`; each `ask` gives its rows as of that moment.

    As with `Prepared`, the queryset must not depend on the time, nor on rows that were read to put it together.
    """

    def __init__(self, rows: QuerySet) -> None:
        self.query = rows.query.clone()
        compiler = self._compiler()
        self.sql, self.params = compiler.as_sql()
        self.converters = compiler.get_converters([column for column, _, _ in compiler.select])

    def _compiler(self):
        return self.query.get_compiler(connection=connection)

    def ask(self) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            rows = cursor.fetchall()
        if not self.converters:
            return rows
        return list(map(tuple, self._compiler().apply_converters(rows, self.converters)))


class Prepared(Expression):
    """The finished SQL of an expression over `model`; the columns that it takes from the row may be relabelled.

    The expression must not depend on the time, nor on rows that were read to put it together: whoever keeps one
    keeps it under a key that holds all this.
    """

    def __init__(self, sql: str, params: tuple, model: type[Model], output_field: Field | None = None) -> None:
        super().__init__(output_field=output_field or CharField())
        self.params, self.columns, self.parts = params, [], []
        table = f"{connection.ops.quote_name(model._meta.db_table)}."
        names = {connection.ops.quote_name(field.column): field.attname for field in model._meta.concrete_fields}
        sql = ALIAS.sub(lambda alias: f"of_{alias[0]}", sql)  # so that no query around it has the same
        first, *others = sql.split(table)
        self.parts.append(first)
        for other in others:
            column = other[: other.index('"', 1) + 1]
            self.columns.append(F(names[column]))
            self.parts.append(other[len(column) :])

    def get_source_expressions(self) -> list:
        return self.columns

    def set_source_expressions(self, columns: list) -> None:
        self.columns = columns

    def as_sql(self, compiler, connection) -> tuple[str, tuple]:
        found = [self.parts[0]]
        for column, part in zip(self.columns, self.parts[1:], strict=True):
            found += [compiler.compile(column)[0], part]
        return "".join(found), self.params


def prepared(queryset, *names: str) -> dict[str, Prepared]:
    """{name: expression} of some annotations of a queryset without joins."""
    query = queryset.query.clone()
    compiler = query.get_compiler(connection=connection)
    found = {}
    for name in names:
        annotation = query.annotations[name]
        sql, params = compiler.compile(annotation)
        found[name] = Prepared(sql, tuple(params), queryset.model, annotation.output_field)
    return found
