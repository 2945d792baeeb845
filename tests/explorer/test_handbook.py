"""The documents tell of everything that there is, and can be read inside the program."""

import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.core.management import get_commands
from django.urls import reverse

from explorer import handbook, shortcuts
from explorer.practice_profile import PracticeForm
from explorer.sidebar import GROUPS
from tests.conftest import ROLES

ROOT = Path(__file__).resolve().parents[2]
OURS = ("explorer", "patients", "consent", "outreach", "onenote_sync")
INSIDE = {"PATIENT_EXPLORER_WATCHED_AT", "PATIENT_EXPLORER_WATCHED_BY", "PATIENT_EXPLORER_BENCH", "DATABASE_URL"}
"""Of the program and its own children, or not read yet (PostgreSQL)."""
VARIABLE = re.compile(
    r"\b(?:PATIENT_EXPLORER|SPRUCE|MICROSOFT|GRAPH|CLAUDE|DOCUMENT_INTELLIGENCE|DATABASE|REDIS)_[A-Z_]+\b"
)
NOT_OURS = {
    "questions: Close Monday …",
    "questions: Excel workbook (.xlsx)",
    "bad-day: Set time automatically",
}


def document(name: str) -> str:
    return (handbook.DOCS / f"{name}.md").read_text(encoding="utf-8")


def test_every_command_stands_in_the_administrators_guide():
    told = document("administration")
    commands = [name for name, app in get_commands().items() if app.split(".")[0] in OURS or app in OURS]
    assert len(commands) > 20
    assert [name for name in commands if f"`{name}" not in told] == []


def test_every_setting_stands_in_the_administrators_guide():
    told = set(VARIABLE.findall(document("administration")))
    used = set()
    for folder in (*OURS, "manage.py"):
        files = [ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py")
        for file in files:
            used |= set(VARIABLE.findall(file.read_text(encoding="utf-8")))
    assert used - told - INSIDE == set(), "not told"
    assert told - used == set(), "told, but nobody reads it"


def test_every_field_of_the_practice_profile_stands_in_the_administrators_guide():
    told = document("administration")
    assert [name for name in PracticeForm.Meta.fields if f"`{name}`" not in told] == []


def test_every_entry_of_the_sidebar_is_told_to_staff():
    told = document("pages")
    titles = [link[0] for links in GROUPS.values() for link in links]
    assert [title for title in titles if f"**{title}**" not in told] == []


def _addresses() -> set[str]:
    """Of our own pages, and of the lists and records of the admin, with `…` for ids."""
    found = set()
    for model, model_admin in admin.site._registry.items():
        start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found |= {start + view.page_route for view in model_admin._pages() if view.page_look}
        found.add(start)
    for pages in admin.site.own_pages:
        found |= {f"/admin/{url.pattern}" for url in pages.urls() if url.callback.page_look}
    return {re.sub(r"<[^>]+>", "…", address) for address in found}


def test_what_a_guide_calls_a_button_or_a_page_is_called_so_in_the_program():
    """Words between stars; `A → B` are two of them. `Close Monday …` and what Windows says are not ours to find."""
    sources = [ROOT / "templates", *(ROOT / app for app in OURS)]
    files = [each for folder in sources for each in folder.rglob("*") if each.suffix in (".py", ".html", ".js")]
    ours = " ".join(each.read_text(encoding="utf-8").replace("’", "'") for each in files)
    missing = {
        f"{name}: {words}"
        for name in ("quick-start", "questions", "bad-day", "administration")
        for starred in re.findall(r"(?<![*\w])\*{1,2}([^*\n]+)\*{1,2}(?!\w)", document(name))
        for words in starred.split(" → ")
        if words.strip() not in ours
    }
    assert missing - NOT_OURS == set()


def test_the_keys_are_told_as_they_are():
    assert shortcuts.as_text() in document("questions")


def test_every_page_is_told():
    told = set(re.findall(r"`(/admin/[^`]*)`", document("pages")))
    assert _addresses() - told == set(), "not told"
    assert told - _addresses() - {"/admin/", "/admin/patients/patient/…/change/"} == set(), (
        "told, but there is no such page"
    )


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_every_document_inside_the_program(role, signed_in):
    client = signed_in(role)
    contents = client.get(reverse("admin:help"))
    for name in handbook.names():
        address = reverse("admin:help_page", args=[name])
        assert address in contents.content.decode(), name
        assert client.get(address).status_code == 200, name


def test_a_document_leads_to_pages_of_this_program_and_to_no_missing_one(signed_in):
    client = signed_in("staff")
    for name in handbook.names():
        html = handbook.read(name).html
        for address in set(re.findall(r'(?:href|src)="(/[^"#]*)', html)):
            assert client.get(address).status_code == 200, f"{name} leads to {address}"


@pytest.mark.parametrize("name", ["../README", "nothing", "decisions", "..%2FREADME", "/etc/passwd"])
def test_only_documents_are_shown(name, signed_in):
    assert signed_in("staff").get(f"/admin/help/{name}/").status_code == 404


def test_a_document_brings_no_html_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "strange.md").write_text(
        "# Strange\n\n<script>alert(1)</script>\n\n[go](javascript:alert(1))\n", "utf-8"
    )
    monkeypatch.setattr(handbook, "DOCS", tmp_path)
    shown = handbook.read("strange")
    assert shown.title == "Strange"
    assert "<script" not in shown.html
    assert "href" not in shown.html
