"""The dated reference data of APCM, from reference.toml beside this file (domain 1.1, 1.3, 1.5)."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("reference.toml")


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure for reference, in dollars a month; never what anybody owes."""

    code: str
    usd: Decimal
    since: date
    source: str


@cache
def _read() -> dict:
    return tomllib.loads(FILE.read_text("utf-8"))


def _valid(table: str, on: date) -> Iterator[dict]:
    return (row for row in _read()[table] if row["from"] <= on <= row.get("until", date.max))


@cache
def families(table: str, on: date) -> dict[str, str]:
    """{code: its family} of "excluded" or "initiating" codes, as they stand on that day."""
    return {code: row["family"] for row in _valid(table, on) for code in row["codes"]}


def amounts(on: date) -> dict[str, Amount]:
    """{code: the newest amount known by that day}"""
    rows = sorted(_valid("amount", on), key=lambda row: row["from"])
    return {row["code"]: Amount(row["code"], Decimal(row["usd"]), row["from"], row["source"]) for row in rows}
