"""Exports with known truth, in several languages and kinds of file. EXPORT_SEEDS=20 runs many more of them."""

import os

import pytest
from django.db import transaction

from tests.consent.exports import forms
from tests.consent.exports.files import KINDS
from tests.consent.exports.trial import Found, kinds_of, run

SEEDS = int(os.environ.get("EXPORT_SEEDS", "1"))
BAD = ("applied_wrongly", "lost", "needless", "off", "not_first", "standings_wrong", "law_broken")
ALL = [*forms.FORMS, *forms.FORMS_2]
FEW = [(1, ALL[1], "xlsx"), (2, ALL[4], "utf-16"), (3, ALL[12], "cp1252"), (4, ALL[7], "utf-8-sig")]


def trial(seed, form, kind, folder, at, **options) -> Found:
    with transaction.atomic():
        found = run(seed, form, kind, folder, at, **options)
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(("seed", "form", "kind"), FEW, ids=[form.name for _, form, _ in FEW])
def test_every_answer_of_an_export_comes_out_as_it_should(tmp_path, at, seed, form, kind):
    found = trial(seed, form, kind, tmp_path, at, size=70, repeat=1)
    assert found.applied_wrongly == found.lost == found.standings_wrong == found.law_broken == []
    assert found.changed_by_repetition == []
    assert len(found.needless) <= 1
    assert found.ideal >= 0.95 * found.rows
    assert found.first_right >= 0.97 * found.reviewed


def test_the_same_file_a_hundred_times_changes_nothing(tmp_path, at):
    found = trial(5, ALL[0], "xlsx", tmp_path, at, size=20, repeat=int(os.environ.get("EXPORT_REPEAT", "5")))
    assert found.rows > 0
    assert found.changed_by_repetition == []


@pytest.mark.long
def test_many_exports(tmp_path, at):
    total = Found()
    for seed in range(SEEDS):
        for place, form in enumerate(ALL):
            kind = KINDS[(seed + place) % len(KINDS)]
            kind = "xlsx" if form.language == "ja" and kind == "cp1252" else kind
            found = trial(seed, form, kind, tmp_path, at)
            if any(getattr(found, name) for name in BAD):
                _tell(f"{seed} {form.name} {kind} {found.told()}", found)
            total.add(found)
    print("TOTAL", total.told())  # noqa: T201
    assert total.applied_wrongly == total.lost == total.standings_wrong == total.law_broken == []
    assert len(total.needless) <= 5 * total.rows / 730
    assert total.ideal >= 0.95 * total.rows
    assert total.first_right >= 0.97 * total.reviewed


def _tell(title: str, found: Found) -> None:
    print(title)  # noqa: T201
    for name in BAD:
        notes = getattr(found, name)
        print("   ", name, kinds_of(notes) if name not in ("standings_wrong", "law_broken") else "", notes[:1])  # noqa: T201
