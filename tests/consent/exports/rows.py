# ruff: noqa: E501  tables of cases
"""Rows of an export with their truth: what the policy of the issue and domain.md 6 say of each.

`Truth.ideal` is the outcome a careful person would choose; `may` what does no harm either. An outcome outside both is
wrong; "applied" outside both is the worst there is.
"""

import random
import string
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from tests.consent.exports.forms import Form
from tests.consent.exports.people import NICKNAMES, Person

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
APPLIED, REVIEW, DUPLICATE, REJECTED = "applied", "review", "duplicate", "rejected"


@dataclass(frozen=True)
class Code:
    text: str
    mrns: tuple[str, ...]
    issued: datetime
    expires: datetime
    revoked: bool = False

    @property
    def ours(self) -> bool:
        return len(self.text) == 17


@dataclass(frozen=True)
class Truth:
    kind: str
    ideal: str
    mrn: str = ""
    may: tuple[str, ...] = ()
    writes: dict[str, str] = field(default_factory=dict)  # kind: yes or no, when applied


@dataclass(frozen=True)
class Row:
    truth: Truth
    completed: datetime
    said: dict[str, object]  # meaning: what the patient typed or chose (choices by their meaning)


class Maker:
    """Makes rows of every kind for a practice, each patient used once unless the kind says otherwise."""

    def __init__(self, random_: random.Random, form: Form, persons: list[Person], codes: list[Code]):
        self.random, self.form = random_, form
        self.by_mrn = {person.mrn: person for person in persons}
        self.codes_of: dict[str, list[Code]] = {}
        for code in codes:
            for mrn in code.mrns:
                self.codes_of.setdefault(mrn, []).append(code)
        self.codes = codes
        self.free = [person for person in persons if person.mrn in self.codes_of]
        self.random.shuffle(self.free)
        self.namesakes = {}
        for person in persons:
            self.namesakes.setdefault((plain(person.first), plain(person.last)), []).append(person)

    def next(self, fits=lambda person: True) -> Person:
        for place, person in enumerate(self.free):
            if fits(person):
                return self.free.pop(place)
        raise LookupError

    def code(self, person: Person, *, good=True, ours=None) -> Code:
        for code in self.codes_of[person.mrn]:
            if code.revoked != good and (ours is None or code.ours == ours):
                return code
        raise LookupError

    def household(self, person: Person) -> list[Person]:
        mrns = {mrn for code in self.codes_of[person.mrn] for mrn in code.mrns}
        return [self.by_mrn[mrn] for mrn in sorted(mrns) if mrn != person.mrn]

    def moment(self, code: Code) -> datetime:
        seconds = int((code.expires - code.issued).total_seconds() * 0.9)
        return code.issued + timedelta(seconds=3600 + self.random.randrange(seconds - 7200))

    def good(self, person: Person, kind="clean", **changes) -> Row:
        """An answer nobody could object to."""
        code = self.code(person)
        records = self.random.choices(["yes", "no"], [0.85, 0.15])[0]
        choices = {name: list(self.form.options[name]) for name in ("apcm", "notice")}
        calm = [name for name in choices["apcm"] if name != "more_information"]
        said = {
            "code": code.text, "date_of_birth": person.born, "date_of_birth_again": person.born,
            "full_name": person.name, "signature_name": person.name, "signature_box": True, "records": records,
            "apcm": self.random.choice(calm), "notice": self.random.choice(choices["notice"]), "comment": "",
            "understood": True, "voluntary": True, "texting": "yes",
        }  # fmt: skip
        writes = {name: said[name] for name in ("records", "apcm", "notice") if said[name] in ("yes", "no")}
        return Row(Truth(kind, APPLIED, person.mrn, (), writes), self.moment(code), {**said, **changes})

    def review(self, kind, person: Person, may=(), **changes) -> Row:
        row = self.good(person, **changes)
        return replace(row, truth=Truth(kind, REVIEW, person.mrn, may))

    # clean answers as people write them

    def as_typed(self, person: Person) -> Row:
        """Clean, with everything typed in the ways people type."""
        row = self.good(person)
        code = row.said["code"]
        typed = self.typed_name(person)
        changes = {"code": self.typed_code(code), "full_name": typed, "date_of_birth": self.typed_birth(person.born)}
        changes["signature_name"] = self.random.choice([typed, person.name])
        changes["comment"] = self.random.choice(
            ["", "", "", "Thank you!", "😀👍🏽 gracias", "I moved, call my new number", "—"]
        )
        return replace(row, said={**row.said, **changes})

    def typed_code(self, code: str) -> str:
        if len(code) != 17:
            return self.random.choice([code, f" {code} ", f'"{code}"', f"{code}.", f"\u00a0{code}\u200b", f"'{code}"])
        groups = "-".join(code[i : i + 4] for i in range(0, 17, 4))
        loose = code.replace("0", "O") if self.random.random() < 0.3 else code.replace("1", "l")
        return self.random.choice([
            code, code, groups, groups.lower(), groups.replace("-", " "), code.lower(), f"Code: {groups}", loose,
            f"{groups}.", f'="{code}"', f"https://forms.office.com/Pages/ResponsePage.aspx?id=x&r1={code}", f"\ufeff{code}",
            groups.replace("-", "–"), f" {groups}\n",
        ])  # fmt: skip

    def typed_name(self, person: Person) -> str:
        first, last = person.first, person.last
        ways = [
            person.name, person.name, person.name.upper(), person.name.lower(), f"  {person.name} ",
            f"{last}, {first} {person.suffix}".strip(), plain_case(person.name),
            f"{'Mrs.' if person.woman else 'Mr.'} {person.name}", person.name.replace("'", "’"),
            person.name.replace("-", " "), person.name.replace("'", ""), person.name.replace(" ", "\u00a0"),
        ]  # fmt: skip
        if person.middle:
            ways += [f"{first} {person.middle} {last} {person.suffix}".strip(), f"{first} {person.middle[0]}. {last}"]
        if first in NICKNAMES and not self.close_to(person):
            ways.append(f"{NICKNAMES[first]} {last}")
        return self.random.choice(ways)

    def close_to(self, person: Person) -> bool:
        return bool(self.household(person))

    def typed_birth(self, born: date) -> object:
        return self.random.choice([born, born, f"{born:%m/%d/%Y}", f"{born.month}/{born.day}/{born.year}", f"{born:%Y-%m-%d}",
                                   f"{born:%B} {born.day}, {born.year}", (born - date(1899, 12, 30)).days])  # fmt: skip


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum() and c.isascii())


def plain_case(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def substituted(code: str, random_: random.Random) -> str:
    place = random_.randrange(len(code))
    alike = {"0": "D", "8": "B", "5": "S", "2": "Z", "B": "8", "S": "5", "Z": "2", "V": "W", "M": "N", "G": "6"}
    new = alike.get(code[place]) or random_.choice([c for c in ALPHABET if c != code[place]])
    return code[:place] + new + code[place + 1 :]


def swapped(code: str, random_: random.Random) -> str:
    places = [i for i in range(len(code) - 1) if code[i] != code[i + 1]]
    place = random_.choice(places)
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def wrong_birth(born: date) -> date:
    return born.replace(year=born.year + 7, day=min(born.day, 28))


def kinds(maker: Maker) -> dict[str, "callable"]:
    """Each kind of trouble: a function that makes its rows, one or several."""
    r = maker.random

    def solitary(person):
        return not maker.household(person) and len(maker.namesakes[plain(person.first), plain(person.last)]) == 1

    def mistyped():
        person = maker.next(lambda p: has(p, ours=True))
        row = maker.good(person, "mistyped")
        slip = r.choice([substituted, swapped])
        return [replace(row, said={**row.said, "code": slip(row.said["code"], r)})]

    def short_code():
        person = maker.next(lambda p: has(p, ours=True))
        row = maker.good(person, "one symbol short")
        place = r.randrange(17)
        code = row.said["code"]
        truth = replace(row.truth, may=(REVIEW,))
        return [replace(row, truth=truth, said={**row.said, "code": code[:place] + code[place + 1 :]})]

    def has(person, **which):
        try:
            return bool(maker.code(person, **which))
        except LookupError:
            return False

    def other_case():
        person = maker.next(lambda p: has(p, ours=False))
        code = maker.code(person, ours=False)
        row = maker.good(person, "earlier code, other case")
        typed = r.choice([code.text.upper(), code.text.lower(), code.text.swapcase()])
        return [replace(row, said={**row.said, "code": typed})]

    def missing():
        text = r.choice(["", "", "lost it", "I don't have one", "n/a", "no sé", "keine", "?"])
        return [maker.review("no code", maker.next(solitary), code=text)]

    def unknown():
        text = "".join(
            r.choice(ALPHABET if r.random() < 0.5 else string.ascii_letters) for _ in range(r.choice([16, 17]))
        )
        return [maker.review("unknown code", maker.next(solitary), code=text)]

    def anothers():
        person, other = maker.next(solitary), maker.next(solitary)
        return [maker.review("another patient's code", person, code=maker.code(other).text)]

    def wrong_dob():
        person = maker.next(solitary)
        return [
            maker.review(
                "wrong birth",
                person,
                date_of_birth=wrong_birth(person.born),
                date_of_birth_again=wrong_birth(person.born),
            )
        ]

    def wrong_name():
        person = maker.next(solitary)
        name = r.choice(
            [f"Zebulon {person.last}", f"{person.first} Quackenbush", "Xavier Unheard", person.first, person.last]
        )
        return [maker.review("wrong name", person, full_name=name, signature_name=name)]

    def married():
        person = maker.next(lambda p: solitary(p) and p.woman)
        name = f"{person.first} Featherstone"
        return [maker.review("married name", person, full_name=name, signature_name=name)]

    def household_mix():
        person = maker.next(lambda p: any(q.born != p.born for q in maker.household(p)))
        other = next(q for q in maker.household(person) if q.born != person.born)
        return [replace(maker.review("name of one, birth of the other", person, full_name=other.name, signature_name=other.name),
                        truth=Truth("name of one, birth of the other", REVIEW, ""))]  # fmt: skip

    def births_differ():
        if "date_of_birth_again" not in maker.form.headings:
            return []
        person = maker.next()
        return [maker.review("births differ", person, date_of_birth_again=wrong_birth(person.born))]

    def unsigned():
        changes = {}
        if "signature_box" in maker.form.headings:
            changes["signature_box"] = False
        elif "signature_name" in maker.form.headings:
            changes["signature_name"] = ""
        return [maker.review("not signed", maker.next(), **changes)] if changes else []

    def signed_by_another():
        if "signature_name" not in maker.form.headings:
            person = maker.next()
            by = f"Peter Helper for {person.name}"
            return [maker.review("signed by another", person, full_name=by)]
        return [maker.review("signed by another", maker.next(), signature_name="Peter Helper")]

    def no_birth():
        return [maker.review("no birth", maker.next(solitary), date_of_birth="", date_of_birth_again="")]

    def unanswered():
        return [maker.review("records not answered", maker.next(), records="")]

    def unclear():
        text = r.choice(
            [
                "Yes, but only the lab results",
                "maybe",
                "Only if it is free",
                "ask my daughter",
                "yes and no",
                "=1+1",
                "??",
            ]
        )
        return [maker.review("records unclear", maker.next(), records=("other", text))]

    def information():
        which = r.choice(
            [kind for kind in ("records", "apcm") if "more_information" in maker.form.options[kind]] or ["none"]
        )
        return (
            [maker.review("wants more information", maker.next(), **{which: "more_information"})]
            if which != "none"
            else []
        )

    def repeated():
        row = maker.good(maker.next(), "repeated")
        again = replace(
            row,
            truth=Truth("repeated, second", DUPLICATE, row.truth.mrn),
            completed=row.completed + timedelta(minutes=r.choice([1, 90, 4000])),
        )
        return [row, again]

    def revoked_later():
        row = maker.good(maker.next(), "yes, then no days later", records="yes")
        row = replace(
            row, truth=replace(row.truth, writes={**row.truth.writes, "records": "yes"}), completed=early(row)
        )
        no = {**row.said, "records": "no"}
        then = replace(row.truth, kind="no, days later", writes={**row.truth.writes, "records": "no"})
        return [row, Row(then, row.completed + timedelta(days=r.randint(2, 9), hours=2), no)]

    def early(row):
        code = next(code for code in maker.codes if row.said["code"] == code.text)
        return code.issued + timedelta(hours=r.randint(2, 60))

    def contradicting():
        row = maker.good(maker.next(), "yes, then no within a day", records="yes")
        row = replace(
            row, truth=replace(row.truth, writes={**row.truth.writes, "records": "yes"}), completed=early(row)
        )
        no = {**row.said, "records": "no"}
        return [
            row,
            Row(
                Truth("no, within a day", REVIEW, row.truth.mrn), row.completed + timedelta(hours=r.randint(1, 20)), no
            ),
        ]

    def yes_after_no():
        row = maker.good(maker.next(), "no, then yes", records="no")
        row = replace(row, truth=replace(row.truth, writes={**row.truth.writes, "records": "no"}), completed=early(row))
        yes = {**row.said, "records": "yes"}
        return [
            row,
            Row(
                Truth("yes, after no", REVIEW, row.truth.mrn),
                row.completed + timedelta(days=r.randint(0, 9), hours=3),
                yes,
            ),
        ]

    def expired():
        row = maker.review("expired code", maker.next())
        code = next(code for code in maker.codes if row.said["code"] == code.text)
        return [replace(row, completed=code.expires + timedelta(days=r.randint(1, 5)))]

    def withdrawn():
        person = maker.next(lambda p: has(p, good=False))
        code = maker.code(person, good=False)
        return [
            replace(maker.review("withdrawn code", person, code=code.text), completed=code.issued + timedelta(days=3))
        ]

    def formula():
        return [maker.good(maker.next(), "formula in the comment", comment=r.choice(
            ['=HYPERLINK("http://example.com","x")', "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1-205-555-0100", "-2+3"]))]  # fmt: skip

    def formula_name():
        return [maker.review("formula as name", maker.next(solitary), full_name="=A1", signature_name="=A1")]

    def markup():
        return [
            maker.good(
                maker.next(),
                "HTML in the comment",
                comment="<script>alert('x')</script><b>hi</b> &amp; \"quoted\", comma; semicolon\nline",
            )
        ]

    def long_comment():
        return [maker.good(maker.next(), "10,000 characters", comment="long story " * 910)]

    def long_name():
        return [
            maker.review("10,000 characters as name", maker.next(solitary), full_name="x y " * 2500, signature_name="x")
        ]

    def emoji_name():
        person = maker.next(solitary)
        row = maker.good(person, "emoji after the name")
        return [
            replace(
                row,
                truth=replace(row.truth, may=(REVIEW,)),
                said={**row.said, "full_name": f"{person.name} 😀", "signature_name": person.name},
            )
        ]

    def nobody():
        row = maker.good(maker.next(), "names nobody")
        row = replace(row, truth=Truth("names nobody", REJECTED, "", (REVIEW,)))
        return [
            replace(
                row,
                said={
                    **row.said,
                    "code": "",
                    "date_of_birth": "",
                    "date_of_birth_again": "",
                    "full_name": "",
                    "signature_name": "",
                },
            )
        ]

    def blank():
        return [Row(Truth("blank", "none"), datetime.max, {})]

    def day_of_expiry():
        row = maker.good(maker.next(), "an hour before expiry")
        code = next(code for code in maker.codes if row.said["code"] == code.text)
        return [replace(row, completed=code.expires - timedelta(hours=1))]

    return {
        name: make for name, make in locals().items() if callable(make) and name not in ("solitary", "has", "early")
    }


def export(maker: Maker, size: int) -> list[Row]:
    """About `size` rows: two thirds as people type them, the rest trouble of every kind."""
    troubles = list(kinds(maker).values())
    rows: list[Row] = []
    try:
        while len(rows) < size:
            for make in troubles:
                try:
                    rows += make()
                except LookupError:
                    continue
            for _ in range(2 * len(troubles)):
                rows.append(maker.as_typed(maker.next()))
    except LookupError:
        pass
    return sorted(rows, key=lambda row: row.completed)
