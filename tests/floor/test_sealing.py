import pytest
from django.db import DatabaseError, connection, transaction

from consent.models import ConsentEvent, Wording
from explorer.lib import clock
from explorer.lib.sealing import sealed_models, unsealed
from tests.makers import patient


def refused(sql: str, *values) -> None:
    with pytest.raises(DatabaseError, match="is never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def line():
    return ConsentEvent.objects.create(
        patient=patient(), kind="records", decision="given", method="phone", occurred_at=clock.now()
    )


def test_a_ledger_line_withstands_sql(line):
    refused("UPDATE consent_consentevent SET decision = 'declined' WHERE id = %s", line.pk)
    refused("UPDATE consent_consentevent SET note = 'x'")
    refused("DELETE FROM consent_consentevent WHERE id = %s", line.pk)
    refused("INSERT OR REPLACE INTO consent_consentevent SELECT * FROM consent_consentevent")
    line.refresh_from_db()
    assert (line.decision, line.note) == ("given", "")


def test_a_wording_can_be_changed_until_it_is_used():
    wording = Wording.objects.create(kind="script", version=1, title="A", text="Hello", valid_from="2026-01-01")
    Wording.objects.filter(pk=wording.pk).update(text="Hello there")
    Wording.objects.filter(pk=wording.pk).update(used_at=clock.now())
    refused("UPDATE consent_wording SET text = 'Bye' WHERE id = %s", wording.pk)
    refused("DELETE FROM consent_wording")
    Wording.objects.filter(pk=wording.pk).update(retired_at=clock.now())
    wording.refresh_from_db()
    assert (wording.text, wording.retired_at is None) == ("Hello there", False)


def test_an_unused_wording_may_go():
    Wording.objects.create(kind="script", version=1, title="A", text="Hello", valid_from="2026-01-01").delete()
    assert not Wording.objects.exists()


def test_every_sealed_table_has_its_triggers():
    assert len(sealed_models()) >= 3
    assert unsealed() == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER consent_consentevent_no_update")
    assert unsealed() == ["consent_consentevent"]
