import pytest
from django.contrib import admin
from django.urls import reverse


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_every_list_opens(model, signed_in):
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert signed_in("administrator").get(url).status_code in (200, 302)


def test_the_first_page_opens(signed_in):
    assert signed_in("read_only").get("/admin/").status_code == 200
