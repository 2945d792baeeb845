"""Many counts in one question to the database."""

from django.db import connection
from django.db.models import QuerySet


class Counts:
    """The SQL of several counts by name. Querysets that depend on the time or the day must not be kept in one."""

    def __init__(self, **heaps: QuerySet) -> None:
        self.names = list(heaps)
        parts, self.params = [], []
        for heap in heaps.values():
            rows = heap.order_by()
            sql, params = (rows if rows.query.distinct else rows.values("pk")).query.sql_with_params()
            parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - made by Django
            self.params += params
        self.sql = f"SELECT {', '.join(parts)}"

    def ask(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            return dict(zip(self.names, cursor.fetchone(), strict=True))
