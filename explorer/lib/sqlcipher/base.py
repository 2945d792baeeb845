"""Django's SQLite backend on SQLCipher's driver: the file on disk shows nothing without its key.

Plain SQLite ignores `PRAGMA key` without a word, so every connection asks for the cipher's version.
"""

import datetime
import decimal

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3._functions import register as register_functions
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from sqlcipher3 import dbapi2 as Database

Database.register_converter("bool", b"1".__eq__)
Database.register_converter("date", base.decoder(parse_date))
Database.register_converter("time", base.decoder(parse_time))
Database.register_converter("datetime", base.decoder(parse_datetime))
Database.register_converter("timestamp", base.decoder(parse_datetime))
Database.register_adapter(decimal.Decimal, str)
Database.register_adapter(datetime.date, base.adapt_date)
Database.register_adapter(datetime.datetime, base.adapt_datetime)


class Cursor(Database.Cursor):
    """Turns Django's placeholders into SQLite's, as the wrapper of the plain backend does."""

    convert_query = base.SQLiteCursorWrapper.convert_query

    def execute(self, query, params=None):
        if params is None:
            return super().execute(query)
        return super().execute(self.convert_query(query, param_names=_names(params)), params)

    def executemany(self, query, param_list):
        rows = list(param_list)
        names = _names(rows[0]) if rows else None
        return super().executemany(self.convert_query(query, param_names=names), rows)


def _names(params) -> list[str] | None:
    return list(params) if isinstance(params, dict) else None


class DatabaseWrapper(base.DatabaseWrapper):
    Database = Database

    def get_connection_params(self):
        params = super().get_connection_params()
        self.cipher_key = params.pop("key")
        return params

    def get_new_connection(self, conn_params):
        connection = Database.connect(**conn_params)
        connection.execute(f"PRAGMA key = \"x'{self.cipher_key}'\"")
        if connection.execute("PRAGMA cipher_version").fetchone() is None:
            raise ImproperlyConfigured("The database driver does not encrypt: install sqlcipher3 again.")
        register_functions(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        for command in filter(None, map(str.strip, self.init_commands)):
            connection.execute(command)
        return connection

    def create_cursor(self, name=None):
        return self.connection.cursor(factory=Cursor)
