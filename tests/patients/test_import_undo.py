"""Taking an import back: all of it or nothing, and only while nothing later rests on it."""

import threading

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from consent.invitations import invite
from explorer.lib import jobs
from explorer.lib.tables import SHELL
from outreach.models import Match
from patients import actions
from patients.models import ApcmEnrolment, ImportBatch, Patient, Phone
from patients.tasks import undo_import
from tests import makers
from tests.conftest import ROLES

ADA = makers.line(mrn="1001", name="Smith, Ada", cell="(205) 555-0123", home="(205) 555-0199")
BEN = makers.line(mrn="1002", name="Brown, Ben", cell="(205) 555-0124")
NOT_COMPARED = ("version", "changed_at")


def applied(*rows, aside=False) -> ImportBatch:
    found, content = makers.review(list(rows))
    batch = actions.stage(found, content=content, by=None)
    if aside:
        actions.choose_all_vanished(batch, set_aside=True, by=None)
    actions.apply(batch, by=None)
    return batch


def applied_apcm(*rows) -> ImportBatch:
    content = makers.workbook([["MRN", "G0556", "G0557", "Comments"], *rows])
    found = actions.review_apcm(content, "apcm.xlsx", limits=SHELL, apart=False)
    batch = actions.stage(found, content=content, by=None)
    actions.apply(batch, by=None)
    return batch


def everything() -> tuple[list, list, list]:
    patients = list(Patient.objects.order_by("pk").values())
    enrolments = list(ApcmEnrolment.objects.order_by("pk").values())
    for row in (*patients, *enrolments):
        for name in NOT_COMPARED:
            row.pop(name)
    return patients, list(Phone.objects.order_by("pk").values()), enrolments


def url(batch: ImportBatch, act: str = "undo") -> str:
    return reverse(f"admin:patients_importbatch_{act}", args=[batch.pk])


def test_the_first_list_is_undone_to_an_empty_practice():
    batch = applied(ADA, BEN)
    assert actions.undo(batch, by=None) == 2
    assert everything() == ([], [], [])
    assert (batch.state, batch.rows.filter(applied=True).count()) == ("undone", 2)


def test_changed_fields_phones_and_those_set_aside_are_as_before():
    applied(ADA, BEN)
    applied(ADA, aside=True)
    before = everything()
    other = makers.line(mrn="1001", name="Smith, Ada B", cell="(205) 555-0150", home="(205) 555-0123", City="Hoover")
    batch = applied(other, BEN, makers.line(mrn="1003", name="Young, Max", cell="(205) 555-0125"), aside=True)
    assert everything() != before
    actions.undo(batch, by=None)
    assert everything() == before


def test_the_version_moves_on_so_that_older_proposals_are_looked_at_again():
    applied(ADA)
    batch = applied(makers.line(mrn="1001", name="Smith, Ada", cell="(205) 555-0123", City="Hoover"))
    actions.undo(batch, by=None)
    assert Patient.objects.get().version == 3


def test_enrolments_are_undone_too():
    applied(ADA, BEN)
    applied_apcm(["1001", "I10", "", ""])
    before = everything()
    batch = applied_apcm(["1001", "", "E11.9", "moved up"], ["1002", "I10", "", ""])
    assert ApcmEnrolment.objects.count() == 2
    actions.undo(batch, by=None)
    assert everything() == before


def test_each_row_that_is_taken_back_is_in_the_audit_log(user):
    person = user("staff")
    batch = applied(ADA)
    pk = Patient.objects.get().pk
    actions.undo(batch, by=person)
    entry = LogEntry.objects.get(object_pk=str(pk), action=LogEntry.Action.DELETE)
    assert (entry.actor, entry.object_repr) == (person, f"patient {pk}")


def _edited(patient: Patient) -> None:
    actions.correct(patient, fields=["city"], by=None)


def _matched(patient: Patient) -> None:
    Match.objects.create(patient=patient, contact=makers.contact(), verdict="automatic", score=9)


def _invited(patient: Patient) -> None:
    invite({"+12055550123": [patient.pk]}, by=None)


def _enrolled(patient: Patient) -> None:
    applied_apcm([patient.mrn, "I10", "", ""])


def _named_again(patient: Patient) -> None:
    applied(ADA, BEN)


@pytest.mark.parametrize(
    ("later", "sentence"),
    [
        (_edited, "1 patient was changed after this import."),
        (_matched, "1 added patient already stands in a contact match."),
        (_invited, "1 added patient already stands in a personal code."),
        (_enrolled, "1 added patient already stands in an APCM enrolment."),
        (_named_again, "2 added patients already stand in a list applied later."),
    ],
)
def test_nothing_is_undone_once_something_later_rests_on_it(signed_in, later, sentence):
    batch = applied(ADA, BEN)
    later(Patient.objects.get(mrn="1001"))
    before = everything()
    client = signed_in("staff")
    page = client.get(url(batch))
    assert sentence in page.text
    assert "Undo the import</button>" not in page.text
    refused = client.post(url(batch), follow=True)
    assert sentence in refused.text
    assert "Nothing was undone" in refused.text
    batch.refresh_from_db()
    assert batch.state == "applied"
    assert everything() == before


def test_an_import_is_undone_after_the_later_one_is():
    first = applied(ADA)
    second = applied(makers.line(mrn="1001", name="Smith, Ada", cell="(205) 555-0123", City="Hoover"))
    with pytest.raises(ValidationError, match="changed after this import"):
        actions.undo(first, by=None)
    third = applied(makers.line(mrn="1001", name="Smith, Ada", cell="(205) 555-0123", City="Mobile"))
    for batch in (third, second, first):
        actions.undo(batch, by=None)
    assert not Patient.objects.exists()


def test_an_edit_after_an_undone_import_still_counts():
    first = applied(ADA)
    actions.undo(applied(makers.line(mrn="1001", name="Smith, Ada", City="Hoover")), by=None)
    _edited(Patient.objects.get())
    with pytest.raises(ValidationError, match="changed after this import"):
        actions.undo(first, by=None)


def test_a_proposal_for_a_removed_patient_is_a_conflict_when_applied():
    first = applied(ADA)
    found, content = makers.review([makers.line(mrn="1001", name="Smith, Ada", City="Hoover")])
    waiting = actions.stage(found, content=content, by=None)
    actions.undo(first, by=None)
    assert actions.apply(waiting, by=None) == 0
    assert waiting.rows.get().outcome == "conflict"
    assert not Patient.objects.exists()


def test_the_confirm_page_says_what_will_happen_and_the_button_does_it(signed_in):
    applied(ADA)
    batch = applied(makers.line(mrn="1001", name="Smith, Ada", cell="(205) 555-0123", City="Hoover"), BEN)
    client = signed_in("staff")
    assert url(batch) in client.get(url(batch, "review")).text
    page = client.get(url(batch))
    assert "1 patient that the list added will be removed." in page.text
    assert "1 patient will be as before the import, phones included." in page.text
    done = client.post(url(batch), follow=True)
    assert "Undone: 2 rows were taken back." in done.text
    assert url(batch) not in done.text
    assert [patient.city for patient in Patient.objects.all()] == ["Birmingham"]
    batch.refresh_from_db()
    assert (batch.state, batch.undone_by.username) == ("undone", "test-staff")
    timeline = client.get(reverse("admin:patients_patient_change", args=[Patient.objects.get().pk]))
    assert "The Patient list was undone" in timeline.text


def test_a_second_undo_says_so(signed_in):
    batch = applied(ADA)
    stale = ImportBatch.objects.get(pk=batch.pk)
    actions.undo(batch, by=None)
    with pytest.raises(ValidationError, match="undone before"):
        actions.undo(stale, by=None)
    page = signed_in("staff").post(url(batch), follow=True)
    assert "There is nothing to undo" in page.text


@pytest.mark.parametrize("role", ROLES)
def test_only_those_who_may_import_may_undo(signed_in, role):
    batch = applied(ADA)
    client = signed_in(role)
    expected = 403 if role == "read_only" else 200
    assert client.get(url(batch)).status_code == expected
    assert client.post(url(batch), follow=True).status_code == expected
    assert Patient.objects.exists() == (role == "read_only")


def test_the_worker_undoes_a_long_list_and_does_no_harm_the_second_time():
    batch = applied(ADA)
    for _ in range(2):
        assert undo_import(jobs.Step(), batch.pk)
    assert not Patient.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_undoes_and_the_other_is_told():
    batch = applied(ADA, BEN)
    outcomes, start = [], threading.Barrier(2)

    def undo() -> None:
        start.wait()
        try:
            outcomes.append(actions.undo(ImportBatch.objects.get(pk=batch.pk), by=None))
        except ValidationError as problem:
            outcomes.append(problem.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=undo) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2", "This import was undone before; nothing was done again."]
    assert not Patient.objects.exists()
