"""Who treats and bills, through HTTP."""

import pytest
from django.urls import reverse

from patients.models import Practitioner
from tests import makers
from tests.conftest import ROLES

LIST = reverse("admin:patients_practitioner_changelist")
ADD = reverse("admin:patients_practitioner_add")
FORM = {"name": "Bea Ross, MD", "npi": "1245319599", "side": "new", "bills_apcm": "on"}


def change(practitioner) -> str:
    return reverse("admin:patients_practitioner_change", args=[practitioner.pk])


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_and_administrators_add(signed_in, role):
    client = signed_in(role)
    assert client.get(LIST).status_code == 200
    client.post(ADD, FORM)
    assert Practitioner.objects.exists() == (role == "administrator")


@pytest.mark.parametrize(
    ("change_of", "problem"),
    [
        ({"npi": "1245319598"}, "last checks the others"),
        ({"npi": "12453"}, "last checks the others"),
        ({"npi": "١٢٤٥٣١٩٥٩٩"}, "last checks the others"),
        ({"name": ""}, "required"),
        ({"enrolled_from": "01/01/2026", "left_on": "12/31/2025"}, "before the enrolment"),
    ],
)
def test_what_cannot_be_right_is_refused(signed_in, change_of, problem):
    assert problem in signed_in("administrator").post(ADD, FORM | change_of).content.decode()
    assert not Practitioner.objects.exists()


def test_an_npi_may_be_typed_with_blanks(signed_in):
    signed_in("administrator").post(ADD, FORM | {"npi": "124-531 9599"})
    assert Practitioner.objects.get().npi == "1245319599"


def test_the_same_npi_is_at_a_practice_once_and_at_another_again(signed_in):
    client = signed_in("administrator")
    for side in ("new", "new", "old"):
        client.post(ADD, FORM | {"side": side})
    assert sorted(Practitioner.objects.values_list("side", flat=True)) == ["new", "old"]


def test_npi_and_practice_stay_and_the_rest_may_change(signed_in):
    ann, client = makers.practitioner(), signed_in("administrator")
    client.post(change(ann), {"name": "Ann Lee-Test, MD", "npi": "1245319599", "side": "old"})
    ann.refresh_from_db()
    assert (ann.name, ann.npi, ann.side, ann.bills_apcm) == ("Ann Lee-Test, MD", makers.NPI, "new", False)


@pytest.mark.parametrize("role", ["provider", "staff", "read_only"])
def test_others_cannot_change_one(signed_in, role):
    ann = makers.practitioner()
    assert signed_in(role).post(change(ann), FORM).status_code == 403
