"""Reads linkage test sets in the columns of the FEBRL project as a patient list and a contact list."""

import csv
from datetime import date, datetime
from pathlib import Path

from explorer.bench.worlds import World
from outreach.matching import ContactRecord, PatientRecord


def febrl_world(list_file: Path, contacts_file: Path) -> World:
    """Two files with rec_id, given_name, surname, postcode and date_of_birth, as FEBRL 4's a and b.

    The number soc_sec_id is no evidence here: a contact in Spruce has none.
    """
    originals, copies = _rows(list_file), _rows(contacts_file)
    patients = [
        PatientRecord(
            number,
            first=row["given_name"],
            last=row["surname"],
            date_of_birth=_born(row["date_of_birth"]),
            zip=row["postcode"],
        )
        for number, row in enumerate(originals, 1)
    ]
    contacts = [
        ContactRecord(number, given=row["given_name"], family=row["surname"], date_of_birth=_born(row["date_of_birth"]))
        for number, row in enumerate(copies, 1)
    ]
    contact_of = {_person(row): number for number, row in enumerate(copies, 1)}
    return World(patients, contacts, {n: contact_of.get(_person(row)) for n, row in enumerate(originals, 1)})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def _person(row: dict[str, str]) -> str:
    """The number in rec-1070-org and rec-1070-dup-0."""
    return row["rec_id"].split("-")[1]


def _born(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None
