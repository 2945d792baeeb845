"""What SQLite must know of its tables to choose good ways through them: without it some lists take seconds."""

from django.db import connection

ROWS_LOOKED_AT = 2000  # of each index: enough to choose by, and quick on the largest table


def keep_statistics() -> None:
    """Looks anew where tables have changed much; cheap where they have not. PostgreSQL does this by itself."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}")
        cursor.execute("PRAGMA optimize = 0x10002")
