"""Every page of the admin × four roles × GET and POST, as the table in explorer/roles.py says."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from unfold.admin import ModelAdmin

from consent.models import ConsentEvent
from explorer.lib.pages import PracticeAdmin
from explorer.models import User
from explorer.roles import EVERYONE, RIGHTS
from outreach.models import CampaignStep
from patients.models import Patient
from tests.conftest import ROLES
from tests.explorer.records import address_parts, one_of_each

NOBODY = ()
FOR_ALL_WHO_SIGN_IN = {
    "search", "index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n",
    "view_on_site", "app_list",
}  # fmt: skip
OF_IMPORT_EXPORT = {
    "patients_importbatch_import": "patients.import_patient",
    "patients_patient_export": "patients.export_patient",
}
OTHER_RECORD = {"outreach_campaign_step": CampaignStep, "outreach_match_decide": Patient,
                "outreach_match_review": Patient}  # fmt: skip


def _named_patterns() -> dict[str, object]:
    return {
        pattern.name: pattern
        for top in admin.site.get_urls()
        for pattern in (top.url_patterns if hasattr(top, "url_patterns") else [top])
        if pattern.name
    }


def _own_pages() -> dict[str, tuple[str, str, type | None]]:
    """{url name: (right to look, right to act, model)}."""
    found = {}
    for model, model_admin in admin.site._registry.items():
        for view in model_admin._pages():
            name = f"{model._meta.app_label}_{model._meta.model_name}_{view.__name__}"
            found[name] = (view.page_look, view.page_act, model)
    for pages in admin.site.own_pages:
        for url in pages.urls():
            found[url.name] = (url.callback.page_look, url.callback.page_act, None)
    return found


def _holders(right: str) -> tuple[str, ...]:
    return RIGHTS[right] if right else NOBODY


def _of_models() -> dict[str, tuple[tuple, tuple, type]]:
    """Django's own five pages of each model: {url name: (who may GET, who may POST, model)}."""
    found = {}
    for model, model_admin in admin.site._registry.items():
        app, name = model._meta.app_label, model._meta.model_name
        see, add, change = (RIGHTS.get(f"{app}.{act}_{name}", NOBODY) for act in ("view", "add", "change"))
        if type(model_admin).has_add_permission is PracticeAdmin.has_add_permission:
            add = NOBODY
        if type(model_admin).has_change_permission is PracticeAdmin.has_change_permission:
            change = NOBODY
        if type(model_admin).change_view is not ModelAdmin.change_view:
            change = NOBODY
        pages = {"changelist": (see, see), "add": (add, add), "change": (see, change),
                 "delete": (NOBODY, NOBODY), "history": (see, see)}  # fmt: skip
        found |= {f"{app}_{name}_{page}": (*who, model) for page, who in pages.items()}
    return found


def _pages() -> dict[str, tuple[tuple, tuple, type | None]]:
    """Every named page with who may GET and who may POST."""
    pages = _of_models()
    for name, right in OF_IMPORT_EXPORT.items():
        pages[name] = (RIGHTS[right], RIGHTS[right], None)
    for name, (look, act, model) in _own_pages().items():
        pages[name] = (_holders(look), _holders(act), model)
    return pages


def _only_show() -> set[str]:
    """Change pages of our own: they show, whatever the method; acts have pages with rights of their own."""
    return {
        f"{model._meta.app_label}_{model._meta.model_name}_change"
        for model, model_admin in admin.site._registry.items()
        if type(model_admin).change_view is not ModelAdmin.change_view
    }


PAGES = _pages()
ONLY_SHOW = _only_show()


def test_every_page_has_a_rule():
    without = set(_named_patterns()) - set(PAGES) - FOR_ALL_WHO_SIGN_IN
    assert not without, f"pages that nobody has given a right: {sorted(without)}"


def test_every_right_that_a_page_names_stands_in_the_table():
    named = {right for look, act, _ in _own_pages().values() for right in (look, act) if right}
    assert named <= set(RIGHTS)


def _address(name: str, model: type | None, records: dict[type, int]) -> str:
    pattern = _named_patterns()[name]
    known = address_parts(records, OTHER_RECORD.get(name, model))
    wanted = set(pattern.pattern.converters)
    kwargs = {part: known["pk"] if part == "object_id" else known.get(part, 1) for part in wanted}
    return reverse(f"admin:{name}", kwargs=kwargs)


def _served() -> list[tuple[str, str]]:
    """(name, address) of every page; of two under one address the first in the order of Django's search."""
    records, found = one_of_each(), {}
    for name in _named_patterns():
        if name in PAGES:
            found.setdefault(_address(name, PAGES[name][2], records), name)
    return [(name, address) for address, name in found.items()]


def _wrote(queries) -> bool:
    """Sessions and the rows of the queue aside."""
    acts = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM) "(?!django_session|django_q_)')
    return any(acts.match(query["sql"]) for query in queries)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_exactly_its_pages(role, signed_in):
    served, client, wrong = _served(), signed_in(role), []
    client.raise_request_exception = False
    for name, address in served:
        for method, may in zip(("get", "post"), PAGES[name][:2], strict=True):
            with CaptureQueriesContext(connection) as queries:
                status = getattr(client, method)(address).status_code
            refused = status == 403 or (name in ONLY_SHOW and method == "post" and not _wrote(queries))
            if status >= 500 or (role not in may and not refused) or (role in may and status == 403):
                expected = "a page" if role in may else 403
                wrong.append(f"{method.upper()} {name}: {status}, expected {expected}")
    assert not wrong, "\n".join(wrong)


def test_without_signing_in_every_page_leads_to_the_sign_in(client):
    for name, address in _served():
        answer = client.get(address)
        assert answer.status_code == 302, name
        assert "/login/" in answer["Location"], name


def test_a_right_in_djangos_own_tables_counts_for_nothing(user):
    person = user("read_only")
    person.user_permissions.set(Permission.objects.all())
    person = User.objects.get(pk=person.pk)
    assert not person.has_perm("patients.change_patient")
    assert not person.has_module_perms("auditlog")
    assert person.has_perm("patients.view_patient")


def test_a_right_that_is_not_in_the_table_is_nobodys(user):
    assert not any(user(role).has_perm("patients.delete_patient") for role in ROLES)
    assert not any(role in holders for holders in RIGHTS.values() for role in ("", None))
    assert set(EVERYONE) == set(ROLES)


def test_a_read_only_user_who_records_a_consent_is_refused(signed_in):
    """Earlier system 13.6: read-only user presses Consented: stored."""
    patient = one_of_each()[Patient]
    before = ConsentEvent.objects.count()
    url = reverse("admin:consent_consentevent_record", args=[patient])
    answer = signed_in("read_only").post(url, {"records": "given", "method": "phone"})
    assert answer.status_code == 403
    assert ConsentEvent.objects.count() == before


@pytest.mark.parametrize("address", ["/admin/patients/patient/1/delete/", "/admin/explorer/user/1/delete/"])
def test_nobody_deletes(address, signed_in):
    assert signed_in("administrator").post(address, {"post": "yes"}).status_code in (403, 404, 302)
