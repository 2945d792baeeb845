"""Pages speak the person's language; proof, exports and audit rows never do."""

import re
from pathlib import Path

import polib
import pytest
from auditlog.models import LogEntry
from django.template import Context, Template
from django.urls import reverse
from django.utils import translation

from explorer.evidence.packet import gather, on_paper, texts_of
from explorer.languages import CATALOGUE, key, marked
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.models import User
from tests import makers

PO = polib.pofile(str(CATALOGUE))


def test_every_marked_sentence_stands_in_the_catalogue():
    known = {key(entry) for entry in PO}
    assert set(marked()) - known == set(), "run python -m explorer.languages"


def test_the_compiled_catalogue_says_what_the_written_one_says():
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    said = {key(e): (e.msgstr, e.msgstr_plural) for e in compiled}
    assert said == {key(e): (e.msgstr, e.msgstr_plural) for e in PO.translated_entries()}


def test_every_marked_sentence_has_its_spanish():
    assert not [entry.msgid for entry in PO.untranslated_entries()], "docs/languages.md, step 4"


def test_places_for_values_and_markup_are_the_same_in_both_languages():
    wrong = [
        (english, spanish) for entry in PO for english, spanish in _pairs(entry) if _frame(english) != _frame(spanish)
    ]
    assert not wrong


def _pairs(entry) -> list[tuple[str, str]]:
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]


def _frame(words: str) -> tuple:
    """What the code or the browser reads: places for values, tags, and a space at either end (it joins two parts)."""
    places = re.findall(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>", words)
    return sorted(places), words[:1].isspace(), words[-1:].isspace()


@pytest.mark.parametrize("language", ["en", "es"])
def test_numbers_and_dates_keep_their_us_form(language):
    page = Template('{% load l10n %}{{ day|date:"m/d/Y" }} {{ day }} {{ many|floatformat:"0g" }}')
    with translation.override(language):
        shown = page.render(Context({"day": clock.now().replace(2026, 3, 4).date(), "many": 1384}))
    assert shown.startswith("03/04/2026")
    assert shown.endswith("1,384")


def test_evidence_is_the_same_whatever_the_language_of_who_asks():
    patient, at = makers.patient(), clock.now()
    with translation.override("en"):
        plain = gather([patient.pk], made_at=at, by="Noor")
    with translation.override("es"):
        other = gather([patient.pk], made_at=at, by="Noor")
        assert on_paper(other[0])
    assert [list(texts_of(blocks)) for _, blocks in plain[0].chapters] == [
        list(texts_of(blocks)) for _, blocks in other[0].chapters
    ]


def test_audit_rows_are_english_whatever_the_language_of_who_acts(user):
    person = user("staff")
    with translation.override("es"):
        record([(person, "update", {"password": ["", "set anew"]})], by=person)
        person.first_name = "Noor"
        person.save()
    told = LogEntry.objects.get_for_model(User).values_list("object_repr", flat=True)
    assert set(told) == {f"user {person.pk}"}


def test_nothing_marked_is_a_variable_or_empty():
    assert all(words.strip() for words, _ in marked())
    assert Path(CATALOGUE).exists()


def test_an_export_is_english_where_the_page_is_spanish(signed_in):
    makers.patient(mrn="1001")
    client = signed_in("provider")
    User.objects.filter(username="test-provider").update(language="es")
    page = client.get(reverse("admin:patients_patient_changelist")).text
    assert ">No se le puede escribir<" in page
    chosen = {"format": "1", "resource": "0", "standingresource_mrn": "on", "standingresource_standing": "on"}
    sheet = client.post(reverse("admin:patients_patient_export"), chosen).content.decode("utf-8-sig")
    assert sheet.splitlines() == ['"MRN","Standing"', '"1001","Cannot be texted"']
